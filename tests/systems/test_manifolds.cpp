// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/support/check.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

/// Mean of f over rows, with its standard error where rows are independent.
template <class F>
void expect_mean(const HostPoints& x, double exact, const char* what, F&& f) {
  double sum = 0, square = 0;
  const auto n = static_cast<double>(x.extent(0));
  for (std::size_t i = 0; i < x.extent(0); ++i) {
    const double value = f(static_cast<Index>(i));
    sum += value;
    square += value * value;
  }
  EXPECT_NEAR(sum / n, exact, 4 * std::sqrt((square / n - sum * sum / (n * n)) / n)) << what;
}

struct Angles {
  double theta, phi;
};
Angles angles(const HostPoints& x, Index i, double radius) {
  return {std::atan2(x(i, 2), std::hypot(x(i, 0), x(i, 1)) - radius), std::atan2(x(i, 1), x(i, 0))};
}

// Uniform on a surface of revolution: E cos theta = r / 2R and E cos^2 theta = 1/2 under (R + r cos theta) d theta.
void expect_uniform_torus(const HostPoints& x, double radius, double minor) {
  for (std::size_t i = 0; i < x.extent(0); ++i) {
    const double tube = std::hypot(std::hypot(x(i, 0), x(i, 1)) - radius, x(i, 2));
    ASSERT_NEAR(tube, minor, 1e-12);
  }
  expect_mean(x, minor / (2 * radius), "cos theta", [&](Index i) { return std::cos(angles(x, i, radius).theta); });
  expect_mean(x, 0.5, "cos^2 theta", [&](Index i) { return std::pow(std::cos(angles(x, i, radius).theta), 2); });
  expect_mean(x, 0, "sin theta", [&](Index i) { return std::sin(angles(x, i, radius).theta); });
  expect_mean(x, 0, "cos phi", [&](Index i) { return std::cos(angles(x, i, radius).phi); });
}

TEST(Torus, DrawsAreUniformOnTheSurface) {
  expect_uniform_torus(draw_exact("torus", 100000, 0, 1), 2, 0.8);
  expect_uniform_torus(draw_exact("torus", 100000, {.radius = 3, .minor_radius = 2.5}, 2), 3, 2.5);
}

// The Ito drift on the minor angle: without it theta would be uniform (E cos theta = 0), with it on phi as well.
TEST(Torus, BrownianMotionEndsUniform) {
  const LangevinOptions options{.dt = 25, .substeps = 2500, .samples = 1, .trajectories = 4000, .seed = 3};
  expect_uniform_torus(on_host(simulate(Exec{}, "torus", options)), 2, 0.8);
}

// A short step spreads with the metric: var(r theta) = 2 t and var((R + r) phi) = 2 t from the outer equator.
TEST(Torus, BrownianMotionSpreadsWithTheMetric) {
  const LangevinOptions options{.dt = 1e-4, .substeps = 20, .samples = 1, .trajectories = 50000, .seed = 4};
  const auto x = on_host(simulate(Exec{}, "torus", options));
  const auto second = [&](auto&& f) {
    double sum = 0;
    for (Index i = 0; i < 50000; ++i) sum += std::pow(f(angles(x, i, 2)), 2) / 50000;
    return sum;
  };
  EXPECT_NEAR(second([](const Angles& a) { return 0.8 * a.theta; }), 2e-4, 2e-4 * 0.05);  // 4 standard errors 2.5 %, first step 1 / 40
  EXPECT_NEAR(second([](const Angles& a) { return 2.8 * a.phi; }), 2e-4, 2e-4 * 0.03);
}

// E x_1(t) = e^{-l (l + k - 1) T t / R^2} with l = 1 on S^k, from x_1 = R; uniform at the end.
TEST(Sphere, BrownianMotionDecaysWithTheFirstEigenvalue) {
  for (const Index k : {Index{1}, Index{2}, Index{5}}) {
    SCOPED_TRACE(k);
    const LangevinOptions options{.dt = 0.25, .substeps = 100, .samples = 1, .trajectories = 20000, .seed = 5};
    const double radius = 1.5, temperature = 0.7;
    const auto x =
        on_host(simulate(Exec{}, k == 1 ? "circle" : "sphere", options, {.temperature = temperature, .dimension = k == 1 ? 0 : k, .radius = radius}));
    ASSERT_EQ(x.extent(1), static_cast<std::size_t>(k + 1));
    expect_mean(x, std::exp(-static_cast<double>(k) * temperature * 0.25 / (radius * radius)), "x_1 / R", [&](Index i) { return x(i, 0) / radius; });
    double norm = 0;
    for (Index j = 0; j <= k; ++j) norm += x(7, j) * x(7, j);
    EXPECT_NEAR(std::sqrt(norm), radius, 1e-12);
  }
}

TEST(Sphere, DrawsAreUniform) {
  const auto x = draw_exact("sphere", 50000, {.dimension = 3, .radius = 2}, 6);
  for (Index j = 0; j < 4; ++j) {
    expect_mean(x, 0, "x", [&](Index i) { return x(i, j); });
    expect_mean(x, 1, "x^2 = R^2 / (k + 1)", [&](Index i) { return x(i, j) * x(i, j); });
  }
}

TEST(Checkerboard, EightSquaresWithAnEqualPart) {
  const auto x = draw_exact("checkerboard", 80000, 0, 7);
  int count[4][4] = {};
  for (Index i = 0; i < 80000; ++i) ++count[static_cast<int>(x(i, 0) + 2)][static_cast<int>(x(i, 1) + 2)];
  for (int a = 0; a < 4; ++a)
    for (int b = 0; b < 4; ++b) EXPECT_NEAR(count[a][b], (a + b) % 2 ? 0 : 10000, (a + b) % 2 ? 0 : 4 * 94) << a << ' ' << b;
  EXPECT_TRUE(
      contains(message_of<InvalidInput>([] { simulate(Exec{}, "checkerboard", {}); }), "'checkerboard' has no dynamics: draw from its exact law instead"));
}

// Gradient against differences; E[grad V . x] = d T (integration by parts).
TEST(TripleWell, GradientAndStein) {
  const TripleWell potential;
  const double at[] = {0.7, -0.3};
  double g[2];
  potential.gradient(at, g);
  for (int k = 0; k < 2; ++k) {
    double up[] = {at[0], at[1]}, down[] = {at[0], at[1]};
    up[k] += 1e-5;
    down[k] -= 1e-5;
    EXPECT_NEAR(g[k], (potential.energy(up) - potential.energy(down)) / 2e-5, 1e-8);
  }
  for (const double t : {0.05, 1.0, 10.0}) {
    SCOPED_TRACE(t);
    const auto x = draw_exact("triple-well", 50000, t, 8);
    expect_mean(x, 2 * t, "grad V . x", [&](Index i) {
      const double point[] = {x(i, 0), x(i, 1)};
      double gradient[2];
      potential.gradient(point, gradient);
      return gradient[0] * point[0] + gradient[1] * point[1];
    });
  }
}

// Variance T (1 - e^{-2t}) and covariance e^{-t} T at any step, in each coordinate.
TEST(OrnsteinUhlenbeck, TransitionsAreExactInAnyDimension) {
  const LangevinOptions options{.dt = 0.7, .substeps = 0, .samples = 2, .burn_in = 0, .trajectories = 40000, .seed = 9};
  const auto x = on_host(simulate(Exec{}, "ornstein-uhlenbeck", options, {.temperature = 2, .dimension = 3}));
  ASSERT_EQ(x.extent(1), 3U);
  for (Index k = 0; k < 3; ++k) {
    double first = 0, lagged = 0;
    for (Index i = 0; i < 40000; ++i) {
      first += x(2 * i, k) * x(2 * i, k) / 40000;
      lagged += x(2 * i, k) * x(2 * i + 1, k) / 40000;
    }
    const double exact = 2 * (1 - std::exp(-1.4));
    EXPECT_NEAR(first, exact, 4 * exact * std::sqrt(2.0 / 40000));
    EXPECT_NEAR(lagged, exact * std::exp(-0.7), 4 * 2 * std::sqrt(2.0 / 40000));
  }
}

TEST(SystemParameters, WhatASystemDoesNotHaveIsRefused) {
  const auto message = [](const char* name, const SystemParameters& parameters) { return message_of<InvalidInput>([&] { draw_exact(name, 10, parameters); }); };
  EXPECT_TRUE(contains(message("double-well", {.radius = 2}), "'double-well' has no radius"));
  EXPECT_TRUE(contains(message("torus", {.dimension = 3}), "'torus' has no dimension to choose"));
  EXPECT_TRUE(contains(message("checkerboard", {.temperature = 1}), "'checkerboard' has no temperature"));
  EXPECT_TRUE(contains(message("torus", {.minor_radius = 2.5}), "minor radius must be below its radius"));
  EXPECT_TRUE(contains(message("sphere", {.dimension = -1}), "dimension must be between 1 and 1000000, got -1"));
}

}  // namespace
