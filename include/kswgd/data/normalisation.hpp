// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <vector>

/// @file
/// The library's own coordinates: x' = (x - mean) / scale, with one scale for all coordinates.

namespace kswgd {

/// Subtracts the mean of the data and divides by one length, the standard deviation along the leading principal
/// direction. No whitening: a direction keeps its size relative to the others. In these coordinates the slowest mode of
/// a Gaussian law has eigenvalue 1, and nothing that is computed depends on the caller's unit of length.
struct Normalisation {
  std::vector<double> mean;        ///< d, in the caller's units
  double scale = 1;                ///< the unit of length, in the caller's units
  std::vector<double> covariance;  ///< d x d, row by row, in the caller's units
  std::vector<bool> constant;      ///< coordinates that are the same in all data points

  Index dimension() const { return static_cast<Index>(mean.size()); }
};

}  // namespace kswgd
