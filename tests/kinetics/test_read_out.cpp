// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "kinetics/problems.hpp"
#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/estimator/edmd.hpp>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/kinetics/bootstrap.hpp>

#include <cmath>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

double barrier(double x) { return 10 * (x * x - 1) * (x * x - 1); }

/// lambda_1 of V by finite volumes on [-2.2, 2.2].
double exact_lambda() {
  const std::size_t cells = 4001;
  const double h = 4.4 / static_cast<double>(cells - 1);
  std::vector<double> diagonal(cells, 0.0), beside(cells - 1);
  const auto at = [&](double i) { return -2.2 + h * i; };
  for (std::size_t i = 0; i + 1 < cells; ++i) {
    const auto place = static_cast<double>(i);
    const double conductance = std::exp(-barrier(at(place + 0.5))) / h, left = std::exp(-barrier(at(place))) * h, right = std::exp(-barrier(at(place + 1))) * h;
    diagonal[i] += conductance / left;
    diagonal[i + 1] += conductance / right;
    beside[i] = -conductance / std::sqrt(left * right);
  }
  const HostVector values("values", 2);
  const HostMatrix vectors("vectors", cells, 2);
  algebra::smallest_tridiagonal_eigen(diagonal, beside, values, vectors);
  return values(1);
}

TEST(ReadOut, TheSlowModeOfAHighBarrierTakesNothingOfTheFastOnes) {
  const double exact = exact_lambda();
  EXPECT_NEAR(exact, 7.84e-4, 0.01e-4);
  const Index n = 3000;
  const HostPoints points("points", n, 1);
  double mean[2] = {0, 0};
  int inside = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    std::vector<double> weights;
    for (Index i = 0; i < n; ++i) {
      points(i, 0) = -1.9 + 3.8 * IndexedRandom(seed, 0).uniform(static_cast<std::uint64_t>(i));
      weights.push_back(std::exp(-barrier(points(i, 0))));
    }
    const auto device = on_device<Exec>(points);
    auto source = make_source(Exec{}, device);
    source.set_weights(weights);
    for (const Index modes : {4, 10}) {
      const auto read = fit_generator(Exec{}, source, {.features = 100, .modes = modes, .read_out_modes = modes}).spectrum.read_out;
      mean[modes == 4 ? 0 : 1] += read.values[0] / 10;
      EXPECT_LT(read.cross_fitted[0], 1.4 * exact) << modes << " modes, seed " << seed;
      if (modes == 4) inside += std::abs(read.values[0] - exact) <= 1.645 * read.spread[0];
    }
  }
  // One data set knows it to 7 %.
  for (const double found : mean) EXPECT_NEAR(found, exact, 0.08 * exact);
  EXPECT_GE(inside, 7);  // 9 are expected
}

TEST(ReadOut, NinetyPercentIntervalsHoldTheExactValue) {
  // Ornstein-Uhlenbeck in two dimensions: lambda_1 = lambda_2 = 1; 100 data sets, of which 85 at least hold it (90 +- 3).
  int inside = 0, read = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto device = on_device<Exec>(cloud(400, {0}, 1, seed));
    const auto found = fit_generator(Exec{}, make_source(Exec{}, device), {.features = 12, .modes = 3, .read_out_modes = 2, .seed = seed}).spectrum.read_out;
    for (std::size_t k = 0; k < 2; ++k) {
      EXPECT_GE(found.spread[k], std::abs(found.cross_fitted[k] - found.in_sample[k]) / 2 * (1 - 1e-12));
      inside += std::abs(found.values[k] - static_cast<double>(k + 1)) <= 1.645 * found.spread[k];
      ++read;
    }
  }
  EXPECT_EQ(read, 200);
  EXPECT_GE(inside, 170);
}

TEST(ReadOut, RepeatedEigenvaluesAreReadAsSuch) {
  // Three equal Ornstein-Uhlenbeck coordinates: 1 three times, then 2 six times.
  const auto device = on_device<Exec>(cloud(4000, {0, 0, 0}, 1, 5));
  const auto read = fit_generator(Exec{}, make_source(Exec{}, device), {.features = 25, .modes = 12, .read_out_modes = 9}).spectrum.read_out;
  for (std::size_t k = 0; k < 9; ++k) {
    EXPECT_NEAR(read.values[k], k < 3 ? 1 : 2, k < 3 ? 0.08 : 0.4) << k;
    EXPECT_LT(read.cross_fitted[k], read.in_sample[k] * 1.25) << k;
  }
}

TEST(ReadOut, OfRatesHasASpreadOfHalfTheDistanceAtLeast) {
  const auto frames = on_device<Exec>(rotating_frames(4, 1000, 0.1, 0, 6, 1));
  const auto read = fit_edmd(Exec{}, make_source(Exec{}, frames).with_trajectories({std::vector<Index>(4, 1000), 0.1}), 2, {.features = 100}).spectrum.read_out;
  ASSERT_GE(read.values.size(), 2U);
  for (std::size_t k = 0; k < read.values.size(); ++k) EXPECT_GE(read.spread[k], std::abs(read.cross_fitted[k] - read.in_sample[k]) / 2 * (1 - 1e-9)) << k;
}

TEST(Bootstrap, IntervalsAreNoNarrowerThanTheCorrectionIsSure) {
  const auto device = on_device<Exec>(cloud(300, {0, 0}, 1, 8));
  const auto source = make_source(Exec{}, device);
  const ModelData model = fit_generator(Exec{}, source, {.modes = 8, .read_out_modes = 4});
  const auto found = eigenvalue_intervals(Exec{}, source, model, {.modes = 4});
  const ReadOut& read = model.spectrum.read_out;
  for (std::size_t k = 0; k < 4; ++k) {
    const double half = 1.6448536 * std::abs(std::log(read.cross_fitted[k] / read.in_sample[k])) / 2;
    EXPECT_LE(std::log(found.intervals[k].low / found.values[k]), -half * (1 - 1e-6));
    EXPECT_GE(std::log(found.intervals[k].high / found.values[k]), half * (1 - 1e-6));
  }
}

}  // namespace
