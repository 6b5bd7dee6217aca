// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/model/marginals.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

/// A model of N(0, 1) in the plane whose held-out points are these.
ModelData model_with(const HostPoints& held_out, const std::vector<double>& weights) {
  ModelData model = fit_generator(Exec{}, on_device<Exec>(cloud(4000, {0, 0}, 1, 1)), {.modes = 6, .read_out_modes = 0, .hold_out = 0});
  model.held_out = held_out;
  model.held_out_weights = weights;
  return model;
}

HeldOutMonitors monitors_of(const ModelData& model, const HostPoints& samples) { return held_out_monitors(Exec{}, model, on_device<Exec>(samples)); }

// Draws at 2.25 times the temperature with the weights that make them N(0, 1) are as good as draws of it.
TEST(HeldOut, WeightsMakeReweightedPointsAsGoodAsDraws) {
  const HostPoints samples = cloud(1500, {0, 0}, 1, 2), hot = cloud(4000, {0, 0}, 1.5, 3);
  std::vector<double> weights;
  for (Index i = 0; i < 4000; ++i) weights.push_back(std::exp(-(hot(i, 0) * hot(i, 0) + hot(i, 1) * hot(i, 1)) / 2 * (1 - 1 / 2.25)));
  const HeldOutMonitors good = monitors_of(model_with(hot, weights), samples), blind = monitors_of(model_with(hot, {}), samples);
  EXPECT_LT(good.moment_ratio, 4);  // the samples' own error counts as well: 1500 against some 2000 and 4000
  EXPECT_NEAR(good.sliced_ratio, 1, 0.35);
  EXPECT_NEAR(good.memorisation_ratio, 1, 0.1);
  EXPECT_GT(blind.moment_ratio, 50);
  EXPECT_NEAR(blind.sliced_ratio, 1, 0.1);  // both are equally far away: nothing is seen
  EXPECT_LT(blind.memorisation_ratio, 0.8);
}

TEST(HeldOut, AWholeWeightIsARepeatedPoint) {
  const HostPoints samples = cloud(500, {0.1, 0}, 1, 2), few = cloud(200, {0, 0}, 1, 4), many("many", 300, 2);
  std::vector<double> weights(200, 1.0);
  for (Index i = 0; i < 300; ++i)
    for (Index k = 0; k < 2; ++k) many(i, k) = few(i < 200 ? i : i - 200, k);
  std::fill(weights.begin(), weights.begin() + 100, 2.0);
  const HeldOutMonitors weighted = monitors_of(model_with(few, weights), samples),
                        repeated = monitors_of(model_with(many, std::vector<double>(300, 1.0)), samples);
  EXPECT_EQ(weighted.sliced_ratio, repeated.sliced_ratio);
  EXPECT_EQ(weighted.memorisation_ratio, repeated.memorisation_ratio);
  // The same means and variances, but as many independent points as 300^2 / 500 = 180.
  EXPECT_NEAR(weighted.moment_ratio * (1.0 / 180 + 1.0 / 4000), repeated.moment_ratio * (1.0 / 300 + 1.0 / 4000), 1e-10);
}

TEST(HeldOut, WithoutPointsThereAreNoNumbers) {
  const HeldOutMonitors monitors = monitors_of(model_with({}, {}), cloud(500, {0, 0}, 1, 2));
  EXPECT_TRUE(std::isnan(monitors.moment_ratio) && std::isnan(monitors.sliced_ratio) && std::isnan(monitors.memorisation_ratio));
  EXPECT_LT(monitors.training_ratio, 1.5);
}

// Half of a normal law by weights 0 and 1: mean sqrt(2 / pi), variance 1 - 2 / pi.
TEST(Starts, HaveTheMomentsOfTheWeightedData) {
  const HostPoints data = cloud(4000, {0, 0}, 1, 5);
  std::vector<double> weights;
  for (Index i = 0; i < 4000; ++i) weights.push_back(data(i, 0) > 0 ? 1 : 0);
  auto source = make_source(Exec{}, on_device<Exec>(data));
  source.set_weights(weights);
  const ModelData model = fit_generator(Exec{}, source, {.modes = 0, .read_out_modes = 0});
  for (const HostPoints& start : {normal_start(model, 4000, 1), kernel_start(model, 4000, 1), data_start(model, 4000, 1)}) {
    double mean = 0, square = 0;
    for (Index i = 0; i < 4000; ++i) mean += start(i, 0) / 4000;
    for (Index i = 0; i < 4000; ++i) square += std::pow(start(i, 0) - mean, 2) / 4000;
    EXPECT_NEAR(mean, 0.79788456, 0.06);  // five standard errors of 2000 points and of 4000 draws
    EXPECT_NEAR(square, 0.36338023, 0.06);
  }
}

/// Two clusters 20 of their deviations apart.
HostPoints two_clusters(Index n, std::uint64_t seed) {
  const HostPoints points = cloud(n, {0, 0, 0}, 1, seed);
  for (Index i = 0; i < n; i += 2) points(i, 0) += 20;
  return points;
}

// No draw lies between them, where a normal start has a third of its own; and draws are as far from the nearest point of the data as other draws of the law
// are.
TEST(Starts, KernelsFollowTheData) {
  const HostPoints data = two_clusters(2000, 7), others = two_clusters(2000, 8);
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(data), {.modes = 0, .read_out_modes = 0});
  const HostPoints start = kernel_start(model, 2000, 1);
  const auto between = [](const HostPoints& points) {
    Index count = 0;
    for (std::size_t i = 0; i < points.extent(0); ++i) count += points(i, 0) > 6 && points(i, 0) < 14;
    return count;
  };
  EXPECT_GT(between(normal_start(model, 2000, 1)), 400);
  EXPECT_LT(between(start), 20);
  const auto nearest = [&](const HostPoints& points) {
    std::vector<double> distances;
    for (Index i = 0; i < 400; ++i) {
      double least = 1e300;
      for (Index j = 0; j < 2000; ++j) {
        double square = 0;
        for (Index k = 0; k < 3; ++k) square += std::pow(points(i, k) - data(j, k), 2);
        least = std::min(least, square);
      }
      distances.push_back(std::sqrt(least));
    }
    std::nth_element(distances.begin(), distances.begin() + 200, distances.end());
    return distances[200];
  };
  EXPECT_NEAR(nearest(start) / nearest(others), 1, 0.35);  // widths are matched on every other point
}

TEST(Starts, KernelsDependOnTheNumberOfTheDrawAlone) {
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(two_clusters(600, 7)), {.modes = 0, .read_out_modes = 0});
  const HostPoints all = kernel_start(model, 50, 3), last = kernel_start(model, 20, 3, 30);
  for (Index i = 0; i < 20; ++i)
    for (Index k = 0; k < 3; ++k) EXPECT_EQ(last(i, k), all(30 + i, k));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { kernel_start(model, -1); }), "must not be negative"));
}

TEST(Starts, AreKernelsWhereColumnsAreMapped) {
  const HostPoints data = two_clusters(600, 7);
  const ModelData plain = fit_generator(Exec{}, on_device<Exec>(data), {.coordinates = Coordinates::given, .modes = 0, .read_out_modes = 0});
  const ModelData mapped = fit_generator(Exec{}, on_device<Exec>(data), {.coordinates = Coordinates::standard, .modes = 0, .read_out_modes = 0});
  EXPECT_EQ(automatic_start(plain, 5, 1)(4, 0), normal_start(plain, 5, 1)(4, 0));
  EXPECT_EQ(automatic_start(mapped, 5, 1)(4, 0), kernel_start(mapped, 5, 1)(4, 0));
}

// Each pair of five is drawn as often as any other: chi2 with 19 degrees of freedom, of which 43.8 is exceeded once in a thousand times.
TEST(Start, ParticlesAreDrawnAtRandom) {
  std::vector<double> counts(25, 0.0);
  constexpr int draws = 8000;
  for (int seed = 0; seed < draws; ++seed) {
    const std::vector<Index> rows = drawn_particles(5, 2, static_cast<std::uint64_t>(seed));
    ASSERT_EQ(rows.size(), 2U);
    ASSERT_NE(rows[0], rows[1]);
    counts[static_cast<std::size_t>(5 * rows[0] + rows[1])] += 1;
  }
  double chi2 = 0;
  for (int a = 0; a < 5; ++a)
    for (int b = 0; b < 5; ++b)
      if (a != b) chi2 += std::pow(counts[static_cast<std::size_t>(5 * a + b)] - draws / 20.0, 2) / (draws / 20.0);
  EXPECT_LT(chi2, 43.8);
  std::vector<Index> all = drawn_particles(300, 300, 4);
  std::sort(all.begin(), all.end());
  for (Index i = 0; i < 300; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)], i);
  EXPECT_TRUE(drawn_particles(7, 0, 1).empty());
  EXPECT_THROW(drawn_particles(3, 4, 0), InvalidInput);
  EXPECT_THROW(drawn_particles(3, -1, 0), InvalidInput);
}

TEST(Start, FewSamplesTakeManyParticles) {
  EXPECT_EQ(particles_for(1), 2000);
  EXPECT_EQ(particles_for(499), 2000);
  EXPECT_EQ(particles_for(500), 500);
  EXPECT_EQ(particles_for(2001), 2001);
  EXPECT_EQ(particles_for(10, 300), 300);  // training points: none is moved twice
  EXPECT_EQ(particles_for(500, 300), 500);
}

/// Half of n points about each of two places.
HostPoints two_clusters(Index n, double apart, std::uint64_t seed) {
  const HostPoints points = cloud(n, {0, 0}, 1, seed);
  for (Index i = 0; i < n; i += 2)
    for (int k = 0; k < 2; ++k) points(i, k) += apart;
  return points;
}

// A law of two parts has no quantiles between them: an interpolated one would be a stray of hundreds of deviations.
TEST(Start, NoSampleIsGivenAQuantileBetweenClusters) {
  ModelData model = model_with({}, {});
  for (const Index n : {600, 3000}) {  // a level for each row, and fewer
    model.marginals = marginals_of(Exec{}, make_source(Exec{}, on_device<Exec>(two_clusters(n, 1000, 2))));
    for (const Index drawn : {250, 600, 999, 4000}) {
      const HostPoints samples = cloud(drawn, {0, 0}, 1, 3);
      match_marginals(model, samples);
      Index left = 0;
      for (Index i = 0; i < drawn; ++i)
        for (int k = 0; k < 2; ++k) {
          EXPECT_TRUE(std::abs(samples(i, k)) < 5 || std::abs(samples(i, k) - 1000) < 5) << samples(i, k);
          left += samples(i, k) < 500;
        }
      EXPECT_NEAR(static_cast<double>(left), static_cast<double>(drawn), 3);
    }
  }
}

// Quantiles of a smooth law stay between the data, in its tails too: as many different ones as there are samples, nearly, and none beyond.
TEST(Start, QuantilesOfASmoothLawAreInterpolated) {
  ModelData model = model_with({}, {});
  const HostPoints data("test::cauchy", 500, 1);
  for (Index i = 0; i < 500; ++i) data(i, 0) = std::tan(3.14159265358979 * ((static_cast<double>(i) + 0.5) / 500 - 0.5));  // its exact quantiles
  model.marginals = marginals_of(Exec{}, make_source(Exec{}, on_device<Exec>(data)));
  double worst = 0;
  for (int i = 1; i < 2000; ++i) {
    const double level = i / 2000.0, quantile = quantile_of(model.marginals, 0, level), exact = std::tan(3.14159265358979 * (level - 0.5));
    if (level > 0.01 && level < 0.99) worst = std::max(worst, std::abs(quantile - exact) / (1 + std::abs(exact)));
  }
  EXPECT_LT(worst, 0.05);  // of an interval of 1/500 at the level .01: its chord
}

}  // namespace
