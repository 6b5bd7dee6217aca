// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/data/data_set.hpp>
#include <kswgd/metrics/classifier.hpp>
#include <kswgd/metrics/score.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <limits>
#include <numeric>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Standard = Kokkos::DefaultExecutionSpace;
using Weights = std::vector<double>;

template <class Exec>
class MetricWeights : public ::testing::Test {};
TYPED_TEST_SUITE(MetricWeights, ExecutionSpaces);

/// Draws of N(0, spread^2) in each coordinate with the density ratio to N(0, 1): together they have the law N(0, 1).
struct HotDraws {
  HostPoints points;
  Weights weights;
};
HotDraws hot_draws(Index n, std::initializer_list<double> centre, double spread, std::uint64_t seed) {
  HotDraws hot{cloud(n, centre, spread, seed), {}};
  for (Index i = 0; i < n; ++i) {
    double square = 0;
    for (std::size_t k = 0; k < centre.size(); ++k) square += hot.points(i, k) * hot.points(i, k);
    hot.weights.push_back(std::exp(-square / 2 * (1 - 1 / (spread * spread))));
  }
  return hot;
}

/// Weights 0, 1, 2 or 3, and the points with each row as often as its weight says.
struct Repeated {
  Weights weights;
  HostPoints rows;
};
Repeated repeat_rows(const HostPoints& points, std::uint64_t seed) {
  Repeated repeated;
  std::vector<std::size_t> from;
  for (std::size_t i = 0; i < points.extent(0); ++i) {
    repeated.weights.push_back(static_cast<double>(IndexedRandom(seed, 0).below(4, i)));
    from.insert(from.end(), static_cast<std::size_t>(repeated.weights.back()), i);
  }
  repeated.rows = HostPoints("repeated", from.size(), points.extent(1));
  for (std::size_t i = 0; i < from.size(); ++i)
    for (std::size_t k = 0; k < points.extent(1); ++k) repeated.rows(i, k) = points(from[i], k);
  return repeated;
}

template <class Exec>
void compare_with_repeated_rows() {
  const Exec exec;
  const HostPoints x = cloud(150, {0, 0}, 1, 1), y = cloud(220, {0.4, 0}, 1.2, 2);
  const Repeated many = repeat_rows(x, 3), others = repeat_rows(y, 4);
  const auto dx = on_device<Exec>(x), dy = on_device<Exec>(y), mx = on_device<Exec>(many.rows), my = on_device<Exec>(others.rows);
  // Sums of whole numbers, and quantiles of the same step function: to the bit, whichever side has the weights.
  const SlicedWasserstein<Exec> to_weighted(exec, {dy, others.weights}), to_repeated(exec, my);
  EXPECT_EQ(to_weighted(exec, {dx, many.weights}), to_weighted(exec, mx));
  EXPECT_EQ(to_repeated(exec, {dx, many.weights}), to_weighted(exec, mx));
  EXPECT_EQ(to_weighted(exec, my), 0);
  EXPECT_EQ(to_repeated(exec, {dy, others.weights}), 0);
  EXPECT_EQ(memorisation_ratio(exec, {dx, many.weights}, dy, dx), memorisation_ratio(exec, mx, dy, dx));
  EXPECT_EQ(memorisation_ratio(exec, dx, {dy, others.weights}, {dx, many.weights}), memorisation_ratio(exec, dx, my, mx));
  EXPECT_NEAR(energy_distance(exec, {dx, many.weights}, {dy, others.weights}), energy_distance(exec, mx, my), 1e-12);
  EXPECT_NEAR(energy_distance(exec, {dx, many.weights}, dy), energy_distance(exec, mx, dy), 1e-12);
}
TYPED_TEST(MetricWeights, AWholeWeightIsARepeatedRow) { compare_with_repeated_rows<TypeParam>(); }

template <class Exec>
void compare_with_slow_loops() {
  const Exec exec;
  const HostPoints x = cloud(37, {0, 0, 0}, 1, 1), y = cloud(53, {0.5, 0, 0}, 1.2, 2);
  const auto weights = [](Index n, std::uint64_t seed) {
    Weights w;
    for (Index i = 0; i < n; ++i) w.push_back(i == 5 ? 0.0 : IndexedRandom(seed, 0).uniform(static_cast<std::uint64_t>(i)));
    return w;
  };
  const Weights v = weights(37, 3), w = weights(53, 4);
  const auto mean = [](const HostPoints& a, const Weights& wa, const HostPoints& b, const Weights& wb, bool others, auto&& f) {
    double sum = 0, count = 0;
    for (std::size_t i = 0; i < a.extent(0); ++i)
      for (std::size_t j = 0; j < b.extent(0); ++j) {
        if (others && i == j) continue;
        double square = 0;
        for (int k = 0; k < 3; ++k) square += std::pow(a(i, k) - b(j, k), 2);
        sum += wa[i] * wb[j] * f(square);
        count += wa[i] * wb[j];
      }
    return sum / count;
  };
  const auto root = [](double s) { return std::sqrt(s); };
  const auto kernel = [](double s) {
    double sum = 0;
    for (const double factor : {0.25, 0.5, 1.0, 2.0, 4.0}) sum += std::exp(-s / (2 * factor * factor * 0.81)) / 5;
    return sum;
  };
  const auto dx = on_device<Exec>(x), dy = on_device<Exec>(y);
  const double energy = std::sqrt(2 * mean(x, v, y, w, false, root) - mean(x, v, x, v, false, root) - mean(y, w, y, w, false, root));
  EXPECT_NEAR(energy_distance(exec, {dx, v}, {dy, w}), energy, 1e-12);
  const double squared = mean(x, v, x, v, true, kernel) + mean(y, w, y, w, true, kernel) - 2 * mean(x, v, y, w, false, kernel);
  EXPECT_NEAR(mmd(exec, {dx, v}, {dy, w}, 0.9).squared, squared, 1e-12);
  // One side alone has weights.
  const Weights ones(37, 1.0);
  const double half = mean(x, ones, x, ones, true, kernel) + mean(y, w, y, w, true, kernel) - 2 * mean(x, ones, y, w, false, kernel);
  EXPECT_NEAR(mmd(exec, dx, {dy, w}, 0.9).squared, half, 1e-12);
}
TYPED_TEST(MetricWeights, AgreeWithSlowLoops) { compare_with_slow_loops<TypeParam>(); }

template <class Exec>
void compare_quantiles() {
  // On the line a direction is 1 or -1. The inverse distribution function by its definition: the smallest value at and below which lies
  // the level's share of the weight.
  const Exec exec;
  const HostPoints x = cloud(41, {0.3}, 1.5, 1), y = cloud(90, {0}, 1, 2);
  Weights w;
  for (std::uint64_t i = 0; i < 41; ++i) w.push_back(IndexedRandom(3, 0).uniform(i));
  const auto inverse = [](const HostPoints& points, const Weights& weights, double level) {
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    double least = HUGE_VAL;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      double below = 0;
      for (std::size_t j = 0; j < weights.size(); ++j) below += points(j, 0) <= points(i, 0) ? weights[j] : 0;
      if (below >= level * total) least = std::min(least, points(i, 0));
    }
    return least;
  };
  // No level of 250 falls on a step of 90: there the inverse of -X is not that of X.
  double square = 0;
  for (int k = 0; k < 250; ++k) square += std::pow(inverse(x, w, (k + 0.5) / 250) - inverse(y, Weights(90, 1.0), (k + 0.5) / 250), 2) / 250;
  const SlicedWasserstein<Exec> distance(exec, on_device<Exec>(y), {.directions = 7, .quantiles = 250});
  EXPECT_NEAR(distance(exec, {on_device<Exec>(x), w}), std::sqrt(square), 1e-12);
}
TYPED_TEST(MetricWeights, QuantilesAreTheInverseOfTheDistributionFunction) { compare_quantiles<TypeParam>(); }

template <class Exec>
void check_normal_laws() {
  // 40,000 draws of N(0, 1.5^2) with weights have the law N(0, 1); against N(1, 1): W2 = 1, E|X - Y| = 2 sqrt(2) phi(1 / sqrt(2)) +
  // 2 Phi(1 / sqrt(2)) - 1, E|X - X'| = 2 / sqrt(pi), E k_s(X - Y) = s / sqrt(s^2 + 2) exp(-1 / (2 (s^2 + 2))).
  const Exec exec;
  const HotDraws hot = hot_draws(40000, {0}, 1.5, 5);
  const auto x = on_device<Exec>(hot.points), y = on_device<Exec>(cloud(40000, {1}, 1, 6));
  const double pi = 3.14159265358979324, cross = 2 * std::sqrt(2.0) * std::exp(-0.25) / std::sqrt(2 * pi) + std::erf(0.5);
  EXPECT_NEAR(SlicedWasserstein<Exec>(exec, {x, hot.weights})(exec, y), 1, 0.02);
  EXPECT_NEAR(energy_distance(exec, {x, hot.weights}, y, {.most_points = 5000}), std::sqrt(2 * cross - 4 / std::sqrt(pi)), 0.03);
  const auto head = [](const auto& points) { return Points<Exec>(Kokkos::subview(points, std::pair<int, int>(0, 6000), Kokkos::ALL)); };
  const Weights first(hot.weights.begin(), hot.weights.begin() + 6000);
  EXPECT_NEAR(energy_distance(exec, {head(x), first}, head(y)), std::sqrt(2 * cross - 4 / std::sqrt(pi)), 0.03);
  double exact = 0;
  for (const double factor : {0.25, 0.5, 1.0, 2.0, 4.0}) {
    const double s = factor * factor;
    exact += 2 * factor / std::sqrt(s + 2) * (1 - std::exp(-1 / (2 * (s + 2)))) / 5;
  }
  EXPECT_NEAR(mmd(exec, {head(x), first}, head(y), 1).squared, exact, 0.01);  // some four standard errors, of .17
  // The median of |X - X'|: sqrt(2) times the upper quartile of N(0, 1).
  EXPECT_NEAR(median_distance(exec, {x, hot.weights}), std::sqrt(2.0) * 0.67448975, 0.08);
  const auto few = hot_draws(900, {0}, 1.5, 7);
  EXPECT_NEAR(median_distance(exec, {on_device<Exec>(few.points), few.weights}), std::sqrt(2.0) * 0.67448975, 0.08);
  EXPECT_GT(median_distance(exec, x), 1.3);
}
TYPED_TEST(MetricWeights, ReweightedDrawsHaveTheKnownDistances) { check_normal_laws<TypeParam>(); }

template <class Exec>
void check_score() {
  const Exec exec;
  const HotDraws hot = hot_draws(8000, {0, 0}, 2, 8), hot_samples = hot_draws(4000, {0, 0}, 2, 9);
  const auto reference = on_device<Exec>(hot.points), exact = on_device<Exec>(cloud(1500, {0, 0}, 1, 10));
  const Scores good = score(exec, exact, {reference, hot.weights});
  const Scores plain = score(exec, exact, on_device<Exec>(cloud(8000, {0, 0}, 1, 11)));
  // (E w)^2 / E w^2 = 7/16 of 8000 rows, half of them at most: 1750 and above 1500.
  EXPECT_EQ(good.n, 1500);
  for (const auto part : {&Scores::sliced_wasserstein, &Scores::energy_distance}) {
    EXPECT_LT((good.*part).value, (good.*part).floor + 5 * (good.*part).floor_std);
    EXPECT_GT((good.*part).value, (good.*part).floor - 5 * (good.*part).floor_std);
    // m draws know as much as m draws: the floor is that of a reference that needs no weights, up to the error of its other part.
    EXPECT_NEAR((good.*part).floor, (plain.*part).floor, 0.4 * (plain.*part).floor);
  }
  EXPECT_LT(good.mmd.value, good.mmd.floor + 5 * good.mmd.floor_std);
  // Weights on both sides, and on the samples alone.
  const double known = effective_samples(hot_samples.weights);
  const auto samples = on_device<Exec>(hot_samples.points);
  const Scores both = score(exec, {samples, hot_samples.weights}, {reference, hot.weights});
  EXPECT_EQ(both.n, static_cast<Index>(std::min(known, std::floor(effective_samples(hot.weights) / 2))));
  EXPECT_LT(both.sliced_wasserstein.value, 1.6 * both.sliced_wasserstein.floor);
  const Scores alone = score(exec, {samples, hot_samples.weights}, on_device<Exec>(cloud(8000, {0, 0}, 1, 11)));
  EXPECT_LT(alone.sliced_wasserstein.value, 1.6 * alone.sliced_wasserstein.floor);
  // Without their weights they are far away, and a shift is seen.
  EXPECT_GT(score(exec, exact, reference).sliced_wasserstein.value, 8 * good.sliced_wasserstein.floor);
  EXPECT_GT(score(exec, on_device<Exec>(cloud(1500, {1, 0}, 1, 12)), {reference, hot.weights}).energy_distance.value, 5 * good.energy_distance.floor);
}
TYPED_TEST(MetricWeights, ExactDrawsScoreAtTheFloorOfAWeightedReference) { check_score<TypeParam>(); }

template <class Exec>
void check_classifier() {
  const Exec exec;
  const HotDraws hot = hot_draws(2000, {0, 0}, 2, 13);
  const auto x = on_device<Exec>(cloud(2000, {0, 0}, 1, 14)), y = on_device<Exec>(hot.points);
  const ClassifierTest weighted = classifier_test(exec, x, {y, hot.weights}), plain = classifier_test(exec, x, y);
  EXPECT_NEAR(weighted.accuracy, 0.5, 5 * weighted.error);
  EXPECT_GT(plain.accuracy, 0.6);
  EXPECT_GT(weighted.error, plain.error);
  EXPECT_EQ(classifier_test(exec, x, {y, Weights(2000, 0.5)}).accuracy, plain.accuracy);
}
TYPED_TEST(MetricWeights, TheClassifierVotesByWeight) { check_classifier<TypeParam>(); }

template <class Exec>
void check_scale() {
  // Their sum does not matter: powers of two to the bit, and no overflow of squares at the ends of the range.
  const Exec exec;
  const HostPoints x = cloud(300, {0, 0}, 1, 15);
  const auto dx = on_device<Exec>(x), dy = on_device<Exec>(cloud(300, {0.2, 0}, 1, 16));
  Weights w;
  for (std::uint64_t i = 0; i < 300; ++i) w.push_back(0.1 + IndexedRandom(17, 0).uniform(i));
  const auto all = [&](const Weights& weights) {
    return std::vector<double>{SlicedWasserstein<Exec>(exec, {dx, weights})(exec, dy),
                               energy_distance(exec, {dx, weights}, dy),
                               mmd(exec, {dx, weights}, dy, 1).squared,
                               median_distance(exec, {dx, weights}),
                               memorisation_ratio(exec, {dx, weights}, dy, dx),
                               score(exec, dy, {dx, weights}, {.repeats = 2}).energy_distance.floor,
                               classifier_test(exec, {dx, weights}, dy).accuracy};
  };
  const auto expected = all(w);
  for (const double factor : {0x1p-20, 0x1p900, 0x1p-1000}) {
    Weights scaled = w;
    for (double& weight : scaled) weight *= factor;
    const auto got = all(scaled);
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-12) << i << " with " << factor;
  }
}
TYPED_TEST(MetricWeights, TheirSumDoesNotMatter) { check_scale<TypeParam>(); }

template <class Exec>
void check_views() {
  // Points as floats in rows, weights as every second number of an array of floats.
  const Exec exec;
  const HostPoints x = cloud(60, {0, 0}, 1, 18), y = cloud(60, {0.3, 0}, 1, 19);
  const Kokkos::View<float**, Kokkos::LayoutRight, typename Exec::memory_space> floats("floats", 60, 2);
  const Kokkos::View<float**, Kokkos::LayoutRight, typename Exec::memory_space> pairs("pairs", 60, 2);
  const auto host = Kokkos::create_mirror_view(floats);
  const auto host_pairs = Kokkos::create_mirror_view(pairs);
  Weights w;
  for (int i = 0; i < 60; ++i) {
    for (int k = 0; k < 2; ++k) x(i, k) = host(i, k) = static_cast<float>(x(i, k));
    w.push_back(host_pairs(i, 1) = static_cast<float>(i % 7));
  }
  Kokkos::deep_copy(floats, host);
  Kokkos::deep_copy(pairs, host_pairs);
  const auto dy = on_device<Exec>(y);
  EXPECT_EQ(energy_distance(exec, with_weights(exec, floats, Kokkos::subview(pairs, Kokkos::ALL, 1)), dy), energy_distance(exec, {on_device<Exec>(x), w}, dy));
  EXPECT_EQ(energy_distance(exec, with_weights(exec, floats, w), dy), energy_distance(exec, {on_device<Exec>(x), w}, dy));
}
TYPED_TEST(MetricWeights, ComeFromVectorsAndViews) { check_views<TypeParam>(); }

// The smallest number above 0 is a weight, and counts for nothing.
TEST(MetricWeights, AVanishingWeightDoesNoHarm) {
  const Standard exec;
  const HotDraws hot = hot_draws(2000, {0, 0}, 1.5, 22);
  const auto x = on_device<Standard>(cloud(300, {0, 0}, 1, 23)), y = on_device<Standard>(hot.points);
  Weights w = hot.weights;
  w[7] = w[11] = std::numeric_limits<double>::denorm_min();
  const Scores scores = score(exec, x, {y, w});
  EXPECT_LT(scores.sliced_wasserstein.value, 1.6 * scores.sliced_wasserstein.floor);
  Weights without = w;
  without[7] = without[11] = 0;
  EXPECT_EQ(energy_distance(exec, x, {y, w}), energy_distance(exec, x, {y, without}));
  EXPECT_EQ(median_distance(exec, {y, w}), median_distance(exec, {y, without}));
}

TEST(MetricWeights, SerialAndOpenMPAgreeToTheBit) {
#if defined(KOKKOS_ENABLE_SERIAL) && defined(KOKKOS_ENABLE_OPENMP)
  const HotDraws hot = hot_draws(3001, {0, 0}, 1.5, 20);
  const HostPoints y = cloud(1000, {0, 0}, 1, 21);
  const auto all = [&](const auto& exec) {
    using Exec = std::decay_t<decltype(exec)>;
    const Scores scores = score(exec, y, {hot.points, hot.weights}, {.repeats = 2});
    return std::vector<double>{SlicedWasserstein<Exec>(exec, {hot.points, hot.weights})(exec, y), scores.sliced_wasserstein.floor, scores.mmd.value,
                               scores.energy_distance.floor_std};
  };
  EXPECT_EQ(all(Kokkos::Serial{}), all(Kokkos::OpenMP{}));
#else
  GTEST_SKIP() << "needs Serial and OpenMP";
#endif
}

TEST(MetricWeights, RefusalsSayWhatIsWrong) {
  const NonFiniteInput allowed;
  const Standard exec;
  const auto x = on_device<Standard>(cloud(10, {0, 0}, 1, 1));
  const auto calls = [&](const Weights& w) {
    return std::vector<std::string>{message_of<InvalidInput>([&] {
                                      SlicedWasserstein<Standard>(exec, {x, w});
                                    }),
                                    message_of<InvalidInput>([&] {
                                      SlicedWasserstein<Standard>(exec, x)(exec, {x, w});
                                    }),
                                    message_of<InvalidInput>([&] {
                                      energy_distance(exec, x, {x, w});
                                    }),
                                    message_of<InvalidInput>([&] {
                                      mmd(exec, {x, w}, x, 1);
                                    }),
                                    message_of<InvalidInput>([&] {
                                      median_distance(exec, {x, w});
                                    }),
                                    message_of<InvalidInput>([&] {
                                      memorisation_ratio(exec, {x, w}, x, x);
                                    }),
                                    message_of<InvalidInput>([&] {
                                      classifier_test(exec, {x, w}, x);
                                    }),
                                    message_of<InvalidInput>([&] {
                                      score(exec, {x, w}, x);
                                    })};
  };
  for (const auto& message : calls({1, 2, 3})) EXPECT_TRUE(contains(message, "one weight for each of the 10 points, got 3")) << message;
  for (const double bad : {-1.0, std::nan(""), HUGE_VAL}) {
    Weights w(10, 1.0);
    w[4] = bad;
    for (const auto& message : calls(w)) EXPECT_TRUE(contains(message, "weights must be finite and not negative, but weight 4 is")) << message;
  }
  for (const auto& message : calls(Weights(10, 0.0))) EXPECT_TRUE(contains(message, "at least one weight must be positive")) << message;
  Weights one(10, 0.0);
  one[3] = 1;
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { mmd(exec, {x, one}, x, 1); }), "at least two points (of positive weight)"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { median_distance(exec, {x, one}); }), "at least two points"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { score(exec, x, {x, one}); }), "the reference one of 1.0"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { classifier_test(exec, {x, one}, x); }), "at least 10 points are needed"));
}

}  // namespace
