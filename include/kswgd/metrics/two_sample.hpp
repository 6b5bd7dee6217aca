// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/metrics/weighted_points.hpp>
#include <string>
#include <vector>

/// @file
/// Whether two sets of points may have one law, in one word and with reasons.

namespace kswgd {

/// What samples look like beside points of the law that they should have. All of it is seen in units of the columns of these, or in ranks, so that no column
/// rules by its unit and no tail by its length.
struct TwoSampleTest {
  double sliced_ratio = 0;      ///< sliced W2 in standardised columns (metrics/columns.hpp), over what points of the law would have
  double classifier = 0.5;      ///< accuracy of a nearest-neighbour classifier in ranks (metrics/classifier.hpp): .5 where nothing tells them apart
  double classifier_error = 0;  ///< its standard error where both have one law
  Index worst_column = -1;      ///< with the largest Kolmogorov-Smirnov distance
  double worst_ks = 0;
  double expected_ks = 0;            ///< exceeded by the worst column of independent draws once in a thousand times
  std::vector<std::string> reasons;  ///< for doubt, a sentence each; none: good

  bool is_good() const { return reasons.empty(); }
  const char* verdict() const { return is_good() ? "good" : "doubtful"; }
};

/// What the samples are compared with.
enum class Reference {
  fitted,  ///< the points that they were fitted to, or some of them: good samples come as close as draws from all of these do
  unseen,  ///< independent points of the law: no closer than as many draws of it
};

/// Doubts a sliced W2 above 1.35 of what is expected (and, beside unseen points, above each of 48 distances of draws from them), a classifier that is right in
/// more than 58 % and 3.5 standard errors above one half, both of these a little (1.15 and 2.5 standard errors), and a column whose distance is .05 above what
/// chance explains; beside unseen points also a classifier that is right in less than 35 % and 5 standard errors below one half, as it is for copies of them.
/// Calibrated so that of good samples hardly any is doubted (docs/method.md).
///
/// samples: n x d, reference: m x d, finite; below 10 points of either there are no doubts. names: of the columns, or none. fitted_to: how many points the
/// samples were fitted to, where the reference are m of them, taken evenly (0: they are all). Weights of the reference count
/// in the columns alone. Where there are many more samples than points of the reference the classifier looks at up to eight parts of them. Cost: 4000^2 d at
/// most for it. Synchronises the instance.
template <ExecutionSpace Exec>
TwoSampleTest two_sample_test(const Exec& exec, const Points<Exec>& samples, const std::type_identity_t<WeightedPoints<Exec>>& reference, Reference kind,
                              const std::vector<std::string>& names = {}, double fitted_to = 0);

}  // namespace kswgd
