// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "weights.hpp"

#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kswgd::detail {

std::vector<double> usable_weights(const std::vector<double>& weights, Index n, const char* function) {
  if (weights.empty()) return {};
  require(static_cast<Index>(weights.size()) == n, function,
          [&] { return "there must be one weight for each of the " + std::to_string(n) + " points, got " + std::to_string(weights.size()); });
  for (std::size_t i = 0; i < weights.size(); ++i)
    require(std::isfinite(weights[i]) && weights[i] >= 0, function,
            [&] { return "weights must be finite and not negative, but weight " + std::to_string(i) + " is " + std::to_string(weights[i]); });
  const double largest = *std::max_element(weights.begin(), weights.end());
  require(largest > 0, function, [] { return "at least one weight must be positive"; });
  std::vector<double> usable = weights;
  if (largest > 1e100 || largest < 1e-100)
    for (double& weight : usable) weight /= largest;
  return usable;
}

std::vector<double> shares(const std::vector<double>& weights, Index n) {
  if (weights.empty()) return std::vector<double>(static_cast<std::size_t>(n), 1 / static_cast<double>(n));
  std::vector<double> result = weights;
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& share : result) share /= total;
  return result;
}

std::vector<Index> positive_rows(const std::vector<double>& weights, Index n) {
  std::vector<Index> rows;
  for (Index row = 0; row < n; ++row)
    if (weights.empty() || weights[static_cast<std::size_t>(row)] > 0) rows.push_back(row);
  return rows;
}

std::vector<Index> rows_by_weight(const std::vector<double>& weights, Index count, std::uint64_t seed, std::uint64_t stream) {
  const IndexedRandom random(seed, stream);
  const double stretch = std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(count);
  std::vector<Index> rows;
  Index row = 0, last = 0;  // last: the last row that has a weight, for round-off in the sums
  double sum = weights[0];
  for (Index part = 0; part < count; ++part) {
    const double place = stretch * (static_cast<double>(part) + random.uniform(static_cast<std::uint64_t>(part)));
    while (sum <= place && row + 1 < static_cast<Index>(weights.size())) sum += weights[static_cast<std::size_t>(++row)];
    if (weights[static_cast<std::size_t>(row)] > 0) last = row;
    rows.push_back(last);
  }
  return rows;
}

}  // namespace kswgd::detail
