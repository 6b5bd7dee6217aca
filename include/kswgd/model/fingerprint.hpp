// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/model/model_data.hpp>

/// @file
/// Tells models apart.

namespace kswgd {

/// A 64-bit hash over the bits of all that a flow may see of a model: frame, dictionary, landmarks, levels, moments and eigenpairs.
/// What stands beside them (points kept for monitors, how it was made) does not count. A dictionary of the caller's own is seen
/// through its moments. Cost: two passes over p x p numbers.
std::uint64_t fingerprint(const ModelData& model);

}  // namespace kswgd
