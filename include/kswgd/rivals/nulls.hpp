// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>

/// @file
/// What any sampler that is given the data must beat, or equal without copying them.

namespace kswgd::rivals {

/// n rows of the data, at random with replacement.
HostPoints redraw(const HostPoints& data, Index n, std::uint64_t seed = 0);

/// The same with normal noise of `factor` x Scott's bandwidth n^(-1/(d+4)) in each coordinate's standard deviation: draws from
/// the kernel density estimate with a diagonal bandwidth (Scott 1992).
HostPoints redraw_smoothed(const HostPoints& data, Index n, double factor = 1, std::uint64_t seed = 0);

}  // namespace kswgd::rivals
