// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dictionary/contract.hpp"
#include "golden/dictionaries.hpp"

#include <kswgd/dictionary/polynomial.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>

namespace {

using namespace kswgd;
using namespace kswgd::test;

static_assert(Dictionary<PolynomialDictionary<Kokkos::DefaultExecutionSpace>>);

template <class Exec>
class Polynomial : public ::testing::Test {};
TYPED_TEST_SUITE(Polynomial, ExecutionSpaces);

/// All exponents whose sum is at most `degree`: smaller sums first, then larger exponents of the earlier coordinates first.
std::vector<std::vector<int>> slow_exponents(std::size_t d, int degree) {
  std::vector<std::vector<int>> all;
  std::vector<int> exponents(d, 0);
  const auto sum = [](const std::vector<int>& e) {
    int total = 0;
    for (const int m : e) total += m;
    return total;
  };
  for (bool more = true; more;) {
    if (sum(exponents) <= degree) all.push_back(exponents);
    more = false;
    for (std::size_t k = 0; k < d && !more; ++k) {  // count up, one digit for each coordinate
      more = ++exponents[k] <= degree;
      if (!more) exponents[k] = 0;
    }
  }
  std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) { return sum(a) != sum(b) ? sum(a) < sum(b) : a > b; });
  return all;
}

/// He_m(t) / sqrt(m!) written out, m <= 4.
double slow_hermite(int m, double t) {
  const double values[] = {1, t, (t * t - 1) / std::sqrt(2.0), (t * t * t - 3 * t) / std::sqrt(6.0), (t * t * t * t - 6 * t * t + 3) / std::sqrt(24.0)};
  return values[m];
}

TYPED_TEST(Polynomial, KeepsTheContractOfADictionary) {
  for (const std::string family : {"hermite", "monomial"})
    for (const Index d : {1, 2, 3}) {
      PolynomialDictionaryData data{family, d, 4, {}, {}};
      if (d == 2) {
        data.shift = {0.3, -0.6};
        data.scale = {1.7, 0.8};
      }
      PolynomialDictionary<TypeParam> dictionary(TypeParam{}, data);
      const HostPoints x = normal_points(d);
      const auto exponents = slow_exponents(static_cast<std::size_t>(d), 4);
      expect_values(dictionary, x, [&](const std::vector<double>& at) {
        std::vector<double> features;
        for (const auto& powers : exponents) {
          double product = 1;
          for (std::size_t k = 0; k < at.size(); ++k) {
            const double t = d == 2 ? (at[k] - data.shift[k]) / data.scale[k] : at[k];
            product *= family == "hermite" ? slow_hermite(powers[k], t) : std::pow(t, powers[k]);
          }
          features.push_back(product);
        }
        return features;
      });
      expect_contract(dictionary, x);
    }
}

TYPED_TEST(Polynomial, HermiteValuesAreThoseOfNumPy) {
  PolynomialDictionary<TypeParam> dictionary(TypeParam{}, make_hermite_data(1, 8));
  const HostPoints x("x", 5, 1);
  const HostMatrix expected("expected", 5, 9);
  for (int i = 0; i < 5; ++i) {
    x(i, 0) = golden::hermite_points[i];
    for (int m = 0; m < 9; ++m) expected(i, m) = golden::hermite[i][m];
  }
  EXPECT_TRUE(same(values_of(dictionary, x), expected, 1e-12, 1e-13));
}

/// The tensor product of the six-point Gauss-Hermite rule: exact for the standard normal law up to degree 11 of each coordinate.
struct Quadrature {
  HostPoints nodes;
  std::vector<double> weights;
};
Quadrature gauss_hermite(Index d) {
  Index n = 1;
  for (Index k = 0; k < d; ++k) n *= 6;
  Quadrature rule{HostPoints("nodes", n, d), std::vector<double>(static_cast<std::size_t>(n), 1.0)};
  for (Index i = 0; i < n; ++i)
    for (Index k = 0, rest = i; k < d; ++k, rest /= 6) {
      rule.nodes(i, k) = golden::gauss_nodes[rest % 6];
      rule.weights[static_cast<std::size_t>(i)] *= golden::gauss_weights[rest % 6];
    }
  return rule;
}

/// V = |x|^2 / 2: the eigenvalues of the generator are the total degrees, each as often as there are monomials of it.
TYPED_TEST(Polynomial, OrnsteinUhlenbeckSpectrumIsTheDegrees) {
  const Kokkos::DefaultHostExecutionSpace host;
  for (const Index d : {1, 2, 5}) {
    const int degree = d == 5 ? 3 : 5;
    const Quadrature rule = gauss_hermite(d);
    std::vector<double> degrees;
    for (const auto& powers : slow_exponents(static_cast<std::size_t>(d), degree)) {
      degrees.push_back(0);
      for (const int m : powers) degrees.back() += m;
    }
    const std::size_t p = degrees.size();

    PolynomialDictionary<TypeParam> hermite(TypeParam{}, make_hermite_data(d, degree));
    const Forms orthonormal = forms_of(hermite, rule.nodes, rule.weights);
    const HostMatrix identity("identity", p, p), diagonal("degrees", p, p);
    for (std::size_t a = 0; a < p; ++a) {
      identity(a, a) = 1;
      diagonal(a, a) = degrees[a];
    }
    EXPECT_TRUE(same(orthonormal.gram, identity, 1e-11, 1e-11)) << "d = " << d;
    EXPECT_TRUE(same(orthonormal.dirichlet, diagonal, 1e-11, 1e-11)) << "d = " << d;

    PolynomialDictionary<TypeParam> monomial(TypeParam{}, make_monomial_data(d, degree));
    const Forms forms = forms_of(monomial, rule.nodes, rule.weights);
    algebra::cholesky(host, forms.gram);  // G = R^T R; the spectrum is that of R^-T D R^-1
    const HostMatrix turned("turned", p, p);
    algebra::solve_upper(host, true, forms.gram, forms.dirichlet);
    for (std::size_t a = 0; a < p; ++a)
      for (std::size_t b = 0; b < p; ++b) turned(a, b) = forms.dirichlet(b, a);
    algebra::solve_upper(host, true, forms.gram, turned);
    const HostVector values("values", p);
    algebra::symmetric_eigen(turned, values);
    for (std::size_t a = 0; a < p; ++a) EXPECT_NEAR(values(a), degrees[a], 1e-6) << "d = " << d << ", pair " << a;
  }
}

TEST(Polynomial, OfASampleAreThoseOfTheStandardisedCoordinates) {
  HostPoints sample = cloud(500, {2, -1, 4}, 1, 3);
  for (Index i = 0; i < 500; ++i) {
    sample(i, 1) *= 30;
    sample(i, 2) = 0.25;  // does not vary: its unit is kept
  }
  const PolynomialDictionaryData data = make_hermite_data(sample, 34);
  EXPECT_EQ(data.degree, 3);  // C(6, 3) = 20 features, C(7, 3) = 35 of degree 4
  EXPECT_EQ(make_monomial_data(sample, 35).degree, 4);
  PolynomialDictionary<Kokkos::DefaultExecutionSpace> dictionary(Kokkos::DefaultExecutionSpace{}, data);
  const HostMatrix psi = values_of(dictionary, sample, 4);
  for (const Index a : {1, 2, 3}) {
    double mean = 0, square = 0;
    for (Index i = 0; i < 500; ++i) {
      mean += psi(i, a) / 500;
      square += psi(i, a) * psi(i, a) / 500;
    }
    EXPECT_NEAR(mean, 0, 1e-12);
    EXPECT_NEAR(square, a == 3 ? 0 : 1, 1e-12);
  }
  EXPECT_EQ(data.scale[2], 1);
}

TEST(Polynomial, DegreeIsTheLargestThatFits) {
  EXPECT_EQ(polynomial_degree(2, 15), 4);
  EXPECT_EQ(polynomial_degree(2, 14), 3);
  EXPECT_EQ(polynomial_degree(10, 11), 1);
  EXPECT_EQ(polynomial_degree(1, 64), 63);
  for (const Index d : {1, 2, 4})
    for (const Index degree : {0, 1, 3, 5})
      EXPECT_EQ(detail::tensor_count(d, degree), static_cast<Index>(slow_exponents(static_cast<std::size_t>(d), static_cast<int>(degree)).size()));
  EXPECT_EQ(detail::tensor_count(1, Index{1} << 40), (Index{1} << 40) + 1);  // at once, not by counting
  EXPECT_EQ(detail::tensor_count(3, Index{1} << 62), 1'000'000'000'000'000);
  PolynomialDictionary<Kokkos::DefaultExecutionSpace> linear(Kokkos::DefaultExecutionSpace{}, make_linear_data(4));
  expect_values(
      linear, normal_points(4),
      [](const std::vector<double>& x) {
        return std::vector<double>{1, x[0], x[1], x[2], x[3]};
      },
      0);
  PolynomialDictionary<Kokkos::DefaultExecutionSpace> constant(Kokkos::DefaultExecutionSpace{}, make_hermite_data(2, 0));
  expect_values(
      constant, normal_points(2), [](const std::vector<double>&) { return std::vector<double>{1}; }, 0);
  expect_slopes(constant, normal_points(2));
}

TEST(Polynomial, RefusesWhatCannotBe) {
  using Polynomial = PolynomialDictionary<Kokkos::DefaultHostExecutionSpace>;
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { polynomial_degree(5, 5); }), "in 5 dimensions number 6, more than the 5 features asked for"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { make_hermite_data(0, 2); }), "dimension must be 1 or more, got 0"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { make_hermite_data(2, 65); }), "degree must be a whole number from 0 to 64, got 65"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { make_monomial_data(30, 4); }), "at most 20000 are possible: take a lower degree"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { make_monomial_data(1000, 60); }), "more than 10^15 features"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { Polynomial({}, {"legendre", 2, 2, {}, {}}); }), "family is 'legendre'; known are: hermite monomial"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { Polynomial({}, {"hermite", 2, 2, {0}, {}}); }), "shift and scale must have a number for each coordinate"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] {
                         Polynomial({}, {"hermite", 2, 2, {}, {1, 0}});
                       }),
                       "scale: number 1 (from 0) must be a finite positive number, got 0"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { make_hermite_data(HostPoints("one", 1, 2), 10); }), "n of 2 or more"));
}

}  // namespace
