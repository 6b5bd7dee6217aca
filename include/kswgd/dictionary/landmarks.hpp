// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <kswgd/support/reduction.hpp>
#include <vector>

/// @file
/// Where the Gaussians stand and how wide they are: k-means landmarks, level by level.

namespace kswgd {

/// One level of the flow: how many features it has, where its landmarks are, and how far its particles may step.
struct LevelData {
  Index first_landmark = 0;  ///< its own landmarks are [first_landmark, last_landmark) of all levels'
  Index last_landmark = 0;
  double width = 0;    ///< h_l: width of its own Gaussians and longest step of a particle, normalised
  double guard = 0;    ///< g_l: 0.999 quantile of the data's distance to the nearest own landmark, normalised
  Index features = 0;  ///< its dictionary is the first `features` features; of Gaussians those of [0, last_landmark)
};

struct LandmarkOptions {
  Index finest = 0;      ///< landmarks of the finest level; 0: by the number of points (400, 800 or 1600)
  double bandwidth = 0;  ///< width of the finest level's Gaussians, normalised; 0: by the rule; the other levels in proportion
  std::uint64_t seed = 0;
  Reduction ranks = {};  ///< ranks that hold the same sample and make the call together: each assigns a share of it, and all get the bits of one
};

/// The landmarks of all levels, level after level, and the levels themselves.
struct NestedLandmarks {
  HostPoints landmarks;           ///< p_g x d
  HostVector widths;              ///< p_g
  std::vector<LevelData> levels;  ///< their `features` are not set: they depend on the dictionary
};

/// How many landmarks each level asks for: 6 12 25 50 100 200 400, then 800 when n >= 20,000 and 1600 when n >= 40,000, none
/// more than n / 2 (four of fewer than eight); with `finest` > 0 doubled on while not above `finest` and n / 20, and cut at `finest`.
std::vector<Index> level_sizes(Index points, Index finest = 0);

/// k-means landmarks of each level (10 Lloyd steps from random data points; clusters with fewer than 3 members and repeated
/// landmarks are dropped), width c_l x (median distance of a landmark to its nearest neighbour), c_l = 2 below 100 landmarks
/// and 1 + 1/D from there on, D the intrinsic dimension that the spacing of the last three levels shows.
///
/// sample: points in the normalised coordinates, m x d. points: how many the data have in all (for level_sizes).
/// Centroids are summed in 64-bit integers, so the result is the same on every backend and thread count.
/// Throws InvalidInput when the sample has fewer than 3 distinct points. Cost: 10 m d sum(p_l). Synchronises the instance.
template <ExecutionSpace Exec>
NestedLandmarks nested_landmarks(const Exec& exec, const Points<Exec>& sample, Index points, const LandmarkOptions& options = {});

/// The distance of each of the first n points to the nearest of the landmarks: distance(i), and its index. x is n x d,
/// landmarks are p x d. Cost n p d.
template <ExecutionSpace Exec>
void nearest_landmark(const Exec& exec, const Points<Exec>& x, const Points<Exec>& landmarks, const Vector<Exec>& distance, const Vector<Exec, int>& index);

}  // namespace kswgd
