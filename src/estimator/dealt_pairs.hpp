// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/estimator/pair_moments.hpp>

#include "../moments/pair_pass.hpp"

// Moments of pairs that are dealt to blocks in another way than by time.
namespace kswgd::detail {

/// As kswgd::pair_moments, whose checks are the caller's here: the sums over all ranks of the `blocks` blocks to which `dealt` deals the pairs.
template <ExecutionSpace Exec>
std::vector<PairMoments> pair_moments(const Exec& exec, const DataSet<Exec>& source, Index lag, const Basis<Exec>& basis, Index features, Index blocks,
                                      const PairBlocks& dealt, const HostMatrix& projection = {});

}  // namespace kswgd::detail
