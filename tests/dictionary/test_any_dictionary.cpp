// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dictionary/contract.hpp"

#include <kswgd/dictionary/fourier.hpp>
#include <kswgd/dictionary/gaussian.hpp>
#include <kswgd/dictionary/nystrom.hpp>
#include <kswgd/dictionary/perceptron.hpp>
#include <kswgd/dictionary/polynomial.hpp>

#include <thread>

namespace {

using namespace kswgd;
using namespace kswgd::test;

using Standard = Kokkos::DefaultExecutionSpace;
static_assert(Dictionary<AnyDictionary<Standard>>);
static_assert(FusedDictionary<GaussianDictionary<Standard>> && ClosedDirichlet<GaussianDictionary<Standard>> && NestedDictionary<GaussianDictionary<Standard>>);
static_assert(FusedDictionary<NystromDictionary<Standard>>);
static_assert(!FusedDictionary<PolynomialDictionary<Standard>> && !ClosedDirichlet<PolynomialDictionary<Standard>> &&
              !NestedDictionary<PolynomialDictionary<Standard>>);

template <class Exec>
class Any : public ::testing::Test {};
TYPED_TEST_SUITE(Any, ExecutionSpaces);

HostMatrix random_matrix(Index rows, Index columns, std::uint64_t seed) {
  const HostMatrix m("random", rows, columns);
  for (Index i = 0; i < rows; ++i)
    for (Index k = 0; k < columns; ++k) m(i, k) = IndexedRandom(seed, static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k));
  return m;
}

HostVector random_vector(Index size, std::uint64_t seed) {
  const HostVector v("random", size);
  for (Index i = 0; i < size; ++i) v(i) = IndexedRandom(seed, 0).normal(static_cast<std::uint64_t>(i));
  return v;
}

/// One of each family, on three coordinates.
template <class Exec>
std::vector<std::pair<const char*, AnyDictionary<Exec>>> one_of_each() {
  const Exec exec;
  const HostPoints x = normal_points(3);
  PerceptronDictionaryData network{"tanh", {random_matrix(9, 3, 1), random_matrix(5, 9, 2)}, {std::vector<double>(9, .1), std::vector<double>(5, -.2)}};
  const NystromDictionaryData nystrom{random_matrix(150, 3, 3), random_vector(150, 4), 0.8, random_matrix(150, 4, 5), random_vector(4, 6)};
  return {{"gaussian", GaussianDictionary<Exec>(exec, small_dictionary(3, true))},
          {"fourier", FourierDictionary<Exec>(exec, make_fourier_data(x, 23, 0.8, 4))},
          {"polynomial", PolynomialDictionary<Exec>(exec, make_hermite_data(x, 20))},
          {"perceptron", PerceptronDictionary<Exec>(exec, network)},
          {"nystrom", NystromDictionary<Exec>(exec, nystrom)}};
}

/// More points than a tile has rows, so that the last tile is a shorter one.
TYPED_TEST(Any, AveragesAndDescendsByTiles) {
  expect_passes(PolynomialDictionary<TypeParam>(TypeParam{}, make_monomial_data(3, 2)), normal_points(3, 8192 + 333));
}

TYPED_TEST(Any, WithoutABetterFormTheDirichletFactorsAreTheSlopes) {
  const PolynomialDictionary<TypeParam> polynomials(TypeParam{}, make_monomial_data(3, 2));
  const AnyDictionary<TypeParam> dictionary(polynomials);
  EXPECT_FALSE(dictionary.closes_dirichlet());
  EXPECT_EQ(dictionary.companions(), 0);
  ASSERT_EQ(dictionary.dirichlet_factors(), 3);
  const HostPoints x = normal_points(3);
  const Matrix<TypeParam> factor("factor", 300, 10);
  dictionary.dirichlet_factor(TypeParam{}, on_device<TypeParam>(x), 2, factor);
  EXPECT_TRUE(same(factor, slopes_of(polynomials, x, 2), 0));
}

TYPED_TEST(Any, SaysWhichFeaturesBelongToLandmarks) {
  const GaussianDictionary<TypeParam> gaussians(TypeParam{}, small_dictionary(3, true, 40));
  EXPECT_EQ(AnyDictionary<TypeParam>(gaussians).landmark_features(), 40);
  EXPECT_TRUE(AnyDictionary<TypeParam>(gaussians).closes_dirichlet());
  EXPECT_EQ(AnyDictionary<TypeParam>(PolynomialDictionary<TypeParam>(TypeParam{}, make_linear_data(3))).landmark_features(), 0);
}

/// What a flow asks of a dictionary, at points of its own and with coefficients of its own.
template <class Exec>
struct Passes {
  Points<Exec> x, u;
  Vector<Exec> c;
  Matrix<Exec> mean, psi;

  Passes(const AnyDictionary<Exec>& dictionary, Index n, std::uint64_t seed)
      : x(on_device<Exec>(random_matrix(n, 3, seed))),
        u("u", n, 3),
        c(to_device(Exec{}, random_vector(dictionary.size(), seed + 1))),
        mean("mean", dictionary.size(), 1),
        psi("psi", n, dictionary.size()) {}
  void run(const AnyDictionary<Exec>& dictionary, Precision precision, Workspace<Exec>& workspace) {
    const Exec exec;
    dictionary.evaluate(exec, x, psi, workspace);
    dictionary.mean(exec, x, Kokkos::subview(mean, Kokkos::ALL, 0), dictionary.size(), precision, workspace);
    dictionary.descent(exec, x, c, u, dictionary.size(), precision, workspace);
    exec.fence("test: the results are compared");
  }
  bool operator==(const Passes& other) const { return same(psi, other.psi, 0) && same(mean, other.mean, 0) && same(u, other.u, 0); }
};

/// Two flows side by side: one dictionary, two threads, different numbers of points. Each gets what it gets alone, to the bit.
template <class Exec>
void share_between_threads(const char* name, const AnyDictionary<Exec>& dictionary) {
  for (const Precision precision : {Precision::fp64, Precision::mixed}) {
    std::vector<Passes<Exec>> alone = {{dictionary, 700, 21}, {dictionary, 1900, 31}}, together = {{dictionary, 700, 21}, {dictionary, 1900, 31}};
    Workspace<Exec> used;
    for (auto& passes : alone) passes.run(dictionary, precision, used);
    int differences[2] = {};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 2; ++t)
      threads.emplace_back([&, t, copy = dictionary] {
        Workspace<Exec> own;
        for (int repeat = 0; repeat < 10; ++repeat) {
          together[t].run(copy, precision, own);
          differences[t] += !(together[t] == alone[t]);
        }
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(differences[0], 0) << name;
    EXPECT_EQ(differences[1], 0) << name;
  }
}
TYPED_TEST(Any, IsSharedByTwoThreads) {
  for (const auto& [name, dictionary] : one_of_each<TypeParam>()) share_between_threads(name, dictionary);
}

/// A workspace that held more points, fewer, and another dictionary's arrays gives what a new one gives.
template <class Exec>
void use_a_workspace_again() {
  Workspace<Exec> used;
  for (const Index n : {1900, 130, 2500})
    for (const auto& [name, dictionary] : one_of_each<Exec>()) {
      Passes<Exec> again(dictionary, n, 41), fresh(dictionary, n, 41);
      Workspace<Exec> empty;
      again.run(dictionary, Precision::mixed, used);
      fresh.run(dictionary, Precision::mixed, empty);
      EXPECT_TRUE(again == fresh) << name << ", " << n << " points";
      const Matrix<Exec> psi("psi", n, dictionary.size());
      dictionary.evaluate(Exec{}, fresh.x, psi);  // and so does a call without one
      EXPECT_TRUE(same(psi, fresh.psi, 0)) << name;
    }
}
TYPED_TEST(Any, AWorkspaceServesAgain) { use_a_workspace_again<TypeParam>(); }

}  // namespace
