// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/flow/flow_rule.hpp>
#include <kswgd/support/check.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Task = FlowRule::Task;

// The rule by itself, on fields that are made up. Expected numbers are those of docs/method.md: h = 1/2 at first, times 1.5 up to 1, Armijo
// 0.1, chi2 at 10 r/n (last level .05 r/n), 2 % in 20 steps, 100 (last 60) steps, 1e-6 the shortest step.

FlowField field(double energy, double chi2) { return {energy, chi2, {1, energy}}; }
constexpr double far = 1e9;  // chi2 of particles that are nowhere near the data

/// Two levels of 10 and 40 modes, 1000 samples: they end at chi2 = .1 and .002, and another round begins above .04.
FlowRule two_levels(const RuleOptions& options = {.in_double = true}) { return FlowRule({10, 40}, 1000, options); }

/// Accepts steps that each multiply the energy, until the level is left; returns how many.
int steps_on_level(FlowRule& rule, double factor) {
  const int level = rule.state().level, round = rule.state().round;
  if (rule.next() == Task::look) rule.observe(field(1, far));
  int steps = 0;
  while (rule.next() == Task::step && rule.state().level == level && rule.state().round == round) {
    EXPECT_TRUE(rule.judge(field(factor * rule.state().energy, far), 0));
    ++steps;
  }
  return steps;
}

TEST(FlowRule, AStepIsTakenIfTheEnergyFallsByATenthOfTheGain) {
  const NonFiniteInput allowed;
  FlowRule rule = two_levels();
  ASSERT_EQ(rule.next(), Task::look);
  rule.observe(field(8, far));
  ASSERT_EQ(rule.next(), Task::step);
  EXPECT_EQ(rule.state().step, 0.5);
  EXPECT_FALSE(rule.judge(field(std::nextafter(7.5, 8), far), 5));
  EXPECT_FALSE(rule.judge(field(std::nan(""), far), 5));
  EXPECT_FALSE(rule.judge(field(std::numeric_limits<double>::infinity(), far), 5));
  EXPECT_EQ(rule.state().step, 0.0625);
  EXPECT_EQ(rule.state().energy, 8);
  ASSERT_EQ(rule.next(), Task::step);
  EXPECT_TRUE(rule.judge(field(7.5, 100), 5));
  EXPECT_EQ(rule.state().step, 0.09375);
  EXPECT_EQ(rule.state().time, 0.0625);
  EXPECT_EQ(rule.state().evaluations, 5);
  EXPECT_EQ(rule.state().steps, 1);
  EXPECT_EQ(rule.state().coefficients, (std::vector<double>{1, 7.5}));
  EXPECT_EQ(rule.history().energy, (std::vector<double>{8, 7.5}));
  EXPECT_EQ(rule.history().step, (std::vector<double>{0, 0.0625}));
  EXPECT_EQ(rule.history().evaluations, (std::vector<Index>{1, 5}));
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(rule.judge(field(7 - i, far), 0));
  EXPECT_EQ(rule.state().step, 1);  // .09375 x 1.5^6 = 1.07
}

TEST(FlowRule, LevelsEndAtTheirChi2) {
  FlowRule rule = two_levels();
  ASSERT_EQ(rule.next(), Task::look);
  rule.observe(field(1, 0.1000001));
  ASSERT_EQ(rule.next(), Task::step);
  EXPECT_TRUE(rule.judge(field(0.5, 0.1), 0));
  ASSERT_EQ(rule.next(), Task::look);  // of the next level
  EXPECT_EQ(rule.state().level, 1);
  EXPECT_EQ(rule.state().step, 0.5);
  rule.observe(field(3, 0.0021));
  ASSERT_EQ(rule.next(), Task::step);
  EXPECT_TRUE(rule.judge(field(2, 0.002), 0));
  EXPECT_EQ(rule.next(), Task::end);
  EXPECT_EQ(rule.next(), Task::end);
  EXPECT_EQ(rule.state().stop_reason, "chi2");
  EXPECT_EQ(rule.state().level_reasons, (std::vector<std::string>{"chi2", "chi2"}));
  EXPECT_EQ(rule.state().round, 0);
  EXPECT_EQ(rule.state().coefficients, (std::vector<double>{1, 2}));
}

TEST(FlowRule, LevelsEndAfterTheirSteps) {
  FlowRule rule = two_levels();
  EXPECT_EQ(steps_on_level(rule, 0.9), 100);
  EXPECT_EQ(steps_on_level(rule, 0.9), 60);
  EXPECT_EQ(rule.state().level_reasons, (std::vector<std::string>{"steps", "steps"}));
}

TEST(FlowRule, LevelsEndOnAPlateau) {
  // F falls by 2 % in 20 steps where each multiplies it by .98^(1/20) = .9989904: a little less is a plateau.
  FlowRule rule = two_levels();
  EXPECT_EQ(steps_on_level(rule, 0.99900), 20);
  EXPECT_EQ(rule.state().level_reasons, (std::vector<std::string>{"plateau"}));
  FlowRule other = two_levels();
  EXPECT_EQ(steps_on_level(other, 0.99898), 100);
}

TEST(FlowRule, RoundsGoOnUntilTheParticlesEqualTheData) {
  for (const double chi2 : {0.041, 0.04}) {
    FlowRule rule = two_levels({.in_double = true, .rounds = 3});
    int rounds = 0;
    while (rule.next() != Task::end) {
      ASSERT_EQ(rule.next(), Task::look);
      if (rule.state().level == 0) {
        ++rounds;
        rule.observe(field(1, 0.01));  // done with the first level at once
        continue;
      }
      rule.observe(field(1, chi2));
      for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(rule.next(), Task::step);
        rule.judge(field(1, chi2), 0);
      }
    }
    EXPECT_EQ(rounds, chi2 > 0.04 ? 3 : 1);
    EXPECT_EQ(rule.state().stop_reason, "plateau");
    EXPECT_EQ(rule.state().round, rounds - 1);
  }
}

TEST(FlowRule, MixedPrecisionGivesWayWhenNoStepIsAccepted) {
  FlowRule rule = two_levels({});
  rule.next();
  rule.observe(field(1, far));
  int trials = 0;
  while (rule.next() == Task::step) {
    EXPECT_FALSE(rule.judge(field(2, far), 0));
    ++trials;
  }
  EXPECT_EQ(trials, 19);  // 1/2 ... 2^-19 = 1.9e-6
  EXPECT_TRUE(rule.state().in_double);
  EXPECT_EQ(rule.state().step, 0.5);
  EXPECT_EQ(rule.state().level, 0);
  ASSERT_EQ(rule.next(), Task::look);
  rule.observe(field(1, far));
  while (rule.next() == Task::step) EXPECT_FALSE(rule.judge(field(2, far), 0));
  EXPECT_EQ(rule.state().level, 1);
  EXPECT_EQ(rule.state().level_reasons, (std::vector<std::string>{"no step"}));
}

TEST(FlowRule, StepsInAllAreLimited) {
  FlowRule rule = two_levels({.in_double = true, .max_steps = 2});
  EXPECT_EQ(steps_on_level(rule, 0.5), 2);
  EXPECT_EQ(rule.next(), Task::end);
  EXPECT_EQ(rule.state().stop_reason, "max-steps");
  rule.move();
  rule.next();
  rule.observe(field(1, far));
  EXPECT_EQ(rule.next(), Task::end);  // of all steps, wherever particles are put
  FlowRule longer = two_levels({.in_double = true, .max_steps = 5});
  longer.restore(rule.state(), rule.history());
  EXPECT_EQ(steps_on_level(longer, 0.5), 3);
}

TEST(FlowRule, ParticlesThatWereMovedAreLookedAtAgain) {
  FlowRule rule = two_levels();
  rule.next();
  rule.observe(field(4, far));
  rule.next();
  rule.judge(field(3, far), 0);
  const double step = rule.state().step;
  rule.move();
  ASSERT_EQ(rule.next(), Task::look);
  rule.observe(field(7, far));
  EXPECT_EQ(rule.state().level_energy, (std::vector<double>{4, 7}));
  EXPECT_EQ(rule.state().step, step);
  EXPECT_EQ(rule.state().steps_in_level, 1);

  rule.end("stopped");
  rule.move();
  EXPECT_FALSE(rule.state().done);
  ASSERT_EQ(rule.next(), Task::look);
  EXPECT_EQ(rule.state().steps_in_level, 0);
  EXPECT_EQ(rule.state().step, 0.5);
  EXPECT_EQ(rule.state().steps, 1);
}

/// A field and a gain that depend on the evaluation's number alone: a course with rejections, levels and rounds.
FlowField course(Index evaluation, double energy, double chi2) {
  const IndexedRandom random(3, static_cast<std::uint64_t>(evaluation));
  return {energy * (0.93 + 0.12 * random.uniform(0)), chi2 * (0.8 + 0.25 * random.uniform(1)), {random.uniform(2)}};
}

bool one_task(FlowRule& rule) {
  const FlowState& state = rule.state();
  switch (rule.next()) {
    case Task::look:
      rule.observe(course(state.evaluations, 1, 5));
      return true;
    case Task::step:
      rule.judge(course(state.evaluations, state.energy, state.chi2), 0);
      return true;
    default:
      return false;
  }
}

TEST(FlowRule, ItsStateIsAllThatItKnows) {
  FlowRule rule({10, 20, 40}, 100, {});
  int restored = 0;
  FlowRule whole({10, 20, 40}, 100, {});
  while (one_task(whole)) {
  }
  ASSERT_GT(whole.state().steps, 60);
  do {
    FlowRule other({10, 20, 40}, 100, {});
    other.restore(rule.state(), rule.history());
    while (one_task(other)) {
    }
    EXPECT_EQ(other.history().energy, whole.history().energy);
    EXPECT_EQ(other.history().time, whole.history().time);
    EXPECT_EQ(other.state().level_reasons, whole.state().level_reasons);
    EXPECT_EQ(other.state().evaluations, whole.state().evaluations);
    EXPECT_EQ(other.state().coefficients, whole.state().coefficients);
    ++restored;
  } while (one_task(rule));
  EXPECT_GT(restored, 60);
}

TEST(FlowRule, MovedTwiceIsMovedOnce) {
  FlowRule rule = two_levels();
  rule.move();
  EXPECT_TRUE(rule.state().level_energy.empty());
  rule.next();
  rule.observe(field(8, far));
  for (const double energy : {4.0, 2.0}) {
    rule.next();
    rule.judge(field(energy, far), 0);
  }
  for (int times = 0; times < 2; ++times) {
    rule.move();
    EXPECT_EQ(rule.state().level_energy, (std::vector<double>{8, 4}));
  }
}

// Two levels of 25 and 100 features, so that an evaluation on the first is worth a quarter of one on the last.
TEST(FlowRule, TheWorkThatIsLeftIsWhatTheRuleWillAskFor) {
  const std::vector<double> modes{10, 40};
  const std::vector<Index> features{25, 100};
  FlowRule rule = two_levels();
  const auto work = [&] { return expected_work(rule.state(), rule.history(), modes, 1000, features); };
  const auto trials = [&] { return static_cast<double>(rule.state().evaluations) / static_cast<double>(rule.state().steps); };
  EXPECT_EQ(work().done, 0);
  rule.next();
  rule.observe(field(1, far));
  EXPECT_EQ(work().done, 0.25);
  rule.next();
  rule.judge(field(0.5, 0.01), 0);
  EXPECT_EQ(rule.next(), Task::look);  // of the last level
  EXPECT_EQ(work().done, 0.5);
  // There chi2 falls by a tenth in each step, from 1 to .002: 59 steps are ln 500 / ln (10/9), one less than the bound.
  rule.observe(field(1, 1));
  double chi2 = 1;
  std::vector<double> steps;
  while (rule.next() == Task::step) {
    chi2 *= 0.9;
    rule.judge(field(0.9 * rule.state().energy, chi2), 0);
    steps.push_back(work().left / trials());
  }
  ASSERT_EQ(steps.size(), 59u);
  ASSERT_EQ(rule.state().stop_reason, "chi2");
  for (std::size_t i = 2; i + 1 < steps.size(); ++i) EXPECT_NEAR(steps[i], static_cast<double>(58 - i), 1) << i;
  EXPECT_EQ(work().left, 0);

  // Where it does not fall the bound of 60 steps counts, and another round like this one: chi2 is above .04.
  rule = two_levels();
  rule.next();
  rule.observe(field(1, 0.01));
  rule.next();
  rule.observe(field(1, 1));
  rule.next();
  for (int i = 0; i < 10; ++i) rule.judge(field(0.9 * rule.state().energy, 1), 0);
  EXPECT_EQ(trials(), 1.2);
  EXPECT_NEAR(expected_work(rule.state(), rule.history(), modes, 1000, features, 1).left, 50 * 1.2, 1e-12);
  EXPECT_NEAR(work().left, 2 * 50 * 1.2 + work().done, 1e-12);
}

TEST(FlowRule, RefusalsSayWhatIsWrong) {
  const NonFiniteInput allowed;
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { FlowRule({1}, 10, {.rounds = 0}); }), "rounds must be at least 1, got 0"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { FlowRule({1}, 10, {.max_steps = -1}); }), "max_steps must not be negative, got -1"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { FlowRule({}, 10); }), "the model has no level"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { FlowRule({1}, 0); }), "the number of samples must be a finite positive number"));
  FlowRule rule = two_levels();
  rule.next();
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { rule.observe(field(std::numeric_limits<double>::infinity(), 1)); }), "their energy overflows"));
  EXPECT_EQ(rule.state().evaluations, 0);
  rule.observe(field(1, far));
  FlowState state = rule.state();
  state.level = 2;
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { rule.restore(state, {}); }), "is on level 2, which the model does not have"));
  const auto contradicts = [&](const FlowState& bad) { EXPECT_TRUE(contains(message_of<InvalidInput>([&] { rule.restore(bad, {}); }), "contradicts itself")); };
  state = rule.state();
  state.step = std::nan("");
  contradicts(state);
  state = rule.state();
  state.level_energy.clear();
  contradicts(state);
  state = rule.state();
  state.energy = std::nan("");
  contradicts(state);
  state = rule.state();
  state.steps_in_level = -1;
  contradicts(state);
}

}  // namespace
