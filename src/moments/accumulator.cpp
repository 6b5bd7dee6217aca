// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/moments/accumulator.hpp>

namespace kswgd {
namespace {

using Range = std::pair<Index, Index>;

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
  return (a.i == b.i ? second(a.j, b.j) : 0.0) + (a.i == b.j ? second(a.j, b.i) : 0.0) +
         (a.j == b.i ? second(a.i, b.j) : 0.0) + (a.j == b.j ? second(a.i, b.i) : 0.0);
}

/// All entries of a p x p matrix, column by column, without a division for each.
template <class Exec>
auto entries(const Exec& exec, Index p) {
  using Policy = Kokkos::MDRangePolicy<Exec, Kokkos::Rank<2, Kokkos::Iterate::Left, Kokkos::Iterate::Left>, Kokkos::IndexType<Index>>;
  return Policy(exec, {Index{0}, Index{0}}, {p, p});
}

template <class Exec>
struct SumKernel {
  Matrix<Exec> into, from;
  KOKKOS_FUNCTION void operator()(Index row, Index column) const { into(row, column) += from(row, column); }
};

}  // namespace

template <ExecutionSpace Exec>
MomentAccumulator<Exec>::MomentAccumulator(const Exec& exec, const GaussianDictionary<Exec>& dictionary, Index features)
    : m_dictionary(dictionary),
      m_features(features),
      m_polynomials(dictionary.polynomials()),
      m_gaussians(features - dictionary.polynomials()),
      m_gram(Kokkos::view_alloc(exec, "kswgd::MomentAccumulator::gram"), features, features),
      m_distance(Kokkos::view_alloc(exec, "kswgd::MomentAccumulator::distance"), m_gaussians, m_gaussians) {}

template <ExecutionSpace Exec>
void MomentAccumulator<Exec>::add(const Exec& exec, const Matrix<Exec>& psi, const Matrix<Exec>& weighted, double weight) {
  const Matrix<Exec> leading = Kokkos::subview(psi, Kokkos::ALL, Range(0, m_features));
  algebra::add_gram(exec, 1, leading, m_gram);
  if (m_gaussians > 0) {
    const Matrix<Exec> kernels = Kokkos::subview(psi, Kokkos::ALL, Range(m_polynomials, m_features));
    const Matrix<Exec> distances = Kokkos::subview(weighted, Kokkos::ALL, Range(0, m_gaussians));
    algebra::add_product(exec, 1, distances, kernels, m_distance);
  }
  m_weight += weight;
}

template <ExecutionSpace Exec>
void MomentAccumulator<Exec>::add(const Exec& exec, const MomentAccumulator& other) {
  const auto sum = [&](const Matrix<Exec>& into, const Matrix<Exec>& from) {
    if (into.extent(0) > 0)
      Kokkos::parallel_for("kswgd::MomentAccumulator::add", entries(exec, static_cast<Index>(into.extent(0))), SumKernel<Exec>{into, from});
  };
  sum(m_gram, other.m_gram);
  sum(m_distance, other.m_distance);
  m_weight += other.m_weight;
}

template <ExecutionSpace Exec>
typename MomentAccumulator<Exec>::Result MomentAccumulator<Exec>::moments(const Exec& exec, const MomentAccumulator* less) const {
  const Index p = m_features, q = m_polynomials, d = m_dictionary.dimension();
  const double weight = m_weight - (less ? less->m_weight : 0), scale = 1 / weight;
  const Result result{allocate<Matrix<Exec>>(exec, "moments::gram", p, p), allocate<Matrix<Exec>>(exec, "moments::dirichlet", p, p), weight};
  const auto gram = result.gram, dirichlet = result.dirichlet;
  const auto sums = m_gram, distances = m_distance;
  const bool subtract = less != nullptr;
  const auto less_sums = subtract ? less->m_gram : m_gram, less_distances = subtract ? less->m_distance : m_distance;
  const double sign = subtract ? 1 : 0;
  Kokkos::parallel_for(
      "kswgd::moments::gram", entries(exec, p), KOKKOS_LAMBDA(Index a, Index b) {
        const Index low = a < b ? a : b, high = a < b ? b : a;  // the upper triangle is summed
        gram(a, b) = scale * (sums(low, high) - sign * less_sums(low, high));
      });
  const auto centres = m_dictionary.centres();
  const auto inverse_square = m_dictionary.inverse_square_widths();
  Kokkos::parallel_for(
      "kswgd::moments::dirichlet", entries(exec, p), KOKKOS_LAMBDA(Index row, Index column) {
        const Index a = row < column ? row : column, b = row < column ? column : row;
        if (b < q) {
          dirichlet(row, column) = polynomial_entry(monomial(a, d), monomial(b, d), gram, d);
        } else if (a < q) {
          const Index g = b - q;
          const Monomial f = monomial(a, d);  // E[-K_b grad f . (x - z_b)] / h_b^2
          double value = 0;
          if (f.degree == 1) value = gram(a, b) - centres(g, f.i) * gram(0, b);
          if (f.degree == 2)
            value = 2 * gram(a, b) - centres(g, f.i) * gram(1 + f.j, b) - centres(g, f.j) * gram(1 + f.i, b);
          dirichlet(row, column) = -value * inverse_square(g);
        } else {
          const Index g = a - q, h = b - q;
          double between = 0;
          for (Index k = 0; k < d; ++k) between += (centres(g, k) - centres(h, k)) * (centres(g, k) - centres(h, k));
          const double both = distances(g, h) + distances(h, g) - sign * (less_distances(g, h) + less_distances(h, g));
          dirichlet(row, column) = 0.5 * (scale * both - between * gram(a, b)) * inverse_square(g) * inverse_square(h);
        }
      });
  return result;
}

template <ExecutionSpace Exec>
MomentTile<Exec>::MomentTile(const Exec& exec, const GaussianDictionary<Exec>& dictionary, Index rows)
    : m_dictionary(dictionary),
      m_psi(allocate<Matrix<Exec>>(exec, "MomentTile::psi", rows, dictionary.size())),
      m_weighted(allocate<Matrix<Exec>>(exec, "MomentTile::weighted", rows, dictionary.gaussians())) {}

template <ExecutionSpace Exec>
void MomentTile<Exec>::evaluate(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& weight, double total_weight) {
  const Index rows = static_cast<Index>(x.extent(0));
  m_rows_psi = Kokkos::subview(m_psi, Range(0, rows), Kokkos::ALL);
  m_rows_weighted = Kokkos::subview(m_weighted, Range(0, rows), Kokkos::ALL);
  m_dictionary.evaluate_with_distances(exec, x, m_rows_psi, m_rows_weighted);
  m_weight = total_weight;
  if (weight.extent(0) == 0) return;
  const auto psi = m_rows_psi, weighted = m_rows_weighted;  // each factor of a product takes the root of the weight
  const Index features = static_cast<Index>(psi.extent(1)), gaussians = static_cast<Index>(weighted.extent(1));
  Kokkos::parallel_for(
      "kswgd::MomentTile::weights", Kokkos::RangePolicy<Exec, Kokkos::IndexType<Index>>(exec, 0, rows * features), KOKKOS_LAMBDA(Index item) {
        const Index i = item % rows, a = item / rows;
        const double root = Kokkos::sqrt(weight(i));
        psi(i, a) *= root;
        if (a < gaussians) weighted(i, a) *= root;
      });
}

#define KSWGD_INSTANTIATE(EXEC)            \
  template class MomentAccumulator<EXEC>;  \
  template class MomentTile<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
