// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/dictionaries.hpp>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/polish.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/metrics/neighbours.hpp>

#include <cmath>
#include <functional>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

/// A model of which the flow's guard lets everything through, so that its law is that of the learned density alone.
ModelData unguarded(ModelData model) {
  for (LevelData& level : model.density.levels) level.guard = 1e3;
  return model;
}

FitOptions<Exec> quick() {
  FitOptions<Exec> options;
  options.modes = 5;
  options.read_out_modes = 4;
  return options;
}

double average(const HostPoints& x, const std::function<double(Index)>& f) {
  double sum = 0;
  for (Index i = 0; i < rows(x); ++i) sum += f(i) / static_cast<double>(rows(x));
  return sum;
}

/// Score matching in the span of quadratics is the normal law of the sample's moments: draws of it, moved by steps as long as its deviation, stay draws
/// of it. (Without Metropolis' decision the variance of such steps would be 4/3.)
TEST(Polish, LeavesANormalLawInvariant) {
  const Exec exec;
  auto options = quick();
  options.dictionary = named_dictionary<Exec>("monomial", {.features = 3});
  const HostPoints data = cloud(4000, {2}, 0.7, 1);
  const ModelData model = unguarded(fit_generator(exec, on_device<Exec>(data), options));
  const double mean = average(data, [&](Index i) { return data(i, 0); }),
               deviation = std::sqrt(average(data, [&](Index i) { return std::pow(data(i, 0) - mean, 2); }));
  const Index n = 20000;
  const auto particles = on_device<Exec>(cloud(n, {mean}, deviation, 2));
  const PolishReport report = polish(exec, LearnedPotential<Exec>(exec, model), model, particles, {.steps = 30, .step = deviation, .seed = 3});
  EXPECT_EQ(report.steps, 30);
  EXPECT_EQ(report.evaluations, 31);
  EXPECT_GT(report.acceptance, 0.8);
  EXPECT_LT(report.acceptance, 0.99);
  const HostPoints x = on_host(particles);
  const auto moment = [&](int power) { return average(x, [&](Index i) { return std::pow((x(i, 0) - mean) / deviation, power); }); };
  const double error = 1 / std::sqrt(static_cast<double>(n));  // standard errors of the moments of n draws: 1, sqrt(2), sqrt(96)
  EXPECT_NEAR(moment(1), 0, 4 * error);
  EXPECT_NEAR(moment(2), 1, 4 * std::sqrt(2) * error);
  EXPECT_NEAR(moment(4), 3, 4 * std::sqrt(96) * error);
}

/// The uniform law of a torus: the angle around the tube has the density (R + r cos theta) / (2 pi R), so that E cos theta = r / 2R and E cos 2 theta = 0.
/// Steps are half as long as the tube is wide; a step that only went to the nearest point would not keep it.
TEST(Polish, LeavesTheUniformLawOfATorusInvariant) {
  constexpr double ring = 2, tube = 0.8;
  const Exec exec;
  const auto draw = [](Index n, std::uint64_t seed) {
    const HostPoints x("torus", n, 3);
    for (Index i = 0; i < n; ++i) {
      const IndexedRandom random(seed, static_cast<std::uint64_t>(i));
      double theta = 0;
      std::uint64_t at = 0;
      do {
        theta = 2 * M_PI * random.uniform(at);
        at += 2;
      } while (random.uniform(at - 1) * (ring + tube) > ring + tube * std::cos(theta));
      const double phi = 2 * M_PI * random.uniform(at);
      x(i, 0) = (ring + tube * std::cos(theta)) * std::cos(phi);
      x(i, 1) = (ring + tube * std::cos(theta)) * std::sin(phi);
      x(i, 2) = tube * std::sin(theta);
    }
    return x;
  };
  auto options = quick();
  options.geometry = parse_geometry("torus:2,.8", 3);
  ModelData model = unguarded(fit_generator(exec, on_device<Exec>(draw(1000, 1)), options));
  std::fill(model.log_density.coefficients.begin(), model.log_density.coefficients.end(), 0.0);  // uniform
  const Index n = 20000;
  const auto particles = on_device<Exec>(draw(n, 2));
  const PolishReport report = polish(exec, LearnedPotential<Exec>(exec, model), model, particles, {.steps = 20, .step = 0.4, .seed = 3});
  EXPECT_GT(report.acceptance, 0.7);
  EXPECT_LT(report.acceptance, 0.999);
  const HostPoints x = on_host(particles);
  const auto cosine = [&](Index i) { return (std::hypot(x(i, 0), x(i, 1)) - ring) / tube; };
  for (Index i = 0; i < n; ++i) ASSERT_NEAR(std::pow(cosine(i), 2) + std::pow(x(i, 2) / tube, 2), 1, 1e-9);
  const double error = std::sqrt(0.5 / static_cast<double>(n));
  EXPECT_NEAR(average(x, cosine), tube / (2 * ring), 4 * error);
  EXPECT_NEAR(average(x, [&](Index i) { return 2 * std::pow(cosine(i), 2) - 1; }), 0, 4 * error);
}

/// Angles of von Mises' law stay its draws: E cos x = I_1(2) / I_0(2) = .6977747.
TEST(Polish, LeavesAnAngleInvariant) {
  const Exec exec;
  const auto draw = [](Index n, std::uint64_t seed) {
    const HostPoints x("angles", n, 1);
    for (Index i = 0; i < n; ++i) {
      const IndexedRandom random(seed, static_cast<std::uint64_t>(i));
      std::uint64_t at = 0;
      do {
        x(i, 0) = M_PI * (2 * random.uniform(at) - 1);
        at += 2;
      } while (random.uniform(at - 1) > std::exp(2 * (std::cos(x(i, 0)) - 1)));
    }
    return x;
  };
  auto options = quick();
  options.geometry = parse_geometry("periodic:" + std::to_string(2 * M_PI), 1);
  options.dictionary = named_dictionary<Exec>("monomial", {.features = 3});  // {1, cos, sin}: the law is in its span
  const ModelData model = unguarded(fit_generator(exec, on_device<Exec>(draw(30000, 1)), options));
  const Index n = 20000;
  const auto particles = on_device<Exec>(draw(n, 2));
  polish(exec, LearnedPotential<Exec>(exec, model), model, particles, {.steps = 20, .step = 0.8, .seed = 3});
  const HostPoints x = on_host(particles);
  EXPECT_NEAR(average(x, [&](Index i) { return std::cos(x(i, 0)); }), 0.6977747, 4 * 0.405 / std::sqrt(n) + 0.01);
  EXPECT_NEAR(average(x, [&](Index i) { return std::sin(x(i, 0)); }), 0, 4 * 0.59 / std::sqrt(n) + 0.01);
}

/// Two circles with noise, one in the other.
HostPoints rings(Index n, std::uint64_t seed) {
  const HostPoints x("rings", n, 2);
  for (Index i = 0; i < n; ++i) {
    const IndexedRandom random(seed, static_cast<std::uint64_t>(i));
    const double angle = 2 * M_PI * random.uniform(0), radius = random.uniform(1) < 0.33 ? 1 : 2;
    x(i, 0) = radius * std::cos(angle) + 0.08 * random.normal(2);
    x(i, 1) = radius * std::sin(angle) + 0.08 * random.normal(3);
  }
  return x;
}

/// Two half circles with noise.
HostPoints moons(Index n, std::uint64_t seed) {
  const HostPoints x("moons", n, 2);
  for (Index i = 0; i < n; ++i) {
    const IndexedRandom random(seed, static_cast<std::uint64_t>(i));
    const double t = M_PI * random.uniform(0);
    const bool upper = random.uniform(1) < 0.5;
    x(i, 0) = (upper ? std::cos(t) : 1 - std::cos(t)) + 0.1 * random.normal(2);
    x(i, 1) = (upper ? std::sin(t) : 0.5 - std::sin(t)) + 0.1 * random.normal(3);
  }
  return x;
}

/// Where the flow gathers its particles the polish spreads them, and no mass moves.
TEST(Polish, MendsTheOrderOfSamplesAndMovesNoMass) {
  const Exec exec;
  const ModelData model = fit_generator(exec, on_device<Exec>(rings(2000, 1)), quick());
  const auto before = on_device<Exec>(normal_start(model, 2000, 1));
  Flow<Exec>(exec, Model<Exec>(exec, model)).run(before);
  const auto after = on_device<Exec>(on_host(before)), again = on_device<Exec>(on_host(before));
  const LearnedPotential<Exec> potential(exec, model);
  const PolishReport report = polish(exec, potential, model, after, {.seed = 7});
  EXPECT_LE(report.evaluations, 25);
  EXPECT_GT(report.acceptance, 0.4);
  const auto fresh = on_device<Exec>(rings(20000, 2));
  const double order_before = neighbour_ratio(exec, before, fresh), order_after = neighbour_ratio(exec, after, fresh);
  EXPECT_LT(order_before, 0.93);
  EXPECT_NEAR(order_after, 1, 0.06);
  const SlicedWasserstein<Exec> sliced(exec, fresh);
  EXPECT_LT(sliced(exec, after), 1.1 * sliced(exec, before) + 0.003);
  const PolishVerdict verdict = judge_polish(exec, model, before, after);
  EXPECT_TRUE(verdict.kept) << verdict.reason;
  polish(exec, potential, model, again, {.seed = 7});
  EXPECT_TRUE(same(on_host(again), on_host(after), 0));
  // Noise that has nothing to do with the law makes the order right, and is refused.
  const HostPoints spoiled = on_host(before);
  for (Index i = 0; i < rows(spoiled); ++i)
    for (Index k = 0; k < 2; ++k) spoiled(i, k) += 0.25 * IndexedRandom(5, static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k));
  EXPECT_FALSE(judge_polish(exec, model, before, on_device<Exec>(spoiled)).kept);
  EXPECT_FALSE(judge_polish(exec, model, before, before).kept);
}

/// Five normal laws of widths .3 to 1.2 in ten columns: the learned density has their shapes, and not their shares.
HostPoints normal_laws(Index n, std::uint64_t seed) {
  const HostPoints x("laws", n, 10);
  const IndexedRandom places(1, 0);
  for (Index i = 0; i < n; ++i) {
    const IndexedRandom random(seed, static_cast<std::uint64_t>(i));
    const std::uint64_t law = random.below(5, 0);
    const double width = 0.3 + 0.225 * static_cast<double>(law);
    for (std::uint64_t k = 0; k < 10; ++k) x(i, static_cast<Index>(k)) = 2 * places.normal(10 * law + k) + width * random.normal(2 + k);
  }
  return x;
}

/// A polish that moves mass between parts is dropped; with the flow after it the mass is where it was, and the neighbourhoods stay mended.
TEST(Polish, TheFlowBringsBackMassThatItMoved) {
  const Exec exec;
  const ModelData data = fit_generator(exec, on_device<Exec>(normal_laws(2000, 1)), quick());
  const Model<Exec> model(exec, data);
  const auto flowed = on_device<Exec>(normal_start(data, 2000, 1));
  const FlowReport first = Flow<Exec>(exec, model).run(flowed);
  const LearnedPotential<Exec> learned(exec, data);
  const std::function<const LearnedPotential<Exec>&()> potential = [&]() -> const LearnedPotential<Exec>& { return learned; };

  const auto alone = on_device<Exec>(on_host(flowed)), mended = on_device<Exec>(on_host(flowed));
  polish(exec, learned, data, alone, {.seed = 2});
  const PolishVerdict dropped = judge_polish(exec, data, flowed, alone);
  EXPECT_FALSE(dropped.kept);
  EXPECT_TRUE(dropped.rises) << dropped.reason;

  const Polished kept = polish_after_flow(exec, potential, model, first.state, mended, {}, {.seed = 2});
  ASSERT_TRUE(kept.kept) << kept.reason;
  ASSERT_TRUE(kept.flow.has_value());
  EXPECT_LT(kept.flow->state.evaluations, first.state.evaluations);
  const auto fresh = on_device<Exec>(normal_laws(20000, 2));
  const SlicedWasserstein<Exec> sliced(exec, fresh);
  EXPECT_LT(sliced(exec, mended), 1.05 * sliced(exec, flowed));
  EXPECT_LT(neighbour_share(exec, mended, fresh).value - 0.5, 0.75 * (neighbour_share(exec, flowed, fresh).value - 0.5));
}

HostPoints on_a_grid(HostPoints x) {
  for (Index i = 0; i < rows(x); ++i)
    for (Index k = 0; k < columns(x); ++k) x(i, k) = std::round(10 * x(i, k)) / 10;
  return x;
}

/// A polish of data on a grid leaves the grid: of 20,000 draws of the law 4000 show it, and none is moved.
TEST(Polish, ManyParticlesAreTriedOnSomeOfThem) {
  const Exec exec;
  const ModelData data = fit_generator(exec, on_device<Exec>(on_a_grid(rings(2000, 1))), quick());
  const LearnedPotential<Exec> learned(exec, data);
  const HostPoints draws = on_a_grid(rings(20000, 3));
  const auto particles = on_device<Exec>(draws);
  int steps = 0;
  PolishOptions how;
  how.progress = [&steps](double) { ++steps; };
  FlowState state;
  state.stop_reason = "chi2";
  const Polished polished = polish_after_flow<Exec>(
      exec, [&]() -> const LearnedPotential<Exec>& { return learned; }, Model<Exec>(exec, data), state, particles, {}, how);
  EXPECT_FALSE(polished.kept);
  EXPECT_TRUE(contains(polished.reason, "tried on 4000 of the samples")) << polished.reason;
  EXPECT_EQ(polished.report.steps, 20);
  EXPECT_EQ(steps, 0);  // of all of them
  EXPECT_TRUE(same(on_host(particles), draws, 0));
}

TEST(Polish, StaysInTheNeighbourhoodOfTheDataAndLeavesPinnedCoordinates) {
  const Exec exec;
  const ModelData model = fit_generator(exec, on_device<Exec>(moons(1000, 3)), quick());
  const auto particles = on_device<Exec>(data_start(model, 800, 2));
  const HostPoints before = on_host(particles);
  const PolishReport report = polish(exec, LearnedPotential<Exec>(exec, model), model, particles, {.steps = 40, .step = 0.5, .seed = 1, .pinned = {1}});
  EXPECT_LT(report.outside, 20);
  const HostPoints after = on_host(particles);
  const LevelData& level = model.density.levels[static_cast<std::size_t>(model.log_density.level)];
  const Normalisation& unit = model.frame.normalisation;
  Index outside = 0, moved = 0;
  for (Index i = 0; i < rows(after); ++i) {
    EXPECT_NEAR(after(i, 1), before(i, 1), 1e-12);
    moved += after(i, 0) != before(i, 0);
    double least = HUGE_VAL;
    for (Index a = level.first_landmark; a < level.last_landmark; ++a) {
      double square = 0;
      for (Index k = 0; k < 2; ++k) square += std::pow((after(i, k) - unit.mean[static_cast<std::size_t>(k)]) / unit.scale - model.density.landmarks(a, k), 2);
      least = std::min(least, square);
    }
    outside += std::sqrt(least) > level.guard * (1 + 1e-12);
  }
  EXPECT_LE(outside, report.outside);
  EXPECT_GT(moved, 700);
}

TEST(Neighbours, AreTwiceAsFarOnAGridOfTwiceTheSpacing) {
  const Exec exec;
  const auto grid = [](double spacing, Index repeats) {
    const HostPoints x("grid", 100 * repeats, 2);
    for (Index i = 0; i < 100 * repeats; ++i) {
      x(i, 0) = spacing * static_cast<double>(i % 10);
      x(i, 1) = spacing * static_cast<double>(i / 10 % 10);
    }
    return x;
  };
  EXPECT_DOUBLE_EQ(median_neighbour_distance(exec, on_device<Exec>(grid(0.5, 3))), 0.5);
  EXPECT_DOUBLE_EQ(neighbour_ratio(exec, on_device<Exec>(grid(1, 1)), on_device<Exec>(grid(0.5, 3))), 2);
  EXPECT_NEAR(neighbour_ratio(exec, on_device<Exec>(cloud(1500, {0, 0}, 1, 1)), on_device<Exec>(cloud(3000, {0, 0}, 1, 2))), 1, 0.08);
  const NeighbourShare alike = neighbour_share(exec, on_device<Exec>(cloud(1500, {0, 0}, 1, 1)), on_device<Exec>(cloud(3000, {0, 0}, 1, 2)));
  EXPECT_NEAR(alike.value, 0.5, 4 * alike.error);
  EXPECT_DOUBLE_EQ(neighbour_share(exec, on_device<Exec>(cloud(100, {0, 0}, 1, 1)), on_device<Exec>(cloud(100, {90, 0}, 1, 2))).value, 1);
  EXPECT_TRUE(std::isnan(neighbour_ratio(exec, on_device<Exec>(cloud(40, {0, 0}, 1, 1)), on_device<Exec>(cloud(3000, {0, 0}, 1, 2)))));
}

}  // namespace
