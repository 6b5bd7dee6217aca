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

template <class Exec>
struct NegateKernel {
  Points<Exec> g;
  Index n;
  KOKKOS_FUNCTION void operator()(Index item) const { g(item % n, item / n) *= -1; }
};

/// Of the step of central differences, in normalised units: the cube root of the rounding.
constexpr double difference_step = 1e-5;

/// moved = x + step v, or along one coordinate.
template <class Exec>
struct MoveKernel {
  Points<Exec> x, v, moved;
  Index n, along;  // -1: v
  double step;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % n, k = item / n;
    moved(i, k) = x(i, k) + step * (along < 0 ? v(i, k) : (k == along ? 1.0 : 0.0));
  }
};

/// out(i, a) += factor v(i, k) slope(i, a); without v where that is empty.
template <class Exec>
struct AddSlopeKernel {
  Points<Exec> v;
  Matrix<Exec> slope, out;
  Index n, k;
  double factor;
  bool directed;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % n, a = item / n;
    out(i, a) += factor * (directed ? v(i, k) : 1.0) * slope(i, a);
  }
};

/// out += (derivative along k at x + h v - the same at x - h v) / 2 h, times v_k where `directed`.
template <class Exec>
void add_difference(const Exec& exec, const Differentiator<Exec>& gradient, const Points<Exec>& x, const Points<Exec>& v, Index k, bool directed,
                    const Matrix<Exec>& out, Workspace<Exec>& workspace) {
  const Index n = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1)), q = static_cast<Index>(out.extent(1));
  const Points<Exec> moved = workspace.matrix(exec, "add_difference::moved", n, d);
  const Matrix<Exec> slope = workspace.matrix(exec, "add_difference::slope", n, q);
  for (const double sign : {1.0, -1.0}) {
    Kokkos::parallel_for("kswgd::add_difference::move", index_range(exec, n * d), MoveKernel<Exec>{x, v, moved, n, directed ? -1 : k, sign * difference_step});
    gradient(moved, k, slope);
    Kokkos::parallel_for("kswgd::add_difference::add", index_range(exec, n * q),
                         AddSlopeKernel<Exec>{v, slope, out, n, k, sign / (2 * difference_step), directed});
  }
}

}  // namespace

template <ExecutionSpace Exec>
void laplacian_by_differences(const Exec& exec, const Differentiator<Exec>& gradient, const Points<Exec>& x, const Matrix<Exec>& lap,
                              Workspace<Exec>& workspace) {
  Kokkos::deep_copy(exec, lap, 0.0);
  for (Index k = 0; k < static_cast<Index>(x.extent(1)); ++k) add_difference(exec, gradient, x, x, k, false, lap, workspace);
}

template <ExecutionSpace Exec>
void second_derivative_by_differences(const Exec& exec, const Differentiator<Exec>& gradient, const Points<Exec>& x, const Points<Exec>& v,
                                      const Matrix<Exec>& out, Workspace<Exec>& workspace) {
  Kokkos::deep_copy(exec, out, 0.0);
  for (Index k = 0; k < static_cast<Index>(x.extent(1)); ++k) add_difference(exec, gradient, x, v, k, true, out, workspace);
}

template <ExecutionSpace Exec>
void mean_by_tiles(const Exec& exec, const Evaluator<Exec>& evaluate, const Points<Exec>& x, const Vector<Exec>& s, Index q, Workspace<Exec>& workspace) {
  const Index n = static_cast<Index>(x.extent(0)), rows = std::min(n, rows_of_tile(q));
  const Matrix<Exec> psi = workspace.matrix(exec, "mean_by_tiles::psi", rows, q);
  const auto leading = Kokkos::subview(s, Span(0, q));
  Kokkos::deep_copy(exec, leading, 0.0);
  for (Index first = 0; first < n; first += rows) {
    const Index count = std::min(rows, n - first);
    const Matrix<Exec> part = Kokkos::subview(psi, Span(0, count), Kokkos::ALL);
    evaluate(row_block(x, first, count), part);
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
      gradient(row_block(x, first, count), k, part);
      algebra::multiply(exec, -1.0, algebra::Op::none, part, leading, 0.0, Kokkos::subview(u, Span(first, first + count), k));
    }
  }
}

template <ExecutionSpace Exec>
void value_by_tiles(const Exec& exec, const Evaluator<Exec>& evaluate, const Points<Exec>& x, const Vector<Exec>& c, const Vector<Exec>& value, Index q,
                    Workspace<Exec>& workspace) {
  const Index n = value.extent(0) == 0 ? 0 : static_cast<Index>(x.extent(0)), rows_each = std::min(n, rows_of_tile(q));
  if (n == 0) return;
  const Matrix<Exec> psi = workspace.matrix(exec, "value_by_tiles::psi", rows_each, q);
  const Vector<Exec> leading = Kokkos::subview(c, Span(0, q));
  for (Index first = 0; first < n; first += rows_each) {
    const Index count = std::min(rows_each, n - first);
    const Matrix<Exec> part = Kokkos::subview(psi, Span(0, count), Kokkos::ALL);
    evaluate(row_block(x, first, count), part);
    algebra::multiply(exec, 1.0, algebra::Op::none, part, leading, 0.0, Vector<Exec>(Kokkos::subview(value, Span(first, first + count))));
  }
}

template <ExecutionSpace Exec>
void negate(const Exec& exec, const Points<Exec>& g) {
  Kokkos::parallel_for("kswgd::negate", index_range(exec, rows(g) * columns(g)), NegateKernel<Exec>{g, rows(g)});
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                                              \
  template void mean_by_tiles(const EXEC&, const Evaluator<EXEC>&, const Points<EXEC>&, const Vector<EXEC>&, Index, Workspace<EXEC>&);                       \
  template void descent_by_tiles(const EXEC&, const Differentiator<EXEC>&, const Points<EXEC>&, const Vector<EXEC>&, const Points<EXEC>&, Index,             \
                                 Workspace<EXEC>&);                                                                                                          \
  template void laplacian_by_differences(const EXEC&, const Differentiator<EXEC>&, const Points<EXEC>&, const Matrix<EXEC>&, Workspace<EXEC>&);              \
  template void value_by_tiles(const EXEC&, const Evaluator<EXEC>&, const Points<EXEC>&, const Vector<EXEC>&, const Vector<EXEC>&, Index, Workspace<EXEC>&); \
  template void negate(const EXEC&, const Points<EXEC>&);                                                                                                    \
  template void second_derivative_by_differences(const EXEC&, const Differentiator<EXEC>&, const Points<EXEC>&, const Points<EXEC>&, const Matrix<EXEC>&,    \
                                                 Workspace<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd::detail
