// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "foundation.hpp"
#include "metric_tile.hpp"

#include <array>
#include <optional>
#include <vector>

// The sums of a stream over one layout.
namespace kswgd::detail {

/// Rows of one fold that wait until a tile is full: `width` numbers each.
template <ExecutionSpace Exec>
struct WaitingRows {
  Points<Exec> rows;
  std::vector<double> weights;  // of those that wait

  Index count() const { return static_cast<Index>(weights.size()); }
  Index room() const { return static_cast<Index>(rows.extent(0)) - count(); }
};

/// Gram matrix and forms of points, fold by fold, and where there is a lag those of pairs; in the frame of a foundation, whose data are let go.
template <ExecutionSpace Exec>
class OnlineSums {
 public:
  OnlineSums(const Exec& exec, Foundation<Exec>&& base, bool pairs);
  OnlineSums(OnlineSums&&) = delete;

  const Foundation<Exec>& base() const { return m_base; }
  /// Rows (caller's coordinates) in the library's.
  Points<Exec> inside(const Exec& exec, const Points<Exec>& rows) const;
  /// How many of these points (library's coordinates) lie beyond the guard of the finest level.
  Index outside(const Exec& exec, const Points<Exec>& x) const;

  /// Adds points; rows of weight 0 do not count.
  void add(const Exec& exec, const Points<Exec>& x, const std::vector<double>& weights, const std::vector<int>& folds);
  void add_pairs(const Exec& exec, const Points<Exec>& x, const Points<Exec>& y, const std::vector<double>& weights, const std::vector<int>& folds);
  /// Adds the sums of another one of the same layout.
  void add(const Exec& exec, OnlineSums& other);
  /// Multiplies all sums.
  void scale(const Exec& exec, double factor);

  /// Rows that were added, pairs, and the sum of the squares of the rows' weights.
  double rows = 0, pairs = 0, squares = 0;

  /// The model of the sums of all ranks. samples: rows of the whole stream. lag_time: 0 for the generator.
  ModelData model(const Exec& exec, const FitOptions<Exec>& options, const Reduction& ranks, double samples, double lag_time);

  void write(const Exec& exec, std::vector<HostMatrix>& arrays);
  void read(const Exec& exec, const std::vector<HostMatrix>& arrays);

 private:
  using Waiting = std::array<WaitingRows<Exec>, fold_count>;
  void wait(const Exec& exec, Waiting& waiting, const Points<Exec>& rows, const std::vector<double>& weights, const std::vector<int>& folds);
  void sum(const Exec& exec, Waiting& waiting, int fold);
  void sum_points(const Exec& exec, int fold, const Points<Exec>& x, const Vector<Exec>& weights, double total);
  void sum_pairs(const Exec& exec, int fold, const Points<Exec>& rows, const Vector<Exec>& weights, double total);
  void sum_waiting(const Exec& exec);
  FoldSums<Exec> fold_sums(const Exec& exec) const;
  FoldSums<Exec> pair_sums(const Exec& exec) const;
  bool on_manifold() const { return m_base.frame.geometry().codimension() > 0; }

  Foundation<Exec> m_base;
  bool m_metric;   // the caller's metric is another form than the library's
  Index m_folded;  // features that the folds are of
  FoldSums<Exec> m_folds;
  std::optional<MomentAccumulator<Exec>> m_all;  // where the folds are not of all features
  std::optional<FoldSums<Exec>> m_pairs;
  MomentTile<Exec> m_tile;
  std::optional<MetricTile<Exec>> m_metric_tile;
  Matrix<Exec> m_psi_x, m_psi_y;
  Workspace<Exec> m_workspace;
  Waiting m_waiting, m_waiting_pairs;
  Points<Exec> m_finest;  // landmarks
};

}  // namespace kswgd::detail
