// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>

/// @file
/// Gaussians and points as the kernels of a GaussianDictionary read them.

namespace kswgd::detail {

/// Points and features are padded to a multiple of this: two of the widest blocks (4 registers of 16 floats).
inline constexpr Index padding = 128;
KOKKOS_INLINE_FUNCTION constexpr Index padded(Index n) { return (n + padding - 1) / padding * padding; }

/// Rows to allocate for columns of n padded values that are read side by side: an odd multiple of `padding`, because columns a large
/// power of two apart would share their places in the cache.
KOKKOS_INLINE_FUNCTION constexpr Index spread_column(Index n) { return padded(n) / padding % 2 == 0 ? padded(n) + padding : padded(n); }

/// The Gaussians as the kernels read them: rows padded to a multiple of `padding` with centres 0, rate 0.
template <class Exec, class T>
struct Landmarks {
  Points<Exec, T> centres;
  Vector<Exec, T> rate;         // q = log2(e) / 2 h^2: the Gaussian is 2^(-q |x - z|^2)
  Points<Exec, T> scaled;       // 2 q z; this and what follows for d > 4 only
  Vector<Exec, T> offset;       // -q |z|^2
  Vector<Exec> largest_rate;    // of each `padding` features
  Vector<Exec> largest_offset;  // of their q |z|^2
};

/// Points in precision T: rows padded with zeros to a multiple of `padding`.
template <class Exec, class T>
struct PackedPoints {
  static constexpr Index block = std::is_same_v<typename Exec::memory_space, Kokkos::HostSpace> ? padding : 1;
  Points<Exec, T> x;
  Vector<Exec, T> norm;  // |x|^2; d > 4 only, as is
  Vector<Exec> largest;  // the largest |x|^2 of each block of rows
};

}  // namespace kswgd::detail
