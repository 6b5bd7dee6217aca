// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How right the learned spectra, time scales and intervals are on problems with known answers.
// usage: kswgd_kinetics [readout]... [--seeds N]
#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <kswgd/estimator/generator.hpp>
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
      levels += " " + std::to_string(model.read_out.level);
      for (std::size_t k = 0; k < 10; ++k) {
        const double error = model.read_out.values[k] / exact[k] - 1;
        bias[k] += error / seeds;
        square[k] += error * error / seeds;
        in_sample[k] += (model.read_out.in_sample[k] / exact[k] - 1) / seeds;
        cross[k] += (model.read_out.cross_fitted[k] / exact[k] - 1) / seeds;
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

}  // namespace

int main(int argc, char** argv) {
  setenv("OMP_PROC_BIND", "false", 0);
  const Kokkos::ScopeGuard guard(argc, argv);
  int seeds = 10;
  std::vector<std::string> wanted;
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "--seeds") && i + 1 < argc) {
      seeds = std::atoi(argv[++i]);
    } else {
      wanted.emplace_back(argv[i]);
    }
  }
  std::printf("kswgd %s (%s) on %s, %d threads\n", version(), git_hash(), Exec::name(), Exec().concurrency());
  const std::pair<const char*, void (*)(int)> problems[] = {{"readout", read_out_bias}};
  for (const auto& [name, run_problem] : problems)
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end()) run_problem(seeds);
}
