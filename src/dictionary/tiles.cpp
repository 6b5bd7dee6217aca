// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/data/data_set.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/tiles.hpp>

#include <algorithm>

namespace kswgd::detail {
namespace {

/// s(a) += sum of a column.
template <class Exec>
struct ColumnSums {
  Matrix<Exec> psi;
  Vector<Exec> s;
  Index rows;
  KOKKOS_FUNCTION void operator()(Index a) const {
    double sum[8] = {};  // eight chains of additions: one would wait for itself
    for (Index i = 0; i < rows; ++i) sum[i & 7] += psi(i, a);
    s(a) += ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
  }
};

template <class Exec>
struct Divide {
  Vector<Exec> s;
  double by;
  KOKKOS_FUNCTION void operator()(Index a) const { s(a) /= by; }
};

}  // namespace

template <ExecutionSpace Exec>
void mean_by_tiles(const Exec& exec, const Evaluator<Exec>& evaluate, const Points<Exec>& x, const Vector<Exec>& s, Index q, Workspace<Exec>& workspace) {
  const Index n = static_cast<Index>(x.extent(0)), rows = std::min(n, rows_of_tile(q));
  const Matrix<Exec> psi = workspace.matrix(exec, "mean_by_tiles::psi", rows, q);
  const auto leading = Kokkos::subview(s, Span(0, q));
  Kokkos::deep_copy(exec, leading, 0.0);
  for (Index first = 0; first < n; first += rows) {
    const Index count = std::min(rows, n - first);
    const Matrix<Exec> part = Kokkos::subview(psi, Span(0, count), Kokkos::ALL);
    evaluate(Kokkos::subview(x, Span(first, first + count), Kokkos::ALL), part);
    Kokkos::parallel_for("kswgd::mean_by_tiles::sum", index_range(exec, q), ColumnSums<Exec>{part, s, count});
  }
  Kokkos::parallel_for("kswgd::mean_by_tiles::divide", index_range(exec, q), Divide<Exec>{s, static_cast<double>(n)});
}

template <ExecutionSpace Exec>
void descent_by_tiles(const Exec& exec, const Differentiator<Exec>& gradient, const Points<Exec>& x, const Vector<Exec>& c, const Points<Exec>& u, Index q,
                      Workspace<Exec>& workspace) {
  const Index n = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1)), rows = std::min(n, rows_of_tile(q));
  const Matrix<Exec> dpsi = workspace.matrix(exec, "descent_by_tiles::dpsi", rows, q);
  const auto leading = Kokkos::subview(c, Span(0, q));
  for (Index first = 0; first < n; first += rows) {
    const Index count = std::min(rows, n - first);
    const Matrix<Exec> part = Kokkos::subview(dpsi, Span(0, count), Kokkos::ALL);
    for (Index k = 0; k < d; ++k) {
      gradient(Kokkos::subview(x, Span(first, first + count), Kokkos::ALL), k, part);
      algebra::multiply(exec, -1.0, algebra::Op::none, part, leading, 0.0, Kokkos::subview(u, Span(first, first + count), k));
    }
  }
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                                  \
  template void mean_by_tiles(const EXEC&, const Evaluator<EXEC>&, const Points<EXEC>&, const Vector<EXEC>&, Index, Workspace<EXEC>&);           \
  template void descent_by_tiles(const EXEC&, const Differentiator<EXEC>&, const Points<EXEC>&, const Vector<EXEC>&, const Points<EXEC>&, Index, \
                                 Workspace<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd::detail
