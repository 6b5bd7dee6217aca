// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/model/model.hpp>
#include <kswgd/systems/langevin.hpp>
#include <string>

/// @file
/// The log density that a fit learned (docs/method.md, Potential and score): at points with errors, its gradient, and as a potential that can be simulated.

namespace kswgd {

/// What makes exp(psi . c) a density.
struct NormalisingConstant {
  double log_z = 0;       ///< log of the integral of exp(psi . c) over the library's coordinates
  double error = 0;       ///< standard error of log_z; more than largest_usable_error: the densities are not normalised
  std::string reference;  ///< the law from which the bridge leads, for people

  static constexpr double largest_usable_error = 0.5;
  bool is_known() const { return error <= largest_usable_error; }
};

/// The potential V = -log pi that a model learned, in units of kT, prepared once for many calls.
///
/// Densities are of the caller's coordinates (of the manifold's volume where there is one; of an angle for a circle). They are normalised by a bridge
/// (Meng, Wong 1996) between the training points that the model keeps and draws of a law with a known density: a mixture of normals around the landmarks
/// of one level, or a uniform law on a manifold, whichever has the smallest error. Where that is above .5 they are known up to a factor, and log_density
/// is 0 on average over the training points.
///
/// Errors are the jackknife's over the folds, and that of the constant by squares. They do not know the bias of a dictionary that is too coarse.
template <ExecutionSpace Exec>
class LearnedPotential {
 public:
  /// Throws InvalidInput when the model holds no log density, or has a dictionary of the caller's own. Cost: that of some 2 x 10^4 points.
  LearnedPotential(const Exec& exec, const ModelData& model);

  /// Coordinates of the caller's points.
  Index dimension() const { return m_frame.dimension(); }
  const Frame<Exec>& frame() const { return m_frame; }
  const NormalisingConstant& normalisation() const { return m_constant; }

  struct LogDensities {
    Vector<Exec> value, error;  ///< n each
  };
  /// log pi at x, n x d in the caller's units. Cost n p (d + 6), in tiles. Throws InvalidInput when d is not the model's. Synchronises the instance.
  LogDensities log_density(const Exec& exec, const Points<Exec>& x) const;

  struct Scores {
    Points<Exec> value, error;  ///< n x d each, in 1 / length of the caller's coordinates, tangent on a manifold
  };
  /// grad log pi at x. Cost 6 n p d. Throws and synchronises as log_density.
  Scores score(const Exec& exec, const Points<Exec>& x) const;

  /// The same in the library's coordinates, for samplers that work there (n x e, on the manifold): value(i) = psi . c, not normalised, and its gradient,
  /// which is tangent. Nothing is allocated beside the workspace; the work may be under way when this returns.
  void evaluate_inside(const Exec& exec, const Points<Exec>& inside, const Vector<Exec>& value, const Points<Exec>& gradient, Workspace<Exec>& workspace) const;

 private:
  Index features() const { return static_cast<Index>(m_coefficients.extent(0)); }
  /// psi . c for all columns at points in the library's coordinates, n x (1 + folds).
  Matrix<Exec> columns_inside(const Exec& exec, const Points<Exec>& inside) const;
  void normalise(const Exec& exec, const ModelData& model);

  Frame<Exec> m_frame;
  AnyDictionary<Exec> m_dictionary;
  Matrix<Exec> m_coefficients;      // p x (1 + folds): of all rows, and without each fold
  std::vector<double> m_constants;  // log Z of each column
  NormalisingConstant m_constant;
};

/// A learned potential as systems/potentials.hpp has them: D coordinates of the caller's, device-callable. Beyond the guard radius of the level's
/// landmarks, where no data were, a wall of 10 kT a width rises. Made by point_potential.
template <ExecutionSpace Exec, int D>
struct LearnedPointPotential {
  static constexpr int dimension = D;

  Vector<Exec> coefficients, inverse_square, mean;  // p; of Gaussians; D
  Points<Exec> centres;                             // of the Gaussians
  Points<Exec> landmarks;                           // of the level
  Index gaussians = 0, polynomials = 0;
  bool quadratics = false, squares = false;  ///< x_i x_j, or x_i^2 alone
  double scale = 1, offset = 0, guard = 0, width = 1;

  KOKKOS_FUNCTION double energy(const double* x) const { return evaluate(x, nullptr); }
  KOKKOS_FUNCTION void gradient(const double* x, double* g) const { evaluate(x, g); }

 private:
  KOKKOS_FUNCTION double evaluate(const double* x, double* g) const {
    double y[D], slope[D];
    for (int k = 0; k < D; ++k) {
      y[k] = (x[k] - mean(k)) / scale;
      slope[k] = coefficients(1 + k);
    }
    double sum = coefficients(0);
    for (int k = 0; k < D; ++k) sum += coefficients(1 + k) * y[k];
    Index place = 1 + D;
    for (int i = 0; quadratics && i < D; ++i)
      for (int j = i; j < D; ++j, ++place) {
        sum += coefficients(place) * y[i] * y[j];
        slope[i] += coefficients(place) * y[j];
        slope[j] += coefficients(place) * y[i];
      }
    for (int i = 0; squares && i < D; ++i, ++place) {
      sum += coefficients(place) * y[i] * y[i];
      slope[i] += 2 * coefficients(place) * y[i];
    }
    for (Index a = 0; a < gaussians; ++a) {
      double square = 0;
      for (int k = 0; k < D; ++k) square += (y[k] - centres(a, k)) * (y[k] - centres(a, k));
      const double value = coefficients(polynomials + a) * Kokkos::exp(-square * inverse_square(a) / 2);
      sum += value;
      for (int k = 0; k < D; ++k) slope[k] -= value * inverse_square(a) * (y[k] - centres(a, k));
    }
    double least = 1e300;
    Index nearest = 0;
    for (Index a = 0; a < static_cast<Index>(landmarks.extent(0)); ++a) {
      double square = 0;
      for (int k = 0; k < D; ++k) square += (y[k] - landmarks(a, k)) * (y[k] - landmarks(a, k));
      if (square < least) {
        least = square;
        nearest = a;
      }
    }
    const double distance = Kokkos::sqrt(least), out = Kokkos::fmax(0.0, distance - guard) / width;
    if (g)
      for (int k = 0; k < D; ++k) g[k] = (-slope[k] + (out > 0 ? 20 * out / width * (y[k] - landmarks(nearest, k)) / distance : 0.0)) / scale;
    return offset - sum + 10 * out * out;
  }
};

/// The potential of a model with D coordinates. Throws InvalidInput unless it has polynomials and Gaussians in D Euclidean coordinates that all vary.
/// Synchronises the instance.
template <int D, ExecutionSpace Exec>
LearnedPointPotential<Exec, D> point_potential(const Exec& exec, const ModelData& model);

/// Langevin trajectories on the learned potential at options.temperature, in units of the data's kT (1, or <= 0: their own law), each from a training point
/// drawn by the seed. options.substeps = 0: steps of D / (20 E|grad V|^2 T). In at most 8 coordinates, or 10. Throws as point_potential and
/// simulate_langevin do.
template <ExecutionSpace Exec>
Points<Exec> simulate_learned(const Exec& exec, const ModelData& model, LangevinOptions options);

}  // namespace kswgd
