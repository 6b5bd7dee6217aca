// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/model/model_data.hpp>

#include <algorithm>
#include <string>

// Fits of few rows, which are possible and say little.
namespace kswgd::detail {

/// Below so many a fit is a guess, and says so.
constexpr Index few_rows = 20;

/// How many of the rows of a fit have weight.
inline Index rows_with_weight(const FittedRows& rows) {
  return rows.weights.empty() ? rows.size : std::count_if(rows.weights.begin(), rows.weights.end(), [](double w) { return w > 0; });
}

/// What a fit of few rows says of itself; nothing of enough, or where nobody knows how many they were.
inline std::string note_on_few(Index rows) {
  if (rows >= few_rows || rows == 0) return {};
  return "only " + std::to_string(rows) + " rows have weight: no law can be told from so few, and eigenvalues, their errors and samples are a guess";
}

}  // namespace kswgd::detail
