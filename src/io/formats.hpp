// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/points_file.hpp>

// One reader for each format, and one writer for each beside HDF5.
namespace kswgd::io {

Table read_hdf5(const std::string& path, const ReadOptions& options);

HostPoints read_npy(const std::string& path);
void write_npy(AtomicFile& file, const HostPoints& points);

/// Refuses what is not finite itself, because it knows the line.
HostPoints read_csv(const std::string& path);
void write_csv(AtomicFile& file, const HostPoints& points);

}  // namespace kswgd::io
