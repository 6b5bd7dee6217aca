// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/dictionary/any_dictionary.hpp>
#include <kswgd/dictionary/nystrom.hpp>
#include <kswgd/estimator/diffusion_map_model.hpp>
#include <kswgd/geometry/frame.hpp>
#include <kswgd/spectrum/anasazi.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;

template <class Exec>
class DiffusionMaps : public ::testing::Test {};
TYPED_TEST_SUITE(DiffusionMaps, ExecutionSpaces);

using Host = Kokkos::DefaultHostExecutionSpace;

HostPoints normal_points(Index n, Index d, std::uint64_t seed) {
  const HostPoints points("points", n, d);
  for (Index i = 0; i < n; ++i)
    for (Index k = 0; k < d; ++k)
      points(i, k) = IndexedRandom(seed, static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k)) / static_cast<double>(k + 1);
  return points;
}

/// The data in the coordinates of the map.
HostPoints normalised(const DiffusionMap& map, const HostPoints& points) {
  const HostPoints inside("inside", points.extent(0), points.extent(1));
  Frame<Host>(Host{}, map.frame).enter(Host{}, static_cast<Index>(points.extent(0)), points, inside);
  return inside;
}

/// P phi by plain loops, from the definition: rows of K_ij / sqrt(q_i q_j) divided by their sums.
std::vector<double> transition(const HostPoints& x, double e, const HostMatrix& phi, Index k) {
  const std::size_t n = x.extent(0);
  std::vector<double> kernel(n * n), q(n, 0.0), image(n, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      double square = 0;
      for (std::size_t c = 0; c < x.extent(1); ++c) square += std::pow(x(i, c) - x(j, c), 2);
      q[i] += kernel[i * n + j] = std::exp(-square / (2 * e));
    }
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const double entry = kernel[i * n + j] / std::sqrt(q[i] * q[j]);
      sum += entry;
      image[i] += entry * phi(j, k);
    }
    image[i] /= sum;
  }
  return image;
}

template <class Exec>
void compare_with_loops(Index n, Index d, Precision precision, double tolerance) {
  const auto points = normal_points(n, d, 3);
  const auto map = fit_diffusion_map(Exec{}, on_device<Exec>(points), {.modes = 5, .bandwidth = 0.3, .fewest_neighbours = 1, .precision = precision});
  EXPECT_EQ(map.dropped, 0);
  ASSERT_EQ(map.values.extent(0), 6U);
  const double scale = map.frame.normalisation.scale;
  EXPECT_NEAR(map.dictionary.bandwidth, 0.3 / (scale * scale), 1e-14);
  for (Index k = 1; k <= 5; ++k) {
    // In the caller's coordinates: P has the eigenfunction up to a constant, which P leaves as it is.
    const auto image = transition(points, 0.3, map.eigenfunctions, k);
    const double mu = std::exp(-map.values(k) * 0.3 / 2);
    double mean = 0, square = 0, residual = 0, offset = 0;
    for (Index i = 0; i < n; ++i) offset += (image[static_cast<std::size_t>(i)] - mu * map.eigenfunctions(i, k)) / static_cast<double>(n);
    for (Index i = 0; i < n; ++i) {
      mean += map.eigenfunctions(i, k) / static_cast<double>(n);
      square += std::pow(map.eigenfunctions(i, k), 2) / static_cast<double>(n);
      residual = std::max(residual, std::abs(image[static_cast<std::size_t>(i)] - mu * map.eigenfunctions(i, k) - offset));
    }
    EXPECT_NEAR(mean, 0, 1e-10);
    EXPECT_NEAR(square, 1, 1e-10);
    EXPECT_LT(residual, tolerance) << "d = " << d << ", mode " << k;
    EXPECT_LT(map.residuals(k), tolerance);
  }
}
TYPED_TEST(DiffusionMaps, EigenfunctionsAreThoseOfTheDefinition) {
  for (const Index d : {1, 2, 3, 4, 6}) compare_with_loops<TypeParam>(331, d, Precision::fp64, 1e-10);
  compare_with_loops<TypeParam>(331, 2, Precision::mixed, 1e-4);
  compare_with_loops<TypeParam>(331, 6, Precision::mixed, 1e-4);
}

template <class Exec>
void check_extension() {
  const Exec exec;
  const auto points = draw_exact("quadruple-well", 1200, 0, 4);
  const auto map = fit_diffusion_map(exec, on_device<Exec>(points), {.modes = 6});
  EXPECT_GT(map.dictionary.bandwidth, 0);
  AnyDictionary<Exec> dictionary{NystromDictionary<Exec>(exec, map.dictionary)};
  ASSERT_EQ(dictionary.size(), 7);
  const auto at = on_device<Exec>(normalised(map, points));
  const Matrix<Exec> psi("psi", 1200, 7);
  dictionary.evaluate(exec, at, psi);
  EXPECT_TRUE(same(psi, map.eigenfunctions, 0, 1e-10));

  // Elsewhere: derivatives against differences, sums against single values; 77 points are no whole number of vectors.
  const Index n = 77;
  const auto where = cloud(n, {0.1, -0.2}, 0.8, 5);
  const Vector<Exec> c("c", 7), s("s", 7);
  const auto hc = Kokkos::create_mirror_view(c);
  for (Index a = 0; a < 7; ++a) hc(a) = std::cos(static_cast<double>(a + 1));
  Kokkos::deep_copy(c, hc);
  const Points<Exec> u("u", n, 2), u_float("u", n, 2);
  dictionary.descent(exec, on_device<Exec>(where), c, u, 7, Precision::fp64);
  dictionary.descent(exec, on_device<Exec>(where), c, u_float, 7, Precision::mixed);
  const HostPoints expected("expected", n, 2);
  for (Index k = 0; k < 2; ++k) {
    const auto up = on_host(where), down = on_host(where);
    for (Index i = 0; i < n; ++i) {
      up(i, k) += 1e-5;
      down(i, k) -= 1e-5;
    }
    const Matrix<Exec> above("above", n, 7), below("below", n, 7), gradient("gradient", n, 7);
    dictionary.evaluate(exec, on_device<Exec>(up), above);
    dictionary.evaluate(exec, on_device<Exec>(down), below);
    dictionary.gradient(exec, on_device<Exec>(where), k, gradient);
    const auto ha = on_host(above), hb = on_host(below), hg = on_host(gradient);
    double largest = 0;
    for (Index i = 0; i < n; ++i)
      for (Index a = 0; a < 7; ++a) {
        largest = std::max(largest, std::abs(hg(i, a)));
        EXPECT_NEAR(hg(i, a), (ha(i, a) - hb(i, a)) / 2e-5, 1e-6 * (1 + std::abs(hg(i, a)))) << i << " " << a;
        expected(i, k) -= hc(a) * hg(i, a);
      }
    EXPECT_GT(largest, 0.1);
  }
  EXPECT_TRUE(same(u, expected, 1e-9, 1e-10));
  EXPECT_TRUE(same(u_float, expected, 1e-3, 1e-3));

  const Matrix<Exec> values("values", n, 7);
  dictionary.evaluate(exec, on_device<Exec>(where), values);
  dictionary.mean(exec, on_device<Exec>(where), s, 7, Precision::fp64);
  const auto hv = on_host(values);
  const auto hs = to_host(exec, s);
  for (Index a = 0; a < 7; ++a) {
    double mean = 0;
    for (Index i = 0; i < n; ++i) mean += hv(i, a) / static_cast<double>(n);
    EXPECT_NEAR(hs(a), mean, 1e-12);
  }
}
TYPED_TEST(DiffusionMaps, ExtensionReproducesTheDataAndItsGradientIsRight) { check_extension<TypeParam>(); }

template <class Exec>
void check_far_away() {
  // Two nodes, e = 1: at x the weights are exp(-(x - X_j)^2 / 2) / sqrt(q_j), relative to each other.
  NystromDictionaryData data{HostPoints("points", 2, 1), HostVector("q", 2), 1, HostMatrix("a", 2, 1), HostVector("m", 1)};
  data.points(1, 0) = 1;
  data.log_density(1) = std::log(4.0);
  data.coefficients(0, 0) = 3;
  data.coefficients(1, 0) = 5;
  data.means(0) = 0.5;
  const NystromDictionary<Exec> dictionary(Exec{}, data);
  const HostPoints x("x", 3, 1);
  x(0, 0) = 0.5;
  x(1, 0) = 1e4;
  x(2, 0) = -1e4;
  const Matrix<Exec> psi("psi", 3, 2);
  dictionary.evaluate(Exec{}, on_device<Exec>(x), psi);
  const auto host = on_host(psi);
  EXPECT_NEAR(host(0, 1), (3 * 1 + 5 * 0.5) / 1.5 - 0.5, 1e-14);
  EXPECT_NEAR(host(1, 1), 4.5, 1e-14);
  EXPECT_NEAR(host(2, 1), 2.5, 1e-14);
  EXPECT_EQ(host(1, 0), 1);
}
TYPED_TEST(DiffusionMaps, FarFromTheDataTheNearestPointCounts) { check_far_away<TypeParam>(); }

template <class Exec>
void check_circle() {
  // Equally spaced points: P is circulant, mu_k the discrete Fourier transform of its first row.
  const Index n = 500;
  const double e = 0.02;
  const HostPoints points("circle", n, 2);
  for (Index i = 0; i < n; ++i) {
    points(i, 0) = std::cos(2 * M_PI * static_cast<double>(i) / static_cast<double>(n));
    points(i, 1) = std::sin(2 * M_PI * static_cast<double>(i) / static_cast<double>(n));
  }
  const auto map = fit_diffusion_map(Exec{}, on_device<Exec>(points), {.modes = 8, .bandwidth = e, .solver = anasazi_operator_solver<Exec>()});
  EXPECT_EQ(map.report.solver, "anasazi block-krylov-schur");
  EXPECT_EQ(map.report.converged, 8);
  ASSERT_EQ(map.values.extent(0), 9U);
  EXPECT_EQ(map.values(0), 0);
  for (Index k = 1; k <= 8; ++k) {
    const auto wave = static_cast<double>((k + 1) / 2);
    double sum = 0, transform = 0;
    for (Index i = 0; i < n; ++i) {
      const double angle = 2 * M_PI * static_cast<double>(i) / static_cast<double>(n), kernel = std::exp(-(2 - 2 * std::cos(angle)) / (2 * e));
      sum += kernel;
      transform += kernel * std::cos(wave * angle);
    }
    EXPECT_NEAR(map.values(k), -2 * std::log(transform / sum) / e, 1e-8);
    EXPECT_NEAR(map.values(k), wave * wave, 0.05 * wave * wave);  // Laplacian on the circle
  }
}
TYPED_TEST(DiffusionMaps, CircleHasTheSquaresTwiceEach) { check_circle<TypeParam>(); }

template <class Exec>
void check_weights() {
  // A point of weight 2 is a point that is there twice. (Neighbours are counted without weights: all are kept.)
  const Index n = 300;
  const auto points = normal_points(n, 2, 8);
  const HostPoints repeated("repeated", n + n / 3, 2);
  std::vector<double> weights;
  Index row = 0;
  for (Index i = 0; i < n; ++i) {
    weights.push_back(i % 3 == 0 ? 2 : 1);
    for (Index copy = 0; copy < (i % 3 == 0 ? 2 : 1); ++copy, ++row)
      for (Index k = 0; k < 2; ++k) repeated(row, k) = points(i, k);
  }
  const auto device = on_device<Exec>(points);
  auto source = make_source(Exec{}, device);
  source.set_weights(weights);
  const DiffusionMapOptions<Exec> options{.modes = 6, .bandwidth = 0.2, .fewest_neighbours = 1};
  const auto weighted = fit_diffusion_map(Exec{}, source, options), plain = fit_diffusion_map(Exec{}, on_device<Exec>(repeated), options);
  for (Index k = 1; k <= 6; ++k) EXPECT_NEAR(weighted.values(k), plain.values(k), 1e-9 * plain.values(k));
}
TYPED_TEST(DiffusionMaps, WeightsCountAsRepeatedPoints) { check_weights<TypeParam>(); }

TEST(DiffusionMap, OrnsteinUhlenbeckAtAFiniteBandwidth) {
  // For N(0, 1) all steps are Gaussian: K smooths to N(0, 1 + e), and P shrinks x by 1 / (1 + e (1 + 2e) / 2 (1 + e)); mu_k is its
  // k-th power.
  using Exec = Kokkos::DefaultExecutionSpace;
  const double e = 0.1, unit = 2 * std::log(1 + e * (1 + 2 * e) / (2 * (1 + e))) / e;
  const auto points = on_device<Exec>(draw_exact("ornstein-uhlenbeck", 4000, 0, 2));
  const auto map = fit_diffusion_map(Exec{}, points, {.modes = 6, .bandwidth = e, .solver = anasazi_operator_solver<Exec>()});
  for (Index k = 1; k <= 2; ++k) EXPECT_NEAR(map.values(k), static_cast<double>(k) * unit, 0.06 * static_cast<double>(k));
  const auto automatic = fit_diffusion_map(Exec{}, points, {.modes = 6, .solver = anasazi_operator_solver<Exec>()});
  EXPECT_NEAR(automatic.intrinsic_dimension, 1, 0.1);
  for (Index k = 1; k <= 2; ++k) EXPECT_NEAR(automatic.values(k), static_cast<double>(k), 0.12 * static_cast<double>(k));  // the tails are cut off
}

TEST(DiffusionMap, TorusIsWithinTenPercent) {
  using Exec = Kokkos::DefaultExecutionSpace;
  // Laplace-Beltrami on R = 2, r = .8, by a spectral discretisation.
  constexpr double exact[] = {.25723904,  .25723904,  .9028444,   .9028444,   1.54020005, 1.67753718,
                              1.80003515, 1.80003515, 1.81398554, 1.81398554, 2.09088393, 2.09088393};
  const auto points = on_device<Exec>(draw_exact("torus", 12000, 0, 1));
  const auto map = fit_diffusion_map(
      Exec{}, points, {.modes = 12, .precision = Precision::mixed, .solver = anasazi_operator_solver<Exec>({.tolerance = 1e-5, .block_size = 8})});
  EXPECT_EQ(map.report.converged, 12);
  EXPECT_EQ(map.dropped, 0);
  for (Index k = 0; k < 12; ++k) EXPECT_NEAR(map.values(k + 1), exact[k], 0.1 * exact[k]) << "lambda_" << k + 1;
}

TEST(DiffusionMap, LonePointsAreNoModes) {
  using Exec = Kokkos::DefaultExecutionSpace;
  const auto cluster = cloud(400, {0, 0}, 1, 9);
  const HostPoints points("points", 401, 2);
  for (Index i = 0; i < 400; ++i)
    for (Index k = 0; k < 2; ++k) points(i, k) = cluster(i, k);
  points(400, 0) = 30;
  const auto device = on_device<Exec>(points);
  const auto all = fit_diffusion_map(Exec{}, device, {.modes = 3, .bandwidth = 0.3, .fewest_neighbours = 1});
  EXPECT_LT(all.values(1), 1e-9);  // the lone point keeps what it has for ever
  const auto map = fit_diffusion_map(Exec{}, device, {.modes = 3, .bandwidth = 0.3});
  EXPECT_GE(map.dropped, 1);
  EXPECT_GT(map.values(1), 0.5);
  EXPECT_TRUE(std::isfinite(map.eigenfunctions(400, 1)));
}

TEST(DiffusionMap, AModelOfItHasTheEigenvalues) {
  using Exec = Kokkos::DefaultExecutionSpace;
  const auto map = fit_diffusion_map(Exec{}, on_device<Exec>(draw_exact("quadruple-well", 1000, 0, 4)), {.modes = 6});
  const Model<Exec> model(Exec{}, to_model(Exec{}, map));
  ASSERT_EQ(model.levels().size(), 1U);
  EXPECT_NEAR(model.levels()[0].modes, 6, 1e-5);
  const auto inverse = on_host(model.levels()[0].inverse_generator);
  const auto mean = to_host(Exec{}, model.levels()[0].data_mean);
  for (Index k = 1; k <= 6; ++k) {
    EXPECT_NEAR(inverse(k, k) * map.values(k) / map.frame.eigenvalue_unit(), 1, 1e-5);
    EXPECT_EQ(mean(k), 0);
  }
}

TEST(DiffusionMap, AnglesAreMeasuredAroundTheirCircle) {
  using Exec = Kokkos::DefaultExecutionSpace;
  // Evenly spread on a circle of length 6 (radius 3 / pi): lambda = (2 pi k / 6)^2 in pairs, with no boundary where the interval ends.
  const HostPoints points("points", 400, 1);
  for (Index i = 0; i < 400; ++i) points(i, 0) = 6 * (static_cast<double>(i) + 0.5) / 400 - 3;
  const auto map = fit_diffusion_map(Exec{}, on_device<Exec>(points), {.modes = 4, .bandwidth = 0.01, .geometry = parse_geometry("periodic:6", 1)});
  const double first = std::pow(M_PI / 3, 2);
  for (Index k = 1; k <= 4; ++k) EXPECT_NEAR(map.values(k), k <= 2 ? first : 4 * first, 0.01 * (k <= 2 ? first : 4 * first)) << "lambda_" << k;
  const ModelData model = to_model(Exec{}, map);
  EXPECT_EQ(model.dimension(), 1);
  ASSERT_EQ(model.training_subset.extent(1), 1U);
  for (std::size_t i = 0; i < model.training_subset.extent(0); ++i) {
    const double row = (model.training_subset(i, 0) + 3) * 400 / 6 - 0.5;
    EXPECT_NEAR(row, std::round(row), 1e-6) << "not one of the points in the caller's coordinate";
  }
}

TEST(DiffusionMap, FewPointsHaveFewModes) {
  using Exec = Kokkos::DefaultExecutionSpace;
  for (const Index n : {3, 5, 9, 19, 20, 30}) {
    const DiffusionMap map = fit_diffusion_map(Exec{}, on_device<Exec>(cloud(n, {0, 0, 0, 0, 0}, 1, 9)), {.modes = 32});
    const auto nodes = static_cast<Index>(map.dictionary.points.extent(0));
    EXPECT_GE(nodes, n < 20 ? (n + 1) / 2 : 20) << n;
    EXPECT_LE(static_cast<Index>(map.values.extent(0)), nodes - 1) << n;
    for (std::size_t k = 1; k < map.values.extent(0); ++k) EXPECT_TRUE(std::isfinite(map.values(k)) && map.values(k) >= map.values(k - 1)) << n;
    const ModelData model = to_model(Exec{}, map);
    EXPECT_EQ(model.provenance.notes.size(), n < 20 ? 1 : 0) << n;
  }
}

TEST(DiffusionMap, RefusesWhatCannotBeUsed) {
  using Exec = Kokkos::DefaultExecutionSpace;
  const auto points = on_device<Exec>(cloud(50, {0, 0}, 1, 9));
  const auto message = [&](const DiffusionMapOptions<Exec>& options) { return message_of<InvalidInput>([&] { fit_diffusion_map(Exec{}, points, options); }); };
  EXPECT_TRUE(contains(message({.modes = 0}), "modes must be at least 1"));
  EXPECT_TRUE(contains(message({.bandwidth = -1}), "bandwidth must be 0 (automatic) or a finite positive number"));
  EXPECT_TRUE(contains(message({.bandwidth = 1e-9}), "give a larger bandwidth"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { fit_diffusion_map(Exec{}, on_device<Exec>(cloud(2, {0, 0}, 1, 9))); }), "at least 3 points are needed"));
  EXPECT_TRUE(contains(message({.fewest_neighbours = 0.5}), "fewest_neighbours must be at least 1"));
}

}  // namespace
