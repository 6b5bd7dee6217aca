// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/dictionary/gaussian.hpp>
#include <kswgd/support/check.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;

static_assert(Dictionary<GaussianDictionary<Kokkos::DefaultExecutionSpace>>);

template <class Exec>
class Gaussian : public ::testing::Test {};
TYPED_TEST_SUITE(Gaussian, ExecutionSpaces);

/// Values, means and descent against the plain loop, for a dimension, with all or some of the features.
template <class Exec>
void compare_with_slow_loop(const GaussianDictionaryData& data, Index n) {
  const Exec exec;
  const Index d = data.dimension;
  GaussianDictionary<Exec> dictionary(exec, data);
  const HostPoints host("x", n, d);
  for (Index i = 0; i < n; ++i)
    for (Index k = 0; k < d; ++k) host(i, k) = 1.2 * IndexedRandom(5, static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k));
  const Points<Exec> x = on_device<Exec>(host);
  for (const Index q : {dictionary.size(), dictionary.polynomials() + 33}) {
    const Matrix<Exec> psi("psi", n, q);
    const Vector<Exec> mean("mean", q), mean_mixed("mean_mixed", q);
    const HostVector c("c", dictionary.size());
    for (std::size_t a = 0; a < c.extent(0); ++a) c(a) = IndexedRandom(6, 0).normal(a);
    const Points<Exec> u("u", n, d), u_mixed("u_mixed", n, d);
    dictionary.evaluate(exec, x, psi);
    dictionary.mean(exec, x, mean, q);
    dictionary.template mean<float>(exec, x, mean_mixed, q);
    dictionary.descent(exec, x, to_device(exec, c), u, q);
    dictionary.template descent<float>(exec, x, to_device(exec, c), u_mixed, q);

    const HostMatrix slow_psi("slow psi", n, q), slow_mean("slow mean", q, 1), slow_u("slow u", n, d);
    std::vector<double> features;
    std::vector<std::vector<double>> gradients;
    for (Index i = 0; i < n; ++i) {
      std::vector<double> point;
      for (Index k = 0; k < d; ++k) point.push_back(host(i, k));
      slow_features(data, point.data(), features, gradients);
      for (Index a = 0; a < q; ++a) {
        slow_psi(i, a) = features[static_cast<std::size_t>(a)];
        slow_mean(a, 0) += slow_psi(i, a) / static_cast<double>(n);
        for (Index k = 0; k < d; ++k) slow_u(i, k) -= c(a) * gradients[static_cast<std::size_t>(a)][static_cast<std::size_t>(k)];
      }
    }
    const auto column = [](const auto& v) { return Kokkos::View<double**, Kokkos::LayoutLeft, typename Exec::memory_space>(v.data(), v.extent(0), 1); };
    EXPECT_TRUE(same(psi, slow_psi, 2e-13, 1e-300)) << "d = " << d;  // exponents up to 100, half an ulp each
    EXPECT_TRUE(same(column(mean), slow_mean, 1e-12, 1e-14)) << "d = " << d;
    EXPECT_TRUE(same(u, slow_u, 1e-11, 1e-11)) << "d = " << d;
    EXPECT_TRUE(same(column(mean_mixed), slow_mean, 1e-5, 1e-6)) << "d = " << d;  // float features
    EXPECT_TRUE(same(u_mixed, slow_u, 1e-4, 1e-3)) << "d = " << d;
  }
}

template <class Exec>
void compare_with_slow_loop(Index d, bool quadratics, Index n, bool squares = false) {
  auto data = small_dictionary(d, quadratics);
  data.squares = squares;
  compare_with_slow_loop<Exec>(data, n);
}

// A workspace that few points left behind must not be taken for that of many.
template <class Exec>
void evaluate_more_points_than_before() {
  const Exec exec;
  const auto data = small_dictionary(6, true);
  GaussianDictionary<Exec> used(exec, data), fresh(exec, data);
  const auto cloud_of = [](Index n) { return on_device<Exec>(cloud(n, {.1, .1, .1, .1, .1, .1}, 1.2, 5)); };
  const Vector<Exec> mean("mean", used.size());
  used.mean(exec, cloud_of(100), mean, used.size());
  const auto x = cloud_of(5000);
  const Matrix<Exec> psi("psi", 5000, used.size()), again("again", 5000, used.size());
  used.evaluate(exec, x, psi);
  fresh.evaluate(exec, x, again);
  EXPECT_TRUE(same(psi, again, 0, 0));
  used.mean(exec, x, mean, used.size());  // and the norms grow with them
  const Vector<Exec> expected("expected", used.size());
  fresh.mean(exec, x, expected, used.size());
  const auto column = [](const auto& v) { return Kokkos::View<double**, Kokkos::LayoutLeft, typename Exec::memory_space>(v.data(), v.extent(0), 1); };
  EXPECT_TRUE(same(column(mean), column(expected), 0, 0));
}
TYPED_TEST(Gaussian, AWorkspaceGrowsWithThePoints) { evaluate_more_points_than_before<TypeParam>(); }

TYPED_TEST(Gaussian, RefusesAMeanOfNoPointsAndHalfThePolynomials) {
  const TypeParam exec;
  GaussianDictionary<TypeParam> dictionary(exec, small_dictionary(2, true));
  const Vector<TypeParam> s("s", dictionary.size());
  EXPECT_THROW(dictionary.mean(exec, Points<TypeParam>("none", 0, 2), s, dictionary.size()), InvalidInput);
  EXPECT_THROW(dictionary.descent(exec, Points<TypeParam>("x", 1, 2), s, Points<TypeParam>("u", 1, 2), 3), InvalidInput);
}

TYPED_TEST(Gaussian, AgreesWithASlowLoopInOneToFourDimensions) {
  for (const Index d : {1, 2, 3, 4}) compare_with_slow_loop<TypeParam>(d, true, 300);
}
TYPED_TEST(Gaussian, AgreesWithASlowLoopInMoreDimensions) {
  for (const Index d : {5, 7, 16}) compare_with_slow_loop<TypeParam>(d, d != 7, 131);
}
TYPED_TEST(Gaussian, AgreesWithASlowLoopWithTheSquaresAlone) {
  for (const Index d : {1, 2, 3, 9}) compare_with_slow_loop<TypeParam>(d, false, 131, true);
}
TYPED_TEST(Gaussian, AgreesWithASlowLoopWithSquaresAlongAxes) {
  for (const Index d : {1, 2, 3, 9}) compare_with_slow_loop<TypeParam>(small_turned_dictionary(d), 131);
}
TYPED_TEST(Gaussian, AgreesWithASlowLoopForVeryFewPoints) { compare_with_slow_loop<TypeParam>(2, true, 1); }

/// descent is minus the derivative of psi . c, by central differences of evaluate.
template <class Exec>
void compare_with_finite_differences(Index d) {
  const Exec exec;
  GaussianDictionary<Exec> dictionary(exec, small_dictionary(d, true));
  const Index n = 20, p = dictionary.size();
  const HostVector c("c", p);
  for (Index a = 0; a < p; ++a) c(a) = IndexedRandom(6, 1).normal(static_cast<std::uint64_t>(a));
  const HostPoints x("x", n, d);
  for (Index i = 0; i < n; ++i)
    for (Index k = 0; k < d; ++k) x(i, k) = IndexedRandom(8, static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k));
  const auto potential = [&](const HostPoints& at) {
    const Matrix<Exec> psi("psi", n, p);
    dictionary.evaluate(exec, on_device<Exec>(at), psi);
    const auto host = on_host(psi);
    std::vector<double> values(static_cast<std::size_t>(n), 0.0);
    for (Index i = 0; i < n; ++i)
      for (Index a = 0; a < p; ++a) values[static_cast<std::size_t>(i)] += host(i, a) * c(a);
    return values;
  };
  const Points<Exec> u("u", n, d);
  dictionary.descent(exec, on_device<Exec>(x), to_device(exec, c), u, p);
  const auto descent = on_host(u);
  constexpr double h = 1e-5;
  for (Index k = 0; k < d; ++k) {
    const HostPoints up = on_host(x), down = on_host(x);
    for (Index i = 0; i < n; ++i) {
      up(i, k) += h;
      down(i, k) -= h;
    }
    const auto above = potential(up), below = potential(down);
    for (Index i = 0; i < n; ++i) EXPECT_NEAR(descent(i, k), -(above[static_cast<std::size_t>(i)] - below[static_cast<std::size_t>(i)]) / (2 * h), 1e-6);
  }
}
TYPED_TEST(Gaussian, DescentIsMinusTheGradient) {
  compare_with_finite_differences<TypeParam>(2);
  compare_with_finite_differences<TypeParam>(6);
}

TEST(Gaussian, SumsAreTheSameOnSerialAndOpenMP) {
#if defined(KOKKOS_ENABLE_SERIAL) && defined(KOKKOS_ENABLE_OPENMP)
  const auto data = small_dictionary(2, true);
  GaussianDictionary<Kokkos::Serial> serial(Kokkos::Serial{}, data);
  GaussianDictionary<Kokkos::OpenMP> openmp(Kokkos::OpenMP{}, data);
  const Points<Kokkos::Serial> x = cloud(5000, {0, 0}, 1, 3);
  const Vector<Kokkos::Serial> a("a", serial.size()), b("b", serial.size());
  serial.mean<float>(Kokkos::Serial{}, x, a, serial.size());
  openmp.mean<float>(Kokkos::OpenMP{}, x, b, serial.size());
  for (Index i = 0; i < serial.size(); ++i) EXPECT_EQ(a(i), b(i)) << "feature " << i;  // to the bit: the order of sums is fixed
#else
  GTEST_SKIP() << "needs both Serial and OpenMP";
#endif
}

TEST(Gaussian, RefusesAWidthThatIsNotPositive) {
  auto data = small_dictionary(2, true);
  data.widths(3) = 0;
  const std::string message = message_of<InvalidInput>([&] { GaussianDictionary<Kokkos::DefaultExecutionSpace>({}, data); });
  EXPECT_TRUE(contains(message, "widths: number 3 (from 0) must be a finite positive number, got 0")) << message;
}

}  // namespace
