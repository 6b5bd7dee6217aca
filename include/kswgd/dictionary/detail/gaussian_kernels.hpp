// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/detail/lanes.hpp>

/// @file
/// The two passes over all pairs of a point and a Gaussian, in which the time of a flow is spent. Distances are formed from
/// differences (the expanded form x.x - 2 x.z + z.z loses digits in float).
///
/// In the mean the features lie in the lanes and points are broadcast, in the descent it is the other way round: no sums
/// across lanes, no masks. d <= 4 is known at compile time and stays in registers, D = 0 stands for any d.

namespace kswgd::detail {

/// Points and features are padded to a multiple of this: the widest block (4 registers of 16 floats).
inline constexpr Index padding = 64;
inline constexpr Index padded(Index n) { return (n + padding - 1) / padding * padding; }

/// Terms that are added in the feature's own precision before the sum goes on in double.
inline constexpr Index short_sum = 256;

/// A policy whose items are blocks of work, handed out one by one on the host.
template <class Exec>
auto blocks(const Exec& exec, Index count) {
  using Policy = Kokkos::RangePolicy<Exec, Kokkos::Schedule<Kokkos::Dynamic>, Kokkos::IndexType<Index>>;
  if constexpr (on_host<Exec>) {
    return Policy(exec, 0, count, Kokkos::ChunkSize(1));
  } else {
    return Policy(exec, 0, count);
  }
}

/// |x - z|^2 for lanes of x against one z, or one x against lanes of z: whichever is a V is taken as it is.
template <int D, class V, class A, class B>
KOKKOS_FORCEINLINE_FUNCTION V square_distance(const A& a, const B& b) {
  V difference = a[0] - b[0], sum = difference * difference;
#pragma GCC unroll 4
  for (int k = 1; k < D; ++k) {
    difference = a[k] - b[k];
    sum += difference * difference;
  }
  return sum;
}

/// partial(group, a) = sum over the points of the group of exp(-|x - z_a|^2 / 2 h_a^2). Item: (block of features, group).
template <class Exec, class T, int D>
struct MeanKernel {
  using V = Lanes<Exec, T>;
  static constexpr int lanes = lane_count<Exec, T>;
  static constexpr int registers = on_host<Exec> ? (D > 0 ? 4 : 2) : 1;
  static constexpr int features = lanes * registers;

  Points<Exec, T> x;        // n x d
  Points<Exec, T> centres;  // padded features x d
  Vector<Exec, T> rate;
  Matrix<Exec> partial;     // features x groups
  Index n, group_size, feature_blocks;
  int dimension;

  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index a0 = item % feature_blocks * features, group = item / feature_blocks;
    const Index begin = group * group_size, end = begin + group_size < n ? begin + group_size : n;
    V q[registers];
    for (int r = 0; r < registers; ++r) q[r] = -load<V>(&rate(a0 + r * lanes));
    for (Index a = a0; a < a0 + features; ++a) partial(a, group) = 0;
    for (Index start = begin; start < end; start += short_sum) {
      const Index stop = start + short_sum < end ? start + short_sum : end;
      V sum[registers] = {};
      if constexpr (D > 0) {
        V z[registers][D];
        for (int r = 0; r < registers; ++r)
          for (int k = 0; k < D; ++k) z[r][k] = load<V>(&centres(a0 + r * lanes, k));
        for (Index i = start; i < stop; ++i) {
          T point[D];
          for (int k = 0; k < D; ++k) point[k] = x(i, k);
#pragma GCC unroll 4
          for (int r = 0; r < registers; ++r) sum[r] += exp2_nonpositive<V>(q[r] * square_distance<D, V>(z[r], point));
        }
      } else {
        Index i = start;
        for (; i + 4 <= stop; i += 4) add_points<4>(a0, i, q, sum);
        for (; i < stop; ++i) add_points<1>(a0, i, q, sum);
      }
      for (int r = 0; r < registers; ++r) {
        T part[lanes];
        store<V>(part, sum[r]);
        for (int l = 0; l < lanes; ++l) partial(a0 + r * lanes + l, group) += part[l];
      }
    }
  }

  /// A register tile of P points x `registers` vectors of features.
  template <int P>
  KOKKOS_FORCEINLINE_FUNCTION void add_points(Index a0, Index i, const V (&q)[registers], V (&sum)[registers]) const {
    V distance[P][registers] = {};
    for (int k = 0; k < dimension; ++k) {
      V z[registers];
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r) z[r] = load<V>(&centres(a0 + r * lanes, k));
#pragma GCC unroll 4
      for (int j = 0; j < P; ++j) {
        const T point = x(i + j, k);
#pragma GCC unroll 4
        for (int r = 0; r < registers; ++r) {
          const V difference = z[r] - point;
          distance[j][r] += difference * difference;
        }
      }
    }
#pragma GCC unroll 4
    for (int j = 0; j < P; ++j)
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r) sum[r] += exp2_nonpositive<V>(q[r] * distance[j][r]);
  }
};

/// u(i, :) += sum_a w_a exp(-|x_i - z_a|^2 / 2 h_a^2) (x_i - z_a), w_a = c_a / h_a^2. Item: a block of points.
template <class Exec, class T, int D>
struct DescentKernel {
  using V = Lanes<Exec, T>;
  static constexpr int lanes = lane_count<Exec, T>;
  static constexpr int registers = on_host<Exec> ? (D > 0 && D < 4 ? 4 : 2) : 1;
  static constexpr int points = lanes * registers;
  static constexpr int tile = 64;  // features whose weights are kept while their gradients are added, D = 0

  Points<Exec, T> x;        // padded points x d
  Points<Exec, T> centres;  // features x d
  Vector<Exec, T> rate, weight;
  Points<Exec> u;           // n x d
  Index n, count;
  int dimension;

  KOKKOS_FUNCTION void operator()(Index block) const {
    const Index i0 = block * points;
    for (Index start = 0; start < count; start += (D > 0 ? short_sum : Index(tile))) {
      const Index length = D > 0 ? short_sum : Index(tile), stop = start + length < count ? start + length : count;
      if constexpr (D > 0) {
        V position[registers][D], sum[registers][D] = {};
        for (int r = 0; r < registers; ++r)
          for (int k = 0; k < D; ++k) position[r][k] = load<V>(&x(i0 + r * lanes, k));
        for (Index a = start; a < stop; ++a) {
          T z[D];
          for (int k = 0; k < D; ++k) z[k] = centres(a, k);
          const T q = -rate(a), w = weight(a);
#pragma GCC unroll 4
          for (int r = 0; r < registers; ++r) {
            const V value = w * exp2_nonpositive<V>(q * square_distance<D, V>(position[r], z));
#pragma GCC unroll 4
            for (int k = 0; k < D; ++k) sum[r][k] += value * (position[r][k] - z[k]);
          }
        }
        for (int r = 0; r < registers; ++r)
          for (int k = 0; k < D; ++k) add(i0 + r * lanes, k, sum[r][k]);
      } else {
        add_tile(i0, start, stop);
      }
    }
  }

  KOKKOS_FORCEINLINE_FUNCTION void add(Index i, int k, const V& value) const {
    T part[lanes];
    store<V>(part, value);
    for (int l = 0; l < lanes && i + l < n; ++l) u(i + l, k) += part[l];
  }

  KOKKOS_FORCEINLINE_FUNCTION void add_tile(Index i0, Index start, Index stop) const {
    V value[tile][registers];
    for (Index a = start; a < stop; ++a) {
      V distance[registers] = {};
      for (int k = 0; k < dimension; ++k) {
        const T z = centres(a, k);
#pragma GCC unroll 4
        for (int r = 0; r < registers; ++r) {
          const V difference = load<V>(&x(i0 + r * lanes, k)) - z;
          distance[r] += difference * difference;
        }
      }
      const T q = -rate(a), w = weight(a);
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r) value[a - start][r] = w * exp2_nonpositive<V>(q * distance[r]);
    }
    int k = 0;
    for (; k + 4 <= dimension; k += 4) add_gradient<4>(i0, start, stop, k, value);
    for (; k < dimension; ++k) add_gradient<1>(i0, start, stop, k, value);
  }

  template <int K>
  KOKKOS_FORCEINLINE_FUNCTION void add_gradient(Index i0, Index start, Index stop, int k0,
                                                const V (&value)[tile][registers]) const {
    V position[K][registers], sum[K][registers] = {};
    for (int k = 0; k < K; ++k)
      for (int r = 0; r < registers; ++r) position[k][r] = load<V>(&x(i0 + r * lanes, k0 + k));
    for (Index a = start; a < stop; ++a)
#pragma GCC unroll 4
      for (int k = 0; k < K; ++k) {
        const T z = centres(a, k0 + k);
#pragma GCC unroll 4
        for (int r = 0; r < registers; ++r) sum[k][r] += value[a - start][r] * (position[k][r] - z);
      }
    for (int k = 0; k < K; ++k)
      for (int r = 0; r < registers; ++r) add(i0 + r * lanes, k0 + k, sum[k][r]);
  }
};

/// psi(i, a) = exp(-|x_i - z_a|^2 / 2 h_a^2), and where asked for weighted(i, a) = psi(i, a) |x_i - z_a|^2.
/// Item: a feature. The points lie in the lanes.
template <class Exec>
struct EvaluateKernel {
  using V = Lanes<Exec, double>;
  static constexpr int lanes = lane_count<Exec, double>;

  Points<Exec> x;  // padded points x d
  Points<Exec> centres;
  Vector<Exec> rate;
  Matrix<Exec> psi, weighted;
  Index n, first, point_blocks;
  int dimension;

  KOKKOS_FUNCTION void operator()(Index item) const {
    // On a GPU neighbouring threads take neighbouring points of one feature; on the host an item is a whole column.
    const Index a = item / point_blocks, block = item % point_blocks;
    const Index begin = block * (n / point_blocks), end = block + 1 == point_blocks ? n : begin + n / point_blocks;
    for (Index i = begin; i < end; i += lanes) {
      V sum = {};
      for (int k = 0; k < dimension; ++k) {
        const V difference = load<V>(&x(i, k)) - centres(a, k);
        sum += difference * difference;
      }
      const V value = exp2_nonpositive<V>(-rate(a) * sum);
      const int count = end - i < lanes ? static_cast<int>(end - i) : lanes;
      store_some<V>(&psi(i, first + a), value, count);
      if (weighted.extent(0) > 0) store_some<V>(&weighted(i, a), V(value * sum), count);
    }
  }
};

}  // namespace kswgd::detail
