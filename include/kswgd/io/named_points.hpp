// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/io/points_file.hpp>

/// @file
/// Several sets of points in one HDF5 file, and an XDMF file beside it, so that ParaView opens them.

namespace kswgd::io {

/// A set of points with numbers at each of them (eigenfunctions).
struct NamedPoints {
  std::string name;                          ///< dataset, without a leading '/'
  HostPoints points;                         ///< n x d
  std::vector<std::string> attributes = {};  ///< names of the columns of `values`
  HostMatrix values = {};                    ///< n x attributes
};

/// Writes `/<name>` for each set, and `/<name>_<attribute>` (n) where there are numbers; whole or not at all.
void write_named_points(const std::string& path, const std::vector<NamedPoints>& sets, const FileStamp& stamp);

/// Writes the XDMF description of such a file: one grid of points for each set, its first three coordinates (missing ones 0)
/// and its numbers. `hdf5` is named as it stands (relative to the XDMF file).
void write_xdmf(const std::string& path, const std::string& hdf5, const std::vector<NamedPoints>& sets);

}  // namespace kswgd::io
