// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/estimator/online.hpp>
#include <kswgd/model/model_data.hpp>
#include <string>

/// @file
/// Models on disk: HDF5 behind a block of 512 bytes that names format, version and length, and holds a hash of all the rest.

namespace kswgd::io {

/// The format that is written, and the oldest that is read. Models of format 2 do not know how their data were weighted, those of format 3 have no
/// maps of columns, names, marginals or log density.
inline constexpr int model_format = 4, oldest_model_format = 2;

/// Writes a model whole, or not at all. `state`: the sums and the sample that an OnlineFit goes on from, kept beside it.
void write_model(const std::string& path, const ModelData& model, const OnlineState* state = nullptr);

/// Reads a model. Throws InvalidInput that says so when the file is no model, is truncated, has a byte that was changed, or
/// comes from a newer version than this library's.
ModelData read_model(const std::string& path);

/// The state that a model was written with. Throws InvalidInput as read_model does, and for a model without one.
OnlineState read_state(const std::string& path);

/// Whether a model was written with a state. Throws InvalidInput as read_model does for a damaged file.
bool has_state(const std::string& path);

/// Whether the file begins as a model does.
bool is_model(const std::string& path);

}  // namespace kswgd::io
