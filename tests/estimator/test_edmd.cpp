// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/edmd.hpp>
#include <kswgd/support/check.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

/// Frames of 20 Ornstein-Uhlenbeck trajectories, in equilibrium.
Points<Exec> frames() {
  return simulate(Exec{}, "ornstein-uhlenbeck", {.temperature = 1, .dt = 0.1, .substeps = 20, .samples = 1000, .burn_in = 100, .trajectories = 20, .seed = 3});
}

TEST(Edmd, OrnsteinUhlenbeckHasRatesOfWholeNumbers) {
  const ModelData model = fit_edmd(Exec{}, frames(), {std::vector<Index>(20, 1000), 0.1}, 2);
  EXPECT_EQ(model.spectrum.kind, SpectrumKind::edmd);
  EXPECT_NEAR(model.spectrum.lag_time, 0.2, 1e-15);
  EXPECT_EQ(model.provenance.samples, 20 * 998);  // pairs never cross from one trajectory to the next
  ASSERT_GE(model.spectrum.read_out.values.size(), 2U);
  EXPECT_NEAR(model.spectrum.read_out.values[0], 1, 0.1);  // 2000 units of time: about 1000 independent relaxations
  EXPECT_NEAR(model.spectrum.read_out.values[1], 2, 0.25);
  // Only modes with mu >= 0.3: lambda <= -log(.3) / .2
  for (Index k = 0; k < model.spectrum.pairs.size(); ++k) EXPECT_LE(model.spectrum.pairs.values(k), -std::log(0.3) / 0.2 + 1e-9);
}

TEST(Edmd, RatesAreThoseOfTheTemperature) {
  // At temperature T the generator's eigenvalues are multiplied by T / T of the law: for OU they do not depend on T.
  const auto hot =
      simulate(Exec{}, "ornstein-uhlenbeck", {.temperature = 4, .dt = 0.1, .substeps = 20, .samples = 1000, .burn_in = 100, .trajectories = 20, .seed = 4});
  const ModelData model = fit_edmd(Exec{}, hot, {std::vector<Index>(20, 1000), 0.1}, 2);
  EXPECT_NEAR(model.spectrum.read_out.values[0], 1, 0.1);
  EXPECT_NEAR(model.spectrum.unit * model.frame.normalisation.scale * model.frame.normalisation.scale, 4, 0.6);  // the diffusion constant
}

TEST(Edmd, RefusalsSayWhatIsWrong) {
  const auto x = frames();
  const TrajectoryLayout layout{std::vector<Index>(20, 1000), 0.1};
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { fit_edmd(Exec{}, x, layout, 0); }), "the lag must be at least 1 step, got 0"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { fit_edmd(Exec{}, x, layout, 1000); }), "no trajectory is longer than the lag of 1000 steps"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { fit_edmd(Exec{}, x, {{10}, 0.1}, 1); }), "must add up to the 20000 frames"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { fit_edmd(Exec{}, x, {{20000}, 0}, 1); }), "dt must be a finite positive number"));
}

}  // namespace
