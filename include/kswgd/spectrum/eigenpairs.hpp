// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <string>

/// @file
/// The eigenpairs of a fitted generator, and what a solver must report about them.

namespace kswgd {

/// What the solver did, with residuals that were recomputed from the matrices and not taken from the solver.
struct SolverReport {
  std::string solver;         ///< "anasazi block-krylov-schur", "lapack dense", ...
  Index wanted = 0;           ///< pairs asked for
  Index converged = 0;        ///< pairs whose true residual is below ten times the tolerance: solvers stop by estimates of their own
  Index iterations = 0;       ///< applications of the operator to one vector
  double worst_residual = 0;  ///< the largest true relative residual
};

/// Leading eigenpairs in the span of a dictionary, in the normalised coordinates. Pair 0 is the constant, exactly.
struct Eigenpairs {
  HostVector values;   ///< r + 1, ascending, values(0) = 0
  HostMatrix vectors;  ///< p x (r + 1), coefficients of the eigenfunctions; v_i^T G v_j = delta_ij
  /// r + 1: |S q - theta q| / |theta|, recomputed for the operator S = R^{-T} A R^{-1} whose eigenpairs these are
  /// (spectrum/solver.hpp). That is the relative residual of (D + rho w I) v = A v / theta in the norm of
  /// (D + rho w I)^{-1}; rho's own effect on lambda is not in it.
  HostVector residuals;
  SolverReport report;

  Index size() const { return static_cast<Index>(values.extent(0)); }
};

}  // namespace kswgd
