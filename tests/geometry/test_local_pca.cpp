// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/generator.hpp>
#include <kswgd/geometry/local_pca.hpp>
#include <kswgd/support/check.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;

TEST(LocalPca, SphereNormalsPointOutwards) {
  const auto points = draw_exact("sphere", 4000, 0, 1);
  const auto found = local_pca(points);
  ASSERT_EQ(found.codimension, 1);
  double mean = 0;
  for (Index i = 0; i < 4000; ++i) {
    double along = 0, square = 0;
    for (Index k = 0; k < 3; ++k) {
      along += found.normals(i, k) * points(i, k);
      square += found.normals(i, k) * found.normals(i, k);
    }
    EXPECT_NEAR(square, 1, 1e-12);
    mean += 1 - std::abs(along);
  }
  // 24 of 4000 points: a cap of radius .155; the normal tilts by a part of that.
  EXPECT_LT(mean / 4000, 0.155 * 0.155 / 8);
}

TEST(LocalPca, TorusNormalsAreTheAnalyticOnes) {
  const auto points = draw_exact("torus", 8000, 0, 2);
  const auto found = local_pca(points, {.codimension = 1});
  double mean = 0;
  for (Index i = 0; i < 8000; ++i) {
    const double ring = std::hypot(points(i, 0), points(i, 1)), out = ring - 2;
    const double normal[] = {out / 0.8 * points(i, 0) / ring, out / 0.8 * points(i, 1) / ring, points(i, 2) / 0.8};
    double along = 0;
    for (Index k = 0; k < 3; ++k) along += found.normals(i, k) * normal[k];
    mean += 1 - std::abs(along);
  }
  EXPECT_LT(mean / 8000, 0.005);
}

TEST(LocalPca, CodimensionIsReadFromTheSpectra) {
  const HostPoints curve("curve", 600, 4), filled = cloud(600, {0, 0, 0}, 1, 3);
  for (Index i = 0; i < 600; ++i) {
    const double t = 2 * M_PI * IndexedRandom(4, 0).uniform(static_cast<std::uint64_t>(i));
    for (Index k = 0; k < 4; ++k) curve(i, k) = std::cos(static_cast<double>(k / 2 + 1) * t - (k % 2) * M_PI / 2);
  }
  const auto found = local_pca(curve);
  ASSERT_EQ(found.codimension, 3);
  // Orthonormal at each point, and orthogonal to the tangent.
  double worst = 0;
  for (Index i = 0; i < 600; ++i) {
    const double t = std::atan2(curve(i, 1), curve(i, 0));
    for (Index a = 0; a < 3; ++a) {
      double along = 0;
      for (Index k = 0; k < 4; ++k)
        along -= static_cast<double>(k / 2 + 1) / std::sqrt(5.0) * std::sin(static_cast<double>(k / 2 + 1) * t - (k % 2) * M_PI / 2) *
                 found.normals(i, a * 4 + k);
      worst = std::max(worst, std::abs(along));
      for (Index b = 0; b <= a; ++b) {
        double product = 0;
        for (Index k = 0; k < 4; ++k) product += found.normals(i, a * 4 + k) * found.normals(i, b * 4 + k);
        EXPECT_NEAR(product, a == b, 1e-12);
      }
    }
  }
  EXPECT_LT(worst, 0.2);
  EXPECT_EQ(local_pca(filled).codimension, 0);
  EXPECT_EQ(local_pca(filled).normals.extent(1), 0U);
}

TEST(LocalPca, TorusSpectrumIsAsGoodAsWithAnalyticNormals) {
  using Exec = Kokkos::DefaultExecutionSpace;
  const auto points = on_device<Exec>(draw_exact("torus", 8000, 0, 3));
  const FitOptions<Exec> analytic{.geometry = parse_geometry("torus:2,0.8", 3), .features = 100},
      estimated{.normals = local_pca_normals(Exec{}, points), .features = 100}, none{.features = 100};
  const auto a = fit_generator(Exec{}, points, analytic), e = fit_generator(Exec{}, points, estimated), n = fit_generator(Exec{}, points, none);
  for (std::size_t k = 0; k < 8; ++k)
    EXPECT_NEAR(e.spectrum.read_out.values[k], a.spectrum.read_out.values[k], 0.03 * a.spectrum.read_out.values[k]) << "lambda_" << k + 1;
  EXPECT_NEAR(e.spectrum.read_out.values[0], .25723904, 0.05 * .25723904);  // Laplace-Beltrami, by a spectral discretisation
  // Features 1, 2, 3 are the coordinates: D_kk = E[1 - n_k^2], by integrals over the surface 1/2 for z and 3/4 for x and y; sampling
  // error .004. Without normals it is 1.
  for (std::size_t k = 1; k <= 3; ++k) {
    EXPECT_NEAR(e.density.moments.dirichlet(k, k), k == 3 ? 0.5 : 0.75, 0.02);
    EXPECT_NEAR(e.density.moments.dirichlet(k, k), a.density.moments.dirichlet(k, k), 0.005);
    EXPECT_NEAR(n.density.moments.dirichlet(k, k), 1, 1e-12);
  }
}

TEST(LocalPca, RefusesWhatCannotBeUsed) {
  const auto points = cloud(30, {0, 0, 0}, 1, 3);
  const auto message = [&](const LocalPcaOptions& options) { return message_of<InvalidInput>([&] { local_pca(points, options); }); };
  EXPECT_TRUE(contains(message({.codimension = 3}), "below the 3 coordinates"));
  EXPECT_TRUE(contains(message({.neighbours = 3}), "neighbours must be more than the 3 coordinates"));
  EXPECT_TRUE(contains(message({.neighbours = 31}), "at most the 30 points"));
}

}  // namespace
