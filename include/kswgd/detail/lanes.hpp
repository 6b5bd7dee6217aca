// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <cstring>
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

/// @file
/// One vector of numbers as a value: a SIMD register on the host, one number in a GPU thread. A kernel written on Lanes is
/// one source for both. GCC and Clang turn the vector extension into whatever the target has (SSE2, AVX2, AVX-512, NEON),
/// also where Kokkos was built without an architecture. nvcc compiles the kernels of the host for the device as well, where
/// there are no such vectors: in a CUDA build the host has one lane, too.

namespace kswgd::detail {

#if defined(__AVX512F__)
inline constexpr int vector_bytes = 64;
#elif defined(__AVX__)
inline constexpr int vector_bytes = 32;
#else
inline constexpr int vector_bytes = 16;
#endif

template <class T>
struct HostLanes;
template <>
struct HostLanes<double> {
  typedef double Type __attribute__((vector_size(vector_bytes)));
  typedef std::int64_t Bits __attribute__((vector_size(vector_bytes)));
};
template <>
struct HostLanes<float> {
  typedef float Type __attribute__((vector_size(vector_bytes)));
  typedef std::int32_t Bits __attribute__((vector_size(vector_bytes)));
};

template <class T>
struct SingleLane {
  using Type = T;
};

template <class Exec>
inline constexpr bool on_host = std::is_same_v<typename Exec::memory_space, Kokkos::HostSpace>;

#if defined(KOKKOS_ENABLE_CUDA)
template <class Exec>
inline constexpr bool has_vectors = false;
#else
template <class Exec>
inline constexpr bool has_vectors = on_host<Exec>;
#endif

/// What a kernel on Exec computes with, and how many numbers that holds.
template <class Exec, class T>
using Lanes = typename std::conditional_t<has_vectors<Exec>, HostLanes<T>, SingleLane<T>>::Type;
template <class Exec, class T>
inline constexpr int lane_count = has_vectors<Exec> ? vector_bytes / int(sizeof(T)) : 1;

template <class V>
using LaneScalar = std::conditional_t<std::is_arithmetic_v<V>, V, std::conditional_t<std::is_same_v<V, HostLanes<float>::Type>, float, double>>;

/// The numbers at p[0], p[1], ...; no alignment is asked for.
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V load(const LaneScalar<V>* p) {
  V v;
  std::memcpy(&v, p, sizeof(V));
  return v;
}
template <class V>
KOKKOS_FORCEINLINE_FUNCTION void store(LaneScalar<V>* p, const V& v) {
  std::memcpy(p, &v, sizeof(V));
}

/// As load and store where only the first `count` numbers exist: the last one is repeated, what lies beyond is not written.
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V load_some(const LaneScalar<V>* p, int count) {
  constexpr int lanes = sizeof(V) / sizeof(LaneScalar<V>);
  if (count >= lanes) return load<V>(p);
  LaneScalar<V> buffer[lanes];
  for (int l = 0; l < lanes; ++l) buffer[l] = p[l < count ? l : count - 1];
  return load<V>(buffer);
}
template <class V>
KOKKOS_FORCEINLINE_FUNCTION void store_some(LaneScalar<V>* p, const V& v, int count) {
  constexpr int lanes = sizeof(V) / sizeof(LaneScalar<V>);
  if (count >= lanes) return store<V>(p, v);
  LaneScalar<V> buffer[lanes];
  store<V>(buffer, v);
  for (int l = 0; l < count; ++l) p[l] = buffer[l];
}

/// The same number in every lane.
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V broadcast(LaneScalar<V> x) {
  return V{} + x;
}

/// Minimax polynomials of 2^f on [-1/2, 1/2] by relative error, from a Remez exchange in 50 digits: error 3.1e-18 (degree 11)
/// and 1.9e-9 (degree 6), below half an ulp of double and float. Horner's rule has the fewest multiplications, and the
/// kernels have enough independent vectors to hide its latency [Zen 4: 1.35 times the rate of Estrin's].
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V exp2_polynomial(V f, double) {
  V p = f * 0x1.e7aa0f6005d3cp-32 + 0x1.e620fb765be15p-28;
  p = p * f + 0x1.b526788b3b73dp-24;
  p = p * f + 0x1.62bfc3c1c8a7cp-20;
  p = p * f + 0x1.ffcbfba7b89b6p-17;
  p = p * f + 0x1.43091310bf6b0p-13;
  p = p * f + 0x1.5d87fe78cf26dp-10;
  p = p * f + 0x1.3b2ab6fb9f413p-7;
  p = p * f + 0x1.c6b08d7049fd1p-5;
  p = p * f + 0x1.ebfbdff82c5adp-3;
  p = p * f + 0x1.62e42fefa39efp-1;
  return p * f + 1.0;
}
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V exp2_polynomial(V f, float) {
  V p = f * 1.5345808e-4F + 1.3399931e-3F;
  p = p * f + 9.6184890e-3F;
  p = p * f + 5.5503288e-2F;
  p = p * f + 2.4022647e-1F;
  p = p * f + 6.9314721e-1F;
  return p * f + 1.0F;
}

/// max(t, bound) in every lane; NaN stays NaN. (The forms with a full mask are the same instruction; GCC 12 warns of the others.)
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V at_least(V t, LaneScalar<V> bound) {
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<V, HostLanes<float>::Type>) return (V)_mm512_maskz_max_ps(0xffff, (__m512)broadcast<V>(bound), (__m512)t);
  if constexpr (std::is_same_v<V, HostLanes<double>::Type>) return (V)_mm512_maskz_max_pd(0xff, (__m512d)broadcast<V>(bound), (__m512d)t);
#endif
  return t < bound ? broadcast<V>(bound) : t;
}

#if defined(__AVX512F__)
/// 2^t with a table of 2^(j/16), which two registers hold, and a polynomial of degree 6 on [-1/32, 1/32] (error 6.9e-18): half
/// the multiplications of the plain one [1.3 times its rate]. vscalef goes to 0 by itself: no clamp, but |t| must be below 1e60.
KOKKOS_FORCEINLINE_FUNCTION HostLanes<double>::Type exp2_by_table(HostLanes<double>::Type t) {
  using V = HostLanes<double>::Type;
  constexpr double magic = 0x1.8p48;  // rounds to a multiple of 1/16, which then stands in the lowest bits
  const __m512d low = _mm512_setr_pd(0x1p+0, 0x1.0b5586cf9890fp+0, 0x1.172b83c7d517bp+0, 0x1.2387a6e756238p+0, 0x1.306fe0a31b715p+0, 0x1.3dea64c123422p+0,
                                     0x1.4bfdad5362a27p+0, 0x1.5ab07dd485429p+0);
  const __m512d high = _mm512_setr_pd(0x1.6a09e667f3bcdp+0, 0x1.7a11473eb0187p+0, 0x1.8ace5422aa0dbp+0, 0x1.9c49182a3f090p+0, 0x1.ae89f995ad3adp+0,
                                      0x1.c199bdd85529cp+0, 0x1.d5818dcfba487p+0, 0x1.ea4afa2a490dap+0);
  const V shifted = t + magic, rounded = shifted - magic, f = t - rounded;
  const V entry = (V)_mm512_permutex2var_pd(low, (__m512i)shifted, high);
  V p = f * 0x1.4307dc900f1b2p-13 + 0x1.5d89be48bc457p-10;
  p = p * f + 0x1.3b2ab6feace9dp-7;
  p = p * f + 0x1.c6b08d6e8a40ap-5;
  p = p * f + 0x1.ebfbdff82c53cp-3;
  p = p * f + 0x1.62e42fefa39fdp-1;
  return (V)_mm512_maskz_scalef_pd(0xff, (__m512d)(entry + (entry * f) * p), (__m512d)rounded);
}
#endif

/// 2^t for -1e60 < t <= 0 (or above by rounding), within 2 ulp. Where the result would be subnormal it may be clamped (a feature is
/// then 1e-307, or 1e-38, and not 0: no branch, and no operation on a subnormal number). Rounding to the nearest integer is
/// done by adding 1.5 x 2^52 (2^23): fast-math would delete it.
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V exp2_nonpositive(V t) {
  using T = LaneScalar<V>;
  if constexpr (std::is_arithmetic_v<V>) {
    return Kokkos::exp2(t);
  } else {
    constexpr bool wide = sizeof(T) == 8;
#if defined(__AVX512F__)
    if constexpr (wide) return exp2_by_table(t);
#endif
    constexpr T lowest = wide ? T(-1021) : T(-125);
    constexpr T magic = wide ? T(0x1.8p52) : T(0x1.8p23F);
    using Bits = typename HostLanes<T>::Bits;
    t = at_least(t, lowest);
    const V shifted = t + magic;
    const Bits exponent = (Bits)shifted << (wide ? 52 : 23);
    const V mantissa = exp2_polynomial(V(t - (shifted - magic)), T{});
    const Bits bits = (Bits)mantissa + exponent;
    return (V)bits;
  }
}

}  // namespace kswgd::detail
