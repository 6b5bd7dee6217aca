// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <deque>
#include <unordered_map>
#include <vector>

/// @file
/// Pairs (x_t, x_{t + lag}) of a running simulation, whose rows come in another order in each frame.

namespace kswgd {

/// Pairs whose later end is in one frame, in the caller's coordinates.
template <ExecutionSpace Exec>
struct MatchedPairs {
  Points<Exec> x, y;            ///< both ends: row i of each belongs to ids[i]
  std::vector<double> weights;  ///< of the first ends
  std::vector<Index> ids;
};

/// Keeps the frames of the last `lag` steps and finds for each row of a new one the row of the same id `lag` steps before. Particles may be sorted anew,
/// appear, vanish, and migrate from rank to rank. What it finds goes into OnlineFit::add_pairs.
///
/// Memory: `lag` frames, and a table of ids for each. Cost of a frame: two look-ups a row; with ranks the rows that have left a rank are sent to all.
template <ExecutionSpace Exec>
class OnlinePairs {
 public:
  /// Throws InvalidInput unless lag and dimension are positive.
  OnlinePairs(Index lag, Index dimension, const Reduction& ranks = {});

  /// The pairs of a frame (n x d, float or double, any layout, memory that Exec reaches) with the one `lag` steps before; none where that step had no frame.
  /// ids: of each row. weights: of each row, or none (all 1). Those whose later end came from another rank stand last. Throws InvalidInput unless steps
  /// ascend and ids differ within the frame. Ranks make the call together, for the same step. Synchronises the instance.
  template <class View>
  requires PointsView<View, Exec> MatchedPairs<Exec> add(const Exec& exec, Index step, const std::vector<Index>& ids, const View& rows,
                                                         const std::vector<double>& weights = {}) {
    const auto points = allocate<Points<Exec>>(exec, "OnlinePairs::frame", rows.extent(0), rows.extent(1));
    copy_rows(exec, rows, 0, static_cast<Index>(rows.extent(0)), points);
    return add_frame(exec, step, ids, points, weights);
  }

  /// Frames that are kept.
  Index frames() const { return static_cast<Index>(m_frames.size()); }

 private:
  struct Frame {
    Index step;
    std::unordered_map<Index, Index> row_of_id;
    Points<Exec> points;
    std::vector<double> weights;
  };
  MatchedPairs<Exec> add_frame(const Exec& exec, Index step, const std::vector<Index>& ids, const Points<Exec>& points, const std::vector<double>& weights);
  MatchedPairs<Exec> match(const Exec& exec, const Frame& before, const std::vector<Index>& ids, const Points<Exec>& points) const;

  Index m_lag, m_dimension;
  Reduction m_ranks;
  std::deque<Frame> m_frames;
};

}  // namespace kswgd
