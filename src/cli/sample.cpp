// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"
#include "progress.hpp"
#include "session.hpp"

#include <fmt/core.h>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/io/samples_file.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>
#include <memory>

namespace kswgd::cli {
namespace {

struct Options {
  std::string model, output, start = "normal", inverse = "cholesky", precision = "mixed", checkpoint, resume;
  Index particles = 0, max_steps = 0, every = 10, modes = 0;
};

/// Rows [part.first, part.second) of points.
HostPoints rows_of(const HostPoints& points, Span part) {
  const HostPoints copy("kswgd::cli::start", part.second - part.first, points.extent(1));
  Kokkos::deep_copy(copy, Kokkos::subview(points, part, Kokkos::ALL));
  return copy;
}

/// The particles of this rank.
HostPoints start_of(const Common& common, const Options& options, const ModelData& model, Span place) {
  if (options.start == "normal") return normal_start(model, place.second - place.first, common.seed, place.first);
  if (options.start == "data") return rows_of(data_start(model, options.particles, common.seed), place);
  const auto points = read_table(options.start).points;
  const Index held = static_cast<Index>(points.extent(0));
  require(options.particles <= held, "sample",
          [&] { return fmt::format("{} particles were asked for, but '{}' holds {} points", options.particles, options.start, held); });
  return rows_of(points, place);
}

/// The monitors of all particles: on one rank, and of several those of as many as the model keeps points.
HeldOutMonitors monitors_of(const Exec& exec, const Reduction& ranks, const ModelData& model, const Points<Exec>& particles, Span place, Index total) {
  if (ranks.is_alone()) return held_out_monitors(exec, model, particles);
  const Index count = std::min(total, std::max<Index>(rows(model.training_subset), 1));
  std::vector<Index> some;
  for (Index i = 0; i < count; ++i) some.push_back(i * total / count);
  return held_out_monitors(exec, model, Points<Exec>(to_device(exec, ranks.gather(host_points(particles), place, some))));
}

void print_report(const Common& common, const Options& options, const FlowReport& report, const HeldOutMonitors& held_out) {
  const FlowState& state = report.state;
  std::string levels;
  for (const auto& reason : state.level_reasons) levels += (levels.empty() ? "" : ", ") + reason;
  common.say(
      fmt::format("{} steps, {} evaluations, {:.3f} s; stopped by {} (levels: {})", state.steps, state.evaluations, report.seconds, state.stop_reason, levels));
  common.say(fmt::format("chi2 n/r {:.3g} (1 or less: statistically equal to the data), mean|u|^2/2F {:.3g}", report.monitors.chi2_ratio,
                         report.monitors.dissipation_ratio));
  common.say(fmt::format("training points: sliced W2 {:.2f} of what as many draws from them have (up to 1.15 is good)", held_out.training_ratio));
  if (std::isfinite(held_out.sliced_ratio)) {
    common.say(fmt::format("held-out points: moments {:.2f} (near 1), sliced W2 {:.2f} (.8 to 1.15), nearest neighbour {:.2f}", held_out.moment_ratio,
                           held_out.sliced_ratio, held_out.memorisation_ratio));
  } else {
    common.say("held-out points: none (fit --hold-out N keeps some)");
  }
  if (report.monitors.chi2_ratio > 10 || held_out.training_ratio > 1.5 || held_out.sliced_ratio > 1.5)
    common.say("doubtful: these samples do not have the law of the data yet");
  common.say("samples written to " + options.output);
  common.write_json({{"steps", state.steps},
                     {"evaluations", state.evaluations},
                     {"stop_reason", state.stop_reason},
                     {"energy", report.history.energy},
                     {"chi2", report.history.chi2},
                     {"time", report.history.time},
                     {"step", report.history.step},
                     {"level", report.history.level},
                     {"level_reasons", state.level_reasons},
                     {"rounds", state.round + 1},
                     {"seconds", report.seconds},
                     {"peak_bytes", peak_bytes()},
                     {"monitors",
                      {{"chi2_ratio", report.monitors.chi2_ratio},
                       {"dissipation_ratio", report.monitors.dissipation_ratio},
                       {"moment_ratio", held_out.moment_ratio},
                       {"sliced_ratio", held_out.sliced_ratio},
                       {"memorisation_ratio", held_out.memorisation_ratio},
                       {"training_ratio", held_out.training_ratio}}}});
}

void sample(const Common& common, const Options& options) {
  require(!options.resume.empty() || options.particles >= 1, "sample", [] { return "-n N is required (how many samples)"; });
  const Exec exec;
  const ModelData data = io::read_model(options.model);
  require_memory("sample", 32 * static_cast<double>(options.particles) * static_cast<double>(data.dimension()),
                 fmt::format("{} particles in {} coordinates", options.particles, data.dimension()));
  const ModelOptions model_options{options.inverse == "spectral" ? Inverse::spectral : Inverse::cholesky, options.modes};
  const Model<Exec> model(exec, data, model_options);

  const Reduction& ranks = common.ranks;
  Progress progress(!common.talks());
  FlowOptions flow_options;
  flow_options.ranks = ranks;
  flow_options.precision = options.precision == "mixed" ? Precision::mixed : Precision::fp64;
  flow_options.max_steps = options.max_steps;
  Flow<Exec>* under_way = nullptr;
  Points<Exec> particles;
  Index total = options.particles;
  Span place = ranks.share(total);
  io::FileStamp stamp = common.stamp();
  const auto write_checkpoint = [&] {
    const Points<Exec> outside = allocate<Points<Exec>>(exec, "sample::checkpoint", particles.extent(0), particles.extent(1));
    under_way->write(outside);
    FlowCheckpoint checkpoint = under_way->checkpoint();
    checkpoint.particles = ranks.gather(checkpoint.particles, place, total);
    const HostPoints points = ranks.gather(host_points(outside), place, total);
    if (ranks.is_first()) io::write_checkpoint(options.checkpoint, {points, checkpoint, stamp.seed}, stamp);
  };
  flow_options.observer = [&](const FlowState& state, const History& history) {
    progress.update("flow", -1, fmt::format("step {}, level {}, chi2 {:.3g}", state.steps, state.level + 1, history.chi2.back()));
    if (!options.checkpoint.empty() && state.steps % options.every == 0) write_checkpoint();
    return true;
  };
  Flow<Exec> flow(exec, model, flow_options);
  under_way = &flow;
  if (options.resume.empty()) {
    particles = to_device(exec, start_of(common, options, data, place));
  } else {
    io::Checkpoint checkpoint = io::read_checkpoint(options.resume);
    const Index held = static_cast<Index>(checkpoint.particles.extent(0));
    require(options.particles == 0 || options.particles == held, "sample",
            [&] { return fmt::format("'{}' holds {} particles: leave out -n, or ask for as many", options.resume, held); });
    total = held;
    place = ranks.share(total);
    checkpoint.flow.particles = rows_of(checkpoint.flow.particles, place);
    try {
      flow.restore(checkpoint.flow);
    } catch (const InvalidInput& error) {
      throw InvalidInput(fmt::format("kswgd::sample: '{}' does not go with '{}': {}", options.resume, options.model, error.what()));
    }
    stamp.seed = checkpoint.seed;
    particles = allocate<Points<Exec>>(exec, "sample::particles", place.second - place.first, model.dimension());
    flow.write(particles);
  }
  const FlowReport report = flow.run(particles);
  if (!options.checkpoint.empty()) write_checkpoint();
  write_samples(common, options.output, host_points(particles), place, total, report, stamp);
  print_report(common, options, report, monitors_of(exec, ranks, data, particles, place, total));
}

}  // namespace

Work declare_sample(Command& command) {
  auto options = std::make_shared<Options>();
  command.input("MODEL", options->model, "a model made by kswgd fit")->required();
  command->add_option("-n,--particles", options->particles, "how many samples")->transform(count(most_points));
  command.output("-o,--output", options->output, OutputKind::points, "file to write: /samples and /history (.h5), or the points alone (.npy, .csv)")
      ->required();
  command
      .input("--start", options->start, "where particles start: normal (mean and covariance of the data), data (training points), or a file",
             "data|normal|FILE[:DATASET]")
      ->capture_default_str();
  command->add_option("--max-steps", options->max_steps, "end after this many accepted steps")->transform(count(most_steps));
  command->add_option("--inverse", options->inverse, "all modes by a factorisation, or the leading eigenpairs alone")
      ->capture_default_str()
      ->check(CLI::IsMember({"cholesky", "spectral"}));
  command->add_option("--modes", options->modes, "eigenpairs of --inverse spectral (default: all of the model)")->transform(count(most_modes));
  command->add_option("--precision", options->precision, "of the features; particles, sums and solve are fp64 in either case")
      ->capture_default_str()
      ->check(CLI::IsMember({"mixed", "fp64"}));
  command.output("--checkpoint", options->checkpoint, OutputKind::hdf5, "write the state of the flow to this file (.h5)");
  command->add_option("--every", options->every, "steps between checkpoints")->capture_default_str()->transform(count(most_steps));
  command.input("--resume", options->resume, "go on from a checkpoint");
  command.allow("--checkpoint", "--resume");
  return [options](const Common& common) { sample(common, *options); };
}

}  // namespace kswgd::cli
