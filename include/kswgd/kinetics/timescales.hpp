// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/trajectories.hpp>
#include <kswgd/estimator/basis.hpp>
#include <kswgd/spectrum/solver.hpp>

/// @file
/// Implied time scales over lags, with intervals; the Chapman-Kolmogorov check.

namespace kswgd {

template <ExecutionSpace Exec>
struct TimescaleOptions {
  BasisOptions basis = {};
  Index modes = 10;               ///< time scales for each lag
  Index bootstrap = 0;            ///< replicates; 0: no intervals
  double confidence = 0.9;        ///< of the intervals
  EigenSolver<Exec> solver = {};  ///< empty: LAPACK's dense one
  std::function<void(const char* stage, double done)> progress = {};
};

/// One row for each lag, `modes` entries each; NaN where in-sample and cross-fitted time scales differ by more than half or mu is below 7 / sqrt(effective
/// pairs), which noise reaches among ten modes (pairs without weight do not count), or there is no interval. Times are in the unit of
/// source.trajectories().dt.
struct ImpliedTimescales {
  std::vector<Index> lags;
  std::vector<std::vector<double>> timescales, low, high;
  std::vector<Index> blocks;  ///< stretches of time that the bootstrap drew from, for each lag
};

/// Implied time scales t_k = -tau / log(mu_k) of reversible EDMD at each lag tau: the geometric mean of the in-sample and the
/// cross-fitted values of the level with the largest cross-fitted mu of ten modes (of more where more are asked for), so that a time scale does not
/// depend on how many others are asked for. The dictionary is the same for all lags.
///
/// Intervals come from a block bootstrap: stretches of time, longer than the lag and than twice the slowest time scale where
/// there are enough (10 to 100 of them), are drawn with replacement, and the pencil is solved again in the span of the leading
/// modes, which has all that changes an eigenvalue to first order. Its quantiles, relative to its median, are put around the
/// time scale, and widened by half of what lies between the in-sample and the cross-fitted value, taken as a standard error. Cost: for each lag 3 n p^2 flops,
/// six eigenproblems a level, and 4 n p r flops for the intervals. Throws InvalidInput as check_pairs does, for the lag that it names. Synchronises the
/// instance.
template <ExecutionSpace Exec>
ImpliedTimescales implied_timescales(const Exec& exec, const DataSet<Exec>& source, const std::vector<Index>& lags, const TimescaleOptions<Exec>& options = {});

/// Autocorrelations of the leading modes at multiples of a lag, predicted and found.
struct ChapmanKolmogorov {
  std::vector<Index> lags;                                ///< 1, 2, ..., multiples of the lag, in steps
  std::vector<std::vector<double>> predicted, estimated;  ///< row m - 1: mu_k^m, and the correlation of mode k at m lags
  std::vector<std::vector<double>> low, high;             ///< interval of the estimate minus the prediction; NaN without bootstrap
};

/// If the modes of the lag are Markovian, mode k decays as mu_k^m over m lags (Chapman, Kolmogorov). Modes are those of
/// reversible EDMD at the lag; an interval of (estimated - predicted) that does not hold 0 speaks against the lag or the
/// dictionary. Throws InvalidInput as check_pairs does for the longest lag, and unless multiples >= 2.
template <ExecutionSpace Exec>
ChapmanKolmogorov chapman_kolmogorov(const Exec& exec, const DataSet<Exec>& source, Index lag, Index multiples, const TimescaleOptions<Exec>& options = {});

}  // namespace kswgd
