// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/support/execution.hpp>
#include <string>
#include <utility>
#include <vector>

/// @file
/// Points and trajectories in and out: HDF5 (.h5, .hdf5), NumPy (.npy) and text (.csv, .txt), by extension. Read alone: H5MD (also .h5md), openPMD in HDF5,
/// netCDF-4 (.nc, .ncdf), tables of PyTables and pandas (docs/files.md).

namespace kswgd::io {

/// Rows that one dataset or one file gave to a table.
struct TablePart {
  std::string file;
  std::string name = {};  ///< of a trajectory, where it has one
  Index rows = 0;         ///< in the file, before the stride
  Index number = 0;       ///< of the file, in a list of several
};

/// Reads the rows [first, last) of a table, by their numbers among all, into the rows of target from `row` on. Throws InvalidInput as read_points does, and
/// where a file is another than when the table was made. Not for two threads at a time.
using RowReader = std::function<void(Index first, Index last, const HostPoints& target, Index row)>;

/// What a data file holds: points, or the frames of trajectories one after the other.
struct Table {
  HostPoints points;                 ///< n x d
  std::vector<Index> lengths;        ///< frames of each trajectory; empty for plain points
  std::vector<std::string> names;    ///< of the trajectories, where they have some
  double dt = 0;                     ///< time between frames; 0 where the file does not say
  double dt_error = 0;               ///< how far dt may be off, where it was found in times that are rounded
  std::vector<double> weights;       ///< of the rows of `points`, or empty
  bool is_weighted = false;          ///< whether rows have weights, those of `points` or, where there are none, others
  std::vector<std::string> columns;  ///< names of the d coordinates, or empty
  std::vector<std::string> notes;    ///< sentences for people: what the file says of its times and nobody checked, what it lacks
  std::vector<TablePart> parts;      ///< where the rows come from; a stride begins anew with each
  Index stride = 1;
  Index first = 0;        ///< where one part of the rows was asked for: the number of the first row of `points` among all
  Index total = -1;       ///< then: how many there are in all; all else tells of all of them. -1: points holds all
  Index held = 0;         ///< where the rows were left in their files: how many were asked for, from `first` on; points has none
  RowReader reader = {};  ///< then: reads them
  Index grid = 1;         ///< then: rows that are best read together, from a multiple of this on (those of an HDF5 chunk)

  /// Rows in all, whether they are in `points` or not.
  Index rows() const { return total >= 0 ? total : static_cast<Index>(points.extent(0)); }

  bool is_trajectory() const { return !lengths.empty(); }
  bool is_in_place() const { return static_cast<bool>(reader); }
};

/// What the rows of an array of frames x particles x coordinates (T x N x d) are.
enum class ArrayLayout {
  none,          ///< nobody said: such an array is refused, unless it has one frame, whose particles are the rows
  trajectories,  ///< N trajectories of T rows in d coordinates, one after the other
  frames,        ///< one trajectory of T rows in N d coordinates: those of the first particle, of the second, ...
};

/// Which columns of a file are coordinates.
struct ColumnChoice {
  std::vector<std::string> names = {};  ///< these, in this order; c0, c1, ... (or 0, 1, ...) count where none has that name. Empty: all
  bool where_named = false;             ///< a wish of those who know names alone: a file that does not name each of these gives all of its columns
};

/// Names between commas, in double quotes where they hold commas of their own.
std::vector<std::string> split_names(const std::string& list);

struct ReadOptions {
  std::string dataset = {};    ///< HDF5: a 2-D dataset, or a group that holds `trajectories`; empty: /samples or /trajectories (those first with as_trajectory)
  std::string weights = {};    ///< a column as read_column takes it; empty: /weights of an HDF5 file where it exists
  Index stride = 1;            ///< keep every stride-th row (of each trajectory)
  bool as_trajectory = false;  ///< plain points are the frames of one trajectory, in order
  Index part = 0, parts = 1;   ///< into how many parts, as even as can be, the rows are cut, and which of these to read into Table::points
  bool in_place = false;       ///< leave the rows in their files, to be read by Table::reader. Text is copied once, as numbers, into a file without a name
  Span rows = {0, -1};         ///< or these of the rows that the stride leaves; {0, 0}: none, for what the table tells beside them
  ArrayLayout layout = ArrayLayout::none;  ///< of arrays of three dimensions and particles
  ColumnChoice columns = {};               ///< others are not looked at: those of a text need not be numbers
};

/// Reads a file, or several whose names are separated by commas: each is a trajectory then (or holds some), FILE or FILE:DATASET.
///
/// Trajectories `/trajectories/<name>` may have times of their own, `/times/<name>` (T): where a step is longer than the others the
/// trajectory ends and another begins, so that no pair crosses a gap; steps that are shorter than most are refused. Steps are equal
/// to within .001 of themselves and the rounding of the times' own type at their size. Throws InvalidInput naming file, dataset,
/// row and column for anything that is missing, damaged, ragged, not finite or larger than the memory, and for trajectories whose dt
/// or dimension differ. Where the chosen columns are a wish and the file has some of the names at other places, but not all of them, that is refused too.
Table read_points(const std::string& path, const ReadOptions& options = {});

/// A number for each row of `table`, those that are not in its points included: its weights, rates, values of an observable.
///
/// source: FILE[:DATASET] (.npy, .csv or HDF5, n or n x 1; without a name HDF5's /samples where that is one column, else /weights), as
/// many of these separated by commas as the data have files, or a dataset of the data files themselves. It has a number for each
/// row that the data have before the stride, in their order, or (one file) for each that is kept; a group has a dataset for each trajectory, of its name. What
/// ends in a known extension (before any ':') is a file. `what` names the numbers in messages. Throws InvalidInput where it is missing, has another number of
/// rows than the data, or holds numbers that are not finite.
std::vector<double> read_column(const std::string& source, const Table& table, const std::string& what = "numbers");

/// FILE or FILE:DATASET, as (file, dataset or nothing). Names may hold colons of their own: what comes before the last colon that
/// leaves a file is the file; where there is none, what comes before the last ":/".
std::pair<std::string, std::string> split_dataset(const std::string& name);

/// Attributes that every output file carries.
struct FileStamp {
  std::uint64_t seed = 0;
  std::string version = {}, git = {}, backend = {}, command = {};
};

/// Writes points: /samples in HDF5. Whole or not at all. columns: names of the coordinates (a CSV's header, HDF5's attribute
/// `columns`; .npy has no place for them), or none.
void write_points(const std::string& path, const HostPoints& points, const FileStamp& stamp, const std::vector<std::string>& columns = {});

/// Writes `/trajectories/<name>` (T x d each) with dt, HDF5 alone. frames: one trajectory after the other, equal lengths.
void write_trajectories(const std::string& path, const HostPoints& frames, Index trajectories, double dt, const FileStamp& stamp);

/// Writes the trajectories of a table as `/trajectories/<number>` with dt (where it is known) and the names of the columns; its rows alone in formats that
/// know no trajectories. All rows are in `points`. Whole or not at all.
void write_trajectories(const std::string& path, const Table& table, const FileStamp& stamp);

/// What stands in an HDF5 file: a line for each object, with shapes, and its attributes; the first 1000 objects, 100 groups deep.
std::vector<std::string> describe(const std::string& path);

/// "h5", "npy" or "csv" by the extension; InvalidInput that lists them for any other.
std::string format_of(const std::string& path);

}  // namespace kswgd::io
