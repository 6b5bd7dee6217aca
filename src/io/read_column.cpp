// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "formats.hpp"
#include "hdf5.hpp"

#include <kswgd/io/file_names.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>

// Numbers that belong to the rows of the data: weights, rates, observables.
namespace kswgd::io {
namespace {

/// Whether a source is a file rather than a dataset's name: by its extension.
bool names_file(const std::string& source) {
  const std::string path = split_dataset(source).first;
  return has_known_extension(path) || (is_file(path) && path.size() < source.size());
}

/// The rows of one file of the data.
struct Rows {
  std::string file;
  std::vector<TablePart> parts = {};
  Index count = 0;
};

std::vector<Rows> files_of(const Table& table) {
  std::vector<Rows> files;
  for (const TablePart& part : table.parts) {
    if (files.empty() || part.number != table.parts[static_cast<std::size_t>(&part - table.parts.data()) - 1].number) files.push_back({part.file});
    files.back().parts.push_back(part);
    files.back().count += part.rows;
  }
  return files;
}

std::vector<double> as_column(const std::string& path, const HostPoints& points, const std::string& what) {
  if (points.extent(1) != 1)
    refuse(path, "is " + std::to_string(points.extent(0)) + " x " + std::to_string(points.extent(1)) + ", where a column of " + what +
                     " is wanted: one for each point");
  return {points.data(), points.data() + points.extent(0)};
}

/// A dataset of n, n x 1 or 1 x n numbers, or a group with one for each of these parts, by its name.
std::vector<double> hdf5_column(const hdf5::File& file, const std::string& path, const std::string& object, const std::vector<TablePart>& parts,
                                const std::string& what) {
  if (!file.has(object)) refuse(path, "has no " + object + " to take " + what + " from");
  if (file.is_group(object)) {
    std::vector<double> all;
    for (const TablePart& part : parts) {
      if (part.name.empty()) refuse(path, object + " is a group, where a column of " + what + " is wanted");
      const auto own = hdf5_column(file, path, object + "/" + part.name, {}, what);
      if (static_cast<Index>(own.size()) != part.rows)
        refuse(path, "has " + std::to_string(own.size()) + " " + what + " in " + object + "/" + part.name + " for " + std::to_string(part.rows) + " points");
      all.insert(all.end(), own.begin(), own.end());
    }
    return all;
  }
  const auto shape = file.shape(object);
  if (shape.empty() || shape.size() > 2 || (shape.size() == 2 && shape[0] != 1 && shape[1] != 1))
    refuse(path, "has in " + object + " a shape of " + hdf5::text_of(shape) + ", where a column of " + what + " is wanted: one for each point");
  return file.read_vector(object);
}

/// All numbers of FILE[:DATASET], and where they were found.
std::pair<std::vector<double>, std::string> file_column(const std::string& source, const std::vector<TablePart>& parts, const std::string& what) {
  const auto [path, dataset] = split_dataset(source);
  require(is_file(path), "io", [&, name = path] { return "there is no file '" + name + "' to take " + what + " from"; });
  if (input_format_of(path) != "h5") {
    if (!dataset.empty()) refuse(path, "is no HDF5 file: only those have datasets to name");
    return {as_column(path, read_table(path, {}).points, what), ""};
  }
  const hdf5::File file = hdf5::File::open(path);
  if (!dataset.empty() && !file.is_group(absolute(dataset) + "/trajectories"))
    return {hdf5_column(file, path, absolute(dataset), parts, what), absolute(dataset)};
  const bool own = dataset.empty() && file.has("/weights") && (!file.has("/samples") || file.is_group("/samples") || file.table("/samples").second != 1);
  if (own) return {hdf5_column(file, path, "/weights", parts, what), "/weights"};
  return {as_column(path, read_table(path, {.dataset = dataset}).points, what), dataset};
}

}  // namespace

std::vector<double> read_column(const std::string& source, const Table& table, const std::string& what) {
  const std::vector<Rows> files = files_of(table);
  Index total = 0;
  for (const Rows& rows : files) total += rows.count;
  const Index kept_rows = table.rows();
  std::vector<double> all;
  const auto append = [&](const std::vector<double>& own, const std::string& path, const std::string& dataset, Index wanted) {
    const std::string where = dataset.empty() ? "" : " in " + dataset;
    const auto given = static_cast<Index>(own.size());
    if (given != wanted && (wanted != total || given != kept_rows))
      refuse(path, "has " + std::to_string(own.size()) + " " + what + where + " for " + std::to_string(wanted) + " points" +
                       (table.stride > 1 ? " (there is one for each point, before the stride or after it)" : ""));
    for (std::size_t i = 0; i < own.size(); ++i)
      if (!std::isfinite(own[i]))
        refuse(path, "has " + std::to_string(own[i]) + where + ", row " + std::to_string(i) + " (from 0), among the " + what + "; every number must be finite");
    all.insert(all.end(), own.begin(), own.end());
  };
  const std::vector<std::string> sources = names_file(source) ? files_named(source) : split_list(source);
  if (names_file(source) && (sources.size() == 1 || is_file(split_dataset(source).first))) {
    std::vector<TablePart> parts;
    for (const Rows& rows : files) parts.insert(parts.end(), rows.parts.begin(), rows.parts.end());
    const auto [own, dataset] = file_column(source, parts, what);
    append(own, split_dataset(source).first, dataset, total);
  } else if (sources.size() > 1) {
    require(sources.size() == files.size(), "io", [&] {
      return "'" + source + "' names " + std::to_string(sources.size()) + " files of " + what + ", and the data are in " + std::to_string(files.size());
    });
    for (std::size_t f = 0; f < files.size(); ++f) {
      const auto [own, dataset] = file_column(sources[f], files[f].parts, what);
      append(own, split_dataset(sources[f]).first, dataset, files[f].count);
    }
  } else {
    for (const Rows& rows : files) {
      require(input_format_of(rows.file) == "h5", "io", [&] {
        return "there is no file '" + source + "' to take " + what + " from, and '" + rows.file + "' is no HDF5 file that could have a dataset of this name";
      });
      append(hdf5_column(hdf5::File::open(rows.file), rows.file, absolute(source), rows.parts, what), rows.file, absolute(source), rows.count);
    }
  }
  if (table.stride == 1 || all.size() < static_cast<std::size_t>(total)) return all;
  std::vector<double> kept;
  Index first = 0;
  for (const TablePart& part : table.parts) {
    for (Index i = 0; i < part.rows; i += table.stride) kept.push_back(all[static_cast<std::size_t>(first + i)]);
    first += part.rows;
  }
  return kept;
}

std::pair<std::string, std::string> split_dataset(const std::string& name) {
  const auto at = [&](std::size_t colon) { return std::pair(name.substr(0, colon), colon == std::string::npos ? "" : name.substr(colon + 1)); };
  if (is_file(name)) return {name, ""};
  for (std::size_t end = name.size(); end > 0;) {
    const std::size_t colon = name.rfind(':', end - 1);
    if (colon == std::string::npos) break;
    if (is_file(name.substr(0, colon))) return at(colon);
    end = colon;
  }
  return at(name.rfind(":/"));
}

}  // namespace kswgd::io
