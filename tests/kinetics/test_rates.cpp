// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "kinetics/problems.hpp"
#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/estimator/diffusion.hpp>
#include <kswgd/estimator/edmd.hpp>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/kinetics/committor.hpp>
#include <kswgd/kinetics/feynman_kac.hpp>
#include <kswgd/kinetics/states.hpp>
#include <kswgd/kinetics/timescales.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/systems/systems.hpp>

#include <cmath>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

double well(double x) { return (x * x - 1) * (x * x - 1); }

/// The first coordinate of the quadruple well at a temperature: dX = -V' dt + sqrt(2 T) dW, V = (x^2 - 1)^2.
HostPoints well_frames(double temperature, Index samples, double dt, std::uint64_t seed) {
  const auto both =
      on_host(simulate(Exec{}, "quadruple-well", {.temperature = temperature, .dt = dt, .substeps = 0, .samples = samples, .burn_in = 50, .seed = seed}));
  const HostPoints x("x", samples, 1);
  for (Index i = 0; i < samples; ++i) x(i, 0) = both(i, 0);
  return x;
}

struct Exact {
  double flux, forward;
};

/// The same process on 161 nodes, seen every tau: K = exp(tau L) by LAPACK, q = K q outside of |x + 1| <= .4 and |x - 1| <= .4 by elimination.
Exact exact_at_lag(double temperature, double tau) {
  const std::size_t n = 161;
  const double low = -2.2, h = 4.4 / 160, per_time = temperature / (h * h);
  std::vector<double> pi, x;
  double z = 0;
  for (std::size_t i = 0; i < n; ++i) {
    x.push_back(low + h * static_cast<double>(i));
    pi.push_back(std::exp(-well(x.back()) / temperature));
    z += pi.back();
  }
  for (double& p : pi) p /= z;
  const HostMatrix s("s", n, n);  // D^{1/2} L D^{-1/2}, conductances sqrt(pi_i pi_j)
  for (std::size_t i = 0; i + 1 < n; ++i) {
    const double c = per_time * std::sqrt(pi[i] * pi[i + 1]);
    s(i, i) -= c / pi[i];
    s(i + 1, i + 1) -= c / pi[i + 1];
    s(i, i + 1) = s(i + 1, i) = c / std::sqrt(pi[i] * pi[i + 1]);
  }
  const HostVector values("values", n);
  algebra::symmetric_eigen(s, values);
  std::vector<std::vector<double>> k(n, std::vector<double>(n, 0.0));
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t l = 0; l < n; ++l) k[i][j] += s(i, l) * std::exp(tau * values(l)) * s(j, l);
      k[i][j] *= std::sqrt(pi[j] / pi[i]);
    }
  const auto in_a = [&](std::size_t i) { return std::abs(x[i] + 1) <= 0.4; };
  const auto in_b = [&](std::size_t i) { return std::abs(x[i] - 1) <= 0.4; };
  auto a = k;
  std::vector<double> q(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) a[i][j] = (i == j) - (in_a(i) || in_b(i) ? 0 : k[i][j]);
    q[i] = in_b(i);
  }
  for (std::size_t p = 0; p < n; ++p)  // diagonally dominant: no pivots
    for (std::size_t i = 0; i < n; ++i) {
      if (i == p) continue;
      const double factor = a[i][p] / a[p][p];
      for (std::size_t j = p; j < n; ++j) a[i][j] -= factor * a[p][j];
      q[i] -= factor * q[p];
    }
  for (std::size_t i = 0; i < n; ++i) q[i] /= a[i][i];
  double flux = 0, from_a = 0;
  for (std::size_t i = 0; i < n; ++i) {
    from_a += pi[i] * (1 - q[i]);
    for (std::size_t j = 0; j < n; ++j) flux += pi[i] * k[i][j] * (q[i] - q[j]) * (q[i] - q[j]) / (2 * tau);
  }
  return {flux, flux / from_a};
}

TEST(Rates, OfTrajectoriesAreThoseOfTheProcessAtTheLag) {
  const double temperature = 0.5, dt = 0.1;
  const Index samples = 12000, lag = 2;
  const Exact exact = exact_at_lag(temperature, dt * static_cast<double>(lag));
  double mean = 0;
  Index inside = 0, inside_flux = 0;
  const Index seeds = 10;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const HostPoints frames = well_frames(temperature, samples, dt, seed);
    const auto device = on_device<Exec>(frames);
    const auto source = make_source(Exec{}, device).with_trajectories({{samples}, dt});
    const ModelData model = fit_edmd(Exec{}, source, lag, {.features = 25, .modes = 2, .read_out_modes = 2, .seed = seed});
    const Committor q = committor(Exec{}, source, model, in_ball(frames, {}, {-1}, 0.4), in_ball(frames, {}, {1}, 0.4));
    mean += q.forward.value / static_cast<double>(seeds);
    inside += q.forward.low <= exact.forward && exact.forward <= q.forward.high;
    inside_flux += q.low <= exact.flux && exact.flux <= q.high;
    EXPECT_EQ(q.lag, lag);
    EXPECT_NEAR(q.forward.value * q.from_a, q.rate, 1e-12);
    EXPECT_NEAR(q.backward.value * (1 - q.from_a), q.rate, 1e-12);
    // Values within [0, 1], the sets' own in the sets.
    const auto values = committor_at(Exec{}, model, q, device, in_ball(frames, {}, {-1}, 0.4), in_ball(frames, {}, {1}, 0.4));
    for (Index i = 0; i < samples; ++i) {
      const double value = values.q[static_cast<std::size_t>(i)], x = frames(i, 0);
      ASSERT_TRUE(value >= 0 && value <= 1);
      if (std::abs(std::abs(x) - 1) <= 0.4) {
        ASSERT_EQ(value, x > 0);
      }
    }
  }
  // 1200 units of time see some 80 transitions a seed: 11 %, 4 % for the mean of ten.
  EXPECT_NEAR(mean, exact.forward, 0.12 * exact.forward);
  EXPECT_GE(inside, 7);
  EXPECT_GE(inside_flux, 7);
}

TEST(Rates, OfADiffusionAreItsFormula) {
  // Draws of exp(-2 (x^2 - 1)^2) by rejection, and a normal y beside it; a = diag(3, 1) moves x three times as fast.
  const Index n = 6000;
  const HostPoints points("points", n, 2);
  const IndexedRandom random(5, 0);
  std::uint64_t draw = 0;
  for (Index i = 0; i < n;) {
    const double x = -2.2 + 4.4 * random.uniform(draw), height = random.uniform(draw + 1);
    draw += 2;
    if (height > std::exp(-2 * well(x))) continue;
    points(i, 0) = x;
    points(i, 1) = IndexedRandom(5, 1).normal(static_cast<std::uint64_t>(i));
    ++i;
  }
  const auto integral = [](double low, double high, double sign) {
    double sum = 0;
    for (int i = 0; i < 4000; ++i) sum += std::exp(sign * 2 * well(low + (high - low) * (i + 0.5) / 4000)) * (high - low) / 4000;
    return sum;
  };
  // Flux D / (Z int exp V) between -.7 and .7; the mean first passage time from -.7 to .7, by the classical double integral (Gardiner 2004, 5.5.2).
  const double d = 3, flux = d / (integral(-2.5, 2.5, -1) * integral(-0.7, 0.7, 1));
  double passage = 0;
  for (int i = 0; i < 400; ++i) {
    const double y = -0.7 + 1.4 * (i + 0.5) / 400;
    passage += std::exp(2 * well(y)) * integral(-2.5, y, -1) / d * 1.4 / 400;
  }
  const auto device = on_device<Exec>(points);
  auto source = make_source(Exec{}, device);
  source.set_order(Order::independent);
  std::vector<char> in_a, in_b;
  for (Index i = 0; i < n; ++i) {
    in_a.push_back(points(i, 0) < -0.7);
    in_b.push_back(points(i, 0) > 0.7);
  }
  const FitOptions<Exec> options{.features = 50, .modes = 1, .read_out_modes = 1};
  const ModelData unit = fit_with_diffusion(Exec{}, source, {3, 0, 0, 3}, options), metric = fit_with_diffusion(Exec{}, source, {3, 0, 0, 1}, options);
  for (const ModelData* model : {&unit, &metric}) {
    const Committor q = committor(Exec{}, source, *model, in_a, in_b);
    EXPECT_NEAR(q.rate, flux, 0.1 * flux);
    EXPECT_NEAR(1 / q.forward.value, passage, 0.1 * passage);
    EXPECT_LE(q.low, flux);
    EXPECT_GE(q.high, flux);
  }
  ModelData old = unit;
  old.spectrum.diffusion.clear();
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { committor(Exec{}, source, old, in_a, in_b); }), "does not hold its diffusion matrix"));
}

TEST(States, OfFourWellsAreTheProductOfTwo) {
  // Modes 0, l, l, 2 l of two equal coordinates: each flips at the rate l / 2, whatever the other does.
  const HostPoints points = draw_exact("quadruple-well", 6000, 0.5, 3);
  const auto device = on_device<Exec>(points);
  const auto source = make_source(Exec{}, device);
  const ModelData model = fit_generator(Exec{}, source, {.features = 100, .modes = 6, .read_out_modes = 6});
  EXPECT_EQ(states_by_gap(model), 4);
  const MetastableStates states = metastable_states(Exec{}, source, model);
  ASSERT_EQ(states.size(), 4);
  const double l = (model.spectrum.eigenvalue_to_read(1) + model.spectrum.eigenvalue_to_read(2)) / 2;
  std::vector<int> quadrant(4);
  for (std::size_t j = 0; j < 4; ++j) {
    EXPECT_NEAR(states.populations[j], 0.25, 0.03);
    double best = 0;
    for (Index i = 0; i < 6000; ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < 4; ++k) {
        ASSERT_TRUE(states.membership(i, k) >= 0 && states.membership(i, k) <= 1);
        sum += states.membership(i, k);
      }
      ASSERT_NEAR(sum, 1, 1e-12);
      if (std::abs(std::abs(points(i, 0)) - 1) < 0.1 && std::abs(std::abs(points(i, 1)) - 1) < 0.1 && states.membership(i, j) > best) {
        best = states.membership(i, j);
        quadrant[j] = (points(i, 0) > 0) + 2 * (points(i, 1) > 0);
      }
    }
    EXPECT_GT(best, 0.85);
  }
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) {
      const int apart = ((quadrant[i] ^ quadrant[j]) & 1) + ((quadrant[i] ^ quadrant[j]) >> 1);
      EXPECT_EQ(apart == 0, i == j);  // a well each
      EXPECT_NEAR(states.rates(i, j), apart == 0 ? -l : apart == 1 ? l / 2 : 0, 0.12 * l) << i << " " << j;
    }
  const auto again = memberships_at(Exec{}, model, states, device);
  EXPECT_TRUE(same(again, states.membership, 1e-10));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { metastable_states(Exec{}, source, model, 1); }), "between 2 and 20 states"));
}

TEST(States, OfOneCoordinateAreTwoWithItsRate) {
  const HostPoints points = draw_exact("double-well", 6000, 0.25, 4);
  const auto device = on_device<Exec>(points);
  const auto source = make_source(Exec{}, device);
  const ModelData model = fit_generator(Exec{}, source, {.features = 50, .modes = 3, .read_out_modes = 3});
  const MetastableStates states = metastable_states(Exec{}, source, model);
  ASSERT_EQ(states.size(), 2);
  // Two states: k_12 + k_21 is the eigenvalue, and detailed balance holds.
  EXPECT_NEAR(states.rates(0, 1) + states.rates(1, 0), model.spectrum.eigenvalue_to_read(1), 1e-9);
  EXPECT_NEAR(states.populations[0] * states.rates(0, 1), states.populations[1] * states.rates(1, 0), 0.02 * states.populations[0] * states.rates(0, 1));
  double left = 0;
  for (Index i = 0; i < 6000; ++i) left += points(i, 0) < 0 ? 1.0 / 6000 : 0;
  EXPECT_NEAR(std::max(states.populations[0], states.populations[1]), left, 0.02);
}

TEST(Diffusion, IsRefusedWhereTheQuadraticVariationDoesNotLevelOff) {
  const auto estimate = [](const HostPoints& frames, double dt) {
    const auto device = on_device<Exec>(frames);
    return diffusion_matrix(Exec{}, make_source(Exec{}, device).with_trajectories({{static_cast<Index>(frames.extent(0))}, dt}), DiffusionShape::isotropic);
  };
  const Index n = 40000;
  // dX = -X dt + sqrt(2) dW, exact transitions: frames .1 apart see it, frames 1 apart do not.
  const DiffusionEstimate fine = estimate(rotating_frames(1, n, 0.1, 0, 3, 1), 0.1);
  EXPECT_NEAR(fine.matrix[0], 1, 4 * fine.error[0]);
  EXPECT_LT(fine.error[0], 0.05);
  EXPECT_EQ(fine.lag, 1);
  const auto refusal = [&](const HostPoints& frames, double dt) { return message_of<InvalidInput>([&] { estimate(frames, dt); }); };
  EXPECT_TRUE(contains(refusal(rotating_frames(1, n, 1, 0, 3, 1), 1), "does not level off"));
  EXPECT_TRUE(contains(refusal(rotating_frames(1, n, 30, 0, 3, 1), 1), "independent draws"));
  // A smooth path: momentum.
  const HostPoints smooth("smooth", n, 1);
  const auto velocity = rotating_frames(1, n, 0.002, 0, 4, 1);
  for (Index i = 1; i < n; ++i) smooth(i, 0) = smooth(i - 1, 0) * 0.99998 + velocity(i, 0) * 0.002;
  EXPECT_TRUE(contains(refusal(smooth, 0.002), "does not level off"));
  // Noise of the measurement hides it at short lags alone: sigma^2 / (k dt) of .3 at lag 1.
  const HostPoints noisy = rotating_frames(1, 4 * n, 0.001, 0, 5, 1);
  for (Index i = 0; i < 4 * n; ++i) noisy(i, 0) += std::sqrt(0.3 * 0.001) * IndexedRandom(6, 0).normal(static_cast<std::uint64_t>(i));
  const DiffusionEstimate longer = estimate(noisy, 0.001);
  EXPECT_GT(longer.lag, 1);
  EXPECT_NEAR(longer.matrix[0], 1, 0.12);
}

TEST(Timescales, DoNotDependOnHowManyAreAskedFor) {
  const auto frames = on_device<Exec>(well_frames(1, 5000, 0.1, 1));
  const auto source = make_source(Exec{}, frames).with_trajectories({{5000}, 0.1});
  const TimescaleOptions<Exec> one{.basis = {.features = 50}, .modes = 1, .bootstrap = 20}, five{.basis = {.features = 50}, .modes = 5, .bootstrap = 20};
  const auto few = implied_timescales(Exec{}, source, {1, 3}, one), many = implied_timescales(Exec{}, source, {1, 3}, five);
  for (std::size_t l = 0; l < 2; ++l) {
    EXPECT_NEAR(few.timescales[l][0], 1 / 0.74868167, 0.35);  // 500 units of time: 7 %
    EXPECT_EQ(few.timescales[l][0], many.timescales[l][0]);
    EXPECT_EQ(few.low[l][0], many.low[l][0]);
    EXPECT_EQ(few.high[l][0], many.high[l][0]);
  }
}

TEST(Boxes, HaveOpenSidesAndReachAcrossSeams) {
  const auto inside = [](std::initializer_list<double> point, const std::string& manifold, const std::vector<double>& low, const std::vector<double>& high) {
    const HostPoints points("points", 1, point.size());
    Index k = 0;
    for (const double x : point) points(0, k++) = x;
    return in_box(points, parse_geometry(manifold, static_cast<Index>(point.size())), low, high).front() != 0;
  };
  EXPECT_TRUE(inside({1, 50}, "euclidean", {0, -HUGE_VAL}, {1, HUGE_VAL}));
  EXPECT_FALSE(inside({1.01, 50}, "euclidean", {0, -HUGE_VAL}, {1, HUGE_VAL}));
  EXPECT_TRUE(inside({0.05}, "periodic:1", {0.9}, {0.1}));
  EXPECT_TRUE(inside({0.95}, "periodic:1", {0.9}, {0.1}));
  EXPECT_FALSE(inside({0.5}, "periodic:1", {0.9}, {0.1}));
  EXPECT_TRUE(inside({2.95}, "periodic:1", {-0.1}, {0.1}));  // whole periods away
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { inside({1}, "euclidean", {2}, {1}); }), "must be in order"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { inside({1, 2}, "euclidean", {2}, {1}); }), "the points have 2 coordinates, the box has 1"));
}

}  // namespace
