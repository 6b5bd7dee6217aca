// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../algebra/square_matrices.hpp"
#include "host_sums.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/moments/fold_sums.hpp>

#include <algorithm>

namespace kswgd {
namespace {

/// form(i, j) = kept form(i, j) + scale (extra - sign less)(low, high); extra holds its upper triangle.
template <class Exec>
struct AddExtraKernel {
  Matrix<Exec> form, extra, less;
  double kept, scale, sign;
  KOKKOS_FUNCTION void operator()(Index i, Index j) const {
    const Index low = i < j ? i : j, high = i < j ? j : i;
    form(i, j) = kept * form(i, j) + scale * (extra(low, high) - sign * less(low, high));
  }
};

/// G from its upper triangle, and the symmetric part of C.
template <class Exec>
struct PairFormsKernel {
  Matrix<Exec> gram, correlation, less_gram, less_correlation, out_gram, out_form;
  double scale, sign;
  KOKKOS_FUNCTION void operator()(Index i, Index j) const {
    const Index low = i < j ? i : j, high = i < j ? j : i;
    out_gram(i, j) = scale * (gram(low, high) - sign * less_gram(low, high));
    out_form(i, j) = scale * (correlation(i, j) + correlation(j, i) - sign * (less_correlation(i, j) + less_correlation(j, i))) / 2;
  }
};

}  // namespace

template <ExecutionSpace Exec>
FormSums<Exec>::FormSums(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index features, FormSet forms, bool on_manifold, Index extra_features)
    : m_features(features), m_forms(forms) {
  if (forms.has(Form::correlation)) {
    m_gram = zeros<Matrix<Exec>>(exec, "FormSums::gram", features, features);
    m_correlation = zeros<Matrix<Exec>>(exec, "FormSums::correlation", features, features);
  } else {
    m_moments.emplace(exec, dictionary, features, on_manifold);
  }
  const Index extra = extra_features > 0 ? std::min(extra_features, features) : features;
  if (forms.has(Form::metric) || forms.has(Form::killing)) m_extra = zeros<Matrix<Exec>>(exec, "FormSums::extra", extra, extra);
}

template <ExecutionSpace Exec>
void FormSums<Exec>::add(const Exec& exec, const MomentTile<Exec>& tile) {
  m_moments->add(exec, tile);
}

template <ExecutionSpace Exec>
void FormSums<Exec>::add_squares(const Exec& exec, const Matrix<Exec>& f) {
  algebra::add_gram(exec, 1, Matrix<Exec>(Kokkos::subview(f, Kokkos::ALL, Span(0, m_extra.extent(0)))), m_extra);
}

template <ExecutionSpace Exec>
void FormSums<Exec>::add_pairs(const Exec& exec, double weight, const Matrix<Exec>& x, const Matrix<Exec>& y) {
  algebra::add_gram(exec, 0.5, x, m_gram);
  algebra::add_gram(exec, 0.5, y, m_gram);
  algebra::multiply(exec, 1, algebra::Op::transposed, x, algebra::Op::none, y, 1, m_correlation);
  m_weight += weight;
}

template <ExecutionSpace Exec>
void FormSums<Exec>::add(const Exec& exec, const FormSums& other) {
  if (m_moments) m_moments->add(exec, *other.m_moments);
  const auto sum = [&](const Matrix<Exec>& from, const Matrix<Exec>& into) {
    if (into.extent(0) > 0) algebra::add_square(exec, from, into);
  };
  sum(other.m_extra, m_extra);
  sum(other.m_gram, m_gram);
  sum(other.m_correlation, m_correlation);
  m_weight += other.m_weight;
}

template <ExecutionSpace Exec>
void FormSums<Exec>::reduce(const Exec& exec, const Reduction& ranks) {
  if (m_moments) m_moments->reduce(exec, ranks);
  for (const auto& sums : {m_extra, m_gram, m_correlation}) ranks.sum(exec, sums);
  m_weight = ranks.sum(m_weight);
}

template <ExecutionSpace Exec>
void FormSums<Exec>::write(detail::SumWriter<Exec>& out) const {
  if (m_moments) m_moments->write(out);
  for (const auto& sums : {m_extra, m_gram, m_correlation}) out.matrix(sums);
  out.number(m_weight);
}

template <ExecutionSpace Exec>
void FormSums<Exec>::read(const Exec& exec, detail::SumReader<Exec>& in) {
  if (m_moments) m_moments->read(exec, in);
  for (const auto& sums : {m_extra, m_gram, m_correlation}) in.matrix(sums);
  m_weight = in.number();
}

template <ExecutionSpace Exec>
Forms<Exec> FormSums<Exec>::averages(const Exec& exec, Index p, const FormSums* less) const {
  const Index q = p > 0 ? p : m_extra.extent(0) > 0 ? static_cast<Index>(m_extra.extent(0)) : m_features;
  const FormSums& other = less ? *less : *this;
  const double weight = this->weight() - (less ? less->weight() : 0), sign = less ? 1 : 0;
  if (!m_moments) {
    const Forms<Exec> forms{allocate<Matrix<Exec>>(exec, "FormSums::gram", q, q), allocate<Matrix<Exec>>(exec, "FormSums::form", q, q), weight};
    Kokkos::parallel_for("kswgd::FormSums::pairs", algebra::square_range(exec, q),
                         PairFormsKernel<Exec>{m_gram, m_correlation, other.m_gram, other.m_correlation, forms.gram, forms.form, 1 / weight, sign});
    return forms;
  }
  const auto moments = m_moments->moments(exec, less ? &*less->m_moments : nullptr, q);
  if (m_extra.extent(0) > 0)
    Kokkos::parallel_for("kswgd::FormSums::extra", algebra::square_range(exec, q),
                         AddExtraKernel<Exec>{moments.dirichlet, m_extra, other.m_extra, m_forms.has(Form::dirichlet) ? 1.0 : 0.0, 1 / weight, sign});
  return {moments.gram, moments.dirichlet, moments.weight};
}

template <ExecutionSpace Exec>
FoldSums<Exec>::FoldSums(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index features, FormSet forms, bool on_manifold, Index extra_features)
    : m_total(exec, dictionary, features, forms, on_manifold, extra_features) {
  for (int k = 0; k < fold_count; ++k) m_folds.emplace_back(exec, dictionary, features, forms, on_manifold, extra_features);
}

template <ExecutionSpace Exec>
void FoldSums<Exec>::close(const Exec& exec) {
  for (const auto& part : m_folds) m_total.add(exec, part);
}

template <ExecutionSpace Exec>
FoldedForms<Exec> FoldSums<Exec>::forms(const Exec& exec, const Eigenpairs* known) const {
  return {m_total.averages(exec),
          [this](const Exec& on, int k, Index features) { return m_total.averages(on, features, &m_folds[static_cast<std::size_t>(k)]); }, fold_count, known};
}

#define KSWGD_INSTANTIATE(EXEC)  \
  template class FormSums<EXEC>; \
  template class FoldSums<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
