// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <cstddef>
#include <string>

/// @file
/// Output files that are whole or not there.

namespace kswgd::io {

/// Checks that a file could be written at `path`, by making one beside it and removing it: for use before the long work.
/// Throws InvalidInput: no such folder, a folder that cannot be written to, a path that is itself a folder or a device.
void require_writable(const std::string& path);

/// Writes go to a temporary name beside the file; commit() renames it to the file itself, anything else removes it. What stood
/// there before stays until then. A symbolic link is followed.
class AtomicFile {
 public:
  /// Makes the temporary file at once, so that an unwritable folder is known before the work. Throws like require_writable.
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::string& path() const { return m_path; }
  const std::string& temporary() const { return m_temporary; }

  /// Adds bytes to the end. Throws Failure.
  void append(const void* bytes, std::size_t count);

  /// Flushes to the disk and renames. Throws Failure when that fails (a full disk).
  void commit();

 private:
  std::string m_path, m_target, m_temporary;
  int m_slot = -1;
};

/// Writes a text whole or not at all; straight into a device or a pipe (/dev/stdout). Throws Failure.
void write_text(const std::string& path, const std::string& text);

/// Removes the temporary files of this process. Safe to call from a signal handler.
void remove_unfinished_files() noexcept;

/// For a program's main: SIGINT, SIGTERM and SIGHUP first remove the unfinished files, then do what they did before.
void remove_unfinished_files_on_signals();

}  // namespace kswgd::io
