// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <Kokkos_Core.hpp>
#include <concepts>
#include <cstdint>
#include <kswgd/support/compiled_with.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/// @file
/// Execution spaces, the Views that a caller may pass, and the one way in which the library allocates.

namespace kswgd {

/// Counts and products of counts (n x n, n x p) are 64-bit everywhere.
using Index = std::int64_t;

template <class T>
concept ExecutionSpace = bool(Kokkos::is_execution_space<T>::value);

/// A rank-2 View (points x coordinates) of float or double, of any layout, in memory that Exec can reach.
template <class View, class Exec>
concept PointsView = Kokkos::is_view<View>::value && View::rank()
== 2 && std::floating_point<typename View::non_const_value_type>&& bool(Kokkos::SpaceAccessibility<Exec, typename View::memory_space>::accessible);

/// As PointsView, and the elements can be written.
template <class View, class Exec>
concept MutablePointsView = PointsView<View, Exec> && !std::is_const_v<typename View::value_type>;

/// Points as the library holds them: n x d, one coordinate after the other (x(:, k) contiguous), so that neighbouring
/// particles lie in neighbouring lanes of a vector unit or threads of a warp.
template <class Exec, class T = double>
using Points = Kokkos::View<T**, Kokkos::LayoutLeft, typename Exec::memory_space>;

/// A column-major matrix, as BLAS and LAPACK take it.
template <class Exec, class T = double>
using Matrix = Kokkos::View<T**, Kokkos::LayoutLeft, typename Exec::memory_space>;

template <class Exec, class T = double>
using Vector = Kokkos::View<T*, typename Exec::memory_space>;

/// Points, matrices and vectors on the host.
using HostPoints = Kokkos::View<double**, Kokkos::LayoutLeft, Kokkos::HostSpace>;
using HostMatrix = Kokkos::View<double**, Kokkos::LayoutLeft, Kokkos::HostSpace>;
using HostVector = Kokkos::View<double*, Kokkos::HostSpace>;

/// Allocates an uninitialised View on the instance's memory space. The label is "kswgd::function::array", so that an
/// out-of-memory message and a profile name the array.
template <class View, ExecutionSpace Exec, class... Extents>
View allocate(const Exec& exec, const std::string& label, Extents... extents) {
  return View(Kokkos::view_alloc(exec, Kokkos::WithoutInitializing, "kswgd::" + label), static_cast<std::size_t>(extents)...);
}

/// The same, filled with zeros on the instance.
template <class View, ExecutionSpace Exec, class... Extents>
View zeros(const Exec& exec, const std::string& label, Extents... extents) {
  return View(Kokkos::view_alloc(exec, "kswgd::" + label), static_cast<std::size_t>(extents)...);
}

/// The indices [0, count) on this instance, 64-bit.
template <ExecutionSpace Exec>
auto index_range(const Exec& exec, Index count) {
  return Kokkos::RangePolicy<Exec, Kokkos::IndexType<Index>>(exec, 0, count);
}

/// Rows of a View (points, a matrix, entries of a vector) and columns (coordinates) as 64-bit counts.
template <class View>
KOKKOS_INLINE_FUNCTION Index rows(const View& view) {
  return static_cast<Index>(view.extent(0));
}
template <class View>
KOKKOS_INLINE_FUNCTION Index columns(const View& view) {
  return static_cast<Index>(view.extent(1));
}

/// [first, last) of the rows or columns of a subview.
using Span = std::pair<Index, Index>;

/// The rows [first, first + count) of a matrix, not copied.
template <class View>
View row_block(const View& matrix, Index first, Index count) {
  return Kokkos::subview(matrix, Span(first, first + count), Kokkos::ALL);
}

/// A copy of a View on the host (the same View when it is there already). Synchronises the instance.
template <ExecutionSpace Exec, class View>
auto to_host(const Exec& exec, const View& view) {
  auto host = Kokkos::create_mirror_view(Kokkos::view_alloc(Kokkos::WithoutInitializing, Kokkos::HostSpace{}), view);
  Kokkos::deep_copy(exec, host, view);
  exec.fence("kswgd::to_host: the values are read on the host");
  return host;
}

/// A copy of a View on the host that shares no memory with it. Synchronises the instance.
template <ExecutionSpace Exec, class View>
auto host_copy(const Exec& exec, const View& view) {
  auto host = Kokkos::create_mirror(Kokkos::view_alloc(Kokkos::WithoutInitializing, Kokkos::HostSpace{}), view);
  Kokkos::deep_copy(exec, host, view);
  exec.fence("kswgd::host_copy: the values are read on the host");
  return host;
}

/// A copy of a host View in the memory of the instance, with the same layout; the instance's work is complete on return.
template <ExecutionSpace Exec, class View>
auto to_device(const Exec& exec, const View& host) {
  auto device = Kokkos::create_mirror(Kokkos::view_alloc(exec, Kokkos::WithoutInitializing, typename Exec::memory_space{}), host);
  Kokkos::deep_copy(exec, device, host);
  exec.fence("kswgd::to_device: the host array may be freed");
  return device;
}
template <ExecutionSpace Exec, class T>
Vector<Exec, T> to_device(const Exec& exec, const std::vector<T>& values) {
  return to_device(exec, Kokkos::View<const T*, Kokkos::HostSpace, Kokkos::MemoryUnmanaged>(values.data(), values.size()));
}

}  // namespace kswgd
