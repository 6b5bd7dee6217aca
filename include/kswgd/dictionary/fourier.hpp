// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/dictionary.hpp>
#include <kswgd/dictionary/fields.hpp>

/// @file
/// Random Fourier features (Rahimi, Recht, 2007): the Gaussian kernel of width h in expectation, without landmarks.

namespace kswgd {

template <ExecutionSpace Exec>
class FourierDictionary;

/// The features beyond the constant, cos(w_a . x + b_a): what a file holds of the dictionary.
struct FourierDictionaryData {
  static constexpr const char* kind = "fourier";
  template <class Exec>
  using Dictionary = FourierDictionary<Exec>;

  HostPoints frequencies;  ///< w, (p - 1) x d, in units of 1 / (normalised length)
  HostVector phases;       ///< b, p - 1

  Index features() const { return 1 + static_cast<Index>(frequencies.extent(0)); }
};

template <class Archive>
void fields(Archive& archive, FourierDictionaryData& data) {
  archive.array("frequencies", data.frequencies, any_extent, archive.dimension(static_cast<Index>(data.frequencies.extent(1))));
  archive.array("phases", data.phases, static_cast<Index>(data.frequencies.extent(0)));
}

/// The median of the distances between pairs of (at most 500 of) the points, n x d. Throws InvalidInput when it is 0.
double median_distance(const HostPoints& sample);

/// w ~ N(0, 1/h^2) and b uniform on [0, 2 pi), drawn by index: the first features do not change when more are asked for.
///
/// features: p, the constant counted, at least 2. bandwidth: h in normalised units; 0: the median distance of the sample.
/// sample: n x d, normalised; gives d, and h where that is 0. Throws InvalidInput for fewer than 2 features, a negative
/// bandwidth, or a sample from which none follows.
FourierDictionaryData make_fourier_data(const HostPoints& sample, Index features, double bandwidth = 0, std::uint64_t seed = 0);

/// psi = {1, cos(w_a . x + b_a)}. Copies share the frequencies.
template <ExecutionSpace Exec>
class FourierDictionary {
 public:
  using execution_space = Exec;

  FourierDictionary() = default;
  /// Copies the frequencies to the device. Throws InvalidInput when shapes differ or a number is not finite.
  FourierDictionary(const Exec& exec, const FourierDictionaryData& data);

  Index size() const { return static_cast<Index>(m_frequencies.extent(0)); }
  Index dimension() const { return static_cast<Index>(m_frequencies.extent(1)); }

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features. x is n x d. Cost 2 n q d flops, n q cosines; no workspace.
  void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, WorkspaceOrOwn<Exec> workspace = {}) const;

  /// dpsi(i, a) = d psi_a / d x_k (x_i).
  void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi, WorkspaceOrOwn<Exec> workspace = {}) const;

  /// The Dirichlet form without a loop over coordinates: grad psi_a = -w_a sin(w_a . x + b_a), hence D = (W W^T) o E[s s^T] with
  /// s_a = sin(w_a . x + b_a): one product of matrices, as for G. The one factor is s(i, a), n x q; column 0, the constant's, is 0.
  Index dirichlet_factors() const { return 1; }
  void dirichlet_factor(const Exec& exec, const Points<Exec>& x, Index j, const Matrix<Exec>& s, WorkspaceOrOwn<Exec> workspace = {}) const;

  /// d(a, b) := (w_a . w_b) d(a, b), q x q, both triangles. Cost 2 q^2 d flops.
  void weigh_dirichlet(const Exec& exec, const Matrix<Exec>& d) const;

  /// lap psi_a = -|w_a|^2 psi_a, and v^T Hess psi_a v = -(w_a . v)^2 psi_a for directions v, n x d.
  void laplacian(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& lap, WorkspaceOrOwn<Exec> workspace = {}) const;
  void second_derivative(const Exec& exec, const Points<Exec>& x, const Points<Exec>& v, const Matrix<Exec>& out, WorkspaceOrOwn<Exec> workspace = {}) const;

 private:
  Points<Exec> m_frequencies;  // p x d, the constant's row is 0
  Vector<Exec> m_phases;       // p, the constant's is 0
};

}  // namespace kswgd
