// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What every dictionary promises, and what each is: values by the definition, written again, and gradients by differences.
#include "golden/dictionaries.hpp"
#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/dictionary/any_dictionary.hpp>
#include <kswgd/dictionary/combined.hpp>
#include <kswgd/dictionary/fourier.hpp>
#include <kswgd/dictionary/indicator.hpp>
#include <kswgd/dictionary/perceptron.hpp>
#include <kswgd/dictionary/periodic.hpp>
#include <kswgd/dictionary/polynomial.hpp>

#include <numbers>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Standard = Kokkos::DefaultExecutionSpace;

static_assert(Dictionary<FourierDictionary<Standard>> && FactoredDirichlet<FourierDictionary<Standard>>);
static_assert(Dictionary<PolynomialDictionary<Standard>> && Dictionary<TrigonometricDictionary<Standard>>);
static_assert(Dictionary<VonMisesDictionary<Standard>> && Dictionary<IndicatorDictionary<Standard>> && Dictionary<PerceptronDictionary<Standard>>);

template <class Exec>
class EachDictionary : public ::testing::Test {};
TYPED_TEST_SUITE(EachDictionary, ExecutionSpaces);

template <class Exec>
HostMatrix values_at(AnyDictionary<Exec>& dictionary, const HostPoints& x, Index q) {
  const Matrix<Exec> psi("psi", x.extent(0), q);
  dictionary.evaluate(Exec{}, on_device<Exec>(x), psi);
  return on_host(psi);
}

/// The constant first, the first q features whatever q is, derivatives as by central differences, and both passes of the flow as
/// by sums over the features.
template <class Exec>
void check_promises(const char* name, AnyDictionary<Exec> dictionary, const HostPoints& x) {
  const Exec exec;
  const Index n = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1)), p = dictionary.size();
  ASSERT_EQ(dictionary.dimension(), d) << name;
  const HostMatrix psi = values_at(dictionary, x, p), some = values_at(dictionary, x, p / 2 + 1);
  for (Index i = 0; i < n; ++i) {
    EXPECT_EQ(psi(i, 0), 1) << name;
    for (Index a = 0; a < p / 2 + 1; ++a) EXPECT_EQ(some(i, a), psi(i, a)) << name << ", feature " << a;
  }
  const HostVector c("c", p);
  for (Index a = 0; a < p; ++a) c(a) = IndexedRandom(7, 0).normal(static_cast<std::uint64_t>(a));
  const HostPoints expected("descent", n, d);
  for (Index k = 0; k < d; ++k) {
    constexpr double h = 1e-5;
    const HostPoints right = on_host(x), left = on_host(x);
    for (Index i = 0; i < n; ++i) {
      right(i, k) += h;
      left(i, k) -= h;
    }
    const HostMatrix above = values_at(dictionary, right, p), below = values_at(dictionary, left, p), differences("differences", n, p);
    for (Index i = 0; i < n; ++i)
      for (Index a = 0; a < p; ++a) {
        differences(i, a) = (above(i, a) - below(i, a)) / (2 * h);
        expected(i, k) -= c(a) * differences(i, a);
      }
    const Matrix<Exec> dpsi("dpsi", n, p);
    dictionary.gradient(exec, on_device<Exec>(x), k, dpsi);
    EXPECT_TRUE(same(dpsi, differences, 1e-6, 1e-6)) << name << ", coordinate " << k;
  }
  const Vector<Exec> s("s", p);
  dictionary.mean(exec, on_device<Exec>(x), s, p, Precision::fp64);
  const auto hs = to_host(exec, s);
  for (Index a = 0; a < p; ++a) {
    double mean = 0;
    for (Index i = 0; i < n; ++i) mean += psi(i, a) / static_cast<double>(n);
    EXPECT_NEAR(hs(a), mean, 1e-12 * (1 + std::abs(mean))) << name;
  }
  const Points<Exec> u("u", n, d);
  dictionary.descent(exec, on_device<Exec>(x), to_device(exec, c), u, p, Precision::fp64);
  EXPECT_TRUE(same(u, expected, 1e-5, 1e-4)) << name;
}

PerceptronDictionaryData some_network(const std::string& activation) {
  PerceptronDictionaryData network{activation, {HostMatrix("W0", 4, 2), HostMatrix("W1", 3, 4)}, {{.1, -.2, .3, .5}, {0, -.5, .25}}};
  for (std::size_t l = 0; l < 2; ++l)
    for (std::size_t i = 0; i < network.weights[l].extent(0); ++i)
      for (std::size_t j = 0; j < network.weights[l].extent(1); ++j) network.weights[l](i, j) = IndexedRandom(3 + l, i).normal(j);
  return network;
}

template <class Exec>
void check_all() {
  const Exec exec;
  const HostPoints x = cloud(37, {0.2, -0.4}, 0.9, 5);
  check_promises<Exec>("fourier", FourierDictionary<Exec>(exec, make_fourier_data(x, 20, 0.8, 1)), x);
  check_promises<Exec>("hermite", PolynomialDictionary<Exec>(exec, make_hermite_data(x, 21)), x);
  check_promises<Exec>("monomial", PolynomialDictionary<Exec>(exec, make_monomial_data(2, 4)), x);
  check_promises<Exec>("linear", PolynomialDictionary<Exec>(exec, make_linear_data(2)), x);
  check_promises<Exec>("trigonometric", TrigonometricDictionary<Exec>(exec, make_trigonometric_data({3, 5}, 30)), x);
  check_promises<Exec>("von Mises", VonMisesDictionary<Exec>(exec, make_von_mises_data(exec, cloud(300, {0, 0}, 1, 2), {3, 5}, 300).data), x);
  for (const char* activation : {"tanh", "softplus", "silu", "gelu"})
    check_promises<Exec>(activation, PerceptronDictionary<Exec>(exec, some_network(activation)), x);
  const PolynomialDictionary<Exec> hermite(exec, make_hermite_data(2, 2));
  const FourierDictionary<Exec> fourier(exec, make_fourier_data(x, 6, 1, 1));
  check_promises<Exec>("sum", SumDictionary(hermite, fourier), x);
  check_promises<Exec>("product", ProductDictionary(hermite, fourier), x);
}
TYPED_TEST(EachDictionary, KeepsItsPromises) { check_all<TypeParam>(); }

TEST(Dictionaries, HermitePolynomialsAreThoseOfNumPy) {
  PolynomialDictionary<Standard> dictionary(Standard{}, make_hermite_data(1, 8));
  const HostPoints x("x", 5, 1);
  for (Index i = 0; i < 5; ++i) x(i, 0) = golden::hermite_points[i];
  AnyDictionary<Standard> any = dictionary;
  const HostMatrix psi = values_at(any, x, 9);
  for (Index i = 0; i < 5; ++i)
    for (Index a = 0; a < 9; ++a) EXPECT_NEAR(psi(i, a), golden::hermite[i][a], 1e-12 * (1 + std::abs(golden::hermite[i][a])));
}

TEST(Dictionaries, NetworksAreThoseOfNumPy) {
  PerceptronDictionaryData network{"tanh", {HostMatrix("W0", 3, 2), HostMatrix("W1", 2, 3)}, {{0.1, -0.4, 0.2}, {-0.3, 0.7}}};
  const double w0[3][2] = {{0.5, -1.2}, {2.0, 0.3}, {-0.7, 0.9}}, w1[2][3] = {{1.5, -0.6, 0.8}, {0.2, 1.1, -2.0}};
  for (Index i = 0; i < 3; ++i)
    for (Index j = 0; j < 2; ++j) {
      network.weights[0](i, j) = w0[i][j];
      network.weights[1](j, i) = w1[j][i];
    }
  const HostPoints x("x", 1, 2);
  x(0, 0) = 0.8;
  x(0, 1) = -1.7;
  for (const auto& [activation, outputs] : golden::networks) {
    network.activation = activation;
    AnyDictionary<Standard> any = PerceptronDictionary<Standard>(Standard{}, network);
    const HostMatrix psi = values_at(any, x, 3);
    for (Index a = 0; a < 2; ++a) EXPECT_NEAR(psi(0, a + 1), outputs[a], 1e-13) << activation;
  }
}

TEST(Dictionaries, HermitePolynomialsAreTheOrnsteinUhlenbeckEigenfunctions) {
  // Under exact Gauss-Hermite quadrature (6 nodes: degree 11) G is the identity and D the total degree, in 1 and 2 dimensions.
  const Standard exec;
  for (const Index d : {1, 2}) {
    AnyDictionary<Standard> dictionary = PolynomialDictionary<Standard>(exec, make_hermite_data(d, 5));
    const Index n = d == 1 ? 6 : 36, p = dictionary.size();
    const HostPoints x("x", n, d);
    std::vector<double> weight(static_cast<std::size_t>(n), 1.0);
    for (Index i = 0; i < n; ++i)
      for (Index k = 0; k < d; ++k) {
        const auto node = static_cast<std::size_t>(k == 0 ? i % 6 : i / 6);
        x(i, k) = golden::gauss_nodes[node];
        weight[static_cast<std::size_t>(i)] *= golden::gauss_weights[node];
      }
    const HostMatrix psi = values_at(dictionary, x, p), gram("gram", p, p), dirichlet("dirichlet", p, p);
    std::vector<HostMatrix> slopes;
    for (Index k = 0; k < d; ++k) {
      const Matrix<Standard> dpsi("dpsi", n, p);
      dictionary.gradient(exec, on_device<Standard>(x), k, dpsi);
      slopes.push_back(on_host(dpsi));
    }
    for (Index a = 0; a < p; ++a)
      for (Index b = 0; b < p; ++b) {
        for (Index i = 0; i < n; ++i) {
          const double w = weight[static_cast<std::size_t>(i)];
          gram(a, b) += w * psi(i, a) * psi(i, b);
          for (const auto& slope : slopes) dirichlet(a, b) += w * slope(i, a) * slope(i, b);
        }
        EXPECT_NEAR(gram(a, b), a == b, 1e-12);
        if (a != b) {
          EXPECT_NEAR(dirichlet(a, b), 0, 1e-11);
        }
      }
    if (d == 1) {
      for (Index a = 0; a < p; ++a) EXPECT_NEAR(dirichlet(a, a), static_cast<double>(a), 1e-11);
    }
    double trace = 0;  // the degrees of all 21 products up to degree 5 in two dimensions sum to 70
    for (Index a = 0; a < p; ++a) trace += dirichlet(a, a);
    EXPECT_NEAR(trace, d == 1 ? 15 : 70, 1e-9);
  }
}

TEST(Dictionaries, RandomFeaturesAreCosinesAndTheirFormHasAFactor) {
  const Standard exec;
  const auto data = make_fourier_data(cloud(50, {0, 0, 0}, 1, 3), 12, 0.9, 4);
  FourierDictionary<Standard> fourier(exec, data);
  const HostPoints x = cloud(40, {0, 0, 0}, 1, 8);
  AnyDictionary<Standard> any = fourier;
  const HostMatrix psi = values_at(any, x, 12), direct("direct", 12, 12);
  for (Index i = 0; i < 40; ++i)
    for (Index a = 1; a < 12; ++a) {
      double phase = data.phases(a - 1);
      for (Index k = 0; k < 3; ++k) phase += data.frequencies(a - 1, k) * x(i, k);
      EXPECT_NEAR(psi(i, a), std::cos(phase), 1e-13);
    }
  const Matrix<Standard> f("f", 40, 12), form("form", 12, 12);
  const auto sum = Kokkos::create_mirror_view(form);
  for (Index j = 0; j < fourier.dirichlet_factors(); ++j) {
    fourier.dirichlet_factor(exec, on_device<Standard>(x), j, f);
    const auto hf = on_host(f);
    for (Index a = 0; a < 12; ++a)
      for (Index b = 0; b < 12; ++b)
        for (Index i = 0; i < 40; ++i) sum(a, b) += hf(i, a) * hf(i, b);
  }
  Kokkos::deep_copy(form, sum);
  fourier.weigh_dirichlet(exec, form);
  for (Index k = 0; k < 3; ++k) {
    fourier.gradient(exec, on_device<Standard>(x), k, f);
    const auto hf = on_host(f);
    for (Index a = 0; a < 12; ++a)
      for (Index b = 0; b < 12; ++b)
        for (Index i = 0; i < 40; ++i) direct(a, b) += hf(i, a) * hf(i, b);
  }
  EXPECT_TRUE(same(form, direct, 1e-11, 1e-11));
}

TEST(Dictionaries, CellsAreThoseOfTheNearestLandmark) {
  const Standard exec;
  const auto data = make_bins_data(cloud(400, {0, 0}, 1, 6), {4, 3});
  AnyDictionary<Standard> dictionary = IndicatorDictionary<Standard>(exec, data);
  const HostPoints x = cloud(60, {0, 0}, 1, 9);
  const HostMatrix psi = values_at(dictionary, x, dictionary.size());
  for (Index i = 0; i < 60; ++i) {
    Index nearest = 0;
    double least = 1e300;
    for (std::size_t a = 0; a < data.landmarks.extent(0); ++a) {
      const double square = std::pow(x(i, 0) - data.landmarks(a, 0), 2) + std::pow(x(i, 1) - data.landmarks(a, 1), 2);
      if (square < least) {
        least = square;
        nearest = static_cast<Index>(a);
      }
    }
    for (Index a = 1; a < dictionary.size(); ++a) EXPECT_EQ(psi(i, a), a == nearest ? 1 : 0);
  }
}

TEST(Dictionaries, RefusalsSayWhatIsWrong) {
  const Standard exec;
  EXPECT_NE(message_of<InvalidInput>([&] { make_fourier_data(cloud(50, {0}, 1, 3), 1); }), "");
  EXPECT_NE(message_of<InvalidInput>([&] { PerceptronDictionary<Standard>(exec, some_network("relu6")); }), "");
  EXPECT_NE(message_of<InvalidInput>([&] { TrigonometricDictionary<Standard>(exec, {{-1}, 2, "total"}); }), "");
  EXPECT_NE(message_of<InvalidInput>([&] { polynomial_degree(10, 5); }), "");
}

}  // namespace
