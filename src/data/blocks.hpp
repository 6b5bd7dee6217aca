// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

// Stretches of rows that say as much as each other, and the errors that follow from them.
namespace kswgd::detail {

/// Where `count` stretches of n rows begin, and n at the end. Each holds the same weight but for that of a row; one that a heavy row has
/// swallowed is empty.
inline std::vector<Index> blocks_of_equal_weight(Index n, const std::vector<double>& weights, Index count) {
  std::vector<Index> starts{0};
  if (weights.empty()) {
    for (Index b = 1; b <= count; ++b) starts.push_back(b * n / count);
    return starts;
  }
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  double before = 0;
  for (Index row = 0; row < n; ++row) {
    const double w = weights[static_cast<std::size_t>(row)];
    const auto block = static_cast<Index>(before / total * static_cast<double>(count) + 1e-9);
    while (w > 0 && static_cast<Index>(starts.size()) <= std::min(block, count - 1)) starts.push_back(row);
    before += w;
  }
  while (static_cast<Index>(starts.size()) <= count) starts.push_back(n);
  return starts;
}

/// The same of data on several ranks, which call it together.
template <ExecutionSpace Exec>
std::vector<Index> blocks_of_equal_weight(const DataSet<Exec>& data, Index count) {
  if (!data.is_weighted()) return blocks_of_equal_weight(data.size(), {}, count);
  std::vector<double> starts(static_cast<std::size_t>(count) + 1, -static_cast<double>(data.size()));  // less the first row of each block here
  Index next = 1;
  double before = data.weight_before();
  for (Index row = data.here().first; row < data.here().second; ++row) {
    const double w = data.weight(row);
    const auto block = static_cast<Index>(before / data.total_weight() * static_cast<double>(count) + 1e-9);
    for (; w > 0 && next <= std::min(block, count - 1); ++next) starts[static_cast<std::size_t>(next)] = -static_cast<double>(row);
    before += w;
  }
  data.ranks().max(starts);
  std::vector<Index> result{0};
  for (Index b = 1; b <= count; ++b) result.push_back(static_cast<Index>(-starts[static_cast<std::size_t>(b)]));
  return result;
}

/// How much wider an interval of 90 % by Student's t with `degrees` of freedom is than the normal one (Abramowitz, Stegun, 26.7.5): 1.29 for
/// five folds, whose own scatter says little of itself.
inline double student_factor(double degrees) {
  constexpr double z = 1.6448536, square = z * z;
  return 1 + (square + 1) / (4 * degrees) + (5 * square * square + 16 * square + 3) / (96 * degrees * degrees);
}

/// The standard error of the weighted mean of values, from `count` stretches of rows of equal weight; wider by Student's t for the few that
/// they are. HUGE_VAL where all weight is in one.
inline double error_of_mean(const std::vector<double>& values, const std::vector<double>& weights, Index count) {
  const auto n = static_cast<Index>(values.size());
  const auto weight = [&](Index i) { return weights.empty() ? 1.0 : weights[static_cast<std::size_t>(i)]; };
  double sum = 0, total = 0;
  for (Index i = 0; i < n; ++i) {
    sum += weight(i) * values[static_cast<std::size_t>(i)];
    total += weight(i);
  }
  const double mean = sum / total;
  const std::vector<Index> starts = blocks_of_equal_weight(n, weights, std::min(count, n));
  double square = 0, blocks = 0;
  for (std::size_t b = 0; b + 1 < starts.size(); ++b) {
    double deviation = 0, own = 0;
    for (Index i = starts[b]; i < starts[b + 1]; ++i) {
      deviation += weight(i) * (values[static_cast<std::size_t>(i)] - mean);
      own += weight(i);
    }
    square += deviation * deviation;
    if (own > 0) ++blocks;
  }
  return blocks > 1 ? student_factor(blocks - 1) * std::sqrt(blocks / (blocks - 1) * square) / total : HUGE_VAL;
}

/// The same from the rows where they are independent, and where they follow one another in time the largest of those from 64, 32 and 16
/// stretches: a stretch must be longer than what the process remembers, and nobody says how long that is.
inline double error_of_mean(const std::vector<double>& values, const std::vector<double>& weights, bool ordered) {
  if (!ordered) return error_of_mean(values, weights, static_cast<Index>(values.size()));
  double error = 0;
  for (const Index count : {64, 32, 16}) error = std::max(error, error_of_mean(values, weights, count));
  return error;
}

/// The quantile q of the standard normal law, 0 < q < 1, by bisection.
inline double normal_quantile(double q) {
  double low = -40, high = 40;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(-middle / std::sqrt(2.0)) / 2 < q ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace kswgd::detail
