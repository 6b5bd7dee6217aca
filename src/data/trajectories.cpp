// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/data/trajectories.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <numeric>

namespace kswgd {

Index pair_count(const TrajectoryLayout& layout, Index lag) {
  Index pairs = 0;
  for (const Index length : layout.lengths) pairs += std::max<Index>(0, length - lag);
  return pairs;
}

void check_lengths(const TrajectoryLayout& layout, Index size, const char* function) {
  require_positive(layout.dt, function, "dt");
  require(std::all_of(layout.lengths.begin(), layout.lengths.end(), [](Index length) { return length >= 0; }) &&
              std::accumulate(layout.lengths.begin(), layout.lengths.end(), Index{0}) == size,
          function, [&] { return "the lengths of the trajectories must add up to the " + std::to_string(size) + " frames"; });
}

void check_layout(const TrajectoryLayout& layout, Index size, Index lag, const char* function) {
  require(lag >= 1, function, [&] { return "the lag must be at least 1 step, got " + std::to_string(lag); });
  check_lengths(layout, size, function);
  const Index pairs = pair_count(layout, lag);
  require(pairs > 0, function, [&] { return "no trajectory is longer than the lag of " + std::to_string(lag) + " steps"; });
  require(pairs >= 20, function, [&] {
    return "there are " + std::to_string(pairs) + " pairs at lag " + std::to_string(lag) + ", at least 20 are needed: take a shorter lag, or more frames";
  });
}

}  // namespace kswgd
