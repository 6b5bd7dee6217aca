// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/data/principal_components.hpp>
#include <kswgd/support/check.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;

/// n x d normals with standard deviations 4, 2, 1, 1/2, ... along axes turned by 45 degrees in each neighbouring pair.
HostPoints turned(Index n, Index d, std::uint64_t seed) {
  const HostPoints x("turned", n, d);
  for (Index i = 0; i < n; ++i) {
    const IndexedRandom random(seed, static_cast<std::uint64_t>(i));
    for (Index k = 0; k + 1 < d; k += 2) {
      const double a = 4 * std::pow(0.5, k) * random.normal(static_cast<std::uint64_t>(k)),
                   b = 2 * std::pow(0.5, k) * random.normal(static_cast<std::uint64_t>(k) + 1);
      x(i, k) = 3 + (a - b) / std::sqrt(2.0);
      x(i, k + 1) = (a + b) / std::sqrt(2.0);
    }
  }
  return x;
}

TEST(PrincipalComponents, FindsTheAxesAndVariances) {
  const auto components = principal_components(turned(20000, 4, 1));
  const double exact[] = {16, 4, 1, 0.25};
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(components.variances[k], exact[k], 4 * exact[k] * std::sqrt(2.0 / 20000));
  EXPECT_NEAR(components.axes(0, 0), std::sqrt(0.5), 0.02);
  EXPECT_NEAR(components.axes(1, 0), std::sqrt(0.5), 0.02);
  EXPECT_NEAR(std::abs(components.axes(2, 0)), 0, 0.02);
}

// More coordinates than points: the Gram matrix' route gives the same as the covariance's, and all components give the points back.
TEST(PrincipalComponents, FewPointsOfManyCoordinatesComeBackWhole) {
  const HostPoints x = turned(7, 12, 2);
  const auto components = principal_components(x);
  ASSERT_EQ(components.variances.size(), 6U);
  EXPECT_TRUE(same(components.decode(components.encode(x, 6), false), x, 0, 1e-10));
  double total = 0, variance = 0;
  for (const double v : components.variances) total += v;
  for (Index k = 0; k < 12; ++k)
    for (Index i = 0; i < 7; ++i) variance += std::pow(x(i, k) - components.mean[static_cast<std::size_t>(k)], 2) / 6;
  EXPECT_NEAR(total, variance, 1e-10 * variance);
  for (Index a = 0; a < 6; ++a)
    for (Index b = 0; b < 6; ++b) {
      double product = 0;
      for (Index k = 0; k < 12; ++k) product += components.axes(k, a) * components.axes(k, b);
      EXPECT_NEAR(product, a == b ? 1 : 0, 1e-10);
    }
}

// What was left out comes back as variance, not as values.
TEST(PrincipalComponents, DecodingRestoresTheDiscardedVariance) {
  const HostPoints x = turned(20000, 4, 3);
  const auto components = principal_components(x);
  const auto spread = [](const HostPoints& points) {
    double sum = 0, mean = 0;
    for (std::size_t i = 0; i < points.extent(0); ++i) mean += points(i, 3) / static_cast<double>(points.extent(0));
    for (std::size_t i = 0; i < points.extent(0); ++i) sum += std::pow(points(i, 3) - mean, 2) / static_cast<double>(points.extent(0));
    return sum;
  };
  const auto z = components.encode(x, 2);
  EXPECT_NEAR(spread(components.decode(z, true, 4)), spread(x), 0.05 * spread(x));
  EXPECT_LT(spread(components.decode(z, false)), 0.01 * spread(x));
}

TEST(PrincipalComponents, RefusalsSayWhatIsWrong) {
  const auto components = principal_components(turned(10, 4, 5));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { components.encode(HostPoints("x", 3, 5), 2); }), "the points have 5 coordinates, the components 4"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { components.encode(HostPoints("x", 3, 4), 5); }), "between 1 and 4 components can be kept, not 5"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { principal_components(HostPoints("x", 1, 4)); }), "at least two points"));
}

}  // namespace
