// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <vector>

/// @file
/// Distances between two sets of points, seen as laws. A value means little without that of as many independent draws: see
/// metrics/score.hpp.

namespace kswgd {

struct SlicedOptions {
  Index directions = 100;
  Index quantiles = 1000;  ///< compared at (k + 1/2) / quantiles, linear between order statistics
  std::uint64_t seed = 0;  ///< of the directions
};

/// Sliced Wasserstein-2 distance to a fixed reference, whose sorted projections are kept: the root of the mean square over
/// random directions and quantiles. In the points' unit of length. Cost: directions (n d + n log n).
template <ExecutionSpace Exec>
class SlicedWasserstein {
 public:
  /// reference: m x d. Throws InvalidInput when it is empty.
  SlicedWasserstein(const Exec& exec, const Points<Exec>& reference, const SlicedOptions& options = {});
  /// points: n x d, any n >= 1. Synchronises the instance.
  double operator()(const Exec& exec, const Points<Exec>& points) const;

 private:
  SlicedOptions m_options;
  Matrix<Exec> m_directions;  // d x directions
  HostMatrix m_quantiles;     // quantiles x directions
};

/// sqrt(2 E|X - Y| - E|X - X'| - E|Y - Y'|), with the pairs X = X' counted (V-statistic: never negative).
/// Szekely, Rizzo 2013. Cost: (n + m)^2 d; nothing n x m is stored. Synchronises the instance.
template <ExecutionSpace Exec>
double energy_distance(const Exec& exec, const Points<Exec>& x, const Points<Exec>& y);

struct Mmd {
  double value = 0;   ///< sqrt(max(0, squared))
  double squared = 0; ///< unbiased: may be negative
};

/// Maximum mean discrepancy, unbiased (Gretton et al. 2012), with the mean of five Gaussian kernels of widths 1/4, 1/2, 1, 2
/// and 4 times `width`. Cost: (n + m)^2 d; nothing n x m is stored. Needs two points on each side.
template <ExecutionSpace Exec>
Mmd mmd(const Exec& exec, const Points<Exec>& x, const Points<Exec>& y, double width);

/// Median distance between points of a set, from at most 1000 of them: the width for mmd, taken from the reference alone.
template <ExecutionSpace Exec>
double median_distance(const Exec& exec, const Points<Exec>& points);

/// Median distance of the samples to their nearest training point, over the same for points that were held out: near 1 for
/// new samples, near 0 for copies of the training data. Cost: (n + h) m d.
template <ExecutionSpace Exec>
double memorisation_ratio(const Exec& exec, const Points<Exec>& samples, const Points<Exec>& training, const Points<Exec>& held_out);

/// The rows of a set of points.
template <ExecutionSpace Exec>
Points<Exec> take_rows(const Exec& exec, const Points<Exec>& points, const std::vector<Index>& rows);

}  // namespace kswgd
