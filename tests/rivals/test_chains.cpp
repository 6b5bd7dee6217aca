// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/rivals/langevin_samplers.hpp>
#include <kswgd/rivals/nulls.hpp>
#include <kswgd/rivals/stein.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

double mean(const HostPoints& x, Index k) {
  double sum = 0;
  for (std::size_t i = 0; i < x.extent(0); ++i) sum += x(i, k) / static_cast<double>(x.extent(0));
  return sum;
}
double covariance(const HostPoints& x, Index k, Index l) {
  const double a = mean(x, k), b = mean(x, l);
  double sum = 0;
  for (std::size_t i = 0; i < x.extent(0); ++i) sum += (x(i, k) - a) * (x(i, l) - b) / static_cast<double>(x.extent(0));
  return sum;
}

/// V = x^2/2 + y^2/(2 s): a normal law with variances T and s T.
struct Ellipse {
  static constexpr int dimension = 2;
  double s = 4;
  KOKKOS_FUNCTION double energy(const double* x) const { return x[0] * x[0] / 2 + x[1] * x[1] / (2 * s); }
  KOKKOS_FUNCTION void gradient(const double* x, double* g) const {
    g[0] = x[0];
    g[1] = x[1] / s;
  }
};

constexpr Index n = 40000;
const double error = 4 * std::sqrt(2.0 / n);  // of a variance, relative, four standard errors

// x' = (1 - h) x + sqrt(2 T h) xi has the variance T / (1 - h/2), whatever the start: closed form.
TEST(Ula, HasItsBiasedVariance) {
  for (const double step : {0.1, 0.5, 1.0}) {
    SCOPED_TRACE(step);
    const auto x = on_device<Exec>(cloud(n, {3.0}, 0.1, 1));
    const auto report = rivals::ula(Exec{}, OrnsteinUhlenbeck<1>{}, x, {.temperature = 2, .step = step, .steps = 120, .seed = 2});
    EXPECT_EQ(report.evaluations, 120);
    EXPECT_NEAR(covariance(on_host(x), 0, 0), 2 / (1 - step / 2), 2 / (1 - step / 2) * error);
  }
}

TEST(Mala, IsExactAtALongStep) {
  const auto x = on_device<Exec>(cloud(n, {0.5, -1}, 0.1, 3));
  const auto report = rivals::mala(Exec{}, Ellipse{}, x, {.temperature = 2, .step = 1, .steps = 80, .seed = 4});
  EXPECT_EQ(report.evaluations, 81);
  EXPECT_GT(report.acceptance, 0.5);
  EXPECT_LT(report.acceptance, 0.99);  // the step is long enough for the rule to matter
  const auto host = on_host(x);
  EXPECT_NEAR(covariance(host, 0, 0), 2, 2 * error);
  EXPECT_NEAR(covariance(host, 1, 1), 8, 8 * error);
  EXPECT_NEAR(covariance(host, 0, 1), 0, 4 * std::sqrt(16.0 / n));
}

// Started from the law, chains stay in it; quartic, so that leapfrog's error matters. E x^2 by quadrature.
TEST(Hmc, KeepsTheQuadrupleWell) {
  const auto x = on_device<Exec>(draw_exact("quadruple-well", n, 1, 5));
  const auto report = rivals::hmc(Exec{}, QuadrupleWell{}, x, {.step = 0.35, .steps = 10, .leapfrogs = 4, .seed = 6});
  EXPECT_EQ(report.evaluations, 41);
  EXPECT_GT(report.acceptance, 0.2);
  EXPECT_LT(report.acceptance, 0.95);
  const auto host = on_host(x);
  for (Index k = 0; k < 2; ++k) EXPECT_NEAR(covariance(host, k, k), 0.83274549, 4 * std::sqrt((1.08274549 - 0.6934651) / n));
}

TEST(Hmc, ReachesANormalLaw) {
  const auto x = on_device<Exec>(cloud(n, {4, 4}, 0.1, 7));
  rivals::hmc(Exec{}, Ellipse{}, x, {.step = 0.5, .steps = 40, .leapfrogs = 5, .seed = 8});
  EXPECT_NEAR(covariance(on_host(x), 0, 0), 1, error);
  EXPECT_NEAR(covariance(on_host(x), 1, 1), 4, 4 * error);
}

template <int D>
HostPoints normal_cloud(Index count, std::uint64_t seed) {
  const HostPoints points("points", count, D);
  for (Index i = 0; i < count; ++i)
    for (int k = 0; k < D; ++k) points(i, k) = IndexedRandom(seed, static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k));
  return points;
}
/// Normals come in pairs: in odd dimensions the draws of one step must not reach into the next one's.
template <int D>
void stays_in_the_normal_law() {
  constexpr Index many = 400000;
  const OrnsteinUhlenbeck<D> potential{};
  for (const bool hmc : {false, true}) {
    SCOPED_TRACE(hmc ? "hmc" : "mala");
    const auto x = on_device<Exec>(normal_cloud<D>(many, 21));
    if (hmc) {
      rivals::hmc(Exec{}, potential, x, {.step = 1, .steps = 20, .leapfrogs = 1, .seed = 22});
    } else {
      rivals::mala(Exec{}, potential, x, {.step = 1, .steps = 20, .seed = 22});
    }
    const auto host = on_host(x);
    for (Index k = 0; k < D; ++k) EXPECT_NEAR(covariance(host, k, k), 1, 4 * std::sqrt(2.0 / many));
  }
}
TEST(Chains, StayInTheNormalLawInOneDimension) { stays_in_the_normal_law<1>(); }
TEST(Chains, StayInTheNormalLawInThreeDimensions) { stays_in_the_normal_law<3>(); }

// A slow loop with the definition, one step: phi and the move that AdaGrad makes of it, sign(phi) x step in the first one.
TEST(Svgd, OneStepIsTheDefinition) {
  const Index m = 37;
  const HostPoints start = cloud(m, {0.2, -0.1}, 1, 9);
  const double step = 0.01, temperature = 1.7;
  const auto x = on_device<Exec>(start);
  const auto score = allocate<Points<Exec>>(Exec{}, "score", m, 2);
  rivals::score_of(Exec{}, Ellipse{}, temperature, x, score);
  rivals::SteinDescent<Exec> descent(Exec{}, x, {.temperature = temperature, .step = step});
  descent.step(score);
  std::vector<double> distances;
  for (Index i = 0; i < m; ++i)
    for (Index j = 0; j < i; ++j) distances.push_back(std::hypot(start(i, 0) - start(j, 0), start(i, 1) - start(j, 1)));
  std::nth_element(distances.begin(), distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2), distances.end());
  const double median = distances[distances.size() / 2], b = median * median / std::log(m + 1.0);
  const auto phi = on_host(descent.direction()), moved = on_host(x);
  for (Index i = 0; i < m; ++i)
    for (Index k = 0; k < 2; ++k) {
      double sum = 0;
      for (Index j = 0; j < m; ++j) {
        const double square = std::pow(start(i, 0) - start(j, 0), 2) + std::pow(start(i, 1) - start(j, 1), 2);
        const double s = -start(j, k) / (k == 0 ? 1 : 4) / temperature;
        sum += std::exp(-square / b) * (s + 2 / b * (start(i, k) - start(j, k))) / m;
      }
      EXPECT_NEAR(phi(i, k), sum, 1e-12);
      EXPECT_NEAR(moved(i, k), start(i, k) + step * sum / (1e-6 + std::abs(sum)), 1e-12);
    }
}

// Where phi vanishes, sum_i s_i . x_i k-weighted = ...: the fixed point of many particles has nearly the law's moments.
TEST(Svgd, FixedPointHasTheMoments) {
  for (const bool matrix : {false, true}) {
    SCOPED_TRACE(matrix);
    const auto x = on_device<Exec>(cloud(300, {1.5, 1.5}, 0.5, 10));
    const auto report = rivals::svgd(Exec{}, Ellipse{}, x, {.step = 0.1, .steps = 250, .matrix = matrix});
    EXPECT_EQ(report.evaluations, 250);
    const auto host = on_host(x);
    EXPECT_NEAR(mean(host, 0), 0, 0.05);
    EXPECT_NEAR(mean(host, 1), 0, 0.1);
    EXPECT_NEAR(covariance(host, 0, 0), 1, 0.15);  // 300 particles: SVGD is a few per cent too narrow
    EXPECT_NEAR(covariance(host, 1, 1), 4, 0.6);
    EXPECT_NEAR(covariance(host, 0, 1), 0, 0.1);
  }
}

// The matrix kernel with Q = c 1 is the scalar one in other units: the direction is Q^{-1} times as long.
TEST(Svgd, MatrixKernelWithScoresOfOneLengthIsTheScalarOne) {
  const Index m = 40;
  const HostPoints start = cloud(m, {0, 0}, 1, 11), scores("scores", m, 2);
  for (Index i = 0; i < m; ++i) scores(i, i % 2) = 3 * ((i / 2) % 2 ? 1 : -1);  // mean outer product 4.5 x the identity
  const auto plain = on_device<Exec>(start), matrix = on_device<Exec>(start);
  rivals::SteinDescent<Exec> one(Exec{}, plain, {.step = 1e-3}), other(Exec{}, matrix, {.step = 1e-3, .matrix = true});
  one.step(on_device<Exec>(scores));
  other.step(on_device<Exec>(scores));
  const auto a = on_host(one.direction()), b = on_host(other.direction());
  for (Index i = 0; i < m; ++i)
    for (Index k = 0; k < 2; ++k) EXPECT_NEAR(b(i, k) * 4.5 * 1.001, a(i, k), 1e-10);
}

TEST(Nulls, SmoothingAddsTheBandwidthsVariance) {
  const HostPoints data = cloud(500, {1, 2}, 2, 12);
  const auto plain = rivals::redraw(data, n, 13), smooth = rivals::redraw_smoothed(data, n, 1.5, 13);
  const double h = 1.5 * std::pow(500, -1.0 / 6), v = covariance(data, 0, 0);
  EXPECT_NEAR(covariance(plain, 0, 0), v, v * error);
  EXPECT_NEAR(covariance(smooth, 0, 0), v * (1 + h * h), v * (1 + h * h) * error * 1.1);
  for (Index i = 0; i < 50; ++i) {
    bool found = false;
    for (Index j = 0; j < 500; ++j) found = found || (plain(i, 0) == data(j, 0) && plain(i, 1) == data(j, 1));
    EXPECT_TRUE(found);
  }
}

TEST(Chains, RefusalsSayWhatIsWrong) {
  const auto x = on_device<Exec>(cloud(10, {0, 0}, 1, 1));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { rivals::ula(Exec{}, OrnsteinUhlenbeck<3>{}, x, {}); }), "the particles must be M x 3, but are 10 x 2"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { rivals::mala(Exec{}, Ellipse{}, x, {.step = -1}); }), "step must be a finite positive number"));
  const NonFiniteInput allowed;
  const HostPoints broken("broken", 3, 2);
  broken(2, 1) = std::nan("");
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { rivals::svgd(Exec{}, Ellipse{}, on_device<Exec>(broken), {}); }),
                       "1 coordinates of the particles are not finite"));
}

}  // namespace
