// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/detail/lanes.hpp>
#include <array>
#include <bit>
#include <cstdint>

/// @file
/// The exponential of the hot loops: 2^t in every lane, t <= 0, within 2 ulp.
///
/// t = k/N + f with an integer k and |f| <= 1/2N, 2^t = 2^(k/N) 2^f. Rounding to a multiple of 1/N is done by adding 1.5 x 2^52/N
/// (2^23/N): k then stands in the lowest bits. (Fast-math would delete that.) Its last bits choose one of N powers in registers, the
/// others are the exponent, and a polynomial serves 2^f. More powers make it shorter; how many fit depends on the processor:
///
/// |              | fp64               | fp32               | against no table, in the means of d = 2      |
/// |---|---|---|---|
/// | AVX-512      | N = 16, degree 6   | N = 32, degree 2   | 1.3 and 1.2 times the rate [Zen 4]           |
/// | AVX2         | N = 8, degree 7    | N = 8, degree 3    | 1.2 and 1.3 times [Zen 3]                    |
/// | all others   | N = 1, degree 11   | N = 1, degree 6    |                                              |
///
/// Polynomials have the least relative error on their interval (Remez and Lawson, 30 digits and more): 3.1e-18, 7.0e-18, 2.8e-18 in fp64,
/// 1.9e-9, 2.5e-8 and, with 32 powers, 5.3e-8, up to .9 ulp. Horner's rule has the fewest operations.

namespace kswgd::detail {

/// max(t, bound) in every lane; NaN stays NaN. (The forms with a full mask are the same instruction; GCC 12 warns of the others.)
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V at_least(V t, LaneScalar<V> bound) {
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<V, HostLanes<float>::Type>) return (V)_mm512_maskz_max_ps(0xffff, (__m512)broadcast<V>(bound), (__m512)t);
  if constexpr (std::is_same_v<V, HostLanes<double>::Type>) return (V)_mm512_maskz_max_pd(0xff, (__m512d)broadcast<V>(bound), (__m512d)t);
#elif defined(__AVX__)
  if constexpr (std::is_same_v<V, HostLanes<float>::Type>) return (V)_mm256_max_ps((__m256)broadcast<V>(bound), (__m256)t);
  if constexpr (std::is_same_v<V, HostLanes<double>::Type>) return (V)_mm256_max_pd((__m256d)broadcast<V>(bound), (__m256d)t);
#endif
  return t < bound ? broadcast<V>(bound) : t;
}

/// p[r] = (..(c_1 f[r] + c_2) f[r] + ..) + c_m, one step for all r before the next.
template <int N, class V, class... Coefficients>
KOKKOS_FORCEINLINE_FUNCTION void horner(V (&p)[N], const V (&f)[N], LaneScalar<V> first, Coefficients... others) {
#pragma GCC unroll 4
  for (int r = 0; r < N; ++r) p[r] = broadcast<V>(first);
  const auto step = [&](LaneScalar<V> coefficient) {
#pragma GCC unroll 4
    for (int r = 0; r < N; ++r) p[r] = p[r] * f[r] + coefficient;
  };
  (step(others), ...);
}

/// 2^(j/32)
inline constexpr std::array<double, 32> powers_of_two = {
    0x1.0000000000000p+0, 0x1.059b0d3158574p+0, 0x1.0b5586cf9890fp+0, 0x1.11301d0125b51p+0, 0x1.172b83c7d517bp+0, 0x1.1d4873168b9aap+0, 0x1.2387a6e756238p+0,
    0x1.29e9df51fdee1p+0, 0x1.306fe0a31b715p+0, 0x1.371a7373aa9cbp+0, 0x1.3dea64c123422p+0, 0x1.44e086061892dp+0, 0x1.4bfdad5362a27p+0, 0x1.5342b569d4f82p+0,
    0x1.5ab07dd485429p+0, 0x1.6247eb03a5585p+0, 0x1.6a09e667f3bcdp+0, 0x1.71f75e8ec5f74p+0, 0x1.7a11473eb0187p+0, 0x1.82589994cce13p+0, 0x1.8ace5422aa0dbp+0,
    0x1.93737b0cdc5e5p+0, 0x1.9c49182a3f090p+0, 0x1.a5503b23e255dp+0, 0x1.ae89f995ad3adp+0, 0x1.b7f76f2fb5e47p+0, 0x1.c199bdd85529cp+0, 0x1.cb720dcef9069p+0,
    0x1.d5818dcfba487p+0, 0x1.dfc97337b9b5fp+0, 0x1.ea4afa2a490dap+0, 0x1.f50765b6e4540p+0};

/// Where the exponent begins in the bits of a T.
template <class T>
inline constexpr int mantissa_bits = sizeof(T) == 8 ? 52 : 23;

/// Entry j is the bit pattern of 2^(j/count) minus j << place, where place = mantissa_bits - log2(count). For k = count e + j the sum
/// (k << place) + entry j is then the bit pattern of 2^(k/count): e is added to the exponent, and j << place cancels.
template <class T, int count>
constexpr auto powers_less_steps() {
  using Bits = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;
  constexpr int place = mantissa_bits<T> - std::countr_zero(static_cast<unsigned>(count));
  std::array<Bits, count> bits{};
  for (int j = 0; j < count; ++j) bits[j] = std::bit_cast<Bits>(static_cast<T>(powers_of_two[j * (32 / count)])) - (Bits(j) << place);
  return bits;
}

/// Powers that registers hold: of(k) is the entry k mod count of powers_less_steps. Without a permutation of lanes only 2^0 is one.
template <class T>
struct Powers {
  static constexpr int count = 1;
  using Bits = typename HostLanes<T>::Bits;
  static KOKKOS_FORCEINLINE_FUNCTION Bits of(Bits) { return Bits{} + powers_less_steps<T, 1>()[0]; }
};

#if defined(KOKKOS_ENABLE_CUDA)
#elif defined(__AVX512F__)
template <>
struct Powers<float> {
  static constexpr int count = 32;
  static constexpr auto table = powers_less_steps<float, count>();
  using Bits = HostLanes<float>::Bits;
  static KOKKOS_FORCEINLINE_FUNCTION Bits of(Bits k) {
    return (Bits)_mm512_permutex2var_epi32(_mm512_loadu_si512(table.data()), (__m512i)k, _mm512_loadu_si512(table.data() + 16));
  }
};

/// In double there is an instruction that scales by 2^t: no bits are added, and no clamp is needed, but |t| must be below 1e60.
template <>
struct Powers<double> {
  static constexpr int count = 16;
  using V = HostLanes<double>::Type;
  using Bits = HostLanes<double>::Bits;
  static constexpr auto table = [] {
    std::array<double, count> powers{};
    for (int j = 0; j < count; ++j) powers[j] = powers_of_two[2 * j];
    return powers;
  }();
  static KOKKOS_FORCEINLINE_FUNCTION V of(V shifted) {
    return (V)_mm512_permutex2var_pd(_mm512_loadu_pd(table.data()), (__m512i)shifted, _mm512_loadu_pd(table.data() + 8));
  }
  static KOKKOS_FORCEINLINE_FUNCTION V scaled(V value, V t) { return (V)_mm512_maskz_scalef_pd(0xff, (__m512d)value, (__m512d)t); }
};
#elif defined(__AVX2__)
template <>
struct Powers<float> {
  static constexpr int count = 8;
  static constexpr auto table = powers_less_steps<float, count>();
  using Bits = HostLanes<float>::Bits;
  static KOKKOS_FORCEINLINE_FUNCTION Bits of(Bits k) {
    return (Bits)_mm256_permutevar8x32_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(table.data())), (__m256i)k);
  }
};

/// The two halves of the eight numbers, each picked as in float.
template <>
struct Powers<double> {
  static constexpr int count = 8;
  template <int half>
  static constexpr auto words = [] {
    std::array<std::int32_t, count> part{};
    for (int j = 0; j < count; ++j) part[j] = static_cast<std::int32_t>(powers_less_steps<double, count>()[j] >> 32 * half);
    return part;
  }();
  using Bits = HostLanes<double>::Bits;
  static KOKKOS_FORCEINLINE_FUNCTION Bits of(Bits k) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words<0>.data()));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words<1>.data()));
    const __m256i both = _mm256_shuffle_epi32((__m256i)k, 0xa0);  // k's low word in either half
    return (Bits)_mm256_blend_epi32(_mm256_permutevar8x32_epi32(low, both), _mm256_permutevar8x32_epi32(high, both), 0xaa);
  }
};
#endif

/// p(f) of 2^f = 1 + f p(f) for |f| <= 1 / 2 count.
template <int N, class V>
KOKKOS_FORCEINLINE_FUNCTION void exp2_polynomial(V (&p)[N], const V (&f)[N]) {
  using T = LaneScalar<V>;
  constexpr int count = Powers<T>::count;
  if constexpr (sizeof(T) == 8) {
    static_assert(count == 1 || count == 8 || count == 16);
    if constexpr (count == 1)
      horner(p, f, 0x1.e7aa0f6005d3cp-32, 0x1.e620fb765be15p-28, 0x1.b526788b3b73dp-24, 0x1.62bfc3c1c8a7cp-20, 0x1.ffcbfba7b89b6p-17, 0x1.43091310bf6b0p-13,
             0x1.5d87fe78cf26dp-10, 0x1.3b2ab6fb9f413p-7, 0x1.c6b08d7049fd1p-5, 0x1.ebfbdff82c5adp-3, 0x1.62e42fefa39efp-1);
    else if constexpr (count == 8)
      horner(p, f, 0x1.ffc4599b90f01p-17, 0x1.430e65c0fdef2p-13, 0x1.5d87fea153258p-10, 0x1.3b2ab6ef4d5bep-7, 0x1.c6b08d70495eep-5, 0x1.ebfbdff82c797p-3,
             0x1.62e42fefa39efp-1);
    else
      horner(p, f, 0x1.4307dc900f1b2p-13, 0x1.5d89be48bc457p-10, 0x1.3b2ab6feace9dp-7, 0x1.c6b08d6e8a40ap-5, 0x1.ebfbdff82c53cp-3, 0x1.62e42fefa39fdp-1);
  } else {
    static_assert(count == 1 || count == 8 || count == 32);
    if constexpr (count == 1)
      horner(p, f, 1.5345808e-4F, 1.3399931e-3F, 9.6184890e-3F, 5.5503288e-2F, 2.4022647e-1F, 6.9314721e-1F);
    else if constexpr (count == 8)
      horner(p, f, 5.5496222e-2F, 2.4025763e-1F, 6.9314721e-1F);
    else
      horner(p, f, 2.4022688e-1F, 6.9315734e-1F);
  }
}

/// Results end here, far above the least normal number: neither the steps of an exponential nor a feature times a weight may be subnormal,
/// which some processors treat a hundred times slower [Intel Xeon, a flow in mixed precision: 3 times as long with -125]. Features end at
/// 1e-289, or 8e-25, which is nothing beside the others' rounding.
template <class T>
inline constexpr T lowest_exponent = sizeof(T) == 8 ? T(-960) : T(-80);

/// t[r] = 2^t[r] for N vectors of the host side by side.
template <int N, class V>
KOKKOS_FORCEINLINE_FUNCTION void exp2_together(V (&t)[N]) {
  using T = LaneScalar<V>;
  using Table = Powers<T>;
  constexpr bool scales = requires(V v) { Table::scaled(v, v); };
  constexpr int place = mantissa_bits<T> - std::countr_zero(static_cast<unsigned>(Table::count));
  constexpr T magic = static_cast<T>(std::int64_t{3} << (place - 1));
  V power[N], rounded[N], p[N];
#pragma GCC unroll 4
  for (int r = 0; r < N; ++r)
    if constexpr (!scales) t[r] = at_least(t[r], lowest_exponent<T>);
#pragma GCC unroll 4
  for (int r = 0; r < N; ++r) {
    const V shifted = t[r] + magic;
    rounded[r] = shifted - magic;
    if constexpr (scales) {
      power[r] = Table::of(shifted);
    } else {
      const auto k = (typename HostLanes<T>::Bits)shifted;
      power[r] = (V)(Table::of(k) + (k << place));
    }
    t[r] -= rounded[r];
  }
  exp2_polynomial(p, t);
#pragma GCC unroll 4
  for (int r = 0; r < N; ++r) {
    t[r] = power[r] + (power[r] * t[r]) * p[r];
    if constexpr (scales) t[r] = Table::scaled(t[r], rounded[r]);
  }
}

/// 2^t for -1e60 < t <= 0 (or above by rounding), within 2 ulp; NaN for NaN. Below lowest_exponent t may be clamped: no branch, and no operation on
/// a subnormal number.
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V exp2_nonpositive(V t) {
  if constexpr (std::is_arithmetic_v<V>) {
    return Kokkos::exp2(t);
  } else {
    V one[1] = {t};
    exp2_together(one);
    return one[0];
  }
}

/// As above, in place, for many vectors at a time. With 16 registers two go side by side: a chain of dependent operations alone fills the
/// scheduler before the next can begin [Zen 3: 1.2 times the rate; Zen 4 with 512 bits: nothing].
template <int N, class V>
KOKKOS_FORCEINLINE_FUNCTION void exp2_nonpositive(V (&t)[N]) {
  constexpr int together = !std::is_arithmetic_v<V> && vector_bytes < 64 && N % 2 == 0 ? 2 : 1;
#pragma GCC unroll 8
  for (int r = 0; r < N; r += together) {
    if constexpr (together == 2) {
      V pair[2] = {t[r], t[r + 1]};
      exp2_together(pair);
      t[r] = pair[0];
      t[r + 1] = pair[1];
    } else {
      t[r] = exp2_nonpositive<V>(t[r]);
    }
  }
}

}  // namespace kswgd::detail
