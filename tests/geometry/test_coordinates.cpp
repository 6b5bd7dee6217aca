// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/geometry/coordinates.hpp>
#include <kswgd/geometry/frame.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

namespace {

using namespace kswgd;
using namespace kswgd::test;

template <class Exec>
class Coordinate : public ::testing::Test {};
TYPED_TEST_SUITE(Coordinate, ExecutionSpaces);

/// n draws of a column: `one` makes one of a uniform and a normal number.
std::vector<double> column(Index n, const std::function<double(double, double)>& one) {
  std::vector<double> values;
  for (Index i = 0; i < n; ++i) {
    const IndexedRandom random(21, static_cast<std::uint64_t>(i));
    values.push_back(one(random.uniform(0), random.normal(3)));
  }
  return values;
}

HostPoints table(const std::vector<std::vector<double>>& columns) {
  const HostPoints points("table", columns[0].size(), columns.size());
  for (std::size_t k = 0; k < columns.size(); ++k)
    for (std::size_t i = 0; i < columns[k].size(); ++i) points(i, k) = columns[k][i];
  return points;
}

double normal(double, double z) { return z; }
double exponential(double u, double) { return -std::log(u); }
double two_modes(double u, double z) { return (u < 0.5 ? -1 : 1) + 0.2 * z; }
/// A double well of which the minor one holds 8 %.
double tilted(double u, double z) { return (u < 0.92 ? -1 : 1) + 0.15 * z; }

TEST(ColumnShapes, LMomentsAreThoseOfTheLaws) {
  // Hosking 1990, table 1: t3, t4 of the uniform law 0, 0; normal 0, .1226; exponential 1/3, 1/6; Gumbel .1699, .1504.
  struct Law {
    double (*one)(double, double);
    double t3, t4;
  };
  for (const Law& law : {Law{[](double u, double) { return u; }, 0, 0}, Law{normal, 0, 0.1226}, Law{exponential, 1.0 / 3, 1.0 / 6},
                         Law{[](double u, double) { return -std::log(-std::log(u)); }, 0.1699, 0.1504}}) {
    const ColumnShape shape = shape_of(column(40000, law.one));
    EXPECT_NEAR(shape.skewness, law.t3, 0.01);
    EXPECT_NEAR(shape.kurtosis, law.t4, 0.01);
    EXPECT_EQ(shape.modes, 1);
  }
}

TEST(ColumnShapes, ModesAreCounted) {
  EXPECT_EQ(shape_of(column(2000, two_modes)).modes, 2);
  EXPECT_EQ(shape_of(column(2000, tilted)).modes, 2);
  EXPECT_EQ(shape_of(column(2000, [](double u, double z) { return std::floor(3 * u) * 3 + 0.3 * z; })).modes, 3);
  EXPECT_EQ(shape_of(column(2000, [](double, double z) { return std::round(2 * z); })).modes, 1);  // integers are no clusters
}

TEST(ColumnShapes, AWholeWeightIsARepeatedValue) {
  const std::vector<double> few{1, 2, 4, 8, 16}, weights{1, 3, 1, 2, 1}, many{1, 2, 2, 2, 4, 8, 8, 16};
  const ColumnShape a = shape_of(few, weights), b = shape_of(many);
  EXPECT_DOUBLE_EQ(a.median, b.median);
  EXPECT_NEAR(a.deviation, b.deviation, 1e-14);
  EXPECT_NEAR(a.skewness, b.skewness, 1e-14);
  EXPECT_NEAR(a.kurtosis, b.kurtosis, 1e-14);
}

TEST(ColumnShapes, OneWildRowDoesNotChooseTheUnit) {
  auto values = column(2000, normal);
  values[7] = 1e8;
  const ColumnShape shape = shape_of(values);
  EXPECT_NEAR(shape.deviation, 1, 0.15);
  EXPECT_GT(shape.reach, 9e7);
}

TEST(Splines, GoBackToWhereTheyCameFromAndHaveTheirDerivative) {
  const CoordinateMap map = CoordinateMap::through({-2, -1, 0.5, 0.7, 30}, {-1.5, -1.2, 0, 0.8, 2});
  for (std::size_t j = 0; j < map.x.size(); ++j) EXPECT_NEAR(map(map.x[j]), map.z[j], 1e-14);
  for (double x = -5; x < 40; x += 0.0371) {
    EXPECT_NEAR(map.inverse(map(x)), x, 1e-11 * std::max(1.0, std::abs(x))) << x;
    constexpr double h = 1e-6;
    EXPECT_NEAR(map.derivative(x), (map(x + h) - map(x - h)) / (2 * h), 2e-5) << x;
    EXPECT_GT(map.derivative(x), 0);
  }
  EXPECT_THROW(CoordinateMap::through({0, 1, 1}, {0, 1, 2}), InvalidInput);
  EXPECT_THROW(CoordinateMap::through({0, 1, 2}, {0, 1, 1}), InvalidInput);
}

TEST(NormalScores, AreThoseOfTheLaw) {
  // T = Phi^{-1}(1 - e^{-x}) of an exponential law; the standard error of a quantile is sqrt(p (1 - p) / n) / phi(z), .02 at |z| = 2.
  const CoordinateMap map = normal_score(column(20000, exponential));
  EXPECT_TRUE(map.is_score);
  for (const double z : {-2.0, -1.0, 0.0, 1.0, 2.0}) {
    const double x = -std::log(0.5 * std::erfc(z / std::sqrt(2.0)));
    EXPECT_NEAR(map(x), z, 0.08) << z;
  }
}

TEST(NormalScores, TiesAndSpikesGiveNoVerticalPieces) {
  const CoordinateMap spike = normal_score(column(3000, [](double u, double z) { return u < 0.25 ? 0 : std::abs(z); }));
  EXPECT_LT(*std::max_element(spike.slope.begin(), spike.slope.end()), 100);
  const CoordinateMap few = normal_score(column(3000, [](double u, double) { return std::floor(3 * u); }));
  EXPECT_LT(few(2) - few(0), 2.5);  // the middles of three thirds: 2 x .967
  for (double x = 0; x < 2; x += 0.01) EXPECT_LT(few.derivative(x), 10);
  EXPECT_TRUE(normal_score({5, 5, 5, 5}).is_linear());
}

TEST(NormalScores, OneWildRowIsAKnotAndNoMore) {
  auto values = column(2000, exponential), tame = values;
  values[7] = 1e8;
  const CoordinateMap with = normal_score(values), without = normal_score(tame);
  EXPECT_LT(with(1e8), 4);
  for (const double x : {0.1, 1.0, 3.0}) EXPECT_NEAR(with(x), without(x), 0.02);
}

CoordinateChoice choice_of(const std::vector<std::vector<double>>& columns, Coordinates coordinates = Coordinates::automatic) {
  const Kokkos::DefaultHostExecutionSpace exec;
  return coordinate_maps(exec, make_source(exec, table(columns)), {}, {.coordinates = coordinates});
}

TEST(Choice, ComparableAndWellBehavedColumnsStayAsTheyAre) {
  const auto x = column(2000, two_modes), y = column(2000, normal), z = column(2000, tilted);
  EXPECT_TRUE(choice_of({x, y, z}).maps.empty());
  EXPECT_TRUE(choice_of({x, y, z}, Coordinates::given).maps.empty());
}

TEST(Choice, UnitsAreDividedOut) {
  auto x = column(2000, two_modes), y = column(2000, normal);
  for (double& value : y) value *= 1e-200;
  const auto maps = choice_of({x, y}).maps;
  ASSERT_EQ(maps.size(), 2u);
  EXPECT_TRUE(maps[0].is_linear() && maps[1].is_linear());
  EXPECT_NEAR(maps[1].factor * 1e-200, 1, 0.1);
}

TEST(Choice, SkewIsScoredAndModesAreNot) {
  const auto income = column(2000, [](double, double z) { return std::exp(1.2 * z); });
  auto waiting = column(2000, exponential);
  EXPECT_TRUE(choice_of({waiting, column(2000, normal)}).maps.empty());  // moderate, and comparable
  for (double& x : waiting) x *= 1e3;
  EXPECT_TRUE(choice_of({waiting, income}).maps.at(0).is_score);  // moderate, in a table that needs maps
  const auto maps = choice_of({income, column(2000, tilted), column(2000, normal)}).maps;
  ASSERT_EQ(maps.size(), 3u);
  EXPECT_TRUE(maps[0].is_score);
  EXPECT_FALSE(maps[1].is_score);
  EXPECT_TRUE(maps[2].is_score);  // of one mode as well
}

TEST(Choice, AFarRowIsDrawnInAndTheMiddleStaysStraight) {
  auto x = column(2000, two_modes), y = column(2000, normal);
  x[3] = 1e8;
  const auto maps = choice_of({x, y}).maps;
  ASSERT_EQ(maps.size(), 2u);
  EXPECT_LT(maps[0](1e8) - maps[0](1.5), 25);
  EXPECT_NEAR(maps[0].derivative(-1), maps[0].derivative(1), 1e-6 * maps[0].derivative(1));
  EXPECT_TRUE(maps[1].is_linear());
}

TEST(Choice, ClustersThatLieFarApartAreDrawnTogether) {
  const auto x = column(2000, [](double u, double z) { return (u < 0.4 ? 0 : 100) + z; });
  const auto maps = choice_of({x, column(2000, normal)}).maps;
  ASSERT_EQ(maps.size(), 2u);
  EXPECT_LT(maps[0](100) - maps[0](0), 20);
  EXPECT_NEAR(maps[0].derivative(0.2), maps[0].derivative(99.8), 0.1);
  EXPECT_NEAR(maps[0].derivative(0.2), 1, 0.1);
  EXPECT_TRUE(choice_of({column(2000, [](double u, double z) { return (u < 0.4 ? 0 : 10) + z; }), column(2000, normal)}).maps.empty());
}

/// Columns of different units, skew and modes, as a frame sees them.
template <class Exec>
void go_through_a_mapped_frame() {
  const Exec exec;
  auto metres = column(800, two_modes);
  for (double& x : metres) x = 1e4 + 300 * x;
  const auto points = on_device<Exec>(table({column(800, [](double, double z) { return std::exp(1.3 * z); }), metres, column(800, normal)}));
  const FrameData data = frame_of(exec, make_source(exec, points), {}, CoordinateOptions{.coordinates = Coordinates::automatic});
  ASSERT_TRUE(data.is_mapped());
  EXPECT_EQ(data.coordinates(), Coordinates::normal);
  const Frame<Exec> frame(exec, data);
  const auto make = [&] { return allocate<Points<Exec>>(exec, "points", 800, 3); };
  const Points<Exec> inside = make(), back = make(), stretch = make(), slope = make();
  frame.enter(exec, 800, points, inside);
  const auto at = on_host(points), seen = on_host(inside);
  for (Index i = 0; i < 800; ++i)
    for (Index k = 0; k < 3; ++k) {
      const auto column = static_cast<std::size_t>(k);
      EXPECT_NEAR(seen(i, k), (data.maps[column](at(i, k)) - data.normalisation.mean[column]) / data.normalisation.scale, 1e-10);
    }
  // The derivative of sum_k y_k with respect to the caller's columns is T' / scale, and a stretch is that times the length.
  Kokkos::deep_copy(slope, 1.0);
  const Points<Exec> g = make();
  frame.gradient_out(exec, 800, inside, slope, g);
  frame.stretches(exec, 800, inside, stretch);
  const auto gradient = on_host(g), stretches = on_host(stretch);
  for (Index i = 0; i < 800; ++i)
    for (Index k = 0; k < 3; ++k) {
      const double expected = data.maps[static_cast<std::size_t>(k)].derivative(at(i, k)) / data.normalisation.scale;
      EXPECT_NEAR(gradient(i, k), expected, 1e-8 * expected);
      EXPECT_NEAR(stretches(i, k), std::min(largest_stretch, expected * data.length), 1e-8 * expected * data.length);
    }
  frame.leave(exec, 800, inside, back);
  EXPECT_TRUE(same(back, points, 1e-10, 1e-10));
}
TYPED_TEST(Coordinate, AFrameGoesThroughThem) { go_through_a_mapped_frame<TypeParam>(); }

/// A circle in degrees beside a coordinate in micrometres: the circle's columns have one factor.
template <class Exec>
void map_a_circle() {
  const Exec exec;
  auto angle = column(600, [](double u, double) { return 360 * u; }), width = column(600, normal);
  for (double& x : width) x *= 1e-6;
  const auto points = on_device<Exec>(table({angle, width}));
  const FrameData data =
      frame_of(exec, make_source(exec, points), parse_geometry("periodic:360,0", 2), CoordinateOptions{.coordinates = Coordinates::standard});
  ASSERT_EQ(data.maps.size(), 3u);
  EXPECT_EQ(data.maps[0].factor, data.maps[1].factor);
  EXPECT_NEAR(data.mapped_geometry().factors[0].major, std::sqrt(2.0), 5e-3);  // of mean square 1 in each column
  const Frame<Exec> frame(exec, data);
  const auto inside = allocate<Points<Exec>>(exec, "inside", 600, 3), back = allocate<Points<Exec>>(exec, "back", 600, 2);
  frame.enter(exec, 600, points, inside);
  const auto before = on_host(inside);
  frame.geometry().retract(exec, inside);
  EXPECT_TRUE(same(inside, before, 1e-12, 1e-12));  // they are on the manifold
  frame.leave(exec, 600, inside, back);
  EXPECT_TRUE(same(back, points, 1e-10, 1e-9));
}
TYPED_TEST(Coordinate, OfACircleAreOneFactor) { map_a_circle<TypeParam>(); }

}  // namespace
