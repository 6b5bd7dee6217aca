// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/views.hpp"

#include <kswgd/support/random_streams.hpp>
#include <kswgd/support/statistics.hpp>

#include <map>

namespace {

using namespace kswgd;

// numpy.quantile([3, 1, 4, 1.5, 9, 2.6], q) with its default method "linear", and by hand: place q (n - 1) among the sorted values.
TEST(Statistics, QuantilesAreDefinition7OfHyndmanAndFan) {
  const std::vector<double> values{3, 1, 4, 1.5, 9, 2.6}, sorted{1, 1.5, 2.6, 3, 4, 9};
  const std::map<double, double> expected{{0, 1}, {0.1, 1.25}, {0.25, 1.775}, {0.5, 2.8}, {0.75, 3.75}, {0.9, 6.5}, {1, 9}};
  for (const auto& [level, value] : expected) {
    EXPECT_NEAR(quantile(values, level), value, 1e-14) << level;
    EXPECT_EQ(quantile(values, level), sorted_quantile(sorted, level)) << level;
  }
  EXPECT_EQ(quantile({7}, 0.3), 7);
  EXPECT_EQ(sorted_quantile({7}, 1), 7);
}

TEST(Statistics, MediansOfEvenCountsAreTheMeanOfTwoOrTheUpperOne) {
  EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median({4, 1, 3}), 3);
  EXPECT_EQ(upper_median({4, 1, 3, 2}), 3);
  EXPECT_EQ(upper_median({4, 1, 3}), 3);
}

TEST(Statistics, AWholeWeightInAMedianIsARepeatedValue) {
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    const IndexedRandom random(1, trial);
    std::vector<double> values, weights, repeated;
    for (std::uint64_t i = 0; i < 1 + trial % 9; ++i) {
      values.push_back(static_cast<double>(random.below(5, 2 * i)));
      weights.push_back(static_cast<double>(i == 0 ? 1 : random.below(4, 2 * i + 1)));
      repeated.insert(repeated.end(), static_cast<std::size_t>(weights.back()), values.back());
    }
    EXPECT_EQ(upper_median(values, weights), upper_median(repeated)) << trial;
    EXPECT_EQ(upper_median(values, std::vector<double>(values.size(), 0.25)), upper_median(values)) << trial;
  }
}

// 6 orders of 3 rows: chi-squared with 5 degrees of freedom is below 20.5 with probability .999.
TEST(Statistics, EachOrderHasTheSameProbability) {
  std::map<std::vector<std::int64_t>, int> seen;
  constexpr int trials = 6000;
  for (std::uint64_t trial = 0; trial < trials; ++trial) ++seen[random_order(3, IndexedRandom(trial, 2))];
  ASSERT_EQ(seen.size(), 6U);
  double chi2 = 0;
  for (const auto& [order, count] : seen) chi2 += std::pow(count - trials / 6.0, 2) / (trials / 6.0);
  EXPECT_LT(chi2, 20.5);
  EXPECT_EQ(random_order(1, IndexedRandom(0, 0)), std::vector<std::int64_t>{0});
  EXPECT_TRUE(random_order(0, IndexedRandom(0, 0)).empty());
}

// The numbers that published results were made with.
TEST(RandomStreams, NumbersStay) {
  EXPECT_EQ(streams::bootstrap, 0x626f6f74U);
  EXPECT_EQ(streams::sliced_directions, 0x736c6963U);
  EXPECT_EQ(streams::monitor_floor, 0x666c6f6f72U);
  EXPECT_EQ(streams::normal_start, 0x7374617274000000U);
  EXPECT_EQ(streams::exact_draws, 0x6578616374000000U);
  EXPECT_EQ(streams::mirror, 0x6d6972726f720000U);
  EXPECT_EQ(streams::component_noise, 0x7063610000000000U);
  EXPECT_EQ(streams::redrawn_rows, 0x6e756c6c00000000U);
}

}  // namespace
