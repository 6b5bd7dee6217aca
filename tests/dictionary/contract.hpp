// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/dictionary/any_dictionary.hpp>

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
HostMatrix values_of(const D& dictionary, const HostPoints& x, Index q = -1) {
  using Exec = typename D::execution_space;
  const Exec exec;
  const Matrix<Exec> psi("psi", x.extent(0), q < 0 ? dictionary.size() : q);
  Kokkos::deep_copy(psi, 7.5);
  dictionary.evaluate(exec, on_device<Exec>(x), psi);
  return on_host(psi);
}

/// Their derivatives along coordinate k.
template <class D>
HostMatrix slopes_of(const D& dictionary, const HostPoints& x, Index k, Index q = -1) {
  using Exec = typename D::execution_space;
  const Exec exec;
  const Matrix<Exec> dpsi("dpsi", x.extent(0), q < 0 ? dictionary.size() : q);
  Kokkos::deep_copy(dpsi, 7.5);
  dictionary.gradient(exec, on_device<Exec>(x), k, dpsi);
  return on_host(dpsi);
}

template <class D>
void expect_values(const D& dictionary, const HostPoints& x, const SlowFeatures& slow, double tolerance = 1e-12) {
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
void expect_slopes(const D& dictionary, const HostPoints& x, double tolerance = 1e-6) {
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
void expect_nesting(const D& dictionary, const HostPoints& x, double tolerance = 0) {
  const HostMatrix values = values_of(dictionary, x), slopes = slopes_of(dictionary, x, 0);
  for (Index q = 1; q <= dictionary.size(); q += 1 + dictionary.size() / 7) {
    const auto leading = [q](const HostMatrix& m) { return Kokkos::subview(m, Kokkos::ALL, std::pair<Index, Index>(0, q)); };
    EXPECT_TRUE(same(values_of(dictionary, x, q), leading(values), tolerance, tolerance)) << "q = " << q;
    EXPECT_TRUE(same(slopes_of(dictionary, x, 0, q), leading(slopes), tolerance, tolerance)) << "q = " << q;
  }
}

/// Both passes of the flow, for all and for some of the features, against sums over values and slopes.
template <class D>
void expect_passes(const D& held, const HostPoints& x) {
  using Exec = typename D::execution_space;
  const Exec exec;
  const AnyDictionary<Exec> dictionary(held);
  const Index n = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1)), p = dictionary.size();
  const HostVector c("c", p);
  for (Index a = 0; a < p; ++a) c(a) = IndexedRandom(6, 0).normal(static_cast<std::uint64_t>(a));
  const HostMatrix psi = values_of(held, x);
  for (const Index q : {p, p / 2 + 1}) {
    const HostMatrix slow_mean("slow mean", q, 1), slow_u("slow descent", n, d);
    for (Index i = 0; i < n; ++i)
      for (Index a = 0; a < q; ++a) slow_mean(a, 0) += psi(i, a) / static_cast<double>(n);
    for (Index k = 0; k < d; ++k) {
      const HostMatrix slopes = slopes_of(held, x, k);
      for (Index i = 0; i < n; ++i)
        for (Index a = 0; a < q; ++a) slow_u(i, k) -= c(a) * slopes(i, a);
    }
    const Matrix<Exec> mean("mean", q, 1);
    const Points<Exec> u("descent", n, d);
    Kokkos::deep_copy(u, 7.5);
    dictionary.mean(exec, on_device<Exec>(x), Kokkos::subview(mean, Kokkos::ALL, 0), q, Precision::fp64);
    dictionary.descent(exec, on_device<Exec>(x), to_device(exec, c), u, q, Precision::fp64);
    EXPECT_TRUE(same(mean, slow_mean, 1e-12, 1e-12)) << "q = " << q;
    EXPECT_TRUE(same(u, slow_u, 1e-11, 1e-11)) << "q = " << q;
    const Matrix<Exec> value("value", n, 1);
    const HostMatrix slow_value("slow value", n, 1);
    for (Index i = 0; i < n; ++i)
      for (Index a = 0; a < q; ++a) slow_value(i, 0) += c(a) * psi(i, a);
    dictionary.value_and_gradient(exec, on_device<Exec>(x), to_device(exec, c), Kokkos::subview(value, Kokkos::ALL, 0), u, q);
    for (std::size_t item = 0; item < slow_u.size(); ++item) slow_u.data()[item] *= -1;
    EXPECT_TRUE(same(value, slow_value, 1e-11, 1e-11)) << "q = " << q;
    EXPECT_TRUE(same(u, slow_u, 1e-11, 1e-11)) << "q = " << q;
  }
}

/// The contract beside the values: slopes, nesting, and the passes of the flow.
template <class D>
void expect_contract(const D& dictionary, const HostPoints& x, double nesting = 0) {
  expect_slopes(dictionary, x);
  expect_nesting(dictionary, x, nesting);
  expect_passes(dictionary, x);
}

/// G = sum_i w_i psi psi^T and D = sum_i w_i sum_k (d_k psi)(d_k psi)^T for a weighted quadrature, both triangles.
struct Forms {
  HostMatrix gram, dirichlet;
};
template <class D>
Forms forms_of(const D& dictionary, const HostPoints& nodes, const std::vector<double>& weights) {
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
