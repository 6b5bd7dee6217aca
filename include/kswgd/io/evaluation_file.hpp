// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/io/points_file.hpp>

/// @file
/// What a model says at points, on disk.

namespace kswgd::io {

/// Eigenfunctions, log density and score at n points of d coordinates.
struct Evaluation {
  HostMatrix eigenfunctions;          ///< n x r, the constant first
  std::vector<HostPoints> gradients;  ///< r times n x d
  HostMatrix log_density;             ///< n x 1; empty where the model has none, and so is the rest
  HostMatrix log_density_error;       ///< n x 1
  HostPoints score, score_error;      ///< n x d each
  std::string normalisation;          ///< how the density is normalised, for people; empty where the model has none
};

/// How much there is of an evaluation, before it is there.
struct EvaluationShape {
  Index points = 0;
  Index functions = 0, gradients = 0;  ///< eigenfunctions, and those whose gradients are given
  Index dimension = 0;
  std::string normalisation = {};  ///< as in Evaluation; empty: no log density and no score
};

/// The files that an evaluation is written to: the one that is named (.h5), or one for each result, with _eigenfunctions, _gradients, _log_density,
/// _log_density_error, _score and _score_error before the extension (.npy, .csv).
std::vector<std::string> evaluation_files(const std::string& path);

/// Writes /eigenfunctions, /gradients (n x r x d), /log_density (n) with the attribute `normalisation`, /log_density_error, /score (n x d) and /score_error,
/// those that there are; or each into a file of its own, gradients as n x (r d). Whole or not at all.
void write_evaluation(const std::string& path, const Evaluation& evaluation, const FileStamp& stamp);

/// Takes results at the points [first, first + as many as the results have): all of them, or some, the others left empty.
using PlaceResults = std::function<void(Index first, const Evaluation& results)>;

/// The same bytes, of results that come in parts: the files are laid out at their full size (a full disk is known then), and walk(place) calls place for
/// parts that make up all results of all points, once; those for a .csv in the order of the points. Memory for one part. Throws Failure and InvalidInput
/// as write_points does, and what walk throws.
void write_evaluation(const std::string& path, const EvaluationShape& shape, const FileStamp& stamp, const std::function<void(const PlaceResults&)>& walk);

}  // namespace kswgd::io
