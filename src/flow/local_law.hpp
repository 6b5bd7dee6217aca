// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "normal_mixture.hpp"

#include <cmath>

namespace kswgd::detail {

/// E|X - y| - E|X - X'| / 2 over `count` draws from row `first` on, in the given coordinates, y row `row` of data (Gneiting, Raftery 2007).
double energy_score(const HostPoints& draws, Index first, Index count, const HostPoints& data, Index row, const std::vector<Index>& coordinates);

/// By how many standard errors the mean of paired scores a exceeds that of b; infinite scores are left out. 0 where none differ.
double errors_above(const std::vector<double>& a, const std::vector<double>& b);

/// Conditional laws as points of the joint one show them: those in a window around the given values, moved there along the regression in the window, quadratic
/// where there are points enough for it; and those of a mixture of normal laws. Draws are from either, by shares that the points near the condition tell.
class LocalLaw {
 public:
  struct Choice {
    double window = HUGE_VAL;  ///< in standard deviations of the given coordinates
    double of_mixture = 0;     ///< share of the draws that are the mixture's
  };

  /// points: of the law, in the library's coordinates; pinned: coordinates that are given; moved: those that follow the regression, the others stay as they
  /// are.
  LocalLaw(HostPoints points, std::vector<Index> pinned, std::vector<Index> moved);

  struct Draws {
    HostPoints points;     ///< count x e; the pinned coordinates are those given
    double effective = 0;  ///< how many independent draws the weighted points are worth; 0: too few for the regression, and no draws
  };
  /// Draws given the pinned coordinates of `at` (e of them); none of points that are equal to row `left_out`, and of the mixture of the half of the points
  /// without it. Without such a row draws that repeat a point are moved by some of the way to one of its neighbours.
  Draws draw(const double* at, const Choice& choice, Index count, const IndexedRandom& random, Index left_out = -1) const;

  /// Of the 150 points whose given coordinates are nearest to those of `at`, each left out for that, draws have a mean energy score (Gneiting, Raftery 2007).
  /// The window is the widest whose score exceeds that of the best window by less than half of its standard error. The mixture's share is 1 / (1 + exp(2 z +
  /// 2)), z the standard errors by which its score exceeds that of this window at the nearest 600.
  Choice best(const double* at) const;

  /// The `count` points whose given coordinates are nearest to those of `at` (all where there are fewer), the nearest first.
  std::vector<Index> nearest(const double* at, Index count) const;

  const HostPoints& points() const { return m_points; }
  const std::vector<Index>& free() const { return m_free; }

 private:
  std::vector<double> distances(const double* at) const;
  Draws draw_in_window(const double* at, double window, Index count, const IndexedRandom& random, Index left_out) const;
  std::vector<double> scores(const std::vector<Index>& near, const Choice& choice) const;

  HostPoints m_points;
  std::vector<Index> m_pinned, m_moved, m_free;  // free: all that are not pinned
  std::vector<double> m_deviation;               // of the pinned coordinates
  std::vector<NormalMixture> m_mixtures;         // of all points, and of either half; none where coordinates lie on a manifold or points are few
  std::vector<bool> m_in_second;                 // half, of each point
};

}  // namespace kswgd::detail
