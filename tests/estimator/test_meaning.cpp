// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/edmd.hpp>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/kinetics/feynman_kac.hpp>
#include <kswgd/model/fitted_data.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>

// What is said of the data (weights, order, repeats, what is held out) holds through a fit and in what is asked of the model later.
namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

/// Random-walk Metropolis of N(0, 1)^d: rejected proposals repeat rows.
HostPoints metropolis_chain(Index n, Index d, double step, std::uint64_t seed) {
  const HostPoints chain("chain", n, d);
  std::vector<double> x(static_cast<std::size_t>(d)), y(x);
  for (Index k = 0; k < d; ++k) x[static_cast<std::size_t>(k)] = IndexedRandom(seed, 0).normal(static_cast<std::uint64_t>(k));
  for (Index t = 0; t < n; ++t) {
    const IndexedRandom random(seed, static_cast<std::uint64_t>(t + 1));
    double here = 0, there = 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
      y[k] = x[k] + step * random.normal(k);
      here += x[k] * x[k];
      there += y[k] * y[k];
    }
    if (std::log(random.uniform(64)) < (here - there) / 2) x = y;
    for (Index k = 0; k < d; ++k) chain(t, k) = x[static_cast<std::size_t>(k)];
  }
  return chain;
}

TEST(Meaning, RowsOfAMetropolisChainAreUniqueRowsWithCounts) {
  const Index n = 6000, d = 3;
  const auto chain = metropolis_chain(n, d, 1.6, 7);
  std::vector<Index> first;
  std::vector<double> counts;
  for (Index i = 0; i < n; ++i) {
    const bool same_as_before = i > 0 && chain(i, 0) == chain(i - 1, 0) && chain(i, 1) == chain(i - 1, 1);
    if (!same_as_before) {
      first.push_back(i);
      counts.push_back(0);
    }
    ++counts.back();
  }
  ASSERT_LT(first.size(), 4000U);
  const HostPoints unique("unique", first.size(), d);
  for (std::size_t i = 0; i < first.size(); ++i)
    for (Index k = 0; k < d; ++k) unique(i, k) = chain(first[i], k);
  const Exec exec;
  const auto rows = on_device<Exec>(chain), few = on_device<Exec>(unique);
  auto weighted = make_source(exec, few);
  weighted.set_weights(counts);
  const ModelData repeated = fit_generator(exec, rows, {.modes = 6}), counted = fit_generator(exec, weighted, {.modes = 6});
  ASSERT_GE(repeated.spectrum.read_out.values.size(), 3U);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(repeated.spectrum.read_out.values[k], counted.spectrum.read_out.values[k]);  // the same data
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(repeated.spectrum.read_out.values[k], 1, 0.2);  // Ornstein-Uhlenbeck: 1 three times; correlated rows
  EXPECT_EQ(repeated.provenance.samples, static_cast<Index>(first.size()));
  double sum = 0, squares = 0;
  for (const double c : counts) {
    sum += c;
    squares += c * c;
  }
  EXPECT_NEAR(repeated.density.moments.weight, sum * sum / squares, 1e-6);
  EXPECT_TRUE(
      std::any_of(repeated.provenance.notes.begin(), repeated.provenance.notes.end(), [](const auto& note) { return contains(note, "rows repeat another"); }));
  EXPECT_TRUE(repeated.provenance.rows.ordered);  // neighbours of a chain resemble each other
}

TEST(Meaning, RowsInTimeOrderAreFoundAndReadOutByStretches) {
  // Ornstein-Uhlenbeck frames every .02: neighbours are nearly copies, which random folds would leak. Exact lambda_1 = 1.
  const Index n = 8000;
  const double decay = std::exp(-0.02), noise = std::sqrt(1 - decay * decay);
  const HostPoints frames("frames", n, 1);
  double x = 0;
  for (Index i = 0; i < n; ++i) {
    x = decay * x + noise * IndexedRandom(3, 0).normal(static_cast<std::uint64_t>(i));
    frames(i, 0) = x;
  }
  const Exec exec;
  const auto device = on_device<Exec>(frames);
  auto data = make_source(exec, device);
  const ModelData found = fit_generator(exec, data, {.modes = 4, .read_out_modes = 3});
  EXPECT_TRUE(found.provenance.rows.ordered);
  data.set_order(Order::in_time);
  const ModelData said = fit_generator(exec, data, {.modes = 4, .read_out_modes = 3});
  EXPECT_EQ(found.spectrum.read_out.values, said.spectrum.read_out.values);
  data.set_order(Order::independent);
  const ModelData leaking = fit_generator(exec, data, {.modes = 4, .read_out_modes = 3});
  EXPECT_FALSE(leaking.provenance.rows.ordered);
  EXPECT_NEAR(found.spectrum.read_out.values[0], 1, 0.25);  // 80 correlation times: 1 / sqrt(80) = .11
  EXPECT_GT(found.spectrum.read_out.spread[0], leaking.spectrum.read_out.spread[0]);
}

TEST(Meaning, EqualWeightsAreNone) {
  const Exec exec;
  const auto rows = on_device<Exec>(cloud(300, {0, 0}, 1, 5));
  auto data = make_source(exec, rows);
  const ModelData plain = fit_generator(exec, data, {.modes = 4});
  for (const double weight : {1.0, 7.0, 0.3}) {
    data.set_weights(std::vector<double>(300, weight));
    const ModelData weighted = fit_generator(exec, data, {.modes = 4});
    ASSERT_EQ(weighted.density.moments.size(), plain.density.moments.size());
    for (std::size_t k = 0; k < 3; ++k)
      EXPECT_NEAR(weighted.spectrum.read_out.values[k], plain.spectrum.read_out.values[k], 1e-6 * plain.spectrum.read_out.values[k]);
  }
  // Nor do weights that hardly differ make a landmark of each row.
  std::vector<double> weights;
  for (Index i = 0; i < 300; ++i) weights.push_back(1 + 0.1 * std::sin(static_cast<double>(i)));
  data.set_weights(weights);
  EXPECT_EQ(fit_generator(exec, data, {.modes = 4}).density.levels.back().features, plain.density.levels.back().features);
}

TEST(Meaning, WeightsOfZeroAreNoRows) {
  const auto all = cloud(3000, {0, 0}, 1, 11);
  for (Index i = 0; i < 1000; ++i) all(i, 0) += 50;  // burn-in, far away
  const Exec exec;
  const auto device = on_device<Exec>(all);
  auto data = make_source(exec, device);
  std::vector<double> weights(3000, 1.0);
  std::fill_n(weights.begin(), 1000, 0.0);
  data.set_weights(weights);
  const Points<Exec> rest = Kokkos::subview(device, Span(1000, 3000), Kokkos::ALL);
  const ModelData burnt = fit_generator(exec, data, {.modes = 3}), cut = fit_generator(exec, rest, {.modes = 3});
  EXPECT_EQ(burnt.spectrum.read_out.values, cut.spectrum.read_out.values);
  EXPECT_EQ(burnt.density.moments.weight, 2000);
  EXPECT_TRUE(same(burnt.density.moments.gram, cut.density.moments.gram, 0));
}

TEST(Meaning, HeldOutPointsAreSeenByNoEstimator) {
  // Moving the rows that are held out changes nothing of the fit.
  const Index n = 4000;
  auto points = cloud(n, {0, 0}, 1, 12);
  const Exec exec;
  const auto fit_all = [&](const HostPoints& host, const char* which) {
    const auto device = on_device<Exec>(host);
    auto data = make_source(exec, device);
    const FitOptions<Exec> options{.modes = 3, .hold_out = 200};
    if (which[0] == 'g') {
      data.set_order(Order::independent);
      return fit_generator(exec, data, options);
    }
    if (which[0] == 'k') {
      data.set_order(Order::independent);
      return fit_killed(exec, data, std::vector<double>(static_cast<std::size_t>(n), 0.5), options);
    }
    data.set_trajectories({{n / 2, n / 2}, 0.1});
    return fit_edmd(exec, data, 1, options);
  };
  for (const char* which : {"generator", "killed", "edmd"}) {
    const ModelData before = fit_all(points, which);
    ASSERT_EQ(before.held_out.extent(0), 200U) << which;
    auto moved = HostPoints("moved", n, 2);
    Kokkos::deep_copy(moved, points);
    std::size_t found = 0;
    for (Index i = 0; i < n; ++i)
      for (std::size_t h = 0; h < 200; ++h)
        if (points(i, 0) == before.held_out(h, 0) && points(i, 1) == before.held_out(h, 1)) {
          moved(i, 0) = 3 - points(i, 0);
          ++found;
        }
    ASSERT_EQ(found, 200U) << which;
    const ModelData after = fit_all(moved, which);
    EXPECT_TRUE(same(before.spectrum.pairs.vectors, after.spectrum.pairs.vectors, 0)) << which;
    EXPECT_EQ(before.spectrum.read_out.values, after.spectrum.read_out.values) << which;
    EXPECT_TRUE(same(before.density.moments.dirichlet, after.density.moments.dirichlet, 0)) << which;
    EXPECT_EQ(before.frame.normalisation.mean, after.frame.normalisation.mean) << which;
  }
}

TEST(Meaning, HeldOutPointsOfWeightedDataHaveTheirWeights) {
  const auto points = cloud(2000, {0}, 2, 13);
  const Exec exec;
  const auto device = on_device<Exec>(points);
  auto data = make_source(exec, device);
  std::vector<double> weights;
  for (Index i = 0; i < 2000; ++i) weights.push_back(std::exp(-points(i, 0) * points(i, 0) * 3 / 8));
  data.set_weights(weights);
  const ModelData model = fit_generator(exec, data, {.modes = 2, .hold_out = 100});
  ASSERT_EQ(model.held_out_weights.size(), 100U);
  for (std::size_t h = 0; h < 100; ++h) EXPECT_DOUBLE_EQ(model.held_out_weights[h], std::exp(-model.held_out(h, 0) * model.held_out(h, 0) * 3 / 8));
}

TEST(Meaning, AModelGivesItsWeightsToItsOwnRowsAndRefusesOthersWithout) {
  const auto points = cloud(2000, {0}, 2, 14), others = cloud(2000, {0}, 2, 15);
  const Exec exec;
  const auto device = on_device<Exec>(points), unknown = on_device<Exec>(others);
  auto data = make_source(exec, device);
  std::vector<double> weights;
  for (Index i = 0; i < 2000; ++i) weights.push_back(std::exp(-points(i, 0) * points(i, 0) * 3 / 8));
  data.set_weights(weights);
  const ModelData model = fit_generator(exec, data, {.modes = 2});
  EXPECT_EQ(under_law_of(exec, model, make_source(exec, device)).weights(), weights);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { under_law_of(exec, model, make_source(exec, unknown)); }), "fitted to weighted points"));
  auto own = make_source(exec, unknown);
  own.set_weights(std::vector<double>(2000, 1.5));
  EXPECT_EQ(under_law_of(exec, model, own).weights()[7], 1.5);
  const ModelData plain = fit_generator(exec, make_source(exec, device), {.modes = 2});
  EXPECT_FALSE(under_law_of(exec, plain, make_source(exec, unknown)).is_weighted());
}

TEST(Meaning, ABlownUpRowIsNamed) {
  auto points = cloud(10000, {0, 0}, 1, 16);
  points(5000, 0) = points(5000, 1) = 1e4;
  const ModelData model = fit_generator(Exec{}, on_device<Exec>(points), {.features = 50, .modes = 2});
  const auto& notes = model.provenance.notes;
  EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [](const auto& note) { return contains(note, "row 5000, column "); }));
  const ModelData clean = fit_generator(Exec{}, on_device<Exec>(cloud(10000, {0, 0}, 1, 16)), {.features = 50, .modes = 2});
  EXPECT_TRUE(clean.provenance.notes.empty());
}

}  // namespace
