// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <kswgd/support/check.hpp>
#include <string>

// What the fuzzers share. A fault is whatever a sanitizer reports, an exception other than a refusal, and a condition of expect().
namespace kswgd::fuzz {

/// Kokkos from the first call on.
inline void start() { static const Kokkos::ScopeGuard guard{}; }

inline void expect(bool good, const char* what, const std::string& detail = "") {
  if (good) return;
  std::fprintf(stderr, "fuzz: %s: %s\n", what, detail.c_str());
  std::abort();
}

/// A folder in memory, where there is one; empty, and the current one, so that no output of a command line lands anywhere else.
inline const std::string& folder() {
  static const std::string name = [] {
    const char* const given = std::getenv("TMPDIR");  // of scripts/check-fuzz: what a crash leaves there goes with it
    std::string pattern = std::string(given ? given : std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp") + "/kswgd-fuzz-XXXXXX";
    if (!mkdtemp(pattern.data())) std::abort();
    static const std::string made = pattern;
    std::atexit([] { std::filesystem::remove_all(made); });
    return pattern;
  }();
  return name;
}

/// A file with these bytes, the same one each time.
inline const std::string& file_of(const std::string& name, const void* bytes, std::size_t size) {
  static const std::string path = folder() + "/" + name;
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0 || write(descriptor, bytes, size) != static_cast<ssize_t>(size)) std::abort();
  close(descriptor);
  return path;
}

/// Whether a call went well; false where it was refused in words that name the file.
template <class Call>
bool accepted(const std::string& path, Call&& call) {
  try {
    call();
    return true;
  } catch (const InvalidInput& error) {
    const std::string what = error.what();
    expect(path.empty() || what.find(path) != std::string::npos, "a refusal that does not name the file", what);
    expect(what.size() < 20000, "a refusal without an end", what.substr(0, 1000));
    return false;
  }
}

}  // namespace kswgd::fuzz
