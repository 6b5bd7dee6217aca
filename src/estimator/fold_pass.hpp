// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "../data/gather.hpp"
#include "sizes.hpp"

#include <Kokkos_Profiling_ScopedRegion.hpp>
#include <kswgd/data/data_set.hpp>
#include <kswgd/moments/fold_sums.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>

#include <algorithm>
#include <vector>

// One walk over the data in tiles that belong to one fold each.
namespace kswgd::detail {

/// Which fold a row belongs to: at random, or where rows follow one another in time by stretches of equal weight. All ranks make it together.
class RowFolds {
 public:
  template <ExecutionSpace Exec>
  RowFolds(const DataSet<Exec>& data, std::uint64_t seed) : m_size(data.size()), m_ordered(data.is_ordered()), m_random(seed, streams::folds) {
    if (!m_ordered || !data.is_weighted()) return;
    const double share = data.total_weight() / fold_count;
    double before = data.weight_before();
    std::vector<double> starts(fold_count, -static_cast<double>(m_size));  // less the first row of each fold on this rank
    std::size_t next = 0;
    for (Index row = data.here().first; row < data.here().second; ++row) {
      for (; next < starts.size() && before >= share * static_cast<double>(next); ++next) starts[next] = -static_cast<double>(row);
      before += data.weight(row);
    }
    data.ranks().max(starts);
    for (const double start : starts) m_starts.push_back(static_cast<Index>(-start));
  }
  /// The same for a fit of few rows, which are dealt in turn: at random one fold might get most of them.
  template <ExecutionSpace Exec>
  static RowFolds of_fit(const DataSet<Exec>& data, std::uint64_t seed) {
    RowFolds folds(data, seed);
    folds.m_in_turn = data.size() < few_rows;
    return folds;
  }
  int operator()(Index row) const {
    if (m_in_turn && !m_ordered) return static_cast<int>(row % fold_count);
    if (!m_ordered) return static_cast<int>(m_random.below(fold_count, static_cast<std::uint64_t>(row)));
    if (m_starts.empty()) return static_cast<int>(row * fold_count / m_size);
    return static_cast<int>(std::upper_bound(m_starts.begin(), m_starts.end(), row) - m_starts.begin()) - 1;
  }

 private:
  Index m_size;
  bool m_ordered, m_in_turn = false;
  IndexedRandom m_random;
  std::vector<Index> m_starts;  // of weighted stretches
};

/// Reads chunks of several tiles of this rank's rows, sorts their rows by fold (folds(row), below fold_count), and hands out tiles: body(fold, rows of
/// the data on the host, tile of as many rows on the device).
template <ExecutionSpace Exec, class Folds, class Body>
void walk_folds(const Exec& exec, const DataSet<Exec>& data, Index tile_rows, const Folds& folds, const Body& body) {
  const Kokkos::Profiling::ScopedRegion region("kswgd::walk_folds");
  const auto [begin, end] = data.here();
  const Index chunk_rows = std::min(end - begin, fold_count * tile_rows), d = data.dimension();
  const auto chunk = allocate<Points<Exec>>(exec, "walk_folds::chunk", chunk_rows, d);
  const auto tile = allocate<Points<Exec>>(exec, "walk_folds::tile", tile_rows, d);
  const Kokkos::View<Index*, Kokkos::HostSpace> host_rows("kswgd::walk_folds::rows", tile_rows);
  std::vector<std::vector<Index>> of_fold(fold_count);
  for (Index start = begin; start < end; start += chunk_rows) {
    const Index count = std::min(chunk_rows, end - start);
    data.read(exec, start, count, chunk);
    for (auto& rows : of_fold) rows.clear();
    for (Index row = start; row < start + count; ++row) of_fold[static_cast<std::size_t>(folds(row))].push_back(row);
    for (int fold = 0; fold < fold_count; ++fold) {
      const auto& rows = of_fold[static_cast<std::size_t>(fold)];
      for (std::size_t done = 0; done < rows.size(); done += static_cast<std::size_t>(tile_rows)) {
        const auto length = std::min(rows.size() - done, static_cast<std::size_t>(tile_rows));
        for (std::size_t i = 0; i < length; ++i) host_rows(i) = rows[done + i] - start;
        const Points<Exec> part = Kokkos::subview(tile, std::pair<std::size_t, std::size_t>(0, length), Kokkos::ALL);
        gather<Exec>("kswgd::walk_folds::gather", exec, chunk, to_device(exec, host_rows), part);
        body(fold, std::vector<Index>(rows.begin() + static_cast<std::ptrdiff_t>(done), rows.begin() + static_cast<std::ptrdiff_t>(done + length)), part);
      }
    }
  }
}

}  // namespace kswgd::detail
