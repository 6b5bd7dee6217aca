// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "model.hpp"

#include <kswgd/estimator/connectivity.hpp>
#include <kswgd/estimator/diffusion.hpp>
#include <kswgd/estimator/reweighting.hpp>
#include <kswgd/kinetics/bootstrap.hpp>
#include <kswgd/kinetics/committor.hpp>
#include <kswgd/kinetics/feynman_kac.hpp>
#include <kswgd/kinetics/koopman.hpp>
#include <kswgd/kinetics/observables.hpp>
#include <kswgd/kinetics/states.hpp>
#include <kswgd/kinetics/timescales.hpp>
#include <kswgd/spectrum/anasazi.hpp>
#include <nanobind/stl/complex.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace kswgd::python {
namespace {

BasisOptions basis_of(const Rows& rows, Index features, double bandwidth, const std::string& manifold, std::uint64_t seed) {
  return {parse_geometry(manifold, rows.dimension()), features, bandwidth, seed};
}

/// The dictionary of trajectories, as every function here takes it.
struct Basis {
  Index features;
  double bandwidth;
  std::string manifold;
  std::uint64_t seed;
  BasisOptions options(const Rows& rows) const { return basis_of(rows, features, bandwidth, manifold, seed); }
};

TimescaleOptions<Exec> settings_of(const Rows& rows, const Basis& basis, Index modes, Index bootstrap, double confidence, const Progress& progress) {
  return {basis.options(rows), modes, bootstrap, confidence, anasazi_solver<Exec>({.seed = basis.seed}), progress.function()};
}

nb::dict timescales(const Rows& rows, const std::vector<Index>& lags, const Basis& basis, Index modes, Index bootstrap, double confidence,
                    const nb::object& progress) {
  const Progress hears(progress);
  ImpliedTimescales found;
  std::string note;
  {
    const Work work;
    const auto settings = settings_of(rows, basis, modes, bootstrap, confidence, hears);
    found = implied_timescales(Exec{}, rows.set(), lags, settings);
    note = connectivity(Exec{}, rows.set(), settings.basis.geometry, basis.seed).sentence();
  }
  nb::dict result;
  result["lags_in_steps"] = found.lags;
  result["timescales"] = to_array(found.timescales);
  result["low"] = to_array(found.low);
  result["high"] = to_array(found.high);
  result["blocks"] = found.blocks;
  result["note"] = note;
  return result;
}

nb::dict check_markov(const Rows& rows, Index lag, Index multiples, const Basis& basis, Index modes, Index bootstrap, double confidence,
                      const nb::object& progress) {
  const Progress hears(progress);
  ChapmanKolmogorov found;
  {
    const Work work;
    found = chapman_kolmogorov(Exec{}, rows.set(), lag, multiples, settings_of(rows, basis, modes, bootstrap, confidence, hears));
  }
  nb::dict result;
  result["lags_in_steps"] = found.lags;
  result["predicted"] = to_array(found.predicted);
  result["estimated"] = to_array(found.estimated);
  result["low"] = to_array(found.low);
  result["high"] = to_array(found.high);
  return result;
}

nb::dict koopman(const Rows& rows, Index lag, const Basis& basis, Index folds, Index modes) {
  KoopmanPairs found;
  std::string note;
  {
    const Work work;
    const VampOptions settings{basis.options(rows), folds, modes};
    found = fit_koopman(Exec{}, rows.set(), lag, settings);
    note = connectivity(Exec{}, rows.set(), settings.basis.geometry, basis.seed).sentence();
  }
  nb::dict result;
  result["mu"] = found.mu;
  result["rates"] = found.rates;
  result["features"] = found.features;
  result["note"] = note;
  return result;
}

nb::dict vamp(const Rows& rows, Index lag, const Basis& basis, Index folds, Index modes) {
  VampScore found;
  {
    const Work work;
    found = vamp2_score(Exec{}, rows.set(), lag, {basis.options(rows), folds, modes});
  }
  nb::dict result;
  result["features"] = found.features;
  result["cross_validated"] = to_array(found.cross_validated);
  result["standard_error"] = to_array(found.standard_error);
  result["in_sample"] = to_array(found.in_sample);
  result["best"] = found.best;
  return result;
}

nb::object reweight(const Rows& rows, Index lag, const Basis& basis) {
  std::vector<double> weights;
  std::vector<std::string> notes;
  {
    const Work work;
    weights = equilibrium_weights(Exec{}, rows.set(), lag, {.basis = basis.options(rows), .note = [&](const std::string& note) { notes.push_back(note); }});
  }
  return nb::make_tuple(to_array(weights), notes);
}

/// Which rows lie in a ball (`high` empty: `low` is its centre) or in a box, on the manifold of the model.
std::vector<bool> in_set(const FittedModel& fitted, const Rows& rows, const std::vector<double>& low, const std::vector<double>& high, double radius) {
  const Work work;
  const GeometryData& geometry = fitted.data().frame.geometry;
  const auto points = to_host(Exec{}, rows.points());
  const auto inside = high.empty() ? in_ball(points, geometry, low, radius) : in_box(points, geometry, low, high);
  return {inside.begin(), inside.end()};
}

using Mask = std::optional<std::vector<bool>>;
std::vector<char> chars(const Mask& mask) { return mask ? std::vector<char>(mask->begin(), mask->end()) : std::vector<char>(); }

nb::dict dict_of(const Estimated& rate) {
  nb::dict result;
  result["rate"] = rate.value;
  result["rate_error"] = rate.error;
  result["low"] = rate.low;
  result["high"] = rate.high;
  return result;
}

/// at_a, at_b: the sets among the points `at`, where they are known.
nb::dict find_committor(const FittedModel& fitted, const Rows& rows, const Mask& in_a, const Mask& in_b, const Rows* at, const Mask& at_a, const Mask& at_b,
                        double penalty, double confidence, std::uint64_t seed) {
  Committor q;
  CommittorValues values;
  {
    const Work work;
    const Exec exec;
    const ModelData& model = fitted.data();
    q = committor(exec, fitted_data(model, rows), model, chars(in_a), chars(in_b), {.penalty = penalty, .confidence = confidence, .seed = seed});
    require(!at || q.holds_in_sets || (at_a && at_b), "committor",
            [] { return "truth values say nothing of other points: with a model of edmd, points needs balls or boxes"; });
    if (at) values = committor_at(exec, model, q, at->points(), chars(at_a), chars(at_b));
  }
  nb::dict result;
  result["q"] = to_array(values.q);
  result["cut"] = values.cut;
  result["furthest"] = values.furthest;
  result["rate"] = q.rate;
  result["rate_error"] = q.error;
  result["low"] = q.low;
  result["high"] = q.high;
  result["in_sample"] = q.in_sample;
  result["cross_fitted"] = q.cross_fitted;
  result["mean_in_a"] = q.in_a;
  result["mean_in_b"] = q.in_b;
  result["interleaved"] = q.interleaved;
  result["from_a"] = q.from_a;
  result["forward"] = dict_of(q.forward);
  result["backward"] = dict_of(q.backward);
  return result;
}

nb::dict states(const FittedModel& fitted, const Rows& rows, Index count, const Rows* at) {
  MetastableStates found;
  HostMatrix membership;
  {
    const Work work;
    const Exec exec;
    const ModelData& model = fitted.data();
    found = metastable_states(exec, fitted_data(model, rows), model, count);
    membership = at ? memberships_at(exec, model, found, at->points()) : found.membership;
  }
  nb::dict result;
  result["memberships"] = to_array(membership);
  result["populations"] = to_array(found.populations);
  result["population_errors"] = to_array(found.population_errors);
  result["rates"] = to_array(found.rates);
  result["rate_errors"] = to_array(found.rate_errors);
  result["crispness"] = found.crispness;
  return result;
}

nb::object expect(const FittedModel& fitted, const Rows& rows, const AnyColumn& observable, const std::vector<double>& times, const Rows& at) {
  const std::vector<double> f = numbers(observable);
  HostMatrix values;
  std::vector<double> coefficients;
  {
    const Work work;
    const Exec exec;
    const ModelData& model = fitted.data();
    coefficients = observable_coefficients(exec, fitted_data(model, rows), model, f);
    values = forward_expectation(exec, model, coefficients, at.points(), times);
  }
  return nb::make_tuple(to_array(values), to_array(coefficients));
}

nb::object survival(const FittedModel& fitted, const std::vector<double>& times, const Rows* at) {
  std::vector<double> alive;
  HostMatrix values;
  {
    const Work work;
    const ModelData& model = fitted.data();
    require(model.spectrum.kind == SpectrumKind::killed, "survival", [] { return "the model was not fitted with a killing rate"; });
    if (at)
      values = survival_probability(Exec{}, model, at->points(), times);
    else
      alive = survival_probability(model, times);
  }
  return nb::cast(at ? to_array(values) : to_array(alive));
}

nb::dict intervals(const FittedModel& fitted, const Rows& rows, Index bootstrap, Index blocks, double confidence, std::uint64_t seed) {
  EigenvalueIntervals found;
  {
    const Work work;
    const ModelData& model = fitted.data();
    found = eigenvalue_intervals(Exec{}, fitted_data(model, rows), model, {.replicates = bootstrap, .blocks = blocks, .confidence = confidence, .seed = seed});
  }
  std::vector<double> low, high;
  for (const Interval& interval : found.intervals) {
    low.push_back(interval.low);
    high.push_back(interval.high);
  }
  nb::dict result;
  result["eigenvalues"] = to_array(found.values);
  result["low"] = to_array(low);
  result["high"] = to_array(high);
  result["blocks"] = found.blocks;
  return result;
}

nb::tuple diffusion(const Rows& rows, const std::string& shape) {
  DiffusionEstimate a;
  {
    const Work work;
    a = diffusion_matrix(Exec{}, rows.set(), shape == "full" ? DiffusionShape::full : DiffusionShape::isotropic);
  }
  return nb::make_tuple(to_array(a.matrix), to_array(a.error), a.lag);
}

}  // namespace

void bind_kinetics(nb::module_& module) {
  nb::class_<Basis>(module, "Basis")
      .def(
          "__init__",
          [](Basis* basis, Index features, double bandwidth, const std::string& manifold, std::uint64_t seed) {
            new (basis) Basis{features, bandwidth, manifold, seed};
          },
          nb::arg("features"), nb::arg("bandwidth"), nb::arg("manifold"), nb::arg("seed"));
  module.def("timescales", &timescales, nb::arg("rows"), nb::arg("lags"), nb::arg("basis"), nb::arg("modes"), nb::arg("bootstrap"), nb::arg("confidence"),
             nb::arg("progress").none());
  module.def("chapman_kolmogorov", &check_markov, nb::arg("rows"), nb::arg("lag"), nb::arg("multiples"), nb::arg("basis"), nb::arg("modes"),
             nb::arg("bootstrap"), nb::arg("confidence"), nb::arg("progress").none());
  module.def("koopman", &koopman, nb::arg("rows"), nb::arg("lag"), nb::arg("basis"), nb::arg("folds"), nb::arg("modes"));
  module.def("vamp", &vamp, nb::arg("rows"), nb::arg("lag"), nb::arg("basis"), nb::arg("folds"), nb::arg("modes"));
  module.def("reweight", &reweight, nb::arg("rows"), nb::arg("lag"), nb::arg("basis"));
  module.def("in_set", &in_set, nb::arg("model"), nb::arg("rows"), nb::arg("low"), nb::arg("high"), nb::arg("radius"));
  module.def("committor", &find_committor, nb::arg("model"), nb::arg("rows"), nb::arg("in_a"), nb::arg("in_b"), nb::arg("at").none(), nb::arg("at_a").none(),
             nb::arg("at_b").none(), nb::arg("penalty"), nb::arg("confidence"), nb::arg("seed"));
  module.def("states", &states, nb::arg("model"), nb::arg("rows"), nb::arg("count"), nb::arg("at").none());
  module.def("expect", &expect, nb::arg("model"), nb::arg("rows"), nb::arg("observable"), nb::arg("times"), nb::arg("at"));
  module.def("survival", &survival, nb::arg("model"), nb::arg("times"), nb::arg("at").none());
  module.def("intervals", &intervals, nb::arg("model"), nb::arg("rows"), nb::arg("bootstrap"), nb::arg("blocks"), nb::arg("confidence"), nb::arg("seed"));
  module.def("diffusion", &diffusion, nb::arg("rows"), nb::arg("shape"));
}

}  // namespace kswgd::python
