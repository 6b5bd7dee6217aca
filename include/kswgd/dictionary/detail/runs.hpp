// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/detail/lanes.hpp>
#include <algorithm>
#include <utility>

/// @file
/// What the dictionaries share: a loop over runs of points and features, and arrays that are kept from call to call.

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

/// A matrix or vector that is kept from call to call and grown when it must be. A copy of the object that holds it starts
/// without, so that copies of a dictionary can be used side by side.
template <class View>
class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) {}
  Scratch& operator=(const Scratch&) { return *this; }

  /// rows x columns; what it holds is not defined.
  template <ExecutionSpace Exec>
  View take(const Exec& exec, const char* label, Index rows, Index columns) requires(View::rank() == 2) {
    const Index held_rows = static_cast<Index>(m_view.extent(0)), held_columns = static_cast<Index>(m_view.extent(1));
    if (held_rows < rows || held_columns < columns) m_view = allocate<View>(exec, label, std::max(rows, held_rows), std::max(columns, held_columns));
    return Kokkos::subview(m_view, Span(0, rows), Span(0, columns));
  }
  template <ExecutionSpace Exec>
  View take(const Exec& exec, const char* label, Index rows) requires(View::rank() == 1) {
    if (static_cast<Index>(m_view.extent(0)) < rows) m_view = allocate<View>(exec, label, rows);
    return Kokkos::subview(m_view, Span(0, rows));
  }

 private:
  View m_view;
};

}  // namespace kswgd::detail
