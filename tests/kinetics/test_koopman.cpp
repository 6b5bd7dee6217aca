// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "kinetics/problems.hpp"
#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/diffusion.hpp>
#include <kswgd/estimator/reweighting.hpp>
#include <kswgd/kinetics/koopman.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <numeric>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

PairMoments chain(const std::vector<std::vector<double>>& transition, const std::vector<double>& start) {
  const std::size_t n = start.size();
  PairMoments moments{HostMatrix("x", n, n), HostMatrix("y", n, n), HostMatrix("c", n, n), 1};
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      moments.gram_x(i, i) += start[i] * transition[i][j];
      moments.gram_y(j, j) += start[i] * transition[i][j];
      moments.correlation(i, j) = start[i] * transition[i][j];
    }
  return moments;
}

TEST(Koopman, IndicatorsOfAMarkovChainGiveItsEigenvalues) {
  // A cycle with probability p of going on: eigenvalues 1 - p + p exp(2 pi i k / 3).
  const double p = 0.3;
  const auto pairs = koopman_pairs(chain({{1 - p, p, 0}, {0, 1 - p, p}, {p, 0, 1 - p}}, {0.2, 0.5, 0.3}), 2.0, 2);
  ASSERT_EQ(pairs.mu.size(), 3U);
  EXPECT_NEAR(std::abs(pairs.mu[0] - 1.0), 0, 1e-12);
  for (std::size_t k : {1, 2}) {
    EXPECT_NEAR(pairs.mu[k].real(), 1 - 1.5 * p, 1e-12);
    EXPECT_NEAR(std::abs(pairs.mu[k].imag()), p * std::sqrt(3.0) / 2, 1e-12);
    EXPECT_NEAR(std::abs(std::exp(-2.0 * pairs.rates[k]) - pairs.mu[k]), 0, 1e-12);
  }
  // K v = mu v on each state.
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t i = 0; i < 3; ++i) {
      const std::complex<double> here(pairs.real(i, k), pairs.imaginary(i, k)), next(pairs.real((i + 1) % 3, k), pairs.imaginary((i + 1) % 3, k));
      EXPECT_NEAR(std::abs((1 - p) * here + p * next - pairs.mu[k] * here), 0, 1e-12);
    }
}

TEST(Koopman, Vamp2OfAReversibleChainIsTheSumOfSquaredEigenvalues) {
  const double a = 0.1, b = 0.3;  // two states: eigenvalues 1 and 1 - a - b; in equilibrium (b, a) / (a + b)
  const auto moments = chain({{1 - a, a}, {b, 1 - b}}, {b / (a + b), a / (a + b)});
  EXPECT_NEAR(vamp2(moments, 1), 1 + (1 - a - b) * (1 - a - b), 1e-12);
  EXPECT_NEAR(vamp2(moments, moments, 1), vamp2(moments, 1), 1e-12);
  EXPECT_NEAR(vamp2(moments, 0), 1, 1e-12);
}

TEST(Koopman, ARotatingOrnsteinUhlenbeckProcessHasComplexPairs) {
  const double t = 0.2, omega = 2;
  const auto frames = on_device<Exec>(rotating_frames(10, 4000, t, omega, 1));
  const auto pairs =
      fit_koopman(Exec{}, make_source(Exec{}, frames).with_trajectories({std::vector<Index>(10, 4000), t}), 1, {.basis = {.features = 25}, .modes = 4});
  ASSERT_GE(pairs.rates.size(), 3U);
  EXPECT_NEAR(std::abs(pairs.mu[0] - 1.0), 0, 1e-6);
  // 8000 units of time: the slow pair's rate is known to about sqrt(2 / 8000).
  for (std::size_t k : {1, 2}) {
    EXPECT_NEAR(pairs.rates[k].real(), 1, 0.07);
    EXPECT_NEAR(std::abs(pairs.rates[k].imag()), omega, 0.07);
  }
  EXPECT_NEAR(std::abs(pairs.rates[1] - std::conj(pairs.rates[2])), 0, 1e-10);
}

TEST(Koopman, Vamp2OfOrnsteinUhlenbeckIsTheSumOfSquaredCorrelations) {
  const double t = 0.3;
  const Index lengths[] = {6000, 3000, 5000, 4000, 2000, 4000};  // unequal
  const auto all = rotating_frames(6, 6000, t, 0, 2, 1);
  const HostPoints frames("frames", 24000, 1);
  Index to = 0;
  for (Index j = 0; j < 6; ++j)
    for (Index i = 0; i < lengths[j]; ++i) frames(to++, 0) = all(j * 6000 + i, 0);
  const TrajectoryLayout layout{{std::begin(lengths), std::end(lengths)}, t};
  const auto points = on_device<Exec>(frames);
  const auto score = vamp2_score(Exec{}, make_source(Exec{}, points).with_trajectories(layout), 1, {.basis = {.features = 25}, .folds = 3, .modes = 2});
  const double exact = 1 + std::exp(-2 * t) + std::exp(-4 * t);
  for (std::size_t l = 0; l < score.features.size(); ++l) {
    EXPECT_NEAR(score.cross_validated[l], exact, 0.06);
    EXPECT_GE(score.in_sample[l], score.cross_validated[l] - 0.02);
  }
}

TEST(Koopman, Vamp2OfManyShortTrajectoriesIsThatOfALongOne) {
  // 400 trajectories of 14 pairs each against one of as many pairs.
  const double t = 0.3;
  const Exec exec;
  const VampOptions options{.basis = {.features = 12}, .folds = 5, .modes = 2};
  const auto short_frames = on_device<Exec>(rotating_frames(400, 15, t, 0, 3, 1)), long_frames = on_device<Exec>(rotating_frames(1, 5601, t, 0, 4, 1));
  auto source = make_source(exec, short_frames);
  const TrajectoryLayout layout{std::vector<Index>(400, 15), t};
  const auto many = vamp2_score(exec, source.with_trajectories(layout), 1, options),
             one = vamp2_score(exec, make_source(exec, long_frames).with_trajectories({{5601}, t}), 1, options);
  ASSERT_FALSE(many.cross_validated.empty());
  // 5600 pairs: the correlations exp(-t) and exp(-2 t) are known to about 0.01 each, a score to 0.03, a difference to 0.04.
  EXPECT_NEAR(many.cross_validated[0], one.cross_validated[0], 0.12);
  EXPECT_NEAR(many.cross_validated[0], 1 + std::exp(-2 * t) + std::exp(-4 * t), 0.1);
  // Trajectories may have no weight: folds are dealt from those that have.
  std::vector<double> weights(6000, 1.0);
  std::fill(weights.begin(), weights.begin() + 15, 0.0);
  source.set_weights(weights);
  EXPECT_NEAR(vamp2_score(exec, source.with_trajectories(layout), 1, options).cross_validated[0], many.cross_validated[0], 0.03);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = i / 15 % 5 == 0;
  source.set_weights(weights);
  EXPECT_NEAR(vamp2_score(exec, source.with_trajectories(layout), 1, options).cross_validated[0], many.cross_validated[0], 0.15);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { vamp2_score(exec, make_source(exec, short_frames).with_trajectories(layout), 14, {.folds = 30}); }),
                       "each fold needs at least 20 pairs with weight, but of 30 folds one has 13"));
}

TEST(Koopman, FoldsOfTrajectoriesHoldEachPairOnce) {
  // Of unequal lengths, some without a pair, and weighted: all folds together are one pass over the whole.
  std::vector<Index> lengths;
  for (Index i = 0; i < 300; ++i) lengths.push_back(1 + (7 * i) % 23);
  const Index n = std::accumulate(lengths.begin(), lengths.end(), Index{0});
  const Exec exec;
  const auto frames = on_device<Exec>(rotating_frames(1, n, 0.2, 1, 5));
  auto source = make_source(exec, frames);
  std::vector<double> weights(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = 0.5 + 0.01 * static_cast<double>(i % 83);
  source.set_weights(weights);
  const TrajectoryLayout layout{lengths, 0.2};
  const VampOptions options{.basis = {.features = 12}, .folds = 4, .modes = 3};
  const auto pairs = fit_koopman(exec, source.with_trajectories(layout), 2, options);
  const auto whole = pair_moments(exec, source.with_trajectories(layout), 2, make_basis(exec, source, options.basis), pairs.features, 1);
  const auto expected = koopman_pairs(whole.front(), 0.4, 3);
  ASSERT_EQ(pairs.mu.size(), expected.mu.size());
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(std::abs(pairs.mu[k] - expected.mu[k]), 0, 1e-6);  // rounding over the least direction kept, 1e-8
}

/// Weights, a lag of 3, four blocks: pairs never cross an end.
void expect_slow_loop(const TrajectoryLayout& layout) {
  const Index n = std::accumulate(layout.lengths.begin(), layout.lengths.end(), Index{0});
  const auto frames = cloud(n, {0, 0}, 1, 4);
  const auto points = on_device<Exec>(frames);
  auto source = make_source(Exec{}, points);
  std::vector<double> weights(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = 0.5 + 0.01 * static_cast<double>(i % 80);
  source.set_weights(weights);
  const Exec exec;
  const auto basis = make_basis(exec, source, {.features = 6});
  const Index p = basis.level_features.front();
  const auto blocks = pair_moments(exec, source.with_trajectories(layout), 3, basis, p, 4);
  ASSERT_EQ(blocks.size(), 4U);
  const PairMoments sum = total_of(blocks);
  auto dictionary = basis.dictionary;
  const auto x = on_device<Exec>(frames);
  basis.frame.enter(exec, n, on_device<Exec>(frames), x);
  const auto psi = allocate<Matrix<Exec>>(exec, "psi", n, p);
  dictionary.evaluate(exec, x, psi);
  const auto features = on_host(psi);
  const HostMatrix gx("gx", p, p), gy("gy", p, p), c("c", p, p);
  double weight = 0;
  Index start = 0, pairs = 0;
  for (const Index length : layout.lengths) {
    for (Index t = 0; t + 3 < length; ++t, ++pairs) {
      const double w = weights[static_cast<std::size_t>(start + t)];
      weight += w;
      for (Index a = 0; a < p; ++a)
        for (Index b = 0; b < p; ++b) {
          gx(a, b) += w * features(start + t, a) * features(start + t, b);
          gy(a, b) += w * features(start + t + 3, a) * features(start + t + 3, b);
          c(a, b) += w * features(start + t, a) * features(start + t + 3, b);
        }
    }
    start += length;
  }
  EXPECT_EQ(pair_count(layout, 3), pairs);
  EXPECT_NEAR(sum.weight, weight, 1e-12 * weight);
  EXPECT_TRUE(same(sum.gram_x, gx, 1e-11, 1e-11));
  EXPECT_TRUE(same(sum.gram_y, gy, 1e-11, 1e-11));
  EXPECT_TRUE(same(sum.correlation, c, 1e-11, 1e-11));
  // Blocks leave out what they are told to.
  EXPECT_NEAR(total_of(blocks, 2).weight + blocks[2].weight, weight, 1e-12 * weight);
}

TEST(Koopman, PairMomentsAreThoseOfASlowLoop) { expect_slow_loop({{40, 7, 33}, 1}); }

TEST(Koopman, PairMomentsOfManyShortTrajectoriesAreThoseOfASlowLoop) {
  // More pairs than a tile takes, spread over longer stretches than are read at once, and trajectories without a pair.
  std::vector<Index> lengths;
  for (Index i = 0; i < 24000; ++i) lengths.push_back(1 + i % 6);
  lengths.push_back(30000);
  expect_slow_loop({lengths, 1});
}

TEST(Koopman, TheConstantStandsFirstWhateverNoiseDoes) {
  // Features {1, x} with E x = 0, E x^2 = 1, E[x y] = 1.2, E y = .1: K = ((1, .1), (0, 1.2)), whose eigenfunctions are 1 and x + .5.
  PairMoments moments{HostMatrix("x", 2, 2), HostMatrix("y", 2, 2), HostMatrix("c", 2, 2), 10};
  const double c[2][2] = {{1, 0.1}, {0, 1.2}};
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j) {
      moments.gram_x(i, j) = i == j ? 10 : 0;
      moments.gram_y(i, j) = i == j ? 15 : 1;
      moments.correlation(i, j) = 10 * c[i][j];
    }
  const auto pairs = koopman_pairs(moments, 0.5, 3);
  ASSERT_EQ(pairs.mu.size(), 2U);
  EXPECT_EQ(pairs.mu[0], 1.0);
  EXPECT_EQ(pairs.rates[0], 0.0);
  EXPECT_EQ(pairs.real(0, 0), 1);
  EXPECT_EQ(pairs.real(1, 0), 0);
  EXPECT_NEAR(pairs.mu[1].real(), 1.2, 1e-12);
  EXPECT_EQ(pairs.rates[1].real(), 0);  // nothing grows
  EXPECT_NEAR(pairs.real(0, 1) / pairs.real(1, 1), 0.5, 1e-10);
  EXPECT_NEAR(pairs.real(0, 1) * pairs.real(0, 1) + pairs.real(1, 1) * pairs.real(1, 1), 1, 1e-12);
}

TEST(Koopman, ComplexPairsAreWholeWhateverNumberIsAsked) {
  const auto frames = on_device<Exec>(rotating_frames(4, 4000, 0.2, 1.5, 21));
  const auto source = make_source(Exec{}, frames).with_trajectories({std::vector<Index>(4, 4000), 0.2});
  for (Index modes = 1; modes <= 6; ++modes) {
    const auto pairs = fit_koopman(Exec{}, source, 1, {.basis = {.features = 12}, .modes = modes});
    EXPECT_EQ(pairs.mu[0], 1.0);
    EXPECT_GE(pairs.mu.size(), static_cast<std::size_t>(modes) + 1);
    EXPECT_LE(pairs.mu.size(), static_cast<std::size_t>(modes) + 2);
    std::complex<double> sum = 0;
    for (const auto& mu : pairs.mu) sum += mu;
    EXPECT_NEAR(sum.imag(), 0, 1e-12) << modes;  // each stands with its conjugate
    for (std::size_t k = 2; k < pairs.mu.size(); ++k) EXPECT_LE(std::abs(pairs.mu[k]), std::abs(pairs.mu[k - 1]) * (1 + 1e-12));
  }
  // exp(-(1 +- 1.5 i) .2)
  const auto pairs = fit_koopman(Exec{}, source, 1, {.basis = {.features = 12}, .modes = 1});
  ASSERT_EQ(pairs.mu.size(), 3U);
  EXPECT_NEAR(pairs.rates[1].real(), 1, 0.1);
  EXPECT_NEAR(std::abs(pairs.rates[1].imag()), 1.5, 0.1);
}

TEST(Vamp, FramesWithoutWeightAreAsGoodAsCut) {
  const HostPoints all = rotating_frames(1, 6000, 0.1, 0, 22, 1), rest("rest", 4500, 1);
  for (Index i = 0; i < 1500; ++i) all(i, 0) += 20;  // burn-in, far from all that counts
  for (Index i = 0; i < 4500; ++i) rest(i, 0) = all(1500 + i, 0);
  std::vector<double> weights(6000, 1.0);
  std::fill(weights.begin(), weights.begin() + 1500, 0.0);
  const auto with = on_device<Exec>(all), without = on_device<Exec>(rest);
  auto weighted = make_source(Exec{}, with).with_trajectories({{6000}, 0.1});
  weighted.set_weights(weights);
  const auto cut = make_source(Exec{}, without).with_trajectories({{4500}, 0.1});
  const VampOptions options{.basis = {.features = 25}, .folds = 5, .modes = 3};
  const auto one = vamp2_score(Exec{}, weighted, 2, options), other = vamp2_score(Exec{}, cut, 2, options);
  ASSERT_EQ(one.features, other.features);
  for (std::size_t l = 0; l < one.features.size(); ++l) {
    EXPECT_NEAR(one.cross_validated[l], other.cross_validated[l], 1e-6);
    EXPECT_NEAR(one.standard_error[l], other.standard_error[l], 1e-6);
  }
  // sum_k exp(-2 k .2), k = 0 .. 3; 450 units of time
  EXPECT_NEAR(one.cross_validated[static_cast<std::size_t>(one.best)], 1 + std::exp(-0.4) + std::exp(-0.8) + std::exp(-1.2), 0.35);
  // Whole trajectories of no weight are no folds.
  std::vector<double> last(6000, 0.0);
  std::fill(last.begin() + 3000, last.end(), 1.0);
  auto six = make_source(Exec{}, with).with_trajectories({std::vector<Index>(6, 1000), 0.1});
  six.set_weights(last);
  EXPECT_GT(vamp2_score(Exec{}, six, 2, options).cross_validated.front(), 1);
}

TEST(Reweighting, ShortTrajectoriesFromOneSideGiveTheEquilibriumLaw) {
  // Ornstein-Uhlenbeck from x = -1, 1600 walkers of 2 units of time: their mean is far from 0.
  const Index walkers = 1600, samples = 40;
  const double t = 0.05, decay = std::exp(-t), noise = std::sqrt(1 - decay * decay);
  const HostPoints frames("frames", walkers * samples, 1);
  for (Index j = 0; j < walkers; ++j) {
    double x = -1;
    for (Index i = 0; i < samples; ++i) {
      frames(j * samples + i, 0) = x;
      x = decay * x + noise * IndexedRandom(8, static_cast<std::uint64_t>(j)).normal(static_cast<std::uint64_t>(i));
    }
  }
  const auto points = on_device<Exec>(frames);
  const auto weights = equilibrium_weights(Exec{}, make_source(Exec{}, points).with_trajectories({std::vector<Index>(walkers, samples), t}), 5);
  double mean = 0, square = 0, plain = 0, total = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double x = frames(static_cast<Index>(i), 0), n = static_cast<double>(weights.size());
    EXPECT_GE(weights[i], 0);
    total += weights[i] / n;
    plain += x / n;
    mean += weights[i] * x / n;
    square += weights[i] * x * x / n;
  }
  EXPECT_NEAR(total, 1, 1e-12);
  EXPECT_NEAR(plain, -(1 - std::exp(-2.0)) / 2, 0.05);
  EXPECT_NEAR(mean, 0, 0.15);  // the drift is known to .63 / sqrt(1600 * 8) over (1 - e^{-1/4}): .025, and as much from its slope
  EXPECT_NEAR(square, 1, 0.2);
}

TEST(Diffusion, TheMatrixIsThatOfTheNoise) {
  // y = L x with dX = -X dt + sqrt(2) dW: a = L L^T.
  const double l[2][2] = {{2, 0}, {1, 0.5}};
  const auto frames = rotating_frames(5, 8000, 0.02, 0, 5);
  for (Index i = 0; i < 40000; ++i) {
    const double x = frames(i, 0), y = frames(i, 1);
    frames(i, 0) = l[0][0] * x;
    frames(i, 1) = l[1][0] * x + l[1][1] * y;
  }
  const auto points = on_device<Exec>(frames);
  const auto source = make_source(Exec{}, points);
  const TrajectoryLayout layout{std::vector<Index>(5, 8000), 0.02};
  const DiffusionEstimate found = diffusion_matrix(Exec{}, source.with_trajectories(layout), DiffusionShape::full);
  const std::vector<double>& full = found.matrix;
  const double exact[] = {4, 2, 2, 1.25};  // 40,000 pairs at two lags: about sqrt(5 * 2 / 40,000) = 1.6 %
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(full[k], exact[k], 0.06 * 4 * (k == 0 ? 1 : 0.6));
  const auto isotropic = diffusion_matrix(Exec{}, source.with_trajectories(layout), DiffusionShape::isotropic).matrix;
  EXPECT_NEAR(isotropic[0], 2.625, 0.15);
  EXPECT_EQ(isotropic[1], 0);
  const auto unit = diffusion_matrix(Exec{}, in_unit_diffusion(Exec{}, source.with_trajectories(layout), full), DiffusionShape::full).matrix;
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(unit[k], k == 0 || k == 3, 1e-10);
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { diffusion_root({1, 2, 2, 1}, 2); }), "not positive definite"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { diffusion_root({1, 0.5, 0, 1}, 2); }), "not symmetric"));
}

}  // namespace
