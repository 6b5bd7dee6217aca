// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/check.hpp>
#include <kswgd/support/execution.hpp>

#include <string>

namespace kswgd::detail {

/// Names the first coordinate, row by row, that is not finite. A NaN would otherwise end in a number (or, in a sort, nowhere).
template <ExecutionSpace Exec>
void require_finite(const Exec& exec, const Points<Exec>& points, const char* function, const char* what) {
  const Index d = columns(points), count = rows(points) * d;
  Index first = count;
  Kokkos::parallel_reduce(
      "kswgd::metrics::finite", index_range(exec, count),
      KOKKOS_LAMBDA(Index item, Index & least) {
        if (item < least && !Kokkos::isfinite(points(item / d, item % d))) least = item;
      },
      Kokkos::Min<Index>(first));
  require(first >= count, function,
          [&] { return std::string(what) + " must be finite, but row " + std::to_string(first / d) + ", column " + std::to_string(first % d) + " is not"; });
}

}  // namespace kswgd::detail
