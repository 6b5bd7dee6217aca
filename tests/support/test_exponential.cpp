// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/views.hpp"

#include <gtest/gtest.h>
#include <kswgd/detail/exponential.hpp>
#include <kswgd/support/random.hpp>

#include <cmath>
#include <limits>

namespace {

using namespace kswgd;
using namespace kswgd::test;

template <class T>
class Exponential : public ::testing::Test {
 protected:
  /// In a vector, or a single number where a device compiler reads the file.
  using V = detail::Lanes<Kokkos::DefaultHostExecutionSpace, T>;
  static constexpr int lanes = sizeof(V) / sizeof(T);

  static T at(T t) {
    T result[lanes];
    detail::store<V>(result, detail::exp2_nonpositive<V>(detail::broadcast<V>(t)));
    return result[0];
  }

  /// Units in the last place between a result and 2^t.
  static double error(T found, T t) {
    const auto exact = std::exp2(static_cast<long double>(t));
    const auto nearest = static_cast<T>(exact);
    const T below = nearest - std::nextafter(nearest, T(0)), above = std::nextafter(nearest, T(2)) - nearest;
    return static_cast<double>(std::abs(found - exact) / (found < exact ? below : above));
  }
};
using Precisions = ::testing::Types<double, float>;
TYPED_TEST_SUITE(Exponential, Precisions);

/// Different numbers in all lanes of three vectors and of four, so that both the pairs and single vectors are seen.
TYPED_TEST(Exponential, IsWithinTwoUlp) {
  using T = TypeParam;
  using V = typename TestFixture::V;
  constexpr int lanes = TestFixture::lanes, odd = 3, even = 4;
  const T lowest = detail::lowest_exponent<T>;
  for (std::uint64_t trial = 0; trial < 40000; ++trial) {
    T numbers[(odd + even) * lanes], results[(odd + even) * lanes];
    for (int l = 0; l < (odd + even) * lanes; ++l) {
      const double u = IndexedRandom(1, trial).uniform(static_cast<std::uint64_t>(l));
      // Over the whole range, and as many near 0 at every scale.
      numbers[l] = static_cast<T>(trial % 2 == 0 ? lowest * u : -std::ldexp(u, -static_cast<int>(trial % 50)));
    }
    V three[odd], four[even];
    for (int r = 0; r < odd; ++r) three[r] = detail::load<V>(&numbers[r * lanes]);
    for (int r = 0; r < even; ++r) four[r] = detail::load<V>(&numbers[(odd + r) * lanes]);
    detail::exp2_nonpositive(three);
    detail::exp2_nonpositive(four);
    for (int r = 0; r < odd; ++r) detail::store<V>(&results[r * lanes], three[r]);
    for (int r = 0; r < even; ++r) detail::store<V>(&results[(odd + r) * lanes], four[r]);
    for (int l = 0; l < (odd + even) * lanes; ++l) ASSERT_LE(TestFixture::error(results[l], numbers[l]), 2) << "2^" << numbers[l] << " in place " << l;
  }
}

/// At the middle of each step of any table, and half an ulp to either side, where rounding may choose either.
TYPED_TEST(Exponential, JoinsItsSteps) {
  using T = TypeParam;
  for (int k = 0; k < 64 * 79; ++k) {
    const T t = -T(k) / 64;
    for (const T near : {std::nextafter(t, T(-2000)), t, k == 0 ? t : std::nextafter(t, T(0))})
      ASSERT_LE(TestFixture::error(TestFixture::at(near), near), 2) << "2^" << near;
  }
  EXPECT_EQ(TestFixture::at(0), 1);
}

TYPED_TEST(Exponential, KeepsNaNAndReachesZero) {
  using T = TypeParam;
  const NonFiniteInput allowed;
  EXPECT_TRUE(std::isnan(TestFixture::at(std::numeric_limits<T>::quiet_NaN())));
  const T tiny = sizeof(T) == 8 ? T(1e-288) : T(1e-24);
  for (const double t : {-1e4, -1e6, -1e38}) EXPECT_LE(TestFixture::at(static_cast<T>(t)), tiny) << t;
  if (sizeof(T) == 8) {
    EXPECT_LE(TestFixture::at(static_cast<T>(-1e59)), tiny);
  }
}

/// Expanded exponents can lie above 0 by a rounding error.
TYPED_TEST(Exponential, GoesALittleAboveZero) {
  using T = TypeParam;
  const T t = 8 * std::numeric_limits<T>::epsilon();
  EXPECT_NEAR(TestFixture::at(t), 1 + t * Kokkos::numbers::ln2, 2 * std::numeric_limits<T>::epsilon());
}

}  // namespace
