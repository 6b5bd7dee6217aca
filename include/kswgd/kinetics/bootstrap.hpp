// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/data/data_set.hpp>
#include <kswgd/model/model_data.hpp>

/// @file
/// Intervals by drawing blocks of the data with replacement (Kuensch 1989): blocks, because neighbouring frames say the same.

namespace kswgd {

struct Interval {
  double low = 0, high = 0;
};

/// Values of each replicate: statistic(multiplicity) with multiplicity(b) = how often block b was drawn (they add up to
/// `blocks`). Replicate j depends on (seed, j) alone.
std::vector<std::vector<double>> bootstrap(Index blocks, Index replicates, std::uint64_t seed,
                                           const std::function<std::vector<double>(const std::vector<double>& multiplicity)>& statistic);

/// The interval of a positive quantity: the replicates' logarithms, relative to their median and widened by
/// sqrt(B / (B - 1)) for B blocks, around `value`. NaN where fewer than half of the replicates are positive numbers.
Interval ratio_interval(double value, std::vector<double> replicates, Index blocks, double confidence);

/// The interval of any quantity: the same with differences in place of ratios.
Interval difference_interval(double value, std::vector<double> replicates, Index blocks, double confidence);

struct EigenvalueIntervals {
  std::vector<double> values;  ///< the read-out's (the fitted ones where there is none), without the constant's 0
  std::vector<Interval> intervals;
  Index blocks = 0;
};

struct IntervalOptions {
  Index replicates = 200;
  Index blocks = 50;  ///< stretches of rows of equal weight; they must be longer than the data remember (for independent samples any will do)
  Index modes = 10;   ///< at most as many as the model has
  double confidence = 0.9;
  std::uint64_t seed = 0;
};

/// Intervals of the eigenvalues of a model of fit_generator, from the data that it was fitted to (weights count): the Dirichlet
/// form and the Gram matrix of the leading modes are drawn again, block by block (of equal weight), and the interval is widened by half of
/// what lies between the in-sample and the cross-fitted value, taken as a standard error. Cost: n p r (1 + d) flops. Throws
/// InvalidInput when the data have another dimension than the model, or fewer rows than blocks, and for models of another estimator. Synchronises the instance.
template <ExecutionSpace Exec>
EigenvalueIntervals eigenvalue_intervals(const Exec& exec, const DataSet<Exec>& source, const ModelData& model, const IntervalOptions& options = {});

}  // namespace kswgd
