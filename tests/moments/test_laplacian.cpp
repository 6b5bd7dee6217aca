// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dictionary/contract.hpp"

#include <kswgd/dictionary/fourier.hpp>
#include <kswgd/dictionary/gaussian.hpp>
#include <kswgd/dictionary/perceptron.hpp>
#include <kswgd/dictionary/polynomial.hpp>
#include <kswgd/moments/accumulator.hpp>

// Second derivatives of features, and their averages.
namespace {

using namespace kswgd;
using namespace kswgd::test;

template <class Exec>
class Laplacians : public ::testing::Test {};
TYPED_TEST_SUITE(Laplacians, ExecutionSpaces);

template <class Exec>
HostMatrix laplacian_of(const AnyDictionary<Exec>& dictionary, const HostPoints& x) {
  const Matrix<Exec> lap("lap", x.extent(0), dictionary.size());
  Kokkos::deep_copy(lap, 7.5);
  dictionary.laplacian(Exec{}, on_device<Exec>(x), lap);
  return on_host(lap);
}

/// Both against differences of the features' own slopes with another step than the library's; `tolerance`: h^2 psi'''' / 6.
template <class Exec>
void expect_second_derivatives(const AnyDictionary<Exec>& dictionary, double tolerance = 1e-5) {
  constexpr double h = 1e-4;
  const Index d = dictionary.dimension(), n = 70;
  const HostPoints x = normal_points(d, n), v("directions", n, d);
  for (Index i = 0; i < n; ++i)
    for (Index k = 0; k < d; ++k) v(i, k) = IndexedRandom(23, static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k));
  const HostMatrix lap("expected", n, dictionary.size()), bend("expected", n, dictionary.size());
  const auto moved = [&](double step, Index along) {
    const HostPoints y = on_host(x);
    for (Index i = 0; i < n; ++i)
      for (Index k = 0; k < d; ++k) y(i, k) += step * (along < 0 ? v(i, k) : k == along ? 1 : 0);
    return y;
  };
  for (Index k = 0; k < d; ++k) {
    const HostMatrix up = slopes_of(dictionary, moved(h, k), k), down = slopes_of(dictionary, moved(-h, k), k);
    const HostMatrix ahead = slopes_of(dictionary, moved(h, -1), k), behind = slopes_of(dictionary, moved(-h, -1), k);
    for (Index i = 0; i < n; ++i)
      for (Index a = 0; a < dictionary.size(); ++a) {
        lap(i, a) += (up(i, a) - down(i, a)) / (2 * h);
        bend(i, a) += v(i, k) * (ahead(i, a) - behind(i, a)) / (2 * h);
      }
  }
  EXPECT_TRUE(same(laplacian_of(dictionary, x), lap, tolerance, tolerance));
  const Matrix<Exec> out("out", n, dictionary.size());
  dictionary.second_derivative(Exec{}, on_device<Exec>(x), on_device<Exec>(v), out);
  EXPECT_TRUE(same(out, bend, tolerance, tolerance));
}

TYPED_TEST(Laplacians, OfEachFamilyAgreeWithDifferencesOfSlopes) {
  const TypeParam exec;
  expect_second_derivatives<TypeParam>(GaussianDictionary<TypeParam>(exec, small_dictionary(3, true)));
  expect_second_derivatives<TypeParam>(GaussianDictionary<TypeParam>(exec, small_dictionary(5, false)));
  auto squares = small_dictionary(4, false);
  squares.squares = true;
  expect_second_derivatives<TypeParam>(GaussianDictionary<TypeParam>(exec, squares));
  expect_second_derivatives<TypeParam>(GaussianDictionary<TypeParam>(exec, small_turned_dictionary(4)));
  expect_second_derivatives<TypeParam>(FourierDictionary<TypeParam>(exec, make_fourier_data(normal_points(3), 23, 0.8, 4)));
  const HostMatrix first("first", 9, 3), second("second", 5, 9);
  for (Index i = 0; i < 9; ++i)
    for (Index k = 0; k < 3; ++k) first(i, k) = IndexedRandom(1, static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k));
  for (Index i = 0; i < 5; ++i)
    for (Index k = 0; k < 9; ++k) second(i, k) = IndexedRandom(2, static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k));
  const PerceptronDictionaryData network{"tanh", {first, second}, {std::vector<double>(9, .1), std::vector<double>(5, -.2)}};
  expect_second_derivatives<TypeParam>(PerceptronDictionary<TypeParam>(exec, network));
}

/// Hermite polynomials are eigenfunctions of the Ornstein-Uhlenbeck generator: lap psi = x . grad psi - degree psi.
TYPED_TEST(Laplacians, OfHermitePolynomialsFollowFromTheirEigenvalues) {
  const PolynomialDictionary<TypeParam> hermite(TypeParam{}, make_hermite_data(2, 4));
  const HostPoints x = normal_points(2, 50);
  const HostMatrix psi = values_of(hermite, x), lap("expected", 50, hermite.size());
  const std::vector<Index> degree{0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4};
  for (Index k = 0; k < 2; ++k) {
    const HostMatrix slope = slopes_of(hermite, x, k);
    for (Index i = 0; i < 50; ++i)
      for (Index a = 0; a < hermite.size(); ++a) lap(i, a) += x(i, k) * slope(i, a);
  }
  for (Index i = 0; i < 50; ++i)
    for (Index a = 0; a < hermite.size(); ++a) lap(i, a) -= static_cast<double>(degree[static_cast<std::size_t>(a)]) * psi(i, a);
  EXPECT_TRUE(same(laplacian_of<TypeParam>(hermite, x), lap, 1e-7, 1e-7));
}

/// E[w lap psi] over two tiles, of all features and of the first ones, and without the second tile, against a loop over points.
template <class Exec>
void expect_averages(const AnyDictionary<Exec>& dictionary) {
  const Exec exec;
  const Index n = 160, first = 90, p = dictionary.size();
  const HostPoints x = normal_points(dictionary.dimension(), n);
  const HostMatrix at = laplacian_of(dictionary, x);
  MomentTile<Exec> tile(exec, dictionary, 100, 0, true);
  MomentAccumulator<Exec> all(exec, dictionary, p), second(exec, dictionary, p), leading(exec, dictionary, p / 2 + 1);
  double total = 0;
  const auto weight = [](Index i) { return IndexedRandom(4, static_cast<std::uint64_t>(i)).uniform(1000); };
  const auto add = [&](Index low, Index high) {
    const HostPoints rows("rows", high - low, x.extent(1));
    Kokkos::deep_copy(rows, Kokkos::subview(x, std::pair(low, high), Kokkos::ALL));
    const HostVector w("w", high - low);
    double sum = 0;
    for (Index i = low; i < high; ++i) sum += w(i - low) = weight(i);
    tile.evaluate(exec, on_device<Exec>(rows), to_device(exec, w), sum);
    total += sum;
    all.add(exec, tile);
    leading.add(exec, tile);
    if (low > 0) second.add(exec, tile);
  };
  add(0, first);
  const double head = total;
  add(first, n);
  const auto slow = [&](Index until, double sum, Index q) {
    const HostMatrix mean("slow", q, 1);
    for (Index i = 0; i < until; ++i)
      for (Index a = 0; a < q; ++a) mean(a, 0) += weight(i) * at(i, a) / sum;
    return mean;
  };
  const auto column = [](const Vector<Exec>& v) {
    const HostMatrix m("column", v.extent(0), 1);
    Kokkos::deep_copy(Kokkos::subview(m, Kokkos::ALL, 0), to_host(Exec{}, v));
    return m;
  };
  EXPECT_TRUE(same(column(all.moments(exec).laplacian), slow(n, total, p), 1e-11, 1e-11));
  EXPECT_TRUE(same(column(all.moments(exec, nullptr, p / 2).laplacian), slow(n, total, p / 2), 1e-11, 1e-11));
  EXPECT_TRUE(same(column(all.moments(exec, &second).laplacian), slow(first, head, p), 1e-11, 1e-11));
  EXPECT_TRUE(same(column(leading.moments(exec).laplacian), slow(n, total, p / 2 + 1), 1e-11, 1e-11));
  MomentAccumulator<Exec> sum(exec, dictionary, p);
  sum.add(exec, second);
  sum.add(exec, second);
  EXPECT_TRUE(same(column(sum.moments(exec).laplacian), column(second.moments(exec).laplacian), 1e-12, 1e-12));
}

TYPED_TEST(Laplacians, AreAveragedByWeights) {
  const TypeParam exec;
  expect_averages<TypeParam>(GaussianDictionary<TypeParam>(exec, small_dictionary(3, true, 30)));
  expect_averages<TypeParam>(GaussianDictionary<TypeParam>(exec, small_dictionary(2, false, 30)));
  auto squares = small_dictionary(3, false, 30);
  squares.squares = true;
  expect_averages<TypeParam>(GaussianDictionary<TypeParam>(exec, squares));
  expect_averages<TypeParam>(GaussianDictionary<TypeParam>(exec, small_turned_dictionary(3, 30)));
  expect_averages<TypeParam>(FourierDictionary<TypeParam>(exec, make_fourier_data(normal_points(3), 19, 0.9, 4)));
}

TYPED_TEST(Laplacians, AreLeftOutWhereNobodyAskedForThem) {
  const TypeParam exec;
  const AnyDictionary<TypeParam> dictionary(GaussianDictionary<TypeParam>(exec, small_dictionary(2, true, 30)));
  MomentTile<TypeParam> tile(exec, dictionary, 100);
  tile.evaluate(exec, on_device<TypeParam>(normal_points(2, 100)), {}, 100);
  MomentAccumulator<TypeParam> sums(exec, dictionary, dictionary.size());
  sums.add(exec, tile);
  EXPECT_EQ(sums.moments(exec).laplacian.extent(0), 0U);
}

/// The features along the angles of a torus (theta around the tube) and of a sphere in their own charts: Laplace and Beltrami's operator there,
/// by differences.
template <class Exec>
void check_manifolds() {
  const Exec exec;
  constexpr double h = 1e-4, ring = 1.5, tube = 0.6, radius = 1.3;
  Normalisation unit;
  unit.mean.assign(6, 0.0);
  unit.constant.assign(6, false);
  const Geometry<Exec> geometry(exec, parse_geometry("torus:1.5,.6+sphere3:1.3", 6), unit);
  const AnyDictionary<Exec> dictionary(GaussianDictionary<Exec>(exec, small_dictionary(6, true, 40)));
  const Index n = 25, p = dictionary.size();
  struct Angles {
    double theta, phi, polar, azimuth;
  };
  const auto points = [&](double theta, double phi, double polar, double azimuth) {
    const HostPoints x("x", n, 6);
    for (Index i = 0; i < n; ++i) {
      const IndexedRandom random(3, static_cast<std::uint64_t>(i));
      const Angles at{6.28 * random.uniform(0) + theta, 6.28 * random.uniform(1) + phi, 0.3 + 2.5 * random.uniform(2) + polar,
                      6.28 * random.uniform(3) + azimuth};
      x(i, 0) = (ring + tube * std::cos(at.theta)) * std::cos(at.phi);
      x(i, 1) = (ring + tube * std::cos(at.theta)) * std::sin(at.phi);
      x(i, 2) = tube * std::sin(at.theta);
      x(i, 3) = radius * std::sin(at.polar) * std::cos(at.azimuth);
      x(i, 4) = radius * std::sin(at.polar) * std::sin(at.azimuth);
      x(i, 5) = radius * std::cos(at.polar);
    }
    return x;
  };
  const HostMatrix centre = values_of(dictionary, points(0, 0, 0, 0)), slow("slow", p, 1);
  for (int which = 0; which < 4; ++which) {
    const auto moved = [&](double step) {
      return values_of(dictionary, points(which == 0 ? step : 0, which == 1 ? step : 0, which == 2 ? step : 0, which == 3 ? step : 0));
    };
    const HostMatrix up = moved(h), down = moved(-h);
    for (Index i = 0; i < n; ++i) {
      const IndexedRandom random(3, static_cast<std::uint64_t>(i));
      const double theta = 6.28 * random.uniform(0), polar = 0.3 + 2.5 * random.uniform(2), out = ring + tube * std::cos(theta);
      const double second[] = {1 / (tube * tube), 1 / (out * out), 1 / (radius * radius), 1 / std::pow(radius * std::sin(polar), 2)};
      const double first[] = {-std::sin(theta) / (tube * out), 0, std::cos(polar) / std::sin(polar) / (radius * radius), 0};
      for (Index a = 0; a < p; ++a)
        slow(a, 0) += (second[which] * (up(i, a) - 2 * centre(i, a) + down(i, a)) / (h * h) + first[which] * (up(i, a) - down(i, a)) / (2 * h)) / n;
    }
  }
  const Points<Exec> x = on_device<Exec>(points(0, 0, 0, 0));
  std::vector<Points<Exec>> normals;
  std::vector<Vector<Exec>> curvatures;
  for (Index j = 0; j < geometry.codimension(); ++j) {
    normals.emplace_back("normal", n, 6);
    curvatures.emplace_back("curvature", n);
    geometry.normal(exec, j, x, normals.back());
    geometry.mean_curvature(exec, j, x, curvatures.back());
  }
  MomentTile<Exec> tile(exec, dictionary, n, 2, true);
  tile.evaluate(exec, x, {}, static_cast<double>(n), normals, curvatures);
  MomentAccumulator<Exec> sums(exec, dictionary, p, true);
  sums.add(exec, tile);
  const auto lap = to_host(exec, sums.moments(exec).laplacian);
  for (Index a = 0; a < p; ++a) EXPECT_NEAR(lap(a), slow(a, 0), 2e-6 * (1 + std::abs(slow(a, 0)))) << "feature " << a;
  MomentAccumulator<Exec> used_up(exec, dictionary, p, true, true);
  used_up.add(exec, tile);
  EXPECT_TRUE(same(used_up.take(exec).dirichlet, sums.moments(exec).dirichlet, 1e-13, 1e-13));  // the normal parts are taken away
}
TYPED_TEST(Laplacians, OfTheRestrictionToATorusAndASphere) { check_manifolds<TypeParam>(); }

}  // namespace
