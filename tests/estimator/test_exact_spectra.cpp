// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/generator.hpp>
#include <kswgd/model/evaluate.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

// 1-D eigenvalues 0, .74868167, 6.00411367, 11.66069556: sums of two, by a spectral discretisation on a fine grid.
constexpr double quadruple_well[] = {.74868167, .74868167, 1.49736334, 6.00411367, 6.00411367, 6.75279534, 6.75279534, 11.66069556, 11.66069556, 12.00822734};

TEST(ExactSpectra, QuadrupleWellReadOutIsWithinFivePercent) {
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(draw_exact("quadruple-well", 10000, 0, 5)));
  ASSERT_EQ(model.spectrum.read_out.values.size(), 10U);
  for (std::size_t k = 0; k < 10; ++k) {
    EXPECT_NEAR(model.spectrum.read_out.values[k], quadruple_well[k], 0.05 * quadruple_well[k]) << "lambda_" << k + 1;
    EXPECT_LE(model.spectrum.read_out.in_sample[k], model.spectrum.read_out.cross_fitted[k]);
  }
}

TEST(ExactSpectra, OrnsteinUhlenbeckHasWholeNumbers) {
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(draw_exact("ornstein-uhlenbeck", 20000, 0, 6)));
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(model.spectrum.read_out.values[k], static_cast<double>(k + 1), 0.06 * static_cast<double>(k + 1));
}

TEST(ExactSpectra, EigenvaluesScaleAsOneOverLengthSquared) {
  const auto points = draw_exact("quadruple-well", 3000, 0, 7), scaled = on_host(points);
  for (Index i = 0; i < 3000; ++i)
    for (Index k = 0; k < 2; ++k) scaled(i, k) = 1e3 * scaled(i, k) + 1e6;
  const ModelData one = fit_generator(Exec{}, on_device<Exec>(points)), two = fit_generator(Exec{}, on_device<Exec>(scaled));
  for (Index k = 1; k <= 10; ++k) EXPECT_NEAR(two.spectrum.pairs.values(k) * 1e6, one.spectrum.pairs.values(k), 1e-6 * one.spectrum.pairs.values(k));
  for (std::size_t k = 0; k < 10; ++k)
    EXPECT_NEAR(two.spectrum.read_out.values[k] * 1e6, one.spectrum.read_out.values[k], 1e-5 * one.spectrum.read_out.values[k]);
}

TEST(ExactSpectra, EigenfunctionsAreOrthonormalAndTheirGradientsAreRight) {
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(draw_exact("quadruple-well", 20000, 0, 8)));
  const Index n = 50000;
  const auto fresh = draw_exact("quadruple-well", n, 0, 9);
  const auto values = on_host(evaluate_eigenfunctions(Exec{}, model, on_device<Exec>(fresh), false, 5).values);
  for (Index a = 0; a < 5; ++a)
    for (Index b = 0; b <= a; ++b) {
      double product = 0;
      for (Index i = 0; i < n; ++i) product += values(i, a) * values(i, b) / static_cast<double>(n);
      EXPECT_NEAR(product, a == b, 0.08) << a << " " << b;
    }
  const auto at = cloud(30, {0.2, -0.3}, 0.7, 1);
  const auto both = evaluate_eigenfunctions(Exec{}, model, on_device<Exec>(at), true, 5);
  for (Index k = 0; k < 2; ++k) {
    const auto up = on_host(at), down = on_host(at);
    for (Index i = 0; i < 30; ++i) {
      up(i, k) += 1e-5;
      down(i, k) -= 1e-5;
    }
    const auto above = on_host(evaluate_eigenfunctions(Exec{}, model, on_device<Exec>(up), false, 5).values);
    const auto below = on_host(evaluate_eigenfunctions(Exec{}, model, on_device<Exec>(down), false, 5).values);
    for (std::size_t j = 0; j < 5; ++j) {
      const auto gradient = on_host(both.gradients[j]);
      for (Index i = 0; i < 30; ++i) EXPECT_NEAR(gradient(i, k), (above(i, j) - below(i, j)) / 2e-5, 1e-5 * (1 + std::abs(gradient(i, k))));
    }
  }
}

}  // namespace
