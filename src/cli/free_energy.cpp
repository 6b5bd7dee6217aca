// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../plot/figure.hpp"
#include "inputs.hpp"

#include <fmt/core.h>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/model/learned_potential.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <sstream>

namespace kswgd::cli {
namespace {

struct FreeEnergyArguments {
  std::string model, output, along, picture;
  Index bins = 0;
};

/// "c0,c1": one or two columns; all of the model where nothing is said.
std::vector<Index> columns_of(const std::string& text, const ModelData& model) {
  const Index dimension = model.dimension();
  std::vector<Index> columns;
  if (text.empty())
    for (Index k = 0; k < dimension; ++k) columns.push_back(k);
  std::stringstream stream(text);
  for (std::string name; std::getline(stream, name, ',');) {
    const Index column = column_of("free-energy", name, model.columns, dimension);
    require(std::count(columns.begin(), columns.end(), column) == 0, "free-energy", [&] { return fmt::format("column '{}' is named twice", name); });
    columns.push_back(column);
  }
  require(columns.size() == 1 || columns.size() == 2, "free-energy",
          [&] { return fmt::format("a free energy is drawn along one or two columns, got {}: name them with --along c0,c1", columns.size()); });
  return columns;
}

/// The factor of each of the caller's coordinates.
std::vector<GeometryFactor> factors_of(const ModelData& model) {
  std::vector<GeometryFactor> factors;
  for (const GeometryFactor& factor : model.frame.geometry.factors)
    for (Index k = 0; k < factor.count; ++k) factors.push_back(factor);
  factors.resize(static_cast<std::size_t>(model.dimension()), {Manifold::euclidean, 1, 0, 0, 0});
  return factors;
}

/// A model of the law of some columns: of the training points that the model keeps.
ModelData marginal(const Exec& exec, const ModelData& model, const std::vector<Index>& columns, std::uint64_t seed) {
  const Index n = static_cast<Index>(model.training_subset.extent(0));
  const HostPoints points("kswgd::cli::marginal", n, columns.size());
  FitOptions<Exec> options;
  const auto factors = factors_of(model);
  bool flat = true;
  for (std::size_t j = 0; j < columns.size(); ++j) {
    GeometryFactor factor = factors[static_cast<std::size_t>(columns[j])];
    require(factor.kind == Manifold::circle || factor.kind == Manifold::euclidean, "free-energy",
            [&] { return fmt::format("column c{} is a coordinate of a sphere or a torus: a free energy along it is not that of the manifold", columns[j]); });
    flat = flat && factor.kind == Manifold::euclidean;
    factor.count = 1;
    options.geometry.factors.push_back(factor);
    for (Index i = 0; i < n; ++i) points(i, static_cast<Index>(j)) = model.training_subset(i, columns[j]);
  }
  if (flat) options.geometry.factors.clear();
  options.seed = seed;
  options.hold_out = 0;
  options.modes = 1;
  const Points<Exec> device = to_device(exec, points);
  return fit_generator(exec, device, options);
}

struct Axis {
  double low, high;
  double at(Index bin, Index bins) const { return low + (high - low) * (static_cast<double>(bin) + 0.5) / static_cast<double>(bins); }
};

/// The interval of a circle, or the range of the training points.
std::vector<Axis> axes_of(const ModelData& model) {
  std::vector<Axis> axes;
  const auto factors = factors_of(model);
  for (std::size_t k = 0; k < factors.size(); ++k) {
    Axis axis{HUGE_VAL, -HUGE_VAL};
    for (std::size_t i = 0; i < model.training_subset.extent(0); ++i) {
      axis.low = std::min(axis.low, model.training_subset(i, k));
      axis.high = std::max(axis.high, model.training_subset(i, k));
    }
    if (factors[k].kind == Manifold::circle) axis = {factors[k].low, factors[k].low + 2 * M_PI * factors[k].major};
    axes.push_back(axis);
  }
  return axes;
}

/// Which points lie within the guard radius of the landmarks of the density's level.
std::vector<bool> supported(const Exec& exec, const ModelData& model, const Points<Exec>& points) {
  const LevelData& level = model.density.levels[static_cast<std::size_t>(model.log_density.level)];
  const Frame<Exec> frame(exec, model.frame);
  const Index n = rows(points);
  const auto inside = allocate<Points<Exec>>(exec, "free-energy::inside", n, frame.inner_dimension());
  frame.enter(exec, n, points, inside);
  const auto distance = allocate<Vector<Exec>>(exec, "free-energy::distance", n);
  const auto index = allocate<Vector<Exec, int>>(exec, "free-energy::index", n);
  const Points<Exec> all = to_device(exec, model.density.landmarks);
  nearest_landmark(exec, inside, Points<Exec>(Kokkos::subview(all, Span(level.first_landmark, level.last_landmark), Kokkos::ALL)), distance, index);
  const auto host = to_host(exec, distance);
  std::vector<bool> result;
  for (Index i = 0; i < n; ++i) result.push_back(host(i) <= level.guard);
  return result;
}

plot::Panel panel_of(const HostPoints& table, const std::vector<std::string>& names, const HostPoints& all) {
  plot::Panel panel{.title = "free energy"};
  panel.x_label = names[0];
  if (names.size() == 1) {
    plot::Curve curve{.label = "learned, 90 %"};
    for (std::size_t i = 0; i < table.extent(0); ++i) {
      const double value = table(i, 1), half = 1.645 * table(i, 2);
      curve.x.push_back(table(i, 0));
      curve.y.push_back(value);
      curve.low.push_back(value - half);
      curve.high.push_back(value + half);
    }
    panel.curves = {curve};
    panel.y_label = "free energy [kT]";
    return panel;
  }
  panel.y_label = names[1];
  panel.colour_label = "free energy [kT]";
  panel.map = all;
  return panel;
}

void free_energy(const Common& common, const FreeEnergyArguments& options) {
  const Exec exec;
  const ModelData given = io::read_model(options.model);
  const std::vector<Index> columns = columns_of(options.along, given);
  const bool whole = static_cast<Index>(columns.size()) == given.dimension() && std::is_sorted(columns.begin(), columns.end());
  const ModelData model = whole ? given : marginal(exec, given, columns, common.seed);
  const LearnedPotential<Exec> potential(exec, model);
  const Index d = static_cast<Index>(columns.size()), bins = options.bins > 0 ? options.bins : d == 1 ? 100 : 60;
  const std::vector<Axis> axes = axes_of(model);
  const Index cells = d == 1 ? bins : bins * bins;
  const HostPoints grid("kswgd::cli::grid", cells, d);
  for (Index cell = 0; cell < cells; ++cell) {
    grid(cell, 0) = axes[0].at(d == 1 ? cell : cell / bins, bins);
    if (d == 2) grid(cell, 1) = axes[1].at(cell % bins, bins);
  }
  const Points<Exec> points = to_device(exec, grid);
  const auto density = potential.log_density(exec, points);
  const auto value = to_host(exec, density.value), error = to_host(exec, density.error);
  const std::vector<bool> counts = supported(exec, model, points);
  double top = -HUGE_VAL;
  Index kept = 0;
  for (Index cell = 0; cell < cells; ++cell) {
    if (!counts[static_cast<std::size_t>(cell)]) continue;
    top = std::max(top, value(cell));
    ++kept;
  }
  require(kept > 0, "free-energy", [] { return "no cell of the grid lies near the data: ask for more --bins"; });
  const HostPoints table("kswgd::cli::table", kept, d + 2), all("kswgd::cli::all", cells, d + 2);
  double highest = 0;
  Index row = 0;
  for (Index cell = 0; cell < cells; ++cell) {
    for (Index k = 0; k < d; ++k) all(cell, k) = grid(cell, k);
    all(cell, d) = top - value(cell);
    all(cell, d + 1) = error(cell);
    if (!counts[static_cast<std::size_t>(cell)]) continue;
    highest = std::max(highest, all(cell, d));
    for (Index k = 0; k < d + 2; ++k) table(row, k) = all(cell, k);
    ++row;
  }
  for (Index cell = 0; cell < cells; ++cell)
    if (!counts[static_cast<std::size_t>(cell)]) all(cell, d) = std::numeric_limits<double>::quiet_NaN();
  std::vector<std::string> names;
  for (const Index k : columns) names.push_back(given.columns.empty() ? fmt::format("c{}", k) : given.columns[static_cast<std::size_t>(k)]);
  const plot::Panel panel = panel_of(table, names, all);
  names.insert(names.end(), {"free_energy", "error"});
  common.write(options.output, [&](const std::string& path) { io::write_points(path, table, common.stamp(), names); });
  if (!options.picture.empty()) common.write(options.picture, [&](const std::string& path) { plot::draw_figure(path, {panel}); });
  common.say(fmt::format("free energy in kT at {} of {} cells (the others are far from the data){} written to {}", kept, cells,
                         whole ? "" : ", of the law of these columns among the training points that the model keeps,", options.output));
  common.write_json({{"columns", columns}, {"cells", kept}, {"bins", bins}, {"highest", highest}, {"output", options.output}});
}

}  // namespace

Work declare_free_energy(Command& command) {
  auto options = std::make_shared<FreeEnergyArguments>();
  command.input("MODEL", options->model, "a model made by kswgd fit")->required();
  command.output("-o,--output", options->output, OutputKind::points, "table: the columns, the free energy in kT (0 at its lowest) and its standard error")
      ->required();
  command->add_option("--along", options->along, "one or two columns (c0,c1); default: all, where there are no more")->type_name("COLUMNS");
  command->add_option("--bins", options->bins, "cells along each column (default: 100 along one, 60 along two)")->transform(count(2000));
  command.output("--picture", options->picture, OutputKind::picture, "a picture of it (.png, .pdf, .svg)")->type_name("PICTURE");
  return [options](const Common& common) { free_energy(common, *options); };
}

}  // namespace kswgd::cli
