// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/data/data_set.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/flow/verdict.hpp>
#include <kswgd/geometry/embedding.hpp>
#include <kswgd/metrics/classifier.hpp>
#include <kswgd/metrics/columns.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace kswgd {
namespace {

constexpr Index fewest_points = 10, most_classified = 2000;
constexpr double longest_reach = 20;  // deviations beyond which a value is one that lies far away

constexpr double most_chi2 = 10, most_sliced = 1.5;
constexpr double most_accuracy = 0.62, most_errors = 4;  // of the classifier: good tables have up to .60
constexpr double most_ks = 0.05;                         // beyond what chance explains

std::string text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.3g", value);
  return buffer;
}

/// What the worst of d columns' distances between n and m draws of one law exceeds once in a thousand times.
double chance_ks(Index n, Index m, Index d) {
  const double level = 1e-3 / static_cast<double>(std::max<Index>(d, 1));
  return std::sqrt(-0.5 * std::log(level / 2) * (1 / static_cast<double>(n) + 1 / static_cast<double>(m)));
}

}  // namespace

template <ExecutionSpace Exec>
SampleCheck check_samples(const Exec& exec, const ModelData& model, const Points<Exec>& samples, const FlowMonitors& flow, const HeldOutMonitors& held_out) {
  SampleCheck check;
  const auto doubt = [&](const std::string& reason) { check.reasons.push_back(reason); };
  if (flow.chi2_ratio > most_chi2) doubt("the flow has not come to its end: chi2 n/r is " + text(flow.chi2_ratio) + ", 1 at equilibrium");
  if (held_out.sliced_ratio > most_sliced) doubt("sliced W2 to the points held out is " + text(held_out.sliced_ratio) + " times that of training points");
  const Index n = rows(samples), kept = rows(model.training_subset), count = std::min({n, kept, Index{4096}});
  if (count < fewest_points) return check;

  const Embedding<Exec> embedding(exec, model.frame.geometry, model.dimension());
  const auto embedded = [&](const Points<Exec>& points) {
    if (embedding.is_identity()) return points;
    const auto result = allocate<Points<Exec>>(exec, "check_samples::embedded", points.extent(0), embedding.embedded_dimension());
    embedding.embed(exec, rows(points), points, result);
    return result;
  };
  const auto some = [&](const Points<Exec>& points, Index wanted) {
    std::vector<Index> part;
    for (Index i = 0; i < wanted; ++i) part.push_back(i * rows(points) / wanted);
    return take_rows(exec, points, part);
  };
  const Points<Exec> training = to_device(exec, model.training_subset), moved = embedded(samples), seen = embedded(training);

  const StandardColumns<Exec> standard(exec, seen);
  const Points<Exec> reference = standard(exec, seen, longest_reach);
  const SlicedWasserstein<Exec> distance(exec, reference);
  double drawn = 0;
  for (std::uint64_t repeat = 0; repeat < 3; ++repeat) {
    const IndexedRandom random(repeat, streams::monitor_floor);
    std::vector<Index> part;
    for (Index i = 0; i < count; ++i) part.push_back(static_cast<Index>(random.below(static_cast<std::uint64_t>(kept), static_cast<std::uint64_t>(i))));
    drawn += distance(exec, take_rows(exec, reference, part)) / 3;
  }
  check.sliced_ratio = distance(exec, standard(exec, some(moved, count), longest_reach)) / drawn;
  if (check.sliced_ratio > most_sliced)
    doubt("sliced W2 to the training points is " + text(check.sliced_ratio) + " times that of as many draws from them, in standardised columns");

  const Index classified = std::min(count, most_classified);
  const ClassifierTest classifier = classifier_test(exec, ranks_among(exec, some(moved, classified), seen), ranks_among(exec, some(seen, classified), seen));
  check.classifier = classifier.accuracy;
  check.classifier_error = classifier.error;
  if (classifier.accuracy > std::max(most_accuracy, 0.5 + most_errors * classifier.error))
    doubt("a nearest-neighbour classifier tells samples from training points in " + text(100 * classifier.accuracy) + " % of cases, where 50 is best");

  const WorstColumn worst = worst_column(exec, samples, training);
  check.worst_column = worst.column;
  check.worst_ks = worst.ks;
  check.expected_ks = chance_ks(n, kept, model.dimension());
  if (worst.ks > check.expected_ks + most_ks) {
    const std::string name =
        model.columns.empty() ? std::to_string(worst.column) + " (from 0)" : "'" + model.columns[static_cast<std::size_t>(worst.column)] + "'";
    doubt("column " + name + " has another law than the data's: Kolmogorov-Smirnov distance " + text(worst.ks) + ", where chance explains " +
          text(check.expected_ks));
  }
  return check;
}

#define KSWGD_INSTANTIATE(EXEC) \
  template SampleCheck check_samples(const EXEC&, const ModelData&, const Points<EXEC>&, const FlowMonitors&, const HeldOutMonitors&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
