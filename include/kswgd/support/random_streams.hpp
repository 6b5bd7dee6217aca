// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <cstdint>

/// @file
/// The streams of random numbers (the second argument of IndexedRandom), one for each purpose, so that two uses of one seed never
/// share a draw. Results depend on these numbers: none may change.

namespace kswgd::streams {

/// The ASCII codes of a word as one number, its last letter lowest.
template <int N>
constexpr std::uint64_t word(const char (&letters)[N]) {
  std::uint64_t number = 0;
  for (int i = 0; i + 1 < N; ++i) number = (number << 8) | static_cast<unsigned char>(letters[i]);
  return number;
}

// One stream each.
inline constexpr std::uint64_t bootstrap = word("boot");  // not a stream: exclusive or with the seed
inline constexpr std::uint64_t committor_folds = word("comm");
inline constexpr std::uint64_t data_start = word("sdat");
inline constexpr std::uint64_t diffusion_map_rows = word("dmap");
inline constexpr std::uint64_t digits_part = word("part");
inline constexpr std::uint64_t digits_split = word("split");
inline constexpr std::uint64_t drawn_particles = word("drpa");
inline constexpr std::uint64_t energy_rows = word("ener");
inline constexpr std::uint64_t folds = word("fold");
inline constexpr std::uint64_t learned_starts = word("lear");
inline constexpr std::uint64_t median_rows = word("medi");
inline constexpr std::uint64_t molecule_frames = word("frms");
inline constexpr std::uint64_t monitor_floor = word("floor");
inline constexpr std::uint64_t reservoir = word("resv");
inline constexpr std::uint64_t score_rows = word("scor");
inline constexpr std::uint64_t training_rows = word("trow");
inline constexpr std::uint64_t training_thinned = word("tthi");
inline constexpr std::uint64_t validation_rows = word("tval");

// The first of a stream for each level, direction or vector.
inline constexpr std::uint64_t krylov_vectors = word("anas");
inline constexpr std::uint64_t landmarks = word("land");
inline constexpr std::uint64_t network_weights = word("nets");
inline constexpr std::uint64_t score_thinning = word("thin");
inline constexpr std::uint64_t sliced_directions = word("slic");

// The first of a stream for each row, particle or walker.
inline constexpr std::uint64_t angles = word("angle") << 24;
inline constexpr std::uint64_t conditional = word("given") << 24;
inline constexpr std::uint64_t box_start = word("boxe") << 32;
inline constexpr std::uint64_t component_noise = word("pca") << 40;
inline constexpr std::uint64_t exact_draws = word("exact") << 24;
inline constexpr std::uint64_t mirror = word("mirror") << 16;
inline constexpr std::uint64_t normal_noise = word("norm") << 32;
inline constexpr std::uint64_t normal_start = word("start") << 24;
inline constexpr std::uint64_t patch_start = word("patch") << 24;
inline constexpr std::uint64_t phase_start = word("phase") << 24;
inline constexpr std::uint64_t plane_walkers = word("plane") << 24;
inline constexpr std::uint64_t polish = word("polish") << 16;
inline constexpr std::uint64_t training_directions = word("tdir") << 24;
inline constexpr std::uint64_t reference_law = word("bridge") << 16;
inline constexpr std::uint64_t redrawn_rows = word("null") << 32;

}  // namespace kswgd::streams
