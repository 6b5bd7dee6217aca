// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "kinetics/problems.hpp"
#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/dictionaries.hpp>
#include <kswgd/kinetics/bootstrap.hpp>
#include <kswgd/kinetics/feynman_kac.hpp>
#include <kswgd/kinetics/committor.hpp>
#include <kswgd/kinetics/observables.hpp>
#include <kswgd/kinetics/path_integral.hpp>
#include <kswgd/support/check.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

/// c = kappa x^2
struct Quadratic {
  double kappa;
  template <class X>
  KOKKOS_FUNCTION double operator()(const X& x) const {
    return kappa * x[0] * x[0];
  }
};

// V = x^2 / 2, c = kappa x^2: lambda_k = (k + 1/2) sqrt(1 + 4 kappa) - 1/2, phi_0 = exp(-a x^2).
constexpr double kappa = 2;
double exact(int k) { return (k + 0.5) * std::sqrt(1 + 4 * kappa) - 0.5; }

/// w_t = w'' - x w' - kappa x^2 w keeps Gaussians: from w = 1 it is exp(-c x^2 - b) with c' = kappa - 2 c - 4 c^2, b' = 2 c, and from
/// w = x it is x exp(-c x^2 - b) with the same c and b' = 1 + 6 c.
struct Riccati {
  double c = 0, integral = 0;  // of c over time
};

/// By Runge and Kutta.
Riccati riccati(double t) {
  double c = 0, integral = 0;
  const int steps = 2000;
  const double h = t / steps;
  const auto slope = [](double value) { return kappa - 2 * value - 4 * value * value; };
  for (int i = 0; i < steps; ++i) {
    const double k1 = slope(c), k2 = slope(c + h / 2 * k1), k3 = slope(c + h / 2 * k2), k4 = slope(c + h * k3), middle = c + h / 2 * k2;
    const double next = c + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
    integral += h / 6 * (c + 4 * middle + next);
    c = next;
  }
  return {c, integral};
}

/// P(alive at t) from x.
double alive_from(double x, double t) {
  const auto [c, integral] = riccati(t);
  return std::exp(-c * x * x - 2 * integral);
}

/// P(alive at t) from N(0, 1): the mean of exp(-c x^2) is 1 / sqrt(1 + 2 c).
double alive_from_equilibrium(double t) {
  const auto [c, integral] = riccati(t);
  return std::exp(-2 * integral) / std::sqrt(1 + 2 * c);
}

/// E[X_t; alive at t] from x.
double mean_from(double x, double t) {
  const auto [c, integral] = riccati(t);
  return x * std::exp(-c * x * x - t - 6 * integral);
}

struct Killed {
  Points<Exec> points;
  DataSet<Exec> source;
  ModelData model;
};
const Killed& killed() {
  static const Killed* fitted = [] {
    const Exec exec;
    const Points<Exec> points = on_device<Exec>(draw_exact("ornstein-uhlenbeck", 10000, 0, 1));
    const auto source = make_source(exec, points);
    return new Killed{points, source, fit_killed(exec, source, rate_at(exec, source, Quadratic{kappa}), {.features = 50, .modes = 12, .read_out_modes = 3})};
  }();
  return *fitted;
}

TEST(FeynmanKac, HarmonicOscillatorWithQuadraticKillingHasItsLevels) {
  const ModelData& model = killed().model;
  EXPECT_EQ(model.spectrum.kind, SpectrumKind::killed);
  ASSERT_GE(model.spectrum.read_out.values.size(), 3U);
  EXPECT_NEAR(model.spectrum.read_out.values[0], exact(0), 0.02 * exact(0));  // 10,000 points
  EXPECT_NEAR(model.spectrum.read_out.values[1], exact(1), 0.03 * exact(1));
  EXPECT_NEAR(model.spectrum.read_out.values[2], exact(2), 0.05 * exact(2));
  EXPECT_NEAR(model.spectrum.pairs.values(0), exact(0), 0.02 * exact(0));
}

TEST(FeynmanKac, TheGroundStateIsAGaussian) {
  const auto values = on_host(evaluate_eigenfunctions(Exec{}, killed().model, on_device<Exec>(cloud(200, {0}, 1, 3)), false, 1).values);
  const auto x = cloud(200, {0}, 1, 3);
  const double a = (std::sqrt(1 + 4 * kappa) - 1) / 4, norm = std::pow(1 + 4 * a, 0.25);
  for (Index i = 0; i < 200; ++i) {
    if (std::abs(x(i, 0)) < 2) {
      EXPECT_NEAR(values(i, 0), norm * std::exp(-a * x(i, 0) * x(i, 0)), 0.05);
    }
  }
}

TEST(FeynmanKac, ConditionedWeightsGiveTheConditionedLaw) {
  const auto weights = conditioned_weights(Exec{}, killed().source, killed().model);
  const auto x = on_host(killed().points);
  double mean = 0, square = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    mean += weights[i] / 10000;
    square += weights[i] * x(static_cast<Index>(i), 0) * x(static_cast<Index>(i), 0) / 10000;
  }
  EXPECT_NEAR(mean, 1, 1e-12);
  EXPECT_NEAR(square, 1 / std::sqrt(1 + 4 * kappa), 0.02);  // exp(-x^2/2 - 2 a x^2)
}

TEST(FeynmanKac, PathIntegralAndSpectrumAgree) {
  const auto starts = on_device<Exec>(draw_exact("ornstein-uhlenbeck", 20000, 0, 11));
  const std::vector<double> times{0.3, 1, 2};
  const auto paths = survival_by_paths(Exec{}, OrnsteinUhlenbeck<1>{}, Quadratic{kappa}, starts, times, {.step = 5e-3, .seed = 2});
  const auto spectral = survival_probability(killed().model, times);
  for (std::size_t t = 0; t < 3; ++t) {
    EXPECT_NEAR(paths.value[t], alive_from_equilibrium(times[t]), 3.5 * paths.standard_error[t]);
    EXPECT_NEAR(spectral[t], alive_from_equilibrium(times[t]), 0.03 * spectral[t] + 0.002);
  }
  EXPECT_NEAR(paths.rate(1, 2), exact(0), 3 * paths.rate_error(1, 2) + 0.01);
}

TEST(FeynmanKac, SurvivalFromAPointIsThatOfItsRiccatiEquation) {
  const std::vector<double> times{0.5, 1.5};
  const HostPoints at("at", 13, 1);
  for (Index i = 0; i < 13; ++i) at(i, 0) = -1.8 + 0.3 * static_cast<double>(i);
  const auto alive = survival_probability(Exec{}, killed().model, on_device<Exec>(at), times);
  for (std::size_t t = 0; t < 2; ++t) {
    // As stated above: the ground state to 0.05 where |x| < 2, lambda_0 to 2 % and lambda_2 to 5 %. <1, phi_0> < 1, phi_0 < 1.4 and
    // |<1, phi_2> phi_2| < 0.5.
    const double error = std::exp(-exact(0) * times[t]) * (0.05 + 0.02 * 1.4 * exact(0) * times[t]) + 0.15 * std::exp(-exact(2) * times[t]);
    for (Index i = 0; i < 13; ++i) EXPECT_NEAR(alive(i, t), alive_from(at(i, 0), times[t]), error) << at(i, 0) << " " << times[t];
  }
}

TEST(FeynmanKac, ExpectationsOfAKilledProcessDecayWithItsOwnEigenvalues) {
  const Exec exec;
  const auto x = on_host(killed().points);
  std::vector<double> f;
  for (Index i = 0; i < 10000; ++i) f.push_back(x(i, 0));
  const auto coefficients = observable_coefficients(exec, killed().source, killed().model, f);
  const HostPoints one("one", 1, 1);
  one(0, 0) = 1;
  const std::vector<double> times{0.5, 1, 2};
  const auto later = forward_expectation(exec, killed().model, coefficients, on_device<Exec>(one), times);
  for (std::size_t t = 0; t < 3; ++t) {
    // x is odd: lambda_1 leads, known to 3 %, its function and <x, phi_1> to 5 %. The even ground state decays more slowly and is noise:
    // <x, phi_0> phi_0(1) is 0.75 / sqrt(n), four times that. With the eigenvalue of the mode before it would be exp(3 t) too large.
    const double expected = mean_from(1, times[t]);
    EXPECT_NEAR(later(0, t), expected, (0.05 + 0.03 * exact(1) * times[t]) * expected + 0.03 * std::exp(-exact(0) * times[t])) << times[t];
  }
  EXPECT_EQ(killed().model.spectrum.eigenvalue_to_read(0), killed().model.spectrum.read_out.values[0]);
  const auto beyond = static_cast<Index>(killed().model.spectrum.read_out.values.size());
  EXPECT_EQ(killed().model.spectrum.eigenvalue_to_read(beyond), killed().model.spectrum.pairs.values(beyond));
}

TEST(FeynmanKac, RefusalsSayWhatIsWrong) {
  const auto& source = killed().source;
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { fit_killed(Exec{}, source, {1, 2}); }), "one killing rate for each of the 10000 points, got 2"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { fit_killed(Exec{}, source, std::vector<double>(10000, -1.0)); }), "rate 0 is -1"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { tilted_weights({1, 2}, {1}); }), "as many values of W as weights"));
  const std::vector<char> nowhere(10000, 0);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { committor(Exec{}, source, killed().model, nowhere, nowhere); }), "a process that is not killed"));
}

TEST(FeynmanKac, ADictionaryOfTheCallersOwnServesAsItsTwinThatAModelHolds) {
  const auto& source = killed().source;
  const FitOptions<Exec> held{.dictionary = named_dictionary<Exec>("hermite", {.features = 8}), .modes = 3};
  FitOptions<Exec> own = held;
  own.dictionary = [](const Exec& exec, const Normalisation& normalisation, const Points<Exec>& sample) {
    FittedDictionary<Exec> made = named_dictionary<Exec>("hermite", {.features = 8})(exec, normalisation, sample);
    made.data = {};
    return made;
  };
  const std::vector<double> rate(10000, 0.5);
  const ModelData one = fit_killed(Exec{}, source, rate, own), other = fit_killed(Exec{}, source, rate, held);
  EXPECT_EQ(one.spectrum.read_out.values, other.spectrum.read_out.values);
  EXPECT_TRUE(same(one.spectrum.pairs.vectors, other.spectrum.pairs.vectors, 0));
  EXPECT_NEAR(one.spectrum.pairs.values(0), 0.5, 1e-10);  // a constant rate: the ground state is the constant
}

TEST(Tilted, WeightsGiveTheTiltedLaw) {
  const auto x = draw_exact("ornstein-uhlenbeck", 20000, 0, 4);
  std::vector<double> w;
  for (Index i = 0; i < 20000; ++i) w.push_back(-0.5 * x(i, 0));  // N(0, 1) e^{x / 2} is N(1/2, 1)
  const auto weights = tilted_weights(w);
  double total = 0, mean = 0, square = 0;
  for (Index i = 0; i < 20000; ++i) {
    const double weight = weights[static_cast<std::size_t>(i)] / 20000;
    total += weight;
    mean += weight * x(i, 0);
    square += weight * x(i, 0) * x(i, 0);
  }
  EXPECT_NEAR(total, 1, 1e-12);
  EXPECT_NEAR(mean, 0.5, 0.04);
  EXPECT_NEAR(square - mean * mean, 1, 0.06);
  EXPECT_NEAR(effective_samples(weights), 20000 * std::exp(-0.25), 600);  // n / E[w^2]
}

TEST(Observables, ExpectationsOfOrnsteinUhlenbeckRelax) {
  const Exec exec;
  const auto points = on_device<Exec>(draw_exact("ornstein-uhlenbeck", 10000, 0, 5));
  const auto source = make_source(exec, points);
  const ModelData model = fit_generator(exec, source, {.features = 25, .modes = 8});
  const auto x = on_host(points);
  std::vector<double> f;
  for (Index i = 0; i < 10000; ++i) f.push_back(x(i, 0) + x(i, 0) * x(i, 0));
  const auto coefficients = observable_coefficients(exec, source, model, f);
  const HostPoints at("at", 5, 1);
  for (Index i = 0; i < 5; ++i) at(i, 0) = -1.5 + 0.75 * static_cast<double>(i);
  const auto later = forward_expectation(exec, model, coefficients, on_device<Exec>(at), {0.2, 1.0});
  for (std::size_t t = 0; t < 2; ++t)
    for (Index i = 0; i < 5; ++i) {
      const double decay = std::exp(t == 0 ? -0.2 : -1.0), mean = at(i, 0) * decay;
      EXPECT_NEAR(later(i, t), mean + mean * mean + 1 - decay * decay, 0.12) << at(i, 0) << " " << t;
    }
}

TEST(Observables, ExpectationsFromWeightedSamplesAreThoseOfTheTarget) {
  // Draws of N(0, 4), weighted towards N(0, 1): E[X_t^2 | x] = 1 + (x^2 - 1) exp(-2 t).
  const Exec exec;
  const Index n = 8000;
  const HostPoints x("x", n, 1), at("at", 3, 1);
  std::vector<double> weights, f;
  for (Index i = 0; i < n; ++i) {
    x(i, 0) = 2 * IndexedRandom(9, 1).normal(static_cast<std::uint64_t>(i));
    weights.push_back(std::exp(-x(i, 0) * x(i, 0) * (0.5 - 0.125)));
    f.push_back(x(i, 0) * x(i, 0));
  }
  for (Index i = 0; i < 3; ++i) at(i, 0) = static_cast<double>(i);
  const auto device = on_device<Exec>(x);
  auto source = make_source(exec, device);
  source.set_weights(weights);
  const ModelData model = fit_generator(exec, source, {.features = 25, .modes = 8});
  const auto later = forward_expectation(exec, model, observable_coefficients(exec, source, model, f), on_device<Exec>(at), {0.5, 1, 20});
  const double times[] = {0.5, 1, 20};
  for (std::size_t t = 0; t < 3; ++t)
    for (Index i = 0; i < 3; ++i) EXPECT_NEAR(later(i, t), 1 + (at(i, 0) * at(i, 0) - 1) * std::exp(-2 * times[t]), 0.15) << i << " " << times[t];
}

TEST(Observables, TheCommittorOfADoubleWellIsItsQuadratureFormula) {
  const Exec exec;
  const HostPoints points("points", 10000, 1);
  const auto both = draw_exact("quadruple-well", 10000, 0, 6);  // its first coordinate: V = (x^2 - 1)^2
  for (Index i = 0; i < 10000; ++i) points(i, 0) = both(i, 0);
  const auto device = on_device<Exec>(points);
  const auto source = make_source(exec, device);
  const ModelData model = fit_generator(exec, source, {.features = 100, .modes = 2});
  std::vector<char> in_a, in_b;
  for (Index i = 0; i < 10000; ++i) {
    in_a.push_back(points(i, 0) < -0.8);
    in_b.push_back(points(i, 0) > 0.8);
  }
  const Committor q = committor(exec, source, model, in_a, in_b);
  const auto integral = [](double to) {  // int_{-.8}^{to} exp(V)
    double sum = 0;
    const int steps = 4000;
    for (int i = 0; i < steps; ++i) {
      const double x = -0.8 + (to + 0.8) * (i + 0.5) / steps;
      sum += std::exp((x * x - 1) * (x * x - 1)) * (to + 0.8) / steps;
    }
    return sum;
  };
  const HostPoints at("at", 13, 1);
  for (Index i = 0; i < 13; ++i) at(i, 0) = -0.6 + 0.1 * static_cast<double>(i);
  const auto values = on_host(Eigenfunctions<Exec>(exec, model, q.coefficients).values(exec, on_device<Exec>(at)));
  for (Index i = 0; i < 13; ++i) EXPECT_NEAR(values(i, 0), integral(at(i, 0)) / integral(0.8), 0.03);
  EXPECT_NEAR(q.in_a, 0, 0.01);
  EXPECT_NEAR(q.in_b, 1, 0.01);
  EXPECT_NEAR(q.rate, 1 / (1.97373207 * integral(0.8)), 0.05 / (1.97373207 * integral(0.8)));  // 1 / (Z int exp(V)): the rate
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { committor(exec, source, model, in_a, in_a); }), "is in both sets"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { committor(exec, source, model, in_a, std::vector<char>(10000, 0)); }), "no point of the data is in B"));
}

TEST(Diffusion, AFullMatrixGivesTheRatesOfTheProcess) {
  // y = L x of dX = -X dt + sqrt(2) dW has a = L L^T and the rates 0, 1, 1, 2 whatever L is; with unit diffusion they are others.
  const auto points = rotating_frames(10000, 1, 1, 0, 9);
  for (Index i = 0; i < 10000; ++i) {
    const double x = points(i, 0), y = points(i, 1);
    points(i, 0) = 2 * x;
    points(i, 1) = x + 0.5 * y;
  }
  const auto device = on_device<Exec>(points);
  const auto source = make_source(Exec{}, device);
  const FitOptions<Exec> options{.features = 25, .modes = 4, .read_out_modes = 3};
  const ModelData model = fit_with_diffusion(Exec{}, source, {4, 2, 2, 1.25}, options);
  ASSERT_EQ(model.spectrum.read_out.values.size(), 3U);
  EXPECT_NEAR(model.spectrum.read_out.values[0], 1, 0.05);
  EXPECT_NEAR(model.spectrum.read_out.values[1], 1, 0.05);
  // Each eigenvalue is the Rayleigh quotient of its eigenfunction, by the gradients that the model gives at the points.
  const auto modes = evaluate_eigenfunctions(Exec{}, model, device, true);
  const auto values = on_host(modes.values);
  for (Index k = 1; k < model.spectrum.pairs.size(); ++k) {
    const auto g = on_host(modes.gradients[static_cast<std::size_t>(k)]);
    double energy = 0, square = 0;
    for (Index i = 0; i < 10000; ++i) {
      energy += 4 * g(i, 0) * g(i, 0) + 4 * g(i, 0) * g(i, 1) + 1.25 * g(i, 1) * g(i, 1);
      square += values(i, k) * values(i, k);
    }
    EXPECT_NEAR(model.spectrum.pairs.values(k), energy / square, 1e-6 * energy / square);
  }
  EXPECT_EQ(model.spectrum.pairs.values(0), 0);
  EXPECT_EQ(model.spectrum.eigenvalue_to_read(0), 0);
  EXPECT_EQ(model.spectrum.eigenvalue_to_read(1), model.spectrum.read_out.values[0]);
  const std::vector<char> nowhere(10000, 0);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { committor(Exec{}, source, model, nowhere, nowhere); }), "no point of the data is in A"));
  EXPECT_EQ(model.spectrum.diffusion, (std::vector<double>{4, 2, 2, 1.25}));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { eigenvalue_intervals(Exec{}, source, model); }), "models of unit diffusion by fit_generator"));
  // The identity is what fit_generator has: the same numbers by derivatives and by the closed form.
  const ModelData unit = fit_with_diffusion(Exec{}, source, {1, 0, 0, 1}, options), plain = fit_generator(Exec{}, source, options);
  for (std::size_t k = 0; k < 3; ++k)
    EXPECT_NEAR(unit.spectrum.read_out.values[k], plain.spectrum.read_out.values[k], 1e-6 * plain.spectrum.read_out.values[k]);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { fit_with_diffusion(Exec{}, source, {1, 0, 0}); }), "a diffusion matrix of 2 x 2 is needed"));
}

}  // namespace
