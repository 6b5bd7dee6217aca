// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/detail/lanes.hpp>

namespace kswgd::test {

/// 2^t by the host kernels' own exponential: in a vector, or a single number where a device compiler reads the file.
template <class T>
T kernel_exp2(T t) {
  using V = detail::Lanes<Kokkos::DefaultHostExecutionSpace, T>;
  T lanes[sizeof(V) / sizeof(T)];
  detail::store<V>(lanes, detail::exp2_nonpositive<V>(detail::broadcast<V>(t)));
  return lanes[0];
}

}  // namespace kswgd::test
