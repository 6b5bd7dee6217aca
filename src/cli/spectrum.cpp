// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"

#include <fmt/core.h>
#include <kswgd/io/model_file.hpp>
#include <kswgd/kinetics/bootstrap.hpp>
#include <kswgd/model/fitted_data.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

namespace kswgd::cli {
namespace {

struct SpectrumArguments {
  std::string model;
  DataOptions data;
  Index bootstrap = 200, blocks = 50;
};

/// 90 % intervals of the eigenvalues, from the data that the model was fitted to.
EigenvalueIntervals intervals_of(const Common& common, const SpectrumArguments& options, const ModelData& model) {
  require(model.spectrum.kind == SpectrumKind::generator, "spectrum", [&] {
    return "intervals from --data are for models of the estimator generator, this one is of " + std::string(name_of(model.spectrum.kind)) +
           ": see kswgd timescales --bootstrap";
  });
  const Data data = read_fitted_data(options.data, model, common.ranks, holds_within(options.data, common.ranks));
  note_on_file(common, data.table);
  const Index fitted = model.provenance.rows.size;
  require(data.size() == fitted, "spectrum", [&] {
    return fmt::format("'{}' holds {} points, the model was fitted to {}: intervals need the fitted points", options.data.data, data.size(), fitted);
  });
  if (!is_fitted_data(Exec{}, model, data.set))
    common.say(fmt::format("note: the numbers in '{}' are not those that the model was fitted to", options.data.data));
  EigenvalueIntervals found = eigenvalue_intervals(Exec{}, data.set, model, {.replicates = options.bootstrap, .blocks = options.blocks, .seed = common.seed});
  require(std::all_of(found.intervals.begin(), found.intervals.end(), [](const Interval& one) { return std::isfinite(one.low) && std::isfinite(one.high); }),
          "spectrum", [&] { return fmt::format("'{}' are other points than the model was fitted to: no feature of its sees them", options.data.data); });
  return found;
}

/// Modes whose in-sample and cross-fitted values differ by more than half of the value that is read from them.
std::vector<std::size_t> doubtful_modes(const ModelData& model) {
  const ReadOut& read = model.spectrum.read_out;
  std::vector<std::size_t> modes;
  for (std::size_t j = 0; j < read.values.size(); ++j)
    if (std::abs(read.cross_fitted[j] - read.in_sample[j]) > read.values[j] / 2)
      modes.push_back(j + static_cast<std::size_t>(model.spectrum.first_mode_read()));
  return modes;
}

void say_doubtful(const Common& common, const ModelData& model, const std::vector<std::size_t>& modes) {
  const ReadOut& read = model.spectrum.read_out;
  for (const std::size_t k : modes) {
    const std::size_t j = k - static_cast<std::size_t>(model.spectrum.first_mode_read());
    common.say(fmt::format("{:3}  doubtful: in-sample {:.6g}, cross-fitted {:.6g}", k, read.in_sample[j], read.cross_fitted[j]));
  }
}

void print_spectrum(const Common& common, const SpectrumArguments& options) {
  const ModelData model = io::read_model(options.model);
  const auto& pairs = model.spectrum.pairs;
  const auto& read = model.spectrum.read_out;
  const double infinite = std::numeric_limits<double>::infinity();
  // Corrected values where there are any, the finest dictionary's own beyond them.
  // A killed process has a ground state in place of the constant and its 0.
  const auto first = static_cast<std::size_t>(model.spectrum.first_mode_read());
  std::vector<double> values(first, 0.0), spread(first, 0.0), residuals(first, 0.0), timescales(first, infinite);
  const bool dynamics = model.spectrum.kind == SpectrumKind::edmd || model.spectrum.kind == SpectrumKind::diffusion;
  const std::size_t count = std::max<std::size_t>(read.values.size() + first, read.values.empty() ? static_cast<std::size_t>(pairs.size()) : 0);
  for (std::size_t k = first; k < count; ++k) {
    const bool corrected = k - first < read.values.size();
    values.push_back(model.spectrum.eigenvalue_to_read(static_cast<Index>(k)));
    spread.push_back(corrected ? read.spread[k - first] : std::numeric_limits<double>::quiet_NaN());
    residuals.push_back(static_cast<Index>(k) < pairs.size() ? pairs.residuals(k) : std::numeric_limits<double>::quiet_NaN());
    timescales.push_back(values.back() > 0 ? 1 / values.back() : infinite);
  }
  common.say(fmt::format("{} eigenvalues, {}; {}", name_of(model.spectrum.kind), dynamics ? "in 1 / time" : "of unit diffusion, in 1 / length^2",
                         read.values.empty() ? "as fitted" : "corrected for overfitting"));
  common.say("  k   eigenvalue    +- (folds)   timescale    residual");
  for (std::size_t k = 0; k < values.size(); ++k)
    common.say(fmt::format("{:3}  {:11.6g}  {:11.3g}  {:11.6g}  {:10.1e}", k, values[k], spread[k], timescales[k], residuals[k]));
  const std::vector<std::size_t> doubtful = doubtful_modes(model);
  say_doubtful(common, model, doubtful);
  std::vector<double> low, high;
  if (!options.data.data.empty()) {
    const EigenvalueIntervals found = intervals_of(common, options, model);
    common.say(fmt::format("90 % intervals from {} replicates of {} blocks", options.bootstrap, found.blocks));
    for (std::size_t k = 0; k < found.intervals.size(); ++k) {
      low.push_back(found.intervals[k].low);
      high.push_back(found.intervals[k].high);
      common.say(fmt::format("{:3}  {:11.6g}  [{:.6g}, {:.6g}]", k + 1, found.values[k], low.back(), high.back()));
    }
  }
  common.say(fmt::format("eigenpairs by {}: {} of {} converged", pairs.report.solver, pairs.report.converged, pairs.report.wanted));
  std::vector<double> own;
  for (Index k = 0; k < pairs.size(); ++k) own.push_back(pairs.values(k));
  Json result = {{"eigenvalues", values},
                 {"residuals", residuals},
                 {"timescales", timescales},
                 {"spread", spread},
                 {"fitted_eigenvalues", own},
                 {"in_sample", read.in_sample},
                 {"cross_fitted", read.cross_fitted},
                 {"doubtful", doubtful},  // k of eigenvalues whose two values differ by more than half
                 {"estimator", name_of(model.spectrum.kind)},
                 {"solver", pairs.report.solver},
                 {"converged", pairs.report.converged},
                 {"worst_residual", pairs.report.worst_residual}};
  if (!low.empty()) result.update({{"low", low}, {"high", high}});  // of eigenvalues 1, 2, ...
  common.write_json(result);
}

}  // namespace

Work declare_spectrum(Command& command) {
  auto options = std::make_shared<SpectrumArguments>();
  command.input("MODEL", options->model, "a model made by kswgd fit")->required();
  add_data_options(command, options->data, "--data", "the points that it was fitted to: adds 90 % bootstrap intervals");
  add_memory_option(command, options->data, "points that take more stay in their file and are read in tiles (default: half of what is free)");
  command->add_option("--bootstrap", options->bootstrap, "replicates")->capture_default_str()->transform(count(most_repeats));
  command->add_option("--blocks", options->blocks, "stretches of rows that are drawn")->capture_default_str()->transform(count(most_repeats, 2));
  return [options](const Common& common) { print_spectrum(common, *options); };
}

}  // namespace kswgd::cli
