// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dictionary/contract.hpp"

#include <kswgd/dictionary/periodic.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>

namespace {

using namespace kswgd;
using namespace kswgd::test;

static_assert(Dictionary<TrigonometricDictionary<Kokkos::DefaultExecutionSpace>>);
static_assert(Dictionary<VonMisesDictionary<Kokkos::DefaultExecutionSpace>>);

constexpr double pi = Kokkos::numbers::pi;

template <class Exec>
class Periodic : public ::testing::Test {};
TYPED_TEST_SUITE(Periodic, ExecutionSpaces);

/// One function for each coordinate: 0 the constant, 2m - 1 the cosine and 2m the sine of degree m. All whose degrees sum to at
/// most `degree`, in the order of the dictionary.
std::vector<std::vector<int>> slow_modes(std::size_t d, int degree) {
  std::vector<std::vector<int>> all;
  std::vector<int> mode(d, 0);
  const auto sum = [](const std::vector<int>& functions) {
    int total = 0;
    for (const int f : functions) total += (f + 1) / 2;
    return total;
  };
  for (bool more = true; more;) {
    if (sum(mode) <= degree) all.push_back(mode);
    more = false;
    for (std::size_t k = 0; k < d && !more; ++k) {
      more = ++mode[k] <= 2 * degree;
      if (!more) mode[k] = 0;
    }
  }
  // Lower sums first; then, coordinate by coordinate, the higher degree first and the cosine before the sine.
  const auto before = [](int f, int g) { return (f + 1) / 2 != (g + 1) / 2 ? (f + 1) / 2 > (g + 1) / 2 : f < g; };
  std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) {
    if (sum(a) != sum(b)) return sum(a) < sum(b);
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), before);
  });
  return all;
}

TYPED_TEST(Periodic, ModesKeepTheContractOfADictionary) {
  for (const std::size_t d : {1U, 2U, 3U}) {
    const std::vector<double> all = {2.0, 6.5, 0.9}, periods(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(d));
    TrigonometricDictionary<TypeParam> dictionary(TypeParam{}, {periods, 3, "total"});
    const HostPoints x = normal_points(static_cast<Index>(d));
    const auto modes = slow_modes(d, 3);
    const SlowFeatures slow = [&](const std::vector<double>& at) {
      std::vector<double> features;
      for (const auto& mode : modes) {
        double product = 1;
        for (std::size_t k = 0; k < d; ++k) {
          const double angle = 2 * pi * ((mode[k] + 1) / 2) * at[k] / periods[k];
          if (mode[k] > 0) product *= std::sqrt(2.0) * (mode[k] % 2 == 1 ? std::cos(angle) : std::sin(angle));
        }
        features.push_back(product);
      }
      return features;
    };
    expect_values(dictionary, x, slow);
    expect_nesting(dictionary, x);
    expect_slopes(dictionary, x, d == 3 ? 1e-5 : 1e-6);  // psi''' of the third mode of period 0.9 is 10^4: differences err by 10^-6
  }
}

/// Under the uniform law on the box modes are orthonormal, and eigenfunctions of the Laplacian. 16 equidistant points in each
/// coordinate integrate products up to degree 15 exactly.
TYPED_TEST(Periodic, ModesAreOrthonormalEigenfunctionsOfTheBox) {
  const std::vector<double> periods = {2.0, 5.0};
  const HostPoints nodes("nodes", 256, 2);
  for (Index i = 0; i < 256; ++i) {
    nodes(i, 0) = 0.3 + periods[0] * static_cast<double>(i % 16) / 16;
    nodes(i, 1) = -7 + periods[1] * static_cast<double>(i / 16) / 16;
  }
  for (const std::string rule : {"total", "each"}) {
    TrigonometricDictionary<TypeParam> dictionary(TypeParam{}, {periods, 3, rule});
    const auto p = static_cast<std::size_t>(dictionary.size());
    const Forms forms = forms_of(dictionary, nodes, std::vector<double>(256, 1.0 / 256));
    const HostMatrix identity("identity", p, p), diagonal("diagonal", p, p);
    std::vector<double> found, expected;
    for (std::size_t a = 0; a < p; ++a) {
      identity(a, a) = 1;
      found.push_back(diagonal(a, a) = forms.dirichlet(a, a));
    }
    EXPECT_TRUE(same(forms.gram, identity, 1e-12, 1e-12)) << rule;
    EXPECT_TRUE(same(forms.dirichlet, diagonal, 1e-10, 1e-10)) << rule;
    for (int m = 0; m <= 3; ++m)
      for (int l = 0; l <= (rule == "each" ? 3 : 3 - m); ++l)
        for (int copies = 0; copies < (m > 0 ? 2 : 1) * (l > 0 ? 2 : 1); ++copies)
          expected.push_back(std::pow(2 * pi * m / periods[0], 2) + std::pow(2 * pi * l / periods[1], 2));
    std::sort(found.begin(), found.end());
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(found.size(), expected.size()) << rule;
    for (std::size_t a = 0; a < p; ++a) EXPECT_NEAR(found[a], expected[a], 1e-10 * (1 + expected[a])) << rule;
  }
}

TYPED_TEST(Periodic, ModesOfTheRuleEachNestByDegree) {
  TrigonometricDictionary<TypeParam> small(TypeParam{}, {{2.0, 5.0}, 1, "each"}), large(TypeParam{}, {{2.0, 5.0}, 3, "each"});
  const HostPoints x = normal_points(2);
  EXPECT_TRUE(same(values_of(large, x, small.size()), values_of(small, x), 0));
  expect_contract(large, x);
}

/// A small dictionary of kernels, some of whose landmarks lie outside of [0, L).
VonMisesDictionaryData kernels(const std::vector<double>& periods) {
  const auto d = static_cast<Index>(periods.size());
  VonMisesDictionaryData data{periods, normal_points(d, 21), HostVector("widths", 21)};
  for (Index a = 0; a < 21; ++a) data.widths(a) = a < 6 ? 0.9 : 0.35;
  return data;
}

TYPED_TEST(Periodic, KernelsKeepTheContractOfADictionary) {
  for (const std::vector<double>& periods : {std::vector<double>{2.0}, {2 * pi, 1.5}, {1.0, 4.0, 9.0}}) {
    const VonMisesDictionaryData data = kernels(periods);
    VonMisesDictionary<TypeParam> dictionary(TypeParam{}, data);
    const HostPoints x = normal_points(static_cast<Index>(periods.size()));
    expect_values(dictionary, x, [&](const std::vector<double>& at) {
      std::vector<double> features = {1};
      for (Index a = 0; a < 21; ++a) {
        double exponent = 0;
        for (std::size_t k = 0; k < at.size(); ++k)
          exponent += std::pow(periods[k] / (2 * pi * data.widths(a)), 2) * (std::cos(2 * pi * (at[k] - data.landmarks(a, k)) / periods[k]) - 1);
        features.push_back(std::exp(exponent));
      }
      return features;
    });
    expect_contract(dictionary, x);
  }
}

/// Images are exact here (coordinates are multiples of 2^-10, periods powers of two), and so the features must be: the angle is reduced
/// before pi rounds it.
TYPED_TEST(Periodic, FeaturesAreTheSameInEveryImage) {
  const std::vector<double> periods = {2.0, 4.0};
  const HostPoints x = normal_points(2), image = on_host(x);
  for (std::size_t i = 0; i < x.extent(0); ++i) {
    for (std::size_t k = 0; k < 2; ++k) x(i, k) = std::round(x(i, k) * 1024) / 1024;
    image(i, 0) = x(i, 0) + 2.0 * static_cast<double>(static_cast<int>(i % 7) - 3);
    image(i, 1) = x(i, 1) - 0x1p40;
  }
  TrigonometricDictionary<TypeParam> modes(TypeParam{}, {periods, 3, "each"});
  VonMisesDictionary<TypeParam> bumps(TypeParam{}, kernels(periods));
  EXPECT_TRUE(same(values_of(modes, image), values_of(modes, x), 0, 1e-14));
  EXPECT_TRUE(same(values_of(bumps, image), values_of(bumps, x), 0, 1e-14));
  EXPECT_TRUE(same(slopes_of(bumps, image, 0), slopes_of(bumps, x, 0), 0, 1e-13));
}

TYPED_TEST(Periodic, LandmarksDoNotSeeTheSeam) {
  // Two arcs of a circle of length 2: around the seam at 0, and around 1; 0.7 of nothing between them on either side.
  const TypeParam exec;
  const HostPoints sample("sample", 2000, 1), moved("moved", 2000, 1);
  for (Index i = 0; i < 2000; ++i) {
    sample(i, 0) = static_cast<double>(i % 2) + 0.3 * (IndexedRandom(3, static_cast<std::uint64_t>(i)).uniform(0) - 0.5);
    moved(i, 0) = sample(i, 0) + 2.0 * static_cast<double>(static_cast<int>(i / 2 % 5) - 2);
  }
  const VonMisesLandmarks made = make_von_mises_data(exec, sample, {2.0}, 2000, {.finest = 50}),
                          far = make_von_mises_data(exec, moved, {2.0}, 2000, {.finest = 50});
  ASSERT_EQ(made.data.landmarks.extent(0), made.data.widths.extent(0));
  ASSERT_FALSE(made.levels.empty());
  EXPECT_EQ(made.levels.back().last_landmark, static_cast<Index>(made.data.landmarks.extent(0)));
  bool before = false, behind = false;
  for (std::size_t a = 0; a < made.data.landmarks.extent(0); ++a) {
    const double z = made.data.landmarks(a, 0), from_seam = z - 2 * std::round(z / 2);
    EXPECT_TRUE(std::abs(from_seam) < 0.16 || std::abs(from_seam) > 0.84) << "landmark at " << z;
    before = before || (from_seam < -0.01 && from_seam > -0.16);
    behind = behind || (from_seam > 0.01 && from_seam < 0.16);
  }
  EXPECT_TRUE(before && behind);
  VonMisesDictionary<TypeParam> here(exec, made.data), there(exec, far.data);
  EXPECT_TRUE(same(values_of(there, sample), values_of(here, sample), 0, 1e-6));
}

TEST(Periodic, DegreeIsTheLargestThatFits) {
  EXPECT_EQ(make_trigonometric_data({2.0}, 9).degree, 4);
  EXPECT_EQ(make_trigonometric_data({2.0}, 8).degree, 3);
  EXPECT_EQ(make_trigonometric_data({2.0, 3.0}, 49, "each").degree, 3);
  EXPECT_EQ(make_trigonometric_data({2.0, 3.0}, 48, "each").degree, 2);
  for (const int degree : {1, 2, 3}) {
    const auto count = static_cast<Index>(slow_modes(3, degree).size());
    EXPECT_EQ(make_trigonometric_data({2.0, 3.0, 1.0}, count).degree, degree);
    EXPECT_EQ(detail::tensor_count(3, degree, 2, detail::DegreeRule::total), count);
  }
}

TEST(Periodic, RefusesWhatCannotBe) {
  using Modes = TrigonometricDictionary<Kokkos::DefaultHostExecutionSpace>;
  using Kernels = VonMisesDictionary<Kokkos::DefaultHostExecutionSpace>;
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { make_trigonometric_data({}, 9); }), "one period for each coordinate is needed, got none"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { make_trigonometric_data({2, 2}, 4); }), "in 2 dimensions number 5, more than the 4 features"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] {
                         make_trigonometric_data({2, 2}, 9, "most");
                       }),
                       "there is no rule 'most' for degrees: take total or each"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { Modes({}, {{2, 0}, 1, "total"}); }), "the period of a coordinate must be a finite positive number"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { Modes({}, {{2, 2, 2}, 20, "each"}); }), "has 68921 features, at most 20000"));
  VonMisesDictionaryData data = kernels({2.0, 3.0});
  data.widths(3) = 0;
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { Kernels({}, data); }), "the width of a kernel must be a finite positive number"));
  data = kernels({2.0, 3.0});
  data.landmarks(4, 1) = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { Kernels({}, data); }), "landmark 4 (from 0) is not finite"));
  data.periods = {2.0};
  EXPECT_TRUE(contains(message_of<InvalidInput>([&] { Kernels({}, data); }), "landmarks must be p x d, widths p and periods d"));
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { make_von_mises_data(Kokkos::DefaultHostExecutionSpace{}, normal_points(2), {2.0}, 300); }),
                       "the sample has 2 coordinates, but there are 1 periods"));
}

}  // namespace
