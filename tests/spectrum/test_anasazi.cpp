// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/pencils.hpp"
#include "support/views.hpp"

#include <kswgd/spectrum/anasazi.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cstdio>
#include <thread>

namespace {

using namespace kswgd;
using namespace kswgd::test;

template <class Exec>
class Anasazi : public ::testing::Test {};
TYPED_TEST_SUITE(Anasazi, ExecutionSpaces);

constexpr Method methods[] = {Method::block_krylov_schur, Method::lobpcg, Method::block_davidson};
const char* const names[] = {"anasazi block-krylov-schur", "anasazi lobpcg", "anasazi block-davidson"};

/// Slow modes with repeated values, and a tail that decays as that of a dictionary does.
std::vector<double> slow_modes_and_a_tail(std::size_t p) {
  std::vector<double> theta = {1000, 1.4, 1.4, 0.7, 0.2, 0.2, 0.2, 0.2, 0.15};
  while (theta.size() < p) theta.push_back(0.1 / std::pow(1 + 0.05 * static_cast<double>(theta.size()), 2));
  return theta;
}

/// |P - P'| of the projectors onto two sets of columns, by the residual of one in the other: the sine of the largest angle.
double largest_angle(const HostMatrix& a, const HostMatrix& b, Index first, Index last) {
  // Orthonormalise b's columns (Gram-Schmidt, twice), then what is left of a's.
  const std::size_t p = a.extent(0);
  std::vector<std::vector<double>> basis;
  const auto remove = [&](std::vector<double>& v) {
    for (int pass = 0; pass < 2; ++pass)
      for (const auto& e : basis) {
        double dot = 0;
        for (std::size_t i = 0; i < p; ++i) dot += e[i] * v[i];
        for (std::size_t i = 0; i < p; ++i) v[i] -= dot * e[i];
      }
  };
  const auto norm = [](const std::vector<double>& v) {
    double s = 0;
    for (const double x : v) s += x * x;
    return std::sqrt(s);
  };
  double worst = 0;
  for (Index j = first; j < last; ++j) {
    std::vector<double> v(&b(0, j), &b(0, j) + p);
    remove(v);
    const double length = norm(v);
    for (double& x : v) x /= length;
    basis.push_back(v);
  }
  for (Index j = first; j < last; ++j) {
    std::vector<double> v(&a(0, j), &a(0, j) + p);
    const double length = norm(v);
    remove(v);
    worst = std::max(worst, norm(v) / length);
  }
  return worst;
}

template <class Exec>
void compare_with_dense(std::size_t p) {
  const Exec exec;
  const auto theta = slow_modes_and_a_tail(p);
  const auto pencil = pencil_with<Exec>(theta);
  const auto dense = dense_solver<Exec>()(exec, pencil, 9);
  for (int m = 0; m < 3; ++m) {
    const auto pairs = anasazi_solver<Exec>({.method = methods[m]})(exec, pencil, 9);
    EXPECT_EQ(pairs.report.solver, names[m]);
    EXPECT_EQ(pairs.report.converged, 9) << names[m];
    EXPECT_LT(pairs.report.worst_residual, 1e-8) << names[m];
    ASSERT_EQ(pairs.theta.extent(0), 9U) << names[m];
    for (std::size_t k = 0; k < 9; ++k) EXPECT_NEAR(pairs.theta(k), theta[k], 1e-10 * theta[0]) << names[m];  // prescribed
    // Invariant subspaces: a single value, a pair, and four times the same.
    for (const auto& [first, last] : {std::pair<Index, Index>{0, 1}, {1, 3}, {3, 4}, {4, 8}, {8, 9}})
      EXPECT_LT(largest_angle(pairs.vectors, dense.vectors, first, last), 1e-5) << names[m] << " modes " << first << " to " << last;
  }
}
TYPED_TEST(Anasazi, AgreesWithTheDenseSolverOnRepeatedValues) { compare_with_dense<TypeParam>(240); }

template <class Exec>
void check_operators() {
  const auto theta = slow_modes_and_a_tail(240);
  const auto pencil = pencil_with<Exec>(theta);
  const SymmetricOperator<Exec> s = detail::operator_of(pencil);
  const auto dense = dense_operator_solver<Exec>()(Exec{}, s, 9);
  for (int m = 0; m < 3; ++m) {
    const auto pairs = anasazi_operator_solver<Exec>({.method = methods[m]})(Exec{}, s, 9);
    EXPECT_EQ(pairs.report.solver, names[m]);
    EXPECT_EQ(pairs.report.converged, 9) << names[m];
    for (std::size_t k = 0; k < 9; ++k) {
      EXPECT_NEAR(pairs.theta(k), theta[k], 1e-10 * theta[0]) << names[m];  // prescribed
      EXPECT_NEAR(dense.theta(k), theta[k], 1e-10 * theta[0]);
    }
    EXPECT_LT(largest_angle(pairs.vectors, dense.vectors, 1, 3), 1e-5) << names[m];
  }
  EXPECT_EQ(anasazi_operator_solver<Exec>()(Exec{}, s, 40).report.solver, "lapack dense");  // too small for that many
}
TYPED_TEST(Anasazi, TakesAnOperatorWithoutAMatrix) { check_operators<TypeParam>(); }

template <class Exec>
void check_guess() {
  const auto theta = slow_modes_and_a_tail(240);
  auto pencil = pencil_with<Exec>(theta);
  const auto dense = dense_solver<Exec>()(Exec{}, pencil, 12);
  const auto leading = [&](const std::vector<std::size_t>& modes, double noise) {
    const HostMatrix guess("guess", 240, modes.size());
    for (std::size_t j = 0; j < modes.size(); ++j)
      for (std::size_t i = 0; i < 240; ++i) guess(i, j) = dense.vectors(i, modes[j]) + noise * IndexedRandom(3, j).normal(i);
    return guess;
  };
  const std::vector<std::size_t> all = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  for (int m = 0; m < 3; ++m) {
    const auto solver = anasazi_solver<Exec>({.method = methods[m], .tolerance = 1e-6});
    const auto expect_pairs = [&](const HostMatrix& guess, const std::string& what) {
      pencil.guess = guess;
      const auto pairs = solver(Exec{}, pencil, 9);
      EXPECT_EQ(pairs.report.solver, names[m]) << what;
      EXPECT_EQ(pairs.report.converged, 9) << names[m] << what;
      for (std::size_t k = 0; k < pairs.theta.extent(0); ++k) EXPECT_NEAR(pairs.theta(k), theta[k], 1e-9 * theta[0]) << names[m] << what;
      return pairs.report.iterations;
    };
    const Index from_noise = expect_pairs({}, " without a guess");
    EXPECT_LT(expect_pairs(leading(all, 1e-3), " near the truth"), from_noise) << names[m];
    expect_pairs(leading(all, 0), " at the truth");
    expect_pairs(leading({0, 1, 2, 9, 4, 5, 6, 7, 8}, 0), " without the fourth mode");
    expect_pairs(leading({0, 0, 0, 1, 1, 11}, 0), " of little use");
  }
}
TYPED_TEST(Anasazi, StartsFromAGuess) { check_guess<TypeParam>(); }

template <class Exec>
void check_repeatability() {
  const auto pencil = pencil_with<Exec>(slow_modes_and_a_tail(240));
  const auto solver = anasazi_solver<Exec>();
  const auto one = solver(Exec{}, pencil, 6), two = solver(Exec{}, pencil, 6);
  EXPECT_EQ(one.report.solver, names[0]);
  EXPECT_TRUE(same(one.vectors, two.vectors, 0));
  for (Index j = 0; j < 6; ++j) {  // the entry of largest magnitude is positive
    double lowest = 0, highest = 0;
    for (std::size_t i = 0; i < one.vectors.extent(0); ++i) {
      lowest = std::min(lowest, one.vectors(i, j));
      highest = std::max(highest, one.vectors(i, j));
    }
    EXPECT_GE(highest, -lowest * (1 - 1e-7));
  }
}
TYPED_TEST(Anasazi, TwoRunsAgreeToTheBit) { check_repeatability<TypeParam>(); }

template <class Exec>
void check_small() {
  const auto pairs = anasazi_solver<Exec>()(Exec{}, pencil_with<Exec>({3, 2, 1}), 2);
  EXPECT_EQ(pairs.report.solver, "lapack dense");
  EXPECT_NEAR(pairs.theta(0), 3, 1e-12);
  EXPECT_NEAR(pairs.theta(1), 2, 1e-12);
}
TYPED_TEST(Anasazi, SmallProblemsAreSolvedDensely) { check_small<TypeParam>(); }

template <class Exec>
void check_report() {
  // One restart at an impossible tolerance: the iteration gives up and the report says who did the work.
  const auto pairs = anasazi_solver<Exec>({.tolerance = 1e-30, .max_restarts = 1})(Exec{}, pencil_with<Exec>(slow_modes_and_a_tail(240)), 9);
  EXPECT_EQ(pairs.report.solver, "lapack dense (anasazi block-krylov-schur did not converge)");
  EXPECT_NEAR(pairs.theta(0), 1000, 1e-7);
}
TYPED_TEST(Anasazi, FallsBackToTheDenseSolverAndSaysSo) { check_report<TypeParam>(); }

/// All three methods find the prescribed largest values, by the iteration and not by its dense fallback.
template <class Exec>
void check_methods(std::vector<double> theta, Index wanted) {
  const auto pencil = pencil_with<Exec>(theta);
  std::sort(theta.rbegin(), theta.rend());
  for (int m = 0; m < 3; ++m) {
    const auto pairs = anasazi_solver<Exec>({.method = methods[m]})(Exec{}, pencil, wanted);
    EXPECT_EQ(pairs.report.solver, names[m]);
    EXPECT_EQ(pairs.report.converged, wanted) << names[m];
    ASSERT_EQ(static_cast<Index>(pairs.theta.extent(0)), wanted) << names[m];
    for (Index k = 0; k < wanted; ++k) EXPECT_NEAR(pairs.theta(k), theta[static_cast<std::size_t>(k)], 1e-12 * theta[0]) << names[m] << " pair " << k;
  }
}
std::vector<double> with_tail(std::vector<double> theta, std::size_t p, double size) {
  while (theta.size() < p) theta.push_back(size / std::pow(1 + 0.05 * static_cast<double>(theta.size()), 2));
  return theta;
}

/// A noisy lagged correlation is indefinite: the largest eigenvalues are wanted, not those of largest magnitude.
template <class Exec>
void check_indefinite() {
  std::vector<double> theta = {.9, .8, .7, .6, .5, .4};
  for (int k = 0; k < 20; ++k) theta.push_back(-.95 + .03 * k);
  check_methods<Exec>(with_tail(theta, 240, .05), 6);
}
TYPED_TEST(Anasazi, LargeNegativeValuesAreNotWanted) { check_indefinite<TypeParam>(); }

/// Values 1e-6 apart; six times the same, which is more than a block of four; and the last of five in a space that S maps to
/// nothing else, where the iteration must make up new directions.
template <class Exec>
void check_hard_spectra() {
  check_methods<Exec>(with_tail({1, 1 - 1e-6, 1 - 2e-6, 1 - 3e-6, 1 - 4e-6, 1 - 5e-6}, 240, .05), 8);
  check_methods<Exec>(with_tail({1, .5, .5, .5, .5, .5, .5, .3}, 240, .05), 8);
  std::vector<double> low_rank = {3, 2, 2, 1, 1};
  low_rank.resize(240, 0.0);
  check_methods<Exec>(low_rank, 5);
  check_methods<Exec>(std::vector<double>(240, 1.0), 4);
}
TYPED_TEST(Anasazi, ClusteredRepeatedAndVanishingValues) { check_hard_spectra<TypeParam>(); }

/// More pairs than S has values beside 0: at a restart rounding makes pairs of the zeros complex, which once wrote beyond the
/// end of Anasazi's work space.
template <class Exec>
void check_exhausted() {
  std::vector<double> theta = {3, 2, 2, 1, 1};
  theta.resize(300, 0.0);
  const auto pairs = anasazi_solver<Exec>()(Exec{}, pencil_with<Exec>(theta), 9);
  ASSERT_EQ(pairs.theta.extent(0), 9U);
  for (std::size_t k = 0; k < 9; ++k) EXPECT_NEAR(pairs.theta(k), theta[k], 1e-12);
}
TYPED_TEST(Anasazi, MorePairsThanTheOperatorHas) { check_exhausted<TypeParam>(); }

template <class Exec>
void check_no_pairs() {
  for (const Method method : methods) {
    const auto pairs = anasazi_solver<Exec>({.method = method, .tolerance = 1e-30, .max_restarts = 1, .dense_limit = 0})(
        Exec{}, pencil_with<Exec>(slow_modes_and_a_tail(240)), 9);
    EXPECT_LT(pairs.report.converged, 9);
    EXPECT_EQ(pairs.report.wanted, 9);
    EXPECT_EQ(pairs.theta.extent(0), pairs.vectors.extent(1));
  }
}
TYPED_TEST(Anasazi, WithoutAFallbackItReturnsWhatConverged) { check_no_pairs<TypeParam>(); }

template <class Exec>
void check_tiny() {
  for (Index p = 1; p <= 10; ++p) {
    std::vector<double> theta;
    for (Index k = p; k > 0; --k) theta.push_back(static_cast<double>(k));
    const auto pencil = pencil_with<Exec>(theta);
    for (Index wanted = 0; wanted <= p; ++wanted) {
      const auto pairs = anasazi_solver<Exec>()(Exec{}, pencil, wanted);
      ASSERT_EQ(static_cast<Index>(pairs.theta.extent(0)), wanted);
      EXPECT_EQ(pairs.report.converged, wanted);
      for (Index k = 0; k < wanted; ++k) EXPECT_NEAR(pairs.theta(k), theta[static_cast<std::size_t>(k)], 1e-11);
    }
  }
}
TYPED_TEST(Anasazi, TinyProblems) { check_tiny<TypeParam>(); }

/// The size that the flow's last level has, one slow mode 100 times the others. Times are printed, not asserted.
TEST(Anasazi, ThirtyThreePairsOfEightHundred) {
  using Exec = Kokkos::DefaultExecutionSpace;
  std::vector<double> theta;
  for (int k = 0; k < 800; ++k) theta.push_back(1 / (.01 + .75 * k));
  const auto pencil = pencil_with<Exec>(theta);
  for (int m = 0; m < 3; ++m) {
    const auto solver = anasazi_solver<Exec>({.method = methods[m]});
    const Kokkos::Timer timer;
    const auto pairs = solver(Exec{}, pencil, 33);
    std::printf("%s, 33 pairs of 800: %.3f s, %lld applications\n", names[m], timer.seconds(), static_cast<long long>(pairs.report.iterations));
    EXPECT_EQ(pairs.report.solver, names[m]);
    EXPECT_EQ(pairs.report.converged, 33);
    for (std::size_t k = 0; k < 33; ++k) EXPECT_NEAR(pairs.theta(k), theta[k], 1e-12 * theta[0]);
  }
}

TEST(Anasazi, IsCalledFromSeveralThreads) {
  using Exec = Kokkos::DefaultHostExecutionSpace;
  constexpr int count = 4;
  const auto solve = [](Index p) {
    const Exec exec = Kokkos::Experimental::partition_space(Exec(), 1)[0];
    const auto pairs = anasazi_solver<Exec>({})(exec, pencil_with<Exec>(slow_modes_and_a_tail(static_cast<std::size_t>(p))), 8);
    return std::vector<double>(pairs.vectors.data(), pairs.vectors.data() + pairs.vectors.size());
  };
  std::vector<std::vector<double>> alone, side(count);
  for (int t = 0; t < count; ++t) alone.push_back(solve(240 + 20 * t));
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t)
    threads.emplace_back([&, t] {
      for (int repeat = 0; repeat < 5; ++repeat) side[static_cast<std::size_t>(t)] = solve(240 + 20 * t);
    });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t t = 0; t < count; ++t) EXPECT_EQ(side[t], alone[t]);
}

TEST(Anasazi, RefusesAToleranceThatIsNotPositive) {
  const std::string message = message_of<InvalidInput>([] { anasazi_solver<Kokkos::DefaultExecutionSpace>({.tolerance = -1}); });
  EXPECT_TRUE(contains(message, "anasazi_solver: tolerance must be a finite positive number")) << message;
}

}  // namespace
