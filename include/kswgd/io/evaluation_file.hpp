// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

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

/// The files that an evaluation is written to: the one that is named (.h5), or one for each result, with _eigenfunctions, _gradients, _log_density,
/// _log_density_error, _score and _score_error before the extension (.npy, .csv).
std::vector<std::string> evaluation_files(const std::string& path);

/// Writes /eigenfunctions, /gradients (n x r x d), /log_density (n) with the attribute `normalisation`, /log_density_error, /score (n x d) and /score_error,
/// those that there are; or each into a file of its own, gradients as n x (r d). Whole or not at all.
void write_evaluation(const std::string& path, const Evaluation& evaluation, const FileStamp& stamp);

}  // namespace kswgd::io
