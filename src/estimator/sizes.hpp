// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "../model/few_rows.hpp"

#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace kswgd::detail {

/// The read-out looks at levels with at most this many landmarks of their own: finer ones overfit more and cost p^2 a fold.
constexpr Index finest_read_out = 400;

/// A fit takes at least so many different rows that have weight: of two there is one difference, which says nothing of its law.
constexpr Index fewest_fitted = 3;
inline void require_rows(Index rows) {
  require(rows >= fewest_fitted, "fit", [&] { return "at least " + std::to_string(fewest_fitted) + " points are needed, got " + std::to_string(rows); });
}

/// rows: different ones that have weight.
inline void require_different_rows(Index rows, Index weightless) {
  require(rows > 1 || weightless > 0, "fit", [] { return "all points are the same: there is nothing to learn"; });
  require(rows >= fewest_fitted, "fit", [&] {
    return "the data have too few distinct points: at least " + std::to_string(fewest_fitted) + " that have weight are needed, got " + std::to_string(rows);
  });
}

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
