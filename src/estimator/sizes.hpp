// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <algorithm>
#include <kswgd/support/execution.hpp>

namespace kswgd::detail {

/// The read-out looks at levels with at most this many landmarks of their own: finer ones overfit more and cost p^2 a fold.
constexpr Index finest_read_out = 400;

/// Whether `points` points in d dimensions can carry the features x_i x_j, and p^2 is not theirs alone (63 dimensions).
inline bool carries_quadratics(Index points, Index d) {
  constexpr Index most = 2100;
  return 1 + d + d * (d + 1) / 2 <= std::min(points / 2, most);
}

}  // namespace kswgd::detail
