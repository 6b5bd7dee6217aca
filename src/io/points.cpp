// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <algorithm>
#include <filesystem>
#include <kswgd/io/atomic_file.hpp>

#include "formats.hpp"
#include "hdf5.hpp"

namespace kswgd::io {

std::string text_of(const Attributes& attributes, const std::string& name) {
  for (const auto& attribute : attributes) {
    if (attribute.name != name) continue;
    if (const auto* text = std::get_if<std::string>(&attribute.value)) return *text;
    if (const auto* signed_one = std::get_if<std::int64_t>(&attribute.value)) return std::to_string(*signed_one);
    if (const auto* unsigned_one = std::get_if<std::uint64_t>(&attribute.value)) return std::to_string(*unsigned_one);
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", std::get<double>(attribute.value));
    return text;
  }
  return {};
}

double number_of(const Attributes& attributes, const std::string& name, double otherwise) {
  for (const auto& attribute : attributes) {
    if (attribute.name != name) continue;
    if (const auto* real = std::get_if<double>(&attribute.value)) return *real;
    if (const auto* signed_one = std::get_if<std::int64_t>(&attribute.value)) return static_cast<double>(*signed_one);
    if (const auto* unsigned_one = std::get_if<std::uint64_t>(&attribute.value)) return static_cast<double>(*unsigned_one);
  }
  return otherwise;
}

Format format_of(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
  if (extension == ".h5" || extension == ".hdf5" || extension == ".hdf" || extension == ".he5") return Format::hdf5;
  if (extension == ".npy") return Format::npy;
  if (extension == ".csv" || extension == ".txt" || extension == ".dat") return Format::csv;
  throw InvalidInput("'" + path + "' has " + (extension.empty() ? "no extension" : "the extension '" + extension + "'") +
                     "; points are kept in .h5, .hdf5, .npy or .csv files");
}

namespace detail {

void require_finite(double value, const std::string& path, const std::string& place, Index column) {
  if (!std::isfinite(value)) {
    throw InvalidInput("'" + path + "' has " + std::to_string(value) + " in " + place + ", column " + std::to_string(column) +
                       " (counted from 0); every number must be finite");
  }
}

}  // namespace detail

FileAndDataset split_dataset(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) return {path, {}};
  const auto colon = path.rfind(':');
  if (colon == std::string::npos || colon == 0) return {path, {}};
  return {path.substr(0, colon), path.substr(colon + 1)};
}

DataSet read_points(const std::string& path, const ReadOptions& options) {
  require(options.stride >= 1, "io::read_points", [&] { return "stride must be at least 1, got " + std::to_string(options.stride); });
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) throw InvalidInput("'" + path + "' does not exist");
  if (std::filesystem::is_directory(status)) throw InvalidInput("'" + path + "' is a folder, not a file");
  const Format format = format_of(path);
  if (format != Format::hdf5 && !options.dataset.empty()) {
    throw InvalidInput("'" + path + "' has no datasets ('" + options.dataset + "' was asked for); only HDF5 files do");
  }
  DataSet data = format == Format::hdf5  ? detail::read_hdf5(path, options)
                 : format == Format::npy ? detail::read_npy(path, options.stride)
                                         : detail::read_csv(path, options.stride);
  if (data.size() == 0 || data.dimension() == 0) throw InvalidInput("'" + path + "' holds no points");
  if (data.lengths.empty()) data.lengths = {data.size()};
  for (std::size_t i = 0; i < data.weights.size(); ++i) {
    if (!std::isfinite(data.weights[i]) || data.weights[i] < 0) {
      throw InvalidInput("'" + path + "': the weight of point " + std::to_string(i) + " is " + std::to_string(data.weights[i]) +
                         "; weights must be finite and not negative");
    }
  }
  return data;
}

std::vector<double> read_weights(const std::string& path) {
  const auto [file, dataset] = split_dataset(path);
  if (format_of(file) == Format::hdf5) return hdf5::Reader(file).numbers(dataset.empty() ? "/weights" : dataset);
  const DataSet data = read_points(file, {.dataset = dataset});
  if (data.dimension() != 1) {
    throw InvalidInput("'" + file + "' has " + std::to_string(data.dimension()) + " columns; weights are one number for each point");
  }
  std::vector<double> weights(static_cast<std::size_t>(data.size()));
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = data.points(i, 0);
  return weights;
}

void write_points(const std::string& path, const HostPoints& points, const Attributes& attributes) {
  const Format format = format_of(path);
  AtomicFile file(path);
  if (format == Format::hdf5) {
    hdf5::Writer writer(file);
    writer.matrix("/samples", points);
    writer.attributes("/", attributes);
    writer.commit(file);
    return;
  }
  if (format == Format::npy) {
    detail::fill_npy(file.temporary(), path, points);
  } else {
    detail::fill_csv(file.temporary(), path, points);
  }
  file.commit();
}

void write_trajectories(const std::string& path, const Trajectories& trajectories, const Attributes& attributes) {
  if (format_of(path) != Format::hdf5) {
    require(trajectories.parts.size() == 1, "io::write_trajectories", [&] {
      return "'" + path + "' can hold one trajectory only, not " + std::to_string(trajectories.parts.size()) + "; write an .h5 file";
    });
    return write_points(path, trajectories.parts[0], attributes);
  }
  AtomicFile file(path);
  hdf5::Writer writer(file);
  writer.group("/trajectories");
  for (std::size_t t = 0; t < trajectories.parts.size(); ++t) {
    const std::string name = "/trajectories/" + (trajectories.names.empty() ? std::to_string(t) : trajectories.names[t]);
    writer.matrix(name, trajectories.parts[t]);
    if (trajectories.dt > 0) writer.attribute(name, {"dt", trajectories.dt});
  }
  writer.attributes("/", attributes);
  writer.commit(file);
}

void write_arrays(const std::string& path, const std::vector<Array>& arrays, const Attributes& attributes) {
  if (format_of(path) != Format::hdf5) throw InvalidInput("'" + path + "': these results need an HDF5 file; name it .h5");
  AtomicFile file(path);
  hdf5::Writer writer(file);
  for (const auto& array : arrays) writer.numbers(array.path, array.shape, array.values.data());
  writer.attributes("/", attributes);
  writer.commit(file);
}

}  // namespace kswgd::io
