// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/thread_ranks.hpp"
#include "support/views.hpp"

#include <kswgd/data/reservoir.hpp>

#include <numeric>

namespace {

using namespace kswgd;
using namespace kswgd::test;

template <class Exec>
class ReservoirOf : public ::testing::Test {};
TYPED_TEST_SUITE(ReservoirOf, ExecutionSpaces);

/// Row i is (i, -i).
HostPoints numbered(Index n) {
  const HostPoints points("numbered", n, 2);
  for (Index i = 0; i < n; ++i) {
    points(i, 0) = static_cast<double>(i);
    points(i, 1) = -static_cast<double>(i);
  }
  return points;
}

TYPED_TEST(ReservoirOf, HoldsAllRowsWhileThereAreFew) {
  const TypeParam exec;
  Reservoir<TypeParam> reservoir(exec, 20, 2);
  std::vector<double> weights(10, 2.0);
  weights[3] = 0;
  reservoir.add(exec, on_device<TypeParam>(numbered(10)), 100, weights, {7});
  const auto sample = reservoir.sample(exec);
  EXPECT_EQ(sample.ids, (std::vector<Index>{100, 101, 102, 104, 105, 106, 107, 108, 109}));
  EXPECT_EQ(sample.weights, std::vector<double>(9, 2.0));
  EXPECT_EQ(sample.tags, std::vector<Index>(9, 7));
  const auto points = on_host(sample.points);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(points(i, 1), -static_cast<double>(sample.ids[i] - 100));
  EXPECT_EQ(reservoir.count(), 9);
  EXPECT_EQ(reservoir.total_weight(), 18);
}

TYPED_TEST(ReservoirOf, DoesNotDependOnBatchesLayoutOrPrecision) {
  const TypeParam exec;
  const auto points = on_device<TypeParam>(numbered(1000));
  std::vector<double> weights;
  for (Index i = 0; i < 1000; ++i) weights.push_back(1 + static_cast<double>(i % 7));
  Reservoir<TypeParam> whole(exec, 50, 2, 5), parts(exec, 50, 2, 5), first(exec, 50, 2, 5), second(exec, 50, 2, 5);
  whole.add(exec, points, 0, weights);
  Kokkos::View<float**, Kokkos::LayoutRight, typename TypeParam::memory_space> floats("floats", 1000, 2);
  const auto host = Kokkos::create_mirror_view(floats);
  for (Index i = 0; i < 1000; ++i) {
    host(i, 0) = static_cast<float>(i);
    host(i, 1) = -static_cast<float>(i);
  }
  Kokkos::deep_copy(floats, host);
  for (const auto& [from, to] : {std::pair<Index, Index>{600, 1000}, {0, 1}, {1, 600}})  // in any order
    for (auto* reservoir : {&parts, from == 0 ? &first : &second})
      reservoir->add(exec, Kokkos::subview(floats, Span(from, to), Kokkos::ALL), from, {weights.begin() + from, weights.begin() + to});
  first.merge(exec, second);
  const auto expected = whole.sample(exec);
  ASSERT_EQ(expected.ids.size(), 50U);
  for (const auto* reservoir : {&parts, &first}) {
    const auto sample = reservoir->sample(exec);
    EXPECT_EQ(sample.ids, expected.ids);
    EXPECT_TRUE(same(sample.points, expected.points, 0));
    for (std::size_t i = 0; i < 50; ++i) EXPECT_NEAR(sample.weights[i], expected.weights[i], 1e-12 * expected.weights[i]);
  }
}

TYPED_TEST(ReservoirOf, GoesOnWhereItsDataWereTaken) {
  const TypeParam exec;
  const auto points = on_device<TypeParam>(numbered(400));
  Reservoir<TypeParam> whole(exec, 30, 2, 1), before(exec, 30, 2, 1);
  whole.add(exec, points, 0);
  before.add(exec, Kokkos::subview(points, Span(0, 150), Kokkos::ALL), 0);
  Reservoir<TypeParam> after(exec, before.data(exec));
  after.add(exec, Kokkos::subview(points, Span(150, 400), Kokkos::ALL), 150);
  EXPECT_EQ(after.sample(exec).ids, whole.sample(exec).ids);
  EXPECT_EQ(after.sample(exec).weights, whole.sample(exec).weights);
}

using Exec = Kokkos::DefaultExecutionSpace;

TEST(Reservoir, KeepsRowsByTheirWeights) {
  // With room for one row, row i stays with the probability w_i / sum w (Efraimidis and Spirakis 2006).
  const Exec exec;
  const auto points = on_device<Exec>(numbered(4));
  const std::vector<double> weights{1, 2, 3, 4};
  std::vector<double> kept(4, 0.0);
  constexpr int runs = 4000;
  for (int seed = 0; seed < runs; ++seed) {
    Reservoir<Exec> reservoir(exec, 1, 2, static_cast<std::uint64_t>(seed));
    reservoir.add(exec, points, 0, weights);
    kept[static_cast<std::size_t>(reservoir.sample(exec).ids[0])] += 1;
  }
  for (std::size_t i = 0; i < 4; ++i) {
    const double p = weights[i] / 10;
    EXPECT_NEAR(kept[i] / runs, p, 4 * std::sqrt(p * (1 - p) / runs));
  }
}

TEST(Reservoir, WeightedSumsAreThoseOfTheStream) {
  // sum w f over the stream, f the row's number, from samples of 40 of 400 rows with weights from 1 to 100.
  const Exec exec;
  const auto points = on_device<Exec>(numbered(400));
  std::vector<double> weights;
  double expected = 0, total = 0;
  for (Index i = 0; i < 400; ++i) {
    weights.push_back(i % 50 == 0 ? 100 : 1 + static_cast<double>(i) / 100);
    expected += weights.back() * static_cast<double>(i);
    total += weights.back();
  }
  double sum = 0, squares = 0;
  constexpr int runs = 1000;
  for (int seed = 0; seed < runs; ++seed) {
    Reservoir<Exec> reservoir(exec, 40, 2, static_cast<std::uint64_t>(seed));
    reservoir.add(exec, points, 0, weights);
    const auto sample = reservoir.sample(exec);
    EXPECT_NEAR(std::accumulate(sample.weights.begin(), sample.weights.end(), 0.0), total, 1e-9 * total);
    double estimate = 0;
    for (std::size_t i = 0; i < sample.ids.size(); ++i) estimate += sample.weights[i] * static_cast<double>(sample.ids[i]);
    sum += estimate / runs;
    squares += estimate * estimate / runs;
  }
  const double error = std::sqrt((squares - sum * sum) / runs);
  EXPECT_LT(error, 0.01 * expected);
  EXPECT_NEAR(sum, expected, 4 * error + 0.002 * expected);  // scaling to the known total leaves a bias of the order of 1 / capacity^2
}

TEST(Reservoir, SharedByRanksIsThatOfOne) {
  const HostPoints points = numbered(500);
  const Exec exec;
  Reservoir<Exec> whole(exec, 60, 2, 9);
  whole.add(exec, on_device<Exec>(points), 0);
  const auto expected = whole.sample(exec);
  using Serial = Kokkos::Serial;
  const auto thrown = on_ranks(3, [&](const Reduction& ranks) {
    const Serial own;
    const std::vector<Index> begins{0, 0, 420, 500};  // the first has none
    const auto rank = static_cast<std::size_t>(ranks.rank());
    Reservoir<Serial> reservoir(own, 60, 2, 9);
    reservoir.add(own, Kokkos::subview(points, Span(begins[rank], begins[rank + 1]), Kokkos::ALL), begins[rank]);
    const auto sample = reservoir.sample(own, ranks);
    EXPECT_EQ(sample.ids, expected.ids);
    EXPECT_TRUE(same(sample.points, on_host(expected.points), 0));
    for (std::size_t i = 0; i < 60; ++i) EXPECT_NEAR(sample.weights[i], expected.weights[i], 1e-12 * expected.weights[i]);
  });
  for (const auto& error : thrown)
    if (error) std::rethrow_exception(error);
}

TEST(Reservoir, AgeCountsByScaledWeights) {
  // 400 rows of weight 1, then the same number of weight 9: nine tenths of the sample are of the later ones, all alike in what they stand for.
  const Exec exec;
  Reservoir<Exec> reservoir(exec, 200, 2, 3);
  reservoir.add(exec, on_device<Exec>(numbered(4000)), 0);
  reservoir.scale_weights(1.0 / 9);
  reservoir.add(exec, on_device<Exec>(numbered(4000)), 4000);
  const auto sample = reservoir.sample(exec);
  const auto late = std::count_if(sample.ids.begin(), sample.ids.end(), [](Index id) { return id >= 4000; });
  EXPECT_NEAR(static_cast<double>(late) / 200, 0.9, 4 * std::sqrt(0.9 * 0.1 / 200));
  EXPECT_NEAR(reservoir.total_weight(), 4000 + 4000.0 / 9, 1e-9);
}

TEST(Reservoir, RefusalsSayWhatIsWrong) {
  const Exec exec;
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { Reservoir<Exec>(exec, 0, 2); }), "capacity and dimension must be positive, got 0 and 2"));
  Reservoir<Exec> reservoir(exec, 10, 2), other(exec, 11, 2);
  const auto points = on_device<Exec>(numbered(3));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { reservoir.add(exec, points, 0, {1, 2}); }), "one weight for each of the 3 rows, got 2"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { reservoir.add(exec, points, 0, {1, -2, 1}); }), "finite and not negative"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { reservoir.add(exec, points, 0, {}, {1, 2}); }), "one tag for all"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { reservoir.merge(exec, other); }), "same capacity and dimension"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { reservoir.scale_weights(0); }), "the factor must be finite and positive"));
}

}  // namespace
