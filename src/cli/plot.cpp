// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../plot/figure.hpp"
#include "inputs.hpp"

#include <fmt/core.h>
#include <kswgd/io/model_file.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
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

struct Options {
  std::vector<std::string> files, titles;
  std::string output;
};

void draw(const Common& common, const Options& options) {
  require(options.titles.empty() || options.titles.size() == options.files.size(), "plot", [] { return "give one --title for each file, in order"; });
  std::vector<plot::Panel> panels;
  for (const std::string& file : options.files) {
    panels.push_back(io::is_model(file) ? spectrum_panel(file) : points_panel(file));
    if (!options.titles.empty()) panels.back().title = options.titles[panels.size() - 1];
  }
  const std::size_t count = panels.size();
  common.write(options.output, [&](const std::string& path) { plot::draw_figure(path, std::move(panels)); });
  common.say(fmt::format("{} panels drawn to {}", count, options.output));
  common.write_json({{"panels", count}, {"output", options.output}});
}

}  // namespace

Work declare_plot(Command& command) {
  auto options = std::make_shared<Options>();
  command.inputs("FILE", options->files, "samples, trajectories or models (FILE:/DATASET names a dataset)")->required();
  command.output("-o,--output", options->output, OutputKind::picture, "the picture (.png)")->required()->type_name("PNG");
  command->add_option("--title", options->titles, "a title for each file, in order")->take_all();
  return [options](const Common& common) { draw(common, *options); };
}

}  // namespace kswgd::cli
