// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "model.hpp"

#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/io/samples_file.hpp>
#include <kswgd/model/evaluate.hpp>
#include <kswgd/model/fitted_data.hpp>
#include <kswgd/version.hpp>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cmath>
#include <limits>

namespace kswgd::python {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// As `kswgd spectrum` prints it: corrected values where there are any, the finest dictionary's own beyond them.
nb::dict spectrum_of(const FittedModel& fitted) {
  const ModelData& model = fitted.data();
  const auto& pairs = model.spectrum.pairs;
  const ReadOut& read = model.spectrum.read_out;
  const auto first = static_cast<std::size_t>(model.spectrum.first_mode_read());
  std::vector<double> values(first, 0.0), spread(first, 0.0), residuals(first, 0.0), timescales(first, std::numeric_limits<double>::infinity()), own;
  const std::size_t count = std::max<std::size_t>(read.values.size() + first, read.values.empty() ? static_cast<std::size_t>(pairs.size()) : 0);
  for (std::size_t k = first; k < count; ++k) {
    values.push_back(model.spectrum.eigenvalue_to_read(static_cast<Index>(k)));
    spread.push_back(k - first < read.values.size() ? read.spread[k - first] : unknown);
    residuals.push_back(static_cast<Index>(k) < pairs.size() ? pairs.residuals(k) : unknown);
    timescales.push_back(1 / values.back());
  }
  for (Index k = 0; k < pairs.size(); ++k) own.push_back(pairs.values(k));
  nb::dict result;
  result["eigenvalues"] = to_array(values);
  result["spread"] = to_array(spread);
  result["timescales"] = to_array(timescales);
  result["residuals"] = to_array(residuals);
  result["fitted_eigenvalues"] = to_array(own);
  result["in_sample"] = to_array(read.in_sample);
  result["cross_fitted"] = to_array(read.cross_fitted);
  return result;
}

nb::dict info_of(const FittedModel& fitted) {
  const ModelData& model = fitted.data();
  const Provenance& made = model.provenance;
  nb::dict info;
  info["estimator"] = name_of(model.spectrum.kind);
  info["dimension"] = model.dimension();
  info["features"] = model.density.moments.size();
  info["levels"] = model.density.levels.size();
  info["modes"] = std::max<Index>(0, model.spectrum.pairs.size() - 1);
  info["first_mode"] = model.spectrum.first_mode_read();
  info["lag_time"] = model.spectrum.lag_time;
  info["manifold"] = to_string(model.frame.geometry);
  info["samples"] = made.samples;
  info["effective_samples"] = made.effective_samples;
  info["rows"] = made.rows.size;
  info["ordered"] = made.rows.ordered;
  info["held_out"] = static_cast<Index>(model.held_out.extent(0));
  info["seed"] = made.seed;
  info["seconds"] = made.seconds;
  info["notes"] = made.notes;
  info["backend"] = made.backend;
  info["version"] = made.version;
  info["git"] = made.git;
  info["command"] = made.command;
  info["data"] = made.data;
  info["solver"] = model.spectrum.pairs.report.solver;
  info["converged"] = model.spectrum.pairs.report.converged;
  info["worst_residual"] = model.spectrum.pairs.report.worst_residual;
  return info;
}

nb::dict dict_of(const FlowReport& report, const HeldOutMonitors& held_out) {
  nb::dict result;
  result["steps"] = report.state.steps;
  result["evaluations"] = report.state.evaluations;
  result["stop_reason"] = report.state.stop_reason;
  result["level_reasons"] = report.state.level_reasons;
  result["rounds"] = report.state.round + 1;
  result["energy"] = to_array(report.history.energy);
  result["chi2"] = to_array(report.history.chi2);
  result["time"] = to_array(report.history.time);
  result["step"] = to_array(report.history.step);
  result["seconds"] = report.seconds;
  nb::dict monitors;
  monitors["chi2_ratio"] = report.monitors.chi2_ratio;
  monitors["dissipation_ratio"] = report.monitors.dissipation_ratio;
  monitors["moment_ratio"] = held_out.moment_ratio;
  monitors["sliced_ratio"] = held_out.sliced_ratio;
  monitors["memorisation_ratio"] = held_out.memorisation_ratio;
  monitors["training_ratio"] = held_out.training_ratio;
  result["monitors"] = monitors;
  return result;
}

/// Fills `particles` with a start, unless it holds one.
void put_start(const ModelData& model, const std::string& start, std::uint64_t seed, const HostPoints& particles) {
  const auto n = static_cast<Index>(particles.extent(0));
  if (start == "normal") Kokkos::deep_copy(particles, normal_start(model, n, seed));
  if (start == "data") Kokkos::deep_copy(particles, data_start(model, n, seed));
}

nb::dict sample(const FittedModel& fitted, OutPoints out, const std::string& start, std::uint64_t seed, const std::string& inverse, Index modes,
                const std::string& precision, Index max_steps, const std::string& path, const nb::object& progress) {
  FlowReport report;
  HeldOutMonitors held_out{};
  const Progress hears(progress);
  {
    const Work work;
    const Exec exec;
    const ModelData& data = fitted.data();
    const HostPoints host = view_of(out);
    require(columns(host) == data.dimension(), "sample", [&] {
      return "the start has " + std::to_string(host.extent(1)) + " coordinates, the model " + std::to_string(data.dimension());
    });
    put_start(data, start, seed, host);
    FlowOptions options;
    options.precision = precision == "mixed" ? Precision::mixed : Precision::fp64;
    options.max_steps = max_steps;
    options.observer = [&](const FlowState& state, const History&) {
      hears(("flow, level " + std::to_string(state.level + 1)).c_str(), -1);
      return true;
    };
    std::optional<Model<Exec>> truncated;
    if (inverse == "spectral") truncated.emplace(exec, data, ModelOptions{Inverse::spectral, modes});
    Flow<Exec> flow(exec, truncated ? *truncated : fitted.at_work(exec), options);
    const Points<Exec> particles = Kokkos::create_mirror_view_and_copy(Exec::memory_space{}, host);  // no copy on the host
    report = flow.run(particles);
    Kokkos::deep_copy(host, particles);
    held_out = held_out_monitors(exec, data, particles);
    if (!path.empty()) io::write_samples(path, host, report, {seed, version(), git_hash(), Exec::name(), "python"});
  }
  return dict_of(report, held_out);
}

/// Values (n x r) and, where asked for, gradients: r times n x d.
nb::object evaluate(const FittedModel& fitted, const Rows& rows, bool gradients, Index modes) {
  HostMatrix values;
  std::vector<HostPoints> slopes;
  {
    const Work work;
    const Exec exec;
    const auto found = evaluate_eigenfunctions(exec, fitted.data(), rows.points(), gradients, modes);
    values = to_host(exec, found.values);
    for (const auto& gradient : found.gradients) slopes.push_back(to_host(exec, gradient));
  }
  nb::list arrays;
  for (const HostPoints& slope : slopes) arrays.append(to_array(slope));
  return nb::make_tuple(to_array(values), arrays);
}

std::unique_ptr<FittedModel> read(const std::string& path) {
  const Work work;
  return std::make_unique<FittedModel>(io::read_model(path));
}

void write(const FittedModel& fitted, const std::string& path) {
  const Work work;
  io::write_model(path, fitted.data());
}

}  // namespace

const ModelData& FittedModel::data() const {
  if (!m_data) throw Failure("this model has ended with the interpreter");
  return *m_data;
}
ModelData& FittedModel::data() { return const_cast<ModelData&>(std::as_const(*this).data()); }

const Model<Exec>& FittedModel::at_work(const Exec& exec) const {
  if (!m_at_work) m_at_work.emplace(exec, data());
  return *m_at_work;
}

void FittedModel::release() {
  m_at_work.reset();
  m_data.reset();
}

DataSet<Exec> fitted_data(const ModelData& model, const Rows& rows) {
  DataSet<Exec> set = rows.set();
  if (set.order() == Order::unknown) set.set_order(model.provenance.rows.ordered ? Order::in_time : Order::independent);
  return set.is_weighted() ? set : under_law_of(Exec{}, model, set);
}

void bind_model(nb::module_& module) {
  nb::class_<FittedModel>(module, "Model")
      .def("spectrum", &spectrum_of)
      .def("info", &info_of)
      .def_prop_ro("weights", [](const FittedModel& fitted) { return to_array(fitted.data().provenance.rows.weights); })
      .def_prop_ro("training_subset", [](const FittedModel& fitted) { return to_array(fitted.data().training_subset); })
      .def_prop_ro("held_out", [](const FittedModel& fitted) { return to_array(fitted.data().held_out); })
      .def("sample", &sample, nb::arg("out").noconvert(), nb::arg("start"), nb::arg("seed"), nb::arg("inverse"), nb::arg("modes"), nb::arg("precision"),
           nb::arg("max_steps"), nb::arg("path"), nb::arg("progress").none())
      .def("evaluate", &evaluate, nb::arg("rows"), nb::arg("gradients"), nb::arg("modes"))
      .def("write", &write, nb::arg("path"))
      .def_static("read", &read, nb::arg("path"));
}

}  // namespace kswgd::python
