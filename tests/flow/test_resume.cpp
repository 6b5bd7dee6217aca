// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>

namespace {

// A flow that goes on from a checkpoint ends with the bits of the one that was never interrupted: from a checkpoint after every step.

using namespace kswgd;
using namespace kswgd::test;
using Standard = Kokkos::DefaultExecutionSpace;

struct Outcome {
  int resumed = 0, equal = 0, before_the_switch = 0;
};

Outcome resume_from_every_step(const Model<Standard>& model, const HostPoints& start, const FlowOptions& options) {
  const Standard exec;
  Flow<Standard>* under_way = nullptr;
  std::vector<FlowCheckpoint> checkpoints;
  FlowOptions observed = options;
  observed.observer = [&](const FlowState&, const History&) {
    checkpoints.push_back(under_way->checkpoint());
    return true;
  };
  Flow<Standard> whole(exec, model, observed);
  under_way = &whole;
  const auto particles = on_device<Standard>(start);
  const FlowReport report = whole.run(particles);
  checkpoints.push_back(whole.checkpoint());  // of its end

  Outcome outcome;
  for (const FlowCheckpoint& checkpoint : checkpoints) {
    Flow<Standard> flow(exec, model, {.rounds = options.rounds});  // whatever its precision: the checkpoint knows
    flow.restore(checkpoint);
    const Points<Standard> rest("rest", start.extent(0), start.extent(1));
    flow.write(rest);
    const FlowReport resumed = flow.run(rest);
    ++outcome.resumed;
    const bool equal = same(rest, particles, 0) && resumed.state.evaluations == report.state.evaluations && resumed.history.energy == report.history.energy &&
                       resumed.history.chi2 == report.history.chi2 && resumed.state.level_reasons == report.state.level_reasons &&
                       resumed.monitors.mean_square_velocity == report.monitors.mean_square_velocity;
    if (equal) ++outcome.equal;
    if (options.precision == Precision::mixed && report.state.in_double && !checkpoint.state.in_double) ++outcome.before_the_switch;
  }
  return outcome;
}

void expect_equal(const Outcome& outcome, int at_least) {
  EXPECT_EQ(outcome.equal, outcome.resumed);
  EXPECT_GE(outcome.resumed, at_least);
  static int all = 0;
  ::testing::Test::RecordProperty("resumed_so_far", all += outcome.resumed);
}

FitOptions<Standard> with_features(Index features) {
  FitOptions<Standard> options;
  options.features = features;
  options.read_out_modes = 0;
  return options;
}

TEST(Resume, QuadrupleWell) {
  const Model<Standard> model(Standard{}, fit_generator(Standard{}, on_device<Standard>(draw_exact("quadruple-well", 2000, 0, 1)), with_features(50)));
  for (const Precision precision : {Precision::mixed, Precision::fp64})
    for (const auto& start : {cloud(300, {1, 1}, 0.1, 2), normal_start(model.data(), 251, 3)})
      expect_equal(resume_from_every_step(model, start, {.precision = precision}), 8);
}

TEST(Resume, AcrossTheSwitchToDouble) {
  // More modes than particles: a long valley, in which floats come to their end.
  const Model<Standard> model(Standard{}, fit_generator(Standard{}, on_device<Standard>(draw_exact("double-well", 3000, 1.0 / 12, 1)), with_features(100)));
  const Outcome outcome = resume_from_every_step(model, cloud(60, {1, 0}, 0.1, 2), {.rounds = 2});
  expect_equal(outcome, 60);
  EXPECT_GT(outcome.before_the_switch, 0);
}

TEST(Resume, Manifolds) {
  const Standard exec;
  const HostPoints angles("angles", 1500, 2), few("few", 200, 2), ball("sphere", 1500, 3), patch("patch", 200, 3);
  for (Index i = 0; i < 1500; ++i) {
    const IndexedRandom random(9, static_cast<std::uint64_t>(i));
    for (Index k = 0; k < 2; ++k) angles(i, k) = std::fmod(5 + (k == 0 ? 0.6 : 1.5) * random.normal(static_cast<std::uint64_t>(k)) + 10, 5.0);
    double norm = 0;
    for (Index k = 0; k < 3; ++k) norm += std::pow(ball(i, k) = random.normal(static_cast<std::uint64_t>(3 + k)), 2);
    for (Index k = 0; k < 3; ++k) ball(i, k) /= std::sqrt(norm);
    if (i >= 200) continue;
    few(i, 0) = 1 + 0.2 * random.uniform(7);
    few(i, 1) = 2 + 0.2 * random.uniform(8);
    const double z = 0.8 + 0.15 * random.uniform(9), r = std::sqrt(1 - z * z), angle = 6 * random.uniform(10);
    patch(i, 0) = r * std::cos(angle);
    patch(i, 1) = r * std::sin(angle);
    patch(i, 2) = z;
  }
  FitOptions<Standard> periodic = with_features(50), sphere = with_features(50), mixed = with_features(25);
  periodic.geometry = parse_geometry("periodic:5,5", 2);
  sphere.geometry = parse_geometry("sphere", 3);
  mixed.geometry = parse_geometry("periodic:5,0", 2);
  for (const Precision precision : {Precision::mixed, Precision::fp64}) {
    expect_equal(resume_from_every_step(Model<Standard>(exec, fit_generator(exec, on_device<Standard>(angles), periodic)), few, {.precision = precision}), 5);
    expect_equal(resume_from_every_step(Model<Standard>(exec, fit_generator(exec, on_device<Standard>(angles), mixed)), few, {.precision = precision}), 5);
    expect_equal(resume_from_every_step(Model<Standard>(exec, fit_generator(exec, on_device<Standard>(ball), sphere)), patch, {.precision = precision}), 5);
  }
}

TEST(Resume, WeightedDataAndTheSpectralInverse) {
  const Standard exec;
  const auto points = draw_exact("quadruple-well", 2000, 0, 4);
  FitOptions<Standard> options = with_features(25);
  options.modes = 20;
  auto data = make_source(exec, on_device<Standard>(points));
  std::vector<double> weights;
  for (Index i = 0; i < 2000; ++i) weights.push_back(points(i, 0) > 0 ? 1.5 : 0.5);
  data.set_weights(weights);
  const ModelData fitted = fit_generator(exec, data, options);
  for (const Precision precision : {Precision::mixed, Precision::fp64}) {
    expect_equal(resume_from_every_step(Model<Standard>(exec, fitted), cloud(300, {1, 1}, 0.1, 2), {.precision = precision}), 8);
    expect_equal(resume_from_every_step(Model<Standard>(exec, fitted, {.inverse = Inverse::spectral, .modes = 10}), cloud(300, {1, 1}, 0.3, 2),
                                        {.precision = precision}),
                 5);
  }
}

}  // namespace
