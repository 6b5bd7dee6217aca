// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "train.hpp"
#include "inputs.hpp"

#include <fmt/core.h>
#include <kswgd/io/perceptron_file.hpp>
#include <kswgd/support/check.hpp>

#include <chrono>
#include <memory>

namespace kswgd::cli {
namespace {

struct TrainArguments {
  DataOptions data;
  std::string output, manifold = "euclidean";
  TrainingOptions training;
  bool plain = false;
};

void train(const Common& common, const TrainArguments& options) {
  const auto begin = std::chrono::steady_clock::now();
  const Exec exec;
  const Data data = read_data(options.data, Rows::points);
  note_on_file(common, data.table);
  Progress progress(!common.talks());
  TrainingOptions settings = training_options(options.training, common.seed, progress);
  settings.residual = settings.normalised = !options.plain;
  const TrainedNetwork trained = train_network(exec, data.set, parse_geometry(options.manifold, data.dimension()), settings);
  progress.update("training", 1);
  common.write(options.output, [&](const std::string& path) { io::write_perceptron(path, trained.network, common.stamp()); });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  common.say(summary_of(trained, settings.modes) + fmt::format(", {:.1f} s", seconds));
  common.say("network written to " + options.output + "; next: kswgd fit " + options.data.data + " --dictionary gaussian+perceptron:" + options.output);
  Json result = json_of(trained);
  result.update({{"samples", data.size()}, {"modes", settings.modes}, {"output", options.output}, {"seconds", seconds}});
  common.write_json(result);
}

}  // namespace

std::string summary_of(const TrainedNetwork& trained, Index modes) {
  const TrainingLook& best = trained.looks[trained.best];
  return fmt::format("network of {} outputs, step {} of {}: sum of the leading {} eigenvalues on rows that no step saw {:.4g}{}, in sample {:.4g}",
                     trained.network.features() - 1, best.step, trained.looks.back().step, modes, best.held_out,
                     trained.linear > 0 ? fmt::format(" (of linear features alone {:.4g})", trained.linear) : "", best.in_sample);
}

Json json_of(const TrainedNetwork& trained) {
  Json looks = Json::array();
  for (const TrainingLook& look : trained.looks) looks.push_back({{"step", look.step}, {"in_sample", look.in_sample}, {"held_out", look.held_out}});
  const TrainingLook& best = trained.looks[trained.best];
  return {{"outputs", trained.network.features() - 1},
          {"step", best.step},
          {"held_out", best.held_out},
          {"in_sample", best.in_sample},
          {"linear", trained.linear > 0 ? Json(trained.linear) : Json()},
          {"looks", looks}};
}

Work declare_train(Command& command) {
  auto options = std::make_shared<TrainArguments>();
  TrainingOptions& training = options->training;
  add_data_options(command, options->data, "DATA", "points or trajectories")->required();
  command.output("-o,--output", options->output, OutputKind::hdf5, "the network to write (.h5), for fit --dictionary")->required()->type_name("NETWORK");
  command->add_option("--modes", training.modes, "leading eigenvalues whose sum is lowered")->capture_default_str()->transform(count(most_modes));
  command->add_option("--outputs", training.outputs, "features of the network")->capture_default_str()->transform(count(4096));
  command->add_option("--width", training.width, "units of each hidden layer")->capture_default_str()->transform(count(4096));
  command->add_option("--layers", training.layers, "hidden layers")->capture_default_str()->transform(count(64));
  command->add_option("--activation", training.activation, "of the hidden layers")
      ->capture_default_str()
      ->check(CLI::IsMember({"tanh", "softplus", "silu", "gelu", "sin"}));
  command->add_flag("--plain", options->plain, "hidden layers without normalisation and residual connections");
  command->add_option("--steps", training.steps, "steps at most")->capture_default_str()->transform(count(100'000'000));
  command->add_option("--batch", training.batch, "rows of a step")->capture_default_str()->transform(count(Index{1} << 20, 16));
  command
      ->add_option("--directions", training.directions, "random directions of derivatives at each row of a step; as many as coordinates, and more: along these")
      ->capture_default_str()
      ->transform(count(most_dimensions));
  command->add_option("--rate", training.rate, "of Adam, at its highest")->capture_default_str()->transform(positive());
  command->add_option("--decay", training.decay, "of the weights, in units of the rate")->capture_default_str()->transform(non_negative());
  command->add_option("--validation", training.validation, "part of the rows that no step sees, which say when to stop")
      ->capture_default_str()
      ->transform(positive());
  command->add_option("--check-every", training.check_every, "steps between looks at these rows")->capture_default_str()->transform(count(100'000'000));
  command->add_option("--patience", training.patience, "looks without a lower sum after which training ends")
      ->capture_default_str()
      ->transform(count(100'000'000));
  command
      ->add_option("--manifold", options->manifold,
                   "where the points live: sphere, torus:R,r, periodic:L1,L2,... (0: not periodic), or products joined by + (sphere3+euclidean2)")
      ->capture_default_str()
      ->type_name("M");
  return [options](const Common& common) { train(common, *options); };
}

}  // namespace kswgd::cli
