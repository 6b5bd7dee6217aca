// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/check.hpp>
#include <kswgd/support/execution.hpp>
#include <kswgd/systems/potentials.hpp>

/// @file
/// What all samplers that are compared with the flow have in common: they move particles in place, towards exp(-V / T) or the
/// law of a set of points, and report what it cost.

namespace kswgd::rivals {

/// An evaluation is one pass in which the score, or the velocity, of all particles is computed once, rejected trials included:
/// the flow's own count (History::evaluations).
struct Report {
  Index evaluations = 0;
  double acceptance = 1;  ///< accepted part of the proposals, where there are any
  double energy = 0;      ///< what a descent has reached; 0 where nothing descends
};

/// Throws InvalidInput unless the particles have the dimension and are finite numbers.
template <ExecutionSpace Exec>
void require_particles(const Exec& exec, const Points<Exec>& particles, Index dimension, const char* who) {
  require(particles.extent(0) >= 1 && static_cast<Index>(particles.extent(1)) == dimension, who, [&] {
    return "the particles must be M x " + std::to_string(dimension) + ", but are " + std::to_string(particles.extent(0)) + " x " +
           std::to_string(particles.extent(1));
  });
  const Index d = dimension;
  Index lost = 0;
  Kokkos::parallel_reduce(
      "kswgd::rivals::finite", index_range(exec, static_cast<Index>(particles.extent(0))),
      KOKKOS_LAMBDA(Index i, Index & count) {
        for (Index k = 0; k < d; ++k) count += Kokkos::isfinite(particles(i, k)) ? 0 : 1;
      },
      lost);
  require(lost == 0, who, [&] { return std::to_string(lost) + " coordinates of the particles are not finite"; });
}

}  // namespace kswgd::rivals
