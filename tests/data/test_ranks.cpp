// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/thread_ranks.hpp"
#include "support/views.hpp"

#include <kswgd/data/rows.hpp>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::Serial;  // ranks are threads here, and each has an instance of its own

/// Rows [first, last) of points.
HostPoints part(const HostPoints& points, Index first, Index last) {
  const HostPoints copy("part", last - first, points.extent(1));
  Kokkos::deep_copy(copy, Kokkos::subview(points, Span(first, last), Kokkos::ALL));
  return copy;
}

/// Where each rank's rows begin, with the end: uneven, and the second of four ranks has none.
std::vector<Index> places(Index n, int ranks) {
  if (ranks == 4) return {0, n / 7, n / 7, n / 2, n};
  std::vector<Index> begins;
  for (int r = 0; r <= ranks; ++r) begins.push_back(n * r * r / (ranks * ranks));
  return begins;
}

void expect_no_error(const std::vector<std::exception_ptr>& thrown) {
  for (const auto& error : thrown)
    if (error) std::rethrow_exception(error);
}

double largest_difference(const HostMatrix& a, const HostMatrix& b) {
  double most = a.extent(0) == b.extent(0) && a.extent(1) == b.extent(1) ? 0 : HUGE_VAL;
  for (std::size_t i = 0; most < HUGE_VAL && i < a.extent(0); ++i)
    for (std::size_t j = 0; j < a.extent(1); ++j) most = std::max(most, std::abs(a(i, j) - b(i, j)));
  return most;
}

TEST(Ranks, TheRowsOfAllAreThoseOfOne) {
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
      const HostPoints here = part(points, begins[rank], begins[rank + 1]);
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

TEST(Ranks, RowsThatRepeatOnAnotherRankAreOne) {
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
    const HostPoints here = part(points, begins[rank], begins[rank + 1]);
    const auto counted = count_rows(own, make_source(own, here, ranks));
    EXPECT_EQ(counted.repeated, 20);
    EXPECT_EQ(counted.rows, expected.rows);
    EXPECT_EQ(counted.data.weights(), expected.data.weights());
    std::vector<Index> all(40);
    for (Index i = 0; i < 40; ++i) all[static_cast<std::size_t>(i)] = i;
    EXPECT_EQ(largest_difference(gather_rows(own, counted.data, all), gather_rows(exec, expected.data, all)), 0);
  }));
}

TEST(Ranks, AFitOfSharedRowsIsThatOfAll) {
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
      const HostPoints here = part(points, begins[rank], begins[rank + 1]);
      const ModelData model = fit_generator(own, make_source(own, here, ranks), options);
      EXPECT_EQ(model.provenance.samples, expected.provenance.samples);
      EXPECT_EQ(model.provenance.rows.fingerprint, expected.provenance.rows.fingerprint);
      EXPECT_EQ(model.provenance.notes, expected.provenance.notes);
      EXPECT_EQ(largest_difference(model.held_out, expected.held_out), 0);
      EXPECT_EQ(largest_difference(model.training_subset, expected.training_subset), 0);
      EXPECT_LT(largest_difference(model.density.landmarks, expected.density.landmarks), 1e-10);
      EXPECT_LT(largest_difference(model.density.moments.gram, expected.density.moments.gram), 1e-10);
      EXPECT_LT(largest_difference(model.density.moments.dirichlet, expected.density.moments.dirichlet), 1e-8);
      for (Index k = 0; k < expected.spectrum.pairs.size(); ++k)
        EXPECT_NEAR(model.spectrum.pairs.values(k), expected.spectrum.pairs.values(k), 1e-9 * (1 + expected.spectrum.pairs.values(k)));
    }));
}

TEST(Ranks, AFlowOfSharedParticlesIsThatOfAll) {
  const Exec exec;
  const ModelData data = fit_generator(exec, draw_exact("quadruple-well", 2000, 0, 5), {.features = 50, .modes = 0, .read_out_modes = 0});
  const HostPoints start = normal_start(data, 900, 3);
  const FlowOptions options{.precision = Precision::fp64, .max_steps = 12};
  const HostPoints expected = part(start, 0, 900);
  const FlowReport report = Flow<Exec>(exec, Model<Exec>(exec, data), options).run(expected);
  for (const int count : {2, 4})
    expect_no_error(on_ranks(count, [&](const Reduction& ranks) {
      const Exec own;
      const auto begins = places(900, count);
      const auto rank = static_cast<std::size_t>(ranks.rank());
      const HostPoints here = part(start, begins[rank], begins[rank + 1]);
      EXPECT_EQ(largest_difference(here, normal_start(data, begins[rank + 1] - begins[rank], 3, begins[rank])), 0);
      FlowOptions shared = options;
      shared.ranks = ranks;
      Flow<Exec> flow(own, Model<Exec>(own, data), shared);
      const FlowReport found = flow.run(here);
      EXPECT_EQ(found.state.evaluations, report.state.evaluations);
      EXPECT_NEAR(found.state.energy, report.state.energy, 1e-9 * report.history.energy.front());
      EXPECT_NEAR(found.monitors.chi2_ratio, report.monitors.chi2_ratio, 1e-6 * report.monitors.chi2_ratio);
      EXPECT_LT(largest_difference(here, part(expected, begins[rank], begins[rank + 1])), 1e-7);
      EXPECT_FALSE(flow.advance(here));  // it has ended for all, and nobody waits for another
      const FlowCheckpoint checkpoint = flow.checkpoint();
      EXPECT_EQ(rows(checkpoint.particles), rows(here));
    }));
}

TEST(Ranks, OneThatFailsEndsTheOthers) {
  const HostPoints points = cloud(300, {0, 0}, 1, 8);
  points(250, 1) = HUGE_VAL;  // a NaN would end the test: main traps them
  const auto thrown = on_ranks(3, [&](const Reduction& ranks) {
    const Exec own;
    const HostPoints here = part(points, 100 * ranks.rank(), 100 * (ranks.rank() + 1));
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

TEST(Ranks, PartsThatDoNotMakeUpTheWholeAreRefused) {
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
