// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/data/normalisation.hpp>
#include <kswgd/support/check.hpp>
#include <memory>

/// @file
/// Data that can be walked in tiles: a View, or chunks that a callback brings (from a file, from a running simulation that
/// keeps its frames). The fit sees nothing else of the data, so n is not bounded by memory.

namespace kswgd {

/// n points in R^d, optionally weighted, of which any run of rows can be read, again and again.
template <ExecutionSpace Exec>
class PointSource {
 public:
  /// Fills tile(i, k), i < count, with row first + i of the data. Called with 0 <= first, first + count <= size().
  using Reader = std::function<void(const Exec&, Index first, Index count, const Points<Exec>& tile)>;

  PointSource(Index size, Index dimension, Reader reader) : m_size(size), m_dimension(dimension), m_reader(std::move(reader)) {}

  Index size() const { return m_size; }
  Index dimension() const { return m_dimension; }

  /// Fills the first `count` rows of the tile with the rows [first, first + count) of the data.
  void read(const Exec& exec, Index first, Index count, const Points<Exec>& tile) const { m_reader(exec, first, count, tile); }

  /// One non-negative weight for each point (on the host), or none.
  void set_weights(std::vector<double> weights);
  const std::vector<double>& weights() const { return m_weights; }

 private:
  Index m_size, m_dimension;
  Reader m_reader;
  std::vector<double> m_weights;
};

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
PointSource<Exec> make_source(const Exec&, const View& points) {
  static_assert(PointsView<View, Exec>, "kswgd::make_source: points must be a rank-2 View of float or double in memory that the execution space can reach");
  return PointSource<Exec>(static_cast<Index>(points.extent(0)), static_cast<Index>(points.extent(1)),
                           [points](const Exec& exec, Index first, Index count, const Points<Exec>& tile) { copy_rows(exec, points, first, count, tile); });
}

/// Rows in a tile of `width` numbers each: 32 MiB, between 512 and 8192 rows.
inline Index rows_of_tile(Index width) { return std::max<Index>(512, std::min<Index>(8192, (Index{1} << 22) / std::max<Index>(width, 1))); }

/// body(first, count, x): the source in tiles x (count x d), in order, in its own units; `width` numbers belong to a row.
template <ExecutionSpace Exec, class Body>
void walk_tiles(const Exec& exec, const PointSource<Exec>& source, Index width, const Body& body) {
  const Index n = source.size(), rows = std::min(n, rows_of_tile(width));
  const auto tile = allocate<Points<Exec>>(exec, "walk_tiles::tile", rows, source.dimension());
  for (Index first = 0; first < n; first += rows) {
    const Index count = std::min(rows, n - first);
    const Points<Exec> x = Kokkos::subview(tile, Span(0, count), Kokkos::ALL);
    source.read(exec, first, count, x);
    body(first, count, x);
  }
}

/// Mean, leading standard deviation, covariance and constant coordinates of the data; weights count. Two walks.
/// Throws InvalidInput when a coordinate is not finite (naming row and column), when there are fewer than 20 points, or
/// when all points are the same. Cost: 2 n d + n d^2 flops. Synchronises the instance.
template <ExecutionSpace Exec>
Normalisation normalisation_of(const Exec& exec, const PointSource<Exec>& source);

/// x := (x - mean) / scale for the first `count` rows; constant coordinates become 0.
template <ExecutionSpace Exec>
void normalise(const Exec& exec, const Normalisation& normalisation, Index count, const Points<Exec>& x);

/// x := mean + scale x for the first `count` rows; constant coordinates get their constant.
template <ExecutionSpace Exec>
void denormalise(const Exec& exec, const Normalisation& normalisation, Index count, const Points<Exec>& x);

/// `count` rows spread over [0, size), one drawn at random from each of `count` equal stretches; ascending and distinct.
std::vector<Index> spread_rows(Index size, Index count, std::uint64_t seed, std::uint64_t stream);

/// The rows listed (ascending) as points on the device, in the caller's units. One walk over the tiles that hold them.
template <ExecutionSpace Exec>
Points<Exec> gather_rows(const Exec& exec, const PointSource<Exec>& source, const std::vector<Index>& rows);

/// result(i, :) = points(rows[i], :). Synchronises the instance.
template <ExecutionSpace Exec>
Points<Exec> take_rows(const Exec& exec, const Points<Exec>& points, const std::vector<Index>& rows);

}  // namespace kswgd
