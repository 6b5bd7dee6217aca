// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../reproduce/experiment.hpp"
#include "commands.hpp"
#include "figure.hpp"

#include <fmt/core.h>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace kswgd::cli {
namespace {

struct Options {
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

void run_experiment(const Common& common, Options options) {
  if (options.list) {
    Json names = Json::array();
    for (const auto& experiment : reproduce::experiments()) {
      common.say(fmt::format("{:<16} {}", experiment.name, experiment.summary));
      names.push_back({{"name", experiment.name}, {"summary", experiment.summary}});
    }
    return common.write_json({{"experiments", names}});
  }
  const reproduce::Experiment& experiment = find_experiment(options.name);
  if (options.output.empty()) options.output = "out/reproduce/" + experiment.name;
  std::error_code error;
  const bool made = std::filesystem::create_directories(options.output, error);
  require(std::filesystem::is_directory(options.output), "reproduce", [&] { return fmt::format("the folder '{}' cannot be made", options.output); });
  const std::string folder = options.output + "/";
  check_writable(folder + "result.json");
  const Kokkos::Timer timer;
  const reproduce::Settings settings{common.seed, options.data, [&](const std::string& line) { common.say(line); }};
  reproduce::Result result;
  try {
    result = experiment.run(settings);
  } catch (...) {
    if (made) std::filesystem::remove(options.output, error);  // an empty folder alone
    throw;
  }
  io::write_named_points(folder + "samples.h5", result.sets, common.stamp());
  io::write_xdmf(folder + "samples.xdmf", "samples.h5", result.sets);
  for (const auto& figure : result.figures) draw_figure(fmt::format("{}{}-{}.png", folder, experiment.name, figure.name), figure.panels, figure.columns);
  const Json json = as_json(experiment, result);
  Common to_file = common;
  to_file.json = folder + "result.json";
  to_file.write_json(json);
  io::write_text(folder + "page.md", page(experiment, result));
  common.say("\n" + table(result, false));
  for (const auto& remark : result.remarks) common.say(remark);
  common.say(fmt::format("{:.1f} s in all; result.json, samples.h5, pictures in {}", timer.seconds(), options.output));
  common.write_json(json);
}

}  // namespace

void add_reproduce(CLI::App& app, Common& common) {
  CLI::App* command = add_command(app, common, "reproduce", "a published experiment with its rivals, beside the published figures");
  auto options = std::make_shared<Options>();
  std::string names;
  for (const auto& experiment : reproduce::experiments()) names += "\n  " + experiment.name + ": " + experiment.summary;
  command->add_option("NAME", options->name, "one of:" + names);
  command->add_option("-o,--output", options->output, "folder for result.json, samples.h5, pictures (default: out/reproduce/NAME)")->type_name("DIR");
  command->add_option("--data", options->data, "data of digits and molecule, where not the ones that come with the program")->type_name("FILE");
  command->add_flag("--list", options->list, "the names, and what they are");
  command->callback([options, &common] { common.run = [options, &common] { run_experiment(common, *options); }; });
}

}  // namespace kswgd::cli
