// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/particles_file.hpp>
#include <kswgd/io/points_file.hpp>

#include "rows_file.hpp"

#include <algorithm>

// One reader for each format, and one writer for each beside HDF5. Readers leave weights to read_points.
namespace kswgd::io {

Table read_hdf5(const std::string& path, const ReadOptions& options);
/// Whether an HDF5 file has /weights.
bool has_default_weights(const std::string& path);

/// The rows that the options ask for of particles: as their layout says.
Table table_of(const Particles& particles, const ReadOptions& options);

/// The particles of a .npy of three dimensions; those of another have a `count` of 0. They are read at once.
Particles npy_particles(const std::string& path);

/// The rows that the options ask for, or what reads them; `rows`: how many the file has, before the stride.
HostPoints read_npy(const std::string& path, const ReadOptions& options, Index& rows, RowReader& reader);
/// What stands before the numbers of a .npy, which follow column by column.
std::string npy_header(Index rows, Index columns);

/// The chosen points, and their names where the first line has some. Refuses what is not finite itself, because it knows the line.
HostPoints read_csv(const std::string& path, const ReadOptions& options, Index& rows, std::vector<std::string>& columns, RowReader& reader);
/// The line of names; nothing where there are none.
std::string csv_header(const std::vector<std::string>& columns);
void append_csv(AtomicFile& file, const HostRows& rows);

/// The places of the chosen columns among `count`, of which the file gives the names or none. Throws InvalidInput.
std::vector<Index> chosen_columns(const std::string& path, const ColumnChoice& choice, const std::vector<std::string>& names, Index count);

/// Leaves the chosen columns of a table, in memory and of what its reader reads.
void keep_columns(const std::string& path, const ColumnChoice& choice, Table& table);

/// One file of any format, without weights.
Table read_table(const std::string& path, const ReadOptions& options);

/// Whether not all rows were asked for.
inline bool is_part(const ReadOptions& options) { return options.parts > 1 || options.rows.second >= 0 || options.in_place; }
/// [first, last) of `rows` rows that the part asked for has.
inline Span part_of(Index rows, const ReadOptions& options) {
  if (options.rows.second >= 0) return {std::min(options.rows.first, rows), std::min(options.rows.second, rows)};
  return {rows * options.part / options.parts, rows * (options.part + 1) / options.parts};
}
/// How many of `rows` rows a stride leaves.
inline Index rows_left(Index rows, Index stride) { return rows / stride + (rows % stride > 0 ? 1 : 0); }

/// Whether the path leads to a regular file.
bool is_file(const std::string& path);

/// Throws InvalidInput: the file and, beginning with a verb, what is wrong with it.
[[noreturn]] void refuse(const std::string& path, const std::string& why);

/// Refuses what is not finite of the rows of `points` from `row` on, which are the rows [first, last) that the stride leaves of the file.
void require_finite(const std::string& path, const HostPoints& points, Index row, Index first, Index last, Index stride);

/// The format of a file that is read: as format_of, and what others write (.nc, .ncdf, .h5md) besides. Throws InvalidInput with the way in for
/// formats that are read through Python.
std::string input_format_of(const std::string& path);

/// Whether input_format_of knows the extension.
bool has_known_extension(const std::string& path);

/// The parts of a list, separated by commas.
std::vector<std::string> split_list(const std::string& list);

/// "walker-2" before "walker-10": where names first differ in a number, by it.
bool natural_less(const std::string& a, const std::string& b);

/// "samples/" and "samples" are "/samples".
std::string absolute(std::string object);

}  // namespace kswgd::io
