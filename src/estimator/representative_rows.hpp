// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "sizes.hpp"

#include <kswgd/data/data_set.hpp>
#include <kswgd/support/random.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

// Some rows in place of all.
namespace kswgd::detail {

/// As many rows as `count` that stand for the law of the data (fewer where there are no more): spread over them, or drawn by their weights (systematically: a
/// row of several shares comes several times). Ascending.
template <class Exec>
std::vector<Index> representative_rows(const DataSet<Exec>& data, Index count, std::uint64_t seed, std::uint64_t stream) {
  const Index n = data.size();
  if (!data.is_weighted()) return spread_rows(n, std::min(n, count), seed, stream);
  const double step = data.total_weight() / static_cast<double>(count);
  std::vector<double> rows;
  double next = step * IndexedRandom(seed, stream).uniform(0), sum = data.weight_before();
  while (next < sum) next += step;  // of the ranks before
  for (Index row = data.here().first; row < data.here().second; ++row)
    for (sum += data.weight(row); next < sum; next += step) rows.push_back(static_cast<double>(row));
  rows = data.ranks().concatenate(rows);
  return {rows.begin(), rows.end()};
}

/// The variance of a mean over that many rows of a systematic draw by weight, in units of the variance of a row: that of the data themselves, and that of
/// how often a row comes, m w or the next integer below or above. 1 / m where no row comes twice.
template <class Exec>
double variance_of_mean(const DataSet<Exec>& data, double drawn) {
  double open = 0;
  const double share = drawn / data.total_weight();
  for (const double w : data.weights()) {
    const double rest = share * w - std::floor(share * w);
    open += rest * (1 - rest);
  }
  return 1 / data.effective_size() + data.ranks().sum(open) / (drawn * drawn);
}

/// The rows that say as much as `wanted` independent ones, or nothing where these are too many to save time.
template <class Exec>
std::vector<Index> rows_worth(const DataSet<Exec>& data, double wanted, std::uint64_t seed) {
  constexpr double nearly = 1.01;
  if (!(wanted > 0) || !(wanted < data.effective_size())) return {};
  for (double drawn = std::ceil(wanted); saves_rows(drawn, data.size());) {
    const double more = data.is_weighted() ? wanted * variance_of_mean(data, drawn) : 1;
    if (more <= nearly) return representative_rows(data, static_cast<Index>(drawn), seed, 4);
    drawn = std::ceil(drawn * std::max(more, nearly));
  }
  return {};
}

}  // namespace kswgd::detail
