// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/rivals/lawgd.hpp>

#include <algorithm>
#include <cmath>

namespace kswgd::rivals {

LineSpectrum line_spectrum(const std::function<double(double)>& potential, double low, double high, Index cells, Index modes) {
  require(std::isfinite(low) && std::isfinite(high) && low < high, "line_spectrum", [] { return "the interval must be finite and not empty"; });
  require(cells >= 10 && modes >= 1 && modes <= cells + 1, "line_spectrum", [] { return "at least 10 cells are needed, and at most as many modes as nodes"; });
  const auto nodes = static_cast<std::size_t>(cells) + 1;
  const double width = (high - low) / static_cast<double>(cells);
  std::vector<double> v(2 * nodes - 1);  // at the nodes and between them
  double lowest = HUGE_VAL;
  for (std::size_t i = 0; i < v.size(); ++i) {
    v[i] = potential(low + width * static_cast<double>(i) / 2);
    require(std::isfinite(v[i]), "line_spectrum", [] { return "the potential is not finite on the interval"; });
    lowest = std::min(lowest, v[i]);
  }
  LineSpectrum line{low, high, {}, HostMatrix("kswgd::line_spectrum::functions", nodes, modes), std::vector<double>(nodes), 0};
  const auto weight = [&](std::size_t node) { return std::exp(-(v[2 * node] - lowest)) * (node == 0 || node + 1 == nodes ? 0.5 : 1.0) * width; };
  for (std::size_t i = 0; i < nodes; ++i) line.mass += weight(i);
  for (std::size_t i = 0; i < nodes; ++i) line.density[i] = std::exp(-(v[2 * i] - lowest)) / line.mass;
  // With f = g / sqrt(weight): ratios of weights alone occur, so that far tails do not underflow.
  const auto half = [&](std::size_t node) { return node == 0 || node + 1 == nodes ? 0.5 : 1.0; };
  const auto ratio = [&](std::size_t middle, std::size_t node) { return std::exp(v[2 * node] - v[2 * middle + 1]) / (half(node) * width * width); };
  std::vector<double> diagonal(nodes, 0.0), beside(nodes, 0.0);
  for (std::size_t i = 0; i + 1 < nodes; ++i) {
    diagonal[i] += ratio(i, i);
    diagonal[i + 1] += ratio(i, i + 1);
    beside[i] = -std::sqrt(ratio(i, i) * ratio(i, i + 1));
  }
  const HostVector values("kswgd::line_spectrum::values", modes);
  const HostMatrix vectors("kswgd::line_spectrum::vectors", nodes, modes);
  beside.pop_back();
  algebra::smallest_tridiagonal_eigen(diagonal, beside, values, vectors);
  for (std::size_t k = 0; k < static_cast<std::size_t>(modes); ++k) {
    line.values.push_back(k == 0 ? 0.0 : values(k));
    const double* g = &vectors(0, k);
    const auto largest = static_cast<std::size_t>(std::max_element(g, g + nodes, [](double a, double b) { return std::abs(a) < std::abs(b); }) - g);
    for (std::size_t i = 0; i < nodes; ++i) {
      // Where the law has no mass the division would amplify round-off: the function goes on as it was.
      const double share = weight(i) / line.mass;
      line.functions(i, k) = share > 1e-26 ? g[i] / std::sqrt(share) : std::nan("");
    }
    for (std::size_t i = largest; i < nodes; ++i)
      if (std::isnan(line.functions(i, k))) line.functions(i, k) = line.functions(i - 1, k);
    for (std::size_t i = largest; i-- > 0;)
      if (std::isnan(line.functions(i, k))) line.functions(i, k) = line.functions(i + 1, k);
    const double sign = line.functions(nodes - 1, k) < 0 ? -1 : 1;
    for (std::size_t i = 0; i < nodes; ++i) line.functions(i, k) = k == 0 ? 1 : sign * line.functions(i, k);
  }
  return line;
}

}  // namespace kswgd::rivals
