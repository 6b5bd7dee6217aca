// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/gaussian.hpp>
#include <kswgd/dictionary/perceptron.hpp>

/// @file
/// The outputs of a network beside the polynomials and nested Gaussians: learned features first, so that every level has them.

namespace kswgd {

template <ExecutionSpace Exec>
class JoinedDictionary;

struct JoinedDictionaryData {
  static constexpr const char* kind = "perceptron+gaussian";
  template <class Exec>
  using Dictionary = JoinedDictionary<Exec>;

  PerceptronDictionaryData network;  ///< in normalised coordinates
  GaussianDictionaryData gaussians;

  Index features() const { return network.features() - 1 + gaussians.features(); }
};

template <class Archive>
void fields(Archive& archive, JoinedDictionaryData& data) {
  fields(archive, data.network);
  fields(archive, data.gaussians);
  archive.expect(static_cast<Index>(data.network.weights.front().extent(1)) == data.gaussians.dimension, [&] {
    return "the network takes " + std::to_string(data.network.weights.front().extent(1)) + " coordinates, the Gaussians " +
           std::to_string(data.gaussians.dimension);
  });
}

/// psi = {1, outputs of the network, x_1 .. x_d, x_i x_j, Gaussians level by level}. Constant; copies share what both hold.
template <ExecutionSpace Exec>
class JoinedDictionary {
 public:
  using execution_space = Exec;

  JoinedDictionary() = default;
  /// Throws InvalidInput as the constructors of both do, or when they differ in their dimension.
  JoinedDictionary(const Exec& exec, const JoinedDictionaryData& data);

  Index size() const { return outputs() + m_gaussians.size(); }
  Index dimension() const { return m_gaussians.dimension(); }
  Index landmark_features() const { return m_gaussians.landmark_features(); }
  /// Outputs of the network: features 1 .. outputs().
  Index outputs() const { return m_network.size() - 1; }

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features. Cost: that of both.
  void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, WorkspaceOrOwn<Exec> workspace = {}) const;
  /// dpsi(i, a) = d psi_a / d x_k at x_i.
  void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi, WorkspaceOrOwn<Exec> workspace = {}) const;
  /// As GaussianDictionary's; the network's share is double in either precision.
  template <class T = double>
  void mean(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& s, Index q, WorkspaceOrOwn<Exec> workspace = {}) const;
  template <class T = double>
  void descent(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, const Points<Exec>& u, Index q, WorkspaceOrOwn<Exec> workspace = {}) const;
  /// The Gaussians' and polynomials' share of the Dirichlet form is closed as theirs is, the network's by sums with its derivatives: p (d + 1) (1 + outputs())
  /// products a row where derivatives of all features would take d p^2.
  Index companions() const { return m_gaussians.companions(); }
  void evaluate_with_companions(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, const Matrix<Exec>& weighted,
                                WorkspaceOrOwn<Exec> workspace = {}) const;
  void close_dirichlet(const Exec& exec, const Matrix<Exec>& gram, double factor, const Matrix<Exec>& d) const;
  Index border_features() const { return m_network.size(); }
  void evaluate_border(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& eta, WorkspaceOrOwn<Exec> workspace = {}) const;
  void close_border(const Exec& exec, const Matrix<Exec>& products, const Matrix<Exec>& square, const Matrix<Exec>& d) const;

  /// lap psi: of the network by central differences of its derivatives, 2 d of them (AnyDictionary::laplacian).
  void laplacian(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& lap, WorkspaceOrOwn<Exec> workspace = {}) const;
  /// v^T Hess psi v for the directions v, n x d; likewise.
  void second_derivative(const Exec& exec, const Points<Exec>& x, const Points<Exec>& v, const Matrix<Exec>& out, WorkspaceOrOwn<Exec> workspace = {}) const;

 private:
  PerceptronDictionary<Exec> m_network;
  GaussianDictionary<Exec> m_gaussians;
};

}  // namespace kswgd
