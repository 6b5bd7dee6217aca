// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "draws.hpp"

#include <kswgd/detail/instantiate.hpp>

#include <cmath>

// Uniform laws on circle, sphere and embedded torus, and the Brownian motions (generator T times the Laplacian of the surface)
// that they are invariant under.
namespace kswgd::systems {
namespace {

struct Frames {
  Index samples, burn_in;
  int substeps;
  double step;   // of the integration
  double noise;  // sqrt(2 T step)
  std::uint64_t seed;
};

Frames frames_of(const LangevinOptions& options) {
  const double step = options.dt / options.substeps;
  return {options.samples, options.burn_in, options.substeps, step, std::sqrt(2 * options.temperature * step), options.seed};
}

/// A geodesic of random direction and length in each step: uniform for ever once uniform, by symmetry.
template <class Exec>
struct SphereWalk {
  Points<Exec> frames, state, move;  // state and move: trajectories x d
  Frames plan;
  double radius;

  KOKKOS_FUNCTION void operator()(Index trajectory) const {
    const int d = static_cast<int>(state.extent(1));
    const IndexedRandom random(plan.seed, static_cast<std::uint64_t>(trajectory));
    std::uint64_t draw = 0;
    for (int k = 0; k < d; ++k) state(trajectory, k) = k == 0 ? 1 : 0;
    for (Index frame = -plan.burn_in; frame < plan.samples; ++frame) {
      for (int s = 0; s < plan.substeps; ++s) step(trajectory, d, random, draw);
      for (int k = 0; frame >= 0 && k < d; ++k) frames(trajectory * plan.samples + frame, k) = radius * state(trajectory, k);
    }
  }

  KOKKOS_FUNCTION void step(Index trajectory, int d, const IndexedRandom& random, std::uint64_t& draw) const {
    double along = 0, square = 0;
    for (int k = 0; k < d; ++k) {
      move(trajectory, k) = plan.noise / radius * random.normal(draw++);
      along += move(trajectory, k) * state(trajectory, k);
    }
    for (int k = 0; k < d; ++k) {
      move(trajectory, k) -= along * state(trajectory, k);
      square += move(trajectory, k) * move(trajectory, k);
    }
    const double angle = Kokkos::sqrt(square), cosine = Kokkos::cos(angle), sine = angle > 0 ? Kokkos::sin(angle) / angle : 1;
    double norm = 0;
    for (int k = 0; k < d; ++k) {
      state(trajectory, k) = cosine * state(trajectory, k) + sine * move(trajectory, k);
      norm += state(trajectory, k) * state(trajectory, k);
    }
    for (int k = 0; k < d; ++k) state(trajectory, k) /= Kokkos::sqrt(norm);
  }
};

/// In the angles theta (of the tube) and phi (around the axis) the metric is diag(r^2, (R + r cos theta)^2): the Laplacian's
/// first-order term, the Ito drift, belongs to theta alone: a step of Heun's method, as in simulate_langevin.
template <class Exec>
struct TorusWalk {
  Points<Exec> frames;
  Frames plan;
  double temperature, major, minor;

  KOKKOS_FUNCTION void operator()(Index trajectory) const {
    const IndexedRandom random(plan.seed, static_cast<std::uint64_t>(trajectory));
    double theta = 0, phi = 0;
    std::uint64_t draw = 0;
    const auto drift = [&](double at) { return -temperature * Kokkos::sin(at) / (minor * (major + minor * Kokkos::cos(at))); };
    for (Index frame = -plan.burn_in; frame < plan.samples; ++frame) {
      for (int s = 0; s < plan.substeps; ++s) {
        const double from = theta, moved = theta + plan.noise / minor * random.normal(draw++), slope = drift(from);
        theta = moved + plan.step * (slope + drift(moved + plan.step * slope)) / 2;
        phi += plan.noise / (major + minor * Kokkos::cos((from + theta) / 2)) * random.normal(draw++);
      }
      if (frame < 0) continue;
      const Index row = trajectory * plan.samples + frame;
      const double distance = major + minor * Kokkos::cos(theta);
      frames(row, 0) = distance * Kokkos::cos(phi);
      frames(row, 1) = distance * Kokkos::sin(phi);
      frames(row, 2) = minor * Kokkos::sin(theta);
    }
  }
};

}  // namespace

HostPoints draw_manifold(const SystemInfo& system, Index n, std::uint64_t seed) {
  const double radius = system.parameters.radius, minor = system.parameters.minor_radius;
  if (system.name == "torus") {
    constexpr int cells = 20000;
    const InverseDistribution theta(0, 2 * M_PI, cells, [&](double t) { return radius + minor * std::cos(t); });
    return draw(n, 3, seed, [&](const IndexedRandom& random, double* x) {
      const double t = theta(random.uniform(0)), phi = 2 * M_PI * random.uniform(1), distance = radius + minor * std::cos(t);
      x[0] = distance * std::cos(phi);
      x[1] = distance * std::sin(phi);
      x[2] = minor * std::sin(t);
    });
  }
  const Index d = system.dimension;
  return draw(n, d, seed, [d, radius](const IndexedRandom& random, double* x) {
    double square = 0;
    for (Index k = 0; k < d; ++k) {
      x[k] = random.normal(static_cast<std::uint64_t>(k));
      square += x[k] * x[k];
    }
    for (Index k = 0; k < d; ++k) x[k] *= radius / std::sqrt(square);
  });
}

template <ExecutionSpace Exec>
Points<Exec> simulate_manifold(const Exec& exec, const SystemInfo& system, const LangevinOptions& options) {
  const auto frames = allocate<Points<Exec>>(exec, "simulate::frames", options.samples * options.trajectories, system.dimension);
  const auto trajectories = index_range(exec, options.trajectories);
  if (system.name == "torus") {
    Kokkos::parallel_for("kswgd::simulate::torus", trajectories,
                         TorusWalk<Exec>{frames, frames_of(options), options.temperature, system.parameters.radius, system.parameters.minor_radius});
  } else {
    const auto state = allocate<Points<Exec>>(exec, "simulate::state", options.trajectories, system.dimension);
    const auto move = allocate<Points<Exec>>(exec, "simulate::move", options.trajectories, system.dimension);
    Kokkos::parallel_for("kswgd::simulate::sphere", trajectories, SphereWalk<Exec>{frames, state, move, frames_of(options), system.parameters.radius});
  }
  exec.fence("kswgd::simulate: the workspace is released");
  return frames;
}

#define KSWGD_INSTANTIATE(EXEC) template Points<EXEC> simulate_manifold(const EXEC&, const SystemInfo&, const LangevinOptions&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd::systems
