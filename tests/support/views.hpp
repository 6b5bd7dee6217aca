// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <gtest/gtest.h>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/support/execution.hpp>

#include <cfenv>
#include <cmath>
#include <sstream>

namespace kswgd::test {

template <class, class... Spaces>
struct BehindTheFirst {
  using Types = ::testing::Types<Spaces...>;
};
#define KSWGD_AND_SPACE(EXEC) , EXEC
/// All execution spaces of this build.
using ExecutionSpaces = BehindTheFirst<void KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_AND_SPACE)>::Types;
#undef KSWGD_AND_SPACE

/// Compares two rank-2 views entry by entry: |a - b| <= absolute + relative |b|. NaN on either side is a mismatch. Says how
/// many entries differ and shows the first ones.
template <class A, class B>
::testing::AssertionResult same(const A& a, const B& b, double relative, double absolute = 0) {
  const auto ha = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, a);
  const auto hb = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, b);
  if (ha.extent(0) != hb.extent(0) || ha.extent(1) != hb.extent(1))
    return ::testing::AssertionFailure() << a.label() << " is " << ha.extent(0) << " x " << ha.extent(1) << ", " << b.label() << " is " << hb.extent(0) << " x "
                                         << hb.extent(1);
  std::size_t wrong = 0;
  std::ostringstream first;
  for (std::size_t i = 0; i < ha.extent(0); ++i)
    for (std::size_t j = 0; j < ha.extent(1); ++j) {
      const double x = ha(i, j), y = hb(i, j);
      if (std::isnan(x) || std::isnan(y) || !(std::abs(x - y) <= absolute + relative * std::abs(y))) {
        if (++wrong <= 3) first << " (" << i << ", " << j << "): " << x << " and " << y << ";";
      }
    }
  if (wrong == 0) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << wrong << " entries of " << a.label() << " and " << b.label() << " differ:" << first.str();
}

/// While it lives, NaN may appear: for tests whose input is not finite.
class NonFiniteInput {
 public:
#ifdef __GLIBC__
  NonFiniteInput() : m_trapped(fedisableexcept(FE_INVALID)) {}
  ~NonFiniteInput() {
    std::feclearexcept(FE_ALL_EXCEPT);
    feenableexcept(m_trapped & FE_INVALID);
  }

 private:
  int m_trapped;
#else
  NonFiniteInput() {}
#endif
};

/// Runs f and returns the message of the exception of type E that it throws; fails the test when it throws none.
template <class E, class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace kswgd::test
