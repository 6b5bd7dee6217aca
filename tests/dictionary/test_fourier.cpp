// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dictionary/contract.hpp"

#include <kswgd/dictionary/any_dictionary.hpp>
#include <kswgd/dictionary/fourier.hpp>
#include <kswgd/support/check.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;

static_assert(Dictionary<FourierDictionary<Kokkos::DefaultExecutionSpace>>);
static_assert(FactoredDirichlet<FourierDictionary<Kokkos::DefaultExecutionSpace>>);

template <class Exec>
class Fourier : public ::testing::Test {};
TYPED_TEST_SUITE(Fourier, ExecutionSpaces);

TYPED_TEST(Fourier, KeepsTheContractOfADictionary) {
  for (const Index d : {1, 2, 5}) {
    const HostPoints x = normal_points(d);
    const FourierDictionaryData data = make_fourier_data(x, 23, 0.8, 4);
    FourierDictionary<TypeParam> dictionary(TypeParam{}, data);
    ASSERT_EQ(dictionary.size(), 23);
    ASSERT_EQ(dictionary.dimension(), d);
    expect_values(dictionary, x, [&](const std::vector<double>& at) {
      std::vector<double> features = {1};
      for (std::size_t a = 0; a < data.phases.extent(0); ++a) {
        double angle = data.phases(a);
        for (std::size_t k = 0; k < at.size(); ++k) angle += data.frequencies(a, k) * at[k];
        features.push_back(std::cos(angle));
      }
      return features;
    });
    expect_contract(dictionary, x);
  }
}

TYPED_TEST(Fourier, FactoredDirichletFormIsTheSumOverCoordinates) {
  const TypeParam exec;
  const HostPoints x = normal_points(3);
  FourierDictionary<TypeParam> dictionary(exec, make_fourier_data(x, 19, 0.9, 4));
  for (const Index q : {19, 8}) {
    const Matrix<TypeParam> factor("factor", x.extent(0), q), form("form", q, q);
    AnyDictionary<TypeParam> any(dictionary);
    ASSERT_EQ(any.dirichlet_factors(), 1);
    any.dirichlet_factor(exec, on_device<TypeParam>(x), 0, factor);
    algebra::multiply(exec, 1.0, algebra::Op::transposed, factor, algebra::Op::none, factor, 1, form);
    any.weigh_dirichlet(exec, form);
    const HostMatrix expected("sum over coordinates", q, q);
    for (Index k = 0; k < 3; ++k) {
      const HostMatrix slopes = slopes_of(dictionary, x, k, q);
      for (Index a = 0; a < q; ++a)
        for (Index b = 0; b < q; ++b)
          for (std::size_t i = 0; i < x.extent(0); ++i) expected(a, b) += slopes(i, a) * slopes(i, b);
    }
    EXPECT_TRUE(same(form, expected, 1e-11, 1e-10));
  }
}

/// The product of two features at x and y has the mean (1/2) exp(-|x - y|^2 / 2 h^2) over w and b (Rahimi, Recht, 2007).
TEST(Fourier, FeaturesAverageToTheGaussianKernel) {
  constexpr double h = 1.3;
  const HostPoints x = cloud(6, {0.2, -0.4}, 1, 8);
  FourierDictionary<Kokkos::DefaultExecutionSpace> dictionary(Kokkos::DefaultExecutionSpace{}, make_fourier_data(x, 40001, h, 12));
  const HostMatrix psi = values_of(dictionary, x);
  for (Index i = 0; i < 6; ++i)
    for (Index j = 0; j < 6; ++j) {
      double mean = 0;
      for (Index a = 1; a < 40001; ++a) mean += psi(i, a) * psi(j, a) / 40000;
      const double square = std::pow(x(i, 0) - x(j, 0), 2) + std::pow(x(i, 1) - x(j, 1), 2);
      EXPECT_NEAR(mean, 0.5 * std::exp(-square / (2 * h * h)), 0.01);  // four standard errors: each is at most 0.5 / 200
    }
}

TEST(Fourier, FirstFeaturesDoNotDependOnHowManyAreDrawn) {
  const HostPoints x = normal_points(3);
  const auto few = make_fourier_data(x, 10, 0.7, 3), many = make_fourier_data(x, 50, 0.7, 3), other = make_fourier_data(x, 10, 0.7, 5);
  for (Index a = 0; a < 9; ++a) {
    EXPECT_EQ(few.phases(a), many.phases(a));
    EXPECT_NE(few.phases(a), other.phases(a));
    for (Index k = 0; k < 3; ++k) EXPECT_EQ(few.frequencies(a, k), many.frequencies(a, k));
  }
}

TEST(Fourier, BandwidthIsTheMedianDistanceUnlessGiven) {
  const HostPoints line("line", 4, 1);
  for (const Index i : {1, 2, 3}) line(i, 0) = std::pow(2.0, static_cast<double>(i));  // 0 2 4 8: distances 2 2 4 4 6 8
  EXPECT_EQ(median_distance(line), 4);
  const auto by_rule = make_fourier_data(line, 5), given = make_fourier_data(line, 5, 4);
  for (Index a = 0; a < 4; ++a) EXPECT_EQ(by_rule.frequencies(a, 0), given.frequencies(a, 0));
}

TEST(Fourier, RefusesWhatCannotBe) {
  const HostPoints x = normal_points(2), still("still", 9, 2);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { make_fourier_data(x, 1); }), "features must be 2 or more (the constant and one cosine), got 1"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { make_fourier_data(x, 5, -0.5); }), "bandwidth must be a finite positive number"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { make_fourier_data(still, 5); }), "give a bandwidth"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { median_distance(normal_points(2, 1)); }), "at least 2 points are needed, got 1"));
  using Fourier = FourierDictionary<Kokkos::DefaultHostExecutionSpace>;
  FourierDictionaryData data = make_fourier_data(x, 5, 1);
  data.frequencies(2, 1) = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { Fourier({}, data); }), "frequencies: row 2, column 1 (from 0) must be a finite number, got inf"));
  data = make_fourier_data(x, 5, 1);
  data.phases = HostVector("phases", 3);
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { Fourier({}, data); }), "phases must have the shape 4, but has 3"));
}

}  // namespace
