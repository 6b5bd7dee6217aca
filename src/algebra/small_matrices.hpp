// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/algebra/dense.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

// Host matrices of the size of a few modes or a few hundred features.
namespace kswgd::small {

inline HostMatrix transpose(const HostMatrix& a) {
  const HostMatrix t("kswgd::small::transpose", a.extent(1), a.extent(0));
  for (std::size_t i = 0; i < a.extent(0); ++i)
    for (std::size_t j = 0; j < a.extent(1); ++j) t(j, i) = a(i, j);
  return t;
}

/// A B, or A^T B.
inline HostMatrix product(const HostMatrix& a, const HostMatrix& b, bool transpose_a = false) {
  const HostMatrix c("kswgd::small::product", transpose_a ? a.extent(1) : a.extent(0), b.extent(1));
  algebra::multiply(Kokkos::DefaultHostExecutionSpace{}, 1, transpose_a ? algebra::Op::transposed : algebra::Op::none, a, algebra::Op::none, b, 0, c);
  return c;
}

/// V^T A W.
inline HostMatrix form(const HostMatrix& v, const HostMatrix& a, const HostMatrix& w) { return product(v, product(a, w), true); }

inline void symmetrise(const HostMatrix& a) {
  for (std::size_t i = 0; i < a.extent(0); ++i)
    for (std::size_t j = 0; j < i; ++j) a(i, j) = a(j, i) = (a(i, j) + a(j, i)) / 2;
}

/// into += factor from
inline void add(const HostMatrix& into, const HostMatrix& from, double factor = 1) {
  for (std::size_t j = 0; j < into.extent(1); ++j)
    for (std::size_t i = 0; i < into.extent(0); ++i) into(i, j) += factor * from(i, j);
}

inline HostMatrix copy(const HostMatrix& a) {
  const HostMatrix result("kswgd::small::copy", a.extent(0), a.extent(1));
  for (std::size_t j = 0; j < a.extent(1); ++j)
    for (std::size_t i = 0; i < a.extent(0); ++i) result(i, j) = a(i, j);
  return result;
}

inline HostMatrix leading_block(const HostMatrix& a, std::size_t rows, std::size_t columns) {
  const HostMatrix block("kswgd::small::block", rows, columns);
  for (std::size_t j = 0; j < columns; ++j)
    for (std::size_t i = 0; i < rows; ++i) block(i, j) = a(i, j);
  return block;
}

/// W (p x r) with W^T A W = 1 for a symmetric positive semidefinite A: its eigenvectors, largest first, over the roots of their
/// values; directions below tolerance x the largest are left out.
inline HostMatrix whitener(const HostMatrix& a, double tolerance) {
  const std::size_t p = a.extent(0);
  const HostMatrix vectors = copy(a);
  const HostVector values("kswgd::small::values", p);
  symmetrise(vectors);
  algebra::symmetric_eigen(vectors, values);
  std::size_t kept = 0;
  while (kept < p && values(p - 1 - kept) > tolerance * values(p - 1)) ++kept;
  const HostMatrix w("kswgd::small::whitener", p, kept);
  for (std::size_t j = 0; j < kept; ++j)
    for (std::size_t i = 0; i < p; ++i) w(i, j) = vectors(i, p - 1 - j) / std::sqrt(values(p - 1 - j));
  return w;
}

/// A^{-1/2} of a symmetric positive semidefinite matrix; directions of size zero are left out.
inline HostMatrix inverse_root(const HostMatrix& a) {
  const HostMatrix w = whitener(a, 1e-12), root("kswgd::small::root", a.extent(0), a.extent(0));
  for (std::size_t k = 0; k < w.extent(1); ++k) {
    double square = 0;  // |w_k|^2 = 1 / value
    for (std::size_t i = 0; i < w.extent(0); ++i) square += w(i, k) * w(i, k);
    for (std::size_t j = 0; j < w.extent(0); ++j)
      for (std::size_t i = 0; i < w.extent(0); ++i) root(i, j) += w(i, k) * w(j, k) / std::sqrt(square);
  }
  return root;
}

/// Eigenvalues of T y = value S y, ascending; directions in which S vanishes are left out.
inline std::vector<double> pencil_values(const HostMatrix& t, const HostMatrix& s) {
  const HostMatrix w = whitener(s, 1e-12), reduced = form(w, t, w);
  symmetrise(reduced);
  const HostVector values("kswgd::small::values", reduced.extent(0));
  algebra::symmetric_eigen(reduced, values);
  return {values.data(), values.data() + values.extent(0)};
}

}  // namespace kswgd::small
