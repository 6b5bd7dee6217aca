// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/systems/systems.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>

namespace kswgd {
namespace {

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

constexpr int fine = 20000;

HostPoints draw(Index n, Index d, std::uint64_t seed, const std::function<void(const IndexedRandom&, double*)>& one) {
  const HostPoints points("kswgd::draw_exact", n, d);
  std::vector<double> x(static_cast<std::size_t>(d));
  for (Index i = 0; i < n; ++i) {
    one(IndexedRandom(seed, 0x6578616374000000 + static_cast<std::uint64_t>(i)), x.data());
    for (Index k = 0; k < d; ++k) points(i, k) = x[static_cast<std::size_t>(k)];
  }
  return points;
}

/// The grids have at least 5 cells in the standard deviation of the narrowest well from this temperature on.
void require_resolved(double temperature, double lowest) {
  require(temperature >= lowest, "draw_exact", [&] {
    std::ostringstream sentence;
    sentence << "the grid resolves this system from temperature " << lowest << " on, got " << temperature;
    return sentence.str();
  });
}

/// Where exp(-quartic / T) has fallen below 1e-16 of its height.
double quartic_range(double temperature) { return std::sqrt(1 + std::sqrt(40 * temperature + 1)) + 0.5; }

HostPoints draw_quadruple_well(Index n, double t, std::uint64_t seed) {
  require_resolved(t, 1e-4);
  const double range = quartic_range(t);
  const InverseDistribution inverse(-range, range, fine, [t](double x) { return std::exp(-(x * x - 1) * (x * x - 1) / t); });
  return draw(n, 2, seed, [&](const IndexedRandom& random, double* x) {
    for (std::uint64_t k = 0; k < 2; ++k) x[k] = inverse(random.uniform(k));
  });
}

HostPoints draw_double_well(Index n, double t, std::uint64_t seed) {
  require_resolved(t, 1e-4);
  const double range = quartic_range(t);
  const InverseDistribution inverse(-range, range, fine,
                                    [t](double x) {  // 0.1006: the depth of the left well
                                      return std::exp(-((x * x - 1) * (x * x - 1) + 0.1 * x + 0.1006) / t);
                                    });
  return draw(n, 2, seed, [&](const IndexedRandom& random, double* x) {
    x[0] = inverse(random.uniform(0));
    x[1] = std::sqrt(t) * random.normal(2);
  });
}

/// The marginal of x by quadrature over y, then y given the column of x: 1501 columns.
HostPoints draw_mueller_brown(Index n, double t, std::uint64_t seed) {
  require_resolved(t, 1);
  const MuellerBrown potential;
  constexpr int columns = 1500, cells = 2000;
  // Far out the fourth Gaussian alone counts: along an axis from its centre (-1, 1) it is at least 15 exp((0.7 - 0.3^2 / 0.7) s^2).
  // Beyond `reach` the density is below exp(-28) of its height.
  const double height = (28 * t - 147) / 15, reach = height > 1 ? std::sqrt(std::log(height) / (0.7 - 0.09 / 0.7)) : 0;
  const double left = std::min(-3.0, -1 - reach), right = std::max(2.0, -1 + reach);
  const double bottom = std::min(-1.5, 1 - reach), top = std::max(3.5, 1 + reach);
  const auto density = [&](double x, double y) {
    const double point[] = {x, y};
    return std::exp(-(potential.energy(point) + 147) / t);  // 147: the depth of the deepest well
  };
  std::vector<InverseDistribution> given;
  for (int i = 0; i <= columns; ++i) {
    const double x = left + (right - left) * i / columns;
    given.emplace_back(bottom, top, cells, [&](double y) { return density(x, y); });
  }
  const auto place = [&](double x) { return (x - left) / (right - left) * columns; };
  const InverseDistribution marginal(left, right, columns, [&](double x) {
    return given[static_cast<std::size_t>(std::lround(place(x)))].total();
  });
  return draw(n, 2, seed, [&](const IndexedRandom& random, double* x) {
    x[0] = marginal(random.uniform(0));
    // Between two columns one of them is taken, in proportion to nearness and mass: the mixture is the interpolated density.
    const auto low = std::min(static_cast<std::size_t>(place(x[0])), static_cast<std::size_t>(columns - 1));
    const double fraction = place(x[0]) - static_cast<double>(low);
    const double a = (1 - fraction) * given[low].total(), b = fraction * given[low + 1].total();
    x[1] = given[random.uniform(1) * (a + b) < a ? low : low + 1](random.uniform(2));
  });
}

HostPoints draw_normal(Index n, double t, std::uint64_t seed) {
  return draw(n, 1, seed, [&](const IndexedRandom& random, double* x) { x[0] = std::sqrt(t) * random.normal(0); });
}

}  // namespace

const std::vector<SystemInfo>& known_systems() {
  static const std::vector<SystemInfo> systems = {
      {"quadruple-well", 2, 1, {1, 1}, 0.005, "V = (x^2 - 1)^2 + (y^2 - 1)^2"},
      {"double-well", 2, 0.125, {-1, 0}, 0.005, "V = (x^2 - 1)^2 + x/10 + y^2/2"},
      {"mueller-brown", 2, 10, {-0.558, 1.442}, 1e-4, "the four Gaussians of Mueller and Brown"},
      {"ornstein-uhlenbeck", 1, 1, {0}, 0.02, "V = x^2/2"},
  };
  return systems;
}

const SystemInfo& find_system(const std::string& name) {
  std::string names;
  for (const SystemInfo& system : known_systems()) {
    if (system.name == name) return system;
    names += (names.empty() ? "" : " ") + system.name;
  }
  throw InvalidInput("kswgd::simulate: there is no system '" + name + "'; known are: " + names);
}

template <ExecutionSpace Exec>
Points<Exec> simulate(const Exec& exec, const std::string& name, LangevinOptions options) {
  const SystemInfo& system = find_system(name);
  if (options.temperature <= 0) options.temperature = system.temperature;
  require_positive(options.dt, "simulate", "dt");
  if (options.substeps == 0) options.substeps = static_cast<int>(std::clamp(std::ceil(options.dt / system.step), 1.0, 1e9));
  if (name == "quadruple-well") return simulate_langevin(exec, QuadrupleWell{}, system.start, options);
  if (name == "double-well") return simulate_langevin(exec, TiltedDoubleWell{}, system.start, options);
  if (name == "mueller-brown") return simulate_langevin(exec, MuellerBrown{}, system.start, options);
  return simulate_langevin(exec, OrnsteinUhlenbeck<1>{}, system.start, options);
}

HostPoints draw_exact(const std::string& name, Index n, double temperature, std::uint64_t seed) {
  const SystemInfo& system = find_system(name);
  require(n >= 1, "draw_exact", [&] { return "at least one sample must be asked for, got " + std::to_string(n); });
  const double t = temperature <= 0 ? system.temperature : temperature;  // NaN is passed on, and refused
  require_positive(t, "draw_exact", "temperature");
  if (name == "quadruple-well") return draw_quadruple_well(n, t, seed);
  if (name == "double-well") return draw_double_well(n, t, seed);
  if (name == "mueller-brown") return draw_mueller_brown(n, t, seed);
  return draw_normal(n, t, seed);
}

#define KSWGD_INSTANTIATE(EXEC) template Points<EXEC> simulate(const EXEC&, const std::string&, LangevinOptions);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
