// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/data/data_set.hpp>
#include <kswgd/data/rows.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/metrics/neighbours.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace kswgd {
namespace {

constexpr Index fewest_places = 50;
constexpr int most_neighbours = 16;

template <class Exec>
struct NearestOfAllKernel {
  Points<Exec> x;
  Vector<Exec> distance;
  Index n;
  int dimension;
  KOKKOS_FUNCTION void operator()(Index i) const {
    double least = HUGE_VAL;
    for (Index j = 0; j < n; ++j) {
      double square = 0;
      for (int k = 0; k < dimension; ++k) square += (x(i, k) - x(j, k)) * (x(i, k) - x(j, k));
      if (square > 0 && square < least) least = square;
    }
    distance(i) = Kokkos::sqrt(least);
  }
};

/// How many of the nearest others belong to the own set: rows below `half` are one, those from there on the other.
template <class Exec>
struct ShareKernel {
  Points<Exec> x;
  Vector<Exec> own;
  Index n, half;
  int dimension, neighbours;
  KOKKOS_FUNCTION void operator()(Index i) const {
    double nearest[most_neighbours];
    bool same[most_neighbours];
    int held = 0;
    for (Index j = 0; j < n; ++j) {
      if (j == i) continue;
      double square = 0;
      for (int k = 0; k < dimension; ++k) square += (x(i, k) - x(j, k)) * (x(i, k) - x(j, k));
      if (held == neighbours && square >= nearest[held - 1]) continue;
      int at = held < neighbours ? held++ : held - 1;
      for (; at > 0 && nearest[at - 1] > square; --at) {
        nearest[at] = nearest[at - 1];
        same[at] = same[at - 1];
      }
      nearest[at] = square;
      same[at] = (i < half) == (j < half);
    }
    own(i) = 0;
    for (int v = 0; v < held; ++v) own(i) += same[v] ? 1 : 0;
  }
};

/// The first of each set of equal rows, ascending: rows are sorted by a hash of their numbers, and compared where that is the same.
std::vector<Index> different_rows(const HostPoints& x) {
  std::vector<std::pair<std::uint64_t, Index>> hashed(x.extent(0));
  for (std::size_t i = 0; i < hashed.size(); ++i) {
    std::uint64_t hash = 0;
    for (std::size_t k = 0; k < x.extent(1); ++k) {
      hash = (hash ^ Kokkos::bit_cast<std::uint64_t>(x(i, k) + 0.0)) * 0xff51afd7ed558ccdU;  // -0 + 0 is 0
      hash ^= hash >> 32;
    }
    hashed[i] = {hash, static_cast<Index>(i)};
  }
  std::sort(hashed.begin(), hashed.end());
  const auto equal = [&](Index a, Index b) {
    for (std::size_t k = 0; k < x.extent(1); ++k)
      if (x(a, k) != x(b, k)) return false;
    return true;
  };
  std::vector<Index> kept;
  for (std::size_t first = 0; first < hashed.size();) {
    const std::size_t before = kept.size();
    for (const std::uint64_t hash = hashed[first].first; first < hashed.size() && hashed[first].first == hash; ++first) {
      const Index row = hashed[first].second;
      if (std::none_of(kept.begin() + static_cast<std::ptrdiff_t>(before), kept.end(), [&](Index other) { return equal(row, other); })) kept.push_back(row);
    }
  }
  std::sort(kept.begin(), kept.end());
  return kept;
}

/// `count` of the rows, spread evenly.
template <class Exec>
Points<Exec> spread_of(const Exec& exec, const HostPoints& x, const std::vector<Index>& from, Index count) {
  const HostPoints some("kswgd::neighbours::rows", count, x.extent(1));
  for (Index i = 0; i < count; ++i)
    for (std::size_t k = 0; k < x.extent(1); ++k) some(i, k) = x(from[static_cast<std::size_t>(i * static_cast<Index>(from.size()) / count)], k);
  return to_device(exec, some);
}

}  // namespace

template <ExecutionSpace Exec>
double median_neighbour_distance(const Exec& exec, const Points<Exec>& points) {
  const HostPoints host = host_copy(exec, points);
  const std::vector<Index> places = different_rows(host);
  const Index n = static_cast<Index>(places.size());
  if (n < 2) return std::numeric_limits<double>::quiet_NaN();
  const auto distance = allocate<Vector<Exec>>(exec, "neighbours::distance", n);
  Kokkos::parallel_for("kswgd::neighbours", index_range(exec, n),
                       NearestOfAllKernel<Exec>{spread_of(exec, host, places, n), distance, n, static_cast<int>(points.extent(1))});
  const auto found = to_host(exec, distance);
  return median({found.data(), found.data() + n});
}

template <ExecutionSpace Exec>
double neighbour_ratio(const Exec& exec, const Points<Exec>& samples, const Points<Exec>& reference, Index most) {
  const HostPoints ours = host_copy(exec, samples), theirs = host_copy(exec, reference);
  const std::vector<Index> here = different_rows(ours), there = different_rows(theirs);
  const Index count = std::min({most, static_cast<Index>(here.size()), static_cast<Index>(there.size())});
  if (count < fewest_places) return std::numeric_limits<double>::quiet_NaN();
  return median_neighbour_distance(exec, spread_of(exec, ours, here, count)) / median_neighbour_distance(exec, spread_of(exec, theirs, there, count));
}

template <ExecutionSpace Exec>
NeighbourShare neighbour_share(const Exec& exec, const Points<Exec>& samples, const Points<Exec>& reference, int k, Index most) {
  const Index half = std::min({most, static_cast<Index>(samples.extent(0)), static_cast<Index>(reference.extent(0))});
  require(half >= 10, "neighbour_share", [] { return "at least 10 points are needed on each side"; });
  require(k >= 1 && k <= most_neighbours, "neighbour_share", [&] { return "k must be 1 to 16, got " + std::to_string(k); });
  const auto pool = allocate<Points<Exec>>(exec, "neighbours::pool", 2 * half, samples.extent(1));
  Index first = 0;
  for (const Points<Exec>* side : {&samples, &reference}) {
    Kokkos::deep_copy(exec, Kokkos::subview(pool, Span(first, first + half), Kokkos::ALL), take_evenly(exec, *side, half));
    exec.fence("kswgd::neighbours: the rows are freed");
    first += half;
  }
  const auto own = allocate<Vector<Exec>>(exec, "neighbours::own", 2 * half);
  Kokkos::parallel_for("kswgd::neighbours::share", index_range(exec, 2 * half),
                       ShareKernel<Exec>{pool, own, 2 * half, half, static_cast<int>(samples.extent(1)), k});
  const auto host = to_host(exec, own);
  double sum = 0;
  for (Index i = 0; i < 2 * half; ++i) sum += host(i);
  const auto n = static_cast<double>(2 * half);
  return {sum / (n * k), 0.6 / std::sqrt(n)};
}

#define KSWGD_INSTANTIATE(EXEC)                                                                               \
  template double median_neighbour_distance(const EXEC&, const Points<EXEC>&);                                \
  template NeighbourShare neighbour_share(const EXEC&, const Points<EXEC>&, const Points<EXEC>&, int, Index); \
  template double neighbour_ratio(const EXEC&, const Points<EXEC>&, const Points<EXEC>&, Index);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
