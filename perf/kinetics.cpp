// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How right the learned spectra, time scales and intervals are on problems with known answers.
// usage: kswgd_kinetics [readout|coverage]... [--seeds N]
#include "command_line.hpp"

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/kinetics/bootstrap.hpp>
#include <kswgd/kinetics/timescales.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/systems/systems.hpp>
#include <kswgd/version.hpp>
#include <string>
#include <vector>

namespace {

using namespace kswgd;
using Exec = Kokkos::DefaultExecutionSpace;

/// Relative bias of the eigenvalues that `spectrum` prints, quadruple well, independent samples: the mean over the seeds.
void read_out_bias(int seeds) {
  constexpr double exact[] = {.74868167, .74868167, 1.49736334, 6.00411367, 6.00411367, 6.75279534, 6.75279534, 11.66069556, 11.66069556, 12.00822734};
  const Exec exec;
  for (const Index n : {Index{10000}, Index{1000}}) {
    std::vector<double> bias(10, 0.0), in_sample(10, 0.0), cross(10, 0.0), square(10, 0.0);
    std::string levels;
    for (int seed = 0; seed < seeds; ++seed) {
      FitOptions<Exec> options;
      options.modes = 0;
      options.seed = static_cast<std::uint64_t>(seed);
      const auto points = to_device(exec, draw_exact("quadruple-well", n, 0, 100 + options.seed));
      const ModelData model = fit_generator(exec, Points<Exec>(points), options);
      levels += " " + std::to_string(model.spectrum.read_out.level);
      for (std::size_t k = 0; k < 10; ++k) {
        const double error = model.spectrum.read_out.values[k] / exact[k] - 1;
        bias[k] += error / seeds;
        square[k] += error * error / seeds;
        in_sample[k] += (model.spectrum.read_out.in_sample[k] / exact[k] - 1) / seeds;
        cross[k] += (model.spectrum.read_out.cross_fitted[k] / exact[k] - 1) / seeds;
      }
    }
    double worst = 0;
    for (std::size_t k = 0; k < 10; ++k) {
      std::printf("read-out, n = %5d  lambda_%-2d  bias %+.4f  (spread %.4f)  in sample %+.4f  cross-fitted %+.4f\n", static_cast<int>(n),
                  static_cast<int>(k + 1), bias[k], std::sqrt(std::max(0.0, square[k] - bias[k] * bias[k])), in_sample[k], cross[k]);
      worst = std::max(worst, std::abs(bias[k]));
    }
    std::printf("read-out, n = %5d  worst bias %.4f over %d seeds; levels%s\n", static_cast<int>(n), worst, seeds, levels.c_str());
  }
}

/// How often the 90 % bootstrap interval of lambda_1 = 1 of Ornstein-Uhlenbeck covers the truth: from independent samples
/// (generator), and from trajectories (reversible EDMD; 10 of 200 units of time, exact transitions).
void coverage(int seeds) {
  const Exec exec;
  const int repeats = 10 * seeds;
  int of_samples = 0, of_trajectories = 0;
  double width = 0, mean = 0, square = 0;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const auto seed = static_cast<std::uint64_t>(repeat);
    const Points<Exec> points = to_device(exec, draw_exact("ornstein-uhlenbeck", 2000, 0, 5000 + seed));
    FitOptions<Exec> options;
    options.modes = 8;
    options.read_out_modes = 4;
    options.features = 100;
    options.seed = seed;
    const auto source = make_source(exec, points);
    const auto samples = eigenvalue_intervals(exec, source, fit_generator(exec, source, options), {.modes = 1, .seed = seed});
    of_samples += samples.intervals[0].low <= 1 && samples.intervals[0].high >= 1;

    constexpr Index trajectories = 10, length = 2000;
    constexpr double t = 0.1;
    const HostPoints frames("frames", trajectories * length, 1);
    for (Index j = 0; j < trajectories; ++j) {
      const IndexedRandom random(9000 + seed, static_cast<std::uint64_t>(j));
      double x = random.normal(0);
      for (Index i = 0; i < length; ++i) {
        frames(j * length + i, 0) = x;
        x = std::exp(-t) * x + std::sqrt(1 - std::exp(-2 * t)) * random.normal(static_cast<std::uint64_t>(i) + 1);
      }
    }
    const Points<Exec> device = to_device(exec, frames);
    TimescaleOptions<Exec> kinetics;
    kinetics.basis.features = 100;
    kinetics.basis.seed = seed;
    kinetics.modes = 3;
    kinetics.bootstrap = 200;
    const auto result = implied_timescales(exec, make_source(exec, device).with_trajectories({std::vector<Index>(trajectories, length), t}), {2}, kinetics);
    of_trajectories += result.low[0][0] <= 1 && result.high[0][0] >= 1;
    width += std::log(result.high[0][0] / result.low[0][0]) / repeats;
    mean += result.timescales[0][0] / repeats;
    square += result.timescales[0][0] * result.timescales[0][0] / repeats;
  }
  std::printf("coverage of lambda_1 by 90 %% intervals, %d repeats: %d from samples, %d from trajectories\n", repeats, of_samples, of_trajectories);
  std::printf("coverage, trajectories: mean time scale %.4f, spread %.4f, mean width of the intervals %.4f (normal: %.4f)\n", mean,
              std::sqrt(square - mean * mean), width, 2 * 1.645 * std::sqrt(square - mean * mean) / mean);
}

}  // namespace

int main(int argc, char** argv) { kswgd::perf::run_problems(argc, argv, 10, {{"readout", read_out_bias}, {"coverage", coverage}}); }
