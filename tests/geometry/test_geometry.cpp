// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/geometry/embedding.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/model/evaluate.hpp>

#include <array>
#include <numbers>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Standard = Kokkos::DefaultExecutionSpace;
constexpr double pi = std::numbers::pi;

Normalisation shifted(std::vector<double> mean, double scale) {
  Normalisation result;
  result.constant.assign(mean.size(), false);
  result.mean = std::move(mean);
  result.scale = scale;
  return result;
}

/// Uniform points of the surface of the torus with R = 2, r = .8: the minor angle by rejection.
HostPoints torus_points(Index n, std::uint64_t seed, double widest = 2 * pi) {
  const HostPoints points("torus", n, 3);
  for (Index i = 0; i < n; ++i) {
    const IndexedRandom random(seed, static_cast<std::uint64_t>(i));
    const double major = widest * random.uniform(0);
    double minor = 0;
    for (std::uint64_t k = 1;; k += 2) {
      minor = widest * random.uniform(k);
      if (2.8 * random.uniform(k + 1) < 2 + 0.8 * std::cos(minor)) break;
    }
    points(i, 0) = (2 + 0.8 * std::cos(minor)) * std::cos(major);
    points(i, 1) = (2 + 0.8 * std::cos(minor)) * std::sin(major);
    points(i, 2) = 0.8 * std::sin(minor);
  }
  return points;
}

HostPoints sphere_points(Index n, Index d, std::uint64_t seed) {
  const HostPoints points("sphere", n, d);
  for (Index i = 0; i < n; ++i) {
    double square = 0;
    for (Index k = 0; k < d; ++k) {
      points(i, k) = IndexedRandom(seed, static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k));
      square += points(i, k) * points(i, k);
    }
    for (Index k = 0; k < d; ++k) points(i, k) /= std::sqrt(square);
  }
  return points;
}

template <class Exec>
class Geometries : public ::testing::Test {};
TYPED_TEST_SUITE(Geometries, ExecutionSpaces);

/// Retracted points satisfy the manifold's equation, and velocities are normal to its gradient, after any shift and scale.
template <class Exec>
void check_torus_and_sphere() {
  const Exec exec;
  const Normalisation unit = shifted({0.3, -0.2, 0.1, 0.4, 1, 2}, 1.7);
  const Geometry<Exec> geometry(exec, parse_geometry("torus:2,.8+sphere3:1.5", 6), unit);
  EXPECT_EQ(geometry.codimension(), 2);
  const auto x = on_device<Exec>(cloud(200, {1, 1, 0, 0.3, 0.2, -0.8}, 0.3, 3)), u = on_device<Exec>(cloud(200, {0, 0, 0, 0, 0, 0}, 1, 4));
  geometry.retract(exec, x);
  geometry.project(exec, x, u);
  const auto hx = on_host(x), hu = on_host(u);
  for (Index i = 0; i < 200; ++i) {
    std::array<double, 6> p{};
    for (std::size_t k = 0; k < 6; ++k) p[k] = unit.mean[k] + unit.scale * hx(i, static_cast<Index>(k));
    const double ring = std::hypot(p[0], p[1]);
    EXPECT_NEAR(std::hypot(ring - 2, p[2]), 0.8, 1e-12);
    EXPECT_NEAR(std::hypot(p[3], p[4], p[5]), 1.5, 1e-12);
    const double tube = (ring - 2) * (p[0] * hu(i, 0) + p[1] * hu(i, 1)) / ring + p[2] * hu(i, 2);  // u . grad of the torus' equation
    EXPECT_NEAR(tube, 0, 1e-12);
    EXPECT_NEAR(p[3] * hu(i, 3) + p[4] * hu(i, 4) + p[5] * hu(i, 5), 0, 1e-12);
  }
}
TYPED_TEST(Geometries, TorusAndSphereKeepTheirEquations) { check_torus_and_sphere<TypeParam>(); }

template <class Exec>
void check_embedding() {
  const Exec exec;
  GeometryData data = parse_geometry("periodic:6,0,2.5", 3);
  data.factors[0].low = -3;
  const Embedding<Exec> embedding(exec, data, 3);
  ASSERT_EQ(embedding.embedded_dimension(), 5);
  const HostPoints x("x", 50, 3);
  for (Index i = 0; i < 50; ++i) {
    const IndexedRandom random(5, static_cast<std::uint64_t>(i));
    x(i, 0) = 6 * random.uniform(0) - 3;
    x(i, 1) = 100 * random.normal(2);
    x(i, 2) = 2.5 * random.uniform(1);
  }
  const Points<Exec> y("y", 50, 5), back("back", 50, 3), g("g", 50, 3);
  const auto device = on_device<Exec>(x);
  embedding.embed(exec, 50, device, y);
  embedding.unembed(exec, 50, y, back);
  EXPECT_TRUE(same(back, x, 1e-13, 1e-13));
  // f = sin of the angle of coordinate 2, times 3: gradient (0, 3 / radius) in its plane.
  const HostPoints gradient("gradient", 50, 5);
  const double radius = 2.5 / (2 * pi);
  for (Index i = 0; i < 50; ++i) gradient(i, 4) = 3 / radius;
  embedding.pull_back(exec, 50, y, on_device<Exec>(gradient), g);
  const auto hg = on_host(g);
  for (Index i = 0; i < 50; ++i) {
    EXPECT_NEAR(hg(i, 2), 3 * std::cos(x(i, 2) / radius) / radius, 1e-12);
    EXPECT_EQ(hg(i, 0), 0);
  }
}
TYPED_TEST(Geometries, PeriodicCoordinatesGoThereAndBack) { check_embedding<TypeParam>(); }

/// Mean over the multiplet of the fitted eigenvalues [first, last].
double mean_of(const std::vector<double>& values, std::size_t first, std::size_t last) {
  double sum = 0;
  for (std::size_t k = first; k <= last; ++k) sum += values[k - 1];
  return sum / static_cast<double>(last - first + 1);
}

std::vector<double> spectrum_on(const std::string& manifold, const HostPoints& points) {
  const Standard exec;
  FitOptions<Standard> options;
  options.geometry = parse_geometry(manifold, static_cast<Index>(points.extent(1)));
  options.modes = 0;
  options.read_out_modes = 8;
  options.features = 100;
  return fit_generator(exec, on_device<Standard>(points), options).spectrum.read_out.values;
}

TEST(Manifold, SpectraAreThoseOfTheLaplacian) {
  // Circle k^2 twice each, sphere l (l + 1) 2l + 1 times, the torus' from a 1-D problem solved to eight digits. The counts are
  // finite: 4000 points leave some 3 %.
  const auto circle = spectrum_on("sphere", sphere_points(4000, 2, 1));
  EXPECT_NEAR(mean_of(circle, 1, 2), 1, 0.03);
  EXPECT_NEAR(mean_of(circle, 3, 4), 4, 0.15);
  const auto sphere = spectrum_on("sphere", sphere_points(4000, 3, 2));
  EXPECT_NEAR(mean_of(sphere, 1, 3), 2, 0.06);
  EXPECT_NEAR(mean_of(sphere, 4, 8), 6, 0.3);
  const auto torus = spectrum_on("torus:2,.8", torus_points(4000, 3));
  EXPECT_NEAR(mean_of(torus, 1, 2), 0.25723904, 0.05 * 0.257);
  EXPECT_NEAR(mean_of(torus, 3, 4), 0.9028444, 0.05 * 0.903);
}

TEST(Manifold, APeriodicCoordinateHasTheSpectrumOfACircle) {
  const HostPoints points("angles", 4000, 1);
  for (Index i = 0; i < 4000; ++i) points(i, 0) = 5 * IndexedRandom(9, static_cast<std::uint64_t>(i)).uniform(0);
  const auto values = spectrum_on("periodic:5", points);
  const double unit = std::pow(2 * pi / 5, 2);
  EXPECT_NEAR(mean_of(values, 1, 2), unit, 0.03 * unit);
  EXPECT_NEAR(mean_of(values, 3, 4), 4 * unit, 0.15 * unit);
}

TEST(Manifold, ParticlesStayOnTheTorusAndReachTheData) {
  const Standard exec;
  const auto data = torus_points(2000, 4);
  FitOptions<Standard> options;
  options.geometry = parse_geometry("torus:2,.8", 3);
  options.read_out_modes = 0;
  const ModelData fitted = fit_generator(exec, on_device<Standard>(data), options);
  const Model<Standard> model(exec, fitted);
  const auto particles = on_device<Standard>(torus_points(1500, 5, 0.7));  // a patch
  const FlowReport report = Flow<Standard>(exec, model).run(particles);
  const auto samples = on_host(particles);
  for (Index i = 0; i < 1500; ++i) {
    EXPECT_NEAR(std::hypot(std::hypot(samples(i, 0), samples(i, 1)) - 2, samples(i, 2)), 0.8, 1e-9);
  }
  const SlicedWasserstein<Standard> distance(exec, on_device<Standard>(torus_points(100000, 6)));
  const double datas = distance(exec, on_device<Standard>(data)), floor = distance(exec, on_device<Standard>(torus_points(1500, 7)));
  EXPECT_LT(distance(exec, particles), 1.15 * std::max(datas, floor)) << "data " << datas << ", i.i.d. floor " << floor;
  EXPECT_LE(report.state.evaluations, 60);
  // The gradient of an eigenfunction is tangent.
  const auto gradient = on_host(evaluate_eigenfunctions(exec, fitted, particles, true, 2).gradients[1]);
  for (Index i = 0; i < 50; ++i) {
    const double ring = std::hypot(samples(i, 0), samples(i, 1)), out = (ring - 2) / ring;
    EXPECT_NEAR(out * (samples(i, 0) * gradient(i, 0) + samples(i, 1) * gradient(i, 1)) + samples(i, 2) * gradient(i, 2), 0, 1e-10);
  }
}

TEST(Manifold, AnglesComeBackInTheDatasInterval) {
  const Standard exec;
  const HostPoints data("angles", 3000, 2);  // one cluster across the border of [-pi, pi)
  for (Index i = 0; i < 3000; ++i)
    for (Index k = 0; k < 2; ++k) {
      const double angle = pi + 0.5 * IndexedRandom(8, static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k));
      data(i, k) = angle - 2 * pi * std::floor((angle + pi) / (2 * pi));
    }
  FitOptions<Standard> options;
  options.geometry = parse_geometry("periodic:" + std::to_string(2 * pi) + "," + std::to_string(2 * pi), 2);
  options.read_out_modes = 0;
  options.features = 100;
  const ModelData fitted = fit_generator(exec, on_device<Standard>(data), options);
  const auto particles = on_device<Standard>(normal_start(fitted, 1000, 1));
  Flow<Standard>(exec, Model<Standard>(exec, fitted)).run(particles);
  const auto samples = on_host(particles);
  double cosines = 0;
  for (Index i = 0; i < 1000; ++i) {
    EXPECT_GE(samples(i, 0), -pi - 1e-5);
    EXPECT_LT(samples(i, 0), pi + 1e-5);
    cosines += std::cos(samples(i, 0)) / 1000;
  }
  EXPECT_NEAR(cosines, -std::exp(-0.5 * 0.5 / 2), 0.02);  // E cos of a normal of width 1/2 around pi; 3000 draws: .004
}

TEST(Manifold, ALocalNormalDoesWhatTheNamedManifoldDoes) {
  const Standard exec;
  const auto data = sphere_points(1000, 3, 12);
  FitOptions<Standard> named, given;
  named.geometry = parse_geometry("sphere", 3);
  given.normals = on_device<Standard>(data);  // the sphere's normal is the point itself
  for (auto* options : {&named, &given}) {
    options->features = 50;
    options->modes = 8;
    options->read_out_modes = 0;
  }
  const auto one = fit_generator(exec, on_device<Standard>(data), named), two = fit_generator(exec, on_device<Standard>(data), given);
  EXPECT_TRUE(same(one.density.moments.dirichlet, two.density.moments.dirichlet, 1e-9, 1e-9));
}

TEST(Manifold, RefusalsSayWhatIsWrong) {
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { parse_geometry("klein-bottle", 3); }), "there is no manifold 'klein-bottle'"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { parse_geometry("torus:1,2", 3); }), "R > r > 0"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { parse_geometry("torus:2", 3); }), "two radii"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { parse_geometry("torus:2,1", 4); }), "takes 3 coordinates, the points have 4"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { parse_geometry("periodic:x", 1); }), "is not a length"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { parse_geometry("sphere", 1); }), "at least 2 coordinates"));
  // Two coordinates too many, and a part that would give them back.
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { parse_geometry("sphere5+euclidean", 3); }), "takes 5 coordinates or more, the points have 3"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { parse_geometry("sphere:1,2", 3); }), "one radius"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { parse_geometry("sphere2:1++periodic:1", 3); }), "a part without a name"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { parse_geometry("euclidean2:1+periodic:1", 3); }), "takes no lengths"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { parse_geometry("periodic:4e-324", 1); }), "is not a length"));
  FitOptions<Standard> options;
  options.geometry = parse_geometry("sphere", 2);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] {
                         fit_generator(Standard{}, on_device<Standard>(cloud(100, {0, 0}, 1, 1)), options);
                       }),
                       "the points must lie on the manifold, but row"));
  EXPECT_EQ(to_string(parse_geometry("torus:2,.5+periodic:3,0", 5)), "torus:2,0.5+periodic:3+euclidean1");
}

}  // namespace
