// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <future>
#include <kswgd/data/data_set.hpp>
#include <kswgd/io/points_file.hpp>
#include <kswgd/support/check.hpp>
#include <memory>

/// @file
/// Data that stay in their files: read in tiles, the next one while this one is worked on.

namespace kswgd::io {

/// The rows of a table that was read in place, in blocks: a walk finds the next block read, by a thread of its own. The block before stays, for pairs of rows
/// at a lag. Rows that are asked for in no order are read as they are asked for. Three blocks of memory: see rows_of_block. Neither copied nor shared by
/// threads.
class RowsAhead {
 public:
  /// Throws InvalidInput unless the table was read in place.
  explicit RowsAhead(const Table& table);
  RowsAhead(const RowsAhead&) = delete;
  RowsAhead& operator=(const RowsAhead&) = delete;

  /// body(rows, from, count, to): the rows [from, from + count) of the View are the rows first + to, ... of the data; in order, until all `count` were there.
  /// Valid until the body ends. Throws as the reader does.
  using Body = std::function<void(const HostPoints& rows, Index from, Index count, Index to)>;
  void visit(Index first, Index count, const Body& body);

 private:
  struct Block {
    Index number = -1;
    HostPoints rows;
  };
  HostPoints rows_for(Index number);
  Span span_of(Index number) const;
  void read_next(Index number);
  bool begins_walk(Index number, Index first) const;

  RowReader m_reader;
  Index m_first, m_last, m_columns, m_rows;  // of the data here; of a block
  Index m_end = -1;                          // of the rows that were asked for last
  Block m_before, m_now, m_next;
  std::future<void> m_reading;  // m_next, where valid
};

/// Rows of a block of RowsAhead for tables of that many columns, of which `grid` are best read together: 4 MiB at most, or a tile of the walks.
Index rows_of_block(Index columns, Index grid = 1);

/// A table that was read in place as data: each walk of a call reads the file again. Of several ranks each has read its part. All ranks call it together.
template <ExecutionSpace Exec>
DataSet<Exec> make_source(const Exec&, const Table& table, const Reduction& ranks = {}) {
  const auto rows = std::make_shared<RowsAhead>(table);
  const Index d = static_cast<Index>(table.points.extent(1));
  const auto read = [rows, d](const Exec& exec, Index first, Index count, const Points<Exec>& tile) {
    if constexpr (bool(Kokkos::SpaceAccessibility<Exec, Kokkos::HostSpace>::accessible)) {
      rows->visit(first, count, [&](const HostPoints& block, Index from, Index held, Index to) {
        const Points<Exec> part = Kokkos::subview(tile, Span(to, to + held), Kokkos::ALL);
        copy_rows(exec, block, from, held, part);
        exec.fence("kswgd::io::make_source: the block is filled anew");
      });
    } else {
      const HostPoints packed = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::make_source", count, d);
      rows->visit(first, count, [&](const HostPoints& block, Index from, Index held, Index to) {
        for (Index k = 0; k < d; ++k)
          for (Index i = 0; i < held; ++i) packed(to + i, k) = block(from + i, k);
      });
      copy_rows(exec, Points<Exec>(to_device(exec, packed)), 0, count, tile);
      exec.fence("kswgd::io::make_source: the rows are freed");
    }
  };
  return DataSet<Exec>(table.rows(), d, read, {table.first, table.first + table.held}, ranks);
}

}  // namespace kswgd::io
