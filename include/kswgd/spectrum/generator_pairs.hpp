// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/solver.hpp>

/// @file
/// From moments to eigenpairs: the generator's D v = lambda G v, and reversible EDMD's sym(C) v = mu G v.

namespace kswgd {

/// The `modes` slowest eigenpairs beside the constant of D v = lambda G v, by the largest of R^{-T} (G - g g^T) R^{-1} with
/// D + rho w I = R^T R. g = E[psi] is column 0 of G: the constant is projected out exactly, and stands as pair 0.
/// Values in the units of G and D; lambda = v^T D v is recomputed from D. Fewer pairs come back when p - 1 < modes.
/// `guess`: eigenvectors as the result has them (p x any number, the constant first) from which the solver may start. Synchronises the instance.
template <ExecutionSpace Exec>
Eigenpairs generator_eigenpairs(const Exec& exec, const Matrix<Exec>& gram, const Matrix<Exec>& dirichlet, Index modes, const EigenSolver<Exec>& solver,
                                double regularisation = default_regularisation, const HostMatrix& guess = {});

/// The same for reversible EDMD: values are mu, descending from the constant's 1, by the largest of
/// R^{-T} (sym(C) - g g^T) R^{-1} with G + rho w I = R^T R; mu = v^T sym(C) v / v^T G v is recomputed.
template <ExecutionSpace Exec>
Eigenpairs edmd_eigenpairs(const Exec& exec, const Matrix<Exec>& gram, const Matrix<Exec>& correlation, Index modes, const EigenSolver<Exec>& solver,
                           double regularisation = default_regularisation, const HostMatrix& guess = {});

/// The `modes` smallest eigenpairs of form v = lambda G v where the constant is no eigenfunction: form = D + E[c psi psi^T] of a
/// process killed at the rate c. Pair 0 is the ground state. By the largest of R^{-T} G R^{-1} with form + rho w I = R^T R.
template <ExecutionSpace Exec>
Eigenpairs killed_eigenpairs(const Exec& exec, const Matrix<Exec>& gram, const Matrix<Exec>& form, Index modes, const EigenSolver<Exec>& solver,
                             double regularisation = default_regularisation, const HostMatrix& guess = {});

/// A V for coefficient vectors on the host (p x k); A is p x p on the device. Cost 2 p^2 k flops.
template <ExecutionSpace Exec>
HostMatrix apply(const Exec& exec, const Matrix<Exec>& a, const HostMatrix& v);

/// V^T A W for coefficient vectors on the host (p x k and p x l); A is p x p on the device. Cost 2 p^2 l flops.
template <ExecutionSpace Exec>
HostMatrix project(const Exec& exec, const HostMatrix& v, const Matrix<Exec>& a, const HostMatrix& w);

}  // namespace kswgd
