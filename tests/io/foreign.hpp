// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <numeric>

#include "scratch.hpp"

// HDF5 files as other programs make them.
namespace kswgd::io::test {

using hdf5::Handle;

/// A file as other programs make it, written by HDF5 itself.
inline void make_file(const std::string& path, const std::function<void(hid_t)>& fill, bool latest = false) {
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  if (latest) H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  const Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose);
  ASSERT_TRUE(file.valid());
  fill(file);
}

using Extents = std::vector<hsize_t>;
inline Handle space_of(const Extents& extents) { return Handle(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose); }

inline Handle make_set(hid_t file, const char* name, hid_t type, const Extents& extents, hid_t properties = H5P_DEFAULT) {
  return Handle(H5Dcreate2(file, name, type, space_of(extents), H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
}

inline void write_set(hid_t file, const char* name, const Extents& extents, const std::vector<double>& values, hid_t type = H5T_NATIVE_DOUBLE,
                      hid_t properties = H5P_DEFAULT) {
  const Handle set = make_set(file, name, type, extents, properties);
  ASSERT_GE(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
}

inline std::vector<double> counted(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

}  // namespace kswgd::io::test
