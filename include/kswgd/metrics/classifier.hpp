// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/metrics/weighted_points.hpp>

/// @file
/// Can a classifier tell the samples from the truth? (Lopez-Paz, Oquab 2017)

namespace kswgd {

struct ClassifierTest {
  double accuracy = 0;  ///< on points that it was not trained on: .5 where the two laws cannot be told apart
  double error = 0;     ///< standard deviation of the accuracy if they are the same, 1 / (2 sqrt(N)), N their effective number with weights
};

/// k-nearest-neighbour classifier between two sets, each vote left out once: min(n, m) points of each side (rows spread evenly) are
/// pooled, each is given the majority of its k nearest others (k = 2 floor(sqrt(N) / 2) + 1, at most 511, N of the pool), and the share of right
/// answers is returned. Sensitive to strays and to copies alike: copies of reference points give accuracies below .5. Weights: votes and
/// right answers count with them, each side with the same sum; points of weight 0 are left out.
/// Throws InvalidInput for fewer than 10 points on a side, different dimensions, or what is not finite. Cost: N^2 d.
template <ExecutionSpace Exec>
ClassifierTest classifier_test(const Exec& exec, const std::type_identity_t<WeightedPoints<Exec>>& samples,
                               const std::type_identity_t<WeightedPoints<Exec>>& reference);

}  // namespace kswgd
