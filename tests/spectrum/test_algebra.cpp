// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/algebra/blas_kernels.hpp>
#include <kswgd/algebra/dense.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/support/check.hpp>

#include <cfenv>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Range = std::pair<Index, Index>;

template <class Exec>
class Algebra : public ::testing::Test {};
TYPED_TEST_SUITE(Algebra, ExecutionSpaces);

HostMatrix random_matrix(Index rows, Index columns, std::uint64_t seed) {
  const HostMatrix a("random", rows, columns);
  for (Index j = 0; j < columns; ++j)
    for (Index i = 0; i < rows; ++i) a(i, j) = IndexedRandom(seed, static_cast<std::uint64_t>(j)).normal(static_cast<std::uint64_t>(i));
  return a;
}

/// A leading block of a larger matrix: its columns are further apart than its rows are long.
template <class Exec>
Matrix<Exec> inside_a_larger_one(const HostMatrix& a) {
  const Matrix<Exec> large("large", a.extent(0) + 5, a.extent(1) + 2);
  const Matrix<Exec> block = Kokkos::subview(large, Range(0, a.extent(0)), Range(0, a.extent(1)));
  Kokkos::deep_copy(block, to_device(Exec{}, a));
  return block;
}

template <class Exec>
void check_products() {
  const Exec exec;
  const HostMatrix a = random_matrix(37, 13, 1), b = random_matrix(37, 7, 2);
  const Matrix<Exec> gram("gram", 13, 13), product("product", 13, 7);
  algebra::add_gram(exec, 2.0, inside_a_larger_one<Exec>(a), gram);
  algebra::multiply(exec, 3.0, algebra::Op::transposed, inside_a_larger_one<Exec>(a), algebra::Op::none, inside_a_larger_one<Exec>(b), 1, product);
  algebra::symmetrise_from_upper(exec, gram);
  const HostMatrix slow_gram("slow gram", 13, 13), slow_product("slow product", 13, 7);
  for (int i = 0; i < 37; ++i)
    for (int p = 0; p < 13; ++p) {
      for (int q = 0; q < 13; ++q) slow_gram(p, q) += 2 * a(i, p) * a(i, q);
      for (int q = 0; q < 7; ++q) slow_product(p, q) += 3 * a(i, p) * b(i, q);
    }
  EXPECT_TRUE(same(gram, slow_gram, 1e-13, 1e-12));
  EXPECT_TRUE(same(product, slow_product, 1e-13, 1e-12));
}
TYPED_TEST(Algebra, ProductsAgreeWithSlowLoops) { check_products<TypeParam>(); }

template <class Exec>
void check_cholesky() {
  const Exec exec;
  const Index p = 30;
  const HostMatrix a = random_matrix(60, p, 3), positive("positive", p, p), identity("identity", p, p);
  for (Index i = 0; i < p; ++i)
    for (Index j = 0; j < p; ++j)
      for (Index k = 0; k < 60; ++k) positive(i, j) += a(k, i) * a(k, j);
  const Matrix<Exec> r = inside_a_larger_one<Exec>(positive);
  algebra::cholesky(exec, r);
  const auto factor = on_host(r);
  const HostMatrix back("R^T R", p, p);
  for (Index i = 0; i < p; ++i)
    for (Index j = 0; j < p; ++j) {
      for (Index k = 0; k < p; ++k) back(i, j) += factor(k, i) * factor(k, j);
      if (i > j) {
        EXPECT_EQ(factor(i, j), 0);
      }
    }
  EXPECT_TRUE(same(back, positive, 1e-12, 1e-12));

  const HostMatrix rhs = random_matrix(p, 3, 4);
  for (const bool transposed : {false, true}) {
    const Matrix<Exec> solved = inside_a_larger_one<Exec>(rhs);
    algebra::solve_upper(exec, transposed, r, solved);
    const auto x = on_host(solved);
    const HostMatrix product("R x", p, 3);
    for (Index i = 0; i < p; ++i)
      for (Index j = 0; j < 3; ++j)
        for (Index k = 0; k < p; ++k) product(i, j) += (transposed ? factor(k, i) : factor(i, k)) * x(k, j);
    EXPECT_TRUE(same(product, rhs, 1e-11, 1e-11));
  }
  algebra::invert_from_cholesky(exec, r);
  const auto inverse = on_host(r);
  const HostMatrix unit("A A^-1", p, p);
  for (Index i = 0; i < p; ++i) {
    identity(i, i) = 1;
    for (Index j = 0; j < p; ++j)
      for (Index k = 0; k < p; ++k) unit(i, j) += positive(i, k) * inverse(k, j);
  }
  EXPECT_TRUE(same(unit, identity, 1e-10, 1e-10));
}
TYPED_TEST(Algebra, CholeskySolvesAndInverts) { check_cholesky<TypeParam>(); }

template <class Exec>
void check_refusal() {
  const HostMatrix a("indefinite", 3, 3);
  a(0, 0) = 1;
  a(1, 1) = -1;
  a(2, 2) = 1;
  const std::string message = message_of<Failure>([&] { algebra::cholesky(Exec{}, Matrix<Exec>(to_device(Exec{}, a))); });
  EXPECT_TRUE(contains(message, "not positive definite (pivot 2)")) << message;
}
TYPED_TEST(Algebra, CholeskyNamesThePivotThatIsNotPositive) { check_refusal<TypeParam>(); }

/// A feature that vanishes on the data drops out; the others are inverted as if it were not there.
template <class Exec>
void check_vanishing_feature() {
  const Exec exec;
  const HostMatrix gram("gram", 3, 3);
  gram(0, 0) = 2;
  gram(0, 2) = gram(2, 0) = 1;
  gram(2, 2) = 3;
  const Matrix<Exec> device = to_device(exec, gram);
  const auto scale = gram_scale(exec, device);
  EXPECT_NEAR(scale.largest, 1 + 1 / std::sqrt(6.0), 1e-5);  // unit diagonal, off-diagonal 1/sqrt(6)
  const auto inverse = on_host(invert(exec, factorise(exec, device, scale, 1e-12)));
  const double determinant = 5;
  EXPECT_NEAR(inverse(0, 0), 3 / determinant, 1e-9);
  EXPECT_NEAR(inverse(0, 2), -1 / determinant, 1e-9);
  EXPECT_NEAR(inverse(2, 2), 2 / determinant, 1e-9);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(inverse(i, 1), 0);
}
TYPED_TEST(Algebra, AFeatureThatVanishesDropsOut) { check_vanishing_feature<TypeParam>(); }

/// NaN is neither positive nor not: some LAPACKs factorise it without a word.
template <class Exec>
void check_nan() {
  for (const int row : {0, 7, 39}) {
    const HostMatrix a("with NaN", 40, 40);
    for (int i = 0; i < 40; ++i) a(i, i) = 1;
    a(row, 39) = a(39, row) = std::nan("");
    std::fenv_t environment;  // LAPACK compares the NaN
    std::feholdexcept(&environment);
    const std::string message = message_of<Failure>([&] { algebra::cholesky(Exec{}, Matrix<Exec>(to_device(Exec{}, a))); });
    std::fesetenv(&environment);
    EXPECT_TRUE(contains(message, "the matrix is not finite") || contains(message, "not positive definite")) << message;
  }
}
TYPED_TEST(Algebra, CholeskyRefusesNaN) { check_nan<TypeParam>(); }

/// Two features that almost cancel: the leading eigenvector (0, 1, -1) has no part along the constant one.
template <class Exec>
void check_largest() {
  const HostMatrix gram("gram", 3, 3);
  for (int i = 0; i < 3; ++i) gram(i, i) = 1;
  gram(1, 2) = gram(2, 1) = -0.9;
  EXPECT_NEAR(gram_scale(Exec{}, Matrix<Exec>(to_device(Exec{}, gram))).largest, 1.9, 1e-5);
}
TYPED_TEST(Algebra, TheLargestEigenvalueIsFoundWhereverItsVectorPoints) { check_largest<TypeParam>(); }

/// Rounding leaves a matrix slightly indefinite: the shift is raised tenfold until it covers that, and the record says so.
template <class Exec>
void check_shift() {
  const Exec exec;
  const HostMatrix gram("gram", 2, 2), form("form", 2, 2);
  gram(0, 0) = gram(1, 1) = 1;  // w = 1
  form(0, 0) = 1;
  form(1, 1) = -5e-7;
  const auto scale = gram_scale(exec, Matrix<Exec>(to_device(exec, gram)));
  EXPECT_NEAR(factorise(exec, Matrix<Exec>(to_device(exec, form)), scale, 1e-7).shift, 1e-6, 1e-11);
  form(1, 1) = -1;
  const std::string message = message_of<Failure>([&] { factorise(exec, Matrix<Exec>(to_device(exec, form)), scale, 1e-7); });
  EXPECT_TRUE(contains(message, "not positive definite (pivot 2)")) << message;
}
TYPED_TEST(Algebra, TheShiftIsRaisedWhereRoundingAsksForIt) { check_shift<TypeParam>(); }

TEST(Algebra, SymmetricEigenvaluesOfALaplacianAreKnown) {
  const Index p = 20;
  const HostMatrix a("laplacian", p, p);
  const HostVector values("values", p);
  for (Index i = 0; i < p; ++i) {
    a(i, i) = 2;
    if (i + 1 < p) a(i, i + 1) = a(i + 1, i) = -1;
  }
  algebra::symmetric_eigen(a, values);
  for (Index k = 0; k < p; ++k) EXPECT_NEAR(values(k), 2 - 2 * std::cos(M_PI * static_cast<double>(k + 1) / static_cast<double>(p + 1)), 1e-13);
}

TEST(BlasKernels, WiderOnesAreNamedWhereTheProcessorHasThem) {
  EXPECT_EQ(algebra::wider_blas_kernels("Prescott", {true, true}), "SKYLAKEX");
  EXPECT_EQ(algebra::wider_blas_kernels("Haswell", {true, true}), "SKYLAKEX");
  EXPECT_EQ(algebra::wider_blas_kernels("Prescott", {true, false}), "HASWELL");
  EXPECT_EQ(algebra::wider_blas_kernels("Zen", {true, false}), "");
  EXPECT_EQ(algebra::wider_blas_kernels("Cooperlake", {true, true}), "");
  EXPECT_EQ(algebra::wider_blas_kernels("Prescott", {false, false}), "");
  EXPECT_EQ(algebra::wider_blas_kernels("", {true, true}), "") << "another BLAS has no such kernels";
}

}  // namespace
