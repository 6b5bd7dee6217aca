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

}  // namespace kswgd
