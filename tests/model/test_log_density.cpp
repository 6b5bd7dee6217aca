// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/dictionaries.hpp>
#include <kswgd/estimator/edmd.hpp>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/model/learned_potential.hpp>
#include <kswgd/rivals/langevin_samplers.hpp>
#include <kswgd/systems/langevin.hpp>

#include <cmath>
#include <functional>
#include <variant>

// The log density of a fit and its gradient against closed forms.
namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

using Function = std::function<double(const std::vector<double>&)>;
using Field = std::function<std::vector<double>(const std::vector<double>&)>;

std::vector<double> row(const HostPoints& x, Index i) {
  std::vector<double> values;
  for (std::size_t k = 0; k < x.extent(1); ++k) values.push_back(x(i, k));
  return values;
}

/// E|learned - exact|^2 / E|exact|^2 over the points.
double relative_error(const ModelData& model, const HostPoints& points, const Field& exact) {
  const Exec exec;
  const auto learned = to_host(exec, LearnedPotential<Exec>(exec, model).score(exec, on_device<Exec>(points)).value);
  double error = 0, square = 0;
  for (Index i = 0; i < rows(points); ++i) {
    const auto truth = exact(row(points, i));
    for (std::size_t k = 0; k < truth.size(); ++k) {
      error += std::pow(learned(i, k) - truth[k], 2);
      square += truth[k] * truth[k];
    }
  }
  return error / square;
}

struct Comparison {
  double worst = 0;      // |learned - exact|
  double in_errors = 0;  // the root mean square of (learned - exact) / error
  NormalisingConstant constant;
};
Comparison compare(const ModelData& model, const HostPoints& points, const Function& exact) {
  const Exec exec;
  const LearnedPotential<Exec> learned(exec, model);
  const auto densities = learned.log_density(exec, on_device<Exec>(points));
  const auto value = to_host(exec, densities.value), error = to_host(exec, densities.error);
  Comparison result{0, 0, learned.normalisation()};
  for (Index i = 0; i < rows(points); ++i) {
    const double away = value(i) - exact(row(points, i));
    result.worst = std::max(result.worst, std::abs(away));
    result.in_errors += std::pow(away / error(i), 2) / static_cast<double>(rows(points));
  }
  result.in_errors = std::sqrt(result.in_errors);
  return result;
}

/// n draws of a normal law in two dimensions, far from the origin and in long units.
HostPoints skewed_normal(Index n, std::uint64_t seed) {
  const HostPoints z = cloud(n, {0, 0}, 1, seed);
  for (Index i = 0; i < n; ++i) {
    const double a = z(i, 0), b = z(i, 1);
    z(i, 0) = 70 + 20 * a;
    z(i, 1) = -10 + 12 * a + 9 * b;
  }
  return z;
}

struct Normal {
  double mean[2] = {0, 0}, covariance[2][2] = {{0, 0}, {0, 0}};
  double determinant() const { return covariance[0][0] * covariance[1][1] - covariance[0][1] * covariance[0][1]; }
  std::vector<double> score(const std::vector<double>& x) const {
    const double a = x[0] - mean[0], b = x[1] - mean[1];
    return {-(covariance[1][1] * a - covariance[0][1] * b) / determinant(), -(covariance[0][0] * b - covariance[0][1] * a) / determinant()};
  }
  double log_density(const std::vector<double>& x) const {
    const auto s = score(x);
    return (s[0] * (x[0] - mean[0]) + s[1] * (x[1] - mean[1])) / 2 - std::log(2 * M_PI) - std::log(determinant()) / 2;
  }
};

/// The normal law with the mean and covariance of points, by their weights.
Normal moments_of(const HostPoints& x, const std::vector<double>& weights = {}) {
  Normal law;
  double total = 0;
  const auto weight = [&](Index i) { return weights.empty() ? 1.0 : weights[static_cast<std::size_t>(i)]; };
  for (Index i = 0; i < rows(x); ++i) {
    total += weight(i);
    for (int k = 0; k < 2; ++k) law.mean[k] += weight(i) * x(i, k);
  }
  for (double& m : law.mean) m /= total;
  for (Index i = 0; i < rows(x); ++i)
    for (int k = 0; k < 2; ++k)
      for (int l = 0; l < 2; ++l) law.covariance[k][l] += weight(i) * (x(i, k) - law.mean[k]) * (x(i, l) - law.mean[l]) / total;
  return law;
}

FitOptions<Exec> quick() {
  FitOptions<Exec> options;
  options.modes = 5;
  options.read_out_modes = 4;
  return options;
}

/// Score matching in the span of the quadratics gives the normal law with the data's own mean and covariance (Hyvarinen 2005): exactly, but for the
/// regularisation, and the shares of the blend, which sum to 1 - O(1 / n).
TEST(LogDensity, InTheSpanOfQuadraticsIsTheNormalLawOfTheMoments) {
  const HostPoints data = skewed_normal(20000, 1), fresh = skewed_normal(200, 2);
  auto options = quick();
  options.dictionary = named_dictionary<Exec>("monomial", {.features = 6});
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(data), options);
  ASSERT_TRUE(model.log_density.is_known());
  const Normal law = moments_of(data);
  EXPECT_LT(relative_error(model, fresh, [&](const auto& x) { return law.score(x); }), 1e-5);
  const auto density = compare(model, fresh, [&](const auto& x) { return law.log_density(x); });
  EXPECT_TRUE(density.constant.is_known()) << density.constant.error;
  EXPECT_LT(density.worst, 0.02);
  // -J held out is half of E|score|^2 = tr Sigma^-1, which the folds know to a few hundredths.
  const double exact = -(law.covariance[0][0] + law.covariance[1][1]) / law.determinant() / 2;
  EXPECT_NEAR(model.log_density.held_out, exact, 0.05 * std::abs(exact));
  EXPECT_LE(model.log_density.in_sample, model.log_density.held_out);
}

/// With the default dictionary, against the truth: within what the folds say.
TEST(LogDensity, OfANormalLawIsNormalisedWithinItsError) {
  const HostPoints data = skewed_normal(4000, 3), fresh = skewed_normal(500, 4);
  const Normal truth{{70, -10}, {{400, 240}, {240, 225}}};
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(data), quick());
  EXPECT_LT(relative_error(model, fresh, [&](const auto& x) { return truth.score(x); }), 0.01);
  const auto density = compare(model, fresh, [&](const auto& x) { return truth.log_density(x); });
  EXPECT_TRUE(density.constant.is_known());
  EXPECT_LT(density.constant.error, 0.05);
  EXPECT_GT(density.in_errors, 0.3);
  EXPECT_LT(density.in_errors, 3);
}

/// Weights tilt a standard normal by exp(x / 2): its mean moves to 1/2.
TEST(LogDensity, CountsWeights) {
  const HostPoints data = cloud(6000, {0, 0}, 1, 5), fresh = cloud(300, {0.5, 0}, 1, 6);
  std::vector<double> weights;
  for (Index i = 0; i < 6000; ++i) weights.push_back(std::exp(data(i, 0) / 2));
  const Exec exec;
  const auto points = on_device<Exec>(data);
  DataSet<Exec> source = make_source(exec, points);
  source.set_weights(weights);
  const ModelData model = fit_generator(exec, source, quick());
  EXPECT_LT(relative_error(model, fresh, [](const auto& x) { return std::vector<double>{0.5 - x[0], -x[1]}; }), 0.01);
}

/// theory: n = 1000 .055, n = 10^4 .0075 of a kernel density's .167 and .067.
TEST(LogDensity, OfAQuadrupleWellHasItsScore) {
  const HostPoints fresh = draw_exact("quadruple-well", 2000, 0, 8);
  const Field exact = [](const auto& x) { return std::vector<double>{4 * x[0] * (1 - x[0] * x[0]), 4 * x[1] * (1 - x[1] * x[1])}; };
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(draw_exact("quadruple-well", 4000, 0, 7)), quick());
  EXPECT_LT(relative_error(model, fresh, exact), 0.035);
  // The partition function of one coordinate: exp(-V) / 1.97373207^2.
  const auto density =
      compare(model, fresh, [](const auto& x) { return -std::pow(x[0] * x[0] - 1, 2) - std::pow(x[1] * x[1] - 1, 2) - 2 * std::log(1.97373207); });
  EXPECT_TRUE(density.constant.is_known());
  EXPECT_LT(density.in_errors, 4);
}

/// von Mises on a circle: log p = kappa cos x - log(2 pi I_0(kappa)), I_0(2) = 2.2795853.
TEST(LogDensity, OfAnAngleIsVonMises) {
  constexpr double kappa = 2;
  const auto draw = [](Index n, std::uint64_t seed) {  // by rejection
    const HostPoints x("angles", n, 1);
    for (Index i = 0; i < n; ++i) {
      const IndexedRandom random(seed, static_cast<std::uint64_t>(i));
      std::uint64_t at = 0;
      do {
        x(i, 0) = M_PI * (2 * random.uniform(at) - 1);
        at += 2;
      } while (random.uniform(at - 1) > std::exp(kappa * (std::cos(x(i, 0)) - 1)));
    }
    return x;
  };
  auto options = quick();
  options.geometry = parse_geometry("periodic:" + std::to_string(2 * M_PI), 1);
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(draw(4000, 1)), options);
  const HostPoints fresh = draw(500, 2);
  EXPECT_LT(relative_error(model, fresh, [](const auto& x) { return std::vector<double>{-kappa * std::sin(x[0])}; }), 0.01);
  const auto density = compare(model, fresh, [](const auto& x) { return kappa * std::cos(x[0]) - std::log(2 * M_PI * 2.2795853); });
  EXPECT_TRUE(density.constant.is_known());
  EXPECT_LT(density.worst, 0.3);
  EXPECT_LT(density.in_errors, 3);
}

/// von Mises and Fisher on a sphere of radius 2: log p = kappa z / 2 + log(kappa / (4 pi sinh(kappa) 4)) of its surface; the score is the tangent part of
/// (0, 0, kappa / 2).
TEST(LogDensity, OnASphereIsVonMisesFisher) {
  constexpr double kappa = 3;
  const auto draw = [](Index n, std::uint64_t seed) {
    const HostPoints x("sphere", n, 3);
    for (Index i = 0; i < n; ++i) {
      const IndexedRandom random(seed, static_cast<std::uint64_t>(i));
      const double z = std::log(std::exp(-kappa) + 2 * random.uniform(0) * std::sinh(kappa)) / kappa, phi = 2 * M_PI * random.uniform(1);
      x(i, 0) = 2 * std::sqrt(1 - z * z) * std::cos(phi);
      x(i, 1) = 2 * std::sqrt(1 - z * z) * std::sin(phi);
      x(i, 2) = 2 * z;
    }
    return x;
  };
  auto options = quick();
  options.geometry = parse_geometry("sphere:2", 3);
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(draw(4000, 1)), options);
  const HostPoints fresh = draw(500, 2);
  const Field exact = [](const auto& x) {
    const double along = kappa / 2 * x[2] / 4;
    return std::vector<double>{-along * x[0], -along * x[1], kappa / 2 - along * x[2]};
  };
  EXPECT_LT(relative_error(model, fresh, exact), 0.01);
  const auto density = compare(model, fresh, [](const auto& x) { return kappa * x[2] / 2 + std::log(kappa / (4 * M_PI * std::sinh(kappa) * 4)); });
  EXPECT_TRUE(density.constant.is_known());
  EXPECT_LT(density.in_errors, 3.5);
}

/// A circle and a line: the law is a product, and so are the volumes.
TEST(LogDensity, OnAProductIsASum) {
  const auto draw = [](Index n, std::uint64_t seed) {
    const HostPoints x("product", n, 2);
    for (Index i = 0; i < n; ++i) {
      const IndexedRandom random(seed, static_cast<std::uint64_t>(i));
      x(i, 0) = 8 * random.uniform(0);
      x(i, 1) = 3 + 0.5 * random.normal(2);
    }
    return x;
  };
  auto options = quick();
  options.geometry = parse_geometry("periodic:8,0", 2);
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(draw(4000, 1)), options);
  const auto density =
      compare(model, draw(500, 2), [](const auto& x) { return -std::log(8.0) - 2 * std::pow(x[1] - 3, 2) - std::log(0.5 * std::sqrt(2 * M_PI)); });
  EXPECT_TRUE(density.constant.is_known());
  EXPECT_LT(density.in_errors, 3);
}

/// A lognormal column and a normal one of other units: seen through a normal score and a factor, the density is that of the caller's columns.
TEST(LogDensity, OfMappedColumnsIsThatOfTheCallersColumns) {
  const auto draw = [](Index n, std::uint64_t seed) {
    const HostPoints x = cloud(n, {0, 0}, 1, seed);
    for (Index i = 0; i < n; ++i) {
      x(i, 0) = std::exp(0.8 * x(i, 0));
      x(i, 1) = 500 + 90 * x(i, 1);
    }
    return x;
  };
  auto options = quick();
  options.coordinates = Coordinates::normal;
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(draw(6000, 1)), options);
  ASSERT_TRUE(model.frame.is_mapped());
  const HostPoints fresh = draw(500, 2);
  const auto density = compare(model, fresh, [](const auto& x) {
    const double a = std::log(x[0]) / 0.8, b = (x[1] - 500) / 90;
    return -(a * a + b * b) / 2 - std::log(2 * M_PI * 0.8 * 90) - std::log(x[0]);
  });
  EXPECT_TRUE(density.constant.is_known());
  const Exec exec;
  const LearnedPotential<Exec> potential(exec, model);
  const auto value = to_host(exec, potential.log_density(exec, on_device<Exec>(fresh)).value);
  double square = 0;
  for (Index i = 0; i < 500; ++i) {
    const double a = std::log(fresh(i, 0)) / 0.8, b = (fresh(i, 1) - 500) / 90;
    square += std::pow(value(i) + (a * a + b * b) / 2 + std::log(2 * M_PI * 0.8 * 90) + std::log(fresh(i, 0)), 2) / 500;
  }
  EXPECT_LT(std::sqrt(square), 0.25);
  // The score is the gradient of the log density, in the caller's columns.
  const auto score = to_host(exec, potential.score(exec, on_device<Exec>(fresh)).value);
  for (Index k = 0; k < 2; ++k) {
    const double h = k == 0 ? 1e-6 : 1e-3;
    const HostPoints up = on_host(fresh), down = on_host(fresh);
    for (Index i = 0; i < 500; ++i) {
      up(i, k) += h;
      down(i, k) -= h;
    }
    const auto above = to_host(exec, potential.log_density(exec, on_device<Exec>(up)).value);
    const auto below = to_host(exec, potential.log_density(exec, on_device<Exec>(down)).value);
    Index near = 0;  // all but a few, where a knot lies between
    for (Index i = 0; i < 500; ++i)
      near += std::abs(score(i, k) - (above(i) - below(i)) / (2 * h)) < 1e-3 * (1 / (k == 0 ? 1 : 90) + std::abs(score(i, k))) ? 1 : 0;
    EXPECT_GE(near, 490) << "column " << k;
  }
}

TEST(LogDensity, IsThereForTrajectories) {
  const Exec exec;
  LangevinOptions langevin;
  langevin.dt = 0.1;
  langevin.samples = 4000;
  langevin.trajectories = 1;
  const auto points = simulate_langevin(exec, OrnsteinUhlenbeck<2>{}, std::vector<double>{0, 0}, langevin);
  DataSet<Exec> source = make_source(exec, points);
  source.set_trajectories({{4000}, 0.1});
  const ModelData model = fit_edmd(exec, source, 5, quick());
  ASSERT_TRUE(model.log_density.is_known());
  EXPECT_LT(relative_error(model, cloud(300, {0, 0}, 1, 3), [](const auto& x) { return std::vector<double>{-x[0], -x[1]}; }), 0.15);
}

TEST(LogDensity, IsRefusedWithASentenceWhereThereIsNone) {
  auto options = quick();
  options.read_out_modes = 0;
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(cloud(200, {0, 0}, 1, 1)), options);
  EXPECT_FALSE(model.log_density.is_known());
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { LearnedPotential<Exec>(Exec{}, model); }), "the model holds no log density: fit it again"));
}

/// As a potential: minus the log density where data are, its gradient that of its energy, walls beyond.
TEST(LogDensity, IsAPotentialLikeAnyOther) {
  const Exec exec;
  const HostPoints data = skewed_normal(2000, 9), fresh = skewed_normal(50, 10);
  const ModelData model = fit_generator(exec, on_device<Exec>(data), quick());
  const auto potential = point_potential<2>(Kokkos::DefaultHostExecutionSpace{}, model);
  static_assert(Potential<std::remove_const_t<decltype(potential)>>);
  const LearnedPotential<Exec> learned(exec, model);
  const auto value = to_host(exec, learned.log_density(exec, on_device<Exec>(fresh)).value);
  const auto score = to_host(exec, learned.score(exec, on_device<Exec>(fresh)).value);
  int inside = 0;
  for (Index i = 0; i < 50; ++i) {
    double x[2] = {fresh(i, 0), fresh(i, 1)}, g[2];
    potential.gradient(x, g);
    const double energy = potential.energy(x);
    if (std::abs(energy + value(i)) > 1e-9) continue;  // beyond the guard
    ++inside;
    for (int k = 0; k < 2; ++k) EXPECT_NEAR(g[k], -score(i, k), 1e-9);
  }
  EXPECT_GE(inside, 47);
  double far[2] = {70 + 400, -10}, g[2];
  potential.gradient(far, g);
  EXPECT_GT(g[0], 0);
  for (const double at : {30.0, 75.0, 200.0, 470.0}) {
    double x[2] = {at, -10}, up[2] = {at + 1e-3, -10}, down[2] = {at - 1e-3, -10};
    potential.gradient(x, g);
    EXPECT_NEAR(g[0], (potential.energy(up) - potential.energy(down)) / 2e-3, 1e-5 * (1 + std::abs(g[0]))) << at;
  }
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { point_potential<3>(exec, model); }), "in 3 Euclidean coordinates"));
}

/// What runs on a known potential runs on a learned one: chains of a rival, and trajectories.
TEST(LogDensity, IsSampledByRivalsAndSimulated) {
  const Exec exec;
  const ModelData model = fit_generator(exec, on_device<Exec>(cloud(4000, {1, -2}, 1, 1)), quick());
  const auto deviation = [](const HostPoints& x, Index k, double centre) {
    double square = 0;
    for (Index i = 0; i < rows(x); ++i) square += std::pow(x(i, k) - centre, 2) / static_cast<double>(rows(x));
    return std::sqrt(square);
  };
  const auto particles = on_device<Exec>(cloud(2000, {1, -2}, 0.2, 2));
  rivals::ChainOptions chain;
  chain.steps = 60;
  chain.step = 0.2;
  const auto report = rivals::mala(exec, point_potential<2>(exec, model), particles, chain);
  EXPECT_GT(report.acceptance, 0.8);
  EXPECT_NEAR(deviation(on_host(particles), 0, 1), 1, 0.08);
  LangevinOptions langevin;
  langevin.dt = 0.2;
  langevin.substeps = 0;
  langevin.samples = 300;
  langevin.trajectories = 40;
  EXPECT_NEAR(deviation(on_host(simulate_learned(exec, model, langevin)), 1, -2), 1, 0.12);
}

// 160 rows of 12 columns carry squares alone, and the last column is the sum of the others up to a noise of .1: log pi is that of 11 normals and of the noise.
TEST(LogDensity, KnowsAColumnThatIsTheSumOfOthers) {
  constexpr Index d = 12;
  constexpr double noise = 0.1;
  const auto draw = [](Index n, std::uint64_t seed) {
    const HostPoints x = cloud(n, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 1, seed);
    for (Index i = 0; i < n; ++i) {
      x(i, d - 1) *= noise;
      for (Index k = 0; k < d - 1; ++k) x(i, d - 1) += x(i, k);
    }
    return x;
  };
  FitOptions<Exec> options;
  options.hold_out = 0;
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(draw(160, 1)), options);
  const auto* gaussians = std::get_if<GaussianDictionaryData>(&model.dictionary);
  ASSERT_TRUE(gaussians != nullptr && gaussians->squares);
  EXPECT_EQ(gaussians->axes.extent(0), static_cast<std::size_t>(d));
  const auto exact = [](const std::vector<double>& x) {
    double rest = x[d - 1];
    for (Index k = 0; k < d - 1; ++k) rest -= x[static_cast<std::size_t>(k)];
    std::vector<double> score(d, rest / (noise * noise));
    for (std::size_t k = 0; k < d - 1; ++k) score[k] -= x[k];
    score[d - 1] = -rest / (noise * noise);
    return score;
  };
  EXPECT_LT(relative_error(model, draw(500, 2), exact), 0.4);  // .22; with squares of the columns .98
}

}  // namespace
