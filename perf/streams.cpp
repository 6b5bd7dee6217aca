// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A fit of a stream beside one fit of all its rows: the same model, the time, the share of rows beyond the guard, starts that have yet to relax.
// usage: kswgd_streams [same|relaxing|outside]... [--seeds N]; rows of `same` in the environment variable ROWS (default 10^6), landmarks in FEATURES (100)
#include "command_line.hpp"

#include <Kokkos_Core.hpp>
#include <Kokkos_Timer.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/estimator/online.hpp>
#include <kswgd/systems/systems.hpp>
#include <string>
#include <vector>

namespace {

using namespace kswgd;
using Exec = Kokkos::DefaultExecutionSpace;

Index from_environment(const char* name, Index otherwise) {
  const char* text = std::getenv(name);
  return text ? static_cast<Index>(std::atoll(text)) : otherwise;
}

double largest_difference(const HostMatrix& a, const HostMatrix& b) {
  double difference = 0, size = 0;
  for (std::size_t j = 0; j < a.extent(1); ++j)
    for (std::size_t i = 0; i < a.extent(0); ++i) {
      difference = std::max(difference, std::abs(a(i, j) - b(i, j)));
      size = std::max(size, std::abs(b(i, j)));
    }
  return difference / size;
}

double worst_eigenvalue(const ModelData& model, const ModelData& expected, std::size_t count) {
  double worst = 0;
  for (std::size_t k = 0; k < std::min(count, expected.spectrum.read_out.values.size()); ++k)
    worst = std::max(worst, std::abs(model.spectrum.read_out.values.at(k) / expected.spectrum.read_out.values[k] - 1));
  return worst;
}

/// A trajectory in batches of 1000 rows, with the landmarks of one fit of all: differences of the sums, and the time beside that fit, in turn.
void same_model(int seeds) {
  const Exec exec;
  const Index n = from_environment("ROWS", 1000000), batch = 1000;
  for (int seed = 0; seed < seeds; ++seed) {
    FitOptions<Exec> options;
    options.features = from_environment("FEATURES", 100);
    options.hold_out = 0;
    const auto frames = simulate(exec, "quadruple-well", {.dt = 0.02, .samples = n, .burn_in = 100, .seed = 7 + static_cast<std::uint64_t>(seed)});
    const DataSet<Exec> data = make_source(exec, frames).with_trajectories({{n}, 0.02});
    Kokkos::Timer timer;
    const ModelData expected = fit_generator(exec, data, options);
    const double whole = timer.seconds();
    timer.reset();
    OnlineFit<Exec> online(exec, data, {.fit = options});
    const double laid_out = timer.seconds();
    for (Index first = 0; first < n; first += batch)
      online.add(exec, Kokkos::subview(frames, Span(first, std::min(n, first + batch)), Kokkos::ALL), {}, {first * 5 / n});
    const double added = timer.seconds() - laid_out;
    const ModelData model = online.model(exec);
    const double all = timer.seconds();
    std::printf(
        "same, %lld rows, %lld features: G differs by %.1e, D by %.1e, eigenvalues by %.1e, those read by %.1e; "
        "one fit %.2f s, the stream %.2f s (layout %.2f, rows %.2f): ratio %.3f; outside %.4f\n",
        static_cast<long long>(n), static_cast<long long>(expected.density.moments.size()),
        largest_difference(model.density.moments.gram, expected.density.moments.gram),
        largest_difference(model.density.moments.dirichlet, expected.density.moments.dirichlet),
        std::abs(model.spectrum.pairs.values(5) / expected.spectrum.pairs.values(5) - 1), worst_eigenvalue(model, expected, 10), whole, all, laid_out, added,
        all / whole, online.outside());
  }
}

/// Independent rows in dimensions 2 to 16: how many lie beyond the guard although the basis is right.
void share_outside(int seeds) {
  const Exec exec;
  for (const Index d : {Index{1}, Index{2}, Index{4}, Index{8}, Index{16}})
    for (const Index rows : {Index{1000}, Index{10000}})
      for (int seed = 0; seed < seeds; ++seed) {
        const SystemParameters parameters{.dimension = d};
        OnlineOptions<Exec> options{.fit = {.modes = 2}, .first_rows = rows, .most_outside = 1e300};
        options.fit.seed = static_cast<std::uint64_t>(seed);
        OnlineFit<Exec> online(exec, d, options);
        const auto points = to_device(exec, draw_exact("ornstein-uhlenbeck", 5 * rows, parameters, 100 + options.fit.seed));
        online.add(exec, Kokkos::subview(points, Span(0, rows), Kokkos::ALL));
        online.add(exec, Kokkos::subview(points, Span(rows, 5 * rows), Kokkos::ALL));
        std::printf("outside, d = %2lld, laid out from %5lld rows: %.4f\n", static_cast<long long>(d), static_cast<long long>(rows), online.outside());
      }
}

/// Walkers that all start in one well, a row each in each frame; the first layout sees frames that have yet to relax.
void relaxing(int seeds) {
  const Exec exec;
  struct Case {
    const char* system;
    double temperature, dt;
    Index walkers, frames;
  };
  for (const Case& c : {Case{"quadruple-well", 0, 0.05, 1000, 1000}, Case{"double-well", 0.25, 0.1, 1000, 1000}, Case{"quadruple-well", 0, 0.02, 1, 400000}})
    for (int seed = 0; seed < seeds; ++seed) {
      const Index n = c.walkers * c.frames;
      const auto frames = simulate(
          exec, c.system, {.temperature = c.temperature, .dt = c.dt, .samples = c.frames, .trajectories = c.walkers, .seed = static_cast<std::uint64_t>(seed)});
      FitOptions<Exec> options;
      options.features = from_environment("FEATURES", 100);
      options.hold_out = 0;
      const ModelData expected =
          fit_generator(exec, make_source(exec, frames).with_trajectories({std::vector<Index>(static_cast<std::size_t>(c.walkers), c.frames), c.dt}), options);
      OnlineFit<Exec> online(exec, frames.extent(1), {.fit = options}), first(exec, frames.extent(1), {.fit = options, .most_outside = 1e300});
      const Index batch = std::max<Index>(1, 1000 / c.walkers), rows = batch * c.walkers;
      const auto host = to_host(exec, frames);
      const HostPoints tile("tile", rows, frames.extent(1));
      std::vector<Index> blocks(static_cast<std::size_t>(rows));
      for (Index t = 0; t < c.frames; t += batch) {
        for (Index i = 0; i < rows; ++i) {
          const Index walker = i % c.walkers, frame = t + i / c.walkers;
          for (std::size_t k = 0; k < tile.extent(1); ++k) tile(i, k) = host(walker * c.frames + frame, k);
          blocks[static_cast<std::size_t>(i)] = c.walkers > 1 ? walker : frame / 10000;
        }
        const auto device = to_device(exec, tile);
        online.add(exec, device, {}, blocks);
        first.add(exec, device, {}, blocks);
      }
      const ModelData model = online.model(exec), stubborn = first.model(exec);
      std::printf(
          "relaxing, %s, %lld rows, seed %d: lambda_1..5 differ by %.4f at most after %lld layouts (n_eff %.0f, outside %.4f); "
          "with the first basis %.3f (outside %.3f); lambda_1 %.5g, %.5g, %.5g\n",
          c.system, static_cast<long long>(n), seed, worst_eigenvalue(model, expected, 5), static_cast<long long>(online.layouts()),
          model.provenance.effective_samples, online.outside(), worst_eigenvalue(stubborn, expected, 5), first.outside(), expected.spectrum.read_out.values[0],
          model.spectrum.read_out.values[0], stubborn.spectrum.read_out.values[0]);
    }
}

}  // namespace

int main(int argc, char** argv) { kswgd::perf::run_problems(argc, argv, 1, {{"same", same_model}, {"relaxing", relaxing}, {"outside", share_outside}}); }
