// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <string>

/// @file
/// Output files that are whole or not there.

namespace kswgd::io {

/// Writes go to a temporary name beside the file; commit() renames it to the file itself, anything else removes it.
class AtomicFile {
 public:
  /// Makes the temporary file at once, so that an unwritable folder is known before the work. Throws InvalidInput when the
  /// folder does not exist or cannot be written to, or the path is a folder.
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::string& path() const { return m_path; }
  const std::string& temporary() const { return m_temporary; }

  /// Flushes to the disk and renames. Throws Failure when that fails (a full disk).
  void commit();

 private:
  std::string m_path, m_temporary;
  int m_slot = -1;
  bool m_committed = false;
};

/// Removes the temporary files of this process. Safe to call from a signal handler.
void remove_unfinished_files() noexcept;

}  // namespace kswgd::io
