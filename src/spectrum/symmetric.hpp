// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/lanes.hpp>

namespace kswgd::detail {

/// How a symmetric matrix enters a product with few vectors: on the host transposed, so that the sums run down its columns as they lie in memory [800 rows,
/// 4 vectors: 100 us instead of 160].
template <class Exec>
inline constexpr algebra::Op symmetric = on_host<Exec> ? algebra::Op::transposed : algebra::Op::none;

}  // namespace kswgd::detail
