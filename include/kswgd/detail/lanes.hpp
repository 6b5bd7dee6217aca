// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <cstring>

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
using LaneScalar = std::conditional_t<std::is_arithmetic_v<V>, V,
                                      std::conditional_t<std::is_same_v<V, HostLanes<float>::Type>, float, double>>;

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

/// Coefficients of the minimax polynomial of 2^f on [-1/2, 1/2] by relative error, from a Remez exchange in 50 digits:
/// error 3.1e-18 (degree 11) and 1.9e-9 (degree 6), below half an ulp of double and float.
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V exp2_polynomial(V f, double) {
  const V f2 = f * f, f4 = f2 * f2;
  const V p01 = f * 0x1.62e42fefa39efp-1 + 1.0, p23 = f * 0x1.c6b08d7049fd1p-5 + 0x1.ebfbdff82c5adp-3;
  const V p45 = f * 0x1.5d87fe78cf261p-10 + 0x1.3b2ab6fb9f415p-7, p67 = f * 0x1.ffcbfba7bad93p-17 + 0x1.43091310bf196p-13;
  const V p89 = f * 0x1.b52678889b1d9p-24 + 0x1.62bfc3c28ea68p-20, pab = f * 0x1.e7aa10e3c2d16p-32 + 0x1.e620fa2d81b2dp-28;
  return (p01 + f2 * p23) + f4 * ((p45 + f2 * p67) + f4 * (p89 + f2 * pab));
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

/// 2^t for t <= 0, within 2 ulp; t is clamped where the result would be subnormal (a feature is then 1e-307, or 1e-38, and
/// not 0: no branch). Rounding to the nearest integer is done by adding 1.5 x 2^52 (2^23): fast-math would delete it.
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V exp2_nonpositive(V t) {
  using T = LaneScalar<V>;
  if constexpr (std::is_arithmetic_v<V>) {
    return Kokkos::exp2(t);
  } else {
    constexpr bool wide = sizeof(T) == 8;
    constexpr T lowest = wide ? T(-1021) : T(-125);
    constexpr T magic = wide ? T(0x1.8p52) : T(0x1.8p23F);
    using Bits = typename HostLanes<T>::Bits;
    t = t < lowest ? broadcast<V>(lowest) : t;
    const V shifted = t + magic;
    const Bits exponent = (Bits)shifted << (wide ? 52 : 23);
    const V mantissa = exp2_polynomial(V(t - (shifted - magic)), T{});
    const Bits bits = (Bits)mantissa + exponent;
    return (V)bits;
  }
}

}  // namespace kswgd::detail
