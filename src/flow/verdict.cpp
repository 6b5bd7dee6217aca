// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/flow/verdict.hpp>
#include <kswgd/geometry/embedding.hpp>
#include <kswgd/metrics/columns.hpp>

#include <cstdio>

namespace kswgd {
namespace {

constexpr double most_chi2 = 10, most_sliced = 1.5;

std::string text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.3g", value);
  return buffer;
}

}  // namespace

template <ExecutionSpace Exec>
TwoSampleTest check_samples(const Exec& exec, const ModelData& model, const Points<Exec>& samples, const FlowMonitors& flow, const HeldOutMonitors& held_out) {
  const Points<Exec> training = to_device(exec, model.training_subset);
  TwoSampleTest test;
  const Embedding<Exec> embedding(exec, model.frame.geometry, model.dimension());
  if (embedding.is_identity()) {
    test = two_sample_test(exec, samples, training, Reference::fitted, model.columns);
  } else {
    const auto embedded = [&](const Points<Exec>& points) {
      const auto result = allocate<Points<Exec>>(exec, "check_samples::embedded", points.extent(0), embedding.embedded_dimension());
      embedding.embed(exec, rows(points), points, result);
      return result;
    };
    test = two_sample_test(exec, embedded(samples), embedded(training), Reference::fitted);
    const WorstColumn worst = worst_column(exec, samples, training);
    test.worst_column = worst.column;
    test.worst_ks = worst.ks;
  }
  std::vector<std::string> reasons;
  if (flow.chi2_ratio > most_chi2) reasons.push_back("the flow has not come to its end: chi2 n/r is " + text(flow.chi2_ratio) + ", 1 at equilibrium");
  if (held_out.training_ratio > most_sliced)
    reasons.push_back("sliced W2 to the training points is " + text(held_out.training_ratio) + " times that of as many draws from them");
  if (held_out.sliced_ratio > most_sliced)
    reasons.push_back("sliced W2 to the points held out is " + text(held_out.sliced_ratio) + " times that of training points");
  test.reasons.insert(test.reasons.begin(), reasons.begin(), reasons.end());
  return test;
}

#define KSWGD_INSTANTIATE(EXEC) \
  template TwoSampleTest check_samples(const EXEC&, const ModelData&, const Points<EXEC>&, const FlowMonitors&, const HeldOutMonitors&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
