// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"
#include "progress.hpp"

#include <fmt/core.h>
#include <kswgd/kinetics/timescales.hpp>
#include <kswgd/spectrum/anasazi.hpp>

#include <cmath>
#include <memory>

namespace kswgd::cli {
namespace {

struct TimescalesArguments {
  DataOptions data;
  BasisChoice basis;
  std::vector<Index> lags{1, 2, 5, 10};
  Index lag = 1, multiples = 5, modes = 5, bootstrap = 100;
};

TimescaleOptions<Exec> settings_of(const Common& common, const TimescalesArguments& options, const Data& data, Progress& progress) {
  return {basis_of(common, options.basis, data),
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

void timescales(const Common& common, const TimescalesArguments& options) {
  const Data data = read_data(options.data, Rows::frames, common.ranks, holds_within(options.data, common.ranks));
  note_on_file(common, data.table);
  Progress progress(!common.talks());
  const auto result = implied_timescales(Exec{}, data.set, options.lags, settings_of(common, options, data, progress));
  common.say(fmt::format("implied time scales ({}) of {} trajectories, {} frames{}", data.unit, data.set.trajectories().lengths.size(), data.size(),
                         options.bootstrap > 0 ? fmt::format("; 90 % intervals from {} block-bootstrap replicates", options.bootstrap) : ""));
  Json notes = Json::array();
  if (const std::string note = note_on_regions(common, data, basis_of(common, options.basis, data)); !note.empty()) notes.push_back(note);
  std::vector<double> lag_times;
  bool has_dash = false;
  for (std::size_t l = 0; l < result.lags.size(); ++l) {
    lag_times.push_back(static_cast<double>(result.lags[l]) * data.dt());
    std::string line = fmt::format("lag {:>8.4g}", lag_times.back());
    for (std::size_t k = 0; k < result.timescales[l].size(); ++k) {
      line += with_interval(result.timescales[l][k], result.low[l][k], result.high[l][k]);
      has_dash = has_dash || !std::isfinite(result.timescales[l][k]);
    }
    common.say(line);
  }
  if (has_dash) common.say("-: the data do not know a time scale there: it differs from the cross-fitted one by more than half, or is what noise has");
  common.write_json({{"lags", lag_times},
                     {"lags_in_steps", result.lags},
                     {"timescales", result.timescales},
                     {"low", result.low},
                     {"high", result.high},
                     {"blocks", result.blocks},
                     {"notes", notes},
                     {"unit", data.unit}});
}

void check_markov(const Common& common, const TimescalesArguments& options) {
  const Data data = read_data(options.data, Rows::frames, common.ranks, holds_within(options.data, common.ranks));
  note_on_file(common, data.table);
  Progress progress(!common.talks());
  const auto result = chapman_kolmogorov(Exec{}, data.set, options.lag, options.multiples, settings_of(common, options, data, progress));
  common.say("correlation of the leading modes: predicted from one lag, found [90 % interval of found - predicted]");
  std::vector<double> lag_times;
  for (std::size_t m = 0; m < result.lags.size(); ++m) {
    lag_times.push_back(static_cast<double>(result.lags[m]) * data.dt());
    std::string line = fmt::format("lag {:>8.4g}", lag_times.back());
    for (std::size_t k = 0; k < result.predicted[m].size(); ++k)
      line += fmt::format("  {:.3f} {:.3f}{}", result.predicted[m][k], result.estimated[m][k],
                          std::isfinite(result.low[m][k]) ? fmt::format(" [{:+.3f},{:+.3f}]", result.low[m][k], result.high[m][k]) : "");
    common.say(line);
  }
  common.write_json(
      {{"lags", lag_times}, {"predicted", result.predicted}, {"estimated", result.estimated}, {"low", result.low}, {"high", result.high}, {"unit", data.unit}});
}

std::shared_ptr<TimescalesArguments> timescales_arguments(Command& command) {
  auto options = std::make_shared<TimescalesArguments>();
  add_data_options(command, options->data, "DATA", "trajectories, or the frames of one")->required();
  add_memory_option(command, options->data, "frames that take more stay in their file and are read in tiles (default: half of what is free)");
  add_basis_options(command, options->basis);
  command->add_option("--modes", options->modes, "modes beside the constant")->capture_default_str()->transform(count(most_modes));
  command->add_option("--bootstrap", options->bootstrap, "block-bootstrap replicates for 90 % intervals (0: none)")
      ->capture_default_str()
      ->transform(count(most_repeats, 0));
  return options;
}

}  // namespace

Work declare_timescales(Command& command) {
  const auto options = timescales_arguments(command);
  command->add_option("--lags", options->lags, "lags in steps, separated by commas")->delimiter(',')->capture_default_str()->transform(count(most_steps));
  return [options](const Common& common) { timescales(common, *options); };
}

Work declare_chapman_kolmogorov(Command& command) {
  const auto options = timescales_arguments(command);
  command->add_option("--lag", options->lag, "lag in steps")->required()->transform(count(most_steps));
  command->add_option("--multiples", options->multiples, "how many lags to look ahead")->capture_default_str()->transform(count(1000, 2));
  return [options](const Common& common) { check_markov(common, *options); };
}

}  // namespace kswgd::cli
