// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "hdf5.hpp"

#include <kswgd/io/points_file.hpp>

namespace kswgd::io {

/// The attributes of every output file, on its root.
inline void write_stamp(hdf5::File& file, const FileStamp& stamp) {
  file.write_unsigned("/", "seed", stamp.seed);
  file.write_text("/", "version", stamp.version);
  file.write_text("/", "git", stamp.git);
  file.write_text("/", "backend", stamp.backend);
  file.write_text("/", "command", stamp.command);
}

}  // namespace kswgd::io
