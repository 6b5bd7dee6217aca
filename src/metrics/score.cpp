// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "finite.hpp"
#include "weights.hpp"

#include <kswgd/data/data_set.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/metrics/score.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>
#include <kswgd/support/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kswgd {
namespace {

constexpr Index most_rows_sliced = 40000, most_rows_quadratic = 5000;

template <class Exec>
WeightedPoints<Exec> head(const WeightedPoints<Exec>& points, Index most) {
  const Index count = std::min(most, points.size());
  const Points<Exec> first = Kokkos::subview(points.points, Span(0, count), Kokkos::ALL);
  return {first, points.is_weighted() ? std::vector<double>(points.weights.begin(), points.weights.begin() + count) : std::vector<double>()};
}

/// Draws by weight from rows in random order: row i with probability min(1, c w_i), to count with weight max(1, c w_i), where c makes
/// their effective number `wanted`; all rows with their weights where they know no more than that. The rows kept lie at distances of 1
/// in the running sum of the probabilities, so their number varies by at most one.
template <class Exec>
WeightedPoints<Exec> draw_by_weight(const Exec& exec, const WeightedPoints<Exec>& from, double wanted, const IndexedRandom& random) {
  const auto effective = [&](double c) {
    double sum = 0, squares = 0;
    for (const double w : from.weights) {
      sum += c * w;
      squares += std::max(1.0, c * w) * c * w;
    }
    return sum * sum / squares;
  };
  // Beyond the largest c no row but those of vanishing weight is drawn with a probability below 1.
  const auto [least, largest] = std::minmax_element(from.weights.begin(), from.weights.end());
  double low = wanted / std::accumulate(from.weights.begin(), from.weights.end(), 0.0), high = 1 / std::max(*least, 1e-12 * *largest);
  if (effective(high) <= wanted) return from;
  for (int step = 0; step < 60; ++step) {
    const double middle = std::sqrt(low) * std::sqrt(high);
    (effective(middle) < wanted ? low : high) = middle;
  }
  std::vector<Index> rows;
  std::vector<double> weights;
  double next = random.uniform(0), sum = 0;
  for (Index row = 0; row < from.size(); ++row) {
    const double w = high * from.weights[static_cast<std::size_t>(row)];
    sum += std::min(1.0, w);
    if (sum < next) continue;
    next += 1;
    rows.push_back(row);
    weights.push_back(std::max(1.0, w));
  }
  if (rows.size() < 2) return from;
  return {take_rows(exec, from.points, rows), std::move(weights)};
}

Score summary(const std::vector<double>& values, const std::vector<double>& floors) {
  const auto count = static_cast<double>(values.size());
  const auto mean = [count](const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0) / count; };
  Score score{mean(values), mean(floors), 0};
  for (const double floor : floors) score.floor_std += (floor - score.floor) * (floor - score.floor);
  score.floor_std = std::sqrt(score.floor_std / std::max(1.0, count - 1));
  return score;
}

}  // namespace

template <ExecutionSpace Exec>
Scores score(const Exec& exec, const std::type_identity_t<WeightedPoints<Exec>>& all_samples, const std::type_identity_t<WeightedPoints<Exec>>& all_reference,
             const ScoreOptions& options) {
  require(all_samples.size() >= 2 && all_reference.size() >= 4, "score", [&] {
    return "at least 2 samples and 4 reference points are needed, got " + std::to_string(all_samples.size()) + " and " + std::to_string(all_reference.size());
  });
  require(columns(all_samples.points) == columns(all_reference.points), "score", [&] {
    return "the samples have " + std::to_string(columns(all_samples.points)) + " coordinates, the reference has " +
           std::to_string(columns(all_reference.points));
  });
  require(options.repeats >= 1, "score", [] { return "repeats must be at least 1"; });
  detail::require_finite(exec, all_samples.points, "score", "the samples");
  detail::require_finite(exec, all_reference.points, "score", "the reference");
  const auto counted = [&](const WeightedPoints<Exec>& all) -> WeightedPoints<Exec> {
    if (!all.is_weighted()) return all;
    const std::vector<double> weights = detail::usable_weights(all.weights, all.size(), "score");
    return detail::take_weighted(exec, {all.points, weights}, detail::positive_rows(weights, all.size()));
  };
  const WeightedPoints<Exec> samples = counted(all_samples), reference = counted(all_reference);
  const auto effective = [](const WeightedPoints<Exec>& points) {
    return points.is_weighted() ? effective_samples(points.weights) : static_cast<double>(points.size());
  };
  const double known = effective(samples), all_known = effective(reference);
  require(known >= 2 && all_known >= 4, "score", [&] {
    return "weights leave the samples an effective number of " + std::to_string(known) + " and the reference one of " + std::to_string(all_known) +
           ", where 2 and 4 are needed";
  });

  const Index n = samples.size(), total = reference.size(), m = static_cast<Index>(std::min(known, std::floor(all_known / 2)));
  // Rows of the samples that are compared, and of the reference from which as many points are drawn (from twice what they know).
  const Index ours = samples.is_weighted() ? std::min(n, static_cast<Index>(std::ceil(static_cast<double>(m) * static_cast<double>(n) / known))) : m;
  const Index theirs =
      reference.is_weighted() ? std::min(total / 2, static_cast<Index>(std::ceil(2 * static_cast<double>(m) * static_cast<double>(total) / all_known))) : m;
  // In the metrics of quadratic cost: as much of both.
  const double quadratic = std::min(1.0, static_cast<double>(most_rows_quadratic) / static_cast<double>(std::max(ours, m)));
  const double width = median_distance(exec, reference);
  const auto repeats = static_cast<std::size_t>(options.repeats);
  std::vector<double> values(3 * repeats, 0.0), floors(3 * repeats, 0.0);  // metric by metric
  for (int repeat = options.ranks.rank(); repeat < options.repeats; repeat += options.ranks.size()) {
    const auto stream = static_cast<std::uint64_t>(repeat);
    const std::vector<Index> order = random_order(total, IndexedRandom(options.seed, 2 * stream));
    std::vector<Index> part = random_order(n, IndexedRandom(options.seed, 2 * stream + 1));
    part.resize(static_cast<std::size_t>(ours));
    const auto rest = detail::take_weighted(exec, reference, {order.begin() + theirs, order.end()});
    auto drawn = detail::take_weighted(exec, reference, {order.begin(), order.begin() + theirs});
    if (drawn.is_weighted()) drawn = draw_by_weight(exec, drawn, static_cast<double>(m), IndexedRandom(options.seed, streams::score_thinning + stream));
    const SlicedWasserstein<Exec> sliced(exec, head(rest, most_rows_sliced), {.seed = options.seed});
    const auto against = head(rest, most_rows_quadratic);
    const auto compare = [&](const WeightedPoints<Exec>& points, std::vector<double>& out) {
      const auto some = head(points, static_cast<Index>(std::lround(quadratic * static_cast<double>(points.size()))));
      const auto place = static_cast<std::size_t>(repeat);
      out[place] = sliced(exec, points);
      out[repeats + place] = mmd(exec, some, against, width).value;
      out[2 * repeats + place] = energy_distance(exec, some, against);
    };
    compare(detail::take_weighted(exec, samples, part), values);
    compare(drawn, floors);
  }
  options.ranks.sum(values);
  options.ranks.sum(floors);
  const auto of = [&](std::size_t metric) {
    const auto part = [&](const std::vector<double>& all) {
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(metric * repeats);
      return std::vector<double>(first, first + options.repeats);
    };
    return summary(part(values), part(floors));
  };
  return {of(0), of(1), of(2), m};
}

#define KSWGD_INSTANTIATE(EXEC) template Scores score<EXEC>(const EXEC&, const WeightedPoints<EXEC>&, const WeightedPoints<EXEC>&, const ScoreOptions&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
