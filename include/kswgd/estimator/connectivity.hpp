// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <kswgd/geometry/geometry.hpp>
#include <string>

/// @file
/// Whether trajectories connect all that they visit. Regions between which none ever goes have each an invariant law of its own, and
/// nothing in the data says how much weight one has beside the other.

namespace kswgd {

/// A part of what trajectories visit.
struct Region {
  std::vector<double> centre;       ///< mean of its frames, in the caller's coordinates (along a circle by the angle)
  double share = 0;                 ///< of the frames with weight
  std::vector<Index> trajectories;  ///< those that have frames in it, ascending
};

struct Connectivity {
  std::vector<Region> closed;   ///< entered or begun in and never left for another region, the largest first: one invariant law each
  std::vector<Region> left;     ///< left and never entered again: they have no weight in equilibrium
  std::vector<Index> leavings;  ///< for each of `left`: how often frames go from it into another region

  /// Whether there are several invariant laws: two closed regions with a twentieth of the frames each.
  bool has_several_laws() const;
  /// A sentence on the regions, naming centres, shares and trajectories; empty where one closed region holds nearly all frames.
  std::string sentence() const;
};

/// Cuts space into about 50 cells around k-means landmarks, and follows the trajectories from frame to frame with weight: regions are sets of
/// cells each of which is reached from each other. Regions with fewer than 20 steps of their own, and less than a hundredth of the frames
/// (closed) or a twentieth (left), are not named: a trajectory may end in a cell that no other enters. Cost: n p d for p = 50 cells
/// and k-means on at most 2^14 points. Synchronises the instance.
template <ExecutionSpace Exec>
Connectivity connectivity(const Exec& exec, const DataSet<Exec>& source, const GeometryData& geometry = {}, std::uint64_t seed = 0);

}  // namespace kswgd
