// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "commands.hpp"
#include "figure.hpp"

#include <fmt/core.h>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace kswgd::cli {
namespace {

std::string base_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

Panel spectrum_panel(const std::string& path) {
  const ModelData model = io::read_model(path);
  Panel panel{.title = "spectrum of " + base_name(path)};
  const auto& read = model.spectrum.read_out;
  const Index first = model.spectrum.first_mode_read(), corrected = static_cast<Index>(read.values.size());
  const Index count = corrected > 0 ? first + corrected : std::max(first, model.spectrum.pairs.size());
  for (Index k = 0; k < count; ++k) {
    panel.eigenvalues.push_back(model.spectrum.eigenvalue_to_read(k));
    panel.spread.push_back(k >= first && corrected > 0 ? read.spread[static_cast<std::size_t>(k - first)] : 0.0);
  }
  return panel;
}

struct Options {
  std::vector<std::string> files, titles;
  std::string output;
};

void plot(const Common& common, const Options& options) {
  require(options.titles.empty() || options.titles.size() == options.files.size(), "plot", [] { return "give one --title for each file, in order"; });
  for (const std::string& file : options.files) check_distinct(options.output, {split_dataset(file).first});
  const std::string extension = std::filesystem::path(options.output).extension();
  require(extension.empty() || extension == ".png", "plot", [&] { return fmt::format("'{}': pictures are PNG: name the file .png", options.output); });
  io::require_writable(options.output);
  std::vector<Panel> panels;
  for (const std::string& file : options.files) {
    const auto [path, dataset] = split_dataset(file);
    panels.push_back(io::is_model(path) ? spectrum_panel(path)
                                        : Panel{.title = base_name(file), .plane = io::read_points(path, {dataset, "", 1, false}).points});
    if (!options.titles.empty()) panels.back().title = options.titles[panels.size() - 1];
  }
  const std::size_t count = panels.size();
  draw_figure(options.output, std::move(panels));
  common.say(fmt::format("{} panels drawn to {}", count, options.output));
  common.write_json({{"panels", count}, {"output", options.output}});
}

}  // namespace

void add_plot(CLI::App& app, Common& common) {
  CLI::App* command = add_command(app, common, "plot", "a picture: points by density, models by spectrum, side by side");
  auto options = std::make_shared<Options>();
  command->add_option("FILE", options->files, "samples, trajectories or models (FILE:/DATASET names a dataset)")->required();
  command->add_option("-o,--output", options->output, "the picture (.png)")->required()->type_name("PNG");
  command->add_option("--title", options->titles, "a title for each file, in order")->take_all();
  command->callback([options, &common] { common.run = [options, &common] { plot(common, *options); }; });
}

}  // namespace kswgd::cli
