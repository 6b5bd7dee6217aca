// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "commands.hpp"

#include <fmt/core.h>
#include <kswgd/io/model_file.hpp>
#include <kswgd/model/learned_potential.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/systems/systems.hpp>

#include <memory>

namespace kswgd::cli {
namespace {

struct SimulateArguments {
  std::string system, output;
  LangevinOptions langevin;
  SystemParameters parameters;
  bool exact = false;
};

/// What stands before the name of a model whose learned potential is simulated.
constexpr char learned[] = "learned:";

std::string model_of(const std::string& system) { return system.rfind(learned, 0) == 0 ? system.substr(sizeof learned - 1) : std::string(); }

void simulate_model(const Common& common, SimulateArguments options) {
  require(!options.exact, "simulate", [] { return "--exact draws are known for systems with a name; of a model draw samples (kswgd sample)"; });
  require(options.parameters.dimension == 0 && options.parameters.radius == 0 && options.parameters.minor_radius == 0, "simulate",
          [] { return "a learned potential takes a --temperature (in units of the data's kT) and no other parameter"; });
  require_hdf5(options.output);
  options.langevin.temperature = options.parameters.temperature;
  const ModelData model = io::read_model(model_of(options.system));
  const HostPoints frames = host_points(simulate_learned(Exec{}, model, options.langevin));
  common.write(options.output,
               [&](const std::string& path) { io::write_trajectories(path, frames, options.langevin.trajectories, options.langevin.dt, common.stamp()); });
  common.say(fmt::format("{}: {} frames written to {}", options.system, frames.extent(0), options.output));
  common.write_json(
      {{"system", options.system}, {"samples", frames.extent(0)}, {"dimension", model.dimension()}, {"exact", false}, {"output", options.output}});
}

void simulate_system(const Common& common, SimulateArguments options) {
  options.langevin.seed = common.seed;
  if (!model_of(options.system).empty()) return simulate_model(common, options);
  options.langevin.temperature = 0;  // the system's own, or what the parameters say
  const SystemInfo system = find_system(options.system, options.parameters);
  const bool exact = options.exact || !system.has_dynamics;
  if (!exact) require_hdf5(options.output);
  // Frames on the device and on the host, or draws and what is written.
  require_memory(
      "simulate",
      16.0 * static_cast<double>(options.langevin.samples) * static_cast<double>(options.langevin.trajectories) * static_cast<double>(system.dimension),
      fmt::format("{} x {} points in {} coordinates", options.langevin.trajectories, options.langevin.samples, system.dimension));
  const Index count = options.langevin.samples * options.langevin.trajectories;
  if (exact) {
    const HostPoints points = draw_exact(options.system, count, options.parameters, common.seed);
    common.write(options.output, [&](const std::string& path) { io::write_points(path, points, common.stamp()); });
  } else {
    const HostPoints frames = host_points(simulate(Exec{}, options.system, options.langevin, options.parameters));
    common.write(options.output,
                 [&](const std::string& path) { io::write_trajectories(path, frames, options.langevin.trajectories, options.langevin.dt, common.stamp()); });
  }
  common.say(fmt::format("{}: {} {} written to {}", options.system, count, exact ? "independent samples" : "frames", options.output));
  common.write_json({{"system", options.system}, {"samples", count}, {"dimension", system.dimension}, {"exact", exact}, {"output", options.output}});
}

}  // namespace

Work declare_simulate(Command& command) {
  auto options = std::make_shared<SimulateArguments>();
  options->langevin.substeps = 0;
  std::string names;
  for (const SystemInfo& system : known_systems())
    names += "\n  " + system.name + ": " + system.law + (system.temperature > 0 ? fmt::format(" (temperature {})", system.temperature) : "");
  names += "\n  learned:MODEL: the potential that a fit learned, in units of the data's kT";
  command->add_option("SYSTEM", options->system, "one of:" + names)->required();
  command.reads("SYSTEM", [options] { return std::vector<std::string>{options->system}; });  // learned:MODEL names a file
  command.output("-o,--output", options->output, OutputKind::points, "file to write: /trajectories/<number>, or /samples with --exact")->required();
  command->add_option("--samples", options->langevin.samples, "frames of each trajectory, or exact draws")
      ->capture_default_str()
      ->transform(count(most_points));
  command->add_option("--dt", options->langevin.dt, "time between frames")->capture_default_str()->check(positive());
  command->add_option("--substeps", options->langevin.substeps, "integration steps between frames (default: as many as the system needs)")
      ->transform(count(most_points));
  command->add_option("--burn-in", options->langevin.burn_in, "frames that are not recorded")->capture_default_str()->transform(count(most_steps, 0));
  command->add_option("--trajectories", options->langevin.trajectories, "independent trajectories")->capture_default_str()->transform(count(most_points));
  command->add_option("--temperature", options->parameters.temperature, "temperature of the bath (default: the system's own)")->check(positive());
  command->add_option("--dimension", options->parameters.dimension, "ornstein-uhlenbeck: of the space; sphere: of the sphere; allen-cahn: grid points")
      ->transform(count(most_dimensions));
  command->add_option("--radius", options->parameters.radius, "circle, sphere: radius; torus: from its centre to that of the tube")->check(positive());
  command->add_option("--minor-radius", options->parameters.minor_radius, "torus: radius of the tube")->check(positive());
  command->add_flag("--exact", options->exact, "independent draws of the exact law");
  return [options](const Common& common) { simulate_system(common, *options); };
}

}  // namespace kswgd::cli
