// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/detail/tensor_terms.hpp>
#include <kswgd/dictionary/dictionary.hpp>
#include <kswgd/dictionary/fields.hpp>

/// @file
/// Polynomials of several coordinates up to a total degree: products of Hermite polynomials, or monomials.

namespace kswgd {

template <ExecutionSpace Exec>
class PolynomialDictionary;

/// The products of polynomials in t_k = (x_k - shift_k) / scale_k whose degrees sum to at most `degree`: C(d + degree, d) of
/// them, lower degrees first.
///
/// - "hermite": the probabilists' He_m(t) / sqrt(m!), orthonormal when t is standard normal. For V = |x|^2 / 2 they are the
///   eigenfunctions themselves, with eigenvalue the total degree.
/// - "monomial": t^m. Ill conditioned beyond degree 6 or so: for tests, and where coefficients are to be read.
struct PolynomialDictionaryData {
  static constexpr const char* kind = "polynomial";
  template <class Exec>
  using Dictionary = PolynomialDictionary<Exec>;

  std::string family = "hermite";
  Index dimension = 0;
  Index degree = 1;
  std::vector<double> shift, scale;  ///< d each, normalised units; empty: 0 and 1

  Index features() const { return detail::tensor_count(dimension, degree); }
};

template <class Archive>
void fields(Archive& archive, PolynomialDictionaryData& data) {
  data.dimension = archive.dimension(data.dimension);
  archive.text("family", data.family, {"hermite", "monomial"});
  archive.integer("degree", data.degree, 0, detail::most_degree);
  archive.expect(data.features() <= detail::most_features, [&] { return detail::too_many_features(data.dimension, data.degree); });
  archive.array("shift", data.shift, any_extent);
  archive.array("scale", data.scale, any_extent, Sign::positive);
  const auto one_each = [&](const std::vector<double>& values) { return values.empty() || static_cast<Index>(values.size()) == data.dimension; };
  archive.expect(one_each(data.shift) && one_each(data.scale), [] { return std::string("shift and scale must have a number for each coordinate, or none"); });
}

/// The largest total degree whose polynomials in d coordinates number at most `features`. Throws InvalidInput when not even
/// the 1 + d of degree 1 fit.
Index polynomial_degree(Index dimension, Index features);

/// The family up to a degree in the normalised coordinates themselves. Throws InvalidInput for a degree above 64, or more than 20,000
/// features.
PolynomialDictionaryData make_hermite_data(Index dimension, Index degree);
PolynomialDictionaryData make_monomial_data(Index dimension, Index degree);

/// {1, x_1 .. x_d}.
PolynomialDictionaryData make_linear_data(Index dimension);

/// The family in coordinates with mean 0 and variance 1 each over the sample (n x d, normalised), with the largest degree that
/// gives at most `features`. A coordinate that does not vary keeps its unit.
PolynomialDictionaryData make_hermite_data(const HostPoints& sample, Index features);
PolynomialDictionaryData make_monomial_data(const HostPoints& sample, Index features);

/// Polynomials on a device. Constant; copies share the list of terms.
template <ExecutionSpace Exec>
class PolynomialDictionary {
 public:
  using execution_space = Exec;

  PolynomialDictionary() = default;
  /// Throws InvalidInput for an unknown family, shapes that differ, a scale that is not positive, or too many features.
  PolynomialDictionary(const Exec& exec, const PolynomialDictionaryData& data);

  Index size() const { return m_terms.size(); }
  Index dimension() const { return m_dimension; }

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features. x is n x d. Cost n (d + q) degree; workspace n d degree.
  void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, WorkspaceOrOwn<Exec> workspace = {}) const;

  /// dpsi(i, a) = d psi_a / d x_k (x_i).
  void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi, WorkspaceOrOwn<Exec> workspace = {}) const;

 private:
  Matrix<Exec> tabulate(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& slopes, Workspace<Exec>& workspace) const;

  bool m_hermite = true;
  Index m_dimension = 0, m_degree = 0;
  Vector<Exec> m_shift, m_scale;
  detail::DeviceTerms<Exec> m_terms;
};

}  // namespace kswgd
