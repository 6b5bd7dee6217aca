// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/io/points_file.hpp>

// One reader and one writer for each format beside HDF5.
namespace kswgd::io {

HostPoints read_npy(const std::string& path);
void write_npy(const std::string& path, const HostPoints& points);

HostPoints read_csv(const std::string& path);
void write_csv(const std::string& path, const HostPoints& points);

}  // namespace kswgd::io
