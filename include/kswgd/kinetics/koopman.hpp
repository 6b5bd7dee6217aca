// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <complex>
#include <kswgd/estimator/pair_moments.hpp>

/// @file
/// Koopman models without detailed balance: plain EDMD with complex pairs and the VAMP-2 score.

namespace kswgd {

/// Directions of the Gram matrix (in units of a unit diagonal) below this times the largest are left out: one-step
/// cross-kernel inverses without a cut are noise.
inline constexpr double default_truncation = 1e-8;

/// Plain EDMD's pairs: K v = mu v, K = G_x^{-1} C on the span of G_x's leading directions. The constant and its 1 stand first, then |mu|
/// descends (noise may bring it above 1). For data that are not reversible, and for comparison.
struct KoopmanPairs {
  std::vector<std::complex<double>> mu;
  /// -log(mu) / tau, in 1 / time: the real part is a decay rate (0 where |mu| > 1), the imaginary one an angular velocity, known up to 2 pi / tau.
  std::vector<std::complex<double>> rates;
  HostMatrix real, imaginary;  ///< p x r: the eigenfunction is psi . (real + i imaginary), E_x |phi|^2 = 1
  Index features = 0;          ///< p
};

/// From the moments of a set of features that have the constant 1 first, or in their span; `tau` is the lag time. `modes` pairs beside the constant, and one
/// more where the last would be half of a complex pair. Cost about 30 r^3 flops on the host. Throws Failure when LAPACK does not converge.
KoopmanPairs koopman_pairs(const PairMoments& moments, double tau, Index modes, double truncation = default_truncation);

/// VAMP-2 (Wu, Noe 2020) of the leading `modes` singular functions and the constant: || G_x^{-1/2} C G_y^{-1/2} ||_F^2 over
/// that many singular values; the constant adds 1. Largest possible for a dictionary, hence too large.
double vamp2(const PairMoments& moments, Index modes, double truncation = default_truncation);

/// Singular functions of `training`, scored on `test`: || (U^T G_x U)^{-1/2} U^T C V (V^T G_y V)^{-1/2} ||_F^2.
double vamp2(const PairMoments& training, const PairMoments& test, Index modes, double truncation = default_truncation);

struct VampOptions {
  BasisOptions basis = {.features = 100};
  Index folds = 5;
  Index modes = 5;  ///< singular functions beside the constant
};

struct VampScore {
  std::vector<double> cross_validated;  ///< mean over the folds, for each level of the dictionary
  std::vector<double> standard_error;   ///< over the folds
  std::vector<double> in_sample;
  std::vector<Index> features;  ///< of each level
  Index best = 0;               ///< the level with the largest cross-validated score
};

/// VAMP-2 of each level by K-fold cross-validation. Folds are whole trajectories, dealt out so that each fold has about the same
/// weight of pairs, where there are at least as many trajectories with weight as folds; else stretches of time of equal weight. Cost: 3 n p^2 flops and
/// (folds + 1) eigenproblems a level on the host. Throws InvalidInput as check_pairs does, and when a fold of trajectories has
/// fewer than 20 pairs with weight. Synchronises the instance.
template <ExecutionSpace Exec>
VampScore vamp2_score(const Exec& exec, const DataSet<Exec>& source, Index lag, const VampOptions& options = {});

/// Plain EDMD of trajectories, on the level that vamp2_score prefers. Synchronises the instance.
template <ExecutionSpace Exec>
KoopmanPairs fit_koopman(const Exec& exec, const DataSet<Exec>& source, Index lag, const VampOptions& options = {});

}  // namespace kswgd
