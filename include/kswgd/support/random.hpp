// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <Kokkos_MathematicalConstants.hpp>
#include <Kokkos_MathematicalFunctions.hpp>
#include <Kokkos_Core.hpp>
#include <cstdint>

/// @file
/// Random numbers addressed by index. A draw is a function of (seed, stream, draw number), so it is the same on every
/// backend and for every number of threads, and a run restarts without any state.
///
/// The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).

namespace kswgd {

/// The draws of one stream (a particle, a data point, a trial) under one seed. Cheap to make: nothing is stored but the key.
class IndexedRandom {
 public:
  KOKKOS_FUNCTION IndexedRandom(std::uint64_t seed, std::uint64_t stream) : m_seed(seed), m_stream(stream) {}

  /// 64 random bits of draw `number`.
  KOKKOS_FUNCTION std::uint64_t bits(std::uint64_t number) const {
    const Block block = philox(number >> 1);
    return number & 1 ? join(block.word[2], block.word[3]) : join(block.word[0], block.word[1]);
  }

  /// Uniform on the open interval (0, 1): never 0, never 1. 53 random bits.
  KOKKOS_FUNCTION double uniform(std::uint64_t number) const { return to_unit(bits(number)); }

  /// Standard normal (Box-Muller). Normals 2k and 2k + 1 are made from the same 128 random bits as the uniforms 2k and 2k + 1, so a
  /// stream that gives both must not use the same pair of numbers for the two: uniform(0), then normal(2), say.
  KOKKOS_FUNCTION double normal(std::uint64_t number) const {
    const Block block = philox(number >> 1);
    const double radius = Kokkos::sqrt(-2 * Kokkos::log(to_unit(join(block.word[0], block.word[1]))));
    const double angle = 2 * Kokkos::numbers::pi * to_unit(join(block.word[2], block.word[3]));
    return radius * (number & 1 ? Kokkos::sin(angle) : Kokkos::cos(angle));
  }

  /// Uniform on {0, ..., count - 1}. The bias is below count / 2^64.
  KOKKOS_FUNCTION std::uint64_t below(std::uint64_t count, std::uint64_t number) const { return multiply_high(bits(number), count); }

 private:
  struct Block {
    std::uint32_t word[4];
  };

  static KOKKOS_FUNCTION std::uint64_t join(std::uint32_t low, std::uint32_t high) { return (static_cast<std::uint64_t>(high) << 32) | low; }
  static KOKKOS_FUNCTION double to_unit(std::uint64_t bits) { return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52; }
  static KOKKOS_FUNCTION std::uint64_t multiply_high(std::uint64_t a, std::uint64_t b) {
    const std::uint64_t a0 = a & 0xffffffffU, a1 = a >> 32, b0 = b & 0xffffffffU, b1 = b >> 32;
    const std::uint64_t middle = a1 * b0 + ((a0 * b0) >> 32);
    return a1 * b1 + (middle >> 32) + ((a0 * b1 + (middle & 0xffffffffU)) >> 32);
  }
  KOKKOS_FUNCTION Block philox(std::uint64_t counter) const {
    Block x{{static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), static_cast<std::uint32_t>(m_stream),
             static_cast<std::uint32_t>(m_stream >> 32)}};
    auto key0 = static_cast<std::uint32_t>(m_seed), key1 = static_cast<std::uint32_t>(m_seed >> 32);
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t a = std::uint64_t{0xD2511F53} * x.word[0], b = std::uint64_t{0xCD9E8D57} * x.word[2];
      x = Block{{static_cast<std::uint32_t>(b >> 32) ^ x.word[1] ^ key0, static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(a >> 32) ^ x.word[3] ^ key1,
                 static_cast<std::uint32_t>(a)}};
      key0 += 0x9E3779B9U;
      key1 += 0xBB67AE85U;
    }
    return x;
  }

  std::uint64_t m_seed, m_stream;
};

}  // namespace kswgd
