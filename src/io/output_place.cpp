// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "output_place.hpp"

#include <fcntl.h>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/support/check.hpp>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

namespace kswgd::io {
namespace {

namespace fs = std::filesystem;

constexpr int most_links = 40;

std::string reason(int error) { return std::strerror(error); }

/// N of "/dev/fd/N" and its like.
std::optional<int> number_in(const std::string& path) {
  for (const auto& [name, number] : {std::pair("/dev/stdin", 0), {"/dev/stdout", 1}, {"/dev/stderr", 2}})
    if (path == name) return number;
  for (const std::string& folder : {std::string("/dev/fd/"), std::string("/proc/self/fd/"), "/proc/" + std::to_string(getpid()) + "/fd/"}) {
    if (path.rfind(folder, 0) != 0) continue;
    const std::string rest = path.substr(folder.size());
    const bool digits = !rest.empty() && rest.size() < 8 && std::all_of(rest.begin(), rest.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
    if (digits) return std::stoi(rest);
  }
  return std::nullopt;
}

/// One step along a symbolic link.
fs::path next_link(const fs::path& link) {
  std::error_code error;
  const fs::path next = fs::read_symlink(link, error);
  return next.is_absolute() ? next : link.parent_path() / next;
}

bool is_link(const fs::path& path) {
  std::error_code error;
  return fs::is_symlink(fs::symlink_status(path, error));
}

/// Whether a block can be written in the folder: into a file that has no name, so that a quota and a full disk are known and nothing is seen.
void try_folder(const std::string& path, const fs::path& folder) {
  const auto refuse = [&](int error) { refuse_output(path, "the folder '" + folder.string() + "' cannot be written to (" + reason(error) + ")"); };
  struct statvfs system {};
  if (statvfs(folder.c_str(), &system) == 0 && (system.f_flag & ST_RDONLY) != 0) refuse(EROFS);
  if (faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) refuse(errno);
#ifdef O_TMPFILE
  const int nameless = open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (nameless >= 0) {
    constexpr std::array<char, 4096> block{};
    const bool full = write(nameless, block.data(), block.size()) != static_cast<ssize_t>(block.size());
    const int error = errno;
    close(nameless);
    if (full) refuse(error);
    return;
  }
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL) refuse(errno);
#endif
  const AtomicFile attempt(path);  // a file system without nameless files: it is removed at once
}

}  // namespace

void refuse_output(const std::string& path, const std::string& why) { throw InvalidInput("kswgd::io: cannot write '" + path + "': " + why); }

std::optional<int> descriptor_named(const std::string& path) {
  fs::path place = path;
  for (int links = 0; links < most_links && !place.empty(); ++links) {
    place = fs::absolute(place).lexically_normal();
    if (const auto number = number_in(place.string())) return number;
    if (!is_link(place)) return std::nullopt;
    place = next_link(place);
  }
  return std::nullopt;
}

fs::path folder_of(const fs::path& target) { return target.has_parent_path() ? target.parent_path() : fs::path("."); }

std::string temporary_prefix(const fs::path& target) { return "." + target.filename().string().substr(0, 180) + ".unfinished-"; }

fs::path target_of(const std::string& path) {
  const auto refuse = [&](const std::string& why) { refuse_output(path, why); };
  if (path.empty()) refuse("an output file needs a name");
  if (descriptor_named(path)) refuse("it is an open descriptor, which takes text alone: name a file");
  fs::path target = path;
  for (int links = 0; is_link(target); ++links) {
    if (links == most_links) refuse("too many symbolic links");
    target = next_link(target);
  }
  std::error_code error;
  const auto status = fs::status(target, error);
  if (fs::is_directory(status) || !target.has_filename()) refuse("it is a folder, not a file");
  if (fs::exists(status) && !fs::is_regular_file(status)) refuse("it is not a regular file");
  const fs::path folder = folder_of(target);
  const auto folder_status = fs::status(folder, error);
  if (!fs::exists(folder_status)) refuse("there is no folder '" + folder.string() + "'; make it first");
  if (!fs::is_directory(folder_status)) refuse("'" + folder.string() + "' is not a folder");
  // A name can be taken over by a rename only within its file system, and in a shared folder (/tmp) only by an owner.
  struct stat file {
  }, around{};
  if (stat(target.c_str(), &file) == 0 && stat(folder.c_str(), &around) == 0) {
    if (file.st_dev != around.st_dev) refuse("a file is mounted there: name one beside it");
    const uid_t user = geteuid();
    if ((around.st_mode & S_ISVTX) != 0 && user != 0 && user != file.st_uid && user != around.st_uid) refuse("the file there belongs to somebody else");
  }
  return target;
}

void require_writable(const std::string& path) {
  const fs::path target = target_of(path);
  struct stat existing {};
  if (stat(target.c_str(), &existing) == 0 && faccessat(AT_FDCWD, target.c_str(), W_OK, AT_EACCESS) != 0 && errno != EROFS)
    refuse_output(path, "the file there is write-protected");
  if (target.filename().string().size() > 255) refuse_output(path, "its name is longer than 255 bytes");
  try_folder(path, folder_of(target));
}

void require_writable_text(const std::string& path) {
  if (const auto descriptor = descriptor_named(path)) {
    const int flags = fcntl(*descriptor, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) refuse_output(path, "that descriptor is not open for writing");
    return;
  }
  struct stat existing {};
  if (stat(path.c_str(), &existing) != 0 || !(S_ISCHR(existing.st_mode) || S_ISFIFO(existing.st_mode))) return require_writable(path);
  if (faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0) refuse_output(path, reason(errno));
}

}  // namespace kswgd::io
