// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "battery.hpp"

#include <kswgd/data/data_set.hpp>
#include <kswgd/kinetics/feynman_kac.hpp>
#include <kswgd/kinetics/path_integral.hpp>
#include <kswgd/systems/systems.hpp>

// An Ornstein-Uhlenbeck process killed at the rate kappa x^2: its spectrum learned from samples of the law without killing, beside
// the closed form and a Monte Carlo estimate by paths; and samples of the law conditioned to survive.
namespace kswgd::reproduce {
namespace {

constexpr Index killed_samples = 10000, killed_particles = 2000;

/// c(x) = kappa x^2.
struct QuadraticKilling {
  double kappa;
  template <class Point>
  KOKKOS_FUNCTION double operator()(const Point& x) const {
    return kappa * x[0] * x[0];
  }
};

}  // namespace

Result run_feynman_kac(const Settings& settings) {
  const Exec exec;
  Result result;
  const double none = std::nan("");
  for (const double kappa : {0.5, 2.0}) {
    // Ground state exp(-a x^2) of eigenvalue 2 a; the others above it in steps of 1 + 4 a.
    const double a = (std::sqrt(1 + 4 * kappa) - 1) / 4, ground = 2 * a, variance = 1 / (1 + 4 * a);
    const std::string suffix = fmt::format(", kappa {}", kappa);
    const Draw draw = [&](Index n, std::uint64_t seed) { return draw_exact("ornstein-uhlenbeck", n, variance, seed); };
    const SlicedWasserstein<Exec> distance(exec, device(draw(200000, fresh)));
    const Means mean = mean_over_seeds(settings.seed, [&](std::uint64_t seed, Means& means) {
      const HostPoints own = draw_exact("ornstein-uhlenbeck", killed_samples, 1, seed), start = cloud(killed_particles, {1}, 0.1, seed);
      const auto points = device(own), moved = device(start);
      FitOptions<Exec> options;
      options.seed = seed;
      options.modes = 6;
      FlowReport report;
      const double seconds = timed([&] {
        auto source = make_source(exec, points);
        const ModelData killed = fit_killed(exec, source, rate_at(exec, source, QuadraticKilling{kappa}), options);
        means.add("ground", killed.spectrum.read_out.values.empty() ? killed.spectrum.pairs.values(0) : killed.spectrum.read_out.values[0]);
        source.set_weights(conditioned_weights(exec, source, killed));
        options.modes = options.read_out_modes = 0;
        const Model<Exec> model(exec, fit_generator(exec, source, options));
        Flow<Exec> flow(exec, model);
        report = flow.run(moved);
      });
      means.add(report.state.evaluations, seconds).add("sliced", distance(exec, moved)).add("data", distance(exec, points));
      means.add("floor", distance(exec, device(draw(killed_particles, more + seed - settings.seed))));
      if (seed != settings.seed || kappa > 1) return;
      add_set(result, "data", own);
      add_set(result, "kswgd", host(moved));
      result.figures.push_back({"samples",
                                {{.title = "data, no killing", .plane = own},
                                 {.title = "KSWGD, conditioned to survive", .plane = host(moved)},
                                 {.title = "exact", .plane = draw(killed_particles, fresh)}},
                                3});
    });
    Kokkos::Timer timer;
    const auto paths = survival_by_paths(exec, OrnsteinUhlenbeck<1>{}, QuadraticKilling{kappa},
                                         device(draw_exact("ornstein-uhlenbeck", 20000, 1, settings.seed + 5)), {2, 4}, {.step = 5e-3, .seed = settings.seed});
    result.rows.push_back({"kswgd", "ground_eigenvalue" + suffix, mean["ground"], ground, none, -1, mean["seconds"]});
    result.rows.push_back({"paths", "ground_eigenvalue" + suffix, paths.rate(0, 1), ground, paths.rate_error(0, 1), -1, timer.seconds()});
    result.rows.push_back(mean.row("kswgd", "sliced_wasserstein, survivors" + suffix, "sliced", mean["floor"]));
    result.rows.push_back({"data without killing", "sliced_wasserstein, survivors" + suffix, mean["data"], none, mean["floor"]});
    result.remarks.push_back(fmt::format("kappa = {}: ground eigenvalue {:.4f}, closed form {:.4f}, by paths {:.4f} +- {:.4f}.", kappa, mean["ground"], ground,
                                         paths.rate(0, 1), paths.rate_error(0, 1)));
  }
  result.remarks.push_back("The column `published` holds the closed form; the floor of the paths' row is their standard error.");
  return result;
}

}  // namespace kswgd::reproduce
