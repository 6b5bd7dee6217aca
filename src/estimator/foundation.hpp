// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/rows.hpp>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/geometry/frame.hpp>
#include <kswgd/moments/fold_sums.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

// What all estimators share: from data to coordinates, rows, landmarks and dictionary, and the one walk that adds up the moments.
namespace kswgd::detail {

/// A fit before its moments.
template <ExecutionSpace Exec>
struct Foundation {
  DataSet<Exec> data;                  ///< as given; the order is known
  DataSet<Exec> fitted;                ///< the rows that count, each once, without those held out; the caller's coordinates
  std::vector<Index> counted;          ///< the rows of the data that count, each once, those of this rank; empty: all do
  Index counted_begin = 0;             ///< the first of them among those of all ranks
  std::vector<Index> held_out;         ///< rows of the data, ascending
  std::vector<Index> held_less_place;  ///< of the held-out rows among those that count, each less its place among them
  Frame<Exec> frame;
  AnyDictionary<Exec> dictionary;
  std::vector<Index> level_features;    ///< of the levels that the read-out looks at
  ModelData model;                      ///< frame, dictionary, landmarks and levels, kept points, provenance
  std::vector<Index> moment_rows = {};  ///< where G and D of the density are averages over some of the fitted rows: these, ascending (one that stands there
                                        ///< twice counts twice); empty: over all
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();

  /// The features of the read-out.
  Index read_out_features() const { return level_features.back(); }
  /// Row i of `fitted`, which is here, in the data.
  Index original_row(Index i) const {
    const Index row = i + (std::upper_bound(held_less_place.begin(), held_less_place.end(), i) - held_less_place.begin());
    return counted.empty() ? row : counted[static_cast<std::size_t>(row - counted_begin)];
  }
};

/// Finds the order, the rows that count and those held out; lays out frame, landmarks and dictionary. Throws InvalidInput as
/// fit_generator does, naming the function.
template <ExecutionSpace Exec>
Foundation<Exec> lay_foundation(const Exec& exec, const DataSet<Exec>& data, const FitOptions<Exec>& options, const char* function);

/// At most `count` points of the data that stand for their law, in the caller's units: a model's training subset.
template <ExecutionSpace Exec>
HostPoints kept_points(const Exec& exec, const DataSet<Exec>& data, Index count, std::uint64_t seed);

/// What stands in the operator beside or in place of the Dirichlet form of unit diffusion. Where the frame is mapped, that of the caller's metric always does.
struct OperatorTerms {
  const std::vector<double>* rate = nullptr;       ///< of killing, one for each row of the data that is here
  const std::vector<double>* diffusion = nullptr;  ///< d x d, row by row
  bool metric = true;                              ///< false: nobody asks for the operator (of pairs), and a map of the frame adds nothing

  FormSet forms(bool mapped) const;
};

/// The moments of the model's density, and the folds' sums of the operator's forms for the read-out.
template <ExecutionSpace Exec>
struct Sums {
  typename MomentAccumulator<Exec>::Result density;  ///< G and D of all features, of some of the rows where Foundation::moment_rows says so
  std::optional<FoldSums<Exec>> folds;               ///< of the read-out's features; nothing where none was asked for
  bool shared = false;                               ///< the folds hold all features, and their operator is D
};

/// One walk over the fitted rows. Puts the density into the model, and where there are folds what they say of its logarithm. `folded`: how many features
/// the folds have, the read-out's for the most part (0: no folds).
template <ExecutionSpace Exec>
Sums<Exec> sum_moments(const Exec& exec, Foundation<Exec>& base, const FitOptions<Exec>& options, Index folded, const OperatorTerms& terms = {});

/// From sums that are complete on every rank: closes the folds, puts the density into the model and, where the folds have the averages of the Laplacian
/// (`laplacian`), the log density. `all`: the sums of all features, where the folds do not have them. A density that is there already stays.
template <ExecutionSpace Exec>
void conclude_moments(const Exec& exec, Foundation<Exec>& base, Sums<Exec>& sums, const MomentAccumulator<Exec>* all, bool laplacian);

/// Eigenpairs and read-out of the generator of unit diffusion, of the caller's metric where the frame is mapped (nothing then where there are no folds). Puts
/// them into the model.
template <ExecutionSpace Exec>
void read_generator(const Exec& exec, Foundation<Exec>& base, const FitOptions<Exec>& options, const Sums<Exec>& sums);

/// Eigenpairs and read-out of an operator with terms, over the read-out's features, in the caller's units. Puts them into the model.
template <ExecutionSpace Exec>
void read_operator(const Exec& exec, Foundation<Exec>& base, const FitOptions<Exec>& options, const Sums<Exec>& sums, bool killed);

/// Eigenpairs over the first features as pairs over all features of the model, in the caller's units; a ground state is positive on average.
Eigenpairs in_callers_units(const Eigenpairs& pairs, const Moments& moments, double unit);

/// Leaves the read-out so many levels that the metric of a mapped frame, d products for each tile, costs no more than a part of the fit.
template <ExecutionSpace Exec>
void shorten_read_out(Foundation<Exec>& base);

/// The model, with seconds and progress.
template <ExecutionSpace Exec>
ModelData finish(Foundation<Exec>&& base, const FitOptions<Exec>& options);

template <ExecutionSpace Exec>
void report(const FitOptions<Exec>& options, const char* stage, double done) {
  if (options.progress) options.progress(stage, done);
}

template <ExecutionSpace Exec>
EigenSolver<Exec> solver_of(const FitOptions<Exec>& options) {
  return options.solver ? options.solver : dense_solver<Exec>();
}

}  // namespace kswgd::detail
