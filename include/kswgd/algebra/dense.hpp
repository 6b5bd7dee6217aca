// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <complex>
#include <kswgd/support/execution.hpp>
#include <vector>

/// @file
/// Dense algebra behind one seam: BLAS and LAPACK on the host, cuBLAS and cuSOLVER
/// on CUDA, elsewhere products of blocks through Kokkos Kernels and factorisations on the host. All matrices are
/// column-major; leading blocks of larger matrices (subviews) are accepted.

namespace kswgd::algebra {

/// A matrix as it is, or its transpose.
enum class Op { none, transposed };

/// C := alpha op(A) op(B) + beta C, with op(A) m x k and op(B) k x n; what C held is not read where beta is 0. Cost: 2 m n k flops.
template <ExecutionSpace Exec>
void multiply(const Exec& exec, double alpha, Op of_a, const Matrix<Exec>& a, Op of_b, const Matrix<Exec>& b, double beta, const Matrix<Exec>& c);

/// The same in single precision.
template <ExecutionSpace Exec>
void multiply(const Exec& exec, float alpha, Op of_a, const Matrix<Exec, float>& a, Op of_b, const Matrix<Exec, float>& b, float beta,
              const Matrix<Exec, float>& c);

/// y := alpha op(A) x + beta y, with op(A) m x n; what y held is not read where beta is 0. Cost: 2 m n flops.
template <ExecutionSpace Exec>
void multiply(const Exec& exec, double alpha, Op of_a, const Matrix<Exec>& a, const Vector<Exec>& x, double beta, const Vector<Exec>& y);

/// C += scale A^T A, upper triangle of C only (what stands below the diagonal afterwards is unspecified). A is rows x p, C is
/// p x p. Cost: rows p^2 flops.
template <ExecutionSpace Exec>
void add_gram(const Exec& exec, double scale, const Matrix<Exec>& a, const Matrix<Exec>& c);

/// A := diag(sqrt(weight)) A: the share of each factor in a weighted product A^T diag(weight) B. A is rows x p.
template <ExecutionSpace Exec>
void scale_by_roots(const Exec& exec, const Vector<Exec>& weight, const Matrix<Exec>& a);

/// Copies the upper triangle onto the lower one.
template <ExecutionSpace Exec>
void symmetrise_from_upper(const Exec& exec, const Matrix<Exec>& a);

/// A = R^T R in place: R in the upper triangle, the strict lower triangle set to zero. Throws Failure naming the first
/// pivot that is not positive, or that A holds NaN or infinity. Cost: p^3/3 flops. Synchronises the instance.
template <ExecutionSpace Exec>
void cholesky(const Exec& exec, const Matrix<Exec>& a);

/// R (upper, from cholesky) becomes (R^T R)^{-1}, both triangles. Cost: 2 p^3/3 flops. Synchronises the instance.
template <ExecutionSpace Exec>
void invert_from_cholesky(const Exec& exec, const Matrix<Exec>& r);

/// B := R^{-1} B, or R^{-T} B. R is upper triangular p x p, B is p x k. Cost: p^2 k flops.
template <ExecutionSpace Exec>
void solve_upper(const Exec& exec, bool transposed, const Matrix<Exec>& r, const Matrix<Exec>& b);

/// All eigenpairs of a symmetric matrix on the host (LAPACK dsyevd): eigenvalues ascend into `values` (p), the vectors
/// replace `a` (p x p). Throws Failure when LAPACK does not converge.
void symmetric_eigen(const HostMatrix& a, const HostVector& values);

/// All eigenvalues and right eigenvectors of a general matrix on the host (LAPACK dgeev): complex pairs stand side by side. `a` is
/// used up; vectors are real + i imaginary, p x p, of length 1. Cost about 25 p^3 flops. Throws Failure when LAPACK does not converge.
std::vector<std::complex<double>> general_eigen(const HostMatrix& a, const HostMatrix& real, const HostMatrix& imaginary);

/// The k largest eigenpairs of a symmetric matrix on the host (LAPACK dsyevr): eigenvalues ascend into `values` (k), vectors
/// is p x k; `a` is used up. Cost about 4/3 p^3 flops. Throws Failure when LAPACK does not converge.
void largest_eigen(const HostMatrix& a, const HostVector& values, const HostMatrix& vectors);

/// The k smallest eigenpairs of a symmetric tridiagonal matrix on the host (LAPACK dstevr): p numbers on the diagonal, p - 1
/// beside it; eigenvalues ascend into `values` (k), vectors is p x k. Throws Failure when LAPACK does not converge.
void smallest_tridiagonal_eigen(std::vector<double> diagonal, std::vector<double> beside, const HostVector& values, const HostMatrix& vectors);

}  // namespace kswgd::algebra
