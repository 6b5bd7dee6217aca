// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../algebra/square_matrices.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/moments/accumulator.hpp>
#include <kswgd/support/check.hpp>

namespace kswgd {
namespace {

/// The polynomial psi_a = x_i, or x_i x_j, or 1: its degree and the coordinates.
struct Monomial {
  int degree;
  Index i, j;
};

KOKKOS_INLINE_FUNCTION Monomial monomial(Index a, Index d) {
  if (a == 0) return {0, 0, 0};
  if (a <= d) return {1, a - 1, 0};
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

/// D of polynomials and Gaussians from G and A. Entries of the upper triangle work, for both.
template <class Exec>
struct GaussianDirichlet {
  Matrix<Exec> gram, distances, less_distances, dirichlet;
  Points<Exec> centres;
  Vector<Exec> inverse_square;
  double scale, sign;
  Index q, d;

  KOKKOS_FUNCTION void operator()(Index a, Index b) const {
    if (a > b) return;
    const double value = entry(a, b);
    dirichlet(a, b) = value;
    dirichlet(b, a) = value;
  }

  KOKKOS_FUNCTION double entry(Index a, Index b) const {
    if (b < q) {
      return polynomial_entry(monomial(a, d), monomial(b, d), gram, d);
    } else if (a < q) {
      const Index g = b - q;
      const Monomial f = monomial(a, d);  // E[-K_b grad f . (x - z_b)] / h_b^2
      double value = 0;
      if (f.degree == 1) value = gram(a, b) - centres(g, f.i) * gram(0, b);
      if (f.degree == 2) value = 2 * gram(a, b) - centres(g, f.i) * gram(1 + f.j, b) - centres(g, f.j) * gram(1 + f.i, b);
      return -value * inverse_square(g);
    } else {
      const Index g = a - q, h = b - q;
      double between = 0;
      for (Index k = 0; k < d; ++k) between += (centres(g, k) - centres(h, k)) * (centres(g, k) - centres(h, k));
      const double both = distances(g, h) + distances(h, g) - sign * (less_distances(g, h) + less_distances(h, g));
      return 0.5 * (scale * both - between * gram(a, b)) * inverse_square(g) * inverse_square(h);
    }
  }
};

/// out (+)= factor (sums - sign less), from upper triangles to both. Entries of the upper triangle work.
template <class Exec>
struct AverageKernel {
  Matrix<Exec> out, sums, less;
  double factor, sign;
  bool add;
  KOKKOS_FUNCTION void operator()(Index a, Index b) const {
    if (a > b) return;
    const double value = factor * (sums(a, b) - sign * less(a, b)) + (add ? out(a, b) : 0.0);
    out(a, b) = value;
    out(b, a) = value;
  }
};

/// sum(i, a) += normal(i, k) derivative(i, a)
template <class Exec>
struct AddNormalPart {
  Matrix<Exec> sum, derivative;
  Points<Exec> normal;
  Index rows, k;
  KOKKOS_FUNCTION void operator()(Index item) const { sum(item % rows, item / rows) += normal(item % rows, k) * derivative(item % rows, item / rows); }
};

}  // namespace

template <ExecutionSpace Exec>
MomentTile<Exec>::MomentTile(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index rows, Index normals)
    : m_dictionary(dictionary), m_psi(allocate<Matrix<Exec>>(exec, "MomentTile::psi", rows, dictionary.size())) {
  const Index p = dictionary.size();
  if (auto* gaussian = m_dictionary.gaussian()) {
    m_weighted = allocate<Matrix<Exec>>(exec, "MomentTile::weighted", rows, gaussian->gaussians());
  } else {
    for (Index j = 0; j < m_dictionary.dirichlet_factors(); ++j) m_factors.push_back(allocate<Matrix<Exec>>(exec, "MomentTile::factor", rows, p));
  }
  if (normals > 0) m_scratch = allocate<Matrix<Exec>>(exec, "MomentTile::scratch", rows, p);
  for (Index j = 0; j < normals; ++j) m_normals.push_back(allocate<Matrix<Exec>>(exec, "MomentTile::normal", rows, p));
}

template <ExecutionSpace Exec>
void MomentTile<Exec>::evaluate(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& weight, double total_weight,
                                const std::vector<Points<Exec>>& normals) {
  require(normals.size() == m_normals.size(), "MomentTile::evaluate",
          [&] { return std::to_string(m_normals.size()) + " normals at each point are expected, got " + std::to_string(normals.size()); });
  const Index rows = static_cast<Index>(x.extent(0));
  const auto leading = [&](const Matrix<Exec>& a) -> Matrix<Exec> { return Kokkos::subview(a, Span(0, rows), Kokkos::ALL); };
  m_weight = total_weight;
  m_rows_psi = leading(m_psi);
  m_rows_factors.clear();
  m_rows_normals.clear();
  if (auto* gaussian = m_dictionary.gaussian()) {
    m_rows_weighted = leading(m_weighted);
    gaussian->evaluate_with_distances(exec, x, m_rows_psi, m_rows_weighted);
  } else {
    m_dictionary.evaluate(exec, x, m_rows_psi);
    for (std::size_t j = 0; j < m_factors.size(); ++j) {
      m_rows_factors.push_back(leading(m_factors[j]));
      m_dictionary.dirichlet_factor(exec, x, static_cast<Index>(j), m_rows_factors.back());
    }
  }
  const Index items = rows * m_dictionary.size();
  for (const auto& a : m_normals) {
    m_rows_normals.push_back(leading(a));
    Kokkos::deep_copy(exec, m_rows_normals.back(), 0.0);
  }
  for (Index k = 0; !m_normals.empty() && k < m_dictionary.dimension(); ++k) {
    const Matrix<Exec> derivative = leading(m_scratch);
    m_dictionary.gradient(exec, x, k, derivative);
    for (std::size_t j = 0; j < normals.size(); ++j)
      Kokkos::parallel_for("kswgd::MomentTile::normals", index_range(exec, items), AddNormalPart<Exec>{m_rows_normals[j], derivative, normals[j], rows, k});
  }
  if (weight.extent(0) == 0) return;
  algebra::scale_by_roots(exec, weight, m_rows_psi);  // each factor of a product takes the root of the weight
  if (m_dictionary.gaussian()) algebra::scale_by_roots(exec, weight, m_rows_weighted);
  for (const auto& factor : m_rows_factors) algebra::scale_by_roots(exec, weight, factor);
  for (const auto& normal : m_rows_normals) algebra::scale_by_roots(exec, weight, normal);
}

template <ExecutionSpace Exec>
MomentAccumulator<Exec>::MomentAccumulator(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index features, bool on_manifold)
    : m_dictionary(dictionary), m_features(features), m_gaussians(0), m_gram(zeros<Matrix<Exec>>(exec, "MomentAccumulator::gram", features, features)) {
  if (auto* gaussian = m_dictionary.gaussian()) {
    m_gaussians = features - gaussian->polynomials();
    m_distance = zeros<Matrix<Exec>>(exec, "MomentAccumulator::distance", m_gaussians, m_gaussians);
  } else {
    m_factors = zeros<Matrix<Exec>>(exec, "MomentAccumulator::factors", features, features);
  }
  if (on_manifold) m_normals = zeros<Matrix<Exec>>(exec, "MomentAccumulator::normals", features, features);
}

template <ExecutionSpace Exec>
void MomentAccumulator<Exec>::add(const Exec& exec, const MomentTile<Exec>& tile) {
  const auto leading = [this](const Matrix<Exec>& a) -> Matrix<Exec> { return Kokkos::subview(a, Kokkos::ALL, Span(0, m_features)); };
  algebra::add_gram(exec, 1, leading(tile.features()), m_gram);
  if (m_gaussians > 0) {
    const Matrix<Exec> kernels = Kokkos::subview(tile.features(), Kokkos::ALL, Span(m_features - m_gaussians, m_features));
    const Matrix<Exec> distances = Kokkos::subview(tile.weighted(), Kokkos::ALL, Span(0, m_gaussians));
    algebra::multiply(exec, 1, algebra::Op::transposed, distances, algebra::Op::none, kernels, 1, m_distance);
  }
  for (const auto& factor : tile.factors()) algebra::add_gram(exec, 1, leading(factor), m_factors);
  for (const auto& normal : tile.normal_derivatives()) algebra::add_gram(exec, 1, leading(normal), m_normals);
  m_weight += tile.weight();
}

template <ExecutionSpace Exec>
void MomentAccumulator<Exec>::add(const Exec& exec, const MomentAccumulator& other) {
  const auto sum = [&](const Matrix<Exec>& into, const Matrix<Exec>& from) {
    if (into.extent(0) > 0) algebra::add_square(exec, from, into);
  };
  sum(m_gram, other.m_gram);
  sum(m_distance, other.m_distance);
  sum(m_factors, other.m_factors);
  sum(m_normals, other.m_normals);
  m_weight += other.m_weight;
}

template <ExecutionSpace Exec>
typename MomentAccumulator<Exec>::Result MomentAccumulator<Exec>::moments(const Exec& exec, const MomentAccumulator* less, Index first) const {
  const Index p = first > 0 ? std::min(first, m_features) : m_features;
  const double weight = m_weight - (less ? less->m_weight : 0), scale = 1 / weight, sign = less ? 1 : 0;
  const Result result{allocate<Matrix<Exec>>(exec, "moments::gram", p, p), allocate<Matrix<Exec>>(exec, "moments::dirichlet", p, p), weight};
  const auto average = [&](const Matrix<Exec>& out, const Matrix<Exec>& sums, const Matrix<Exec>& other, double factor, bool add) {
    Kokkos::parallel_for("kswgd::moments::average", algebra::square_range(exec, p), AverageKernel<Exec>{out, sums, other, factor, sign, add});
  };
  const MomentAccumulator& other = less ? *less : *this;
  average(result.gram, m_gram, other.m_gram, scale, false);
  if (auto* gaussian = m_dictionary.gaussian()) {
    Kokkos::parallel_for("kswgd::moments::dirichlet", algebra::square_range(exec, p),
                         GaussianDirichlet<Exec>{result.gram, m_distance, other.m_distance, result.dirichlet, gaussian->centres(),
                                                 gaussian->inverse_square_widths(), scale, sign, m_features - m_gaussians, gaussian->dimension()});
  } else {
    average(result.dirichlet, m_factors, other.m_factors, scale, false);
    m_dictionary.weigh_dirichlet(exec, result.dirichlet);
  }
  if (m_normals.extent(0) > 0) average(result.dirichlet, m_normals, other.m_normals, -scale, true);
  return result;
}

#define KSWGD_INSTANTIATE(EXEC)    \
  template class MomentTile<EXEC>; \
  template class MomentAccumulator<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
