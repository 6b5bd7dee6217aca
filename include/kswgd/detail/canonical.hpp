// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>

/// @file
/// From the Views that a caller may pass to the one kind that compiled functions take.

namespace kswgd::detail {

/// Views of which at least one is not already what compiled functions take.
template <class Exec, class... Views>
concept NeedsCopy = (bool(Kokkos::is_view<Views>::value) && ...) && !(std::is_convertible_v<const Views&, Points<Exec>> && ...);

/// The points as doubles, one coordinate after the other: the View itself where it is that already, else a copy.
template <ExecutionSpace Exec, class View>
Points<Exec> canonical(const Exec& exec, const View& points) {
  static_assert(PointsView<View, Exec>, "kswgd: points must be a rank-2 View of float or double in memory that the execution space can reach");
  if constexpr (std::is_convertible_v<const View&, Points<Exec>>) {
    return points;
  } else {
    const auto n = static_cast<Index>(points.extent(0));
    const auto copy = allocate<Points<Exec>>(exec, "canonical::points", n, points.extent(1));
    copy_rows(exec, points, Index{0}, n, copy);
    return copy;
  }
}

}  // namespace kswgd::detail
