// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/rows.hpp>
#include <kswgd/model/model_data.hpp>

/// @file
/// A model remembers how its data were weighted; whatever is asked of it with these data uses the same weights.

namespace kswgd {

/// Whether these are the rows that the model was fitted to: as many, and with the same fingerprint.
template <ExecutionSpace Exec>
bool is_fitted_data(const Exec& exec, const ModelData& model, const DataSet<Exec>& data) {
  return data.size() == model.provenance.rows.size && data.dimension() == model.dimension() && fingerprint_of(exec, data) == model.provenance.rows.fingerprint;
}

/// The data with the law that the model was fitted to: the model's weights, tilt and reweighting included, where these are its rows; their
/// own where they are others, which stand for the same law then. Throws InvalidInput where other data have no weights and the model's
/// had: an average over them would be of another law. All ranks of the data call it together.
template <ExecutionSpace Exec>
DataSet<Exec> under_law_of(const Exec& exec, const ModelData& model, const DataSet<Exec>& data) {
  const FittedRows& rows = model.provenance.rows;
  if (data.ranks().max(rows.weights.empty() ? 0 : 1) == 0) return data;
  DataSet<Exec> weighted = data;
  if (is_fitted_data(exec, model, data)) {
    weighted.set_weights(data.ranks().scatter(rows.weights, data.here().second - data.here().first));
  } else {
    require(data.is_weighted(), "under_law_of", [&] {
      return "the model was fitted to weighted points, and these are " + std::to_string(data.size()) + " others than its " + std::to_string(rows.size) +
             ": name the points of the fit, or give these weights of their own";
    });
  }
  return weighted;
}

}  // namespace kswgd
