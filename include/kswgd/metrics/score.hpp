// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/metrics/distances.hpp>
#include <kswgd/support/reduction.hpp>

/// @file
/// Each distance beside its i.i.d. floor: the same distance for as many fresh draws of the reference.

namespace kswgd {

struct Score {
  double value = 0;      ///< samples against the reference
  double floor = 0;      ///< as many points of the reference against the rest of it, mean over the repeats
  double floor_std = 0;  ///< standard deviation over the repeats
};

struct Scores {
  Score sliced_wasserstein, mmd, energy_distance;
  Index n = 0;  ///< points on the samples' side in each comparison: their effective number where there are weights
};

struct ScoreOptions {
  int repeats = 8;
  std::uint64_t seed = 0;
  /// Ranks that hold all of the points each and make the call together: they share the repeats, and get the bits of one rank.
  Reduction ranks = {};
};

/// Compares m = min(n, N / 2) samples with N reference points. In each repeat m points are drawn from the reference at random,
/// and both they (the floor) and the samples (the value; a random part of them where n > m) are compared with the rest of the
/// reference, so that both sides of the comparison are of equal size. Sliced Wasserstein sees at most 40,000 points of the
/// rest, the two metrics of quadratic cost 5000 on each side.
///
/// Weights: n and N are the effective numbers (sum w)^2 / sum w^2. A weighted reference is split at random without regard to weights, so
/// that both parts stand for its law, and the floor's points are drawn from one part by weight: a row with probability min(1, c w), to
/// count with weight max(1, c w), c so that m independent points know as much. Value and floor are comparisons of equals then, and exact
/// draws of the weighted law score at the floor.
/// samples: n x d, reference: N x d, n >= 2, N >= 4, finite. Throws InvalidInput otherwise. Synchronises the instance.
template <ExecutionSpace Exec>
Scores score(const Exec& exec, const std::type_identity_t<WeightedPoints<Exec>>& samples, const std::type_identity_t<WeightedPoints<Exec>>& reference,
             const ScoreOptions& options = {});

template <ExecutionSpace Exec, class X, class Y>
requires detail::NeedsCopy<Exec, X, Y> Scores score(const Exec& exec, const X& samples, const Y& reference, const ScoreOptions& options = {}) {
  return score(exec, detail::canonical(exec, samples), detail::canonical(exec, reference), options);
}

}  // namespace kswgd
