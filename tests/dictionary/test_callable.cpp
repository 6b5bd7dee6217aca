// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dictionary/contract.hpp"

#include <kswgd/dictionary/callable.hpp>
#include <kswgd/support/check.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;

/// sin(x_0 + a x_last), a = 0, 1, 2, ...: what a user might write.
struct Waves {
  int dimension;

  KOKKOS_FUNCTION double operator()(const double* x, Index a, double* gradient) const {
    const double rate = static_cast<double>(a), angle = x[0] + rate * x[dimension - 1];
    if (gradient != nullptr) {
      for (int k = 0; k < dimension; ++k) gradient[k] = 0;
      gradient[0] += Kokkos::cos(angle);
      gradient[dimension - 1] += rate * Kokkos::cos(angle);
    }
    return Kokkos::sin(angle);
  }
};

static_assert(Dictionary<CallableDictionary<Kokkos::DefaultExecutionSpace, Waves>>);

template <class Exec>
class Callable : public ::testing::Test {};
TYPED_TEST_SUITE(Callable, ExecutionSpaces);

TYPED_TEST(Callable, KeepsTheContractOfADictionary) {
  for (const int d : {1, 2, 5}) {
    const CallableDictionary<TypeParam, Waves> dictionary(TypeParam{}, d, 8, Waves{d});
    ASSERT_EQ(dictionary.size(), 9);
    const HostPoints x = normal_points(d);
    expect_values(dictionary, x, [](const std::vector<double>& at) {
      std::vector<double> values = {1};
      for (int a = 0; a < 8; ++a) values.push_back(std::sin(at.front() + a * at.back()));
      return values;
    });
    expect_contract(dictionary, x);
  }
}

TEST(Callable, RefusesWhatCannotBe) {
  using Exec = Kokkos::DefaultHostExecutionSpace;
  using Callable = CallableDictionary<Exec, Waves>;
  EXPECT_TRUE(contains(message_of<InvalidInput>([] { Callable(Exec{}, 2, 0, Waves{2}); }), "dimension and features must be 1 or more, got 2 and 0"));
}

}  // namespace
