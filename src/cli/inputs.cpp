// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"

#include <fmt/core.h>
#include <kswgd/estimator/connectivity.hpp>
#include <kswgd/model/fitted_data.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>

namespace kswgd::cli {

CLI::Option* add_data_options(Command& command, DataOptions& options, const std::string& flags, const std::string& text) {
  CLI::Option* data = command.input(flags, options.data, text + " (.h5, .npy, .csv); several files, separated by commas, are as many trajectories");
  command->add_option("--dataset", options.dataset, "HDF5 dataset of points, or group that holds trajectories")->type_name("PATH");
  command
      ->add_option("--layout", options.layout,
                   "what an array of frames x particles x coordinates is: as many trajectories as there are particles, or the frames of one")
      ->check(CLI::IsMember({"trajectories", "frames"}));
  command.input("--weights", options.weights, "a weight for each row: a file of its own, or an HDF5 dataset of the data (default: /weights where it exists)",
                "FILE[:DATASET]|PATH");
  command->add_option("--stride", options.stride, "keep every N-th row of each trajectory (default: 1, or as the model was fitted)")
      ->transform(count(most_steps));
  command->add_option("--dt", options.dt, "time between the file's rows (default: what the file says; else times are in steps)")->check(positive());
  command
      ->add_option("--ordered", options.ordered,
                   "whether rows follow one another in time: folds are then stretches, not scattered rows (auto: as the data look)")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "yes", "no"}));
  return data;
}

std::vector<double> Data::column(const std::string& name) const {
  const std::vector<double> all = io::read_column(name, table);
  return {all.begin() + set.here().first, all.begin() + set.here().second};
}

Data read_data(const DataOptions& options, Rows rows, const Reduction& ranks) {
  require(rows != Rows::frames || options.ordered != "no", "cli", [&] {
    return fmt::format("pairs at a lag need rows that follow one another in time, but --ordered no says that those of '{}' do not", options.data);
  });
  const Index stride = std::max<Index>(options.stride, 1);
  io::ReadOptions reading{options.dataset, options.weights, stride, rows == Rows::frames, ranks.rank(), ranks.size()};
  if (!options.layout.empty()) reading.layout = options.layout == "frames" ? io::ArrayLayout::frames : io::ArrayLayout::trajectories;
  io::Table table = read_table(options.data, reading);
  const auto points = Kokkos::create_mirror_view_and_copy(Exec::memory_space{}, table.points);  // no copy on the host
  Data data{std::move(table), points, make_source(Exec{}, points, ranks), "steps"};
  if (data.table.is_weighted) data.set.set_weights(data.table.weights);
  const double dt = options.dt > 0 ? options.dt * static_cast<double>(stride) : data.table.dt;
  if (dt > 0) data.unit = "time";
  const bool trajectories = data.table.is_trajectory();
  if (trajectories || options.ordered == "yes")
    data.set.set_trajectories({trajectories ? data.table.lengths : std::vector<Index>{data.size()}, dt > 0 ? dt : 1});
  if (options.ordered == "no") data.set.set_order(Order::independent);
  return data;
}

void note_on_file(const Common& common, const Data& data) {
  for (const std::string& note : data.table.notes) common.say("note: " + note);
}

Data read_fitted_data(const DataOptions& options, const ModelData& model, const Reduction& ranks) {
  const FittedRows& fitted = model.provenance.rows;
  DataOptions as_fitted = options;
  if (options.stride == 0) as_fitted.stride = fitted.stride;
  Data data = read_data(as_fitted, model.spectrum.kind == SpectrumKind::edmd ? Rows::frames : Rows::points, ranks);
  if (data.set.order() == Order::unknown) data.set.set_order(fitted.ordered ? Order::in_time : Order::independent);
  if (options.weights.empty()) data.set = under_law_of(Exec{}, model, data.set);
  return data;
}

io::Table read_table(const std::string& name, io::ReadOptions options) {
  const auto [path, dataset] = io::split_dataset(name);
  if (!dataset.empty()) options.dataset = dataset;
  return io::read_points(path, options);
}

void add_basis_options(Command& command, BasisChoice& choice) {
  command->add_option("--features", choice.features, "landmarks of the finest level at most")->capture_default_str()->transform(count(most_features));
  command->add_option("--bandwidth", choice.bandwidth, "width of the finest Gaussians in the data's unit, or auto")->capture_default_str()->type_name("H|auto");
  command->add_option("--manifold", choice.manifold, "where the points live: sphere, torus:R,r, periodic:L1,L2,... (0: not periodic), or products joined by +")
      ->capture_default_str()
      ->type_name("M");
}

BasisOptions basis_of(const Common& common, const BasisChoice& choice, const Data& data) {
  const auto features = static_cast<double>(std::min(choice.features, data.size()));
  require_memory("cli", 8 * features * features, fmt::format("{:.0f} features", features));
  return {parse_geometry(choice.manifold, data.dimension()), choice.features, bandwidth_of(choice.bandwidth), common.seed};
}

double bandwidth_of(const std::string& text) {
  if (text == "auto") return 0;
  std::size_t used = 0;
  double value = 0;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
  }
  require(used > 0 && used == text.size() && std::isfinite(value) && value > 0, "cli",
          [&] { return "--bandwidth must be a positive number or auto, got '" + text + "'"; });
  return value;
}

std::string note_on_regions(const Common& common, const Data& data, const BasisOptions& basis) {
  const std::string sentence = connectivity(Exec{}, data.set, basis.geometry, basis.seed).sentence();
  if (!sentence.empty()) common.say("note: " + sentence);
  return sentence;
}

}  // namespace kswgd::cli
