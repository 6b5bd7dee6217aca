// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/data/rows.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>
#include <limits>
#include <map>

namespace {

using namespace kswgd;
using namespace kswgd::test;

template <class Exec>
class Rows : public ::testing::Test {};
TYPED_TEST_SUITE(Rows, ExecutionSpaces);

/// x_{t+1} = a x_t + sqrt(1 - a^2) N(0, 1) in column 0, independent draws in column 1.
HostPoints autoregression(Index n, double a, std::uint64_t seed) {
  const HostPoints points("autoregression", n, 2);
  const IndexedRandom random(seed, 0), other(seed, 1);
  double x = random.normal(0);
  for (Index i = 0; i < n; ++i) {
    points(i, 0) = x;
    points(i, 1) = other.normal(static_cast<std::uint64_t>(i));
    x = a * x + std::sqrt(1 - a * a) * random.normal(static_cast<std::uint64_t>(i + 1));
  }
  return points;
}

TYPED_TEST(Rows, CopiesShareWeights) {
  DataSet<TypeParam> data = make_source(TypeParam{}, on_device<TypeParam>(autoregression(10, 0, 3)));
  EXPECT_TRUE(data.weights().empty());
  data.set_weights(std::vector<double>(10, 2.0));
  DataSet<TypeParam> copy = data.in_coordinates(1, {});
  EXPECT_EQ(&copy.weights(), &data.weights());
  copy.set_weights(std::vector<double>(10, 3.0));  // its own from here on
  EXPECT_EQ(data.weight(4), 2);
  EXPECT_EQ(copy.weight(4), 3);
}

TYPED_TEST(Rows, VonNeumannsRatioIsOneLessTheCorrelationOfNeighbours) {
  // E|x_{t+1} - x_t|^2 / 2 Var = 1 - a; its standard error over 40,000 pairs is below .01.
  for (const double a : {0.5, 0.05}) {
    const auto points = on_device<TypeParam>(autoregression(40000, a, 3));
    const auto found = succession(TypeParam{}, make_source(TypeParam{}, points));
    EXPECT_NEAR(found.ratio, 1 - a, 0.03);
    EXPECT_EQ(found.column, 0);
    EXPECT_EQ(found.in_time(), a == 0.5);
  }
}

TYPED_TEST(Rows, DrawsAreNoTrajectoryAndNeitherIsASortedTable) {
  int said = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto draws = on_device<TypeParam>(cloud(100, {0, 0, 0}, 1, seed));
    said += succession(TypeParam{}, make_source(TypeParam{}, draws)).in_time();
  }
  EXPECT_LE(said, 1);  // five standard errors, three columns
  const auto sorted = autoregression(500, 0, 1);
  std::sort(&sorted(0, 0), &sorted(0, 0) + 500);
  const auto points = on_device<TypeParam>(sorted);
  EXPECT_FALSE(succession(TypeParam{}, make_source(TypeParam{}, points)).in_time());
}

TYPED_TEST(Rows, EqualRowsAreOneWithTheSumOfTheirWeights) {
  const Index n = 30000, different = 9000;
  const auto base = cloud(different, {0, 1}, 1, 4);
  const HostPoints points("points", n, 2);
  std::map<Index, double> count;
  std::vector<double> weights;
  for (Index i = 0; i < n; ++i) {
    const auto from = static_cast<Index>(IndexedRandom(5, 0).below(static_cast<std::uint64_t>(different), static_cast<std::uint64_t>(i)));
    for (Index k = 0; k < 2; ++k) points(i, k) = base(from, k);
    weights.push_back(i % 7 == 0 ? 0.0 : 0.5 + static_cast<double>(i % 3));
    count[from] += weights.back();
  }
  const auto device = on_device<TypeParam>(points);
  auto data = make_source(TypeParam{}, device);
  data.set_weights(weights);
  const auto counted = count_rows(TypeParam{}, data);
  Index positive = 0;
  for (const auto& [from, weight] : count) positive += weight > 0 ? 1 : 0;
  ASSERT_EQ(counted.data.size(), positive);
  ASSERT_EQ(static_cast<Index>(counted.rows.size()), positive);
  EXPECT_TRUE(std::is_sorted(counted.rows.begin(), counted.rows.end()));
  EXPECT_EQ(counted.weightless, (n + 6) / 7);
  EXPECT_NEAR(counted.data.total_weight(), data.total_weight(), 1e-9);
  // Every row read back is the one that it says it is, in tiles that begin anywhere.
  const auto tile = allocate<Points<TypeParam>>(TypeParam{}, "tile", 777, 2);
  for (Index first = 0; first < positive; first += 777) {
    const Index rows = std::min<Index>(777, positive - first);
    counted.data.read(TypeParam{}, first, rows, tile);
    const auto host = on_host(tile);
    for (Index i = 0; i < rows; ++i)
      for (Index k = 0; k < 2; ++k) ASSERT_EQ(host(i, k), points(counted.original(first + i), k));
  }
}

TYPED_TEST(Rows, DifferentRowsStayAsTheyAreAndZeroHasOneSign) {
  auto points = cloud(100, {0, 0}, 1, 6);
  points(3, 0) = 0.0;
  points(9, 0) = -0.0;
  points(3, 1) = points(9, 1) = 1;
  const auto device = on_device<TypeParam>(points);
  const auto counted = count_rows(TypeParam{}, make_source(TypeParam{}, device));
  EXPECT_EQ(counted.repeated, 1);
  EXPECT_EQ(counted.data.size(), 99);
  EXPECT_DOUBLE_EQ(counted.data.weight(3), 2);
  points(9, 0) = std::nextafter(0.0, 1.0);
  const auto other = on_device<TypeParam>(points);
  const auto all = count_rows(TypeParam{}, make_source(TypeParam{}, other));
  EXPECT_EQ(all.data.size(), 100);
  EXPECT_TRUE(all.rows.empty());
  EXPECT_FALSE(all.data.is_weighted());
}

TYPED_TEST(Rows, TheFarthestCoordinateIsNamed) {
  auto points = cloud(20000, {0, 100}, 2, 7);
  points(12345, 1) = 100 - 2e4;  // 1e4 standard deviations of 2
  const auto device = on_device<TypeParam>(points);
  const auto far = farthest_row(TypeParam{}, make_source(TypeParam{}, device));
  EXPECT_EQ(far.row, 12345);
  EXPECT_EQ(far.column, 1);
  EXPECT_NEAR(far.deviations, 1e4, 5e2);  // quartiles of 4096 normals: 2 %
  EXPECT_EQ(far.value, 100 - 2e4);
}

TYPED_TEST(Rows, FingerprintsTellDataApart) {
  const auto points = cloud(1000, {0, 0}, 1, 8), other = cloud(1000, {0, 0}, 1, 9);
  const auto one = on_device<TypeParam>(points), two = on_device<TypeParam>(other);
  const TypeParam exec;
  EXPECT_EQ(fingerprint_of(exec, make_source(exec, one)), fingerprint_of(exec, make_source(exec, on_device<TypeParam>(points))));
  EXPECT_NE(fingerprint_of(exec, make_source(exec, one)), fingerprint_of(exec, make_source(exec, two)));
  EXPECT_NE(fingerprint_of(exec, make_source(exec, one)),
            fingerprint_of(exec, make_source(exec, Points<TypeParam>(Kokkos::subview(one, Span(0, 999), Kokkos::ALL)))));
}

TYPED_TEST(Rows, WhatIsNotFiniteIsNamed) {
  const NonFiniteInput guard;
  auto points = cloud(10000, {0, 0, 0}, 1, 10);
  points(9876, 2) = std::numeric_limits<double>::infinity();
  const auto device = on_device<TypeParam>(points);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { require_finite(TypeParam{}, make_source(TypeParam{}, device)); }), "row 9876, column 2 is inf"));
}

}  // namespace
