// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/model/evaluate.hpp>
#include <kswgd/support/check.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Standard = Kokkos::DefaultExecutionSpace;

ModelData quadruple_well_model() { return fit_generator(Standard{}, on_device<Standard>(draw_exact("quadruple-well", 4000, 0, 1)), {.read_out_modes = 0}); }

/// As many modes as a few hundred particles can meet: with more the flow ends in a long valley, in which rounding grows.
ModelData coarse_model() {
  return fit_generator(Standard{}, on_device<Standard>(draw_exact("quadruple-well", 4000, 0, 1)), {.features = 25, .modes = 0, .read_out_modes = 0});
}

template <class Exec>
class Flows : public ::testing::Test {};
TYPED_TEST_SUITE(Flows, ExecutionSpaces);

template <class Exec>
void check_energy() {
  const Exec exec;
  const Model<Exec> model(exec, quadruple_well_model());
  for (const Precision precision : {Precision::mixed, Precision::fp64}) {
    Flow<Exec> flow(exec, model, {.precision = precision});
    const auto particles = on_device<Exec>(cloud(2000, {1, 1}, 0.1, 2));
    const FlowReport report = flow.run(particles);
    const History& history = report.history;
    ASSERT_GT(history.energy.size(), 5U);
    for (std::size_t i = 1; i < history.energy.size(); ++i) {
      EXPECT_GE(history.time[i], history.time[i - 1]);
      // The energies of two levels are different functions: within one, F never rises.
      if (history.level[i] == history.level[i - 1] && history.round[i] == history.round[i - 1]) {
        EXPECT_LE(history.energy[i], history.energy[i - 1] * (1 + 1e-9));
      }
    }
    EXPECT_EQ(report.state.stop_reason, "chi2");
    EXPECT_LE(report.monitors.chi2_ratio, 0.05);
    EXPECT_LE(report.state.evaluations, 40);
  }
}
TYPED_TEST(Flows, EnergyFallsAndTheParticlesReachTheData) { check_energy<TypeParam>(); }

TEST(Flow, TwoInstancesRunTwoFlowsSideBySide) {
  const int threads = Standard().concurrency();
  if (threads < 2 && !std::is_same_v<Standard, Kokkos::Serial>) GTEST_SKIP() << "Kokkos does not part one thread";
  const auto instances = Kokkos::Experimental::partition_space(Standard{}, 1, 1);
  const ModelData data = quadruple_well_model();
  const Model<Standard> models[] = {Model<Standard>(instances[0], data), Model<Standard>(instances[1], data)};
  Flow<Standard> flows[] = {Flow<Standard>(instances[0], models[0]), Flow<Standard>(instances[1], models[1])};
  const Points<Standard> particles[] = {on_device<Standard>(cloud(1000, {1, 1}, 0.1, 2)), on_device<Standard>(cloud(700, {-1, 1}, 0.2, 3))};
  bool moving[] = {true, true};
  while (moving[0] || moving[1])
    for (int i = 0; i < 2; ++i) moving[i] = moving[i] && flows[i].advance(particles[i]);
  for (const auto& instance : instances) instance.fence();
  for (int i = 0; i < 2; ++i) {
    const auto alone = on_device<Standard>(i == 0 ? cloud(1000, {1, 1}, 0.1, 2) : cloud(700, {-1, 1}, 0.2, 3));
    const Standard exec;
    Flow<Standard> flow(exec, Model<Standard>(exec, data));
    while (flow.advance(alone)) {
    }
    EXPECT_TRUE(same(particles[i], alone, 0, 1e-12));
    EXPECT_EQ(flows[i].report().state.evaluations, flow.report().state.evaluations);
  }
}

TEST(Flow, SamplesAreAsGoodAsTheDataAllow) {
  const Standard exec;
  const auto data = on_device<Standard>(draw_exact("quadruple-well", 4000, 0, 1));
  const SlicedWasserstein<Standard> distance(exec, on_device<Standard>(draw_exact("quadruple-well", 100000, 0, 99)));
  const Model<Standard> model(exec, quadruple_well_model());
  const double datas = distance(exec, data), floor = distance(exec, on_device<Standard>(draw_exact("quadruple-well", 2000, 0, 77)));
  for (const auto& start : {cloud(2000, {1, 1}, 0.1, 3), cloud(2000, {4, 4}, 0.5, 4), normal_start(model.data(), 2000, 5)}) {
    const auto particles = on_device<Standard>(start);
    Flow<Standard> flow(exec, model);
    flow.run(particles);
    const double value = distance(exec, particles);
    EXPECT_LT(value, 1.15 * datas) << "data " << datas << ", i.i.d. floor of 2000 draws " << floor;
  }
}

TEST(Flow, MassCrossesAHighBarrier) {
  // 12 kT, all particles in the minor well: the basin's mass comes out as in the data.
  const Standard exec;
  const auto data = draw_exact("double-well", 10000, 1.0 / 12, 3);
  const ModelData fitted = fit_generator(exec, on_device<Standard>(data), {.modes = 0, .read_out_modes = 0});
  const Model<Standard> model(exec, fitted);
  Flow<Standard> flow(exec, model);
  const auto particles = on_device<Standard>(cloud(2000, {1, 0}, 0.1, 1));
  flow.run(particles);
  const auto left = [](const HostPoints& x) {
    double count = 0;
    for (std::size_t i = 0; i < x.extent(0); ++i) count += x(i, 0) < 0;
    return count / static_cast<double>(x.extent(0));
  };
  EXPECT_NEAR(left(on_host(particles)), left(data), 0.003);
  EXPECT_NEAR(left(data), 0.91362, 0.012);
}

/// chi2 of the first ten eigenfunctions near equilibrium.
double leading_chi2(const ModelData& data, const Points<Standard>& particles) {
  const auto values = on_host(evaluate_eigenfunctions(Standard{}, data, particles, false, 11).values);
  double chi2 = 0;
  for (std::size_t k = 1; k < 11; ++k) {
    double mean = 0;
    for (std::size_t i = 0; i < values.extent(0); ++i) mean += values(i, k) / static_cast<double>(values.extent(0));
    chi2 += mean * mean;
  }
  return chi2;
}

TEST(Flow, LeadingModesDecayAtTheConstantRate) {
  // m_k decays as e^{-t}: chi2 of the leading modes as (1 - h)^2 a step of explicit Euler, whatever the spectrum. Tested on
  // truncated flow near equilibrium, where the flow is linear, in a dictionary that does not overfit: E[grad phi_k . grad phi_l]
  // over the particles is then what it is over the data.
  const Standard exec;
  const ModelData data =
      fit_generator(exec, on_device<Standard>(draw_exact("quadruple-well", 100000, 0, 1)), {.features = 25, .read_out_modes = 0, .hold_out = 0});
  const Model<Standard> model(exec, data, {.inverse = Inverse::spectral, .modes = 10});
  const auto start = draw_exact("quadruple-well", 20000, 0, 50);
  for (Index i = 0; i < 20000; ++i) start(i, 0) *= 1.01;  // a small disturbance
  const auto particles = on_device<Standard>(start);
  Flow<Standard> flow(exec, model, {.precision = Precision::fp64});
  double before = leading_chi2(data, particles);
  int steps = 0;
  for (; steps < 3 && flow.advance(particles); ++steps) {
    const double h = flow.report().history.step.back(), after = leading_chi2(data, particles);
    const double rate = -std::log(after / before) / h, euler = -2 * std::log(1 - h) / h;
    if (h < 1) {
      EXPECT_NEAR(rate, euler, 0.05 * euler) << "step " << steps << ", h = " << h;
    }
    before = after;
  }
  EXPECT_GE(steps, 1);
}

TEST(Flow, ScaledAndShiftedDataGiveScaledAndShiftedSamples) {
  const Standard exec;
  const auto data = draw_exact("quadruple-well", 2000, 0, 11), scaled = on_host(data);
  const auto start = cloud(300, {1, 1}, 0.2, 12), scaled_start = on_host(start);
  for (const auto& points : {scaled, scaled_start})
    for (std::size_t i = 0; i < points.extent(0); ++i)
      for (std::size_t k = 0; k < 2; ++k) points(i, k) = 1e3 * points(i, k) + 1e6;
  const auto sample = [&](const HostPoints& from, const HostPoints& at) {
    const Model<Standard> model(exec, fit_generator(exec, on_device<Standard>(from), {.modes = 0, .read_out_modes = 0}));
    const auto particles = on_device<Standard>(at);
    Flow<Standard>(exec, model, {.precision = Precision::fp64}).run(particles);
    return on_host(particles);
  };
  const auto one = sample(data, start), two = sample(scaled, scaled_start);
  const HostPoints back("back", 300, 2);
  for (Index i = 0; i < 300; ++i)
    for (Index k = 0; k < 2; ++k) back(i, k) = (two(i, k) - 1e6) / 1e3;
  EXPECT_TRUE(same(back, one, 0, 1e-5));  // 1e6 + x in doubles leaves 1e-13 of x, and 30 steps amplify it
}

template <class Exec>
HostPoints sample_on(std::uint64_t seed, Precision precision = Precision::mixed) {
  const Exec exec;
  FitOptions<Exec> options;
  options.seed = seed;
  options.features = 25;
  options.read_out_modes = 0;
  const ModelData fitted = fit_generator(exec, on_device<Exec>(draw_exact("quadruple-well", 2000, 0, 1)), options);
  const Model<Exec> model(exec, fitted);
  const auto particles = on_device<Exec>(normal_start(fitted, 200, seed));
  Flow<Exec>(exec, model, {.precision = precision}).run(particles);
  return on_host(particles);
}

TEST(Flow, TheSameSeedTwiceIsTheSameToTheBitAndAnotherIsNot) {
  const auto one = sample_on<Standard>(4);
  EXPECT_TRUE(same(one, sample_on<Standard>(4), 0));
  EXPECT_FALSE(same(one, sample_on<Standard>(5), 1e-3));
}

TEST(Flow, SerialAndOpenMPAgree) {
#if defined(KOKKOS_ENABLE_SERIAL) && defined(KOKKOS_ENABLE_OPENMP)
  // Only BLAS adds in another order on two threads. Some thirty steps amplify the last bit of a double, or of a float.
  EXPECT_TRUE(same(sample_on<Kokkos::Serial>(4, Precision::fp64), sample_on<Kokkos::OpenMP>(4, Precision::fp64), 0, 1e-6));
  EXPECT_TRUE(same(sample_on<Kokkos::Serial>(4), sample_on<Kokkos::OpenMP>(4), 0, 1e-2));
#else
  GTEST_SKIP() << "needs both Serial and OpenMP";
#endif
}

struct Atom {  // what a physics code might keep
  double mass;
  double position[2];
  float charge;
};

TEST(Flow, AnyLayoutAndPrecisionIsMovedInPlace) {
  if (!bool(Kokkos::SpaceAccessibility<Standard, Kokkos::HostSpace>::accessible)) GTEST_SKIP() << "particles of this test live on the host";
  if constexpr (bool(Kokkos::SpaceAccessibility<Standard, Kokkos::HostSpace>::accessible)) {
    const Standard exec;
    const Model<Standard> model(exec, coarse_model());
    const auto start = cloud(200, {1, 1}, 0.1, 2);
    const auto plain = on_device<Standard>(start);
    Flow<Standard>(exec, model).run(plain);

    std::vector<Atom> atoms(200);
    static_assert(sizeof(Atom) % sizeof(double) == 0);
    const Kokkos::View<double**, Kokkos::LayoutStride, Kokkos::HostSpace, Kokkos::MemoryUnmanaged> strided(
        atoms[0].position, Kokkos::LayoutStride(200, sizeof(Atom) / sizeof(double), 2, 1));
    const Kokkos::View<float**, Kokkos::LayoutRight, Kokkos::HostSpace> single("single", 200, 2);
    for (Index i = 0; i < 200; ++i) {
      atoms[static_cast<std::size_t>(i)].mass = 5;
      for (Index k = 0; k < 2; ++k) {
        strided(i, k) = start(i, k);
        single(i, k) = static_cast<float>(start(i, k));
      }
    }
    Flow<Standard>(exec, model).run(strided);
    EXPECT_TRUE(same(strided, plain, 0));
    for (const Atom& atom : atoms) EXPECT_EQ(atom.mass, 5);
    Flow<Standard>(exec, model).run(single);
    EXPECT_TRUE(same(single, plain, 0, 0.02));  // starts differ in the eighth digit
  }
}

TEST(Flow, OneStepAtATimeIsTheSameAsAllAtOnce) {
  const Standard exec;
  const Model<Standard> model(exec, coarse_model());
  const auto at_once = on_device<Standard>(cloud(300, {1, 1}, 0.1, 2)), stepwise = on_device<Standard>(cloud(300, {1, 1}, 0.1, 2));
  const auto whole = Flow<Standard>(exec, model).run(at_once);
  Flow<Standard> flow(exec, model);
  while (flow.advance(stepwise)) {
  }
  EXPECT_EQ(flow.report().state.evaluations, whole.state.evaluations);
  EXPECT_TRUE(same(stepwise, at_once, 0, 1e-12));
}

TEST(Flow, ACheckpointGoesOnWhereItStood) {
  const Standard exec;
  const Model<Standard> model(exec, coarse_model());
  const auto particles = on_device<Standard>(cloud(300, {1, 1}, 0.1, 2));
  Flow<Standard> first(exec, model, {.precision = Precision::fp64});
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(first.advance(particles));
  const FlowReport half = first.report();
  const auto copy = on_device<Standard>(on_host(particles));
  while (first.advance(particles)) {
  }
  Flow<Standard> second(exec, model, {.precision = Precision::fp64});
  second.restore(half.state, half.history);
  const FlowReport rest = second.run(copy);
  EXPECT_TRUE(same(copy, particles, 0, 1e-9));
  EXPECT_EQ(rest.state.steps, first.report().state.steps);
  // A flow in mixed precision that had to go over to double goes on in double, wherever it is taken up.
  FlowState in_double = half.state;
  in_double.in_double = true;
  const auto copies = {on_device<Standard>(on_host(copy)), on_device<Standard>(on_host(copy))};
  std::vector<FlowReport> reports;
  for (const Precision precision : {Precision::fp64, Precision::mixed}) {
    Flow<Standard> third(exec, model, {.precision = precision});
    third.restore(in_double, half.history);
    reports.push_back(third.run(copies.begin()[reports.size()]));
  }
  EXPECT_TRUE(same(copies.begin()[0], copies.begin()[1], 0, 0));
  EXPECT_EQ(reports[0].history.energy, reports[1].history.energy);
}

TEST(Flow, AllModesOfTheSpectralInverseAreTheFactorisationsInverse) {
  // On a small problem, with all p - 1 modes and rho -> 0, both inverses give the same velocity.
  const Standard exec;
  const auto data = draw_exact("quadruple-well", 3000, 0, 21);
  FitOptions<Standard> options;
  options.features = 6;
  options.modes = 1000;
  options.regularisation = 1e-13;
  options.read_out_modes = 0;
  const ModelData fitted = fit_generator(exec, on_device<Standard>(data), options);
  const Model<Standard> whole(exec, fitted, {.regularisation = 1e-13}), spectral(exec, fitted, {.inverse = Inverse::spectral});
  const Index q = whole.levels().back().data.features;
  const auto points = on_device<Standard>(cloud(100, {0.5, 0.2}, 0.8, 3));
  AnyDictionary<Standard> dictionary = whole.dictionary();
  const auto normalised = on_device<Standard>(on_host(points));
  whole.frame().enter(exec, 100, points, normalised);
  const Vector<Standard> mean("mean", q);
  dictionary.mean(exec, normalised, mean, q, Precision::fp64);
  const auto hm = to_host(exec, mean);
  const auto velocity = [&](const Level<Standard>& level) {
    const auto inverse = on_host(level.inverse_generator);
    const auto average = to_host(exec, level.data_mean);
    const HostVector c("c", q);
    for (Index a = 0; a < q; ++a)
      for (Index b = 0; b < q; ++b) c(a) += inverse(a, b) * (hm(b) - average(b));
    const Points<Standard> u("u", 100, 2);
    dictionary.descent(exec, normalised, to_device(exec, c), u, q, Precision::fp64);
    return on_host(u);
  };
  EXPECT_TRUE(same(velocity(spectral.levels().back()), velocity(whole.levels().back()), 1e-3, 1e-4));
}

TEST(Flow, RefusalsSayWhatIsWrong) {
  const Standard exec;
  const Model<Standard> model(exec, quadruple_well_model());
  Flow<Standard> flow(exec, model);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] {
                         flow.run(on_device<Standard>(cloud(10, {0, 0, 0}, 1, 1)));
                       }),
                       "the particles have 3 coordinates, the model has 2"));
  const auto broken = cloud(10, {0, 0}, 1, 1);
  broken(3, 1) = std::nan("");
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { Flow<Standard>(exec, model).run(on_device<Standard>(broken)); }),
                       "all particles must be finite, but 1 coordinates are not"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { Flow<Standard>(exec, model, {.rounds = 0}); }), "rounds must be at least 1"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { Model<Standard>(exec, quadruple_well_model(), {.inverse = Inverse::spectral, .modes = 500}); }),
                       "500 modes were asked for, but the model holds 32"));
}

}  // namespace
