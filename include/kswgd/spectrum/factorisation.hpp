// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>

/// @file
/// The one factorisation of the moments that serves the flow and the eigenproblem.

namespace kswgd {

/// B + rho w I = R^T R in units in which the Gram matrix has a unit diagonal, w the largest eigenvalue of that Gram matrix.
template <ExecutionSpace Exec>
struct Factorisation {
  Matrix<Exec> r;      ///< R, p x p upper triangular
  Vector<Exec> scale;  ///< s: a coefficient vector is c = s o c_scaled; s_a = 1 / sqrt(G_aa), 0 for a feature that vanishes on the data
  double shift = 0;    ///< rho w
};

/// The regularisation rho: 1e-7 was the best of 1e-6 .. 1e-9.
inline constexpr double default_regularisation = 1e-7;

/// The scale of the features, and w: the largest eigenvalue of the Gram matrix with unit diagonal (power iteration, 1e-6).
/// A feature that vanishes on all data (G_aa = 0 to rounding) gets the scale 0 and drops out of everything.
template <ExecutionSpace Exec>
struct GramScale {
  Vector<Exec> scale;
  double largest = 0;
};
template <ExecutionSpace Exec>
GramScale<Exec> gram_scale(const Exec& exec, const Matrix<Exec>& gram);

/// Factorises s B s + rho w I, B symmetric p x p (D, or G). Where rounding has made B slightly indefinite the shift is raised
/// tenfold, three times at most; Failure after that. Cost p^3 / 3 flops. Synchronises the instance.
template <ExecutionSpace Exec>
Factorisation<Exec> factorise(const Exec& exec, const Matrix<Exec>& b, const GramScale<Exec>& scale, double regularisation = default_regularisation);

/// s (R^T R)^{-1} s: the inverse of B + rho w s^{-2}, p x p. Uses up the factorisation. Cost 2 p^3 / 3 flops.
template <ExecutionSpace Exec>
Matrix<Exec> invert(const Exec& exec, const Factorisation<Exec>& factorisation);

/// sum_ab A_ab B_ab, the trace of A B^T. Synchronises the instance.
template <ExecutionSpace Exec>
double inner_product(const Exec& exec, const Matrix<Exec>& a, const Matrix<Exec>& b);

/// A copy of the leading p x p block of a matrix (all of it for p = 0).
template <ExecutionSpace Exec>
Matrix<Exec> copy_block(const Exec& exec, const Matrix<Exec>& a, Index p = 0);

}  // namespace kswgd
