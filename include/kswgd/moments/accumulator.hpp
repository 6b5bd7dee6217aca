// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/gaussian.hpp>
#include <kswgd/moments/moments.hpp>

/// @file
/// One pass over the data, tile by tile: what is added up, and how the Dirichlet form follows from it.

namespace kswgd {

/// Sums over points that add up to the moments of a GaussianDictionary, or of its first `features` features.
///
/// Two sums are kept: G = sum w psi psi^T (p x p) and A = sum w (K o |x - z|^2)^T K over the Gaussians, and from them
///     D_ab = 1/2 [A + A^T - Delta o G]_ab / (h_a^2 h_b^2),   Delta_ab = |z_a - z_b|^2,
/// because (x - z_a).(x - z_b) = 1/2 (|x - z_a|^2 + |x - z_b|^2 - |z_a - z_b|^2). All entries with a polynomial follow from G.
/// Nothing with n rows is stored. Cost of a tile: rows (p^2 + 2 p_g^2) flops through BLAS, and rows p exponentials.
template <ExecutionSpace Exec>
class MomentAccumulator {
 public:
  /// Allocates and clears the sums over the first `features` features.
  MomentAccumulator(const Exec& exec, const GaussianDictionary<Exec>& dictionary, Index features);

  /// Adds the features that MomentTile holds of a tile of points.
  void add(const Exec& exec, const Matrix<Exec>& psi, const Matrix<Exec>& weighted, double weight);

  /// Adds the sums of another accumulator of the same dictionary and size.
  void add(const Exec& exec, const MomentAccumulator& other);

  Index size() const { return m_features; }
  double weight() const { return m_weight; }

  /// The averages G and D on the device, both triangles, given all or part of the sums: `less` is taken away first (the
  /// moments without one fold). Cost p^2 d.
  struct Result {
    Matrix<Exec> gram, dirichlet;
    double weight;
  };
  Result moments(const Exec& exec, const MomentAccumulator* less = nullptr) const;

 private:
  GaussianDictionary<Exec> m_dictionary;
  Index m_features, m_polynomials, m_gaussians;
  Matrix<Exec> m_gram, m_distance;
  double m_weight = 0;
};

/// The features of one tile of points, shared by the accumulators that it is added to.
template <ExecutionSpace Exec>
class MomentTile {
 public:
  MomentTile(const Exec& exec, const GaussianDictionary<Exec>& dictionary, Index rows);

  /// Evaluates the features at x (rows x d, normalised); weight(i) may be empty (all 1).
  void evaluate(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& weight, double total_weight);

  /// Adds the tile to an accumulator.
  void add_to(const Exec& exec, MomentAccumulator<Exec>& sums) const { sums.add(exec, m_rows_psi, m_rows_weighted, m_weight); }

 private:
  GaussianDictionary<Exec> m_dictionary;
  Matrix<Exec> m_psi, m_weighted, m_rows_psi, m_rows_weighted;
  double m_weight = 0;
};

}  // namespace kswgd
