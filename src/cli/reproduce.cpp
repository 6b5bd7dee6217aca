// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../plot/figure.hpp"
#include "../reproduce/data_files.hpp"
#include "../reproduce/experiment.hpp"
#include "commands.hpp"

#include <fmt/core.h>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <filesystem>
#include <kswgd/io/named_points.hpp>
#include <memory>

namespace kswgd::cli {
namespace {

struct ReproduceArguments {
  std::string name, output, data;
  bool list = false;
};

const reproduce::Experiment& find_experiment(const std::string& name) {
  std::string names;
  for (const auto& experiment : reproduce::experiments()) {
    if (experiment.name == name) return experiment;
    names += (names.empty() ? "" : " ") + experiment.name;
  }
  throw InvalidInput(name.empty() ? "kswgd::reproduce: an experiment must be named; known are: " + names
                                  : "kswgd::reproduce: there is no experiment '" + name + "'; known are: " + names);
}

std::string cell(double value, int digits) { return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : "-"; }

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json as_json(const reproduce::Experiment& experiment, const reproduce::Result& result) {
  Json rows = Json::array();
  for (const auto& row : result.rows)
    rows.push_back({{"method", row.method},
                    {"metric", row.metric},
                    {"value", number(row.value)},
                    {"published", number(row.published)},
                    {"floor", number(row.floor)},
                    {"evaluations", row.evaluations < 0 ? Json(nullptr) : Json(row.evaluations)},
                    {"seconds", number(row.seconds)}});
  return {{"name", experiment.name}, {"rows", rows}, {"remarks", result.remarks}};
}

std::string table(const reproduce::Result& result, bool markdown) {
  std::vector<std::vector<std::string>> lines{{"method", "metric", "value", "published", "floor", "evaluations", "seconds"}};
  for (const auto& row : result.rows)
    lines.push_back({row.method, row.metric, cell(row.value, 4), cell(row.published, 4), cell(row.floor, 4),
                     row.evaluations < 0 ? "-" : std::to_string(row.evaluations), cell(row.seconds, 2)});
  std::vector<std::size_t> width(lines[0].size(), 0);
  for (const auto& line : lines)
    for (std::size_t k = 0; k < line.size(); ++k) width[k] = std::max(width[k], line[k].size());
  std::string text;
  for (std::size_t l = 0; l < lines.size(); ++l) {
    std::string line;
    for (std::size_t k = 0; k < lines[l].size(); ++k) {
      const bool words = k < 2;
      line += markdown ? fmt::format("| {} ", lines[l][k])
              : words  ? fmt::format("{:<{}}  ", lines[l][k], width[k])
                       : fmt::format("{:>{}}  ", lines[l][k], width[k]);
    }
    text += markdown ? line + "|\n" : line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    if (markdown && l == 0) text += "|---|---|---:|---:|---:|---:|---:|\n";
  }
  return text;
}

/// The page of the experiment: everything on it comes from this run.
std::string page(const reproduce::Experiment& experiment, const reproduce::Result& result) {
  std::string text = fmt::format("# {}\n\n{}\n\n    kswgd reproduce {}\n\n", experiment.name, experiment.summary, experiment.name);
  for (const auto& figure : result.figures) text += fmt::format("![{} {}]({}-{}.png)\n\n", experiment.name, figure.name, experiment.name, figure.name);
  text += table(result, true) + "\n";
  for (const auto& remark : result.remarks) text += remark + "\n\n";
  text += "What was learnt: " + experiment.learnt + "\n";
  return text;
}

std::string folder_of(const ReproduceArguments& options) { return (options.output.empty() ? "out/reproduce/" + options.name : options.output) + "/"; }

/// What an experiment leaves, as far as it is known before the run: the pictures that stand there already are those of an earlier one.
std::vector<std::string> results_of(const ReproduceArguments& options) {
  if (options.list || options.name.empty()) return {};
  const std::string folder = folder_of(options);
  std::vector<std::string> files;
  for (const char* name : {"result.json", "samples.h5", "samples.xdmf", "page.md"}) files.push_back(folder + name);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    if (name.rfind(options.name + "-", 0) == 0 && entry.path().extension() == ".png") files.push_back(folder + name);
  }
  return files;
}

void run_experiment(const Common& common, const ReproduceArguments& options) {
  if (options.list) {
    Json names = Json::array();
    for (const auto& experiment : reproduce::experiments()) {
      common.say(fmt::format("{:<16} {}", experiment.name, experiment.summary));
      names.push_back({{"name", experiment.name}, {"summary", experiment.summary}});
    }
    return common.write_json({{"experiments", names}});
  }
  const reproduce::Experiment& experiment = find_experiment(options.name);
  const std::string folder = folder_of(options);
  common.outputs->make_folder(folder.substr(0, folder.size() - 1));
  for (const std::string& path : results_of(options)) io::require_writable(path);
  const Kokkos::Timer timer;
  const reproduce::Settings settings{common.seed, options.data, [&](const std::string& line) { common.say(line); }};
  const reproduce::Result result = experiment.run(settings);
  // Nothing takes its place before all is written. Then the old result.json goes first and the new one comes last: what stands beside
  // one belongs to it.
  for (const std::string& path : results_of(options)) common.outputs->replace(path);
  common.write(folder + "samples.h5", [&](const std::string& path) { io::write_named_points(path, result.sets, common.stamp()); });
  common.write(folder + "samples.xdmf", [&](const std::string& path) { io::write_xdmf(path, "samples.h5", result.sets); });
  for (const auto& figure : result.figures)
    common.write(fmt::format("{}{}-{}.png", folder, experiment.name, figure.name),
                 [&](const std::string& path) { plot::draw_figure(path, figure.panels, figure.columns); });
  common.write(folder + "page.md", [&](const std::string& path) { io::write_text(path, page(experiment, result)); });
  const Json json = as_json(experiment, result);
  common.outputs->write_text(folder + "result.json", common.json_text(json));
  common.say("\n" + table(result, false));
  for (const auto& remark : result.remarks) common.say(remark);
  common.say(fmt::format("{:.1f} s in all; result.json, samples.h5, pictures in {}", timer.seconds(), folder.substr(0, folder.size() - 1)));
  common.write_json(json);
}

}  // namespace

Work declare_reproduce(Command& command) {
  auto options = std::make_shared<ReproduceArguments>();
  std::string names;
  for (const auto& experiment : reproduce::experiments()) names += "\n  " + experiment.name + ": " + experiment.summary;
  command->add_option("NAME", options->name, "one of:" + names);
  command->add_option("-o,--output", options->output, "folder for result.json, samples.h5, pictures (default: out/reproduce/NAME)")->type_name("DIR");
  command.writes("--output", OutputKind::results, [options] { return results_of(*options); });
  command->add_option("--data", options->data, "data of digits, ink and molecule, where not the ones that come with the program")->type_name("FILE");
  command.reads("--data", [options] { return reproduce::data_of(options->name, options->data); });
  command->add_flag("--list", options->list, "the names, and what they are");
  return [options](const Common& common) { run_experiment(common, *options); };
}

}  // namespace kswgd::cli
