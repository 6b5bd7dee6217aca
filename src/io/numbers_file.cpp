// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "numbers_file.hpp"

#include <fcntl.h>
#include <kswgd/support/check.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace kswgd::io {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<const int> closing(int descriptor) {
  return {new int(descriptor), [](const int* held) {
            if (*held >= 0) ::close(*held);
            delete held;
          }};
}

/// A file in the folder that nothing leads to, or -1.
int open_unnamed(const std::string& folder) {
#ifdef O_TMPFILE
  if (const int descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); descriptor >= 0) return descriptor;
#endif
  std::string name = (fs::path(folder) / ".kswgd-rows-XXXXXX").string();
  const int descriptor = ::mkstemp(name.data());
  if (descriptor < 0) return -1;
  ::unlink(name.c_str());
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return descriptor;
}

}  // namespace

NumbersFile::NumbersFile(const std::string& path) : m_path(path), m_descriptor(closing(::open(path.c_str(), O_RDONLY | O_CLOEXEC))) {
  require(*m_descriptor >= 0, "io", [&] { return "'" + m_path + "': cannot be opened for reading: check its permissions"; });
}

NumbersFile::NumbersFile(std::string path, int descriptor) : m_path(std::move(path)), m_descriptor(closing(descriptor)) {}

std::size_t NumbersFile::read_bytes(Index offset, char* bytes, std::size_t count) const {
  std::size_t done = 0;
  while (done < count) {
    const ssize_t now =
        ::pread(*m_descriptor, bytes + done, std::min(count - done, std::size_t{1} << 30), static_cast<off_t>(offset) + static_cast<off_t>(done));
    if (now < 0 && errno == EINTR) continue;
    require(now >= 0, "io", [&] { return "'" + m_path + "': cannot be read (" + std::strerror(errno) + ")"; });
    if (now == 0) break;
    done += static_cast<std::size_t>(now);
  }
  return done;
}

Index NumbersFile::size() const {
  struct stat status {};
  return ::fstat(*m_descriptor, &status) == 0 ? static_cast<Index>(status.st_size) : 0;
}

void NumbersFile::read(const NumbersLayout& layout, Index stride, Index first, Index last, const HostPoints& target, Index row) const {
  if (first >= last || layout.columns == 0) return;
  // Rows of `width` numbers, or where the file goes column by column of one.
  const Index passes = layout.by_column ? layout.columns : 1, width = layout.by_column ? 1 : layout.columns;
  const Index at_once = std::max<Index>(1, (Index{1} << 17) / (width * stride));
  const std::size_t size = layout.size;
  std::vector<char> buffer;
  for (Index pass = 0; pass < passes; ++pass) {
    for (Index from = first; from < last; from += at_once) {
      const Index count = std::min(at_once, last - from), lines = std::min(count * stride, layout.rows - from * stride);
      buffer.resize(static_cast<std::size_t>(lines * width) * size);
      const Index offset = layout.start + (pass * layout.rows + from * stride * width) * static_cast<Index>(size);
      require(read_bytes(offset, buffer.data(), buffer.size()) == buffer.size(), "io",
              [&] { return "'" + m_path + "': cannot be read: it has become shorter"; });
      for (Index i = 0; i < count; ++i) {
        char* number = buffer.data() + static_cast<std::size_t>(i * stride * width) * size;
        for (Index k = 0; k < width; ++k, number += size) {
          if (layout.swapped) std::reverse(number, number + size);
          double value = 0;
          if (layout.number)
            value = layout.number(number);
          else
            std::memcpy(&value, number, sizeof value);
          target(row + from - first + i, pass + k) = value;
        }
      }
    }
  }
}

UnnamedTable::UnnamedTable(std::string path, Index columns) : m_path(std::move(path)), m_columns(columns) {
  const std::string parent = fs::path(m_path).parent_path().string();
  const char* const elsewhere = std::getenv("TMPDIR");
  for (const std::string& folder : {parent.empty() ? std::string(".") : parent, std::string(elsewhere && *elsewhere ? elsewhere : "/tmp")}) {
    m_folder = folder;
    m_descriptor = open_unnamed(folder);
    if (m_descriptor >= 0) break;
  }
  if (m_descriptor < 0)
    throw Failure("kswgd::io: the rows of '" + m_path + "' cannot be copied to a temporary file, neither beside it nor in '" + m_folder +
                  "': " + std::strerror(errno) + " (TMPDIR names another folder)");
  m_file = std::make_shared<NumbersFile>(m_path, m_descriptor);
}

void UnnamedTable::add(const double* row) {
  constexpr std::size_t most = std::size_t{1} << 17;
  m_buffer.insert(m_buffer.end(), row, row + m_columns);
  ++m_rows;
  if (m_buffer.size() >= most) flush();
}

void UnnamedTable::flush() {
  const char* const bytes = reinterpret_cast<const char*>(m_buffer.data());
  const std::size_t count = m_buffer.size() * sizeof(double);
  for (std::size_t done = 0; done < count;) {
    const ssize_t now = ::write(m_descriptor, bytes + done, count - done);
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0)
      throw Failure("kswgd::io: the rows of '" + m_path + "' cannot be copied to a temporary file in '" + m_folder + "': " + std::strerror(errno) +
                    ": free some room there, or save the rows as .npy or .h5");
    done += static_cast<std::size_t>(now);
  }
  m_buffer.clear();
}

RowReader UnnamedTable::reader(Index first) {
  flush();
  m_buffer = {};
  const NumbersLayout layout{.rows = m_rows, .columns = m_columns};
  return [file = m_file, layout, first](Index begin, Index end, const HostPoints& target, Index row) {
    file->read(layout, 1, begin - first, end - first, target, row);
  };
}

}  // namespace kswgd::io
