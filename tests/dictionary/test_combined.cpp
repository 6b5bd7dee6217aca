// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dictionary/contract.hpp"

#include <kswgd/dictionary/any_dictionary.hpp>
#include <kswgd/dictionary/callable.hpp>
#include <kswgd/dictionary/combined.hpp>
#include <kswgd/dictionary/fourier.hpp>
#include <kswgd/dictionary/periodic.hpp>
#include <kswgd/dictionary/polynomial.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;

/// sin(x_0 + a x_last), a = 0, 1, 2, ...: what a user might write.
struct Waves {
  int dimension;

  KOKKOS_FUNCTION double operator()(const double* x, Index a, double* gradient) const {
    const double rate = static_cast<double>(a), angle = x[0] + rate * x[dimension - 1];
    if (gradient != nullptr) {
      for (int k = 0; k < dimension; ++k) gradient[k] = 0;
      gradient[0] += Kokkos::cos(angle);
      gradient[dimension - 1] += rate * Kokkos::cos(angle);
    }
    return Kokkos::sin(angle);
  }
};

std::vector<double> slow_waves(const std::vector<double>& x, int features) {
  std::vector<double> values = {1};
  for (int a = 0; a < features; ++a) values.push_back(std::sin(x.front() + a * x.back()));
  return values;
}

/// {1, x_0, x_1, x_0^2, x_0 x_1, x_1^2}.
std::vector<double> slow_quadratics(const std::vector<double>& x) { return {1, x[0], x[1], x[0] * x[0], x[0] * x[1], x[1] * x[1]}; }

using Standard = Kokkos::DefaultExecutionSpace;
using Polynomials = PolynomialDictionary<Standard>;
static_assert(Dictionary<CallableDictionary<Standard, Waves>>);
static_assert(Dictionary<SumDictionary<Polynomials, FourierDictionary<Standard>>>);
static_assert(Dictionary<ProductDictionary<Polynomials, AffineDictionary<TrigonometricDictionary<Standard>>>>);
static_assert(Dictionary<AffineDictionary<Polynomials>>);
static_assert(Dictionary<AnyDictionary<Standard>>);

template <class Exec>
class Combined : public ::testing::Test {};
TYPED_TEST_SUITE(Combined, ExecutionSpaces);

TYPED_TEST(Combined, CallableKeepsTheContractOfADictionary) {
  for (const int d : {1, 2, 5}) {
    CallableDictionary<TypeParam, Waves> dictionary(TypeParam{}, d, 8, Waves{d});
    ASSERT_EQ(dictionary.size(), 9);
    const HostPoints x = normal_points(d);
    expect_values(dictionary, x, [](const std::vector<double>& at) { return slow_waves(at, 8); });
    expect_contract(dictionary, x);
    expect_values(dictionary, normal_points(d, 5), [](const std::vector<double>& at) { return slow_waves(at, 8); });  // fewer: the workspace is larger
  }
}

TYPED_TEST(Combined, SumIsTheFeaturesOfBothWithOneConstant) {
  const TypeParam exec;
  SumDictionary dictionary(PolynomialDictionary<TypeParam>(exec, make_monomial_data(2, 2)), CallableDictionary<TypeParam, Waves>(exec, 2, 4, Waves{2}));
  ASSERT_EQ(dictionary.size(), 10);
  const HostPoints x = normal_points(2);
  expect_values(dictionary, x, [](const std::vector<double>& at) {
    std::vector<double> features = slow_quadratics(at);
    const std::vector<double> waves = slow_waves(at, 4);
    features.insert(features.end(), waves.begin() + 1, waves.end());
    return features;
  });
  expect_contract(dictionary, x);
}

TYPED_TEST(Combined, ProductIsAllProducts) {
  const TypeParam exec;
  ProductDictionary dictionary(PolynomialDictionary<TypeParam>(exec, make_monomial_data(2, 2)), CallableDictionary<TypeParam, Waves>(exec, 2, 4, Waves{2}));
  ASSERT_EQ(dictionary.size(), 30);
  const HostPoints x = normal_points(2);
  expect_values(dictionary, x, [](const std::vector<double>& at) {
    std::vector<double> features;
    for (const double a : slow_quadratics(at))
      for (const double b : slow_waves(at, 4)) features.push_back(a * b);
    return features;
  });
  expect_contract(dictionary, x);
}

TYPED_TEST(Combined, AffineChangesTheVariables) {
  // From three coordinates to two, with a column of zeros: nothing depends on the last coordinate.
  const TypeParam exec;
  const HostMatrix matrix("matrix", 2, 3);
  matrix(0, 0) = 0.5;
  matrix(0, 1) = -1.5;
  matrix(1, 1) = 2;
  AffineDictionary dictionary(exec, PolynomialDictionary<TypeParam>(exec, make_monomial_data(2, 2)), {matrix, {0.25, -3}});
  ASSERT_EQ(dictionary.dimension(), 3);
  matrix(0, 0) = 99;  // the dictionary has its own copy
  const HostPoints x = normal_points(3);
  expect_values(dictionary, x, [](const std::vector<double>& at) { return slow_quadratics({0.5 * at[0] - 1.5 * at[1] + 0.25, 2 * at[1] - 3}); });
  expect_contract(dictionary, x);
}

/// The example of dictionary/combined.hpp, behind one type.
template <class Exec>
AnyDictionary<Exec> polynomials_by_modes(const Exec& exec) {
  const AffineDictionary hermite(exec, PolynomialDictionary<Exec>(exec, make_monomial_data(2, 2)), select(3, {1, 0}));
  const AffineDictionary modes(exec, TrigonometricDictionary<Exec>(exec, {{4.0}, 1, "total"}), select(3, {2}));
  return ProductDictionary(hermite, modes);
}

TYPED_TEST(Combined, DictionariesNest) {
  AnyDictionary<TypeParam> dictionary = polynomials_by_modes(TypeParam{});
  ASSERT_EQ(dictionary.size(), 18);
  ASSERT_EQ(dictionary.dimension(), 3);
  const HostPoints x = normal_points(3);
  expect_values(dictionary, x, [](const std::vector<double>& at) {
    std::vector<double> features;
    const double angle = Kokkos::numbers::pi / 2 * at[2];
    for (const double a : slow_quadratics({at[1], at[0]}))
      for (const double b : {1.0, std::sqrt(2.0) * std::cos(angle), std::sqrt(2.0) * std::sin(angle)}) features.push_back(a * b);
    return features;
  });
  expect_contract(dictionary, x);
}

/// More points than a tile has rows, so that the last tile is a shorter one.
TYPED_TEST(Combined, AnyDictionaryAveragesAndDescendsByTiles) {
  const TypeParam exec;
  AnyDictionary<TypeParam> dictionary = polynomials_by_modes(exec), copy = dictionary;
  const Index n = 8192 + 333;
  const HostPoints x = normal_points(3, n);
  const HostMatrix psi = values_of(copy, x);
  const HostVector c("c", 18);
  for (Index a = 0; a < 18; ++a) c(a) = IndexedRandom(6, 0).normal(static_cast<std::uint64_t>(a));
  for (const Index q : {18, 7}) {
    const HostMatrix slow_mean("slow mean", q, 1), slow_u("slow descent", n, 3);
    for (Index i = 0; i < n; ++i)
      for (Index a = 0; a < q; ++a) slow_mean(a, 0) += psi(i, a) / static_cast<double>(n);
    for (Index k = 0; k < 3; ++k) {
      const HostMatrix slopes = slopes_of(copy, x, k);
      for (Index i = 0; i < n; ++i)
        for (Index a = 0; a < q; ++a) slow_u(i, k) -= c(a) * slopes(i, a);
    }
    const Matrix<TypeParam> mean("mean", 18, 1);
    const Points<TypeParam> u("descent", n, 3);
    Kokkos::deep_copy(u, 7.5);
    dictionary.mean(exec, on_device<TypeParam>(x), Kokkos::subview(mean, Kokkos::ALL, 0), q, Precision::mixed);
    dictionary.descent(exec, on_device<TypeParam>(x), to_device(exec, c), u, q, Precision::mixed);
    EXPECT_TRUE(same(Kokkos::subview(mean, std::pair<Index, Index>(0, q), Kokkos::ALL), slow_mean, 1e-12, 1e-13));
    EXPECT_TRUE(same(u, slow_u, 1e-12, 1e-12));
  }
  // Without a better form the Dirichlet factors are the slopes, and nothing is weighed.
  ASSERT_EQ(dictionary.dirichlet_factors(), 3);
  const Matrix<TypeParam> factor("factor", n, 18);
  dictionary.dirichlet_factor(exec, on_device<TypeParam>(x), 2, factor);
  EXPECT_TRUE(same(factor, slopes_of(copy, x, 2), 0));
}

TEST(Combined, RefusesWhatCannotBe) {
  using Exec = Kokkos::DefaultHostExecutionSpace;
  const Exec exec;
  const PolynomialDictionary<Exec> two(exec, make_linear_data(2)), three(exec, make_linear_data(3));
  for (const std::string& message :
       {message_of<InvalidInput>([&] { SumDictionary(two, three); }), message_of<InvalidInput>([&] { ProductDictionary(two, three); })})
    EXPECT_TRUE(contains(message, "the two dictionaries take 2 and 3 coordinates: let them take the same"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { select(3, {}); }), "at least one coordinate must be selected"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { select(3, {0, 3}); }), "there is no coordinate 3: they are numbered 0 to 2"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { AffineDictionary(exec, two, select(3, {0})); }), "the matrix is 1 x 3"));
  AffineMapData map = select(3, {0, 1});
  map.shift[1] = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { AffineDictionary(exec, two, map); }), "row 1 of the map (from 0) is not finite"));
  using Callable = CallableDictionary<Exec, Waves>;
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { Callable(exec, 2, 0, Waves{2}); }), "dimension and features must be 1 or more, got 2 and 0"));
}

}  // namespace
