// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/data/data_set.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/metrics/score.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kswgd {
namespace {

constexpr Index most_sliced = 40000, most_quadratic = 5000;

/// A random order of n rows.
std::vector<Index> shuffled(Index n, std::uint64_t seed, std::uint64_t stream) {
  const IndexedRandom random(seed, stream);
  std::vector<Index> rows(static_cast<std::size_t>(n));
  std::iota(rows.begin(), rows.end(), Index{0});
  for (Index i = n - 1; i > 0; --i)
    std::swap(rows[static_cast<std::size_t>(i)], rows[random.below(static_cast<std::uint64_t>(i + 1), static_cast<std::uint64_t>(i))]);
  return rows;
}

template <class Exec>
Points<Exec> head(const Points<Exec>& points, Index most) {
  return Kokkos::subview(points, Span(0, std::min<Index>(most, static_cast<Index>(points.extent(0)))), Kokkos::ALL);
}

template <class Exec>
void require_finite(const Exec& exec, const Points<Exec>& points, const char* what) {
  const auto host = to_host(exec, points);
  for (std::size_t i = 0; i < host.extent(0); ++i)
    for (std::size_t k = 0; k < host.extent(1); ++k)
      require(std::isfinite(host(i, k)), "score",
              [&] { return std::string(what) + " must be finite, but row " + std::to_string(i) + ", column " + std::to_string(k) + " is not"; });
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
Scores score(const Exec& exec, const Points<Exec>& samples, const Points<Exec>& reference, const ScoreOptions& options) {
  const Index n = static_cast<Index>(samples.extent(0)), total = static_cast<Index>(reference.extent(0));
  require(n >= 2 && total >= 4, "score",
          [&] { return "at least 2 samples and 4 reference points are needed, got " + std::to_string(n) + " and " + std::to_string(total); });
  require(samples.extent(1) == reference.extent(1), "score",
          [&] { return "the samples have " + std::to_string(samples.extent(1)) + " coordinates, the reference has " + std::to_string(reference.extent(1)); });
  require(options.repeats >= 1, "score", [] { return "repeats must be at least 1"; });
  require_finite(exec, samples, "the samples");
  require_finite(exec, reference, "the reference");

  const Index m = std::min(n, total / 2);
  const double width = median_distance(exec, reference);
  std::vector<double> values[3], floors[3];
  for (int repeat = 0; repeat < options.repeats; ++repeat) {
    const auto stream = static_cast<std::uint64_t>(repeat);
    const std::vector<Index> order = shuffled(total, options.seed, 2 * stream);
    const std::vector<Index> drawn(order.begin(), order.begin() + m), left(order.begin() + m, order.end());
    std::vector<Index> part = shuffled(n, options.seed, 2 * stream + 1);
    part.resize(static_cast<std::size_t>(m));
    const auto rest = take_rows(exec, reference, left);
    const SlicedWasserstein<Exec> sliced(exec, head<Exec>(rest, most_sliced), {.seed = options.seed});
    const auto compare = [&](const Points<Exec>& points, std::vector<double>(&out)[3]) {
      const auto some = head<Exec>(points, most_quadratic), against = head<Exec>(rest, most_quadratic);
      out[0].push_back(sliced(exec, points));
      out[1].push_back(mmd(exec, some, against, width).value);
      out[2].push_back(energy_distance(exec, some, against));
    };
    compare(take_rows(exec, samples, part), values);
    compare(take_rows(exec, reference, drawn), floors);
  }
  return {summary(values[0], floors[0]), summary(values[1], floors[1]), summary(values[2], floors[2]), m};
}

#define KSWGD_INSTANTIATE(EXEC) template Scores score(const EXEC&, const Points<EXEC>&, const Points<EXEC>&, const ScoreOptions&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
