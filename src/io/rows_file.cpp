// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "rows_file.hpp"

#include "formats.hpp"
#include "hdf5.hpp"
#include "stamp.hpp"

#include <kswgd/support/check.hpp>

#include <algorithm>

namespace kswgd::io {

RowsFile::RowsFile(const std::string& path, Index rows, Index columns, const FileStamp& stamp, const std::vector<std::string>& names)
    : m_format(format_of(path)), m_out(path), m_rows(rows), m_columns(columns) {
  require(names.empty() || static_cast<Index>(names.size()) == columns, "io",
          [&] { return "'" + path + "': " + std::to_string(names.size()) + " names for " + std::to_string(columns) + " columns"; });
  if (m_format == "csv") {
    const std::string header = csv_header(names);
    m_out.append(header.data(), header.size());
  } else if (m_format == "npy") {
    const std::string header = npy_header(rows, columns);
    m_start = static_cast<Index>(header.size());
    m_out.set_size(header.size() + static_cast<std::size_t>(rows * columns) * sizeof(double));
    m_out.overwrite(0, header.data(), header.size());
  } else {
    hdf5::File file = hdf5::File::create_for_parts(m_out, rows * columns);
    m_start = file.make_room("/samples", {static_cast<hsize_t>(rows), static_cast<hsize_t>(columns)});
    if (!names.empty()) file.write_texts("/samples", "columns", names);
    write_stamp(file, stamp);
    file.close();
  }
}

void RowsFile::place(Index first, const HostRows& rows) {
  const auto count = static_cast<Index>(rows.extent(0));
  require(static_cast<Index>(rows.extent(1)) == m_columns && first >= 0 && first + count <= m_rows && (m_format != "csv" || first == m_placed), "io", [&] {
    return "'" + m_out.path() + "': rows [" + std::to_string(first) + ", " + std::to_string(first + count) + ") with " + std::to_string(rows.extent(1)) +
           " columns have no place among " + std::to_string(m_rows) + " with " + std::to_string(m_columns);
  });
  if (m_format == "csv")
    append_csv(m_out, rows);
  else
    place_numbers(first, rows);
  m_placed += count;
}

/// HDF5 has row after row, our .npy column after column.
void RowsFile::place_numbers(Index first, const HostRows& rows) {
  const bool by_column = m_format == "npy";
  const Index count = static_cast<Index>(rows.extent(0)), width = by_column ? 1 : m_columns;
  const Index at_once = std::max<Index>(1, (Index{1} << 17) / std::max<Index>(width, 1));
  std::vector<double> piece;
  for (Index column = 0; column < m_columns; column += width)
    for (Index from = 0; from < count; from += at_once) {
      piece.clear();
      for (Index i = from; i < std::min(count, from + at_once); ++i)
        for (Index k = column; k < column + width; ++k) piece.push_back(rows(i, k));
      const Index before = by_column ? column * m_rows + first + from : (first + from) * m_columns;
      m_out.overwrite(static_cast<std::size_t>(m_start + before * static_cast<Index>(sizeof(double))), piece.data(), piece.size() * sizeof(double));
    }
}

void RowsFile::commit() {
  require(m_placed == m_rows, "io",
          [&] { return "'" + m_out.path() + "': " + std::to_string(m_placed) + " of " + std::to_string(m_rows) + " rows were given"; });
  m_out.commit();
}

}  // namespace kswgd::io
