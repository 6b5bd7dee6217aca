// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/points_file.hpp>
#include <kswgd/support/check.hpp>

#include "formats.hpp"
#include "hdf5.hpp"
#include "stamp.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cmath>

namespace kswgd::io {
namespace {

/// Rows [first, first + count) by stride, checked, appended to the data set.
struct Part {
  std::string name;
  HostPoints points;
};

void check_finite(const std::string& path, const Part& part) {
  for (std::size_t i = 0; i < part.points.extent(0); ++i)
    for (std::size_t k = 0; k < part.points.extent(1); ++k)
      require(std::isfinite(part.points(i, k)), "io", [&] {
        return "'" + path + "': " + part.name + " has " + std::to_string(part.points(i, k)) + " in row " + std::to_string(i) + ", column " +
               std::to_string(k);
      });
}

HostPoints joined(const std::string& path, const std::vector<Part>& parts, Index stride, std::vector<Index>& lengths) {
  const auto columns = parts.front().points.extent(1);
  Index rows = 0;
  for (const Part& part : parts) {
    check_finite(path, part);
    require(part.points.extent(1) == columns, "io", [&] {
      return "'" + path + "': " + part.name + " has " + std::to_string(part.points.extent(1)) + " coordinates, " + parts.front().name + " has " +
             std::to_string(columns);
    });
    lengths.push_back((static_cast<Index>(part.points.extent(0)) + stride - 1) / stride);
    rows += lengths.back();
  }
  if (parts.size() == 1 && stride == 1) return parts.front().points;
  const HostPoints all("kswgd::io::points", rows, columns);
  Index row = 0;
  for (std::size_t p = 0; p < parts.size(); ++p)
    for (Index i = 0; i < lengths[p]; ++i, ++row)
      for (std::size_t k = 0; k < columns; ++k) all(row, k) = parts[p].points(i * stride, k);
  return all;
}

/// /trajectories, or the group that was named, or its child of that name.
std::string trajectories_of(const hdf5::File& file, const std::string& dataset) {
  if (dataset.empty()) return file.has("/samples") || !file.is_group("/trajectories") ? "" : "/trajectories";
  if (!file.is_group(dataset)) return "";
  const std::string inner = (dataset == "/" ? "" : dataset) + "/trajectories";
  return file.is_group(inner) ? inner : dataset;
}

DataSet read_hdf5(const std::string& path, const ReadOptions& options) {
  const hdf5::File file = hdf5::File::open(path);
  std::string dataset = options.dataset;
  if (!dataset.empty() && dataset[0] != '/') dataset = "/" + dataset;
  DataSet data;
  std::vector<Part> parts;
  const std::string group = trajectories_of(file, dataset);
  if (!group.empty()) {
    double dt = -1;
    for (const std::string& name : file.children(group)) {
      const std::string full = group + "/" + name;
      parts.push_back({full, file.read_matrix(full)});
      const double own = file.read_number(full, "dt", file.read_number(group, "dt", 0));
      require(std::isfinite(own) && own >= 0, "io", [&] { return "'" + path + "': " + full + " has a dt of " + std::to_string(own); });
      require(dt < 0 || std::abs(dt - own) <= 1e-9 * dt, "io", [&] {
        return "'" + path + "': " + full + " has dt " + std::to_string(own) + " where the first trajectory has " + std::to_string(dt) +
               ": a lag would mean two times";
      });
      dt = own;
      data.names.push_back(name);
    }
    require(!parts.empty(), "io", [&] { return "'" + path + "': " + group + " holds no trajectories"; });
    data.dt = dt;
  } else {
    const std::string name = dataset.empty() ? "/samples" : dataset;
    require(file.has(name), "io", [&] {
      return "'" + path + "' has no " + name + (dataset.empty() ? " and no /trajectories: is it a file of points? (--dataset names another)" : "");
    });
    parts.push_back({name, file.read_matrix(name)});
    data.dt = file.read_number(name, "dt", 0);
  }
  std::vector<Index> lengths;
  data.points = joined(path, parts, options.stride, lengths);
  if (!group.empty() || options.as_trajectory) data.lengths = lengths;
  data.dt *= static_cast<double>(options.stride);
  const bool named = !options.weights.empty();
  if (named || (dataset.empty() && file.has("/weights"))) {
    const std::vector<double> all = file.read_vector(named ? options.weights : "/weights");
    for (std::size_t i = 0; i < all.size(); i += static_cast<std::size_t>(options.stride)) data.weights.push_back(all[i]);
    require(data.weights.size() == data.points.extent(0) && (parts.size() == 1 || options.stride == 1), "io", [&] {
      return "'" + path + "': there are " + std::to_string(all.size()) + " weights for " + std::to_string(data.points.extent(0)) + " points";
    });
  }
  return data;
}

}  // namespace

std::string format_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/'), dot = path.find_last_of('.');
  const std::string extension = dot == std::string::npos || (slash != std::string::npos && dot < slash) ? "" : path.substr(dot + 1);
  if (extension == "h5" || extension == "hdf5" || extension == "kswgd") return "h5";
  if (extension == "npy") return "npy";
  if (extension == "csv" || extension == "txt") return "csv";
  throw InvalidInput("kswgd::io: '" + path + "': the extension must be .h5, .hdf5, .npy, .csv or .txt");
}

DataSet read_points(const std::string& path, const ReadOptions& options) {
  require(options.stride >= 1, "io", [&] { return "the stride must be at least 1, got " + std::to_string(options.stride); });
  struct stat status {};
  require(::stat(path.c_str(), &status) == 0, "io", [&] { return "there is no file '" + path + "'"; });
  const std::string format = format_of(path);
  DataSet data;
  if (format == "h5") {
    data = read_hdf5(path, options);
  } else {
    require(options.dataset.empty() && options.weights.empty(), "io", [&] { return "'" + path + "': only HDF5 files have datasets to name"; });
    std::vector<Index> lengths;
    data.points = joined(path, {{"the file", format == "npy" ? read_npy(path) : read_csv(path)}}, options.stride, lengths);
    if (options.as_trajectory) data.lengths = lengths;
  }
  require(data.points.extent(0) > 0 && data.points.extent(1) > 0, "io", [&] { return "'" + path + "' holds no points"; });
  return data;
}

void write_points(const std::string& path, const HostPoints& points, const FileStamp& stamp) {
  const std::string format = format_of(path);
  AtomicFile out(path);
  if (format == "npy") {
    write_npy(out.temporary(), points);
  } else if (format == "csv") {
    write_csv(out.temporary(), points);
  } else {
    hdf5::File file = hdf5::File::create(out.temporary());
    file.write_matrix("/samples", points);
    write_stamp(file, stamp);
    file.close();
  }
  out.commit();
}

void write_trajectories(const std::string& path, const HostPoints& frames, Index trajectories, double dt, const FileStamp& stamp) {
  require(format_of(path) == "h5", "io", [&] { return "'" + path + "': trajectories are written as HDF5 (.h5)"; });
  AtomicFile out(path);
  {
    hdf5::File file = hdf5::File::create(out.temporary());
    const Index length = static_cast<Index>(frames.extent(0)) / trajectories;
    const std::size_t digits = std::to_string(trajectories - 1).size();
    for (Index t = 0; t < trajectories; ++t) {
      std::string number = std::to_string(t);
      number.insert(0, digits - number.size(), '0');
      const HostPoints part("kswgd::io::trajectory", length, frames.extent(1));
      Kokkos::deep_copy(part, Kokkos::subview(frames, std::pair<Index, Index>(t * length, (t + 1) * length), Kokkos::ALL));
      file.write_matrix("/trajectories/" + number, part);
      file.write_number("/trajectories/" + number, "dt", dt);
    }
    write_stamp(file, stamp);
    file.close();
  }
  out.commit();
}

void write_eigenfunctions(const std::string& path, const HostMatrix& values, const std::vector<HostPoints>& gradients, const FileStamp& stamp) {
  require(format_of(path) == "h5", "io", [&] { return "'" + path + "': eigenfunctions are written as HDF5 (.h5)"; });
  AtomicFile out(path);
  {
    hdf5::File file = hdf5::File::create(out.temporary());
    file.write_matrix("/eigenfunctions", values);
    if (!gradients.empty()) {
      const std::size_t n = values.extent(0), r = gradients.size(), d = gradients.front().extent(1);
      std::vector<double> all(n * r * d);
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < r; ++j)
          for (std::size_t k = 0; k < d; ++k) all[(i * r + j) * d + k] = gradients[j](i, k);
      file.write_array("/gradients", all.data(), {n, r, d});
    }
    write_stamp(file, stamp);
    file.close();
  }
  out.commit();
}

namespace {
void describe_object(const hdf5::File& file, const std::string& object, std::vector<std::string>& lines) {
  if (file.is_group(object)) {
    for (const std::string& child : file.children(object)) describe_object(file, (object == "/" ? "" : object) + "/" + child, lines);
    return;
  }
  std::string line = object + "  ";
  const auto shape = file.shape(object);
  for (std::size_t i = 0; i < shape.size(); ++i) line += (i ? " x " : "") + std::to_string(shape[i]);
  for (const auto& [name, value] : file.attributes(object)) line += "  " + name + "=" + value;
  lines.push_back(line);
}
}  // namespace

std::vector<std::string> describe(const std::string& path) {
  std::vector<std::string> lines;
  if (format_of(path) != "h5") {
    const DataSet data = read_points(path);
    return {std::to_string(data.points.extent(0)) + " x " + std::to_string(data.points.extent(1)) + " points"};
  }
  const hdf5::File file = hdf5::File::open(path);
  for (const auto& [name, value] : file.attributes("/")) lines.push_back(name + ": " + value);
  describe_object(file, "/", lines);
  return lines;
}

}  // namespace kswgd::io
