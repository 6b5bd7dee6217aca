// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/metrics/distances.hpp>
#include <kswgd/rivals/diffusion_particles.hpp>
#include <kswgd/rivals/lawgd.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

rivals::LineSpectrum well_line(Index modes) {
  return rivals::line_spectrum([](double x) { return (x * x - 1) * (x * x - 1); }, -3, 3, 3000, modes);
}

// Published to 8 digits (a finer grid, extrapolated); second order in the cell's width: below 1e-6 relative x (k + 1)^2 here.
TEST(LineSpectrum, QuadrupleWellsLine) {
  const double exact[] = {0, .74868167, 6.00411367, 11.66069556, 18.64314678, 26.87045527, 36.16483393, 46.43004549};
  const auto line = well_line(8);
  for (std::size_t k = 0; k < 8; ++k) EXPECT_NEAR(line.values[k], exact[k], 4e-5 * (1 + exact[k]));
  EXPECT_NEAR(line.mass, 1.97373207, 1e-6);
}

// V = x^2/2: eigenvalue k, Hermite polynomial He_k / sqrt(k!).
TEST(LineSpectrum, OrnsteinUhlenbeckIsHermite) {
  const auto line = rivals::line_spectrum([](double x) { return x * x / 2; }, -9, 9, 6000, 6);
  for (std::size_t k = 0; k < 6; ++k) EXPECT_NEAR(line.values[k], static_cast<double>(k), 1e-4);
  for (const Index node : {2000, 2900, 3000, 3700, 4000}) {
    const double x = -9 + 18.0 * static_cast<double>(node) / 6000;
    const double hermite[] = {1, x, (x * x - 1) / std::sqrt(2.0), (x * x * x - 3 * x) / std::sqrt(6.0), (std::pow(x, 4) - 6 * x * x + 3) / std::sqrt(24.0)};
    for (Index k = 0; k < 5; ++k) EXPECT_NEAR(line.functions(node, k), hermite[k], 1e-4) << k << " at " << x;
  }
}

// For a normal law and modes 1 .. 2 (He_1, He_2) the flow keeps normals normal: with the mean alone displaced, m_1 decays as
// e^{-t} and chi2's leading mode as e^{-2t}; explicit Euler of step h: factor (1 - h)^2.
TEST(Lawgd, LeadingModeDecaysAtRateOne) {
  const auto line = rivals::line_spectrum([](double x) { return x * x / 2; }, -9, 9, 6000, 2);
  const auto x = on_device<Exec>(cloud(2000, {0.5}, 1, 1));
  std::vector<double> energies;
  const auto report = rivals::lawgd(Exec{}, {line}, x, {.modes = 1, .max_steps = 1, .step = 0.3}, &energies);
  ASSERT_EQ(energies.size(), 2U);
  EXPECT_EQ(report.evaluations, 2);
  EXPECT_NEAR(energies[1] / energies[0], 0.7 * 0.7, 1e-3);
}

TEST(Lawgd, CrossesTheBarrierOfTheQuadrupleWell) {
  const auto line = well_line(14);
  const Exec exec;
  const auto x = on_device<Exec>(cloud(1000, {1, 1}, 0.1, 2));
  std::vector<double> energies;
  rivals::lawgd(exec, {line, line}, x, {.modes = 60, .max_steps = 200}, &energies);
  for (std::size_t k = 1; k < energies.size(); ++k) EXPECT_LE(energies[k], energies[k - 1]);
  const auto host = on_host(x);
  double left = 0, second = 0;
  for (Index i = 0; i < 1000; ++i) {
    left += host(i, 0) < 0 ? 1e-3 : 0;
    second += host(i, 1) * host(i, 1) * 1e-3;
  }
  EXPECT_NEAR(left, 0.5, 0.03);
  EXPECT_NEAR(second, 0.8327, 0.03);  // as the exact law; 60 modes leave a bias of this order
}

TEST(Lawgd, ModeMeansOfTheLawVanish) {
  const auto line = well_line(6);
  const Index n = 20000;
  for (const auto& [mean, lambda] : rivals::mode_means(Exec{}, {line, line}, on_device<Exec>(draw_exact("quadruple-well", n, 1, 3)), 8)) {
    EXPECT_NEAR(mean, 0, 4.5 / std::sqrt(n)) << lambda;
    EXPECT_GT(lambda, 0.7);
  }
}

// Circle: eigenvalues 1, 1, 4, 4 of the Laplacian; the published formula 2 (1 - mu) / e is biased low by the kernel's width.
TEST(DiffusionSpectrum, CircleHasItsPairs) {
  const auto points = on_device<Exec>(draw_exact("circle", 1500, 0, 4));
  const auto spectrum = rivals::diffusion_spectrum(Exec{}, points, 6, 0.02);
  const auto lambda = spectrum.lambda();
  EXPECT_NEAR(spectrum.mu(0), 1, 1e-10);
  const double exact[] = {0, 1, 1, 4, 4};
  for (Index k = 1; k < 5; ++k) EXPECT_NEAR(lambda(k), exact[k], 0.1 * exact[k]);
}

// From a patch, DMPS spreads the particles over the whole circle; all of them stay near it.
TEST(Dmps, SpreadsOverTheCircle) {
  const Exec exec;
  const auto points = on_device<Exec>(draw_exact("circle", 800, 0, 5));
  const auto spectrum = rivals::diffusion_spectrum(exec, points, 40, 0.02);
  HostPoints start("start", 300, 2);
  for (Index i = 0; i < 300; ++i) {
    const double angle = 0.3 * IndexedRandom(6, static_cast<std::uint64_t>(i)).normal(0);
    start(i, 0) = std::cos(angle);
    start(i, 1) = std::sin(angle);
  }
  const auto x = on_device<Exec>(start);
  const auto report = rivals::dmps(exec, spectrum, x, {.step = 0.05, .steps = 150});
  EXPECT_EQ(report.evaluations, 150);
  const auto host = on_host(x);
  double cosine = 0;
  for (Index i = 0; i < 300; ++i) {
    cosine += host(i, 0) / 300;
    EXPECT_NEAR(std::hypot(host(i, 0), host(i, 1)), 1, 0.35);
  }
  EXPECT_NEAR(cosine, 0, 0.1);
}

// One particle: its own column is the mean over particles, so that the published update without repulsion moves as one would
// expect of a single particle's ascent of its own kernel value: never against it in the first step, from a point on the data.
TEST(PublishedUpdate, MovesASingleParticleUpItsOwnKernel) {
  const Exec exec;
  const auto points = on_device<Exec>(draw_exact("quadruple-well", 600, 0, 7));
  const auto spectrum = rivals::diffusion_spectrum(exec, points, 60, 0.05);
  const auto mean_of_squares = [&](const HostPoints& at) {
    // sum_k phi_k(x)^2 / lambda_k by the same extension, slowly
    const auto data = on_host(points);
    const auto root = to_host(exec, spectrum.root);
    const auto degree = to_host(exec, spectrum.degree);
    const auto phi = to_host(exec, spectrum.phi);
    double density = 0, sum = 0;
    std::vector<double> kernel(600);
    for (Index j = 0; j < 600; ++j) {
      kernel[static_cast<std::size_t>(j)] = std::exp(-(std::pow(at(0, 0) - data(j, 0), 2) + std::pow(at(0, 1) - data(j, 1), 2)) / 0.1) / root(j);
      density += kernel[static_cast<std::size_t>(j)];
    }
    for (Index k = 1; k <= 60; ++k) {
      double value = 0;
      for (Index j = 0; j < 600; ++j) value += kernel[static_cast<std::size_t>(j)] / std::sqrt(density) / degree(j) * phi(j, k);
      sum += value * value / (1 - spectrum.mu(k));
    }
    return sum;
  };
  const HostPoints start = cloud(1, {0.4, 0.2}, 0, 8);
  const auto x = on_device<Exec>(start);
  rivals::published_update(exec, spectrum, x, {.step = 0.01, .steps = 1, .least_mu = 0, .repulsion = 0});
  EXPECT_GT(mean_of_squares(on_host(x)), mean_of_squares(start));
}

TEST(DiffusionSpectrum, RefusalsSayWhatIsWrong) {
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { rivals::diffusion_spectrum(Exec{}, on_device<Exec>(cloud(10, {0}, 1, 1)), 9); }), "at least modes + 2"));
  EXPECT_TRUE(
      contains(message_of<InvalidInput>([] { rivals::line_spectrum([](double x) { return x; }, 1, 0, 100, 3); }), "interval must be finite and not empty"));
}

}  // namespace
