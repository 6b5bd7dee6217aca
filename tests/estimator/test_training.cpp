// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../../src/estimator/network_loss.hpp"
#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/dictionaries.hpp>
#include <kswgd/estimator/training.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/metrics/distances.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Standard = Kokkos::DefaultExecutionSpace;

template <class Exec>
class Training : public ::testing::Test {};
TYPED_TEST_SUITE(Training, ExecutionSpaces);

PerceptronDictionaryData network_of(const std::string& activation, Index inputs, Index units, Index outputs, bool blocks) {
  PerceptronDictionaryData network;
  network.activation = activation;
  const IndexedRandom random(5, 0);
  std::uint64_t draw = 0;
  const std::vector<Index> sizes = {inputs, units, units, outputs};
  for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
    const HostMatrix weights("weights", sizes[l + 1], sizes[l]);
    for (std::size_t item = 0; item < weights.size(); ++item) weights.data()[item] = random.normal(draw++) / std::sqrt(static_cast<double>(sizes[l]));
    network.weights.push_back(weights);
    const auto values = [&](double centre, double size) {
      std::vector<double> result;
      for (Index u = 0; u < sizes[l + 1]; ++u) result.push_back(centre + size * random.normal(draw++));
      return result;
    };
    const bool hidden = l < 2;
    network.biases.push_back(values(0, 0.3));
    network.residual.push_back(blocks && l == 1);
    network.gains.push_back(blocks && hidden ? values(1, 0.3) : std::vector<double>());
    network.shifts.push_back(blocks && hidden ? values(0, 0.3) : std::vector<double>());
  }
  return network;
}

/// The derivatives with respect to every parameter against central differences of the sum of eigenvalues itself.
TYPED_TEST(Training, GradientIsThatOfTheSumOfEigenvalues) {
  const TypeParam exec;
  constexpr Index n = 60, d = 3, directions = 2;
  for (const std::string activation : {"tanh", "softplus", "silu", "gelu", "sin"})
    for (const bool blocks : {false, true})
      for (const bool weighted : {false, true}) {
        const PerceptronDictionaryData data = network_of(activation, d, 5, 4, blocks);
        const detail::Network<TypeParam> network = detail::make_network(exec, data);
        const auto parameters = static_cast<Index>(network.parameters.extent(0));
        const HostMatrix inputs("inputs", d, (1 + directions) * n);
        const IndexedRandom random(6, 1);
        for (std::size_t item = 0; item < inputs.size(); ++item) inputs.data()[item] = random.normal(item);
        detail::NetworkBatch<TypeParam> batch{to_device(exec, inputs), {}, n, directions};
        if (weighted) {
          std::vector<double> weights;
          for (Index i = 0; i < n; ++i) weights.push_back(2.0 * static_cast<double>(i + 1) / static_cast<double>(n * (n + 1)));
          batch.weights = to_device(exec, weights);
        }
        detail::NetworkLoss<TypeParam> loss;
        const auto at = [&](const Vector<TypeParam>& where, const Vector<TypeParam>& gradient) {
          Kokkos::deep_copy(gradient, 0.0);
          return loss.sum_of_leading(exec, detail::network_on(network, where), batch, 3, detail::network_on(network, gradient), 1e-12);
        };
        const Vector<TypeParam> gradient("gradient", parameters), other("other", parameters), moved("moved", parameters);
        at(network.parameters, gradient);
        const auto exact = to_host(exec, gradient);
        const auto here = host_copy(exec, network.parameters);
        double largest = 0;
        for (Index i = 0; i < parameters; ++i) largest = std::max(largest, std::abs(exact(i)));
        for (Index i = 0; i < parameters; ++i) {
          constexpr double h = 1e-5;
          double difference = 0;
          for (const double sign : {1.0, -1.0}) {
            const auto there = host_copy(exec, here);
            there(i) += sign * h;
            Kokkos::deep_copy(moved, there);
            difference += sign * at(moved, other) / (2 * h);
          }
          ASSERT_NEAR(exact(i), difference, 1e-5 * largest) << activation << (blocks ? " with blocks" : "") << ", parameter " << i << " of " << parameters;
        }
      }
}

TrainingOptions short_training() {
  TrainingOptions options;
  options.modes = 3;
  options.outputs = 8;
  options.width = 24;
  options.steps = 300;
  options.batch = 400;
  options.rate = 1e-2;
  options.seed = 2;
  return options;
}

/// The quadruple well's leading eigenvalues, .74868, .74868 and 1.49736: no span has a smaller sum under the law itself.
TEST(TrainingNetworks, LowersTheHeldOutSumTowardsTheExactOne) {
  const Standard exec;
  const auto data = on_device<Standard>(draw_exact("quadruple-well", 8000, 0, 1));
  const TrainedNetwork trained = train_network(exec, make_source(exec, data), {}, short_training());
  constexpr double exact = 4 * 0.74868167;
  const TrainingLook& best = trained.looks[trained.best];
  EXPECT_EQ(trained.linear, 0.0);          // two modes, where three are asked for
  EXPECT_LT(best.held_out, 1.15 * exact);  // 1600 validation rows
  EXPECT_GT(best.held_out, 0.85 * exact);
  EXPECT_LT(best.held_out, trained.looks.front().held_out);
  for (const TrainingLook& look : trained.looks) EXPECT_GE(look.held_out, best.held_out);

  // On points that nothing of it saw, by the features themselves: {1, outputs} alone.
  const PerceptronDictionary<Standard> dictionary(exec, trained.network);
  EXPECT_EQ(dictionary.size(), 9);
  FitOptions<Standard> options;
  options.dictionary = perceptron_dictionary<Standard>(trained.network);
  options.modes = 3;
  options.read_out_modes = 0;
  const ModelData fresh = fit_generator(exec, on_device<Standard>(draw_exact("quadruple-well", 20000, 0, 9)), options);
  EXPECT_LT(fresh.spectrum.pairs.values(1) + fresh.spectrum.pairs.values(2) + fresh.spectrum.pairs.values(3), 1.1 * exact);
}

/// Units of length: eigenvalues go with their inverse square, the network takes the caller's coordinates.
TEST(TrainingNetworks, UnitsDoNotMatter) {
  const Standard exec;
  const HostPoints host = draw_exact("quadruple-well", 2000, 0, 1), scaled("scaled", 2000, 2);
  for (Index i = 0; i < 2000; ++i)
    for (Index k = 0; k < 2; ++k) scaled(i, k) = 64 * host(i, k) + 128;
  TrainingOptions options = short_training();
  options.steps = 40;
  options.check_every = 20;
  const TrainedNetwork one = train_network(exec, make_source(exec, on_device<Standard>(host)), {}, options);
  const TrainedNetwork other = train_network(exec, make_source(exec, on_device<Standard>(scaled)), {}, options);
  ASSERT_EQ(one.looks.size(), other.looks.size());
  for (std::size_t l = 0; l < one.looks.size(); ++l) EXPECT_NEAR(other.looks[l].held_out * 64 * 64 / one.looks[l].held_out, 1, 1e-6);
  const HostPoints x("x", 1, 2), y("y", 1, 2);
  for (Index k = 0; k < 2; ++k) {
    x(0, k) = 0.4 + 0.3 * static_cast<double>(k);
    y(0, k) = 64 * x(0, k) + 128;
  }
  const Matrix<Standard> at_x("at_x", 1, 9), at_y("at_y", 1, 9);
  PerceptronDictionary<Standard>(exec, one.network).evaluate(exec, on_device<Standard>(x), at_x);
  PerceptronDictionary<Standard>(exec, other.network).evaluate(exec, on_device<Standard>(y), at_y);
  EXPECT_TRUE(same(at_x, on_host(at_y), 1e-5, 1e-5));
}

/// The same data give the same bits again, and a row that stands twice is a row of weight 2.
TEST(TrainingNetworks, RepeatsAreWeightsAndRunsRepeat) {
  const Standard exec;
  const HostPoints host = draw_exact("quadruple-well", 600, 0, 3), twice("twice", 800, 2);
  for (Index i = 0; i < 800; ++i)
    for (Index k = 0; k < 2; ++k) twice(i, k) = host(i < 600 ? i : i - 600, k);
  TrainingOptions options = short_training();
  options.steps = 30;
  options.check_every = 10;
  DataSet<Standard> weighted = make_source(exec, on_device<Standard>(host));
  std::vector<double> weights(600, 1.0);
  std::fill_n(weights.begin(), 200, 2.0);
  weighted.set_weights(weights);
  weighted.set_order(Order::independent);
  DataSet<Standard> repeated = make_source(exec, on_device<Standard>(twice));
  repeated.set_order(Order::independent);
  const TrainedNetwork one = train_network(exec, weighted, {}, options), again = train_network(exec, weighted, {}, options),
                       rows = train_network(exec, repeated, {}, options);
  for (const TrainedNetwork* other : {&again, &rows}) {
    ASSERT_EQ(one.network.weights.size(), other->network.weights.size());
    for (std::size_t l = 0; l < one.network.weights.size(); ++l) {
      EXPECT_TRUE(same(other->network.weights[l], one.network.weights[l], 0)) << l;
      EXPECT_EQ(other->network.biases[l], one.network.biases[l]) << l;
    }
  }
  weights.assign(600, 1.0);
  weighted.set_weights(weights);
  EXPECT_FALSE(same(train_network(exec, weighted, {}, options).network.weights[0], one.network.weights[0], 0));
}

/// On a circle given by its angle: the leading eigenvalues are 1, 1, 4 (k^2), in tangent directions alone.
TEST(TrainingNetworks, KnowsManifolds) {
  const Standard exec;
  const HostPoints angles("angles", 2000, 1);
  for (Index i = 0; i < 2000; ++i) angles(i, 0) = 2 * Kokkos::numbers::pi * IndexedRandom(4, 0).uniform(static_cast<std::uint64_t>(i));
  TrainingOptions options = short_training();
  options.modes = 4;
  const GeometryData circle = parse_geometry("periodic:" + std::to_string(2 * Kokkos::numbers::pi), 1);
  const TrainedNetwork trained = train_network(exec, make_source(exec, on_device<Standard>(angles)), circle, options);
  EXPECT_EQ(trained.network.weights.front().extent(1), 2U);
  options.modes = 2;  // cos and sin are the coordinates
  EXPECT_NEAR(train_network(exec, make_source(exec, on_device<Standard>(angles)), circle, options).linear, 2, 0.15);
  EXPECT_NEAR(trained.looks[trained.best].held_out, 1 + 1 + 4 + 4, 1);
}

TEST(TrainingNetworks, StandsBesideTheGaussians) {
  const Standard exec;
  const auto data = on_device<Standard>(draw_exact("quadruple-well", 4000, 0, 1));
  FitOptions<Standard> options;
  options.features = 100;
  options.modes = 4;
  std::optional<TrainedNetwork> heard;
  options.network = learned_network<Standard>(short_training(), [&](const TrainedNetwork& trained) { heard = trained; });
  const ModelData model = fit_generator(exec, data, options);
  ASSERT_TRUE(heard);
  options.network = {};
  const ModelData plain = fit_generator(exec, data, options);
  ASSERT_EQ(model.density.levels.size(), plain.density.levels.size());
  for (std::size_t l = 0; l < model.density.levels.size(); ++l) EXPECT_EQ(model.density.levels[l].features, plain.density.levels[l].features + 8);
  // More features never raise the in-sample eigenvalues.
  for (Index k = 1; k <= 4; ++k) EXPECT_LE(model.spectrum.pairs.values(k), plain.spectrum.pairs.values(k) * (1 + 1e-6));
  EXPECT_NEAR(model.spectrum.read_out.values[0], 0.74868, 0.07);
  const auto particles = on_device<Standard>(cloud(1000, {0, 0}, 1, 2));
  const SlicedWasserstein<Standard> distance(exec, on_device<Standard>(draw_exact("quadruple-well", 50000, 0, 99)));
  const double floor = distance(exec, on_device<Standard>(draw_exact("quadruple-well", 1000, 0, 77)));
  Flow<Standard>(exec, Model<Standard>(exec, model)).run(particles);
  EXPECT_LT(distance(exec, particles), 1.5 * floor);

  // A network from a file, trained in the caller's units, gives the same features.
  const TrainedNetwork outside = train_network(exec, make_source(exec, data), {}, short_training());
  options.network = given_network<Standard>(outside.network);
  const ModelData given = fit_generator(exec, data, options);
  EXPECT_EQ(given.density.moments.size(), model.density.moments.size());
  for (Index k = 1; k <= 4; ++k) EXPECT_NEAR(given.spectrum.pairs.values(k) / model.spectrum.pairs.values(k), 1, 1e-3);
}

TEST(TrainingNetworks, RefuseWhatCannotBe) {
  const Standard exec;
  const auto data = make_source(exec, on_device<Standard>(draw_exact("quadruple-well", 200, 0, 1)));
  const auto refusal = [&](const auto& change) {
    TrainingOptions options = short_training();
    change(options);
    return message_of<InvalidInput>([&] { train_network(exec, data, {}, options); });
  };
  EXPECT_TRUE(contains(refusal([](TrainingOptions& o) { o.outputs = 0; }), "outputs must be from 1 to 4096, got 0"));
  EXPECT_TRUE(contains(refusal([](TrainingOptions& o) { o.modes = 11; }), "modes must be from 1 to 10, got 11"));
  EXPECT_TRUE(contains(refusal([](TrainingOptions& o) { o.rate = 0; }), "rate must be a finite positive number"));
  EXPECT_TRUE(contains(refusal([](TrainingOptions& o) { o.decay = -1; }), "decay must be a finite number, not negative"));
  EXPECT_TRUE(contains(refusal([](TrainingOptions& o) { o.validation = 1; }), "validation must lie above 0"));
  EXPECT_TRUE(contains(refusal([](TrainingOptions& o) { o.activation = "relu"; }), "activation is 'relu'; known are"));
  const auto few = make_source(exec, on_device<Standard>(draw_exact("quadruple-well", 10, 0, 1)));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { train_network(exec, few, {}, short_training()); }), "at least 20 points are needed, got 10"));
  FitOptions<Standard> options;
  options.network = learned_network<Standard>(short_training());
  options.coordinates = Coordinates::standard;
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { fit_generator(exec, data, options); }), "in the coordinates as they are given"));
}

}  // namespace
