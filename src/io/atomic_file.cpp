// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <fcntl.h>
#include <kswgd/io/deferred_commits.hpp>
#include <kswgd/support/check.hpp>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <set>
#include <tuple>
#include <utility>

#include "crash_sentence.hpp"
#include "output_place.hpp"

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

// How many hold the signals, and the one that waits.
std::atomic<int> holders{0}, waiting{0};

void remove_and_pass_on(int signal) {
  const int error = errno;
  if (holders > 0) {
    waiting = signal;
    return;
  }
  remove_unfinished_files();
  sigaction(signal, &earlier[signal], nullptr);
  raise(signal);  // delivered when this handler has returned
  errno = error;
}

/// A fault of the program or of a library in it; or the same signal from outside.
void end_with_sentence(int signal, siginfo_t* info, void*) {
  remove_unfinished_files();
  const bool own = info->si_code > 0 || info->si_pid == getpid();
  if (own && say_crash_sentence()) _exit(2);
  sigaction(signal, &earlier[signal], nullptr);
  raise(signal);
}

/// Not SIG_IGN: that would go on in the programs that we start.
void fail_the_write(int) {}

[[noreturn]] void fail(const std::string& path, int error = errno) { throw Failure("kswgd::io: cannot write '" + path + "': " + std::strerror(error)); }

/// Whether the descriptor's file still stands under this name.
bool is_named(int descriptor, const std::string& name) {
  struct stat held {
  }, found{};
  return fstat(descriptor, &held) == 0 && lstat(name.c_str(), &found) == 0 && held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

/// Removes the temporary files of this target that nobody holds. Their names say little: a process number may be in use again, or be another
/// machine's. A lock that can be had says that no writer is left; a file system without locks keeps its strays. Once in a process for each target:
/// folders can be long.
void remove_strays(const fs::path& target) {
  static std::mutex mutex;
  static std::set<fs::path> searched;
  if (const std::lock_guard lock(mutex); !searched.insert(target).second) return;
  const std::string prefix = temporary_prefix(target);
  std::error_code error;
  for (fs::directory_iterator entry(folder_of(target), error), end; !error && entry != end; entry.increment(error)) {
    const std::string rest = entry->path().filename().string();
    if (rest.rfind(prefix, 0) != 0 || rest.find_first_not_of("0123456789-", prefix.size()) != std::string::npos) continue;
    const int descriptor = open(entry->path().c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0) continue;
    struct stat status {};
    const bool regular = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    if (regular && flock(descriptor, LOCK_EX | LOCK_NB) == 0 && is_named(descriptor, entry->path().string())) unlink(entry->path().c_str());
    close(descriptor);
  }
}

void free_slot(int slot) {
  if (slot >= 0) slots[slot].state = 0;
}

/// Makes an empty file under a new name beside the target, and locks it: (name, descriptor, slot). Its name is known to the signals before it is there.
std::tuple<std::string, int, int> create_beside(const std::string& path, const fs::path& target) {
  static std::atomic<unsigned> counter{0};
  const fs::path folder = folder_of(target);
  for (int tries = 0; tries < 100; ++tries) {
    const std::string name = (folder / (temporary_prefix(target) + std::to_string(getpid()) + "-" + std::to_string(counter++))).string();
    const int slot = take_slot(name), descriptor = open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666), error = errno;
    if (descriptor < 0) free_slot(slot);
    if (descriptor < 0 && error != EEXIST) refuse_output(path, "the folder '" + folder.string() + "' cannot be written to (" + std::strerror(error) + ")");
    if (descriptor < 0) continue;
    // Between its making and its lock another run may have taken it for a stray.
    const bool taken = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!taken && is_named(descriptor, name)) {
      struct stat existing {};
      // That it keeps the permissions of the file it replaces is a courtesy.
      if (stat(target.c_str(), &existing) == 0 && fchmod(descriptor, existing.st_mode & 07777) != 0) errno = 0;
      return {name, descriptor, slot};
    }
    free_slot(slot);
    close(descriptor);
  }
  throw Failure("kswgd::io: cannot write '" + path + "': no free temporary name in '" + folder.string() + "'");
}

/// Writes everything, at the descriptor's own place or from `offset` on.
void write_all(int descriptor, const void* bytes, std::size_t size, const std::string& path, off_t offset = -1) {
  constexpr std::size_t most = std::size_t{1} << 30;  // some systems take no more than 2 GiB at once
  for (std::size_t done = 0; done < size;) {
    const char* const next = static_cast<const char*>(bytes) + done;
    const std::size_t now = std::min(most, size - done);
    const ssize_t count = offset < 0 ? write(descriptor, next, now) : pwrite(descriptor, next, now, offset + static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {  // somebody made this pipe one that does not wait
      pollfd room{descriptor, POLLOUT, 0};
      poll(&room, 1, -1);
      continue;
    }
    if (count <= 0) fail(path);
    done += static_cast<std::size_t>(count);
  }
}

/// Where commit() hands files over instead of renaming them: see defer_commits.
thread_local std::vector<std::unique_ptr<AtomicFile>>* deferred = nullptr;

}  // namespace

AtomicFile::AtomicFile(std::string path) : m_path(std::move(path)) {
  const fs::path target = target_of(m_path);
  remove_strays(target);
  m_target = target.string();
  std::tie(m_temporary, m_descriptor, m_slot) = create_beside(m_path, target);
}

AtomicFile::~AtomicFile() {
  if (!m_temporary.empty()) unlink(m_temporary.c_str());
  if (m_slot >= 0) slots[m_slot].state = 0;
  if (m_descriptor >= 0) close(m_descriptor);
}

void AtomicFile::append(const void* bytes, std::size_t count) {
  if (lseek(m_descriptor, 0, SEEK_END) < 0) fail(m_path);
  write_all(m_descriptor, bytes, count, m_path);
}

void AtomicFile::overwrite(std::size_t offset, const void* bytes, std::size_t count) {
  write_all(m_descriptor, bytes, count, m_path, static_cast<off_t>(offset));
}

void AtomicFile::set_size(std::size_t bytes) {
  const auto size = static_cast<off_t>(bytes);
#ifdef FALLOC_FL_KEEP_SIZE
  int error = 0;
  do error = size > 0 && fallocate(m_descriptor, 0, 0, size) != 0 ? errno : 0;
  while (error == EINTR);
  if (error != 0 && error != EOPNOTSUPP && error != ENOSYS && error != EINVAL) fail(m_path, error);
#endif
  if (ftruncate(m_descriptor, size) != 0) fail(m_path);
}

void AtomicFile::commit() {
  if (deferred) {
    auto kept = std::make_unique<AtomicFile>(m_path);  // its own, empty file goes with this object
    std::swap(kept->m_temporary, m_temporary);
    std::swap(kept->m_descriptor, m_descriptor);
    std::swap(kept->m_slot, m_slot);
    deferred->push_back(std::move(kept));
    return;
  }
  const bool synced = fsync(m_descriptor) == 0 || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP;  // some file systems have no fsync
  if (!synced || std::rename(m_temporary.c_str(), m_target.c_str()) != 0) fail(m_path);
  m_temporary.clear();
  if (m_slot >= 0) slots[std::exchange(m_slot, -1)].state = 0;
  close(std::exchange(m_descriptor, -1));
  // The new name itself, too; nothing is lost where the file system cannot.
  const int folder = open(folder_of(m_target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);
    close(folder);
  }
}

HeldSignals::HeldSignals() { ++holders; }

HeldSignals::~HeldSignals() {
  if (--holders > 0) return;
  if (const int signal = waiting.exchange(0); signal != 0) raise(signal);
}

std::vector<std::unique_ptr<AtomicFile>> defer_commits(const std::function<void()>& write) {
  struct Scope {
    explicit Scope(std::vector<std::unique_ptr<AtomicFile>>& files) { deferred = &files; }
    ~Scope() { deferred = nullptr; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
  };
  std::vector<std::unique_ptr<AtomicFile>> files;
  const Scope scope(files);
  write();
  return files;
}

void write_text(const std::string& path, const std::string& text) {
  require_writable_text(path);
  if (const auto named = descriptor_named(path)) {
    std::fflush(nullptr);  // what was printed before stands before
    return write_all(*named, text.data(), text.size(), path);
  }
  struct stat existing {};
  if (stat(path.c_str(), &existing) == 0 && !S_ISREG(existing.st_mode)) {
    const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0) fail(path);
    try {
      write_all(descriptor, text.data(), text.size(), path);
    } catch (...) {
      close(descriptor);
      throw;
    }
    if (close(descriptor) != 0) fail(path);
    return;
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
  const auto set = [](int signal, const struct sigaction& action, bool over_others) {
    struct sigaction now {};
    // A signal that is ignored (nohup) stays ignored; a sanitizer's handlers of crashes say more than ours.
    if (sigaction(signal, nullptr, &now) != 0 || now.sa_handler == SIG_IGN || (!over_others && now.sa_handler != SIG_DFL)) return;
    earlier[signal] = now;
    sigaction(signal, &action, nullptr);
  };
  struct sigaction end {
  }, crash{}, write{};
  end.sa_handler = remove_and_pass_on;
  crash.sa_sigaction = end_with_sentence;
  crash.sa_flags = SA_SIGINFO | SA_ONSTACK;
  write.sa_handler = fail_the_write;
  for (struct sigaction* action : {&end, &crash, &write}) sigemptyset(&action->sa_mask);
  // A stack that has run over, along a tree that leads to itself, has no room for a handler.
  static std::array<char, std::size_t{1} << 16> room;
  stack_t now{}, stack{};
  stack.ss_sp = room.data();
  stack.ss_size = room.size();
  if (sigaltstack(nullptr, &now) == 0 && (now.ss_flags & SS_DISABLE) != 0) sigaltstack(&stack, nullptr);

  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) set(signal, end, true);
  for (const int signal : {SIGQUIT, SIGXCPU, SIGUSR1, SIGUSR2, SIGALRM}) set(signal, end, false);
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) set(signal, crash, false);
  for (const int signal : {SIGPIPE, SIGXFSZ}) set(signal, write, false);
}

void hold_standard_descriptors() noexcept {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number, which is this one; opened the wrong way round, so that whoever reads or writes there is told.
    const int opened = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
    if (opened > 2) close(opened);
  }
}

}  // namespace kswgd::io
