// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <kswgd/data/trajectories.hpp>

/// @file
/// A constant diffusion matrix: dX = (...) dt + sqrt(2 a) dW, from the quadratic variation of trajectories.

namespace kswgd {

enum class DiffusionShape { isotropic, full };

/// a, d x d row by row, symmetric positive definite, in length^2 / time: E[(y - x)(y - x)^T] / (2 tau) over the pairs at the
/// lags 1 and 2, extrapolated to lag 0 (2 a(tau) - a(2 tau)), which takes out the first order of the drift's part. isotropic: the
/// mean of its diagonal. Weights of the source are those of first frames. Throws InvalidInput as check_pairs does, and where
/// the result is not positive definite (frames too far apart to see the diffusion). Cost: 4 n d^2 flops. Synchronises the instance.
template <ExecutionSpace Exec>
std::vector<double> diffusion_matrix(const Exec& exec, const DataSet<Exec>& source, DiffusionShape shape);

/// The lower triangular L with L L^T = a, row by row. Throws InvalidInput when a is not symmetric positive definite.
std::vector<double> diffusion_root(const std::vector<double>& a, Index dimension);

/// The points L^{-1} x of a source, weights kept: there the diffusion matrix is the identity, so that the Dirichlet form
/// E[grad psi . a grad psi^T] of the caller's coordinates is the plain one, and eigenvalues of fit_generator are rates in 1 / time.
template <ExecutionSpace Exec>
DataSet<Exec> in_unit_diffusion(const Exec& exec, const DataSet<Exec>& source, const std::vector<double>& a);

}  // namespace kswgd
