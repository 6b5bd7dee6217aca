// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <string>
#include <vector>

/// @file
/// What a fit will take, from sizes alone. docs/cost-model.md has the formulas.

namespace kswgd {

/// How many rows for each feature make the second moments of the finest levels where there are many (FitOptions::rows_per_feature).
inline constexpr double default_rows_per_feature = 25;

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

/// Where the rows of the data are while a fit works.
struct RowStorage {
  Index here = -1;        ///< rows of this rank; -1: all
  Index columns = -1;     ///< as the caller has them; -1: as many as the embedding
  bool in_place = false;  ///< read from their files in tiles (io/rows_ahead.hpp), else in memory
  bool weighted = false;
  Index block = 0;  ///< then: rows of a block (io::rows_of_block)
};

/// fit_generator with nested Gaussians and a read-out: n points in `dimension` coordinates of the embedding, `landmarks` on the finest
/// level (0: automatic), hold_out points kept back and rows_per_feature as in FitOptions. Parts that are alive at the same time at the peak of a program on the
/// host, the points once (`rows` says where they are). [0.95 to 1.07 of the measured peak for d from 2 to 45, n from 3000 to 2 10^5; more than it where k-means
/// keeps fewer landmarks: few points, many dimensions.]
MemoryPlan plan_generator(Index points, Index dimension, Index landmarks, Index modes, Index hold_out = 0, double rows_per_feature = default_rows_per_feature,
                          const RowStorage& rows = {});

/// fit_diffusion_map with Anasazi in blocks of 8. [0.95 to 1.12 of the measured peak on a torus, n from 10^4 to 4 10^4, 8 to 64 modes.]
MemoryPlan plan_diffusion_map(Index points, Index dimension, Index modes);

}  // namespace kswgd
