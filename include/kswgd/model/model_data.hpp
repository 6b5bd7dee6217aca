// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/fourier.hpp>
#include <kswgd/dictionary/gaussian.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/dictionary/nystrom.hpp>
#include <kswgd/dictionary/perceptron.hpp>
#include <kswgd/dictionary/polynomial.hpp>
#include <kswgd/geometry/geometry.hpp>
#include <kswgd/moments/moments.hpp>
#include <kswgd/spectrum/eigenpairs.hpp>
#include <string>
#include <variant>
#include <vector>

/// @file
/// What a fit returns and a model file holds: plain arrays on the host, independent of the backend. A model fitted on a
/// GPU moves particles on a CPU and the other way round: Model<Exec> (model/model.hpp) puts it to work on a backend.

namespace kswgd {

/// The dictionary of a model, as a file holds it. Nothing (monostate) stands for a dictionary of the caller's own, which a file
/// cannot hold: Model takes it beside the data.
using DictionaryData =
    std::variant<std::monostate, GaussianDictionaryData, FourierDictionaryData, PolynomialDictionaryData, PerceptronDictionaryData, NystromDictionaryData>;

/// The eigenvalues to read (time scales), corrected for overfitting: see spectrum/read_out.hpp. In the caller's units.
struct ReadOut {
  std::vector<double> values;        ///< without the constant's 0, ascending: see eigenvalue_to_read
  std::vector<double> in_sample;     ///< too small
  std::vector<double> cross_fitted;  ///< too large
  std::vector<double> spread;        ///< standard error from the folds
  Index level = -1;                  ///< the level that was read; -1: no read-out was made
};

/// Names of estimators that readers of a model tell apart: with a killing rate (and perhaps a diffusion matrix), with a diffusion
/// matrix alone.
inline constexpr const char* killed_estimator = "generator with killing";
inline constexpr const char* diffusion_estimator = "generator with diffusion";

/// How a model was made.
struct Provenance {
  std::string estimator = "generator";
  double lag_time = 0;  ///< edmd: the lag in the data's unit of time (steps where there is no dt)
  Index samples = 0;    ///< points (or pairs) in the fit
  std::uint64_t seed = 0;
  std::string backend, version, git, command, data;
  double seconds = 0;
};

struct ModelData {
  GeometryData geometry;        ///< where the points live
  Normalisation normalisation;  ///< of the embedding's coordinates
  DictionaryData dictionary;
  HostPoints landmarks;  ///< of all levels, normalised: guards of the flow, and the centres of Gaussians
  std::vector<LevelData> levels;
  Moments moments;             ///< of the last level; those of level l are leading blocks
  Eigenpairs eigenpairs;       ///< leading pairs on the last level; values in the caller's units (1 / length^2, or 1 / time)
  double eigenvalue_unit = 1;  ///< one normalised unit (1 / scale^2) in the unit of eigenpairs.values; 1 for edmd, whose unit is 1 / time
  ReadOut read_out;
  HostPoints training_subset;  ///< some points of the data (by their weights), caller's units: starts, and the monitors
  HostPoints held_out;         ///< points that the fit never saw, caller's units; may be empty
  Provenance provenance;

  /// Coordinates of the caller's points.
  Index dimension() const { return geometry.chart_dimension(normalisation.dimension()); }
};

/// The mode that the read-out begins with: 1, after the constant; 0 with killing, where mode 0 is the ground state.
inline Index first_mode_read(const ModelData& model) { return model.provenance.estimator == killed_estimator ? 0 : 1; }

/// The eigenvalue of mode k: the read-out's where it has one, else that of the eigenpairs; the constant's is 0. One of the two must
/// hold mode k.
inline double eigenvalue_to_read(const ModelData& model, Index k) {
  const Index place = k - first_mode_read(model);
  if (place < 0) return 0;
  return place < static_cast<Index>(model.read_out.values.size()) ? model.read_out.values[static_cast<std::size_t>(place)] : model.eigenpairs.values(k);
}

/// Whether moments and eigenvalues are those of unit diffusion, dX = grad log pi dt + sqrt(2) dW.
inline bool has_unit_diffusion(const ModelData& model) { return model.provenance.estimator == "generator" || model.provenance.estimator == "diffusion-map"; }

}  // namespace kswgd
