// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "draws.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/systems/allen_cahn.hpp>

#include <cmath>

namespace kswgd {
namespace {

/// (1 + h/2 D lap) u + h a (u - u^3) + noise, then the tridiagonal solve with 1 - h/2 D lap (Thomas' algorithm; the same
/// factors for all fields and steps).
template <class Exec>
struct Integrator {
  Points<Exec> frames, state, work;  // state, work: trajectories x points
  Vector<Exec> factor, pivot;        // of the elimination, points each
  Index samples, burn_in;
  int substeps;
  double step, half, reaction, noise;  // half: h D / (2 dx^2)
  std::uint64_t seed;

  KOKKOS_FUNCTION void operator()(Index trajectory) const {
    const Index points = static_cast<Index>(state.extent(1));
    const IndexedRandom random(seed, static_cast<std::uint64_t>(trajectory));
    std::uint64_t draw = 0;
    for (Index frame = -burn_in; frame < samples; ++frame) {
      for (int s = 0; s < substeps; ++s, draw += static_cast<std::uint64_t>(points)) advance(trajectory, points, random, draw);
      for (Index k = 0; frame >= 0 && k < points; ++k) frames(trajectory * samples + frame, k) = state(trajectory, k);
    }
  }

  KOKKOS_FUNCTION void advance(Index t, Index points, const IndexedRandom& random, std::uint64_t draw) const {
    for (Index k = 0; k < points; ++k) {
      const double u = state(t, k), left = k > 0 ? state(t, k - 1) : u, right = k + 1 < points ? state(t, k + 1) : u;
      const double source = u + half * (left - 2 * u + right) + step * reaction * (u - u * u * u) + noise * random.normal(draw + static_cast<std::uint64_t>(k));
      work(t, k) = (source + (k > 0 ? half * work(t, k - 1) : 0.0)) * pivot(k);
    }
    for (Index k = points - 1; k >= 0; --k) state(t, k) = work(t, k) + (k + 1 < points ? factor(k) * state(t, k + 1) : 0.0);
  }
};

void check(const AllenCahn& equation) {
  require(equation.points >= 2, "allen_cahn", [] { return "at least two grid points are needed"; });
  require_positive(equation.diffusion, "allen_cahn", "diffusion");
  require_positive(equation.reaction, "allen_cahn", "reaction");
  require_positive(equation.temperature, "allen_cahn", "temperature");
}

}  // namespace

template <ExecutionSpace Exec>
Points<Exec> simulate_allen_cahn(const Exec& exec, const AllenCahn& equation, const Points<Exec>& starts, LangevinOptions options) {
  check(equation);
  require_positive(options.dt, "allen_cahn", "dt");
  require(options.samples >= 1 && options.trajectories >= 1 && options.burn_in >= 0 && options.substeps >= 0, "allen_cahn",
          [] { return "samples and trajectories must be at least 1, burn-in and substeps not negative"; });
  const Index points = equation.points;
  require(static_cast<Index>(starts.extent(0)) == options.trajectories && static_cast<Index>(starts.extent(1)) == points, "allen_cahn", [&] {
    return "the starts must be " + std::to_string(options.trajectories) + " x " + std::to_string(points) + ", one field for each trajectory, but are " +
           std::to_string(starts.extent(0)) + " x " + std::to_string(starts.extent(1));
  });
  if (options.substeps == 0) options.substeps = static_cast<int>(std::clamp(std::ceil(options.dt / 0.005), 1.0, 1e9));
  const double dx = equation.spacing(), step = options.dt / options.substeps, half = step * equation.diffusion / (2 * dx * dx);
  const HostVector factor("kswgd::allen_cahn::factor", points), pivot("kswgd::allen_cahn::pivot", points);
  for (Index k = 0; k < points; ++k) {
    const double diagonal = 1 + half * (k == 0 || k + 1 == points ? 1 : 2);
    pivot(k) = 1 / (diagonal - (k > 0 ? half * factor(k - 1) : 0.0));
    factor(k) = half * pivot(k);
  }
  const auto state = allocate<Points<Exec>>(exec, "allen_cahn::state", options.trajectories, points);
  Kokkos::deep_copy(exec, state, starts);
  const auto frames = allocate<Points<Exec>>(exec, "simulate::frames", options.samples * options.trajectories, points);
  Kokkos::parallel_for("kswgd::allen_cahn", index_range(exec, options.trajectories),
                       Integrator<Exec>{frames, state, allocate<Points<Exec>>(exec, "allen_cahn::work", options.trajectories, points), to_device(exec, factor),
                                        to_device(exec, pivot), options.samples, options.burn_in, options.substeps, step, half, equation.reaction,
                                        std::sqrt(2 * equation.temperature * step / dx), options.seed});
  Index lost = 0;
  Kokkos::parallel_reduce(
      "kswgd::allen_cahn::check", index_range(exec, options.trajectories),
      KOKKOS_LAMBDA(Index t, Index & count) {
        for (Index k = 0; k < points; ++k) count += Kokkos::isfinite(state(t, k)) ? 0 : 1;
      },
      lost);
  if (lost > 0) throw Failure("kswgd::allen_cahn: a field left the finite numbers: more substeps (or a smaller dt) are needed");
  return frames;
}

HostPoints draw_allen_cahn(const AllenCahn& equation, Index n, std::uint64_t seed) {
  check(equation);
  constexpr int values = 401;
  constexpr double reach = 2.6, cell = 2 * reach / (values - 1);
  const double dx = equation.spacing(), t = equation.temperature, spread = std::sqrt(dx * t / equation.diffusion);
  const auto value = [](int i) { return -reach + i * cell; };
  const auto weight = [&](double u) { return std::exp(-dx * equation.reaction * (1 - u * u) * (1 - u * u) / (4 * t)); };
  require(spread >= 2 * cell, "allen_cahn", [&] {
    return "neighbours differ by " + std::to_string(spread) + " only, the values by " + std::to_string(cell) +
           ": the transfer matrix does not resolve the law (fewer grid points, or a higher temperature)";
  });
  // Of the field's rest, given its value here: from the right end to the left.
  const auto points = static_cast<std::size_t>(equation.points);
  std::vector<double> coupling(values), site(values);
  for (int i = 0; i < values; ++i) {
    coupling[static_cast<std::size_t>(i)] = std::exp(-(i * cell) * (i * cell) / (2 * spread * spread));
    site[static_cast<std::size_t>(i)] = weight(value(i));
  }
  const auto between = [&](std::size_t i, std::size_t j) { return coupling[i > j ? i - j : j - i]; };
  std::vector<std::vector<double>> rest(points, std::vector<double>(values, 1.0));
  for (std::size_t x = points - 1; x-- > 0;) {
    double most = 0;
    for (std::size_t i = 0; i < values; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < values; ++j) sum += between(i, j) * site[j] * rest[x + 1][j];
      rest[x][i] = sum;
      most = std::max(most, sum);
    }
    for (double& r : rest[x]) r /= most;
  }
  // Cumulative law of the value at x given the one at x - 1 (at x = 0: of all).
  using Row = std::vector<double>;
  const auto cumulative = [&](std::size_t x, std::size_t from) {
    Row row(values);
    double sum = 0;
    for (std::size_t j = 0; j < values; ++j) row[j] = sum += site[j] * rest[x][j] * (x == 0 ? 1.0 : between(from, j));
    return row;
  };
  const Row first = cumulative(0, 0);
  require(site[0] * rest[0][0] < 1e-5 * first.back(), "allen_cahn",
          [] { return "the law reaches beyond the values of the transfer matrix: lower the temperature"; });
  std::vector<std::vector<Row>> table(points);
  for (std::size_t x = 1; x < points; ++x)
    for (std::size_t i = 0; i < values; ++i) table[x].push_back(cumulative(x, i));
  return systems::draw(n, equation.points, seed, [&](const IndexedRandom& random, double* u) {
    std::size_t here = 0;
    for (std::size_t x = 0; x < points; ++x) {
      const Row& row = x == 0 ? first : table[x][here];
      here = static_cast<std::size_t>(std::upper_bound(row.begin(), row.end() - 1, random.uniform(2 * x) * row.back()) - row.begin());
      u[x] = value(static_cast<int>(here)) + cell * (random.uniform(2 * x + 1) - 0.5);
    }
  });
}

#define KSWGD_INSTANTIATE(EXEC) template Points<EXEC> simulate_allen_cahn(const EXEC&, const AllenCahn&, const Points<EXEC>&, LangevinOptions);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
