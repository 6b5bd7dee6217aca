// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/io/rows_ahead.hpp>

#include <algorithm>
#include <utility>

namespace kswgd::io {
namespace {

// Kokkos' Threads take kernels, among them copies of columns, from the thread alone that began them: blocks are read when they are asked for.
#ifdef KOKKOS_ENABLE_THREADS
constexpr std::launch how_to_read = std::launch::deferred;
#else
constexpr std::launch how_to_read = std::launch::async;
#endif

}  // namespace

Index rows_of_block(Index columns, Index grid) {
  constexpr Index numbers = Index{1} << 19, most_rows = 40960;
  const Index wanted = std::max(rows_of_tile(columns), std::min(most_rows, numbers / std::max<Index>(columns, 1)));
  // Whole chunks, where these are not much larger than a block.
  constexpr Index most = 4;
  return grid <= 1 || grid > most * wanted ? wanted : (wanted + grid - 1) / grid * grid;
}

RowsAhead::RowsAhead(const Table& table)
    : m_reader(table.reader),
      m_first(table.first),
      m_last(table.first + table.held),
      m_columns(static_cast<Index>(table.points.extent(1))),
      m_rows(rows_of_block(m_columns, table.grid)) {
  require(table.is_in_place(), "RowsAhead", [] { return "the table was not read in place: see ReadOptions"; });
}

/// Blocks begin at multiples of their rows among all, so that ranks' parts do not cut chunks anew.
Span RowsAhead::span_of(Index number) const { return {std::max(m_first, number * m_rows), std::min(m_last, (number + 1) * m_rows)}; }

void RowsAhead::read_next(Index number) {
  const auto [first, last] = span_of(number);
  if (first >= last) return;
  if (m_next.rows.extent(0) == 0) {
    const Index rows = std::min(m_rows, m_last - m_first);
    m_next.rows = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::RowsAhead", rows, m_columns);
  }
  m_next.number = number;
  m_reading = std::async(how_to_read, [this, first = first, last = last] { m_reader(first, last, m_next.rows, 0); });
}

/// A block that the blocks held do not have: does a walk get there, or somebody who looks at a few rows?
bool RowsAhead::begins_walk(Index number, Index first) const { return first == m_first || first == m_end || number == m_now.number + 1; }

HostPoints RowsAhead::rows_for(Index number) {
  if (!m_reading.valid() || m_next.number != number) {
    if (m_reading.valid()) m_reading.get();
    read_next(number);
  }
  m_reading.get();
  std::swap(m_before, m_now);
  std::swap(m_now, m_next);
  read_next(number + 1);
  return m_now.rows;
}

void RowsAhead::visit(Index first, Index count, const Body& body) {
  require(first >= m_first && count >= 0 && first + count <= m_last, "RowsAhead", [&] {
    return "rows [" + std::to_string(first) + ", " + std::to_string(first + count) + ") are not among those here, [" + std::to_string(m_first) + ", " +
           std::to_string(m_last) + ")";
  });
  for (Index row = first; row < first + count;) {
    const Index number = row / m_rows;
    const auto [begin, end] = span_of(number);
    const Index held = std::min(end, first + count) - row;
    if (number == m_now.number || number == m_before.number) {
      body(number == m_now.number ? m_now.rows : m_before.rows, row - begin, held, row - first);
    } else if ((m_reading.valid() && number == m_next.number) || begins_walk(number, row)) {
      body(rows_for(number), row - begin, held, row - first);
    } else {
      if (m_reading.valid()) m_reading.wait();  // one reads at a time
      const HostPoints rows = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::RowsAhead::rows", held, m_columns);
      m_reader(row, row + held, rows, 0);
      body(rows, 0, held, row - first);
    }
    row += held;
  }
  m_end = first + count;
}

}  // namespace kswgd::io
