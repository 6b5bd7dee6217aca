// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "commands.hpp"

#include <kswgd/data/data_set.hpp>
#include <kswgd/data/trajectories.hpp>
#include <kswgd/kinetics/timescales.hpp>

// What the commands that read trajectories share.
namespace kswgd::cli {

/// Options that say which frames, and in which dictionary.
struct TrajectoryOptions {
  std::string data, dataset, weights, bandwidth = "auto", manifold = "euclidean";
  Index stride = 1, features = 400;
  double dt = 0;
};

void add_trajectory_options(CLI::App& command, TrajectoryOptions& options);

/// Trajectories on the device, as the library takes them.
struct Trajectories {
  Points<Exec> frames;
  TrajectoryLayout layout;
  std::vector<double> weights;
  std::string unit;  ///< "time", or "steps" where nothing says how long a step is

  DataSet<Exec> source() const;
};
Trajectories read_trajectories(const TrajectoryOptions& options);

BasisOptions basis_of(const Common& common, const TrajectoryOptions& options, const Trajectories& data);

/// Says which regions the trajectories do not connect, or leave for good; returns what it said, or nothing.
std::string note_on_regions(const Common& common, const Trajectories& data, const BasisOptions& basis);

/// A number for each of the n points that io::read_points takes from `data` (its `dataset`): from a file of its own (.h5, .npy, .csv),
/// or from a dataset of the data file. It has one for each of the data's rows, of which every stride-th of each trajectory is kept.
/// Throws InvalidInput when there are more or fewer.
std::vector<double> read_values(const std::string& path, const std::string& data, Index stride, Index n, const std::string& dataset = {});

/// "auto" (0) or a positive number.
double bandwidth_of(const std::string& text);

}  // namespace kswgd::cli
