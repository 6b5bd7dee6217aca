// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/dictionary/detail/tensor_terms.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>
#include <string>

namespace kswgd::detail {
namespace {

constexpr Index many = 1'000'000'000'000'000;

class Enumeration {
 public:
  Enumeration(Index dimension, Index variants, DegreeRule rule) : m_dimension(dimension), m_variants(variants), m_rule(rule) { m_terms.first.push_back(0); }

  /// Appends the products of exactly this degree.
  void append(Index degree) {
    m_degree = degree;
    extend(0, degree, degree == 0);
  }

  TensorTerms terms() && { return std::move(m_terms); }

 private:
  /// Factors of the coordinates from k on. left: degree that they must (total) or may (each) have. complete: whether the
  /// factors chosen so far are a product of this degree.
  void extend(Index k, Index left, bool complete) {
    if (complete) {
      for (const auto& [coordinate, function] : m_factors) {
        m_terms.coordinate.push_back(coordinate);
        m_terms.function.push_back(function);
      }
      m_terms.first.push_back(static_cast<int>(m_terms.coordinate.size()));
    }
    if (left == 0) return;
    for (; k < m_dimension; ++k)
      for (Index m = left; m >= 1; --m)
        for (Index variant = 0; variant < m_variants; ++variant) {
          m_factors.emplace_back(static_cast<int>(k), static_cast<int>((m - 1) * m_variants + variant));
          if (m_rule == DegreeRule::total) {
            extend(k + 1, left - m, left == m);
          } else {
            extend(k + 1, left, complete || m == m_degree);
          }
          m_factors.pop_back();
        }
  }

  Index m_dimension, m_variants, m_degree = 0;
  DegreeRule m_rule;
  std::vector<std::pair<int, int>> m_factors;
  TensorTerms m_terms;
};

}  // namespace

Index tensor_count(Index dimension, Index degree, Index variants, DegreeRule rule) {
  double count = 0;
  if (rule == DegreeRule::each) {
    count = std::pow(1 + static_cast<double>(variants * degree), static_cast<double>(dimension));
  } else {
    double term = 1;  // C(d, j) C(degree, j) variants^j: whole numbers, exact in double up to 2^53
    for (Index j = 0; j <= std::min(dimension, degree) && count < static_cast<double>(many); ++j) {
      count += term;
      term = term * static_cast<double>(dimension - j) / static_cast<double>(j + 1);
      term = term * static_cast<double>((degree - j) * variants) / static_cast<double>(j + 1);
    }
  }
  return count < static_cast<double>(many) ? static_cast<Index>(std::llround(count)) : many;
}

Index tensor_degree(Index dimension, Index features, Index variants, DegreeRule rule) {
  Index degree = 0;
  while (degree < most_degree && tensor_count(dimension, degree + 1, variants, rule) <= features) ++degree;
  return degree;
}

void require_tensor(const char* function, Index dimension, Index degree, Index variants, DegreeRule rule) {
  require(dimension >= 1, function, [&] { return "dimension must be 1 or more, got " + std::to_string(dimension); });
  require(degree >= 0 && degree <= most_degree, function,
          [&] { return "degree must be between 0 and " + std::to_string(most_degree) + ", got " + std::to_string(degree); });
  const Index count = tensor_count(dimension, degree, variants, rule);
  require(count <= most_features, function, [&] {
    return "degree " + std::to_string(degree) + " in " + std::to_string(dimension) + " dimensions has " +
           (count == many ? std::string("more than 10^15") : std::to_string(count)) + " features, at most " + std::to_string(most_features) +
           " are possible: take a lower degree, or fewer coordinates";
  });
}

TensorTerms tensor_terms(Index dimension, Index degree, Index variants, DegreeRule rule) {
  Enumeration enumeration(dimension, variants, rule);
  for (Index m = 0; m <= degree; ++m) enumeration.append(m);
  return std::move(enumeration).terms();
}

}  // namespace kswgd::detail
