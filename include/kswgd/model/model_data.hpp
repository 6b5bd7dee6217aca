// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/fourier.hpp>
#include <kswgd/dictionary/gaussian.hpp>
#include <kswgd/dictionary/joined.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/dictionary/nystrom.hpp>
#include <kswgd/dictionary/perceptron.hpp>
#include <kswgd/dictionary/polynomial.hpp>
#include <kswgd/geometry/frame_data.hpp>
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
using DictionaryData = std::variant<std::monostate, GaussianDictionaryData, FourierDictionaryData, PolynomialDictionaryData, PerceptronDictionaryData,
                                    NystromDictionaryData, JoinedDictionaryData>;

/// The operator that a model's eigenpairs belong to.
enum class SpectrumKind {
  generator,      ///< the generator of unit diffusion, dX = grad log pi dt + sqrt(2) dW, from samples
  diffusion,      ///< the same with a diffusion matrix, in 1 / time
  killed,         ///< with a killing rate (and perhaps a diffusion matrix): pair 0 is the ground state
  edmd,           ///< reversible EDMD at a lag, in 1 / time
  diffusion_map,  ///< the generator of unit diffusion, without a dictionary
};

/// As files and messages name it: "generator", "generator with diffusion", "generator with killing", "edmd", "diffusion-map".
const char* name_of(SpectrumKind kind);
/// The kind with that name. Throws InvalidInput for any other.
SpectrumKind spectrum_kind(const std::string& name);

/// The eigenvalues to read (time scales), corrected for overfitting: see spectrum/read_out.hpp. In the caller's units.
struct ReadOut {
  std::vector<double> values;        ///< without the constant's 0, ascending: see eigenvalue_to_read
  std::vector<double> in_sample;     ///< too small
  std::vector<double> cross_fitted;  ///< too large
  std::vector<double> spread;        ///< standard error from the folds, never below half of |cross_fitted - in_sample|
  Index level = -1;                  ///< the level that was read; -1: no read-out was made
};

/// Eigenpairs of the law's generator (or of what `kind` says) in the span of the dictionary.
struct Spectrum {
  SpectrumKind kind = SpectrumKind::generator;
  Eigenpairs pairs;               ///< leading pairs; values in the caller's units (1 / length^2, or 1 / time)
  double unit = 1;                ///< one normalised unit (1 / scale^2) in the unit of pairs.values; for edmd what the leading mode says it is
  std::vector<double> diffusion;  ///< the diffusion matrix that was asked for, d x d row by row, in length^2 / time; empty: the identity
  double lag_time = 0;            ///< edmd: the lag in the data's unit of time (steps where there is no dt)
  ReadOut read_out;

  /// Whether the eigenvalues are those of unit diffusion, dX = grad log pi dt + sqrt(2) dW.
  bool has_unit_diffusion() const { return kind == SpectrumKind::generator || kind == SpectrumKind::diffusion_map; }
  /// The mode that the read-out begins with: 1, after the constant; 0 with killing, where mode 0 is the ground state.
  Index first_mode_read() const { return kind == SpectrumKind::killed ? 0 : 1; }
  /// The eigenvalue of mode k: the read-out's where it has one, else that of the pairs; the constant's is 0. One of the two must
  /// hold mode k.
  double eigenvalue_to_read(Index k) const {
    const Index place = k - first_mode_read();
    if (place < 0) return 0;
    return place < static_cast<Index>(read_out.values.size()) ? read_out.values[static_cast<std::size_t>(place)] : pairs.values(k);
  }
};

/// What the flow needs of the law: the levels of the dictionary and the moments over the data.
struct Density {
  HostPoints landmarks;  ///< of all levels, normalised: guards of the flow, and the centres of Gaussians
  std::vector<LevelData> levels;
  Moments moments;  ///< of the last level; those of level l are leading blocks; `weight` is the effective number of samples
};

/// log pi = psi . c up to a constant, in the library's coordinates: the gradient is the score (docs/method.md, Potential and score).
struct LogDensity {
  std::vector<double> coefficients;  ///< c over the first features of the dictionary, of a level; empty: none was learned
  HostMatrix without_fold;           ///< the same from all folds but one, features x folds: they say how uncertain c is
  Index level = -1;                  ///< of density.levels
  double regularisation = 0;         ///< rho
  double held_out = 0;   ///< Hyvarinen's E[|grad(psi . c)|^2 / 2 + lap(psi . c)] on the folds that c was fitted without, 1 / length^2 of the caller's
  double in_sample = 0;  ///< the same on the rows that c was fitted to

  bool is_known() const { return !coefficients.empty(); }
};

/// The rows that a model was fitted to, so that what is asked of it later means the same data.
struct FittedRows {
  Index size = 0;                 ///< rows of the data as given to the fit
  std::uint64_t fingerprint = 0;  ///< of these (data/rows.hpp)
  std::vector<double> weights;    ///< of each of them, after tilts and reweighting (of a fit on several ranks rank 0 alone holds them); empty: all 1
  bool ordered = false;           ///< they follow one another in time
  Index stride = 1;               ///< every stride-th row of the file was given
  double dt = -1;                 ///< time between these rows; 0: nobody said, times are in steps; -1: not known, an older version wrote the file
};

/// How a model was made.
struct Provenance {
  Index samples = 0;             ///< points (or pairs) in the fit; equal rows are one
  double effective_samples = 0;  ///< (sum w)^2 / sum w^2 of the points
  std::uint64_t seed = 0;
  std::string backend, version, git, command, data;
  double seconds = 0;
  FittedRows rows;
  std::vector<std::string> notes;  ///< what a user should know of the data, a sentence each
};

/// The law of each column of the data, so that samples can be given it.
struct Marginals {
  std::vector<double> levels;  ///< m at most, ascending in (0, 1): the same for all columns
  HostPoints quantiles;        ///< m x d, caller's units: the data's quantiles at these levels, by weight; empty where none were taken
  std::vector<int> decimals;   ///< of each column: the fewest decimal places that all its values have (0: integers), -1 where they have more than 6
};

struct ModelData {
  FrameData frame;  ///< where the points live, and the library's coordinates
  DictionaryData dictionary;
  Density density;
  LogDensity log_density;
  Spectrum spectrum;
  HostPoints training_subset;            ///< some points of the data (by their weights), caller's units: starts, and the monitors
  HostPoints held_out;                   ///< points that the fit never saw, caller's units; may be empty
  std::vector<double> held_out_weights;  ///< of these; empty: all 1
  Marginals marginals;
  std::vector<std::string> columns;  ///< names of the caller's coordinates, or none
  Provenance provenance;

  /// Coordinates of the caller's points.
  Index dimension() const { return frame.dimension(); }
};

}  // namespace kswgd
