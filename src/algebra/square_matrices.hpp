// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/detail/lanes.hpp>

namespace kswgd::algebra {

/// All entries (i, j) of a p x p matrix by tiles: no division for each, and a kernel may read (j, i) as well.
template <class Exec>
auto square_range(const Exec& exec, Index p) {
  using Policy = Kokkos::MDRangePolicy<Exec, Kokkos::Rank<2, Kokkos::Iterate::Left, Kokkos::Iterate::Left>, Kokkos::IndexType<Index>>;
  constexpr Index columns = detail::on_host<Exec> ? 32 : 8;
  return Policy(exec, {Index{0}, Index{0}}, {p, p}, {Index{32}, columns});
}

/// The first p rows and columns, not copied.
template <class Exec>
Matrix<Exec> leading_square(const Exec&, const Matrix<Exec>& a, Index p) {
  return Kokkos::subview(a, Span(0, p), Span(0, p));
}

template <class Exec>
struct AddSquareKernel {
  Matrix<Exec> into, from;
  KOKKOS_FUNCTION void operator()(Index i, Index j) const { into(i, j) += from(i, j); }
};

/// into += from, both p x p
template <class Exec>
void add_square(const Exec& exec, const Matrix<Exec>& from, const Matrix<Exec>& into) {
  Kokkos::parallel_for("kswgd::algebra::add_square", square_range(exec, static_cast<Index>(into.extent(0))), AddSquareKernel<Exec>{into, from});
}

}  // namespace kswgd::algebra
