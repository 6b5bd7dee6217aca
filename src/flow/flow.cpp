// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/gaussian_kernels.hpp>
#include <kswgd/flow/flow.hpp>

#include <algorithm>
#include <cmath>

namespace kswgd {
namespace {

using detail::for_each_block;
// The rule of the flow (docs/method.md): found on a dozen problems, held on others, the same for all.
constexpr double first_step = 0.5, largest_step = 1, step_growth = 1.5, smallest_step = 1e-6;
constexpr double armijo = 0.1;
constexpr int most_quarters = 3;
constexpr int plateau_steps = 20;
constexpr double plateau_fall = 0.98;  // a level is left when F fell by less than 2 % in 20 steps
constexpr int level_steps = 100, last_level_steps = 60;
constexpr double level_chi2 = 10, last_level_chi2 = 0.05;  // in units of r / n

/// y = x + f u with f = h min(1, cap / |h u|), quartered while the step takes a particle out of the data's neighbourhood.
/// Item: one vector of particles; rows beyond n exist (padding).
template <class Exec>
struct TrialKernel {
  using V = detail::Lanes<Exec, double>;
  static constexpr int lanes = detail::lane_count<Exec, double>;

  Points<Exec> x, u, y, landmarks;
  Vector<Exec> distance, new_distance, gain;  // gain = s . u
  Index n, first_landmark, last_landmark;
  int dimension;
  double step, cap, guard;
  typename Geometry<Exec>::Device geometry;

  KOKKOS_FUNCTION V nearest(Index i0) const {
    V least = detail::broadcast<V>(1e300);
    for (Index a = first_landmark; a < last_landmark; ++a) {
      V sum = {};
      for (int k = 0; k < dimension; ++k) {
        const V difference = detail::load<V>(&y(i0, k)) - landmarks(a, k);
        sum += difference * difference;
      }
      least = sum < least ? sum : least;
    }
    return least;
  }

  KOKKOS_FUNCTION void operator()(Index block) const {
    const Index i0 = block * lanes;
    V square = {};
    for (int k = 0; k < dimension; ++k) square += detail::load<V>(&u(i0, k)) * detail::load<V>(&u(i0, k));
    double squares[lanes], factor[lanes], least[lanes];
    detail::store<V>(squares, square);
    for (int l = 0; l < lanes; ++l) factor[l] = step * Kokkos::fmin(1.0, cap / (step * Kokkos::sqrt(squares[l]) + 1e-300));
    for (int quarter = 0;; ++quarter) {
      const V f = detail::load<V>(factor);
      for (int k = 0; k < dimension; ++k) detail::store<V>(&y(i0, k), V(detail::load<V>(&x(i0, k)) + f * detail::load<V>(&u(i0, k))));
      for (int l = 0; geometry.factors.extent(0) > 0 && l < lanes && i0 + l < n; ++l) geometry.retract(y, i0 + l);
      detail::store<V>(least, nearest(i0));
      if (quarter == most_quarters) break;
      bool any = false;
      for (int l = 0; l < lanes && i0 + l < n; ++l) {
        const bool leaving = distance(i0 + l) <= guard && Kokkos::sqrt(least[l]) > guard;
        if (leaving) factor[l] /= 4;
        any = any || leaving;
      }
      if (!any) break;
    }
    for (int l = 0; l < lanes && i0 + l < n; ++l) {
      new_distance(i0 + l) = Kokkos::sqrt(least[l]);
      gain(i0 + l) = factor[l] * squares[l];
    }
  }
};

/// out(part) = sum of values over the part's 1024 entries.
template <class Exec>
double ordered_sum(const Exec& exec, const Vector<Exec>& values, Index n) {
  constexpr Index part_size = 1024;
  const Index parts = (n + part_size - 1) / part_size;
  const auto partial = allocate<Vector<Exec>>(exec, "flow::partial", parts);
  Kokkos::parallel_for(
      "kswgd::flow::sum", index_range(exec, parts), KOKKOS_LAMBDA(Index part) {
        const Index end = Kokkos::min((part + 1) * part_size, n);
        double sum = 0;
        for (Index i = part * part_size; i < end; ++i) sum += values(i);
        partial(part) = sum;
      });
  const auto host = to_host(exec, partial);
  double sum = 0;
  for (Index part = 0; part < parts; ++part) sum += host(part);
  return sum;
}

template <class Exec>
void square_norms(const Exec& exec, const Points<Exec>& u, Index n, const Vector<Exec>& out) {
  const int d = static_cast<int>(u.extent(1));
  Kokkos::parallel_for(
      "kswgd::flow::square_norms", index_range(exec, n), KOKKOS_LAMBDA(Index i) {
        double sum = 0;
        for (int k = 0; k < d; ++k) sum += u(i, k) * u(i, k);
        out(i) = sum;
      });
}

/// How many coordinates differ between two sets of points, and how many of the first are not finite.
template <class Exec>
std::pair<Index, Index> compare(const Exec& exec, const Points<Exec>& a, const Points<Exec>& b, Index n) {
  const Index d = static_cast<Index>(a.extent(1));
  Index different = 0, non_finite = 0;
  const bool comparable = b.extent(0) == a.extent(0);
  Kokkos::parallel_reduce(
      "kswgd::flow::compare", index_range(exec, n * d),
      KOKKOS_LAMBDA(Index item, Index & differ, Index & bad) {
        const double value = a(item % n, item / n);
        if (!Kokkos::isfinite(value)) ++bad;
        if (!comparable || value != b(item % n, item / n)) ++differ;
      },
      different, non_finite);
  return {different, non_finite};
}

template <class Exec>
struct Difference {
  Vector<Exec> mean, data_mean, difference;
  KOKKOS_FUNCTION void operator()(Index a) const { difference(a) = mean(a) - data_mean(a); }
};

}  // namespace

/// Everything that does not depend on the type of the caller's View.
template <ExecutionSpace Exec>
struct Flow<Exec>::Impl {
  struct Field {
    double energy = 0, chi2 = 0;
  };

  Impl(const Exec& instance, const Model<Exec>& m, const FlowOptions& o) : exec(instance), model(m), options(o), dictionary(m.dictionary()) {
    const Index q = dictionary.size();
    for (auto* vector : {&mean, &difference, &coefficients, &dual}) *vector = allocate<Vector<Exec>>(exec, "flow::features", q);
  }

  const Level<Exec>& level() const { return model.levels()[static_cast<std::size_t>(state.level)]; }
  bool on_last_level() const { return state.level + 1 == static_cast<int>(model.levels().size()); }
  Precision precision() const { return state.in_double ? Precision::fp64 : options.precision; }
  double samples() const { return model.data().density.moments.weight; }
  Points<Exec> rows(const Points<Exec>& padded_points) const { return Kokkos::subview(padded_points, Span(0, n), Kokkos::ALL); }

  void resize(Index count) {
    if (count == n) return;
    n = count;
    const Index d = dictionary.dimension(), padded_rows = detail::padded(n);  // d of the embedding
    for (auto* points : {&x, &y, &u}) *points = zeros<Points<Exec>>(exec, "flow::points", padded_rows, d);
    for (auto* values : {&distance, &new_distance, &gain}) *values = zeros<Vector<Exec>>(exec, "flow::values", padded_rows);
    field_is_current = false;
  }

  /// Energy and chi2 of the particles, and the coefficients of their potential.
  Field energy_of(const Points<Exec>& points) {
    const Level<Exec>& l = level();
    const Index q = l.data.features;
    dictionary.mean(exec, rows(points), mean, q, precision());
    const auto e = Kokkos::subview(difference, Span(0, q)), c = Kokkos::subview(coefficients, Span(0, q)), g = Kokkos::subview(dual, Span(0, q));
    Kokkos::parallel_for("kswgd::flow::difference", index_range(exec, q), Difference<Exec>{mean, l.data_mean, difference});
    algebra::multiply(exec, 1.0, algebra::Op::none, l.inverse_generator, e, 0.0, c);
    algebra::multiply(exec, 1.0, algebra::Op::none, l.inverse_gram, e, 0.0, g);
    ++state.evaluations;
    const auto he = to_host(exec, e), hc = to_host(exec, c), hg = to_host(exec, g);
    Field field;
    for (Index a = 0; a < q; ++a) {
      field.energy += he(a) * hc(a) / 2;
      field.chi2 += he(a) * hg(a);
    }
    return field;
  }

  /// The velocity at x from the coefficients of the last energy_of.
  void update_velocity() {
    dictionary.descent(exec, rows(x), coefficients, rows(u), level().data.features, precision());
    model.geometry().project(exec, rows(x), rows(u));
  }

  /// Positions after a step of size h (0: only the distances to the landmarks), the sum of s . u.
  double try_step(double h) {
    const Level<Exec>& l = level();
    const TrialKernel<Exec> kernel{x,
                                   u,
                                   y,
                                   model.landmarks(),
                                   distance,
                                   new_distance,
                                   gain,
                                   n,
                                   l.data.first_landmark,
                                   l.data.last_landmark,
                                   static_cast<int>(dictionary.dimension()),
                                   h,
                                   l.data.width,
                                   l.data.guard,
                                   model.geometry().device()};
    constexpr int lanes = TrialKernel<Exec>::lanes;
    for_each_block("kswgd::flow::trial", exec, (n + lanes - 1) / lanes, kernel);
    return ordered_sum(exec, gain, n) / static_cast<double>(n);
  }

  /// Field, velocity and distances of the particles where they stand, for the current level.
  void look_around() {
    field = energy_of(x);
    if (!std::isfinite(field.energy)) throw InvalidInput("kswgd::Flow: the particles lie so far from the data that their energy overflows");
    update_velocity();
    Kokkos::deep_copy(exec, distance, 1e300);  // outside: nothing is guarded while the distances are found
    try_step(0);
    std::swap(distance, new_distance);
    field_is_current = true;
    if (history.energy.empty()) record(0);
  }

  void record(double h) {
    history.time.push_back(state.time);
    history.energy.push_back(field.energy);
    history.chi2.push_back(field.chi2);
    history.step.push_back(h);
    history.level.push_back(state.level);
    history.round.push_back(state.round);
    history.evaluations.push_back(state.evaluations);
  }

  /// Why the level is to be left before another step, or nothing.
  const char* reason_to_leave() const {
    const bool last = on_last_level();
    if (field.chi2 <= (last ? last_level_chi2 : level_chi2) * level().modes / samples()) return "chi2";
    const auto& energies = state.level_energy;
    if (state.steps_in_level >= (last ? last_level_steps : level_steps)) return "steps";
    if (static_cast<int>(energies.size()) > plateau_steps && field.energy > plateau_fall * energies[energies.size() - 1 - plateau_steps]) return "plateau";
    return nullptr;
  }

  /// To the next level, or the next round, or the end.
  void leave_level(const char* reason) {
    state.level_reasons.emplace_back(reason);
    state.level_energy.clear();
    state.steps_in_level = 0;
    state.step = first_step;
    if (!on_last_level()) {
      ++state.level;
    } else if (state.round + 1 < options.rounds && model.levels().size() > 1 && !(field.chi2 <= level().modes / samples())) {
      ++state.round;
      state.level = 0;
    } else {
      finish(reason);
      return;
    }
    field_is_current = false;
  }

  void finish(const char* reason) {
    state.done = true;
    state.stop_reason = reason;
  }

  /// One step by Armijo's rule; false when none down to the smallest lowers the energy.
  bool step() {
    while (true) {
      const double gained = try_step(state.step);
      const Field trial = energy_of(y);
      if (trial.energy <= field.energy - armijo * gained) {  // false for NaN
        field = trial;
        break;
      }
      state.step /= 2;
      if (state.step >= smallest_step) continue;
      if (precision() == Precision::fp64) return false;
      // The energy's last digits are noise in float, and near the end of a metastable flow they decide: on in double.
      state.in_double = true;
      state.step = first_step;
      look_around();
    }
    std::swap(x, y);
    std::swap(distance, new_distance);
    update_velocity();
    state.time += state.step;
    ++state.steps;
    ++state.steps_in_level;
    record(state.step);
    state.step = std::min(largest_step, step_growth * state.step);
    return true;
  }

  Exec exec;
  Model<Exec> model;
  FlowOptions options;
  AnyDictionary<Exec> dictionary;
  FlowState state;
  History history;
  Field field;
  bool field_is_current = false;
  Index n = -1;
  Points<Exec> x, y, u;
  Vector<Exec> distance, new_distance, gain, mean, difference, coefficients, dual;
};

template <ExecutionSpace Exec>
Flow<Exec>::Flow(const Exec& exec, const Model<Exec>& model, const FlowOptions& options) : m_exec(exec), m_impl(std::make_shared<Impl>(exec, model, options)) {
  require(options.rounds >= 1, "Flow", [&] { return "rounds must be at least 1, got " + std::to_string(options.rounds); });
  require(options.max_steps >= 0, "Flow", [&] { return "max_steps must not be negative, got " + std::to_string(options.max_steps); });
}

template <ExecutionSpace Exec>
void Flow<Exec>::prepare(Index n, Index dimension) {
  const Index d = m_impl->model.dimension();
  require(n >= 1, "Flow", [] { return "there are no particles"; });
  require(dimension == d, "Flow", [&] { return "the particles have " + std::to_string(dimension) + " coordinates, the model has " + std::to_string(d); });
  m_impl->resize(n);
  if (static_cast<Index>(m_trial.extent(0)) != n) m_trial = allocate<Points<Exec>>(m_exec, "Flow::trial", n, d);
}

template <ExecutionSpace Exec>
void Flow<Exec>::accept_input() {
  const Index n = m_impl->n;
  const auto [different, non_finite] = compare(m_exec, m_trial, m_last_seen, n);
  const Index bad = non_finite;
  require(bad == 0, "Flow", [&] { return "all particles must be finite, but " + std::to_string(bad) + " coordinates are not"; });
  if (different == 0) return;
  const auto inside = m_impl->rows(m_impl->x);
  m_impl->model.frame().enter(m_exec, n, m_trial, inside);
  m_impl->model.geometry().retract(m_exec, inside);
  m_impl->field_is_current = false;
}

template <ExecutionSpace Exec>
const Points<Exec>& Flow<Exec>::in_callers_units() {
  Impl& flow = *m_impl;
  if (m_last_seen.extent(0) != m_trial.extent(0)) m_last_seen = allocate<Points<Exec>>(m_exec, "Flow::last_seen", flow.n, flow.model.dimension());
  const Points<Exec> outside = flow.rows(flow.y);  // free between two steps
  Kokkos::deep_copy(m_exec, outside, flow.rows(flow.x));
  flow.model.frame().leave(m_exec, flow.n, outside, m_last_seen);
  return m_last_seen;
}

template <ExecutionSpace Exec>
bool Flow<Exec>::advance_inside() {
  Impl& flow = *m_impl;
  while (!flow.state.done) {
    if (!flow.field_is_current) flow.look_around();
    if (flow.options.max_steps > 0 && flow.state.steps >= flow.options.max_steps) {
      flow.finish("max-steps");
    } else {
      // F at this step's start joins the level's record once, also when a checkpoint was read in between.
      if (static_cast<int>(flow.state.level_energy.size()) == flow.state.steps_in_level) flow.state.level_energy.push_back(flow.field.energy);
      if (const char* reason = flow.reason_to_leave()) {
        flow.leave_level(reason);
      } else if (!flow.step()) {
        flow.leave_level("no step");
      } else {
        if (flow.options.observer && !flow.options.observer(flow.state, flow.history)) flow.finish("stopped");
        return true;
      }
    }
  }
  return false;
}

template <ExecutionSpace Exec>
FlowReport Flow<Exec>::report() {
  Impl& flow = *m_impl;
  FlowReport report{flow.state, flow.history, {}, 0};
  if (flow.n < 1 || flow.history.energy.empty()) return report;
  if (!flow.field_is_current) {  // taken up from a checkpoint of its end
    flow.look_around();
    report.state = flow.state;
  }
  const auto norms = flow.gain;
  square_norms(m_exec, flow.u, flow.n, norms);
  report.monitors.mean_square_velocity = ordered_sum(m_exec, norms, flow.n) / static_cast<double>(flow.n);
  report.monitors.dissipation_ratio = report.monitors.mean_square_velocity / (2 * flow.field.energy);
  report.monitors.chi2_ratio = flow.field.chi2 * flow.samples() / flow.level().modes;
  return report;
}

template <ExecutionSpace Exec>
void Flow<Exec>::restore(const FlowState& state, const History& history) {
  require(state.level >= 0 && state.level < static_cast<int>(m_impl->model.levels().size()), "Flow::restore",
          [&] { return "the checkpoint is on level " + std::to_string(state.level) + ", which the model does not have"; });
  m_impl->state = state;
  m_impl->history = history;
  m_impl->field_is_current = false;
}

#define KSWGD_INSTANTIATE(EXEC) template class Flow<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
