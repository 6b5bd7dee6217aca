// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/trajectories.hpp>
#include <kswgd/estimator/basis.hpp>

/// @file
/// Sums over pairs (x_t, x_{t + lag}), block of time by block of time: all that Koopman estimators, their scores and their
/// bootstrap need.

namespace kswgd {

/// Sums over pairs of r functions chi (features, or a few modes in them). Sums of disjoint parts add up.
struct PairMoments {
  HostMatrix gram_x;       ///< sum w chi(x) chi(x)^T, r x r, both triangles
  HostMatrix gram_y;       ///< sum w chi(y) chi(y)^T
  HostMatrix correlation;  ///< sum w chi(x) chi(y)^T
  double weight = 0;       ///< sum w

  Index size() const { return static_cast<Index>(gram_x.extent(0)); }
};

/// The sums of all blocks but those that `without` names (-1: none).
PairMoments total_of(const std::vector<PairMoments>& blocks, Index without = -1);

/// The sums over `blocks` stretches of time, each with the same weight of pairs but for that of one (pairs never cross the end of a
/// trajectory; weights of the source are those of first frames, and pairs without weight do not count). The functions are the basis'
/// first `features` features, or psi v for a projection v, features x r, where one is given. Throws InvalidInput as check_pairs does,
/// and when there are more blocks than pairs, or fewer than 20 pairs with weight. Cost: 2 n p exponentials, 4 n r^2 flops, and 4 n p r
/// for a projection. Synchronises the instance.
template <ExecutionSpace Exec>
std::vector<PairMoments> pair_moments(const Exec& exec, const DataSet<Exec>& source, Index lag, const Basis<Exec>& basis, Index features, Index blocks,
                                      const HostMatrix& projection = {});

}  // namespace kswgd
