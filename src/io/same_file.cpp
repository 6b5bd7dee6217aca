// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "same_file.hpp"

#include <kswgd/support/check.hpp>
#include <sys/stat.h>

#include <utility>

namespace kswgd::io {

SameFile::SameFile(std::string path) : m_path(std::move(path)) {
  bool there = false;
  m_state = state(there);
  require(there, "io", [&] { return "there is no file '" + m_path + "'"; });
}

std::array<std::int64_t, 5> SameFile::state(bool& there) const {
  struct stat status {};
  there = ::stat(m_path.c_str(), &status) == 0;
  return {static_cast<std::int64_t>(status.st_dev), static_cast<std::int64_t>(status.st_ino), static_cast<std::int64_t>(status.st_size),
          static_cast<std::int64_t>(status.st_mtim.tv_sec), static_cast<std::int64_t>(status.st_mtim.tv_nsec)};
}

void SameFile::check() const {
  bool there = false;
  const auto now = state(there);
  require(there, "io", [&] { return "'" + m_path + "' was removed while its rows were being read"; });
  require(now == m_state, "io", [&] { return "'" + m_path + "' was changed while its rows were being read: they would be of two versions"; });
}

RowReader SameFile::guarded(RowReader reader) const {
  return [same = *this, reader = std::move(reader)](Index first, Index last, const HostPoints& target, Index row) {
    try {
      reader(first, last, target, row);
    } catch (const InvalidInput&) {
      same.check();
      throw;
    }
    same.check();
  };
}

}  // namespace kswgd::io
