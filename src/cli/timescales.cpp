// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "kinetics.hpp"
#include "progress.hpp"

#include <fmt/core.h>
#include <kswgd/spectrum/anasazi.hpp>

#include <cmath>
#include <memory>

namespace kswgd::cli {
namespace {

struct Options {
  TrajectoryOptions trajectories;
  std::vector<Index> lags{1, 2, 5, 10};
  Index lag = 1, multiples = 5, modes = 5, bootstrap = 0;
};

TimescaleOptions<Exec> settings_of(const Common& common, const Options& options, const Trajectories& data, Progress& progress) {
  return {basis_of(common, options.trajectories, data),
          options.modes,
          options.bootstrap,
          0.9,
          anasazi_solver<Exec>({.seed = common.seed}),
          [&progress](const char* stage, double done) { progress.update(stage, done); }};
}

std::string with_interval(double value, double low, double high) {
  if (!std::isfinite(value)) return fmt::format("{:>30}", "-");
  return std::isfinite(low) ? fmt::format("{:>10.4g} [{:>8.4g},{:>8.4g}]", value, low, high) : fmt::format("{:>10.4g} {:>19}", value, "");
}

void timescales(const Common& common, const Options& options) {
  const Trajectories data = read_trajectories(options.trajectories);
  Progress progress(!common.talks());
  const auto result = implied_timescales(Exec{}, data.source(), options.lags, settings_of(common, options, data, progress));
  common.say(fmt::format("implied time scales ({}) of {} trajectories, {} frames{}", data.unit, data.layout.lengths.size(), data.frames.extent(0),
                         options.bootstrap > 0 ? fmt::format("; 90 % intervals from {} block-bootstrap replicates", options.bootstrap) : ""));
  Json notes = Json::array();
  if (const std::string note = note_on_regions(common, data, basis_of(common, options.trajectories, data)); !note.empty()) notes.push_back(note);
  std::vector<double> lag_times;
  for (std::size_t l = 0; l < result.lags.size(); ++l) {
    lag_times.push_back(static_cast<double>(result.lags[l]) * data.layout.dt);
    std::string line = fmt::format("lag {:>8.4g}", lag_times.back());
    for (std::size_t k = 0; k < result.timescales[l].size(); ++k) line += with_interval(result.timescales[l][k], result.low[l][k], result.high[l][k]);
    common.say(line);
  }
  common.write_json({{"lags", lag_times},
                     {"lags_in_steps", result.lags},
                     {"timescales", result.timescales},
                     {"low", result.low},
                     {"high", result.high},
                     {"blocks", result.blocks},
                     {"notes", notes},
                     {"unit", data.unit}});
}

void check_markov(const Common& common, const Options& options) {
  const Trajectories data = read_trajectories(options.trajectories);
  Progress progress(!common.talks());
  const auto result = chapman_kolmogorov(Exec{}, data.source(), options.lag, options.multiples, settings_of(common, options, data, progress));
  common.say("correlation of the leading modes: predicted from one lag, found [90 % interval of found - predicted]");
  std::vector<double> lag_times;
  for (std::size_t m = 0; m < result.lags.size(); ++m) {
    lag_times.push_back(static_cast<double>(result.lags[m]) * data.layout.dt);
    std::string line = fmt::format("lag {:>8.4g}", lag_times.back());
    for (std::size_t k = 0; k < result.predicted[m].size(); ++k)
      line += fmt::format("  {:.3f} {:.3f}{}", result.predicted[m][k], result.estimated[m][k],
                          std::isfinite(result.low[m][k]) ? fmt::format(" [{:+.3f},{:+.3f}]", result.low[m][k], result.high[m][k]) : "");
    common.say(line);
  }
  common.write_json(
      {{"lags", lag_times}, {"predicted", result.predicted}, {"estimated", result.estimated}, {"low", result.low}, {"high", result.high}, {"unit", data.unit}});
}

CLI::App* add(CLI::App& app, Common& common, const std::shared_ptr<Options>& options, const char* name, const char* text) {
  CLI::App* command = add_command(app, common, name, text);
  add_trajectory_options(*command, options->trajectories);
  command->add_option("--modes", options->modes, "modes beside the constant")->capture_default_str()->check(positive());
  command->add_option("--bootstrap", options->bootstrap, "block-bootstrap replicates for 90 % intervals (0: none)")
      ->capture_default_str()
      ->check(non_negative());
  return command;
}

}  // namespace

void add_timescales(CLI::App& app, Common& common) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add(app, common, options, "timescales", "implied time scales of trajectories against the lag, with intervals");
  command->add_option("--lags", options->lags, "lags in steps, separated by commas")->delimiter(',')->capture_default_str()->check(positive());
  command->callback([options, &common] { common.run = [options, &common] { timescales(common, *options); }; });
}

void add_chapman_kolmogorov(CLI::App& app, Common& common) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add(app, common, options, "chapman-kolmogorov", "do the modes of a lag decay as they should over its multiples?");
  command->add_option("--lag", options->lag, "lag in steps")->required()->check(positive());
  command->add_option("--multiples", options->multiples, "how many lags to look ahead")->capture_default_str()->check(CLI::Range(2, 1000));
  command->callback([options, &common] { common.run = [options, &common] { check_markov(common, *options); }; });
}

}  // namespace kswgd::cli
