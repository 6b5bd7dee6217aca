// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/dictionary/landmarks.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

TEST(Landmarks, LevelSizesFollowTheRule) {
  EXPECT_EQ(level_sizes(10000), (std::vector<Index>{6, 12, 25, 50, 100, 200, 400}));
  EXPECT_EQ(level_sizes(20000).back(), 800);
  EXPECT_EQ(level_sizes(40000).back(), 1600);
  EXPECT_EQ(level_sizes(9), (std::vector<Index>{4}));
  EXPECT_EQ(level_sizes(3), (std::vector<Index>{4}));  // cut to the points that there are
  EXPECT_EQ(level_sizes(100), (std::vector<Index>{6, 12, 25, 50}));
  EXPECT_EQ(level_sizes(10000, 150), (std::vector<Index>{6, 12, 25, 50, 100, 150}));
  EXPECT_EQ(level_sizes(100000, 3200).back(), 3200);
}

TEST(Landmarks, LevelsAreNestedAndCoverTheData) {
  const auto points = on_device<Exec>(cloud(3000, {0, 0, 0}, 1, 1));
  const auto nested = nested_landmarks(Exec{}, points, 3000);
  Index last = 0;
  for (const LevelData& level : nested.levels) {
    EXPECT_EQ(level.first_landmark, last);
    EXPECT_GT(level.last_landmark, level.first_landmark);
    EXPECT_GT(level.width, 0);
    last = level.last_landmark;
  }
  EXPECT_EQ(static_cast<std::size_t>(last), nested.landmarks.extent(0));
  // 99.9 % of the points lie within the guard radius, by definition.
  const LevelData& level = nested.levels.back();
  const Points<Exec> own = on_device<Exec>(on_host(Kokkos::subview(nested.landmarks, std::pair(level.first_landmark, level.last_landmark), Kokkos::ALL)));
  const Vector<Exec> distance("distance", 3000);
  nearest_landmark(Exec{}, points, own, distance, Vector<Exec, int>("index", 3000));
  const auto host = to_host(Exec{}, distance);
  int inside = 0;
  for (Index i = 0; i < 3000; ++i) inside += host(i) <= level.guard;
  EXPECT_NEAR(inside, 2997, 1);
}

TEST(Landmarks, NearestLandmarkAgreesWithASlowLoop) {
  const auto x = cloud(101, {0, 0, 0, 0, 0}, 1, 2), z = cloud(13, {0, 0, 0, 0, 0}, 1, 3);
  const Vector<Exec> distance("distance", 101);
  const Vector<Exec, int> index("index", 101);
  nearest_landmark(Exec{}, on_device<Exec>(x), on_device<Exec>(z), distance, index);
  const auto hd = to_host(Exec{}, distance);
  const auto hi = to_host(Exec{}, index);
  for (Index i = 0; i < 101; ++i) {
    double best = 1e300;
    int which = -1;
    for (int a = 0; a < 13; ++a) {
      double square = 0;
      for (int k = 0; k < 5; ++k) square += std::pow(x(i, k) - z(a, k), 2);
      if (square < best) {
        best = square;
        which = a;
      }
    }
    EXPECT_EQ(hi(i), which);
    EXPECT_NEAR(hd(i), std::sqrt(best), 1e-14);
  }
}

/// Where Lloyd's steps have come to an end each landmark is the mean of the points that are nearest to it.
void expect_means_of_their_cells(const HostPoints& x, std::uint64_t seed) {
  const auto nested = nested_landmarks(Exec{}, on_device<Exec>(x), 0, {.seed = seed});
  const auto d = x.extent(1);
  const LevelData& level = nested.levels.front();
  const auto count = static_cast<std::size_t>(level.last_landmark);
  std::vector<std::vector<double>> sums(count, std::vector<double>(d, 0.0));
  std::vector<double> members(count, 0.0);
  for (std::size_t i = 0; i < x.extent(0); ++i) {
    std::size_t nearest = 0;
    double least = 1e300;
    for (std::size_t a = 0; a < count; ++a) {
      double square = 0;
      for (std::size_t k = 0; k < d; ++k) square += std::pow(x(i, k) - nested.landmarks(a, k), 2);
      if (square < least) {
        least = square;
        nearest = a;
      }
    }
    ++members[nearest];
    for (std::size_t k = 0; k < d; ++k) sums[nearest][k] += x(i, k);
  }
  for (std::size_t a = 0; a < count; ++a) {
    ASSERT_GT(members[a], 0);
    for (std::size_t k = 0; k < d; ++k) EXPECT_NEAR(nested.landmarks(a, k) / (sums[a][k] / members[a]), 1, 1e-9) << "landmark " << a;
  }
}

TEST(Landmarks, AreMeansOfTheirCells) {
  HostPoints x = cloud(60, {0, 0, 0, 0, 0, 0}, 1, 5);
  expect_means_of_their_cells(x, 1);
  for (int k = 0; k < 6; ++k) x(0, k) += 1e5;  // products of such coordinates would lose digits
  expect_means_of_their_cells(x, 1);
}

template <class Space>
NestedLandmarks landmarks_on() {
  return nested_landmarks(Space{}, on_device<Space>(cloud(2000, {0, 0}, 1, 4)), 2000, {.seed = 9});
}

TEST(Landmarks, AreTheSameOnSerialAndTheDefaultSpaceAndAtEachRun) {
#ifdef KOKKOS_ENABLE_SERIAL
  const auto serial = landmarks_on<Kokkos::Serial>(), standard = landmarks_on<Exec>(), again = landmarks_on<Exec>();
  EXPECT_TRUE(same(serial.landmarks, standard.landmarks, 0));
  EXPECT_TRUE(same(again.landmarks, standard.landmarks, 0));
#else
  GTEST_SKIP() << "needs Serial";
#endif
}

}  // namespace
