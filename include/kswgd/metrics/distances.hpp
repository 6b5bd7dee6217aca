// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/metrics/weighted_points.hpp>

/// @file
/// Distances between two sets of points, seen as laws. A value means little without that of as many independent draws: see
/// metrics/score.hpp. Points are n x d Views of float or double, of any layout, in memory that the instance reaches; what is
/// not a Points<Exec> already is copied once. Each set may have weights: {points, weights}, or with_weights (weighted_points.hpp).
/// Throws InvalidInput for weights that are not one for each point, finite, not negative, and positive somewhere.

namespace kswgd {

struct SlicedOptions {
  Index directions = 100;
  Index quantiles = 1000;  ///< compared at (k + 1/2) / quantiles
  std::uint64_t seed = 0;  ///< of the directions
};

/// Sliced Wasserstein-2 distance to a fixed reference, whose quantiles are kept: the root of the mean square over random directions
/// and quantiles. In the points' unit of length. Cost: directions (n d + n log n).
///
/// Quantiles of plain points are linear between order statistics. Where either side has weights, those of both are the inverse of the
/// distribution function, which is a step function: a row of weight 2 is then the same as two rows of weight 1.
template <ExecutionSpace Exec>
class SlicedWasserstein {
 public:
  /// reference: m x d. Throws InvalidInput when it is empty or not finite.
  SlicedWasserstein(const Exec& exec, const WeightedPoints<Exec>& reference, const SlicedOptions& options = {});
  /// points: n x d, any n >= 1. Throws InvalidInput when one is not finite. Synchronises the instance.
  double operator()(const Exec& exec, const WeightedPoints<Exec>& points) const;

  template <class View>
  requires detail::NeedsCopy<Exec, View> SlicedWasserstein(const Exec& exec, const View& reference, const SlicedOptions& options = {})
      : SlicedWasserstein(exec, detail::canonical(exec, reference), options) {}
  template <class View>
  requires detail::NeedsCopy<Exec, View>
  double operator()(const Exec& exec, const View& points) const { return (*this)(exec, detail::canonical(exec, points)); }

 private:
  SlicedOptions m_options;
  Matrix<Exec> m_directions;  // d x directions
  HostMatrix m_quantiles;     // quantiles x directions, linear between order statistics; empty where the reference has weights
  HostMatrix m_steps;         // quantiles x directions, values of the inverse distribution function
};

struct EnergyOptions {
  Index most_points = 63000;  ///< of each side that are compared; 63,000^2 is about 4e9 pairs
};

/// sqrt(2 E|X - Y| - E|X - X'| - E|Y - Y'|), with the pairs X = X' counted (V-statistic: never negative). Weights: a pair counts
/// with the product of the two. Szekely, Rizzo 2013. A side with more than most_points points is represented by that many of its
/// rows, one from each of as many stretches of equal weight, always the same ones. Throws InvalidInput when a side is empty or not finite.
/// Cost: (n + m)^2 d; nothing n x m is stored. Synchronises the instance.
template <ExecutionSpace Exec>
double energy_distance(const Exec& exec, const std::type_identity_t<WeightedPoints<Exec>>& x, const std::type_identity_t<WeightedPoints<Exec>>& y,
                       const EnergyOptions& options = {});

struct Mmd {
  double value = 0;    ///< sqrt(max(0, squared))
  double squared = 0;  ///< unbiased: may be negative
};

/// Maximum mean discrepancy, unbiased (Gretton et al. 2012), with the mean of five Gaussian kernels of widths 1/4, 1/2, 1, 2
/// and 4 times `width`. Weights: a pair of different rows counts with the product of the two, sum_{i != j} w_i w_j k_ij /
/// ((sum w)^2 - sum w^2), which is unbiased for independent rows whose weight is a density ratio. Cost: (n + m)^2 d; nothing n x m
/// is stored. Needs two points (of positive weight) on each side, all finite.
template <ExecutionSpace Exec>
Mmd mmd(const Exec& exec, const std::type_identity_t<WeightedPoints<Exec>>& x, const std::type_identity_t<WeightedPoints<Exec>>& y, double width);

/// Median distance between points of a set, from at most 1000 of them (by their weights): the width for mmd, taken from the reference alone.
template <ExecutionSpace Exec>
double median_distance(const Exec& exec, const std::type_identity_t<WeightedPoints<Exec>>& points);

/// Median distance of the samples to their nearest training point, over the same for points that were held out: near 1 for
/// new samples, near 0 for copies of the training data. Medians are by weight; a training point of weight 0 is none. Throws
/// InvalidInput when half of the held-out points are training points: nothing is then held out. Cost: (n + h) m d.
template <ExecutionSpace Exec>
double memorisation_ratio(const Exec& exec, const std::type_identity_t<WeightedPoints<Exec>>& samples,
                          const std::type_identity_t<WeightedPoints<Exec>>& training, const std::type_identity_t<WeightedPoints<Exec>>& held_out);

template <ExecutionSpace Exec, class X, class Y>
requires detail::NeedsCopy<Exec, X, Y>
double energy_distance(const Exec& exec, const X& x, const Y& y, const EnergyOptions& options = {}) {
  return energy_distance(exec, detail::canonical(exec, x), detail::canonical(exec, y), options);
}

template <ExecutionSpace Exec, class X, class Y>
requires detail::NeedsCopy<Exec, X, Y> Mmd mmd(const Exec& exec, const X& x, const Y& y, double width) {
  return mmd(exec, detail::canonical(exec, x), detail::canonical(exec, y), width);
}

template <ExecutionSpace Exec, class View>
requires detail::NeedsCopy<Exec, View>
double median_distance(const Exec& exec, const View& points) { return median_distance(exec, detail::canonical(exec, points)); }

template <ExecutionSpace Exec, class X, class Y, class Z>
requires detail::NeedsCopy<Exec, X, Y, Z>
double memorisation_ratio(const Exec& exec, const X& samples, const Y& training, const Z& held_out) {
  return memorisation_ratio(exec, detail::canonical(exec, samples), detail::canonical(exec, training), detail::canonical(exec, held_out));
}

}  // namespace kswgd
