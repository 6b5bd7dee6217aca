// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/model/model_data.hpp>
#include <string>

namespace kswgd::io {

/// Throws InvalidInput naming file and dataset for a model that contradicts itself or holds numbers that no fit gives. A hash says
/// that a file is as it was written, not that what wrote it was right.
void check_model(const ModelData& model, const std::string& path);

}  // namespace kswgd::io
