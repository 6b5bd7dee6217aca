// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/any_dictionary.hpp>
#include <kswgd/moments/moments.hpp>
#include <kswgd/support/reduction.hpp>

/// @file
/// One pass over the data, tile by tile: what is added up, and how the Dirichlet form follows from it.

namespace kswgd {

namespace detail {
template <class Exec>
class SumWriter;
template <class Exec>
class SumReader;
}  // namespace detail

/// The features of one tile of points, and what the Dirichlet form needs of them; shared by the accumulators that it is added
/// to. Memory: rows x p numbers, as many again for companions, or for each Dirichlet factor, and for each normal.
template <ExecutionSpace Exec>
class MomentTile {
 public:
  /// Room for `rows` points; `normals`: unit normals at each point (0: Euclidean space). `laplacian`: accumulators of these tiles average the
  /// Laplacian of the features too, on a manifold that of their restriction. `features`: only so many of the first are evaluated (0: all).
  MomentTile(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index rows, Index normals = 0, bool laplacian = false, Index features = 0);

  /// Evaluates the features at x (rows x d, normalised); weight(i) may be empty (all 1). normals: as many n x d as were asked
  /// for in the constructor; curvatures: of each its divergence (Geometry::mean_curvature), for the Laplacian.
  void evaluate(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& weight, double total_weight, const std::vector<Points<Exec>>& normals = {},
                const std::vector<Vector<Exec>>& curvatures = {});

  /// Features, their companions (ClosedDirichlet), factors and normal derivatives of the current points, each times the root of the
  /// points' weights.
  const Matrix<Exec>& features() const { return m_rows_psi; }
  const Matrix<Exec>& weighted() const { return m_rows_weighted; }
  const std::vector<Matrix<Exec>>& factors() const { return m_rows_factors; }
  /// Of a dictionary with a border (BorderedDirichlet), its functions, times the roots.
  const Matrix<Exec>& border() const { return m_rows_border; }
  const std::vector<Matrix<Exec>>& normal_derivatives() const { return m_rows_normals; }
  /// Whether the Laplacian is averaged, and what its average does not have from features and companions, times the roots (or nothing).
  bool has_laplacian() const { return m_has_laplacian; }
  const Matrix<Exec>& laplacian() const { return m_rows_laplacian; }
  double weight() const { return m_weight; }

 private:
  void evaluate_laplacian(const Exec& exec, const Points<Exec>& x, const std::vector<Points<Exec>>& normals, const std::vector<Vector<Exec>>& curvatures);

  AnyDictionary<Exec> m_dictionary;
  Workspace<Exec> m_workspace;
  Index m_features;
  bool m_has_laplacian;
  Matrix<Exec> m_laplacian, m_rows_laplacian;
  Matrix<Exec> m_psi, m_weighted, m_scratch, m_border, m_rows_psi, m_rows_weighted, m_rows_border;
  std::vector<Matrix<Exec>> m_factors, m_normals, m_rows_factors, m_rows_normals;
  double m_weight = 0;
};

/// Sums over points that add up to the moments of a dictionary, or of its first `features` features: G = sum w psi psi^T, and
/// for the Dirichlet form
///
/// - S = sum w chi psi^T over the features with companions chi, where the dictionary closes the form with it (ClosedDirichlet: the
///   Gaussians), and where it has a border the sums of its functions with all features;
/// - of other dictionaries the sum of F_j^T F_j over their Dirichlet factors, which are the derivatives along the coordinates
///   where a dictionary knows nothing better;
/// - on a manifold the sum of (n . grad psi)(n . grad psi)^T over the unit normals, which is taken away.
///
/// Nothing with n rows is stored. Cost of a tile through BLAS: rows (p^2 + 2 m^2) flops with m companions, rows p^2 (1 + factors)
/// without, rows p^2 more for each normal.
template <ExecutionSpace Exec>
class MomentAccumulator {
 public:
  /// Allocates and clears the sums over the first `features` features. `to_be_taken`: such that take() needs no memory of its own.
  MomentAccumulator(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index features, bool on_manifold = false, bool to_be_taken = false);

  /// Adds the points of a tile. Mixed precision, on a host, where the dictionary closes the form: products of the tile are taken in single precision and
  /// added up in double, twice as fast; entries are then wrong by 1e-7 of the largest products.
  void add(const Exec& exec, const MomentTile<Exec>& tile, Precision precision = Precision::fp64);

  /// Adds the sums of another accumulator of the same dictionary and size.
  void add(const Exec& exec, const MomentAccumulator& other);
  /// From this rank's sums to those of all ranks, which make the call together.
  void reduce(const Exec& exec, const Reduction& ranks);

  /// All that was added up, to the host and back (src/moments/host_sums.hpp).
  void write(detail::SumWriter<Exec>& out) const;
  void read(const Exec& exec, detail::SumReader<Exec>& in);

  Index size() const { return m_features; }
  double weight() const { return m_weight; }

  /// The averages G and D of the first p features (0: all) on the device, both triangles, given all or part of the sums: `less` is taken
  /// away first (the moments without one fold). Cost p^2 d.
  struct Result {
    Matrix<Exec> gram, dirichlet;
    double weight;
    Vector<Exec> laplacian;  ///< E[lap psi]; empty where the tiles had none
  };
  Result moments(const Exec& exec, const MomentAccumulator* less = nullptr, Index p = 0) const;
  /// The averages of G and D of all features in the memory of the sums, which are used up. Only of an accumulator that is to be taken.
  Result take(const Exec& exec);

 private:
  AnyDictionary<Exec> m_dictionary;
  Index m_features, m_companions;
  void average_laplacian(const Exec& exec, const MomentAccumulator& other, double scale, double sign, const Result& result) const;

  Matrix<Exec> m_gram, m_products, m_factors, m_normals, m_border, m_border_square;  // those that the dictionary and the space ask for
  Matrix<Exec> m_room;                                                               // where sums are to be taken: the products are its last rows and columns
  bool m_has_laplacian = false;
  Vector<Exec> m_companion_sums, m_laplacian;  // sum w chi, and the rest of sum w lap psi
  double m_weight = 0;
};

}  // namespace kswgd
