// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/conditional.hpp>

#include <algorithm>
#include <cmath>

// Draws of conditional laws against closed forms.
namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

ModelData fitted(const HostPoints& data, const GeometryData& geometry = {}) {
  FitOptions<Exec> options;
  options.modes = 4;
  options.read_out_modes = 4;
  options.geometry = geometry;
  return fit_generator(Exec{}, on_device<Exec>(data), options);
}

Conditions given(std::vector<Index> columns, std::initializer_list<double> values) {
  Conditions conditions{std::move(columns), {}};
  const Index count = static_cast<Index>(values.size()) / static_cast<Index>(conditions.columns.size());
  conditions.values = HostPoints("values", count, conditions.columns.size());
  auto value = values.begin();
  for (Index i = 0; i < count; ++i)
    for (std::size_t j = 0; j < conditions.columns.size(); ++j) conditions.values(i, static_cast<Index>(j)) = *value++;
  return conditions;
}

HostPoints draw(const ModelData& model, const Conditions& conditions, Index each, ConditionalReport* report = nullptr) {
  const Exec exec;
  return on_host(conditional_samples(exec, Model<Exec>(exec, model), conditions, each, {.seed = 3}, report));
}

std::vector<double> column(const HostPoints& x, Index k, Index first, Index count) {
  std::vector<double> values;
  for (Index i = first; i < first + count; ++i) values.push_back(x(i, k));
  return values;
}

/// W2 of two sets of as many numbers.
double wasserstein(std::vector<double> a, std::vector<double> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(a[i] - b[i], 2) / static_cast<double>(a.size());
  return std::sqrt(sum);
}

/// (x, y, z) normal with x = u, y = .8 u + .6 v, z = .5 u - .5 v + w / sqrt(2): given x = a, y is N(.8 a, .36) and z N(.5 a, .75), with the covariance -.3.
TEST(Conditional, OfANormalLawIsNormal) {
  const HostPoints z = cloud(6000, {0, 0, 0}, 1, 1);
  for (Index i = 0; i < 6000; ++i) {
    const double u = z(i, 0), v = z(i, 1), w = z(i, 2);
    z(i, 1) = .8 * u + .6 * v;
    z(i, 2) = .5 * u - .5 * v + w / std::sqrt(2);
  }
  const ModelData model = fitted(z);
  ConditionalReport report;
  const Index each = 2000;
  const HostPoints x = draw(model, given({0}, {-1, 1.5}), each, &report);
  ASSERT_EQ(rows(x), 2 * each);
  EXPECT_EQ(report.outside, 0);
  for (Index c = 0; c < 2; ++c) {
    const double a = c == 0 ? -1 : 1.5;
    EXPECT_GT(report.effective[static_cast<std::size_t>(c)], 100);
    double mean[2] = {0, 0}, square[2] = {0, 0}, product = 0;
    for (Index i = c * each; i < (c + 1) * each; ++i) {
      ASSERT_EQ(x(i, 0), a);
      for (int k = 0; k < 2; ++k) mean[k] += x(i, 1 + k) / static_cast<double>(each);
    }
    for (Index i = c * each; i < (c + 1) * each; ++i) {
      for (int k = 0; k < 2; ++k) square[k] += std::pow(x(i, 1 + k) - mean[k], 2) / static_cast<double>(each);
      product += (x(i, 1) - mean[0]) * (x(i, 2) - mean[1]) / static_cast<double>(each);
    }
    EXPECT_NEAR(mean[0], .8 * a, 0.06);
    EXPECT_NEAR(mean[1], .5 * a, 0.08);
    EXPECT_NEAR(square[0], .36, 0.04);
    EXPECT_NEAR(square[1], .75, 0.08);
    EXPECT_NEAR(product, -.3, 0.04);
  }
}

/// The coordinates of the quadruple well are independent: given y the other has the law of a double well, both wells alike.
TEST(Conditional, OfAQuadrupleWellHasBothWells) {
  const ModelData model = fitted(draw_exact("quadruple-well", 5000, 0, 1));
  const Index each = 1500;
  ConditionalReport report;
  const HostPoints x = draw(model, given({1}, {0.9, -0.3}), each, &report), exact = draw_exact("quadruple-well", 2 * each, 0, 2);
  double floor = 0;
  for (std::uint64_t seed = 3; seed < 6; ++seed)
    floor += wasserstein(column(exact, 0, 0, each), column(draw_exact("quadruple-well", each, 0, seed), 0, 0, each)) / 3;
  for (Index c = 0; c < 2; ++c) {
    const double effective = report.effective[static_cast<std::size_t>(c)];  // the shares of the wells are those of so many draws
    EXPECT_GT(effective, 300) << "condition " << c;
    EXPECT_LT(wasserstein(column(x, 0, c * each, each), column(exact, 0, each, each)), 3 * floor * std::max(1.0, std::sqrt(each / effective)))
        << "condition " << c << ", effective draws " << effective;
    const auto values = column(x, 0, c * each, each);
    const auto right = std::count_if(values.begin(), values.end(), [](double value) { return value > 0; });
    EXPECT_NEAR(static_cast<double>(right) / static_cast<double>(each), 0.5, 0.08);
  }
}

/// A thin, bent law: y = sin 2x + .2 u, z = y / 2 - x + .2 v. Given x, y is N(sin 2x, .04) and z N(sin(2x) / 2 - x, .05).
TEST(Conditional, OfABentLawIsThin) {
  constexpr Index n = 2000, each = 500;
  const HostPoints data = cloud(n, {0, 0, 0}, 1, 1);
  for (Index i = 0; i < n; ++i) {
    data(i, 0) = 3 * IndexedRandom(2, static_cast<std::uint64_t>(i)).uniform(0) - 1.5;
    data(i, 1) = std::sin(2 * data(i, 0)) + .2 * data(i, 1);
    data(i, 2) = data(i, 1) / 2 - data(i, 0) + .2 * data(i, 2);
  }
  ConditionalReport report;
  const std::vector<double> values{-1, .8};
  const HostPoints x = draw(fitted(data), given({0}, {values[0], values[1]}), each, &report);
  for (Index c = 0; c < 2; ++c) {
    const double a = values[static_cast<std::size_t>(c)];
    EXPECT_LT(report.windows[static_cast<std::size_t>(c)], 1);  // over all of x the law is no parabola
    double mean[2] = {0, 0}, square[2] = {0, 0};
    for (Index i = c * each; i < (c + 1) * each; ++i)
      for (int k = 0; k < 2; ++k) mean[k] += x(i, 1 + k) / static_cast<double>(each);
    for (Index i = c * each; i < (c + 1) * each; ++i)
      for (int k = 0; k < 2; ++k) square[k] += std::pow(x(i, 1 + k) - mean[k], 2) / static_cast<double>(each);
    EXPECT_NEAR(mean[0], std::sin(2 * a), 0.06) << "given " << a;
    EXPECT_NEAR(mean[1], std::sin(2 * a) / 2 - a, 0.06) << "given " << a;
    EXPECT_NEAR(std::sqrt(square[0]), .2, 0.04) << "given " << a;
    EXPECT_NEAR(std::sqrt(square[1]), std::sqrt(.05), 0.045) << "given " << a;
  }
}

/// An angle that a line depends on: y = cos x + noise. Given x, y is N(cos x, .04).
TEST(Conditional, OfAnAngle) {
  const HostPoints data("angles", 5000, 2);
  for (Index i = 0; i < 5000; ++i) {
    const IndexedRandom random(1, static_cast<std::uint64_t>(i));
    data(i, 0) = 2 * M_PI * random.uniform(0);
    data(i, 1) = std::cos(data(i, 0)) + 0.2 * random.normal(2);
  }
  const HostPoints x = draw(fitted(data, parse_geometry("periodic:" + std::to_string(2 * M_PI) + ",0", 2)), given({0}, {0.1, 3}), 1000);
  for (Index c = 0; c < 2; ++c) {
    double mean = 0, square = 0;
    for (Index i = 1000 * c; i < 1000 * (c + 1); ++i) mean += x(i, 1) / 1000;
    for (Index i = 1000 * c; i < 1000 * (c + 1); ++i) square += std::pow(x(i, 1) - mean, 2) / 1000;
    EXPECT_NEAR(mean, std::cos(c == 0 ? 0.1 : 3), 0.05);
    EXPECT_NEAR(std::sqrt(square), 0.2, 0.04);
    EXPECT_EQ(x(1000 * c, 0), c == 0 ? 0.1 : 3);
  }
}

TEST(Conditional, IsRefusedWhereItHasNoMeaning) {
  const ModelData model = fitted(cloud(300, {0, 0}, 1, 1));
  const auto refusal = [&](const Conditions& conditions) { return message_of<InvalidInput>([&] { draw(model, conditions, 10); }); };
  EXPECT_TRUE(contains(refusal(given({0, 1}, {0, 0})), "at most 1 of the 2 columns"));
  EXPECT_TRUE(contains(refusal(given({2}, {0})), "there is no column 2"));
  EXPECT_TRUE(contains(refusal(given({0}, {HUGE_VAL})), "is not finite"));
  ConditionalReport report;
  const HostPoints far = draw(model, given({0}, {100, 0}), 10, &report);
  EXPECT_EQ(report.outside, 1);
  EXPECT_TRUE(std::isnan(far(0, 0)));
  EXPECT_FALSE(std::isnan(far(19, 1)));
  const ModelData ball = fitted(draw_exact("sphere", 500, 0, 1), parse_geometry("sphere", 3));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { draw(ball, given({0}, {0}), 10); }), "a coordinate of a sphere or a torus"));
}

// The last of 12 columns is the sum of the others up to a noise of .1, and 160 rows carry squares alone: given the sum, the others add up to it.
TEST(Conditional, OfASumItsTermsAddUp) {
  constexpr Index d = 12, each = 400;
  const HostPoints data = cloud(160, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 1, 1);
  for (Index i = 0; i < 160; ++i) {
    data(i, d - 1) *= 0.1;
    for (Index k = 0; k < d - 1; ++k) data(i, d - 1) += data(i, k);
  }
  const HostPoints x = draw(fitted(data), given({d - 1}, {-3, 4}), each);
  for (Index c = 0; c < 2; ++c) {
    double mean = 0, square = 0, first = 0;
    for (Index i = c * each; i < (c + 1) * each; ++i) {
      double sum = 0;
      for (Index k = 0; k < d - 1; ++k) sum += x(i, k);
      const double away = sum - (c == 0 ? -3 : 4);
      mean += away / static_cast<double>(each);
      square += away * away / static_cast<double>(each);
      first += std::pow(x(i, 0), 2) / static_cast<double>(each);
    }
    EXPECT_NEAR(mean, 0, 0.05);
    EXPECT_NEAR(std::sqrt(square), 0.1, 0.04);
    EXPECT_GT(first, 0.4);  // and they vary
  }
}

}  // namespace
