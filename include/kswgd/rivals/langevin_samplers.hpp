// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/rivals/rival.hpp>
#include <kswgd/support/random.hpp>

/// @file
/// Independent chains with the exact score, one for each particle: unadjusted and Metropolis-adjusted Langevin, Hamiltonian
/// Monte Carlo. Particle i takes its noise from stream i of the seed.

namespace kswgd::rivals {

struct ChainOptions {
  double temperature = 1;
  double step = 0.01;  ///< time step (ula, mala), or leapfrog step (hmc)
  Index steps = 100;   ///< moves (hmc: proposals)
  int leapfrogs = 10;  ///< hmc: leapfrog steps in a proposal
  std::uint64_t seed = 0;
};

namespace detail {

/// Numbers of one step's draws: d normals, and a uniform in a pair of its own (normals come in pairs).
template <int D>
struct StepDraws {
  static constexpr int normals = D + D % 2, stride = normals + 2;
  std::uint64_t first;
  KOKKOS_FUNCTION explicit StepDraws(Index step) : first(static_cast<std::uint64_t>(step * stride)) {}
  KOKKOS_FUNCTION std::uint64_t normal(int k) const { return first + static_cast<std::uint64_t>(k); }
  KOKKOS_FUNCTION std::uint64_t uniform() const { return first + normals + 1; }
};

inline void check(const ChainOptions& options, const char* who) {
  require_positive(options.temperature, who, "temperature");
  require_positive(options.step, who, "step");
  require(options.steps >= 1 && options.leapfrogs >= 1, who, [] { return "steps and leapfrogs must be at least 1"; });
}

/// Where a chain is, with what it knows of the place.
template <Potential P>
struct ChainPlace {
  static constexpr int d = P::dimension;
  double y[d], g[d], energy;

  template <class View>
  KOKKOS_FUNCTION ChainPlace(const P& potential, const View& x, Index i) {
    for (int k = 0; k < d; ++k) y[k] = x(i, k);
    potential.gradient(y, g);
    energy = potential.energy(y);
  }
  KOKKOS_FUNCTION void move_to(const double* trial, const double* trial_gradient, double trial_energy) {
    for (int k = 0; k < d; ++k) {
      y[k] = trial[k];
      g[k] = trial_gradient[k];
    }
    energy = trial_energy;
  }
  template <class View>
  KOKKOS_FUNCTION void store(const View& x, Index i) const {
    for (int k = 0; k < d; ++k) x(i, k) = y[k];
  }
};

/// x' = x - h grad V + sqrt(2 T h) xi.
template <class Exec, Potential P>
struct Ula {
  P potential;
  Points<Exec> x;
  ChainOptions options;
  KOKKOS_FUNCTION void operator()(Index i, Index&) const {
    constexpr int d = P::dimension;
    const IndexedRandom random(options.seed, static_cast<std::uint64_t>(i));
    const double noise = Kokkos::sqrt(2 * options.temperature * options.step);
    double y[d], g[d];
    for (int k = 0; k < d; ++k) y[k] = x(i, k);
    for (Index step = 0; step < options.steps; ++step) {
      potential.gradient(y, g);
      for (int k = 0; k < d; ++k) y[k] += noise * random.normal(static_cast<std::uint64_t>(step * d + k)) - options.step * g[k];
    }
    for (int k = 0; k < d; ++k) x(i, k) = y[k];
  }
};

/// ula's proposal, accepted by Metropolis and Hastings' rule (Besag 1994; Roberts, Tweedie 1996).
template <class Exec, Potential P>
struct Mala {
  P potential;
  Points<Exec> x;
  ChainOptions options;
  KOKKOS_FUNCTION void operator()(Index i, Index& accepted) const {
    constexpr int d = P::dimension;
    const IndexedRandom random(options.seed, static_cast<std::uint64_t>(i));
    const double h = options.step, t = options.temperature, noise = Kokkos::sqrt(2 * t * h);
    double trial[d], trial_g[d];
    ChainPlace<P> at(potential, x, i);
    for (Index step = 0; step < options.steps; ++step) {
      const StepDraws<d> draws(step);
      for (int k = 0; k < d; ++k) trial[k] = at.y[k] - h * at.g[k] + noise * random.normal(draws.normal(k));
      potential.gradient(trial, trial_g);
      const double trial_energy = potential.energy(trial);
      double forward = 0, back = 0;
      for (int k = 0; k < d; ++k) {
        const double there = trial[k] - at.y[k] + h * at.g[k], here = at.y[k] - trial[k] + h * trial_g[k];
        forward += there * there;
        back += here * here;
      }
      const double logarithm = (at.energy - trial_energy) / t + (forward - back) / (4 * t * h);
      if (!(Kokkos::log(random.uniform(draws.uniform())) < logarithm)) continue;  // NaN is refused
      at.move_to(trial, trial_g, trial_energy);
      ++accepted;
    }
    at.store(x, i);
  }
};

/// Leapfrog proposals with fresh momenta (Duane et al. 1987), unit mass.
template <class Exec, Potential P>
struct Hmc {
  P potential;
  Points<Exec> x;
  ChainOptions options;
  KOKKOS_FUNCTION void operator()(Index i, Index& accepted) const {
    constexpr int d = P::dimension;
    const IndexedRandom random(options.seed, static_cast<std::uint64_t>(i));
    const double h = options.step, t = options.temperature;
    double trial[d], trial_g[d], p[d];
    ChainPlace<P> at(potential, x, i);
    for (Index step = 0; step < options.steps; ++step) {
      const StepDraws<d> draws(step);
      double before = at.energy, after = 0;
      for (int k = 0; k < d; ++k) {
        p[k] = Kokkos::sqrt(t) * random.normal(draws.normal(k));
        before += p[k] * p[k] / 2;
        trial[k] = at.y[k];
        trial_g[k] = at.g[k];
      }
      for (int leap = 0; leap < options.leapfrogs; ++leap) {
        for (int k = 0; k < d; ++k) {
          p[k] -= h / 2 * trial_g[k];
          trial[k] += h * p[k];
        }
        potential.gradient(trial, trial_g);
        for (int k = 0; k < d; ++k) p[k] -= h / 2 * trial_g[k];
      }
      const double trial_energy = potential.energy(trial);
      after = trial_energy;
      for (int k = 0; k < d; ++k) after += p[k] * p[k] / 2;
      if (!(Kokkos::log(random.uniform(draws.uniform())) < (before - after) / t)) continue;
      at.move_to(trial, trial_g, trial_energy);
      ++accepted;
    }
    at.store(x, i);
  }
};

template <ExecutionSpace Exec, class Chain>
Report run_chains(const Exec& exec, const char* who, const Chain& chain, Index evaluations) {
  check(chain.options, who);
  const Index n = static_cast<Index>(chain.x.extent(0));
  require_particles(exec, chain.x, std::remove_cvref_t<decltype(chain.potential)>::dimension, who);
  Index accepted = 0;
  Kokkos::parallel_reduce(std::string("kswgd::") + who, index_range(exec, n), chain, accepted);
  return {evaluations, accepted > 0 ? static_cast<double>(accepted) / static_cast<double>(n * chain.options.steps) : 0, 0};
}

}  // namespace detail

/// Unadjusted Langevin: biased by the step (variance 1 / (1 - h/2) in place of 1 for V = x^2/2, T = 1), `steps` evaluations.
/// Particles that a step too long drives out of the finite numbers stay there. All three: particles M x d in place. Synchronises.
template <ExecutionSpace Exec, Potential P>
Report ula(const Exec& exec, const P& potential, const Points<Exec>& particles, const ChainOptions& options) {
  Report report = detail::run_chains(exec, "rivals::ula", detail::Ula<Exec, P>{potential, particles, options}, options.steps);
  report.acceptance = 1;
  return report;
}

/// Metropolis-adjusted Langevin: exact law, 1 + steps evaluations.
template <ExecutionSpace Exec, Potential P>
Report mala(const Exec& exec, const P& potential, const Points<Exec>& particles, const ChainOptions& options) {
  return detail::run_chains(exec, "rivals::mala", detail::Mala<Exec, P>{potential, particles, options}, 1 + options.steps);
}

/// Hamiltonian Monte Carlo: exact law, 1 + steps x leapfrogs evaluations.
template <ExecutionSpace Exec, Potential P>
Report hmc(const Exec& exec, const P& potential, const Points<Exec>& particles, const ChainOptions& options) {
  return detail::run_chains(exec, "rivals::hmc", detail::Hmc<Exec, P>{potential, particles, options}, 1 + options.steps * options.leapfrogs);
}

}  // namespace kswgd::rivals
