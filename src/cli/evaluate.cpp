// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"
#include "session.hpp"

#include <cmath>
#include <fmt/core.h>
#include <kswgd/io/evaluation_file.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/model/eigenfunctions.hpp>
#include <kswgd/model/learned_potential.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

namespace kswgd::cli {
namespace {

struct EvaluateArguments {
  DataOptions points;
  std::string model, output;
  Index modes = 0;
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

/// Points stay in their files where they are more than a few tiles. A text is copied to disk for that, so only where it would not fit.
Holds holds_points(const DataOptions& points, const Reduction& ranks) {
  const std::string extension = std::filesystem::path(io::split_dataset(points.data).first).extension();
  const bool cheap = points.memory == 0 && extension != ".csv" && extension != ".txt";
  const Holds fits = holds_within(points, ranks);
  return [cheap, fits](Index here, Index size, Index columns, bool weighted) {
    constexpr Index few = Index{1} << 21;  // numbers
    return (!cheap || here * columns <= few) && fits(here, size, columns, weighted);
  };
}

/// body(first row, points) for the rows on this rank, in tiles of so many; as often on each rank, with no points where there are no more.
template <class Body>
void walk_points(const Reduction& ranks, const DataSet<Exec>& points, Index tile, const Body& body) {
  const Exec exec;
  const auto [begin, end] = points.here();
  const auto longest = static_cast<Index>(ranks.max(static_cast<double>(end - begin)));
  const auto all = allocate<Points<Exec>>(exec, "cli::evaluate::points", std::min(tile, end - begin), points.dimension());
  for (Index done = 0; done < longest; done += tile) {
    const Index first = std::min(begin + done, end), count = std::min(tile, end - first);
    const Points<Exec> rows = Kokkos::subview(all, Span(0, count), Kokkos::ALL);
    if (count > 0) points.read(exec, first, count, rows);
    body(first, rows);
  }
}

void evaluate(const Common& common, const EvaluateArguments& options) {
  const ModelData model = io::read_model(options.model);
  const Exec exec;
  const Eigenfunctions<Exec> functions(exec, model, options.modes > 0 ? options.modes + 1 : 0);
  DataOptions asked = options.points;
  if (asked.columns.names.empty()) asked.columns = like(model.columns);
  const Data data = read_data(asked, Rows::points, common.ranks, holds_points(asked, common.ranks));
  note_on_file(common, data.table);
  require(data.dimension() == functions.dimension(), "evaluate",
          [&] { return fmt::format("the points have {} coordinates, the model has {}", data.dimension(), functions.dimension()); });
  const Index total = data.size(), modes = functions.size();
  const Span here = data.set.here();
  io::EvaluationShape shape{total, modes, modes, data.dimension()};
  Json json = {{"points", total}, {"modes", modes}, {"output", options.output}, {"in_place", data.table.is_in_place()}};
  std::optional<LearnedPotential<Exec>> potential;
  if (model.log_density.is_known()) {
    const NormalisingConstant& constant = potential.emplace(exec, model).normalisation();
    shape.normalisation = normalisation_text(constant);
    json["log_density"] = {{"normalised", constant.is_known()}, {"error", constant.error}, {"reference", constant.reference}};
  }
  std::vector<bool> finite(static_cast<std::size_t>(here.second - here.first), true);
  const auto look_at = [&](Index first, const HostMatrix& values) {
    for (std::size_t i = 0; i < values.extent(0); ++i)
      for (std::size_t k = 0; k < values.extent(1); ++k)
        if (!std::isfinite(values(i, k))) finite[static_cast<std::size_t>(first - here.first) + i] = false;
  };
  // Each in the tiles that it would cut a table into itself: products are rounded alike.
  write_evaluation(common, options.output, shape, here, [&](const io::PlaceResults& place) {
    walk_points(common.ranks, data.set, rows_of_tile(functions.features()), [&](Index first, const Points<Exec>& points) {
      io::Evaluation part;
      part.eigenfunctions = host_points(functions.values(exec, points));
      for (const auto& gradient : functions.gradients(exec, points)) part.gradients.push_back(host_points(gradient));
      look_at(first, part.eigenfunctions);
      place(first, part);
    });
    if (!potential) return;
    walk_points(common.ranks, data.set, rows_of_tile(static_cast<Index>(model.log_density.coefficients.size())), [&](Index first, const Points<Exec>& points) {
      const auto density = potential->log_density(exec, points);
      const auto score = potential->score(exec, points);
      io::Evaluation part;
      part.log_density = host_column(density.value);
      part.log_density_error = host_column(density.error);
      part.score = host_points(score.value);
      part.score_error = host_points(score.error);
      look_at(first, part.log_density);
      place(first, part);
    });
  });
  const double beyond = common.ranks.sum(static_cast<double>(std::count(finite.begin(), finite.end(), false)));
  json["not_finite"] = beyond;
  json["peak_bytes"] = peak_bytes(common.ranks);
  common.say(fmt::format("{} eigenfunctions and their gradients at {} points written to {}", modes, total, options.output));
  common.say(potential ? "log density and score with their errors, " + shape.normalisation
                       : std::string("the model holds no log density: only fits from samples, with eigenvalues to read, have one"));
  if (beyond > 0) common.say(fmt::format("doubtful: {:.0f} points lie so far from the data that their values are no finite numbers", beyond));
  common.write_json(json);
}

}  // namespace

Work declare_evaluate(Command& command) {
  auto options = std::make_shared<EvaluateArguments>();
  command.input("MODEL", options->model, "a model made by kswgd fit")->required();
  command.input("POINTS", options->points.data, "points (.h5, .npy, .csv; FILE:/DATASET names a dataset)")->required();
  command
      ->add_option("-o,--output", options->output,
                   "file to write (.h5): /eigenfunctions (n x r, the constant first), /gradients (n x r x d), /log_density, /score and their errors; or "
                   "(.npy, .csv) a file for each, named by a suffix")
      ->required()
      ->type_name("FILE");
  command.writes("--output", OutputKind::points,
                 [options] { return options->output.empty() ? std::vector<std::string>{} : io::evaluation_files(options->output); });
  command->add_option("--modes", options->modes, "eigenfunctions beside the constant (default: all)")->transform(count(most_modes));
  command->add_option("--dataset", options->points.dataset, "HDF5 dataset of the points")->type_name("PATH");
  add_memory_option(
      command, options->points,
      "the most that points may take in memory (a number of bytes, 2GB, 512MiB): others stay in their file and are read in tiles (default: 16 MiB; of "
      "a text half of what is free)");
  add_columns_option(command, options->points.columns,
                     "columns of POINTS that are the model's, by name or as c0, c1, ... (default: those of the model's names)");
  return [options](const Common& common) { evaluate(common, *options); };
}

}  // namespace kswgd::cli
