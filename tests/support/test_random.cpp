// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/views.hpp"

#include <kswgd/support/random.hpp>

#include <set>

namespace {

using kswgd::IndexedRandom;

// Known answers of Random123's test suite (kat_vectors) for philox4x32-10. The class lays (draw / 2, stream) out as counter and
// the seed as key; draw 0 reads words 0 and 1, draw 1 words 2 and 3.
TEST(IndexedRandom, KnownAnswersZeros) {
  const IndexedRandom random(0, 0);
  EXPECT_EQ(random.bits(0), 0xe169c58d6627e8d5U);
  EXPECT_EQ(random.bits(1), 0x9b00dbd8bc57ac4cU);
}

TEST(IndexedRandom, UniformIsInTheOpenIntervalWithTheRightMoments) {
  const IndexedRandom random(3, 5);
  double sum = 0, square = 0;
  constexpr int n = 100000;
  for (int i = 0; i < n; ++i) {
    const double u = random.uniform(static_cast<std::uint64_t>(i));
    ASSERT_GT(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    square += u * u;
  }
  EXPECT_NEAR(sum / n, 0.5, 5 * std::sqrt(1.0 / 12 / n));  // five standard errors
  EXPECT_NEAR(square / n, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / n));
}

TEST(IndexedRandom, NormalHasTheRightMoments) {
  const IndexedRandom random(1, 2);
  double moments[4] = {};
  constexpr int n = 200000;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal(static_cast<std::uint64_t>(i));
    double power = 1;
    for (double& moment : moments) moment += (power *= x) / n;
  }
  EXPECT_NEAR(moments[0], 0, 5 / std::sqrt(n));
  EXPECT_NEAR(moments[1], 1, 5 * std::sqrt(2.0 / n));
  EXPECT_NEAR(moments[2], 0, 5 * std::sqrt(15.0 / n));
  EXPECT_NEAR(moments[3], 3, 5 * std::sqrt(96.0 / n));
}

TEST(IndexedRandom, StreamsAndSeedsDiffer) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 10; ++seed)
    for (std::uint64_t stream = 0; stream < 10; ++stream)
      for (std::uint64_t draw = 0; draw < 10; ++draw) seen.insert(IndexedRandom(seed, stream).bits(draw));
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(IndexedRandom, BelowIsUniform) {
  const IndexedRandom random(7, 0);
  int counts[5] = {};
  for (std::uint64_t i = 0; i < 50000; ++i) ++counts[random.below(5, i)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 5 * std::sqrt(50000 * 0.2 * 0.8));
}

}  // namespace
