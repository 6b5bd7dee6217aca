// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "weights.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/metrics/classifier.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>
#include <numeric>

namespace kswgd {
namespace {

/// Weight of the right answers, one point after the other, its nearest others in a heap.
template <class Exec>
struct Votes {
  Points<Exec> pool;  // the first half samples, the second half reference
  Vector<Exec> weight;
  Index half;
  Index neighbours;

  KOKKOS_FUNCTION double square(Index i, Index j) const {
    double sum = 0;
    for (std::size_t k = 0; k < pool.extent(1); ++k) sum += (pool(i, k) - pool(j, k)) * (pool(i, k) - pool(j, k));
    return sum;
  }
  KOKKOS_FUNCTION void operator()(Index i, double& right) const {
    constexpr int most = 512;
    double nearest[most];  // of the smallest distances, the largest of them first
    double vote[most];     // their weights, negative for the reference
    Index held = 0;
    for (Index j = 0; j < 2 * half; ++j) {
      if (j == i) continue;
      const double distance = square(i, j);
      if (held == neighbours && distance >= nearest[0]) continue;
      Index at = 0;
      if (held < neighbours) {
        at = held++;
        while (at > 0 && nearest[(at - 1) / 2] < distance) {
          nearest[at] = nearest[(at - 1) / 2];
          vote[at] = vote[(at - 1) / 2];
          at = (at - 1) / 2;
        }
      } else {
        while (2 * at + 1 < held) {
          Index child = 2 * at + 1;
          if (child + 1 < held && nearest[child + 1] > nearest[child]) ++child;
          if (nearest[child] <= distance) break;
          nearest[at] = nearest[child];
          vote[at] = vote[child];
          at = child;
        }
      }
      nearest[at] = distance;
      vote[at] = j < half ? weight(j) : -weight(j);
    }
    double votes = 0;
    for (Index v = 0; v < held; ++v) votes += vote[v];
    // The point's own vote is missing on its side, one of half.
    if ((votes > 0) == (i < half)) right += weight(i);
  }
};

struct Side {
  std::vector<double> weights;
  std::vector<Index> rows;  // of positive weight
};

}  // namespace

template <ExecutionSpace Exec>
ClassifierTest classifier_test(const Exec& exec, const std::type_identity_t<WeightedPoints<Exec>>& samples,
                               const std::type_identity_t<WeightedPoints<Exec>>& reference) {
  const char* function = "classifier_test";
  const auto side = [&](const WeightedPoints<Exec>& points) {
    Side result{detail::usable_weights(points.weights, points.size(), function), {}};
    result.rows = detail::positive_rows(result.weights, points.size());
    return result;
  };
  const Side ours = side(samples), theirs = side(reference);
  const Index n = static_cast<Index>(ours.rows.size()), m = static_cast<Index>(theirs.rows.size()), half = std::min(n, m);
  require(half >= 10, function, [] { return "at least 10 points are needed on each side"; });
  require(columns(samples.points) == columns(reference.points), function, [] { return "the two sets must have the same number of coordinates"; });
  const Index d = columns(samples.points);

  // Rows spread evenly, and their weights with a mean of 1 on each side.
  std::vector<Index> rows;
  std::vector<double> weights;
  for (const Side* side : {&ours, &theirs}) {
    for (Index i = 0; i < half; ++i) {
      rows.push_back(side->rows[static_cast<std::size_t>(i * static_cast<Index>(side->rows.size()) / half)]);
      weights.push_back(side->weights.empty() ? 1.0 : side->weights[static_cast<std::size_t>(rows.back())]);
    }
    const double total = std::accumulate(weights.end() - half, weights.end(), 0.0);
    for (auto weight = weights.end() - half; !side->weights.empty() && weight != weights.end(); ++weight) *weight *= static_cast<double>(half) / total;
  }
  const auto pool = allocate<Points<Exec>>(exec, "classifier_test::pool", 2 * half, d);
  const auto row = to_device(exec, rows);
  const Points<Exec> x = samples.points, y = reference.points;
  Index lost = 0;
  Kokkos::parallel_reduce(
      "kswgd::classifier_test::pool", index_range(exec, half),
      KOKKOS_LAMBDA(Index i, Index & count) {
        for (Index k = 0; k < d; ++k) {
          pool(i, k) = x(row(i), k);
          pool(half + i, k) = y(row(half + i), k);
          count += Kokkos::isfinite(pool(i, k)) && Kokkos::isfinite(pool(half + i, k)) ? 0 : 1;
        }
      },
      lost);
  require(lost == 0, function, [&] { return std::to_string(lost) + " coordinates are not finite"; });
  const Index root = static_cast<Index>(std::sqrt(2.0 * static_cast<double>(half)) / 2);
  double right = 0;
  Kokkos::parallel_reduce("kswgd::classifier_test", index_range(exec, 2 * half),
                          Votes<Exec>{pool, to_device(exec, weights), half, std::min<Index>(2 * root + 1, 511)}, right);
  const auto count = 2 * static_cast<double>(half);
  return {right / count, 0.5 / std::sqrt(effective_samples(weights))};
}

#define KSWGD_INSTANTIATE(EXEC) template ClassifierTest classifier_test<EXEC>(const EXEC&, const WeightedPoints<EXEC>&, const WeightedPoints<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
