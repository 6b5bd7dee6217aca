// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/io/points_file.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

// Tables whose numbers stand in a file one after the other.
namespace kswgd::io {

/// How they stand there.
struct NumbersLayout {
  Index rows = 0, columns = 0;
  Index start = 0;         ///< bytes before the first number
  bool by_column = false;  ///< one column after the other, else row by row
  bool swapped = false;    ///< in the other order of bytes
  std::size_t size = sizeof(double);
  double (*number)(const char*) = nullptr;  ///< nothing: doubles of this machine
};

/// An open file that is read from any place. Copies share it.
class NumbersFile {
 public:
  /// Throws InvalidInput where it cannot be opened.
  explicit NumbersFile(const std::string& path);
  /// Takes over a descriptor; messages name the path.
  NumbersFile(std::string path, int descriptor);

  /// Fewer at the file's end. Throws InvalidInput where reading fails.
  std::size_t read_bytes(Index offset, char* bytes, std::size_t count) const;
  Index size() const;

  /// Of the rows that a stride leaves [first, last), into the rows of target from `row` on. In pieces of 1 MiB.
  void read(const NumbersLayout& layout, Index stride, Index first, Index last, const HostPoints& target, Index row) const;

 private:
  std::string m_path;
  std::shared_ptr<const int> m_descriptor;
};

/// A table of doubles, row by row, in a file without a name: it is gone with the process, however that ends. It stands in the folder of `path`, or where that
/// cannot be written to in $TMPDIR (/tmp).
class UnnamedTable {
 public:
  /// Throws Failure.
  UnnamedTable(std::string path, Index columns);

  /// Adds one row, from columns numbers. Throws Failure (a full disk).
  void add(const double* row);
  Index rows() const { return m_rows; }
  /// What reads it, once it is whole; row numbers begin with `first`.
  RowReader reader(Index first);

 private:
  void flush();

  std::string m_path, m_folder;
  Index m_columns, m_rows = 0;
  int m_descriptor = -1;
  std::shared_ptr<NumbersFile> m_file;
  std::vector<double> m_buffer;
};

}  // namespace kswgd::io
