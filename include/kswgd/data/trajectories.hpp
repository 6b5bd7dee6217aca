// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <vector>

/// @file
/// How frames of trajectories lie in the rows of a source, and the pairs (x_t, x_{t + lag}) among them.

namespace kswgd {

/// How frames lie in the rows of a source: several trajectories, one after the other.
struct TrajectoryLayout {
  std::vector<Index> lengths;  ///< frames of each; they add up to the source's size
  double dt = 1;               ///< time between frames
};

/// Pairs at a lag; a trajectory that is not longer than the lag has none.
Index pair_count(const TrajectoryLayout& layout, Index lag);

/// Throws InvalidInput, naming the function, unless dt is positive and the lengths add up to the source's size.
void check_lengths(const TrajectoryLayout& layout, Index size, const char* function);

/// Throws InvalidInput, naming the function, unless the lag is at least 1, dt is positive, the lengths add up to the source's
/// size, and there are at least 20 pairs.
void check_layout(const TrajectoryLayout& layout, Index size, Index lag, const char* function);

}  // namespace kswgd
