// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"

#include <fmt/core.h>
#include <kswgd/model/fitted_data.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>
#include <filesystem>
#include <numeric>

namespace kswgd::cli {
namespace {

bool is_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

/// The parts of a list of files, separated by commas; a file whose name has commas is one.
std::vector<std::string> files_of(const std::string& list) {
  if (is_file(list)) return {list};
  std::vector<std::string> parts;
  for (std::size_t start = 0, comma = 0; comma != std::string::npos; start = comma + 1) {
    comma = list.find(',', start);
    parts.push_back(list.substr(start, comma == std::string::npos ? comma : comma - start));
  }
  return parts;
}

/// Whether a text names files, as FILE[:DATASET],...: the first part decides.
bool names_files(const std::string& text) { return is_file(split_dataset(files_of(text).front()).first); }

Index stride_of(const DataOptions& options) { return std::max<Index>(options.stride, 1); }

/// The rows of each table of the data (a trajectory, or all points): with each of them a stride begins anew.
std::vector<Index> tables_of(const DataOptions& options) {
  std::vector<Index> rows;
  for (const std::string& file : files_of(options.data)) {
    const io::Table all = io::read_points(file, {.dataset = options.dataset, .as_trajectory = true});
    for (std::size_t t = 0; t < all.lengths.size(); ++t) {
      const bool gap = t > 0 && t < all.names.size() && all.names[t] == all.names[t - 1];  // the table goes on
      if (gap)
        rows.back() += all.lengths[t];
      else
        rows.push_back(all.lengths[t]);
    }
  }
  return rows;
}

bool holds(const std::string& file, const std::string& dataset) {
  if (io::format_of(file) != "h5") return false;
  for (const std::string& line : io::describe(file))
    if (line.rfind(dataset + " ", 0) == 0) return true;
  return false;
}

/// The values that stand in a file, or in several one after the other; `usual` is the dataset that is taken where none is named.
std::vector<double> values_in(const std::string& list, const std::string& usual) {
  std::vector<double> values;
  for (const std::string& part : files_of(list)) {
    auto [file, dataset] = split_dataset(part);
    if (dataset.empty() && holds(file, usual)) dataset = usual;
    const HostPoints column = io::read_points(file, {.dataset = dataset}).points;
    require(column.extent(1) == 1, "cli",
            [&] { return fmt::format("'{}' must hold a number for each of the points, but is {} x {}", part, column.extent(0), column.extent(1)); });
    for (std::size_t i = 0; i < column.extent(0); ++i) values.push_back(column(i, 0));
  }
  return values;
}

/// One value for each of the n points that are kept.
std::vector<double> of_kept_rows(const DataOptions& options, const std::string& name, std::vector<double> values, Index n) {
  const Index stride = stride_of(options), given = static_cast<Index>(values.size());
  if (given == n) return values;
  const std::vector<Index> tables = stride == 1 ? std::vector<Index>{n} : tables_of(options);
  const Index rows = std::accumulate(tables.begin(), tables.end(), Index{0});
  require(given == rows, "cli", [&] { return fmt::format("'{}' must hold a number for each of the {} points, but holds {}", name, rows, given); });
  std::vector<double> kept;
  Index first = 0;
  for (const Index table : tables) {
    for (Index i = 0; i < table; i += stride) kept.push_back(values[static_cast<std::size_t>(first + i)]);
    first += table;
  }
  require(static_cast<Index>(kept.size()) == n, "cli",
          [&] { return fmt::format("'{}' has {} points at this stride, but '{}' has {} values", options.data, n, name, kept.size()); });
  return kept;
}

void check_weights(const std::string& name, const std::vector<double>& weights) {
  for (std::size_t i = 0; i < weights.size(); ++i)
    require(std::isfinite(weights[i]) && weights[i] >= 0, "cli",
            [&] { return fmt::format("'{}' has the weight {} for point {} (from 0); weights are finite and not negative", name, weights[i], i); });
}

}  // namespace

CLI::Option* add_data_options(Command& command, DataOptions& options, const std::string& flags, const std::string& text) {
  CLI::Option* data = command.input(flags, options.data, text + " (.h5, .npy, .csv); several files, separated by commas, are as many trajectories");
  command->add_option("--dataset", options.dataset, "HDF5 dataset of points, or group that holds trajectories")->type_name("PATH");
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

Data read_data(const DataOptions& options, Rows rows) {
  const bool own_weights = !options.weights.empty() && names_files(options.weights);
  require(rows != Rows::frames || options.ordered != "no", "cli", [&] {
    return fmt::format("pairs at a lag need rows that follow one another in time, but --ordered no says that those of '{}' do not", options.data);
  });
  const Index stride = stride_of(options);
  const io::Table table = io::read_points(options.data, {options.dataset, own_weights ? std::string() : options.weights, stride, rows == Rows::frames});
  const auto points = Kokkos::create_mirror_view_and_copy(Exec::memory_space{}, table.points);  // no copy on the host
  Data data{points, make_source(Exec{}, points), "steps"};
  std::vector<double> weights = own_weights ? of_kept_rows(options, options.weights, values_in(options.weights, "/weights"), data.size()) : table.weights;
  if (own_weights) check_weights(options.weights, weights);
  if (!weights.empty()) data.set.set_weights(std::move(weights));
  const double dt = options.dt > 0 ? options.dt * static_cast<double>(stride) : table.dt;
  if (dt > 0) data.unit = "time";
  const std::vector<Index> lengths = table.is_trajectory() ? table.lengths : std::vector<Index>{data.size()};
  if (table.is_trajectory() || options.ordered == "yes") data.set.set_trajectories({lengths, dt > 0 ? dt : 1});
  if (options.ordered == "no") data.set.set_order(Order::independent);
  return data;
}

Data read_fitted_data(const DataOptions& options, const ModelData& model) {
  const FittedRows& fitted = model.provenance.rows;
  DataOptions as_fitted = options;
  if (options.stride == 0) as_fitted.stride = fitted.stride;
  Data data = read_data(as_fitted, Rows::points);
  if (data.set.order() == Order::unknown) data.set.set_order(fitted.ordered ? Order::in_time : Order::independent);
  if (options.weights.empty()) data.set = under_law_of(Exec{}, model, data.set);
  return data;
}

std::vector<double> read_column(const DataOptions& options, const std::string& name, Index n) {
  if (names_files(name)) return of_kept_rows(options, name, values_in(name, "/samples"), n);
  std::vector<double> values;
  for (const std::string& file : files_of(options.data)) {
    require(io::format_of(file) == "h5", "cli", [&] { return fmt::format("there is no file '{}', and '{}' has no datasets that it could name", name, file); });
    const std::vector<double> part = values_in(file + ":" + (name.rfind('/', 0) == 0 ? "" : "/") + name, "");
    values.insert(values.end(), part.begin(), part.end());
  }
  return of_kept_rows(options, name, std::move(values), n);
}

std::pair<std::string, std::string> split_dataset(const std::string& name) {
  const auto at = [&](std::size_t colon) { return std::pair(name.substr(0, colon), colon == std::string::npos ? "" : name.substr(colon + 1)); };
  if (is_file(name)) return {name, ""};
  for (std::size_t end = name.size(); end > 0;) {
    const std::size_t colon = name.rfind(':', end - 1);
    if (colon == std::string::npos) break;
    if (is_file(name.substr(0, colon))) return at(colon);
    end = colon;
  }
  return at(name.rfind(":/"));
}

io::Table read_table(const std::string& name) {
  const auto [path, dataset] = split_dataset(name);
  return io::read_points(path, {.dataset = dataset});
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

}  // namespace kswgd::cli
