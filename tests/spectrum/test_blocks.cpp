// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/solver.hpp>
#include <kswgd/support/ordered_sum.hpp>

#include <cstring>
#include <thread>
#ifdef _OPENMP
#include <omp.h>
#endif

// Products and factorisations large enough to be cut into blocks: against slow loops, and bit by bit for 1, 2, 3 and 8 threads.
namespace {

using namespace kswgd;
using namespace kswgd::test;
using algebra::Op;

template <class Exec>
class Blocks : public ::testing::Test {};
TYPED_TEST_SUITE(Blocks, ExecutionSpaces);

/// A block of a larger matrix of random numbers, `away` rows below its first: columns do not begin at multiples of any vector.
template <class Exec, class T = double>
Matrix<Exec, T> random_block(Index rows, Index columns, std::uint64_t seed, Index away = 3) {
  const Kokkos::View<T**, Kokkos::LayoutLeft, Kokkos::HostSpace> host("random", rows + away + 2, columns + 1);
  for (Index j = 0; j < columns; ++j)
    for (Index i = 0; i < rows; ++i)
      host(i + away, j) = static_cast<T>(2 * IndexedRandom(seed, static_cast<std::uint64_t>(j)).uniform(static_cast<std::uint64_t>(i)) - 1);
  const Matrix<Exec, T> device = to_device(Exec{}, host);
  return Kokkos::subview(device, Span(away, away + rows), Span(0, columns));
}

template <class View>
View dense_copy(const View& a) {
  const View copy("copy", a.extent(0), a.extent(1));
  Kokkos::deep_copy(copy, a);
  return copy;
}

/// alpha op(A) op(B) + beta C, and the sum of the magnitudes, to which rounding is in proportion.
template <class A, class B, class C>
std::pair<HostMatrix, double> slow_product(double alpha, Op of_a, const A& a, Op of_b, const B& b, double beta, const C& c) {
  const HostMatrix result("slow", c.extent(0), c.extent(1));
  const std::size_t inner = of_a == Op::none ? a.extent(1) : a.extent(0);
  double largest = 0;
  for (std::size_t i = 0; i < c.extent(0); ++i)
    for (std::size_t j = 0; j < c.extent(1); ++j) {
      double sum = 0, magnitude = std::abs(beta * c(i, j));
      for (std::size_t l = 0; l < inner; ++l) {
        const double term = static_cast<double>(of_a == Op::none ? a(i, l) : a(l, i)) * static_cast<double>(of_b == Op::none ? b(l, j) : b(j, l));
        sum += term;
        magnitude += std::abs(alpha * term);
      }
      result(i, j) = alpha * sum + beta * c(i, j);
      largest = std::max(largest, magnitude);
    }
  return {result, largest};
}

struct Shape {
  Index m, n, k;
};
/// One block; a grid by columns and rows; few columns; a small result of a long inner dimension; one row or column; nothing to sum.
const Shape shapes[] = {{7, 5, 9},     {301, 523, 67},   {523, 301, 67}, {1101, 267, 31}, {815, 4, 803}, {815, 13, 201},
                        {43, 9, 4099}, {131, 127, 2051}, {1, 517, 1031}, {517, 1, 2053},  {5, 4, 0}};

/// |error| <= (k + 2) eps sum |terms| (Higham, Accuracy and Stability of Numerical Algorithms, 3.5), here with the largest of those sums.
template <class T>
double product_error(Index k, double magnitude) {
  return static_cast<double>(k + 2) * std::numeric_limits<T>::epsilon() * magnitude;
}

template <class Exec, class T>
void check_products() {
  const Exec exec;
  for (const Shape& s : shapes)
    for (const Op of_a : {Op::none, Op::transposed})
      for (const Op of_b : {Op::none, Op::transposed})
        for (const double beta : {0.0, 1.0}) {
          const auto a = of_a == Op::none ? random_block<Exec, T>(s.m, s.k, 1) : random_block<Exec, T>(s.k, s.m, 1);
          const auto b = of_b == Op::none ? random_block<Exec, T>(s.k, s.n, 2) : random_block<Exec, T>(s.n, s.k, 2);
          const auto c = random_block<Exec, T>(s.m, s.n, 3);
          const auto [slow, magnitude] =
              slow_product(0.75, of_a, to_host(exec, dense_copy(a)), of_b, to_host(exec, dense_copy(b)), beta, to_host(exec, dense_copy(c)));
          if (beta == 0) Kokkos::deep_copy(c, std::numeric_limits<T>::max());  // not read
          algebra::multiply(exec, T(0.75), of_a, a, of_b, b, static_cast<T>(beta), c);
          exec.fence();
          EXPECT_TRUE(same(c, slow, 0, product_error<T>(s.k, magnitude))) << s.m << " x " << s.n << " x " << s.k;
        }
}
TYPED_TEST(Blocks, ProductsAgreeWithSlowLoops) { check_products<TypeParam, double>(); }
TYPED_TEST(Blocks, ProductsInSinglePrecisionAgreeWithSlowLoops) { check_products<TypeParam, float>(); }

template <class Exec>
void check_grams() {
  const Exec exec;
  for (const auto& [p, n] : std::vector<std::pair<Index, Index>>{{5, 11}, {9, 5003}, {131, 2051}, {531, 63}, {1103, 17}}) {
    const auto a = random_block<Exec>(n, p, 4), c = random_block<Exec>(p, p, 5);
    const auto ha = to_host(exec, dense_copy(a));
    const auto before = to_host(exec, dense_copy(c));
    const auto [slow, magnitude] = slow_product(-0.5, Op::transposed, ha, Op::none, ha, 1, before);
    algebra::add_gram(exec, -0.5, a, c);
    const auto after = to_host(exec, dense_copy(c));
    double worst = 0;
    for (Index j = 0; j < p; ++j)
      for (Index i = 0; i <= j; ++i) worst = std::max(worst, std::abs(after(i, j) - slow(i, j)));
    EXPECT_LE(worst, product_error<double>(n, magnitude)) << p << " features, " << n << " rows";
  }
}
TYPED_TEST(Blocks, GramMatricesAgreeWithSlowLoops) { check_grams<TypeParam>(); }

template <class Exec>
void check_vectors() {
  const Exec exec;
  for (const Op op : {Op::none, Op::transposed})
    for (const auto& [m, n] : std::vector<std::pair<Index, Index>>{{3, 8}, {801, 799}, {4001, 33}, {33, 4001}}) {
      const auto a = random_block<Exec>(m, n, 6);
      const Index inner = op == Op::none ? n : m, outer = op == Op::none ? m : n;
      const auto x = dense_copy(random_block<Exec>(inner, 1, 7)), y = dense_copy(random_block<Exec>(outer, 1, 8));
      const auto [slow, magnitude] = slow_product(1.5, op, to_host(exec, dense_copy(a)), Op::none, to_host(exec, x), 1, host_copy(exec, y));
      algebra::multiply(exec, 1.5, op, a, Vector<Exec>(Kokkos::subview(x, Kokkos::ALL, 0)), 1.0, Vector<Exec>(Kokkos::subview(y, Kokkos::ALL, 0)));
      exec.fence();
      EXPECT_TRUE(same(y, slow, 0, product_error<double>(inner, magnitude))) << m << " x " << n;
    }
}
TYPED_TEST(Blocks, ProductsWithAVectorAgreeWithSlowLoops) { check_vectors<TypeParam>(); }

/// A well-conditioned positive matrix: eigenvalues of B B^T / p + 1 lie in [1, 6] for uniform entries.
template <class Exec>
Matrix<Exec> positive(Index p, Index away = 3) {
  const Exec exec;
  const auto b = random_block<Exec>(p, p, 9), a = random_block<Exec>(p, p, 10, away);
  Kokkos::deep_copy(a, 0.0);
  algebra::add_gram(exec, 1 / static_cast<double>(p), b, a);
  algebra::symmetrise_from_upper(exec, a);
  const auto host = host_copy(exec, dense_copy(a));
  for (Index i = 0; i < p; ++i) host(i, i) += 1;
  Kokkos::deep_copy(a, to_device(exec, host));
  return a;
}

template <class Exec>
void check_triangles() {
  const Exec exec;
  for (const Index p : {37, 257, 300, 531}) {
    const auto a = positive<Exec>(p);
    const auto given = host_copy(exec, dense_copy(a));
    algebra::cholesky(exec, a);
    const auto r = host_copy(exec, dense_copy(a));
    const HostMatrix nothing("nothing", p, p);
    EXPECT_TRUE(same(slow_product(1, Op::transposed, r, Op::none, r, 0, nothing).first, given, 0, 1e-13 * static_cast<double>(p))) << p;
    for (Index j = 0; j < p; ++j)
      for (Index i = j + 1; i < p; ++i) ASSERT_EQ(r(i, j), 0) << i << " " << j;
    for (const Index columns : {1, 5, 30, 300})
      for (const bool transposed : {false, true}) {
        const auto b = random_block<Exec>(p, columns, 11);
        const auto right = host_copy(exec, dense_copy(b));
        algebra::solve_upper(exec, transposed, a, b);
        const auto x = host_copy(exec, dense_copy(b));
        const HostMatrix zero("zero", p, columns);
        EXPECT_TRUE(same(slow_product(1, transposed ? Op::transposed : Op::none, r, Op::none, x, 0, zero).first, right, 0, 1e-13 * static_cast<double>(p)))
            << p << " rows, " << columns << " columns";
      }
    algebra::invert_from_cholesky(exec, a);
    const auto inverse = host_copy(exec, dense_copy(a));
    const HostMatrix identity("identity", p, p);
    for (Index i = 0; i < p; ++i) identity(i, i) = 1;
    EXPECT_TRUE(same(slow_product(1, Op::none, given, Op::none, inverse, 0, nothing).first, identity, 0, 1e-13 * static_cast<double>(p))) << p;
  }
}
TYPED_TEST(Blocks, FactorsSolvesAndInversesAgreeWithSlowLoops) { check_triangles<TypeParam>(); }

/// More rows than one thread substitutes through.
template <class Exec>
void check_large_solve() {
  const Exec exec;
  const Index p = 1157;
  const auto r = random_block<Exec>(p, p, 12);
  const auto host = host_copy(exec, dense_copy(r));
  for (Index j = 0; j < p; ++j)
    for (Index i = 0; i < p; ++i) host(i, j) = i < j ? host(i, j) / static_cast<double>(p) : i == j ? 1 : 0;
  Kokkos::deep_copy(r, to_device(exec, host));
  for (const bool transposed : {false, true}) {
    const auto b = random_block<Exec>(p, 3, 13);
    const auto right = host_copy(exec, dense_copy(b));
    algebra::solve_upper(exec, transposed, r, b);
    const HostMatrix zero("zero", p, 3);
    const auto x = host_copy(exec, dense_copy(b));
    EXPECT_TRUE(same(slow_product(1, transposed ? Op::transposed : Op::none, host, Op::none, x, 0, zero).first, right, 0, 1e-12));
  }
}
TYPED_TEST(Blocks, ALargeSolveAgreesWithASlowLoop) { check_large_solve<TypeParam>(); }

/// The pivot is named wherever its block stands.
template <class Exec>
void check_pivot() {
  const Exec exec;
  const auto a = positive<Exec>(411);
  const auto host = host_copy(exec, dense_copy(a));
  host(300, 300) = -1;
  Kokkos::deep_copy(a, to_device(exec, host));
  const std::string message = message_of<Failure>([&] { algebra::cholesky(exec, a); });
  EXPECT_TRUE(contains(message, "not positive definite (pivot 301)")) << message;
}
TYPED_TEST(Blocks, CholeskyNamesAPivotOfALaterBlock) { check_pivot<TypeParam>(); }

template <class Exec>
void check_ordered_sums() {
  const Exec exec;
  for (const Index n : {0, 1, 1023, 1025, 5000, 100003}) {
    const Vector<Exec> values("values", n);
    const auto host = Kokkos::create_mirror_view(values);
    double sum = 0;
    for (Index i = 0; i < n; ++i) sum += host(i) = static_cast<double>(i % 1000 - 300);  // integers: exact in any order
    Kokkos::deep_copy(values, host);
    EXPECT_EQ(ordered_sum(exec, "test", values, n), sum);
  }
}
TYPED_TEST(Blocks, OrderedSumsOfIntegersAreExact) { check_ordered_sums<TypeParam>(); }

#ifdef KOKKOS_ENABLE_OPENMP
using Host = Kokkos::OpenMP;

/// Bytes of all that the algebra makes of one problem, on an instance with its own number of threads, from matrices `away` rows below an aligned address.
template <class Exec>
std::vector<double> results(const Exec& exec, Index away) {
  std::vector<double> all;
  const auto keep = [&](const auto& view) {
    exec.fence();
    for (std::size_t j = 0; j < view.extent(1); ++j)
      for (std::size_t i = 0; i < view.extent(0); ++i) all.push_back(static_cast<double>(view(i, j)));
  };
  for (const Shape& s : shapes) {
    const auto a = random_block<Exec>(s.k, s.m, 1, away), b = random_block<Exec>(s.k, s.n, 2, away), c = random_block<Exec>(s.m, s.n, 3, away);
    algebra::multiply(exec, 1.0, Op::transposed, a, Op::none, b, 1.0, c);
    keep(c);
    const auto fa = random_block<Exec, float>(s.m, s.k, 1, away), fb = random_block<Exec, float>(s.k, s.n, 2, away),
               fc = random_block<Exec, float>(s.m, s.n, 3, away);
    algebra::multiply(exec, 1.0F, Op::none, fa, Op::none, fb, 0.0F, fc);
    keep(fc);
  }
  for (const Index p : {131, 300, 811}) {
    const auto tile = random_block<Exec>(2100, p, 4, away), gram = random_block<Exec>(p, p, 5, away), a = positive<Exec>(p, away);
    algebra::add_gram(exec, 1, tile, gram);
    algebra::symmetrise_from_upper(exec, gram);
    keep(gram);
    const auto scale = gram_scale(exec, a);
    all.push_back(scale.largest);
    algebra::cholesky(exec, a);
    keep(a);
    for (const Index columns : {1, 14, 70}) {
      const auto b = random_block<Exec>(p, columns, 6, away);
      algebra::solve_upper(exec, true, a, b);
      algebra::solve_upper(exec, false, a, b);
      keep(b);
    }
    algebra::invert_from_cholesky(exec, a);
    keep(a);
    const auto x = dense_copy(random_block<Exec>(p, 1, 7)), y = dense_copy(random_block<Exec>(p, 1, 8));
    for (const Op op : {Op::none, Op::transposed})
      algebra::multiply(exec, 1.0, op, a, Vector<Exec>(Kokkos::subview(x, Kokkos::ALL, 0)), 1.0, Vector<Exec>(Kokkos::subview(y, Kokkos::ALL, 0)));
    keep(y);
    const Vector<Exec> many("many", 40000);
    for (Index i = 0; i < 40000; ++i) many(i) = std::sin(static_cast<double>(i));
    all.push_back(ordered_sum(exec, "test", many, 40000));
    all.push_back(ordered_dot(exec, "test", many, many));
  }
  return all;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), 8 * a.size()) == 0;
}

TEST(Threads, HaveNoShareInTheBits) {
  const auto one = results(Host(1), 3);
  for (const int threads : {2, 3, 8}) EXPECT_TRUE(same_bits(results(Host(threads), 3), one)) << threads << " threads";
#ifdef KOKKOS_ENABLE_SERIAL
  EXPECT_TRUE(same_bits(results(Kokkos::Serial(), 3), one)) << "Serial";
#endif
}

// Kernels of a BLAS load two doubles at a time: at odd addresses they may add in another order. Our arrays begin at multiples of 64 bytes.
TEST(Threads, NorHasThePlaceInMemory) {
  const auto one = results(Host(2), 0);
  for (const Index away : {2, 4, 8, 24}) EXPECT_TRUE(same_bits(results(Host(2), away), one)) << away << " rows away";
}

TEST(Threads, TwoHostThreadsWithInstancesOfTheirOwnGetTheSameBits) {
  const auto alone = results(Host(2), 3);
  std::vector<double> side[2];
  std::thread other([&] { side[0] = results(Host(2), 3); });
  side[1] = results(Host(2), 3);
  other.join();
  for (const auto& result : side) EXPECT_TRUE(same_bits(result, alone));
}

#ifdef _OPENMP
TEST(Threads, TheCallersNumberIsTheCallers) {
  const int before = omp_get_max_threads();
  for (const int threads : {1, 2, 5}) {
    omp_set_num_threads(threads);
    const Host exec(2);
    const auto a = positive<Host>(300);
    algebra::cholesky(exec, a);
    algebra::invert_from_cholesky(exec, a);
    const HostVector values("values", 300);
    const HostMatrix copy("copy", 300, 300);
    Kokkos::deep_copy(copy, a);
    algebra::symmetric_eigen(copy, values);
    EXPECT_EQ(omp_get_max_threads(), threads);
  }
  omp_set_num_threads(before);
}
#endif
#endif

}  // namespace
