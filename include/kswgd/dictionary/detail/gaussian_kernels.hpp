// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/detail/exponential.hpp>
#include <kswgd/dictionary/detail/gaussian_tables.hpp>

/// @file
/// The two passes over all pairs of a point and a Gaussian, in which the time of a flow is spent.
///
/// In the mean the features lie in the lanes and points are broadcast, in the descent it is the other way round: no sums
/// across lanes, no masks. d <= 4 is known at compile time: distances are formed from differences and everything stays in
/// registers. D = 0 stands for any d: there the exponent is expanded, t = x.(2 q z) - q |z|^2 - q |x|^2, which halves the
/// operations, wherever its terms are small enough to lose no digits that matter; elsewhere differences again.

namespace kswgd::detail {

/// Terms that are added in the feature's own precision before the sum goes on in double.
inline constexpr Index short_sum = 256;

/// Calls the kernel of a team with one thread for the team's rank.
template <class Exec, class Kernel>
struct BlockOfTeam {
  Kernel kernel;
  KOKKOS_FUNCTION void operator()(const typename Kokkos::TeamPolicy<Exec>::member_type& team) const { kernel(static_cast<Index>(team.league_rank())); }
};

/// kernel(block) for `count` blocks of work. On the host Kokkos gives each thread a contiguous range of blocks, which it works off one by
/// one; a thread that has finished its range takes over the last blocks of another's. Neighbouring blocks write neighbouring memory: as
/// they mostly stay with one thread, few cache lines are written by two.
template <class Exec, class Kernel>
void for_each_block(const char* label, const Exec& exec, Index count, const Kernel& kernel) {
  if (count == 0) return;
  if constexpr (on_host<Exec>) {
    using Policy = Kokkos::TeamPolicy<Exec, Kokkos::Schedule<Kokkos::Dynamic>>;
    Kokkos::parallel_for(label, Policy(exec, static_cast<int>(count), 1).set_chunk_size(1), BlockOfTeam<Exec, Kernel>{kernel});
  } else {
    Kokkos::parallel_for(label, index_range(exec, count), kernel);
  }
}

/// The expanded exponent is used where q (|x|^2 + |z|^2) is at most this, q = log2(e) / 2 h^2: the error of a feature is then
/// below 1e-14 (double) and 4e-6 (float), most often a tenth of it.
inline constexpr double largest_expanded = 64;

/// Calls body(std::integral_constant<int, D>) with D = d for d <= 4 and D = 0 for larger d.
template <class Body>
void dispatch_dimension(Index d, Body&& body) {
  switch (d) {
    case 1:
      return body(std::integral_constant<int, 1>{});
    case 2:
      return body(std::integral_constant<int, 2>{});
    case 3:
      return body(std::integral_constant<int, 3>{});
    case 4:
      return body(std::integral_constant<int, 4>{});
    default:
      return body(std::integral_constant<int, 0>{});
  }
}

/// |x - z|^2 for lanes of x against one z, or one x against lanes of z: whichever is a V is taken as it is.
template <int D, class V, class A, class B>
KOKKOS_FORCEINLINE_FUNCTION V square_distance(const A& a, const B& b) {
  V difference = a[0] - b[0], sum = difference * difference;
#pragma GCC unroll 4
  for (int k = 1; k < D; ++k) {
    difference = a[k] - b[k];
    sum = multiply_add<V>(difference, difference, sum);
  }
  return sum;
}

/// Item: a block of rows.
template <class Exec, class T>
struct PackKernel {
  Points<Exec> from;
  PackedPoints<Exec, T> to;
  Index n;
  int dimension;
  double far;  // coordinates are cut there: every Gaussian is 0 beyond, and squares stay finite

  KOKKOS_FUNCTION void operator()(Index item) const {
    constexpr Index block = PackedPoints<Exec, T>::block;
    const Index begin = item * block;
    double square[block] = {};
    for (int k = 0; k < dimension; ++k)
      for (Index i = 0; i < block; ++i) {
        double value = begin + i < n ? from(begin + i, k) : 0.0;
        value = value > far ? far : value < -far ? -far : value;
        to.x(begin + i, k) = static_cast<T>(value);
        square[i] += value * value;
      }
    if (to.norm.extent(0) == 0) return;
    double largest = 0;
    for (Index i = 0; i < block; ++i) {
      to.norm(begin + i) = static_cast<T>(square[i]);
      largest = square[i] > largest ? square[i] : largest;
    }
    to.largest(item) = largest;
  }
};

/// partial(a, group) = sum over the points of the group of exp(-|x - z_a|^2 / 2 h_a^2). Item: (block of features, group).
template <class Exec, class T, int D>
struct MeanKernel {
  using V = Lanes<Exec, T>;
  static constexpr int lanes = lane_count<Exec, T>;
  // Where a register holds little, more of them give the processor more to do while a chain waits [Zen 3, d = 2: 1.1 times the rate].
  static constexpr int registers = D > 0 && few_registers<Exec> ? 8 : 4;
  static constexpr int features = lanes * registers;
  static constexpr int tile_points = few_registers<Exec> ? 2 : 4;  // D = 0: what a register tile holds of them
  static_assert(padding % features == 0);

  PackedPoints<Exec, T> points;  // n x d
  Landmarks<Exec, T> landmarks;
  Matrix<Exec> partial;  // features x groups
  Index n, group_size, feature_blocks;
  int dimension;

  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index a0 = item % feature_blocks * features, group = item / feature_blocks;
    const Index begin = group * group_size, end = begin + group_size < n ? begin + group_size : n;
    for (Index a = a0; a < a0 + features; ++a) partial(a, group) = 0;
    for (Index start = begin; start < end; start += short_sum) {
      const Index stop = start + short_sum < end ? start + short_sum : end;
      V sum[registers] = {};
      if constexpr (D > 0) {
        add_points_of_known_dimension(a0, start, stop, sum);
      } else if (terms_are_small(a0, start, stop)) {
        add_points<true>(a0, start, stop, sum);
      } else {
        add_points<false>(a0, start, stop, sum);
      }
      for (int r = 0; r < registers; ++r) {
        T part[lanes];
        store<V>(part, sum[r]);
        for (int l = 0; l < lanes; ++l) partial(a0 + r * lanes + l, group) += part[l];
      }
    }
  }

  KOKKOS_FORCEINLINE_FUNCTION void add_points_of_known_dimension(Index a0, Index start, Index stop, V (&sum)[registers]) const {
    constexpr int known = D > 0 ? D : 1;
    V q[registers], z[registers][known];
    for (int r = 0; r < registers; ++r) {
      q[r] = -load<V>(&landmarks.rate(a0 + r * lanes));
      for (int k = 0; k < known; ++k) z[r][k] = load<V>(&landmarks.centres(a0 + r * lanes, k));
    }
    for (Index i = start; i < stop; ++i) {
      T point[known];
      for (int k = 0; k < known; ++k) point[k] = points.x(i, k);
      V value[registers];
#pragma GCC unroll 8
      for (int r = 0; r < registers; ++r) value[r] = q[r] * square_distance<known, V>(z[r], point);
      exp2_nonpositive(value);
#pragma GCC unroll 8
      for (int r = 0; r < registers; ++r) sum[r] += value[r];
    }
  }

  KOKKOS_FORCEINLINE_FUNCTION bool terms_are_small(Index a0, Index start, Index stop) const {
    double largest = 0;
    for (Index block = start / points.block; block * points.block < stop; ++block) largest = points.largest(block) > largest ? points.largest(block) : largest;
    return landmarks.largest_rate(a0 / padding) * largest + landmarks.largest_offset(a0 / padding) <= largest_expanded;  // false for NaN
  }

  template <bool Expanded>
  KOKKOS_FORCEINLINE_FUNCTION void add_points(Index a0, Index start, Index stop, V (&sum)[registers]) const {
    Index i = start;
    for (; i + tile_points <= stop; i += tile_points) add_tile<Expanded, tile_points>(a0, i, sum);
    for (; i < stop; ++i) add_tile<Expanded, 1>(a0, i, sum);
  }

  /// A register tile of P points x `registers` vectors of features.
  template <bool Expanded, int P>
  KOKKOS_FORCEINLINE_FUNCTION void add_tile(Index a0, Index i, V (&sum)[registers]) const {
    V t[P][registers] = {};
    if constexpr (Expanded)
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r) {
        const V q = load<V>(&landmarks.rate(a0 + r * lanes)), offset = load<V>(&landmarks.offset(a0 + r * lanes));
#pragma GCC unroll 4
        for (int j = 0; j < P; ++j) t[j][r] = offset - q * points.norm(i + j);
      }
    const Points<Exec, T>& table = Expanded ? landmarks.scaled : landmarks.centres;
    for (int k = 0; k < dimension; ++k) {
      V z[registers];
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r) z[r] = load_once<V>(&table(a0 + r * lanes, k));
#pragma GCC unroll 4
      for (int j = 0; j < P; ++j) {
        const T point = points.x(i + j, k);
#pragma GCC unroll 4
        for (int r = 0; r < registers; ++r) {
          if constexpr (Expanded) {
            t[j][r] += z[r] * point;
          } else {
            const V difference = z[r] - point;
            t[j][r] += difference * difference;
          }
        }
      }
    }
    if constexpr (!Expanded) {
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r) {
        const V q = load<V>(&landmarks.rate(a0 + r * lanes));
#pragma GCC unroll 4
        for (int j = 0; j < P; ++j) t[j][r] *= -q;
      }
    }
#pragma GCC unroll 4
    for (int j = 0; j < P; ++j) {
      exp2_nonpositive(t[j]);
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r) sum[r] += t[j][r];
    }
  }
};

/// u(i, :) += sum_a w_a exp(-|x_i - z_a|^2 / 2 h_a^2) (x_i - z_a), w_a = c_a / h_a^2. Item: a block of points. Weights exist
/// up to the next multiple of `padding` and are 0 beyond `count`.
template <class Exec, class T, int D>
struct DescentKernel {
  using V = Lanes<Exec, T>;
  static constexpr int lanes = lane_count<Exec, T>;
  static constexpr int widest = sizeof(V) == 64 && sizeof(T) == 4 ? 2 : 3;  // for d = 3 two registers of 16 floats do better than four
  static constexpr int registers = D > 0 && D <= widest ? 4 : 2;
  static constexpr int block_points = lanes * registers;
  static constexpr int tile = padding;                       // features whose weights are kept while their gradients are added, D = 0
  static constexpr int strip = few_registers<Exec> ? 4 : 8;  // features whose distances are formed together
  static_assert(padding % block_points == 0 && tile % strip == 0);

  PackedPoints<Exec, T> points;
  Landmarks<Exec, T> landmarks;
  Vector<Exec, T> weight;
  Points<Exec> u;  // n x d
  Index n, count;
  int dimension;

  KOKKOS_FUNCTION void operator()(Index block) const {
    const Index i0 = block * block_points;
    if constexpr (D > 0) {
      for (Index start = 0; start < count; start += short_sum)
        add_features_of_known_dimension(i0, start, start + short_sum < count ? start + short_sum : count);
    } else {
      const double largest = points.largest(i0 / points.block);
      for (Index start = 0; start < count; start += tile) {
        const double terms = landmarks.largest_rate(start / padding) * largest + landmarks.largest_offset(start / padding);
        const Index stop = start + tile < count ? start + tile : (count + strip - 1) / strip * strip;
        if (terms <= largest_expanded) {  // false for NaN
          add_tile<true>(i0, start, stop);
        } else {
          add_tile<false>(i0, start, stop);
        }
      }
    }
  }

  KOKKOS_FORCEINLINE_FUNCTION void add(Index i, int k, const V& value) const {
    T part[lanes];
    store<V>(part, value);
    if (i + lanes <= n) {
      for (int l = 0; l < lanes; ++l) u(i + l, k) += part[l];
    } else {
      for (int l = 0; l < lanes && i + l < n; ++l) u(i + l, k) += part[l];
    }
  }

  KOKKOS_FORCEINLINE_FUNCTION void add_features_of_known_dimension(Index i0, Index start, Index stop) const {
    constexpr int known = D > 0 ? D : 1;
    V position[registers][known], sum[registers][known] = {};
    for (int r = 0; r < registers; ++r)
      for (int k = 0; k < known; ++k) position[r][k] = load<V>(&points.x(i0 + r * lanes, k));
    for (Index a = start; a < stop; ++a) {
      T z[known];
      for (int k = 0; k < known; ++k) z[k] = landmarks.centres(a, k);
      const T q = -landmarks.rate(a), w = weight(a);
      V value[registers];
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r) value[r] = q * square_distance<known, V>(position[r], z);
      exp2_nonpositive(value);
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r) {
        value[r] *= w;
#pragma GCC unroll 4
        for (int k = 0; k < known; ++k) sum[r][k] += value[r] * (position[r][k] - z[k]);
      }
    }
    for (int r = 0; r < registers; ++r)
      for (int k = 0; k < known; ++k) add(i0 + r * lanes, k, sum[r][k]);
  }

  template <bool Expanded>
  KOKKOS_FORCEINLINE_FUNCTION void add_tile(Index i0, Index start, Index stop) const {
    V value[tile][registers], total[registers] = {};
    for (Index a = start; a < stop; a += strip) weigh<Expanded>(i0, a, &value[a - start], total);
    int k = 0;
    constexpr int together = few_registers<Exec> ? (Expanded ? 6 : 2) : (Expanded ? 8 : 4), rest = Expanded ? 4 : 2;
    for (; k + together <= dimension; k += together) add_gradient<Expanded, together>(i0, start, stop, k, value, total);
    for (; k + rest <= dimension; k += rest) add_gradient<Expanded, rest>(i0, start, stop, k, value, total);
    for (; k < dimension; ++k) add_gradient<Expanded, 1>(i0, start, stop, k, value, total);
  }

  /// value[j][r] = w exp(...) of the features a0 + j at the block's points; total sums them.
  template <bool Expanded>
  KOKKOS_FORCEINLINE_FUNCTION void weigh(Index i0, Index a0, V (*value)[registers], V (&total)[registers]) const {
    V t[strip][registers] = {};
    if constexpr (Expanded)
#pragma GCC unroll 2
      for (int r = 0; r < registers; ++r) {
        const V norm = load<V>(&points.norm(i0 + r * lanes));
#pragma GCC unroll 8
        for (int j = 0; j < strip; ++j) t[j][r] = landmarks.offset(a0 + j) - norm * landmarks.rate(a0 + j);
      }
    const Points<Exec, T>& table = Expanded ? landmarks.scaled : landmarks.centres;
    for (int k = 0; k < dimension; ++k) {
      V x[registers];
#pragma GCC unroll 2
      for (int r = 0; r < registers; ++r) x[r] = load_once<V>(&points.x(i0 + r * lanes, k));
#pragma GCC unroll 8
      for (int j = 0; j < strip; ++j) {
        const T z = table(a0 + j, k);
#pragma GCC unroll 2
        for (int r = 0; r < registers; ++r) {
          if constexpr (Expanded) {
            t[j][r] += x[r] * z;
          } else {
            const V difference = x[r] - z;
            t[j][r] += difference * difference;
          }
        }
      }
    }
#pragma GCC unroll 8
    for (int j = 0; j < strip; ++j) {
      const T q = -landmarks.rate(a0 + j), w = weight(a0 + j);
      if constexpr (!Expanded) {
#pragma GCC unroll 2
        for (int r = 0; r < registers; ++r) t[j][r] *= q;
      }
      exp2_nonpositive(t[j]);
#pragma GCC unroll 2
      for (int r = 0; r < registers; ++r) {
        const V weighted = w * t[j][r];
        value[j][r] = weighted;
        total[r] += weighted;
      }
    }
  }

  /// Adds K components of sum_a value_a (x - z_a); expanded, x sum(value) - sum(value z).
  template <bool Expanded, int K>
  KOKKOS_FORCEINLINE_FUNCTION void add_gradient(Index i0, Index start, Index stop, int k0, const V (&value)[tile][registers],
                                                const V (&total)[registers]) const {
    V position[K][registers], sum[K][registers] = {};
    if constexpr (!Expanded)
      for (int k = 0; k < K; ++k)
        for (int r = 0; r < registers; ++r) position[k][r] = load<V>(&points.x(i0 + r * lanes, k0 + k));
    for (Index a = start; a < stop; ++a)
#pragma GCC unroll 8
      for (int k = 0; k < K; ++k) {
        const T z = landmarks.centres(a, k0 + k);
#pragma GCC unroll 2
        for (int r = 0; r < registers; ++r) {
          if constexpr (Expanded) {
            sum[k][r] += value[a - start][r] * z;
          } else {
            sum[k][r] += value[a - start][r] * (position[k][r] - z);
          }
        }
      }
    for (int k = 0; k < K; ++k)
      for (int r = 0; r < registers; ++r) {
        if constexpr (Expanded) sum[k][r] = load<V>(&points.x(i0 + r * lanes, k0 + k)) * total[r] - sum[k][r];
        add(i0 + r * lanes, k0 + k, sum[k][r]);
      }
  }
};

/// psi(i, a) = exp(-|x_i - z_a|^2 / 2 h_a^2), and where asked for weighted(i, a) = psi(i, a) |x_i - z_a|^2. Distances always by
/// differences: the moments want every digit. Item: (block of features, block of points). The points lie in the lanes.
template <class Exec>
struct EvaluateKernel {
  using V = Lanes<Exec, double>;
  static constexpr int lanes = lane_count<Exec, double>;
  static constexpr int features = on_host<Exec> ? 8 : 1;

  Points<Exec> x;        // padded points x d
  Points<Exec> centres;  // padded features x d
  Vector<Exec> rate;
  Matrix<Exec> psi, weighted;
  Index n, count, first, point_blocks;
  int dimension;

  KOKKOS_FUNCTION void operator()(Index item) const {
    // On a GPU neighbouring threads take neighbouring points of one feature; on the host an item is a few whole columns.
    const Index a0 = item / point_blocks * features, block = item % point_blocks;
    const Index begin = block * (n / point_blocks), end = block + 1 == point_blocks ? n : begin + n / point_blocks;
    for (Index i = begin; i < end; i += lanes) {
      V square[features] = {};
      for (int k = 0; k < dimension; ++k) {
        const V position = load<V>(&x(i, k));
#pragma GCC unroll 8
        for (int f = 0; f < features; ++f) {
          const V difference = position - centres(a0 + f, k);
          square[f] += difference * difference;
        }
      }
      const int rows = end - i < lanes ? static_cast<int>(end - i) : lanes;
      V value[features];
#pragma GCC unroll 8
      for (int f = 0; f < features; ++f) value[f] = -rate(a0 + f) * square[f];
      exp2_nonpositive(value);
#pragma GCC unroll 8
      for (int f = 0; f < features; ++f) {
        if (a0 + f >= count) break;
        store_some<V>(&psi(i, first + a0 + f), value[f], rows);
        if (weighted.extent(0) > 0) store_some<V>(&weighted(i, a0 + f), V(value[f] * square[f]), rows);
      }
    }
  }
};

}  // namespace kswgd::detail
