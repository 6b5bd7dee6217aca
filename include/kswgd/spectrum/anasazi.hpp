// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/spectrum/solver.hpp>

/// @file
/// Trilinos Anasazi as eigensolver (component kswgd::eigen). No Trilinos type is seen here.

namespace kswgd {

/// Block Krylov-Schur (the default), LOBPCG or block Davidson, on the device: vectors are Kokkos Views, the operator two
/// triangular solves and a product. Problems smaller than four subspaces take LAPACK's dense solver, and so do those up to
/// options.dense_limit on which the iteration did not converge; the report names what was used. Larger ones return the pairs
/// that did converge, which may be none. The same input gives the same output.
/// Cost: some 60 to 130 applications of 3 p^2 flops each for 21 modes.
template <ExecutionSpace Exec>
EigenSolver<Exec> anasazi_solver(const SolverOptions& options = {});

/// The same for an operator that is not stored. Problems up to options.dense_limit on which the iteration did not converge are
/// applied to all unit vectors and solved densely.
template <ExecutionSpace Exec>
OperatorSolver<Exec> anasazi_operator_solver(const SolverOptions& options = {});

}  // namespace kswgd
