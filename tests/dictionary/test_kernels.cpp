// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/dictionary/detail/gaussian_kernels.hpp>
#include <kswgd/dictionary/detail/gaussian_team_kernels.hpp>
#include <kswgd/dictionary/gaussian.hpp>

// The two passes against loops in long double, with the error measured by the sum of the absolute terms: what no algorithm that
// rounds its terms can undercut by much.

namespace {

using namespace kswgd;
using namespace kswgd::test;

/// Points, landmarks and coefficients whose largest |x| / h is about `reach`.
struct Problem {
  Problem(Index n, Index p, Index d, double width, double shift) : x("x", n, d), data{d, false, HostPoints("z", p, d), HostVector("h", p)}, c("c", p) {
    for (Index i = 0; i < n; ++i)
      for (Index k = 0; k < d; ++k) x(i, k) = shift + IndexedRandom(5, static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k));
    for (Index a = 0; a < p; ++a) {
      data.widths(a) = width * (a % 3 + 2) / 3;
      c(a) = IndexedRandom(6, 0).normal(static_cast<std::uint64_t>(a));
      for (Index k = 0; k < d; ++k) data.landmarks(a, k) = shift + IndexedRandom(7, static_cast<std::uint64_t>(a)).normal(static_cast<std::uint64_t>(k));
    }
  }
  HostPoints x;
  GaussianDictionaryData data;
  HostVector c;
};

struct Exact {
  std::vector<long double> mean, size;                   // of each Gaussian; the size of a mean is itself
  std::vector<std::vector<long double>> descent, terms;  // point by coordinate; sums of absolute terms
};

Exact slow(const Problem& problem) {
  const Index n = static_cast<Index>(problem.x.extent(0)), p = static_cast<Index>(problem.c.extent(0)), d = problem.data.dimension;
  Exact exact;
  exact.mean.assign(static_cast<std::size_t>(p), 0);
  for (Index i = 0; i < n; ++i) {
    std::vector<long double> u(static_cast<std::size_t>(d), 0), terms(static_cast<std::size_t>(d), 1e-300L);
    for (Index a = 0; a < p; ++a) {
      long double square = 0;
      const long double h = problem.data.widths(a);
      for (Index k = 0; k < d; ++k) {
        const long double difference = static_cast<long double>(problem.x(i, k)) - problem.data.landmarks(a, k);
        square += difference * difference;
      }
      const long double value = std::exp(-square / (2 * h * h));
      exact.mean[static_cast<std::size_t>(a)] += value / static_cast<long double>(n);
      for (Index k = 0; k < d; ++k) {
        const long double term = problem.c(a) / (h * h) * value * (static_cast<long double>(problem.x(i, k)) - problem.data.landmarks(a, k));
        u[static_cast<std::size_t>(k)] += term;
        terms[static_cast<std::size_t>(k)] += std::abs(term);
      }
    }
    exact.descent.push_back(u);
    exact.terms.push_back(terms);
  }
  return exact;
}

/// The largest error of the means that are not tiny, and of the descent.
struct Errors {
  double mean = 0, descent = 0;
};

template <class MeanView, class DescentView>
Errors errors(const Exact& exact, const MeanView& mean, Index first, const DescentView& descent) {
  Errors worst;
  for (std::size_t a = 0; a < exact.mean.size(); ++a)
    if (exact.mean[a] > 1e-12L) worst.mean = std::max(worst.mean, static_cast<double>(std::abs(mean(static_cast<std::size_t>(first) + a) / exact.mean[a] - 1)));
  for (std::size_t i = 0; i < exact.descent.size(); ++i)
    for (std::size_t k = 0; k < exact.descent[i].size(); ++k)
      if (exact.terms[i][k] > 1e-12L)
        worst.descent = std::max(worst.descent, static_cast<double>(std::abs(descent(i, k) - exact.descent[i][k]) / exact.terms[i][k]));
  return worst;
}

template <class Exec, class T>
Errors errors_of(const Problem& problem) {
  const Exec exec;
  GaussianDictionary<Exec> dictionary(exec, problem.data);
  const Index q = dictionary.size(), first = dictionary.polynomials();
  const Points<Exec> x = on_device<Exec>(problem.x), u("u", x.extent(0), x.extent(1));
  const Vector<Exec> mean("mean", q);
  const HostVector c("c", q);
  for (std::size_t a = 0; a < problem.c.extent(0); ++a) c(static_cast<std::size_t>(first) + a) = problem.c(a);
  dictionary.template mean<T>(exec, x, mean, q);
  dictionary.template descent<T>(exec, x, to_device(exec, c), u, q);
  return errors(slow(problem), to_host(exec, mean), first, to_host(exec, u));
}

template <class Exec>
class Kernels : public ::testing::Test {};
TYPED_TEST_SUITE(Kernels, ExecutionSpaces);

TYPED_TEST(Kernels, DoubleIsWithinAFewRoundings) {
  for (const Index d : {1, 2, 3, 4, 5, 8, 16, 19}) {
    const auto error = errors_of<TypeParam, double>(Problem(301, 150, d, d < 5 ? 0.4 : 0.5 * std::sqrt(static_cast<double>(d)), 0));
    EXPECT_LT(error.mean, 1e-14) << "d = " << d;
    EXPECT_LT(error.descent, 1e-14) << "d = " << d;
  }
}
TYPED_TEST(Kernels, FloatIsWithinAFewRoundings) {
  for (const Index d : {1, 2, 3, 4, 5, 8, 16, 19}) {
    const auto error = errors_of<TypeParam, float>(Problem(301, 150, d, d < 5 ? 0.4 : 0.5 * std::sqrt(static_cast<double>(d)), 0));
    EXPECT_LT(error.mean, 3e-6) << "d = " << d;  // |x| / h up to 9, exponents up to 20: inputs rounded to float alone give 1e-6
    EXPECT_LT(error.descent, 3e-6) << "d = " << d;
  }
}
/// |x| / h = 70 or so: the expanded exponent would have lost three digits (its terms are 2500), differences lose none.
TYPED_TEST(Kernels, NothingIsLostFarFromTheOrigin) {
  for (const Index d : {3, 6, 16}) {
    const Problem problem(200, 150, d, 1.5, 60 / std::sqrt(static_cast<double>(d)) * 1.5);
    const auto exact = errors_of<TypeParam, double>(problem);
    EXPECT_LT(exact.mean, 1e-14) << "d = " << d;
    EXPECT_LT(exact.descent, 1e-14) << "d = " << d;
    const auto single = errors_of<TypeParam, float>(problem);
    EXPECT_LT(single.mean, 3e-5) << "d = " << d;  // the inputs' rounding: 6e-8 |x| |x - z| / h^2
    EXPECT_LT(single.descent, 3e-5) << "d = " << d;
  }
}
/// Some blocks of points take the expanded form and others do not.
TYPED_TEST(Kernels, MixedBlocksAgree) {
  Problem problem(600, 150, 7, 1.2, 0);
  for (Index i = 256; i < 320; ++i)
    for (Index k = 0; k < 7; ++k) problem.x(i, k) += 300;
  const auto error = errors_of<TypeParam, double>(problem);
  EXPECT_LT(error.mean, 1e-14);
  EXPECT_LT(error.descent, 1e-14);
}

TYPED_TEST(Kernels, GaussiansOfPointsVeryFarAwayAreZero) {
  for (const Index d : {2, 6}) {
    Problem problem(10, 70, d, 0.5, 0);
    for (Index k = 0; k < d; ++k) problem.x(3, k) = k % 2 ? -1e200 : 1e200;
    const TypeParam exec;
    GaussianDictionary<TypeParam> dictionary(exec, problem.data);
    const Points<TypeParam> x = on_device<TypeParam>(problem.x), u("u", 10, d), v("v", 10, d);
    const Matrix<TypeParam> psi("psi", 10, dictionary.size());
    const HostVector c("c", dictionary.size());
    for (std::size_t a = 0; a < 70; ++a) c(static_cast<std::size_t>(dictionary.polynomials()) + a) = problem.c(a);
    dictionary.evaluate(exec, x, psi);
    dictionary.descent(exec, x, to_device(exec, c), u, dictionary.size());
    dictionary.template descent<float>(exec, x, to_device(exec, c), v, dictionary.size());
    const auto features = to_host(exec, psi);
    for (Index a = dictionary.polynomials(); a < dictionary.size(); ++a) EXPECT_LE(features(3, a), 0x1p-960);  // where exponents end
    for (Index k = 0; k < d; ++k) {
      EXPECT_LT(std::abs(to_host(exec, u)(3, k)), 1e-100);
      EXPECT_LT(std::abs(to_host(exec, v)(3, k)), 1e-15);
    }
  }
}

/// The kernels of a GPU, also where there is none: teams of one thread.
template <class Exec, class T, int D>
Errors team_errors(const Problem& problem) {
  const Exec exec;
  const Index n = static_cast<Index>(problem.x.extent(0)), p = static_cast<Index>(problem.c.extent(0)), d = problem.data.dimension;
  const Index group_size = 256, groups = (n + group_size - 1) / group_size;
  Kokkos::View<T**, Kokkos::LayoutLeft, Kokkos::HostSpace> x("x", detail::padded(n), d), z("z", detail::padded(p), d);
  Kokkos::View<T*, Kokkos::HostSpace> rate("rate", detail::padded(p)), weight("weight", detail::padded(p));
  for (Index k = 0; k < d; ++k) {
    for (Index i = 0; i < n; ++i) x(i, k) = static_cast<T>(problem.x(i, k));
    for (Index a = 0; a < p; ++a) z(a, k) = static_cast<T>(problem.data.landmarks(a, k));
  }
  for (Index a = 0; a < p; ++a) {
    const double h = problem.data.widths(a);
    rate(a) = static_cast<T>(Kokkos::numbers::log2e / (2 * h * h));
    weight(a) = static_cast<T>(problem.c(a) / (h * h));
  }
  const detail::Landmarks<Exec, T> landmarks{to_device(exec, z), to_device(exec, rate), {}, {}, {}, {}};
  const Points<Exec, T> points = to_device(exec, x);
  const Vector<Exec, T> weights = to_device(exec, weight);
  const Matrix<Exec> partial("partial", detail::padded(p), groups);
  const Points<Exec> u("u", n, d);
  detail::mean_by_teams<D>(exec, points, n, landmarks, p, partial, group_size, static_cast<int>(d));
  detail::descent_by_teams<D>(exec, points, n, landmarks, p, weights, u, static_cast<int>(d));
  const auto sums = to_host(exec, partial);
  const HostVector mean("mean", p);
  for (Index a = 0; a < p; ++a)
    for (Index group = 0; group < groups; ++group) mean(a) += sums(a, group) / static_cast<double>(n);
  return errors(slow(problem), mean, 0, to_host(exec, u));
}

template <class Exec, int D>
void check_teams(Index d) {
  const Problem problem(601, 150, d, d < 5 ? 0.4 : 0.5 * std::sqrt(static_cast<double>(d)), 0);
  const auto precise = team_errors<Exec, double, D>(problem), single = team_errors<Exec, float, D>(problem);
  EXPECT_LT(precise.mean, 1e-14) << "d = " << d;
  EXPECT_LT(precise.descent, 1e-14) << "d = " << d;
  EXPECT_LT(single.mean, 8e-6) << "d = " << d;  // |x| / h up to 15, |x - z| / h up to 7 where a feature still counts
  EXPECT_LT(single.descent, 8e-6) << "d = " << d;
}
TYPED_TEST(Kernels, TeamsAgreeWithALoop) {
  check_teams<TypeParam, 2>(2);
  check_teams<TypeParam, 3>(3);
  check_teams<TypeParam, 0>(2);
  check_teams<TypeParam, 0>(16);
  check_teams<TypeParam, 0>(60);
}

}  // namespace
