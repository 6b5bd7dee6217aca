// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <cstddef>
#include <string>

/// @file
/// Output files that are whole or not there.

namespace kswgd::io {

/// Checks that a file could be written at `path`, for use before the long work. Makes no name in the folder, where the system can do
/// without, and leaves what stands there as it is. Throws InvalidInput: no such folder, a folder that cannot be written to (permissions, a
/// read-only file system, a quota that is used up, a full disk), a path that is itself a folder, a device, a mount or write-protected.
void require_writable(const std::string& path);

/// The same for write_text, which also takes descriptors, devices and pipes.
void require_writable_text(const std::string& path);

/// Writes go to a temporary name beside the file (.NAME.unfinished-PID-N, locked by flock while it is written); commit() renames it to the
/// file itself, anything else removes it. What stood there before stays until then. A symbolic link is followed, permissions
/// are kept; another hard link to the earlier file keeps the earlier content. Temporary files of the same target that no process holds
/// are removed: those of a run that was killed.
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

  /// Writes bytes over those from `offset` on. Throws Failure.
  void overwrite(std::size_t offset, const void* bytes, std::size_t count);

  /// Makes the file that long; bytes that nobody has written are 0. Where the file system can keep room for them it does, so that a full disk is known now.
  /// Throws Failure.
  void set_size(std::size_t bytes);

  /// Flushes to the disk and renames. Throws Failure when that fails (a full disk).
  void commit();

 private:
  std::string m_path, m_target, m_temporary;
  int m_descriptor = -1, m_slot = -1;
};

/// Writes a text whole or not at all; straight into a device, a named pipe or a descriptor of this process (/dev/stdout, /dev/stderr,
/// /dev/fd/N, /proc/self/fd/N), where the shell's `>>` appends. Throws Failure.
void write_text(const std::string& path, const std::string& text);

/// Removes the temporary files of this process. Safe to call from a signal handler.
void remove_unfinished_files() noexcept;

/// For a program's main: signals that end it and can be caught (SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU, SIGABRT, SIGUSR1, ...) first remove
/// the unfinished files, then do what they did before (a core dump stays possible). SIGPIPE and SIGXFSZ no longer end it: the write
/// fails, which is an error of that output. What is ignored stays so.
void remove_unfinished_files_on_signals();

/// For a program's main, before it opens any file: of the descriptors 0, 1 and 2 those that are closed are held by /dev/null, so that no
/// file gets their number and the output that was meant for them. Reading or writing there fails as it did.
void hold_standard_descriptors() noexcept;

/// For a program's main, before it opens any file: HDF5 is not taken down at exit. After some damaged files it cannot be, and says so on stderr in words of
/// its own, beside the sentence that the program has said. Files are closed when they are read or written, not at exit.
void leave_hdf5_at_exit() noexcept;

}  // namespace kswgd::io
