// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/detail/gaussian_tables.hpp>
#include <kswgd/dictionary/dictionary.hpp>

/// @file
/// The default dictionary: {1, x_i, x_i x_j} and Gaussians of several widths, nested level by level.

namespace kswgd {

/// The nested Gaussians of all levels, and which polynomials stand before them: plain arrays on the host.
struct GaussianDictionaryData {
  Index dimension = 0;
  bool quadratics = false;  ///< {1, x_i, x_i x_j} if true, {1, x_i} if not
  HostPoints landmarks;     ///< centres, p_g x d, normalised coordinates, level after level
  HostVector widths;        ///< p_g, normalised
};

/// psi = {1, x_1 .. x_d, x_i x_j (i <= j, row by row), exp(-|x - z_a|^2 / 2 h_a^2)}. The Gaussians of level l stand before
/// those of level l + 1, so that the dictionary of a level is the first features of the finest one.
///
/// A handle: copies share the landmarks and have a workspace of their own. Calls on one object follow one another; for two
/// flows side by side take two copies. Template argument T is the precision in which features are evaluated; sums of more
/// than 256 terms are always double.
template <ExecutionSpace Exec>
class GaussianDictionary {
 public:
  using execution_space = Exec;

  GaussianDictionary() = default;
  /// Copies the landmarks to the device. Throws InvalidInput when a width is not positive.
  GaussianDictionary(const Exec& exec, const GaussianDictionaryData& data);

  Index size() const { return m_polynomials + m_gaussians; }
  Index dimension() const { return m_dimension; }
  /// How many features stand before the Gaussians: 1 + d, or 1 + d + d (d + 1) / 2.
  Index polynomials() const { return m_polynomials; }
  Index gaussians() const { return m_gaussians; }

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features.
  void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi);

  /// dpsi(i, a) = d psi_a / d x_k at x_i, the first dpsi.extent(1) features.
  void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi);

  /// As evaluate, and weighted(i, b) = psi_a(x_i) |x_i - z_b|^2 for the Gaussians a = polynomials() + b.
  void evaluate_with_distances(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, const Matrix<Exec>& weighted);

  /// s(a) = average of psi_a over the points, of which there is one at least, a < q.
  template <class T = double>
  void mean(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& s, Index q);

  /// u(i, :) = -grad(sum_{a < q} c_a psi_a)(x_i), q >= polynomials().
  template <class T = double>
  void descent(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, const Points<Exec>& u, Index q);

  /// Landmarks (rows beyond gaussians() are padding) and 1 / h^2, on the device.
  const Points<Exec>& centres() const { return m_double.centres; }
  const Vector<Exec>& inverse_square_widths() const { return m_inverse_square; }

 private:
  // Not copied with the dictionary: see the class.
  struct Workspace {
    Workspace() = default;
    Workspace(const Workspace&) {}
    Workspace& operator=(const Workspace&) { return *this; }
    template <class T>
    auto& packed() {
      if constexpr (std::is_same_v<T, float>) {
        return packed_float;
      } else {
        return packed_double;
      }
    }
    template <class T>
    auto& weight() {
      if constexpr (std::is_same_v<T, float>) {
        return weight_float;
      } else {
        return weight_double;
      }
    }
    detail::PackedPoints<Exec, double> packed_double;
    detail::PackedPoints<Exec, float> packed_float;
    Matrix<Exec> partial;
    Vector<Exec, double> weight_double;
    Vector<Exec, float> weight_float;
    Matrix<Exec> quadratic;
  };

  template <class T>
  const detail::Landmarks<Exec, T>& landmarks() const {
    if constexpr (std::is_same_v<T, float>) {
      return m_float;
    } else {
      return m_double;
    }
  }
  Index m_dimension = 0, m_polynomials = 0, m_gaussians = 0;
  bool m_quadratics = false;
  double m_far = 0;  // beyond this coordinate all Gaussians are 0
  detail::Landmarks<Exec, double> m_double;
  detail::Landmarks<Exec, float> m_float;
  Vector<Exec> m_inverse_square;
  Workspace m_workspace;
};

}  // namespace kswgd
