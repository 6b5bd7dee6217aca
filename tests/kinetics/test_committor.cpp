// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/generator.hpp>
#include <kswgd/kinetics/committor.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

/// int_low^high f by the midpoint rule.
template <class F>
double integral(double low, double high, const F& f, int steps = 20000) {
  double sum = 0;
  for (int i = 0; i < steps; ++i) sum += f(low + (high - low) * (i + 0.5) / steps) * (high - low) / steps;
  return sum;
}

double double_well(double barrier, double x) { return barrier * (x * x - 1) * (x * x - 1); }

/// n draws of exp(-barrier (x^2 - 1)^2) by its distribution function on a grid.
HostPoints well_draws(double barrier, Index n, std::uint64_t seed) {
  const int cells = 20000;
  const double low = -2.5, step = 5.0 / cells;
  std::vector<double> distribution{0};
  for (int i = 0; i < cells; ++i) distribution.push_back(distribution.back() + std::exp(-double_well(barrier, low + (i + 0.5) * step)));
  const HostPoints points("points", n, 1);
  for (Index i = 0; i < n; ++i) {
    const double u = IndexedRandom(seed, 77).uniform(static_cast<std::uint64_t>(i)) * distribution.back();
    const auto cell = std::upper_bound(distribution.begin(), distribution.end(), u) - distribution.begin() - 1;
    points(i, 0) = low +
                   step * (static_cast<double>(cell) + (u - distribution[static_cast<std::size_t>(cell)]) /
                                                           (distribution[static_cast<std::size_t>(cell) + 1] - distribution[static_cast<std::size_t>(cell)]));
  }
  return points;
}

/// 1 / (Z int exp(V)) between the sets |x + 1| <= .3 and |x - 1| <= .3.
double well_rate(double barrier) {
  return 1 / (integral(-3, 3, [&](double x) { return std::exp(-double_well(barrier, x)); }) *
              integral(-0.7, 0.7, [&](double x) { return std::exp(double_well(barrier, x)); }));
}

struct Case {
  Committor q;
  ModelData model;
};

Case solved(const HostPoints& points, const std::vector<double>& weights, std::uint64_t seed, Index features = 100) {
  const auto device = on_device<Exec>(points);
  auto source = make_source(Exec{}, device);
  if (!weights.empty()) source.set_weights(weights);
  const ModelData model = fit_generator(Exec{}, source, {.features = features, .modes = 0, .read_out_modes = 0, .seed = seed});
  return {committor(Exec{}, source, model, in_ball(points, {}, {-1}, 0.3), in_ball(points, {}, {1}, 0.3), {.seed = seed}), model};
}

TEST(Committor, RatesOfADoubleWellAreThoseOfItsFormulaAndInsideTheirIntervals) {
  // The data alone know the rate to sqrt(int p^-3 / n) / int p^-1 = 15 % at 4 kT and 6 % at 2 kT.
  struct Problem {
    double barrier;
    Index n, seeds;
    double tolerance;  // of the mean over five seeds: four standard errors of it, or what is asked for
  };
  for (const auto& [barrier, n, seeds, tolerance] : {Problem{4, 2000, 20, 0.25}, Problem{2, 2000, 20, 0.12}, Problem{4, 20000, 1, 0.2}}) {
    const double exact = well_rate(barrier);
    double mean = 0;
    Index inside = 0;
    const Index averaged = std::min<Index>(seeds, 5);
    for (Index seed = 0; seed < seeds; ++seed) {
      const Committor q = solved(well_draws(barrier, n, static_cast<std::uint64_t>(seed)), {}, static_cast<std::uint64_t>(seed)).q;
      if (seed < averaged) mean += q.rate / static_cast<double>(averaged);
      inside += q.low <= exact && exact <= q.high;
      EXPECT_LT(q.in_sample, q.cross_fitted);
      EXPECT_GE(q.error, q.rate * std::log(q.cross_fitted / q.in_sample) / 2);
    }
    EXPECT_NEAR(mean, exact, tolerance * exact) << barrier << " kT, n = " << n;
    if (seeds == 20) {
      EXPECT_GE(inside, 16) << barrier << " kT, n = " << n;
    }
  }
}

TEST(Committor, IsTheQuadratureFormulaAndStaysWithinZeroAndOne) {
  const auto [q, model] = solved(well_draws(2, 5000, 3), {}, 3);
  const HostPoints at("at", 15, 1);
  for (Index i = 0; i < 15; ++i) at(i, 0) = -1.4 + 0.2 * static_cast<double>(i);
  const auto values = committor_at(Exec{}, model, q, on_device<Exec>(at));
  const auto resistance = [](double to) {
    return integral(
        -0.7, to, [](double x) { return std::exp(double_well(2, x)); }, 4000);
  };
  for (std::size_t i = 0; i < 15; ++i) {
    const double x = at(static_cast<Index>(i), 0), exact = x < -0.7 ? 0 : x > 0.7 ? 1 : resistance(x) / resistance(0.7);
    EXPECT_NEAR(values.q[i], exact, 0.04) << x;
    EXPECT_GE(values.q[i], 0);
    EXPECT_LE(values.q[i], 1);
  }
}

TEST(Committor, WeightsCount) {
  // Points spread evenly over the wells, with Boltzmann weights: many on the barrier, so that the rate is known to 5 %.
  const Index n = 4000;
  const HostPoints points("points", n, 1);
  std::vector<double> weights;
  for (Index i = 0; i < n; ++i) {
    points(i, 0) = -1.9 + 3.8 * IndexedRandom(4, 0).uniform(static_cast<std::uint64_t>(i));
    weights.push_back(std::exp(-double_well(6, points(i, 0))));
  }
  const double exact = well_rate(6);
  const Committor q = solved(points, weights, 0).q;
  EXPECT_NEAR(q.rate, exact, 0.15 * exact);
  EXPECT_LE(q.low, exact);
  EXPECT_GE(q.high, exact);
  // Points without weight do not count: those in the sets are as good as absent.
  std::vector<double> none = weights;
  for (Index i = 0; i < n; ++i)
    if (std::abs(points(i, 0) - 1) <= 0.3) none[static_cast<std::size_t>(i)] = 0;
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { solved(points, none, 0); }), "no point of the data is in B"));
}

/// The rate between two discs by finite volumes on a grid of 161 x 181 nodes, q by successive over-relaxation.
template <class V>
double grid_rate(const V& potential, double radius) {
  const int nx = 161, ny = 181;
  const double h = 0.025, x0 = -2, y0 = -1.5;
  std::vector<double> q(nx * ny), pi(nx * ny);
  std::vector<char> fixed(nx * ny, 0);
  double z = 0;
  const auto place = [&](int i, int j) { return static_cast<std::size_t>(i + nx * j); };
  for (int j = 0; j < ny; ++j)
    for (int i = 0; i < nx; ++i) {
      const double x = x0 + h * i, y = y0 + h * j;
      pi[place(i, j)] = std::exp(-potential(x, y));
      z += pi[place(i, j)] * h * h;
      const bool a = std::hypot(x + 1, y - 0.5) <= radius, b = std::hypot(x - 1, y - 0.5) <= radius;
      fixed[place(i, j)] = a || b;
      q[place(i, j)] = b ? 1 : a ? 0 : (x > 0);
    }
  const auto conductance = [&](std::size_t a, std::size_t b) { return std::sqrt(pi[a] * pi[b]); };
  for (int sweep = 0; sweep < 1500; ++sweep)
    for (int j = 0; j < ny; ++j)
      for (int i = 0; i < nx; ++i) {
        const std::size_t here = place(i, j);
        if (fixed[here]) continue;
        double sum = 0, weight = 0;
        const auto neighbour = [&](int k, int l) {
          if (k < 0 || l < 0 || k >= nx || l >= ny) return;
          const double c = conductance(here, place(k, l));
          sum += c * q[place(k, l)];
          weight += c;
        };
        neighbour(i - 1, j), neighbour(i + 1, j), neighbour(i, j - 1), neighbour(i, j + 1);
        q[here] += 1.9 * (sum / weight - q[here]);
      }
  double energy = 0;
  for (int j = 0; j < ny; ++j)
    for (int i = 0; i < nx; ++i) {
      if (i + 1 < nx) energy += conductance(place(i, j), place(i + 1, j)) * std::pow(q[place(i + 1, j)] - q[place(i, j)], 2);
      if (j + 1 < ny) energy += conductance(place(i, j), place(i, j + 1)) * std::pow(q[place(i, j + 1)] - q[place(i, j)], 2);
    }
  return energy / z;
}

TEST(Committor, RateInABentChannelIsThatOfFiniteDifferences) {
  // V = 2.5 (x^2 - 1)^2 + 2 (y - x^2 / 2)^2: x as the double well, y = x^2 / 2 + N(0, 1/4).
  const double exact = grid_rate([](double x, double y) { return double_well(2.5, x) + 2 * (y - x * x / 2) * (y - x * x / 2); }, 0.35);
  double mean = 0;
  Index inside = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const HostPoints x = well_draws(2.5, 3000, seed), points("points", 3000, 2);
    for (Index i = 0; i < 3000; ++i) {
      points(i, 0) = x(i, 0);
      points(i, 1) = x(i, 0) * x(i, 0) / 2 + IndexedRandom(seed, 5).normal(static_cast<std::uint64_t>(i)) / 2;
    }
    const auto device = on_device<Exec>(points);
    const auto source = make_source(Exec{}, device);
    const ModelData model = fit_generator(Exec{}, source, {.features = 100, .modes = 0, .read_out_modes = 0, .seed = seed});
    const Committor q = committor(Exec{}, source, model, in_ball(points, {}, {-1, 0.5}, 0.35), in_ball(points, {}, {1, 0.5}, 0.35), {.seed = seed});
    mean += q.rate / 10;
    inside += q.low <= exact && exact <= q.high;
  }
  EXPECT_NEAR(mean, exact, 0.08 * exact);  // each to 6 %, and the discs' edges
  EXPECT_GE(inside, 7);
}

TEST(Committor, BallsReachAcrossTheSeamOfACircle) {
  // Free diffusion, A within 1 of pi, B within 1 of 0: q is linear between them, the rate 2 / (2 pi (pi - 2)).
  const Index n = 6000;
  const HostPoints points("points", n, 1);
  for (Index i = 0; i < n; ++i) points(i, 0) = M_PI * (2 * IndexedRandom(6, 0).uniform(static_cast<std::uint64_t>(i)) - 1);
  const GeometryData geometry = parse_geometry("periodic:6.283185307179586", 1);
  const auto device = on_device<Exec>(points);
  const auto source = make_source(Exec{}, device);
  const ModelData model = fit_generator(Exec{}, source, {.geometry = geometry, .features = 100, .modes = 0, .read_out_modes = 0});
  const Committor q = committor(Exec{}, source, model, in_ball(points, geometry, {M_PI}, 1), in_ball(points, geometry, {0}, 1));
  const double exact = 2 / (2 * M_PI * (M_PI - 2));
  EXPECT_NEAR(q.rate, exact, 0.06 * exact);
  const HostPoints at("at", 6, 1);
  const double places[] = {-2.8, -2.14, -1.57, 1.57, 2.14, 2.8};
  for (Index i = 0; i < 6; ++i) at(i, 0) = places[i];
  const auto values = committor_at(Exec{}, model, q, on_device<Exec>(at));
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(values.q[i], std::clamp((M_PI - 1 - std::abs(places[i])) / (M_PI - 2), 0.0, 1.0), 0.06) << places[i];
}

TEST(Balls, AreMeasuredOnTheManifold) {
  const auto inside = [](std::initializer_list<double> point, const std::string& manifold, const std::vector<double>& centre, double radius) {
    const HostPoints points("points", 1, point.size());
    Index k = 0;
    for (const double x : point) points(0, k++) = x;
    return in_ball(points, parse_geometry(manifold, static_cast<Index>(point.size())), centre, radius).front() != 0;
  };
  EXPECT_TRUE(inside({3, 4}, "euclidean", {0, 0}, 5.0));
  EXPECT_FALSE(inside({3, 4}, "euclidean", {0, 0}, 4.99));
  EXPECT_TRUE(inside({0.1, 7}, "periodic:1,0", {0.9, 7}, 0.21));  // .2 across the seam
  EXPECT_FALSE(inside({0.1, 7}, "periodic:1,0", {0.9, 7}, 0.19));
  EXPECT_TRUE(inside({5.1}, "periodic:1", {-3.9}, 1e-6));              // whole periods away
  EXPECT_TRUE(inside({0.1, 7.3}, "periodic:1,0", {0.9, 7.6}, 0.361));  // sqrt(.2^2 + .3^2) in a product
  EXPECT_FALSE(inside({0.1, 7.3}, "periodic:1,0", {0.9, 7.6}, 0.360));
  EXPECT_TRUE(inside({0, 1, 0}, "sphere", {1, 0, 0}, M_PI / 2 + 1e-9));  // a quarter of a great circle, not the chord sqrt(2)
  EXPECT_FALSE(inside({0, 1, 0}, "sphere", {1, 0, 0}, M_PI / 2 - 1e-9));
  EXPECT_TRUE(inside({-2.8, 0, 0}, "torus:2,0.8", {2.8, 0, 0}, 5.61));  // straight through
  EXPECT_FALSE(inside({-2.8, 0, 0}, "torus:2,0.8", {2.8, 0, 0}, 5.59));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { inside({1, 0, 0}, "sphere", {0, 0, 2}, 1); }), "away from the manifold"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { inside({1, 0}, "euclidean", {0}, 1); }), "2 coordinates, the centre of the ball has 1"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { inside({1, 0}, "euclidean", {0, 0}, -1); }), "radius must be a finite positive number"));
}

TEST(Committor, RepeatedRowsAreOneRowOfTheirWeight) {
  const HostPoints points = well_draws(2, 1000, 9), twice("twice", 2000, 1);
  for (Index i = 0; i < 1000; ++i) twice(2 * i, 0) = twice(2 * i + 1, 0) = points(i, 0);
  const auto once = on_device<Exec>(points), doubled = on_device<Exec>(twice);
  const auto source = make_source(Exec{}, once);
  const ModelData model = fit_generator(Exec{}, source, {.features = 50, .modes = 0, .read_out_modes = 0});
  const auto rate = [&](DataSet<Exec> data, const HostPoints& at) {
    data.set_order(Order::independent);  // a row that follows its like looks like a chain
    return committor(Exec{}, data, model, in_ball(at, {}, {-1}, 0.3), in_ball(at, {}, {1}, 0.3));
  };
  const Committor one = rate(source, points), two = rate(make_source(Exec{}, doubled), twice);
  EXPECT_NEAR(two.in_sample, one.in_sample, 1e-6 * one.in_sample);  // rounding in sums of doubled weights
  EXPECT_NEAR(two.cross_fitted, one.cross_fitted, 1e-6 * one.cross_fitted);
  EXPECT_NEAR(two.error, one.error, 1e-6 * one.error);  // 1000 points and no more
}

TEST(Committor, RefusesASingleWitnessAndInterleavesWhatIsMetOnce) {
  const HostPoints points = well_draws(2, 2000, 8);
  std::vector<double> sorted(points.data(), points.data() + 2000);
  std::sort(sorted.begin(), sorted.end());  // B is met at the end alone
  const HostPoints ascending("ascending", 2000, 1);
  for (Index i = 0; i < 2000; ++i) ascending(i, 0) = sorted[static_cast<std::size_t>(i)];
  const auto device = on_device<Exec>(ascending);
  auto source = make_source(Exec{}, device);
  const ModelData model = fit_generator(Exec{}, source, {.features = 25, .modes = 0, .read_out_modes = 0});
  std::vector<char> a(2000, 0), b(2000, 0);
  for (std::size_t i = 0; i < 2000; ++i) {
    a[i] = sorted[i] < -0.7;
    b[i] = sorted[i] > 1.2;
  }
  source.set_order(Order::independent);
  EXPECT_FALSE(committor(Exec{}, source, model, a, b).interleaved);
  source.set_order(Order::in_time);
  const Committor q = committor(Exec{}, source, model, a, b);
  EXPECT_TRUE(q.interleaved);
  EXPECT_TRUE(std::isfinite(q.error) && q.rate > 0);
  std::fill(b.begin(), b.end(), 0);
  b.back() = 1;
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { committor(Exec{}, source, model, a, b); }), "a single point of the data is in B"));
}

}  // namespace
