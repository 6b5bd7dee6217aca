// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/data/point_source.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/estimator/plan.hpp>

namespace kswgd {
namespace {

std::uint64_t numbers(Index rows, Index columns = 1) { return 8 * static_cast<std::uint64_t>(rows) * static_cast<std::uint64_t>(columns); }

}  // namespace

MemoryPlan plan_generator(Index points, Index dimension, Index landmarks) {
  Index gaussians = 0, leading = 0;
  for (const Index size : level_sizes(points, landmarks)) {
    gaussians += size;
    if (size <= 400) leading = gaussians;
  }
  const Index quadratics = 1 + dimension + dimension * (dimension + 1) / 2;
  const Index polynomials = quadratics <= std::min<Index>(points / 2, 2100) ? quadratics : 1 + dimension;
  const Index p = polynomials + gaussians, q = polynomials + leading, tile = std::min(points, rows_of_tile(p));
  return {p,
          {{"data", numbers(points, dimension)},
           {"moments", 4 * numbers(p, p) + 12 * numbers(q, q)},  // sums and averages of all features, sums of five folds
           {"tiles", 2 * numbers(tile, p)},
           {"factorisation", 3 * numbers(p, p) + 8 * numbers(q, q)}}};
}

MemoryPlan plan_diffusion_map(Index points, Index dimension, Index modes) {
  return {1 + modes,
          {{"data", numbers(points, dimension)},
           {"graph", numbers(points, 4 * dimension + 8)},
           {"solver", numbers(points, 4 * modes + 32)},
           {"eigenfunctions", numbers(points, 5 * modes)}}};
}

}  // namespace kswgd
