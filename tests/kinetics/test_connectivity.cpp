// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "kinetics/problems.hpp"
#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/connectivity.hpp>
#include <kswgd/estimator/reweighting.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>
#include <numeric>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

/// Ornstein-Uhlenbeck around centre(trajectory, frame), 300 frames of .1.
template <class Centre>
HostPoints wandering(Index trajectories, const Centre& centre) {
  const HostPoints frames = rotating_frames(trajectories, 300, 0.1, 0, 12, 1);
  for (Index j = 0; j < trajectories; ++j)
    for (Index i = 0; i < 300; ++i) frames(300 * j + i, 0) += centre(j, i);
  return frames;
}

struct Answer {
  Connectivity parts;
  std::vector<double> weights;
  std::string notes, refusal;
};

Answer asked(const HostPoints& frames, Index trajectories, const std::vector<double>& weights = {}) {
  const auto device = on_device<Exec>(frames);
  auto source = make_source(Exec{}, device).with_trajectories({std::vector<Index>(static_cast<std::size_t>(trajectories), 300), 0.1});
  if (!weights.empty()) source.set_weights(weights);
  Answer answer{connectivity(Exec{}, source), {}, "", ""};
  ReweightingOptions options;
  options.note = [&](const std::string& text) { answer.notes += text + "\n"; };
  try {
    answer.weights = equilibrium_weights(Exec{}, source, 5, options);
  } catch (const InvalidInput& refused) {
    answer.refusal = refused.what();
  }
  return answer;
}

double share(const std::vector<double>& weights, const HostPoints& frames, double from) {
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += frames(static_cast<Index>(i), 0) > from ? weights[i] : 0;
  return sum / std::accumulate(weights.begin(), weights.end(), 0.0);
}

TEST(Connectivity, WellsThatNoTrajectoryJoinsAreSeveralLawsAndHaveNoWeights) {
  const HostPoints frames = wandering(20, [](Index j, Index) { return j < 15 ? 0.0 : 12.0; });
  const Answer answer = asked(frames, 20);
  ASSERT_EQ(answer.parts.closed.size(), 2U);
  EXPECT_TRUE(answer.parts.has_several_laws());
  EXPECT_NEAR(answer.parts.closed[0].share, 0.75, 0.01);
  EXPECT_NEAR(answer.parts.closed[1].share, 0.25, 0.01);
  EXPECT_NEAR(answer.parts.closed[0].centre[0], 0, 0.2);
  EXPECT_NEAR(answer.parts.closed[1].centre[0], 12, 0.3);
  EXPECT_EQ(answer.parts.closed[1].trajectories, (std::vector<Index>{15, 16, 17, 18, 19}));
  EXPECT_TRUE(contains(answer.refusal, "do not connect 2 regions"));
  EXPECT_TRUE(contains(answer.refusal, "trajectories 15-19"));
  EXPECT_TRUE(answer.weights.empty());
}

TEST(Connectivity, ARegionLeftForGoodIsNoSecondLaw) {
  // All begin around 12 and go to 0 in one step after 60 frames; none returns.
  const HostPoints frames = wandering(20, [](Index, Index i) { return i < 60 ? 12.0 : 0.0; });
  const Answer answer = asked(frames, 20);
  EXPECT_EQ(answer.parts.closed.size(), 1U);
  EXPECT_EQ(answer.refusal, "");
  ASSERT_EQ(answer.parts.left.size(), 1U);
  EXPECT_NEAR(answer.parts.left[0].centre[0], 12, 0.3);
  EXPECT_NEAR(answer.parts.left[0].share, 0.2, 0.02);
  EXPECT_EQ(answer.parts.leavings[0], 20);
  EXPECT_TRUE(contains(answer.notes, "left and never entered again"));
  EXPECT_LT(share(answer.weights, frames, 9), 0.1);
}

TEST(Connectivity, FewCrossingsAreSaidAndNotRefused) {
  // One trajectory goes from 0 to 12, one the other way.
  const auto path = [](double from, double to, Index i) { return from + (to - from) * std::clamp(static_cast<double>(i - 130) / 40, 0.0, 1.0); };
  const HostPoints frames = wandering(20, [&](Index j, Index i) { return j == 0 ? path(0, 12, i) : j == 19 ? path(12, 0, i) : j < 10 ? 0.0 : 12.0; });
  const Answer answer = asked(frames, 20);
  EXPECT_EQ(answer.parts.closed.size(), 1U);
  EXPECT_FALSE(answer.weights.empty());
  EXPECT_TRUE(contains(answer.notes, "rest on few crossings")) << answer.notes;
}

TEST(Connectivity, OneWellIsOneRegionAndFramesWithoutWeightAreNotThere) {
  const HostPoints frames = wandering(20, [](Index j, Index) { return j < 15 ? 0.0 : 12.0; });
  std::vector<double> weights(20 * 300, 1.0);
  std::fill(weights.begin() + 15 * 300, weights.end(), 0.0);
  const Answer answer = asked(frames, 20, weights);
  EXPECT_EQ(answer.parts.closed.size(), 1U);
  EXPECT_TRUE(answer.parts.left.empty());
  EXPECT_EQ(answer.parts.sentence(), "");
  EXPECT_EQ(answer.notes, "");
  EXPECT_EQ(share(answer.weights, frames, 6), 0);
}

}  // namespace
