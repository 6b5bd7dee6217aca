// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/io/points_file.hpp>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>

namespace kswgd::io {

/// Which file a path led to, and its state then: what is read in several steps has to be one file.
class SameFile {
 public:
  explicit SameFile(std::string path);

  /// Throws InvalidInput, naming the file, where it is gone, another, or was written to (by its size and its time of change).
  void check() const;
  /// The reader, with this asked after each call and where it fails: a changed file explains the rest.
  RowReader guarded(RowReader reader) const;

 private:
  std::array<std::int64_t, 5> state(bool& there) const;

  std::string m_path;
  std::array<std::int64_t, 5> m_state;  // device, number, size, seconds and nanoseconds of the last change
};

}  // namespace kswgd::io
