// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../algebra/square_matrices.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/gaussian.hpp>

namespace kswgd {
namespace {

/// The polynomial psi_a = x_i, or x_i x_j, or 1: its degree and the coordinates.
struct Monomial {
  int degree;
  Index i, j;
};

KOKKOS_INLINE_FUNCTION Monomial monomial(Index a, Index d, Index polynomials) {
  if (a == 0) return {0, 0, 0};
  if (a <= d) return {1, a - 1, 0};
  if (polynomials == 1 + 2 * d) return {2, a - 1 - d, a - 1 - d};  // the squares alone
  Index index = a - 1 - d, i = 0;
  while (index >= d - i) index -= d - i++;
  return {2, i, i + index};
}

/// D_ab for two polynomials: averages of products of their gradients, all of which stand in column 0 of G, E[psi].
template <class View>
KOKKOS_INLINE_FUNCTION double polynomial_entry(const Monomial& a, const Monomial& b, const View& gram, Index d) {
  if (a.degree == 0 || b.degree == 0) return 0;
  if (a.degree > b.degree) return polynomial_entry(b, a, gram, d);
  const auto first = [&](Index i) { return gram(1 + i, 0); };
  if (a.degree == 1) {
    if (b.degree == 1) return a.i == b.i ? gram(0, 0) : 0.0;
    return (a.i == b.i ? first(b.j) : 0.0) + (a.i == b.j ? first(b.i) : 0.0);
  }
  const auto second = [&](Index i, Index j) { return gram(1 + i, 1 + j); };  // E[x_i x_j]: the linear features have it
  return (a.i == b.i ? second(a.j, b.j) : 0.0) + (a.i == b.j ? second(a.j, b.i) : 0.0) + (a.j == b.i ? second(a.i, b.j) : 0.0) +
         (a.j == b.j ? second(a.i, b.i) : 0.0);
}

/// D in place of S + S^T. Entries of the upper triangle work, for both.
template <class Exec>
struct DirichletKernel {
  Matrix<Exec> gram, dirichlet;
  Points<Exec> centres;
  Vector<Exec> inverse_square;
  Matrix<Exec> axes;  // of the squares; empty: the coordinates
  double factor;
  Index polynomials, d;

  KOKKOS_FUNCTION void operator()(Index a, Index b) const {
    if (a > b) return;
    const double value = entry(a, b);
    dirichlet(a, b) = value;
    dirichlet(b, a) = value;
  }

  KOKKOS_FUNCTION bool is_turned(Index a) const { return axes.extent(0) > 0 && a > d && a < polynomials; }

  /// sum_j axes_kj value(j)
  template <class Value>
  KOKKOS_FUNCTION double along(Index square, const Value& value) const {
    double sum = 0;
    for (Index j = 0; j < d; ++j) sum += axes(square - 1 - d, j) * value(j);
    return sum;
  }

  KOKKOS_FUNCTION double entry(Index a, Index b) const {
    if (is_turned(b)) {  // axes are orthogonal: E[4 s_a] on the diagonal
      if (a > d) return a == b ? 4 * gram(b, 0) : 0.0;
      return a == 0 ? 0.0 : 2 * axes(b - 1 - d, a - 1) * along(b, [&](Index j) { return gram(1 + j, 0); });
    } else if (is_turned(a)) {
      const Index g = b - polynomials;
      const double centre = along(a, [&](Index j) { return centres(g, j); });
      return -2 * (gram(a, b) - centre * along(a, [&](Index j) { return gram(1 + j, b); })) * inverse_square(g);
    } else if (b < polynomials) {
      return polynomial_entry(monomial(a, d, polynomials), monomial(b, d, polynomials), gram, d);
    } else if (a < polynomials) {
      const Index g = b - polynomials;
      const Monomial f = monomial(a, d, polynomials);  // E[-K_b grad f . (x - z_b)] / h_b^2
      double value = 0;
      if (f.degree == 1) value = gram(a, b) - centres(g, f.i) * gram(0, b);
      if (f.degree == 2) value = 2 * gram(a, b) - centres(g, f.i) * gram(1 + f.j, b) - centres(g, f.j) * gram(1 + f.i, b);
      return -value * inverse_square(g);
    } else {
      const Index g = a - polynomials, h = b - polynomials;
      double between = 0;
      for (Index k = 0; k < d; ++k) between += (centres(g, k) - centres(h, k)) * (centres(g, k) - centres(h, k));
      return 0.5 * (factor * dirichlet(a, b) - between * gram(a, b)) * inverse_square(g) * inverse_square(h);
    }
  }
};

/// E[grad f_a . grad psi_b] from sums with the derivatives of f_a along each coordinate and along x.
template <class Exec>
struct CrossKernel {
  Matrix<Exec> products, cross;
  Points<Exec> centres;
  Vector<Exec> inverse_square;
  Matrix<Exec> axes;  // of the squares; empty: the coordinates
  Index polynomials, d, count;

  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index a = item % count, b = item / count;
    const auto along = [&](Index k, Index feature) { return products(k * count + a, feature); };
    double value = 0;
    if (axes.extent(0) > 0 && b > d && b < polynomials) {
      const Index s = b - 1 - d;
      for (Index k = 0; k < d; ++k)
        for (Index j = 0; j < d; ++j) value += 2 * axes(s, k) * axes(s, j) * along(k, 1 + j);
    } else if (b < polynomials) {
      const Monomial f = monomial(b, d, polynomials);
      if (f.degree == 1) value = along(f.i, 0);
      if (f.degree == 2) value = along(f.i, 1 + f.j) + along(f.j, 1 + f.i);
    } else {
      const Index g = b - polynomials;
      value = -along(d, b);
      for (Index k = 0; k < d; ++k) value += centres(g, k) * along(k, b);
      value *= inverse_square(g);
    }
    cross(a, b) = value;
  }
};

}  // namespace

template <ExecutionSpace Exec>
void GaussianDictionary<Exec>::cross_dirichlet(const Exec& exec, const Matrix<Exec>& products, const Matrix<Exec>& cross) const {
  Kokkos::parallel_for("kswgd::GaussianDictionary::cross_dirichlet", index_range(exec, rows(cross) * columns(cross)),
                       CrossKernel<Exec>{products, cross, m_double.centres, m_inverse_square, m_axes, m_polynomials, m_dimension, rows(cross)});
}

template <ExecutionSpace Exec>
void GaussianDictionary<Exec>::close_dirichlet(const Exec& exec, const Matrix<Exec>& gram, double factor, const Matrix<Exec>& d) const {
  Kokkos::parallel_for("kswgd::GaussianDictionary::close_dirichlet", algebra::square_range(exec, static_cast<Index>(d.extent(0))),
                       DirichletKernel<Exec>{gram, d, m_double.centres, m_inverse_square, m_axes, factor, m_polynomials, m_dimension});
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                 \
  template void GaussianDictionary<EXEC>::close_dirichlet(const EXEC&, const Matrix<EXEC>&, double, const Matrix<EXEC>&) const; \
  template void GaussianDictionary<EXEC>::cross_dirichlet(const EXEC&, const Matrix<EXEC>&, const Matrix<EXEC>&) const;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
