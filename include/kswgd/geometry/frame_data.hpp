// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/normalisation.hpp>
#include <kswgd/geometry/geometry.hpp>

/// @file
/// What Frame (geometry/frame.hpp) is made of, as a model file holds it.

namespace kswgd {

/// The library's coordinates: where points live, and how the embedding's coordinates are shifted and scaled.
struct FrameData {
  GeometryData geometry;        ///< where the points live
  Normalisation normalisation;  ///< of the embedding's coordinates

  /// Coordinates of the caller's points.
  Index dimension() const { return geometry.chart_dimension(normalisation.dimension()); }
  /// One normalised unit of an eigenvalue of unit diffusion in the caller's, 1 / length^2.
  double eigenvalue_unit() const { return 1 / (normalisation.scale * normalisation.scale); }
};

}  // namespace kswgd
