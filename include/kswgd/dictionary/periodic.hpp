// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/detail/tensor_terms.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <string>

/// @file
/// Features of periodic coordinates (angles, a periodic box): products of cosines and sines, and von Mises kernels. Nothing is
/// asked of where the period begins; points may lie in any image of it.

namespace kswgd {

/// Products of sqrt(2) cos(2 pi m x_k / L_k) and sqrt(2) sin(2 pi m x_k / L_k), m = 1, 2, ...: orthonormal under the uniform
/// law. Lower degrees first; at one degree of one coordinate the cosine before the sine.
struct TrigonometricDictionaryData {
  std::vector<double> periods;  ///< L, d, normalised units
  Index degree = 1;
  std::string rule = "total";  ///< "total": the m of a product sum to at most `degree`; "each": every m is at most `degree`
};

/// The largest degree that gives at most `features` modes. Throws InvalidInput when degree 1 does not fit, or a period is not
/// positive.
TrigonometricDictionaryData make_trigonometric_data(const std::vector<double>& periods, Index features, const std::string& rule = "total");

/// Trigonometric modes on a device. Copies share the list of terms and have a workspace of their own.
template <ExecutionSpace Exec>
class TrigonometricDictionary {
 public:
  using execution_space = Exec;

  TrigonometricDictionary() = default;
  /// Throws InvalidInput for a period that is not positive, an unknown rule, or too many features.
  TrigonometricDictionary(const Exec& exec, const TrigonometricDictionaryData& data);

  Index size() const { return m_terms.size(); }
  Index dimension() const { return static_cast<Index>(m_periods.extent(0)); }

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features. x is n x d. Cost n (d + q) degree; workspace 2 n d degree.
  void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi);

  /// dpsi(i, a) = d psi_a / d x_k (x_i).
  void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi);

 private:
  Matrix<Exec> tabulate(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& slopes);

  Index m_degree = 0;
  Vector<Exec> m_periods;
  detail::DeviceTerms<Exec> m_terms;
  detail::Scratch<Matrix<Exec>> m_table, m_slopes;
};

/// The kernels beyond the constant: psi_a(x) = prod_k exp(kappa_ak (cos(2 pi (x_k - z_ak) / L_k) - 1)) with
/// kappa_ak = (L_k / 2 pi h_a)^2. A width h says what it says of a Gaussian: near its landmark the kernel is
/// exp(-|x - z|^2 / 2 h^2). On the circles (L / 2 pi)(cos, sin) it is a Gaussian everywhere.
struct VonMisesDictionaryData {
  std::vector<double> periods;  ///< L, d, normalised units
  HostPoints landmarks;         ///< z, (p - 1) x d, normalised, level after level
  HostVector widths;            ///< h, p - 1, normalised
};

/// Landmarks and widths of all levels by the rule of nested_landmarks on the circles, so that neighbours across the seam are
/// neighbours. sample: m x d, normalised; points: how many the data have in all. Synchronises the instance.
struct VonMisesLandmarks {
  VonMisesDictionaryData data;
  std::vector<LevelData> levels;
};
template <ExecutionSpace Exec>
VonMisesLandmarks make_von_mises_data(const Exec& exec, const HostPoints& sample, const std::vector<double>& periods, Index points,
                                      const LandmarkOptions& options = {});

/// {1, von Mises kernels} on a device. Copies share the landmarks and have a workspace of their own.
template <ExecutionSpace Exec>
class VonMisesDictionary {
 public:
  using execution_space = Exec;

  VonMisesDictionary() = default;
  /// Throws InvalidInput when a period or width is not positive, or shapes differ.
  VonMisesDictionary(const Exec& exec, const VonMisesDictionaryData& data);

  Index size() const { return static_cast<Index>(m_landmarks.extent(0)); }
  Index dimension() const { return static_cast<Index>(m_periods.extent(0)); }

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features. x is n x d. Cost 6 n q d flops, n q exponentials; workspace 2 n d.
  void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi);

  /// dpsi(i, a) = d psi_a / d x_k (x_i).
  void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi);

 private:
  void apply(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& out, const char* label);

  Vector<Exec> m_periods;
  Points<Exec> m_landmarks;       // on the circles, p x 2d; the constant's row is 0
  Vector<Exec> m_inverse_square;  // 1 / h^2, p; the constant's is 0
  detail::Scratch<Matrix<Exec>> m_circles;
};

}  // namespace kswgd
