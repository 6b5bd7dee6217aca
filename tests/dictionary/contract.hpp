// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/dictionary/dictionary.hpp>

#include <functional>

// What every dictionary must do, whatever its features are.
namespace kswgd::test {

/// All features at one point (d numbers), by a plain loop that shares nothing with the dictionary.
using SlowFeatures = std::function<std::vector<double>(const std::vector<double>& x)>;

inline std::vector<double> row_of(const HostPoints& x, Index i) {
  std::vector<double> row;
  for (std::size_t k = 0; k < x.extent(1); ++k) row.push_back(x(i, k));
  return row;
}

/// n points of a standard normal law in d dimensions. 300 of them are more than one run of for_each_run, and no multiple of a
/// vector's lanes.
inline HostPoints normal_points(Index d, Index n = 300) {
  const HostPoints x("normal points", n, d);
  for (Index i = 0; i < n; ++i)
    for (Index k = 0; k < d; ++k) x(i, k) = IndexedRandom(17, static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k));
  return x;
}

/// The first q features (q < 0: all) at host points, into an array that held something else.
template <class D>
HostMatrix values_of(D& dictionary, const HostPoints& x, Index q = -1) {
  using Exec = typename D::execution_space;
  const Exec exec;
  const Matrix<Exec> psi("psi", x.extent(0), q < 0 ? dictionary.size() : q);
  Kokkos::deep_copy(psi, 7.5);
  dictionary.evaluate(exec, on_device<Exec>(x), psi);
  return on_host(psi);
}

/// Their derivatives along coordinate k.
template <class D>
HostMatrix slopes_of(D& dictionary, const HostPoints& x, Index k, Index q = -1) {
  using Exec = typename D::execution_space;
  const Exec exec;
  const Matrix<Exec> dpsi("dpsi", x.extent(0), q < 0 ? dictionary.size() : q);
  Kokkos::deep_copy(dpsi, 7.5);
  dictionary.gradient(exec, on_device<Exec>(x), k, dpsi);
  return on_host(dpsi);
}

template <class D>
void expect_values(D& dictionary, const HostPoints& x, const SlowFeatures& slow, double tolerance = 1e-12) {
  const HostMatrix expected("slow features", x.extent(0), dictionary.size());
  for (Index i = 0; i < static_cast<Index>(x.extent(0)); ++i) {
    const std::vector<double> features = slow(row_of(x, i));
    ASSERT_EQ(static_cast<Index>(features.size()), dictionary.size());
    for (std::size_t a = 0; a < features.size(); ++a) expected(i, a) = features[a];
  }
  EXPECT_TRUE(same(values_of(dictionary, x), expected, tolerance, tolerance));
}

/// Derivatives against central differences of the values, whose own error is about 1e-10 |psi'''| and 1e-11 |psi|.
template <class D>
void expect_slopes(D& dictionary, const HostPoints& x, double tolerance = 1e-6) {
  constexpr double h = 1e-5;
  for (Index k = 0; k < dictionary.dimension(); ++k) {
    const HostPoints up = on_host(x), down = on_host(x);
    for (std::size_t i = 0; i < x.extent(0); ++i) {
      up(i, k) += h;
      down(i, k) -= h;
    }
    const HostMatrix above = values_of(dictionary, up), below = values_of(dictionary, down);
    for (std::size_t i = 0; i < x.extent(0); ++i)
      for (Index a = 0; a < dictionary.size(); ++a) above(i, a) = (above(i, a) - below(i, a)) / (2 * h);
    EXPECT_TRUE(same(slopes_of(dictionary, x, k), above, tolerance, tolerance)) << "along coordinate " << k;
  }
}

/// The first q columns are the same whatever q is. `tolerance`: of products of matrices, which are blocked by their size.
template <class D>
void expect_nesting(D& dictionary, const HostPoints& x, double tolerance = 0) {
  const HostMatrix values = values_of(dictionary, x), slopes = slopes_of(dictionary, x, 0);
  for (Index q = 1; q <= dictionary.size(); q += 1 + dictionary.size() / 7) {
    const auto leading = [q](const HostMatrix& m) { return Kokkos::subview(m, Kokkos::ALL, std::pair<Index, Index>(0, q)); };
    EXPECT_TRUE(same(values_of(dictionary, x, q), leading(values), tolerance, tolerance)) << "q = " << q;
    EXPECT_TRUE(same(slopes_of(dictionary, x, 0, q), leading(slopes), tolerance, tolerance)) << "q = " << q;
  }
}

/// Slopes and nesting at once: the contract beside the values.
template <class D>
void expect_contract(D& dictionary, const HostPoints& x, double nesting = 0) {
  expect_slopes(dictionary, x);
  expect_nesting(dictionary, x, nesting);
}

/// G = sum_i w_i psi psi^T and D = sum_i w_i sum_k (d_k psi)(d_k psi)^T for a weighted quadrature, both triangles.
struct Forms {
  HostMatrix gram, dirichlet;
};
template <class D>
Forms forms_of(D& dictionary, const HostPoints& nodes, const std::vector<double>& weights) {
  const Kokkos::DefaultHostExecutionSpace exec;
  const auto p = static_cast<std::size_t>(dictionary.size());
  const Forms forms{HostMatrix("gram", p, p), HostMatrix("dirichlet", p, p)};
  const auto add = [&](const HostMatrix& rows, const HostMatrix& form) {
    for (std::size_t i = 0; i < rows.extent(0); ++i)
      for (std::size_t a = 0; a < p; ++a) rows(i, a) *= std::sqrt(weights[i]);
    algebra::multiply(exec, 1.0, algebra::Op::transposed, rows, algebra::Op::none, rows, 1, form);
  };
  add(values_of(dictionary, nodes), forms.gram);
  for (Index k = 0; k < dictionary.dimension(); ++k) add(slopes_of(dictionary, nodes, k), forms.dirichlet);
  return forms;
}

}  // namespace kswgd::test
