// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/dictionary.hpp>
#include <kswgd/dictionary/fields.hpp>

/// @file
/// The eigenfunctions of a diffusion map anywhere in space, as a dictionary.

namespace kswgd {

template <ExecutionSpace Exec>
class NystromDictionary;

/// What the extension needs of the data: arrays on the host, in normalised coordinates.
struct NystromDictionaryData {
  static constexpr const char* kind = "nystrom";
  template <class Exec>
  using Dictionary = NystromDictionary<Exec>;

  HostPoints points;        ///< X, n x d
  HostVector log_density;   ///< log q_j, n: q_j the kernel sum at X_j (less twice the log of its weight, where points are weighted)
  double bandwidth = 0;     ///< e of the kernel exp(-|x - y|^2 / 2e), a squared length
  HostMatrix coefficients;  ///< a = phi / mu at the data, n x r
  HostVector means;         ///< r: the average of w . a over the data, which is taken away

  Index features() const { return 1 + static_cast<Index>(coefficients.extent(1)); }
};

template <class Archive>
void fields(Archive& archive, NystromDictionaryData& data) {
  archive.array("points", data.points, any_extent, archive.dimension(static_cast<Index>(data.points.extent(1))));
  const Index nodes = static_cast<Index>(data.points.extent(0));
  archive.expect(nodes >= 1, [] { return std::string("points must be 1 or more"); });
  archive.array("log_density", data.log_density, nodes);
  archive.array("coefficients", data.coefficients, nodes, any_extent);
  archive.array("means", data.means, static_cast<Index>(data.coefficients.extent(1)));
  archive.number("bandwidth", data.bandwidth, Sign::positive);
}

/// psi = {1, phi_1, .., phi_r} with phi_k(x) = w(x) . a_k - m_k and
///     w_j(x) = softmax_j(-|x - X_j|^2 / 2e - 1/2 log q_j),
///     grad phi_k = (1/e) [sum_j w_j a_jk X_j - (sum_j w_j a_jk) (sum_j w_j X_j)]
/// (Coifman, Lafon 2006, with alpha = 1/2 in training and query alike, so that training values are reproduced). The weights
/// are formed relative to the largest one: far from the data phi_k tends to its value at the nearest point, and never to 0 / 0.
///
/// Constant; copies share the data. Cost of M points: M n (2 d + exp + r); the descent needs no more than M n (4 d + exp) whatever
/// r. Workspace: M (d + r), and for a descent M (2 + 2 d).
template <ExecutionSpace Exec>
class NystromDictionary {
 public:
  using execution_space = Exec;

  NystromDictionary() = default;
  /// Copies the data to the device. Throws InvalidInput when shapes differ, a number is not finite, or the bandwidth is not positive.
  NystromDictionary(const Exec& exec, const NystromDictionaryData& data);

  Index size() const { return m_features; }
  Index dimension() const { return m_dimension; }

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features.
  void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, WorkspaceOrOwn<Exec> workspace = {}) const;
  /// dpsi(i, a) = d psi_a / d x_k at x_i, the first dpsi.extent(1) features.
  void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi, WorkspaceOrOwn<Exec> workspace = {}) const;

  /// s(a) = average of psi_a over the points, a < q. Memory: one tile of features.
  template <class T = double>
  void mean(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& s, Index q, WorkspaceOrOwn<Exec> workspace = {}) const;

  /// u(i, :) = -grad(sum_{a < q} c_a psi_a)(x_i).
  template <class T = double>
  void descent(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, const Points<Exec>& u, Index q, WorkspaceOrOwn<Exec> workspace = {}) const;

 private:
  template <class T>
  struct Nodes {
    Points<Exec, T> points;        // padded n x d
    Vector<Exec, T> bias;          // -1/2 log2 q; in the padding so small that the weight vanishes
    Matrix<Exec, T> coefficients;  // padded n x (1 + r): 1, a_1, .., a_r; 0 in the padding
  };
  template <class T>
  const Nodes<T>& nodes() const {
    if constexpr (std::is_same_v<T, float>) {
      return m_float;
    } else {
      return m_double;
    }
  }
  template <class T>
  void evaluate_as(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, Workspace<Exec>& workspace) const;
  /// Sums over the nodes, M x (columns (1 + shifts)): first sum_j w_j v_ja, then sum_j w_j v_ja (X_jk - x_k) for each of the
  /// coordinates k in [first_shift, first_shift + shifts); w not normalised.
  template <class T>
  Matrix<Exec> weighted_sums(const Exec& exec, const Points<Exec>& x, const Matrix<Exec, T>& columns, Index first_shift, Index shifts,
                             Workspace<Exec>& workspace) const;

  Index m_dimension = 0, m_features = 0, m_nodes = 0;
  double m_bandwidth = 1;
  Vector<Exec> m_means;  // 1 + r, 0 for the constant
  Nodes<double> m_double;
  Nodes<float> m_float;
};

}  // namespace kswgd
