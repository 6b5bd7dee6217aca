// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/landmarks.hpp>

#include <algorithm>
#include <vector>

namespace kswgd::detail {

/// The read-out looks at levels with at most this many landmarks of their own: finer ones overfit more and cost p^2 a fold.
constexpr Index finest_read_out = 400;

/// How many features each level has that the read-out looks at.
inline std::vector<Index> read_out_features(const std::vector<LevelData>& levels) {
  std::vector<Index> features;
  for (const LevelData& level : levels)
    if (features.empty() || level.last_landmark - level.first_landmark <= finest_read_out) features.push_back(level.features);
  return features;
}

/// Whether moments of `drawn` rows in place of all n save enough time for the second pass over them.
inline bool saves_rows(double drawn, Index n) { return drawn < static_cast<double>(n) / 1.5; }

/// Landmarks are sought among at most this many points, spread over the data.
constexpr Index most_landmark_candidates = Index{1} << 17;
/// Points that the model keeps for starts and monitors.
constexpr Index most_kept = 4096;

/// Points kept back for the monitors where nobody says how many.
inline Index automatic_hold_out(Index n) { return n < 20000 ? 0 : std::min<Index>(n / 400, 1000); }

/// Whether `points` points in d dimensions can carry the features x_i x_j, and p^2 is not theirs alone (63 dimensions).
inline bool carries_quadratics(Index points, Index d) {
  constexpr Index most = 2100;
  return 1 + d + d * (d + 1) / 2 <= std::min(points / 2, most);
}

/// Where not, whether they can carry the x_i^2: without these, narrow columns spread to many times their width.
inline bool carries_squares(Index points, Index d) { return !carries_quadratics(points, d) && 2 * d < points; }

}  // namespace kswgd::detail
