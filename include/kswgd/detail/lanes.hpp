// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <cstring>
#if defined(__AVX__)
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

/// How many vectors the processor's registers hold: what a kernel keeps in them at a time depends on it.
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int vector_registers = 32;
#else
inline constexpr int vector_registers = 16;
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
template <class Exec>
inline constexpr bool few_registers = vector_registers < 32 && has_vectors<Exec>;
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

/// Loaded once and kept: where registers are few, GCC reads the memory again for each use, and the load ports become the limit
/// [Zen 3: 1.13 times the rate of the descent in 16 dimensions].
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V load_once(const LaneScalar<V>* p) {
  V v = load<V>(p);
#if defined(__AVX__) && !defined(__AVX512F__)
  if constexpr (!std::is_arithmetic_v<V>) asm("" : "+x"(v));
#endif
  return v;
}

/// x as a number of its own: a compiler that fuses a product into what follows does so in one instance of a kernel and not in another, and
/// results would differ in their last bit.
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V not_fused(V x) {
#if defined(__AVX512F__)
  if constexpr (!std::is_arithmetic_v<V>) asm("" : "+v"(x));
#endif
  return x;
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

/// a b + c in one rounding where the processor can. For sums of two products: of those the compiler would fuse either, not the same one
/// in each instance of a kernel, and results would differ in their last bit.
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V multiply_add(V a, V b, V c) {
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<V, HostLanes<float>::Type>) return (V)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
  if constexpr (std::is_same_v<V, HostLanes<double>::Type>) return (V)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(__AVX__) && defined(__FMA__)
  if constexpr (std::is_same_v<V, HostLanes<float>::Type>) return (V)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
  if constexpr (std::is_same_v<V, HostLanes<double>::Type>) return (V)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#endif
  return a * b + c;
}

}  // namespace kswgd::detail
