// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>

#include <cmath>
#include <vector>

// How far draws lie from a law, as a measure for samples of it.
namespace kswgd::detail {

/// The distance of `count` draws from these points, with replacement; `repeat` numbers independent ones. Synchronises the instance.
template <class Exec>
double distance_of_draws(const Exec& exec, const SlicedWasserstein<Exec>& distance, const Points<Exec>& points, Index count, std::uint64_t repeat) {
  const IndexedRandom random(repeat, streams::monitor_floor);
  std::vector<Index> drawn;
  for (Index i = 0; i < count; ++i) drawn.push_back(static_cast<Index>(random.below(static_cast<std::uint64_t>(rows(points)), static_cast<std::uint64_t>(i))));
  return distance(exec, take_rows(exec, points, drawn));
}

/// The mean of three of these.
template <class Exec>
double mean_distance_of_draws(const Exec& exec, const SlicedWasserstein<Exec>& distance, const Points<Exec>& points, Index count) {
  double sum = 0;
  for (std::uint64_t repeat = 0; repeat < 3; ++repeat) sum += distance_of_draws(exec, distance, points, count, repeat) / 3;
  return sum;
}

/// `some` of `all` points, taken evenly, have an error of their own as a picture of all: by so much lie `count` draws from all of them farther from these than
/// `count` draws from these do.
inline double error_of_some(double count, double some, double all) { return some < all ? std::sqrt(1 + count / some * (1 - some / all)) : 1; }

}  // namespace kswgd::detail
