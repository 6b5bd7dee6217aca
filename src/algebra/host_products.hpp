// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "blas.hpp"
#include "one_blas_thread.hpp"

#include <algorithm>
#include <vector>

// Products on the host whose bits do not depend on the number of threads: a product is cut into blocks by its extents alone, and one thread of the
// instance forms each. BLAS packs both factors anew for each block, so blocks are few and large [Xeon with AVX-512, one thread: 800 x 800 of inner
// dimension 2000 at 73 GF/s, in strips of 200 columns at 68, in squares of 200 at 61; two threads, all 2048: strips of 2048 x 256
// at 136, of 1024 x 256 at 112].
namespace kswgd::algebra {

/// [0, size) in pieces of equal length, a multiple of `grain`; the last may be shorter.
struct Cuts {
  Index size, piece;
  Cuts(Index extent, Index parts, Index grain = 8) : size(extent), piece(std::max<Index>(1, (extent + parts - 1) / parts)) {
    piece = (piece + grain - 1) / grain * grain;
  }
  Index count() const { return std::max<Index>(1, (size + piece - 1) / piece); }
  Span operator[](Index i) const { return {i * piece, std::min(size, (i + 1) * piece)}; }
};

template <class Task>
struct TaskKernel {
  const Task* task;
  void operator()(Index i) const {
    const OneBlasThread alone;
    (*task)(i);
  }
};

/// Flops below which threads are not worth waking: some hundred microseconds of one.
inline constexpr double worth_threads = 2e6;

/// task(i) for i < count, `work` flops in all, in about this order on the instance's threads, each on one of them. Complete on return; tasks do not throw.
template <class Exec, class Task>
void for_each_task(const Exec& exec, const char* label, Index count, double work, const Task& task) {
  const OneBlasThread alone;
  if (count == 1 || work < worth_threads) {
    for (Index i = 0; i < count; ++i) task(i);
    return;
  }
  using Policy = Kokkos::RangePolicy<Exec, Kokkos::Schedule<Kokkos::Dynamic>, Kokkos::IndexType<Index>>;
  Kokkos::parallel_for(label, Policy(exec, 0, count, Kokkos::ChunkSize(1)), TaskKernel<Task>{&task});
  exec.fence(label);
}

/// Flops of an m x n product with inner dimension k.
inline double product_flops(Index m, Index n, Index k) { return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k); }

/// Flops below which a product is not cut, and from which on it has as many blocks as an ordinary machine has cores [20 ms of one thread].
inline constexpr double least_product = 2e6, large_product = 1.2e9;
/// Blocks that a product has at least. Up to sixteen their number is even: with fewer, an odd one would leave a thread of two idle at the end.
inline constexpr Index some_blocks = 4, many_blocks = 8;
/// A result of up to this many entries is summed over pieces of the inner dimension where that is long, `least_inner` long at least, eight at most.
inline constexpr Index small_result = Index{1} << 17, least_inner = 1024, most_inner = 8;

inline Index inner_parts(Index m, Index n, Index k) {
  const bool is_long = m * n <= small_result && k >= 8 * std::max(m, n) && product_flops(m, n, k) >= least_product;
  return is_long ? std::clamp<Index>(k / least_inner, 1, most_inner) : 1;
}

struct Grid {
  Cuts rows, columns;
};

/// The blocks of an m x n product with inner dimension k: columns are cut rather than rows, which BLAS does better with; a product with few columns
/// only by rows, so short that BLAS need not pack them.
inline Grid grid_of(Index m, Index n, Index k) {
  constexpr Index most_rows = 4096, most_columns = 256, least_columns = 96, few_columns = 32, short_rows = 192;
  const double flops = product_flops(m, n, k);
  Index r = 1, c = 1;
  if (n <= few_columns && flops >= least_product / 2) {
    const auto rows = std::max<Index>(short_rows, static_cast<Index>(least_product / 2 / product_flops(1, n, k)));
    r = (m + rows - 1) / rows;
  } else if (flops >= least_product) {
    r = (m + most_rows - 1) / most_rows;
    c = (n + most_columns - 1) / most_columns;
    const Index least_blocks = flops >= large_product ? many_blocks : some_blocks;
    while (r * c < least_blocks || (r * c < 16 && r * c % 2 == 1)) {
      const bool by_columns = n / (c + 1) >= least_columns || (m / r < most_columns && n / c >= m / r);
      ++(by_columns ? c : r);
    }
  }
  return {Cuts(m, r, 16), Cuts(n, c)};
}

/// into (+)= the sum of partial results, column after column of the matrix `partial`, each a dense matrix of the shape of `into`.
template <class Exec, class T>
void add_partial(const Exec& exec, const Block<T>& into, const Matrix<Exec, T>& partial, bool upper) {
  const Cuts columns(into.columns, 8, 1);
  const auto add = [&](Index piece) {
    for (Index j = columns[piece].first; j < columns[piece].second; ++j) {
      T* const to = into.data + j * into.leading;
      const Index rows = upper ? std::min<Index>(j + 1, into.rows) : into.rows;
      for (std::size_t t = 0; t < partial.extent(1); ++t) {
        const T* const from = &partial(static_cast<std::size_t>(j) * static_cast<std::size_t>(into.rows), t);
        for (Index i = 0; i < rows; ++i) to[i] += from[i];
      }
    }
  };
  const double moved = 10.0 * into.rows * into.columns * static_cast<double>(partial.extent(1));  // a number from memory is worth ten flops
  for_each_task(exec, "kswgd::algebra::add_partial", columns.count(), moved, add);
}

/// The partial sums over pieces of the inner dimension: form(piece, first of all, where the result goes).
template <class Exec, class T, class Form>
void sum_over_inner(const Exec& exec, const Block<T>& c, const Cuts& inner, bool upper, const Form& form) {
  const auto partial = allocate<Matrix<Exec, T>>(exec, "algebra::partial", Index{c.rows} * c.columns, inner.count() - 1);
  for_each_task(exec, "kswgd::algebra::multiply", inner.count(), product_flops(c.rows, c.columns, inner.size), [&](Index piece) {
    form(inner[piece], piece == 0, piece == 0 ? c : Block<T>{&partial(0, static_cast<std::size_t>(piece - 1)), c.rows, c.columns, c.rows});
  });
  add_partial(exec, c, partial, upper);
}

/// C := alpha op(A) op(B) + beta C
template <class Exec, class T>
void host_multiply(const Exec& exec, T alpha, Op of_a, const Block<T>& a, Op of_b, const Block<T>& b, T beta, const Block<T>& c) {
  const Index k = of_a == Op::none ? a.columns : a.rows;
  const auto a_part = [&](Span rows, Span inner) { return of_a == Op::none ? a.part(rows, inner) : a.part(inner, rows); };
  const auto b_part = [&](Span inner, Span columns) { return of_b == Op::none ? b.part(inner, columns) : b.part(columns, inner); };
  if (const Cuts inner(k, inner_parts(c.rows, c.columns, k)); inner.count() > 1) {
    return sum_over_inner(exec, c, inner, false, [&](Span piece, bool first, const Block<T>& into) {
      gemm(alpha, of_a, a_part({0, c.rows}, piece), of_b, b_part(piece, {0, c.columns}), first ? beta : T(0), into);
    });
  }
  const Grid grid = grid_of(c.rows, c.columns, k);
  const Index rows = grid.rows.count();
  for_each_task(exec, "kswgd::algebra::multiply", rows * grid.columns.count(), product_flops(c.rows, c.columns, k), [&](Index task) {
    const Span i = grid.rows[task % rows], j = grid.columns[task / rows];
    gemm(alpha, of_a, a_part(i, {0, k}), of_b, b_part({0, k}, j), beta, c.part(i, j));
  });
}

/// A block of a symmetric product; on the diagonal its upper triangle.
struct Piece {
  Span rows, columns;
  bool diagonal() const { return rows == columns; }
  double work() const {
    const auto area = static_cast<double>(rows.second - rows.first) * static_cast<double>(columns.second - columns.first);
    return diagonal() ? 0.6 * area : area;
  }
};

/// The blocks on and above the diagonal, the largest first.
inline std::vector<Piece> upper_pieces(const Cuts& columns) {
  std::vector<Piece> pieces;
  for (Index j = 0; j < columns.count(); ++j) {
    pieces.push_back({columns[j], columns[j]});
    const Cuts above(columns[j].first, std::max<Index>(1, (columns[j].first + 4095) / 4096), 16);
    for (Index i = 0; columns[j].first > 0 && i < above.count(); ++i) pieces.push_back({above[i], columns[j]});
  }
  std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& x, const Piece& y) { return x.work() > y.work(); });
  return pieces;
}

/// Adds a block of scale A^T A.
inline void add_piece(double scale, const Block<double>& a, const Block<double>& c, const Piece& piece) {
  const Block<double> into = c.part(piece.rows, piece.columns);
  if (piece.diagonal()) return syrk(scale, Op::transposed, a.some_columns(piece.columns), 1, into);
  gemm(scale, Op::transposed, a.some_columns(piece.rows), Op::none, a.some_columns(piece.columns), 1, into);
}

/// C += scale A^T A, upper triangle
template <class Exec>
void host_gram(const Exec& exec, double scale, const Block<double>& a, const Block<double>& c) {
  if (const Cuts inner(a.rows, inner_parts(c.rows, c.rows, a.rows)); inner.count() > 1) {
    return sum_over_inner(exec, c, inner, true,
                          [&](Span piece, bool first, const Block<double>& into) { syrk(scale, Op::transposed, a.some_rows(piece), first ? 1 : 0, into); });
  }
  const auto pieces = upper_pieces(grid_of(c.rows, c.rows, (a.rows + 1) / 2).columns);
  for_each_task(exec, "kswgd::algebra::add_gram", static_cast<Index>(pieces.size()), product_flops(c.rows, c.rows, a.rows) / 2,
                [&](Index task) { add_piece(scale, a, c, pieces[static_cast<std::size_t>(task)]); });
}

/// G += A^T A, upper triangle, and S += B^T C, where both are large. Their blocks are tasks of one list, so that half as many of each, twice as large, keep
/// as many threads busy [800 columns, 2000 rows, one thread: strips of 200 columns at 48 GF/s, of 100 at 44, all at once 50].
template <class Exec>
void host_gram_and_product(const Exec& exec, const Block<double>& a, const Block<double>& g, const Block<double>& b, const Block<double>& c,
                           const Block<double>& s) {
  constexpr Index most_columns = 256;
  const auto strips = [](Index n) { return Cuts(n, std::max(some_blocks, (n + most_columns - 1) / most_columns)); };
  const Cuts columns = strips(s.columns);
  const auto pieces = upper_pieces(strips(g.columns));
  const double work = product_flops(s.rows, s.columns, b.rows) + product_flops(g.rows, g.columns, a.rows) / 2;
  for_each_task(exec, "kswgd::algebra::add_gram_and_product", columns.count() + static_cast<Index>(pieces.size()), work, [&](Index task) {
    if (task >= columns.count()) return add_piece(1, a, g, pieces[static_cast<std::size_t>(task - columns.count())]);
    gemm(1.0, Op::transposed, b, Op::none, c.some_columns(columns[task]), 1.0, s.some_columns(columns[task]));
  });
}

/// y := alpha op(A) x + beta y. The matrix is read once: a thread takes some rows of op(A), long pieces of A's columns in either case [800 x 800: strips of
/// 96 rows take 166 us, of 400 rows 89, and 96 columns of the transposed 63].
template <class Exec>
void host_multiply(const Exec& exec, double alpha, Op of_a, const Block<double>& a, const double* x, double beta, double* y) {
  constexpr Index least_entries = Index{1} << 16, least_rows = 384;
  const Index m = of_a == Op::none ? a.rows : a.columns, n = of_a == Op::none ? a.columns : a.rows;
  const Cuts rows(m, std::clamp<Index>(m * n / least_entries, 1, of_a == Op::none ? std::clamp<Index>(m / least_rows, 1, 16) : 16), 16);
  for_each_task(exec, "kswgd::algebra::multiply", rows.count(), 10 * product_flops(m, 1, n), [&](Index task) {  // waits for memory
    const Span i = rows[task];
    const Block<double> part = of_a == Op::none ? a.some_rows(i) : a.some_columns(i);
    const int one = 1;
    dgemv_(letter(of_a), &part.rows, &part.columns, &alpha, part.data, &part.leading, x, &one, &beta, y + i.first, &one);
  });
}

}  // namespace kswgd::algebra
