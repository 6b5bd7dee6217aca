// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "kinetics/problems.hpp"
#include "support/problems.hpp"
#include "support/thread_ranks.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/connectivity.hpp>
#include <kswgd/estimator/diffusion.hpp>
#include <kswgd/estimator/diffusion_map.hpp>
#include <kswgd/estimator/edmd.hpp>
#include <kswgd/estimator/reweighting.hpp>
#include <kswgd/kinetics/bootstrap.hpp>
#include <kswgd/kinetics/feynman_kac.hpp>
#include <kswgd/kinetics/koopman.hpp>
#include <kswgd/kinetics/observables.hpp>
#include <kswgd/kinetics/timescales.hpp>

// What pairs of frames say when the frames are spread over ranks, which trajectories and pairs cross.
namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::Serial;  // ranks are threads here

constexpr double time_step = 0.05;

/// Frames of rotating_frames in trajectories of these lengths; weighted: some frames have none.
struct Frames {
  HostPoints points;
  TrajectoryLayout layout;
  std::vector<double> weights;

  Frames(std::vector<Index> lengths, bool weighted) : layout{std::move(lengths), time_step} {
    Index n = 0;
    for (const Index length : layout.lengths) n += length;
    points = rotating_frames(1, n, time_step, 1, 7);
    for (Index i = 0; weighted && i < n; ++i) weights.push_back(i % 13 == 0 ? 0.0 : 1 + 0.5 * std::sin(0.01 * static_cast<double>(i)));
  }
  Index size() const { return static_cast<Index>(points.extent(0)); }

  DataSet<Exec> all() const {
    auto data = make_source(Exec(), points).with_trajectories(layout);
    if (!weights.empty()) data.set_weights(weights);
    return data;
  }
  /// body(exec, data): on each of 2 and 4 ranks, with its part.
  void on(const std::function<void(const Exec&, const DataSet<Exec>&)>& body) const {
    for (const int count : {2, 4})
      expect_no_error(on_ranks(count, [&](const Reduction& ranks) {
        const Exec own;
        const Span place = place_of(size(), ranks);
        const HostPoints here = part(points, place);
        auto data = make_source(own, here, ranks).with_trajectories(layout);
        if (!weights.empty()) data.set_weights(part(weights, place));
        body(own, data);
      }));
  }
};

std::vector<double> host(const HostVector& values) { return {values.data(), values.data() + values.extent(0)}; }

TEST(Ranks, PairsThatCrossRanksAreCounted) {
  for (const bool weighted : {false, true}) {
    const Frames frames({900, 30, 0, 470, 1000}, weighted);
    const FitOptions<Exec> options{.features = 50, .modes = 4, .read_out_modes = 4, .hold_out = 100};
    const ModelData expected = fit_edmd(Exec(), frames.all(), 40, options);
    frames.on([&](const Exec& exec, const DataSet<Exec>& data) {
      const ModelData model = fit_edmd(exec, data, 40, options);
      EXPECT_LT(largest_difference(model.density.moments.gram, expected.density.moments.gram), 1e-10);
      EXPECT_LT(largest_difference(host(model.spectrum.pairs.values), host(expected.spectrum.pairs.values)), 1e-8);
      EXPECT_LT(largest_difference(model.spectrum.read_out.cross_fitted, expected.spectrum.read_out.cross_fitted), 1e-7);
      EXPECT_NEAR(model.spectrum.unit, expected.spectrum.unit, 1e-8 * expected.spectrum.unit);
    });
  }
}

TEST(Ranks, ALagLongerThanARanksRowsIsSeen) {
  const Frames frames({200}, false);
  const Basis<Exec> basis = make_basis(Exec(), frames.all(), {.features = 12});
  const Index features = basis.level_features.back(), lag = 150;  // the second of four ranks has no row, the first 28
  const PairMoments expected = pair_moments(Exec(), frames.all(), lag, basis, features, 1).front();
  frames.on([&](const Exec& exec, const DataSet<Exec>& data) {
    const PairMoments found = pair_moments(exec, data, lag, make_basis(exec, data, {.features = 12}), features, 1).front();
    EXPECT_EQ(found.weight, 50);
    EXPECT_LT(largest_difference(found.correlation, expected.correlation), 1e-9);
    EXPECT_LT(largest_difference(found.gram_y, expected.gram_y), 1e-9);
  });
}

TEST(Ranks, TimeScalesAndTheirIntervalsAreThoseOfAll) {
  const Frames frames({900, 400, 500}, true);
  const TimescaleOptions<Exec> options{.basis = {.features = 25}, .modes = 2, .bootstrap = 20};
  const ImpliedTimescales expected = implied_timescales(Exec(), frames.all(), {2, 10}, options);
  ASSERT_GT(expected.timescales[1][0], 0.5);
  const ChapmanKolmogorov decay = chapman_kolmogorov(Exec(), frames.all(), 2, 3, options);
  frames.on([&](const Exec& exec, const DataSet<Exec>& data) {
    const ImpliedTimescales found = implied_timescales(exec, data, {2, 10}, options);
    EXPECT_EQ(found.blocks, expected.blocks);
    for (std::size_t l = 0; l < 2; ++l) {
      EXPECT_LT(largest_difference(found.timescales[l], expected.timescales[l]), 1e-7);
      EXPECT_LT(largest_difference(found.low[l], expected.low[l]), 1e-6);
      EXPECT_LT(largest_difference(found.high[l], expected.high[l]), 1e-6);
    }
    const ChapmanKolmogorov again = chapman_kolmogorov(exec, data, 2, 3, options);
    for (std::size_t m = 0; m < 3; ++m) EXPECT_LT(largest_difference(again.estimated[m], decay.estimated[m]), 1e-8);
  });
}

TEST(Ranks, VampScoresAreThoseOfAll) {
  for (const auto& lengths : {std::vector<Index>{2000}, std::vector<Index>{300, 200, 250, 350, 150, 400, 350}}) {
    const Frames frames(lengths, true);
    const VampOptions options{.basis = {.features = 25}, .folds = 3, .modes = 3};
    const VampScore expected = vamp2_score(Exec(), frames.all(), 5, options);
    const KoopmanPairs pairs = fit_koopman(Exec(), frames.all(), 5, options);
    frames.on([&](const Exec& exec, const DataSet<Exec>& data) {
      const VampScore found = vamp2_score(exec, data, 5, options);
      EXPECT_EQ(found.best, expected.best);
      EXPECT_LT(largest_difference(found.cross_validated, expected.cross_validated), 1e-7);
      EXPECT_LT(largest_difference(found.in_sample, expected.in_sample), 1e-7);
      const KoopmanPairs own = fit_koopman(exec, data, 5, options);
      for (std::size_t k = 0; k < pairs.mu.size(); ++k) EXPECT_LT(std::abs(own.mu[k] - pairs.mu[k]), 1e-7);
    });
  }
}

TEST(Ranks, DiffusionConnectionsAndWeightsAreThoseOfAll) {
  for (const bool weighted : {false, true}) {
    const Frames frames({1500, 1000}, weighted);
    const DiffusionEstimate expected = diffusion_matrix(Exec(), frames.all(), DiffusionShape::full);
    const Connectivity whole = connectivity(Exec(), frames.all());
    const std::vector<double> equilibrium = equilibrium_weights(Exec(), frames.all(), 10, {.basis = {.features = 25}});
    frames.on([&](const Exec& exec, const DataSet<Exec>& data) {
      const DiffusionEstimate found = diffusion_matrix(exec, data, DiffusionShape::full);
      EXPECT_EQ(found.lag, expected.lag);
      EXPECT_LT(largest_difference(found.matrix, expected.matrix), 1e-10);
      EXPECT_LT(largest_difference(found.error, expected.error), 1e-10);
      const Connectivity own = connectivity(exec, data);
      ASSERT_EQ(own.closed.size(), whole.closed.size());
      for (std::size_t r = 0; r < own.closed.size(); ++r) {
        EXPECT_EQ(own.closed[r].trajectories, whole.closed[r].trajectories);
        EXPECT_DOUBLE_EQ(own.closed[r].share, whole.closed[r].share);
        EXPECT_LT(largest_difference(own.closed[r].centre, whole.closed[r].centre), 1e-10);
      }
      EXPECT_LT(largest_difference(equilibrium_weights(exec, data, 10, {.basis = {.features = 25}}), part(equilibrium, data.here())), 1e-6);
    });
  }
}

TEST(Ranks, TrajectoriesInRegionsApartAreNamedTogether) {
  // The second trajectory lies elsewhere: it begins on one rank and ends on another.
  Frames frames({700, 1300, 1000}, false);
  for (Index i = 700; i < 2000; ++i) frames.points(i, 0) += 50;
  const std::string expected = connectivity(Exec(), frames.all()).sentence();
  ASSERT_TRUE(contains(expected, "do not connect 2 regions"));
  frames.on([&](const Exec& exec, const DataSet<Exec>& data) { EXPECT_EQ(connectivity(exec, data).sentence(), expected); });
}

TEST(Ranks, IntervalsKillingAndExpectationsAreThoseOfAll) {
  const Frames frames({1200, 800}, true);
  const FitOptions<Exec> options{.features = 25, .modes = 6, .read_out_modes = 6};
  const ModelData model = fit_generator(Exec(), frames.all(), options);
  const EigenvalueIntervals expected = eigenvalue_intervals(Exec(), frames.all(), model, {.replicates = 40, .blocks = 20});
  std::vector<double> rate, f;
  for (Index i = 0; i < frames.size(); ++i) {
    rate.push_back(frames.points(i, 0) * frames.points(i, 0));
    f.push_back(frames.points(i, 1));
  }
  const ModelData killed = fit_killed(Exec(), frames.all(), rate, options);
  const std::vector<double> survivors = conditioned_weights(Exec(), frames.all(), killed),
                            coefficients = observable_coefficients(Exec(), frames.all(), model, f), tilted = tilted_weights(f, frames.weights);
  frames.on([&](const Exec& exec, const DataSet<Exec>& data) {
    const EigenvalueIntervals found = eigenvalue_intervals(exec, data, model, {.replicates = 40, .blocks = 20});
    for (std::size_t k = 0; k < expected.intervals.size(); ++k) {
      EXPECT_NEAR(found.intervals[k].low, expected.intervals[k].low, 1e-7 * expected.intervals[k].high);
      EXPECT_NEAR(found.intervals[k].high, expected.intervals[k].high, 1e-7 * expected.intervals[k].high);
    }
    const ModelData own = fit_killed(exec, data, part(rate, data.here()), options);
    EXPECT_LT(largest_difference(host(own.spectrum.pairs.values), host(killed.spectrum.pairs.values)), 1e-7);
    EXPECT_LT(largest_difference(conditioned_weights(exec, data, killed), part(survivors, data.here())), 1e-9);
    EXPECT_LT(largest_difference(observable_coefficients(exec, data, model, part(f, data.here())), coefficients), 1e-9);
    EXPECT_LT(largest_difference(tilted_weights(part(f, data.here()), part(frames.weights, data.here()), data.ranks()), part(tilted, data.here())), 1e-12);
  });
}

TEST(Ranks, WhatNeedsAllRowsOnOneRankSaysSo) {
  const Frames frames({400}, false);
  const auto thrown = on_ranks(2, [&](const Reduction& ranks) {
    const HostPoints here = part(frames.points, place_of(400, ranks));
    fit_diffusion_map(Exec(), make_source(Exec(), here, ranks));
  });
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { std::rethrow_exception(thrown[0]); }), "spread over 2 ranks"));
}

}  // namespace
