// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/rivals/nulls.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>

#include <cmath>
#include <vector>

namespace kswgd::rivals {
HostPoints redraw(const HostPoints& data, Index n, std::uint64_t seed) {
  require(data.extent(0) >= 1 && n >= 1, "rivals::redraw", [] { return "there are no data, or no point was asked for"; });
  const HostPoints points("kswgd::rivals::redraw", n, data.extent(1));
  for (Index i = 0; i < n; ++i) {
    const auto row = IndexedRandom(seed, streams::redrawn_rows + static_cast<std::uint64_t>(i)).below(data.extent(0), 0);
    for (std::size_t k = 0; k < data.extent(1); ++k) points(i, k) = data(row, k);
  }
  return points;
}

HostPoints redraw_smoothed(const HostPoints& data, Index n, double factor, std::uint64_t seed) {
  require_positive(factor, "rivals::redraw_smoothed", "factor");
  require(data.extent(0) >= 2, "rivals::redraw_smoothed", [] { return "at least two data points are needed"; });
  const HostPoints points = redraw(data, n, seed);
  const auto count = static_cast<double>(data.extent(0)), d = static_cast<double>(data.extent(1));
  for (std::size_t k = 0; k < data.extent(1); ++k) {
    double mean = 0, square = 0;
    for (std::size_t i = 0; i < data.extent(0); ++i) mean += data(i, k) / count;
    for (std::size_t i = 0; i < data.extent(0); ++i) square += (data(i, k) - mean) * (data(i, k) - mean) / (count - 1);
    const double width = factor * std::pow(count, -1 / (d + 4)) * std::sqrt(square);
    for (Index i = 0; i < n; ++i) points(i, k) += width * IndexedRandom(seed, streams::redrawn_rows + static_cast<std::uint64_t>(i)).normal(2 + k);
  }
  return points;
}

}  // namespace kswgd::rivals
