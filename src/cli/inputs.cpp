// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"

#include <fmt/ranges.h>
#include <kswgd/estimator/connectivity.hpp>
#include <kswgd/io/rows_ahead.hpp>
#include <kswgd/model/fitted_data.hpp>
#include <kswgd/support/check.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace kswgd::cli {
namespace {

/// The first number of a file that holds one, a name before it where `key` says so; or `otherwise`.
double number_in(const char* path, const std::string& key, double otherwise) {
  std::ifstream file(path);
  std::string word;
  double value = 0;
  if (key.empty()) return file >> value ? value : otherwise;
  while (file >> word)
    if (word == key && file >> value) return value;
  return otherwise;
}

constexpr Index most_bytes = 1'000'000'000'000'000'000;

/// "2GB", "512 MiB" or a number of bytes, as bytes.
CLI::Validator byte_count() {
  const auto rule = [](std::string& text) -> std::string {
    const std::size_t end = std::min(text.find_first_not_of("0123456789.eE+"), text.size());
    std::string number = text.substr(0, end), unit = text.substr(std::min(text.find_first_not_of(' ', end), text.size()));
    if (unit.empty() || text[0] == '-') return count(most_bytes)(text);
    for (char& c : unit) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    static constexpr char prefixes[] = "kmgt";
    const std::size_t power = std::string_view(prefixes).find(unit[0]) + 1;
    const bool binary = unit.size() == 3 && unit.substr(1) == "ib", known = power > 0 && (binary || (unit.size() == 2 && unit[1] == 'b'));
    double value = 0;
    if (!known || !CLI::detail::lexical_cast(number, value) || !(value > 0))
      return fmt::format("must be a number of bytes, 2GB (10^9 each) or 2GiB (2^30 each), got '{}'", text);
    value *= std::pow(binary ? 1024.0 : 1000.0, static_cast<double>(power));
    if (!(value >= 1 && value <= static_cast<double>(most_bytes))) return fmt::format("must be from 1 byte to {} bytes, got '{}'", most_bytes, text);
    text = std::to_string(static_cast<Index>(value));
    return "";
  };
  return {rule, "BYTES", "BYTES"};
}

/// Bytes that this process may still take: of what is free, of what the container's group has left, of the address space that the shell grants.
double free_memory() {
  const double held = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  double free = std::min(held, 1024 * number_in("/proc/meminfo", "MemAvailable:", held / 1024));
  const double group = number_in("/sys/fs/cgroup/memory.max", "", held), used = number_in("/sys/fs/cgroup/memory.stat", "anon", 0);
  free = std::min(free, std::max(0.0, std::min(group, number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes", "", held)) - used));
  rlimit space{};
  if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) free = std::min(free, static_cast<double>(space.rlim_cur));
  return free;
}

/// As the launcher says (Open MPI, MPICH and its kin); all of them where it does not.
int ranks_of_this_machine(const Reduction& ranks) {
  for (const char* name : {"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"}) {
    const char* const text = std::getenv(name);
    if (const int count = text ? std::atoi(text) : 0; count > 0) return std::min(count, ranks.size());
  }
  return ranks.size();
}

/// Whether the rows are too many to be held: the sizes of all files are looked at first, and lines of text counted, but for texts that fit in any case.
bool stays_in_files(const DataOptions& options, io::ReadOptions read, const Reduction& ranks, const Holds& holds) {
  constexpr std::uintmax_t small_text = std::uintmax_t{1} << 24;
  std::error_code error;
  const std::filesystem::path path = io::split_dataset(options.data).first;
  const std::string extension = path.extension();
  if (options.memory == 0 && (extension == ".csv" || extension == ".txt") && std::filesystem::is_regular_file(path, error) &&
      std::filesystem::file_size(path, error) < small_text)
    return false;
  read.rows = {0, 0};
  const io::Table sizes = read_table(options.data, read);
  const Index size = sizes.rows(), here = size * (ranks.rank() + 1) / ranks.size() - size * ranks.rank() / ranks.size();
  return ranks.max(holds(here, size, static_cast<Index>(sizes.points.extent(1)), sizes.is_weighted) ? 0 : 1) > 0;
}

}  // namespace

CLI::Option* add_data_options(Command& command, DataOptions& options, const std::string& flags, const std::string& text) {
  CLI::Option* data = command.input(flags, options.data, text + " (.h5, .npy, .csv); several files, separated by commas, are as many trajectories");
  command->add_option("--dataset", options.dataset, "HDF5 dataset of points, or group that holds trajectories")->type_name("PATH");
  add_columns_option(command, options.columns, "columns to take, in this order, by name or as c0, c1, ... (default: all, or those of the model's names)");
  command
      ->add_option("--layout", options.layout,
                   "what an array of frames x particles x coordinates is: as many trajectories as there are particles, or the frames of one")
      ->check(CLI::IsMember({"trajectories", "frames"}));
  command.input("--weights", options.weights, "a weight for each row: a file of its own, or an HDF5 dataset of the data (default: /weights where it exists)",
                "FILE[:DATASET]|PATH");
  command->add_option("--stride", options.stride, "keep every N-th row of each trajectory (default: 1, or as the model was fitted)")
      ->transform(count(most_steps));
  command->add_option("--dt", options.dt, "time between the file's rows (default: what the file says, or as the model was fitted; else times are in steps)")
      ->check(positive());
  command
      ->add_option("--ordered", options.ordered,
                   "whether rows follow one another in time: folds are then stretches, not scattered rows (auto: as the data look)")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "yes", "no"}));
  return data;
}

void add_columns_option(Command& command, io::ColumnChoice& columns, const std::string& text) {
  command
      ->add_option_function<std::string>(
          "--columns", [&columns](const std::string& list) { columns = {io::split_names(list)}; }, text + "; names with commas in double quotes")
      ->type_name("NAME,...");
}

io::ColumnChoice like(const std::vector<std::string>& names) { return {names, true}; }

std::vector<double> Data::column(const std::string& name) const {
  const std::vector<double> all = io::read_column(name, table);
  return {all.begin() + set.here().first, all.begin() + set.here().second};
}

void add_memory_option(Command& command, DataOptions& options, const std::string& text) {
  command->add_option("--memory", options.memory, text)->type_name("BYTES")->transform(byte_count());
}

double memory_for(const DataOptions& options, const Reduction& ranks) {
  if (options.memory > 0) return static_cast<double>(options.memory);
  return free_memory() / 2 / static_cast<double>(ranks_of_this_machine(ranks));
}

Holds holds_within(const DataOptions& options, const Reduction& ranks) {
  return [options, ranks](Index here, Index, Index columns, bool) {
    return 1.5 * 8 * static_cast<double>(here) * static_cast<double>(columns) <= memory_for(options, ranks);
  };
}

Data read_data(const DataOptions& options, Rows rows, const Reduction& ranks, const Holds& holds) {
  require(rows != Rows::frames || options.ordered != "no", "cli", [&] {
    return fmt::format("pairs at a lag need rows that follow one another in time, but --ordered no says that those of '{}' do not", options.data);
  });
  const Index stride = std::max<Index>(options.stride, 1);
  io::ReadOptions reading{options.dataset, options.weights, stride, rows == Rows::frames, ranks.rank(), ranks.size()};
  reading.columns = options.columns;
  if (!options.layout.empty()) reading.layout = options.layout == "frames" ? io::ArrayLayout::frames : io::ArrayLayout::trajectories;
  reading.in_place = holds && stays_in_files(options, reading, ranks, holds);
  io::Table table = read_table(options.data, reading);
  const auto points = Kokkos::create_mirror_view_and_copy(Exec::memory_space{}, table.points);  // no copy on the host
  DataSet<Exec> set = table.is_in_place() ? io::make_source(Exec{}, table, ranks) : make_source(Exec{}, points, ranks);
  Data data{std::move(table), points, std::move(set), "steps"};
  if (data.table.is_weighted) data.set.set_weights(data.table.weights);
  const auto said = [&](double between_rows) { return between_rows * static_cast<double>(stride); };
  const double dt = options.dt > 0 ? said(options.dt) : data.table.dt > 0 ? data.table.dt : said(options.dt_of_fit);
  if (dt > 0) data.unit = "time";
  const bool trajectories = data.table.is_trajectory();
  if (trajectories || options.ordered == "yes")
    data.set.set_trajectories({trajectories ? data.table.lengths : std::vector<Index>{data.size()}, dt > 0 ? dt : 1});
  if (options.ordered == "no") data.set.set_order(Order::independent);
  return data;
}

void note_on_file(const Common& common, const io::Table& table) {
  for (const std::string& note : table.notes) common.say("note: " + note);
}

Data read_fitted_data(const DataOptions& options, const ModelData& model, const Reduction& ranks, const Holds& holds) {
  const FittedRows& fitted = model.provenance.rows;
  DataOptions as_fitted = options;
  if (options.stride == 0) as_fitted.stride = fitted.stride;
  as_fitted.dt_of_fit = std::max(fitted.dt, 0.0) / static_cast<double>(fitted.stride);
  if (options.columns.names.empty()) as_fitted.columns = like(model.columns);
  Data data = read_data(as_fitted, model.spectrum.kind == SpectrumKind::edmd ? Rows::frames : Rows::points, ranks, holds);
  if (data.set.order() == Order::unknown) data.set.set_order(fitted.ordered ? Order::in_time : Order::independent);
  if (options.weights.empty()) data.set = under_law_of(Exec{}, model, data.set);
  return data;
}

Index column_of(const char* command, const std::string& name, const std::vector<std::string>& names, Index dimension) {
  const auto known = std::find(names.begin(), names.end(), name);
  require(std::count(names.begin(), names.end(), name) < 2, command,
          [&] { return fmt::format("several columns are named '{}': say which by its number, c0 to c{}", name, dimension - 1); });
  if (known != names.end()) return known - names.begin();
  Index column = -1;
  if (name.size() > 1 && name.size() < 10 && name[0] == 'c' && std::all_of(name.begin() + 1, name.end(), [](char c) { return c >= '0' && c <= '9'; }))
    column = std::stoll(name.substr(1));
  require(column >= 0 && column < dimension, command, [&] {
    std::string list;
    for (const std::string& one : names) list += (list.empty() ? " (" : ", ") + one;
    return fmt::format("there is no column '{}': the columns are c0 to c{}{}", name, dimension - 1, list.empty() ? "" : list + ")");
  });
  return column;
}

io::Table read_table(const std::string& name, io::ReadOptions options) {
  const auto [path, dataset] = io::split_dataset(name);
  if (!dataset.empty()) options.dataset = dataset;
  io::Table table = io::read_points(path, options);
  const std::vector<std::string>&wanted = options.columns.names, &found = table.columns;
  if (options.columns.where_named && !wanted.empty() && !found.empty() && found != wanted)
    table.notes.push_back(fmt::format("'{}' names its columns '{}', where '{}' would be those that are wanted: they are taken in their order", path,
                                      fmt::join(found, "', '"), fmt::join(wanted, "', '")));
  return table;
}

HostPoints read_points_for(const Common& common, const ModelData& model, const std::string& name) {
  const io::Table table = read_table(name, {.columns = like(model.columns)});
  note_on_file(common, table);
  return table.points;
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
