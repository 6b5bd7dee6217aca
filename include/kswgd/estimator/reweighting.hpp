// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/estimator/pair_moments.hpp>
#include <string>

/// @file
/// Weights that turn short trajectories, which are not in equilibrium yet, into the equilibrium law.

namespace kswgd {

struct ReweightingOptions {
  BasisOptions basis = {.features = 100};  ///< 193 Gaussians in all: a left eigenvector of more is noise
  double truncation = 1e-4;                ///< directions of the Gram matrix below this, relative, are noise: too many and the eigenvector is one of theirs
  std::function<void(const std::string&)> note = {};  ///< hears what is doubtful: regions that are never entered again, few crossings
};

/// Weights (mean 1, one for each frame) that turn frames of trajectories which are not in equilibrium yet into the equilibrium law
/// (Wu, Nueske, Paul, Klus, Koltai, Noe 2017): w(x) = max(0, psi(x) . u), u^T C = u^T G_x, from the left eigenvector of plain
/// EDMD at the eigenvalue nearest 1, over {1, Gaussians}. They need trajectories that visit all that has weight, locally in
/// equilibrium, and a lag in which frames move between Gaussians. Then fit_generator on the source with these weights.
/// Throws InvalidInput as check_pairs does, and when the trajectories do not connect what they visit (estimator/connectivity.hpp): there are
/// then several invariant laws, and their weights beside each other are not in the data. Failure when all weights vanish. Synchronises the instance.
template <ExecutionSpace Exec>
std::vector<double> equilibrium_weights(const Exec& exec, const DataSet<Exec>& source, Index lag, const ReweightingOptions& options = {});

}  // namespace kswgd
