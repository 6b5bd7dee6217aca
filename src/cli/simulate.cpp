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
  bool exact = false;
};

void simulate_system(const Common& common, Options options) {
  options.langevin.seed = common.seed;
  find_system(options.system);
  check_writable(options.output, options.exact ? "" : "h5");
  const Index count = options.langevin.samples * options.langevin.trajectories;
  if (options.exact) {
    io::write_points(options.output, draw_exact(options.system, count, options.langevin.temperature, common.seed), common.stamp());
  } else {
    const auto frames = simulate(Exec{}, options.system, options.langevin);
    io::write_trajectories(options.output, host_points(frames), options.langevin.trajectories, options.langevin.dt, common.stamp());
  }
  common.say(fmt::format("{}: {} {} written to {}", options.system, count, options.exact ? "independent samples" : "frames", options.output));
  common.write_json({{"system", options.system}, {"samples", count}, {"exact", options.exact}, {"output", options.output}});
}

}  // namespace

void add_simulate(CLI::App& app, Common& common) {
  CLI::App* command = add_command(app, common, "simulate", "Langevin trajectories, or exact samples, of a known system");
  auto options = std::make_shared<Options>();
  options->langevin.temperature = 0;
  options->langevin.substeps = 0;
  std::string names;
  for (const SystemInfo& system : known_systems()) names += "\n  " + system.name + ": " + system.law + fmt::format(" (temperature {})", system.temperature);
  command->add_option("SYSTEM", options->system, "one of:" + names)->required();
  command->add_option("-o,--output", options->output, "file to write: /trajectories/<number>, or /samples with --exact")->required()->type_name("FILE");
  command->add_option("--samples", options->langevin.samples, "frames of each trajectory, or exact draws")->capture_default_str()->check(CLI::PositiveNumber);
  command->add_option("--dt", options->langevin.dt, "time between frames")->capture_default_str()->check(CLI::PositiveNumber);
  command->add_option("--substeps", options->langevin.substeps, "integration steps between frames (default: as many as the system needs)")->check(CLI::PositiveNumber);
  command->add_option("--burn-in", options->langevin.burn_in, "frames that are not recorded")->capture_default_str()->check(CLI::NonNegativeNumber);
  command->add_option("--trajectories", options->langevin.trajectories, "independent trajectories")->capture_default_str()->check(CLI::PositiveNumber);
  command->add_option("--temperature", options->langevin.temperature, "temperature of the bath (default: the system's own)")->check(CLI::PositiveNumber);
  command->add_flag("--exact", options->exact, "independent draws of the exact law");
  command->callback([options, &common] { common.run = [options, &common] { simulate_system(common, *options); }; });
}

}  // namespace kswgd::cli
