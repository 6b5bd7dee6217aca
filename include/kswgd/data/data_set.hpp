// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/data/normalisation.hpp>
#include <kswgd/data/trajectories.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/reduction.hpp>
#include <memory>

/// @file
/// Data and what is known of them: rows that can be read in tiles (a View, or chunks that a callback brings: from a file, from a
/// running simulation that keeps its frames), their weights, and their order. The fit sees nothing else, so n is not bounded by memory.

namespace kswgd {

/// How rows follow one another.
enum class Order {
  unknown,      ///< nobody said: a fit asks the rows (data/rows.hpp)
  independent,  ///< draws, in any order
  in_time,      ///< neighbours depend on each other: folds are stretches, and a neighbour is no second witness
};

/// n points in R^d, of which any run of rows can be read, again and again, with their weights and their order in time.
///
/// What is said of the data once holds in every call that takes them: weights count in each average, pairs and folds follow the
/// trajectories, and n stands for effective_size() wherever it says how much the data know.
///
/// Rows may be spread over ranks: each holds the rows here() with their weights, in the order of the ranks, and reads no others. Row numbers
/// are those of the whole everywhere. A call that says it synchronises the instance is then made by all ranks together, and gives each the same.
template <ExecutionSpace Exec>
class DataSet {
 public:
  /// Fills tile(i, k), i < count, with row first + i of the data. Called with 0 <= first, first + count <= size().
  using Reader = std::function<void(const Exec&, Index first, Index count, const Points<Exec>& tile)>;

  DataSet(Index size, Index dimension, Reader reader)
      : m_size(size),
        m_dimension(dimension),
        m_reader(std::move(reader)),
        m_total_weight(static_cast<double>(size)),
        m_effective_size(static_cast<double>(size)),
        m_trajectories{{size}, 1},
        m_first(0),
        m_last(size) {}
  /// The rows [here.first, here.second) of `size` on each rank; the reader is asked for no others. Throws InvalidInput unless the parts
  /// follow one another in the order of the ranks and make up the whole. All ranks call it together.
  DataSet(Index size, Index dimension, Reader reader, Span here, const Reduction& ranks);

  /// n, on all ranks.
  Index size() const { return m_size; }
  Index dimension() const { return m_dimension; }
  /// [first, last) of the rows on this rank: all of them where there is one.
  Span here() const { return {m_first, m_last}; }
  const Reduction& ranks() const { return m_ranks; }

  /// Fills the first `count` rows of the tile with the rows [first, first + count) of the data, which are here.
  void read(const Exec& exec, Index first, Index count, const Points<Exec>& tile) const { m_reader(exec, first, count, tile); }

  /// One non-negative weight for each point that is here (on the host), or all 1 where this is never called. All ranks call it together.
  /// Throws InvalidInput unless all are finite, none is negative and one is positive.
  void set_weights(std::vector<double> weights);
  /// Of the rows here(), in order; empty without weights. Copies of the data share them.
  const std::vector<double>& weights() const { return *m_weights; }
  bool is_weighted() const { return m_is_weighted; }
  /// Of a row that is here.
  double weight(Index row) const { return m_weights->empty() ? 1.0 : (*m_weights)[static_cast<std::size_t>(row - m_first)]; }
  /// Of the rows listed, wherever they are; all ranks call it together.
  std::vector<double> weights_of(const std::vector<Index>& rows) const;
  /// Of the rows of the ranks before this one.
  double weight_before() const { return m_is_weighted ? m_weight_before : static_cast<double>(m_first); }
  /// Of all ranks.
  double total_weight() const { return m_total_weight; }
  /// (sum w)^2 / sum w^2: as many independent points say as much; n without weights.
  double effective_size() const { return m_effective_size; }

  /// Rows are the frames of trajectories, in order. Throws InvalidInput unless the lengths add up to size() and dt is positive.
  void set_trajectories(TrajectoryLayout trajectories);
  /// The same on a copy.
  DataSet with_trajectories(TrajectoryLayout trajectories) const;
  /// One trajectory of all rows with dt = 1 where nothing was said.
  const TrajectoryLayout& trajectories() const { return m_trajectories; }

  /// in_time for trajectories; unknown until something else is said.
  Order order() const { return m_order; }
  void set_order(Order order) { m_order = order; }
  bool is_ordered() const { return m_order == Order::in_time; }

  /// The same rows, weights and order in other coordinates.
  DataSet in_coordinates(Index dimension, Reader reader) const {
    DataSet other = *this;
    other.m_dimension = dimension;
    other.m_reader = std::move(reader);
    return other;
  }

 private:
  Index m_size, m_dimension;
  Reader m_reader;
  std::shared_ptr<const std::vector<double>> m_weights = std::make_shared<const std::vector<double>>();  // of the rows here
  bool m_is_weighted = false;                                                                            // a rank without rows has no weights either
  double m_total_weight, m_effective_size, m_weight_before = 0;
  TrajectoryLayout m_trajectories;
  Order m_order = Order::unknown;
  Index m_first, m_last;  // of the rows here; no std::pair: clang 15 crashes on its constrained assignment in a class template of HIP
  Reduction m_ranks;
};

/// (sum w)^2 / sum w^2: as many independent points say as much as the weighted ones; 0 where all weigh nothing.
double effective_samples(const std::vector<double>& weights);

/// Throws InvalidInput, naming the function, unless the lag is at least 1 and there are at least 20 pairs.
template <ExecutionSpace Exec>
void check_pairs(const DataSet<Exec>& data, Index lag, const char* function) {
  check_layout(data.trajectories(), data.size(), lag, function);
}

/// Throws InvalidInput, naming the function, where the data are spread over ranks.
template <ExecutionSpace Exec>
void require_one_rank(const DataSet<Exec>& data, const char* function) {
  require(data.ranks().is_alone(), function,
          [&] { return "the data are spread over " + std::to_string(data.ranks().size()) + " ranks, and this needs all of them on one"; });
}

/// tile(i, k) = points(first + i, k), i < count, converted to double.
template <ExecutionSpace Exec, class View>
void copy_rows(const Exec& exec, const View& points, Index first, Index count, const Points<Exec>& tile) {
  Kokkos::parallel_for(
      "kswgd::copy_rows", index_range(exec, count * static_cast<Index>(points.extent(1))), KOKKOS_LAMBDA(Index item) {
        const Index i = item % count, k = item / count;
        tile(i, k) = static_cast<double>(points(first + i, k));
      });
}

/// The points of a View (n x d, float or double, any layout, memory that Exec reaches). The View is not copied and must
/// stay as it is while the source is in use.
template <ExecutionSpace Exec, class View>
DataSet<Exec> make_source(const Exec&, const View& points) {
  static_assert(PointsView<View, Exec>, "kswgd::make_source: points must be a rank-2 View of float or double in memory that the execution space can reach");
  return DataSet<Exec>(static_cast<Index>(points.extent(0)), static_cast<Index>(points.extent(1)),
                       [points](const Exec& exec, Index first, Index count, const Points<Exec>& tile) { copy_rows(exec, points, first, count, tile); });
}

/// Points that are spread over ranks: each has a View with its rows, of any number, none included; those of rank 0 come first. All ranks
/// call it together. Synchronises the instance.
template <ExecutionSpace Exec, class View>
DataSet<Exec> make_source(const Exec&, const View& points, const Reduction& ranks) {
  static_assert(PointsView<View, Exec>, "kswgd::make_source: points must be a rank-2 View of float or double in memory that the execution space can reach");
  const Index count = static_cast<Index>(points.extent(0));
  std::vector<double> counts(static_cast<std::size_t>(ranks.size()), 0.0);
  counts[static_cast<std::size_t>(ranks.rank())] = static_cast<double>(count);
  ranks.sum(counts);
  Index size = 0, begin = 0;
  for (int rank = 0; rank < ranks.size(); ++rank) {
    if (rank == ranks.rank()) begin = size;
    size += static_cast<Index>(counts[static_cast<std::size_t>(rank)]);
  }
  return DataSet<Exec>(
      size, static_cast<Index>(points.extent(1)),
      [points, begin](const Exec& exec, Index first, Index rows, const Points<Exec>& tile) { copy_rows(exec, points, first - begin, rows, tile); },
      {begin, begin + count}, ranks);
}

/// Rows in a tile of `width` numbers each: 32 MiB, between 512 and 8192 rows.
inline Index rows_of_tile(Index width) { return std::max<Index>(512, std::min<Index>(8192, (Index{1} << 22) / std::max<Index>(width, 1))); }

/// body(first, count, x): this rank's rows of the source in tiles x (count x d), in order, in its own units; `width` numbers belong to a row.
template <ExecutionSpace Exec, class Body>
void walk_tiles(const Exec& exec, const DataSet<Exec>& source, Index width, const Body& body) {
  const auto [begin, end] = source.here();
  const Index rows = std::min(end - begin, rows_of_tile(width));
  const auto tile = allocate<Points<Exec>>(exec, "walk_tiles::tile", rows, source.dimension());
  for (Index first = begin; first < end; first += rows) {
    const Index count = std::min(rows, end - first);
    const Points<Exec> x = Kokkos::subview(tile, Span(0, count), Kokkos::ALL);
    source.read(exec, first, count, x);
    body(first, count, x);
  }
}

/// Mean, leading standard deviation, covariance and constant coordinates of the data; weights count. Two walks.
/// Throws InvalidInput when a coordinate is not finite (naming row and column), when there are fewer than 2 points, or
/// when all points are the same. Cost: 2 n d + n d^2 flops. Synchronises the instance.
template <ExecutionSpace Exec>
Normalisation normalisation_of(const Exec& exec, const DataSet<Exec>& source);

/// `count` rows spread over [0, size), one drawn at random from each of `count` equal stretches; ascending and distinct.
std::vector<Index> spread_rows(Index size, Index count, std::uint64_t seed, std::uint64_t stream);

/// The data with the `count` rows that follow this rank's readable here as well, for pairs (x_t, x_{t + count}) that begin here. They are
/// copied from the ranks that have them: R messages of count x d numbers. The data themselves on one rank. Synchronises the instance.
template <ExecutionSpace Exec>
DataSet<Exec> with_rows_after(const Exec& exec, const DataSet<Exec>& source, Index count);

/// The rows listed (ascending) as points on the device, in the caller's units; all of them on every rank. One walk over the tiles that hold
/// them. Synchronises the instance.
template <ExecutionSpace Exec>
Points<Exec> gather_rows(const Exec& exec, const DataSet<Exec>& source, const std::vector<Index>& rows);

/// result(i, :) = points(rows[i], :). Synchronises the instance.
template <ExecutionSpace Exec>
Points<Exec> take_rows(const Exec& exec, const Points<Exec>& points, const std::vector<Index>& rows);

/// `wanted` rows, evenly spread; of `parts` such sets without a common row, number `part`. Synchronises the instance.
template <ExecutionSpace Exec>
Points<Exec> take_evenly(const Exec& exec, const Points<Exec>& points, Index wanted, Index part = 0, Index parts = 1);

}  // namespace kswgd
