// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "lapack.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <limits>
#include <string>

// BLAS and LAPACK of the host on blocks of column-major matrices.
namespace kswgd::algebra {

/// BLAS counts in 32 bits.
inline int blas_int(Index value) {
  if (value > std::numeric_limits<int>::max())
    throw InvalidInput("kswgd::algebra: a matrix extent of " + std::to_string(value) + " does not fit into BLAS' 32-bit integers");
  return static_cast<int>(value);
}

inline const char* letter(Op op) { return op == Op::none ? "N" : "T"; }

/// A matrix in the memory of the host, or a block of one. Columns are `leading` apart; BLAS wants at least 1 also for a matrix without columns.
template <class T>
struct Block {
  T* data;
  int rows, columns, leading;
  Block part(Span r, Span c) const {
    return {data + r.first + c.first * leading, static_cast<int>(r.second - r.first), static_cast<int>(c.second - c.first), leading};
  }
  Block some_rows(Span r) const { return part(r, {0, columns}); }
  Block some_columns(Span c) const { return part({0, rows}, c); }
};

template <class View>
Block<typename View::non_const_value_type> block_of(const View& a) {
  return {a.data(), blas_int(static_cast<Index>(a.extent(0))), blas_int(static_cast<Index>(a.extent(1))),
          blas_int(std::max<Index>({1, static_cast<Index>(a.extent(0)), static_cast<Index>(a.stride(1))}))};
}

/// C := alpha op(A) op(B) + beta C
inline void gemm(double alpha, Op of_a, const Block<double>& a, Op of_b, const Block<double>& b, double beta, const Block<double>& c) {
  const int k = of_a == Op::none ? a.columns : a.rows;
  dgemm_(letter(of_a), letter(of_b), &c.rows, &c.columns, &k, &alpha, a.data, &a.leading, b.data, &b.leading, &beta, c.data, &c.leading);
}
inline void gemm(float alpha, Op of_a, const Block<float>& a, Op of_b, const Block<float>& b, float beta, const Block<float>& c) {
  const int k = of_a == Op::none ? a.columns : a.rows;
  sgemm_(letter(of_a), letter(of_b), &c.rows, &c.columns, &k, &alpha, a.data, &a.leading, b.data, &b.leading, &beta, c.data, &c.leading);
}

/// C := alpha op(A) op(A)^T + beta C, upper triangle
inline void syrk(double alpha, Op of_a, const Block<double>& a, double beta, const Block<double>& c) {
  const int k = of_a == Op::none ? a.columns : a.rows;
  dsyrk_("U", letter(of_a), &c.rows, &k, &alpha, a.data, &a.leading, &beta, c.data, &c.leading);
}

/// B := op(R)^{-1} B (side "L"), or B op(R)^{-1} ("R"); R is upper triangular.
inline void trsm(const char* side, Op of_r, const Block<double>& r, const Block<double>& b) {
  const double one = 1;
  dtrsm_(side, "U", letter(of_r), "N", &b.rows, &b.columns, &one, r.data, &r.leading, b.data, &b.leading);
}

}  // namespace kswgd::algebra
