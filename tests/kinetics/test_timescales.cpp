// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "kinetics/problems.hpp"
#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/generator.hpp>
#include <kswgd/kinetics/bootstrap.hpp>
#include <kswgd/kinetics/timescales.hpp>
#include <kswgd/support/check.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

TimescaleOptions<Exec> few(Index bootstrap) { return {.basis = {.features = 25}, .modes = 2, .bootstrap = bootstrap}; }

TEST(Timescales, OfOrnsteinUhlenbeckAreFlatInTheLagAndInsideTheirIntervals) {
  const double t = 0.1;  // time scales 1 and 1/2
  const auto frames = on_device<Exec>(rotating_frames(4, 5000, t, 0, 1, 1));
  const auto result = implied_timescales(Exec{}, make_source(Exec{}, frames).with_trajectories({std::vector<Index>(4, 5000), t}), {1, 2, 5}, few(100));
  ASSERT_EQ(result.timescales.size(), 3U);
  for (std::size_t l = 0; l < 3; ++l) {
    // 2000 units of time: lambda_1 is known to sqrt(2 / 2000) = 3 %.
    EXPECT_NEAR(result.timescales[l][0], 1, 0.12);
    EXPECT_NEAR(result.timescales[l][1], 0.5, 0.1);
    EXPECT_LT(result.low[l][0], result.timescales[l][0]);
    EXPECT_GT(result.high[l][0], result.timescales[l][0]);
    // Width of a 90 % interval: 2 x 1.645 x 3.2 % = 10 %.
    EXPECT_NEAR(result.high[l][0] / result.low[l][0], 1.1, 0.06);
    EXPECT_GE(result.blocks[l], 10);
  }
}

TEST(Timescales, ModesThatSayNothingAreNotANumber) {
  const auto frames = on_device<Exec>(rotating_frames(4, 1000, 2.0, 0, 2, 1));  // mu_2 = e^{-4}: as much as the noise
  const auto result = implied_timescales(Exec{}, make_source(Exec{}, frames).with_trajectories({std::vector<Index>(4, 1000), 2.0}), {1}, few(0));
  EXPECT_NEAR(result.timescales[0][0], 1, 0.2);
  EXPECT_TRUE(std::isnan(result.timescales[0][1]));
  EXPECT_TRUE(std::isnan(result.low[0][0]));
}

TEST(Timescales, RefusalsSayWhatIsWrong) {
  const auto frames = on_device<Exec>(rotating_frames(2, 100, 0.1, 0, 3, 1));
  const auto source = make_source(Exec{}, frames);
  const TrajectoryLayout layout{{100, 100}, 0.1};
  EXPECT_TRUE(
      contains(message_of<InvalidInput>([&] { implied_timescales(Exec{}, source.with_trajectories(layout), {}, few(0)); }), "at least one lag is needed"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] {
                         implied_timescales(Exec{}, source.with_trajectories(layout), {1, 100}, few(0));
                       }),
                       "no trajectory is longer than the lag of 100 steps"));
  EXPECT_TRUE(
      contains(message_of<InvalidInput>([&] { implied_timescales(Exec{}, source.with_trajectories(layout), {95}, few(0)); }), "there are 10 pairs at lag 95"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { chapman_kolmogorov(Exec{}, source.with_trajectories(layout), 1, 1, few(0)); }), "at least 2 multiples"));
}

TEST(Timescales, FramesWithoutWeightAreAsGoodAsCut) {
  const HostPoints all = rotating_frames(1, 8000, 0.1, 0, 31, 1), rest("rest", 6000, 1);
  for (Index i = 0; i < 2000; ++i) all(i, 0) += 20;
  for (Index i = 0; i < 6000; ++i) rest(i, 0) = all(2000 + i, 0);
  std::vector<double> weights(8000, 3.0);
  std::fill(weights.begin(), weights.begin() + 2000, 0.0);
  const auto with = on_device<Exec>(all), without = on_device<Exec>(rest);
  auto weighted = make_source(Exec{}, with).with_trajectories({{8000}, 0.1});
  weighted.set_weights(weights);
  const auto one = implied_timescales(Exec{}, weighted, {2}, few(50));
  const auto other = implied_timescales(Exec{}, make_source(Exec{}, without).with_trajectories({{6000}, 0.1}), {2}, few(50));
  EXPECT_EQ(one.blocks, other.blocks);
  for (std::size_t k = 0; k < 2; ++k) {
    EXPECT_NEAR(one.timescales[0][k], other.timescales[0][k], 1e-5);
    EXPECT_NEAR(one.low[0][k], other.low[0][k], 1e-3);
    EXPECT_NEAR(one.high[0][k], other.high[0][k], 1e-3);
  }
}

TEST(Timescales, WeightsThatAreWorthFewPairsGiveAFewPairsNoise) {
  // mu_1 = e^{-3/2} = .22 at lag 1.5: above 5 / sqrt(3000) = .09, below it where the weights are worth some 300 pairs.
  const auto frames = on_device<Exec>(rotating_frames(3, 1000, 1.5, 0, 33, 1));
  auto source = make_source(Exec{}, frames).with_trajectories({std::vector<Index>(3, 1000), 1.5});
  EXPECT_TRUE(std::isfinite(implied_timescales(Exec{}, source, {1}, few(0)).timescales[0][0]));
  std::vector<double> weights(3000, 1e-3);
  for (std::size_t i = 0; i < 3000; i += 10) weights[i] = 1;
  source.set_weights(weights);
  EXPECT_TRUE(std::isnan(implied_timescales(Exec{}, source, {1}, few(0)).timescales[0][0]));
}

TEST(Timescales, BlocksThatWeighNothingHaveNoModes) {
  // One stretch of nearly all the weight: some bootstrap draws hold none of it, and no eigenvalue.
  const auto frames = on_device<Exec>(rotating_frames(1, 600, 0.5, 0, 35, 1));
  auto source = make_source(Exec{}, frames).with_trajectories({{600}, 0.5});
  std::vector<double> weights(600, 1e-200);
  std::fill(weights.begin(), weights.begin() + 60, 1.0);
  source.set_weights(weights);
  const NonFiniteInput times_that_are_none;
  const auto result = implied_timescales(Exec{}, source, {1}, few(50));
  ASSERT_EQ(result.low[0].size(), 2u);
  for (std::size_t k = 0; k < 2; ++k) EXPECT_FALSE(result.low[0][k] > result.high[0][k]);  // an interval, or none
}

TEST(ChapmanKolmogorov, HoldsForAMarkovProcess) {
  const auto frames = on_device<Exec>(rotating_frames(4, 5000, 0.1, 0, 4, 1));
  const auto result = chapman_kolmogorov(Exec{}, make_source(Exec{}, frames).with_trajectories({std::vector<Index>(4, 5000), 0.1}), 2, 4, few(50));
  ASSERT_EQ(result.lags, (std::vector<Index>{2, 4, 6, 8}));
  for (std::size_t m = 0; m < 4; ++m) {
    EXPECT_NEAR(result.predicted[m][0], std::exp(-0.2 * static_cast<double>(m + 1)), 0.05);
    EXPECT_NEAR(result.estimated[m][0], result.predicted[m][0], 0.04);
    if (m > 0) {
      EXPECT_LT(result.low[m][0], result.high[m][0]);
    }
  }
}

TEST(ChapmanKolmogorov, FailsForAProcessWithMemory) {
  // The sum of a fast and a slow process: the correlation (e^{-5t} + e^{-t/10}) / 2 is no power of itself.
  const auto slow = rotating_frames(4, 5000, 0.01, 0, 5, 1), fast = rotating_frames(4, 5000, 0.5, 0, 6, 1);
  for (Index i = 0; i < 20000; ++i) slow(i, 0) += fast(i, 0);
  const auto frames = on_device<Exec>(slow);
  const auto result = chapman_kolmogorov(Exec{}, make_source(Exec{}, frames).with_trajectories({std::vector<Index>(4, 5000), 0.1}), 1, 4, few(50));
  EXPECT_GT(result.estimated[3][0] - result.predicted[3][0], 0.05);
  EXPECT_GT(result.low[3][0], 0);
}

TEST(Bootstrap, OfTheMeanHasItsTextbookError) {
  const Index n = 400;
  std::vector<double> x;
  for (Index i = 0; i < n; ++i) x.push_back(IndexedRandom(7, 0).normal(static_cast<std::uint64_t>(i)));
  const auto values = bootstrap(n, 1000, 3, [&](const std::vector<double>& multiplicity) {
    double sum = 0, drawn = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      sum += multiplicity[i] * x[i] / static_cast<double>(n);
      drawn += multiplicity[i];
    }
    EXPECT_EQ(drawn, static_cast<double>(n));
    return std::vector<double>{sum};
  });
  std::vector<double> means;
  for (const auto& one : values) means.push_back(one[0]);
  const Interval interval = difference_interval(0, means, n, 0.9);
  EXPECT_NEAR(interval.high - interval.low, 2 * 1.645 / std::sqrt(static_cast<double>(n)), 0.025);
  EXPECT_EQ(values, bootstrap(n, 1000, 3, [&](const std::vector<double>& multiplicity) {
              double sum = 0;
              for (std::size_t i = 0; i < x.size(); ++i) sum += multiplicity[i] * x[i] / static_cast<double>(n);
              return std::vector<double>{sum};
            }));
}

TEST(Bootstrap, IntervalsOfEigenvaluesHaveTheSizeOfTheirSpread) {
  // Ornstein-Uhlenbeck: lambda_1 is close to 1 / variance, whose relative error is sqrt(2 / n).
  const Index n = 4000;
  const auto points = on_device<Exec>(draw_exact("ornstein-uhlenbeck", n, 0, 8));
  const auto source = make_source(Exec{}, points);
  const ModelData model = fit_generator(Exec{}, source, {.features = 25, .modes = 6, .read_out_modes = 2});
  const auto result = eigenvalue_intervals(Exec{}, source, model, {.modes = 2});
  ASSERT_EQ(result.intervals.size(), 2U);
  EXPECT_EQ(result.values[0], model.spectrum.read_out.values[0]);
  EXPECT_NEAR(result.intervals[0].high / result.intervals[0].low, std::exp(2 * 1.645 * std::sqrt(2.0 / n)), 0.03);
  EXPECT_LT(result.intervals[0].low, 1.02);
  EXPECT_GT(result.intervals[0].high, 0.98);
}

}  // namespace
