// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/metrics/score.hpp>
#include <kswgd/support/check.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;

template <class Exec>
class Metrics : public ::testing::Test {};
TYPED_TEST_SUITE(Metrics, ExecutionSpaces);

double slow_kernel(double square, double width) {
  double sum = 0;
  for (const double factor : {0.25, 0.5, 1.0, 2.0, 4.0}) sum += std::exp(-square / (2 * factor * factor * width * width)) / 5;
  return sum;
}

template <class Exec>
void compare_with_slow_loops() {
  const Exec exec;
  const auto x = cloud(37, {0, 0, 0}, 1, 1), y = cloud(53, {0.5, 0, 0}, 1.2, 2);
  const auto square = [](const HostPoints& a, std::size_t i, const HostPoints& b, std::size_t j) {
    double sum = 0;
    for (int k = 0; k < 3; ++k) sum += std::pow(a(i, k) - b(j, k), 2);
    return sum;
  };
  const auto mean = [&](const HostPoints& a, const HostPoints& b, bool distinct, auto&& f) {
    double sum = 0, count = 0;
    for (std::size_t i = 0; i < a.extent(0); ++i)
      for (std::size_t j = 0; j < b.extent(0); ++j) {
        if (distinct && i == j) continue;
        sum += f(square(a, i, b, j));
        count += 1;
      }
    return sum / count;
  };
  const auto root = [](double s) { return std::sqrt(s); };
  const double energy = std::sqrt(2 * mean(x, y, false, root) - mean(x, x, false, root) - mean(y, y, false, root));
  const auto dx = on_device<Exec>(x), dy = on_device<Exec>(y);
  EXPECT_NEAR(energy_distance(exec, dx, dy), energy, 1e-12);
  const auto kernel = [](double s) { return slow_kernel(s, 0.9); };
  const double squared = mean(x, x, true, kernel) + mean(y, y, true, kernel) - 2 * mean(x, y, false, kernel);
  EXPECT_NEAR(mmd(exec, dx, dy, 0.9).squared, squared, 1e-12);
}
TYPED_TEST(Metrics, AgreeWithSlowLoops) { compare_with_slow_loops<TypeParam>(); }

template <class Exec>
void check_translation() {
  // Moving all points by a vector t: each projection moves by t . e, and E (t . e)^2 = |t|^2 / d over the sphere.
  const Exec exec;
  const auto x = cloud(500, {0, 0}, 1, 3), moved = on_host(x);
  for (Index i = 0; i < 500; ++i) {
    moved(i, 0) += 3;
    moved(i, 1) += 4;
  }
  const SlicedWasserstein<Exec> distance(exec, on_device<Exec>(x), {.directions = 20000, .quantiles = 50});
  EXPECT_NEAR(distance(exec, on_device<Exec>(moved)), 5 / std::sqrt(2.0), 0.05);
  EXPECT_EQ(distance(exec, on_device<Exec>(x)), 0);
}
TYPED_TEST(Metrics, SlicedDistanceOfATranslationIsKnown) { check_translation<TypeParam>(); }

template <class Exec>
void check_one_dimension() {
  // N(0, 1) against N(1, 2^2): W2^2 = (0 - 1)^2 + (1 - 2)^2. Quantiles stop at 1/2000: the far tails are not seen.
  const Exec exec;
  const SlicedWasserstein<Exec> distance(exec, on_device<Exec>(cloud(200000, {0}, 1, 4)));
  EXPECT_NEAR(distance(exec, on_device<Exec>(cloud(200000, {1}, 2, 5))), std::sqrt(2.0), 0.02);
}
TYPED_TEST(Metrics, SlicedDistanceOfTwoNormalLawsIsKnown) { check_one_dimension<TypeParam>(); }

template <class Exec>
void check_point_masses() {
  const Exec exec;
  const HostPoints a("a", 2, 2), b("b", 3, 2);
  for (int i = 0; i < 3; ++i) b(i, 0) = 2;
  EXPECT_NEAR(energy_distance(exec, on_device<Exec>(a), on_device<Exec>(b)), 2, 1e-14);  // sqrt(2 * 2)
}
TYPED_TEST(Metrics, EnergyDistanceOfTwoPointMassesIsKnown) { check_point_masses<TypeParam>(); }

template <class Exec>
void check_score() {
  const Exec exec;
  const auto reference = on_device<Exec>(cloud(6000, {0, 0}, 1, 6));
  const Scores good = score(exec, on_device<Exec>(cloud(1000, {0, 0}, 1, 7)), reference);
  const Scores bad = score(exec, on_device<Exec>(cloud(1000, {1, 0}, 1, 8)), reference);
  EXPECT_EQ(good.n, 1000);
  for (const Score& s : {good.sliced_wasserstein, good.energy_distance}) {
    EXPECT_LT(s.value, s.floor + 4 * s.floor_std);
    EXPECT_GT(s.floor, 0);
    EXPECT_GT(s.floor_std, 0);
  }
  EXPECT_LT(good.mmd.value, good.mmd.floor + 5 * good.mmd.floor_std);
  EXPECT_GT(bad.sliced_wasserstein.value, 10 * bad.sliced_wasserstein.floor);
  EXPECT_GT(bad.energy_distance.value, 5 * bad.energy_distance.floor);
  EXPECT_GT(bad.mmd.value, 5 * bad.mmd.floor);
}
TYPED_TEST(Metrics, FreshDrawsScoreAtTheFloorAndShiftedOnesDoNot) { check_score<TypeParam>(); }

template <class Exec>
void check_memorisation() {
  const Exec exec;
  const auto training = on_device<Exec>(cloud(2000, {0, 0}, 1, 9)), held_out = on_device<Exec>(cloud(500, {0, 0}, 1, 10));
  EXPECT_NEAR(memorisation_ratio(exec, on_device<Exec>(cloud(500, {0, 0}, 1, 11)), training, held_out), 1, 0.25);
  EXPECT_EQ(memorisation_ratio(exec, training, training, held_out), 0);
}
TYPED_TEST(Metrics, CopiesOfTheTrainingDataAreSeen) { check_memorisation<TypeParam>(); }

TEST(Metrics, RefusalsSayWhatIsWrong) {
  using Exec = Kokkos::DefaultExecutionSpace;
  const Exec exec;
  const auto two = on_device<Exec>(cloud(10, {0, 0}, 1, 1)), three = on_device<Exec>(cloud(10, {0, 0, 0}, 1, 1));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { score(exec, two, three); }), "the samples have 2 coordinates, the reference has 3"));
  const NonFiniteInput allowed;
  const auto broken = cloud(10, {0, 0}, 1, 1);
  broken(7, 1) = std::nan("");
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { score(exec, on_device<Exec>(broken), two); }), "the samples must be finite, but row 7, column 1"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { mmd(exec, two, two, 0); }), "width must be a finite positive number"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { median_distance(exec, Points<Exec>("zeros", 10, 2)); }), "the same"));
}

}  // namespace
