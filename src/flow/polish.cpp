// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../algebra/small_matrices.hpp"
#include "../metrics/draws.hpp"
#include "../model/judging_points.hpp"

#include <Kokkos_Profiling_ScopedRegion.hpp>
#include <kswgd/data/data_set.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/flow/polish.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/metrics/neighbours.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/ordered_sum.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>
#include <kswgd/support/text.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <variant>

namespace kswgd {
namespace {

/// Sliced W2 may rise by this factor: less than it scatters from seed to seed.
constexpr double most_rise = 1.08;
/// Of the logarithm of a ratio of distances between neighbours: less than that is no gain.
constexpr double least_nearer = 0.03;
/// chi2 n/r on the coarsest level, of as many independent draws, above which mass has moved.
constexpr double most_moved = 1.5;
/// How much faster than the step's own scale its size follows the acceptance.
constexpr double adaptation = 1.5;

/// The drift of a step, cut at twice its noise.
KOKKOS_INLINE_FUNCTION double drift_factor(double square, double step) {
  const double half = step * step / 2;
  return half * Kokkos::fmin(1.0, 2 * step / (half * Kokkos::sqrt(square) + 1e-300));
}

/// Row i of y, which lies near the manifold, moves along the normals at row i of x until it is on it; false where it does not come there. `normals`: of
/// y, scratch.
template <class Exec>
KOKKOS_FUNCTION bool come_back(const typename Geometry<Exec>::Device& geometry, const Points<Exec>& x, const Points<Exec>& y, const Points<Exec>& normals,
                               Index i) {
  constexpr int most = 30;
  for (std::size_t f = 0; f < geometry.factors.extent(0); ++f) {
    const auto& factor = geometry.factors(f);
    bool there = false;
    for (int iteration = 0; iteration < most && !there; ++iteration) {
      const double away = geometry.normal(factor, y, i, [&](int k, double n) { normals(i, k) = n; });
      there = Kokkos::fabs(away) < 1e-13 * factor.major;
      if (there) break;
      double slope = 0;
      geometry.normal(factor, x, i, [&](int k, double n) { slope += n * normals(i, k); });
      if (!(Kokkos::fabs(slope) > 1e-3)) return false;
      geometry.normal(factor, x, i, [&](int k, double n) { y(i, k) -= away / slope * n; });
    }
    const double away = geometry.normal(factor, y, i, [](int, double) {});
    if (!(Kokkos::fabs(away) < 1e-10 * factor.major)) return false;
  }
  return true;
}

/// y = x + v with v = drift + noise, tangent, and back on the manifold.
template <class Exec>
struct ProposeKernel {
  typename Geometry<Exec>::Device geometry;
  Points<Exec> x, gradient, v, y, scratch;
  Vector<Exec> valid;
  Vector<Exec> moves;  // of each coordinate: 0 where it is pinned
  int dimension;
  double step;
  std::uint64_t seed, stream, first_draw;
  KOKKOS_FUNCTION void operator()(Index i) const {
    const IndexedRandom random(seed, stream + static_cast<std::uint64_t>(i));
    double square = 0;
    for (int k = 0; k < dimension; ++k) square += moves(k) * gradient(i, k) * gradient(i, k);
    const double drift = drift_factor(square, step);
    for (int k = 0; k < dimension; ++k) v(i, k) = moves(k) * (drift * gradient(i, k) + step * random.normal(first_draw + static_cast<std::uint64_t>(k)));
    geometry.project(x, v, i);
    for (int k = 0; k < dimension; ++k) y(i, k) = x(i, k) + v(i, k);
    valid(i) = come_back<Exec>(geometry, x, y, scratch, i) ? 1 : 0;
  }
};

/// w = the step that leads back, tangent at y; not valid where it does not lead to x.
template <class Exec>
struct ReverseKernel {
  typename Geometry<Exec>::Device geometry;
  Points<Exec> x, y, w, z, scratch;
  Vector<Exec> valid;
  int dimension;
  KOKKOS_FUNCTION void operator()(Index i) const {
    for (int k = 0; k < dimension; ++k) w(i, k) = x(i, k) - y(i, k);
    if (geometry.factors.extent(0) == 0) return;
    geometry.project(y, w, i);
    for (int k = 0; k < dimension; ++k) z(i, k) = y(i, k) + w(i, k);
    bool there = come_back<Exec>(geometry, y, z, scratch, i);
    double square = 0;
    for (int k = 0; k < dimension; ++k) square += (z(i, k) - x(i, k)) * (z(i, k) - x(i, k));
    there = there && square < 1e-16;
    if (!there) valid(i) = 0;
  }
};

/// Metropolis and Hastings.
template <class Exec>
struct AcceptKernel {
  Points<Exec> x, y, gradient, new_gradient, v, w;
  Vector<Exec> value, new_value, distance, new_distance, valid, moves;  // distances to the nearest landmark
  int dimension;
  double step, guard;
  std::uint64_t seed, stream, draw;
  KOKKOS_FUNCTION void operator()(Index i) const {
    double ahead = 0, back = 0;  // squares of the gradients, then of noise
    for (int k = 0; k < dimension; ++k) {
      ahead += moves(k) * gradient(i, k) * gradient(i, k);
      back += moves(k) * new_gradient(i, k) * new_gradient(i, k);
    }
    const double drift = drift_factor(ahead, step), new_drift = drift_factor(back, step);
    ahead = back = 0;
    for (int k = 0; k < dimension; ++k) {
      const double out = v(i, k) - moves(k) * drift * gradient(i, k), home = w(i, k) - moves(k) * new_drift * new_gradient(i, k);
      ahead += out * out;
      back += home * home;
    }
    const double log_ratio = new_value(i) - value(i) + (ahead - back) / (2 * step * step);
    const bool may = valid(i) > 0 && Kokkos::isfinite(log_ratio) && new_distance(i) <= Kokkos::fmax(guard, distance(i));
    const double probability = may ? Kokkos::fmin(1.0, Kokkos::exp(Kokkos::fmin(0.0, log_ratio))) : 0.0;
    valid(i) = probability;
    const IndexedRandom random(seed, stream + static_cast<std::uint64_t>(i));
    if (!(random.uniform(draw) < probability)) return;
    for (int k = 0; k < dimension; ++k) {
      x(i, k) = y(i, k);
      gradient(i, k) = new_gradient(i, k);
    }
    value(i) = new_value(i);
    distance(i) = new_distance(i);
  }
};

template <class Exec>
struct OppositeKernel {
  Points<Exec> from, into;
  Index n;
  KOKKOS_FUNCTION void operator()(Index item) const { into(item % n, item / n) = -from(item % n, item / n); }
};

template <class Exec>
struct OutsideTerm {
  Vector<Exec> distance;
  double guard;
  KOKKOS_FUNCTION double operator()(Index i, Index) const { return distance(i) > guard ? 1 : 0; }
};

/// Points of the data to compare with, in the library's coordinates, on the manifold.
template <class Exec>
Points<Exec> enter(const Exec& exec, const Frame<Exec>& frame, const Points<Exec>& points) {
  const auto inside = allocate<Points<Exec>>(exec, "polish::inside", points.extent(0), frame.inner_dimension());
  frame.enter(exec, rows(points), points, inside);
  frame.geometry().retract(exec, inside);
  return inside;
}

/// Half the median distance between neighbours among as many points of the data as there are particles (of at most 2000, by the law n^(-1/e)).
template <class Exec>
double step_to_begin_with(const Exec& exec, const Frame<Exec>& frame, const ModelData& model, Index particles) {
  constexpr Index most = 2000;
  const Index kept = rows(model.training_subset);
  if (kept < 2) return 0;
  const Index count = std::min({most, kept, std::max<Index>(particles, 2)});
  const double spacing = median_neighbour_distance(exec, take_evenly(exec, enter<Exec>(exec, frame, to_device(exec, model.training_subset)), count));
  const auto dimension = static_cast<double>(frame.inner_dimension() - frame.geometry().codimension());
  const double wanted = static_cast<double>(std::max(particles, count));
  return std::isfinite(spacing) ? spacing / 2 * std::pow(static_cast<double>(count) / wanted, 1 / dimension) : 0;
}

/// Steps where columns depend on one another: R, symmetric, e x e, shortens a step of length `widest` to the data's standard deviation in each principal
/// direction that is thinner, so that no thin direction makes the steps short in all. Of the coordinates that move, given those that do not (by their
/// regression on these); empty where the squares of the dictionary are those of the coordinates: there all steps are the same.
HostMatrix shortened_steps(const ModelData& model, const HostVector& moves, double widest) {
  const auto* gaussians = std::get_if<GaussianDictionaryData>(&model.dictionary);
  if (!gaussians || gaussians->axes.extent(0) == 0) return {};
  const Normalisation& unit = model.frame.normalisation;
  const Index e = unit.dimension();
  std::vector<Index> free, pinned;
  for (Index k = 0; k < e; ++k)
    if (!unit.constant[static_cast<std::size_t>(k)]) (moves(k) > 0 ? free : pinned).push_back(k);
  const auto block = [&](const std::vector<Index>& a, const std::vector<Index>& b) {
    const HostMatrix result("kswgd::polish::block", a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i)
      for (std::size_t j = 0; j < b.size(); ++j) result(i, j) = unit.covariance[static_cast<std::size_t>(a[i] * e + b[j])] / (unit.scale * unit.scale);
    return result;
  };
  const HostMatrix vectors = block(free, free);
  if (!pinned.empty()) {
    const HostMatrix seen = small::product(small::whitener(block(pinned, pinned), 1e-12), block(pinned, free), true);
    small::add(vectors, small::product(seen, seen, true), -1);
  }
  const std::size_t m = free.size();
  const HostVector values("kswgd::polish::variances", m);
  small::symmetrise(vectors);
  algebra::symmetric_eigen(vectors, values);
  const HostMatrix root("kswgd::polish::root", e, e);
  for (std::size_t k = 0; k < m; ++k) {
    const double factor = std::min(1.0, std::sqrt(std::max(0.0, values(k))) / widest);
    for (std::size_t i = 0; i < m; ++i)
      for (std::size_t j = 0; j < m; ++j) root(free[i], free[j]) += factor * vectors(i, k) * vectors(j, k);
  }
  return root;
}

/// The rows of all ranks, one rank after the other, on all of them.
template <class Exec>
Points<Exec> of_all_ranks(const Exec& exec, const Reduction& ranks, const Points<Exec>& points) {
  if (ranks.is_alone()) return points;
  const HostPoints here = host_copy(exec, points);
  const std::size_t d = here.extent(1);
  std::vector<double> numbers;
  for (std::size_t i = 0; i < here.extent(0); ++i)
    for (std::size_t k = 0; k < d; ++k) numbers.push_back(here(i, k));
  numbers = ranks.concatenate(numbers);
  const HostPoints all("kswgd::polish::of_all_ranks", numbers.size() / d, d);
  for (std::size_t i = 0; i < all.extent(0); ++i)
    for (std::size_t k = 0; k < d; ++k) all(i, k) = numbers[i * d + k];
  return to_device(exec, all);
}

}  // namespace

template <ExecutionSpace Exec>
PolishReport polish(const Exec& exec, const LearnedPotential<Exec>& potential, const ModelData& model, const Points<Exec>& particles,
                    const PolishOptions& options) {
  const Kokkos::Profiling::ScopedRegion region("kswgd::polish");
  require(options.steps >= 0, "polish", [] { return "steps must not be negative"; });
  require(options.step == 0 || (std::isfinite(options.step) && options.step > 0), "polish",
          [&] { return "step must be 0 (automatic) or a finite positive number, got " + std::to_string(options.step); });
  require_positive(options.growth, "polish", "growth");
  require(options.acceptance > 0 && options.acceptance < 1, "polish", [] { return "acceptance must lie between 0 and 1"; });
  const Frame<Exec>& frame = potential.frame();
  require(columns(particles) == frame.dimension(), "polish",
          [&] { return "the particles have " + std::to_string(columns(particles)) + " coordinates, the model has " + std::to_string(frame.dimension()); });
  PolishReport report;
  const Index n = rows(particles), e = frame.inner_dimension();
  const auto total = static_cast<Index>(options.ranks.sum(static_cast<double>(n)));
  if (total == 0 || options.steps == 0) return report;
  const double scale = model.frame.is_mapped() ? 1 : model.frame.normalisation.scale;
  double step = options.step > 0 ? options.step / scale : step_to_begin_with(exec, frame, model, std::max(total, options.among));
  if (!(step > 0)) return report;  // all points of the data are one
  const double longest = options.growth * step;
  const LevelData& level = model.density.levels[static_cast<std::size_t>(model.log_density.level)];
  const Points<Exec> landmarks = Kokkos::subview(to_device(exec, model.density.landmarks), Span(level.first_landmark, level.last_landmark), Kokkos::ALL);

  HostVector moving("kswgd::polish::moves", e);
  for (Index k = 0; k < e; ++k) moving(k) = model.frame.normalisation.constant[static_cast<std::size_t>(k)] ? 0 : 1;
  for (const Index k : options.pinned) {
    require(k >= 0 && k < e, "polish", [&] { return "there is no coordinate " + std::to_string(k) + " to be pinned"; });
    moving(k) = 0;
  }
  const auto points = [&](const char* name) { return allocate<Points<Exec>>(exec, name, n, e); };
  const auto values = [&](const char* name) { return allocate<Vector<Exec>>(exec, name, n); };
  const auto x = enter(exec, frame, particles), y = points("polish::y"), gradient = points("polish::gradient"), new_gradient = points("polish::new_gradient"),
             v = points("polish::v"), w = points("polish::w");
  const bool flat = frame.geometry().is_euclidean();
  const Matrix<Exec> root = flat ? to_device(exec, shortened_steps(model, moving, 2 * step)) : Matrix<Exec>();
  const bool shortened = root.extent(0) > 0;
  const auto straight = shortened ? points("polish::straight") : Points<Exec>();
  /// Value and gradient; where steps are shortened, the gradient in coordinates in which all are alike.
  const auto evaluate = [&](const Points<Exec>& at, const Vector<Exec>& value_at, const Points<Exec>& gradient_at, Workspace<Exec>& workspace) {
    potential.evaluate_inside(exec, at, value_at, shortened ? straight : gradient_at, workspace);
    if (shortened) algebra::multiply(exec, 1.0, algebra::Op::none, straight, algebra::Op::none, root, 0.0, gradient_at);
  };
  const auto z = flat ? Points<Exec>() : points("polish::z"), scratch = flat ? Points<Exec>() : points("polish::scratch");
  const auto value = values("polish::value"), new_value = values("polish::new_value"), distance = values("polish::distance"),
             new_distance = values("polish::new_distance"), valid = values("polish::valid");
  const Vector<Exec> moves = to_device(exec, moving);
  Workspace<Exec> workspace;
  evaluate(x, value, gradient, workspace);
  const auto nearest = allocate<Vector<Exec, int>>(exec, "polish::nearest", n);
  nearest_landmark(exec, x, landmarks, distance, nearest);
  report.outside = static_cast<Index>(options.ranks.sum(ordered_sums(exec, "polish::outside", n, 1, OutsideTerm<Exec>{distance, level.guard}).front()));
  report.evaluations = 1;
  const auto geometry = frame.geometry().device();
  const int dimension = static_cast<int>(e);
  const std::uint64_t stream = streams::polish + static_cast<std::uint64_t>(options.first);
  const std::uint64_t draws = static_cast<std::uint64_t>(e + (e & 1)) + 2;  // of a step: its noise, and a pair of its own for the decision
  for (; report.steps < options.steps; ++report.steps, ++report.evaluations) {
    if (options.progress) options.progress(static_cast<double>(report.evaluations) / (options.steps + 1));
    const std::uint64_t first = static_cast<std::uint64_t>(report.steps) * draws;
    Kokkos::parallel_for("kswgd::polish::propose", index_range(exec, n),
                         ProposeKernel<Exec>{geometry, x, gradient, v, y, scratch, valid, moves, dimension, step, options.seed, stream, first});
    if (shortened) {
      Kokkos::deep_copy(exec, y, x);
      algebra::multiply(exec, 1.0, algebra::Op::none, v, algebra::Op::none, root, 1.0, y);
      Kokkos::parallel_for("kswgd::polish::reverse", index_range(exec, n * e), OppositeKernel<Exec>{v, w, n});
    } else {
      Kokkos::parallel_for("kswgd::polish::reverse", index_range(exec, n), ReverseKernel<Exec>{geometry, x, y, w, z, scratch, valid, dimension});
    }
    evaluate(y, new_value, new_gradient, workspace);
    nearest_landmark(exec, y, landmarks, new_distance, nearest);
    Kokkos::parallel_for("kswgd::polish::accept", index_range(exec, n),
                         AcceptKernel<Exec>{x, y, gradient, new_gradient, v, w, value, new_value, distance, new_distance, valid, moves, dimension, step,
                                            level.guard, options.seed, stream, first + draws - 2});
    const double taken = options.ranks.sum(ordered_sum(exec, "polish::acceptance", valid, n)) / static_cast<double>(total);
    report.acceptance += taken;
    report.step = step * scale;
    if (options.step == 0) step = std::min(longest, step * std::exp(adaptation * (taken - options.acceptance)));
  }
  report.acceptance /= report.steps;
  frame.leave(exec, n, x, particles);
  exec.fence("kswgd::polish: workspace is freed");
  return report;
}

template <ExecutionSpace Exec>
PolishVerdict judge_polish(const Exec& exec, const ModelData& model, const Points<Exec>& before, const Points<Exec>& after) {
  constexpr Index fewest = 50, most = 4000, most_sliced = 32768;  // of few samples a rise is hidden by their own error
  PolishVerdict verdict;
  const auto [points, unseen] = detail::judging_points(model);
  const Index known = rows(points), n = rows(before);
  if (known < fewest || n < fewest) {
    verdict.reason = "there are too few points to judge a polish by: it was left out";
    return verdict;
  }
  const Frame<Exec> frame(exec, model.frame);
  const Points<Exec> reference = enter<Exec>(exec, frame, to_device(exec, points));
  const Points<Exec> old_points = enter(exec, frame, before), new_points = enter(exec, frame, after);
  const Index count = std::min({n, known, most}), compared = std::min(n, most_sliced);
  const SlicedWasserstein<Exec> sliced(exec, reference);
  verdict.sliced_before = sliced(exec, take_evenly(exec, old_points, compared));
  verdict.sliced_after = sliced(exec, take_evenly(exec, new_points, compared));
  verdict.sliced_floor = detail::mean_distance_of_draws(exec, sliced, reference, count);
  const NeighbourShare first = neighbour_share(exec, old_points, reference), second = neighbour_share(exec, new_points, reference);
  verdict.share_before = first.value;
  verdict.share_after = second.value;
  verdict.share_error = first.error;
  verdict.neighbours_before = neighbour_ratio(exec, old_points, reference);
  verdict.neighbours_after = neighbour_ratio(exec, new_points, reference);

  // The flow's samples lie nearer to the points that it was fitted to than draws do. To points of the law itself these are away by what as many draws are, and
  // that adds by squares; what is kept of them is away from all of them by what some are. (Points held out are such as they are.)
  const double samples = std::max(1.0, model.provenance.effective_samples), floor = verdict.sliced_floor, of = static_cast<double>(count);
  const double own = unseen ? 0 : floor * std::sqrt(of / samples);
  const double of_some = unseen ? 0 : floor * std::sqrt(std::max(0.0, of / static_cast<double>(known) - of / samples));
  const auto expected = [&](double distance) { return std::hypot(own, std::sqrt(std::max(0.0, distance * distance - of_some * of_some))); };
  const double order_before = std::abs(std::log(verdict.neighbours_before)), order_after = std::abs(std::log(verdict.neighbours_after));
  const auto away = [unseen = unseen](double share) { return unseen ? std::abs(share - 0.5) : std::max(0.0, share - 0.5); };  // fitted points may be near
  const double gain = away(first.value) - away(second.value);
  const std::string said = "neighbours " + text(verdict.neighbours_before) + " to " + text(verdict.neighbours_after) + " (1 is right), of the own kind " +
                           text(first.value) + " to " + text(second.value) + " (.5 is right)";
  verdict.rises = expected(verdict.sliced_after) > most_rise * expected(verdict.sliced_before);
  if (verdict.rises) {
    verdict.reason = "sliced W2 to points of the data rises from " + text(verdict.sliced_before) + " to " + text(verdict.sliced_after);
  } else if (!(gain > first.error) && !(gain > -first.error && order_after < order_before - least_nearer)) {
    verdict.reason = "it does not bring the samples nearer to the data: " + said;
  } else {
    verdict.kept = true;
    verdict.reason = said;
  }
  return verdict;
}

template <ExecutionSpace Exec>
Polished polish_after_flow(const Exec& exec, const std::function<const LearnedPotential<Exec>&()>& potential, const Model<Exec>& law, const FlowState& state,
                           const Points<Exec>& particles, std::optional<int> steps, PolishOptions how, FlowOptions flow_options,
                           const std::function<Points<Exec>(const Points<Exec>&)>& seen) {
  const ModelData& model = law.data();
  Polished result;
  const bool has_density = model.log_density.is_known() && model.spectrum.kind != SpectrumKind::diffusion_map;
  if (steps == 0) {
    result.reason = "none was asked for";
  } else if (!steps && !has_density) {
    result.reason = "the model holds no log density";
  } else if (!steps && (state.stop_reason == "max-steps" || state.stop_reason == "stopped")) {
    result.reason = "the flow has not come to its end";
  }
  if (!result.reason.empty()) return result;
  how.steps = steps.value_or(how.steps);
  const LearnedPotential<Exec>& learned = potential();
  if (steps) {
    result.report = polish(exec, learned, model, particles, how);
    result.kept = true;
    result.reason = "asked for";
    return result;
  }
  const auto judge = [&](const Points<Exec>& old_points, const Points<Exec>& new_points) {
    result.verdict = judge_polish(exec, model, old_points, new_points);
    double decided[] = {result.verdict.kept ? 1.0 : 0.0, result.verdict.rises ? 1.0 : 0.0};
    how.ranks.broadcast(decided, 2);
    result.kept = decided[0] > 0;
    result.verdict.rises = decided[1] > 0;
    result.reason = result.verdict.reason;
    result.judged = true;
  };
  flow_options.ranks = how.ranks;
  flow_options.precision = state.in_double ? Precision::fp64 : Precision::mixed;  // which a resumed flow has from its checkpoint
  const auto flow_on = [&](const Points<Exec>& some, Index most_steps) {
    flow_options.max_steps = most_steps;
    return Flow<Exec>(exec, law, flow_options).run(some);
  };
  // Beside some of many points a small rise is not seen. The moments of the coarsest level know all of them: chi2 n/r of M independent draws is 1 + n/M.
  const auto [judges, unseen] = detail::judging_points(model);
  const double known = model.density.moments.weight;
  const bool sees_all = unseen || static_cast<double>(rows(judges)) >= detail::known_to_fit(model);
  const auto has_moved = [&](const Points<Exec>& some) {
    const auto copy = allocate<Points<Exec>>(exec, "polish::moved", some.extent(0), some.extent(1));
    Kokkos::deep_copy(exec, copy, some);
    const double chi2 = flow_on(copy, 1).history.chi2.front(), count = how.ranks.sum(static_cast<double>(rows(some)));
    return chi2 * known / law.levels().front().modes > most_moved * (1 + known / count);
  };
  // In place; `look` gives what is judged. Where the polish moves mass between parts of the law, the flow brings it back and keeps what was gained nearby.
  const auto try_on = [&](const Points<Exec>& some, const PolishOptions& options, const std::function<Points<Exec>(const Points<Exec>&)>& look) {
    const auto before = allocate<Points<Exec>>(exec, "polish::before", some.extent(0), some.extent(1));
    Kokkos::deep_copy(exec, before, some);
    const Points<Exec> old_points = look ? look(before) : before;
    result.report = polish(exec, learned, model, some, options);
    result.flow.reset();
    judge(old_points, look ? look(some) : some);
    if (result.kept ? !sees_all && has_moved(some) : result.verdict.rises) {
      result.flow = flow_on(some, std::max<Index>(state.steps, 1));
      judge(old_points, look ? look(some) : some);
    }
    if (!result.kept) Kokkos::deep_copy(exec, some, before);
    exec.fence("kswgd::polish_after_flow: the particles before their polish are freed");
  };
  const Index here = rows(particles), total = static_cast<Index>(how.ranks.sum(static_cast<double>(here)));
  if (total > 4 * polish_trial) {
    PolishOptions trial = how;
    trial.among = total;
    trial.progress = {};
    const Index some = here > 0 ? std::max<Index>(1, here * polish_trial / total) : 0;
    try_on(take_evenly(exec, particles, some), trial, [&](const Points<Exec>& points) { return of_all_ranks(exec, how.ranks, points); });
    if (!result.kept) {
      result.reason += ", tried on " + std::to_string(polish_trial) + " of the samples";
      return result;
    }
  }
  try_on(particles, how, seen);
  return result;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                                 \
  template PolishReport polish(const EXEC&, const LearnedPotential<EXEC>&, const ModelData&, const Points<EXEC>&, const PolishOptions&);        \
  template PolishVerdict judge_polish(const EXEC&, const ModelData&, const Points<EXEC>&, const Points<EXEC>&);                                 \
  template Polished polish_after_flow(const EXEC&, const std::function<const LearnedPotential<EXEC>&()>&, const Model<EXEC>&, const FlowState&, \
                                      const Points<EXEC>&, std::optional<int>, PolishOptions, FlowOptions,                                      \
                                      const std::function<Points<EXEC>(const Points<EXEC>&)>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
