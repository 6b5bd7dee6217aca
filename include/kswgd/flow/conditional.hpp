// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/flow/polish.hpp>

/// @file
/// Draws of p(x | some columns), by the learned log density: the score of a conditional law is that of the joint one in the free coordinates.

namespace kswgd {

/// Columns that are given, and conditions: their values, one row for each.
struct Conditions {
  std::vector<Index> columns;  ///< of the caller's coordinates, each once, at least one and not all
  HostPoints values;           ///< conditions x columns
};

struct ConditionalOptions {
  Index pool = 16384;  ///< joint samples that are moved to each condition
  int steps = 60;      ///< Langevin steps after that, in the free coordinates: many forget the flow's samples for the learned density, which is smoother
  std::uint64_t seed = 0;
  /// Ranks that make the call together: they share the pool's flow and the draws of each condition, and all get all draws.
  Reduction ranks = {};
};

struct ConditionalReport {
  /// Of each condition: how many independent draws the weighted pool is worth (below 100 the shares of its modes are uncertain by a tenth), and the share
  /// of the Langevin steps that were taken.
  std::vector<double> effective, acceptance;
  Index outside = 0;  ///< conditions beyond all data, whose draws are NaN
};

/// `each` draws for each condition, (conditions each) x d in the caller's units, one condition after the other.
///
/// Joint samples x of the flow get the given columns' values. Where they had u and get v, their other coordinates are draws of p(. | u), and worth
/// pi(x at v) / pi(x) as draws of p(. | v), whatever u was: their weights are these ratios of the learned density, times a window around v whose width
/// gives the most effective draws. The free coordinates stay as they are or move along with v - u by the regression on the given ones, whichever is worth more.
/// They are resampled by weight (systematically) and moved by Metropolis-adjusted Langevin steps with the given columns pinned, which leaves the conditional
/// law invariant. Cost: one flow of the pool, and (pool + each (steps + 1)) p d a condition. Throws InvalidInput for a column that does not exist, of a sphere
/// or a torus, or given twice, for values that are not finite, and as LearnedPotential does. Synchronises the instance.
template <ExecutionSpace Exec>
Points<Exec> conditional_samples(const Exec& exec, const Model<Exec>& model, const Conditions& conditions, Index each, const ConditionalOptions& options = {},
                                 ConditionalReport* report = nullptr);

}  // namespace kswgd
