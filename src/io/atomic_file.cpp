// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <fcntl.h>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/support/check.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>

namespace kswgd::io {
namespace {

namespace fs = std::filesystem;

// The unfinished files, where a signal handler can read them: plain memory, no locks.
struct Slot {
  std::atomic<int> state{0};  // 0 free, 1 being filled, 2 in use
  char name[PATH_MAX];
};
constexpr int slot_count = 16;
Slot slots[slot_count];

int take_slot(const std::string& name) {
  for (int s = 0; s < slot_count && name.size() < PATH_MAX; ++s) {
    int expected = 0;
    if (!slots[s].state.compare_exchange_strong(expected, 1)) continue;
    std::memcpy(slots[s].name, name.c_str(), name.size() + 1);
    slots[s].state = 2;
    return s;
  }
  return -1;  // removed by the destructor alone
}

struct sigaction earlier[NSIG];

void remove_and_pass_on(int signal) {
  remove_unfinished_files();
  sigaction(signal, &earlier[signal], nullptr);
  raise(signal);
}

std::string reason(int error) { return std::strerror(error); }
[[noreturn]] void fail(const std::string& path) { throw Failure("kswgd::io: cannot write '" + path + "': " + reason(errno)); }

fs::path folder_of(const fs::path& target) { return target.has_parent_path() ? target.parent_path() : fs::path("."); }

/// Where the file is to stand: a symbolic link is followed. Throws when nothing can be put there.
fs::path target_of(const std::string& path) {
  const auto refuse = [&](const std::string& why) { throw InvalidInput("kswgd::io: cannot write '" + path + "': " + why); };
  if (path.empty()) refuse("an output file needs a name");
  std::error_code error;
  fs::path target = path;
  for (int links = 0; fs::is_symlink(fs::symlink_status(target, error)); ++links) {
    if (links == 40) refuse("too many symbolic links");
    const fs::path next = fs::read_symlink(target, error);
    target = next.is_absolute() ? next : target.parent_path() / next;
  }
  const auto status = fs::status(target, error);
  if (fs::is_directory(status) || !target.has_filename()) refuse("it is a folder, not a file");
  if (fs::exists(status) && !fs::is_regular_file(status)) refuse("it is not a regular file");
  const fs::path folder = folder_of(target);
  const auto folder_status = fs::status(folder, error);
  if (!fs::exists(folder_status)) refuse("there is no folder '" + folder.string() + "'; make it first");
  if (!fs::is_directory(folder_status)) refuse("'" + folder.string() + "' is not a folder");
  return target;
}

/// Makes an empty file under a new name beside the target.
std::string create_beside(const std::string& path, const fs::path& target) {
  static std::atomic<unsigned> counter{0};
  const fs::path folder = folder_of(target);
  for (int tries = 0; tries < 100; ++tries) {
    // The head of the name keeps it readable; a name may have 255 bytes at most.
    const fs::path temporary = folder /
                               ("." + target.filename().string().substr(0, 180) + ".unfinished-" + std::to_string(getpid()) + "-" + std::to_string(counter++));
    const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) {
      struct stat existing {};
      // That it keeps the permissions of the file it replaces is a courtesy.
      if (stat(target.c_str(), &existing) == 0 && fchmod(descriptor, existing.st_mode & 07777) != 0) errno = 0;
      close(descriptor);
      return temporary.string();
    }
    if (errno != EEXIST) {
      throw InvalidInput("kswgd::io: cannot write '" + path + "': the folder '" + folder.string() + "' cannot be written to (" + reason(errno) + ")");
    }
  }
  throw Failure("kswgd::io: cannot write '" + path + "': no free temporary name in '" + folder.string() + "'");
}

/// Writes everything and closes the descriptor.
void write_all(int descriptor, const void* bytes, std::size_t size, const std::string& path) {
  if (descriptor < 0) fail(path);
  constexpr std::size_t most = std::size_t{1} << 30;  // some systems take no more than 2 GiB at once
  for (std::size_t done = 0; done < size;) {
    const ssize_t count = write(descriptor, static_cast<const char*>(bytes) + done, std::min(most, size - done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int error = errno;
      close(descriptor);
      errno = error;
      fail(path);
    }
    done += static_cast<std::size_t>(count);
  }
  if (close(descriptor) != 0) fail(path);
}

}  // namespace

void require_writable(const std::string& path) {
  const auto target = target_of(path);
  struct stat existing {};
  require(stat(target.c_str(), &existing) != 0 || access(target.c_str(), W_OK) == 0, "io",
          [&] { return "cannot write '" + path + "': the file there is write-protected"; });
  unlink(create_beside(path, target).c_str());
}

AtomicFile::AtomicFile(std::string path) : m_path(std::move(path)) {
  const auto target = target_of(m_path);
  m_target = target.string();
  m_temporary = create_beside(m_path, target);
  m_slot = take_slot(m_temporary);
}

AtomicFile::~AtomicFile() {
  if (!m_temporary.empty()) unlink(m_temporary.c_str());
  if (m_slot >= 0) slots[m_slot].state = 0;
}

void AtomicFile::append(const void* bytes, std::size_t count) { write_all(open(m_temporary.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC), bytes, count, m_path); }

void AtomicFile::commit() {
  const int descriptor = open(m_temporary.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) fail(m_path);
  const bool synced = fsync(descriptor) == 0 || errno == EINVAL;  // some file systems have no fsync
  const int error = errno;
  close(descriptor);
  errno = error;
  if (!synced || std::rename(m_temporary.c_str(), m_target.c_str()) != 0) fail(m_path);
  m_temporary.clear();
  if (m_slot >= 0) slots[std::exchange(m_slot, -1)].state = 0;
  // The new name itself, too; nothing is lost where the file system cannot.
  const int folder = open(folder_of(m_target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);
    close(folder);
  }
}

void write_text(const std::string& path, const std::string& text) {
  struct stat existing {};
  if (stat(path.c_str(), &existing) == 0 && (S_ISCHR(existing.st_mode) || S_ISFIFO(existing.st_mode))) {
    return write_all(open(path.c_str(), O_WRONLY | O_CLOEXEC), text.data(), text.size(), path);
  }
  AtomicFile file(path);
  file.append(text.data(), text.size());
  file.commit();
}

void remove_unfinished_files() noexcept {
  for (const auto& slot : slots) {
    if (slot.state == 2) unlink(slot.name);
  }
}

void remove_unfinished_files_on_signals() {
  struct sigaction action {};
  action.sa_handler = remove_and_pass_on;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now {};
    // A signal that is ignored (nohup) stays ignored.
    if (sigaction(signal, nullptr, &now) != 0 || now.sa_handler == SIG_IGN) continue;
    earlier[signal] = now;
    sigaction(signal, &action, nullptr);
  }
}

}  // namespace kswgd::io
