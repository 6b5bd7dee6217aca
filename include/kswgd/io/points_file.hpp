// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <string>
#include <vector>

/// @file
/// Points and trajectories in and out: HDF5 (.h5, .hdf5), NumPy (.npy) and text (.csv, .txt), by extension.

namespace kswgd::io {

/// What a data file holds: points, or the frames of trajectories one after the other.
struct Table {
  HostPoints points;           ///< n x d
  std::vector<Index> lengths;  ///< frames of each trajectory; empty for plain points
  std::vector<std::string> names;
  double dt = 0;                ///< time between frames; 0 where the file does not say
  std::vector<double> weights;  ///< n, or empty

  bool is_trajectory() const { return !lengths.empty(); }
};

struct ReadOptions {
  std::string dataset = {};    ///< HDF5: a 2-D dataset, or a group that holds `trajectories`; empty: /samples or /trajectories (those first with as_trajectory)
  std::string weights = {};    ///< HDF5: dataset of n weights; empty: /weights where it exists
  Index stride = 1;            ///< keep every stride-th row (of each trajectory)
  bool as_trajectory = false;  ///< plain points are the frames of one trajectory, in order
};

/// Reads a file, or several whose names are separated by commas: each is a trajectory then (or holds some).
///
/// Trajectories `/trajectories/<name>` may have times of their own, `/times/<name>` (T): where a step is longer than the others the
/// trajectory ends and another begins, so that no pair crosses a gap; steps that are shorter than most are refused. Throws InvalidInput naming file, dataset,
/// row and column for anything that is missing, damaged, ragged or not finite, and for trajectories whose dt or dimension differ.
Table read_points(const std::string& path, const ReadOptions& options = {});

/// Attributes that every output file carries.
struct FileStamp {
  std::uint64_t seed = 0;
  std::string version = {}, git = {}, backend = {}, command = {};
};

/// Writes points: /samples in HDF5. Whole or not at all.
void write_points(const std::string& path, const HostPoints& points, const FileStamp& stamp);

/// Writes `/trajectories/<name>` (T x d each) with dt, HDF5 alone. frames: one trajectory after the other, equal lengths.
void write_trajectories(const std::string& path, const HostPoints& frames, Index trajectories, double dt, const FileStamp& stamp);

/// Writes eigenfunctions: /eigenfunctions (n x r) and /gradients (n x r x d), HDF5 alone.
void write_eigenfunctions(const std::string& path, const HostMatrix& values, const std::vector<HostPoints>& gradients, const FileStamp& stamp);

/// What stands in an HDF5 file: a line for each object, with shapes, and its attributes.
std::vector<std::string> describe(const std::string& path);

/// "h5", "npy" or "csv" by the extension; InvalidInput that lists them for any other.
std::string format_of(const std::string& path);

}  // namespace kswgd::io
