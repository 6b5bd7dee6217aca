// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"

#include <fmt/core.h>
#include <kswgd/io/model_file.hpp>
#include <kswgd/kinetics/committor.hpp>
#include <kswgd/kinetics/feynman_kac.hpp>
#include <kswgd/kinetics/observables.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>
#include <memory>

namespace kswgd::cli {
namespace {

struct Options {
  DataOptions data;
  std::string model, points, output, observable, from, to;
  std::vector<double> times;
};

/// The points at which the answer is wanted: --points, or those of the data.
Points<Exec> wanted_points(const Options& options, const Points<Exec>& data) {
  return options.points.empty() ? data : Points<Exec>(to_device(Exec{}, read_table(options.points).points));
}

/// "x1,x2,...:r": the points in a ball, measured on the manifold.
std::vector<char> ball_of(const std::string& text, const HostPoints& points, const GeometryData& geometry) {
  const std::string numbers = text.substr(0, text.find(':'));
  std::vector<double> centre;
  const auto number = [&](const std::string& part) {
    std::size_t used = 0;
    double value = 0;
    try {
      value = std::stod(part, &used);
    } catch (const std::exception&) {
    }
    require(used > 0 && used == part.size() && std::isfinite(value), "committor", [&] { return "a set is written x1,x2,...:radius, got '" + text + "'"; });
    return value;
  };
  for (std::size_t start = 0, comma = 0; comma != std::string::npos; start = comma + 1) {
    comma = numbers.find(',', start);
    centre.push_back(number(numbers.substr(start, comma == std::string::npos ? comma : comma - start)));
  }
  const double radius = number(text.find(':') == std::string::npos ? "" : text.substr(text.find(':') + 1));
  require(centre.size() == points.extent(1) && radius > 0, "committor",
          [&] { return fmt::format("a set of points with {} coordinates is written x1,...:radius, got '{}'", points.extent(1), text); });
  return in_ball(points, geometry, centre, radius);
}

std::string summary(const Committor& q, const std::string& from, const std::string& to) {
  std::string text = fmt::format("rate of transitions {:.6g} +- {:.2g}, 90 % interval [{:.4g}, {:.4g}]; in-sample {:.4g}, cross-fitted {:.4g}", q.rate, q.error,
                                 q.low, q.high, q.in_sample, q.cross_fitted);
  if (q.interleaved)
    text += fmt::format("; all frames in {} or {} lie close in time: folds are interleaved stretches, and the error may be too small", from, to);
  return text;
}

void find_committor(const Common& common, const Options& options) {
  const ModelData model = io::read_model(options.model);
  const Data data = read_fitted_data(options.data, model);
  const HostPoints host = host_points(data.points);
  const Exec exec;
  const GeometryData& geometry = model.frame.geometry;
  const Committor q = committor(exec, data.set, model, ball_of(options.from, host, geometry), ball_of(options.to, host, geometry), {.seed = common.seed});
  const Points<Exec> at = wanted_points(options, data.points);
  const CommittorValues values = committor_at(exec, model, q, at);
  const HostPoints column("kswgd::committor::column", values.q.size(), 1);
  for (std::size_t i = 0; i < values.q.size(); ++i) column(i, 0) = values.q[i];
  common.write(options.output, [&](const std::string& path) { io::write_points(path, column, common.stamp()); });
  common.say(fmt::format("committor at {} points written to {}; mean over A {:.4f}, over B {:.4f}", at.extent(0), options.output, q.in_a, q.in_b));
  if (values.cut > 0) common.say(fmt::format("{} values outside [0, 1], by {:.2g} at most, are cut", values.cut, values.furthest));
  common.say(summary(q, options.from, options.to));
  common.write_json({{"points", at.extent(0)},
                     {"rate", q.rate},
                     {"rate_error", q.error},
                     {"low", q.low},
                     {"high", q.high},
                     {"in_sample", q.in_sample},
                     {"cross_fitted", q.cross_fitted},
                     {"mean_in_a", q.in_a},
                     {"mean_in_b", q.in_b},
                     {"cut", values.cut},
                     {"output", options.output}});
}

void survival(const Common& common, const Options& options) {
  const ModelData model = io::read_model(options.model);
  require(model.spectrum.kind == SpectrumKind::killed, "survival", [&] { return "'" + options.model + "' was not fitted with --killing"; });
  const auto alive = survival_probability(model, options.times);
  for (std::size_t t = 0; t < alive.size(); ++t) common.say(fmt::format("t = {:10.4g}  P(alive) = {:.6g}", options.times[t], alive[t]));
  if (!options.points.empty()) {
    const HostPoints values = survival_probability(Exec{}, model, wanted_points(options, {}), options.times);
    common.write(options.output, [&](const std::string& path) { io::write_points(path, values, common.stamp()); });
    common.say("survival from each point written to " + options.output);
  }
  common.write_json({{"times", options.times}, {"survival", alive}});
}

void expectation(const Common& common, const Options& options) {
  const ModelData model = io::read_model(options.model);
  const Data data = read_fitted_data(options.data, model);
  const Exec exec;
  const auto f = data.column(options.observable);
  const auto coefficients = observable_coefficients(exec, data.set, model, f);
  const Points<Exec> at = wanted_points(options, data.points);
  const HostPoints values = forward_expectation(exec, model, coefficients, at, options.times);
  common.write(options.output, [&](const std::string& path) { io::write_points(path, values, common.stamp()); });
  common.say(fmt::format("expectations at {} points and {} times written to {}", at.extent(0), options.times.size(), options.output));
  common.write_json({{"points", at.extent(0)}, {"times", options.times}, {"coefficients", coefficients}, {"output", options.output}});
}

std::shared_ptr<Options> declare(Command& command, bool with_data) {
  auto options = std::make_shared<Options>();
  command.input("MODEL", options->model, "a model made by kswgd fit")->required();
  if (with_data) {
    add_data_options(command, options->data, "DATA", "the points that it was fitted to")->required();
    command.output("-o,--output", options->output, OutputKind::points, "file to write: a row for each point")->required();
  }
  return options;
}

}  // namespace

Work declare_committor(Command& command) {
  const auto options = declare(command, true);
  command->add_option("--from", options->from, "A, a ball: x1,x2,...:radius")->required()->type_name("BALL");
  command->add_option("--to", options->to, "B, a ball: x1,x2,...:radius")->required()->type_name("BALL");
  command.input("--points", options->points, "points at which it is wanted (default: DATA)", "FILE[:DATASET]");
  return [options](const Common& common) { find_committor(common, *options); };
}

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
