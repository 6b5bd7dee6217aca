// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/check.hpp>
#include <kswgd/support/execution.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/systems/potentials.hpp>
#include <vector>

/// @file
/// Overdamped Langevin dynamics dX = -grad V dt + sqrt(2 T) dW of any potential, many trajectories side by side.

namespace kswgd {

struct LangevinOptions {
  double temperature = 1;
  double dt = 0.01;       ///< time between recorded frames
  int substeps = 10;      ///< integration steps between two frames
  Index samples = 10000;  ///< recorded frames of each trajectory, the first after the burn-in
  Index burn_in = 0;      ///< frames that are not recorded
  Index trajectories = 1;
  std::uint64_t seed = 0;
};

/// Frames, one trajectory after the other: (trajectories x samples) x d. Trajectory k starts at row k of `starts` (a View of
/// trajectories x d, float or double, any layout) and takes its noise from stream k of the seed, so that it is the same on
/// every backend.
///
/// Each step is one of the stochastic Heun method: x' = x + s xi - h (grad V(x) + grad V(x + s xi - h grad V(x))) / 2, s = sqrt(2 T h),
/// which is weakly of second order for additive noise (Kloeden, Platen 1992, 14.2), in the paths as in the invariant law, and whose quadratic
/// variation is that of the process from the first step on: two gradients a step. Throws Failure when a trajectory
/// leaves the finite numbers: the step is then too long for the potential. Throws InvalidInput for unusable options or starts.
template <ExecutionSpace Exec, Potential P, class Starts>
requires(bool(Kokkos::is_view<Starts>::value)) Points<Exec> simulate_langevin(const Exec& exec, const P& potential, const Starts& starts,
                                                                              const LangevinOptions& options) {
  static_assert(PointsView<Starts, Exec>, "kswgd::simulate_langevin: starts must be a rank-2 View of float or double that the execution space can reach");
  constexpr int d = P::dimension;
  require_positive(options.temperature, "simulate", "temperature");
  require_positive(options.dt, "simulate", "dt");
  require(options.substeps >= 1 && options.samples >= 1 && options.trajectories >= 1 && options.burn_in >= 0, "simulate",
          [] { return "samples, trajectories and substeps must be at least 1, burn-in not negative"; });
  require(static_cast<Index>(starts.extent(0)) == options.trajectories && static_cast<int>(starts.extent(1)) == d, "simulate", [&] {
    return "the starts must be " + std::to_string(options.trajectories) + " x " + std::to_string(d) + ", one row for each trajectory, but are " +
           std::to_string(starts.extent(0)) + " x " + std::to_string(starts.extent(1));
  });
  Index unusable = 0;
  Kokkos::parallel_reduce(
      "kswgd::simulate::starts", index_range(exec, options.trajectories),
      KOKKOS_LAMBDA(Index i, Index & count) {
        for (int k = 0; k < d; ++k) count += Kokkos::isfinite(starts(i, k)) ? 0 : 1;
      },
      unusable);
  require(unusable == 0, "simulate", [&] { return std::to_string(unusable) + " coordinates of the starts are not finite"; });
  const auto frames = allocate<Points<Exec>>(exec, "simulate::frames", options.samples * options.trajectories, d);
  const double step = options.dt / options.substeps, noise = Kokkos::sqrt(2 * options.temperature * step);
  const Index samples = options.samples, burn_in = options.burn_in;
  const int substeps = options.substeps;
  const std::uint64_t seed = options.seed;
  Kokkos::parallel_for(
      "kswgd::simulate", index_range(exec, options.trajectories), KOKKOS_LAMBDA(Index trajectory) {
        const IndexedRandom random(seed, static_cast<std::uint64_t>(trajectory));
        double x[d], g[d], ahead[d], next[d];
        for (int k = 0; k < d; ++k) x[k] = starts(trajectory, k);
        std::uint64_t draw = 0;
        for (Index frame = -burn_in; frame < samples; ++frame) {
          for (int s = 0; s < substeps; ++s) {
            potential.gradient(x, g);
            for (int k = 0; k < d; ++k) {
              next[k] = x[k] + noise * random.normal(draw++);
              ahead[k] = next[k] - step * g[k];
            }
            for (int k = 0; k < d; ++k) x[k] = next[k] - step * g[k] / 2;
            potential.gradient(ahead, g);
            for (int k = 0; k < d; ++k) x[k] -= step * g[k] / 2;
          }
          for (int k = 0; frame >= 0 && k < d; ++k) frames(trajectory * samples + frame, k) = x[k];
        }
      });
  Index lost = 0;
  Kokkos::parallel_reduce(
      "kswgd::simulate::check", index_range(exec, samples * options.trajectories),
      KOKKOS_LAMBDA(Index i, Index & count) {
        for (int k = 0; k < d; ++k) count += Kokkos::isfinite(frames(i, k)) ? 0 : 1;
      },
      lost);
  if (lost > 0) throw Failure("kswgd::simulate: a trajectory left the finite numbers: more substeps (or a smaller dt) are needed");
  return frames;
}

/// As above, with all trajectories from one point (d numbers).
template <ExecutionSpace Exec, Potential P>
Points<Exec> simulate_langevin(const Exec& exec, const P& potential, const std::vector<double>& start, const LangevinOptions& options) {
  constexpr int d = P::dimension;
  require(static_cast<int>(start.size()) == d, "simulate", [&] { return "the start must have " + std::to_string(d) + " coordinates"; });
  require(options.trajectories >= 1, "simulate", [] { return "trajectories must be at least 1"; });
  const auto starts = allocate<Points<Exec>>(exec, "simulate::starts", options.trajectories, d);
  for (int k = 0; k < d; ++k) Kokkos::deep_copy(exec, Kokkos::subview(starts, Kokkos::ALL, k), start[static_cast<std::size_t>(k)]);
  return simulate_langevin(exec, potential, starts, options);
}

}  // namespace kswgd
