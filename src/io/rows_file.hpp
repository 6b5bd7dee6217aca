// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/points_file.hpp>

#include <string>
#include <vector>

// A table that is written in parts.
namespace kswgd::io {

/// Rows in any order of memory.
using HostRows = Kokkos::View<const double**, Kokkos::LayoutStride, Kokkos::HostSpace>;

/// A file of points, in any of the formats, whose rows come in parts. It has its full size from the start (but .csv, whose size nobody knows), so that a
/// full disk is known before the work. Whole or not at all.
class RowsFile {
 public:
  /// As write_points. Throws as it does.
  RowsFile(const std::string& path, Index rows, Index columns, const FileStamp& stamp, const std::vector<std::string>& names = {});

  /// Puts the rows [first, first + their number), in pieces of 1 MiB. Those of a .csv come one after the other. Throws Failure.
  void place(Index first, const HostRows& rows);
  /// Once all rows are there.
  void commit();

 private:
  void place_numbers(Index first, const HostRows& rows);

  std::string m_format;
  AtomicFile m_out;
  Index m_rows, m_columns;
  Index m_start = 0;   // bytes before the first number
  Index m_placed = 0;  // rows
};

}  // namespace kswgd::io
