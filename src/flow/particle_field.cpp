// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <Kokkos_Profiling_ScopedRegion.hpp>
#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/gaussian_kernels.hpp>
#include <kswgd/flow/particle_field.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/ordered_sum.hpp>

#include <cmath>

namespace kswgd {
namespace {

constexpr int most_quarters = 3;

/// y = x + f u with f = h min(1, cap / |h u|), quartered while the step takes a particle out of the data's neighbourhood; the
/// distance of y to the nearest landmark. Where `moves` is false y is x, and its distance alone is found.
/// Item: one vector of particles; rows beyond n exist (padding).
template <class Exec>
struct TrialKernel {
  using V = detail::Lanes<Exec, double>;
  static constexpr int lanes = detail::lane_count<Exec, double>;

  Points<Exec> x, u, y, landmarks;
  Vector<Exec> distance, new_distance, gain;  // gain = s . u
  Index n, first_landmark, last_landmark;
  int dimension;
  bool moves;
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
      if (moves) {
        const V f = detail::load<V>(factor);
        for (int k = 0; k < dimension; ++k) detail::store<V>(&y(i0, k), V(detail::load<V>(&x(i0, k)) + f * detail::load<V>(&u(i0, k))));
        for (int l = 0; geometry.factors.extent(0) > 0 && l < lanes && i0 + l < n; ++l) geometry.retract(y, i0 + l);
      }
      detail::store<V>(least, nearest(i0));
      if (!moves || quarter == most_quarters) break;
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

/// |u_i|^2, as a term of a sum.
template <class Exec>
struct SquareNorm {
  Points<Exec> u;
  int dimension;
  KOKKOS_FUNCTION double operator()(Index i, Index) const {
    double sum = 0;
    for (int k = 0; k < dimension; ++k) sum += u(i, k) * u(i, k);
    return sum;
  }
};

template <class Exec>
struct Difference {
  Vector<Exec> mean, data_mean, difference;
  KOKKOS_FUNCTION void operator()(Index a) const { difference(a) = mean(a) - data_mean(a); }
};

}  // namespace

template <ExecutionSpace Exec>
ParticleField<Exec>::ParticleField(const Exec& exec, const Model<Exec>& model, const Reduction& ranks) : m_exec(exec), m_model(model), m_ranks(ranks) {
  const Index q = model.dictionary().size();
  for (auto* vector : {&m_mean, &m_difference, &m_coefficients, &m_dual}) *vector = allocate<Vector<Exec>>(exec, "ParticleField::features", q);
}

template <ExecutionSpace Exec>
void ParticleField<Exec>::forget() {
  m_holds = false;
  m_level = -1;
}

template <ExecutionSpace Exec>
void ParticleField<Exec>::check_extents(Index n, Index dimension) const {
  const Index d = m_model.dimension();
  require(n == size(), "Flow", [&] { return "the flow holds " + std::to_string(size()) + " particles, the View has " + std::to_string(n) + " rows"; });
  require(n == 0 || dimension == d, "Flow",
          [&] { return "the particles have " + std::to_string(dimension) + " coordinates, the model has " + std::to_string(d); });
}

template <ExecutionSpace Exec>
void ParticleField<Exec>::resize(Index n, Index dimension) {
  const Index d = m_model.dimension(), e = m_model.dictionary().dimension();
  require(n == 0 || dimension == d, "Flow",
          [&] { return "the particles have " + std::to_string(dimension) + " coordinates, the model has " + std::to_string(d); });
  std::vector<double> counts{static_cast<double>(n), n == m_n ? 0.0 : 1.0};
  m_ranks.sum(counts);
  m_total = static_cast<Index>(counts[0]);
  if (counts[1] > 0 || m_total == 0) forget();
  if (n == m_n) return;
  m_n = 0;
  for (auto* points : {&m_x, &m_y, &m_u, &m_chart}) *points = {};  // freed before what takes their place is had
  for (auto* values : {&m_distance, &m_new_distance, &m_gain}) *values = {};
  const Index padded_rows = detail::padded(n);
  for (auto* points : {&m_x, &m_y, &m_u}) *points = zeros<Points<Exec>>(m_exec, "ParticleField::points", padded_rows, e);
  for (auto* values : {&m_distance, &m_new_distance, &m_gain}) *values = zeros<Vector<Exec>>(m_exec, "ParticleField::values", padded_rows);
  if (has_chart()) m_chart = allocate<Points<Exec>>(m_exec, "ParticleField::chart", n, d);
  m_n = n;
}

template <ExecutionSpace Exec>
typename ParticleField<Exec>::Seen ParticleField<Exec>::accept_read(bool comparable, Index different, Index non_finite) {
  std::vector<double> counts{static_cast<double>(different), static_cast<double>(non_finite)};
  m_ranks.sum(counts);
  m_outside_is_current = comparable && counts[0] == 0;
  require(counts[1] == 0, "Flow",
          [&] { return "all particles must be finite, but " + std::to_string(static_cast<Index>(counts[1])) + " coordinates are not"; });
  if (m_outside_is_current) return Seen::same;
  const auto inside = rows(m_x);
  // The trial's array may be the source: it is not written here.
  if (m_n > 0) {
    m_model.frame().enter(m_exec, m_n, outside_array(), inside);
    m_model.geometry().retract(m_exec, inside);
  }
  m_holds = true;
  m_level = -1;
  return comparable ? Seen::moved : Seen::other;
}

template <ExecutionSpace Exec>
Points<Exec> ParticleField<Exec>::positions_outside() {
  const Points<Exec> outside = outside_array();
  if (m_outside_is_current || m_n == 0) return outside;
  const Points<Exec> scaled = rows(m_y);  // free between two steps
  Kokkos::deep_copy(m_exec, scaled, rows(m_x));
  m_model.frame().leave(m_exec, m_n, scaled, outside);  // where there is no chart both are one array, which is right for it
  m_outside_is_current = true;
  return outside;
}

template <ExecutionSpace Exec>
HostPoints ParticleField<Exec>::positions() const {
  const HostPoints copy("kswgd::ParticleField::positions", size(), m_model.dictionary().dimension());
  if (size() > 0) Kokkos::deep_copy(copy, Kokkos::subview(to_host(m_exec, m_x), Span(0, m_n), Kokkos::ALL));
  return copy;
}

template <ExecutionSpace Exec>
void ParticleField<Exec>::place(const HostPoints& positions) {
  const Index n = static_cast<Index>(positions.extent(0)), e = static_cast<Index>(positions.extent(1));
  require(e == m_model.dictionary().dimension(), "Flow::restore", [&] {
    return "the checkpoint holds " + std::to_string(n) + " x " + std::to_string(e) + " coordinates, the model has " +
           std::to_string(m_model.dictionary().dimension());
  });
  bool finite = true;
  for (Index k = 0; k < e; ++k)
    for (Index i = 0; i < n; ++i) finite = finite && std::isfinite(positions(i, k));
  require(finite, "Flow::restore", [] { return "the checkpoint's particles are not finite"; });
  resize(n, m_model.dimension());
  require(m_total > 0, "Flow::restore", [] { return "the checkpoint holds no particle"; });
  const auto inside = rows(m_x);
  Kokkos::deep_copy(m_exec, inside, to_device(m_exec, positions));
  m_exec.fence("kswgd::ParticleField::place: the copy is freed");
  m_holds = true;
  m_outside_is_current = false;
  m_level = -1;
}

/// From this rank's mean of the first q features to that of all particles.
template <ExecutionSpace Exec>
void ParticleField<Exec>::average_over_ranks(Index q) {
  if (m_ranks.is_alone()) return;
  const auto mean = Kokkos::subview(m_mean, Span(0, q));
  const auto sums = host_copy(m_exec, mean);
  for (Index a = 0; a < q; ++a) sums(a) *= static_cast<double>(m_n);
  m_ranks.sum(sums.data(), q);
  for (Index a = 0; a < q; ++a) sums(a) /= static_cast<double>(m_total);
  Kokkos::deep_copy(m_exec, mean, to_device(m_exec, sums));
  m_exec.fence("kswgd::ParticleField::average_over_ranks: the copy is freed");
}

/// Every rank goes on with the numbers of rank 0: its own may differ in their last digits where it is another machine.
template <ExecutionSpace Exec>
void ParticleField<Exec>::share_field(FlowField& field) {
  if (m_ranks.is_alone()) return;
  std::vector<double> numbers{field.energy, field.chi2};
  numbers.insert(numbers.end(), field.coefficients.begin(), field.coefficients.end());
  m_ranks.broadcast(numbers);
  field = {numbers[0], numbers[1], {numbers.begin() + 2, numbers.end()}};
  set_coefficients(field.coefficients);
}

/// Energy and chi2 at the points, and the coefficients of their potential.
template <ExecutionSpace Exec>
FlowField ParticleField<Exec>::field_at(const Points<Exec>& points) {
  const Level<Exec>& l = level();
  const Index q = l.data.features;
  if (m_n > 0)
    m_model.dictionary().mean(m_exec, points, m_mean, q, m_precision, m_workspace);
  else
    Kokkos::deep_copy(m_exec, m_mean, 0.0);
  average_over_ranks(q);
  const auto e = Kokkos::subview(m_difference, Span(0, q)), c = Kokkos::subview(m_coefficients, Span(0, q)), g = Kokkos::subview(m_dual, Span(0, q));
  Kokkos::parallel_for("kswgd::ParticleField::difference", index_range(m_exec, q), Difference<Exec>{m_mean, l.data_mean, m_difference});
  algebra::multiply(m_exec, 1.0, algebra::Op::none, l.inverse_generator, e, 0.0, c);
  algebra::multiply(m_exec, 1.0, algebra::Op::none, l.inverse_gram, e, 0.0, g);
  const auto he = to_host(m_exec, e), hc = to_host(m_exec, c), hg = to_host(m_exec, g);
  FlowField field;
  for (Index a = 0; a < q; ++a) {
    field.energy += he(a) * hc(a) / 2;
    field.chi2 += he(a) * hg(a);
    field.coefficients.push_back(hc(a));
  }
  share_field(field);
  return field;
}

template <ExecutionSpace Exec>
FlowField ParticleField<Exec>::look(int level, Precision precision) {
  const Kokkos::Profiling::ScopedRegion region("kswgd::ParticleField::look");
  m_level = level;
  m_precision = precision;
  m_velocity_is_current = false;
  FlowField field = field_at(rows(m_x));
  move_to_trial(0, false);
  return field;
}

template <ExecutionSpace Exec>
void ParticleField<Exec>::take_up(int level, Precision precision, const std::vector<double>& coefficients) {
  m_level = level;
  m_precision = precision;
  m_velocity_is_current = false;
  set_coefficients(coefficients);
  move_to_trial(0, false);
}

template <ExecutionSpace Exec>
void ParticleField<Exec>::set_coefficients(const std::vector<double>& coefficients) {
  const Index q = static_cast<Index>(coefficients.size());
  Kokkos::deep_copy(m_exec, Kokkos::subview(m_coefficients, Span(0, q)), to_device(m_exec, coefficients));
  m_exec.fence("kswgd::ParticleField::set_coefficients: the copy is freed");
}

/// The velocity at the particles from the coefficients of their field.
template <ExecutionSpace Exec>
void ParticleField<Exec>::update_velocity() {
  if (m_velocity_is_current || m_n == 0) return;
  m_model.dictionary().descent(m_exec, rows(m_x), m_coefficients, rows(m_u), level().data.features, m_precision, m_workspace);
  m_model.geometry().project(m_exec, rows(m_x), rows(m_u));
  m_velocity_is_current = true;
}

template <ExecutionSpace Exec>
void ParticleField<Exec>::move_to_trial(double h, bool moves) {
  const LevelData& l = level().data;
  if (moves) m_outside_is_current = m_outside_is_current && has_chart();
  if (m_n == 0) return;
  const TrialKernel<Exec> kernel{m_x,
                                 m_u,
                                 moves ? m_y : m_x,
                                 m_model.landmarks(),
                                 m_distance,
                                 moves ? m_new_distance : m_distance,
                                 m_gain,
                                 m_n,
                                 l.first_landmark,
                                 l.last_landmark,
                                 static_cast<int>(m_model.dictionary().dimension()),
                                 moves,
                                 h,
                                 l.width,
                                 l.guard,
                                 m_model.geometry().device()};
  constexpr int lanes = TrialKernel<Exec>::lanes;
  detail::for_each_block("kswgd::ParticleField::trial", m_exec, (m_n + lanes - 1) / lanes, kernel);
}

template <ExecutionSpace Exec>
typename ParticleField<Exec>::Trial ParticleField<Exec>::try_step(double h) {
  const Kokkos::Profiling::ScopedRegion region("kswgd::ParticleField::try_step");
  update_velocity();
  move_to_trial(h, true);
  Trial trial;
  trial.gain = m_ranks.sum(ordered_sum(m_exec, "ParticleField::gain", m_gain, m_n)) / static_cast<double>(m_total);
  trial.field = field_at(rows(m_y));
  return trial;
}

template <ExecutionSpace Exec>
void ParticleField<Exec>::accept() {
  std::swap(m_x, m_y);
  std::swap(m_distance, m_new_distance);
  m_velocity_is_current = false;
  m_outside_is_current = false;
}

template <ExecutionSpace Exec>
double ParticleField<Exec>::mean_square_velocity() {
  update_velocity();
  const SquareNorm<Exec> square_norm{m_u, static_cast<int>(m_model.dictionary().dimension())};
  return m_ranks.sum(ordered_sums(m_exec, "ParticleField::square_norms", m_n, 1, square_norm).front()) / static_cast<double>(m_total);
}

#define KSWGD_INSTANTIATE(EXEC) template class ParticleField<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
