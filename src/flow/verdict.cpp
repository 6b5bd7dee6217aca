// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../metrics/draws.hpp"
#include "../model/few_rows.hpp"
#include "../model/judging_points.hpp"

#include <kswgd/data/data_set.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/flow/verdict.hpp>
#include <kswgd/geometry/embedding.hpp>
#include <kswgd/metrics/columns.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/support/text.hpp>

#include <algorithm>

namespace kswgd {
namespace {

constexpr double most_sliced_of_samples = 1.5;

}  // namespace

bool begins_again(const ModelData& model, const FlowReport& report) {
  return !model.frame.is_mapped() && rows(model.training_subset) >= 2 && report.state.stop_reason != "max-steps" && report.state.stop_reason != "stopped" &&
         report.monitors.chi2_ratio > most_chi2_ratio;
}

template <ExecutionSpace Exec>
TwoSampleTest check_samples(const Exec& exec, const ModelData& model, const Points<Exec>& samples, const FlowMonitors& flow, const HeldOutMonitors& held_out,
                            bool is_matched) {
  const Points<Exec> training = to_device(exec, model.training_subset);
  TwoSampleTest test;
  const Embedding<Exec> embedding(exec, model.frame.geometry, model.dimension());
  if (embedding.is_identity()) {
    test = two_sample_test(exec, samples, training, Reference::fitted, model.columns, detail::known_to_fit(model));
  } else {
    const auto embedded = [&](const Points<Exec>& points) {
      const auto result = allocate<Points<Exec>>(exec, "check_samples::embedded", points.extent(0), embedding.embedded_dimension());
      embedding.embed(exec, rows(points), points, result);
      return result;
    };
    test = two_sample_test(exec, embedded(samples), embedded(training), Reference::fitted, {}, detail::known_to_fit(model));
    const WorstColumn worst = worst_column(exec, samples, training);
    test.worst_column = worst.column;
    test.worst_ks = worst.ks;
  }
  // In the caller's units as well, where wide columns count for more; with all samples, whose own error would be as large as that of few points.
  constexpr Index fewest = 10, most = 4096;
  const Index n = rows(samples), kept = rows(training);
  std::vector<std::string> reasons;
  if (const std::string few = detail::note_on_few(detail::rows_with_weight(model.provenance.rows)); !few.empty()) reasons.push_back(few);
  if (n >= fewest && kept >= fewest) {
    const auto embedded = [&](const Points<Exec>& points) {
      if (embedding.is_identity()) return points;
      const auto result = allocate<Points<Exec>>(exec, "check_samples::embedded", points.extent(0), embedding.embedded_dimension());
      embedding.embed(exec, rows(points), points, result);
      return result;
    };
    const Points<Exec> seen = embedded(training);
    const SlicedWasserstein<Exec> distance(exec, seen);
    const Index count = std::min(n, kept);
    const double drawn = detail::mean_distance_of_draws(exec, distance, seen, count) *
                         detail::error_of_some(static_cast<double>(count), static_cast<double>(kept), detail::known_to_fit(model));
    const double ratio = distance(exec, embedded(take_evenly(exec, samples, std::min(rows(samples), most)))) / drawn;
    if (ratio > most_sliced_of_samples) reasons.push_back("sliced W2 to the training points is " + text(ratio) + " times that of as many draws from them");
  }
  const bool moved_since = is_matched && model.dimension() == 1;
  // As beside 4096 rows: of very many rows the data's own noise is less than what matters to anybody.
  const double few = std::min(1.0, static_cast<double>(most) / std::max(1.0, detail::known_to_fit(model)));
  if (few * flow.chi2_ratio > most_chi2_ratio && !moved_since)
    reasons.push_back("the flow has not come to its end: chi2 n/r is " + text(flow.chi2_ratio) + ", 1 at equilibrium");
  if (held_out.sliced_ratio > most_sliced_of_samples)
    reasons.push_back("sliced W2 to the points held out is " + text(held_out.sliced_ratio) + " times that of training points");
  test.reasons.insert(test.reasons.begin(), reasons.begin(), reasons.end());
  return test;
}

#define KSWGD_INSTANTIATE(EXEC) \
  template TwoSampleTest check_samples(const EXEC&, const ModelData&, const Points<EXEC>&, const FlowMonitors&, const HeldOutMonitors&, bool);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
