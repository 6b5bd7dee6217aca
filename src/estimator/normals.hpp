// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "../data/gather.hpp"

#include <kswgd/geometry/geometry.hpp>

#include <vector>

// Normals of a manifold at the points of a tile.
namespace kswgd::detail {

/// Unit normals at the rows of the data that a tile holds.
template <class Exec>
std::vector<Points<Exec>> normals_of(const Exec& exec, const Geometry<Exec>& geometry, const Points<Exec>& given, const std::vector<Index>& rows,
                                     const Points<Exec>& x) {
  const Index count = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1));
  std::vector<Points<Exec>> normals;
  if (given.extent(0) > 0) {
    const auto index = to_device(exec, rows);
    for (Index first = 0; first < static_cast<Index>(given.extent(1)); first += d) {
      normals.push_back(allocate<Points<Exec>>(exec, "fit::normals", count, d));
      const Points<Exec> from = Kokkos::subview(given, Kokkos::ALL, Span(first, first + d));
      gather("kswgd::fit::normals", exec, from, index, normals.back());
    }
    exec.fence("kswgd::fit::normals: the list of rows is freed");
    return normals;
  }
  for (Index which = 0; which < geometry.codimension(); ++which) {
    normals.push_back(allocate<Points<Exec>>(exec, "fit::normals", count, d));
    geometry.normal(exec, which, x, normals.back());
  }
  return normals;
}

/// The divergence of each of the manifold's normals.
template <class Exec>
std::vector<Vector<Exec>> curvatures_of(const Exec& exec, const Geometry<Exec>& geometry, const Points<Exec>& x) {
  std::vector<Vector<Exec>> curvatures;
  for (Index which = 0; which < geometry.codimension(); ++which) {
    curvatures.push_back(allocate<Vector<Exec>>(exec, "fit::curvature", x.extent(0)));
    geometry.mean_curvature(exec, which, x, curvatures.back());
  }
  return curvatures;
}

}  // namespace kswgd::detail
