// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "../data/gather.hpp"

#include <kswgd/data/data_set.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>

#include <algorithm>
#include <functional>
#include <vector>

// One walk over the data in tiles that belong to one fold each.
namespace kswgd::detail {

inline constexpr int fold_count = 5;

/// Which fold a row belongs to; rows that are held out (ascending) belong to none (-1).
class RowFolds {
 public:
  RowFolds(Index size, std::vector<Index> held_out, bool correlated, std::uint64_t seed)
      : m_size(size), m_held_out(std::move(held_out)), m_correlated(correlated), m_random(seed, streams::folds) {}
  int operator()(Index row) const {
    if (std::binary_search(m_held_out.begin(), m_held_out.end(), row)) return -1;
    if (m_correlated) return static_cast<int>(row * fold_count / m_size);
    return static_cast<int>(m_random.below(fold_count, static_cast<std::uint64_t>(row)));
  }
  const std::vector<Index>& held_out() const { return m_held_out; }

 private:
  Index m_size;
  std::vector<Index> m_held_out;
  bool m_correlated;
  IndexedRandom m_random;
};

/// Reads chunks of several tiles, sorts their rows by fold, and hands out normalised tiles: body(fold, rows of the data on
/// the host, tile of as many rows on the device).
template <ExecutionSpace Exec, class Body>
void walk_folds(const Exec& exec, const DataSet<Exec>& source, const Normalisation& normalisation, Index first, Index last, Index tile_rows,
                const RowFolds& folds, const Body& body) {
  const Index chunk_rows = std::min(last - first, fold_count * tile_rows), d = source.dimension();
  const auto chunk = allocate<Points<Exec>>(exec, "walk_folds::chunk", chunk_rows, d);
  const auto tile = allocate<Points<Exec>>(exec, "walk_folds::tile", tile_rows, d);
  const Kokkos::View<Index*, Kokkos::HostSpace> host_rows("kswgd::walk_folds::rows", tile_rows);
  std::vector<std::vector<Index>> of_fold(fold_count);
  for (Index start = first; start < last; start += chunk_rows) {
    const Index count = std::min(chunk_rows, last - start);
    source.read(exec, start, count, chunk);
    normalise(exec, normalisation, count, chunk);
    for (auto& rows : of_fold) rows.clear();
    for (Index row = start; row < start + count; ++row)
      if (const int fold = folds(row); fold >= 0) of_fold[static_cast<std::size_t>(fold)].push_back(row);
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
