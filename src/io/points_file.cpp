// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/points_file.hpp>
#include <kswgd/support/check.hpp>

#include "formats.hpp"
#include "hdf5.hpp"
#include "stamp.hpp"

#include <sys/stat.h>

#include <cctype>
#include <cmath>

namespace kswgd::io {
namespace {

/// Every stride-th row.
HostPoints every(Index stride, const HostPoints& points) {
  if (stride == 1) return points;
  const Index rows = (static_cast<Index>(points.extent(0)) + stride - 1) / stride;
  const auto kept = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::points", rows, points.extent(1));
  for (Index i = 0; i < rows; ++i)
    for (std::size_t k = 0; k < points.extent(1); ++k) kept(i, k) = points(i * stride, k);
  return kept;
}

/// The parts of a list of files, separated by commas.
std::vector<std::string> split(const std::string& paths) {
  std::vector<std::string> parts;
  for (std::size_t start = 0, comma = 0; comma != std::string::npos; start = comma + 1) {
    comma = paths.find(',', start);
    parts.push_back(paths.substr(start, comma == std::string::npos ? comma : comma - start));
  }
  return parts;
}

/// One file after the other; each that says nothing of trajectories is one.
Table concatenated(const std::vector<std::string>& paths, ReadOptions options) {
  options.as_trajectory = true;
  std::vector<Table> parts;
  Index rows = 0;
  for (const std::string& path : paths) {
    parts.push_back(read_points(path, options));
    const Table &part = parts.back(), &first = parts.front();
    require(part.points.extent(1) == first.points.extent(1), "io", [&] {
      return "'" + path + "' has " + std::to_string(part.points.extent(1)) + " coordinates, '" + paths[0] + "' has " + std::to_string(first.points.extent(1));
    });
    require(std::abs(part.dt - first.dt) <= 1e-9 * first.dt, "io", [&] {
      return "'" + path + "' has dt " + std::to_string(part.dt) + " where '" + paths[0] + "' has " + std::to_string(first.dt) + ": a lag would mean two times";
    });
    require(part.weights.empty() == first.weights.empty(), "io", [&] { return "of '" + paths[0] + "' and '" + path + "' only one has weights"; });
    rows += static_cast<Index>(part.points.extent(0));
  }
  Table all;
  all.dt = parts.front().dt;
  all.points = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::points", rows, parts.front().points.extent(1));
  Index row = 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const Table& part = parts[p];
    const Index end = row + static_cast<Index>(part.points.extent(0));
    Kokkos::deep_copy(Kokkos::subview(all.points, Span(row, end), Kokkos::ALL), part.points);
    row = end;
    all.lengths.insert(all.lengths.end(), part.lengths.begin(), part.lengths.end());
    all.weights.insert(all.weights.end(), part.weights.begin(), part.weights.end());
    for (std::size_t t = 0; t < part.lengths.size(); ++t) all.names.push_back(t < part.names.size() ? paths[p] + "/" + part.names[t] : paths[p]);
  }
  return all;
}

}  // namespace

std::string format_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/'), dot = path.find_last_of('.');
  std::string extension = dot == std::string::npos || (slash != std::string::npos && dot < slash) ? "" : path.substr(dot + 1);
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (extension == "h5" || extension == "hdf5" || extension == "kswgd") return "h5";
  if (extension == "npy") return "npy";
  if (extension == "csv" || extension == "txt") return "csv";
  throw InvalidInput("kswgd::io: '" + path + "': the extension must be .h5, .hdf5, .npy, .csv or .txt");
}

Table read_points(const std::string& path, const ReadOptions& options) {
  require(options.stride >= 1, "io", [&] { return "the stride must be at least 1, got " + std::to_string(options.stride); });
  struct stat status {};
  if (path.find(',') != std::string::npos && ::stat(path.c_str(), &status) != 0) return concatenated(split(path), options);
  require(::stat(path.c_str(), &status) == 0, "io", [&] { return "there is no file '" + path + "'"; });
  require(!S_ISDIR(status.st_mode), "io", [&] { return "'" + path + "' is a folder, not a file"; });
  const std::string format = format_of(path);
  if (format == "h5") return read_hdf5(path, options);
  require(options.dataset.empty() && options.weights.empty(), "io", [&] { return "'" + path + "': only HDF5 files have datasets to name"; });
  Table data;
  data.points = every(options.stride, format == "npy" ? read_npy(path) : read_csv(path));
  const Index rows = static_cast<Index>(data.points.extent(0)), columns = static_cast<Index>(data.points.extent(1));
  require(rows > 0 && columns > 0, "io", [&] { return "'" + path + "' holds no points"; });
  for (Index i = 0; i < rows; ++i)
    for (Index k = 0; k < columns; ++k)
      require(std::isfinite(data.points(i, k)), "io", [&] {
        return "'" + path + "': has " + std::to_string(data.points(i, k)) + " in row " + std::to_string(i * options.stride) + ", column " + std::to_string(k) +
               " (from 0); every number must be finite";
      });
  if (options.as_trajectory) data.lengths = {rows};
  return data;
}

void write_points(const std::string& path, const HostPoints& points, const FileStamp& stamp) {
  const std::string format = format_of(path);
  AtomicFile out(path);
  if (format == "npy") {
    write_npy(out, points);
  } else if (format == "csv") {
    write_csv(out, points);
  } else {
    hdf5::File file = hdf5::File::create(out);
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
    hdf5::File file = hdf5::File::create(out);
    const Index length = static_cast<Index>(frames.extent(0)) / trajectories;
    const std::size_t digits = std::to_string(trajectories - 1).size();
    for (Index t = 0; t < trajectories; ++t) {
      std::string number = std::to_string(t);
      number.insert(0, digits - number.size(), '0');
      const HostPoints part("kswgd::io::trajectory", length, frames.extent(1));
      Kokkos::deep_copy(part, Kokkos::subview(frames, Span(t * length, (t + 1) * length), Kokkos::ALL));
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
    hdf5::File file = hdf5::File::create(out);
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
    const Table data = read_points(path);
    return {std::to_string(data.points.extent(0)) + " x " + std::to_string(data.points.extent(1)) + " points"};
  }
  const hdf5::File file = hdf5::File::open(path);
  for (const auto& [name, value] : file.attributes("/")) lines.push_back(name + ": " + value);
  describe_object(file, "/", lines);
  return lines;
}

}  // namespace kswgd::io
