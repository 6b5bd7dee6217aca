// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <algorithm>
#include <functional>
#include <kswgd/support/random_streams.hpp>
#include <kswgd/systems/systems.hpp>

// How exact samplers are made: a density's inverse cumulative distribution, and draws that depend on (seed, index) alone.
namespace kswgd::systems {

/// Inverse of the cumulative distribution of a density on [low, high], by the trapezoidal rule on a fine grid.
class InverseDistribution {
 public:
  template <class Density>
  InverseDistribution(double low, double high, int cells, const Density& density)
      : m_low(low), m_width((high - low) / cells), m_cumulative(static_cast<std::size_t>(cells) + 1, 0.0) {
    double left = density(low);
    for (int i = 1; i <= cells; ++i) {
      const double right = density(low + i * m_width);
      m_cumulative[static_cast<std::size_t>(i)] = m_cumulative[static_cast<std::size_t>(i - 1)] + (left + right) / 2;
      left = right;
    }
  }
  double total() const { return m_cumulative.back() * m_width; }
  double operator()(double u) const {
    const double target = u * m_cumulative.back();
    const auto above = std::upper_bound(m_cumulative.begin() + 1, m_cumulative.end() - 1, target);
    const auto cell = static_cast<double>(above - m_cumulative.begin() - 1);
    const double before = *(above - 1), mass = *above - before;
    return m_low + m_width * (cell + (mass > 0 ? (target - before) / mass : 0.5));
  }

 private:
  double m_low, m_width;
  std::vector<double> m_cumulative;
};

/// n rows of d numbers, row i from the random stream (seed, i).
inline HostPoints draw(Index n, Index d, std::uint64_t seed, const std::function<void(const IndexedRandom&, double*)>& one) {
  const HostPoints points("kswgd::draw_exact", n, d);
  std::vector<double> x(static_cast<std::size_t>(d));
  for (Index i = 0; i < n; ++i) {
    one(IndexedRandom(seed, streams::exact_draws + static_cast<std::uint64_t>(i)), x.data());
    for (Index k = 0; k < d; ++k) points(i, k) = x[static_cast<std::size_t>(k)];
  }
  return points;
}

/// Draws of the laws that have their own file: see there.
HostPoints draw_manifold(const SystemInfo& system, Index n, std::uint64_t seed);

/// Brownian motion on circle, sphere and torus.
template <ExecutionSpace Exec>
Points<Exec> simulate_manifold(const Exec& exec, const SystemInfo& system, const LangevinOptions& options);

}  // namespace kswgd::systems
