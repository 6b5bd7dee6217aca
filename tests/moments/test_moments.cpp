// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dictionary/contract.hpp"

#include <kswgd/detail/lanes.hpp>
#include <kswgd/dictionary/fourier.hpp>
#include <kswgd/dictionary/gaussian.hpp>
#include <kswgd/dictionary/polynomial.hpp>
#include <kswgd/moments/accumulator.hpp>

#include <numeric>

namespace {

using namespace kswgd;
using namespace kswgd::test;

template <class Exec>
class MomentSums : public ::testing::Test {};
TYPED_TEST_SUITE(MomentSums, ExecutionSpaces);

struct SlowMoments {
  HostMatrix gram, dirichlet;
};

/// G and D by their definitions: a loop over points, features and coordinates.
SlowMoments slow_moments(const GaussianDictionaryData& data, const HostPoints& x, const std::vector<double>& weights, Index p) {
  SlowMoments slow{HostMatrix("slow gram", p, p), HostMatrix("slow dirichlet", p, p)};
  std::vector<double> psi;
  std::vector<std::vector<double>> gradient;
  double total = 0;
  for (const double w : weights) total += w;
  for (std::size_t i = 0; i < x.extent(0); ++i) {
    std::vector<double> point;
    for (Index k = 0; k < data.dimension; ++k) point.push_back(x(i, k));
    slow_features(data, point.data(), psi, gradient);
    const double w = weights[i] / total;
    for (Index a = 0; a < p; ++a)
      for (Index b = 0; b < p; ++b) {
        const auto sa = static_cast<std::size_t>(a), sb = static_cast<std::size_t>(b);
        slow.gram(a, b) += w * psi[sa] * psi[sb];
        for (std::size_t k = 0; k < point.size(); ++k) slow.dirichlet(a, b) += w * gradient[sa][k] * gradient[sb][k];
      }
  }
  return slow;
}

template <class Exec>
void compare(const GaussianDictionaryData& data, bool weighted) {
  const Exec exec;
  const Index d = data.dimension;
  const GaussianDictionary<Exec> dictionary(exec, data);
  const Index n = 211, p = dictionary.size();
  const HostPoints x("x", n, d);
  std::vector<double> weights(static_cast<std::size_t>(n), 1.0);
  for (Index i = 0; i < n; ++i) {
    const IndexedRandom random(4, static_cast<std::uint64_t>(i));
    for (Index k = 0; k < d; ++k) x(i, k) = random.normal(static_cast<std::uint64_t>(k));
    if (weighted) weights[static_cast<std::size_t>(i)] = random.uniform(1000);
  }
  // In two tiles of different size, and the second half again in an accumulator of its own that is taken away.
  MomentAccumulator<Exec> all(exec, dictionary, p), second(exec, dictionary, p);
  MomentTile<Exec> tile(exec, dictionary, 150);
  const auto add = [&](Index first, Index last, bool also_second) {
    const HostPoints rows("rows", last - first, d);
    Kokkos::deep_copy(rows, Kokkos::subview(x, std::pair(first, last), Kokkos::ALL));
    Vector<Exec> w;
    double total = static_cast<double>(last - first);
    if (weighted) {
      const HostVector host("w", last - first);
      total = 0;
      for (Index i = first; i < last; ++i) total += host(i - first) = weights[static_cast<std::size_t>(i)];
      w = to_device(exec, host);
    }
    tile.evaluate(exec, on_device<Exec>(rows), w, total);
    all.add(exec, tile);
    if (also_second) second.add(exec, tile);
  };
  add(0, 150, false);
  add(150, n, true);
  const auto moments = all.moments(exec);
  const auto slow = slow_moments(data, x, weights, p);
  EXPECT_TRUE(same(moments.gram, slow.gram, 1e-13, 1e-13)) << "d = " << d;
  EXPECT_TRUE(same(moments.dirichlet, slow.dirichlet, 1e-13, 1e-13)) << "d = " << d;

  const HostPoints head("head", 150, d);
  Kokkos::deep_copy(head, Kokkos::subview(x, std::pair<Index, Index>(0, 150), Kokkos::ALL));
  const auto rest = all.moments(exec, &second);
  const auto slow_rest = slow_moments(data, head, {weights.begin(), weights.begin() + 150}, p);
  EXPECT_TRUE(same(rest.gram, slow_rest.gram, 1e-12, 1e-13));
  EXPECT_TRUE(same(rest.dirichlet, slow_rest.dirichlet, 1e-12, 1e-12));
}

template <class Exec>
void compare(Index d, bool quadratics, bool weighted, bool squares = false) {
  auto data = small_dictionary(d, quadratics, 40);
  data.squares = squares;
  compare<Exec>(data, weighted);
}

TYPED_TEST(MomentSums, AgreeWithASlowLoop) {
  for (const Index d : {1, 2, 3, 5}) compare<TypeParam>(d, true, false);
}
TYPED_TEST(MomentSums, InMixedPrecisionAgreeWithASlowLoopToSinglePrecision) {
  const auto data = small_dictionary(5, true, 40);
  const TypeParam exec;
  const GaussianDictionary<TypeParam> dictionary(exec, data);
  const Index n = 150, p = dictionary.size();
  const HostPoints x = cloud(n, {0, 0, 0, 0, 0}, 1, 4);
  MomentAccumulator<TypeParam> sums(exec, dictionary, p);
  MomentTile<TypeParam> tile(exec, dictionary, n);
  tile.evaluate(exec, on_device<TypeParam>(x), {}, static_cast<double>(n));
  sums.add(exec, tile, Precision::mixed);
  const auto moments = sums.moments(exec);
  const auto slow = slow_moments(data, x, std::vector<double>(static_cast<std::size_t>(n), 1.0), p);
  // Rounding of the factors is 6e-8 of them; D of the Gaussians is a difference of larger sums.
  EXPECT_TRUE(same(moments.gram, slow.gram, 1e-6, 1e-6));
  EXPECT_TRUE(same(moments.dirichlet, slow.dirichlet, 2e-5, 1e-6));
  if (detail::on_host<TypeParam>) {
    EXPECT_FALSE(same(moments.gram, slow.gram, 1e-10, 1e-10));
  }
}
TYPED_TEST(MomentSums, AgreeWithASlowLoopWithSquaresAlongAxes) {
  for (const Index d : {2, 5}) compare<TypeParam>(small_turned_dictionary(d, 40), d == 2);
}
TYPED_TEST(MomentSums, AgreeWithASlowLoopWithWeights) { compare<TypeParam>(2, true, true); }
TYPED_TEST(MomentSums, AgreeWithASlowLoopWithoutQuadratics) { compare<TypeParam>(4, false, false); }
TYPED_TEST(MomentSums, AgreeWithASlowLoopWithTheSquaresAlone) {
  for (const Index d : {1, 2, 5}) compare<TypeParam>(d, false, d == 2, true);
}

/// Rows of a tile that lie together do not see the Gaussians far away, whose products are left out then; a host does so.
template <class Exec>
void compare_far_apart(bool weighted) {
  const Exec exec;
  auto data = small_dictionary(2, true, 40);
  const auto shift = [](Index i) { return i % 3 == 0 ? -30.0 : i % 3 == 1 ? 0.0 : 30.0; };
  for (Index l = 0; l < 40; ++l) data.landmarks(l, 0) += shift(l);
  const GaussianDictionary<Exec> dictionary(exec, data);
  const Index n = 210, third = n / 3, p = dictionary.size();
  const HostPoints x("x", n, 2);
  std::vector<double> weights(static_cast<std::size_t>(n), 1.0);
  for (Index i = 0; i < n; ++i) {
    const IndexedRandom random(5, static_cast<std::uint64_t>(i));
    for (Index k = 0; k < 2; ++k) x(i, k) = random.normal(static_cast<std::uint64_t>(k)) + (k == 0 ? shift(i / third) : 0);
    if (weighted) weights[static_cast<std::size_t>(i)] = random.uniform(1000);
  }
  const SlowMoments slow = slow_moments(data, x, weights, p);
  MomentAccumulator<Exec> sums(exec, dictionary, p), taken(exec, dictionary, p, false, true);
  MomentTile<Exec> tile(exec, dictionary, third);
  for (Index first = 0; first < n; first += third) {
    const std::vector<double> own(weights.begin() + first, weights.begin() + first + third);
    const HostPoints part("part", third, 2);
    Kokkos::deep_copy(part, Kokkos::subview(x, Span(first, first + third), Kokkos::ALL));
    tile.evaluate(exec, on_device<Exec>(part), weighted ? Vector<Exec>(to_device(exec, own)) : Vector<Exec>(), std::accumulate(own.begin(), own.end(), 0.0));
    sums.add(exec, tile);
    taken.add(exec, tile);
  }
  const auto moments = sums.moments(exec), used_up = taken.take(exec);
  for (const auto* result : {&moments, &used_up}) {
    EXPECT_TRUE(same(result->gram, slow.gram, 1e-12, 1e-12));
    EXPECT_TRUE(same(result->dirichlet, slow.dirichlet, 1e-11, 1e-11));
  }
}
TYPED_TEST(MomentSums, OfRowsThatLieTogetherAgreeWithASlowLoop) {
  compare_far_apart<TypeParam>(false);
  compare_far_apart<TypeParam>(true);
}

/// Without a closed form: by one factor, or by the slopes along each coordinate; weighted, and of the first features alone.
template <class D>
void compare_with_forms(const D& dictionary, Index d) {
  using Exec = typename D::execution_space;
  const Exec exec;
  const HostPoints x = normal_points(d, 180);
  const HostVector w("w", 180);
  double total = 0;
  std::vector<double> shares;
  for (Index i = 0; i < 180; ++i) total += w(i) = IndexedRandom(4, static_cast<std::uint64_t>(i)).uniform(1000);
  for (Index i = 0; i < 180; ++i) shares.push_back(w(i) / total);
  const Forms forms = forms_of(dictionary, x, shares);
  MomentTile<Exec> tile(exec, dictionary, 200);
  tile.evaluate(exec, on_device<Exec>(x), to_device(exec, w), total);
  for (const Index q : {dictionary.size(), dictionary.size() / 2 + 1, Index(2)}) {
    MomentAccumulator<Exec> sums(exec, dictionary, q);
    sums.add(exec, tile);
    const auto moments = sums.moments(exec);
    const auto leading = [q](const HostMatrix& m) { return Kokkos::subview(m, std::pair<Index, Index>(0, q), std::pair<Index, Index>(0, q)); };
    EXPECT_TRUE(same(moments.gram, leading(forms.gram), 1e-12, 1e-12)) << "q = " << q;
    EXPECT_TRUE(same(moments.dirichlet, leading(forms.dirichlet), 1e-11, 1e-11)) << "q = " << q;
    // From a tile with no more features than these, and in the memory of the sums.
    MomentTile<Exec> part(exec, dictionary, 200, 0, false, q);
    part.evaluate(exec, on_device<Exec>(x), to_device(exec, w), total);
    EXPECT_EQ(static_cast<Index>(part.features().extent(1)), q);
    MomentAccumulator<Exec> used_up(exec, dictionary, q, false, true);
    used_up.add(exec, part);
    const auto taken = used_up.take(exec);
    EXPECT_TRUE(same(taken.gram, leading(forms.gram), 1e-12, 1e-12)) << "q = " << q;
    EXPECT_TRUE(same(taken.dirichlet, leading(forms.dirichlet), 1e-11, 1e-11)) << "q = " << q;
  }
}
TYPED_TEST(MomentSums, OfOtherDictionariesAgreeWithTheirForms) {
  const TypeParam exec;
  compare_with_forms(FourierDictionary<TypeParam>(exec, make_fourier_data(normal_points(3), 19, 0.9, 4)), 3);
  compare_with_forms(PolynomialDictionary<TypeParam>(exec, make_monomial_data(2, 3)), 2);
  compare_with_forms(GaussianDictionary<TypeParam>(exec, small_dictionary(2, true, 30)), 2);  // q = 2: none of the Gaussians
}

}  // namespace
