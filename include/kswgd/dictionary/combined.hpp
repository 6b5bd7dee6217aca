// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/detail/runs.hpp>
#include <kswgd/dictionary/dictionary.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>
#include <concepts>
#include <vector>

/// @file
/// Dictionaries made of dictionaries: sum, product, affine change of variables. They nest: the product of a Hermite
/// dictionary of the first two coordinates and a trigonometric one of the third is
///     ProductDictionary(AffineDictionary(exec, hermite, select(3, {0, 1})), AffineDictionary(exec, modes, select(3, {2}))).

namespace kswgd {

namespace detail {

/// Two dictionaries that can be combined: of one execution space.
template <class A, class B>
concept Combinable = Dictionary<A> && Dictionary<B> && std::same_as<typename A::execution_space, typename B::execution_space>;

template <class A, class B>
void require_same_dimension(const char* function, const A& a, const B& b) {
  require(a.dimension() == b.dimension(), function, [&] {
    return "the two dictionaries take " + std::to_string(a.dimension()) + " and " + std::to_string(b.dimension()) +
           " coordinates: let them take the same, with AffineDictionary and select";
  });
}

/// out(i, a pb + b) = first(i, a) second(i, b), or is added to.
template <class Exec>
struct PairProductKernel {
  Matrix<Exec> first, second, out;
  Index second_size;
  bool add;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index pair) const {
    const Index a = pair / second_size, b = pair % second_size;
    for (Index i = begin; i < end; ++i) out(i, pair) = (add ? out(i, pair) : 0.0) + first(i, a) * second(i, b);
  }
};

/// y(i, j) = shift(j) + sum_k matrix(j, k) x(i, k).
template <class Exec>
struct AffineKernel {
  Points<Exec> x;
  Matrix<Exec> matrix;
  Vector<Exec> shift;
  Points<Exec> y;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index j) const {
    for (Index i = begin; i < end; ++i) y(i, j) = shift(j);
    for (std::size_t k = 0; k < x.extent(1); ++k) {
      const double entry = matrix(j, k);
      if (entry == 0) continue;
      for (Index i = begin; i < end; ++i) y(i, j) += entry * x(i, k);
    }
  }
};

/// out(i, a) = factor part(i, a), or is added to.
template <class Exec>
struct ScaledKernel {
  Matrix<Exec> part, out;
  double factor;
  bool add;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index a) const {
    for (Index i = begin; i < end; ++i) out(i, a) = (add ? out(i, a) : 0.0) + factor * part(i, a);
  }
};

}  // namespace detail

/// The features of A, then those of B without its constant, which A has. The span is the sum of the two.
template <class A, class B>
requires detail::Combinable<A, B>
class SumDictionary {
 public:
  using execution_space = typename A::execution_space;

  SumDictionary() = default;
  /// Throws InvalidInput when the dimensions differ.
  SumDictionary(A a, B b) : m_a(std::move(a)), m_b(std::move(b)) { detail::require_same_dimension("SumDictionary", m_a, m_b); }

  Index size() const { return m_a.size() + m_b.size() - 1; }
  Index dimension() const { return m_a.dimension(); }

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features. Costs what A and B cost.
  void evaluate(const execution_space& exec, const Points<execution_space>& x, const Matrix<execution_space>& psi) {
    // B writes its constant where A's last feature stands afterwards: neither a copy nor a workspace.
    if (beyond(psi) > 0) m_b.evaluate(exec, x, part_of_b(psi));
    m_a.evaluate(exec, x, part_of_a(psi));
  }

  /// dpsi(i, a) = d psi_a / d x_k (x_i).
  void gradient(const execution_space& exec, const Points<execution_space>& x, Index k, const Matrix<execution_space>& dpsi) {
    if (beyond(dpsi) > 0) m_b.gradient(exec, x, k, part_of_b(dpsi));
    m_a.gradient(exec, x, k, part_of_a(dpsi));
  }

 private:
  Index beyond(const Matrix<execution_space>& psi) const { return static_cast<Index>(psi.extent(1)) - m_a.size(); }
  Matrix<execution_space> part_of_a(const Matrix<execution_space>& psi) const {
    return detail::columns_of<execution_space>(psi, 0, std::min(m_a.size(), static_cast<Index>(psi.extent(1))));
  }
  Matrix<execution_space> part_of_b(const Matrix<execution_space>& psi) const {
    return detail::columns_of<execution_space>(psi, m_a.size() - 1, static_cast<Index>(psi.extent(1)));
  }

  A m_a;
  B m_b;
};

/// All products of a feature of A and one of B; feature a p_B + b is psi_a^A psi_b^B, so that the constants' product is first
/// and B itself follows.
template <class A, class B>
requires detail::Combinable<A, B>
class ProductDictionary {
 public:
  using execution_space = typename A::execution_space;

  ProductDictionary() = default;
  /// Throws InvalidInput when the dimensions differ.
  ProductDictionary(A a, B b) : m_a(std::move(a)), m_b(std::move(b)) { detail::require_same_dimension("ProductDictionary", m_a, m_b); }

  Index size() const { return m_a.size() * m_b.size(); }
  Index dimension() const { return m_a.dimension(); }

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features. Costs what A and B cost and n q; workspace n (p_A + p_B).
  void evaluate(const execution_space& exec, const Points<execution_space>& x, const Matrix<execution_space>& psi) {
    const Parts parts = take_parts(exec, x, psi);
    m_a.evaluate(exec, x, parts.a);
    m_b.evaluate(exec, x, parts.b);
    multiply(exec, parts.a, parts.b, psi, false);
  }

  /// dpsi(i, a) = d psi_a / d x_k (x_i), by the product rule.
  void gradient(const execution_space& exec, const Points<execution_space>& x, Index k, const Matrix<execution_space>& dpsi) {
    const Parts parts = take_parts(exec, x, dpsi);
    m_a.evaluate(exec, x, parts.a);
    m_b.gradient(exec, x, k, parts.b);
    multiply(exec, parts.a, parts.b, dpsi, false);
    m_a.gradient(exec, x, k, parts.a);
    m_b.evaluate(exec, x, parts.b);
    multiply(exec, parts.a, parts.b, dpsi, true);
  }

 private:
  struct Parts {
    Matrix<execution_space> a, b;
  };
  /// Room for as many features of A and B as the first q products need.
  Parts take_parts(const execution_space& exec, const Points<execution_space>& x, const Matrix<execution_space>& out) {
    const Index n = static_cast<Index>(x.extent(0)), q = static_cast<Index>(out.extent(1)), from_b = std::min(q, m_b.size());
    return {m_first.take(exec, "ProductDictionary::first", n, (q + m_b.size() - 1) / m_b.size()), m_second.take(exec, "ProductDictionary::second", n, from_b)};
  }
  void multiply(const execution_space& exec, const Matrix<execution_space>& a, const Matrix<execution_space>& b, const Matrix<execution_space>& out,
                bool add) const {
    detail::for_each_run(exec, "kswgd::ProductDictionary::multiply", static_cast<Index>(out.extent(0)), static_cast<Index>(out.extent(1)),
                         detail::PairProductKernel<execution_space>{a, b, out, m_b.size(), add});
  }

  A m_a;
  B m_b;
  detail::Scratch<Matrix<execution_space>> m_first, m_second;
};

/// y = matrix x + shift: what a file holds of a change of variables.
struct AffineMapData {
  HostMatrix matrix;          ///< m x d
  std::vector<double> shift;  ///< m
};

/// The map that keeps the listed ones of `dimension` coordinates (numbered from 0), in this order. Throws InvalidInput for a
/// coordinate that does not exist, or none.
inline AffineMapData select(Index dimension, const std::vector<Index>& coordinates) {
  require(!coordinates.empty(), "select", [] { return "at least one coordinate must be selected"; });
  const AffineMapData map{HostMatrix("kswgd::select::matrix", coordinates.size(), static_cast<std::size_t>(dimension)),
                          std::vector<double>(coordinates.size(), 0.0)};
  for (std::size_t j = 0; j < coordinates.size(); ++j) {
    require(coordinates[j] >= 0 && coordinates[j] < dimension, "select",
            [&] { return "there is no coordinate " + std::to_string(coordinates[j]) + ": they are numbered 0 to " + std::to_string(dimension - 1); });
    map.matrix(j, coordinates[j]) = 1;
  }
  return map;
}

/// The features of a dictionary of m coordinates at y = A x + b, x in R^d. m and d may differ: a projection, a selection.
template <Dictionary D>
class AffineDictionary {
 public:
  using execution_space = typename D::execution_space;

  AffineDictionary() = default;
  /// Throws InvalidInput when the map does not lead to the dictionary's coordinates, or an entry is not finite.
  AffineDictionary(const execution_space& exec, D dictionary, const AffineMapData& map) : m_dictionary(std::move(dictionary)) {
    const std::size_t rows = map.matrix.extent(0), columns = map.matrix.extent(1);
    require(static_cast<Index>(rows) == m_dictionary.dimension() && map.shift.size() == rows && columns >= 1, "AffineDictionary", [&] {
      return "the matrix is " + std::to_string(rows) + " x " + std::to_string(columns) + " and the shift has " + std::to_string(map.shift.size()) +
             " numbers; the dictionary takes " + std::to_string(m_dictionary.dimension()) + " coordinates, one for each row";
    });
    const HostVector shift("kswgd::AffineDictionary::shift", rows);
    m_host_matrix = HostMatrix("kswgd::AffineDictionary::host_matrix", rows, columns);
    for (std::size_t j = 0; j < rows; ++j) {
      bool finite = std::isfinite(shift(j) = map.shift[j]);
      for (std::size_t k = 0; k < columns; ++k) finite = std::isfinite(m_host_matrix(j, k) = map.matrix(j, k)) && finite;
      require(finite, "AffineDictionary", [&] { return "row " + std::to_string(j) + " of the map (from 0) is not finite"; });
    }
    m_matrix = to_device(exec, m_host_matrix);
    m_shift = to_device(exec, shift);
  }

  Index size() const { return m_dictionary.size(); }
  Index dimension() const { return static_cast<Index>(m_host_matrix.extent(1)); }

  /// psi(i, a) = psi_a(A x_i + b), the first psi.extent(1) features. Costs what the dictionary costs, and 2 n m d flops.
  void evaluate(const execution_space& exec, const Points<execution_space>& x, const Matrix<execution_space>& psi) {
    m_dictionary.evaluate(exec, map(exec, x), psi);
  }

  /// dpsi(i, a) = sum_j A_jk (d psi_a / d y_j)(A x_i + b): one gradient of the dictionary for each entry of column k that is
  /// not 0.
  void gradient(const execution_space& exec, const Points<execution_space>& x, Index k, const Matrix<execution_space>& dpsi) {
    const Index n = static_cast<Index>(x.extent(0)), q = static_cast<Index>(dpsi.extent(1));
    const Points<execution_space> y = map(exec, x);
    const Matrix<execution_space> part = m_part.take(exec, "AffineDictionary::part", n, q);
    bool add = false;
    for (std::size_t j = 0; j < m_host_matrix.extent(0); ++j) {
      const double entry = m_host_matrix(j, k);
      if (entry == 0) continue;
      m_dictionary.gradient(exec, y, static_cast<Index>(j), part);
      detail::for_each_run(exec, "kswgd::AffineDictionary::gradient", n, q, detail::ScaledKernel<execution_space>{part, dpsi, entry, add});
      add = true;
    }
    if (!add) Kokkos::deep_copy(exec, dpsi, 0.0);
  }

 private:
  Points<execution_space> map(const execution_space& exec, const Points<execution_space>& x) {
    const Index n = static_cast<Index>(x.extent(0)), rows = static_cast<Index>(m_host_matrix.extent(0));
    const Points<execution_space> y = m_mapped.take(exec, "AffineDictionary::mapped", n, rows);
    detail::for_each_run(exec, "kswgd::AffineDictionary::map", n, rows, detail::AffineKernel<execution_space>{x, m_matrix, m_shift, y});
    return y;
  }

  D m_dictionary;
  HostMatrix m_host_matrix;
  Matrix<execution_space> m_matrix;
  Vector<execution_space> m_shift;
  detail::Scratch<Matrix<execution_space>> m_mapped, m_part;
};

}  // namespace kswgd
