// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "commands.hpp"

#include <fmt/core.h>
#include <kswgd/systems/systems.hpp>

#include <memory>

namespace kswgd::cli {
namespace {

struct Options {
  std::string system, output;
  LangevinOptions langevin;
  SystemParameters parameters;
  bool exact = false;
};

void simulate_system(const Common& common, Options options) {
  options.langevin.seed = common.seed;
  options.langevin.temperature = 0;  // the system's own, or what the parameters say
  const SystemInfo system = find_system(options.system, options.parameters);
  const bool exact = options.exact || !system.has_dynamics;
  check_writable(options.output, exact ? "" : "h5");
  const Index count = options.langevin.samples * options.langevin.trajectories;
  if (exact) {
    io::write_points(options.output, draw_exact(options.system, count, options.parameters, common.seed), common.stamp());
  } else {
    const auto frames = simulate(Exec{}, options.system, options.langevin, options.parameters);
    io::write_trajectories(options.output, host_points(frames), options.langevin.trajectories, options.langevin.dt, common.stamp());
  }
  common.say(fmt::format("{}: {} {} written to {}", options.system, count, exact ? "independent samples" : "frames", options.output));
  common.write_json({{"system", options.system}, {"samples", count}, {"dimension", system.dimension}, {"exact", exact}, {"output", options.output}});
}

}  // namespace

void add_simulate(CLI::App& app, Common& common) {
  CLI::App* command = add_command(app, common, "simulate", "trajectories, or exact samples, of a known system");
  auto options = std::make_shared<Options>();
  options->langevin.substeps = 0;
  std::string names;
  for (const SystemInfo& system : known_systems())
    names += "\n  " + system.name + ": " + system.law + (system.temperature > 0 ? fmt::format(" (temperature {})", system.temperature) : "");
  command->add_option("SYSTEM", options->system, "one of:" + names)->required();
  command->add_option("-o,--output", options->output, "file to write: /trajectories/<number>, or /samples with --exact")->required()->type_name("FILE");
  command->add_option("--samples", options->langevin.samples, "frames of each trajectory, or exact draws")->capture_default_str()->check(positive());
  command->add_option("--dt", options->langevin.dt, "time between frames")->capture_default_str()->check(positive());
  command->add_option("--substeps", options->langevin.substeps, "integration steps between frames (default: as many as the system needs)")->check(positive());
  command->add_option("--burn-in", options->langevin.burn_in, "frames that are not recorded")->capture_default_str()->check(non_negative());
  command->add_option("--trajectories", options->langevin.trajectories, "independent trajectories")->capture_default_str()->check(positive());
  command->add_option("--temperature", options->parameters.temperature, "temperature of the bath (default: the system's own)")->check(positive());
  command->add_option("--dimension", options->parameters.dimension, "ornstein-uhlenbeck: of the space; sphere: of the sphere; allen-cahn: grid points")
      ->check(positive());
  command->add_option("--radius", options->parameters.radius, "circle, sphere: radius; torus: from its centre to that of the tube")->check(positive());
  command->add_option("--minor-radius", options->parameters.minor_radius, "torus: radius of the tube")->check(positive());
  command->add_flag("--exact", options->exact, "independent draws of the exact law");
  command->callback([options, &common] { common.run = [options, &common] { simulate_system(common, *options); }; });
}

}  // namespace kswgd::cli
