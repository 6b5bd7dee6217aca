// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/pencils.hpp"
#include "support/views.hpp"

#include <kswgd/spectrum/generator_pairs.hpp>
#include <kswgd/spectrum/read_out.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;

template <class Exec>
class Dense : public ::testing::Test {};
TYPED_TEST_SUITE(Dense, ExecutionSpaces);

template <class Exec>
void check_prescribed() {
  const auto pairs = dense_solver<Exec>()(Exec{}, pencil_with<Exec>({5, 1, 3, 3, 1e-3, 2e6}), 4);
  ASSERT_EQ(pairs.theta.extent(0), 4U);
  const double exact[] = {2e6, 5, 3, 3};
  for (int k = 0; k < 4; ++k) EXPECT_NEAR(pairs.theta(k), exact[k], 1e-8 + 1e-12 * exact[k]);
  EXPECT_EQ(pairs.report.solver, "lapack dense");
}
TYPED_TEST(Dense, FindsPrescribedEigenvalues) { check_prescribed<TypeParam>(); }

/// Monomials 1, x, .., x^8 under N(0, 1): E x^k is known, so G and D are exact, and the generator's eigenvalues are 0, 1, 2, ..
template <class Exec>
void check_hermite() {
  const int p = 9;
  const auto moment = [](int k) {
    double value = k % 2 ? 0 : 1;
    for (int j = k - 1; j > 0 && k % 2 == 0; j -= 2) value *= j;
    return value;
  };
  const HostMatrix gram("gram", p, p), dirichlet("dirichlet", p, p);
  for (int i = 0; i < p; ++i)
    for (int j = 0; j < p; ++j) {
      gram(i, j) = moment(i + j);
      dirichlet(i, j) = i && j ? i * j * moment(i + j - 2) : 0;
    }
  const Exec exec;
  const auto pairs = generator_eigenpairs(exec, Matrix<Exec>(to_device(exec, gram)), Matrix<Exec>(to_device(exec, dirichlet)), 5, dense_solver<Exec>());
  ASSERT_EQ(pairs.size(), 6);
  EXPECT_EQ(pairs.values(0), 0);
  EXPECT_EQ(pairs.vectors(0, 0), 1);
  for (int k = 1; k < 6; ++k) EXPECT_NEAR(pairs.values(k), k, 2e-3) << "the shift rho w is 1e-7 in units in which G is badly conditioned";
  // Orthonormal in L2, constant included.
  const HostMatrix products = project(exec, pairs.vectors, Matrix<Exec>(to_device(exec, gram)), pairs.vectors);
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 6; ++j) EXPECT_NEAR(products(i, j), i == j, 1e-4);
  // The first eigenfunction is x itself, with the sign that makes the largest coefficient positive.
  EXPECT_NEAR(pairs.vectors(1, 1), 1, 1e-5);
  EXPECT_NEAR(pairs.vectors(0, 1), 0, 1e-5);
}
TYPED_TEST(Dense, MonomialsUnderANormalLawGiveWholeNumbers) { check_hermite<TypeParam>(); }

/// E[x^i y^j] of a standard bivariate normal law with correlation r, by Stein's lemma:
/// E[x^i y^j] = (i - 1) E[x^(i-2) y^j] + r j E[x^(i-1) y^(j-1)].
double joint_moment(int i, int j, double r) {
  if (i < 0 || j < 0) return 0;
  if (i == 0) return j == 0 ? 1 : j % 2 ? 0 : (j - 1) * joint_moment(0, j - 2, r);
  return (i > 1 ? (i - 1) * joint_moment(i - 2, j, r) : 0) + (j > 0 ? r * j * joint_moment(i - 1, j - 1, r) : 0);
}

/// Pairs of an Ornstein-Uhlenbeck process at lag tau are such a law with r = e^-tau, and mu_k = r^k (Mehler).
template <class Exec>
void check_mehler() {
  const int p = 7;
  const double r = 0.7;
  const HostMatrix gram("gram", p, p), correlation("correlation", p, p);
  for (int i = 0; i < p; ++i)
    for (int j = 0; j < p; ++j) {
      gram(i, j) = joint_moment(i, j, 1);
      correlation(i, j) = joint_moment(i, j, r);
    }
  const Exec exec;
  const Matrix<Exec> g = to_device(exec, gram), c = to_device(exec, correlation);
  const auto pairs = edmd_eigenpairs(exec, g, c, 4, dense_solver<Exec>());
  ASSERT_EQ(pairs.size(), 5);
  EXPECT_EQ(pairs.report.converged, 4);
  EXPECT_EQ(pairs.values(0), 1);
  for (int k = 1; k < 5; ++k) EXPECT_NEAR(pairs.values(k), std::pow(r, k), 1e-4);
}
TYPED_TEST(Dense, EdmdOfAnOrnsteinUhlenbeckProcess) { check_mehler<TypeParam>(); }

/// The dictionary {1}, and no modes wanted: the constant alone comes back.
template <class Exec>
void check_constant_alone() {
  const Exec exec;
  for (const int p : {1, 2}) {
    const HostMatrix gram("gram", p, p), dirichlet("dirichlet", p, p);
    for (int i = 0; i < p; ++i) gram(i, i) = 1;
    if (p > 1) dirichlet(1, 1) = 1;
    const Matrix<Exec> g = to_device(exec, gram), d = to_device(exec, dirichlet);
    const auto pairs = generator_eigenpairs(exec, g, d, p == 1 ? 3 : 0, dense_solver<Exec>());
    ASSERT_EQ(pairs.size(), 1);
    EXPECT_EQ(pairs.values(0), 0);
    EXPECT_EQ(pairs.vectors(0, 0), 1);
  }
}
TYPED_TEST(Dense, TheConstantAlone) { check_constant_alone<TypeParam>(); }

}  // namespace
