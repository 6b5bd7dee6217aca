// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/flow/conditional.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kswgd {
namespace {

/// Widths of the window in standard deviations of the given coordinates; the last is none.
constexpr double windows[] = {0.05, 0.1, 0.2, 0.4, 0.8, 1.6, HUGE_VAL};

/// Fewer effective draws than this: the condition lies beyond the data.
constexpr double fewest_effective = 2;

/// Of each caller's coordinate its places in the library's, none where it belongs to a sphere or a torus.
std::vector<std::vector<Index>> places_of(const ModelData& model) {
  std::vector<std::vector<Index>> places;
  Index first = 0;
  for (const GeometryFactor& factor : model.frame.geometry.factors) {
    const bool circle = factor.kind == Manifold::circle, flat = factor.kind == Manifold::euclidean;
    for (Index k = 0; k < factor.count; ++k) {
      if (circle) {
        places.push_back({first, first + 1});
        first += 2;
      } else {
        places.push_back(flat ? std::vector<Index>{first} : std::vector<Index>{});
        ++first;
      }
    }
  }
  for (Index k = static_cast<Index>(places.size()); k < model.dimension(); ++k) places.push_back({first++});
  return places;
}

void check(const Conditions& conditions, const ModelData& model, const std::vector<std::vector<Index>>& places) {
  const Index d = model.dimension(), given = static_cast<Index>(conditions.columns.size());
  require(given >= 1 && given < d, "conditional_samples", [&] {
    return "at least one and at most " + std::to_string(d - 1) + " of the " + std::to_string(d) + " columns can be given, got " + std::to_string(given);
  });
  require(columns(conditions.values) == given && rows(conditions.values) >= 1, "conditional_samples",
          [] { return "there must be a value for each given column in each condition"; });
  for (std::size_t j = 0; j < conditions.columns.size(); ++j) {
    const Index k = conditions.columns[j];
    require(k >= 0 && k < d, "conditional_samples", [&] { return "there is no column " + std::to_string(k) + " (from 0) among " + std::to_string(d); });
    require(!places[static_cast<std::size_t>(k)].empty(), "conditional_samples",
            [&] { return "column " + std::to_string(k) + " is a coordinate of a sphere or a torus, which has no value of its own to be given"; });
    require(std::count(conditions.columns.begin(), conditions.columns.end(), k) == 1, "conditional_samples",
            [&] { return "column " + std::to_string(k) + " is given twice"; });
    for (Index i = 0; i < rows(conditions.values); ++i)
      require(std::isfinite(conditions.values(i, static_cast<Index>(j))), "conditional_samples",
              [&] { return "the value of column " + std::to_string(k) + " in condition " + std::to_string(i) + " is not finite"; });
  }
}

/// The pool's rows in the library's coordinates with the log density there.
template <class Exec>
struct Pool {
  Points<Exec> inside;
  HostPoints host;
  std::vector<double> value;
};

template <class Exec>
std::vector<double> values_at(const Exec& exec, const LearnedPotential<Exec>& potential, const Points<Exec>& inside) {
  const auto value = allocate<Vector<Exec>>(exec, "conditional::value", rows(inside));
  const auto gradient = allocate<Points<Exec>>(exec, "conditional::gradient", rows(inside), columns(inside));
  Workspace<Exec> workspace;
  potential.evaluate_inside(exec, inside, value, gradient, workspace);
  const auto host = to_host(exec, value);
  return {host.data(), host.data() + host.extent(0)};
}

template <class Exec>
Points<Exec> enter(const Exec& exec, const Frame<Exec>& frame, const HostPoints& points) {
  const auto inside = allocate<Points<Exec>>(exec, "conditional::inside", points.extent(0), frame.inner_dimension());
  frame.enter(exec, rows(points), to_device(exec, points), inside);
  frame.geometry().retract(exec, inside);
  return inside;
}

double effective(const std::vector<double>& weights) {
  double sum = 0, square = 0;
  for (const double w : weights) {
    sum += w;
    square += w * w;
  }
  return square > 0 ? sum * sum / square : 0;
}

/// The weights with the window that leaves the most effective draws. log_ratio: -inf for rows that do not count; distance: of the given coordinates.
std::vector<double> windowed(const std::vector<double>& log_ratio, const std::vector<double>& distance, double deviation) {
  std::vector<double> best(log_ratio.size(), 0.0);
  double most = 0;
  for (const double window : windows) {
    std::vector<double> logs = log_ratio;
    for (std::size_t i = 0; i < logs.size(); ++i)
      if (std::isfinite(window)) logs[i] -= std::pow(distance[i] / (window * deviation), 2) / 2;
    const double top = *std::max_element(logs.begin(), logs.end());
    if (!std::isfinite(top)) continue;
    for (double& value : logs) value = std::exp(value - top);
    const double here = effective(logs);
    if (here > most) {
      most = here;
      best = std::move(logs);
    }
  }
  return best;
}

/// `each` rows by weight, systematically, in random order.
std::vector<Index> resample(const std::vector<double>& weights, Index each, const IndexedRandom& random) {
  double total = 0, sum = 0;
  for (const double w : weights) total += w;
  std::vector<Index> rows;
  double next = total / static_cast<double>(each) * random.uniform(0);
  for (std::size_t i = 0; i < weights.size(); ++i)
    for (sum += weights[i]; next < sum && static_cast<Index>(rows.size()) < each; next += total / static_cast<double>(each))
      rows.push_back(static_cast<Index>(i));
  while (static_cast<Index>(rows.size()) < each) rows.push_back(rows.back());  // rounding of the sum
  return rows;
}

}  // namespace

template <ExecutionSpace Exec>
Points<Exec> conditional_samples(const Exec& exec, const Model<Exec>& model, const Conditions& conditions, Index each, const ConditionalOptions& options,
                                 ConditionalReport* report) {
  const ModelData& data = model.data();
  const auto places = places_of(data);
  check(conditions, data, places);
  require(each >= 1, "conditional_samples", [&] { return "at least one draw must be asked for, got " + std::to_string(each); });
  require(options.pool >= 100 && options.steps >= 0, "conditional_samples",
          [] { return "the pool must hold at least 100 samples, and steps not be negative"; });
  const LearnedPotential<Exec> potential(exec, data);
  const Index d = data.dimension(), count = rows(conditions.values);
  const LevelData& level = data.density.levels[static_cast<std::size_t>(data.log_density.level)];

  const auto joint = to_device(exec, normal_start(data, options.pool, options.seed));
  Flow<Exec>(exec, model).run(joint);
  const HostPoints pool = host_copy(exec, joint);
  const Points<Exec> inside = enter(exec, model.frame(), pool);
  const HostPoints host_inside = host_copy(exec, inside);
  const std::vector<double> before = values_at(exec, potential, inside);
  std::vector<Index> pinned;
  for (const Index k : conditions.columns) pinned.insert(pinned.end(), places[static_cast<std::size_t>(k)].begin(), places[static_cast<std::size_t>(k)].end());
  double variance = 0;
  for (const Index k : pinned) {
    double mean = 0, square = 0;
    for (Index i = 0; i < options.pool; ++i) mean += host_inside(i, k) / static_cast<double>(options.pool);
    for (Index i = 0; i < options.pool; ++i) square += std::pow(host_inside(i, k) - mean, 2) / static_cast<double>(options.pool);
    variance += square;
  }
  const double deviation = std::sqrt(std::max(variance, 1e-300));
  const Points<Exec> landmarks = Kokkos::subview(to_device(exec, data.density.landmarks), Span(level.first_landmark, level.last_landmark), Kokkos::ALL);

  const HostPoints result("kswgd::conditional_samples", count * each, d);
  ConditionalReport found;
  for (Index c = 0; c < count; ++c) {
    const HostPoints moved("kswgd::conditional::moved", options.pool, d);
    Kokkos::deep_copy(moved, pool);
    for (std::size_t j = 0; j < conditions.columns.size(); ++j)
      for (Index i = 0; i < options.pool; ++i) moved(i, conditions.columns[j]) = conditions.values(c, static_cast<Index>(j));
    const Points<Exec> there = enter(exec, model.frame(), moved);
    const std::vector<double> after = values_at(exec, potential, there);
    const auto nearest = allocate<Vector<Exec>>(exec, "conditional::nearest", options.pool);
    const auto which = allocate<Vector<Exec, int>>(exec, "conditional::which", options.pool);
    nearest_landmark(exec, there, landmarks, nearest, which);
    const auto away = to_host(exec, nearest);
    const HostPoints host_there = host_copy(exec, there);
    std::vector<double> log_ratio(before.size()), distance(before.size(), 0.0);
    for (std::size_t i = 0; i < before.size(); ++i) {
      log_ratio[i] = away(i) <= level.guard ? after[i] - before[i] : -HUGE_VAL;
      for (const Index k : pinned) distance[i] += std::pow(host_there(i, k) - host_inside(i, k), 2);
      distance[i] = std::sqrt(distance[i]);
    }
    const std::vector<double> weights = windowed(log_ratio, distance, deviation);
    found.effective.push_back(effective(weights));
    found.acceptance.push_back(0);
    if (!(found.effective.back() >= fewest_effective)) {
      ++found.outside;
      for (Index i = 0; i < each; ++i)
        for (Index k = 0; k < d; ++k) result(c * each + i, k) = std::numeric_limits<double>::quiet_NaN();
      continue;
    }
    const IndexedRandom random(options.seed, streams::conditional + static_cast<std::uint64_t>(c));
    const std::vector<Index> chosen = resample(weights, each, random);
    const HostPoints draws("kswgd::conditional::draws", each, d);
    for (Index i = 0; i < each; ++i)
      for (Index k = 0; k < d; ++k) draws(i, k) = moved(chosen[static_cast<std::size_t>(i)], k);
    const Points<Exec> particles = to_device(exec, draws);
    constexpr double far = 100;  // as the acceptance allows
    const PolishReport polished = polish(exec, potential, data, particles, {.steps = options.steps, .growth = far, .seed = random.bits(2), .pinned = pinned});
    found.acceptance.back() = polished.acceptance;
    const HostPoints ended = host_copy(exec, particles);
    for (Index i = 0; i < each; ++i) {
      for (Index k = 0; k < d; ++k) result(c * each + i, k) = ended(i, k);
      for (std::size_t j = 0; j < conditions.columns.size(); ++j) result(c * each + i, conditions.columns[j]) = conditions.values(c, static_cast<Index>(j));
    }
  }
  if (report) *report = std::move(found);
  return to_device(exec, result);
}

#define KSWGD_INSTANTIATE(EXEC) \
  template Points<EXEC> conditional_samples(const EXEC&, const Model<EXEC>&, const Conditions&, Index, const ConditionalOptions&, ConditionalReport*);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
