// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "kinetics.hpp"

#include <kswgd/estimator/connectivity.hpp>
#include <kswgd/support/check.hpp>

#include <filesystem>
#include <numeric>

namespace kswgd::cli {

void add_trajectory_options(CLI::App& command, TrajectoryOptions& options) {
  command
      .add_option("DATA", options.data,
                  "trajectories (.h5), or the frames of one (.h5, .npy, .csv); several files, separated by commas, are as many trajectories")
      ->required();
  command.add_option("--dataset", options.dataset, "HDF5 dataset of frames, or group that holds trajectories")->type_name("PATH");
  command.add_option("--weights", options.weights, "HDF5 dataset of a weight for each frame (default: /weights where it exists)")->type_name("PATH");
  command.add_option("--stride", options.stride, "keep every N-th frame")->capture_default_str()->check(positive());
  command.add_option("--dt", options.dt, "time between the file's frames (default: what the file says; else times are in steps)")->check(positive());
  command.add_option("--features", options.features, "landmarks of the finest level at most")->capture_default_str()->check(positive());
  command.add_option("--bandwidth", options.bandwidth, "width of the finest Gaussians in the data's unit, or auto")->capture_default_str()->type_name("H|auto");
  command.add_option("--manifold", options.manifold, "where the points live: sphere, torus:R,r, periodic:L1,L2,... (0: not periodic), or products joined by +")
      ->capture_default_str()
      ->type_name("M");
}

DataSet<Exec> Trajectories::source() const {
  auto source = make_source(Exec{}, frames).with_trajectories(layout);
  if (!weights.empty()) source.set_weights(weights);
  return source;
}

Trajectories read_trajectories(const TrajectoryOptions& options) {
  const io::Table data = io::read_points(options.data, {options.dataset, options.weights, options.stride, true});
  const double dt = options.dt > 0 ? options.dt * static_cast<double>(options.stride) : data.dt;
  return {to_device(Exec{}, data.points), {data.lengths, dt > 0 ? dt : 1}, data.weights, dt > 0 ? "time" : "steps"};
}

namespace {

bool is_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

/// Appends the rows of each table of the data (a trajectory, or all points): with each of them a stride begins anew.
void append_tables(const std::string& data, const std::string& dataset, std::vector<Index>& rows) {
  const std::size_t comma = is_file(data) ? std::string::npos : data.find(',');
  if (comma != std::string::npos) {
    append_tables(data.substr(0, comma), dataset, rows);
    return append_tables(data.substr(comma + 1), dataset, rows);
  }
  const io::Table all = io::read_points(data, {.dataset = dataset, .as_trajectory = true});
  for (std::size_t t = 0; t < all.lengths.size(); ++t) {
    const bool gap = t > 0 && all.names[t] == all.names[t - 1];  // the table goes on
    if (gap)
      rows.back() += all.lengths[t];
    else
      rows.push_back(all.lengths[t]);
  }
}

}  // namespace

std::vector<double> read_values(const std::string& path, const std::string& data, Index stride, Index n, const std::string& dataset) {
  std::vector<Index> tables;
  if (stride == 1)
    tables = {n};
  else
    append_tables(data, dataset, tables);
  const Index rows = std::accumulate(tables.begin(), tables.end(), Index{0});
  const HostPoints column = is_file(path) ? io::read_points(path).points : io::read_points(data, {.dataset = path}).points;
  require(column.extent(1) == 1 && static_cast<Index>(column.extent(0)) == rows, "cli", [&] {
    return "'" + path + "' must hold a number for each of the " + std::to_string(rows) + " points, but is " + std::to_string(column.extent(0)) + " x " +
           std::to_string(column.extent(1));
  });
  std::vector<double> values;
  Index first = 0;
  for (const Index table : tables) {
    for (Index i = 0; i < table; i += stride) values.push_back(column(first + i, 0));
    first += table;
  }
  require(static_cast<Index>(values.size()) == n, "cli", [&] {
    return "'" + data + "' has " + std::to_string(n) + " points at this stride, but '" + path + "' has " + std::to_string(values.size()) + " values";
  });
  return values;
}

double bandwidth_of(const std::string& text) {
  if (text == "auto") return 0;
  std::size_t used = 0;
  double value = 0;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
  }
  require(used == text.size() && value > 0, "cli", [&] { return "--bandwidth must be a positive number or auto, got '" + text + "'"; });
  return value;
}

BasisOptions basis_of(const Common& common, const TrajectoryOptions& options, const Trajectories& data) {
  return {parse_geometry(options.manifold, static_cast<Index>(data.frames.extent(1))), options.features, bandwidth_of(options.bandwidth), common.seed};
}

std::string note_on_regions(const Common& common, const Trajectories& data, const BasisOptions& basis) {
  const std::string sentence = connectivity(Exec{}, data.source(), basis.geometry, basis.seed).sentence();
  if (!sentence.empty()) common.say("note: " + sentence);
  return sentence;
}

}  // namespace kswgd::cli
