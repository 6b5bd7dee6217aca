// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "sizes.hpp"

#include <kswgd/data/data_set.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/estimator/plan.hpp>
#include <kswgd/moments/fold_sums.hpp>

#include <algorithm>

namespace kswgd {
namespace {

/// Code, libraries and their buffers.
constexpr std::uint64_t program = 30'000'000;

/// How many folds are solved side by side (spectrum/read_out.hpp), each with matrices of its own.
std::uint64_t folds_at_a_time() {
#ifdef KOKKOS_ENABLE_OPENMP
  if (Kokkos::is_initialized()) return static_cast<std::uint64_t>(std::min(Kokkos::OpenMP().concurrency(), fold_count));
#endif
  return 1;
}

std::uint64_t numbers(Index rows, Index columns = 1) { return 8 * static_cast<std::uint64_t>(rows) * static_cast<std::uint64_t>(columns); }

/// Weights of the rows as data sets, the model and the reader hold them.
constexpr std::uint64_t weight_copies = 5;

/// Three blocks of rows, one that HDF5 fills, and a stretch that rows are picked from.
std::uint64_t tiles_of_rows(Index columns, Index rows, Index block) { return 5 * numbers(std::min(rows, block), columns); }

/// What ranks tell one another of their rows at a time, and MPI's copy of it.
constexpr std::uint64_t told_rows = 16'000'000;

/// The rows that landmarks are sought among, and what k-means holds beside them.
std::uint64_t sampled(Index points, Index dimension) { return numbers(std::min(points, detail::most_landmark_candidates), 2 * dimension + 4); }

}  // namespace

MemoryPlan plan_generator(Index points, Index dimension, Index landmarks, Index modes, Index hold_out, double rows_per_feature, const RowStorage& rows) {
  const Index fitted = std::max<Index>(1, points - (hold_out < 0 ? detail::automatic_hold_out(points) : hold_out));
  Index gaussians = 0, leading = 0;
  for (const Index size : level_sizes(fitted, landmarks)) {
    gaussians += size;
    if (size <= detail::finest_read_out) leading = gaussians;
  }
  const Index polynomials = 1 + dimension +
                            (detail::carries_quadratics(fitted, dimension) ? dimension * (dimension + 1) / 2
                             : detail::carries_squares(fitted, dimension)  ? dimension
                                                                           : 0);
  const Index p = polynomials + gaussians, q = polynomials + leading, drawn = static_cast<Index>(rows_per_feature * static_cast<double>(p));
  const bool shared = p == q;  // the folds hold all features
  const bool some = !shared && drawn > 0 && detail::saves_rows(static_cast<double>(drawn), fitted);
  const Index tile = std::min(fitted / fold_count + 1, rows_of_tile(some ? q : p));
  const std::uint64_t all = numbers(p, p), folds = 6 * (numbers(q, q) + numbers(leading, leading)), beside = 4 * (folds_at_a_time() - 1) * numbers(q, q);
  const Index here = rows.here < 0 ? points : rows.here, columns = rows.columns < 0 ? dimension : rows.columns;
  const MemoryPlan::Part data = rows.in_place ? MemoryPlan::Part{"tiles", tiles_of_rows(columns, here, rows.block)}
                                              : MemoryPlan::Part{"data", numbers(here, columns)};
  const MemoryPlan::Part weights{"weights", rows.weighted ? weight_copies * numbers(here) : 0};
  const auto planned = [&](std::uint64_t work) {
    // Before the moments: rows are compared, landmarks sought among some. Neither is alive with the folds.
    const std::uint64_t before = std::max(numbers(here) + (here == points ? 0 : told_rows), sampled(points, dimension));
    return MemoryPlan{p, {{"program", program}, data, weights, {"folds", folds}, {"work", std::max(work, before > folds ? before - folds : 0)}}};
  };
  // Three stages, one after the other; what they share is the sums of five folds and of all of them.
  if (some) {  // after the walk of the folds the moments of all features, of rows that it has kept; pairs and read-out are of the folds
    const std::uint64_t kept = numbers(drawn, dimension), second = 4 * numbers(rows_of_tile(p), p) + kept + 2 * all;
    const std::uint64_t pairs = 2 * all + 6 * numbers(q, q) + numbers(q, 16 * modes) + beside;
    return planned(std::max({2 * numbers(tile, q) + kept, second, pairs}));
  }
  const std::uint64_t walk = 2 * numbers(tile, p) + (shared ? 0 : all + numbers(gaussians, gaussians));
  const std::uint64_t eigenpairs = 4 * all + numbers(p, 16 * modes);
  // With few points the read-out may end before its finest level, which has 4 q^2 numbers of its own, or not: the mean of both.
  const std::uint64_t read_out = 2 * all + (shared ? 3 : 6) * numbers(q, q) + numbers(q, 16 * modes) + beside;
  return planned(std::max({walk, eigenpairs, read_out}));
}

MemoryPlan plan_diffusion_map(Index points, Index dimension, Index modes) {
  constexpr Index block = 8;
  const Index subspace = std::max(12 * block, 2 * modes + 3 * block) + block;
  return {1 + modes,
          {{"program", program},
           {"data", numbers(points, dimension)},
           {"graph", numbers(points, 4 * dimension + 20)},
           {"solver", numbers(points, subspace)},
           {"eigenfunctions", numbers(points, 2 * modes)}}};
}

}  // namespace kswgd
