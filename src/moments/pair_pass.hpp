// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "../data/gather.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/data/data_set.hpp>
#include <kswgd/data/trajectories.hpp>
#include <kswgd/dictionary/any_dictionary.hpp>

#include <algorithm>
#include <functional>
#include <numeric>

// One walk over the pairs of trajectories, block of time by block of time.
namespace kswgd::detail {

/// The first frames of all pairs at a lag that have weight, in order.
class PairStarts {
 public:
  PairStarts(const TrajectoryLayout& layout, Index lag, const std::vector<double>& weights) : m_lengths(layout.lengths), m_weights(weights), m_lag(lag) {
    skip();
  }
  bool at_end() const { return m_trajectory == m_lengths.size(); }
  Index row() const { return m_start + m_frame; }  // of the source
  double weight() const { return m_weights.empty() ? 1 : m_weights[static_cast<std::size_t>(row())]; }
  void advance() {
    ++m_frame;
    skip();
  }

 private:
  void skip() {
    for (; m_trajectory < m_lengths.size(); ++m_trajectory, m_frame = 0) {
      while (m_frame + m_lag < m_lengths[m_trajectory] && !(weight() > 0)) ++m_frame;
      if (m_frame + m_lag < m_lengths[m_trajectory]) return;
      m_start += m_lengths[m_trajectory];
    }
  }
  const std::vector<Index>& m_lengths;
  const std::vector<double>& m_weights;
  Index m_lag, m_start = 0, m_frame = 0;
  std::size_t m_trajectory = 0;
};

/// What the pairs of a source weigh: those whose first frame has weight.
struct PairWeights {
  Index pairs = 0;
  double sum = 0, squares = 0;
  /// As many pairs of equal weight say as much.
  double effective() const { return squares > 0 ? sum * sum / squares : 0; }
};

template <ExecutionSpace Exec>
PairWeights pair_weights(const DataSet<Exec>& source, Index lag) {
  PairWeights result;
  for (PairStarts next(source.trajectories(), lag, source.weights()); !next.at_end(); next.advance()) {
    ++result.pairs;
    result.sum += next.weight();
    result.squares += next.weight() * next.weight();
  }
  return result;
}

/// Deals the pairs of a source, in order, to stretches of time of equal weight.
class PairBlocks {
 public:
  PairBlocks(const PairWeights& all, bool weighted, Index blocks) : m_all(all), m_blocks(blocks), m_weighted(weighted) {}
  /// The block of the next pair; it may be the last that took one, or one that a heavy pair has not swallowed.
  Index next() const {
    if (!m_weighted) return m_done * m_blocks / m_all.pairs;
    return std::min(m_blocks - 1, static_cast<Index>(m_before / m_all.sum * static_cast<double>(m_blocks) + 1e-9));  // equal weights: as without
  }
  void take(double weight) {
    m_before += weight;
    ++m_done;
  }
  double share_done() const { return static_cast<double>(m_done) / static_cast<double>(m_all.pairs); }

 private:
  PairWeights m_all;
  Index m_blocks, m_done = 0;
  double m_before = 0;  // weight of the pairs that were dealt
  bool m_weighted;
};

/// Hands out the features of the pairs (x_t, x_{t + lag}) of data in the coordinates of the dictionary, in order: body(block, rows, weight, psi_x, psi_y) with
/// as many rows in both, each a pair whose first frame is row rows[i] of the source, multiplied by the root of the weight of that frame. Pairs without weight
/// are left out. Blocks are those of PairBlocks; one that a heavy pair has swallowed does not come. `weight` is the sum of the weights. Short trajectories
/// share a tile.
template <ExecutionSpace Exec, class Body>
void walk_pairs(const Exec& exec, const DataSet<Exec>& source, Index lag, AnyDictionary<Exec>& dictionary, Index features, Index blocks,
                const std::function<void(const char*, double)>& progress, const Body& body) {
  const Index rows = std::min(source.size(), rows_of_tile(2 * features)), d = source.dimension();
  const Index longest = std::min(source.size(), 2 * rows);  // stretch of the source in which a tile's pairs begin
  const auto stretch = allocate<Points<Exec>>(exec, "walk_pairs::stretch", longest, d), tile = allocate<Points<Exec>>(exec, "walk_pairs::tile", rows, d);
  const auto x = allocate<Matrix<Exec>>(exec, "walk_pairs::x", rows, features), y = allocate<Matrix<Exec>>(exec, "walk_pairs::y", rows, features);
  const Kokkos::View<Index*, Kokkos::HostSpace> starts("kswgd::walk_pairs::starts", rows);
  PairStarts next(source.trajectories(), lag, source.weights());
  Workspace<Exec> workspace;
  PairBlocks dealt(pair_weights(source, lag), source.is_weighted(), blocks);
  std::vector<Index> first_frames;
  while (!next.at_end()) {
    const Index block = dealt.next(), first = next.row();
    Index count = 0;
    first_frames.clear();
    for (; count < rows && !next.at_end() && dealt.next() == block && next.row() - first < longest; next.advance()) {
      starts(count++) = next.row() - first;
      first_frames.push_back(next.row());
      dealt.take(next.weight());
    }
    const auto index = to_device(exec, starts);
    const auto evaluate = [&](Index begin, const Matrix<Exec>& psi) {
      const Points<Exec> part = Kokkos::subview(tile, Span(0, count), Kokkos::ALL);
      source.read(exec, begin, starts(count - 1) + 1, stretch);
      gather("kswgd::walk_pairs::gather", exec, stretch, index, part);
      const Matrix<Exec> values = Kokkos::subview(psi, Span(0, count), Kokkos::ALL);
      dictionary.evaluate(exec, part, values, workspace);
      return values;
    };
    const auto px = evaluate(first, x), py = evaluate(first + lag, y);
    auto weight = static_cast<double>(count);
    if (source.is_weighted()) {
      const HostVector host("kswgd::walk_pairs::weights", count);
      for (Index i = 0; i < count; ++i) host(i) = source.weights()[static_cast<std::size_t>(first + starts(i))];
      weight = std::accumulate(host.data(), host.data() + count, 0.0);
      const Vector<Exec> device = to_device(exec, host);
      for (const auto& values : {px, py}) algebra::scale_by_roots(exec, device, values);
    }
    body(block, first_frames, weight, px, py);
    if (progress) progress("pairs", dealt.share_done());
  }
}

}  // namespace kswgd::detail
