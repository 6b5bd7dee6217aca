// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "host_products.hpp"

// Cholesky's factor, its inverse and solves with it on the host, by blocks that depend on the extents alone, each by one thread.
namespace kswgd::algebra {

/// Rows and columns of a block on the diagonal: LAPACK's share is small, and the products with the rest are large.
inline constexpr Index triangle_block = 128;
/// Up to this size LAPACK does it all.
inline constexpr Index small_triangle = 2 * triangle_block;

inline Cuts triangle_cuts(Index p) { return Cuts(p, p <= small_triangle ? 1 : (p + triangle_block - 1) / triangle_block, 16); }

/// A = R^T R in the upper triangle; the first pivot that is not positive, or 0. Row of blocks after row of blocks, the rest updated after each.
template <class Exec>
int host_cholesky(const Exec& exec, const Block<double>& a) {
  const Cuts cuts = triangle_cuts(a.rows);
  for (Index step = 0; step < cuts.count(); ++step) {
    const Span own = cuts[step];
    const Block<double> diagonal = a.part(own, own);
    int info = 0;
    {
      const OneBlasThread alone;
      dpotrf_("U", &diagonal.rows, diagonal.data, &diagonal.leading, &info);
    }
    if (info > 0) return static_cast<int>(own.first) + info;
    if (own.second == a.rows) break;
    const Index rest = a.rows - own.second;
    const Block<double> row = a.part(own, {own.second, a.rows});
    const Cuts columns(rest, std::max<Index>(1, rest / triangle_block));
    for_each_task(exec, "kswgd::algebra::cholesky::row", columns.count(), product_flops(row.rows, row.rows, rest) / 2,
                  [&](Index task) { trsm("L", Op::transposed, diagonal, row.some_columns(columns[task])); });
    host_gram(exec, -1, row, a.part({own.second, a.rows}, {own.second, a.rows}));
  }
  return 0;
}

/// (R^T R)^{-1} in the upper triangle, R upper triangular; the first diagonal entry that is zero, or 0. With W = R^{-1} it is W W^T. The blocks of
/// W above the diagonal stand transposed below it until they are used up, those on the diagonal beside.
template <class Exec>
int host_invert(const Exec& exec, const Block<double>& r) {
  const Cuts cuts = triangle_cuts(r.rows);
  const Index blocks = cuts.count();
  if (blocks == 1) {
    const OneBlasThread alone;
    int info = 0;
    dpotri_("U", &r.rows, r.data, &r.leading, &info);
    return info;
  }
  const auto diagonals = zeros<Matrix<Exec>>(exec, "algebra::diagonals", cuts.piece, r.rows);
  exec.fence("kswgd::algebra::invert_from_cholesky: LAPACK writes to the array");
  const auto inverse = [&](Index block) {
    const Span own = cuts[block];
    return block_of(diagonals).part({0, own.second - own.first}, own);
  };
  std::vector<int> info(static_cast<std::size_t>(blocks), 0);
  const double third = product_flops(r.rows, r.rows, r.rows) / 6;  // flops of either half
  for_each_task(exec, "kswgd::algebra::invert::diagonal", blocks, product_flops(cuts.piece, cuts.piece, r.rows) / 6, [&](Index block) {
    const Block<double> from = r.part(cuts[block], cuts[block]), to = inverse(block);
    for (Index j = 0; j < to.columns; ++j) std::copy_n(from.data + j * from.leading, j + 1, to.data + j * to.leading);
    dtrtri_("U", "N", &to.rows, to.data, &to.leading, &info[static_cast<std::size_t>(block)]);
  });
  for (Index block = 0; block < blocks; ++block)
    if (const int zero = info[static_cast<std::size_t>(block)]; zero > 0) return static_cast<int>(cuts[block].first) + zero;

  // W_above^T = -W_jj^T R_above^T R_leading^{-T} for block column j; rows of it are independent. The longest ones first.
  constexpr Index slices = 2;
  for_each_task(exec, "kswgd::algebra::invert::factor", (blocks - 1) * slices, third, [&](Index task) {
    const Span own = cuts[blocks - 1 - task / slices], leading{0, own.first};
    const Cuts rows(own.second - own.first, slices);
    if (task % slices >= rows.count()) return;
    const Span some = rows[task % slices];
    const Block<double> to = r.part({own.first + some.first, own.first + some.second}, leading);
    gemm(-1.0, Op::transposed, inverse(blocks - 1 - task / slices).some_columns(some), Op::transposed, r.part(leading, own), 0.0, to);
    trsm("R", Op::transposed, r.part(leading, leading), to);
  });

  // Block (i, k) of W W^T: the sum over the block columns l >= k of W.
  for_each_task(exec, "kswgd::algebra::invert::product", blocks * (blocks + 1) / 2, third, [&](Index task) {
    Index k = 0;
    while ((k + 1) * (k + 2) / 2 <= task) ++k;  // small k first: those sums are long
    const Index i = task - k * (k + 1) / 2;
    const Span rows = cuts[i], columns = cuts[k], rest{columns.second, r.rows};
    const Block<double> to = r.part(rows, columns), own = inverse(k);
    if (i == k) {
      syrk(1, Op::none, own, 0, to);
      if (rest.first < rest.second) syrk(1, Op::transposed, r.part(rest, columns), 1, to);
    } else {
      gemm(1.0, Op::transposed, r.part(columns, rows), Op::transposed, own, 0.0, to);
      if (rest.first < rest.second) gemm(1.0, Op::transposed, r.part(rest, rows), Op::none, r.part(rest, columns), 1.0, to);
    }
  });
  return 0;
}

/// B := R^{-1} B, or R^{-T} B, for few columns on one thread: what is known of the solution is taken out of the next rows by products, for which BLAS
/// need not pack R, as it does for a solve [800 rows, 4 columns: 115 us where dtrsm takes 240].
inline void substitute(bool transposed, const Block<double>& r, const Block<double>& b) {
  const Cuts cuts(r.rows, (r.rows + 63) / 64);
  for (Index step = 0; step < cuts.count(); ++step) {
    const Span own = cuts[transposed ? step : cuts.count() - 1 - step], before{0, own.first};
    const Block<double> here = b.some_rows(own);
    if (transposed && own.first > 0) gemm(-1.0, Op::transposed, r.part(before, own), Op::none, b.some_rows(before), 1.0, here);
    trsm("L", transposed ? Op::transposed : Op::none, r.part(own, own), here);
    if (!transposed && own.first > 0) gemm(-1.0, Op::none, r.part(before, own), Op::none, here, 1.0, b.some_rows(before));
  }
}

/// B := R^{-1} B, or R^{-T} B. A thread takes some columns of B; where there are few and R is large, some of the rows that are left.
template <class Exec>
void host_solve(const Exec& exec, bool transposed, const Block<double>& r, const Block<double>& b) {
  constexpr Index few_columns = 24, most_columns = 128, large = 1024;
  const Index p = r.rows, n = b.columns;
  const Op op = transposed ? Op::transposed : Op::none;
  if (n >= few_columns || p <= large) {
    const Cuts columns(n, n < few_columns ? 1 : std::max<Index>(std::min<Index>(n / (few_columns / 2), some_blocks), (n + most_columns - 1) / most_columns), 4);
    for_each_task(exec, "kswgd::algebra::solve_upper", columns.count(), product_flops(p, p, n) / 2, [&](Index task) {
      const Block<double> some = b.some_columns(columns[task]);
      some.columns < few_columns ? substitute(transposed, r, some) : trsm("L", op, r, some);
    });
    return;
  }
  const Cuts cuts(p, (p + triangle_block - 1) / triangle_block);
  for (Index step = 0; step < cuts.count(); ++step) {
    const Span own = cuts[transposed ? step : cuts.count() - 1 - step], left = transposed ? Span{own.second, p} : Span{0, own.first};
    const Block<double> here = b.some_rows(own);
    {
      const OneBlasThread alone;
      trsm("L", op, r.part(own, own), here);
    }
    if (left.first == left.second) break;
    host_multiply(exec, -1.0, op, transposed ? r.part(own, left) : r.part(left, own), Op::none, here, 1.0, b.some_rows(left));
  }
}

}  // namespace kswgd::algebra
