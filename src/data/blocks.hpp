// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>

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

/// The relative standard error of the weighted mean of values: from the rows, or from 50 stretches of equal weight where rows follow one
/// another in time.
inline double relative_error_of_mean(const std::vector<double>& values, const std::vector<double>& weights, bool ordered) {
  const auto n = static_cast<Index>(values.size());
  const auto weight = [&](Index i) { return weights.empty() ? 1.0 : weights[static_cast<std::size_t>(i)]; };
  double sum = 0, total = 0;
  for (Index i = 0; i < n; ++i) {
    sum += weight(i) * values[static_cast<std::size_t>(i)];
    total += weight(i);
  }
  const double mean = sum / total;
  const std::vector<Index> starts = blocks_of_equal_weight(n, weights, ordered ? std::min<Index>(50, n) : n);
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
  return blocks > 1 && sum > 0 ? std::sqrt(blocks / (blocks - 1) * square) / sum : HUGE_VAL;
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
