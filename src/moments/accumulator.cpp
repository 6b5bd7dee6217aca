// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../algebra/square_matrices.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/moments/accumulator.hpp>
#include <kswgd/support/check.hpp>

namespace kswgd {
namespace {

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

/// out := sums + their transpose, less what is taken away of both, in the last rows and columns of out. The upper triangle alone.
template <class Exec>
struct SumWithTransposeKernel {
  Matrix<Exec> out, sums, less;
  double sign;
  Index first;
  KOKKOS_FUNCTION void operator()(Index a, Index b) const {
    if (a > b) return;
    const double value = sums(a, b) + sums(b, a) - sign * (less(a, b) + less(b, a));
    out(first + a, first + b) = value;
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
  if (dictionary.closes_dirichlet()) {
    m_weighted = allocate<Matrix<Exec>>(exec, "MomentTile::weighted", rows, dictionary.companions());
  } else {
    for (Index j = 0; j < dictionary.dirichlet_factors(); ++j) m_factors.push_back(allocate<Matrix<Exec>>(exec, "MomentTile::factor", rows, p));
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
  if (m_dictionary.closes_dirichlet()) {
    m_rows_weighted = leading(m_weighted);
    m_dictionary.evaluate_with_companions(exec, x, m_rows_psi, m_rows_weighted, m_workspace);
  } else {
    m_dictionary.evaluate(exec, x, m_rows_psi, m_workspace);
    for (std::size_t j = 0; j < m_factors.size(); ++j) {
      m_rows_factors.push_back(leading(m_factors[j]));
      m_dictionary.dirichlet_factor(exec, x, static_cast<Index>(j), m_rows_factors.back(), m_workspace);
    }
  }
  const Index items = rows * m_dictionary.size();
  for (const auto& a : m_normals) {
    m_rows_normals.push_back(leading(a));
    Kokkos::deep_copy(exec, m_rows_normals.back(), 0.0);
  }
  for (Index k = 0; !m_normals.empty() && k < m_dictionary.dimension(); ++k) {
    const Matrix<Exec> derivative = leading(m_scratch);
    m_dictionary.gradient(exec, x, k, derivative, m_workspace);
    for (std::size_t j = 0; j < normals.size(); ++j)
      Kokkos::parallel_for("kswgd::MomentTile::normals", index_range(exec, items), AddNormalPart<Exec>{m_rows_normals[j], derivative, normals[j], rows, k});
  }
  if (weight.extent(0) == 0) return;
  algebra::scale_by_roots(exec, weight, m_rows_psi);  // each factor of a product takes the root of the weight
  if (m_rows_weighted.extent(1) > 0) algebra::scale_by_roots(exec, weight, m_rows_weighted);
  for (const auto& factor : m_rows_factors) algebra::scale_by_roots(exec, weight, factor);
  for (const auto& normal : m_rows_normals) algebra::scale_by_roots(exec, weight, normal);
}

template <ExecutionSpace Exec>
MomentAccumulator<Exec>::MomentAccumulator(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index features, bool on_manifold)
    : m_dictionary(dictionary),
      m_features(features),
      m_companions(std::max<Index>(features - (dictionary.size() - dictionary.companions()), 0)),
      m_gram(zeros<Matrix<Exec>>(exec, "MomentAccumulator::gram", features, features)) {
  if (dictionary.closes_dirichlet()) {
    m_products = zeros<Matrix<Exec>>(exec, "MomentAccumulator::products", m_companions, m_companions);
  } else {
    m_factors = zeros<Matrix<Exec>>(exec, "MomentAccumulator::factors", features, features);
  }
  if (on_manifold) m_normals = zeros<Matrix<Exec>>(exec, "MomentAccumulator::normals", features, features);
}

template <ExecutionSpace Exec>
void MomentAccumulator<Exec>::add(const Exec& exec, const MomentTile<Exec>& tile) {
  const auto leading = [this](const Matrix<Exec>& a) -> Matrix<Exec> { return Kokkos::subview(a, Kokkos::ALL, Span(0, m_features)); };
  algebra::add_gram(exec, 1, leading(tile.features()), m_gram);
  if (m_companions > 0) {
    const Matrix<Exec> features = Kokkos::subview(tile.features(), Kokkos::ALL, Span(m_features - m_companions, m_features));
    const Matrix<Exec> companions = Kokkos::subview(tile.weighted(), Kokkos::ALL, Span(0, m_companions));
    algebra::multiply(exec, 1, algebra::Op::transposed, companions, algebra::Op::none, features, 1, m_products);
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
  sum(m_products, other.m_products);
  sum(m_factors, other.m_factors);
  sum(m_normals, other.m_normals);
  m_weight += other.m_weight;
}

template <ExecutionSpace Exec>
void MomentAccumulator<Exec>::reduce(const Exec& exec, const Reduction& ranks) {
  for (const auto& sums : {m_gram, m_products, m_factors, m_normals}) ranks.sum(exec, sums);
  m_weight = ranks.sum(m_weight);
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
  if (m_dictionary.closes_dirichlet()) {
    const Index without = m_features - m_companions;
    if (p > without)
      Kokkos::parallel_for("kswgd::moments::products", algebra::square_range(exec, p - without),
                           SumWithTransposeKernel<Exec>{result.dirichlet, m_products, other.m_products, sign, without});
    m_dictionary.close_dirichlet(exec, result.gram, scale, result.dirichlet);
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
