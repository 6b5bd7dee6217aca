// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/io/attributes.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/execution.hpp>

/// @file
/// Points and trajectories in files. The extension decides: `.h5` and `.hdf5` are HDF5, `.npy` is NumPy's format, `.csv`,
/// `.txt` and `.dat` are text with one point in a line.
///
/// In an HDF5 file points stand in `/samples` (n x d, any real type); trajectories in `/trajectories/<name>` (T x d each)
/// with the attribute `dt` on each, or once on the group; weights of the points in `/weights` (n).

namespace kswgd::io {

/// What one file holds, read into memory.
struct DataSet {
  HostPoints points;                 ///< n x d, trajectory after trajectory, all finite
  std::vector<Index> lengths;        ///< rows of each trajectory; {n} for points without an order
  std::vector<std::string> names;    ///< of the trajectories
  bool is_trajectory = false;        ///< rows follow one another in time
  double dt = 0;                     ///< time from row to row; 0: not known
  std::vector<double> weights;       ///< n, or empty
  std::string dataset;               ///< the dataset or group that was read; empty for .npy and .csv

  Index size() const { return static_cast<Index>(points.extent(0)); }
  Index dimension() const { return static_cast<Index>(points.extent(1)); }
};

/// Trajectories to write.
struct Trajectories {
  std::vector<HostPoints> parts;
  std::vector<std::string> names;  ///< one for each part; empty: 0, 1, 2, ...
  double dt = 0;                   ///< 0: none
};

struct ReadOptions {
  /// HDF5 only: a dataset (n x d), or a group that holds `trajectories` (or `samples`). Empty: `/samples`, else `/trajectories`.
  std::string dataset = {};
  Index stride = 1;  ///< every stride-th row of each trajectory; dt is multiplied by it
};

/// Reads points. Throws InvalidInput naming the file, and the dataset or line, when it cannot be read, holds a type that is
/// not real, no points, ragged rows, a number that is not finite (naming row and column, both from 0), or trajectories of
/// different dimension or dt.
DataSet read_points(const std::string& path, const ReadOptions& options = {});

/// Reads one number for each point from "FILE", or "FILE:DATASET" (HDF5; without DATASET it is `/weights`).
std::vector<double> read_weights(const std::string& path);

/// Splits "FILE:DATASET" at its last colon, unless a file of the whole name exists.
struct FileAndDataset {
  std::string file, dataset;
};
FileAndDataset split_dataset(const std::string& path);

/// Writes points, whole or not at all (io/atomic_file.hpp). Attributes go into HDF5 files alone. Throws Failure.
void write_points(const std::string& path, const HostPoints& points, const Attributes& attributes = {});

/// Writes trajectories into an HDF5 file; a single one also into .npy and .csv, where dt is lost.
void write_trajectories(const std::string& path, const Trajectories& trajectories, const Attributes& attributes = {});

/// An array of any rank to write: `values` row by row.
struct Array {
  std::string path;            ///< "/eigenfunctions"
  std::vector<Index> shape;    ///< {n, r}
  std::vector<double> values;
};

/// Writes arrays into an HDF5 file, whole or not at all. Throws Failure.
void write_arrays(const std::string& path, const std::vector<Array>& arrays, const Attributes& attributes = {});

/// Kinds of file, by extension. Throws InvalidInput for one that is not known.
enum class Format { hdf5, npy, csv };
Format format_of(const std::string& path);

}  // namespace kswgd::io
