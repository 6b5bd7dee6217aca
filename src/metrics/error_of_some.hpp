// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <cmath>

namespace kswgd::detail {

/// `some` of `all` points, taken evenly, have an error of their own as a picture of all: by so much lie `count` draws from all of them farther from these than
/// `count` draws from these do.
inline double error_of_some(double count, double some, double all) { return some < all ? std::sqrt(1 + count / some * (1 - some / all)) : 1; }

}  // namespace kswgd::detail
