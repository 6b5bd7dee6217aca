// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/model/model_data.hpp>
#include <kswgd/spectrum/read_out.hpp>

#include <algorithm>
#include <cmath>

namespace kswgd::detail {

/// Eigenvalues to read, in the caller's units: geometric means of the values that are too small and those that are too large.
inline ReadOut corrected(const RawReadOut& raw, double unit) {
  ReadOut result;
  result.level = raw.level;
  for (std::size_t j = 0; j < raw.in_sample.size(); ++j) {
    result.in_sample.push_back(raw.in_sample[j] * unit);
    result.cross_fitted.push_back(raw.cross_fitted[j] * unit);
    result.values.push_back(std::sqrt(std::max(raw.in_sample[j], 0.0) * std::max(raw.cross_fitted[j], 0.0)) * unit);
    result.spread.push_back(raw.spread[j] * unit);
  }
  return result;
}

}  // namespace kswgd::detail
