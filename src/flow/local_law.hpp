// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <kswgd/support/random.hpp>
#include <vector>

namespace kswgd::detail {

/// Conditional laws as points of the joint one show them: those in a window around the given values, moved there along the regression in the window, quadratic
/// where there are points enough for it.
class LocalLaw {
 public:
  /// points: of the law, in the library's coordinates; pinned: coordinates that are given; moved: those that follow the regression, the others stay as they
  /// are.
  LocalLaw(HostPoints points, std::vector<Index> pinned, std::vector<Index> moved);

  struct Draws {
    HostPoints points;     ///< count x e; the pinned coordinates are those given
    double effective = 0;  ///< how many independent draws the weighted points are worth; 0: too few for the regression, and no draws
  };
  /// Draws given the pinned coordinates of `at` (e of them), `window` standard deviations wide; none of points that are equal to row `left_out`.
  Draws draw(const double* at, double window, Index count, const IndexedRandom& random, Index left_out = -1) const;

  /// The widest window whose draws are as near as those of the best one to the points whose given coordinates are nearest, 150 at most, each left out for that:
  /// their mean energy score (Gneiting, Raftery 2007) exceeds that of the best by less than half of its standard error.
  double best_window(const double* at) const;

 private:
  std::vector<double> distances(const double* at) const;

  HostPoints m_points;
  std::vector<Index> m_pinned, m_moved, m_free;  // free: all that are not pinned
  std::vector<double> m_deviation;               // of the pinned coordinates
};

}  // namespace kswgd::detail
