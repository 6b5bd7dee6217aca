// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/runs.hpp>
#include <kswgd/dictionary/polynomial.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>

namespace kswgd {
namespace {

/// table(i, k degree + m - 1) = the polynomial of degree m of coordinate k, m = 1 .. degree, from the three-term recurrence
/// sqrt(m + 1) h_(m+1) = t h_m - sqrt(m) h_(m-1). slopes(i, m - 1): its derivative sqrt(m) h_(m-1) / scale where k is `along`.
template <class Exec>
struct PolynomialTable {
  Points<Exec> x;
  Vector<Exec> shift, scale;
  Matrix<Exec> table, slopes;
  Index degree, along;
  bool hermite;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index k) const {
    const Index t = k * degree;  // the column of degree 1 holds t itself
    const double centre = shift(k), unit = 1 / scale(k);
    for (Index i = begin; i < end; ++i) table(i, t) = (x(i, k) - centre) * unit;
    for (Index m = 1; m < degree; ++m) {
      const double back = hermite ? Kokkos::sqrt(static_cast<double>(m)) : 0.0;
      const double norm = hermite ? 1 / Kokkos::sqrt(static_cast<double>(m + 1)) : 1.0;
      for (Index i = begin; i < end; ++i) {
        const double previous = m > 1 ? table(i, t + m - 2) : 1.0;
        table(i, t + m) = norm * (table(i, t) * table(i, t + m - 1) - back * previous);
      }
    }
    if (k != along) return;
    for (Index m = 1; m <= degree; ++m) {
      const double factor = unit * (hermite ? Kokkos::sqrt(static_cast<double>(m)) : static_cast<double>(m));
      for (Index i = begin; i < end; ++i) slopes(i, m - 1) = factor * (m > 1 ? table(i, t + m - 2) : 1.0);
    }
  }
};

PolynomialDictionaryData make_data(const char* family, Index dimension, Index degree) {
  const PolynomialDictionaryData data{family, dimension, degree, {}, {}};
  check_fields("PolynomialDictionary", data);
  return data;
}

PolynomialDictionaryData standardised(const char* family, const HostPoints& sample, Index features) {
  const auto n = static_cast<double>(sample.extent(0));
  const Index d = static_cast<Index>(sample.extent(1));
  require(n >= 2 && d >= 1, "PolynomialDictionary", [] { return "the sample must be n x d with n of 2 or more and d of 1 or more"; });
  PolynomialDictionaryData data = make_data(family, d, polynomial_degree(d, features));
  for (Index k = 0; k < d; ++k) {
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < sample.extent(0); ++i) mean += sample(i, k) / n;
    for (std::size_t i = 0; i < sample.extent(0); ++i) variance += std::pow(sample(i, k) - mean, 2) / n;
    require(std::isfinite(variance), "PolynomialDictionary", [&] { return "coordinate " + std::to_string(k) + " of the sample (from 0) is not finite"; });
    data.shift.push_back(mean);
    data.scale.push_back(variance > 1e-20 * (1 + mean * mean) ? std::sqrt(variance) : 1.0);
  }
  return data;
}

}  // namespace

Index polynomial_degree(Index dimension, Index features) {
  require(dimension >= 1 && features >= 1 + dimension, "polynomial_degree", [&] {
    return "polynomials of degree 1 in " + std::to_string(dimension) + " dimensions number " + std::to_string(1 + dimension) + ", more than the " +
           std::to_string(features) + " features asked for";
  });
  return detail::tensor_degree(dimension, std::min(features, detail::most_features));
}

PolynomialDictionaryData make_hermite_data(Index dimension, Index degree) { return make_data("hermite", dimension, degree); }
PolynomialDictionaryData make_monomial_data(Index dimension, Index degree) { return make_data("monomial", dimension, degree); }
PolynomialDictionaryData make_linear_data(Index dimension) { return make_data("monomial", dimension, 1); }
PolynomialDictionaryData make_hermite_data(const HostPoints& sample, Index features) { return standardised("hermite", sample, features); }
PolynomialDictionaryData make_monomial_data(const HostPoints& sample, Index features) { return standardised("monomial", sample, features); }

template <ExecutionSpace Exec>
PolynomialDictionary<Exec>::PolynomialDictionary(const Exec& exec, const PolynomialDictionaryData& data)
    : m_hermite(data.family == "hermite"), m_dimension(data.dimension), m_degree(data.degree) {
  check_fields("PolynomialDictionary", data);
  const auto d = static_cast<std::size_t>(m_dimension);
  const HostVector shift("kswgd::PolynomialDictionary::shift", d), scale("kswgd::PolynomialDictionary::scale", d);
  for (std::size_t k = 0; k < d; ++k) {
    shift(k) = data.shift.empty() ? 0.0 : data.shift[k];
    scale(k) = data.scale.empty() ? 1.0 : data.scale[k];
  }
  m_shift = to_device(exec, shift);
  m_scale = to_device(exec, scale);
  m_terms = {exec, detail::tensor_terms(m_dimension, m_degree)};
}

template <ExecutionSpace Exec>
Matrix<Exec> PolynomialDictionary<Exec>::tabulate(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& slopes,
                                                  Workspace<Exec>& workspace) const {
  const Index n = static_cast<Index>(x.extent(0));
  const Matrix<Exec> table = workspace.matrix(exec, "PolynomialDictionary::table", n, m_dimension * m_degree);
  if (m_degree > 0)
    detail::for_each_run(exec, "kswgd::PolynomialDictionary::tabulate", n, m_dimension,
                         PolynomialTable<Exec>{x, m_shift, m_scale, table, slopes, m_degree, k, m_hermite});
  return table;
}

template <ExecutionSpace Exec>
void PolynomialDictionary<Exec>::evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, WorkspaceOrOwn<Exec> workspace) const {
  const Matrix<Exec> table = tabulate(exec, x, -1, {}, *workspace);
  detail::for_each_run(exec, "kswgd::PolynomialDictionary::evaluate", static_cast<Index>(x.extent(0)), static_cast<Index>(psi.extent(1)),
                       detail::TensorKernel<Exec>{m_terms, table, {}, psi, m_degree, -1});
}

template <ExecutionSpace Exec>
void PolynomialDictionary<Exec>::gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi, WorkspaceOrOwn<Exec> workspace) const {
  const Index n = static_cast<Index>(x.extent(0));
  const Matrix<Exec> slopes = workspace->matrix(exec, "PolynomialDictionary::slopes", n, m_degree);
  const Matrix<Exec> table = tabulate(exec, x, k, slopes, *workspace);
  detail::for_each_run(exec, "kswgd::PolynomialDictionary::gradient", n, static_cast<Index>(dpsi.extent(1)),
                       detail::TensorKernel<Exec>{m_terms, table, slopes, dpsi, m_degree, k});
}

#define KSWGD_INSTANTIATE(EXEC) template class PolynomialDictionary<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
