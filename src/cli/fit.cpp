// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"
#include "progress.hpp"
#include "train.hpp"

#include <fmt/core.h>
#include <kswgd/data/rows.hpp>
#include <kswgd/estimator/connectivity.hpp>
#include <kswgd/estimator/dictionaries.hpp>
#include <kswgd/estimator/diffusion.hpp>
#include <kswgd/estimator/diffusion_map_model.hpp>
#include <kswgd/estimator/edmd.hpp>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/estimator/online.hpp>
#include <kswgd/estimator/plan.hpp>
#include <kswgd/estimator/reweighting.hpp>
#include <kswgd/geometry/frame.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/io/perceptron_file.hpp>
#include <kswgd/io/rows_ahead.hpp>
#include <kswgd/kinetics/feynman_kac.hpp>
#include <kswgd/spectrum/anasazi.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/version.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cctype>
#include <string_view>
#include <memory>
#include <optional>
#include <string>

namespace kswgd::cli {
namespace {

struct FitArguments {
  DataOptions data;
  std::string output, estimator, dictionary = "gaussian", bandwidth = "auto", manifold = "euclidean", reweight, killing, tilt, diffusion, coordinates = "auto",
                                 update;
  Index lag = 0, features = 0, modes = 32, hold_out = -1, rows_per_feature = static_cast<Index>(default_rows_per_feature);
  bool dry_run = false, has_lag = false, has_dictionary = false, conditioned = false, keep_sums = false;
  std::vector<std::string> of_the_basis;  // options given that say what a basis is made of
};

/// A diffusion map keeps double precision in its kernel up to this many points; beyond it the time counts, and entries in single
/// precision leave residuals near 1e-6.
constexpr Index most_exact_points = 20000;

/// What --dictionary says of a network.
struct NetworkChoice {
  bool beside = false;  // the Gaussians
  std::string file;     // "": it is to be trained, where it stands beside
};
NetworkChoice network_of(const std::string& dictionary) {
  const std::string joined = "gaussian+perceptron:";
  if (dictionary == "learned") return {true, ""};
  return dictionary.rfind(joined, 0) == 0 ? NetworkChoice{true, dictionary.substr(joined.size())} : NetworkChoice{};
}

/// What --dictionary asks for: a name, or a network's file. Nothing where it is the default's Gaussians, with or without a network.
DictionaryMaker<Exec> dictionary_of(const FitArguments& options, const GeometryData& geometry, double bandwidth, std::uint64_t seed) {
  const std::string network = "perceptron:";
  if (network_of(options.dictionary).beside) return {};
  if (options.dictionary.rfind(network, 0) == 0) return perceptron_dictionary<Exec>(io::read_perceptron(options.dictionary.substr(network.size())));
  const bool periodic = std::any_of(geometry.factors.begin(), geometry.factors.end(), [](const auto& factor) { return factor.kind == Manifold::circle; });
  require(options.dictionary != "von-mises" || periodic, "fit",
          [] { return "von Mises kernels need periodic coordinates: add --manifold periodic:L1,L2,..."; });
  return named_dictionary<Exec>(options.dictionary, {.features = options.features, .bandwidth = bandwidth, .seed = seed});
}

/// The diffusion matrix that --diffusion asks for: estimated, or read from a file (with no lag then, and no errors).
DiffusionEstimate diffusion_of(const std::string& asked, const DataSet<Exec>& source) {
  if (asked == "isotropic" || asked == "full") return diffusion_matrix(Exec{}, source, asked == "full" ? DiffusionShape::full : DiffusionShape::isotropic);
  const HostPoints file = read_table(asked).points;
  const Index d = source.dimension();
  require(static_cast<Index>(file.extent(0)) == d && static_cast<Index>(file.extent(1)) == d, "fit",
          [&] { return fmt::format("'{}' must hold a diffusion matrix of {} x {}, but is {} x {}", asked, d, d, file.extent(0), file.extent(1)); });
  DiffusionEstimate result;
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < d; ++j) result.matrix.push_back(file(i, j));
  return result;
}

/// The matrix row by row, with the error of its diagonal and where it was taken.
Json diffusion_json(const DiffusionEstimate& a, double dt) {
  const auto d = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(a.matrix.size()))));
  Json rows = Json::array();
  for (std::size_t i = 0; i < d; ++i) rows.push_back(std::vector<double>(&a.matrix[i * d], &a.matrix[i * d] + d));
  Json result = {{"matrix", rows}};
  if (a.lag > 0) result.update({{"error", a.error}, {"lag", static_cast<double>(a.lag) * dt}, {"lag_in_steps", a.lag}});
  return result;
}

void say_diffusion(const Common& common, const DiffusionEstimate& a, bool full, const Data& data) {
  if (a.lag == 0) return;
  const auto d = static_cast<std::size_t>(data.dimension());
  const std::string where = fmt::format("from lags of {0:.4g}, {1:.4g} and {2:.4g} {3} (the quadratic variation levels off)",
                                        static_cast<double>(a.lag) * data.dt(), static_cast<double>(2 * a.lag) * data.dt(),
                                        static_cast<double>(4 * a.lag) * data.dt(), data.unit);
  if (!full || d == 1) {
    common.say(fmt::format("diffusion constant {:.5g} +- {:.2g} length^2 / {}, {}", a.matrix.front(), a.error.front(), data.unit, where));
    return;
  }
  common.say("diffusion matrix, length^2 / " + data.unit + ", " + where);
  constexpr std::size_t most_printed = 8;
  for (std::size_t i = 0; i < std::min(d, most_printed); ++i) {
    std::string line = " ";
    for (std::size_t j = 0; j < std::min(d, most_printed); ++j) line += fmt::format(" {:11.5g}", a.matrix[i * d + j]);
    common.say(line + fmt::format("{}   diagonal +- {:.2g}", d > most_printed ? " ..." : "", a.error[i]));
  }
}

/// How long each stage of a fit took on this rank.
class StageTimes {
 public:
  void enter(const std::string& stage) {
    if (stage == m_stage) return;
    const auto now = std::chrono::steady_clock::now();
    if (!m_stage.empty()) m_seconds[m_stage] = m_seconds.value(m_stage, 0.0) + std::chrono::duration<double>(now - m_since).count();
    m_stage = stage;
    m_since = now;
  }
  const Json& seconds() const { return m_seconds; }

 private:
  std::string m_stage;
  std::chrono::steady_clock::time_point m_since;
  Json m_seconds = Json::object();
};

/// What a fit learns beside the model.
struct Findings {
  std::vector<std::string> notes;
  DiffusionEstimate diffusion;  // without a matrix where none was asked for
  StageTimes times;
};

/// What --tilt, --reweight and --killing ask for, then the fit itself.
ModelData fitted(const Common& common, const FitArguments& options, const std::string& estimator, Data& data, const FitOptions<Exec>& settings,
                 Findings& findings) {
  const Exec exec;
  DataSet<Exec>& source = data.set;
  const Index n = source.size();
  if (!options.tilt.empty()) source.set_weights(tilted_weights(data.column(options.tilt), source.weights(), source.ranks()));
  if (!options.reweight.empty()) {
    const Index lag = options.has_lag ? options.lag : std::max<Index>(1, std::ranges::min(source.trajectories().lengths) / 20);
    const ReweightingOptions reweighting{.basis = {.geometry = settings.geometry, .features = 100, .seed = common.seed},
                                         .note = [&](const std::string& note) { findings.notes.push_back(note); }};
    source.set_weights(equilibrium_weights(exec, source, lag, reweighting));
    common.say(fmt::format("weights towards equilibrium at a lag of {} steps: {} frames are worth {:.0f} equal ones", lag, n, source.effective_size()));
  }
  if (estimator == "diffusion-map") {
    const bool exact = n <= most_exact_points;
    const DiffusionMap map =
        fit_diffusion_map(exec, source,
                          {.modes = options.modes,
                           .bandwidth = settings.bandwidth * settings.bandwidth,
                           .precision = exact ? Precision::fp64 : Precision::mixed,
                           .geometry = settings.geometry,
                           .seed = common.seed,
                           .solver = anasazi_operator_solver<Exec>({.tolerance = exact ? 1e-8 : 1e-6, .block_size = 8, .seed = common.seed}),
                           .progress = settings.progress});
    common.say(fmt::format("{} of {} points are nodes of the graph, kernel width {:.4g}", n - map.dropped, n,
                           std::sqrt(map.dictionary.bandwidth / map.frame.eigenvalue_unit())));
    return to_model(exec, map, common.seed);
  }
  if (estimator == "edmd") {
    if (const std::string regions = connectivity(exec, source, settings.geometry, common.seed).sentence(); !regions.empty()) findings.notes.push_back(regions);
    return fit_edmd(exec, source, options.lag, settings);
  }
  const std::vector<double> rate = options.killing.empty() ? std::vector<double>() : data.column(options.killing);
  for (const double one : rate)
    require(std::abs(one) <= 1e100, "fit",
            [&] { return fmt::format("the rate {:.3g} of '{}' is too large to be added up: rates are at most 1e100", one, options.killing); });
  const auto fit = [&] {
    if (!options.diffusion.empty()) {
      findings.diffusion = diffusion_of(options.diffusion, source);
      say_diffusion(common, findings.diffusion, options.diffusion == "full", data);
      return fit_with_diffusion(exec, source, findings.diffusion.matrix, settings, rate);
    }
    return options.killing.empty() ? fit_generator(exec, source, settings) : fit_killed(exec, source, rate, settings);
  };
  const ModelData model = fit();
  if (!options.conditioned) return model;
  // The conditioned process is in equilibrium under its own law: a plain generator of it, with no killing left.
  auto conditioned = source;
  conditioned.set_weights(conditioned_weights(exec, source, model));
  return fit_generator(exec, conditioned, settings);
}

/// A fit whose sums are kept: of these data, or of them and all that the model to be updated has seen.
ModelData streamed(const FitArguments& options, Data& data, const FitOptions<Exec>& settings, std::optional<OnlineState>& state,
                   std::vector<std::string>& notes) {
  const Exec exec;
  OnlineOptions<Exec> online;
  online.fit = settings;
  const auto start = [&] {
    if (options.update.empty()) {
      if (data.size() > online.reservoir) return OnlineFit<Exec>(exec, data.set, online);
      online.first_rows = std::max<Index>(20, data.size());  // the sample holds all: laid out from them, and from more of them later if there are few
      return OnlineFit<Exec>(exec, data.dimension(), online);
    }
    const OnlineState before = io::read_state(options.update);
    require(before.layout.dimension() == data.dimension(), "fit", [&] {
      return fmt::format("'{}' is a model of points with {} coordinates, '{}' has {}", options.update, before.layout.dimension(), options.data.data,
                         data.dimension());
    });
    return OnlineFit<Exec>(exec, before, online);
  };
  OnlineFit<Exec> fit = start();
  const Index layouts = fit.layouts(), before = fit.rows();
  fit.add(exec, data.set);
  ModelData model = fit.model(exec);
  if (!options.update.empty()) {
    model.provenance.notes.clear();  // they are of other rows
    notes.push_back(fmt::format("{} rows were added to the {} of '{}'", fit.rows() - before, before, options.update));
  } else {
    model.provenance.rows = {data.size(), fingerprint_of(exec, data.set), data.set.weights(), fit.in_time(), 1};
  }
  if (fit.layouts() > layouts)
    notes.push_back("the basis did not reach the new rows and was laid out anew from a sample of all rows, which stands for those before");
  state = fit.state(exec);
  return model;
}

void print_plan(const Common& common, const MemoryPlan& plan, Index n, Index d) {
  Json bytes;
  common.say(fmt::format("{} points in {} dimensions, up to {} features", n, d, plan.features));
  for (const MemoryPlan::Part& part : plan.parts) {
    common.say(fmt::format("{:14} {:8.1f} MB", part.name, static_cast<double>(part.bytes) / 1e6));
    bytes[part.name] = part.bytes;
  }
  bytes["total"] = plan.total();
  common.say(fmt::format("{:14} {:8.1f} MB", "in all", static_cast<double>(plan.total()) / 1e6));
  common.write_json({{"features", plan.features}, {"samples", n}, {"bytes", bytes}});
}

Json json_of_density(const LogDensity& learned) {
  if (!learned.is_known()) return nullptr;
  return {{"level", learned.level + 1},
          {"features", learned.coefficients.size()},
          {"regularisation", learned.regularisation},
          {"held_out_score", learned.held_out},
          {"in_sample_score", learned.in_sample}};
}

/// Distances between points decide, so a coordinate that varies far less than the others is hardly seen where features see the columns as given.
std::string note_on_units(const ModelData& model) {
  const Normalisation& unit = model.frame.normalisation;
  const auto d = static_cast<std::size_t>(unit.dimension());
  double least = HUGE_VAL, most = 0;
  std::size_t where = 0;
  for (std::size_t k = 0; k < d; ++k) {
    if (unit.constant[k]) continue;
    const double deviation = std::sqrt(unit.covariance[k * d + k]);
    most = std::max(most, deviation);
    if (deviation < least) where = k;
    least = std::min(least, deviation);
  }
  if (!model.frame.geometry.is_euclidean() || model.frame.is_mapped() || !(most > 30 * least)) return "";
  const std::string name = where < model.columns.size() ? "'" + model.columns[where] + "'" : fmt::format("{} (from 0)", where);
  return fmt::format("column {} varies {:.0f} times less than the widest one and is hardly resolved: scale the columns to comparable units if its law matters",
                     name, most / least);
}

/// Where the rows are, for the plan.
RowStorage storage_of(const Data& data) {
  const Span here = data.set.here();
  return {.here = here.second - here.first,
          .columns = data.dimension(),
          .in_place = data.table.is_in_place(),
          .weighted = data.set.is_weighted(),
          .block = io::rows_of_block(data.dimension(), data.table.grid)};
}

void report(const Common& common, const FitArguments& options, const ModelData& model, const Findings& findings, const Data& data, const MemoryPlan& plan) {
  const auto& pairs = model.spectrum.pairs;
  const std::uint64_t peak = peak_bytes(data.set.ranks());
  common.say(fmt::format("{}: {} points in {} dimensions, {} features on {} levels, {:.2f} s, peak {:.0f} MB (expected {:.0f})", name_of(model.spectrum.kind),
                         model.provenance.samples, model.dimension(), model.density.moments.size(), model.density.levels.size(), model.provenance.seconds,
                         static_cast<double>(peak) / 1e6, static_cast<double>(plan.total()) / 1e6));
  if (data.table.is_in_place())
    common.say(fmt::format("the rows stayed in '{}' and were read in blocks of {}", options.data.data, io::rows_of_block(data.dimension(), data.table.grid)));
  if (pairs.size() > 1)
    common.say(fmt::format("{} eigenpairs by {} ({} of {} converged, worst residual {:.1e})", pairs.size() - 1, pairs.report.solver, pairs.report.converged,
                           pairs.report.wanted, pairs.report.worst_residual));
  if (const LogDensity& learned = model.log_density; learned.is_known())
    common.say(fmt::format("log density: level {} of {} ({} features, regularisation {:.0e}); Hyvarinen's score held out {:.4g}, in sample {:.4g}",
                           learned.level + 1, model.density.levels.size(), learned.coefficients.size(), learned.regularisation, learned.held_out,
                           learned.in_sample));
  std::vector<std::string> notes = model.provenance.notes;
  if (const std::string note = note_on_units(model); !note.empty()) notes.push_back(note);
  for (const std::string& note : notes) common.say("note: " + note);
  common.say("model written to " + options.output + "; next: kswgd spectrum " + options.output + ", kswgd sample " + options.output);
  Json result = {{"features", model.density.moments.size()},
                 {"modes", std::max<Index>(0, pairs.size() - 1)},
                 {"samples", model.provenance.samples},
                 {"seconds", model.provenance.seconds},
                 {"peak_bytes", peak},
                 {"peak_bytes_expected", plan.total()},
                 {"in_place", data.table.is_in_place()},
                 {"ranks", data.set.ranks().size()},
                 {"stages", findings.times.seconds()},
                 {"told_bytes", data.set.ranks().traffic().bytes},
                 {"estimator", name_of(model.spectrum.kind)},
                 {"levels", model.density.levels.size()},
                 {"coordinates", name_of(model.frame.coordinates())},
                 {"ordered", model.provenance.rows.ordered},
                 {"effective_samples", model.provenance.effective_samples},
                 {"notes", notes},
                 {"held_out", model.held_out.extent(0)},
                 {"log_density", json_of_density(model.log_density)},
                 {"solver", pairs.report.solver},
                 {"converged", pairs.report.converged},
                 {"worst_residual", pairs.report.worst_residual}};
  if (!findings.diffusion.matrix.empty()) result["diffusion"] = diffusion_json(findings.diffusion, data.dt());
  common.write_json(result);
}

void fit(const Common& common, const FitArguments& options) {
  const std::string estimator = options.estimator.empty() ? (options.has_lag && options.reweight.empty() ? "edmd" : "generator") : options.estimator;
  const bool generator_alone = !options.killing.empty() || !options.diffusion.empty();
  require(estimator == "generator" || !generator_alone, "fit", [] { return "--killing and --diffusion are for the estimator generator"; });
  require(!options.conditioned || !options.killing.empty(), "fit", [] { return "--conditioned needs a --killing rate"; });
  const bool map = estimator == "diffusion-map";
  require(!map || (!options.has_dictionary && options.features == 0 && options.hold_out <= 0), "fit",
          [] { return "the estimator diffusion-map has no dictionary and fits all points: --dictionary, --features and --hold-out are for the others"; });
  require(!map || options.modes >= 1, "fit", [] { return "the estimator diffusion-map needs at least 1 of --modes"; });
  const bool frames = estimator == "edmd" || !options.reweight.empty() || options.diffusion == "isotropic" || options.diffusion == "full";
  require(estimator != "edmd" || options.has_lag, "fit", [] { return "the estimator edmd needs a --lag (in steps)"; });
  require(estimator == "edmd" || !options.has_lag || !options.reweight.empty(), "fit",
          [&] { return "--lag is that of pairs, which the estimator " + estimator + " takes for --reweight alone: leave it out"; });
  const bool keeps = options.keep_sums || !options.update.empty();
  require(!keeps || (estimator == "generator" && !generator_alone && options.reweight.empty() && !options.has_dictionary && options.hold_out <= 0), "fit", [] {
    return "--keep-sums and --update are for the estimator generator with its own features, of all points: leave out --lag, --reweight, --killing, "
           "--diffusion, --dictionary and --hold-out";
  });
  require(options.update.empty() || options.of_the_basis.empty(), "fit",
          [&] { return options.of_the_basis.front() + " was decided when '" + options.update + "' was fitted, and stays as it was: leave it out"; });
  const double bandwidth = bandwidth_of(options.bandwidth);
  // A graph joins rows of all ranks, and sums that go on are kept by one: those fits are rank 0's.
  const bool shared = !map && !keeps;
  if (!shared && !common.ranks.is_first()) return;
  const Reduction ranks = shared ? common.ranks : Reduction{};
  const auto planned = [&](Index size, Index columns, const RowStorage& rows) {
    const Index embedded = parse_geometry(options.manifold, columns).embedded_dimension(columns);
    return map ? plan_diffusion_map(size, embedded, options.modes)
               : plan_generator(size, embedded, options.features, options.modes, options.hold_out, static_cast<double>(options.rows_per_feature), rows);
  };
  const Holds holds = [&](Index here, Index size, Index columns, bool weighted) {
    const MemoryPlan all = planned(size, columns, {.here = here, .columns = columns, .weighted = weighted});
    return static_cast<double>(all.total()) <= memory_for(options.data, ranks);
  };
  DataOptions asked = options.data;
  if (!options.update.empty() && asked.columns.names.empty()) asked.columns = like(io::read_model(options.update).columns);
  Data data = read_data(asked, frames ? Rows::frames : Rows::points, ranks, map ? Holds{} : holds);
  note_on_file(common, data.table);
  const Index n = data.size(), d = data.dimension();
  const GeometryData geometry = parse_geometry(options.manifold, d);

  const MemoryPlan plan = planned(n, d, storage_of(data));
  if (options.dry_run) return print_plan(common, plan, n, d);
  require(options.data.memory == 0 || plan.total() <= static_cast<std::uint64_t>(options.data.memory), "fit", [&] {
    return fmt::format("the fit needs about {} bytes{}, --memory allows {}: ask for fewer --features, or a larger --stride", plan.total(),
                       data.table.is_in_place() ? " with its rows left in their file" : "", options.data.memory);
  });
  require_memory("fit", 0.5 * static_cast<double>(plan.total()), fmt::format("{} features and {} modes", plan.features, options.modes));

  const Exec exec;
  Progress progress(!common.talks());
  FitOptions<Exec> settings;
  settings.geometry = geometry;
  settings.dictionary = dictionary_of(options, geometry, bandwidth, common.seed);
  if (map || !settings.dictionary) {  // the Gaussians' own
    settings.features = options.features;
    settings.bandwidth = bandwidth;
  }
  settings.coordinates = coordinates_of(options.coordinates);
  settings.columns = data.table.columns;
  std::optional<TrainedNetwork> trained;
  if (const NetworkChoice network = network_of(options.dictionary); network.beside)
    settings.network = network.file.empty()
                           ? learned_network<Exec>(training_options({}, common.seed, progress), [&](const TrainedNetwork& one) { trained = one; })
                           : given_network<Exec>(io::read_perceptron(network.file));
  require((options.dictionary.rfind("perceptron:", 0) != 0 && !settings.network) || settings.coordinates == Coordinates::automatic ||
              settings.coordinates == Coordinates::given,
          "fit", [] { return "a network knows the coordinates that it was trained in: leave out --coordinates"; });
  require(!map || settings.coordinates == Coordinates::automatic || settings.coordinates == Coordinates::given, "fit",
          [] { return "a diffusion map's kernel is made of distances in the given coordinates: leave out --coordinates"; });
  settings.modes = options.modes;
  settings.hold_out = keeps ? 0 : options.hold_out;
  settings.rows_per_feature = static_cast<double>(options.rows_per_feature);
  settings.seed = common.seed;
  settings.solver = anasazi_solver<Exec>({.seed = common.seed});
  Findings findings;
  // Eigenpairs and read-out beside the moments: some p^3 to 3 n p^2 flops. Of other stages nobody knows what follows.
  const double known_rows = settings.rows_per_feature > 0 ? std::min(static_cast<double>(n), settings.rows_per_feature * static_cast<double>(plan.features))
                                                          : static_cast<double>(n);
  const double after_moments = map ? -1 : 5 * static_cast<double>(plan.features) / (3 * known_rows);
  settings.progress = [&](const char* stage, double done) {
    findings.times.enter(stage);
    progress.update(stage, done, "", std::string_view(stage) == "moments" ? after_moments : -1);
  };
  findings.notes = notes_on_periods(Exec{}, data.set, geometry);
  std::optional<OnlineState> state;
  if (keeps && !options.tilt.empty()) data.set.set_weights(tilted_weights(data.column(options.tilt), data.set.weights()));
  ModelData model = keeps ? streamed(options, data, settings, state, findings.notes) : fitted(common, options, estimator, data, settings, findings);
  model.provenance.notes.insert(model.provenance.notes.end(), findings.notes.begin(), findings.notes.end());
  if (trained) model.provenance.notes.push_back(summary_of(*trained, TrainingOptions{}.modes));
  if (model.columns.empty()) model.columns = data.table.columns;
  model.provenance.version = version();
  model.provenance.git = git_hash();
  model.provenance.command = common.command_line;
  model.provenance.data = options.data.data;
  model.provenance.rows.stride = std::max<Index>(options.data.stride, 1);
  model.provenance.rows.dt = data.unit == "time" ? data.dt() : 0;
  common.write(options.output, [&](const std::string& path) { io::write_model(path, model, state ? &*state : nullptr); });
  report(common, options, model, findings, data, plan);
}

}  // namespace

Work declare_fit(Command& command) {
  auto options = std::make_shared<FitArguments>();
  add_data_options(command, options->data, "DATA", "points or trajectories")->required();
  command.output("-o,--output", options->output, OutputKind::model, "the model to write (.h5)", &options->dry_run)->required()->type_name("MODEL");
  command
      ->add_option("--estimator", options->estimator,
                   "generator (samples alone), edmd (pairs at a lag), or diffusion-map (samples, no dictionary); default: edmd with a lag, else generator")
      ->check(CLI::IsMember({"generator", "edmd", "diffusion-map"}));
  auto* lag = command->add_option("--lag", options->lag, "lag of the pairs, in steps of the trajectories")->type_name("STEPS")->transform(count(most_steps));
  auto* dictionary =
      command
          .input(
              "--dictionary", options->dictionary,
              "features: gaussian, fourier, hermite, monomial, linear, von-mises (periodic coordinates), perceptron:FILE (a network), gaussian+perceptron:FILE "
              "(its outputs beside the default's features), or learned (the same, with a network that is trained first)",
              "NAME")
          ->capture_default_str();
  command->add_option("--features", options->features, "landmarks of the finest level (default: 400 to 1600, by the number of points)")
      ->transform(count(most_features));
  command->add_option("--modes", options->modes, "eigenpairs to compute")->capture_default_str()->transform(count(most_modes, 0));
  command->add_option("--bandwidth", options->bandwidth, "width of the finest Gaussians (of the diffusion map's kernel) in the data's unit, or auto")
      ->capture_default_str()
      ->type_name("H|auto");
  command
      ->add_option("--manifold", options->manifold,
                   "where the points live: sphere, torus:R,r, periodic:L1,L2,... (0: not periodic), or products joined by + (sphere3+euclidean2)")
      ->capture_default_str()
      ->type_name("M");
  command
      ->add_option(
          "--coordinates", options->coordinates,
          "what features see: the columns as given, standard (each divided by its deviation) or normal (its normal score); auto: as the columns ask for")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "given", "standard", "normal"}));
  command
      ->add_option("--reweight", options->reweight,
                   "weights towards equilibrium for short trajectories, from pairs at --lag (default: a twentieth of the shortest)")
      ->check(CLI::IsMember({"equilibrium"}));
  command.input("--tilt", options->tilt, "W at the points: learn the law times exp(-W) (a file of its own, or a dataset of DATA)", "FILE[:DATASET]|PATH");
  command.input("--killing", options->killing,
                "killing rate c >= 0 at the points (a file of its own, or a dataset of DATA): the spectrum is that of the killed process",
                "FILE[:DATASET]|PATH");
  command->add_flag("--conditioned", options->conditioned, "with --killing: learn the law of the process conditioned to survive, for sampling");
  command.input("--diffusion", options->diffusion,
                "constant diffusion matrix: isotropic or full (from trajectories), or a file with d x d numbers; eigenvalues are then in 1 / time",
                "isotropic|full|FILE[:DATASET]");
  command->add_option("--hold-out", options->hold_out, "points kept back for the monitors (default: n/400 from n = 20,000 on)")
      ->transform(count(most_points, 0));
  command
      ->add_option("--rows-per-feature", options->rows_per_feature,
                   "of many rows, how many for each feature make the second moments of levels beyond 400 landmarks, which cost the most; 0: all")
      ->capture_default_str()
      ->transform(count(most_points, 0));
  command->add_flag("--keep-sums", options->keep_sums, "keep the sums of the fit in the model, so that --update can go on from it (400 landmarks by default)");
  command.input("--update", options->update, "go on from this model, fitted with --keep-sums: DATA are added to all that it has seen", "MODEL");
  add_memory_option(command, options->data,
                    "the most that the fit may take (a number of bytes, 2GB, 512MiB): where the rows would not fit they stay in their file and are read in "
                    "tiles; refused where that is not enough "
                    "(default: half of what is free, and never refused)");
  command->add_flag("--dry-run", options->dry_run, "print the memory plan and stop");
  std::vector<const CLI::Option*> of_the_basis;
  for (const char* name : {"--features", "--bandwidth", "--manifold", "--coordinates"}) of_the_basis.push_back(command->get_option(name));
  return [options, lag, dictionary, of_the_basis](const Common& common) {
    options->has_lag = lag->count() > 0;
    options->has_dictionary = dictionary->count() > 0;
    for (const auto* option : of_the_basis)
      if (option->count() > 0) options->of_the_basis.push_back(option->get_name());
    fit(common, *options);
  };
}

}  // namespace kswgd::cli
