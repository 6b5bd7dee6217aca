// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"

#include <fmt/core.h>
#include <kswgd/io/model_file.hpp>
#include <kswgd/model/evaluate.hpp>

#include <memory>

namespace kswgd::cli {
namespace {

struct Options {
  std::string model, points, dataset, output;
  Index modes = 0;
};

void evaluate(const Common& common, const Options& options) {
  const ModelData model = io::read_model(options.model);
  const io::Table data = read_table(options.points, {.dataset = options.dataset});
  const Exec exec;
  const auto result = evaluate_eigenfunctions(exec, model, Points<Exec>(to_device(exec, data.points)), true, options.modes > 0 ? options.modes + 1 : 0);
  std::vector<HostPoints> gradients;
  for (const auto& gradient : result.gradients) gradients.push_back(host_points(gradient));
  common.write(options.output, [&](const std::string& path) { io::write_eigenfunctions(path, host_points(result.values), gradients, common.stamp()); });
  common.say(fmt::format("{} eigenfunctions and their gradients at {} points written to {}", gradients.size(), data.points.extent(0), options.output));
  common.write_json({{"points", data.points.extent(0)}, {"modes", gradients.size()}, {"output", options.output}});
}

}  // namespace

Work declare_evaluate(Command& command) {
  auto options = std::make_shared<Options>();
  command.input("MODEL", options->model, "a model made by kswgd fit")->required();
  command.input("POINTS", options->points, "points (.h5, .npy, .csv; FILE:/DATASET names a dataset)")->required();
  command.output("-o,--output", options->output, OutputKind::hdf5, "file to write: /eigenfunctions (n x r, the constant first), /gradients (n x r x d)")
      ->required();
  command->add_option("--modes", options->modes, "eigenfunctions beside the constant (default: all)")->transform(count(most_modes));
  command->add_option("--dataset", options->dataset, "HDF5 dataset of the points")->type_name("PATH");
  return [options](const Common& common) { evaluate(common, *options); };
}

}  // namespace kswgd::cli
