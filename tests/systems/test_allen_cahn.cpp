// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/support/check.hpp>
#include <kswgd/systems/allen_cahn.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

/// Mean square of the k-th orthonormal cosine coefficient, over the number of points: S(1) is the magnetisation's.
double structure_factor(const HostPoints& u, Index k, double& error) {
  const Index n = static_cast<Index>(u.extent(0)), points = static_cast<Index>(u.extent(1));
  double sum = 0, square = 0;
  for (Index i = 0; i < n; ++i) {
    double coefficient = 0;
    for (Index x = 0; x < points; ++x)
      coefficient += u(i, x) * std::cos(M_PI * static_cast<double>(k) * (static_cast<double>(x) + 0.5) / static_cast<double>(points));
    const double value = (k == 0 ? 1 : 2) * std::pow(coefficient / static_cast<double>(points), 2);
    sum += value;
    square += value * value;
  }
  const auto count = static_cast<double>(n);
  error = std::sqrt((square / count - sum * sum / (count * count)) / count);
  return sum / count;
}

// The law's reference numbers, to four digits, from an independent transfer matrix.
constexpr double reference[] = {.4684, .1002, .0360, .0175, .0106, .0072};

TEST(AllenCahn, TheTransferMatrixHasTheReferenceStructureFactor) {
  const auto u = draw_allen_cahn({}, 20000, 1);
  for (Index k = 0; k < 6; ++k) {
    double error;
    const double value = structure_factor(u, k, error);
    EXPECT_NEAR(value, reference[k], 4 * error + 5e-5) << "S(" << k + 1 << ")";
  }
}

TEST(AllenCahn, TheTransferMatrixHasTheReferenceMagnetisation) {
  const Index n = 20000;
  const auto u = draw_allen_cahn({}, n, 2);
  double square = 0, small = 0;
  for (Index i = 0; i < n; ++i) {
    double m = 0;
    for (Index x = 0; x < 64; ++x) m += u(i, x) / 64;
    square += m * m / n;
    small += std::abs(m) < 0.3;
  }
  EXPECT_NEAR(std::sqrt(square), .684, .005 + .0005);
  EXPECT_NEAR(small / n, .183, 4 * std::sqrt(.183 * .817 / n) + .0005);
}

// Dynamics from the law stay in the law: an independent route to it.
TEST(AllenCahn, DynamicsKeepTheExactLaw) {
  const Index n = 2000;
  const auto starts = on_device<Exec>(draw_allen_cahn({}, n, 3));
  const auto u = on_host(simulate_allen_cahn(Exec{}, {}, starts, {.dt = 1, .substeps = 0, .samples = 1, .trajectories = n, .seed = 4}));
  for (Index k = 0; k < 6; ++k) {
    double error;
    const double value = structure_factor(u, k, error);
    EXPECT_NEAR(value, reference[k], 4 * error + 5e-5) << "S(" << k + 1 << ")";
  }
}

// Linearised about 0 without noise, cos(pi k x) grows by e^{(a - D q) t}, q = (2 - 2 cos(pi k / N)) / dx^2.
TEST(AllenCahn, SmallFieldsGrowAtTheLinearRate) {
  const AllenCahn equation{.points = 32, .diffusion = 0.05, .reaction = 2, .temperature = 1e-20};
  const HostPoints start("start", 1, 32);
  for (Index x = 0; x < 32; ++x) start(0, x) = 1e-4 * std::cos(M_PI * 2 * (static_cast<double>(x) + 0.5) / 32);
  const auto u = on_host(simulate_allen_cahn(Exec{}, equation, on_device<Exec>(start), {.dt = 0.5, .substeps = 2000, .samples = 1, .trajectories = 1}));
  const double q = (2 - 2 * std::cos(M_PI * 2 / 32)) * 32 * 32, growth = std::exp((2 - 0.05 * q) * 0.5);
  for (Index x = 0; x < 32; ++x) EXPECT_NEAR(u(0, x), growth * start(0, x), 1e-4 * 5e-4);
}

TEST(AllenCahn, RefusalsSayWhatIsWrong) {
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { draw_allen_cahn({.temperature = 1e-6}, 10); }), "the transfer matrix does not resolve the law"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { draw_allen_cahn({.temperature = 100}, 10); }), "reaches beyond the values"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { draw_allen_cahn({.points = 1}, 10); }), "at least two grid points"));
  EXPECT_TRUE(
      contains(message_of<InvalidInput>([] { simulate_allen_cahn(Exec{}, {}, Points<Exec>("starts", 1, 3), {.samples = 1}); }), "the starts must be 1 x 64"));
}

}  // namespace
