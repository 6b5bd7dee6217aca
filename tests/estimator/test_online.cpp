// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/thread_ranks.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/edmd.hpp>
#include <kswgd/estimator/online.hpp>
#include <kswgd/estimator/online_pairs.hpp>

#include <limits>
#include <numeric>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

/// Rows [first, last).
template <class View>
auto part(const View& points, Index first, Index last) {
  return Kokkos::subview(points, Span(first, last), Kokkos::ALL);
}

/// Everything but where the rows came from: sums to 1e-10, and what follows from them.
void expect_same_model(const ModelData& model, const ModelData& expected, double eigenvalues = 1e-9) {
  EXPECT_TRUE(same(model.density.landmarks, expected.density.landmarks, 0));
  EXPECT_TRUE(same(model.density.moments.gram, expected.density.moments.gram, 1e-10, 1e-12));
  EXPECT_TRUE(same(model.density.moments.dirichlet, expected.density.moments.dirichlet, 1e-10, 1e-10));
  EXPECT_NEAR(model.density.moments.weight, expected.density.moments.weight, 1e-10 * expected.density.moments.weight);
  ASSERT_EQ(model.spectrum.pairs.size(), expected.spectrum.pairs.size());
  for (Index k = 0; k < expected.spectrum.pairs.size(); ++k)
    EXPECT_NEAR(model.spectrum.pairs.values(k), expected.spectrum.pairs.values(k), eigenvalues * (1 + expected.spectrum.pairs.values(k)));
  ASSERT_EQ(model.spectrum.read_out.values.size(), expected.spectrum.read_out.values.size());
  EXPECT_EQ(model.spectrum.read_out.level, expected.spectrum.read_out.level);
  for (std::size_t k = 0; k < expected.spectrum.read_out.values.size(); ++k)
    EXPECT_NEAR(model.spectrum.read_out.values[k], expected.spectrum.read_out.values[k], 1e-6 * (1 + expected.spectrum.read_out.values[k]));
  EXPECT_EQ(model.log_density.level, expected.log_density.level);
  EXPECT_NEAR(model.log_density.held_out, expected.log_density.held_out, 1e-6 * std::abs(expected.log_density.held_out));
}

template <class Space>
class OnlineFitOn : public ::testing::Test {};
TYPED_TEST_SUITE(OnlineFitOn, ExecutionSpaces);

TYPED_TEST(OnlineFitOn, IsOneFitOfAllRows) {
  const TypeParam exec;
  const auto points = on_device<TypeParam>(draw_exact("quadruple-well", 6000, 0, 5));
  const FitOptions<TypeParam> options{.features = 100, .modes = 8};
  DataSet<TypeParam> data = make_source(exec, points);
  data.set_order(Order::independent);
  const ModelData expected = fit_generator(exec, data, options);
  OnlineFit<TypeParam> online(exec, data, {.fit = options});
  Kokkos::View<double**, Kokkos::LayoutRight, typename TypeParam::memory_space> rows("rows", 6000, 2);
  Kokkos::deep_copy(rows, points);
  for (Index first = 0; first < 6000; first += 500) online.add(exec, part(rows, first, first + 500));
  const ModelData model = online.model(exec);
  expect_same_model(model, expected);
  EXPECT_EQ(online.rows(), 6000);
  EXPECT_EQ(model.provenance.samples, 6000);
  EXPECT_TRUE(same(model.training_subset, expected.training_subset, 0));
  EXPECT_TRUE(same(model.marginals.quantiles, expected.marginals.quantiles, 0));
  expect_same_model(online.model(exec), expected);  // asking changes nothing
}

TEST(OnlineFit, LaysItselfOutFromItsFirstRows) {
  const Exec exec;
  const auto points = on_device<Exec>(draw_exact("quadruple-well", 5000, 0, 8));
  const FitOptions<Exec> options{.features = 50, .modes = 6};
  DataSet<Exec> data = make_source(exec, points);
  data.set_order(Order::independent);
  OnlineFit<Exec> online(exec, 2, {.fit = options, .first_rows = 5000, .reservoir = 5000});
  for (Index first = 0; first < 5000; first += 1000) online.add(exec, part(points, first, first + 1000));
  EXPECT_EQ(online.layouts(), 1);
  expect_same_model(online.model(exec), fit_generator(exec, data, options));
}

TEST(OnlineFit, WeightsAndBlocksAreThoseOfOneFit) {
  const Exec exec;
  const auto frames = simulate(exec, "quadruple-well", {.dt = 0.1, .substeps = 10, .samples = 6000, .burn_in = 100, .seed = 2});
  std::vector<double> weights;
  for (Index i = 0; i < 6000; ++i) weights.push_back(i % 10 == 0 ? 0 : 0.5 + static_cast<double>(i % 3));
  DataSet<Exec> data = make_source(exec, frames).with_trajectories({{6000}, 0.1});
  const FitOptions<Exec> options{.features = 50, .modes = 6};
  OnlineFit<Exec> plain(exec, data, {.fit = options});
  const ModelData unweighted = fit_generator(exec, data, options);
  data.set_weights(weights);
  OnlineFit<Exec> online(exec, data, {.fit = options});
  for (Index first = 0; first < 6000; first += 400) {
    plain.add(exec, part(frames, first, first + 400), {}, {first / 1200});
    std::vector<Index> blocks;  // fit_generator's stretches have equal weights and begin within a batch
    double before = std::accumulate(weights.begin(), weights.begin() + first, 0.0);
    const double share = std::accumulate(weights.begin(), weights.end(), 0.0) / 5;
    for (Index i = first; i < first + 400; ++i) {
      blocks.push_back(std::min<Index>(4, static_cast<Index>(before / share)));
      before += weights[static_cast<std::size_t>(i)];
    }
    online.add(exec, part(frames, first, first + 400), {weights.begin() + first, weights.begin() + first + 400}, blocks);
  }
  expect_same_model(plain.model(exec), unweighted);
  const ModelData expected = fit_generator(exec, data, options), model = online.model(exec);
  EXPECT_TRUE(same(model.density.moments.gram, expected.density.moments.gram, 1e-10, 1e-12));
  EXPECT_TRUE(same(model.density.moments.dirichlet, expected.density.moments.dirichlet, 1e-10, 1e-10));
  EXPECT_NEAR(model.provenance.effective_samples, effective_samples(weights), 1e-9 * 6000);
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(model.spectrum.read_out.values[k], expected.spectrum.read_out.values[k], 1e-6 * 10);
}

TEST(OnlineFit, ABatchOfManyTilesIsItsPartsAndRefusedWhole) {
  const Exec exec;
  const auto points = on_device<Exec>(draw_exact("quadruple-well", 20000, 0, 9));
  Kokkos::View<float**, Kokkos::LayoutRight, Exec::memory_space> rows("rows", 20000, 2);
  Kokkos::deep_copy(rows, points);
  const OnlineOptions<Exec> options{.fit = {.features = 25, .modes = 4}, .first_rows = 2000, .reservoir = 2000};
  OnlineFit<Exec> at_once(exec, 2, options), in_parts(exec, 2, options);
  std::vector<double> weights;
  for (Index i = 0; i < 20000; ++i) weights.push_back(i % 7 == 0 ? 0 : 1 + static_cast<double>(i % 3));
  const auto add = [&](OnlineFit<Exec>& fit, Index first, Index last) {
    fit.add(exec, part(rows, first, last), std::vector<double>(weights.begin() + first, weights.begin() + last));
  };
  for (auto* fit : {&at_once, &in_parts}) add(*fit, 0, 2000);
  const auto place = Kokkos::subview(rows, 15003, 1);
  const float kept = to_host(exec, place)();
  {
    const NonFiniteInput allowed;
    Kokkos::deep_copy(place, std::numeric_limits<float>::infinity());
    EXPECT_TRUE(contains(message_of<InvalidInput>([&] { add(at_once, 2000, 20000); }), "13003"));
  }
  EXPECT_EQ(at_once.rows(), 2000);
  Kokkos::deep_copy(place, kept);
  add(at_once, 2000, 20000);
  for (Index first = 2000; first < 20000; first += 3000) add(in_parts, first, first + 3000);
  EXPECT_EQ(at_once.layouts(), in_parts.layouts());
  const OnlineState one = at_once.state(exec), other = in_parts.state(exec);
  ASSERT_EQ(one.sums.size(), other.sums.size());
  for (std::size_t i = 0; i < one.sums.size(); ++i) EXPECT_TRUE(same(one.sums[i], other.sums[i], 0)) << "array " << i;
  EXPECT_EQ(one.rows.keys, other.rows.keys);
  EXPECT_TRUE(same(one.rows.points, other.rows.points, 0));
}

TEST(OnlineFit, SeesManifoldsAndMappedColumns) {
  const Exec exec;
  const auto sphere = on_device<Exec>(draw_exact("sphere", 3000, 0, 4));
  const FitOptions<Exec> on_sphere{.geometry = parse_geometry("sphere", 3), .features = 50, .modes = 8};
  HostPoints units = draw_exact("quadruple-well", 3000, 0, 6);
  for (Index i = 0; i < 3000; ++i) units(i, 1) *= 100;
  const FitOptions<Exec> mapped{.coordinates = Coordinates::normal, .features = 50, .modes = 8};
  for (const auto& [points, options] : {std::pair(sphere, on_sphere), std::pair(on_device<Exec>(units), mapped)}) {
    DataSet<Exec> data = make_source(exec, points);
    data.set_order(Order::independent);
    OnlineFit<Exec> online(exec, data, {.fit = options});
    for (Index first = 0; first < 3000; first += 600) online.add(exec, part(points, first, first + 600));
    expect_same_model(online.model(exec), fit_generator(exec, data, options));
  }
}

TEST(OnlineFit, MergesAndGoesOnFromAState) {
  const Exec exec;
  const auto points = on_device<Exec>(draw_exact("quadruple-well", 4000, 0, 7));
  DataSet<Exec> layout = make_source(exec, part(points, 0, 1000));
  layout.set_order(Order::independent);
  const OnlineOptions<Exec> options{.fit = {.features = 50, .modes = 6}, .first_rows = 500, .reservoir = 1000, .most_outside = 0.05};
  OnlineFit<Exec> whole(exec, layout, options), left(exec, layout, options);
  OnlineOptions<Exec> later = options;
  later.first_row = 1500;
  OnlineFit<Exec> right(exec, layout, later);
  whole.add(exec, points);
  left.add(exec, part(points, 0, 1500));
  right.add(exec, part(points, 1500, 4000));
  OnlineFit<Exec> restored(exec, left.state(exec), options);
  left.merge(exec, right);
  restored.add(exec, part(points, 1500, 4000));
  const ModelData expected = whole.model(exec);
  for (auto* fit : {&left, &restored}) {
    const ModelData model = fit->model(exec);
    expect_same_model(model, expected);
    EXPECT_TRUE(same(model.training_subset, expected.training_subset, 0));
    EXPECT_EQ(fit->rows(), 4000);
    EXPECT_NEAR(fit->outside(), whole.outside(), 2e-3);
  }
}

TEST(OnlineFit, LaysOutAnewWhereTheBasisDoesNotReach) {
  // The first 4000 rows are those of one well: a simulation that has yet to relax. Then all four are seen.
  const Exec exec;
  const HostPoints equilibrium = draw_exact("quadruple-well", 40000, 0, 3), rows("rows", 44000, 2);
  Index held = 0;
  for (Index i = 0; held < 4000; ++i) {
    if (equilibrium(i, 0) < 0 || equilibrium(i, 1) < 0) continue;
    for (Index k = 0; k < 2; ++k) rows(held, k) = equilibrium(i, k);
    ++held;
  }
  Kokkos::deep_copy(part(rows, 4000, 44000), equilibrium);
  const auto points = on_device<Exec>(rows);
  const FitOptions<Exec> options{.features = 100, .modes = 8};
  OnlineFit<Exec> online(exec, 2, {.fit = options, .first_rows = 2000, .reservoir = 8000});
  OnlineFit<Exec> stubborn(exec, 2, {.fit = options, .first_rows = 2000, .reservoir = 8000, .most_outside = std::numeric_limits<double>::infinity()});
  for (Index first = 0; first < 44000; first += 500)
    for (auto* fit : {&online, &stubborn}) fit->add(exec, part(points, first, first + 500));
  EXPECT_GE(online.layouts(), 2);
  EXPECT_LE(online.layouts(), 5);
  EXPECT_LT(online.outside(), 0.01);
  EXPECT_EQ(stubborn.layouts(), 1);
  EXPECT_GT(stubborn.outside(), 0.5);
  DataSet<Exec> data = make_source(exec, points);
  data.set_order(Order::independent);
  FitOptions<Exec> whole = options;
  whole.hold_out = 0;
  const ModelData expected = fit_generator(exec, data, whole), model = online.model(exec);
  for (std::size_t k = 0; k < 5; ++k)
    EXPECT_NEAR(model.spectrum.read_out.values[k], expected.spectrum.read_out.values[k], 0.03 * expected.spectrum.read_out.values[k]);
  EXPECT_NEAR(model.density.moments.weight, 44000, 6000);  // the early rows are known from a sample of them
}

TEST(OnlineFit, Forgets) {
  // Weights fall by 2^(-1/h) a call: n_eff = n (1 + q) / (1 - q) for calls of n rows, and the law is the later one.
  const Exec exec;
  OnlineFit<Exec> online(exec, 1, {.fit = {.coordinates = Coordinates::given, .features = 12, .modes = 2}, .first_rows = 500, .reservoir = 2000});
  online.forget(3);
  for (Index call = 0; call < 800; ++call)  // 2^267 as much: all sums are made smaller on the way
    online.add(exec, on_device<Exec>(cloud(100, {call < 400 ? -2.0 : 2.0}, 0.5, static_cast<std::uint64_t>(call))));
  const ModelData model = online.model(exec);
  const double q = std::exp2(-1.0 / 3);
  EXPECT_NEAR(model.provenance.effective_samples, 100 * (1 + q) / (1 - q), 1);
  const Index rows = static_cast<Index>(model.training_subset.extent(0));
  double mean = 0;
  for (Index i = 0; i < rows; ++i) mean += model.training_subset(i, 0) / static_cast<double>(rows);
  EXPECT_NEAR(mean, 2, 0.2);
  // E x from the Gram matrix: psi_0 = 1, psi_1 = x in the library's coordinates.
  EXPECT_NEAR(model.density.moments.gram(0, 1) * model.frame.normalisation.scale + model.frame.normalisation.mean[0], 2, 0.1);
}

/// The walkers of a simulation, n_walkers trajectories one after the other, each `length` frames long.
constexpr Index walkers = 5, length = 1000, lag = 3;
using Serial = Kokkos::Serial;  // thousands of small calls

Points<Serial> trajectories() {
  return simulate(Serial{}, "quadruple-well", {.dt = 0.05, .substeps = 5, .samples = length, .burn_in = 100, .trajectories = walkers, .seed = 4});
}

/// Frame t with its walkers in an order of its own: ids, and their rows.
std::pair<std::vector<Index>, HostPoints> shuffled_frame(const HostPoints& all, Index t) {
  std::vector<Index> ids(walkers);
  std::iota(ids.begin(), ids.end(), Index{0});
  for (Index i = walkers - 1; i > 0; --i)
    std::swap(ids[static_cast<std::size_t>(i)],
              ids[IndexedRandom(6, static_cast<std::uint64_t>(t)).below(static_cast<std::uint64_t>(i + 1), static_cast<std::uint64_t>(i))]);
  const HostPoints frame("frame", walkers, all.extent(1));
  for (Index i = 0; i < walkers; ++i)
    for (std::size_t k = 0; k < all.extent(1); ++k) frame(i, k) = all(ids[static_cast<std::size_t>(i)] * length + t, k);
  return {ids, frame};
}

TEST(OnlinePairs, OfShuffledFramesAreThoseOfTheTrajectories) {
  const Serial exec;
  const auto frames = trajectories();
  const HostPoints host = on_host(frames);
  const FitOptions<Serial> options{.features = 50, .modes = 6};
  const DataSet<Serial> data = make_source(exec, frames).with_trajectories({std::vector<Index>(walkers, length), 0.05});
  OnlineFit<Serial> online(exec, data, {.fit = options, .lag_time = lag * 0.05});
  OnlinePairs<Serial> pairs(lag, 2);
  for (Index t = 0; t < length; ++t) {
    const auto [ids, frame] = shuffled_frame(host, t);
    const auto rows = on_device<Serial>(frame);
    online.add(exec, rows, {}, ids);
    const auto matched = pairs.add(exec, t, ids, rows);
    EXPECT_EQ(matched.ids.size(), t < lag ? 0U : static_cast<std::size_t>(walkers));
    if (t == 10) {  // both ends are those of the walker
      const auto x = on_host(matched.x), y = on_host(matched.y);
      for (std::size_t i = 0; i < walkers; ++i) {
        EXPECT_EQ(x(i, 0), host(matched.ids[i] * length + t - lag, 0));
        EXPECT_EQ(y(i, 1), host(matched.ids[i] * length + t, 1));
      }
    }
    online.add_pairs(exec, matched.x, matched.y, matched.weights, matched.ids);
    EXPECT_LE(pairs.frames(), lag);
  }
  const ModelData expected = fit_edmd(exec, data, lag, options), model = online.model(exec);
  EXPECT_EQ(model.spectrum.kind, SpectrumKind::edmd);
  EXPECT_EQ(model.provenance.samples, walkers * (length - lag));
  EXPECT_NEAR(model.spectrum.lag_time, expected.spectrum.lag_time, 1e-15);
  EXPECT_NEAR(model.spectrum.unit, expected.spectrum.unit, 1e-8 * expected.spectrum.unit);
  expect_same_model(model, expected, 1e-10);
}

TEST(OnlinePairs, FollowParticlesThatMigrateAppearAndVanish) {
  const HostPoints all = on_host(trajectories());
  // Walker w is on rank (w + t / 2) mod 3, and walker 4 is away in the first ten frames.
  std::vector<std::vector<double>> sums(3, std::vector<double>(4, 0.0));
  const auto thrown = on_ranks(3, [&](const Reduction& ranks) {
    const Serial own;
    OnlinePairs<Serial> pairs(lag, 2, ranks);
    auto& sum = sums[static_cast<std::size_t>(ranks.rank())];
    for (Index t = 0; t < 30; ++t) {
      const auto [ids, frame] = shuffled_frame(all, t);
      std::vector<Index> here;
      std::vector<double> weights;
      HostPoints rows("rows", walkers, 2);
      for (Index i = 0; i < walkers; ++i) {
        const Index id = ids[static_cast<std::size_t>(i)];
        if ((id + t / 2) % 3 != ranks.rank() || (id == 4 && t < 10)) continue;
        for (Index k = 0; k < 2; ++k) rows(static_cast<Index>(here.size()), k) = frame(i, k);
        here.push_back(id);
        weights.push_back(1 + static_cast<double>(t));
      }
      const HostPoints part("part", here.size(), 2);
      Kokkos::deep_copy(part, Kokkos::subview(rows, Span(0, static_cast<Index>(here.size())), Kokkos::ALL));
      const auto matched = pairs.add(own, t, here, part, weights);
      for (std::size_t i = 0; i < matched.ids.size(); ++i) {
        EXPECT_EQ(matched.x(i, 0), all(matched.ids[i] * length + t - lag, 0));
        EXPECT_EQ(matched.y(i, 0), all(matched.ids[i] * length + t, 0));
        EXPECT_EQ(matched.weights[i], 1 + static_cast<double>(t - lag));
        sum[0] += 1;
      }
    }
  });
  for (const auto& error : thrown)
    if (error) std::rethrow_exception(error);
  EXPECT_EQ(sums[0][0] + sums[1][0] + sums[2][0], 4 * (30 - lag) + (20 - lag));
}

TEST(OnlineFit, RanksShareAStream) {
  const HostPoints points = draw_exact("quadruple-well", 4000, 0, 9);
  const Serial exec;
  const OnlineOptions<Serial> options{.fit = {.features = 50, .modes = 6}, .first_rows = 1500, .reservoir = 1600};
  OnlineFit<Serial> alone(exec, 2, options);
  for (Index first = 0; first < 4000; first += 500) alone.add(exec, part(points, first, first + 500));
  const ModelData expected = alone.model(exec);
  const auto thrown = on_ranks(3, [&](const Reduction& ranks) {
    const Serial own;
    OnlineOptions<Serial> mine = options;
    mine.ranks = ranks;
    OnlineFit<Serial> online(own, 2, mine);
    for (Index first = 0; first < 4000; first += 500) {
      const Index begins[] = {first, first + 100, first + 100, first + 500};  // the second has none
      online.add(own, part(points, begins[ranks.rank()], begins[ranks.rank() + 1]));
    }
    const ModelData model = online.model(own);
    EXPECT_EQ(online.rows(), 4000);
    EXPECT_EQ(online.layouts(), alone.layouts());
    EXPECT_NEAR(online.outside(), alone.outside(), 1e-12);
    expect_same_model(model, expected);
    EXPECT_TRUE(same(model.training_subset, expected.training_subset, 0));
  });
  for (const auto& error : thrown)
    if (error) std::rethrow_exception(error);
}

TEST(OnlineFit, FeaturesAreThoseThatARowMayPayFor) {
  // d = 2: 6 polynomials, and 6, 18, 43, 93, 193, 393, 793 Gaussians: p^2 + 2 m^2 = 306^2 ... 199^2 + 2 193^2 = 114099, 399^2 + 2 393^2 = 468099.
  EXPECT_EQ(landmarks_within(114099, 2), 100);
  EXPECT_EQ(landmarks_within(114098, 2), 50);
  EXPECT_EQ(landmarks_within(468099, 2), 200);
  EXPECT_EQ(landmarks_within(1, 2), 6);
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { landmarks_within(-1, 2); }), "flops must be finite and positive"));
  const Exec exec;
  OnlineFit<Exec> online(exec, 2, {.fit = {.modes = 2}, .flops_per_row = 7000, .first_rows = 1000});
  online.add(exec, on_device<Exec>(draw_exact("quadruple-well", 1000, 0, 1)));
  EXPECT_EQ(online.model(exec).density.levels.back().last_landmark - online.model(exec).density.levels.back().first_landmark, 25);  // 49^2 + 2 43^2 = 6099
}

TEST(OnlineFit, RefusalsSayWhatIsWrong) {
  const Exec exec;
  const auto points = on_device<Exec>(draw_exact("quadruple-well", 100, 0, 1));
  const auto refused = [](auto&& call) { return message_of<InvalidInput>(call); };
  EXPECT_TRUE(contains(refused([&] { OnlineFit<Exec>(exec, 0); }), "rows need at least one coordinate"));
  EXPECT_TRUE(contains(refused([&] { OnlineFit<Exec>(exec, 2, {.fit = {.hold_out = 10}}); }), "nothing can be held out of a stream"));
  EXPECT_TRUE(contains(refused([&] { OnlineFit<Exec>(exec, 2, {.first_rows = 100, .reservoir = 50}); }), "the reservoir no smaller, got 100 and 50"));
  OnlineFit<Exec> online(exec, 2);
  EXPECT_TRUE(contains(refused([&] { online.model(exec); }), "at least 3 points are needed, got 0"));
  EXPECT_TRUE(contains(refused([&] { online.add(exec, points, {1, 2}); }), "one weight for each of the 100 rows, got 2"));
  EXPECT_TRUE(contains(refused([&] { online.add(exec, points, {}, {1, 2}); }), "one block for all, or for each of the 100 rows, got 2"));
  EXPECT_TRUE(contains(refused([&] { online.add(exec, points, {}, {-1}); }), "blocks are numbers from 0 on, got -1"));
  EXPECT_TRUE(contains(refused([&] { online.add_pairs(exec, points, points); }), "pairs need options.lag_time"));
  EXPECT_TRUE(contains(refused([&] { online.forget(0); }), "the half-life must be positive"));
  {
    const NonFiniteInput allowed;
    const HostPoints bad = draw_exact("quadruple-well", 100, 0, 1);
    bad(7, 1) = std::numeric_limits<double>::quiet_NaN();
    EXPECT_TRUE(contains(refused([&] { online.add(exec, on_device<Exec>(bad)); }), "7"));
  }
  EXPECT_EQ(online.rows(), 0);  // nothing of a refused call is kept
  online.add(exec, points);
  OnlineFit<Exec> other(exec, 2);
  EXPECT_TRUE(contains(refused([&] { online.merge(exec, other); }), "both fits must be laid out, and alike"));
  online.lay_out(exec);
  other.add(exec, on_device<Exec>(draw_exact("quadruple-well", 100, 0, 2)));
  other.lay_out(exec);
  EXPECT_TRUE(contains(refused([&] { online.merge(exec, other); }), "the fits have other landmarks or another lag"));
  OnlinePairs<Exec> pairs(1, 2);
  const std::vector<Index> ids(100, 7);
  EXPECT_TRUE(contains(refused([&] { pairs.add(exec, 0, ids, points); }), "id 7 stands twice in step 0"));
  EXPECT_TRUE(contains(refused([&] { OnlinePairs<Exec>(0, 2); }), "the lag must be at least 1 step"));
}

}  // namespace
