// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "model.hpp"

#include <kswgd/estimator/connectivity.hpp>
#include <kswgd/estimator/dictionaries.hpp>
#include <kswgd/estimator/diffusion.hpp>
#include <kswgd/estimator/diffusion_map_model.hpp>
#include <kswgd/estimator/edmd.hpp>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/estimator/online.hpp>
#include <kswgd/estimator/plan.hpp>
#include <kswgd/estimator/reweighting.hpp>
#include <kswgd/io/perceptron_file.hpp>
#include <kswgd/kinetics/feynman_kac.hpp>
#include <kswgd/spectrum/anasazi.hpp>
#include <kswgd/version.hpp>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cmath>

namespace kswgd::python {
namespace {

/// Beyond it a diffusion map's kernel is in single precision, as in the program.
constexpr Index most_exact_points = 20000;

/// What `kswgd fit` is told, with its defaults.
struct Options {
  std::string dictionary, manifold, diffusion, coordinates = "auto";
  std::vector<std::string> columns;
  double bandwidth = 0;  // 0: auto
  Index lag = 0, features = 0, modes = 0, hold_out = -1, rows_per_feature = static_cast<Index>(default_rows_per_feature);
  bool reweight = false, conditioned = false;
  std::uint64_t seed = 0;
  std::vector<double> diffusion_matrix;  // d x d row by row, where `diffusion` is none of "isotropic" and "full"

  bool has_diffusion() const { return !diffusion.empty() || !diffusion_matrix.empty(); }
};

/// The file of a network beside the Gaussians; nothing for "learned".
const std::string joined = "gaussian+perceptron:";
bool has_network(const std::string& dictionary) { return dictionary == "learned" || dictionary.rfind(joined, 0) == 0; }

NetworkMaker<Exec> network_of(const Options& options, const Progress& progress) {
  if (!has_network(options.dictionary)) return {};
  if (options.dictionary != "learned") return given_network<Exec>(io::read_perceptron(options.dictionary.substr(joined.size())));
  TrainingOptions training;
  training.seed = options.seed;
  training.progress = [hears = progress.function()](double done, double) {
    if (hears) hears("training", done);
  };
  return learned_network<Exec>(training);
}

DictionaryMaker<Exec> dictionary_of(const Options& options, const GeometryData& geometry) {
  const std::string network = "perceptron:";
  if (has_network(options.dictionary)) return {};
  if (options.dictionary.rfind(network, 0) == 0) return perceptron_dictionary<Exec>(io::read_perceptron(options.dictionary.substr(network.size())));
  const bool periodic = std::any_of(geometry.factors.begin(), geometry.factors.end(), [](const auto& factor) { return factor.kind == Manifold::circle; });
  require(options.dictionary != "von-mises" || periodic, "fit",
          [] { return "von Mises kernels need periodic coordinates: give manifold='periodic:L1,L2,...'"; });
  return named_dictionary<Exec>(options.dictionary, {.features = options.features, .bandwidth = options.bandwidth, .seed = options.seed});
}

FitOptions<Exec> settings_of(const Options& options, const GeometryData& geometry, const Progress& progress, bool map) {
  FitOptions<Exec> settings;
  settings.geometry = geometry;
  settings.dictionary = dictionary_of(options, geometry);
  settings.network = network_of(options, progress);
  if (map || !settings.dictionary) {  // the Gaussians' own
    settings.features = options.features;
    settings.bandwidth = options.bandwidth;
  }
  settings.coordinates = coordinates_of(options.coordinates);
  settings.columns = options.columns;
  const bool chosen = settings.coordinates != Coordinates::automatic && settings.coordinates != Coordinates::given;
  require(!chosen || (options.dictionary.rfind("perceptron:", 0) != 0 && !settings.network), "fit",
          [] { return "a network knows the coordinates that it was trained in: leave out coordinates"; });
  settings.modes = options.modes;
  settings.hold_out = options.hold_out;
  settings.rows_per_feature = static_cast<double>(options.rows_per_feature);
  settings.seed = options.seed;
  settings.solver = anasazi_solver<Exec>({.seed = options.seed});
  settings.progress = progress.function();
  return settings;
}

ModelData fit_map(const Options& options, const DataSet<Exec>& set, const FitOptions<Exec>& settings) {
  const Exec exec;
  const bool exact = set.size() <= most_exact_points;
  const DiffusionMap map =
      fit_diffusion_map(exec, set,
                        {.modes = options.modes,
                         .bandwidth = options.bandwidth * options.bandwidth,
                         .precision = exact ? Precision::fp64 : Precision::mixed,
                         .geometry = settings.geometry,
                         .seed = options.seed,
                         .solver = anasazi_operator_solver<Exec>({.tolerance = exact ? 1e-8 : 1e-6, .block_size = 8, .seed = options.seed}),
                         .progress = settings.progress});
  return to_model(exec, map, options.seed);
}

ModelData fit_samples(const Options& options, const DataSet<Exec>& set, const FitOptions<Exec>& settings, const std::vector<double>& killing) {
  const Exec exec;
  const auto fit = [&] {
    if (!options.has_diffusion()) return killing.empty() ? fit_generator(exec, set, settings) : fit_killed(exec, set, killing, settings);
    const auto shape = options.diffusion == "full" ? DiffusionShape::full : DiffusionShape::isotropic;
    const auto a = options.diffusion.empty() ? options.diffusion_matrix : diffusion_matrix(exec, set, shape).matrix;
    return fit_with_diffusion(exec, set, a, settings, killing);
  };
  const ModelData model = fit();
  if (!options.conditioned) return model;
  auto conditioned = set;
  conditioned.set_weights(conditioned_weights(exec, set, model));
  return fit_generator(exec, conditioned, settings);
}

/// As `kswgd fit`: weights first, then the fit itself.
std::unique_ptr<FittedModel> fit(const std::string& estimator, const Rows& rows, const Options& options, const OptionalColumn& tilt,
                                 const OptionalColumn& killing, const nb::object& progress) {
  const Progress hears(progress);
  const std::vector<double> w = numbers(tilt), rate = numbers(killing);
  const Work work;
  const Exec exec;
  DataSet<Exec> set = rows.set();
  const GeometryData geometry = parse_geometry(options.manifold, set.dimension());
  const FitOptions<Exec> settings = settings_of(options, geometry, hears, estimator == "diffusion-map");
  std::vector<std::string> notes = notes_on_periods(exec, set, geometry);
  hears("fit", 0);
  if (!w.empty()) set.set_weights(tilted_weights(w, set.weights()));
  if (options.reweight) {
    const Index lag = options.lag > 0 ? options.lag : std::max<Index>(1, std::ranges::min(set.trajectories().lengths) / 20);
    set.set_weights(equilibrium_weights(
        exec, set, lag,
        {.basis = {.geometry = geometry, .features = 100, .seed = options.seed}, .note = [&](const std::string& note) { notes.push_back(note); }}));
  }
  if (estimator == "edmd")
    if (const std::string regions = connectivity(exec, set, geometry, options.seed).sentence(); !regions.empty()) notes.push_back(regions);
  ModelData model = estimator == "diffusion-map" ? fit_map(options, set, settings)
                    : estimator == "edmd"        ? fit_edmd(exec, set, options.lag, settings)
                                                 : fit_samples(options, set, settings, rate);
  model.provenance.notes.insert(model.provenance.notes.end(), notes.begin(), notes.end());
  if (model.columns.empty()) model.columns = options.columns;
  model.provenance.rows.dt = rows.dt_as_said();
  model.provenance.version = version();
  model.provenance.git = git_hash();
  model.provenance.command = "python " + estimator;
  return std::make_unique<FittedModel>(std::move(model));
}

/// A model of these rows and of all that another one has seen, which was made here too; None: of these alone.
std::unique_ptr<FittedModel> partial_fit(const FittedModel* before, const Rows& rows, const Options& options, const nb::object& progress) {
  const Progress hears(progress);
  const Work work;
  const Exec exec;
  const DataSet<Exec>& set = rows.set();
  const GeometryData geometry = parse_geometry(options.manifold, set.dimension());
  OnlineOptions<Exec> online;
  online.fit = settings_of(options, geometry, hears, false);
  require(!online.fit.dictionary, "partial_fit", [] { return "sums are kept of the Gaussian dictionary: leave out dictionary"; });
  hears("fit", 0);
  OnlineFit<Exec> fit = before ? OnlineFit<Exec>(exec, *before->state(), online) : OnlineFit<Exec>(exec, set.dimension(), online);
  const Index layouts = fit.layouts();
  fit.add(exec, set);
  ModelData model = fit.model(exec);
  if (before && fit.layouts() > layouts) model.provenance.notes.emplace_back("the basis was laid out anew from a sample of all rows");
  model.provenance.rows.dt = rows.dt_as_said();
  model.provenance.version = version();
  model.provenance.git = git_hash();
  model.provenance.command = "python partial_fit";
  OnlineState state = fit.state(exec);
  return std::make_unique<FittedModel>(std::move(model), std::move(state));
}

/// Bytes of the parts of a fit, by name.
nb::dict plan(const std::string& estimator, Index n, Index dimension, const Options& options) {
  const Index embedded = parse_geometry(options.manifold, dimension).embedded_dimension(dimension);
  const MemoryPlan plan = estimator == "diffusion-map"
                              ? plan_diffusion_map(n, embedded, options.modes)
                              : plan_generator(n, embedded, options.features, options.modes, options.hold_out, static_cast<double>(options.rows_per_feature));
  nb::dict bytes;
  for (const MemoryPlan::Part& part : plan.parts) bytes[part.name.c_str()] = part.bytes;
  bytes["total"] = plan.total();
  return bytes;
}

/// Writes a network: weights outputs x inputs of each layer; gains and shifts of each, or none at all.
void write_network(const std::string& path, const std::string& activation, const std::vector<std::vector<std::vector<double>>>& weights,
                   const std::vector<std::vector<double>>& biases, const std::vector<std::vector<double>>& gains,
                   const std::vector<std::vector<double>>& shifts, const std::vector<bool>& residual) {
  PerceptronDictionaryData network{activation, {}, biases, residual, gains, shifts};
  for (const auto& layer : weights) {
    const std::size_t inputs = layer.empty() ? 0 : layer.front().size();
    const HostMatrix matrix("kswgd::python::weights", layer.size(), inputs);
    for (std::size_t u = 0; u < layer.size(); ++u) {
      require(layer[u].size() == inputs, "write_network", [] { return "rows of weights must be of one length"; });
      for (std::size_t k = 0; k < inputs; ++k) matrix(u, k) = layer[u][k];
    }
    network.weights.push_back(matrix);
  }
  io::write_perceptron(path, network, {.version = version(), .git = git_hash(), .command = "python"});
}

}  // namespace

void bind_fit(nb::module_& module) {
  nb::class_<Options>(module, "Options")
      .def(nb::init<>())
      .def_rw("dictionary", &Options::dictionary)
      .def_rw("manifold", &Options::manifold)
      .def_rw("diffusion", &Options::diffusion)
      .def_rw("coordinates", &Options::coordinates)
      .def_rw("columns", &Options::columns)
      .def_rw("diffusion_matrix", &Options::diffusion_matrix)
      .def_rw("bandwidth", &Options::bandwidth)
      .def_rw("lag", &Options::lag)
      .def_rw("features", &Options::features)
      .def_rw("modes", &Options::modes)
      .def_rw("hold_out", &Options::hold_out)
      .def_rw("rows_per_feature", &Options::rows_per_feature)
      .def_rw("reweight", &Options::reweight)
      .def_rw("conditioned", &Options::conditioned)
      .def_rw("seed", &Options::seed);
  module.def("fit", &fit, nb::arg("estimator"), nb::arg("rows"), nb::arg("options"), nb::arg("tilt").none() = nb::none(),
             nb::arg("killing").none() = nb::none(), nb::arg("progress").none() = nb::none());
  module.def("partial_fit", &partial_fit, nb::arg("before").none(), nb::arg("rows"), nb::arg("options"), nb::arg("progress").none() = nb::none());
  module.def("write_network", &write_network, nb::arg("path"), nb::arg("activation"), nb::arg("weights"), nb::arg("biases"), nb::arg("gains"),
             nb::arg("shifts"), nb::arg("residual"));
  module.def("plan", &plan, nb::arg("estimator"), nb::arg("rows"), nb::arg("dimension"), nb::arg("options"));
}

}  // namespace kswgd::python
