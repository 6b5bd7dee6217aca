// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "kinetics.hpp"

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
  std::string model, data, points, dataset, output, observable, from, to;
  std::vector<double> times;
};

struct Source {
  Points<Exec> points;
  DataSet<Exec> source;
};
Source source_of(const std::string& path, const std::string& dataset) {
  const io::Table data = io::read_points(path, {.dataset = dataset});
  const Points<Exec> points = to_device(Exec{}, data.points);
  Source result{points, make_source(Exec{}, points)};
  if (!data.weights.empty()) result.source.set_weights(data.weights);
  return result;
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
  check_writable(options.output, "");
  const ModelData model = io::read_model(options.model);
  const Source data = source_of(options.data, options.dataset);
  const HostPoints host = host_points(data.points);
  const Exec exec;
  const GeometryData& geometry = model.frame.geometry;
  const Committor q = committor(exec, data.source, model, ball_of(options.from, host, geometry), ball_of(options.to, host, geometry), {.seed = common.seed});
  const Points<Exec> at = options.points.empty() ? data.points : source_of(options.points, "").points;
  const CommittorValues values = committor_at(exec, model, q, at);
  const HostPoints column("kswgd::committor::column", values.q.size(), 1);
  for (std::size_t i = 0; i < values.q.size(); ++i) column(i, 0) = values.q[i];
  io::write_points(options.output, column, common.stamp());
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
  if (!options.points.empty()) check_writable(options.output, "");
  const ModelData model = io::read_model(options.model);
  require(model.spectrum.kind == SpectrumKind::killed, "survival", [&] { return "'" + options.model + "' was not fitted with --killing"; });
  const auto alive = survival_probability(model, options.times);
  for (std::size_t t = 0; t < alive.size(); ++t) common.say(fmt::format("t = {:10.4g}  P(alive) = {:.6g}", options.times[t], alive[t]));
  if (!options.points.empty()) {
    io::write_points(options.output, survival_probability(Exec{}, model, source_of(options.points, "").points, options.times), common.stamp());
    common.say("survival from each point written to " + options.output);
  }
  common.write_json({{"times", options.times}, {"survival", alive}});
}

void expectation(const Common& common, const Options& options) {
  check_writable(options.output, "");
  const ModelData model = io::read_model(options.model);
  const Source data = source_of(options.data, options.dataset);
  const Exec exec;
  const auto f = read_values(options.observable, options.data, 1, data.source.size());
  const auto coefficients = observable_coefficients(exec, data.source, model, f);
  const Points<Exec> at = options.points.empty() ? data.points : source_of(options.points, "").points;
  io::write_points(options.output, forward_expectation(exec, model, coefficients, at, options.times), common.stamp());
  common.say(fmt::format("expectations at {} points and {} times written to {}", at.extent(0), options.times.size(), options.output));
  common.write_json({{"points", at.extent(0)}, {"times", options.times}, {"coefficients", coefficients}, {"output", options.output}});
}

CLI::App* add(CLI::App& app, Common& common, const std::shared_ptr<Options>& options, const char* name, const char* text, bool with_data) {
  CLI::App* command = add_command(app, common, name, text);
  command->add_option("MODEL", options->model, "a model made by kswgd fit")->required();
  if (with_data) {
    command->add_option("DATA", options->data, "the points that it was fitted to (.h5, .npy, .csv)")->required();
    command->add_option("--dataset", options->dataset, "HDF5 dataset of the points")->type_name("PATH");
    command->add_option("-o,--output", options->output, "file to write: a row for each point")->required()->type_name("FILE");
  }
  return command;
}

}  // namespace

void add_observables(CLI::App& app, Common& common) {
  const auto q = std::make_shared<Options>(), alive = std::make_shared<Options>(), later = std::make_shared<Options>();
  CLI::App* command = add(app, common, q, "committor", "the probability to reach a set B before a set A, and the rate of transitions", true);
  command->add_option("--from", q->from, "A, a ball: x1,x2,...:radius")->required()->type_name("BALL");
  command->add_option("--to", q->to, "B, a ball: x1,x2,...:radius")->required()->type_name("BALL");
  command->add_option("--points", q->points, "points at which it is wanted (default: DATA)")->type_name("FILE");
  command->callback([q, &common] { common.run = [q, &common] { find_committor(common, *q); }; });

  command = add(app, common, alive, "survival", "survival probability of a process with killing", false);
  command->add_option("--times", alive->times, "times, separated by commas")->required()->delimiter(',')->check(non_negative());
  auto* points = command->add_option("--points", alive->points, "starts from which it is wanted (default: the law of the data alone)")->type_name("FILE");
  auto* output =
      command->add_option("-o,--output", alive->output, "file to write: a row for each start, a column for each time")->type_name("FILE")->needs(points);
  points->needs(output);
  command->callback([alive, &common] { common.run = [alive, &common] { survival(common, *alive); }; });

  command = add(app, common, later, "expect", "expectation of an observable forward in time", true);
  command->add_option("--observable", later->observable, "its values at the points (a file of its own, or a dataset of DATA)")->required()->type_name("PATH");
  command->add_option("--times", later->times, "times, separated by commas")->required()->delimiter(',')->check(non_negative());
  command->add_option("--points", later->points, "starts (default: DATA)")->type_name("FILE");
  command->callback([later, &common] { common.run = [later, &common] { expectation(common, *later); }; });
}

}  // namespace kswgd::cli
