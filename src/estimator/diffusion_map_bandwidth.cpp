// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/estimator/diffusion_map.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace kswgd {

BandwidthChoice choose_bandwidth(const HostPoints& sample, Index points) {
  const std::size_t m = sample.extent(0), d = sample.extent(1);
  std::vector<double> squares;
  squares.reserve(m * (m - 1) / 2);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      double square = 0;
      for (std::size_t k = 0; k < d; ++k) square += (sample(i, k) - sample(j, k)) * (sample(i, k) - sample(j, k));
      squares.push_back(square);
    }
  const auto middle = squares.begin() + static_cast<std::ptrdiff_t>(squares.size() / 2);
  std::nth_element(squares.begin(), middle, squares.end());
  const double typical = *std::max_element(squares.begin(), middle + 1);
  require(typical > 0, "choose_bandwidth", [] { return "more than half of the points are the same: give a bandwidth"; });

  // n S, and the slope of log S against log e.
  const auto n = static_cast<double>(points), pairs = static_cast<double>(squares.size());
  struct Sum {
    double neighbours, slope;
  };
  const auto sum_at = [&](double log_e) {
    const double inverse = 1 / (2 * std::exp(log_e));
    double value = 0, derivative = 0;
    for (const double square : squares) {
      const double t = square * inverse;
      if (t > 40) continue;
      const double kernel = std::exp(-t);
      value += kernel;
      derivative += kernel * t;
    }
    const double neighbours = 1 + (n - 1) * value / pairs;
    return Sum{neighbours, (n - 1) * derivative / pairs / neighbours};
  };
  const double top = std::log(typical) + 2, step = 0.4;
  double slope = 0;
  for (int s = 0; s < 64; ++s) {
    const Sum at = sum_at(top - step * s);
    slope = std::max(slope, at.slope);
    if (at.neighbours < 1.5) break;
  }
  BandwidthChoice choice{0, 2 * slope};
  const double wanted = std::pow(n, 2 / (2 + choice.dimension));
  double low = top - 64 * step, high = top;
  for (int s = 0; s < 30; ++s) {
    const double half = (low + high) / 2;
    (sum_at(half).neighbours < wanted ? low : high) = half;
  }
  choice.bandwidth = std::exp((low + high) / 2);
  return choice;
}

}  // namespace kswgd
