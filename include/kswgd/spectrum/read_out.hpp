// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/spectrum/generator_pairs.hpp>
#include <vector>

/// @file
/// The spectrum to read. The dictionary that moves particles best overfits: its eigenvalues are too small. Cross-fitted Ritz
/// values are too large. The geometric mean of the two is close to the truth.

namespace kswgd {

/// A quadratic form beside the Gram matrix, over the same part of the data.
template <ExecutionSpace Exec>
struct Forms {
  Matrix<Exec> gram;
  Matrix<Exec> form;  ///< the Dirichlet form D, or the lagged correlation C
  double weight = 0;
};

/// The parts that a read-out needs: all data, and all but fold k on the first `features` features. Averages over data are meant: what the
/// fold alone has is taken as the difference of their sums.
template <ExecutionSpace Exec>
struct FoldedForms {
  Forms<Exec> all;
  std::function<Forms<Exec>(const Exec&, int fold, Index features)> without;  ///< called from several threads, each with an instance of its own
  int folds = 5;
  const Eigenpairs* known = nullptr;  ///< those of all data and all features, where they are known already
};

enum class Operator {
  generator,  ///< D against G, the constant known
  koopman,    ///< sym(C) against G, the constant known
  killed,     ///< D + E[c psi psi^T] against G; the ground state is read as well
};

struct RawReadOut {
  std::vector<double> in_sample;     ///< of the fit to all data, without the constant (with the ground state)
  std::vector<double> cross_fitted;  ///< Ritz values of modes fitted without a fold, on that fold
  /// Standard error: the jackknife's over the folds, widened as Student's t asks for so few, and half of what lies between the two values,
  /// added by squares. 1.645 of it make an interval of 90 %. (Of Koopman eigenvalues: such that spread / mu is that of -log mu.)
  std::vector<double> spread;
  int level = -1;  ///< index into level_features; -1: no level is large enough
};

/// For each level (its first features, ascending), until two in a row are worse than the best, fits without each fold, takes that fold's moments on the leading
/// modes rotated onto those of the full fit, adds over the folds, and solves the small problem. Modes are rotated within clusters alone
/// whose eigenvalues lie closer than a factor 1.3 (for Koopman eigenvalues their -log mu). The level with the smallest sum of the first ten cross-fitted
/// eigenvalues (largest, for Koopman eigenvalues mu) is read. A level on which a factorisation fails, with or without a fold, is left out. Cost: (1 + folds)
/// eigenproblems a level, to residuals of 1e-3: values are known to the square of that. Those without a fold start from the modes of all data, those of a level
/// from the level's before. On OpenMP folds are solved side by side: the solver is called from several threads.
template <ExecutionSpace Exec>
RawReadOut read_out(const Exec& exec, const FoldedForms<Exec>& forms, const std::vector<Index>& level_features, Index modes, Operator which,
                    const EigenSolver<Exec>& solver);

}  // namespace kswgd
