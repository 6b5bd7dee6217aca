// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"

#include <fmt/core.h>
#include <kswgd/estimator/connectivity.hpp>
#include <kswgd/estimator/reweighting.hpp>
#include <kswgd/kinetics/feynman_kac.hpp>
#include <kswgd/kinetics/koopman.hpp>

#include <memory>

namespace kswgd::cli {
namespace {

struct KoopmanArguments {
  DataOptions data;
  BasisChoice basis{.features = 100};
  std::string output;
  Index lag = 1, folds = 5, modes = 5;
};

VampOptions settings_of(const Common& common, const KoopmanArguments& options, const Data& data) {
  return {basis_of(common, options.basis, data), options.folds, options.modes};
}

void koopman(const Common& common, const KoopmanArguments& options) {
  const Data data = read_data(options.data, Rows::frames, common.ranks);
  note_on_file(common, data.table);
  const VampOptions settings = settings_of(common, options, data);
  const auto pairs = fit_koopman(Exec{}, data.set, options.lag, settings);
  const std::string note = note_on_regions(common, data, settings.basis);
  common.say(fmt::format("plain EDMD at lag {:.4g} ({}), {} features", static_cast<double>(options.lag) * data.dt(), data.unit, pairs.features));
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
                     {"lag", static_cast<double>(options.lag) * data.dt()},
                     {"features", pairs.features},
                     {"unit", data.unit},
                     {"notes", notes}});
}

void vamp(const Common& common, const KoopmanArguments& options) {
  const Data data = read_data(options.data, Rows::frames, common.ranks);
  note_on_file(common, data.table);
  const auto score = vamp2_score(Exec{}, data.set, options.lag, settings_of(common, options, data));
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
                     {"lag", static_cast<double>(options.lag) * data.dt()}});
}

void reweight(const Common& common, const KoopmanArguments& options) {
  const Data data = read_data(options.data, Rows::frames, common.ranks);
  note_on_file(common, data.table);
  Json notes = Json::array();
  const auto note = [&](const std::string& text) {
    common.say("note: " + text);
    notes.push_back(text);
  };
  const auto weights = equilibrium_weights(Exec{}, data.set, options.lag, {.basis = basis_of(common, options.basis, data), .note = note});
  const HostPoints column("kswgd::reweight::weights", weights.size(), 1);
  for (std::size_t i = 0; i < weights.size(); ++i) column(i, 0) = weights[i];
  DataSet<Exec> weighted = data.set;
  weighted.set_weights(weights);
  const HostPoints all = common.ranks.gather(column, data.set.here(), data.size());
  common.write(options.output, [&](const std::string& path) { io::write_points(path, all, common.stamp()); });
  common.say(fmt::format("{} weights written to {}; they are worth {:.0f} equal ones", data.size(), options.output, weighted.effective_size()));
  common.write_json({{"weights", data.size()}, {"effective_samples", weighted.effective_size()}, {"output", options.output}, {"notes", notes}});
}

std::shared_ptr<KoopmanArguments> koopman_arguments(Command& command) {
  auto options = std::make_shared<KoopmanArguments>();
  add_data_options(command, options->data, "DATA", "trajectories, or the frames of one")->required();
  add_basis_options(command, options->basis);
  command->add_option("--lag", options->lag, "lag in steps")->required()->transform(count(most_steps));
  return options;
}

}  // namespace

Work declare_koopman(Command& command) {
  const auto options = koopman_arguments(command);
  command->add_option("--modes", options->modes, "pairs beside the constant")->capture_default_str()->transform(count(most_modes));
  return [options](const Common& common) { koopman(common, *options); };
}

Work declare_vamp(Command& command) {
  const auto options = koopman_arguments(command);
  command->add_option("--modes", options->modes, "singular functions beside the constant")->capture_default_str()->transform(count(most_modes));
  command->add_option("--folds", options->folds, "folds of the cross-validation")->capture_default_str()->transform(count(1000, 2));
  return [options](const Common& common) { vamp(common, *options); };
}

Work declare_reweight(Command& command) {
  const auto options = koopman_arguments(command);
  command
      .output("-o,--output", options->output, OutputKind::points, "file to write: a weight for each frame, as --weights takes it (/samples, n x 1, in HDF5)")
      ->required();
  return [options](const Common& common) { reweight(common, *options); };
}

}  // namespace kswgd::cli
