// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/views.hpp"

#include <kswgd/support/random.hpp>

#include <array>

// IndexedRandom halves the draw number, so that two of the published vectors have counters it never reaches. The generator is
// therefore written here again, from the paper (Salmon, Moraes, Dror, Shaw 2011, section 3.3), held to the vectors, and
// compared with the class at counters and keys that use all of their bits.

namespace {

using kswgd::IndexedRandom;
using Words = std::array<std::uint32_t, 4>;
using Keys = std::array<std::uint32_t, 2>;

Words philox(Words c, Keys k) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t left = 0xD2511F53ULL * c[0], right = 0xCD9E8D57ULL * c[2];
    c = {static_cast<std::uint32_t>(right >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(right), static_cast<std::uint32_t>(left >> 32) ^ c[3] ^ k[1],
         static_cast<std::uint32_t>(left)};
    k = {k[0] + 0x9E3779B9U, k[1] + 0xBB67AE85U};
  }
  return c;
}

// Random123, tests/kat_vectors, philox4x32 10.
TEST(Philox, TheSecondImplementationGivesThePublishedVectors) {
  constexpr std::uint32_t ones = 0xffffffffU;
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U}));
  EXPECT_EQ(philox({ones, ones, ones, ones}, {ones, ones}), (Words{0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU}));
  EXPECT_EQ(philox({0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U}, {0xa4093822U, 0x299f31d0U}),
            (Words{0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U}));
}

TEST(Philox, IndexedRandomIsTheSecondImplementation) {
  const std::uint64_t seeds[] = {0, 1, 0x299f31d0a4093822ULL, ~0ULL}, streams[] = {0, 7, 0x0370734413198a2eULL, ~0ULL};
  const std::uint64_t blocks[] = {0, 1, 0x05a308d3243f6a88ULL, ~0ULL >> 1};
  for (const std::uint64_t seed : seeds)
    for (const std::uint64_t stream : streams)
      for (const std::uint64_t block : blocks) {
        const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
        const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
        const Words w = philox({low(block), high(block), low(stream), high(stream)}, {low(seed), high(seed)});
        const IndexedRandom random(seed, stream);
        EXPECT_EQ(random.bits(2 * block), std::uint64_t{w[1]} << 32 | w[0]);
        EXPECT_EQ(random.bits(2 * block + 1), std::uint64_t{w[3]} << 32 | w[2]);
      }
}

}  // namespace
