// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/support/check.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

template <Potential P>
void compare_gradient(const P& potential, std::initializer_list<double> at) {
  std::vector<double> x(at), g(x.size());
  potential.gradient(x.data(), g.data());
  for (std::size_t k = 0; k < x.size(); ++k) {
    constexpr double h = 1e-5;
    auto up = x, down = x;
    up[k] += h;
    down[k] -= h;
    const double difference = (potential.energy(up.data()) - potential.energy(down.data())) / (2 * h);
    EXPECT_NEAR(g[k], difference, 1e-6 * (1 + std::abs(difference)));
  }
}

TEST(Systems, GradientsAgreeWithFiniteDifferences) {
  compare_gradient(QuadrupleWell{}, {0.3, -1.2});
  compare_gradient(TiltedDoubleWell{}, {0.7, 0.4});
  compare_gradient(MuellerBrown{}, {-0.5, 1.4});
  compare_gradient(MuellerBrown{}, {0.6, 0.1});
  compare_gradient(OrnsteinUhlenbeck<3>{}, {1, 2, 3});
}

double left_mass(const HostPoints& points) {
  double count = 0;
  for (std::size_t i = 0; i < points.extent(0); ++i) count += points(i, 0) < 0;
  return count / static_cast<double>(points.extent(0));
}

// Exact values by quadrature, to 5 and 8 digits.
TEST(Systems, ExactDrawsHaveTheExactMasses) {
  const std::pair<double, double> masses[] = {{1.0 / 8, 0.82576}, {1.0 / 12, 0.91362}, {1.0 / 16, 0.95929}};
  for (const auto& [temperature, mass] : masses) {
    const Index n = 200000;
    EXPECT_NEAR(left_mass(draw_exact("double-well", n, temperature, 1)), mass, 4 * std::sqrt(mass * (1 - mass) / n));
  }
}

TEST(Systems, ExactDrawsOfTheQuadrupleWellHaveTheExactMoments) {
  const Index n = 400000;
  const auto x = draw_exact("quadruple-well", n, 1, 2);
  double second = 0, fourth = 0, near = 0;
  for (Index i = 0; i < n; ++i) {
    second += x(i, 0) * x(i, 0) / n;
    fourth += std::pow(x(i, 1), 4) / n;
    near += std::hypot(std::abs(x(i, 0)) - 1, std::abs(x(i, 1)) - 1) < 0.4;
  }
  EXPECT_NEAR(second, 0.83274549, 4 * std::sqrt((1.08274549 - 0.83274549 * 0.83274549) / n));
  EXPECT_NEAR(fourth, 1.08274549, 4 * std::sqrt(2.0 / n));
  EXPECT_NEAR(near / n, 0.380644, 4 * std::sqrt(0.24 / n));
}

TEST(Systems, ExactDrawsOfMuellerBrownObeyStein) {
  // E[grad V . x] = d T for every law exp(-V / T) that decays (integration by parts).
  const Index n = 100000;
  const auto x = draw_exact("mueller-brown", n, 10, 3);
  const MuellerBrown potential;
  double sum = 0, square = 0;
  for (Index i = 0; i < n; ++i) {
    const double point[] = {x(i, 0), x(i, 1)};
    double g[2];
    potential.gradient(point, g);
    const double value = g[0] * point[0] + g[1] * point[1];
    sum += value;
    square += value * value;
  }
  const double mean = sum / n, error = std::sqrt((square / n - mean * mean) / n);
  EXPECT_NEAR(mean, 20, 4 * error);
}

TEST(Systems, OrnsteinUhlenbeckHasItsVarianceAndAutocorrelation) {
  LangevinOptions options{.temperature = 1, .dt = 0.5, .substeps = 0, .samples = 4000, .burn_in = 20, .trajectories = 50, .seed = 1};
  const auto x = on_host(simulate(Exec{}, "ornstein-uhlenbeck", options));
  double variance = 0, lagged = 0;
  const double n = 4000 * 50;
  for (Index t = 0; t < 50; ++t)
    for (Index i = 0; i < 4000; ++i) {
      const double here = x(t * 4000 + i, 0);
      variance += here * here / n;
      if (i + 1 < 4000) lagged += here * x(t * 4000 + i + 1, 0) / (n - 50);
    }
  EXPECT_NEAR(variance, 1, 0.02);                        // about 4 standard errors of 50,000 independent points
  EXPECT_NEAR(lagged / variance, std::exp(-0.5), 0.01);  // e^{-t}
}

TEST(Systems, TrajectoriesDoNotDependOnTheBackend) {
#ifdef KOKKOS_ENABLE_SERIAL
  LangevinOptions options{.dt = 0.1, .substeps = 0, .samples = 50, .trajectories = 7, .seed = 5};
  EXPECT_TRUE(same(simulate(Kokkos::Serial{}, "quadruple-well", options), simulate(Exec{}, "quadruple-well", options), 1e-9));
#else
  GTEST_SKIP() << "needs Serial";
#endif
}

TEST(Systems, RefusalsSayWhatIsWrong) {
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { draw_exact("quintuple-well", 10); }), "there is no system 'quintuple-well'; known are: quadruple-well"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { draw_exact("double-well", 0); }), "at least one sample"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { simulate(Exec{}, "double-well", {.dt = -1}); }), "dt must be a finite positive number"));
  const NonFiniteInput allowed;  // the trajectory below overflows
  EXPECT_TRUE(contains(message_of<Failure>([] { simulate(Exec{}, "quadruple-well", {.dt = 10, .substeps = 10, .samples = 100}); }), "more substeps"));
}

}  // namespace
