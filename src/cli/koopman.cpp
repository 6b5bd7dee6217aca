// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "kinetics.hpp"

#include <fmt/core.h>
#include <kswgd/estimator/connectivity.hpp>
#include <kswgd/estimator/reweighting.hpp>
#include <kswgd/kinetics/feynman_kac.hpp>
#include <kswgd/kinetics/koopman.hpp>

#include <memory>

namespace kswgd::cli {
namespace {

struct Options {
  TrajectoryOptions trajectories;
  std::string output;
  Index lag = 1, folds = 5, modes = 5;
};

VampOptions settings_of(const Common& common, const Options& options, const Trajectories& data) {
  return {basis_of(common, options.trajectories, data), options.folds, options.modes};
}

void koopman(const Common& common, const Options& options) {
  const Trajectories data = read_trajectories(options.trajectories);
  const auto pairs = fit_koopman(Exec{}, data.source(), options.lag, settings_of(common, options, data));
  const std::string note = note_on_regions(common, data, settings_of(common, options, data).basis);
  common.say(fmt::format("plain EDMD at lag {:.4g} ({}), {} features", static_cast<double>(options.lag) * data.layout.dt, data.unit, pairs.features));
  common.say("  k        mu real        imaginary       decay rate  angular velocity");
  Json mu = Json::array(), rates = Json::array();
  for (std::size_t k = 0; k < pairs.mu.size(); ++k) {
    common.say(
        fmt::format("{:3}  {:14.6g}  {:14.6g}  {:14.6g}  {:14.6g}", k, pairs.mu[k].real(), pairs.mu[k].imag(), pairs.rates[k].real(), pairs.rates[k].imag()));
    mu.push_back({pairs.mu[k].real(), pairs.mu[k].imag()});
    rates.push_back({pairs.rates[k].real(), pairs.rates[k].imag()});
  }
  Json notes = Json::array();
  if (!note.empty()) notes.push_back(note);
  common.write_json({{"mu", mu},
                     {"rates", rates},
                     {"lag", static_cast<double>(options.lag) * data.layout.dt},
                     {"features", pairs.features},
                     {"unit", data.unit},
                     {"notes", notes}});
}

void vamp(const Common& common, const Options& options) {
  const Trajectories data = read_trajectories(options.trajectories);
  const auto score = vamp2_score(Exec{}, data.source(), options.lag, settings_of(common, options, data));
  common.say(fmt::format("VAMP-2 of {} singular functions and the constant, {} folds", options.modes, options.folds));
  common.say("features  cross-validated      +-   in sample");
  for (std::size_t l = 0; l < score.features.size(); ++l)
    common.say(fmt::format("{:8}  {:15.4f}  {:.4f}  {:10.4f}{}", score.features[l], score.cross_validated[l], score.standard_error[l], score.in_sample[l],
                           static_cast<Index>(l) == score.best ? "  best" : ""));
  common.write_json({{"features", score.features},
                     {"cross_validated", score.cross_validated},
                     {"standard_error", score.standard_error},
                     {"in_sample", score.in_sample},
                     {"best", score.best},
                     {"lag", static_cast<double>(options.lag) * data.layout.dt}});
}

void reweight(const Common& common, const Options& options) {
  check_writable(options.output, "");
  const Trajectories data = read_trajectories(options.trajectories);
  Json notes = Json::array();
  const auto note = [&](const std::string& text) {
    common.say("note: " + text);
    notes.push_back(text);
  };
  const auto weights = equilibrium_weights(Exec{}, data.source(), options.lag, {.basis = basis_of(common, options.trajectories, data), .note = note});
  const HostPoints column("kswgd::reweight::weights", weights.size(), 1);
  for (std::size_t i = 0; i < weights.size(); ++i) column(i, 0) = weights[i];
  io::write_points(options.output, column, common.stamp());
  common.say(fmt::format("{} weights written to {}; they are worth {:.0f} equal ones", weights.size(), options.output, effective_samples(weights)));
  common.write_json({{"weights", weights.size()}, {"effective_samples", effective_samples(weights)}, {"output", options.output}, {"notes", notes}});
}

CLI::App* add(CLI::App& app, Common& common, const std::shared_ptr<Options>& options, const char* name, const char* text) {
  options->trajectories.features = 100;
  CLI::App* command = add_command(app, common, name, text);
  add_trajectory_options(*command, options->trajectories);
  command->add_option("--lag", options->lag, "lag in steps")->required()->check(positive());
  return command;
}

}  // namespace

void add_koopman(CLI::App& app, Common& common) {
  const auto plain = std::make_shared<Options>(), score = std::make_shared<Options>(), equilibrium = std::make_shared<Options>();
  CLI::App* command = add(app, common, plain, "koopman", "plain EDMD of trajectories without detailed balance: complex pairs");
  command->add_option("--modes", plain->modes, "pairs beside the constant")->capture_default_str()->check(positive());
  command->callback([plain, &common] { common.run = [plain, &common] { koopman(common, *plain); }; });

  command = add(app, common, score, "vamp", "cross-validated VAMP-2 score of the dictionary's levels");
  command->add_option("--modes", score->modes, "singular functions beside the constant")->capture_default_str()->check(positive());
  command->add_option("--folds", score->folds, "folds of the cross-validation")->capture_default_str()->check(CLI::Range(2, 1000));
  command->callback([score, &common] { common.run = [score, &common] { vamp(common, *score); }; });

  command = add(app, common, equilibrium, "reweight", "weights that turn short trajectories into the equilibrium law");
  command->add_option("-o,--output", equilibrium->output, "file to write: a weight for each frame (/samples, n x 1, in HDF5)")->required()->type_name("FILE");
  command->callback([equilibrium, &common] { common.run = [equilibrium, &common] { reweight(common, *equilibrium); }; });
}

}  // namespace kswgd::cli
