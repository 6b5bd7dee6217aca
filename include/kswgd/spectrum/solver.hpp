// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/spectrum/eigenpairs.hpp>

/// @file
/// What the library asks of an eigensolver, without a word of any solver's own types.

namespace kswgd {

/// The symmetric operator S = R^{-T} A R^{-1}, whose largest eigenpairs are wanted. For the generator A is the covariance of
/// the features and R^T R = D + rho w I: large theta = 1 / (lambda + rho w) are the slow modes.
template <ExecutionSpace Exec>
struct Pencil {
  Matrix<Exec> a;  ///< p x p symmetric, both triangles
  Matrix<Exec> r;  ///< p x p upper triangular

  Index size() const { return static_cast<Index>(a.extent(0)); }
};

/// Eigenpairs of a pencil: theta descending, and v = R^{-1} q with |q| = 1.
template <ExecutionSpace Exec>
struct PencilPairs {
  HostVector theta;      ///< k
  HostMatrix vectors;    ///< p x k, on the host
  HostVector residuals;  ///< |S q - theta q| / |theta|, recomputed
  SolverReport report;
};

enum class Method { block_krylov_schur, lobpcg, block_davidson, dense };

struct SolverOptions {
  Method method = Method::block_krylov_schur;
  double tolerance = 1e-9;  ///< relative residual |S q - theta q| / |theta|
  int block_size = 4;       ///< Krylov-Schur: as many copies of a repeated eigenvalue are found at once; the others: guard vectors
  int max_restarts = 60;
  std::uint64_t seed = 0;    ///< of the start vectors
  Index dense_limit = 4000;  ///< problems up to this size are solved densely where the iteration did not converge
};

/// Finds the `wanted` largest eigenpairs of a pencil (at most p). A solver never throws for want of convergence: it returns
/// what it has and says so in the report.
template <ExecutionSpace Exec>
using EigenSolver = std::function<PencilPairs<Exec>(const Exec&, const Pencil<Exec>&, Index wanted)>;

/// LAPACK on the host: the check, and what small problems take. Cost about 4 p^3 flops.
template <ExecutionSpace Exec>
EigenSolver<Exec> dense_solver();

namespace detail {

/// B := S B for a block of vectors, the operator that Krylov methods see. Work is a p x k matrix.
template <ExecutionSpace Exec>
void apply_pencil(const Exec& exec, const Pencil<Exec>& pencil, const Matrix<Exec>& b, const Matrix<Exec>& result);

/// From orthonormal Ritz vectors q (p x k, theta descending): v = R^{-1} q with the sign that makes the entry of largest
/// magnitude positive, and true residuals. converged counts those below the tolerance relative to theta.
template <ExecutionSpace Exec>
PencilPairs<Exec> finish_pairs(const Exec& exec, const Pencil<Exec>& pencil, const HostVector& theta, const Matrix<Exec>& q, const std::string& solver,
                               double tolerance, Index wanted, Index applications);

}  // namespace detail
}  // namespace kswgd
