// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/metrics/classifier.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>

namespace kswgd {
namespace {

/// Right answers of one point after the other, its nearest others in a heap.
template <class Exec>
struct Votes {
  Points<Exec> pool;  // the first half samples, the second half reference
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
    bool sample[most];
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
          sample[at] = sample[(at - 1) / 2];
          at = (at - 1) / 2;
        }
      } else {
        while (2 * at + 1 < held) {
          Index child = 2 * at + 1;
          if (child + 1 < held && nearest[child + 1] > nearest[child]) ++child;
          if (nearest[child] <= distance) break;
          nearest[at] = nearest[child];
          sample[at] = sample[child];
          at = child;
        }
      }
      nearest[at] = distance;
      sample[at] = j < half;
    }
    Index votes = 0;
    for (Index v = 0; v < held; ++v) votes += sample[v] ? 1 : -1;
    // One vote for each side is missing: the point's own. A side has half - 1 others, the other side half.
    if ((votes > 0) == (i < half)) right += 1;
  }
};

}  // namespace

template <ExecutionSpace Exec>
ClassifierTest classifier_test(const Exec& exec, const Points<Exec>& samples, const Points<Exec>& reference) {
  const Index n = static_cast<Index>(samples.extent(0)), m = static_cast<Index>(reference.extent(0)), half = std::min(n, m);
  require(half >= 10, "classifier_test", [] { return "at least 10 points are needed on each side"; });
  require(samples.extent(1) == reference.extent(1), "classifier_test", [] { return "the two sets must have the same number of coordinates"; });
  const Index d = static_cast<Index>(samples.extent(1));
  const auto pool = allocate<Points<Exec>>(exec, "classifier_test::pool", 2 * half, d);
  Index lost = 0;
  Kokkos::parallel_reduce(
      "kswgd::classifier_test::pool", index_range(exec, half),
      KOKKOS_LAMBDA(Index i, Index & count) {
        for (Index k = 0; k < d; ++k) {
          pool(i, k) = samples(i * n / half, k);
          pool(half + i, k) = reference(i * m / half, k);
          count += Kokkos::isfinite(pool(i, k)) && Kokkos::isfinite(pool(half + i, k)) ? 0 : 1;
        }
      },
      lost);
  require(lost == 0, "classifier_test", [&] { return std::to_string(lost) + " coordinates are not finite"; });
  const Index root = static_cast<Index>(std::sqrt(2.0 * static_cast<double>(half)) / 2);
  double right = 0;
  Kokkos::parallel_reduce("kswgd::classifier_test", index_range(exec, 2 * half), Votes<Exec>{pool, half, std::min<Index>(2 * root + 1, 511)}, right);
  const auto count = 2 * static_cast<double>(half);
  return {right / count, 0.5 / std::sqrt(count)};
}

#define KSWGD_INSTANTIATE(EXEC) template ClassifierTest classifier_test(const EXEC&, const Points<EXEC>&, const Points<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
