// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "battery.hpp"

#include <kswgd/data/data_set.hpp>
#include <kswgd/data/principal_components.hpp>
#include <kswgd/estimator/reweighting.hpp>
#include <kswgd/support/random_streams.hpp>
#include <kswgd/systems/allen_cahn.hpp>

#include <array>

// Fields of the stochastic Allen-Cahn equation on 64 points, in the space of their principal components in natural scale. A field
// stands for its values times sqrt(dx): distances are those of L2([0, 1]), whatever the grid.
namespace kswgd::reproduce {
namespace {

constexpr Index allen_cahn_particles = 2000, allen_cahn_fields = 10000;
constexpr double unit = 0.125;  // sqrt(dx)

HostPoints in_l2(const HostPoints& values) {
  for (std::size_t x = 0; x < values.extent(1); ++x)
    for (std::size_t i = 0; i < values.extent(0); ++i) values(i, x) *= unit;
  return values;
}

HostPoints draw(const AllenCahn& equation, Index n, std::uint64_t seed) { return in_l2(draw_allen_cahn(equation, n, seed)); }

std::vector<double> magnetisations(const HostPoints& fields) {
  std::vector<double> m(fields.extent(0), 0.0);
  for (std::size_t x = 0; x < fields.extent(1); ++x)
    for (std::size_t i = 0; i < m.size(); ++i) m[i] += fields(i, x) / unit / static_cast<double>(fields.extent(1));
  return m;
}

/// Wasserstein-1 between two laws on the line, by sorted values at equal quantiles.
double line_distance(std::vector<double> a, std::vector<double> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  constexpr int quantiles = 2000;
  double sum = 0;
  for (int q = 0; q < quantiles; ++q) {
    const auto at = [&](const std::vector<double>& v) { return v[static_cast<std::size_t>((q + 0.5) / quantiles * static_cast<double>(v.size()))]; };
    sum += std::abs(at(a) - at(b)) / quantiles;
  }
  return sum;
}

HostPoints one_phase(const PrincipalComponents& components, Index kept, std::uint64_t seed) {
  const HostPoints fields("kswgd::reproduce::start", allen_cahn_particles, 64);
  for (Index x = 0; x < 64; ++x)
    for (Index i = 0; i < allen_cahn_particles; ++i)
      fields(i, x) = 1 + 0.1 * IndexedRandom(seed, streams::phase_start + static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(x));
  return components.encode(in_l2(fields), kept);
}

plot::Panel fields_panel(const char* title, const HostPoints& fields) {
  plot::Panel panel{.title = title, .x_label = "x", .y_label = "u"};
  for (std::size_t i = 0; i < 8; ++i) {
    plot::Curve curve;
    for (std::size_t x = 0; x < 64; ++x) {
      curve.x.push_back((static_cast<double>(x) + 0.5) / 64);
      curve.y.push_back(fields(i, x) / unit);
    }
    panel.curves.push_back(std::move(curve));
  }
  return panel;
}

HostPoints column(const std::vector<double>& values) {
  const HostPoints points("kswgd::reproduce::column", values.size(), 1);
  for (std::size_t i = 0; i < values.size(); ++i) points(static_cast<Index>(i), 0) = values[i];
  return points;
}

}  // namespace

Result run_allen_cahn(const Settings& settings) {
  Result result;
  const AllenCahn equation;
  const HostPoints reference = draw(equation, 50000, fresh);
  const auto reference_m = magnetisations(reference);
  const HostPoints independent = draw(equation, allen_cahn_particles, more);
  const double none = std::nan(""), floor_m = line_distance(magnetisations(independent), reference_m);
  for (const Index kept : {8, 16, 32}) {
    const Means mean = mean_over_seeds(settings.seed, [&](std::uint64_t seed, Means& means) {
      const HostPoints fields = draw(equation, allen_cahn_fields, seed);
      const PrincipalComponents components = principal_components(fields);
      const HostPoints z = components.encode(fields, kept), start = one_phase(components, kept, seed);
      const SlicedWasserstein<Exec> distance(Exec{}, device(components.encode(reference, kept)));
      const auto sliced = [&](const HostPoints& points) { return distance(Exec{}, device(points)); };
      Run run = run_kswgd(z, start, seed, kept == 8 && seed == settings.seed ? 8 : 0);
      const HostPoints decoded = components.decode(run.samples, true, seed);
      means.add(run).add("sliced", sliced(run.samples)).add("data", sliced(z)).add("floor", sliced(components.encode(independent, kept)));
      means.add("magnetisation", line_distance(magnetisations(decoded), reference_m));
      if (seed != settings.seed || kept > 8) return;
      // The rates of the dynamics are T times the eigenvalues of unit diffusion.
      constexpr std::array exact = {.0464, .2351, .2723, .5951, .6325, .8579};
      const auto& read = run.model.spectrum.read_out.values;
      std::string rates = "T lambda_k, exact value in brackets:";
      for (std::size_t k = 0; k < std::min(exact.size(), read.size()); ++k) rates += fmt::format(" {:.4f} ({})", equation.temperature * read[k], exact[k]);
      result.remarks.push_back(rates + ".");
      add_set(result, "data", fields);
      add_set(result, "kswgd", decoded);
      add_set(result, "latent_data", z, &run.model, 3);
      add_set(result, "latent_start", start);
      add_set(result, "latent_kswgd", run.samples, &run.model, 3);
      result.figures.push_back({"fields",
                                {fields_panel("exact fields", fields),
                                 fields_panel("KSWGD, 8 components and noise", decoded),
                                 {.title = "magnetisation, exact", .plane = column(reference_m)},
                                 {.title = "magnetisation, KSWGD", .plane = column(magnetisations(decoded))}},
                                4});
      // Rivals that need samples alone; the score of a field's principal components is not known.
      const Judge judge(components.encode(reference, kept), [&](Index n, std::uint64_t which) { return components.encode(draw(equation, n, which), kept); });
      run_data_rivals(z, {.budget = run.report.state.evaluations, .seed = seed}, judge, start, [&](const std::string& method, const Attempt& attempt) {
        judge.add_rows(result.rows, method, attempt.samples, attempt.count(), attempt.seconds);
        result.rows.push_back({method, "magnetisation_distance", line_distance(magnetisations(components.decode(attempt.samples, true, seed)), reference_m),
                               none, floor_m, attempt.count(), attempt.seconds});
      });
    });
    const std::string suffix = kept == 8 ? "" : fmt::format(", {} components", kept);
    result.rows.push_back(mean.row("kswgd", "sliced_wasserstein" + suffix, "sliced", mean["floor"]));
    result.rows.push_back({"data", "sliced_wasserstein" + suffix, mean["data"], none, mean["floor"]});
    result.rows.push_back(mean.row("kswgd", "magnetisation_distance" + suffix, "magnetisation", floor_m));
    settings.say(fmt::format("{} components: sliced W2 {:.4f}, the data's own {:.4f}", kept, mean["sliced"], mean["data"]));
  }
  // 100 walkers, all from one phase, too short to forget it: weights towards equilibrium.
  constexpr Index walkers = 100, frames = 100, kept = 8;
  const Means mean = mean_over_seeds(settings.seed, [&](std::uint64_t seed, Means& means) {
    const auto starts = allocate<Points<Exec>>(Exec{}, "reproduce::starts", walkers, 64);
    Kokkos::deep_copy(Exec{}, starts, 1.0);
    const HostPoints fields =
        in_l2(host(simulate_allen_cahn(Exec{}, equation, starts, {.dt = 0.4, .substeps = 0, .samples = frames, .trajectories = walkers, .seed = seed})));
    const PrincipalComponents components = principal_components(fields);
    const HostPoints z = components.encode(fields, kept), start = one_phase(components, kept, seed);
    const SlicedWasserstein<Exec> distance(Exec{}, device(components.encode(reference, kept)));
    const Run biased = run_kswgd(z, start, seed);
    means.add("plain", distance(Exec{}, device(biased.samples))).add("floor", distance(Exec{}, device(components.encode(independent, kept))));
    const Exec exec;
    const auto points = device(z), particles_of = device(start);
    auto source = make_source(exec, points);
    FlowReport report;
    const double seconds = timed([&] {
      const std::vector<Index> lengths(walkers, frames);
      source.set_weights(equilibrium_weights(exec, source.with_trajectories({lengths, 0.4}), 5));
      FitOptions<Exec> options;
      options.seed = seed;
      options.modes = options.read_out_modes = 0;
      const Model<Exec> model(exec, fit_generator(exec, source, options));
      Flow<Exec> flow(exec, model);
      report = flow.run(particles_of);
    });
    means.add(report.state.evaluations, seconds).add("weighted", distance(exec, particles_of));
  });
  result.rows.push_back(mean.row("kswgd", "sliced_wasserstein, short walks, reweighted", "weighted", mean["floor"]));
  result.rows.push_back({"kswgd", "sliced_wasserstein, short walks as they are", mean["plain"], none, mean["floor"]});
  result.remarks.push_back(
      fmt::format("100 walkers of length 40 from one phase: sliced W2 {:.4f} as they are, {:.4f} with equilibrium weights.", mean["plain"], mean["weighted"]));
  return result;
}

}  // namespace kswgd::reproduce
