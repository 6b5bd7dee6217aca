// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/dictionary/callable.hpp>
#include <kswgd/estimator/dictionaries.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/metrics/distances.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Standard = Kokkos::DefaultExecutionSpace;

FitOptions<Standard> with(const std::string& dictionary, Index features) {
  FitOptions<Standard> options;
  options.dictionary = named_dictionary<Standard>(dictionary, {.features = features, .seed = 3});
  options.modes = 6;
  options.read_out_modes = 0;
  return options;
}

TEST(NamedDictionaries, PolynomialsFindTheOrnsteinUhlenbeckSpectrum) {
  // V = |x|^2 / 2 in two dimensions: 0, 1 (twice), 2 (three times). 20,000 draws leave 1 to 3 %.
  const auto data = on_device<Standard>(cloud(20000, {3, -1}, 1, 5));
  for (const char* name : {"hermite", "monomial"}) {
    const ModelData model = fit_generator(Standard{}, data, with(name, 15));
    ASSERT_EQ(model.density.moments.size(), 15);
    ASSERT_EQ(model.density.levels.size(), 1U);
    for (const Index k : {1, 2}) EXPECT_NEAR(model.spectrum.pairs.values(k), 1, 0.05) << name;
    for (const Index k : {3, 4, 5}) EXPECT_NEAR(model.spectrum.pairs.values(k), 2, 0.2) << name;
  }
  const ModelData linear = fit_generator(Standard{}, data, with("linear", 0));
  ASSERT_EQ(linear.spectrum.pairs.size(), 3);
  for (const Index k : {1, 2}) EXPECT_NEAR(linear.spectrum.pairs.values(k), 1, 0.05);
}

TEST(NamedDictionaries, RandomFeaturesMoveParticlesToTheData) {
  const Standard exec;
  const auto data = on_device<Standard>(draw_exact("quadruple-well", 8000, 0, 1));
  FitOptions<Standard> options = with("fourier", 150);
  options.dictionary = named_dictionary<Standard>("fourier", {.features = 150, .bandwidth = 0.7, .seed = 3});
  const ModelData fitted = fit_generator(exec, data, options);
  EXPECT_NEAR(fitted.spectrum.pairs.values(1), 0.74868, 0.06);
  const auto particles = on_device<Standard>(cloud(1000, {0, 0}, 1, 2));
  const SlicedWasserstein<Standard> distance(exec, on_device<Standard>(draw_exact("quadruple-well", 50000, 0, 99)));
  const double floor = distance(exec, on_device<Standard>(draw_exact("quadruple-well", 1000, 0, 77))), before = distance(exec, particles);
  const FlowReport report = Flow<Standard>(exec, Model<Standard>(exec, fitted)).run(particles);
  for (std::size_t i = 1; i < report.history.energy.size(); ++i) {
    EXPECT_LE(report.history.energy[i], report.history.energy[i - 1] * (1 + 1e-9));
  }
  const double after = distance(exec, particles);
  EXPECT_LT(after, 2 * floor) << "started at " << before;
}

/// {1, x, x^2} in one dimension: a user's own.
struct Quadratic {
  static KOKKOS_FUNCTION double value(const double* x, Index a) { return a == 0 ? 1.0 : a == 1 ? x[0] : x[0] * x[0]; }
  KOKKOS_FUNCTION double operator()(const double* x, Index a, double* gradient) const {
    if (gradient != nullptr) gradient[0] = a == 0 ? 0.0 : a == 1 ? 1.0 : 2 * x[0];
    return value(x, a);
  }
};

TEST(NamedDictionaries, ADictionaryOfTheCallersOwnIsFitted) {
  FitOptions<Standard> options;
  options.modes = 2;
  options.read_out_modes = 0;
  options.dictionary = [](const Standard& exec, const Normalisation&, const Points<Standard>&) {
    return FittedDictionary<Standard>{CallableDictionary<Standard, Quadratic>(exec, 1, 3, Quadratic{}), {}};
  };
  const ModelData model = fit_generator(Standard{}, on_device<Standard>(cloud(20000, {2}, 1, 6)), options);
  ASSERT_EQ(model.spectrum.pairs.size(), 3);
  EXPECT_NEAR(model.spectrum.pairs.values(1), 1, 0.05);
  EXPECT_NEAR(model.spectrum.pairs.values(2), 2, 0.15);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(model.dictionary));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { Model<Standard>(Standard{}, model); }), "a dictionary of your own: hand it over beside the data"));
}

TEST(NamedDictionaries, OthersAreRefusedWithTheNames) {
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { named_dictionary<Standard>("wavelet"); }),
                       "there is no dictionary 'wavelet'; known are: gaussian fourier hermite monomial linear von-mises"));
}

}  // namespace
