// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"
#include "progress.hpp"
#include "session.hpp"

#include <fmt/core.h>
#include <kswgd/flow/conditional.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/polish.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/flow/verdict.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/io/samples_file.hpp>
#include <kswgd/model/marginals.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <sstream>

namespace kswgd::cli {
namespace {

struct SampleArguments {
  std::string model, output, start = "auto", inverse = "cholesky", precision = "mixed", checkpoint, resume, polish = "auto", given, marginals = "auto",
                             decimals = "all";
  Index particles = 0, max_steps = 0, every = 10, modes = 0;
  std::vector<std::string> of_the_flow;  // options given that draws of conditions have no use for
};

/// "auto", or a number of steps.
CLI::Validator steps_or_auto() {
  const CLI::Validator number = count(100'000, 0);
  return {[number](std::string& text) { return text == "auto" ? std::string() : number(text); }, "", "auto|N"};
}

/// Rows [part.first, part.second) of points.
HostPoints rows_of(const HostPoints& points, Span part) {
  const HostPoints copy("kswgd::cli::start", part.second - part.first, points.extent(1));
  Kokkos::deep_copy(copy, Kokkos::subview(points, part, Kokkos::ALL));
  return copy;
}

/// The particles of this rank.
HostPoints start_of(const Common& common, const SampleArguments& options, const ModelData& model, Span place) {
  const Index here = place.second - place.first;
  if (options.start == "auto") return automatic_start(model, here, common.seed, place.first);
  if (options.start == "normal") return normal_start(model, here, common.seed, place.first);
  if (options.start == "kernel") return kernel_start(model, here, common.seed, place.first);
  if (options.start == "data") return data_start(model, here, common.seed, place.first);
  const HostPoints points = read_points_for(common, model, options.start);
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

/// Whether samples are given the data's law column by column.
bool matches(const SampleArguments& options, const ModelData& model) {
  return options.marginals == "auto" ? matches_by_default(model) : options.marginals == "matched";
}

/// Samples as they are written, in place: with the data's marginals, which are those of all ranks' samples together, and decimals.
HostPoints finished(const SampleArguments& options, const ModelData& model, const Reduction& ranks, const HostPoints& here) {
  if (matches(options, model)) match_marginals(model, here, ranks);
  if (options.decimals == "data") round_as_data(model.marginals, here);
  return here;
}

Json json_of_polish(const Polished& polished) {
  const PolishReport& report = polished.report;
  Json result = {{"kept", polished.kept}, {"steps", report.steps}, {"reason", polished.reason}};
  if (report.steps > 0) {
    result["evaluations"] = report.evaluations;
    result["acceptance"] = report.acceptance;
    result["step"] = report.step;
    result["outside"] = report.outside;
    if (polished.flow) result["flow"] = {{"steps", polished.flow->state.steps}, {"evaluations", polished.flow->state.evaluations}};
  }
  if (polished.judged) {
    const PolishVerdict& verdict = polished.verdict;
    result["sliced"] = {verdict.sliced_before, verdict.sliced_after, verdict.sliced_floor};
    result["neighbour_share"] = {verdict.share_before, verdict.share_after};
    result["neighbours"] = {verdict.neighbours_before, verdict.neighbours_after};
  }
  return result;
}

/// What the two-sample tests cost after a polish, about, in units of it.
constexpr double judgement_share = 0.5;

/// About what a polish and its judgement cost, in evaluations of the flow on its last level.
double polish_work(const SampleArguments& options, const ModelData& model, Index total) {
  constexpr double relative = 8;         // of a feature: in fp64 with its gradient, where the flow has floats
  constexpr double after_a_trial = 0.5;  // of many samples all are polished, or hardly any
  const bool automatic = options.polish == "auto";
  if (!model.log_density.is_known() || (automatic && model.spectrum.kind == SpectrumKind::diffusion_map)) return 0;
  const int steps = automatic ? PolishOptions{}.steps : std::stoi(options.polish);
  const double share = automatic && total > 4 * polish_trial ? after_a_trial : 1;
  return steps > 0 ? share * (1 + judgement_share) * relative * (steps + 1) * static_cast<double>(model.log_density.coefficients.size()) /
                         static_cast<double>(model.density.moments.size())
                   : 0;
}

/// As --polish says.
Polished polish_samples(const Exec& exec, const SampleArguments& options, const Model<Exec>& model, const FlowState& state, const FlowOptions& flow,
                        std::uint64_t seed, const Points<Exec>& particles, Span place, Index total, Progress& progress) {
  std::optional<int> steps;
  if (options.polish != "auto") steps = std::stoi(options.polish);
  if (total == 0) steps = 0;
  PolishOptions how;
  how.seed = seed;
  how.first = place.first;
  how.ranks = flow.ranks;
  how.progress = [&progress](double done) { progress.update("polish", done, "", judgement_share); };
  std::optional<LearnedPotential<Exec>> learned;
  const auto potential = [&]() -> const LearnedPotential<Exec>& { return learned.emplace(exec, model.data()); };
  const auto seen = [&](const Points<Exec>& of_rank) { return to_look_at(exec, flow.ranks, model.data(), of_rank, place, total); };
  FlowOptions once_more = flow;
  once_more.observer = {};  // its checkpoints are of the flow before
  return polish_after_flow<Exec>(exec, potential, model, state, particles, steps, how, once_more, seen);
}

void print_report(const Common& common, const SampleArguments& options, const ModelData& model, const FlowReport& report, const Polished& polished,
                  const HeldOutMonitors& held_out, const TwoSampleTest& check, Index wanted, Index total, bool again) {
  const FlowState& state = report.state;
  const std::uint64_t peak = peak_bytes(common.ranks);
  std::string levels;
  for (const auto& reason : state.level_reasons) levels += (levels.empty() ? "" : ", ") + reason;
  common.say(
      fmt::format("{} steps, {} evaluations, {:.3f} s; stopped by {} (levels: {})", state.steps, state.evaluations, report.seconds, state.stop_reason, levels));
  if (wanted < total) common.say(fmt::format("{} samples are drawn from {} particles", wanted, total));
  common.say(fmt::format("chi2 n/r {:.3g} (1 or less: statistically equal to the data), mean|u|^2/2F {:.3g}", report.monitors.chi2_ratio,
                         report.monitors.dissipation_ratio));
  if (polished.report.steps > 0) {
    common.say(fmt::format("polish: {} Langevin steps of {:.3g}, {:.0f} % taken{}; {}: {}", polished.report.steps, polished.report.step,
                           100 * polished.report.acceptance,
                           polished.flow ? fmt::format(", and {} steps of the flow after them", polished.flow->state.steps) : "",
                           polished.kept ? "kept" : "dropped", polished.reason));
  } else {
    common.say("polish: none, " + polished.reason);
  }
  common.say(fmt::format("neighbours among the samples {:.2f} as far as among points of the data (near 1)", held_out.neighbour_ratio));
  common.say(fmt::format("training points: sliced W2 {:.2f} of what as many draws from them have (up to 1.15 is good)", held_out.training_ratio));
  if (std::isfinite(held_out.sliced_ratio)) {
    common.say(fmt::format("held-out points: moments {:.2f} (near 1), sliced W2 {:.2f} (.8 to 1.15), nearest neighbour {:.2f}", held_out.moment_ratio,
                           held_out.sliced_ratio, held_out.memorisation_ratio));
  } else {
    common.say("held-out points: none (fit --hold-out N keeps some)");
  }
  common.say(fmt::format(
      "in standardised columns: sliced W2 {:.2f} (up to 1.15 is good), nearest-neighbour classifier {:.3f} (.5 is best, +- {:.3f}), worst KS {:.3f}",
      check.sliced_ratio, check.classifier, check.classifier_error, check.worst_ks));
  if (matches(options, model)) common.say("each column has the data's quantiles (--marginals free leaves them as the flow does)");
  say_verdict(common, options.output, check);
  common.say("samples written to " + options.output);
  common.write_json({{"samples", wanted},
                     {"particles", total},
                     {"steps", state.steps},
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
                     {"peak_bytes", peak},
                     {"ranks", common.ranks.size()},
                     {"told_bytes", common.ranks.traffic().bytes},
                     {"verdict", check.verdict()},
                     {"reasons", check.reasons},
                     {"begun_again", again},
                     {"coordinates", name_of(model.frame.coordinates())},
                     {"marginals", matches(options, model) ? "matched" : "free"},
                     {"worst_column", {{"name", column_name(model.columns, check.worst_column)}, {"ks", check.worst_ks}, {"chance", check.expected_ks}}},
                     {"polish", json_of_polish(polished)},
                     {"monitors",
                      {{"chi2_ratio", report.monitors.chi2_ratio},
                       {"dissipation_ratio", report.monitors.dissipation_ratio},
                       {"moment_ratio", held_out.moment_ratio},
                       {"sliced_ratio", held_out.sliced_ratio},
                       {"memorisation_ratio", held_out.memorisation_ratio},
                       {"training_ratio", held_out.training_ratio},
                       {"standardised_sliced_ratio", check.sliced_ratio},
                       {"classifier", check.classifier},
                       {"classifier_error", check.classifier_error},
                       {"neighbour_ratio", held_out.neighbour_ratio}}}});
}

/// "c0=1.5,c2=-1", or a file whose columns have such names.
Conditions conditions_of(const std::string& text, const ModelData& model) {
  Conditions conditions;
  if (text.find('=') == std::string::npos) {
    const io::Table table = read_table(text);
    require(!table.columns.empty(), "sample", [&] { return fmt::format("'{}' does not say which columns it gives: name them in a header (c0,c2,...)", text); });
    for (const std::string& name : table.columns) conditions.columns.push_back(column_of("sample", name, model.columns, model.dimension()));
    conditions.values = table.points;
    return conditions;
  }
  std::vector<double> values;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) {
    const std::size_t equals = part.find('=');
    double value = 0;
    require(equals != std::string::npos && CLI::detail::lexical_cast(part.substr(equals + 1), value), "sample",
            [&] { return fmt::format("'{}' is no condition: --given takes NAME=VALUE, several separated by commas, or a file", part); });
    conditions.columns.push_back(column_of("sample", part.substr(0, equals), model.columns, model.dimension()));
    values.push_back(value);
  }
  conditions.values = HostPoints("kswgd::cli::conditions", 1, values.size());
  for (std::size_t j = 0; j < values.size(); ++j) conditions.values(0, j) = values[j];
  return conditions;
}

/// -n draws for each condition.
void sample_conditions(const Common& common, const SampleArguments& options, const ModelData& data) {
  require(options.of_the_flow.empty(), "sample",
          [&] { return options.of_the_flow.front() + " is for samples without conditions, which a flow moves: leave it out, or leave out --given"; });
  const Exec exec;
  const Conditions conditions = conditions_of(options.given, data);
  const Index count = static_cast<Index>(conditions.values.extent(0));
  require_memory("sample", 32 * static_cast<double>(options.particles) * static_cast<double>(count) * static_cast<double>(data.dimension()),
                 fmt::format("{} draws for each of {} conditions", options.particles, count));
  ConditionalOptions settings;
  settings.seed = common.seed;
  settings.ranks = common.ranks;
  ConditionalReport report;
  const Points<Exec> draws = conditional_samples(exec, Model<Exec>(exec, data), conditions, options.particles, settings, &report);
  require(report.outside < count, "sample", [] { return "the conditions lie beyond all data of the model: there is nothing to draw from"; });
  common.write(options.output, [&](const std::string& path) { io::write_points(path, host_points(draws), common.stamp(), data.columns); });
  const double least = *std::min_element(report.effective.begin(), report.effective.end());
  common.say(
      fmt::format("{} draws for each of {} conditions; the data about each are worth {:.0f} draws or more{}; {}", options.particles, count, least,
                  least < 100 ? " (doubtful: below 100 the shares of modes are uncertain by a tenth)" : "",
                  report.steps > 0 ? fmt::format("{} Langevin steps", report.steps) : "no Langevin steps, which would not bring them nearer to the data"));
  if (report.outside > 0) common.say(fmt::format("{} conditions lie beyond all data: their draws are not numbers", report.outside));
  common.say("samples written to " + options.output);
  common.write_json({{"conditions", count},
                     {"columns", conditions.columns},
                     {"particles", options.particles},
                     {"effective", report.effective},
                     {"windows", report.windows},
                     {"of_mixture", report.of_mixture},
                     {"steps", report.steps},
                     {"acceptance", report.acceptance},
                     {"outside", report.outside}});
}

void sample(const Common& common, const SampleArguments& options) {
  require(!options.resume.empty() || options.particles >= 1, "sample", [] { return "-n N is required (how many samples)"; });
  const Exec exec;
  require(options.modes == 0 || options.inverse == "spectral", "sample",
          [] { return "--modes is the number of eigenpairs of --inverse spectral: leave it out, or ask for that"; });
  const ModelData data = io::read_model(options.model);
  if (!options.given.empty()) return sample_conditions(common, options, data);
  const Index moved = options.resume.empty() ? particles_for(data, options.start, options.particles) : 0;
  require_memory("sample", 32 * static_cast<double>(moved) * static_cast<double>(data.dimension()),
                 fmt::format("{} particles in {} coordinates", moved, data.dimension()));
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
  Index total = moved, wanted = options.particles;
  std::string start = options.start;
  Span place = ranks.share(total);
  io::FileStamp stamp = common.stamp();
  const auto write_checkpoint = [&] {
    const Points<Exec> outside = allocate<Points<Exec>>(exec, "sample::checkpoint", particles.extent(0), particles.extent(1));
    under_way->write(outside);
    FlowCheckpoint checkpoint = under_way->checkpoint();
    checkpoint.particles = ranks.gather(checkpoint.particles, place, total);
    const HostPoints points = ranks.gather(host_points(outside), place, total);
    if (ranks.is_first()) io::write_checkpoint(options.checkpoint, {points, checkpoint, stamp.seed, static_cast<std::uint64_t>(wanted), start}, stamp);
  };
  std::vector<double> modes;
  std::vector<Index> features;
  for (const Level<Exec>& level : model.levels()) {
    modes.push_back(level.modes);
    features.push_back(level.data.features);
  }
  flow_options.observer = [&](const FlowState& state, const History& history) {
    const FlowWork work = expected_work(state, history, modes, data.density.moments.weight, features);
    progress.update("flow", work.done / (work.done + work.left),
                    fmt::format("step {}, level {}, chi2 {:.3g}", state.steps, state.level + 1, history.chi2.back()),
                    polish_work(options, data, total) / (work.done + work.left));
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
    const Index asked_for = checkpoint.samples > 0 ? static_cast<Index>(checkpoint.samples) : held;
    require(wanted == 0 || wanted == asked_for, "sample",
            [&] { return fmt::format("'{}' is of a flow to {} samples: leave out -n, or ask for as many", options.resume, asked_for); });
    total = held;
    wanted = asked_for;
    place = ranks.share(total);
    checkpoint.flow.particles = rows_of(checkpoint.flow.particles, place);
    try {
      flow.restore(checkpoint.flow);
    } catch (const InvalidInput& error) {
      throw InvalidInput(fmt::format("kswgd::sample: '{}' does not go with '{}': {}", options.resume, options.model, error.what()));
    }
    stamp.seed = checkpoint.seed;
    start = checkpoint.start;
    particles = allocate<Points<Exec>>(exec, "sample::particles", place.second - place.first, model.dimension());
    flow.write(particles);
  }
  FlowReport report = flow.run(particles);
  const bool again = start == "auto" && begins_again(data, report);
  if (again) {
    common.say(fmt::format("the flow from a normal start has not come to its end (chi2 n/r {:.3g}): it begins again around the training points",
                           report.monitors.chi2_ratio));
    particles = to_device(exec, kernel_start(data, place.second - place.first, stamp.seed, place.first));
    report = flow.run(particles);
  }
  if (!options.checkpoint.empty()) write_checkpoint();
  const Polished polished = polish_samples(exec, options, model, report.state, flow_options, stamp.seed, particles, place, total, progress);
  const HostPoints samples = finished(options, data, ranks, host_points(particles));
  const bool changed = matches(options, data) || options.decimals == "data";
  const Points<Exec> written = changed ? Points<Exec>(to_device(exec, samples)) : particles;
  if (wanted < total) {
    const HostPoints drawn = ranks.gather(samples, place, drawn_particles(total, wanted, stamp.seed));
    const Span own = ranks.share(wanted);
    write_samples(common, options.output, rows_of(drawn, own), own, wanted, report, stamp, data.columns);
  } else {
    write_samples(common, options.output, samples, place, total, report, stamp, data.columns);
  }
  const Points<Exec> looked_at = to_look_at(exec, ranks, data, written, place, total);
  const HeldOutMonitors held_out = held_out_monitors(exec, data, looked_at);
  print_report(common, options, data, report, polished, held_out, check_samples(exec, data, looked_at, report.monitors, held_out, matches(options, data)),
               wanted, total, again);
}

}  // namespace

Work declare_sample(Command& command) {
  auto options = std::make_shared<SampleArguments>();
  command.input("MODEL", options->model, "a model made by kswgd fit")->required();
  command->add_option("-n,--particles", options->particles, "how many samples")->transform(count(most_points));
  command.output("-o,--output", options->output, OutputKind::points, "file to write: /samples and /history (.h5), or the points alone (.npy, .csv)")
      ->required();
  command
      .input("--start", options->start,
             "where particles start: normal (mean and covariance of the data), kernel (draws around training points), data (training points), or a file; auto: "
             "kernel where the fit mapped the columns, else normal, and kernel where the flow from there does not come to its end",
             "auto|normal|kernel|data|FILE[:DATASET]")
      ->capture_default_str();
  command.input("--given", options->given,
                "draws of p(the other columns | these), -n for each condition: NAME=VALUE, several separated by commas (columns by the data's names, or c0, "
                "c1, ...), or a "
                "file with a row for each condition and such names in its header",
                "NAME=VALUE,...|FILE");
  command
      ->add_option("--polish", options->polish,
                   "steps of local noise along the learned score after the flow: auto (20, kept where a two-sample test says that they help), a number, or 0")
      ->capture_default_str()
      ->type_name("auto|N")
      ->transform(steps_or_auto());
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
                   "where the fit mapped the columns, or a column stands on a grid")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "matched", "free"}));
  command->add_option("--decimals", options->decimals, "data: as many decimal places as the data's column has (integers stay integers)")
      ->capture_default_str()
      ->check(CLI::IsMember({"all", "data"}));
  command.output("--checkpoint", options->checkpoint, OutputKind::hdf5, "write the state of the flow to this file (.h5)");
  command->add_option("--every", options->every, "steps between checkpoints")->capture_default_str()->transform(count(most_steps));
  command.input("--resume", options->resume, "go on from a checkpoint");
  command.allow("--checkpoint", "--resume");
  std::vector<const CLI::Option*> of_the_flow;
  for (const char* name :
       {"--start", "--polish", "--max-steps", "--inverse", "--modes", "--precision", "--marginals", "--decimals", "--checkpoint", "--every", "--resume"})
    of_the_flow.push_back(command->get_option(name));
  return [options, of_the_flow](const Common& common) {
    for (const auto* option : of_the_flow)
      if (option->count() > 0) options->of_the_flow.push_back(option->get_name());
    sample(common, *options);
  };
}

}  // namespace kswgd::cli
