// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/dictionary/detail/tensor_terms.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace kswgd::detail {
namespace {

constexpr Index many = 1'000'000'000'000'000;

/// Appends the products whose factors so far are `factors` and whose other factors, of the coordinates from k on, have degrees that sum
/// to `left`.
void append(TensorTerms& terms, std::vector<std::pair<int, int>>& factors, Index dimension, Index k, Index left) {
  if (left == 0) {
    for (const auto& [coordinate, function] : factors) {
      terms.coordinate.push_back(coordinate);
      terms.function.push_back(function);
    }
    terms.first.push_back(static_cast<int>(terms.coordinate.size()));
    return;
  }
  for (; k < dimension; ++k)
    for (Index m = left; m >= 1; --m) {
      factors.emplace_back(static_cast<int>(k), static_cast<int>(m - 1));
      append(terms, factors, dimension, k + 1, left - m);
      factors.pop_back();
    }
}

}  // namespace

Index tensor_count(Index dimension, Index degree) {
  const auto more = static_cast<double>(std::max(dimension, degree)), fewer = static_cast<double>(std::min(dimension, degree));
  double count = 1;  // C(more + j, j): whole numbers, exact in double up to 2^53
  for (double j = 1; j <= fewer && count < static_cast<double>(many); ++j) count = count * (more + j) / j;
  return count < static_cast<double>(many) ? static_cast<Index>(std::llround(count)) : many;
}

Index tensor_degree(Index dimension, Index features) {
  Index degree = 0;
  while (degree < most_degree && tensor_count(dimension, degree + 1) <= features) ++degree;
  return degree;
}

std::string too_many_features(Index dimension, Index degree) {
  const Index count = tensor_count(dimension, degree);
  return "degree " + std::to_string(degree) + " in " + std::to_string(dimension) + " dimensions has " +
         (count == many ? std::string("more than 10^15") : std::to_string(count)) + " features, at most " + std::to_string(most_features) +
         " are possible: take a lower degree, or fewer coordinates";
}

TensorTerms tensor_terms(Index dimension, Index degree) {
  TensorTerms terms;
  terms.first.push_back(0);
  std::vector<std::pair<int, int>> factors;
  for (Index m = 0; m <= degree; ++m) append(terms, factors, dimension, 0, m);
  return terms;
}

}  // namespace kswgd::detail
