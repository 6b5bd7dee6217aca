// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dictionary/contract.hpp"

#include <kswgd/dictionary/indicator.hpp>
#include <kswgd/support/check.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;

static_assert(Dictionary<IndicatorDictionary<Kokkos::DefaultExecutionSpace>>);

template <class Exec>
class Indicator : public ::testing::Test {};
TYPED_TEST_SUITE(Indicator, ExecutionSpaces);

TYPED_TEST(Indicator, KeepsTheContractOfADictionary) {
  for (const Index d : {1, 2, 6}) {
    const HostPoints x = normal_points(d), landmarks = normal_points(d, 17);
    for (std::size_t a = 0; a < 17; ++a) landmarks(a, 0) += 0.1;  // else they would be points, at the distance 0
    IndicatorDictionary<TypeParam> dictionary(TypeParam{}, {landmarks});
    expect_values(
        dictionary, x,
        [&](const std::vector<double>& at) {
          std::size_t nearest = 0;
          double best = 1e300;
          for (std::size_t a = 0; a < 17; ++a) {
            double square = 0;
            for (std::size_t k = 0; k < at.size(); ++k) square += std::pow(at[k] - landmarks(a, k), 2);
            if (square < best) nearest = a;
            best = std::min(best, square);
          }
          std::vector<double> features(17, 0.0);
          features[0] = features[nearest] = 1;
          return features;
        },
        0);
    expect_nesting(dictionary, x);
    for (Index k = 0; k < d; ++k) EXPECT_TRUE(same(slopes_of(dictionary, x, k), HostMatrix("zeros", x.extent(0), 17), 0));
  }
}

TEST(Indicator, BinsAreTheOccupiedBoxes) {
  // Over [0, 4] x [-1, 1], 4 x 2 boxes: three hold points; the largest of a coordinate belongs to the last box.
  const HostPoints sample("sample", 5, 2);
  const double rows[5][2] = {{0, -1}, {0.9, -0.2}, {4, 1}, {3.1, 0.1}, {1.5, 0.5}};
  for (int i = 0; i < 5; ++i)
    for (int k = 0; k < 2; ++k) sample(i, k) = rows[i][k];
  const IndicatorDictionaryData data = make_bins_data(sample, {4, 2});
  const HostPoints centres("centres", 3, 2);
  const double expected[3][2] = {{0.5, -0.5}, {1.5, 0.5}, {3.5, 0.5}};
  for (int a = 0; a < 3; ++a)
    for (int k = 0; k < 2; ++k) centres(a, k) = expected[a][k];
  EXPECT_TRUE(same(data.landmarks, centres, 1e-15));

  IndicatorDictionary<Kokkos::DefaultExecutionSpace> dictionary(Kokkos::DefaultExecutionSpace{}, data);
  const HostMatrix psi = values_of(dictionary, sample);
  const int cells[5] = {0, 0, 2, 2, 1};
  for (int i = 0; i < 5; ++i)
    for (int a = 1; a < 3; ++a) EXPECT_EQ(psi(i, a), cells[i] == a ? 1 : 0) << "point " << i << ", cell " << a;
}

TEST(Indicator, BinsDoNotDependOnTheOrderOfTheSample) {
  const HostPoints sample = normal_points(2), reversed("reversed", 300, 2);
  for (Index i = 0; i < 300; ++i)
    for (Index k = 0; k < 2; ++k) reversed(i, k) = sample(299 - i, k);
  const IndicatorDictionaryData a = make_bins_data(sample, {7, 5}), b = make_bins_data(reversed, {7, 5});
  EXPECT_TRUE(same(a.landmarks, b.landmarks, 0));
  EXPECT_LT(a.landmarks.extent(0), 35U);  // the corners of the box hold none of 300 normal points
}

TEST(Indicator, RefusesWhatCannotBe) {
  using Indicator = IndicatorDictionary<Kokkos::DefaultHostExecutionSpace>;
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { Indicator({}, {HostPoints("none", 0, 2)}); }), "there must be at least one landmark"));
  const HostPoints twice = normal_points(2, 4);
  for (const int k : {0, 1}) twice(3, k) = twice(1, k);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { Indicator({}, {twice}); }), "landmark 3 (from 0) is the same as an earlier one"));
  twice(2, 0) = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { Indicator({}, {twice}); }), "landmark 2 (from 0) is not finite"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { make_bins_data(twice, {3, 3}); }), "row 2 of the sample (from 0) is not finite"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { make_bins_data(normal_points(2), {3, 0}); }), "the number of bins must be 1 or more, got 0"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { make_bins_data(normal_points(2), {3}); }), "each of its 2 coordinates, got 1"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { make_bins_data(normal_points(2, 21000), {100000, 100000}); }), "more than 20000 boxes hold a point"));
}

}  // namespace
