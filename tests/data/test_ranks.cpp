// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/thread_ranks.hpp"
#include "support/views.hpp"

#include <kswgd/data/rows.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/model/fitted_data.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::Serial;  // ranks are threads here, and each has an instance of its own

class Ranks : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!any_thread_may_launch) GTEST_SKIP() << "ranks are threads here, and this Kokkos takes kernels from one alone";
  }
};

TEST_F(Ranks, TheRowsOfAllAreThoseOfOne) {
  const HostPoints points = cloud(1000, {3, -2, 1}, 1.5, 4);
  points(700, 1) = 1e4;
  const Exec exec;
  const auto whole = make_source(exec, points);
  const Normalisation expected = normalisation_of(exec, whole);
  const FarthestRow far = farthest_row(exec, whole);
  for (const int count : {2, 3, 4})
    expect_no_error(on_ranks(count, [&](const Reduction& ranks) {
      const Exec own = Kokkos::Experimental::partition_space(Exec(), 1)[0];
      const auto begins = places(1000, count);
      const auto rank = static_cast<std::size_t>(ranks.rank());
      const HostPoints here = part(points, {begins[rank], begins[rank + 1]});
      const auto data = make_source(own, here, ranks);
      EXPECT_EQ(data.size(), 1000);
      EXPECT_EQ(data.here(), Span(begins[rank], begins[rank + 1]));
      const Normalisation found = normalisation_of(own, data);
      for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(found.mean[k], expected.mean[k], 1e-12 * 1e4);
      for (std::size_t k = 0; k < 9; ++k) EXPECT_NEAR(found.covariance[k], expected.covariance[k], 1e-10 * expected.covariance[4]);
      const FarthestRow row = farthest_row(own, data);
      EXPECT_EQ(row.row, 700);
      EXPECT_EQ(row.column, 1);
      EXPECT_DOUBLE_EQ(row.deviations, far.deviations);
      EXPECT_EQ(fingerprint_of(own, data), fingerprint_of(exec, whole));
      const HostPoints some = gather_rows(own, data, {0, 3, 499, 700, 999});
      for (const auto& [place, row] : {std::pair(0, 0), std::pair(2, 499), std::pair(3, 700), std::pair(4, 999)}) EXPECT_EQ(some(place, 2), points(row, 2));
    }));
}

TEST_F(Ranks, RowsThatRepeatOnAnotherRankAreOne) {
  const HostPoints points = cloud(60, {0, 0}, 1, 8);
  for (Index i = 40; i < 60; ++i)
    for (Index k = 0; k < 2; ++k) points(i, k) = points(i - 37, k);  // rows 3 to 22 again
  const Exec exec;
  const auto expected = count_rows(exec, make_source(exec, points));
  ASSERT_EQ(expected.repeated, 20);
  expect_no_error(on_ranks(3, [&](const Reduction& ranks) {
    const Exec own;
    const auto begins = places(60, 3);
    const auto rank = static_cast<std::size_t>(ranks.rank());
    const HostPoints here = part(points, {begins[rank], begins[rank + 1]});
    const auto counted = count_rows(own, make_source(own, here, ranks));
    EXPECT_EQ(counted.repeated, 20);
    const Span here_too = counted.data.here();
    EXPECT_EQ(counted.rows, std::vector<Index>(expected.rows.begin() + here_too.first, expected.rows.begin() + here_too.second));
    EXPECT_EQ(counted.data.weights(), part(expected.data.weights(), here_too));
    EXPECT_EQ(counted.originals({0, 22, 39}), (std::vector<Index>{expected.original(0), expected.original(22), expected.original(39)}));
    std::vector<Index> all(40);
    for (Index i = 0; i < 40; ++i) all[static_cast<std::size_t>(i)] = i;
    EXPECT_EQ(largest_difference(gather_rows(own, counted.data, all), gather_rows(exec, expected.data, all)), 0);
  }));
}

/// Rows on ranks are compared as on one: rows that count, what they weigh, and which they are.
void expect_counted_alike(const HostPoints& points, const std::vector<double>& weights, int count) {
  const Exec exec;
  auto whole = make_source(exec, points);
  if (!weights.empty()) whole.set_weights(weights);
  const auto expected = count_rows(exec, whole);
  expect_no_error(on_ranks(count, [&](const Reduction& ranks) {
    const Exec own;
    const Span place = place_of(rows(points), ranks);
    const HostPoints here = part(points, place);
    auto data = make_source(own, here, ranks);
    if (!weights.empty()) data.set_weights(part(weights, place));
    const auto counted = count_rows(own, data);
    EXPECT_EQ(counted.repeated, expected.repeated);
    EXPECT_EQ(counted.weightless, expected.weightless);
    EXPECT_EQ(counted.all, expected.all);
    ASSERT_EQ(counted.data.size(), expected.data.size());
    const Span here_too = counted.data.here();
    if (expected.all) return;
    EXPECT_EQ(counted.rows, std::vector<Index>(expected.rows.begin() + here_too.first, expected.rows.begin() + here_too.second));
    for (Index row = here_too.first; row < here_too.second; ++row) ASSERT_NEAR(counted.data.weight(row), expected.data.weight(row), 1e-12 * rows(points));
  }));
}

TEST_F(Ranks, RowsAreComparedStretchByStretch) {
  // More than are told at once: different rows, of which each thousandth stands on another rank as well.
  const Index n = (Index{1} << 21) + 12345, apart = n / 2 + 7;
  const HostPoints points("points", n, 1);
  const IndexedRandom random(3, 0);
  for (Index i = 0; i < n; ++i) points(i, 0) = random.uniform(static_cast<std::uint64_t>(i < apart || i % 1000 != 0 ? i : i - apart));
  expect_counted_alike(points, {}, 2);
}

TEST_F(Ranks, FewDifferentRowsAndWeightsOfZero) {
  const Index n = 5000;
  const HostPoints points("points", n, 2);
  std::vector<double> weights;
  const IndexedRandom random(4, 0);
  for (Index i = 0; i < n; ++i) {
    const auto draw = static_cast<std::uint64_t>(2 * i);
    points(i, 0) = static_cast<double>(random.below(i % 3 == 0 ? 7 : 3000, draw));
    points(i, 1) = static_cast<double>(random.below(2, draw + 1));
    weights.push_back(i % 4 == 0 ? 0.0 : 1.0 + static_cast<double>(i % 3));
  }
  for (const int count : {2, 3, 4}) {
    expect_counted_alike(points, {}, count);
    expect_counted_alike(points, weights, count);
  }
  const HostPoints different = cloud(600, {0, 0}, 1, 8);
  expect_counted_alike(different, {}, 3);
  expect_counted_alike(different, part(weights, {0, 600}), 3);
}

TEST_F(Ranks, LandmarksAreThoseOfOneToTheBit) {
  const HostPoints sample = cloud(1000, {0, 0, 0}, 1, 8);
  const NestedLandmarks expected = nested_landmarks(Exec(), sample, 1000);
  for (const int count : {2, 3, 4})
    expect_no_error(on_ranks(count, [&](const Reduction& ranks) {
      const NestedLandmarks found = nested_landmarks(Exec(), sample, 1000, {.ranks = ranks});
      EXPECT_EQ(largest_difference(found.landmarks, expected.landmarks), 0);
      for (std::size_t l = 0; l < expected.levels.size(); ++l) EXPECT_EQ(found.levels[l].guard, expected.levels[l].guard);
    }));
}

TEST_F(Ranks, AFitOfSharedRowsIsThatOfAll) {
  const HostPoints points = draw_exact("quadruple-well", 3000, 0, 5);
  for (Index k = 0; k < 2; ++k) points(2500, k) = points(10, k);  // weights come in
  const Exec exec;
  const FitOptions<Exec> options{.features = 50, .modes = 8, .hold_out = 100};
  const ModelData expected = fit_generator(exec, points, options);
  for (const int count : {2, 4})
    expect_no_error(on_ranks(count, [&](const Reduction& ranks) {
      const Exec own;
      const auto begins = places(3000, count);
      const auto rank = static_cast<std::size_t>(ranks.rank());
      const HostPoints here = part(points, {begins[rank], begins[rank + 1]});
      const ModelData model = fit_generator(own, make_source(own, here, ranks), options);
      EXPECT_EQ(model.provenance.samples, expected.provenance.samples);
      EXPECT_EQ(model.provenance.rows.fingerprint, expected.provenance.rows.fingerprint);
      EXPECT_EQ(model.provenance.notes, expected.provenance.notes);
      const auto p = static_cast<double>(model.density.moments.size());
      const double told = static_cast<double>(ranks.traffic().bytes);  // what docs/scaling.md says of a fit
      EXPECT_GT(told, 8 * (10 * p * p + 3000));
      EXPECT_LT(told, 8 * (10 * p * p + 3000) * 1.6);
      EXPECT_EQ(largest_difference(model.held_out, expected.held_out), 0);
      EXPECT_EQ(largest_difference(model.training_subset, expected.training_subset), 0);
      EXPECT_LT(largest_difference(model.density.landmarks, expected.density.landmarks), 1e-10);
      EXPECT_LT(largest_difference(model.density.moments.gram, expected.density.moments.gram), 1e-10);
      EXPECT_LT(largest_difference(model.density.moments.dirichlet, expected.density.moments.dirichlet), 1e-8);
      for (Index k = 0; k < expected.spectrum.pairs.size(); ++k)
        EXPECT_NEAR(model.spectrum.pairs.values(k), expected.spectrum.pairs.values(k), 1e-9 * (1 + expected.spectrum.pairs.values(k)));
    }));
}

TEST_F(Ranks, WeightsStayWhereTheirRowsAre) {
  const Index n = 2400;
  const HostPoints points = draw_exact("quadruple-well", n, 0, 5);
  std::vector<double> weights;
  for (Index i = 0; i < n; ++i) weights.push_back(i % 11 == 0 ? 0.0 : 0.5 + points(i, 0) * points(i, 0));
  const Exec exec;
  for (const Order order : {Order::independent, Order::in_time}) {
    auto all = make_source(exec, points);
    all.set_weights(weights);
    all.set_order(order);
    const FitOptions<Exec> options{.coordinates = Coordinates::normal, .features = 50, .modes = 6, .hold_out = 60};
    const ModelData expected = fit_generator(exec, all, options);
    for (const int count : {2, 4})
      expect_no_error(on_ranks(count, [&](const Reduction& ranks) {
        const Exec own;
        const Span place = place_of(n, ranks);
        const HostPoints here = part(points, place);
        auto data = make_source(own, here, ranks);
        data.set_weights(part(weights, place));
        data.set_order(order);
        EXPECT_EQ(static_cast<Index>(data.weights().size()), place.second - place.first);
        EXPECT_TRUE(data.is_weighted());
        EXPECT_NEAR(data.total_weight(), all.total_weight(), 1e-10 * all.total_weight());
        EXPECT_NEAR(data.effective_size(), all.effective_size(), 1e-10 * all.effective_size());
        EXPECT_EQ(data.weights_of({0, 5, 2000}), (std::vector<double>{weights[0], weights[5], weights[2000]}));
        const ModelData model = fit_generator(own, data, options);
        EXPECT_EQ(model.provenance.rows.weights, ranks.is_first() ? weights : std::vector<double>());
        EXPECT_EQ(largest_difference(model.training_subset, expected.training_subset), 0);
        EXPECT_EQ(model.held_out_weights, expected.held_out_weights);
        EXPECT_LT(largest_difference(model.marginals.quantiles, expected.marginals.quantiles), 1e-10);
        EXPECT_LT(largest_difference(model.density.moments.gram, expected.density.moments.gram), 1e-10);
        EXPECT_LT(largest_difference(model.spectrum.read_out.values, expected.spectrum.read_out.values), 1e-6 * expected.spectrum.read_out.values.back());
        const auto again = under_law_of(own, model, make_source(own, here, ranks));  // from rank 0, where they were left
        EXPECT_EQ(again.weights(), part(weights, place));
      }));
  }
  const auto thrown = on_ranks(2, [&](const Reduction& ranks) {
    auto data = make_source(Exec(), part(points, place_of(n, ranks)), ranks);
    data.set_weights(std::vector<double>(data.weights().size() + 3, 1.0));
  });
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { std::rethrow_exception(thrown[0]); }), "one weight for each of the 600 points, got 3"));
}

TEST_F(Ranks, WhatIsToldIsCounted) {
  expect_no_error(on_ranks(2, [&](const Reduction& ranks) {
    EXPECT_EQ(ranks.traffic().calls, 0);
    std::vector<double> values(10, 1.0 + ranks.rank());
    const Reduction copy = ranks;
    copy.sum(values);
    EXPECT_EQ(values[9], 3);
    EXPECT_EQ(ranks.traffic().calls, 2);  // whether all is well, and the sum
    EXPECT_EQ(ranks.traffic().bytes, 88);
    EXPECT_EQ(ranks.concatenate(std::vector<double>(static_cast<std::size_t>(2 - ranks.rank()), ranks.rank() + 5.0)), (std::vector<double>{5, 5, 6}));
    EXPECT_EQ(ranks.scatter(ranks.is_first() ? std::vector<double>{1, 2, 3} : std::vector<double>(), 1 + ranks.rank()),
              ranks.is_first() ? std::vector<double>{1} : (std::vector<double>{2, 3}));
  }));
}

TEST_F(Ranks, AFlowOfSharedParticlesIsThatOfAll) {
  const Exec exec;
  const ModelData data = fit_generator(exec, draw_exact("quadruple-well", 2000, 0, 5), {.features = 50, .modes = 0, .read_out_modes = 0});
  const HostPoints start = normal_start(data, 900, 3);
  const FlowOptions options{.precision = Precision::fp64, .max_steps = 12};
  const HostPoints expected = part(start, {0, 900});
  const FlowReport report = Flow<Exec>(exec, Model<Exec>(exec, data), options).run(expected);
  for (const int count : {2, 4})
    expect_no_error(on_ranks(count, [&](const Reduction& ranks) {
      const Exec own;
      const auto begins = places(900, count);
      const auto rank = static_cast<std::size_t>(ranks.rank());
      const HostPoints here = part(start, {begins[rank], begins[rank + 1]});
      EXPECT_EQ(largest_difference(here, normal_start(data, begins[rank + 1] - begins[rank], 3, begins[rank])), 0);
      FlowOptions shared = options;
      shared.ranks = ranks;
      Flow<Exec> flow(own, Model<Exec>(own, data), shared);
      const FlowReport found = flow.run(here);
      EXPECT_EQ(found.state.evaluations, report.state.evaluations);
      EXPECT_NEAR(found.state.energy, report.state.energy, 1e-9 * report.history.energy.front());
      EXPECT_NEAR(found.monitors.chi2_ratio, report.monitors.chi2_ratio, 1e-6 * report.monitors.chi2_ratio);
      EXPECT_LT(largest_difference(here, part(expected, {begins[rank], begins[rank + 1]})), 1e-7);
      // What docs/scaling.md says of an evaluation: its features' sums and a broadcast of the coefficients, and a few numbers.
      const Index before = ranks.traffic().bytes;
      const HostPoints again = part(start, {begins[rank], begins[rank + 1]});
      Flow<Exec> counted(own, Model<Exec>(own, data), shared);
      counted.advance(again);  // looks once, and tries a step until it is taken
      const Index q = data.density.levels.front().features, evaluations = counted.report().state.evaluations;
      EXPECT_GE(ranks.traffic().bytes - before, evaluations * 16 * q);
      EXPECT_LE(ranks.traffic().bytes - before, evaluations * (16 * q + 48) + 200);
      EXPECT_FALSE(flow.advance(here));  // it has ended for all, and nobody waits for another
      const FlowCheckpoint checkpoint = flow.checkpoint();
      EXPECT_EQ(rows(checkpoint.particles), rows(here));
    }));
}

TEST_F(Ranks, OneThatFailsEndsTheOthers) {
  const HostPoints points = cloud(300, {0, 0}, 1, 8);
  points(250, 1) = HUGE_VAL;  // a NaN would end the test: main traps them
  const auto thrown = on_ranks(3, [&](const Reduction& ranks) {
    const Exec own;
    const HostPoints here = part(points, {100 * ranks.rank(), 100 * (ranks.rank() + 1)});
    fit_generator(own, make_source(own, here, ranks), {.features = 12});
  });
  EXPECT_THROW(std::rethrow_exception(thrown[0]), PeerFailure);
  EXPECT_THROW(std::rethrow_exception(thrown[1]), PeerFailure);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { std::rethrow_exception(thrown[2]); }), "row 250, column 1"));
  try {
    std::rethrow_exception(thrown[0]);
  } catch (const PeerFailure& error) {
    EXPECT_EQ(error.status, 2);
    EXPECT_TRUE(contains(error.what(), "rank 2 has failed"));
  }
}

TEST_F(Ranks, PartsThatDoNotMakeUpTheWholeAreRefused) {
  const auto thrown = on_ranks(2, [&](const Reduction& ranks) {
    const Index begin = ranks.is_first() ? 0 : 60;
    DataSet<Exec>(
        100, 1, [](const Exec&, Index, Index, const Points<Exec>&) {}, {begin, begin + 50}, ranks);
  });
  for (const auto& error : thrown) EXPECT_TRUE(error && contains(message_of<InvalidInput>([&] { std::rethrow_exception(error); }), "must follow one another"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { Reduction(2, 2, {}); }), "got 2 of 2"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { Reduction(0, 2, {}); }), "must all be given"));
}

}  // namespace
