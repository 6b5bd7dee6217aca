// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "model.hpp"

#include <kswgd/flow/conditional.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/polish.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/flow/verdict.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/io/samples_file.hpp>
#include <kswgd/metrics/two_sample.hpp>
#include <kswgd/model/evaluate.hpp>
#include <kswgd/model/fitted_data.hpp>
#include <kswgd/model/marginals.hpp>
#include <kswgd/version.hpp>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
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
    timescales.push_back(values.back() > 0 ? 1 / values.back() : std::numeric_limits<double>::infinity());
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
  info["columns"] = model.columns;
  info["coordinates"] = name_of(model.frame.coordinates());
  info["log_density"] = model.log_density.is_known();
  info["manifold"] = to_string(model.frame.geometry);
  info["samples"] = made.samples;
  info["effective_samples"] = made.effective_samples;
  info["rows"] = made.rows.size;
  info["dt"] = made.rows.dt;
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

/// What `kswgd sample` is told, with its defaults.
struct SampleOptions {
  std::string start = "auto", inverse = "cholesky", precision = "mixed", marginals = "auto", path;
  Index modes = 0, max_steps = 0;
  int polish = -1;  // -1: auto
  bool decimals = false;
  std::uint64_t seed = 0;
};

/// All that is said of samples.
struct Made {
  FlowReport report;
  Polished polished;
  HeldOutMonitors held_out{};
  TwoSampleTest check;
  bool matched = false, begun_again = false;
  Index particles = 0;
};

nb::dict dict_of(const ModelData& model, const Made& made) {
  const FlowReport& report = made.report;
  nb::dict result, monitors;
  result["steps"] = report.state.steps;
  result["evaluations"] = report.state.evaluations;
  result["stop_reason"] = report.state.stop_reason;
  result["level_reasons"] = report.state.level_reasons;
  result["rounds"] = report.state.round + 1;
  result["particles"] = made.particles;
  result["begun_again"] = made.begun_again;
  result["energy"] = to_array(report.history.energy);
  result["chi2"] = to_array(report.history.chi2);
  result["time"] = to_array(report.history.time);
  result["step"] = to_array(report.history.step);
  result["seconds"] = report.seconds;
  result["verdict"] = std::string(made.check.verdict());
  result["reasons"] = made.check.reasons;
  result["coordinates"] = name_of(model.frame.coordinates());
  result["marginals"] = made.matched ? "matched" : "free";
  result["worst_column"] = made.check.worst_column;
  result["worst_ks"] = made.check.worst_ks;
  result["polish_kept"] = made.polished.kept;
  result["polish_steps"] = made.polished.report.steps;
  result["polish_acceptance"] = made.polished.report.acceptance;
  result["polish_reason"] = made.polished.reason;
  result["polish_flow_steps"] = made.polished.flow ? made.polished.flow->state.steps : 0;
  monitors["chi2_ratio"] = report.monitors.chi2_ratio;
  monitors["dissipation_ratio"] = report.monitors.dissipation_ratio;
  monitors["moment_ratio"] = made.held_out.moment_ratio;
  monitors["sliced_ratio"] = made.held_out.sliced_ratio;
  monitors["memorisation_ratio"] = made.held_out.memorisation_ratio;
  monitors["training_ratio"] = made.held_out.training_ratio;
  monitors["standardised_sliced_ratio"] = made.check.sliced_ratio;
  monitors["classifier"] = made.check.classifier;
  monitors["classifier_error"] = made.check.classifier_error;
  monitors["neighbour_ratio"] = made.held_out.neighbour_ratio;
  result["monitors"] = monitors;
  return result;
}

/// Fills `particles` with a start, unless it holds one.
void put_start(const ModelData& model, const std::string& start, std::uint64_t seed, const HostPoints& particles) {
  const auto n = static_cast<Index>(particles.extent(0));
  if (start == "auto") Kokkos::deep_copy(particles, automatic_start(model, n, seed));
  if (start == "kernel") Kokkos::deep_copy(particles, kernel_start(model, n, seed));
  if (start == "normal") Kokkos::deep_copy(particles, normal_start(model, n, seed));
  if (start == "data") Kokkos::deep_copy(particles, data_start(model, n, seed));
}

/// As the program does.
Polished polish_samples(const Exec& exec, const SampleOptions& options, const FittedModel& fitted, const Model<Exec>& model, const FlowState& state,
                        const Points<Exec>& particles, const FlowOptions& flow) {
  std::optional<int> steps;
  if (options.polish >= 0) steps = options.polish;
  if (particles.extent(0) == 0) steps = 0;
  PolishOptions how;
  how.seed = options.seed;
  const auto potential = [&]() -> const LearnedPotential<Exec>& { return fitted.potential(exec); };
  return polish_after_flow<Exec>(exec, potential, model, state, particles, steps, how, flow);
}

/// Moves what `out` holds, or a start that it is given, to samples, in place.
Made make_samples(const Exec& exec, const FittedModel& fitted, const HostPoints& out, const SampleOptions& options, const Progress& hears) {
  const ModelData& data = fitted.data();
  require(columns(out) == data.dimension(), "sample",
          [&] { return "the start has " + std::to_string(out.extent(1)) + " coordinates, the model " + std::to_string(data.dimension()); });
  put_start(data, options.start, options.seed, out);
  FlowOptions flow_options;
  flow_options.precision = options.precision == "mixed" ? Precision::mixed : Precision::fp64;
  flow_options.max_steps = options.max_steps;
  flow_options.observer = [&](const FlowState& state, const History&) {
    hears(("flow, level " + std::to_string(state.level + 1)).c_str(), -1);
    return true;
  };
  std::optional<Model<Exec>> truncated;
  if (options.inverse == "spectral") truncated.emplace(exec, data, ModelOptions{Inverse::spectral, options.modes});
  const Model<Exec>& model = truncated ? *truncated : fitted.at_work(exec);
  Flow<Exec> flow(exec, model, flow_options);
  const Points<Exec> particles = Kokkos::create_mirror_view_and_copy(Exec::memory_space{}, out);  // no copy on the host
  Made made;
  made.report = flow.run(particles);
  if (options.start == "auto" && begins_again(data, made.report)) {
    Kokkos::deep_copy(particles, kernel_start(data, rows(out), options.seed));
    made.report = flow.run(particles);
    made.begun_again = true;
  }
  made.particles = rows(out);
  hears("polish", -1);
  made.polished = polish_samples(exec, options, fitted, model, made.report.state, particles, flow_options);
  Kokkos::deep_copy(out, particles);
  made.matched = options.marginals == "auto" ? matches_by_default(data) : options.marginals == "matched";
  if (made.matched) match_marginals(data, out);
  if (options.decimals) round_as_data(data.marginals, out);
  Kokkos::deep_copy(particles, out);
  hears("monitors", -1);
  made.held_out = held_out_monitors(exec, data, particles);
  made.check = check_samples(exec, data, particles, made.report.monitors, made.held_out, made.matched);
  return made;
}

nb::dict sample(const FittedModel& fitted, OutPoints out, const SampleOptions& options, const nb::object& progress) {
  Made made;
  const Progress hears(progress);
  {
    const Work work;
    const HostPoints into = view_of(out);
    const Index n = rows(into), moved = particles_for(fitted.data(), options.start, n);
    if (moved == n) {
      made = make_samples(Exec{}, fitted, into, options, hears);
    } else {
      const HostPoints particles("kswgd::python::particles", moved, into.extent(1));
      made = make_samples(Exec{}, fitted, particles, options, hears);
      const std::vector<Index> drawn = drawn_particles(moved, n, options.seed);
      for (Index i = 0; i < n; ++i)
        for (std::size_t k = 0; k < into.extent(1); ++k) into(i, k) = particles(drawn[static_cast<std::size_t>(i)], k);
    }
    if (!options.path.empty())
      io::write_samples(options.path, into, made.report, {options.seed, version(), git_hash(), Exec::name(), "python"}, fitted.data().columns);
  }
  return dict_of(fitted.data(), made);
}

/// `each` draws for each row of `values`, the given values of `columns`; and for each row how many independent draws the data about it are worth. path: a file
/// for the draws, or none.
nb::tuple sample_given(const FittedModel& fitted, const std::vector<Index>& columns, const Rows& values, Index each, std::uint64_t seed,
                       const std::string& path) {
  HostPoints draws;
  ConditionalReport report;
  {
    const Work work;
    const Exec exec;
    draws = to_host(exec, conditional_samples(exec, fitted.at_work(exec), Conditions{columns, to_host(exec, values.points())}, each, {.seed = seed}, &report));
    if (!path.empty() && report.outside < values.size())
      io::write_points(path, draws, {seed, version(), git_hash(), Exec::name(), "python"}, fitted.data().columns);
  }
  return nb::make_tuple(to_array(draws), to_array(report.effective), report.outside);
}

/// log pi at points with its error, grad log pi with its error, and whether the density is normalised.
nb::dict density(const FittedModel& fitted, const Rows& rows, bool gradient) {
  HostVector value, error;
  HostPoints slope, slope_error;
  NormalisingConstant constant;
  {
    const Work work;
    const Exec exec;
    const auto& potential = fitted.potential(exec);
    constant = potential.normalisation();
    const Points<Exec> points = rows.points();
    if (gradient) {
      const auto found = potential.score(exec, points);
      slope = to_host(exec, found.value);
      slope_error = to_host(exec, found.error);
    } else {
      const auto found = potential.log_density(exec, points);
      value = to_host(exec, found.value);
      error = to_host(exec, found.error);
    }
  }
  const auto column = [](const HostVector& v) { return to_array(std::vector<double>(v.data(), v.data() + v.extent(0))); };
  nb::dict result;
  result["value"] = gradient ? to_array(slope) : column(value);
  result["error"] = gradient ? to_array(slope_error) : column(error);
  result["normalised"] = constant.is_known();
  result["constant_error"] = constant.error;
  result["reference"] = constant.reference;
  return result;
}

/// Langevin trajectories on the learned potential.
Array simulate(const FittedModel& fitted, Index samples, double dt, int substeps, Index burn_in, Index trajectories, double temperature, std::uint64_t seed) {
  HostPoints frames;
  {
    const Work work;
    LangevinOptions options;
    options.temperature = temperature;
    options.dt = dt;
    options.substeps = substeps;
    options.samples = samples;
    options.burn_in = burn_in;
    options.trajectories = trajectories;
    options.seed = seed;
    frames = to_host(Exec{}, simulate_learned(Exec{}, fitted.data(), options));
  }
  return to_array(frames);
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
  if (!io::has_state(path)) return std::make_unique<FittedModel>(io::read_model(path));
  ModelData model = io::read_model(path);
  return std::make_unique<FittedModel>(std::move(model), io::read_state(path));
}

void write(const FittedModel& fitted, const std::string& path) {
  const Work work;
  io::write_model(path, fitted.data(), fitted.state() ? &*fitted.state() : nullptr);
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

const LearnedPotential<Exec>& FittedModel::potential(const Exec& exec) const {
  if (!m_potential) m_potential.emplace(exec, data());
  return *m_potential;
}

void FittedModel::release() {
  m_potential.reset();
  m_at_work.reset();
  m_state.reset();
  m_data.reset();
}

DataSet<Exec> fitted_data(const ModelData& model, const Rows& rows) {
  DataSet<Exec> set = rows.set();
  if (set.order() == Order::unknown) set.set_order(model.provenance.rows.ordered ? Order::in_time : Order::independent);
  return set.is_weighted() ? set : under_law_of(Exec{}, model, set);
}

void bind_model(nb::module_& module) {
  nb::class_<SampleOptions>(module, "SampleOptions")
      .def(nb::init<>())
      .def_rw("start", &SampleOptions::start)
      .def_rw("inverse", &SampleOptions::inverse)
      .def_rw("precision", &SampleOptions::precision)
      .def_rw("marginals", &SampleOptions::marginals)
      .def_rw("path", &SampleOptions::path)
      .def_rw("modes", &SampleOptions::modes)
      .def_rw("max_steps", &SampleOptions::max_steps)
      .def_rw("polish", &SampleOptions::polish)
      .def_rw("decimals", &SampleOptions::decimals)
      .def_rw("seed", &SampleOptions::seed);
  nb::class_<FittedModel>(module, "Model")
      .def("spectrum", &spectrum_of)
      .def("info", &info_of)
      .def("has_sums", [](const FittedModel& fitted) { return fitted.state().has_value(); })
      .def("weights", [](const FittedModel& fitted) { return to_array(fitted.data().provenance.rows.weights); })
      .def("training_subset", [](const FittedModel& fitted) { return to_array(fitted.data().training_subset); })
      .def("held_out", [](const FittedModel& fitted) { return to_array(fitted.data().held_out); })
      .def("sample", &sample, nb::arg("out").noconvert(), nb::arg("options"), nb::arg("progress").none())
      .def("sample_given", &sample_given, nb::arg("columns"), nb::arg("values"), nb::arg("each"), nb::arg("seed"), nb::arg("path"))
      .def("density", &density, nb::arg("rows"), nb::arg("gradient"))
      .def("simulate", &simulate, nb::arg("samples"), nb::arg("dt"), nb::arg("substeps"), nb::arg("burn_in"), nb::arg("trajectories"), nb::arg("temperature"),
           nb::arg("seed"))
      .def("evaluate", &evaluate, nb::arg("rows"), nb::arg("gradients"), nb::arg("modes"))
      .def("write", &write, nb::arg("path"))
      .def_static("read", &read, nb::arg("path"));
}

}  // namespace kswgd::python
