// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/io/attributes.hpp>

/// @file
/// What a file holds, without reading its numbers.

namespace kswgd::io {

struct DatasetInfo {
  std::string path;                  ///< "/trajectories/0"; empty for .npy and .csv
  std::string type;                  ///< "float64", "int8", "text", ...
  std::vector<std::int64_t> shape;
  Attributes attributes;
};

struct FileInfo {
  std::string kind;  ///< "model", "checkpoint", "samples", "trajectories", "points" or "HDF5 file"
  std::vector<DatasetInfo> datasets;
  Attributes attributes;  ///< of the file itself; for a model also those of its group `provenance`
};

/// Throws InvalidInput when the file cannot be read; of a model or checkpoint the seal is checked first.
FileInfo describe(const std::string& path);

}  // namespace kswgd::io
