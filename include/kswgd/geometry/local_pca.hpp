// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>

/// @file
/// Normals of a manifold that is known by points alone.

namespace kswgd {

struct LocalPcaOptions {
  Index codimension = 0;  ///< unit normals at each point; 0: from a gap of the local spectra
  Index neighbours = 24;  ///< of each point, itself among them
};

/// Unit normals at the data.
struct LocalPca {
  HostPoints normals;     ///< n x (c d): c of them one after the other, orthonormal, those of least variance first; signs are free
  Index codimension = 0;  ///< c; 0: the points fill the space
};

/// The directions in which the nearest neighbours of a point vary least: eigenvectors of their covariance. The codimension is
/// read from the averages over the data of the logarithms of its eigenvalues: it is the number of those below the first step of a
/// factor of 10, coming from the largest (curvature makes more such steps further down); no such step, no normal.
/// Normals of a surface are in error by the curvature times the distance to the neighbours; they serve the Dirichlet
/// form alone (FitOptions::normals), the flow takes an exact geometry.
///
/// points: n x d, all finite. Cost n (log n + neighbours d^2 + d^3) on the host, with a k-d tree. Throws InvalidInput where there are fewer
/// points than neighbours, no more neighbours than coordinates, or codimension >= d.
LocalPca local_pca(const HostPoints& points, const LocalPcaOptions& options = {});

/// The normals as FitOptions takes them, on the device: n x (c d).
template <ExecutionSpace Exec>
Points<Exec> local_pca_normals(const Exec& exec, const Points<Exec>& points, const LocalPcaOptions& options = {}) {
  return to_device(exec, local_pca(host_copy(exec, points), options).normals);
}

}  // namespace kswgd
