// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <vector>

/// @file
/// What the rows of data are before anything is learned from them: whether they follow one another in time, which of them count,
/// and which lie far from all others.

namespace kswgd {

/// Whether neighbouring rows resemble each other, by von Neumann's ratio E|x_{t+1} - x_t|^2 / (2 Var x) of each column, which is
/// 1 for independent rows with a standard error of 1 / sqrt(m).
struct Succession {
  double ratio = 1;   ///< the smallest over the columns
  Index column = -1;  ///< where it is; -1: no column varies
  Index pairs = 0;    ///< m, the pairs of neighbours that were looked at: at most 2^16, in stretches spread over the data

  /// .9 and less, and five standard errors below 1.
  bool in_time() const;
};

/// Columns that only rise or only fall are left out: a table that is sorted by one, or numbered, is no trajectory for that. Cost: one
/// partial walk. Synchronises the instance.
template <ExecutionSpace Exec>
Succession succession(const Exec& exec, const DataSet<Exec>& data);

/// The rows that count, each once: rows of weight 0 are left out, and a row that stands in the data several times (a chain that
/// stays where it is, a resampled table) is one row with the sum of their weights, in the place of the first.
template <ExecutionSpace Exec>
struct CountedRows {
  DataSet<Exec> data;                  ///< the data themselves where all rows count and none repeats another
  bool all = true;                     ///< whether all rows of the data count
  std::vector<Index> rows;             ///< ascending: which rows of the data those of `data` are that are on this rank; empty where all count
  Index repeated = 0, weightless = 0;  ///< rows that were left out because they repeat another, or have no weight

  /// The row of the original data that row i is, which is here.
  Index original(Index i) const { return all ? i : rows[static_cast<std::size_t>(i - data.here().first)]; }
  /// The same of rows wherever they are; all ranks call it together.
  std::vector<Index> originals(const std::vector<Index>& list) const;
};

/// Rows spread as spread_rows spreads them, over those that have weight.
struct SpreadRows {
  std::vector<Index> rows;  ///< ascending, at most as many as were asked for
  Index among = 0;          ///< how many rows have weight
};

/// All ranks call it together.
template <ExecutionSpace Exec>
SpreadRows spread_weighty_rows(const DataSet<Exec>& data, Index count, std::uint64_t seed, std::uint64_t stream);

/// Throws InvalidInput that names row and column of the first coordinate that is not finite. One walk. Synchronises the instance.
template <ExecutionSpace Exec>
void require_finite(const Exec& exec, const DataSet<Exec>& data);

/// The data without the rows listed (ascending), weights and order kept; trajectories are not. It reads from the data.
template <ExecutionSpace Exec>
DataSet<Exec> without_rows(const DataSet<Exec>& data, const std::vector<Index>& rows);

/// Rows are compared by a 128-bit hash of their bits (0 and -0 are one number). One walk, and another where rows repeat; 8 bytes on the host for each row of
/// this rank while it runs, and some 80 for each that repeats another or is repeated; ranks tell one another 8 n bytes, in pieces of 8 MB. The result reads
/// from the data, whose memory must stay. Synchronises the instance.
template <ExecutionSpace Exec>
CountedRows<Exec> count_rows(const Exec& exec, const DataSet<Exec>& data);

/// The rows that count in ascending order of their coordinates, so that nothing depends on the order in which they came; as they are where the data are spread
/// over ranks. `rows` follow them and are not ascending then. For few rows: all are copied. Synchronises the instance.
template <ExecutionSpace Exec>
CountedRows<Exec> in_order_of_coordinates(const Exec& exec, const CountedRows<Exec>& counted);
/// The same and require_finite in one walk.
template <ExecutionSpace Exec>
CountedRows<Exec> count_finite_rows(const Exec& exec, const DataSet<Exec>& data);

/// The coordinate that lies farthest from its column's median, in units of the column's robust standard deviation (the distance
/// between the quartiles over 1.349, from at most 4096 rows).
struct FarthestRow {
  Index row = -1, column = -1;
  double deviations = 0, value = 0;
};

/// One walk. Columns of which more than half is one value have no such unit and are passed over. Synchronises the instance.
template <ExecutionSpace Exec>
FarthestRow farthest_row(const Exec& exec, const DataSet<Exec>& data, std::uint64_t seed = 0);

/// Tells data apart: a hash of n, d and of at most 64 rows spread over them. Cost: a walk over the tiles that hold these.
template <ExecutionSpace Exec>
std::uint64_t fingerprint_of(const Exec& exec, const DataSet<Exec>& data);

}  // namespace kswgd
