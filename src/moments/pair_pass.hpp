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

/// The first frames of all pairs at a lag that have weight and are on this rank, in order.
class PairStarts {
 public:
  template <ExecutionSpace Exec>
  PairStarts(const DataSet<Exec>& source, Index lag)
      : m_lengths(source.trajectories().lengths), m_weights(source.weights()), m_begin(source.here().first), m_end(source.here().second), m_lag(lag) {
    while (!at_end() && m_start + m_lengths[m_trajectory] <= m_begin) m_start += m_lengths[m_trajectory++];
    m_frame = m_begin - m_start;
    skip();
  }
  bool at_end() const { return m_trajectory == m_lengths.size(); }
  Index row() const { return m_start + m_frame; }  // of the source
  std::size_t trajectory() const { return m_trajectory; }
  double weight() const { return m_weights.empty() ? 1 : m_weights[static_cast<std::size_t>(row() - m_begin)]; }
  void advance() {
    ++m_frame;
    skip();
  }

 private:
  void skip() {
    for (; !at_end(); ++m_trajectory, m_frame = 0) {
      const Index last = std::min(m_lengths[m_trajectory] - m_lag, m_end - m_start);  // where no pair begins any more
      while (m_frame < last && !(weight() > 0)) ++m_frame;
      if (m_frame < last) return;
      m_start += m_lengths[m_trajectory];
    }
  }
  const std::vector<Index>& m_lengths;
  const std::vector<double>& m_weights;
  Index m_begin, m_end, m_lag, m_start = 0, m_frame = 0;
  std::size_t m_trajectory = 0;
};

/// What the pairs of a source weigh: those whose first frame has weight.
struct PairWeights {
  Index pairs = 0;
  double sum = 0, squares = 0;
  /// As many pairs of equal weight say as much.
  double effective() const { return squares > 0 ? sum * sum / squares : 0; }
};

/// Of all ranks, of those before this one, and of this one.
struct SharedPairs {
  PairWeights all, before, here;
};

/// All ranks call it together.
template <ExecutionSpace Exec>
SharedPairs shared_pairs(const DataSet<Exec>& source, Index lag) {
  SharedPairs result;
  for (PairStarts next(source, lag); !next.at_end(); next.advance()) {
    ++result.here.pairs;
    result.here.sum += next.weight();
    result.here.squares += next.weight() * next.weight();
  }
  const std::vector<double> of_rank = source.ranks().concatenate({static_cast<double>(result.here.pairs), result.here.sum, result.here.squares});
  for (std::size_t r = 0; 3 * r < of_rank.size(); ++r)
    for (PairWeights* sums : {&result.all, &result.before}) {
      if (sums == &result.before && static_cast<int>(r) >= source.ranks().rank()) continue;
      sums->pairs += static_cast<Index>(of_rank[3 * r]);
      sums->sum += of_rank[3 * r + 1];
      sums->squares += of_rank[3 * r + 2];
    }
  return result;
}

template <ExecutionSpace Exec>
PairWeights pair_weights(const DataSet<Exec>& source, Index lag) {
  return shared_pairs(source, lag).all;
}

/// Deals the pairs of a source that are on this rank, in order: to stretches of time of equal weight (of all ranks' pairs), or by trajectory.
class PairBlocks {
 public:
  template <ExecutionSpace Exec>
  PairBlocks(const DataSet<Exec>& source, Index lag, Index blocks)
      : m_pairs(shared_pairs(source, lag)), m_blocks(blocks), m_before(m_pairs.before.sum), m_weighted(source.is_weighted()) {}
  /// of_trajectory: the block of each trajectory, -1 for those that have no pairs.
  template <ExecutionSpace Exec>
  PairBlocks(const DataSet<Exec>& source, Index lag, std::vector<Index> of_trajectory) : PairBlocks(source, lag, 0) {
    m_of_trajectory = std::move(of_trajectory);
  }
  /// The block of the next pair; it may be the last that took one, or one that a heavy pair has not swallowed.
  Index of(const PairStarts& next) const {
    if (!m_of_trajectory.empty()) return m_of_trajectory[next.trajectory()];
    if (!m_weighted) return (m_pairs.before.pairs + m_done) * m_blocks / m_pairs.all.pairs;
    return std::min(m_blocks - 1, static_cast<Index>(m_before / m_pairs.all.sum * static_cast<double>(m_blocks) + 1e-9));  // equal weights: as without
  }
  void take(double weight) {
    m_before += weight;
    ++m_done;
  }
  double share_done() const { return static_cast<double>(m_done) / static_cast<double>(m_pairs.here.pairs); }
  const PairWeights& all() const { return m_pairs.all; }

 private:
  SharedPairs m_pairs;
  Index m_blocks, m_done = 0;
  double m_before;  // weight of the pairs that were dealt, those of the ranks before among them
  bool m_weighted;
  std::vector<Index> m_of_trajectory;
};

/// Hands out the features of the pairs (x_t, x_{t + lag}) of data in the coordinates of the dictionary, in order: body(block, rows, weight, psi_x, psi_y) with
/// as many rows in both, each a pair whose first frame is row rows[i] of the source, multiplied by the root of the weight of that frame. Pairs without weight
/// are left out. Blocks are those that `dealt` gives; one that a heavy pair has swallowed does not come. `weight` is the sum of the weights. Short
/// trajectories share a tile. Of several ranks, which call it together, each hands out the pairs that begin on it.
template <ExecutionSpace Exec, class Body>
void walk_pairs(const Exec& exec, const DataSet<Exec>& source, Index lag, AnyDictionary<Exec>& dictionary, Index features, PairBlocks dealt,
                const std::function<void(const char*, double)>& progress, const Body& body) {
  const Index rows = std::min(source.size(), rows_of_tile(2 * features)), d = source.dimension();
  const Index longest = std::min(source.size(), 2 * rows);  // stretch of the source in which a tile's pairs begin
  const auto stretch = allocate<Points<Exec>>(exec, "walk_pairs::stretch", longest, d), tile = allocate<Points<Exec>>(exec, "walk_pairs::tile", rows, d);
  const auto x = allocate<Matrix<Exec>>(exec, "walk_pairs::x", rows, features), y = allocate<Matrix<Exec>>(exec, "walk_pairs::y", rows, features);
  const Kokkos::View<Index*, Kokkos::HostSpace> starts("kswgd::walk_pairs::starts", rows);
  const DataSet<Exec> reachable = with_rows_after(exec, source, lag);
  PairStarts next(source, lag);
  Workspace<Exec> workspace;
  std::vector<Index> first_frames;
  while (!next.at_end()) {
    const Index block = dealt.of(next), first = next.row();
    Index count = 0;
    first_frames.clear();
    for (; count < rows && !next.at_end() && dealt.of(next) == block && next.row() - first < longest; next.advance()) {
      starts(count++) = next.row() - first;
      first_frames.push_back(next.row());
      dealt.take(next.weight());
    }
    const auto index = to_device(exec, starts);
    const auto evaluate = [&](Index begin, const Matrix<Exec>& psi) {
      const Points<Exec> part = Kokkos::subview(tile, Span(0, count), Kokkos::ALL);
      reachable.read(exec, begin, starts(count - 1) + 1, stretch);
      gather("kswgd::walk_pairs::gather", exec, stretch, index, part);
      const Matrix<Exec> values = Kokkos::subview(psi, Span(0, count), Kokkos::ALL);
      dictionary.evaluate(exec, part, values, workspace);
      return values;
    };
    const auto px = evaluate(first, x), py = evaluate(first + lag, y);
    auto weight = static_cast<double>(count);
    if (source.is_weighted()) {
      const HostVector host("kswgd::walk_pairs::weights", count);
      for (Index i = 0; i < count; ++i) host(i) = source.weight(first + starts(i));
      weight = std::accumulate(host.data(), host.data() + count, 0.0);
      const Vector<Exec> device = to_device(exec, host);
      for (const auto& values : {px, py}) algebra::scale_by_roots(exec, device, values);
    }
    body(block, first_frames, weight, px, py);
    if (progress) progress("pairs", dealt.share_done());
  }
}

}  // namespace kswgd::detail
