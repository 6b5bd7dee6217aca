// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <string>
#include <vector>

/// @file
/// What a fit will take, from sizes alone. docs/cost-model.md has the formulas.

namespace kswgd {

struct MemoryPlan {
  struct Part {
    std::string name;
    std::uint64_t bytes = 0;
  };
  Index features = 0;
  std::vector<Part> parts;

  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const Part& part : parts) sum += part.bytes;
    return sum;
  }
};

/// fit_generator with nested Gaussians: n points in `dimension` coordinates of the embedding, `landmarks` on the finest level (0:
/// automatic). Parts that are alive at the same time at the peak; the points themselves once.
MemoryPlan plan_generator(Index points, Index dimension, Index landmarks);

/// fit_diffusion_map with Anasazi: nothing has n x n.
MemoryPlan plan_diffusion_map(Index points, Index dimension, Index modes);

}  // namespace kswgd
