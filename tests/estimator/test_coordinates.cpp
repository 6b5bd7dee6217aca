// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/flow/verdict.hpp>
#include <kswgd/kinetics/feynman_kac.hpp>
#include <kswgd/model/eigenfunctions.hpp>
#include <kswgd/model/marginals.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/systems/systems.hpp>

#include <algorithm>
#include <cmath>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

/// Independent normal columns of these deviations.
HostPoints normals(Index n, const std::vector<double>& deviations, std::uint64_t seed = 5) {
  const HostPoints points("normals", n, deviations.size());
  for (Index i = 0; i < n; ++i)
    for (std::size_t k = 0; k < deviations.size(); ++k) points(i, k) = deviations[k] * IndexedRandom(seed, static_cast<std::uint64_t>(i)).normal(k);
  return points;
}

/// The logarithm of a Gamma(6) number beside a normal one of deviation 1/2. V = e^x - 6 x: a Morse potential in Schroedinger's form, whose eigenvalues are
/// m (6 - m) = 5, 8, ...; the normal column adds multiples of 4.
HostPoints log_gamma(Index n) {
  const HostPoints points("log gamma", n, 2);
  for (Index i = 0; i < n; ++i) {
    const IndexedRandom random(9, static_cast<std::uint64_t>(i));
    double product = 1;
    for (std::uint64_t k = 0; k < 6; ++k) product *= random.uniform(k);
    points(i, 0) = std::log(-std::log(product));
    points(i, 1) = 0.5 * random.normal(20);
  }
  return points;
}

TEST(MappedSpectra, AreThoseOfTheCallersColumns) {
  // dX = -X / s^2 dt + sqrt(2) dW: the sums of k / s^2. The read-out's own errors are some 5 % of lambda_1 at this n, 10 % of lambda_2.
  const ModelData model =
      fit_generator(Exec{}, on_device<Exec>(normals(3000, {3, 0.75})), {.coordinates = Coordinates::standard, .features = 100, .modes = 6, .hold_out = 0});
  ASSERT_TRUE(model.frame.is_mapped());
  const double unit = 1.0 / 9;
  EXPECT_NEAR(model.spectrum.read_out.values[0], unit, 0.08 * unit);
  EXPECT_NEAR(model.spectrum.read_out.values[1], 2 * unit, 0.15 * 2 * unit);
}

// The quadruple well beside five columns of noise a hundred times narrower. Its lambda_1 = lambda_2 = .74868167; features of
// standardised columns vary along the noise, where the caller's metric makes that dear.
TEST(MappedSpectra, AreReadInTheGivenColumnsWhereTheseAreBetter) {
  const HostPoints well = draw_exact("quadruple-well", 4000, 0, 3), noise = normals(4000, {0.01, 0.01, 0.01, 0.01, 0.01}, 6);
  const HostPoints points("wells and noise", 4000, 7);
  for (Index i = 0; i < 4000; ++i)
    for (Index k = 0; k < 7; ++k) points(i, k) = k < 2 ? well(i, k) : noise(i, k - 2);
  const auto read = [&](Coordinates coordinates) {
    return fit_generator(Exec{}, on_device<Exec>(points), {.coordinates = coordinates, .features = 100, .modes = 4, .read_out_modes = 4, .hold_out = 0})
        .spectrum.read_out;
  };
  const ReadOut standard = read(Coordinates::standard), given = read(Coordinates::given);
  EXPECT_NEAR(standard.values[0], 0.74868167, 0.1 * 0.74868167);
  EXPECT_NEAR(standard.values[1], 0.74868167, 0.1 * 0.74868167);
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(standard.values[k], given.values[k], 1e-3 * given.values[k]);  // as exactly as residuals are asked for
}

TEST(MappedSpectra, StayWithNormalScores) {
  const ModelData model =
      fit_generator(Exec{}, on_device<Exec>(log_gamma(4000)), {.coordinates = Coordinates::normal, .features = 100, .modes = 6, .hold_out = 0});
  EXPECT_EQ(model.frame.coordinates(), Coordinates::normal);
  EXPECT_NEAR(model.spectrum.read_out.values[0], 4, 0.08 * 4);
  EXPECT_NEAR(model.spectrum.read_out.values[1], 5, 0.15 * 5);
}

TEST(MappedSpectra, OfADiffusionMatrixAreInTheCallersColumns) {
  // a = diag(9, 1) on N(0, 9) x N(0, 1/4): eigenvalues k + 4 l.
  const ModelData model = fit_with_diffusion(Exec{}, make_source(Exec{}, on_device<Exec>(normals(3000, {3, 0.5}))), {9, 0, 0, 1},
                                             FitOptions<Exec>{.coordinates = Coordinates::standard, .features = 100, .modes = 6, .hold_out = 0});
  EXPECT_NEAR(model.spectrum.read_out.values[0], 1, 0.08);
  EXPECT_NEAR(model.spectrum.read_out.values[1], 2, 0.3);
}

TEST(MappedSpectra, OfAKilledProcessAreInTheCallersColumns) {
  // V = x^2 / 2 s^2, c = kappa x^2: the ground eigenvalue is (sqrt(1 + 4 kappa s^4) - 1) / 2 s^2.
  const double s = 2, kappa = 0.1;
  const HostPoints x = normals(3000, {s, 0.3});
  std::vector<double> rate;
  for (Index i = 0; i < 3000; ++i) rate.push_back(kappa * x(i, 0) * x(i, 0));
  const auto points = on_device<Exec>(x);
  const ModelData model =
      fit_killed(Exec{}, make_source(Exec{}, points), rate, FitOptions<Exec>{.coordinates = Coordinates::standard, .features = 100, .modes = 4, .hold_out = 0});
  const double exact = (std::sqrt(1 + 4 * kappa * std::pow(s, 4)) - 1) / (2 * s * s);
  EXPECT_NEAR(model.spectrum.read_out.values[0], exact, 0.08 * exact);
}

TEST(MappedSpectra, GradientsAreDerivativesInTheCallersColumns) {
  const HostPoints x = log_gamma(1500);
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(x), {.coordinates = Coordinates::normal, .features = 50, .modes = 3, .hold_out = 0});
  const Eigenfunctions<Exec> functions(Exec{}, model);
  const HostPoints at("at", 40, 2);
  for (Index i = 0; i < 40; ++i)
    for (Index k = 0; k < 2; ++k) at(i, k) = x(i, k);
  const auto gradients = functions.gradients(Exec{}, on_device<Exec>(at));
  constexpr double h = 1e-5;
  for (Index k = 0; k < 2; ++k) {
    const HostPoints up = on_host(at), down = on_host(at);
    for (Index i = 0; i < 40; ++i) {
      up(i, k) += h;
      down(i, k) -= h;
    }
    const auto above = on_host(functions.values(Exec{}, on_device<Exec>(up))), below = on_host(functions.values(Exec{}, on_device<Exec>(down)));
    for (std::size_t j = 0; j < 3; ++j) {
      const auto slope = on_host(gradients[j]);
      for (Index i = 0; i < 40; ++i) {
        const double expected = (above(i, j) - below(i, j)) / (2 * h);
        EXPECT_NEAR(slope(i, k), expected, 1e-4 * std::max(1.0, std::abs(expected)));
      }
    }
  }
}

TEST(MappedFlows, NarrowColumnsKeepTheirWidthAndTheirBond) {
  // y = 1000 z, w = z^2 + noise in units of 1e-3: as given, the second column is out of sight.
  const HostPoints data("data", 2000, 2);
  for (Index i = 0; i < 2000; ++i) {
    const IndexedRandom random(3, static_cast<std::uint64_t>(i));
    const double z = random.normal(0);
    data(i, 0) = 1000 * z;
    data(i, 1) = 1e-3 * (z * z + 0.1 * random.normal(1));
  }
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(data), {.modes = 0, .read_out_modes = 0, .hold_out = 0});
  ASSERT_TRUE(model.frame.is_mapped());
  const Model<Exec> at_work(Exec{}, model);
  Flow<Exec> flow(Exec{}, at_work);
  const Points<Exec> particles = to_device(Exec{}, normal_start(model, 1000));
  const FlowReport report = flow.run(particles);
  const auto samples = on_host(particles);
  double square = 0;
  for (Index i = 0; i < 1000; ++i) square += std::pow(samples(i, 1) * 1e3 - std::pow(samples(i, 0) / 1000, 2), 2) / 1000;
  EXPECT_LT(std::sqrt(square), 0.4);  // .1 in the data, 1.4 where the bond is lost
  match_marginals(model, samples);
  const TwoSampleTest check = check_samples(Exec{}, model, on_device<Exec>(samples), report.monitors, {});
  EXPECT_EQ(check.reasons, std::vector<std::string>()) << check.classifier << " " << check.sliced_ratio;
  // The same columns in another order of the second one have lost their bond, and the verdict says so.
  const HostPoints shuffled = on_host(samples);
  for (Index i = 0; i < 1000; ++i) shuffled(i, 1) = samples((i * 377 + 11) % 1000, 1);
  EXPECT_FALSE(check_samples(Exec{}, model, on_device<Exec>(shuffled), report.monitors, {}).is_good());
}

TEST(MappedFlows, OneWildRowSpoilsNothing) {
  const HostPoints data = normals(2000, {1, 1});
  data(77, 1) = 1e6;
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(data), {.modes = 0, .read_out_modes = 0, .hold_out = 0, .columns = {"a", "b"}});
  const Model<Exec> at_work(Exec{}, model);
  Flow<Exec> flow(Exec{}, at_work);
  const Points<Exec> particles = to_device(Exec{}, normal_start(model, 2000));
  flow.run(particles);
  const auto samples = on_host(particles);
  Index strays = 0;
  for (Index i = 0; i < 2000; ++i) strays += std::hypot(samples(i, 0), samples(i, 1)) > 5.5;
  EXPECT_LE(strays, 4);
  const auto& notes = model.provenance.notes;
  EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [](const std::string& note) { return note.find("row 77, column 'b'") != std::string::npos; }));
}

TEST(WellBehavedData, AreFittedAsBefore) {
  const auto points = on_device<Exec>(draw_exact("quadruple-well", 3000, 0, 4));
  const ModelData automatic = fit_generator(Exec{}, points, {.modes = 4}),
                  given = fit_generator(Exec{}, points, {.coordinates = Coordinates::given, .modes = 4});
  EXPECT_FALSE(automatic.frame.is_mapped());
  EXPECT_TRUE(same(automatic.density.moments.dirichlet, given.density.moments.dirichlet, 0));
  EXPECT_EQ(automatic.spectrum.read_out.values, given.spectrum.read_out.values);
}

TEST(MarginalLaws, SamplesGetTheQuantilesOfTheData) {
  const HostPoints data = normals(500, {1, 2});
  for (Index i = 0; i < 500; ++i) data(i, 1) = std::round(data(i, 1));
  ModelData model;
  model.frame.normalisation.mean = {0, 0};
  model.marginals = marginals_of(Exec{}, make_source(Exec{}, on_device<Exec>(data)));
  EXPECT_EQ(model.marginals.decimals, (std::vector<int>{-1, 0}));
  const HostPoints samples = normals(500, {1, 2}, 6), before = on_host(samples);
  match_marginals(model, samples);
  for (Index k = 0; k < 2; ++k) {
    std::vector<double> got, wanted;
    for (Index i = 0; i < 500; ++i) {
      got.push_back(samples(i, k));
      wanted.push_back(data(i, k));
    }
    for (Index i = 1; i < 500; ++i)
      if (before(i, k) < before(i - 1, k)) {
        EXPECT_LE(samples(i, k), samples(i - 1, k));
      }
    std::sort(got.begin(), got.end());
    std::sort(wanted.begin(), wanted.end());
    EXPECT_EQ(got, wanted);  // as many: the very values
  }
  // Of more samples than data: integers come back by rounding, nothing beyond the extremes.
  const HostPoints more = normals(1777, {1, 2}, 7);
  match_marginals(model, more);
  round_as_data(model.marginals, more);
  for (Index i = 0; i < 1777; ++i) EXPECT_EQ(more(i, 1), std::round(more(i, 1)));
}

}  // namespace
