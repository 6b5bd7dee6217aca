// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <kswgd/data/trajectories.hpp>

/// @file
/// A constant diffusion matrix: dX = (...) dt + sqrt(2 a) dW, from the quadratic variation of trajectories.

namespace kswgd {

enum class DiffusionShape { isotropic, full };

/// What the quadratic variation of trajectories says.
struct DiffusionEstimate {
  std::vector<double> matrix;  ///< a, d x d row by row, symmetric positive definite, in length^2 / time
  /// Of each diagonal element (isotropic: of their mean, d times): the standard error from stretches of time, and what the extrapolations
  /// from this lag and from twice this lag differ by, added by squares.
  std::vector<double> error;
  Index lag = 0;  ///< m: in steps
};

/// a from V(k) = E[(x_{t+k} - x_t)(x_{t+k} - x_t)^T] / (2 k dt), which is a + O(k dt) while the frames see the diffusion: V at the lags m, 2 m
/// and 4 m, extrapolated to lag 0 to second order (Richardson), R(m) = (8 V(m) - 6 V(2 m) + V(4 m)) / 3. m is the shortest of 1, 2, 4, ... steps at
/// which V levels off: R(m) and R(2 m) agree within 3 %, V(m) and V(2 m) within a quarter, both and two standard errors, for the trace
/// (isotropic) or each coordinate (full). At shorter lags momentum or noise of the measurement may hide the diffusion. isotropic: the mean of the diagonal.
/// Weights of the source are those of first frames.
///
/// Throws InvalidInput as check_pairs does at a lag of 8, and where V levels off at no lag (frames too far apart, independent draws, momentum,
/// subdiffusion), with what it is. Cost: 16 n d^2 flops for each m that is tried. Synchronises the instance.
template <ExecutionSpace Exec>
DiffusionEstimate diffusion_matrix(const Exec& exec, const DataSet<Exec>& source, DiffusionShape shape);

/// The lower triangular L with L L^T = a, row by row. Throws InvalidInput when a is not symmetric positive definite.
std::vector<double> diffusion_root(const std::vector<double>& a, Index dimension);

/// The points L^{-1} x of a source, weights kept: there the diffusion matrix is the identity, so that the Dirichlet form
/// E[grad psi . a grad psi^T] of the caller's coordinates is the plain one, and eigenvalues of fit_generator are rates in 1 / time.
template <ExecutionSpace Exec>
DataSet<Exec> in_unit_diffusion(const Exec& exec, const DataSet<Exec>& source, const std::vector<double>& a);

}  // namespace kswgd
