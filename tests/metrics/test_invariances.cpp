// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include "../../src/metrics/order_statistics.hpp"

#include <kswgd/data/data_set.hpp>
#include <kswgd/metrics/score.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <numeric>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Standard = Kokkos::DefaultExecutionSpace;

template <class Exec>
class MetricInvariances : public ::testing::Test {};
TYPED_TEST_SUITE(MetricInvariances, ExecutionSpaces);

/// numpy's quantile ("linear"), on a sorted column.
double slow_quantile(const std::vector<double>& sorted, double level) {
  const double place = level * static_cast<double>(sorted.size() - 1), below = std::floor(place);
  const auto i = static_cast<std::size_t>(below), j = std::min(i + 1, sorted.size() - 1);
  return sorted[i] * (1 - (place - below)) + sorted[j] * (place - below);
}

template <class Exec>
void compare_with_slow_quantiles() {
  // In one dimension each direction is 1 or -1, and the levels (k + 1/2) / q are symmetric: one slow column is the answer.
  const Exec exec;
  const auto x = cloud(37, {0.3}, 1.5, 1), y = cloud(101, {0}, 1, 2);
  const auto sorted = [](const HostPoints& points) {
    std::vector<double> values(points.data(), points.data() + points.extent(0));
    std::sort(values.begin(), values.end());
    return values;
  };
  const auto a = sorted(x), b = sorted(y);
  double square = 0;
  for (int k = 0; k < 250; ++k) square += std::pow(slow_quantile(a, (k + 0.5) / 250) - slow_quantile(b, (k + 0.5) / 250), 2) / 250;
  const SlicedWasserstein<Exec> distance(exec, on_device<Exec>(y), {.directions = 9, .quantiles = 250});
  EXPECT_NEAR(distance(exec, on_device<Exec>(x)), std::sqrt(square), 1e-12);
}
TYPED_TEST(MetricInvariances, SlicedDistanceOfUnequalCountsAgreesWithASlowLoop) { compare_with_slow_quantiles<TypeParam>(); }

template <class Exec>
void check_shift() {
  // All quantiles move by the shift, whatever the law.
  const Exec exec;
  const auto x = cloud(5000, {0}, 1, 3), moved = on_host(x);
  for (Index i = 0; i < 5000; ++i) moved(i, 0) += 0.75;
  EXPECT_NEAR(SlicedWasserstein<Exec>(exec, on_device<Exec>(x))(exec, on_device<Exec>(moved)), 0.75, 1e-12);
}
TYPED_TEST(MetricInvariances, SlicedDistanceOfAShiftInOneDimensionIsTheShift) { check_shift<TypeParam>(); }

struct All {
  double sliced, mmd, energy, memorisation;
};

template <class Exec, class View>
All all_metrics(const Exec& exec, const View& x, const View& y) {
  return {SlicedWasserstein<Exec>(exec, y)(exec, x), mmd(exec, x, y, 0.8).squared, energy_distance(exec, x, y), memorisation_ratio(exec, x, y, x)};
}

template <class Exec>
void check_permutation() {
  const Exec exec;
  const auto x = cloud(701, {0, 0, 0}, 1, 4), y = cloud(1200, {0.2, 0, 0}, 1, 5);
  std::vector<Index> order(701);
  std::iota(order.begin(), order.end(), Index{0});
  for (std::size_t i = 700; i > 0; --i) std::swap(order[i], order[IndexedRandom(6, 0).below(i + 1, i)]);
  const auto here = all_metrics(exec, on_device<Exec>(x), on_device<Exec>(y));
  const auto there = all_metrics(exec, take_rows(exec, on_device<Exec>(x), order), on_device<Exec>(y));
  EXPECT_EQ(here.sliced, there.sliced);  // sorted: to the bit
  EXPECT_NEAR(here.mmd, there.mmd, 1e-13);
  EXPECT_NEAR(here.energy, there.energy, 1e-12);
  EXPECT_EQ(here.memorisation, there.memorisation);
}
TYPED_TEST(MetricInvariances, OrderOfThePointsDoesNotMatter) { check_permutation<TypeParam>(); }

template <class Exec>
void check_repeats() {
  const Exec exec;
  const auto x = on_device<Exec>(cloud(701, {0, 0}, 1, 7)), y = on_device<Exec>(cloud(3000, {0.1, 0}, 1, 8));
  const Scores a = score(exec, x, y, {.repeats = 3, .seed = 2}), b = score(exec, x, y, {.repeats = 3, .seed = 2});
  EXPECT_EQ(a.sliced_wasserstein.value, b.sliced_wasserstein.value);
  EXPECT_EQ(a.mmd.floor, b.mmd.floor);
  EXPECT_EQ(a.energy_distance.floor_std, b.energy_distance.floor_std);
  EXPECT_NE(a.mmd.floor, score(exec, x, y, {.repeats = 3, .seed = 3}).mmd.floor);
}
TYPED_TEST(MetricInvariances, OneSeedGivesOneScore) { check_repeats<TypeParam>(); }

TEST(MetricInvariances, SerialAndOpenMPAgreeToTheBit) {
#if defined(KOKKOS_ENABLE_SERIAL) && defined(KOKKOS_ENABLE_OPENMP)
  for (const auto& y : {cloud(3001, {0}, 1, 9), cloud(3001, {0, 0, 0}, 1, 9), cloud(3001, {0, 0, 0, 0, 0, 0, 0, 0}, 1, 9)}) {
    const auto x = on_host(Kokkos::subview(y, std::pair<int, int>(0, 777), Kokkos::ALL));
    for (std::size_t i = 0; i < x.extent(0); ++i) x(i, 0) *= 1.3;
    const auto a = all_metrics(Kokkos::Serial{}, x, y), b = all_metrics(Kokkos::OpenMP{}, x, y);
    EXPECT_EQ(a.sliced, b.sliced);
    EXPECT_EQ(a.mmd, b.mmd);
    EXPECT_EQ(a.energy, b.energy);
    EXPECT_EQ(a.memorisation, b.memorisation);
  }
#else
  GTEST_SKIP() << "needs Serial and OpenMP";
#endif
}

/// The same points as a slice of an array of structures (two of five numbers, every second structure), or as floats.
template <class Exec>
auto in_structures(const HostPoints& points) {
  const Kokkos::View<double***, Kokkos::LayoutRight, typename Exec::memory_space> all("structures", points.extent(0), 2, 5);
  const auto host = Kokkos::create_mirror_view(all);
  for (std::size_t i = 0; i < points.extent(0); ++i)
    for (std::size_t k = 0; k < 2; ++k) host(i, 0, k + 1) = points(i, k);
  Kokkos::deep_copy(all, host);
  return Kokkos::subview(all, Kokkos::ALL, 0, std::pair<int, int>(1, 3));
}

template <class Exec>
auto as_floats(const HostPoints& points) {
  const Kokkos::View<float**, Kokkos::LayoutRight, typename Exec::memory_space> all("floats", points.extent(0), 2);
  const auto host = Kokkos::create_mirror_view(all);
  for (std::size_t i = 0; i < points.extent(0); ++i)
    for (std::size_t k = 0; k < 2; ++k) host(i, k) = static_cast<float>(points(i, k));
  Kokkos::deep_copy(all, host);
  return all;
}

template <class Exec>
void check_layouts() {
  const Exec exec;
  const auto make = [](double centre, std::uint64_t seed) {  // numbers that a float holds exactly
    const auto points = cloud(300, {centre, 0}, 1, seed);
    for (Index i = 0; i < 600; ++i) points.data()[i] = static_cast<float>(points.data()[i]);
    return points;
  };
  const auto x = make(0, 10), y = make(0.3, 11);
  const auto expected = all_metrics(exec, on_device<Exec>(x), on_device<Exec>(y));
  const auto compare = [&](const All& got) {
    EXPECT_EQ(got.sliced, expected.sliced);
    EXPECT_EQ(got.mmd, expected.mmd);
    EXPECT_EQ(got.energy, expected.energy);
    EXPECT_EQ(got.memorisation, expected.memorisation);
  };
  compare(all_metrics(exec, in_structures<Exec>(x), in_structures<Exec>(y)));
  compare(all_metrics(exec, as_floats<Exec>(x), as_floats<Exec>(y)));
  const ScoreOptions options{.repeats = 2};
  EXPECT_EQ(energy_distance(exec, as_floats<Exec>(x), on_device<Exec>(y)), expected.energy);  // two kinds in one call
  EXPECT_EQ(score(exec, in_structures<Exec>(x), as_floats<Exec>(y), options).mmd.value, score(exec, on_device<Exec>(x), on_device<Exec>(y), options).mmd.value);
  EXPECT_EQ(median_distance(exec, as_floats<Exec>(x)), median_distance(exec, on_device<Exec>(x)));
}
TYPED_TEST(MetricInvariances, LayoutAndPrecisionDoNotMatter) { check_layouts<TypeParam>(); }

template <class Exec>
void check_many_points() {
  // N(0, 1) and N(1, 1): E|X - Y| = 2 phi(1/s) s + (2 Phi(1/s) - 1), s = sqrt(2), and E|X - X'| = 2 / sqrt(pi). Part of the
  // points is compared, and it is a fair part where the order of the points means something (sorted ones here).
  const Exec exec;
  const auto x = cloud(40000, {0}, 1, 12), y = cloud(50000, {1}, 1, 13);
  std::sort(x.data(), x.data() + 40000);
  std::sort(y.data(), y.data() + 50000);
  const double s = std::sqrt(2.0), pi = 3.14159265358979324;
  const double cross = 2 * s * std::exp(-0.25) / std::sqrt(2 * pi) + std::erf(0.5);
  const double exact = std::sqrt(2 * cross - 4 / std::sqrt(pi));
  const double part = energy_distance(exec, on_device<Exec>(x), on_device<Exec>(y), {.most_points = 4000});
  EXPECT_NEAR(part, exact, 0.03);  // four standard errors of 4000 independent points; evenly spread ones have less
  EXPECT_EQ(part, energy_distance(exec, on_device<Exec>(x), on_device<Exec>(y), {.most_points = 4000}));
}
TYPED_TEST(MetricInvariances, EnergyDistanceOfManyPointsUsesAFairPart) { check_many_points<TypeParam>(); }

/// Values of several laws, some of them hard for cells of equal width.
std::vector<double> values_of(const std::string& law, std::size_t n) {
  std::vector<double> values(n);
  const IndexedRandom random(31, 0);
  for (std::size_t i = 0; i < n; ++i) {
    const double normal = random.normal(i);
    values[i] = law == "normal"       ? normal
                : law == "skewed"     ? std::exp(4 * normal)
                : law == "few values" ? std::round(normal)
                : law == "tiny"       ? 5e-324 * std::round(normal)
                                      : 3;
  }
  if (law == "normal") values[n / 2] = 1e30;
  if (law == "skewed") values[n / 3] = -1.7e308;
  if (law == "one and a wild one") values[n / 4] = -1e300;
  return values;
}

TEST(OrderStatistics, AreThoseOfTheSortedValues) {
  for (const std::string law : {"normal", "skewed", "few values", "tiny", "all the same", "one and a wild one"})
    for (const std::size_t n : {1U, 2U, 7U, 999U, 30000U}) {
      const std::vector<double> values = values_of(law, n);
      std::vector<double> sorted = values;
      std::sort(sorted.begin(), sorted.end());
      std::vector<std::size_t> places{0, 0};
      for (std::size_t q = 0; q < 50; ++q) places.push_back((2 * q + 1) * n / 100);
      places.push_back(n - 1);
      const std::vector<double> found = detail::order_statistics(values, places);
      ASSERT_EQ(found.size(), places.size());
      for (std::size_t j = 0; j < places.size(); ++j) EXPECT_EQ(found[j], sorted[places[j]]) << law << ", " << n << " values, place " << places[j];
    }
}

/// Many points are not sorted along each direction. In one dimension the distance is that of the quantiles; a translation by t is |t . e| along e however
/// many points there are.
template <class Exec>
void check_many_projections() {
  const Exec exec;
  const auto few = cloud(700, {0, 0, 1}, 1, 3), many = cloud(20000, {0, 0, 1}, 1, 3);
  const auto moved = [](const HostPoints& points) {
    const HostPoints copy = on_host(points);
    for (std::size_t i = 0; i < copy.extent(0); ++i) {
      copy(i, 0) += 2;
      copy(i, 2) -= 5;
    }
    return copy;
  };
  const double of_few = SlicedWasserstein<Exec>(exec, on_device<Exec>(few))(exec, on_device<Exec>(moved(few)));
  EXPECT_NEAR(SlicedWasserstein<Exec>(exec, on_device<Exec>(many))(exec, on_device<Exec>(moved(many))), of_few, 1e-12);
  const auto x = cloud(20000, {0}, 1, 4), y = cloud(17000, {0.3}, 1.5, 5), z = cloud(300, {0.3}, 1.5, 6);
  const auto quantiles = [](const HostPoints& points) {
    std::vector<double> sorted(points.data(), points.data() + points.extent(0)), result;
    std::sort(sorted.begin(), sorted.end());
    for (int q = 0; q < 1000; ++q) {
      const double place = (q + 0.5) / 1000 * static_cast<double>(sorted.size() - 1);
      const auto low = static_cast<std::size_t>(place);
      result.push_back(sorted[low] + (place - static_cast<double>(low)) * (sorted[std::min(low + 1, sorted.size() - 1)] - sorted[low]));
    }
    return result;
  };
  for (const auto& other : {y, z}) {
    const std::vector<double> here = quantiles(x), there = quantiles(other);
    double square = 0;
    for (std::size_t q = 0; q < 1000; ++q) square += std::pow(here[q] - there[q], 2) / 1000;
    EXPECT_NEAR(SlicedWasserstein<Exec>(exec, on_device<Exec>(x))(exec, on_device<Exec>(other)), std::sqrt(square), 1e-12);
    EXPECT_NEAR(SlicedWasserstein<Exec>(exec, on_device<Exec>(other))(exec, on_device<Exec>(x)), std::sqrt(square), 1e-12);
  }
}
TYPED_TEST(MetricInvariances, ManyPointsAreNotSorted) { check_many_projections<TypeParam>(); }

TEST(MetricRefusals, PointsThatAreNotFiniteAreNamed) {
  const NonFiniteInput allowed;
  const Standard exec;
  const auto good = on_device<Standard>(cloud(10, {0, 0}, 1, 1));
  for (const double value : {std::nan(""), HUGE_VAL}) {
    const auto broken = cloud(10, {0, 0}, 1, 1);
    broken(7, 1) = broken(8, 0) = value;
    const auto bad = on_device<Standard>(broken);
    const char* place = "the points must be finite, but row 7, column 1 is not";
    EXPECT_TRUE(contains(message_of<InvalidInput>([&] { SlicedWasserstein<Standard>(exec, bad); }), place));
    EXPECT_TRUE(contains(message_of<InvalidInput>([&] { SlicedWasserstein<Standard>(exec, good)(exec, bad); }), place));
    EXPECT_TRUE(contains(message_of<InvalidInput>([&] { mmd(exec, bad, good, 1); }), place));
    EXPECT_TRUE(contains(message_of<InvalidInput>([&] { mmd(exec, good, bad, 1); }), place));
    EXPECT_TRUE(contains(message_of<InvalidInput>([&] { energy_distance(exec, good, bad); }), place));
    EXPECT_TRUE(contains(message_of<InvalidInput>([&] { memorisation_ratio(exec, bad, good, good); }), place));
  }
}

TEST(MetricRefusals, ShapesThatDoNotFitAreNamed) {
  const Standard exec;
  const auto two = on_device<Standard>(cloud(10, {0, 0}, 1, 1)), three = on_device<Standard>(cloud(10, {0, 0, 0}, 1, 1));
  const auto one_point = on_device<Standard>(cloud(1, {0, 0}, 1, 1)), none = on_device<Standard>(HostPoints("none", 0, 2));
  const SlicedWasserstein<Standard> sliced(exec, two);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { sliced(exec, three); }), "the points have 3 coordinates, the reference has 2"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { sliced(exec, none); }), "there are no points"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { SlicedWasserstein<Standard>(exec, two, {.directions = 0}); }), "at least 1"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { mmd(exec, two, three, 1); }), "the two sets have 2 and 3 coordinates"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { mmd(exec, one_point, two, 1); }), "at least two points"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { energy_distance(exec, none, two); }), "there are no points"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { energy_distance(exec, two, two, {.most_points = 0}); }), "most_points"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { score(exec, one_point, two); }), "at least 2 samples and 4 reference points"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { memorisation_ratio(exec, two, two, three); }), "the same number of coordinates"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { memorisation_ratio(exec, one_point, two, two); }), "nothing is held out"));
}

}  // namespace
