// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <filesystem>
#include <kswgd/io/file_info.hpp>
#include <kswgd/io/model_file.hpp>

#include "formats.hpp"
#include "hdf5.hpp"
#include "seal.hpp"

namespace kswgd::io {

FileInfo describe(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) throw InvalidInput("'" + path + "' does not exist");
  const bool model = is_model(path), checkpoint = detail::has_seal(path, detail::checkpoint_seal);
  if (model) detail::check_seal(path, detail::model_seal);
  if (checkpoint) detail::check_seal(path, detail::checkpoint_seal);

  FileInfo info;
  if (!model && !checkpoint && format_of(path) != Format::hdf5) {
    const DataSet data = read_points(path);
    info.kind = "points";
    info.datasets.push_back({"", "float64", {data.size(), data.dimension()}, {}});
    return info;
  }
  const hdf5::Reader file(path);
  for (const auto& dataset : file.datasets()) {
    const auto shape = file.shape(dataset);
    info.datasets.push_back({dataset, file.type_name(dataset), {shape.begin(), shape.end()}, file.attributes(dataset)});
  }
  info.attributes = file.attributes("/");
  if (model) {
    for (const char* group : {"/provenance", "/dictionary", "/eigenpairs", "/moments"}) {
      for (auto& attribute : file.attributes(group)) info.attributes.push_back(std::move(attribute));
    }
  }
  info.kind = model        ? "model"
              : checkpoint ? "checkpoint"
              : file.kind("/history") == hdf5::Kind::group ? "samples"
              : file.kind("/trajectories") == hdf5::Kind::group ? "trajectories"
              : file.kind("/samples") == hdf5::Kind::dataset ? "points"
                                                              : "HDF5 file";
  return info;
}

}  // namespace kswgd::io
