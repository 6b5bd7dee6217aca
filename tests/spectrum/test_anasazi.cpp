// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/pencils.hpp"
#include "support/views.hpp"

#include <kswgd/spectrum/anasazi.hpp>
#include <kswgd/support/check.hpp>

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
void check_repeatability() {
  const auto pencil = pencil_with<Exec>(slow_modes_and_a_tail(240));
  const auto solver = anasazi_solver<Exec>();
  const auto one = solver(Exec{}, pencil, 6), two = solver(Exec{}, pencil, 6);
  EXPECT_TRUE(same(one.vectors, two.vectors, 0));
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

TEST(Anasazi, RefusesAToleranceThatIsNotPositive) {
  const std::string message = message_of<InvalidInput>([] { anasazi_solver<Kokkos::DefaultExecutionSpace>({.tolerance = -1}); });
  EXPECT_TRUE(contains(message, "anasazi_solver: tolerance must be a finite positive number")) << message;
}

}  // namespace
