// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "kinetics.hpp"

#include <kswgd/support/check.hpp>

#include <filesystem>

namespace kswgd::cli {

void add_trajectory_options(CLI::App& command, TrajectoryOptions& options) {
  command
      .add_option("DATA", options.data,
                  "trajectories (.h5), or the frames of one (.h5, .npy, .csv); several files, separated by commas, are as many trajectories")
      ->required();
  command.add_option("--dataset", options.dataset, "HDF5 dataset of frames, or group that holds trajectories")->type_name("PATH");
  command.add_option("--weights", options.weights, "HDF5 dataset of a weight for each frame (default: /weights where it exists)")->type_name("PATH");
  command.add_option("--stride", options.stride, "keep every N-th frame")->capture_default_str()->check(CLI::PositiveNumber);
  command.add_option("--dt", options.dt, "time between the file's frames (default: what the file says; else times are in steps)")->check(CLI::PositiveNumber);
  command.add_option("--features", options.features, "landmarks of the finest level at most")->capture_default_str()->check(CLI::PositiveNumber);
  command.add_option("--bandwidth", options.bandwidth, "width of the finest Gaussians in the data's unit, or auto")->capture_default_str()->type_name("H|auto");
  command.add_option("--manifold", options.manifold, "where the points live: sphere, torus:R,r, periodic:L1,L2,... (0: not periodic), or products joined by +")
      ->capture_default_str()
      ->type_name("M");
}

PointSource<Exec> Trajectories::source() const {
  auto source = make_source(Exec{}, frames);
  if (!weights.empty()) source.set_weights(weights);
  return source;
}

Trajectories read_trajectories(const TrajectoryOptions& options) {
  const io::DataSet data = io::read_points(options.data, {options.dataset, options.weights, options.stride, true});
  const double dt = options.dt > 0 ? options.dt * static_cast<double>(options.stride) : data.dt;
  return {to_device(Exec{}, data.points), {data.lengths, dt > 0 ? dt : 1}, data.weights, dt > 0 ? "time" : "steps"};
}

std::vector<double> read_values(const std::string& path, const std::string& data, Index stride, Index n) {
  std::error_code error;
  const bool own = std::filesystem::is_regular_file(path, error);
  const HostPoints column = own ? io::read_points(path, {.stride = stride}).points : io::read_points(data, {.dataset = path, .stride = stride}).points;
  require(column.extent(1) == 1 && static_cast<Index>(column.extent(0)) == n, "cli", [&] {
    return "'" + path + "' must hold a number for each of the " + std::to_string(n) + " points, but is " + std::to_string(column.extent(0)) + " x " +
           std::to_string(column.extent(1));
  });
  std::vector<double> values(column.extent(0));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = column(i, 0);
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

}  // namespace kswgd::cli
