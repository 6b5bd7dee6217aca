// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/support/check.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

struct Mean {
  double value, error;  // error: one standard error
};

template <class F>
Mean mean_of(const HostPoints& x, F&& f) {
  double sum = 0, square = 0;
  const auto n = static_cast<double>(x.extent(0));
  for (std::size_t i = 0; i < x.extent(0); ++i) {
    const double value = f(x(i, 0), x(i, 1));
    sum += value;
    square += value * value;
  }
  return {sum / n, std::sqrt((square / n - sum * sum / (n * n)) / n)};
}

void expect_mean(const Mean& got, double exact, const char* what) { EXPECT_NEAR(got.value, exact, 4 * got.error) << what; }

/// E f under exp(-V / T) by the midpoint rule on a box.
template <class P, class F>
double quadrature(const P& potential, double t, double lowest, double low, double high, F&& f) {
  constexpr int cells = 1600;
  double sum = 0, mass = 0;
  for (int i = 0; i < cells; ++i)
    for (int j = 0; j < cells; ++j) {
      const double point[] = {low + (high - low) * (i + 0.5) / cells, low + (high - low) * (j + 0.5) / cells};
      const double weight = std::exp(-(potential.energy(point) - lowest) / t);
      mass += weight;
      sum += weight * f(point[0], point[1]);
    }
  return sum / mass;
}

/// E f(x) of a separable potential along its valley y = `valley`, T < 1, by the midpoint rule with a hundred times the sampler's
/// resolution.
template <class P, class F>
double line_quadrature(const P& potential, double valley, double t, F&& f) {
  constexpr int cells = 2000000;
  const auto energy = [&](int i) {
    const double point[] = {-2 + 4 * (i + 0.5) / cells, valley};
    return potential.energy(point);
  };
  double sum = 0, mass = 0, lowest = energy(0);
  for (int i = 1; i < cells; ++i) lowest = std::min(lowest, energy(i));
  for (int i = 0; i < cells; ++i) {
    const double weight = std::exp(-(energy(i) - lowest) / t);
    mass += weight;
    sum += weight * f(-2 + 4 * (i + 0.5) / cells, valley);
  }
  return sum / mass;
}

// Minima as published with the potential (Mueller, Brown 1979; digits as in later work): place and energy.
TEST(ExactLaws, MuellerBrownHasItsThreeMinima) {
  const double minima[][3] = {{-0.558224, 1.441726, -146.699517}, {0.623499, 0.028038, -108.166724}, {-0.050011, 0.466694, -80.767818}};
  const MuellerBrown potential;
  for (const auto& [x, y, energy] : minima) {
    const double point[] = {x, y};
    double g[2];
    potential.gradient(point, g);
    EXPECT_NEAR(potential.energy(point), energy, 1e-5);
    EXPECT_NEAR(g[0], 0, 5e-3);  // curvatures up to 4068, six decimals
    EXPECT_NEAR(g[1], 0, 5e-3);
  }
}

// kT = 10, 15: what the experiments use. 1: the coldest that is drawn. 300: far beyond, where the law reaches further.
TEST(ExactLaws, MuellerBrownHasTheMassesOfAQuadrature) {
  for (const double t : {1.0, 10.0, 15.0, 300.0}) {
    const auto x = draw_exact("mueller-brown", 40000, t, 4);
    const auto compare = [&](const char* what, auto&& f) { expect_mean(mean_of(x, f), quadrature(MuellerBrown{}, t, -146.7, -4.5, 4.5, f), what); };
    SCOPED_TRACE(t);
    if (t > 1) compare("mass of the deep basin", [](double a, double b) { return b - a > 1 ? 1.0 : 0.0; });
    if (t > 1) compare("mass of the right basin", [](double a, double) { return a > 0.2 ? 1.0 : 0.0; });
    compare("x", [](double a, double) { return a; });
    compare("y", [](double, double b) { return b; });
    compare("x y", [](double a, double b) { return a * b; });
  }
}

// E[grad V . x] = d T for every law exp(-V / T) (integration by parts): masses, widths and tails at once.
TEST(ExactLaws, WellsObeySteinAtAllTemperatures) {
  const auto check = [](const char* name, const auto& potential, double valley, double t) {
    const auto x = draw_exact(name, 100000, t, 5);
    SCOPED_TRACE(std::string(name) + " at " + std::to_string(t));
    expect_mean(mean_of(x,
                        [&](double a, double b) {
                          const double point[] = {a, b};
                          double g[2];
                          potential.gradient(point, g);
                          return (g[0] * a + g[1] * b) / t;
                        }),
                2, "grad V . x / T");
    const auto spread = [](double a, double) { return std::pow(a - std::copysign(1, a), 2); };
    if (t < 1) expect_mean(mean_of(x, spread), line_quadrature(potential, valley, t, spread), "spread about +-1");
  };
  for (const double t : {1e-4, 0.01, 1.0, 100.0, 1e4}) {
    check("quadruple-well", QuadrupleWell{}, 1, t);
    check("double-well", TiltedDoubleWell{}, 0, t);
  }
}

TEST(ExactLaws, TemperaturesThatCannotBeDrawnAreRefused) {
  const NonFiniteInput allowed;
  const auto message = [](const char* name, double t) { return message_of<InvalidInput>([&] { draw_exact(name, 10, t); }); };
  EXPECT_TRUE(contains(message("double-well", 1e-6), "from temperature 0.0001 on, got 1e-06"));
  EXPECT_TRUE(contains(message("quadruple-well", 1e-12), "from temperature 0.0001 on"));
  EXPECT_TRUE(contains(message("mueller-brown", 0.5), "from temperature 1 on, got 0.5"));
  EXPECT_TRUE(contains(message("double-well", std::nan("")), "temperature must be a finite positive number"));
  EXPECT_TRUE(contains(message("ornstein-uhlenbeck", HUGE_VAL), "temperature must be a finite positive number"));
}

TEST(ExactLaws, ADrawDependsOnSeedAndIndexAlone) {
  for (const SystemInfo& system : known_systems()) {
    const auto few = draw_exact(system.name, 10, 0, 6), many = draw_exact(system.name, 100, 0, 6);
    EXPECT_TRUE(same(few, Kokkos::subview(many, std::pair<int, int>(0, 10), Kokkos::ALL), 0)) << system.name;
    EXPECT_FALSE(same(few, draw_exact(system.name, 10, 0, 7), 0)) << system.name;
  }
}

// Started from the law, trajectories stay in it: each from its own exact draw. E x^2 by quadrature, to 8 digits.
TEST(Langevin, TrajectoriesFromTheLawStayInIt) {
  const Index count = 20000;
  const LangevinOptions options{.dt = 0.5, .substeps = 100, .samples = 2, .burn_in = 1, .trajectories = count, .seed = 8};
  const auto frames = on_host(simulate_langevin(Exec{}, QuadrupleWell{}, on_device<Exec>(draw_exact("quadruple-well", count, 1, 9)), options));
  expect_mean(mean_of(frames, [](double a, double) { return a * a; }), 0.83274549, "x^2");
  expect_mean(mean_of(frames, [](double, double b) { return b * b; }), 0.83274549, "y^2");
  expect_mean(mean_of(frames, [](double a, double b) { return a * b; }), 0, "x y");
}

// E|x(t + s) - x(t)|^2 / (2 s T) = 1 - s E[V''] + ... with E[V''] = 12 E x^2 - 4 = 5.99 in each coordinate at T = 1; a second-order term below 40 s^2.
TEST(Langevin, FramesHaveTheQuadraticVariationOfTheProcess) {
  const Index count = 20000;
  const LangevinOptions options{.dt = 0.01, .substeps = 2, .samples = 2, .burn_in = 1, .trajectories = count, .seed = 13};
  const auto frames = on_host(simulate_langevin(Exec{}, QuadrupleWell{}, on_device<Exec>(draw_exact("quadruple-well", count, 1, 14)), options));
  double sum = 0;
  for (Index i = 0; i < count; ++i)
    for (Index k = 0; k < 2; ++k) sum += std::pow(frames(2 * i + 1, k) - frames(2 * i, k), 2);
  EXPECT_NEAR(sum / (2 * count * 2 * 0.01), 1 - 0.01 * 5.99 / 2, 0.028);  // four standard errors of 40,000 squares of normals
}

TEST(Langevin, TrajectoryKStartsAtRowK) {
  const auto starts = draw_exact("quadruple-well", 50, 1, 10);
  const LangevinOptions options{.dt = 1e-14, .substeps = 1, .samples = 1, .trajectories = 50};
  const auto first = simulate_langevin(Exec{}, QuadrupleWell{}, on_device<Exec>(starts), options);
  EXPECT_TRUE(same(first, starts, 0, 1e-6));  // ten standard deviations of the noise: sqrt(2e-14)
  const Kokkos::View<float**, Kokkos::LayoutRight, Exec::memory_space> floats("floats", 50, 2);
  const auto host = Kokkos::create_mirror_view(floats);
  for (Index i = 0; i < 50; ++i)
    for (Index k = 0; k < 2; ++k) host(i, k) = static_cast<float>(starts(i, k));
  Kokkos::deep_copy(floats, host);
  EXPECT_TRUE(same(simulate_langevin(Exec{}, QuadrupleWell{}, floats, options), starts, 0, 2e-6));
}

TEST(Langevin, OneSeedGivesOneTrajectory) {
  const LangevinOptions options{.dt = 0.1, .substeps = 0, .samples = 40, .trajectories = 6, .seed = 11};
  LangevinOptions more = options, other = options;
  more.trajectories = 9;
  other.seed = 12;
  const auto once = simulate(Exec{}, "quadruple-well", options);
  EXPECT_TRUE(same(once, simulate(Exec{}, "quadruple-well", options), 0));
  // A trajectory does not know how many others there are.
  EXPECT_TRUE(same(once, Kokkos::subview(on_host(simulate(Exec{}, "quadruple-well", more)), std::pair<int, int>(0, 240), Kokkos::ALL), 0));
  EXPECT_FALSE(same(once, simulate(Exec{}, "quadruple-well", other), 0));
}

TEST(Langevin, StartsThatCannotBeUsedAreRefused) {
  const NonFiniteInput allowed;
  const LangevinOptions options{.samples = 2, .trajectories = 3};
  const auto message = [&](const HostPoints& starts) {
    return message_of<InvalidInput>([&] { simulate_langevin(Exec{}, QuadrupleWell{}, on_device<Exec>(starts), options); });
  };
  EXPECT_TRUE(contains(message(HostPoints("starts", 2, 2)), "the starts must be 3 x 2, one row for each trajectory, but are 2 x 2"));
  EXPECT_TRUE(contains(message(HostPoints("starts", 3, 1)), "but are 3 x 1"));
  const HostPoints broken("starts", 3, 2);
  broken(1, 1) = std::nan("");
  EXPECT_TRUE(contains(message(broken), "1 coordinates of the starts are not finite"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { simulate_langevin(Exec{}, QuadrupleWell{}, std::vector<double>{1}, options); }),
                       "the start must have 2 coordinates"));
}

}  // namespace
