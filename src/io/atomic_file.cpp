// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <fcntl.h>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/support/check.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>

namespace kswgd::io {
namespace {

// Names for the signal handler, which must not allocate: fixed slots.
constexpr int slots = 16, longest = 4096;
char unfinished[slots][longest];
std::atomic<bool> taken[slots];
std::mutex slots_mutex;

int take_slot(const std::string& name) {
  const std::lock_guard lock(slots_mutex);
  for (int i = 0; i < slots; ++i) {
    if (taken[i] || name.size() + 1 > longest) continue;
    std::memcpy(unfinished[i], name.c_str(), name.size() + 1);
    taken[i] = true;
    return i;
  }
  return -1;  // removed by the destructor alone
}

std::string reason() { return std::strerror(errno); }

}  // namespace

AtomicFile::AtomicFile(std::string path) : m_path(std::move(path)), m_temporary(m_path + ".unfinished-" + std::to_string(::getpid())) {
  require(!m_path.empty(), "io", [] { return "an output file needs a name"; });
  struct stat status {};
  require(::stat(m_path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode), "io", [&] { return "'" + m_path + "' is a folder, not a file"; });
  const int file = ::open(m_temporary.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0666);
  require(file >= 0, "io", [&] { return "cannot write '" + m_path + "': " + reason(); });
  ::close(file);
  m_slot = take_slot(m_temporary);
}

AtomicFile::~AtomicFile() {
  if (!m_committed) ::unlink(m_temporary.c_str());
  if (m_slot >= 0) taken[m_slot] = false;
}

void AtomicFile::commit() {
  const int file = ::open(m_temporary.c_str(), O_RDONLY);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (!synced || std::rename(m_temporary.c_str(), m_path.c_str()) != 0)
    throw Failure("kswgd::io: cannot finish '" + m_path + "': " + reason());
  m_committed = true;
}

void remove_unfinished_files() noexcept {
  for (int i = 0; i < slots; ++i)
    if (taken[i]) ::unlink(unfinished[i]);
}

}  // namespace kswgd::io
