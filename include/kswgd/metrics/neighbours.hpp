// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>

/// @file
/// The order of points among themselves, which no distance between laws sees.

namespace kswgd {

/// The median over points of the distance to the nearest other one that stands elsewhere (rows that repeat another count once). points: n x d. NaN for
/// fewer than two places. Cost n^2 d. Synchronises the instance.
template <ExecutionSpace Exec>
double median_neighbour_distance(const Exec& exec, const Points<Exec>& points);

/// median_neighbour_distance of samples over that of as many points of the reference: 1 for independent draws, below it where samples gather on curves,
/// above where they keep away from each other. At most `most` of each side are looked at, spread evenly over the different rows. Where the reference has
/// ties so many that under 50 places are left, NaN. Cost 2 most^2 d.
template <ExecutionSpace Exec>
double neighbour_ratio(const Exec& exec, const Points<Exec>& samples, const Points<Exec>& reference, Index most = 2000);

/// The share of each point's `k` (at most 16) nearest others in the pool of both sets that belong to its own set (Schilling 1986, Henze 1988): .5 where the two
/// laws cannot be told apart, above where samples gather among themselves or stand where the reference does not. As many of each side are pooled, at most
/// `most`, spread evenly. Throws InvalidInput for fewer than 10 points on a side. Cost (2 most)^2 d. Synchronises the instance.
struct NeighbourShare {
  double value;  ///< of all points
  double error;  ///< standard deviation if the laws are the same: .6 / sqrt(2 n), for neighbours that share votes
};
template <ExecutionSpace Exec>
NeighbourShare neighbour_share(const Exec& exec, const Points<Exec>& samples, const Points<Exec>& reference, int k = 5, Index most = 2000);

}  // namespace kswgd
