// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../../src/flow/local_law.hpp"
#include "support/problems.hpp"
#include "support/views.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

// Mixtures of normal laws against closed forms, and draws from windows against the laws of their points.
namespace {

using namespace kswgd;
using namespace kswgd::test;
using detail::LocalLaw;
using detail::NormalMixture;

std::vector<Index> first_rows(Index count) {
  std::vector<Index> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), Index{0});
  return rows;
}

/// .3 of N((0, 0), (1, .5; .5, .5)) and .7 of N((6, -3), 1/4).
HostPoints two_normal_laws(Index n) {
  const HostPoints points = cloud(n, {0, 0}, 1, 1);
  for (Index i = 0; i < n; ++i) {
    const double u = points(i, 0), v = points(i, 1);
    const bool first = IndexedRandom(7, static_cast<std::uint64_t>(i)).uniform(0) < 0.3;
    points(i, 0) = first ? u : 6 + u / 2;
    points(i, 1) = first ? u / 2 + v / 2 : -3 + v / 2;
  }
  return points;
}

TEST(NormalMixture, FindsTwoLawsAndTheirConditionalOnes) {
  const HostPoints points = two_normal_laws(4000);
  const NormalMixture mixture = NormalMixture::best(points, first_rows(4000), {0, 1}, 1);
  ASSERT_EQ(mixture.size(), 2);
  // Given x = 4 (by Bayes) and x = 1, where the second law is out of reach.
  const double left = 0.3 * std::exp(-8.0), right = 0.7 * 2 * std::exp(-8.0);
  std::vector<double> shares = mixture.shares({4}, 1);
  EXPECT_NEAR(*std::min_element(shares.begin(), shares.end()), left / (left + right), 0.08);
  EXPECT_NEAR(shares[0] + shares[1], 1, 1e-14);
  shares = mixture.shares({1}, 1);
  const auto which = static_cast<std::size_t>(std::max_element(shares.begin(), shares.end()) - shares.begin());
  EXPECT_NEAR(shares[which], 1, 1e-6);
  EXPECT_NEAR(mixture.effective(shares), 0.3 * 4000, 90);  // all rows of the first law
  double mean = 0, square = 0;
  constexpr int draws = 20000;
  for (int i = 0; i < draws; ++i) {
    const std::vector<double> other = mixture.draw({1}, 1, which, IndexedRandom(3, static_cast<std::uint64_t>(i)));
    ASSERT_EQ(other.size(), 1U);
    mean += other[0] / draws;
    square += other[0] * other[0] / draws;
  }
  EXPECT_NEAR(mean, 0.5, 0.04);  // of y given x = 1: x / 2, and the variance 1/2 - 1/4
  EXPECT_NEAR(square - mean * mean, 0.25, 0.02);
}

TEST(NormalMixture, OfANormalLawIsOneWithItsLikelihood) {
  constexpr Index n = 500;
  const HostPoints points = cloud(n, {1, -2}, 3, 5);
  const NormalMixture mixture = NormalMixture::best(points, first_rows(n), {0, 1}, 1);
  ASSERT_EQ(mixture.size(), 1);
  // The greatest likelihood of n rows, but for (2 pi)^(n d / 2): |S|^(-n/2) e^(-n d / 2), S the covariance; five parameters.
  double mean[2] = {0, 0}, s[3] = {0, 0, 0};
  for (Index i = 0; i < n; ++i)
    for (int k = 0; k < 2; ++k) mean[k] += points(i, k) / static_cast<double>(n);
  for (Index i = 0; i < n; ++i) {
    const double a = points(i, 0) - mean[0], b = points(i, 1) - mean[1];
    s[0] += a * a / static_cast<double>(n);
    s[1] += a * b / static_cast<double>(n);
    s[2] += b * b / static_cast<double>(n);
  }
  const auto rows = static_cast<double>(n);
  EXPECT_NEAR(mixture.bic(), rows * (std::log(s[0] * s[2] - s[1] * s[1]) + 2) + 5 * std::log(rows), 0.02);  // widths have a floor of 1e-5
}

TEST(NormalMixture, HasThreeRowsForEachParameter) {
  EXPECT_EQ(NormalMixture::best(cloud(17, {0, 0}, 1, 1), first_rows(17), {0, 1}, 1).size(), 0);
  EXPECT_EQ(NormalMixture::best(cloud(18, {0, 0}, 1, 1), first_rows(18), {0, 1}, 1).size(), 1);
}

/// (x, y, 2 y - 1) with x and y independent: many draws from few points are all different, and on the same line.
TEST(LocalLaw, CopiesArePartedAlongTheLaw) {
  constexpr Index n = 600, count = 500;
  const HostPoints points = cloud(n, {0, 0, 0}, 1, 1);
  for (Index i = 0; i < n; ++i) points(i, 2) = 2 * points(i, 1) - 1;
  const LocalLaw law(points, {0}, {1, 2});
  const double at[] = {0.2, 0, 0};
  const LocalLaw::Draws draws = law.draw(at, {0.05, 0}, count, IndexedRandom(1, 0));
  EXPECT_GT(draws.effective, 20);
  EXPECT_LT(draws.effective, 100);
  std::vector<double> values;
  double mean = 0, square = 0;
  for (Index i = 0; i < count; ++i) {
    EXPECT_EQ(draws.points(i, 0), 0.2);
    EXPECT_NEAR(draws.points(i, 2), 2 * draws.points(i, 1) - 1, 1e-6);
    values.push_back(draws.points(i, 1));
    mean += values.back() / count;
    square += values.back() * values.back() / count;
  }
  std::sort(values.begin(), values.end());
  EXPECT_EQ(std::adjacent_find(values.begin(), values.end()), values.end());
  EXPECT_NEAR(mean, 0, 4 / std::sqrt(draws.effective));
  EXPECT_NEAR(std::sqrt(square - mean * mean), 1, 3 / std::sqrt(draws.effective));
}

/// Two clusters, one narrow and one wide in what is given: the shares of a mixture are right where few points are near.
TEST(LocalLaw, TakesTheMixtureWhereItIsTheLaw) {
  constexpr Index n = 2000;
  const HostPoints points = cloud(n, {0, 0, 0, 0, 0, 0, 0}, 1, 1);
  for (Index i = 0; i < n; ++i) {
    const bool narrow = IndexedRandom(7, static_cast<std::uint64_t>(i)).uniform(0) < 0.5;
    for (Index k = 0; k < 7; ++k) points(i, k) = narrow ? 3 + 0.2 * points(i, k) : points(i, k);
  }
  const LocalLaw law(points, {0}, {1, 2, 3, 4, 5, 6});
  const double at[] = {2.4, 0, 0, 0, 0, 0, 0};
  const LocalLaw::Choice choice = law.best(at);
  EXPECT_GT(choice.of_mixture, 0.5);
  const LocalLaw::Draws draws = law.draw(at, choice, 1000, IndexedRandom(1, 0));
  double upper = 0;
  for (Index i = 0; i < 1000; ++i) upper += draws.points(i, 1) > 2 ? 1e-3 : 0;
  const double narrow = std::exp(-4.5) / 0.2, wide = std::exp(-2.88);  // densities at 2.4
  EXPECT_NEAR(upper, narrow / (narrow + wide) + wide / (narrow + wide) * 0.0228, 0.15);
}

/// y = sin(3 x) + .1 u on a wide line is no mixture of few normal laws, and a window is.
TEST(LocalLaw, TakesAWindowWhereTheLawIsBent) {
  constexpr Index n = 2000;
  const HostPoints points = cloud(n, {0, 0}, 1, 1);
  for (Index i = 0; i < n; ++i) {
    points(i, 0) = 6 * IndexedRandom(7, static_cast<std::uint64_t>(i)).uniform(0) - 3;
    points(i, 1) = std::sin(3 * points(i, 0)) + 0.1 * points(i, 1);
  }
  const LocalLaw law(points, {0}, {1});
  const double at[] = {0.4, 0};
  const LocalLaw::Choice choice = law.best(at);
  EXPECT_LT(choice.of_mixture, 0.2);
  EXPECT_LT(choice.window, 0.3);
  const LocalLaw::Draws draws = law.draw(at, choice, 1000, IndexedRandom(1, 0));
  double mean = 0, square = 0;
  for (Index i = 0; i < 1000; ++i) mean += draws.points(i, 1) / 1000;
  for (Index i = 0; i < 1000; ++i) square += std::pow(draws.points(i, 1) - mean, 2) / 1000;
  EXPECT_NEAR(mean, std::sin(1.2), 0.04);
  EXPECT_NEAR(std::sqrt(square), 0.1, 0.03);
}

}  // namespace
