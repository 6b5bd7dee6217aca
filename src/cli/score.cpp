// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "commands.hpp"

#include <fmt/core.h>
#include <kswgd/metrics/score.hpp>

#include <memory>

namespace kswgd::cli {
namespace {

struct Options {
  std::string file, reference, training;
  ScoreOptions score;
};

Json as_json(const Score& score) { return {{"value", score.value}, {"floor", score.floor}, {"floor_std", score.floor_std}}; }

void print_score(const Common& common, Options options) {
  options.score.seed = common.seed;
  const Exec exec;
  const auto load = [&](const std::string& file) {
    const auto [path, dataset] = split_dataset(file);
    const io::Table table = io::read_points(path, {.dataset = dataset});
    return with_weights(exec, to_device(exec, table.points), table.weights);
  };
  const auto samples = load(options.file), reference = load(options.reference);
  const Scores scores = score(exec, samples, reference, options.score);
  common.say(fmt::format("{} samples against {} reference points; floor: as many independent draws of the reference", scores.n, reference.size()));
  common.say("metric                 value     floor        +-   value/floor");
  Json metrics;
  const auto row = [&](const char* name, const char* key, const Score& score) {
    common.say(fmt::format("{:<18} {:>9.5f} {:>9.5f} {:>9.5f} {:>13.2f}", name, score.value, score.floor, score.floor_std, score.value / score.floor));
    metrics[key] = as_json(score);
  };
  row("sliced Wasserstein", "sliced_wasserstein", scores.sliced_wasserstein);
  row("MMD", "mmd", scores.mmd);
  row("energy distance", "energy_distance", scores.energy_distance);
  Json result{{"metrics", metrics}, {"n", scores.n}};
  if (!options.training.empty()) {
    const double ratio = memorisation_ratio(exec, samples, load(options.training), reference);
    common.say(fmt::format("memorisation ratio {:.3f} (nearest training point, samples over reference: near 1 for new samples)", ratio));
    result["memorisation_ratio"] = ratio;
  }
  common.write_json(result);
}

}  // namespace

void add_score(CLI::App& app, Common& common) {
  CLI::App* command = add_command(app, common, "score", "distances of samples to a reference, each beside its i.i.d. floor");
  auto options = std::make_shared<Options>();
  command->add_option("FILE", options->file, "samples (.h5, .npy, .csv; FILE:/DATASET names a dataset)")->required();
  command->add_option("--reference", options->reference, "points of the true law that the fit never saw")->required()->type_name("FILE");
  command->add_option("--training", options->training, "the fitted points: adds the nearest-neighbour memorisation ratio")->type_name("FILE");
  command->add_option("--repeats", options->score.repeats, "random splits of the reference")->capture_default_str()->check(positive());
  command->callback([options, &common] { common.run = [options, &common] { print_score(common, *options); }; });
}

}  // namespace kswgd::cli
