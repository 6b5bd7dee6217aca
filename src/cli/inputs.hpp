// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "commands.hpp"

#include <functional>
#include <kswgd/data/data_set.hpp>
#include <kswgd/estimator/basis.hpp>
#include <kswgd/model/model_data.hpp>

// The options that say which data a command reads, and what they make: the same in every command.
namespace kswgd::cli {

/// What can be said of data on the command line.
struct DataOptions {
  std::string data = {}, dataset = {}, weights = {}, ordered = "auto", layout = {};
  Index stride = 0;      // 0: not said
  Index memory = 0;      // 0: not said
  double dt = 0;         // 0: not said
  double dt_of_fit = 0;  // between the file's rows, where neither the command nor the file says it; 0: not known
  io::ColumnChoice columns = {};
};

/// Declares the data under `flags` ("DATA" or an option) with --dataset, --columns, --layout, --weights, --stride, --dt and --ordered.
CLI::Option* add_data_options(Command& command, DataOptions& options, const std::string& flags, const std::string& text);

/// Declares --columns, which fills `columns`.
void add_columns_option(Command& command, io::ColumnChoice& columns, const std::string& text);

/// Declares --memory for commands that take data which stay in their files.
void add_memory_option(Command& command, DataOptions& options, const std::string& text);

/// Data on the device, with all that is said of them.
struct Data {
  io::Table table;      ///< as it was read
  Points<Exec> points;  ///< none where the rows stayed in their files
  DataSet<Exec> set;    ///< the points with their weights, trajectories and order
  std::string unit;     ///< "time", or "steps" where nothing says how long a step is

  /// A number for each row of this rank: see io::read_column.
  std::vector<double> column(const std::string& name) const;
  Index size() const { return set.size(); }
  Index dimension() const { return set.dimension(); }
  double dt() const { return set.trajectories().dt; }
};

/// How plain points are taken.
enum class Rows {
  points,  ///< as they come: draws, unless --ordered says otherwise
  frames,  ///< of one trajectory, for commands that need pairs at a lag
};

/// Whether data may be held in memory: `here` rows of this rank, of `size` in all, with that many columns.
using Holds = std::function<bool(Index here, Index size, Index columns, bool weighted)>;
/// Where the rows and half as much beside them fit into what memory_for allows.
Holds holds_within(const DataOptions& options, const Reduction& ranks);
/// --memory, else half of what is free, divided among the ranks of this machine. In bytes.
double memory_for(const DataOptions& options, const Reduction& ranks);

/// Throws InvalidInput for what cannot be read, and for --ordered no where frames are needed. Of several ranks each reads its share. Where `holds` says no the
/// rows stay in their files and each walk reads them again (io/rows_ahead.hpp); all are held without it.
Data read_data(const DataOptions& options, Rows rows, const Reduction& ranks = {}, const Holds& holds = {});

/// The columns of these names, of files that name theirs; all of others.
io::ColumnChoice like(const std::vector<std::string>& names);

/// The data that a model was fitted to, as it saw them: with its columns, its stride, its dt and its weights unless the options say otherwise.
Data read_fitted_data(const DataOptions& options, const ModelData& model, const Reduction& ranks = {}, const Holds& holds = {});

/// Says what a file says of itself and nobody checked (the dt of a header, units), and what it lacks.
void note_on_file(const Common& common, const io::Table& table);

/// The column of a name: one of `names`, or c0, c1, ... Throws InvalidInput, in the words of a command, where there is none.
Index column_of(const char* command, const std::string& name, const std::vector<std::string>& names, Index dimension);

/// Points as FILE or FILE:DATASET names them. Where columns are a wish, and the file has other names, a note says so.
io::Table read_table(const std::string& name, io::ReadOptions options = {});

/// Points at which a model is asked for something: the columns of its names. Notes on the file are said.
HostPoints read_points_for(const Common& common, const ModelData& model, const std::string& name);

/// The dictionary in which trajectories are read.
struct BasisChoice {
  std::string bandwidth = "auto", manifold = "euclidean";
  Index features = 400;
};
void add_basis_options(Command& command, BasisChoice& choice);
BasisOptions basis_of(const Common& common, const BasisChoice& choice, const Data& data);

/// Says which regions the trajectories do not connect, or leave for good; returns what it said, or nothing.
std::string note_on_regions(const Common& common, const Data& data, const BasisOptions& basis);

/// "auto" (0) or a positive number.
double bandwidth_of(const std::string& text);

}  // namespace kswgd::cli
