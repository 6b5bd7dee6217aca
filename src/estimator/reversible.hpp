// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/trajectories.hpp>
#include <kswgd/dictionary/any_dictionary.hpp>
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

}  // namespace kswgd::detail
