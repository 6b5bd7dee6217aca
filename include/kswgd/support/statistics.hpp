// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/random.hpp>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

/// @file
/// Order statistics and random orders of values on the host. Values must not be empty, and none may be NaN.

namespace kswgd {

/// The quantile at a level in [0, 1] of ascending values, linear between order statistics (Hyndman, Fan 1996, definition 7).
inline double sorted_quantile(const std::vector<double>& sorted, double level) {
  const double place = level * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(place), high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (place - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

/// The same of values in any order. Cost: linear.
inline double quantile(std::vector<double> values, double level) {
  const double place = level * static_cast<double>(values.size() - 1);
  const auto low = values.begin() + static_cast<std::ptrdiff_t>(place);
  std::nth_element(values.begin(), low, values.end());
  if (low + 1 == values.end()) return *low;
  return *low + (place - static_cast<double>(low - values.begin())) * (*std::min_element(low + 1, values.end()) - *low);
}

/// The mean of the two middle values, or the middle one.
inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// The middle value, or the upper one of two. Cost: linear.
inline double upper_median(std::vector<double> values) {
  const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), half, values.end());
  return *half;
}

/// The smallest value at and below which lies more than half of the weight: upper_median where all weights are equal. No weight may be
/// negative, and one must be positive.
inline double upper_median(const std::vector<double>& values, const std::vector<double>& weights) {
  std::vector<std::pair<double, double>> sorted;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (weights[i] > 0) sorted.emplace_back(values[i], weights[i]);
  std::sort(sorted.begin(), sorted.end());
  double total = 0, below = 0;
  for (const auto& [value, weight] : sorted) total += weight;
  for (const auto& [value, weight] : sorted)
    if ((below += weight) > total / 2) return value;
  return sorted.back().first;
}

/// 0, ..., count - 1 in random order (Fisher, Yates). Each order has the same probability; draws 1 to count - 1 are used.
inline std::vector<std::int64_t> random_order(std::int64_t count, const IndexedRandom& random) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::size_t i = order.size(); i-- > 1;) std::swap(order[i], order[random.below(i + 1, i)]);
  return order;
}

}  // namespace kswgd
