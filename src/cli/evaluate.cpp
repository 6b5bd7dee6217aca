// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "commands.hpp"

#include <fmt/core.h>
#include <kswgd/io/model_file.hpp>
#include <kswgd/model/evaluate.hpp>

#include <memory>

namespace kswgd::cli {
namespace {

struct Options {
  std::string model, points, output, dataset;
  Index modes = 0;
};

void evaluate(const Common& common, const Options& options) {
  check_distinct(options.output, {options.model, options.points});
  check_writable(options.output, "h5");
  const ModelData model = io::read_model(options.model);
  const io::Table data = io::read_points(options.points, {options.dataset, "", 1, false});
  const Exec exec;
  const auto result = evaluate_eigenfunctions(exec, model, Points<Exec>(to_device(exec, data.points)), true, options.modes > 0 ? options.modes + 1 : 0);
  std::vector<HostPoints> gradients;
  for (const auto& gradient : result.gradients) gradients.push_back(host_points(gradient));
  io::write_eigenfunctions(options.output, host_points(result.values), gradients, common.stamp());
  common.say(fmt::format("{} eigenfunctions and their gradients at {} points written to {}", gradients.size(), data.points.extent(0), options.output));
  common.write_json({{"points", data.points.extent(0)}, {"modes", gradients.size()}, {"output", options.output}});
}

}  // namespace

void add_evaluate(CLI::App& app, Common& common) {
  CLI::App* command = add_command(app, common, "evaluate", "eigenfunctions and their gradients at points");
  auto options = std::make_shared<Options>();
  command->add_option("MODEL", options->model, "a model made by kswgd fit")->required();
  command->add_option("POINTS", options->points, "points (.h5, .npy, .csv)")->required();
  command->add_option("-o,--output", options->output, "file to write: /eigenfunctions (n x r, the constant first), /gradients (n x r x d)")
      ->required()
      ->type_name("FILE");
  command->add_option("--modes", options->modes, "eigenfunctions beside the constant (default: all)")->check(positive());
  command->add_option("--dataset", options->dataset, "HDF5 dataset of the points")->type_name("PATH");
  command->callback([options, &common] { common.run = [options, &common] { evaluate(common, *options); }; });
}

}  // namespace kswgd::cli
