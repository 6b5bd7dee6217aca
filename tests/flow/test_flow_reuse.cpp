// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/model/fingerprint.hpp>
#include <kswgd/support/check.hpp>

#include <memory>

namespace {

// A flow that is used again, interrupted, handed on: whatever is done to it, it is compared with a flow of its own that did the same from
// the start, to the bit.

using namespace kswgd;
using namespace kswgd::test;
using Standard = Kokkos::DefaultExecutionSpace;

ModelData fitted(std::uint64_t seed = 1) {
  return fit_generator(Standard{}, on_device<Standard>(draw_exact("quadruple-well", 2000, 0, seed)), {.features = 25, .modes = 0, .read_out_modes = 0});
}

/// One model for all tests, which ends before Kokkos does.
class FlowReuse : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { m_model = std::make_unique<Model<Standard>>(Standard{}, fitted()); }
  static void TearDownTestSuite() { m_model.reset(); }
  static const Model<Standard>& model() { return *m_model; }
  static Flow<Standard> flow_of(const FlowOptions& options = {}) { return Flow<Standard>(Standard{}, model(), options); }

 private:
  static std::unique_ptr<Model<Standard>> m_model;
};
std::unique_ptr<Model<Standard>> FlowReuse::m_model;

Points<Standard> start(std::uint64_t seed = 2, Index n = 200) { return on_device<Standard>(cloud(n, {1, 1}, 0.1, seed)); }
bool bitwise(const Points<Standard>& a, const Points<Standard>& b) { return bool(same(a, b, 0)); }

void expect_same_course(const FlowReport& a, const FlowReport& b) {
  EXPECT_EQ(a.state.evaluations, b.state.evaluations);
  EXPECT_EQ(a.state.stop_reason, b.state.stop_reason);
  EXPECT_EQ(a.state.level_reasons, b.state.level_reasons);
  EXPECT_EQ(a.history.energy, b.history.energy);
  EXPECT_EQ(a.history.time, b.history.time);
  EXPECT_EQ(a.monitors.chi2_ratio, b.monitors.chi2_ratio);
  EXPECT_EQ(a.monitors.mean_square_velocity, b.monitors.mean_square_velocity);
}

TEST_F(FlowReuse, OtherParticlesBeginAfresh) {
  Flow<Standard> flow = flow_of();
  flow.run(start(2));
  for (const auto& [seed, n] : {std::pair<std::uint64_t, Index>{3, 200}, {4, 321}, {5, 200}}) {
    const auto again = start(seed, n), alone = start(seed, n);
    const FlowReport report = flow.run(again);
    expect_same_course(report, flow_of().run(alone));
    EXPECT_TRUE(bitwise(again, alone));
    EXPECT_FALSE(bitwise(again, start(seed, n)));
  }
}

TEST_F(FlowReuse, TheSameParticlesAgainStayWhereTheyAre) {
  Flow<Standard> flow = flow_of();
  const auto particles = start();
  const FlowReport first = flow.run(particles);
  const auto reached = on_device<Standard>(on_host(particles));
  expect_same_course(flow.run(particles), first);
  EXPECT_TRUE(bitwise(particles, reached));
  EXPECT_FALSE(flow.advance(particles));
  EXPECT_TRUE(bitwise(particles, reached));
}

TEST_F(FlowReuse, AdvanceIsFalseExactlyAtTheEnd) {
  Flow<Standard> flow = flow_of();
  const auto particles = start(), at_once = start();
  const FlowReport whole = flow_of().run(at_once);
  Index steps = 0;
  auto before = on_host(particles);
  while (flow.advance(particles)) {
    ++steps;
    EXPECT_FALSE(bool(same(particles, before, 0)));
    EXPECT_EQ(flow.report().state.steps, steps);
    before = on_host(particles);
  }
  EXPECT_TRUE(bool(same(particles, before, 0)));
  EXPECT_EQ(steps, whole.state.steps);
  expect_same_course(flow.report(), whole);
  EXPECT_TRUE(bitwise(particles, at_once));
}

TEST_F(FlowReuse, RunFinishesWhatAdvanceBegan) {
  Flow<Standard> flow = flow_of();
  const auto particles = start(), at_once = start();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(flow.advance(particles));
  expect_same_course(flow.run(particles), flow_of().run(at_once));
  EXPECT_TRUE(bitwise(particles, at_once));
}

TEST_F(FlowReuse, ParticlesThatTheCallerMovedGoOnFromThere) {
  Flow<Standard> flow = flow_of();
  const auto particles = start();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(flow.advance(particles));
  const FlowReport before = flow.report();
  const auto moved = on_host(particles);
  for (Index i = 0; i < 200; i += 2) moved(i, 1) -= 0.05;
  Kokkos::deep_copy(particles, moved);
  ASSERT_TRUE(flow.advance(particles));
  const FlowReport after = flow.report();
  EXPECT_EQ(after.state.steps, 4);
  EXPECT_GE(after.state.evaluations, before.state.evaluations + 2);  // where they are now, and a trial
  // A flow that is told the state and gets the moved particles does the same.
  Flow<Standard> other = flow_of();
  other.restore(before.state, before.history);
  const auto copy = on_device<Standard>(moved);
  ASSERT_TRUE(other.advance(copy));
  EXPECT_TRUE(bitwise(copy, particles));
  expect_same_course(other.report(), after);
}

TEST_F(FlowReuse, AFinishedFlowMovesParticlesThatWereMoved) {
  Flow<Standard> flow = flow_of();
  const auto particles = start();
  const FlowReport first = flow.run(particles);
  Kokkos::deep_copy(particles, start(3));  // all in one well again
  ASSERT_TRUE(flow.advance(particles));
  EXPECT_EQ(flow.report().state.steps, first.state.steps + 1);
  EXPECT_FALSE(flow.report().state.done);
  while (flow.advance(particles)) {
  }
  const FlowReport second = flow.report();
  EXPECT_EQ(second.state.stop_reason, "chi2");
  EXPECT_LE(second.monitors.chi2_ratio, 0.05);
  // A caller who moves them after every step comes to an end as well.
  Flow<Standard> kicked = flow_of();
  const auto pushed = start();
  const IndexedRandom random(5, 0);
  Index steps = 0;
  while (kicked.advance(pushed)) {
    const auto host = on_host(pushed);
    for (Index i = 0; i < 200; ++i) host(i, 0) += 0.2 * random.normal(static_cast<std::uint64_t>(200 * steps + i));
    Kokkos::deep_copy(pushed, host);
    ASSERT_LT(++steps, 10000);
  }
  EXPECT_TRUE(kicked.report().state.done);
}

TEST_F(FlowReuse, AnotherNumberOfParticlesIsAnotherFlow) {
  Flow<Standard> flow = flow_of();
  const auto few = start(2, 150), many = start(3, 260), alone = start(3, 260);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(flow.advance(few));
  ASSERT_TRUE(flow.advance(many));
  Flow<Standard> other = flow_of();
  ASSERT_TRUE(other.advance(alone));
  EXPECT_TRUE(bitwise(many, alone));
  expect_same_course(flow.report(), other.report());
}

TEST_F(FlowReuse, ResetAndSetModelBeginAfresh) {
  const Model<Standard> second(Standard{}, fitted(7));
  Flow<Standard> flow = flow_of();
  const auto particles = start();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(flow.advance(particles));
  const auto reached = on_host(particles);
  flow.reset();
  EXPECT_EQ(flow.report().state.steps, 0);
  EXPECT_TRUE(std::isnan(flow.report().monitors.chi2_ratio));
  const auto alone = on_device<Standard>(reached), with_second = on_device<Standard>(reached), alone_with_second = on_device<Standard>(reached);
  expect_same_course(flow.run(particles), flow_of().run(alone));
  EXPECT_TRUE(bitwise(particles, alone));

  flow.set_model(second);
  expect_same_course(flow.run(with_second), Flow<Standard>(Standard{}, second).run(alone_with_second));
  EXPECT_TRUE(bitwise(with_second, alone_with_second));
  EXPECT_FALSE(bitwise(with_second, particles));
}

TEST_F(FlowReuse, AnObserverThatThrowsLeavesTheLastAcceptedStep) {
  struct Enough {};
  bool armed = true;
  Flow<Standard> flow = flow_of({.observer = [&](const FlowState& state, const History&) {
    if (armed && state.steps == 4) throw Enough{};
    return true;
  }});
  Flow<Standard> stepwise = flow_of();
  const auto particles = start(), four_steps = start(), whole = start();
  EXPECT_THROW(flow.run(particles), Enough);
  for (int i = 0; i < 4; ++i) stepwise.advance(four_steps);
  EXPECT_TRUE(bitwise(particles, four_steps));
  EXPECT_EQ(flow.report().state.steps, 4);
  const FlowReport rest = flow.run(particles);  // steps 5, 6, ...
  expect_same_course(rest, flow_of().run(whole));
  EXPECT_TRUE(bitwise(particles, whole));

  const auto others = start(9), three_steps = start(9);
  flow.reset();
  for (int i = 0; i < 3; ++i) flow.advance(others);
  EXPECT_THROW(flow.advance(others), Enough);
  stepwise.reset();
  for (int i = 0; i < 4; ++i) stepwise.advance(three_steps);
  EXPECT_TRUE(bitwise(others, three_steps));
  armed = false;
  EXPECT_TRUE(flow.advance(others));
  stepwise.advance(three_steps);
  EXPECT_TRUE(bitwise(others, three_steps));
}

TEST_F(FlowReuse, NoParticlesAreAFlowThatHasEnded) {
  Flow<Standard> flow = flow_of();
  flow.run(start());
  for (const auto& none : {Points<Standard>("none", 0, 2), Points<Standard>()}) {
    const FlowReport report = flow.run(none);
    EXPECT_EQ(report.state.evaluations, 0);
    EXPECT_TRUE(report.state.done);
    EXPECT_EQ(report.state.stop_reason, "no particles");
    EXPECT_TRUE(report.history.energy.empty());
    EXPECT_TRUE(std::isnan(report.monitors.chi2_ratio));
    EXPECT_FALSE(flow.advance(none));
  }
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { flow.checkpoint(); }), "the flow has no particles yet"));
  const auto particles = start(3), alone = start(3);
  expect_same_course(flow.run(particles), flow_of().run(alone));
  EXPECT_TRUE(bitwise(particles, alone));
}

TEST_F(FlowReuse, RefusedParticlesHarmNothing) {
  Flow<Standard> flow = flow_of();
  const auto particles = start(), whole = start();
  for (int i = 0; i < 3; ++i) flow.advance(particles);
  const auto reached = on_host(particles);
  for (const Index n : {200, 77}) {
    const NonFiniteInput allowed;
    const auto broken = cloud(n, {1, 1}, 0.1, 4);
    broken(3, 1) = std::nan("");
    broken(7, 0) = std::numeric_limits<double>::infinity();
    const auto bad = on_device<Standard>(broken);
    for (const bool all : {true, false})
      EXPECT_TRUE(contains(message_of<InvalidInput>([&] {
                             if (all) {
                               flow.run(bad);
                             } else {
                               flow.advance(bad);
                             }
                           }),
                           "all particles must be finite, but 2 coordinates are not"));
    for (Index i = 0; i < n; ++i) EXPECT_TRUE(i == 3 || on_host(bad)(i, 1) == broken(i, 1));  // not moved
    EXPECT_EQ(flow.report().state.steps, n == 200 ? 3 : 0);
    if (n != 200) continue;
    expect_same_course(flow.run(particles), flow_of().run(whole));
    EXPECT_TRUE(bitwise(particles, whole));
  }
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] {
                         flow.run(on_device<Standard>(cloud(10, {0, 0, 0}, 1, 1)));
                       }),
                       "the particles have 3 coordinates, the model has 2"));
  const auto from = on_device<Standard>(reached), alone = on_device<Standard>(reached);
  expect_same_course(flow.run(from), flow_of().run(alone));
}

TEST_F(FlowReuse, ParticlesTooFarAwayAreRefusedWhereTheyAre) {
  const NonFiniteInput allowed;
  Flow<Standard> flow = flow_of();
  const auto distant = on_device<Standard>(cloud(50, {1e200, 1e200}, 1, 2)), before = on_device<Standard>(on_host(distant));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { flow.run(distant); }), "so far from the data that their energy overflows"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { flow.advance(distant); }), "so far from the data that their energy overflows"));
  EXPECT_TRUE(bitwise(distant, before));
  EXPECT_TRUE(std::isnan(flow.report().monitors.chi2_ratio));
  const auto particles = start(), alone = start();
  expect_same_course(flow.run(particles), flow_of().run(alone));
  EXPECT_TRUE(bitwise(particles, alone));
}

TEST_F(FlowReuse, AFlowMovesAndIsNotCopied) {
  static_assert(!std::is_copy_constructible_v<Flow<Standard>> && !std::is_copy_assignable_v<Flow<Standard>>);
  static_assert(std::is_nothrow_move_constructible_v<Flow<Standard>> && std::is_nothrow_move_assignable_v<Flow<Standard>>);
  static_assert(!std::is_copy_constructible_v<ParticleField<Standard>>);
  const auto particles = start(), whole = start();
  Flow<Standard> first = flow_of();
  for (int i = 0; i < 3; ++i) first.advance(particles);
  Flow<Standard> second(std::move(first)), third = flow_of();
  second.advance(particles);
  third.run(start(3));
  third = std::move(second);
  expect_same_course(third.run(particles), flow_of().run(whole));
  EXPECT_TRUE(bitwise(particles, whole));
}

TEST_F(FlowReuse, FloatsThatComeBackAreTheSameParticles) {
  const Kokkos::View<float**, Kokkos::LayoutLeft, Standard::memory_space> stepwise("stepwise", 200, 2), at_once("at once", 200, 2);
  const auto host = Kokkos::create_mirror_view(at_once);
  const auto from = cloud(200, {1, 1}, 0.1, 2);
  for (Index i = 0; i < 200; ++i)
    for (Index k = 0; k < 2; ++k) host(i, k) = static_cast<float>(from(i, k));
  Kokkos::deep_copy(at_once, host);
  Kokkos::deep_copy(stepwise, host);
  Flow<Standard> flow = flow_of();
  while (flow.advance(stepwise)) {
  }
  expect_same_course(flow.report(), flow_of().run(at_once));
  EXPECT_TRUE(bool(same(stepwise, at_once, 0)));
}

TEST_F(FlowReuse, CheckpointsOfOtherModelsAreRefused) {
  const Model<Standard> second(Standard{}, fitted(7));
  Flow<Standard> flow = flow_of(), other(Standard{}, second);
  const auto particles = start(), whole = start(), elsewhere = start(5);
  for (int i = 0; i < 3; ++i) flow.advance(particles);
  for (int i = 0; i < 2; ++i) other.advance(elsewhere);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { flow.restore(other.checkpoint()); }), "it is a checkpoint of a flow by another model"));
  // Another inverse of the same moments.
  const Model<Standard> smoother(Standard{}, fitted(), {.regularisation = 1e-5});
  Flow<Standard> smooth(Standard{}, smoother);
  const auto moved = start();
  smooth.advance(moved);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { flow.restore(smooth.checkpoint()); }), "make the model with the same inverse, modes and regularisation"));
  FlowCheckpoint broken = flow.checkpoint();
  broken.state.coefficients.pop_back();
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { flow.restore(broken); }), "coefficients, its level has"));
  broken = flow.checkpoint();
  broken.particles = HostPoints("three", 200, 3);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { flow.restore(broken); }), "the checkpoint holds 200 x 3 coordinates"));
  // All that has changed nothing.
  expect_same_course(flow.run(particles), flow_of().run(whole));
  EXPECT_TRUE(bitwise(particles, whole));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { flow.write(start(2, 10)); }), "the flow holds 200 particles, the View has 10 rows"));
}

TEST(Fingerprint, SeesWhatAFlowSees) {
  const ModelData data = fitted();
  const auto differs = [&](auto&& change) {
    ModelData other = fitted();
    change(other);
    return fingerprint(other) != fingerprint(data);
  };
  EXPECT_FALSE(differs([](ModelData&) {}));
  EXPECT_FALSE(differs([](ModelData& m) { m.provenance.command = "kswgd fit"; }));
  EXPECT_FALSE(differs([](ModelData& m) { m.training_subset(0, 0) += 1; }));
  EXPECT_TRUE(differs([](ModelData& m) { m.frame.normalisation.mean[1] = std::nextafter(m.frame.normalisation.mean[1], 9); }));
  EXPECT_TRUE(differs([](ModelData& m) { m.frame.normalisation.scale *= 2; }));
  EXPECT_TRUE(differs([](ModelData& m) { m.frame.geometry.factors.push_back({}); }));
  EXPECT_TRUE(differs([](ModelData& m) { m.density.levels[1].guard *= 2; }));
  EXPECT_TRUE(differs([](ModelData& m) { m.density.landmarks(2, 1) += 1e-15; }));
  EXPECT_TRUE(differs([](ModelData& m) { m.density.moments.gram(1, 2) += 1e-15; }));
  EXPECT_TRUE(differs([](ModelData& m) { std::swap(m.density.moments.dirichlet(1, 2), m.density.moments.dirichlet(1, 3)); }));
  EXPECT_TRUE(differs([](ModelData& m) { m.density.moments.weight += 1; }));
  EXPECT_TRUE(differs([](ModelData& m) { std::get<GaussianDictionaryData>(m.dictionary).widths(3) *= 1.5; }));
  EXPECT_TRUE(differs([](ModelData& m) { m.dictionary = make_linear_data(2); }));
}

}  // namespace
