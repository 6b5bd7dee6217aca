// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/trajectories.hpp>
#include <kswgd/dictionary/any_dictionary.hpp>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/moments/fold_sums.hpp>
#include <kswgd/spectrum/read_out.hpp>

// Reversible EDMD on a given dictionary: what fit_edmd and the time scales share.
namespace kswgd::detail {

struct ReversiblePairs {
  RawReadOut raw;      ///< mu, in-sample and cross-fitted, of the level that was read
  Index features = 0;  ///< of that level
  Eigenpairs koopman;  ///< mu descending from the constant's 1, over those features
};

/// source: in the coordinates of the dictionary (Frame::inside). levels: how many features each level has, ascending. Folds are stretches of time.
template <ExecutionSpace Exec>
ReversiblePairs reversible_pairs(const Exec& exec, const DataSet<Exec>& source, Index lag, AnyDictionary<Exec>& dictionary, const std::vector<Index>& levels,
                                 Index modes, Index read_modes, const EigenSolver<Exec>& solver, const std::function<void(const char*, double)>& progress = {});

/// The same from sums over pairs, closed.
template <ExecutionSpace Exec>
ReversiblePairs reversible_pairs(const Exec& exec, const FoldSums<Exec>& sums, const std::vector<Index>& levels, Index modes, Index read_modes,
                                 const EigenSolver<Exec>& solver);

/// Puts rates, -log(mu) / tau, and their eigenfunctions into a model whose density is known.
template <ExecutionSpace Exec>
void put_rates(const Exec& exec, ModelData& model, const ReversiblePairs& pairs, double tau, const FitOptions<Exec>& options);

/// Of how many features the points have folds, beside the pairs, which tell the level of the log density: all where the levels hold all of them, since that
/// costs nothing, else at most a fifth.
Index density_features(const std::vector<Index>& levels, Index all);

}  // namespace kswgd::detail
