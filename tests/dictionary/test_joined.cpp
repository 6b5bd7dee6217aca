// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dictionary/contract.hpp"

#include <kswgd/dictionary/joined.hpp>
#include <kswgd/moments/accumulator.hpp>
#include <numeric>
#include <tuple>

namespace {

using namespace kswgd;
using namespace kswgd::test;

static_assert(FusedDictionary<JoinedDictionary<Kokkos::DefaultExecutionSpace>>);
static_assert(SecondOrderDictionary<JoinedDictionary<Kokkos::DefaultExecutionSpace>>);
static_assert(BorderedDirichlet<JoinedDictionary<Kokkos::DefaultExecutionSpace>>);
static_assert(NestedDictionary<JoinedDictionary<Kokkos::DefaultExecutionSpace>>);

template <class Exec>
class Joined : public ::testing::Test {};
TYPED_TEST_SUITE(Joined, ExecutionSpaces);

/// One hidden layer of four sines, three outputs; {1, x} and 14 Gaussians.
JoinedDictionaryData small_joined() {
  JoinedDictionaryData data;
  data.network.activation = "sin";
  const IndexedRandom random(31, 0);
  std::uint64_t draw = 0;
  for (const auto& [outputs, inputs] : {std::pair<Index, Index>{4, 2}, {3, 4}}) {
    const HostMatrix weights("weights", outputs, inputs);
    for (Index u = 0; u < outputs; ++u)
      for (Index k = 0; k < inputs; ++k) weights(u, k) = random.normal(draw++);
    data.network.weights.push_back(weights);
    data.network.biases.emplace_back(static_cast<std::size_t>(outputs), 0.3);
  }
  data.gaussians.dimension = 2;
  data.gaussians.landmarks = normal_points(2, 14);
  data.gaussians.widths = HostVector("widths", 14);
  for (Index a = 0; a < 14; ++a) data.gaussians.widths(a) = 0.7 + 0.05 * static_cast<double>(a);
  return data;
}

std::vector<double> slow_features(const JoinedDictionaryData& data, const std::vector<double>& at) {
  std::vector<double> hidden = data.network.biases[0], values = {1};
  for (std::size_t u = 0; u < hidden.size(); ++u) {
    for (std::size_t k = 0; k < 2; ++k) hidden[u] += data.network.weights[0](u, k) * at[k];
    hidden[u] = std::sin(hidden[u]);
  }
  for (std::size_t a = 0; a < 3; ++a) {
    values.push_back(data.network.biases[1][a]);
    for (std::size_t u = 0; u < hidden.size(); ++u) values.back() += data.network.weights[1](a, u) * hidden[u];
  }
  values.insert(values.end(), at.begin(), at.end());
  for (std::size_t a = 0; a < 14; ++a) {
    double square = 0;
    for (std::size_t k = 0; k < 2; ++k) square += std::pow(at[k] - data.gaussians.landmarks(a, k), 2);
    values.push_back(std::exp(-square / (2 * std::pow(data.gaussians.widths(a), 2))));
  }
  return values;
}

TYPED_TEST(Joined, KeepsTheContractOfADictionary) {
  const JoinedDictionaryData data = small_joined();
  const JoinedDictionary<TypeParam> dictionary(TypeParam{}, data);
  ASSERT_EQ(dictionary.size(), 1 + 3 + 2 + 14);
  ASSERT_EQ(data.features(), dictionary.size());
  EXPECT_EQ(dictionary.landmark_features(), 14);
  const HostPoints x = normal_points(2);
  expect_values(dictionary, x, [&](const std::vector<double>& at) { return slow_features(data, at); });
  expect_contract(dictionary, x, 1e-13);
}

/// lap = the sum of the second differences of the slopes, which the contract compared with the values.
TYPED_TEST(Joined, LaplacianIsThatOfItsFeatures) {
  const JoinedDictionary<TypeParam> dictionary(TypeParam{}, small_joined());
  const TypeParam exec;
  const HostPoints x = normal_points(2, 40);
  const HostMatrix slow("slow", 40, dictionary.size());
  constexpr double h = 1e-4;
  for (Index k = 0; k < 2; ++k)
    for (const double sign : {1.0, -1.0}) {
      const HostPoints moved = on_host(x);
      for (Index i = 0; i < 40; ++i) moved(i, k) += sign * h;
      const HostMatrix slopes = slopes_of(dictionary, moved, k);
      for (Index i = 0; i < 40; ++i)
        for (Index a = 0; a < dictionary.size(); ++a) slow(i, a) += sign * slopes(i, a) / (2 * h);
    }
  const Matrix<TypeParam> lap("lap", 40, dictionary.size());
  dictionary.laplacian(exec, on_device<TypeParam>(x), lap);
  EXPECT_TRUE(same(lap, slow, 1e-5, 1e-5));
}

/// G and D of two tiles with weights, and of all but the second, against sums over values and slopes: with full quadratics, squares alone,
/// squares along axes, or none.
TYPED_TEST(Joined, ClosesItsDirichletForm) {
  const TypeParam exec;
  const HostPoints x = normal_points(2, 90);
  std::vector<double> weights;
  for (Index i = 0; i < 90; ++i) weights.push_back(0.2 + IndexedRandom(8, 0).uniform(static_cast<std::uint64_t>(i)));
  for (const auto& [quadratics, squares, turned] : {std::tuple{true, false, false}, {false, true, false}, {false, true, true}, {false, false, false}}) {
    JoinedDictionaryData data = small_joined();
    data.gaussians.quadratics = quadratics;
    data.gaussians.squares = squares;
    if (turned) data.gaussians.axes = turned_axes(data.gaussians.dimension);
    const JoinedDictionary<TypeParam> dictionary(exec, data);
    const JoinedDictionary<Kokkos::DefaultHostExecutionSpace> slow({}, data);
    const AnyDictionary<TypeParam> any(dictionary);
    MomentTile<TypeParam> tile(exec, any, 50);
    MomentAccumulator<TypeParam> both(exec, any, any.size()), second(exec, any, any.size());
    for (const auto& [first, last] : {std::pair<Index, Index>{0, 50}, {50, 90}}) {
      const HostPoints part = on_host(HostPoints(Kokkos::subview(x, Span(first, last), Kokkos::ALL)));
      const std::vector<double> w(weights.begin() + first, weights.begin() + last);
      tile.evaluate(exec, on_device<TypeParam>(part), to_device(exec, w), std::accumulate(w.begin(), w.end(), 0.0));
      both.add(exec, tile);
      if (first > 0) second.add(exec, tile);
    }
    const auto expect = [&](const typename MomentAccumulator<TypeParam>::Result& found, Index count, Index q) {
      std::vector<double> w(weights.begin(), weights.begin() + count);
      const double total = std::accumulate(w.begin(), w.end(), 0.0);
      for (double& weight : w) weight /= total;
      const Forms forms = forms_of(slow, HostPoints(Kokkos::subview(x, Span(0, count), Kokkos::ALL)), w);
      const auto block = [q](const HostMatrix& a) { return HostMatrix(Kokkos::subview(a, Span(0, q), Span(0, q))); };
      EXPECT_TRUE(same(found.gram, block(forms.gram), 1e-12, 1e-12));
      EXPECT_TRUE(same(found.dirichlet, block(forms.dirichlet), 1e-11, 1e-11));
    };
    expect(both.moments(exec), 90, any.size());
    expect(both.moments(exec, &second), 50, any.size());
    expect(both.moments(exec, nullptr, any.size() - 9), 90, any.size() - 9);
  }
}

TEST(Joined, RefusesADifferentDimension) {
  JoinedDictionaryData data = small_joined();
  data.gaussians.dimension = 3;
  data.gaussians.landmarks = normal_points(3, 14);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { JoinedDictionary<Kokkos::DefaultHostExecutionSpace>({}, data); }),
                       "the network takes 2 coordinates, the Gaussians 3"));
}

}  // namespace
