// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"

#include <fmt/core.h>
#include <kswgd/io/model_file.hpp>
#include <kswgd/kinetics/feynman_kac.hpp>
#include <kswgd/kinetics/observables.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <memory>

namespace kswgd::cli {
namespace {

struct ObservablesArguments {
  DataOptions data;
  std::string model, points, output, observable;
  std::vector<double> times;
};

/// The points at which the answer is wanted: --points, or those of the data.
Points<Exec> wanted_points(const Common& common, const ObservablesArguments& options, const ModelData& model, const Points<Exec>& data) {
  return options.points.empty() ? data : Points<Exec>(to_device(Exec{}, read_points_for(common, model, options.points)));
}

void survival(const Common& common, const ObservablesArguments& options) {
  const ModelData model = io::read_model(options.model);
  require(model.spectrum.kind == SpectrumKind::killed, "survival", [&] { return "'" + options.model + "' was not fitted with --killing"; });
  const auto alive = survival_probability(model, options.times);
  for (std::size_t t = 0; t < alive.size(); ++t) common.say(fmt::format("t = {:10.4g}  P(alive) = {:.6g}", options.times[t], alive[t]));
  if (!options.points.empty()) {
    const HostPoints values = survival_probability(Exec{}, model, wanted_points(common, options, model, {}), options.times);
    common.write(options.output, [&](const std::string& path) { io::write_points(path, values, common.stamp()); });
    common.say("survival from each point written to " + options.output);
  }
  common.write_json({{"times", options.times}, {"survival", alive}});
}

void expectation(const Common& common, const ObservablesArguments& options) {
  const ModelData model = io::read_model(options.model);
  const Data data = read_fitted_data(options.data, model);
  note_on_file(common, data.table);
  const Exec exec;
  const auto f = data.column(options.observable);
  const auto coefficients = observable_coefficients(exec, data.set, model, f);
  const Points<Exec> at = wanted_points(common, options, model, data.points);
  const HostPoints values = forward_expectation(exec, model, coefficients, at, options.times);
  require(std::all_of(values.data(), values.data() + values.size(), [](double value) { return std::isfinite(value); }), "expect", [&] {
    return "the expectations are no finite numbers: the values of '" + options.observable + "' are too large to be added up, or points lie far beyond the data";
  });
  common.write(options.output, [&](const std::string& path) { io::write_points(path, values, common.stamp()); });
  common.say(fmt::format("expectations at {} points and {} times written to {}", at.extent(0), options.times.size(), options.output));
  common.write_json({{"points", at.extent(0)}, {"times", options.times}, {"coefficients", coefficients}, {"output", options.output}});
}

std::shared_ptr<ObservablesArguments> declare(Command& command, bool with_data) {
  auto options = std::make_shared<ObservablesArguments>();
  command.input("MODEL", options->model, "a model made by kswgd fit")->required();
  if (with_data) {
    add_data_options(command, options->data, "DATA", "the points that it was fitted to")->required();
    command.output("-o,--output", options->output, OutputKind::points, "file to write: a row for each point")->required();
  }
  return options;
}

}  // namespace

Work declare_survival(Command& command) {
  const auto options = declare(command, false);
  command->add_option("--times", options->times, "times, separated by commas")->required()->delimiter(',')->check(non_negative());
  auto* points = command.input("--points", options->points, "starts from which it is wanted (default: the law of the data alone)", "FILE[:DATASET]");
  auto* output = command.output("-o,--output", options->output, OutputKind::points, "file to write: a row for each start, a column for each time");
  output->needs(points);
  points->needs(output);
  return [options](const Common& common) { survival(common, *options); };
}

Work declare_expect(Command& command) {
  const auto options = declare(command, true);
  command.input("--observable", options->observable, "its values at the points (a file of its own, or a dataset of DATA)", "FILE[:DATASET]|PATH")->required();
  command->add_option("--times", options->times, "times, separated by commas")->required()->delimiter(',')->check(non_negative());
  command.input("--points", options->points, "starts (default: DATA)", "FILE[:DATASET]");
  return [options](const Common& common) { expectation(common, *options); };
}

}  // namespace kswgd::cli
