// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "commands.hpp"

#include <fmt/core.h>
#include <kswgd/io/model_file.hpp>

#include <memory>

namespace kswgd::cli {
namespace {

void print_model(const Common& common, const std::string& path) {
  const ModelData model = io::read_model(path);
  const Provenance& made = model.provenance;
  common.say(fmt::format("{}: a model by the estimator {}", path, name_of(model.spectrum.kind)));
  common.say(fmt::format("  made from   {} ({} points in {} dimensions)", made.data, made.samples, model.dimension()));
  common.say(fmt::format("  made by     kswgd {} ({}) on {} in {:.2f} s, seed {}", made.version, made.git, made.backend, made.seconds, made.seed));
  common.say(fmt::format("  command     kswgd {}", made.command));
  common.say(fmt::format("  dictionary  {} features on {} levels, {} landmarks", model.density.moments.size(), model.density.levels.size(),
                         model.density.landmarks.extent(0)));
  if (model.frame.is_mapped())
    common.say(fmt::format("  coordinates {} (features see mapped columns; eigenvalues are those of the given ones)", name_of(model.frame.coordinates())));
  std::string names;
  for (const std::string& name : model.columns) names += (names.empty() ? "" : ", ") + name;
  if (!names.empty()) common.say("  columns     " + names);
  common.say("  manifold    " + to_string(model.frame.geometry));
  common.say(fmt::format("  unit        {:.6g} (standard deviation along the leading direction)", model.frame.normalisation.scale));
  common.say(fmt::format("  eigenpairs  {} by {}, worst residual {:.1e}", std::max<Index>(0, model.spectrum.pairs.size() - 1),
                         model.spectrum.pairs.report.solver, model.spectrum.pairs.report.worst_residual));
  common.say(fmt::format("  held out    {} points; kept of the training data: {}", model.held_out.extent(0), model.training_subset.extent(0)));
  const bool sums = io::has_state(path);
  if (sums) common.say("  sums        kept: fit --update goes on from this model");
  common.write_json({{"kind", "model"},
                     {"estimator", name_of(model.spectrum.kind)},
                     {"samples", made.samples},
                     {"dimension", model.dimension()},
                     {"manifold", to_string(model.frame.geometry)},
                     {"coordinates", name_of(model.frame.coordinates())},
                     {"columns", model.columns},
                     {"features", model.density.moments.size()},
                     {"levels", model.density.levels.size()},
                     {"lag_time", model.spectrum.lag_time},
                     {"sums", sums},
                     {"data", made.data},
                     {"command", made.command},
                     {"made_by", {{"version", made.version}, {"git", made.git}, {"backend", made.backend}, {"seed", made.seed}}}});
}

void print_info(const Common& common, const std::string& path) {
  if (io::is_model(path)) return print_model(common, path);
  const auto lines = io::describe(path);
  for (const auto& line : lines) common.say(line);
  common.write_json({{"kind", "data"}, {"content", lines}});
}

}  // namespace

Work declare_info(Command& command) {
  auto path = std::make_shared<std::string>();
  command.input("FILE", *path, "a model, samples, trajectories or points")->required();
  return [path](const Common& common) { print_info(common, *path); };
}

}  // namespace kswgd::cli
