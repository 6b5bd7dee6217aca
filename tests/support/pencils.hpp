// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "support/problems.hpp"

#include <kswgd/spectrum/solver.hpp>

#include <cmath>

namespace kswgd::test {

/// A pencil whose theta are prescribed: A = R^T Q diag(theta) Q^T R with Q a product of reflections and R upper triangular.
template <class Exec>
Pencil<Exec> pencil_with(const std::vector<double>& theta) {
  const Index p = static_cast<Index>(theta.size());
  const auto n = static_cast<std::size_t>(p);
  std::vector<double> s(n * n, 0.0);  // symmetric, column-major
  for (std::size_t i = 0; i < n; ++i) s[i * n + i] = theta[i];
  for (std::uint64_t reflection = 0; reflection < 3; ++reflection) {  // S := H S H
    std::vector<double> v(n), sv(n, 0.0);
    double norm = 0, vsv = 0;
    for (std::size_t i = 0; i < n; ++i) norm += std::pow(v[i] = IndexedRandom(21, reflection).normal(i), 2);
    for (double& x : v) x /= std::sqrt(norm);
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t i = 0; i < n; ++i) sv[i] += s[j * n + i] * v[j];
    for (std::size_t i = 0; i < n; ++i) vsv += v[i] * sv[i];
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t i = 0; i < n; ++i) s[j * n + i] += -2 * v[i] * sv[j] - 2 * sv[i] * v[j] + 4 * vsv * v[i] * v[j];
  }
  // R: a band, so that forming R^T S R stays cheap.
  const auto r = [](std::size_t i, std::size_t j) { return i == j ? 1 + 0.5 * std::sin(static_cast<double>(i)) : j == i + 1 ? 0.3 : 0.0; };
  const HostMatrix a("a", p, p), upper("r", p, p);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      upper(i, j) = r(i, j);
      for (std::size_t k = i > 0 ? i - 1 : 0; k <= i; ++k)
        for (std::size_t l = j > 0 ? j - 1 : 0; l <= j; ++l) a(i, j) += r(k, i) * s[l * n + k] * r(l, j);
    }
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j) a(i, j) = a(j, i);
  return {to_device(Exec{}, a), to_device(Exec{}, upper)};
}

}  // namespace kswgd::test
