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
  Index pool = 16384;  ///< draws on which Langevin steps are tried, 64 at each of some points of the data
  /// Langevin steps at most, in the free coordinates: many forget where draws began for the learned density. Fewer (20 short ones, or none) are taken where
  /// these bring draws at points of the data no nearer to them.
  int steps = 60;
  std::uint64_t seed = 0;
  /// Ranks that make the call together: they share the steps of the pool and of each condition's draws, and all get all draws.
  Reduction ranks = {};
};

struct ConditionalReport {
  /// Of each condition: how many independent draws the weighted points of the data are worth (below 100 the shares of its modes are uncertain by a tenth), the
  /// width of the window in standard deviations of the given columns (infinite: all points), and the share of the Langevin steps that were taken.
  std::vector<double> effective, windows, acceptance;
  std::vector<double> of_mixture;  ///< of each condition: the share of the draws that are a mixture's of normal laws
  int steps = 0;                   ///< Langevin steps that each draw was offered
  Index outside = 0;               ///< conditions beyond all data, whose draws are NaN
};

/// `each` draws for each condition, (conditions each) x d in the caller's units, one condition after the other.
///
/// A draw is a training point (of those that the model keeps) from a window around the given values, its free coordinates moved along the regression on the
/// given ones in that window, or one of a mixture of normal laws that was fitted to these points. The window's width and the mixture's share are chosen at each
/// condition by the energy score of the points nearest to it, each left out for that. Then Metropolis-adjusted Langevin steps on the learned log density with
/// the given columns pinned, where they bring draws at points of the data nearer to these by the same score. Cost: 80 evaluations of the pool; 2700 (k d + 2500
/// d) + each (steps + 1) p d a condition and some 100 K^2 k d^2 for the mixture, K its laws, for k points kept. Throws InvalidInput for a column that does not
/// exist, of a sphere or a torus, or given twice, for values that are not finite, and as LearnedPotential does. Synchronises the instance.
template <ExecutionSpace Exec>
Points<Exec> conditional_samples(const Exec& exec, const Model<Exec>& model, const Conditions& conditions, Index each, const ConditionalOptions& options = {},
                                 ConditionalReport* report = nullptr);

}  // namespace kswgd
