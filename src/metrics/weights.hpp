// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <kswgd/metrics/weighted_points.hpp>

// What the metrics do with weights before they count them.
namespace kswgd::detail {

/// The weights, divided by the largest where their squares could leave the range of doubles. Throws InvalidInput, naming the function,
/// unless there is one for each of n points, all are finite, none is negative and one is positive. Empty weights stay empty.
std::vector<double> usable_weights(const std::vector<double>& weights, Index n, const char* function);

/// Weights whose sum is 1; n equal ones where there are none.
std::vector<double> shares(const std::vector<double>& weights, Index n);

/// The rows whose weight is positive, ascending; all where there are no weights.
std::vector<Index> positive_rows(const std::vector<double>& weights, Index n);

/// `count` rows, one at random from each of as many stretches of equal weight: ascending, a heavy row more than once. With equal
/// weights they stand for the weighted ones.
std::vector<Index> rows_by_weight(const std::vector<double>& weights, Index count, std::uint64_t seed, std::uint64_t stream);

/// These rows, with their weights.
template <ExecutionSpace Exec>
WeightedPoints<Exec> take_weighted(const Exec& exec, const WeightedPoints<Exec>& from, const std::vector<Index>& rows) {
  std::vector<double> weights;
  if (from.is_weighted())
    for (const Index row : rows) weights.push_back(from.weights[static_cast<std::size_t>(row)]);
  return {take_rows(exec, from.points, rows), std::move(weights)};
}

}  // namespace kswgd::detail
