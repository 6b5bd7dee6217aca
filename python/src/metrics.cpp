// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "rows.hpp"

#include <kswgd/metrics/classifier.hpp>
#include <kswgd/metrics/columns.hpp>
#include <kswgd/metrics/score.hpp>

namespace kswgd::python {
namespace {

WeightedPoints<Exec> side_of(const Rows& rows) { return {rows.points(), rows.set().weights()}; }

nb::tuple tuple_of(const Score& score) { return nb::make_tuple(score.value, score.floor, score.floor_std); }

nb::dict dict_of(const Scores& scores) {
  nb::dict result;
  result["sliced_wasserstein"] = tuple_of(scores.sliced_wasserstein);
  result["mmd"] = tuple_of(scores.mmd);
  result["energy_distance"] = tuple_of(scores.energy_distance);
  return result;
}

nb::dict scores(const Rows& samples, const Rows& reference, int repeats, std::uint64_t seed) {
  Scores plain, even;
  WorstColumn worst;
  {
    const Work work;
    const Exec exec;
    const auto x = side_of(samples), y = side_of(reference);
    const ScoreOptions options{.repeats = repeats, .seed = seed};
    plain = score(exec, x, y, options);
    const StandardColumns<Exec> standard(exec, y);
    even = score(exec, {standard(exec, x.points), x.weights}, {standard(exec, y.points), y.weights}, options);
    worst = worst_column(exec, x, y);
  }
  nb::dict result = dict_of(plain);
  result["n"] = plain.n;
  result["standardised"] = dict_of(even);
  result["worst_column"] = worst.column;
  result["worst_ks"] = worst.ks;
  return result;
}

double sliced(const Rows& x, const Rows& y, Index directions, std::uint64_t seed) {
  const Work work;
  const Exec exec;
  return SlicedWasserstein<Exec>(exec, side_of(y), {.directions = directions, .seed = seed})(exec, side_of(x));
}

double energy(const Rows& x, const Rows& y) {
  const Work work;
  return energy_distance(Exec{}, side_of(x), side_of(y));
}

/// width 0: the median distance between points of y.
double discrepancy(const Rows& x, const Rows& y, double width) {
  const Work work;
  const Exec exec;
  return mmd(exec, side_of(x), side_of(y), width > 0 ? width : median_distance(exec, side_of(y))).value;
}

double memorisation(const Rows& samples, const Rows& training, const Rows& held_out) {
  const Work work;
  return memorisation_ratio(Exec{}, side_of(samples), side_of(training), side_of(held_out));
}

nb::tuple classifier(const Rows& samples, const Rows& reference) {
  ClassifierTest test;
  {
    const Work work;
    test = classifier_test(Exec{}, side_of(samples), side_of(reference));
  }
  return nb::make_tuple(test.accuracy, test.error);
}

}  // namespace

void bind_metrics(nb::module_& module) {
  module.def("score", &scores, nb::arg("samples"), nb::arg("reference"), nb::arg("repeats"), nb::arg("seed"));
  module.def("sliced_wasserstein", &sliced, nb::arg("x"), nb::arg("y"), nb::arg("directions"), nb::arg("seed"));
  module.def("energy_distance", &energy, nb::arg("x"), nb::arg("y"));
  module.def("mmd", &discrepancy, nb::arg("x"), nb::arg("y"), nb::arg("width"));
  module.def("memorisation_ratio", &memorisation, nb::arg("samples"), nb::arg("training"), nb::arg("held_out"));
  module.def("classifier_test", &classifier, nb::arg("samples"), nb::arg("reference"));
}

}  // namespace kswgd::python
