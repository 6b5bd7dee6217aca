// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <vector>

/// @file
/// Fields and images as points of low dimension: principal components in their natural scale (no whitening), and back, with the
/// variance of the components that were left out put in again as noise.

namespace kswgd {

/// Host arrays; d coordinates, r = min(d, n - 1) components.
struct PrincipalComponents {
  std::vector<double> mean;       ///< d
  HostMatrix axes;                ///< d x r, orthonormal, by falling variance
  std::vector<double> variances;  ///< r, along the axes

  /// Coordinates along the first `kept` axes, n x kept. Throws InvalidInput when the points have another dimension, or `kept` is
  /// not between 1 and r. Cost: 2 n d kept flops.
  HostPoints encode(const HostPoints& points, Index kept) const;

  /// mean + axes z, and where `noise` independent normals along the axes that z does not name, with their variances. z is n x
  /// kept; result n x d. The noise of row i depends on (seed, i) alone.
  HostPoints decode(const HostPoints& z, bool noise, std::uint64_t seed = 0) const;
};

/// From n points in d dimensions, n >= 2: the covariance's eigenvectors, or the Gram matrix' where n < d.
/// Cost: n d min(n, d) flops and an eigenproblem of size min(n, d). Throws InvalidInput for fewer points or what is not finite.
PrincipalComponents principal_components(const HostPoints& points);

}  // namespace kswgd
