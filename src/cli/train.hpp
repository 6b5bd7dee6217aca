// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "commands.hpp"
#include "progress.hpp"

#include <kswgd/estimator/training.hpp>

// What `train` and `fit --dictionary learned` share.
namespace kswgd::cli {

/// With the command's seed, and progress.
inline TrainingOptions training_options(TrainingOptions options, std::uint64_t seed, Progress& progress) {
  options.seed = seed;
  options.progress = [&progress](double done, double) { progress.update("training", done); };
  return options;
}

/// One line for people.
std::string summary_of(const TrainedNetwork& trained, Index modes);
Json json_of(const TrainedNetwork& trained);

}  // namespace kswgd::cli
