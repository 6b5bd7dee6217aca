// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/point_source.hpp>
#include <kswgd/data/trajectories.hpp>
#include <kswgd/dictionary/any_dictionary.hpp>

#include <algorithm>
#include <functional>
#include <numeric>

// One walk over the pairs of trajectories, block of time by block of time.
namespace kswgd::detail {

/// psi(i, a) *= sqrt(weight(i))
template <class Exec>
struct RootWeightKernel {
  Matrix<Exec> psi;
  Vector<Exec> weight;
  Index rows;
  KOKKOS_FUNCTION void operator()(Index item) const { psi(item % rows, item / rows) *= Kokkos::sqrt(weight(item % rows)); }
};

/// Hands out the features of the pairs (x_t, x_{t + lag}) in order: body(block, weight, psi_x, psi_y) with as many rows in
/// both, each a pair, multiplied by the root of the weight of its first frame. Pair k of N belongs to block k blocks / N: a
/// stretch of time. `weight` is the sum of the weights.
template <ExecutionSpace Exec, class Body>
void walk_pairs(const Exec& exec, const PointSource<Exec>& source, const TrajectoryLayout& layout, Index lag, const Normalisation& normalisation,
                AnyDictionary<Exec>& dictionary, Index features, Index blocks, const std::function<void(const char*, double)>& progress, const Body& body) {
  using Range = std::pair<Index, Index>;
  const Index pairs = pair_count(layout, lag), rows = std::min(source.size(), rows_of_tile(2 * features)), d = source.dimension();
  const auto tile = allocate<Points<Exec>>(exec, "walk_pairs::tile", rows, d);
  const auto x = allocate<Matrix<Exec>>(exec, "walk_pairs::x", rows, features), y = allocate<Matrix<Exec>>(exec, "walk_pairs::y", rows, features);
  const auto evaluate = [&](Index first, Index count, const Matrix<Exec>& psi) {
    const Points<Exec> part = Kokkos::subview(tile, Range(0, count), Kokkos::ALL);
    source.read(exec, first, count, part);
    normalise(exec, normalisation, count, part);
    const Matrix<Exec> values = Kokkos::subview(psi, Range(0, count), Kokkos::ALL);
    dictionary.evaluate(exec, part, values);
    return values;
  };
  Index start = 0, done = 0;
  for (const Index length : layout.lengths) {
    for (Index first = 0; first + lag < length;) {
      const Index block = done * blocks / pairs, block_end = ((block + 1) * pairs + blocks - 1) / blocks;
      const Index count = std::min({rows, length - lag - first, std::max<Index>(1, block_end - done)});
      const auto px = evaluate(start + first, count, x), py = evaluate(start + first + lag, count, y);
      auto weight = static_cast<double>(count);
      if (!source.weights().empty()) {
        const HostVector host("kswgd::walk_pairs::weights", count);
        std::copy_n(source.weights().begin() + start + first, count, host.data());
        weight = std::accumulate(host.data(), host.data() + count, 0.0);
        const Vector<Exec> device = to_device(exec, host);
        const Kokkos::RangePolicy<Exec, Kokkos::IndexType<Index>> range(exec, 0, count * features);
        Kokkos::parallel_for("kswgd::walk_pairs::weigh", range, RootWeightKernel<Exec>{px, device, count});
        Kokkos::parallel_for("kswgd::walk_pairs::weigh", range, RootWeightKernel<Exec>{py, device, count});
      }
      body(block, weight, px, py);
      first += count;
      done += count;
      if (progress) progress("pairs", static_cast<double>(done) / static_cast<double>(pairs));
    }
    start += length;
  }
}

}  // namespace kswgd::detail
