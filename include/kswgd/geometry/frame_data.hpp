// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/normalisation.hpp>
#include <kswgd/geometry/coordinate_map.hpp>
#include <kswgd/geometry/geometry.hpp>

/// @file
/// What Frame (geometry/frame.hpp) is made of, as a model file holds it.

namespace kswgd {

/// The library's coordinates: where points live, how each column of the embedding is mapped, and how the mapped ones are shifted and scaled.
///
/// The *metric* stays the caller's, whatever the maps: eigenvalues, rates and gradients belong to the caller's columns.
struct FrameData {
  GeometryData geometry;            ///< where the points live
  Normalisation normalisation;      ///< of the embedding's coordinates once they are mapped
  std::vector<CoordinateMap> maps;  ///< of each column of the embedding; none: the identity
  double length = 0;                ///< with maps: a length of the data in the caller's units, the unit of eigenvalues

  /// Coordinates of the caller's points.
  Index dimension() const { return geometry.chart_dimension(normalisation.dimension()); }
  bool is_mapped() const { return !maps.empty(); }
  /// given without maps, normal where one is a score, else standard.
  Coordinates coordinates() const;
  /// One normalised unit of an eigenvalue of unit diffusion in the caller's, 1 / length^2.
  double eigenvalue_unit() const {
    const double unit = is_mapped() ? length : normalisation.scale;
    return 1 / (unit * unit);
  }
  /// The manifold in mapped coordinates: each factor has grown by the factor of its columns.
  GeometryData mapped_geometry() const;
};

}  // namespace kswgd
