// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"
#include "progress.hpp"
#include "session.hpp"

#include <fmt/core.h>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/flow/verdict.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/io/samples_file.hpp>
#include <kswgd/model/marginals.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>
#include <cstdio>
#include <memory>

namespace kswgd::cli {
namespace {

struct Options {
  std::string model, output, start = "normal", inverse = "cholesky", precision = "mixed", checkpoint, resume, marginals = "auto", decimals = "all";
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

/// The particles that monitors see: all of one rank, and of several as many as the model keeps points.
Points<Exec> to_look_at(const Exec& exec, const Reduction& ranks, const ModelData& model, const Points<Exec>& particles, Span place, Index total) {
  if (ranks.is_alone()) return particles;
  const Index count = std::min(total, std::max<Index>(rows(model.training_subset), 1));
  std::vector<Index> some;
  for (Index i = 0; i < count; ++i) some.push_back(i * total / count);
  return to_device(exec, ranks.gather(host_points(particles), place, some));
}

/// Whether samples are given the data's law column by column: where the columns are seen through maps, by default.
bool matches(const Options& options, const ModelData& model) {
  if (options.marginals == "auto") return model.frame.is_mapped() && !model.marginals.levels.empty();
  return options.marginals == "matched";
}

void print_report(const Common& common, const Options& options, const ModelData& model, const FlowReport& report, const HeldOutMonitors& held_out,
                  const SampleCheck& check) {
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
  common.say(fmt::format("in standardised columns: sliced W2 {:.2f} (up to 1.15 is good), nearest-neighbour classifier {:.3f} (.5 is best, +- {:.3f}), worst KS {:.3f}",
                         check.sliced_ratio, check.classifier, check.classifier_error, check.worst_ks));
  if (matches(options, model)) common.say("each column has the data's quantiles (--marginals free leaves them as the flow does)");
  common.say(std::string("verdict: ") + check.verdict());
  for (const std::string& reason : check.reasons) common.say("  " + reason);
  if (!check.is_good() && !common.talks()) {
    std::string line = "kswgd: doubtful: " + options.output;
    for (const std::string& reason : check.reasons) line += (&reason == &check.reasons.front() ? ": " : "; ") + reason;
    std::fprintf(stderr, "%s\n", line.c_str());
  }
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
                     {"verdict", check.verdict()},
                     {"reasons", check.reasons},
                     {"coordinates", name_of(model.frame.coordinates())},
                     {"marginals", matches(options, model) ? "matched" : "free"},
                     {"worst_column", {{"name", column_name(model.columns, check.worst_column)}, {"ks", check.worst_ks}, {"chance", check.expected_ks}}},
                     {"monitors",
                      {{"chi2_ratio", report.monitors.chi2_ratio},
                       {"dissipation_ratio", report.monitors.dissipation_ratio},
                       {"moment_ratio", held_out.moment_ratio},
                       {"sliced_ratio", held_out.sliced_ratio},
                       {"memorisation_ratio", held_out.memorisation_ratio},
                       {"training_ratio", held_out.training_ratio},
                       {"standardised_sliced_ratio", check.sliced_ratio},
                       {"classifier", check.classifier},
                       {"classifier_error", check.classifier_error}}}});
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
  const HostPoints samples = host_points(particles);
  if (matches(options, data)) match_marginals(data, samples);
  if (options.decimals == "data") round_as_data(data.marginals, samples);
  const bool changed = matches(options, data) || options.decimals == "data";
  const Points<Exec> written = changed ? Points<Exec>(to_device(exec, samples)) : particles;
  write_samples(common, options.output, samples, place, total, report, stamp, data.columns);
  const Points<Exec> looked_at = to_look_at(exec, ranks, data, written, place, total);
  const HeldOutMonitors held_out = held_out_monitors(exec, data, looked_at);
  print_report(common, options, data, report, held_out, check_samples(exec, data, looked_at, report.monitors, held_out));
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
  command
      ->add_option("--marginals", options->marginals,
                   "matched: the k-th smallest of n samples gets the data's quantile (k - 1/2)/n in each column; free: as the flow leaves them; auto: matched "
                   "where the fit mapped the columns")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "matched", "free"}));
  command
      ->add_option("--decimals", options->decimals, "data: as many decimal places as the data's column has (integers stay integers)")
      ->capture_default_str()
      ->check(CLI::IsMember({"all", "data"}));
  command.output("--checkpoint", options->checkpoint, OutputKind::hdf5, "write the state of the flow to this file (.h5)");
  command->add_option("--every", options->every, "steps between checkpoints")->capture_default_str()->transform(count(most_steps));
  command.input("--resume", options->resume, "go on from a checkpoint");
  command.allow("--checkpoint", "--resume");
  return [options](const Common& common) { sample(common, *options); };
}

}  // namespace kswgd::cli
