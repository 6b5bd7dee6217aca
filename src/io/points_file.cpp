// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/file_names.hpp>
#include <kswgd/io/points_file.hpp>
#include <kswgd/support/check.hpp>

#include "formats.hpp"
#include "hdf5.hpp"
#include "memory_limit.hpp"
#include "stamp.hpp"
#include "times.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace kswgd::io {
namespace {

void require_file(const std::string& path) {
  struct stat status {};
  require(::stat(path.c_str(), &status) == 0, "io", [&] { return "there is no file '" + path + "'"; });
  require(!S_ISDIR(status.st_mode), "io", [&] { return "'" + path + "' is a folder, not a file"; });
}

/// Of a number for each row those of the rows that are in the table's points.
std::vector<double> of_part(const std::vector<double>& all, const Table& table) {
  if (table.total < 0) return all;
  return {all.begin() + table.first, all.begin() + table.first + (table.is_in_place() ? table.held : rows(table.points))};
}

void read_weights(const std::string& source, Table& table) {
  std::vector<double> weights = read_column(source, table, "weights");
  double sum = 0;
  for (const double weight : weights) {
    require(weight >= 0, "io", [&] { return "'" + source + "' has the weight " + std::to_string(weight) + "; weights are finite and not negative"; });
    sum += weight;
  }
  require(sum > 0, "io", [&] { return "'" + source + "' gives every point the weight 0"; });
  table.weights = of_part(weights, table);
  table.is_weighted = true;
}

/// These rows of one file of several.
Table reread(const std::string& name, const ReadOptions& options, Span rows) {
  const auto [path, dataset] = split_dataset(name);
  ReadOptions own = options;
  if (!dataset.empty()) own.dataset = dataset;
  own.as_trajectory = true;
  own.part = 0;
  own.parts = 1;
  own.rows = rows;
  return options.weights.empty() ? read_points(path, own) : read_table(path, own);
}

/// Rows that one file of several gives: [first, last) of all, of which row `before` is the file's first.
struct Piece {
  Index first, last, before;
  RowReader reader;
};
RowReader joined(std::vector<Piece> pieces) {
  return [pieces = std::move(pieces)](Index first, Index last, const HostPoints& target, Index row) {
    for (const Piece& piece : pieces) {
      const Index begin = std::max(first, piece.first), end = std::min(last, piece.last);
      if (begin < end) piece.reader(begin - piece.before, end - piece.before, target, row + begin - first);
    }
  };
}

/// One file after the other; each that says nothing of trajectories is one. Where a part is asked for, the files are opened twice: their sizes come first.
Table concatenated(const std::vector<std::string>& paths, const ReadOptions& asked) {
  ReadOptions options = asked;
  options.as_trajectory = true;
  options.part = 0;
  options.parts = 1;
  options.rows = is_part(asked) ? Span{0, 0} : Span{0, -1};
  options.in_place = false;
  std::vector<Table> parts;
  Table all;
  Index rows = 0;
  bool same_columns = true;
  for (const std::string& name : paths) {
    const auto [path, dataset] = split_dataset(name);
    ReadOptions own = options;
    if (!dataset.empty()) own.dataset = dataset;
    require_file(path);
    parts.push_back(options.weights.empty() ? read_points(path, own) : read_table(path, own));
    const Table &part = parts.back(), &first = parts.front();
    require(part.points.extent(1) == first.points.extent(1), "io", [&, path = path] {
      return "'" + path + "' has " + std::to_string(part.points.extent(1)) + " coordinates, '" + paths[0] + "' has " + std::to_string(first.points.extent(1));
    });
    const bool exact = part.dt_error == 0 && first.dt_error == 0;
    require(exact ? std::abs(part.dt - first.dt) <= 1e-6 * first.dt : same_step(part.dt, part.dt_error, first.dt, first.dt_error), "io", [&, path = path] {
      return "'" + path + "' has dt " + std::to_string(part.dt) + " where '" + paths[0] + "' has " + std::to_string(first.dt) + ": a lag would mean two times";
    });
    require(part.is_weighted == first.is_weighted, "io", [&, path = path] { return "of '" + paths[0] + "' and '" + path + "' only one has weights"; });
    require(part.columns == first.columns || !std::is_permutation(part.columns.begin(), part.columns.end(), first.columns.begin(), first.columns.end()), "io",
            [&, path = path] { return "'" + paths[0] + "' and '" + path + "' have the same columns in another order"; });
    same_columns = same_columns && part.columns == first.columns;
    rows += part.rows();
    const auto [from, to] = part_of(rows, asked);
    if (!asked.in_place) require_memory(path, "", to - from, static_cast<Index>(part.points.extent(1)));
    for (TablePart origin : part.parts) {
      origin.number = static_cast<Index>(parts.size()) - 1;
      all.parts.push_back(origin);
    }
  }
  if (same_columns) all.columns = parts.front().columns;
  const Table* exact = &parts.front();
  for (const Table& part : parts)
    if (part.dt_error < exact->dt_error) exact = &part;
  all.dt = exact->dt;
  all.dt_error = exact->dt_error;
  all.stride = options.stride;
  all.is_weighted = parts.front().is_weighted;
  const Span wanted = part_of(rows, asked);
  if (is_part(asked)) {
    all.first = wanted.first;
    all.total = rows;
  }
  const Index held = asked.in_place ? 0 : wanted.second - wanted.first;
  all.points = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::points", held, parts.front().points.extent(1));
  std::vector<Piece> pieces;
  Index row = 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    Table& part = parts[p];
    const Index count = part.rows(), begin = std::max(row, wanted.first), end = std::min(row + count, wanted.second);
    if (begin < end) {
      if (is_part(asked)) part = reread(paths[p], asked.in_place ? asked : options, {begin - row, end - row});
      if (asked.in_place) {
        pieces.push_back({begin, end, row, part.reader});
      } else {
        Kokkos::deep_copy(Kokkos::subview(all.points, Span(begin - wanted.first, end - wanted.first), Kokkos::ALL), part.points);
      }
      part.points = {};
    }
    row += count;
    all.lengths.insert(all.lengths.end(), part.lengths.begin(), part.lengths.end());
    all.weights.insert(all.weights.end(), part.weights.begin(), part.weights.end());
    for (const std::string& note : part.notes) all.notes.push_back(paths[p] + ": " + note);
    for (std::size_t t = 0; t < part.lengths.size(); ++t) all.names.push_back(t < part.names.size() ? paths[p] + "/" + part.names[t] : paths[p]);
  }
  if (asked.in_place) {
    all.held = wanted.second - wanted.first;
    all.reader = joined(std::move(pieces));
  }
  if (!options.weights.empty()) read_weights(options.weights, all);
  return all;
}

void refuse_first_bad_row(const std::string& path, const HostPoints& points, Index row, Index first, Index last, Index stride) {
  for (Index i = 0; i < last - first; ++i)
    for (std::size_t k = 0; k < points.extent(1); ++k)
      require(std::isfinite(points(row + i, k)), "io", [&] {
        return "'" + path + "': has " + std::to_string(points(row + i, k)) + " in row " + std::to_string((first + i) * stride) + ", column " +
               std::to_string(k) + " (from 0); every number must be finite";
      });
}

std::string extension_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/'), dot = path.find_last_of('.');
  std::string extension = dot == std::string::npos || (slash != std::string::npos && dot < slash) ? "" : path.substr(dot + 1);
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension;
}

std::string format_or_nothing(const std::string& path) {
  const std::string extension = extension_of(path);
  if (extension == "h5" || extension == "hdf5" || extension == "kswgd") return "h5";
  if (extension == "npy") return "npy";
  return extension == "csv" || extension == "txt" ? "csv" : "";
}

std::string input_format_or_nothing(const std::string& path) {
  const std::string extension = extension_of(path);
  for (const char* other : {"h5md", "nc", "nc4", "ncdf", "cdf", "hdf"})
    if (extension == other) return "h5";
  return format_or_nothing(path);
}

}  // namespace

bool has_known_extension(const std::string& path) { return !input_format_or_nothing(path).empty(); }

std::string input_format_of(const std::string& path) {
  const std::string format = input_format_or_nothing(path);
  if (!format.empty()) return format;
  for (const char* other : {"xtc", "trr", "dcd", "lammpstrj", "lammpsdump", "dump", "pdb", "gro", "tng", "binpos", "mdcrd"})
    require(extension_of(path) != other, "io", [&] {
      return "'" + path +
             "': trajectories of this format are read by MDAnalysis in Python, which writes H5MD from them (docs/files.md: Files of other programs)";
    });
  return format_of(path);
}

void refuse(const std::string& path, const std::string& why) { throw InvalidInput("kswgd::io: '" + path + "' " + why); }

void require_finite(const std::string& path, const HostPoints& points, Index row, Index first, Index last, Index stride) {
  for (std::size_t k = 0; k < points.extent(1); ++k)
    for (Index i = 0; i < last - first; ++i)
      if (!std::isfinite(points(row + i, k))) return refuse_first_bad_row(path, points, row, first, last, stride);
}

std::string format_of(const std::string& path) {
  const std::string format = format_or_nothing(path);
  require(!format.empty(), "io", [&] { return "'" + path + "': the extension must be .h5, .hdf5, .npy, .csv or .txt"; });
  return format;
}

std::vector<std::string> split_list(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t start = 0, comma = 0; comma != std::string::npos; start = comma + 1) {
    comma = list.find(',', start);
    parts.push_back(list.substr(start, comma == std::string::npos ? comma : comma - start));
  }
  return parts;
}

namespace {

Table all_columns(const std::string& path, const ReadOptions& options) {
  const std::string format = input_format_of(path);
  if (format == "h5") return read_hdf5(path, options);
  require(options.dataset.empty(), "io", [&] { return "'" + path + "': only HDF5 files have datasets to name"; });
  if (format == "npy")
    if (const Particles particles = npy_particles(path); particles.count > 0) return table_of(particles, options);
  require(options.layout == ArrayLayout::none, "io",
          [&] { return "'" + path + "': holds no frames x particles x coordinates of which --layout could say what they are"; });
  Table data;
  Index in_file = 0;
  data.points = format == "npy" ? read_npy(path, options, in_file, data.reader) : read_csv(path, options, in_file, data.columns, data.reader);
  data.parts = {{path, "", in_file}};
  data.stride = options.stride;
  const Index total = rows_left(in_file, options.stride), rows = static_cast<Index>(data.points.extent(0)), columns = static_cast<Index>(data.points.extent(1));
  require(total > 0 && columns > 0, "io", [&] { return "'" + path + "' holds no points"; });
  if (is_part(options)) {
    const auto [first, last] = part_of(total, options);
    data.first = first;
    data.held = options.in_place ? last - first : 0;
    data.total = total;
  }
  require_finite(path, data.points, 0, data.first, data.first + rows, options.stride);
  if (options.as_trajectory) data.lengths = {total};
  return data;
}

}  // namespace

Table read_table(const std::string& path, const ReadOptions& options) {
  Table table = all_columns(path, options);
  if (input_format_of(path) != "csv") keep_columns(path, options.columns, table);
  return table;
}

Table read_points(const std::string& path, const ReadOptions& options) {
  require(options.stride >= 1, "io", [&] { return "the stride must be at least 1, got " + std::to_string(options.stride); });
  struct stat status {};
  if (path.find_first_of(",*?[") != std::string::npos && ::stat(path.c_str(), &status) != 0) {
    const std::vector<std::string> files = files_named(path);
    return files.size() == 1 && files[0] != path ? read_points(files[0], options) : concatenated(files, options);
  }
  require_file(path);
  Table data = read_table(path, options);
  if (!options.weights.empty())
    read_weights(options.weights, data);
  else if (options.dataset.empty() && input_format_of(path) == "h5" && has_default_weights(path))
    read_weights("/weights", data);
  return data;
}

void write_points(const std::string& path, const HostPoints& points, const FileStamp& stamp, const std::vector<std::string>& columns) {
  RowsFile file(path, rows(points), kswgd::columns(points), stamp, columns);
  file.place(0, points);
  file.commit();
}

namespace {

/// `/trajectories/<number>`, one after the other.
void write_stretches(const std::string& path, const HostPoints& frames, const std::vector<Index>& lengths, double dt, const std::vector<std::string>& columns,
                     const FileStamp& stamp) {
  AtomicFile out(path);
  {
    hdf5::File file = hdf5::File::create(out);
    const std::size_t digits = std::to_string(lengths.size() - 1).size();
    Index first = 0;
    for (std::size_t t = 0; t < lengths.size(); ++t) {
      std::string number = std::to_string(t);
      number.insert(0, digits - number.size(), '0');
      const HostPoints part("kswgd::io::trajectory", static_cast<std::size_t>(lengths[t]), frames.extent(1));
      Kokkos::deep_copy(part, Kokkos::subview(frames, Span(first, first + lengths[t]), Kokkos::ALL));
      first += lengths[t];
      file.write_matrix("/trajectories/" + number, part);
      if (dt > 0) file.write_number("/trajectories/" + number, "dt", dt);
      if (!columns.empty()) file.write_texts("/trajectories/" + number, "columns", columns);
    }
    write_stamp(file, stamp);
    file.close();
  }
  out.commit();
}

}  // namespace

void write_trajectories(const std::string& path, const HostPoints& frames, Index trajectories, double dt, const FileStamp& stamp) {
  require(format_of(path) == "h5", "io", [&] { return "'" + path + "': trajectories are written as HDF5 (.h5)"; });
  const Index length = static_cast<Index>(frames.extent(0)) / trajectories;
  write_stretches(path, frames, std::vector<Index>(static_cast<std::size_t>(trajectories), length), dt, {}, stamp);
}

void write_trajectories(const std::string& path, const Table& table, const FileStamp& stamp) {
  if (format_of(path) != "h5") return write_points(path, table.points, stamp, table.columns);
  const auto all = rows(table.points);
  write_stretches(path, table.points, table.lengths.empty() ? std::vector<Index>{all} : table.lengths, table.dt, table.columns, stamp);
}

std::vector<std::string> describe(const std::string& path) {
  std::vector<std::string> lines;
  if (input_format_of(path) != "h5") {
    if (input_format_of(path) == "npy")
      if (const Particles particles = npy_particles(path); particles.count > 0)
        return {std::to_string(particles.frames) + " x " + std::to_string(particles.count) + " x " + std::to_string(particles.dimension) + " numbers"};
    const Table data = read_points(path);
    return {std::to_string(data.points.extent(0)) + " x " + std::to_string(data.points.extent(1)) + " points"};
  }
  const hdf5::File file = hdf5::File::open(path);
  for (const auto& [name, value] : file.attributes("/")) lines.push_back(name + ": " + value);
  const auto objects = file.describe(1000);
  lines.insert(lines.end(), objects.begin(), objects.end());
  return lines;
}

}  // namespace kswgd::io
