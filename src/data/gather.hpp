// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>

#include <string>

namespace kswgd::detail {

template <class Exec>
struct GatherKernel {
  Points<Exec> from, to;
  Kokkos::View<Index*, typename Exec::memory_space> rows;
  Index count;
  KOKKOS_FUNCTION void operator()(Index item) const { to(item % count, item / count) = from(rows(item % count), item / count); }
};

/// to(i, :) = from(rows(i), :), i < to.extent(0)
template <class Exec>
void gather(const std::string& label, const Exec& exec, const Points<Exec>& from, const Kokkos::View<Index*, typename Exec::memory_space>& rows,
            const Points<Exec>& to) {
  const Index count = static_cast<Index>(to.extent(0)), d = static_cast<Index>(to.extent(1));
  Kokkos::parallel_for(label, index_range(exec, count * d), GatherKernel<Exec>{from, to, rows, count});
}

}  // namespace kswgd::detail
