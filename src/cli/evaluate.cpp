// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"
#include "session.hpp"

#include <cmath>
#include <fmt/core.h>
#include <kswgd/io/evaluation_file.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/model/evaluate.hpp>
#include <kswgd/model/learned_potential.hpp>

#include <memory>

namespace kswgd::cli {
namespace {

struct Options {
  std::string model, points, dataset, output;
  Index modes = 0;
  io::ColumnChoice columns;
};

/// A column of n numbers.
HostMatrix host_column(const Vector<Exec>& values) {
  const HostMatrix column("kswgd::cli::column", values.extent(0), 1);
  Kokkos::deep_copy(Kokkos::subview(column, Kokkos::ALL, 0), to_host(Exec{}, values));
  return column;
}

std::string normalisation_text(const NormalisingConstant& constant) {
  if (!constant.is_known())
    return fmt::format("up to a constant: no law was close enough for a bridge (error of log Z {:.2g}); 0 on average over training points", constant.error);
  return fmt::format("normalised by a bridge from {}, log Z to {:.2g}", constant.reference, constant.error);
}

void evaluate(const Common& common, const Options& options) {
  const ModelData model = io::read_model(options.model);
  const io::Table data = read_table(options.points, {.dataset = options.dataset,
                                                     .part = common.ranks.rank(),
                                                     .parts = common.ranks.size(),
                                                     .columns = options.columns.names.empty() ? like(model.columns) : options.columns});
  note_on_file(common, data);
  const Index total = data.rows(), here = static_cast<Index>(data.points.extent(0));
  const Exec exec;
  const auto points = Points<Exec>(to_device(exec, data.points));
  const auto result = evaluate_eigenfunctions(exec, model, points, true, options.modes > 0 ? options.modes + 1 : 0);
  io::Evaluation evaluation{host_points(result.values), {}, {}, {}, {}, {}, {}};
  for (const auto& gradient : result.gradients) evaluation.gradients.push_back(host_points(gradient));
  Json json = {{"points", total}, {"modes", evaluation.gradients.size()}, {"output", options.output}};
  if (model.log_density.is_known()) {
    const LearnedPotential<Exec> potential(exec, model);
    const auto density = potential.log_density(exec, points);
    const auto score = potential.score(exec, points);
    evaluation.log_density = host_column(density.value);
    evaluation.log_density_error = host_column(density.error);
    evaluation.score = host_points(score.value);
    evaluation.score_error = host_points(score.error);
    const NormalisingConstant& constant = potential.normalisation();
    evaluation.normalisation = normalisation_text(constant);
    json["log_density"] = {{"normalised", constant.is_known()}, {"error", constant.error}, {"reference", constant.reference}};
  }
  const auto far = [&](Index i) {
    bool finite = evaluation.log_density.extent(0) == 0 || std::isfinite(evaluation.log_density(i, 0));
    for (std::size_t k = 0; k < evaluation.eigenfunctions.extent(1); ++k) finite = finite && std::isfinite(evaluation.eigenfunctions(i, k));
    return !finite;
  };
  double beyond = 0;
  for (Index i = 0; i < here; ++i) beyond += far(i) ? 1 : 0;
  beyond = common.ranks.sum(beyond);
  json["not_finite"] = beyond;
  write_evaluation(common, options.output, evaluation, {data.first, data.first + here}, total);
  common.say(fmt::format("{} eigenfunctions and their gradients at {} points written to {}", evaluation.gradients.size(), total, options.output));
  common.say(model.log_density.is_known() ? "log density and score with their errors, " + evaluation.normalisation
                                          : std::string("the model holds no log density: only fits from samples, with eigenvalues to read, have one"));
  if (beyond > 0) common.say(fmt::format("doubtful: {:.0f} points lie so far from the data that their values are no finite numbers", beyond));
  common.write_json(json);
}

}  // namespace

Work declare_evaluate(Command& command) {
  auto options = std::make_shared<Options>();
  command.input("MODEL", options->model, "a model made by kswgd fit")->required();
  command.input("POINTS", options->points, "points (.h5, .npy, .csv; FILE:/DATASET names a dataset)")->required();
  command
      ->add_option("-o,--output", options->output,
                   "file to write (.h5): /eigenfunctions (n x r, the constant first), /gradients (n x r x d), /log_density, /score and their errors; or "
                   "(.npy, .csv) a file for each, named by a suffix")
      ->required()
      ->type_name("FILE");
  command.writes("--output", OutputKind::points,
                 [options] { return options->output.empty() ? std::vector<std::string>{} : io::evaluation_files(options->output); });
  command->add_option("--modes", options->modes, "eigenfunctions beside the constant (default: all)")->transform(count(most_modes));
  command->add_option("--dataset", options->dataset, "HDF5 dataset of the points")->type_name("PATH");
  add_columns_option(command, options->columns, "columns of POINTS that are the model's, by name or as c0, c1, ... (default: those of the model's names)");
  return [options](const Common& common) { evaluate(common, *options); };
}

}  // namespace kswgd::cli
