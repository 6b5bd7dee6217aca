// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "draws.hpp"

#include <kswgd/data/data_set.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/metrics/classifier.hpp>
#include <kswgd/metrics/columns.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/metrics/two_sample.hpp>
#include <kswgd/support/text.hpp>

#include <algorithm>
#include <cmath>

namespace kswgd {
namespace {

constexpr Index fewest_points = 10, most_compared = 4096, most_classified = 2000;
constexpr Index most_parts = 8;  // of the samples that are classified
constexpr std::uint64_t few_draws = 3, many_draws = 48;
constexpr double longest_reach = 20;  // deviations beyond which a value is one that lies far away

// What is doubted by itself, and what is where the other number is suspicious as well.
constexpr double most_sliced_ratio = 1.35, suspicious_sliced = 1.15;
constexpr double most_accuracy = 0.58, most_errors = 3.5, suspicious_errors = 2.5;
constexpr double least_accuracy = 0.35, fewest_errors = -5;  // of points that are independent of the samples
constexpr double most_ks = 0.05;                             // beyond what chance explains

/// What the worst of d columns' distances between n and m draws of one law exceeds once in a thousand times (Smirnov's law, Bonferroni).
double chance_ks(Index n, Index m, Index d) {
  const double level = 1e-3 / static_cast<double>(std::max<Index>(d, 1));
  return std::sqrt(-0.5 * std::log(level / 2) * (1 / static_cast<double>(n) + 1 / static_cast<double>(m)));
}

/// The mean over several parts of the samples, each beside the same points of the reference. Half of the variance of an accuracy comes from either side, and
/// that of the samples falls with their parts.
template <class Exec>
ClassifierTest classify(const Exec& exec, const Points<Exec>& samples, const Points<Exec>& reference, Index count) {
  const Index parts = std::clamp<Index>(std::min(rows(samples) / count, most_classified * most_classified / (count * count)), 1, most_parts);
  const Points<Exec> law = ranks_among(exec, take_evenly(exec, reference, count), reference);
  ClassifierTest mean;
  for (Index part = 0; part < parts; ++part) {
    const ClassifierTest one = classifier_test<Exec>(exec, ranks_among(exec, take_evenly(exec, samples, count, part, parts), reference), law);
    mean.accuracy += one.accuracy / static_cast<double>(parts);
    mean.error = one.error * std::sqrt(0.5 + 0.5 / static_cast<double>(parts));
  }
  return mean;
}

}  // namespace

template <ExecutionSpace Exec>
TwoSampleTest two_sample_test(const Exec& exec, const Points<Exec>& samples, const std::type_identity_t<WeightedPoints<Exec>>& reference, Reference kind,
                              const std::vector<std::string>& names, double fitted_to) {
  TwoSampleTest test;
  const Index n = rows(samples), m = reference.size(), count = std::min({n, m, most_compared});
  if (count < fewest_points) return test;
  const StandardColumns<Exec> standard(exec, reference);
  const Points<Exec> seen = standard(exec, take_evenly(exec, reference.points, std::min(m, most_compared)), longest_reach);
  const SlicedWasserstein<Exec> distance(exec, seen);
  // Where a law has several parts, how far two independent sets of it lie apart is mostly how many points fall into each: chance, which has no narrow
  // distribution about its mean.
  const bool unseen = kind == Reference::unseen, some = !unseen && static_cast<double>(rows(seen)) < fitted_to;
  const auto of_draws = [&](std::uint64_t repeat) { return detail::distance_of_draws(exec, distance, seen, count, repeat); };
  const std::uint64_t repeats = unseen ? many_draws : few_draws;
  double drawn = 0, farthest = 0;
  for (std::uint64_t repeat = 0; repeat < repeats; ++repeat) {
    const double one = of_draws(repeat);
    drawn += one / static_cast<double>(repeats);
    farthest = std::max(farthest, one);
  }
  // Draws from the points themselves know these; independent samples have an error of their own and the points', and those fitted to more points than these
  // have that of some of all.
  const Index looked_at = std::min(n, most_compared);
  const auto share = [&](Index size) { return static_cast<double>(count) / static_cast<double>(size); };
  const double of_both = unseen ? std::sqrt(share(looked_at) + share(rows(seen)))
                                : detail::error_of_some(static_cast<double>(count), static_cast<double>(rows(seen)), fitted_to);
  drawn *= of_both;
  const double found = distance(exec, standard(exec, take_evenly(exec, samples, looked_at), longest_reach));
  test.sliced_ratio = found / drawn;
  if (some && test.sliced_ratio > most_sliced_ratio)
    for (std::uint64_t repeat = repeats; repeat < many_draws; ++repeat) farthest = std::max(farthest, of_draws(repeat));

  const ClassifierTest classifier = classify(exec, samples, reference.points, std::min(count, most_classified));
  test.classifier = classifier.accuracy;
  test.classifier_error = classifier.error;
  const double errors = (test.classifier - 0.5) / test.classifier_error;
  const bool by_chance = (unseen || some) && found <= of_both * farthest;
  const bool far = test.sliced_ratio > most_sliced_ratio && !by_chance, told = errors > most_errors && test.classifier > most_accuracy;
  const bool both = test.sliced_ratio > suspicious_sliced && errors > suspicious_errors;
  if (far || both) test.reasons.push_back("sliced W2 in standardised columns is " + text(test.sliced_ratio) + " times that of as many points of the law");
  if (told || both)
    test.reasons.push_back("a nearest-neighbour classifier tells the samples from points of the law in " + text(100 * test.classifier) +
                           " % of cases, where 50 is best");
  if (unseen && test.classifier < least_accuracy && errors < fewest_errors)
    test.reasons.push_back("the samples lie nearer to these points than independent ones do (a nearest-neighbour classifier is right in " +
                           text(100 * test.classifier) + " % of cases, where 50 is best): they are copies of them, or were fitted to them");

  const WorstColumn worst = worst_column(exec, samples, reference);
  test.worst_column = worst.column;
  test.worst_ks = worst.ks;
  test.expected_ks = chance_ks(n, m, columns(samples));
  if (worst.ks > test.expected_ks + most_ks) {
    const auto k = static_cast<std::size_t>(worst.column);
    test.reasons.push_back("column " + (k < names.size() ? "'" + names[k] + "'" : std::to_string(k) + " (from 0)") +
                           " has another law: Kolmogorov-Smirnov distance " + text(worst.ks) + ", where chance explains " + text(test.expected_ks));
  }
  return test;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                                           \
  template TwoSampleTest two_sample_test<EXEC>(const EXEC&, const Points<EXEC>&, const WeightedPoints<EXEC>&, Reference, const std::vector<std::string>&, \
                                               double);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
