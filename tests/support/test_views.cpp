// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/views.hpp"

namespace {

using kswgd::HostPoints;
using kswgd::test::same;

TEST(Views, EqualViewsAreTheSame) {
  const HostPoints a("a", 2, 2), b("b", 2, 2);
  EXPECT_TRUE(same(a, b, 0));
}

TEST(Views, ADifferenceIsNamedAndCounted) {
  const HostPoints a("a", 2, 2), b("b", 2, 2);
  a(1, 0) = 3;
  const auto result = same(a, b, 1e-3);
  EXPECT_FALSE(result);
  EXPECT_TRUE(kswgd::test::contains(result.message(), "1 entries of a and b differ: (1, 0): 3 and 0")) << result.message();
}

TEST(Views, NaNIsAMismatchOnEitherSide) {
  const HostPoints a("a", 1, 1), b("b", 1, 1);
  a(0, 0) = std::nan("");
  EXPECT_FALSE(same(a, b, 1e300, 1e300));
  EXPECT_FALSE(same(b, a, 1e300, 1e300));
  EXPECT_FALSE(same(a, a, 1e300, 1e300));
}

TEST(Views, ShapesMustAgree) { EXPECT_FALSE(same(HostPoints("a", 2, 1), HostPoints("b", 1, 2), 1)); }

}  // namespace
