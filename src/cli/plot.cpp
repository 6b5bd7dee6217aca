// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../plot/figure.hpp"
#include "inputs.hpp"

#include <fmt/core.h>
#include <kswgd/io/model_file.hpp>
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
  return panel;
}

/// Points of one or two named columns have these names on their axes.
plot::Panel points_panel(const std::string& file) {
  const io::Table table = read_table(file);
  plot::Panel panel{.title = base_name(file), .plane = table.points};
  if (!table.columns.empty() && table.columns.size() <= 2) {
    panel.x_label = table.columns.front();
    if (table.columns.size() == 2) panel.y_label = table.columns.back();
  }
  return panel;
}

/// What a command has written with --json: results of `timescales` and `chapman-kolmogorov`.
class Results {
 public:
  explicit Results(const std::string& path) : m_path(path) {
    std::ifstream file(path);
    m_json = Json::parse(file, nullptr, false);
    require(file.good() || file.eof(), "plot", [&] { return "there is no file '" + path + "'"; });
    refuse_unless(m_json.is_object());
  }
  bool has(const char* name) const { return m_json.contains(name); }
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
    require(condition, "plot", [&] { return "'" + m_path + "' holds no results of timescales or chapman-kolmogorov, as these write them with --json"; });
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

constexpr std::size_t most_modes = 8;

plot::Panel timescales_panel(const std::string& path, const Results& results) {
  const std::vector<double> lags = results.column("lags");
  const auto values = results.columns("timescales", lags.size()), low = results.columns("low", lags.size()), high = results.columns("high", lags.size());
  results.refuse_unless(low.size() == values.size() && high.size() == values.size());
  plot::Panel panel{.title = "time scales of " + base_name(path)};
  panel.logarithmic = panel.logarithmic_x = true;
  panel.y_format = "%g";
  panel.x_label = "lag" + results.in_unit();
  panel.y_label = "implied time scale" + results.in_unit();
  for (std::size_t k = 0; k < std::min(values.size(), most_modes); ++k)
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
  for (std::size_t k = 0; k < std::min(predicted.size(), most_modes); ++k) {
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

std::vector<plot::Panel> panels_of(const std::string& file) {
  if (std::filesystem::path(file).extension() == ".json") {
    const Results results(file);
    if (results.has("predicted")) return check_panels(results);
    return {timescales_panel(file, results)};
  }
  return {io::is_model(file) ? spectrum_panel(file) : points_panel(file)};
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

struct Options {
  std::vector<std::string> files, titles;
  std::string output, size;
};

void draw(const Common& common, const Options& options) {
  require(options.titles.empty() || options.titles.size() == options.files.size(), "plot", [] { return "give one --title for each file, in order"; });
  const plot::Size size = size_of(options.size);
  std::vector<plot::Panel> panels;
  for (std::size_t f = 0; f < options.files.size(); ++f) {
    std::vector<plot::Panel> of_file = panels_of(options.files[f]);
    if (!options.titles.empty())
      for (plot::Panel& panel : of_file) panel.title = options.titles[f] + (of_file.size() > 1 ? ", " + panel.title : "");
    panels.insert(panels.end(), of_file.begin(), of_file.end());
  }
  const std::size_t count = panels.size();
  common.write(options.output, [&](const std::string& path) { plot::draw_figure(path, std::move(panels), 4, size); });
  common.say(fmt::format("{} panels drawn to {}", count, options.output));
  common.write_json({{"panels", count}, {"output", options.output}});
}

}  // namespace

Work declare_plot(Command& command) {
  auto options = std::make_shared<Options>();
  command
      .inputs("FILE", options->files,
              "samples, trajectories or models (FILE:/DATASET names a dataset), or what timescales or chapman-kolmogorov wrote with --json (.json)")
      ->required();
  command.output("-o,--output", options->output, OutputKind::picture, "the picture (.png, .pdf, .svg)")->required()->type_name("PICTURE");
  command->add_option("--size", options->size, "of the picture in pixels, 96 to an inch of a PDF (default: 440x420 for each panel)")->type_name("WIDTHxHEIGHT");
  command->add_option("--title", options->titles, "a title for each file, in order")->take_all();
  return [options](const Common& common) { draw(common, *options); };
}

}  // namespace kswgd::cli
