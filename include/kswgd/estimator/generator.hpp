// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <string>
#include <vector>
#include <kswgd/data/data_set.hpp>
#include <kswgd/estimator/plan.hpp>
#include <kswgd/geometry/embedding.hpp>
#include <kswgd/geometry/frame.hpp>
#include <kswgd/model/model.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/solver.hpp>

/// @file
/// Samples in, model out: the generator's Galerkin approximation. It needs the right density and nothing else.

namespace kswgd {

/// A dictionary at work, and what a model file holds of it (nothing, where it is one of the caller's own).
template <ExecutionSpace Exec>
struct FittedDictionary {
  AnyDictionary<Exec> dictionary;
  DictionaryData data = {};
};

/// The defaults serve every problem.
template <ExecutionSpace Exec>
struct FitOptions {
  GeometryData geometry = {};  ///< where the points live; Euclidean space by default
  /// Which coordinates the features see; eigenvalues stay those of the caller's columns. `automatic` never chooses normal scores for rows that
  /// follow one another in time (slow modes live in barriers), and the caller's own where normals, a dictionary or a bandwidth are given.
  Coordinates coordinates = Coordinates::automatic;
  /// Unit normals at the data, n x (c e): c of them one after the other in the e coordinates of the embedding, in the rows' order
  /// (see geometry/local_pca.hpp). For a manifold that has no name here; empty: those of `geometry`.
  Points<Exec> normals = {};
  /// A dictionary in the normalised coordinates of the embedding, made from the data's normalisation and some of the data
  /// (normalised): the whole basis of one level. Empty: polynomials and nested Gaussians.
  std::function<FittedDictionary<Exec>(const Exec&, const Normalisation&, const Points<Exec>& sample)> dictionary = {};
  /// A network whose outputs are features beside the default's polynomials and Gaussians, on every level, in the library's coordinates: made from the rows
  /// that the fit counts, without those held out. Empty: none. For the caller's own coordinates alone, and not with `dictionary`.
  std::function<PerceptronDictionaryData(const Exec&, const DataSet<Exec>& inside, const Frame<Exec>& frame)> network = {};
  Index features = 0;         ///< landmarks of the finest level; 0: by the number of points
  double bandwidth = 0;       ///< width of the finest level's Gaussians, in the data's unit; 0: by the rule
  Index modes = 32;           ///< eigenpairs beside the constant
  Index read_out_modes = 10;  ///< eigenvalues that are corrected for overfitting; 0: none
  /// Points kept for the monitors, which nothing of the fit sees: at random, or in ten stretches where rows follow one another in time;
  /// -1: n / 400 (at most 1000) from n = 20,000 on (effective samples), none of fewer. Leaving a fraction f out moves the fitted law by
  /// sqrt(f) of the data's own error: 14 % for 2 %.
  Index hold_out = -1;
  /// Of the features beyond the read-out's (levels of more than 400 landmarks) G and D are averages over so many rows for each feature of the dictionary,
  /// spread over the data, half as many where features are as wide as the data; their means, the read-out and the log density over all rows (docs/method.md,
  /// Many rows). Weighted rows: effective ones. 0: all rows, and so where these are not half as many again.
  double rows_per_feature = default_rows_per_feature;
  double regularisation = default_regularisation;  ///< rho of the factorisation, relative; the read-out has its own
  std::uint64_t seed = 0;
  std::vector<std::string> columns = {};                              ///< names of the caller's coordinates, for notes and the model; none: by number
  EigenSolver<Exec> solver = {};                                      ///< empty: LAPACK's dense one; anasazi_solver() for the large problems
  std::function<void(const char* stage, double done)> progress = {};  ///< done in [0, 1]
};

/// Fits a model to samples of the density pi: normalisation, landmarks on all levels, one pass for the moments, eigenpairs on
/// the finest level, read-out. Eigenvalues are those of unit diffusion, dX = grad log pi dt + sqrt(2) dW, in 1 / length^2.
///
/// Rows that repeat others are one row with their number as weight, and rows of weight 0 do not count (data/rows.hpp); where nobody
/// said whether rows are ordered, neighbours are compared. What was found stands in provenance.notes. n means the effective number of
/// samples wherever it decides something.
///
/// Cost: 3 n p^2 flops for the moments, p about twice the finest level's landmarks; with many rows 3 n q^2 + 3 m p^2, q features of levels of up to 400
/// landmarks and m = rows_per_feature p rows. Memory O(p^2) beside the data.
/// Throws InvalidInput for data that cannot be used (fewer than 3 points, a coordinate that is not finite, too few distinct
/// points), Failure when a factorisation breaks down. Synchronises the instance.
template <ExecutionSpace Exec>
ModelData fit_generator(const Exec& exec, const DataSet<Exec>& source, const FitOptions<Exec>& options = {});

/// The same from a View (n x d, float or double, any layout, memory that Exec reaches), which is not copied.
template <ExecutionSpace Exec, class View>
requires PointsView<View, Exec> ModelData fit_generator(const Exec& exec, const View& points, const FitOptions<Exec>& options = {}) {
  return fit_generator(exec, make_source(exec, points), options);
}

}  // namespace kswgd
