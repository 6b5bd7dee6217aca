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
  Matrix<Exec> a;         ///< p x p symmetric, both triangles
  Matrix<Exec> r;         ///< p x p upper triangular
  double tolerance = 0;   ///< residual that suffices where the solver's own tolerance is smaller
  HostMatrix guess = {};  ///< p x k, or empty: vectors v near those sought, which an iteration may start from

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
/// what it has and says so in the report. It may be called from several threads at a time, each with an instance of its own.
template <ExecutionSpace Exec>
using EigenSolver = std::function<PencilPairs<Exec>(const Exec&, const Pencil<Exec>&, Index wanted)>;

/// LAPACK on the host: the check, and what small problems take. Cost about 4 p^3 flops.
template <ExecutionSpace Exec>
EigenSolver<Exec> dense_solver();

/// A symmetric operator that is known by what it does to a block of vectors: no matrix is stored.
template <ExecutionSpace Exec>
struct SymmetricOperator {
  Index size = 0;
  /// image := S x, both size x k.
  std::function<void(const Exec&, const Matrix<Exec>& x, const Matrix<Exec>& image)> apply;
};

/// Finds the `wanted` largest eigenpairs of an operator, as EigenSolver does of a pencil; `vectors` are orthonormal.
template <ExecutionSpace Exec>
using OperatorSolver = std::function<PencilPairs<Exec>(const Exec&, const SymmetricOperator<Exec>&, Index wanted)>;

/// Applies the operator to all unit vectors and hands the matrix to LAPACK: the check, for n of a few thousand at most.
template <ExecutionSpace Exec>
OperatorSolver<Exec> dense_operator_solver();

namespace detail {

/// S = R^{-T} A R^{-1} of a pencil, as Krylov methods see it.
template <ExecutionSpace Exec>
SymmetricOperator<Exec> operator_of(const Pencil<Exec>& pencil);

/// From orthonormal Ritz vectors q (p x k, theta descending): true residuals of q, and the vectors v that belong to them (q
/// itself, or R^{-1} q) with the sign that makes the entry of largest magnitude positive. converged counts those below ten
/// times the tolerance relative to theta.
template <ExecutionSpace Exec>
PencilPairs<Exec> finish_pairs(const Exec& exec, const SymmetricOperator<Exec>& s, const HostVector& theta, const Matrix<Exec>& q, const Matrix<Exec>& v,
                               const std::string& solver, double tolerance, Index wanted, Index applications);

/// v = R^{-1} q.
template <ExecutionSpace Exec>
Matrix<Exec> back_transformed(const Exec& exec, const Pencil<Exec>& pencil, const Matrix<Exec>& q);

}  // namespace detail
}  // namespace kswgd
