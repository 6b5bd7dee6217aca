// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/model/model_data.hpp>

// What stands for the law where samples are judged.
namespace kswgd::detail {

/// Points of the data, and whether the fit never saw them. Of a large fit the default holds out a four hundredth: unless these are more than the training
/// points that are kept, they say less.
struct JudgingPoints {
  HostPoints points;
  bool unseen;
};

inline JudgingPoints judging_points(const ModelData& model) {
  const bool unseen = rows(model.held_out) > rows(model.training_subset) && model.held_out_weights.empty();
  return {unseen ? model.held_out : model.training_subset, unseen};
}

/// How many independent points say as much as the fitted data.
inline double known_to_fit(const ModelData& model) {
  return model.provenance.effective_samples > 0 ? model.provenance.effective_samples : static_cast<double>(model.provenance.samples);
}

}  // namespace kswgd::detail
