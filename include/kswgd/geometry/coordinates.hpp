// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <kswgd/geometry/coordinate_map.hpp>
#include <kswgd/geometry/geometry.hpp>

/// @file
/// Which coordinates features should see, from robust numbers of each column.

namespace kswgd {

/// What one column looks like; of at most 2^15 rows, weights count.
struct ColumnShape {
  double median = 0;
  double deviation = 0;     ///< standard deviation, values farther than 20 widths from the median put there
  double width = 0;         ///< robust standard deviation: the distance between the quantiles .1 and .9 over 2.563; 0 where these are equal
  double skewness = 0;      ///< L-skewness t3 (Hosking 1990): 0 of a symmetric law, 1/3 of an exponential one
  double kurtosis = 0;      ///< L-kurtosis t4: 0 of a uniform law, .1226 of a normal one; below 0: two modes
  double reach = 0;         ///< distance of the farthest value from the median, in widths
  Index modes = 1;          ///< peaks of a smoothed density that hold mass of their own and stand apart
  double largest_atom = 0;  ///< share of the most frequent value
};

/// Of one column. weights: one for each value, or none (all 1). Throws InvalidInput when there are no values.
ColumnShape shape_of(std::vector<double> values, std::vector<double> weights = {});

/// The normal score of a column, Phi^{-1} of its distribution function made smooth: the spline through at most 31 knots at which the score
/// goes up evenly from that of the smallest value to that of the largest, so that one wild row is a knot and no more. Knots closer
/// together than a hundredth of the spacing that a normal column would have are one: equal values, and a spike, give no vertical piece.
/// A column with too few different values for that has the factor 1 / deviation.
CoordinateMap normal_score(std::vector<double> values, std::vector<double> weights = {});

/// The column divided by its deviation between its quantiles .005 and .995, stretched where the farthest values lie so far beyond these that they would rule
/// all distances: these are a few deviations away then, in their order.
CoordinateMap standardised(std::vector<double> values, std::vector<double> weights = {});

/// What may be chosen.
struct CoordinateOptions {
  Coordinates coordinates = Coordinates::given;
  double most_width_ratio = 5;  ///< `automatic`: columns whose widths differ by no more are comparable
  bool scores = true;           ///< `automatic`: normal scores may be chosen; they press barriers together, where slow modes live
  std::uint64_t seed = 0;       ///< of the rows that are looked at
};

struct CoordinateChoice {
  std::vector<CoordinateMap> maps;  ///< of each column of the embedding; none: the identity
  double length = 0;                ///< the largest standard deviation of a column, in the caller's units; robust
};

/// The maps of the columns of data in the embedding of `geometry`. Columns of one manifold factor have one factor.
///
/// `automatic`: the identity for a single well-behaved column, and where the columns' widths differ by a factor of 5 or less and none is far from
/// normal (|t3| > .45 or t4 > .36) or has a value farther than 30 widths away. Else columns are divided by their deviation, and where a column of one
/// mode has skew (|t3| > .15) or tails (t4 > .2), all of one mode get their normal score. See docs/method.md for the measurements behind these numbers.
/// One walk over part of the data. Synchronises the instance.
template <ExecutionSpace Exec>
CoordinateChoice coordinate_maps(const Exec& exec, const DataSet<Exec>& embedded, const GeometryData& geometry, const CoordinateOptions& options);

}  // namespace kswgd
