// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"

#include <fmt/core.h>
#include <kswgd/metrics/columns.hpp>
#include <kswgd/metrics/score.hpp>
#include <kswgd/metrics/two_sample.hpp>
#include <kswgd/support/random_streams.hpp>

#include <algorithm>
#include <memory>
#include <numeric>

namespace kswgd::cli {
namespace {

struct ScoreArguments {
  std::string file, reference, training, weights, reference_weights;
  io::ColumnChoice columns;
  ScoreOptions score;
};

/// Rows of a file that are compared at most. The distances are means over random parts, and what more rows would tell lies far below the floor's spread.
constexpr Index most_compared = Index{1} << 19;

/// Points with their weights (those that an option names, else /weights of their file) and names; of a long file `most_compared` that are spread over it.
struct Side {
  WeightedPoints<Exec> points;
  std::vector<std::string> columns;
};
Side side_of(const Common& common, const std::string& name, const std::string& weights, const io::ColumnChoice& columns) {
  const Holds holds = [](Index, Index size, Index, bool) { return size <= most_compared; };
  const Data data = read_data({.data = name, .weights = weights, .columns = columns}, Rows::points, {}, holds);
  note_on_file(common, data.table);
  if (data.size() <= most_compared) return {{data.points, data.set.weights()}, data.table.columns};
  const std::vector<Index> rows = spread_rows(data.size(), most_compared, common.seed, streams::score_rows);
  common.say(fmt::format("of the {} rows of '{}' {} are compared, spread over all", data.size(), name, rows.size()));
  return {{gather_rows(Exec{}, data.set, rows), data.set.is_weighted() ? data.set.weights_of(rows) : std::vector<double>()}, data.table.columns};
}

/// Points that stand for weighted ones: as many as these are worth, drawn by weight, evenly.
WeightedPoints<Exec> plain(const Exec& exec, const WeightedPoints<Exec>& points) {
  if (!points.is_weighted()) return points;
  const auto count = static_cast<Index>(effective_samples(points.weights));
  const double step = std::accumulate(points.weights.begin(), points.weights.end(), 0.0) / static_cast<double>(std::max<Index>(count, 1));
  std::vector<Index> rows;
  double next = step / 2, sum = 0;
  for (std::size_t i = 0; i < points.weights.size(); ++i)
    for (sum += points.weights[i]; next < sum; next += step) rows.push_back(static_cast<Index>(i));
  return take_rows(exec, points.points, rows);
}

Json as_json(const Score& score) { return {{"value", score.value}, {"floor", score.floor}, {"floor_std", score.floor_std}}; }

void print_score(const Common& common, ScoreArguments options) {
  options.score.seed = common.seed;
  options.score.ranks = common.ranks;
  const Exec exec;
  const Side file = side_of(common, options.file, options.weights, options.columns);
  const io::ColumnChoice columns = options.columns.names.empty() ? like(file.columns) : options.columns;
  const Side truth = side_of(common, options.reference, options.reference_weights, columns);
  const WeightedPoints<Exec>&samples = file.points, &reference = truth.points;
  const std::vector<std::string>& names = truth.columns.empty() ? file.columns : truth.columns;
  const Scores scores = score(exec, samples, reference, options.score);
  common.say(fmt::format("{} samples against {} reference points; floor: as many independent draws of the reference", scores.n, reference.size()));
  common.say("metric                 value     floor        +-   value/floor");
  Json metrics, standardised;
  const auto row = [&](const char* name, const char* key, const Score& score, Json& metrics) {
    common.say(fmt::format("{:<18} {:>9.5f} {:>9.5f} {:>9.5f} {:>13.2f}", name, score.value, score.floor, score.floor_std, score.value / score.floor));
    metrics[key] = as_json(score);
  };
  row("sliced Wasserstein", "sliced_wasserstein", scores.sliced_wasserstein, metrics);
  row("MMD", "mmd", scores.mmd, metrics);
  row("energy distance", "energy_distance", scores.energy_distance, metrics);
  common.say("in columns divided by the reference's standard deviation:");
  const StandardColumns<Exec> standard(exec, reference);
  const Scores even = score(exec, {standard(exec, samples.points), samples.weights}, {standard(exec, reference.points), reference.weights}, options.score);
  if (!common.ranks.is_first()) return;  // the rest is one comparison, and short beside these
  row("sliced Wasserstein", "sliced_wasserstein", even.sliced_wasserstein, standardised);
  row("MMD", "mmd", even.mmd, standardised);
  row("energy distance", "energy_distance", even.energy_distance, standardised);
  const TwoSampleTest test = two_sample_test(exec, plain(exec, samples).points, plain(exec, reference), Reference::unseen, names);
  const WorstColumn worst = worst_column(exec, samples, reference);
  const Json name = column_name(names, worst.column);
  common.say(fmt::format("worst column {}: Kolmogorov-Smirnov distance {:.4f}", name.get<std::string>(), worst.ks));
  common.say(fmt::format("nearest-neighbour classifier in ranks {:.3f} (.5 is best, +- {:.3f})", test.classifier, test.classifier_error));
  say_verdict(common, options.file, test);
  Json result{{"metrics", metrics},
              {"n", scores.n},
              {"standardised", standardised},
              {"worst_column", {{"name", name}, {"ks", worst.ks}}},
              {"classifier", {{"accuracy", test.classifier}, {"error", test.classifier_error}}},
              {"verdict", test.verdict()},
              {"reasons", test.reasons}};
  if (!options.training.empty()) {
    const double ratio = memorisation_ratio(exec, samples, side_of(common, options.training, "", columns).points, reference);
    common.say(fmt::format("memorisation ratio {:.3f} (nearest training point, samples over reference: near 1 for new samples)", ratio));
    result["memorisation_ratio"] = ratio;
  }
  common.write_json(result);
}

}  // namespace

Work declare_score(Command& command) {
  auto options = std::make_shared<ScoreArguments>();
  command.input("FILE", options->file, "samples (.h5, .npy, .csv; FILE:/DATASET names a dataset)")->required();
  command.input("--reference", options->reference, "points of the true law that the fit never saw", "FILE[:DATASET]")->required();
  command.input("--weights", options->weights, "a weight for each sample (default: /weights of its file)", "FILE[:DATASET]|PATH");
  command.input("--reference-weights", options->reference_weights, "a weight for each point of the reference (default: /weights of its file)",
                "FILE[:DATASET]|PATH");
  command.input("--training", options->training, "the fitted points: adds the nearest-neighbour memorisation ratio", "FILE[:DATASET]");
  add_columns_option(command, options->columns, "columns to compare, by name or as c0, c1, ... (default: all of the samples, by their names)");
  command->add_option("--repeats", options->score.repeats, "random splits of the reference")->capture_default_str()->transform(count(most_repeats));
  return [options](const Common& common) { print_score(common, *options); };
}

}  // namespace kswgd::cli
