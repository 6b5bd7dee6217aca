// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "draws.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/systems/allen_cahn.hpp>

#include <cmath>
#include <sstream>

namespace kswgd {
namespace {

using systems::draw;
using systems::InverseDistribution;

constexpr int fine = 20000;

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

struct Box {
  double left, right, bottom, top;
};

/// exp(-(V - lowest) / T) on a box: the marginal of x by quadrature over y, then y given the column of x: 1501 columns.
template <class P>
HostPoints draw_plane(const P& potential, double lowest, const Box& box, Index n, double t, std::uint64_t seed) {
  constexpr int columns = 1500, cells = 2000;
  const auto density = [&](double x, double y) {
    const double point[] = {x, y};
    return std::exp(-(potential.energy(point) - lowest) / t);
  };
  std::vector<InverseDistribution> given;
  for (int i = 0; i <= columns; ++i) {
    const double x = box.left + (box.right - box.left) * i / columns;
    given.emplace_back(box.bottom, box.top, cells, [&](double y) { return density(x, y); });
  }
  const auto place = [&](double x) { return (x - box.left) / (box.right - box.left) * columns; };
  const InverseDistribution marginal(box.left, box.right, columns, [&](double x) { return given[static_cast<std::size_t>(std::lround(place(x)))].total(); });
  return draw(n, 2, seed, [&](const IndexedRandom& random, double* x) {
    x[0] = marginal(random.uniform(0));
    // Between two columns one of them is taken, in proportion to nearness and mass: the mixture is the interpolated density.
    const auto low = std::min(static_cast<std::size_t>(place(x[0])), static_cast<std::size_t>(columns - 1));
    const double fraction = place(x[0]) - static_cast<double>(low);
    const double a = (1 - fraction) * given[low].total(), b = fraction * given[low + 1].total();
    x[1] = given[random.uniform(1) * (a + b) < a ? low : low + 1](random.uniform(2));
  });
}

HostPoints draw_mueller_brown(Index n, double t, std::uint64_t seed) {
  require_resolved(t, 1);
  // Far out the fourth Gaussian alone counts: along an axis from its centre (-1, 1) it is at least 15 exp((0.7 - 0.3^2 / 0.7) s^2).
  // Beyond `reach` the density is below exp(-28) of its height.
  const double height = (28 * t - 147) / 15, reach = height > 1 ? std::sqrt(std::log(height) / (0.7 - 0.09 / 0.7)) : 0;
  const Box box{std::min(-3.0, -1 - reach), std::max(2.0, -1 + reach), std::min(-1.5, 1 - reach), std::max(3.5, 1 + reach)};
  return draw_plane(MuellerBrown{}, -147, box, n, t, seed);  // -147: the depth of the deepest well
}

HostPoints draw_triple_well(Index n, double t, std::uint64_t seed) {
  require_resolved(t, 0.03);
  // The quartics alone count far out: 0.2 s^4 - 13 = 36 T there.
  const double reach = std::pow((36 * t + 13) / 0.2, 0.25);
  return draw_plane(TripleWell{}, -3.9, {-reach, reach, 1.0 / 3 - reach, 1.0 / 3 + reach}, n, t, seed);
}

HostPoints draw_normal(Index n, Index d, double t, std::uint64_t seed) {
  return draw(n, d, seed, [&](const IndexedRandom& random, double* x) {
    for (Index k = 0; k < d; ++k) x[k] = std::sqrt(t) * random.normal(static_cast<std::uint64_t>(k));
  });
}

/// The eight squares of a board of 4 x 4 on [-2, 2]^2 whose indices have an even sum.
HostPoints draw_checkerboard(Index n, std::uint64_t seed) {
  return draw(n, 2, seed, [](const IndexedRandom& random, double* x) {
    const auto column = static_cast<double>(random.below(4, 0)), half = static_cast<double>(random.below(2, 1));
    x[0] = column - 2 + random.uniform(2);
    x[1] = 2 * half + std::fmod(column, 2.0) - 2 + random.uniform(3);
  });
}

/// Exact transitions of dX = -X dt + sqrt(2 T) dW from frame to frame.
template <class Exec>
struct OrnsteinUhlenbeckPath {
  Points<Exec> frames;
  Index samples, burn_in;
  double keep, noise;
  std::uint64_t seed;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index d = static_cast<Index>(frames.extent(1)), trajectory = item / d, k = item % d;
    const IndexedRandom random(seed, static_cast<std::uint64_t>(trajectory));
    double x = 0;
    for (Index frame = -burn_in; frame < samples; ++frame) {
      x = keep * x + noise * random.normal(static_cast<std::uint64_t>((frame + burn_in) * d + k));
      if (frame >= 0) frames(trajectory * samples + frame, k) = x;
    }
  }
};

template <class Exec>
Points<Exec> ornstein_uhlenbeck(const Exec& exec, Index d, const LangevinOptions& options) {
  const auto frames = allocate<Points<Exec>>(exec, "simulate::frames", options.samples * options.trajectories, d);
  const double keep = std::exp(-options.dt), noise = std::sqrt(-options.temperature * std::expm1(-2 * options.dt));
  Kokkos::parallel_for("kswgd::simulate::ornstein_uhlenbeck", index_range(exec, options.trajectories * d),
                       OrnsteinUhlenbeckPath<Exec>{frames, options.samples, options.burn_in, keep, noise, options.seed});
  return frames;
}

}  // namespace

const std::vector<SystemInfo>& known_systems() {
  static const std::vector<SystemInfo> systems = {
      {"quadruple-well", 2, 1, {1, 1}, 0.005, "V = (x^2 - 1)^2 + (y^2 - 1)^2", {1}},
      {"double-well", 2, 0.125, {-1, 0}, 0.005, "V = (x^2 - 1)^2 + x/10 + y^2/2", {0.125}},
      {"triple-well", 2, 1, {-1, 0}, 0.005, "two deep wells, a shallow one, two ways between them (Metzner et al. 2006)", {1}},
      {"mueller-brown", 2, 10, {-0.558, 1.442}, 1e-4, "the four Gaussians of Mueller and Brown", {10}},
      {"ornstein-uhlenbeck", 1, 1, {0}, 0, "V = |x|^2/2", {1, 1}},
      {"circle", 2, 1, {1, 0}, 0.005, "uniform; Brownian motion", {1, 0, 1}},
      {"sphere", 3, 1, {1, 0, 0}, 0.005, "uniform; Brownian motion", {1, 2, 1}},
      {"torus", 3, 1, {2.8, 0, 0}, 0.005, "uniform on the surface in space; Brownian motion", {1, 0, 2, 0.8}},
      {"checkerboard", 2, 0, {}, 0, "uniform on every other square of [-2, 2]^2; no dynamics", {}, false},
      {"allen-cahn", 64, 0.04, std::vector<double>(64, 1.0), 0.005, "stochastic Allen-Cahn equation on [0, 1], space-time white noise", {0.04, 64}},
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

SystemInfo find_system(const std::string& name, const SystemParameters& given) {
  SystemInfo system = find_system(name);
  SystemParameters& own = system.parameters;
  const auto set = [&](double value, double& target, const char* what) {
    if (value <= 0) return;  // NaN is passed on, and refused
    require(target > 0, "simulate", [&] { return "'" + name + "' has no " + what; });
    require_positive(value, "simulate", what);
    target = value;
  };
  set(given.temperature, own.temperature, "temperature");
  set(given.radius, own.radius, "radius");
  set(given.minor_radius, own.minor_radius, "minor radius");
  require(given.dimension >= 0 && given.dimension <= 1000000, "simulate",
          [&] { return "dimension must be between 1 and 1000000, got " + std::to_string(given.dimension); });
  require(given.dimension == 0 || own.dimension > 0, "simulate", [&] { return "'" + name + "' has no dimension to choose"; });
  if (given.dimension > 0) own.dimension = given.dimension;
  require(own.minor_radius < own.radius || own.minor_radius == 0, "simulate",
          [] { return "the torus' minor radius must be below its radius: it would cross itself"; });
  system.temperature = own.temperature;
  if (own.dimension > 0) system.dimension = own.dimension + (name == "sphere" ? 1 : 0);
  if (own.radius > 0) system.start[0] = own.radius + own.minor_radius;
  system.start.resize(system.has_dynamics ? static_cast<std::size_t>(system.dimension) : 0, name == "allen-cahn" ? 1.0 : 0.0);
  return system;
}

template <ExecutionSpace Exec>
Points<Exec> simulate(const Exec& exec, const std::string& name, LangevinOptions options, const SystemParameters& parameters) {
  SystemParameters given = parameters;
  if (!(given.temperature > 0) && find_system(name).temperature > 0) given.temperature = options.temperature;
  const SystemInfo system = find_system(name, given);
  require(system.has_dynamics, "simulate", [&] { return "'" + name + "' has no dynamics: draw from its exact law instead"; });
  options.temperature = system.temperature;
  require_positive(options.dt, "simulate", "dt");
  require(options.substeps >= 0 && options.samples >= 1 && options.trajectories >= 1 && options.burn_in >= 0, "simulate",
          [] { return "samples and trajectories must be at least 1, burn-in and substeps not negative"; });
  const double size = name == "torus" ? system.parameters.minor_radius : system.parameters.radius;
  // On a manifold the step is that of a path whose length is measured by its curvature.
  const double longest = size > 0 ? system.step * size * size / options.temperature : system.step;
  if (options.substeps == 0) options.substeps = longest > 0 ? static_cast<int>(std::clamp(std::ceil(options.dt / longest), 1.0, 1e9)) : 1;
  if (name == "quadruple-well") return simulate_langevin(exec, QuadrupleWell{}, system.start, options);
  if (name == "double-well") return simulate_langevin(exec, TiltedDoubleWell{}, system.start, options);
  if (name == "triple-well") return simulate_langevin(exec, TripleWell{}, system.start, options);
  if (name == "mueller-brown") return simulate_langevin(exec, MuellerBrown{}, system.start, options);
  if (name == "ornstein-uhlenbeck") return ornstein_uhlenbeck(exec, system.dimension, options);
  if (name == "allen-cahn") {
    const auto starts = allocate<Points<Exec>>(exec, "simulate::starts", options.trajectories, system.dimension);
    Kokkos::deep_copy(exec, starts, 1.0);
    return simulate_allen_cahn(exec, AllenCahn{.points = system.dimension, .temperature = system.temperature}, starts, options);
  }
  return systems::simulate_manifold(exec, system, options);
}

HostPoints draw_exact(const std::string& name, Index n, const SystemParameters& parameters, std::uint64_t seed) {
  const SystemInfo system = find_system(name, parameters);
  require(n >= 1, "draw_exact", [&] { return "at least one sample must be asked for, got " + std::to_string(n); });
  const double t = system.temperature;
  if (name == "quadruple-well") return draw_quadruple_well(n, t, seed);
  if (name == "double-well") return draw_double_well(n, t, seed);
  if (name == "triple-well") return draw_triple_well(n, t, seed);
  if (name == "mueller-brown") return draw_mueller_brown(n, t, seed);
  if (name == "ornstein-uhlenbeck") return draw_normal(n, system.dimension, t, seed);
  if (name == "checkerboard") return draw_checkerboard(n, seed);
  if (name == "allen-cahn") return draw_allen_cahn({.points = system.dimension, .temperature = t}, n, seed);
  return systems::draw_manifold(system, n, seed);
}

HostPoints draw_exact(const std::string& name, Index n, double temperature, std::uint64_t seed) {
  return draw_exact(name, n, SystemParameters{.temperature = temperature}, seed);
}

#define KSWGD_INSTANTIATE(EXEC) template Points<EXEC> simulate(const EXEC&, const std::string&, LangevinOptions, const SystemParameters&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
