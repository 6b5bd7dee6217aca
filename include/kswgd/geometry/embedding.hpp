// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <kswgd/geometry/geometry.hpp>

/// @file
/// From the caller's coordinates to the embedding's and back. Only circles differ in the two.

namespace kswgd {

/// Between the caller's coordinates (d) and those of the embedding (e >= d), in the caller's units of length.
template <ExecutionSpace Exec>
class Embedding {
 public:
  Embedding() = default;
  /// For points of `dimension` caller's coordinates.
  Embedding(const Exec& exec, const GeometryData& geometry, Index dimension);

  Index dimension() const { return m_dimension; }
  Index embedded_dimension() const { return m_embedded; }
  /// Whether both are the same coordinates.
  bool is_identity() const { return m_dimension == m_embedded; }

  /// y(i, :) = the embedded x(i, :) for the first `count` rows. x and y may not overlap.
  void embed(const Exec& exec, Index count, const Points<Exec>& x, const Points<Exec>& y) const;
  /// x(i, :) = the caller's coordinates of y(i, :) for the first `count` rows.
  void unembed(const Exec& exec, Index count, const Points<Exec>& y, const Points<Exec>& x) const;
  /// g(i, k) = derivative along the caller's coordinate k of a function whose gradient in the embedding is `gradient`, at the
  /// embedded points y.
  void pull_back(const Exec& exec, Index count, const Points<Exec>& y, const Points<Exec>& gradient, const Points<Exec>& g) const;

  /// Where a caller's coordinate stands in the embedding; radius 0: copied.
  struct Coordinate {
    int place;
    double radius, low;
  };

 private:
  Index m_dimension = 0, m_embedded = 0;
  Kokkos::View<Coordinate*, typename Exec::memory_space> m_coordinates;
};

}  // namespace kswgd
