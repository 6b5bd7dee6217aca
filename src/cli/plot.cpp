// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../plot/pairs.hpp"
#include "inputs.hpp"

#include <fmt/core.h>
#include <kswgd/io/model_file.hpp>
#include <kswgd/model/evaluate.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>

namespace kswgd::cli {
namespace {

std::string base_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

struct PlotArguments {
  std::vector<std::string> files, titles, names;
  std::string output, size, columns, colour;
  Index modes = 0;
  bool pairs = false;
};

constexpr std::size_t most_modes_drawn = 8, most_pairs = 8;

plot::Panel spectrum_panel(const std::string& path) {
  const ModelData model = io::read_model(path);
  plot::Panel panel{.title = "spectrum of " + base_name(path)};
  const auto& read = model.spectrum.read_out;
  const Index first = model.spectrum.first_mode_read(), corrected = static_cast<Index>(read.values.size());
  const Index count = corrected > 0 ? first + corrected : std::max(first, model.spectrum.pairs.size());
  for (Index k = 0; k < count; ++k) {
    panel.eigenvalues.push_back(model.spectrum.eigenvalue_to_read(k));
    panel.spread.push_back(k >= first && corrected > 0 ? read.spread[static_cast<std::size_t>(k - first)] : 0.0);
  }
  panel.y_label = model.spectrum.has_unit_diffusion() ? "eigenvalue [1 / length^2]" : "eigenvalue [1 / time]";
  return panel;
}

/// The columns that are drawn, all of them where nothing is said, and their names.
struct Drawn {
  HostPoints points;
  std::vector<std::string> names;
};

/// wanted: names of the columns where --columns says nothing, if the file has them.
Drawn drawn_columns(const PlotArguments& options, const std::string& file, const std::vector<std::string>& wanted = {}) {
  const std::vector<std::string> chosen = options.columns.empty() ? std::vector<std::string>() : io::split_names(options.columns);
  const io::ColumnChoice choice = chosen.empty() ? like(wanted) : io::ColumnChoice{chosen};
  const io::Table table = read_table(file, {.columns = choice});
  const std::size_t count = table.points.extent(1);
  require(options.names.empty() || options.names.size() == count, "plot",
          [&] { return fmt::format("give one of --names for each column that is drawn: these are {}", count); });
  Drawn drawn{table.points, !options.names.empty() ? options.names : !table.columns.empty() ? table.columns : chosen};
  for (std::size_t k = drawn.names.size(); k < count; ++k) drawn.names.push_back(fmt::format("c{}", k));
  constexpr double most = 1e150;  // whose squares are finite
  for (std::size_t k = 0; k < count; ++k)
    for (std::size_t i = 0; i < drawn.points.extent(0); ++i)
      require(std::abs(drawn.points(i, k)) <= most, "plot", [&] {
        return fmt::format("column '{}' of '{}' holds {}: only numbers up to {} are drawn; give the column in a larger unit", drawn.names[k], file,
                           drawn.points(i, k), most);
      });
  return drawn;
}

/// A column of numbers for the points, and what they are.
struct Values {
  std::string label;
  std::vector<double> numbers;
};

/// The eigenfunctions of a model at the n points of a file, or the columns of another file but for those that are the same everywhere, as the constant's is.
std::vector<Values> values_of(const PlotArguments& options, const std::string& file, std::size_t n) {
  const auto most = options.modes > 0 ? static_cast<std::size_t>(options.modes) : 3;
  std::vector<Values> result;
  const auto take = [&](const std::string& label, const auto& table, std::size_t k) {
    Values values{label, std::vector<double>(n)};
    for (std::size_t i = 0; i < n; ++i) values.numbers[i] = table(i, k);
    const auto differs = [&](double value) { return value != values.numbers.front(); };
    if (result.size() < most && std::any_of(values.numbers.begin(), values.numbers.end(), differs)) result.push_back(std::move(values));
  };
  if (io::is_model(options.colour)) {
    const ModelData model = io::read_model(options.colour);
    const auto first = static_cast<std::size_t>(model.spectrum.first_mode_read());
    const Exec exec;
    const Points<Exec> points = to_device(exec, read_table(file, {.columns = like(model.columns)}).points);
    const auto values = to_host(exec, evaluate_eigenfunctions(exec, model, points, false, static_cast<Index>(first + most)).values);
    for (std::size_t k = first; k < values.extent(1); ++k) take(fmt::format("eigenfunction {}", k), values, k);
  } else {
    const io::Table table = read_table(options.colour);
    require(table.points.extent(0) == n, "plot",
            [&] { return fmt::format("'{}' holds {} rows, the points are {}", options.colour, table.points.extent(0), n); });
    for (std::size_t k = 0; k < table.points.extent(1); ++k) {
      const std::string number = table.points.extent(1) > 1 ? fmt::format(", column {}", k) : "";
      take(k < table.columns.size() ? table.columns[k] : std::filesystem::path(base_name(options.colour)).stem().string() + number, table.points, k);
    }
  }
  require(!result.empty(), "plot", [&] { return fmt::format("what '{}' says is the same at all points: there is nothing to be coloured", options.colour); });
  return result;
}

/// A panel of points, or one for each column of --colour.
std::vector<plot::Panel> points_panels(const PlotArguments& options, const std::string& file) {
  const Drawn drawn = drawn_columns(options, file);
  plot::Panel panel{.title = base_name(file), .plane = drawn.points};
  if (drawn.names.size() <= 2) panel.x_label = drawn.names.front();
  if (drawn.names.size() == 2) panel.y_label = drawn.names.back();
  if (options.colour.empty()) return {panel};
  require(drawn.names.size() > 1, "plot", [] { return "--colour needs two columns or more"; });
  std::vector<plot::Panel> panels;
  for (Values& values : values_of(options, file, drawn.points.extent(0))) {
    panel.colour_label = panel.title = values.label;
    panel.values = std::move(values.numbers);
    panels.push_back(panel);
  }
  return panels;
}

/// The first file in grey behind the second, or one alone.
std::vector<plot::Panel> pairs_of(const PlotArguments& options) {
  require(options.files.size() <= 2, "plot", [] { return "--pairs takes one file, or two of which the first is drawn behind the second"; });
  std::vector<Drawn> sets;
  for (const std::string& file : options.files) sets.push_back(drawn_columns(options, file, sets.empty() ? std::vector<std::string>() : sets.front().names));
  const Drawn& front = sets.back();
  require(front.names.size() <= most_pairs, "plot",
          [&] { return fmt::format("--pairs draws {} columns at most, these are {}: name some with --columns", most_pairs, front.names.size()); });
  require(sets.front().names.size() == front.names.size(), "plot", [] { return "the files hold points of different dimensions"; });
  const auto name = [&](std::size_t f) { return options.titles.empty() ? base_name(options.files[f]) : options.titles[f]; };
  const plot::Named behind = sets.size() > 1 ? plot::Named{name(0), sets.front().points} : plot::Named{};
  return plot::pair_panels(behind, {name(sets.size() - 1), front.points}, sets.front().names);
}

/// What a command has written with --json: results of `timescales`, `chapman-kolmogorov` and `bench`.
class Results {
 public:
  explicit Results(const std::string& path) : m_path(path) {
    std::ifstream file(path);
    m_json = Json::parse(file, nullptr, false);
    require(file.good() || file.eof(), "plot", [&] { return "there is no file '" + path + "'"; });
    refuse_unless(m_json.is_object());
  }
  bool has(const char* name) const { return m_json.contains(name); }
  /// What the file itself holds.
  const Json& json() const { return m_json; }
  /// " [steps]" behind the name of a time; nothing where the unit is not known.
  std::string in_unit() const {
    const bool known = m_json.contains("unit") && m_json["unit"].is_string() && m_json["unit"] != "time";
    return known ? " [" + m_json["unit"].get<std::string>() + "]" : "";
  }
  /// Numbers, NaN where the file has null.
  std::vector<double> column(const char* name) const {
    refuse_unless(m_json.contains(name));
    return numbers(m_json[name]);
  }
  /// The same of a table, column by column: each row must be as long as the first.
  std::vector<std::vector<double>> columns(const char* name, std::size_t rows) const {
    refuse_unless(m_json.contains(name) && m_json[name].is_array() && m_json[name].size() == rows && rows > 0);
    std::vector<std::vector<double>> result;
    for (const Json& row : m_json[name]) {
      const std::vector<double> values = numbers(row);
      if (result.empty()) result.resize(values.size());
      refuse_unless(!values.empty() && values.size() == result.size());
      for (std::size_t k = 0; k < values.size(); ++k) result[k].push_back(values[k]);
    }
    return result;
  }
  void refuse_unless(bool condition) const {
    require(condition, "plot", [&] { return "'" + m_path + "' holds no results of timescales, chapman-kolmogorov or bench, as these write them with --json"; });
  }

 private:
  std::vector<double> numbers(const Json& array) const {
    refuse_unless(array.is_array());
    std::vector<double> result;
    for (const Json& value : array) {
      refuse_unless(value.is_number() || value.is_null());
      result.push_back(value.is_null() ? std::nan("") : value.get<double>());
    }
    return result;
  }
  std::string m_path;
  Json m_json;
};

plot::Panel timescales_panel(const std::string& path, const Results& results) {
  const std::vector<double> lags = results.column("lags");
  const auto values = results.columns("timescales", lags.size()), low = results.columns("low", lags.size()), high = results.columns("high", lags.size());
  results.refuse_unless(low.size() == values.size() && high.size() == values.size());
  plot::Panel panel{.title = "time scales of " + base_name(path)};
  panel.logarithmic = panel.logarithmic_x = true;
  panel.y_format = "%g";
  panel.x_label = "lag" + results.in_unit();
  panel.y_label = "implied time scale" + results.in_unit();
  for (std::size_t k = 0; k < std::min(values.size(), most_modes_drawn); ++k)
    panel.curves.push_back({.label = fmt::format("mode {}", k + 1), .x = lags, .y = values[k], .low = low[k], .high = high[k]});
  panel.curves.push_back({.label = "the lag itself", .x = lags, .y = lags, .dashed = true});
  return panel;
}

/// A panel for each mode: predicted from one lag, and found, with the interval of the difference.
std::vector<plot::Panel> check_panels(const Results& results) {
  const std::vector<double> lags = results.column("lags");
  const auto predicted = results.columns("predicted", lags.size()), estimated = results.columns("estimated", lags.size()),
             low = results.columns("low", lags.size()), high = results.columns("high", lags.size());
  results.refuse_unless(estimated.size() == predicted.size() && low.size() == predicted.size() && high.size() == predicted.size());
  std::vector<plot::Panel> panels;
  for (std::size_t k = 0; k < std::min(predicted.size(), most_modes_drawn); ++k) {
    plot::Curve found{.label = "found", .x = lags, .y = estimated[k], .marked = true};
    for (std::size_t i = 0; i < lags.size(); ++i) {  // the interval is that of found - predicted
      found.low.push_back(predicted[k][i] + low[k][i]);
      found.high.push_back(predicted[k][i] + high[k][i]);
    }
    plot::Panel panel{.title = fmt::format("mode {}", k + 1)};
    panel.curves = {{.label = "predicted", .x = lags, .y = predicted[k]}, found};
    panel.x_label = "time" + results.in_unit();
    panel.y_label = "autocorrelation";
    panels.push_back(panel);
  }
  return panels;
}

/// Each kernel's share of what limits it.
plot::Panel bench_panel(const std::string& path, const Results& results) {
  const Json& json = results.json();
  plot::Panel panel{.title = base_name(path), .x_label = "% of the limit that was measured beside it"};
  const auto named = [](const Json& object, const char* name) { return object.is_object() && object.contains(name) ? object[name] : Json(); };
  if (const Json machine = named(json, "machine"); named(machine, "processor").is_string() && named(machine, "threads").is_number_integer())
    panel.title = fmt::format("{}, {} threads", machine["processor"].get<std::string>(), machine["threads"].get<int>());
  results.refuse_unless(json["kernels"].is_array() && !json["kernels"].empty());
  for (const Json& kernel : json["kernels"]) {
    for (const char* text : {"name", "limited_by", "precision"}) results.refuse_unless(named(kernel, text).is_string());
    for (const char* number : {"fraction_of_limit", "seconds"}) results.refuse_unless(named(kernel, number).is_number());
    for (const char* whole : {"n", "features", "dimension"}) results.refuse_unless(named(kernel, whole).is_number_integer());
    panel.shares.push_back({.label = fmt::format("{}, {}, n {}, p {}, d {}", kernel["name"].get<std::string>(), kernel["precision"].get<std::string>(),
                                                 kernel["n"].get<Index>(), kernel["features"].get<Index>(), kernel["dimension"].get<Index>()),
                            .group = kernel["limited_by"].get<std::string>(),
                            .note = fmt::format("{:.3g} ms", 1e3 * kernel["seconds"].get<double>()),
                            .value = kernel["fraction_of_limit"].get<double>()});
    results.refuse_unless(std::isfinite(panel.shares.back().value));
  }
  return panel;
}

std::vector<plot::Panel> panels_of(const PlotArguments& options, const std::string& file) {
  if (std::filesystem::path(file).extension() == ".json") {
    const Results results(file);
    if (results.has("kernels")) return {bench_panel(file, results)};
    if (results.has("predicted")) return check_panels(results);
    return {timescales_panel(file, results)};
  }
  if (io::is_model(file)) return {spectrum_panel(file)};
  return points_panels(options, file);
}

/// "1200x800"; nothing: by the panels.
plot::Size size_of(const std::string& text) {
  plot::Size size;
  if (text.empty()) return size;
  const std::size_t cross = text.find('x');
  const auto number = [](const std::string& part) {
    return !part.empty() && part.size() < 6 && part.find_first_not_of("0123456789") == std::string::npos ? std::stoi(part) : 0;
  };
  if (cross != std::string::npos) size = {number(text.substr(0, cross)), number(text.substr(cross + 1))};
  constexpr int least = 100, most = 20000;
  require(std::min(size.width, size.height) >= least && std::max(size.width, size.height) <= most, "plot",
          [&] { return fmt::format("--size must be WIDTHxHEIGHT in pixels, each from {} to {}, got '{}'", least, most, text); });
  return size;
}

/// Where --size says nothing: small panels for pairs, a line for each kernel of a benchmark.
plot::Size default_size(const PlotArguments& options, const std::vector<plot::Panel>& panels) {
  if (options.pairs) {
    const int side = std::max(440, 260 * static_cast<int>(std::lround(std::sqrt(static_cast<double>(panels.size())))));
    return {side, side};
  }
  std::size_t most = 0;
  for (const plot::Panel& panel : panels) most = std::max(most, panel.shares.size());
  return most == 0 ? plot::Size{} : plot::Size{900 * static_cast<int>(panels.size()), 130 + 26 * static_cast<int>(most)};
}

std::vector<plot::Panel> all_panels(const PlotArguments& options) {
  if (options.pairs) return pairs_of(options);
  require(options.colour.empty() || options.files.size() == 1, "plot", [] { return "--colour is for one file of points"; });
  std::vector<plot::Panel> panels;
  for (std::size_t f = 0; f < options.files.size(); ++f) {
    std::vector<plot::Panel> of_file = panels_of(options, options.files[f]);
    if (!options.titles.empty())
      for (plot::Panel& panel : of_file) {
        panel.title = options.titles[f] + (of_file.size() > 1 ? ", " + panel.title : "");
        if (of_file.size() == 1) panel.colour_label = panel.title;
      }
    panels.insert(panels.end(), of_file.begin(), of_file.end());
  }
  return panels;
}

void draw(const Common& common, const PlotArguments& options) {
  require(options.titles.empty() || options.titles.size() == options.files.size(), "plot", [] { return "give one --title for each file, in order"; });
  require(!options.pairs || options.colour.empty(), "plot", [] { return "--pairs and --colour are two pictures"; });
  const plot::Size asked = size_of(options.size);
  std::vector<plot::Panel> panels = all_panels(options);
  const std::size_t count = panels.size(), in_a_row = options.pairs ? static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(count)))) : 4;
  const plot::Size size = asked.width > 0 ? asked : default_size(options, panels);
  common.write(options.output, [&](const std::string& path) { plot::draw_figure(path, std::move(panels), in_a_row, size); });
  common.say(fmt::format("{} panels drawn to {}", count, options.output));
  common.write_json({{"panels", count}, {"output", options.output}});
}

}  // namespace

Work declare_plot(Command& command) {
  auto options = std::make_shared<PlotArguments>();
  command
      .inputs("FILE", options->files,
              "samples, trajectories or models (FILE:/DATASET names a dataset), or what timescales, chapman-kolmogorov or bench wrote with --json (.json)")
      ->required();
  command.output("-o,--output", options->output, OutputKind::picture, "the picture (.png, .pdf, .svg)")->required()->type_name("PICTURE");
  command
      ->add_option("--columns", options->columns,
                   "columns of points to be drawn, by the data's names or c0, c1, ... (default: all; more than two along their principal axes)")
      ->type_name("NAME,...");
  command.input("--colour", options->colour,
                "numbers for the points of one file, shown by colours with a colour bar, a panel for each column: what committor, evaluate "
                "(FILE:/eigenfunctions) or states "
                "wrote, or a model, whose eigenfunctions are taken",
                "FILE[:DATASET]|MODEL");
  command->add_option("--modes", options->modes, "with --colour: how many of its columns at most (default: 3)")->transform(count(64));
  command->add_flag("--pairs", options->pairs, "marginals of the columns and all pairs of them: of one file, or of the second before the first in grey");
  command->add_option("--names", options->names, "for the axes, one for each column that is drawn, with its unit: \"phi [rad]\"")->take_all();
  command->add_option("--size", options->size, "of the picture in pixels, 96 to an inch of a PDF (default: 440x420 for each panel)")->type_name("WIDTHxHEIGHT");
  command->add_option("--title", options->titles, "a title for each file, in order")->take_all();
  return [options](const Common& common) { draw(common, *options); };
}

}  // namespace kswgd::cli
