// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/thread_ranks.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/conditional.hpp>
#include <kswgd/flow/polish.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/metrics/score.hpp>
#include <kswgd/model/marginals.hpp>

// What becomes of samples after the flow, when they are spread over ranks.
namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::Serial;  // ranks are threads here

ModelData some_model() { return fit_generator(Exec(), draw_exact("quadruple-well", 2000, 0, 5), {.features = 50, .modes = 4}); }

TEST(Ranks, APolishOfSharedParticlesIsThatOfAll) {
  const ModelData model = some_model();
  const HostPoints start = normal_start(model, 700, 3), expected = part(start, {0, 700});
  const PolishReport report = polish(Exec(), LearnedPotential<Exec>(Exec(), model), model, Points<Exec>(expected), {.steps = 8, .seed = 4});
  ASSERT_GT(report.acceptance, 0.2);
  for (const int count : {2, 4})
    expect_no_error(on_ranks(count, [&](const Reduction& ranks) {
      const Exec own;
      const Span place = place_of(700, ranks);
      const HostPoints here = part(start, place);
      const PolishReport found =
          polish(own, LearnedPotential<Exec>(own, model), model, Points<Exec>(here), {.steps = 8, .seed = 4, .first = place.first, .ranks = ranks});
      EXPECT_NEAR(found.acceptance, report.acceptance, 1e-12);
      EXPECT_NEAR(found.step, report.step, 1e-12);
      EXPECT_EQ(found.outside, report.outside);
      EXPECT_LT(largest_difference(here, part(expected, place)), 1e-10);
    }));
}

TEST(Ranks, MarginalsOfSharedSamplesAreThoseOfAll) {
  const ModelData model = some_model();
  const HostPoints start = normal_start(model, 500, 3);
  for (Index i = 100; i < 400; ++i) start(i, 0) = start(i % 7, 0);  // equal samples go by their row
  const HostPoints expected = part(start, {0, 500});
  match_marginals(model, expected);
  for (const int count : {2, 3, 4})
    expect_no_error(on_ranks(count, [&](const Reduction& ranks) {
      const Span place = place_of(500, ranks);
      const HostPoints here = part(start, place);
      match_marginals(model, here, ranks);
      EXPECT_EQ(largest_difference(here, part(expected, place)), 0);
    }));
}

TEST(Ranks, StartsAtDataAreThoseOfAll) {
  const ModelData model = some_model();
  const HostPoints expected = data_start(model, 3000, 3);
  for (const auto& place : {Span(0, 10), Span(1990, 2500), Span(2999, 3000), Span(7, 7)})
    EXPECT_EQ(largest_difference(data_start(model, place.second - place.first, 3, place.first), part(expected, place)), 0);
}

TEST(Ranks, ConditionalDrawsAreThoseOfAll) {
  const ModelData model = some_model();
  const HostPoints values("values", 2, 1);
  values(0, 0) = 1;
  values(1, 0) = 40;  // beyond all data
  const Conditions conditions{{0}, values};
  const auto draws = [&](const Exec& exec, const Reduction& ranks, ConditionalReport& report) {
    return host_copy(exec,
                     conditional_samples(exec, Model<Exec>(exec, model), conditions, 201, {.pool = 1000, .steps = 5, .seed = 2, .ranks = ranks}, &report));
  };
  ConditionalReport report;
  const HostPoints expected = draws(Exec(), {}, report);
  for (const int count : {2, 3})
    expect_no_error(on_ranks(count, [&](const Reduction& ranks) {
      ConditionalReport own;
      const HostPoints found = draws(Exec(), ranks, own);
      EXPECT_EQ(own.outside, 1);
      EXPECT_NEAR(own.effective[0], report.effective[0], 1e-3 * report.effective[0]);
      EXPECT_NEAR(own.acceptance[0], report.acceptance[0], 1e-3);
      EXPECT_EQ(rows(found), 402);
      double mean = 0, mean_expected = 0;
      for (Index i = 0; i < 201; ++i) {
        EXPECT_EQ(found(i, 0), 1);
        mean += found(i, 1) * found(i, 1) / 201;
        mean_expected += expected(i, 1) * expected(i, 1) / 201;
      }
      EXPECT_NEAR(mean, mean_expected, 0.01);  // sums over ranks are equal to rounding, and rounding can change a step
    }));
}

TEST(Ranks, ScoresAreThoseOfOneToTheBit) {
  const ModelData model = some_model();
  const HostPoints samples = normal_start(model, 300, 3), reference = draw_exact("quadruple-well", 900, 0, 6);
  const Scores expected = score(Exec(), samples, reference, {.repeats = 5, .seed = 1});
  for (const int count : {2, 4})
    expect_no_error(on_ranks(count, [&](const Reduction& ranks) {
      const Scores found = score(Exec(), samples, reference, {.repeats = 5, .seed = 1, .ranks = ranks});
      for (const auto& [a, b] : {std::pair(found.sliced_wasserstein, expected.sliced_wasserstein), std::pair(found.mmd, expected.mmd),
                                 std::pair(found.energy_distance, expected.energy_distance)}) {
        EXPECT_EQ(a.value, b.value);
        EXPECT_EQ(a.floor, b.floor);
        EXPECT_EQ(a.floor_std, b.floor_std);
      }
    }));
}

}  // namespace
