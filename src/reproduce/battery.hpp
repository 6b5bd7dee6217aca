// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "common.hpp"

#include <fmt/core.h>
#include <kswgd/rivals/diffusion_particles.hpp>
#include <kswgd/rivals/langevin_samplers.hpp>
#include <kswgd/rivals/lawgd.hpp>
#include <kswgd/rivals/nulls.hpp>
#include <kswgd/rivals/stein.hpp>

// All rivals on one problem, with equal numbers of evaluations. Each one's step is the best of a small grid, judged by the sliced
// distance to the truth: a choice that no user could make, in the rivals' favour.
namespace kswgd::reproduce {

struct Attempt {
  double step = 0;
  HostPoints samples;
  Index evaluations = 0;
  double seconds = 0, sliced = HUGE_VAL;
  Index count() const { return evaluations > 0 ? evaluations : -1; }  ///< as a row has it
};

/// Runs `trial(step)` for each step of the grid and keeps the best one; seconds are those of the best alone.
template <class Trial>
Attempt best_of(const Judge& judge, const std::vector<double>& grid, const HostPoints& start, const Trial& trial) {
  Attempt best;
  for (const double step : grid) {
    const auto particles = device(start);
    rivals::Report report;
    const double seconds = timed([&] { report = trial(step, particles); });
    Attempt attempt{step, host(particles), report.evaluations, seconds, HUGE_VAL};
    bool finite = true;
    for (std::size_t k = 0; k < attempt.samples.extent(1); ++k)
      for (std::size_t i = 0; i < attempt.samples.extent(0); ++i) finite = finite && std::abs(attempt.samples(i, k)) < 1e100;
    if (finite) attempt.sliced = judge.sliced(attempt.samples);
    if (best.samples.extent(0) == 0 || attempt.sliced < best.sliced) best = std::move(attempt);
  }
  return best;
}

struct Battery {
  double temperature = 1;
  double stable_step = 0.02;                     ///< of the unadjusted chain: the grid is 1, 1/2, 1/4 and 1/16 of it
  double length = 1;                             ///< of the law, for the steps of Stein descent
  Index budget = 30;                             ///< evaluations of each
  Index chain_factor = 100;                      ///< ula also gets this many times the budget
  Index stein_factor = 5;                        ///< svgd also gets this many times the budget
  std::vector<rivals::LineSpectrum> lines = {};  ///< lawgd's, where the law is separable
  std::uint64_t seed = 0;
};

/// Takes a method's name and its samples: adds the rows.
using Take = std::function<void(const std::string& method, const Attempt&)>;

template <Potential P>
void run_score_rivals(const P& potential, const Battery& battery, const Judge& judge, const HostPoints& start, const Take& take) {
  const Exec exec;
  const double top = battery.stable_step;
  const std::vector<double> chain_grid{top, top / 2, top / 4, top / 16}, stein_grid{0.3 * battery.length, 0.1 * battery.length, 0.03 * battery.length};
  const auto chain = [&](double step, Index steps) {
    return rivals::ChainOptions{.temperature = battery.temperature, .step = step, .steps = std::max<Index>(steps, 1), .leapfrogs = 5, .seed = battery.seed};
  };
  take("ula", best_of(judge, chain_grid, start, [&](double h, const Points<Exec>& x) { return rivals::ula(exec, potential, x, chain(h, battery.budget)); }));
  take(fmt::format("ula x{}", battery.chain_factor), best_of(judge, {top / 2, top / 16}, start, [&](double h, const Points<Exec>& x) {
         return rivals::ula(exec, potential, x, chain(h, battery.chain_factor * battery.budget));
       }));
  take("mala",
       best_of(judge, chain_grid, start, [&](double h, const Points<Exec>& x) { return rivals::mala(exec, potential, x, chain(h, battery.budget - 1)); }));
  // Leapfrog's step in units of time is the root of twice the chain's.
  take("hmc", best_of(judge, chain_grid, start,
                      [&](double h, const Points<Exec>& x) { return rivals::hmc(exec, potential, x, chain(std::sqrt(2 * h), (battery.budget - 1) / 5)); }));
  for (const bool matrix : {false, true}) {
    const auto run = [&](double step, Index steps, const Points<Exec>& x) {
      return rivals::svgd(exec, potential, x, {.temperature = battery.temperature, .step = step, .steps = steps, .matrix = matrix});
    };
    const std::string name = matrix ? "matrix svgd" : "svgd";
    const Attempt best = best_of(judge, stein_grid, start, [&](double step, const Points<Exec>& x) { return run(step, battery.budget, x); });
    take(name, best);
    // With more evaluations at the step that was the best.
    take(fmt::format("{} x{}", name, battery.stein_factor),
         best_of(judge, {best.step}, start, [&](double step, const Points<Exec>& x) { return run(step, battery.stein_factor * battery.budget, x); }));
  }
  if (!battery.lines.empty())
    take("lawgd, exact spectrum", best_of(judge, {0.5}, start, [&](double h, const Points<Exec>& x) {
           return rivals::lawgd(exec, battery.lines, x, {.modes = 100, .max_steps = battery.budget, .step = h});
         }));
}

/// Those that know the data alone: DMPS and the published update on a diffusion map of (at most) 1000 of them, and the nulls.
void run_data_rivals(const HostPoints& data, const Battery& battery, const Judge& judge, const HostPoints& start, const Take& take,
                     double published_epsilon = 0, const std::function<void(const Points<Exec>&)>& retract = {});

}  // namespace kswgd::reproduce
