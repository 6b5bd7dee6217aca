// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/detail/lanes.hpp>

/// @file
/// What the dictionaries share: a loop over runs of points and features.

namespace kswgd::detail {

/// Calls kernel(begin, end, a) so that each feature a < q meets each point of [0, n) once: runs of 256 points on the host, over
/// which the kernel's inner loops are vectorised, and one point for each thread of a GPU.
template <ExecutionSpace Exec, class Kernel>
void for_each_run(const Exec& exec, const char* label, Index n, Index q, const Kernel& kernel) {
  constexpr Index run = on_host<Exec> ? 256 : 1;
  const Index runs = (n + run - 1) / run;
  Kokkos::parallel_for(
      label, index_range(exec, runs * q), KOKKOS_LAMBDA(Index item) {
        const Index begin = item % runs * run, a = item / runs;
        kernel(begin, Kokkos::min(begin + run, n), a);
      });
}

/// The columns [first, last) of a matrix.
template <class Exec>
Matrix<Exec> columns_of(const Matrix<Exec>& a, Index first, Index last) {
  return Kokkos::subview(a, Kokkos::ALL, Span(first, last));
}

}  // namespace kswgd::detail
