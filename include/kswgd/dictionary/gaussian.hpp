// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/detail/gaussian_tables.hpp>
#include <kswgd/dictionary/dictionary.hpp>
#include <kswgd/dictionary/fields.hpp>

/// @file
/// The default dictionary: {1, x_i, x_i x_j} (or squares alone) and Gaussians of several widths, nested level by level.

namespace kswgd {

template <ExecutionSpace Exec>
class GaussianDictionary;

/// The nested Gaussians of all levels, and which polynomials stand before them: plain arrays on the host.
struct GaussianDictionaryData {
  static constexpr const char* kind = "gaussian";
  template <class Exec>
  using Dictionary = GaussianDictionary<Exec>;

  Index dimension = 0;
  bool quadratics = false;  ///< {1, x_i, x_i x_j} if true, {1, x_i} if not
  HostPoints landmarks;     ///< centres, p_g x d, normalised coordinates, level after level
  HostVector widths;        ///< p_g, normalised
  bool squares = false;     ///< where there are no quadratics: the x_i^2 alone
  HostMatrix axes = {};     ///< of the squares: row k gives (axes_k . x)^2, rows are orthogonal and of length 1 or 0; empty: the coordinates

  Index polynomials() const { return 1 + dimension + (quadratics ? dimension * (dimension + 1) / 2 : squares ? dimension : 0); }
  Index features() const { return polynomials() + static_cast<Index>(landmarks.extent(0)); }
};

template <class Archive>
void fields(Archive& archive, GaussianDictionaryData& data) {
  data.dimension = archive.dimension(data.dimension);
  archive.landmarks(data.landmarks, data.dimension);
  archive.array("widths", data.widths, static_cast<Index>(data.landmarks.extent(0)), Sign::positive);
  archive.flag("quadratics", data.quadratics);
  archive.flag("squares", data.squares, false);
  bool turned = data.axes.extent(0) > 0;
  archive.flag("turned", turned, false);
  if (!turned) return;
  archive.expect(data.squares && !data.quadratics, [] { return std::string("axes are those of squares"); });
  archive.array("axes", data.axes, data.dimension, data.dimension);
}

/// psi = {1, x_1 .. x_d, x_i x_j (i <= j, row by row; or i = j alone; or the squares along other axes), exp(-|x - z_a|^2 / 2 h_a^2)}. The Gaussians
/// of level l stand before those of level l + 1, so that the dictionary of a level is the first features of the finest one.
///
/// Constant; copies share the landmarks. Template argument T is the precision in which features are evaluated; sums of more
/// than 256 terms are always double. Workspace: a copy of the points in the precision of the features.
template <ExecutionSpace Exec>
class GaussianDictionary {
 public:
  using execution_space = Exec;

  GaussianDictionary() = default;
  /// Copies the landmarks to the device. Throws InvalidInput for shapes that differ, numbers that are not finite, or a width that is
  /// not positive.
  GaussianDictionary(const Exec& exec, const GaussianDictionaryData& data);

  Index size() const { return m_polynomials + m_gaussians; }
  Index dimension() const { return m_dimension; }
  /// How many features stand before the Gaussians: 1 + d, 1 + 2 d, or 1 + d + d (d + 1) / 2.
  Index polynomials() const { return m_polynomials; }
  Index gaussians() const { return m_gaussians; }
  Index landmark_features() const { return m_gaussians; }

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features.
  void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, WorkspaceOrOwn<Exec> workspace = {}) const {
    evaluate_with_companions(exec, x, psi, {}, *workspace);
  }

  /// dpsi(i, a) = d psi_a / d x_k at x_i, the first dpsi.extent(1) features.
  void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi, WorkspaceOrOwn<Exec> workspace = {}) const;

  /// s(a) = average of psi_a over the points, of which there is one at least, a < q.
  template <class T = double>
  void mean(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& s, Index q, WorkspaceOrOwn<Exec> workspace = {}) const;

  /// u(i, :) = -grad(sum_{a < q} c_a psi_a)(x_i), q >= polynomials().
  template <class T = double>
  void descent(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, const Points<Exec>& u, Index q, WorkspaceOrOwn<Exec> workspace = {}) const;

  /// The Dirichlet form without a loop over coordinates. With K_ia the Gaussians at the points and S = sum w (K o |x - z|^2)^T K,
  ///     D_ab = 1/2 [factor (S + S^T) - Delta o G]_ab / (h_a^2 h_b^2),   Delta_ab = |z_a - z_b|^2,
  /// because (x - z_a).(x - z_b) = 1/2 (|x - z_a|^2 + |x - z_b|^2 - |z_a - z_b|^2). All entries with a polynomial follow from G.
  Index companions() const { return m_gaussians; }
  /// As evaluate, and weighted(i, b) = psi_a(x_i) |x_i - z_b|^2 for the Gaussians a = polynomials() + b.
  void evaluate_with_companions(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, const Matrix<Exec>& weighted,
                                WorkspaceOrOwn<Exec> workspace = {}) const;
  /// In place, both triangles from the upper ones of G and S + S^T. Cost q^2 d.
  void close_dirichlet(const Exec& exec, const Matrix<Exec>& gram, double factor, const Matrix<Exec>& d) const;

  /// cross(a, b) = E[grad f_a . grad psi_b] for functions f_a, a < m, of another dictionary, given products((k m + a), b) = E[d_k f_a psi_b] for the
  /// coordinates k < d, and products(d m + a, b) = E[(x . grad f_a) psi_b]: of the first q features, m x q. Cost m q d.
  void cross_dirichlet(const Exec& exec, const Matrix<Exec>& products, const Matrix<Exec>& cross) const;

  /// lap psi = K (|x - z|^2 / h^4 - d / h^2) of a Gaussian, 2 of a square, 0 of other polynomials. Cost n q d; workspace n gaussians().
  void laplacian(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& lap, WorkspaceOrOwn<Exec> workspace = {}) const;
  /// v^T Hess psi v = K ((v . (x - z))^2 / h^4 - |v|^2 / h^2) of a Gaussian, v_i v_j + v_j v_i of x_i x_j. v is n x d. Cost n q d.
  void second_derivative(const Exec& exec, const Points<Exec>& x, const Points<Exec>& v, const Matrix<Exec>& out, WorkspaceOrOwn<Exec> workspace = {}) const;
  /// lap(a) += E[lap psi_a], the first lap.extent(0) features, from E[psi] and E[psi |x - z|^2] of the Gaussians.
  void close_laplacian(const Exec& exec, const Vector<Exec>& mean, const Vector<Exec>& weighted_mean, const Vector<Exec>& lap) const;

 private:
  template <class T>
  const detail::Landmarks<Exec, T>& landmarks() const {
    if constexpr (std::is_same_v<T, float>) {
      return m_float;
    } else {
      return m_double;
    }
  }

  Index m_dimension = 0, m_polynomials = 0, m_gaussians = 0;
  Index m_products = 0;  // of coordinates: d (d + 1) / 2, d (the squares), or none
  double m_far = 0;      // beyond this coordinate all Gaussians are 0
  Matrix<Exec> m_axes;   // of the squares; empty: the coordinates
  detail::Landmarks<Exec, double> m_double;
  detail::Landmarks<Exec, float> m_float;
  Vector<Exec> m_inverse_square;  // 1 / h^2, padded as the landmarks
};

}  // namespace kswgd
