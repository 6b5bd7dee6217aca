// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "ceilings.hpp"

#include <kswgd/dictionary/gaussian.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/moments/accumulator.hpp>
#include <kswgd/support/random.hpp>

#include <cmath>
#include <memory>

/// @file
/// The hot loops with data to run on, and the least time that the measured ceilings allow each of them.

namespace kswgd::bench {

struct Sizes {
  Index n = 0, features = 0, dimension = 0;
};

/// n x d standard normals, point i from stream i.
inline HostPoints normal_points(Index n, Index d, std::uint64_t seed) {
  const HostPoints points("kswgd::bench::points", n, d);
  for (Index i = 0; i < n; ++i)
    for (Index k = 0; k < d; ++k) points(i, k) = IndexedRandom(seed, static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k));
  return points;
}

/// Gaussians at normal points; the width grows with the dimension as distances do.
inline GaussianDictionaryData normal_dictionary(Index features, Index d) {
  GaussianDictionaryData data{d, false, normal_points(features, d, 1), HostVector("kswgd::bench::widths", features)};
  Kokkos::deep_copy(data.widths, 0.5 * std::sqrt(static_cast<double>(d)));
  return data;
}

/// The least time of a task, and the ceiling that takes most of it.
struct Limit {
  double seconds;
  const char* by;
};

/// `exponentials` of one kind and `flops` of multiply-adds beside those inside the exponentials.
inline Limit pair_limit(const Ceilings& ceilings, bool single, double exponentials, double flops) {
  const double exp = exponentials / (single ? ceilings.exp_fp32 : ceilings.exp_fp64);
  const double fma = flops / (single ? ceilings.fma_fp32 : ceilings.fma_fp64);
  if (exp > fma) return {exp + fma, single ? "exp_fp32" : "exp_fp64"};
  return {exp + fma, single ? "fma_fp32" : "fma_fp64"};
}

/// One evaluation of the flow: mean features, and the velocity of all particles.
template <ExecutionSpace Exec>
class FlowProblem {
 public:
  FlowProblem(const Exec& exec, const Sizes& sizes)
      : m_exec(exec),
        m_sizes(sizes),
        m_dictionary(exec, normal_dictionary(sizes.features, sizes.dimension)),
        m_x(to_device(exec, normal_points(sizes.n, sizes.dimension, 2))),
        m_u("kswgd::bench::u", sizes.n, sizes.dimension),
        m_mean("kswgd::bench::mean", m_dictionary.size()),
        m_c("kswgd::bench::c", m_dictionary.size()) {
    Kokkos::deep_copy(m_c, 0.1);
  }
  template <class T>
  void mean() {
    m_dictionary.template mean<T>(m_exec, m_x, m_mean, m_dictionary.size(), m_workspace);
    m_exec.fence("kswgd::bench: the clock stops");
  }
  template <class T>
  void descent() {
    m_dictionary.template descent<T>(m_exec, m_x, m_c, m_u, m_dictionary.size(), m_workspace);
    m_exec.fence("kswgd::bench: the clock stops");
  }
  double pairs() const { return static_cast<double>(m_sizes.n) * static_cast<double>(m_sizes.features); }
  /// The expanded exponent takes d + 1 multiply-adds, the sum one addition.
  double mean_flops() const { return 2 * pairs() * static_cast<double>(m_sizes.dimension + 2); }
  /// Exponent, weight, and d + 1 sums.
  double descent_flops() const { return 2 * pairs() * static_cast<double>(2 * m_sizes.dimension + 3); }
  const Sizes& sizes() const { return m_sizes; }

 private:
  Exec m_exec;
  Sizes m_sizes;
  GaussianDictionary<Exec> m_dictionary;
  Workspace<Exec> m_workspace;
  Points<Exec> m_x, m_u;
  Vector<Exec> m_mean, m_c;
};

/// The moments G and D of points that are walked in tiles, as a fit does it.
template <ExecutionSpace Exec>
class MomentsProblem {
 public:
  MomentsProblem(const Exec& exec, const Sizes& sizes, Index tile_rows)
      : m_exec(exec),
        m_sizes(sizes),
        m_rows(std::min(tile_rows, sizes.n)),
        m_dictionary(exec, normal_dictionary(sizes.features, sizes.dimension)),
        m_tile(exec, m_dictionary, m_rows),
        m_sums(exec, m_dictionary, m_dictionary.size()),
        m_x(to_device(exec, normal_points(sizes.n, sizes.dimension, 2))),
        m_rows_x(allocate<Points<Exec>>(exec, "bench::rows", m_rows, sizes.dimension)) {}

  /// Adds all tiles to the sums; the features alone where `multiply` is false.
  void run(bool multiply) {
    for (Index start = 0; start < m_sizes.n; start += m_rows) {
      const Index count = std::min(m_rows, m_sizes.n - start);
      const Points<Exec> part = Kokkos::subview(m_rows_x, Span(0, count), Kokkos::ALL);
      Kokkos::deep_copy(m_exec, part, Kokkos::subview(m_x, Span(start, start + count), Kokkos::ALL));
      m_tile.evaluate(m_exec, part, {}, static_cast<double>(count));
      if (multiply) m_sums.add(m_exec, m_tile);
    }
    m_exec.fence("kswgd::bench: the clock stops");
  }
  /// n q^2 for G of all q features, which is symmetric, and 2 n p^2 for A of the p Gaussians.
  double flops() const {
    const auto p = static_cast<double>(m_sizes.features), q = static_cast<double>(m_dictionary.size());
    return static_cast<double>(m_sizes.n) * (q * q + 2 * p * p);
  }
  double pairs() const { return static_cast<double>(m_sizes.n) * static_cast<double>(m_sizes.features); }
  const Sizes& sizes() const { return m_sizes; }

 private:
  Exec m_exec;
  Sizes m_sizes;
  Index m_rows;
  GaussianDictionary<Exec> m_dictionary;
  MomentTile<Exec> m_tile;
  MomentAccumulator<Exec> m_sums;
  Points<Exec> m_x, m_rows_x;
};

}  // namespace kswgd::bench
