// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/detail/gaussian_tables.hpp>

/// @file
/// The two passes of gaussian_kernels.hpp as a GPU wants them: a team stages a tile of one side in its scratch memory, and each
/// thread holds members of the other side in registers. No sum goes across threads, so the order of every sum is fixed.

namespace kswgd::detail {

/// Scratch that a team takes at most: several teams then fit on a multiprocessor.
inline constexpr Index largest_scratch = 16384;

/// Feature or point by feature or point, what is staged of one of `columns` numbers.
template <class T>
KOKKOS_INLINE_FUNCTION constexpr Index staged(Index columns) {
  const Index fit = largest_scratch / (columns * static_cast<Index>(sizeof(T)));
  return fit > 256 ? 256 : fit / 16 * 16;
}

/// partial(a, group) as MeanKernel. League: (block of features, group).
template <class Exec, class T, int D>
struct MeanTeamKernel {
  using Team = typename Kokkos::TeamPolicy<Exec>::member_type;
  static constexpr int per_thread = D > 0 ? 4 : 1;  // features
  static constexpr int together = 4;                // points whose distances a thread forms together, D = 0

  Points<Exec, T> x;  // n x d
  Landmarks<Exec, T> landmarks;
  Matrix<Exec> partial;
  Index n, group_size, feature_blocks, gaussians;
  int dimension;

  static KOKKOS_FUNCTION constexpr Index columns(int dimension) { return D > 0 ? D : dimension; }
  static KOKKOS_FUNCTION std::size_t scratch_bytes(int dimension) {
    return static_cast<std::size_t>(staged<T>(columns(dimension)) * columns(dimension)) * sizeof(T);
  }

  KOKKOS_FUNCTION void operator()(const Team& team) const {
    const int d = D > 0 ? D : dimension;
    const Index block = team.league_rank() % feature_blocks, group = team.league_rank() / feature_blocks, stage = staged<T>(d);
    const Index begin = group * group_size, end = begin + group_size < n ? begin + group_size : n;
    T* tile = static_cast<T*>(team.team_scratch(0).get_shmem(scratch_bytes(dimension)));
    Index feature[per_thread];
    T q[per_thread], z[per_thread][D > 0 ? D : 1];
    double total[per_thread] = {};
    for (int f = 0; f < per_thread; ++f) {
      const Index a = (block * per_thread + f) * team.team_size() + team.team_rank();
      feature[f] = a;
      q[f] = a < gaussians ? -landmarks.rate(a) : T(0);
      for (int k = 0; k < D; ++k) z[f][k] = a < gaussians ? landmarks.centres(a, k) : T(0);
    }
    for (Index start = begin; start < end; start += stage) {
      const Index count = start + stage < end ? stage : end - start;
      team.team_barrier();
      for (Index item = team.team_rank(); item < count * d; item += team.team_size())
        tile[item % count * d + item / count] = x(start + item % count, item / count);
      team.team_barrier();
      T sum[per_thread] = {};
      if constexpr (D > 0) {
        for (Index i = 0; i < count; ++i) {
          for (int f = 0; f < per_thread; ++f) {
            T square = 0;
            for (int k = 0; k < D; ++k) square += (tile[i * D + k] - z[f][k]) * (tile[i * D + k] - z[f][k]);
            sum[f] += Kokkos::exp2(q[f] * square);
          }
        }
      } else if (feature[0] < gaussians) {
        Index i = 0;
        for (; i + together <= count; i += together) sum[0] += add_points<together>(tile + i * d, feature[0], q[0]);
        for (; i < count; ++i) sum[0] += add_points<1>(tile + i * d, feature[0], q[0]);
      }
      for (int f = 0; f < per_thread; ++f) total[f] += sum[f];
    }
    for (int f = 0; f < per_thread; ++f)
      if (feature[f] < gaussians) partial(feature[f], group) = total[f];
  }

  template <int P>
  KOKKOS_FORCEINLINE_FUNCTION T add_points(const T* tile, Index a, T q) const {
    T square[P] = {}, sum = 0;
    for (int k = 0; k < dimension; ++k) {
      const T z = landmarks.centres(a, k);
      for (int j = 0; j < P; ++j) square[j] += (tile[j * dimension + k] - z) * (tile[j * dimension + k] - z);
    }
    for (int j = 0; j < P; ++j) sum += Kokkos::exp2(q * square[j]);
    return sum;
  }
};

/// u += ... as DescentKernel. League: a block of points.
template <class Exec, class T, int D>
struct DescentTeamKernel {
  using Team = typename Kokkos::TeamPolicy<Exec>::member_type;
  static constexpr int per_thread = D > 0 ? 2 : 1;  // points
  static constexpr int together = 16;               // features whose weights a thread keeps, D = 0

  Points<Exec, T> x;  // rows beyond n exist: padding
  Landmarks<Exec, T> landmarks;
  Vector<Exec, T> weight;
  Points<Exec> u;
  Index n, count;  // weights exist up to a multiple of `padding`, and are 0 beyond count
  int dimension;

  static KOKKOS_FUNCTION constexpr Index columns(int dimension) { return (D > 0 ? D : dimension) + 2; }
  static KOKKOS_FUNCTION std::size_t scratch_bytes(int dimension) {
    return static_cast<std::size_t>(staged<T>(columns(dimension)) * columns(dimension)) * sizeof(T);
  }

  KOKKOS_FUNCTION void operator()(const Team& team) const {
    const int d = D > 0 ? D : dimension;
    const Index wide = d + 2, stage = staged<T>(wide), last = padded(count);
    T* tile = static_cast<T*>(team.team_scratch(0).get_shmem(scratch_bytes(dimension)));
    Index point[per_thread];
    T position[per_thread][D > 0 ? D : 1];
    double total[per_thread][D > 0 ? D : 1] = {};
    for (int r = 0; r < per_thread; ++r) {
      const Index i = (static_cast<Index>(team.league_rank()) * per_thread + r) * team.team_size() + team.team_rank();
      point[r] = i < n ? i : n;
      for (int k = 0; k < D; ++k) position[r][k] = i < n ? x(i, k) : T(0);
    }
    for (Index start = 0; start < last; start += stage) {
      const Index features = start + stage < last ? stage : last - start;
      team.team_barrier();
      for (Index item = team.team_rank(); item < features * wide; item += team.team_size()) {
        const Index a = start + item % features, column = item / features;
        tile[item % features * wide + column] = column < d ? landmarks.centres(a, column) : column == d ? -landmarks.rate(a) : weight(a);
      }
      team.team_barrier();
      if constexpr (D > 0) {
        T sum[per_thread][D > 0 ? D : 1] = {};
        for (Index a = 0; a < features; ++a) {
          const T* z = tile + a * (D + 2);
          for (int r = 0; r < per_thread; ++r) {
            T difference[D > 0 ? D : 1], square = 0;
            for (int k = 0; k < D; ++k) {
              difference[k] = position[r][k] - z[k];
              square += difference[k] * difference[k];
            }
            const T value = z[D + 1] * Kokkos::exp2(z[D] * square);
            for (int k = 0; k < D; ++k) sum[r][k] += value * difference[k];
          }
        }
        for (int r = 0; r < per_thread; ++r)
          for (int k = 0; k < D; ++k) total[r][k] += sum[r][k];
      } else if (point[0] < n) {
        for (Index a = 0; a < features; a += together) add_features(tile + a * wide, point[0]);
      }
    }
    for (int r = 0; r < per_thread; ++r)
      for (int k = 0; k < D; ++k)
        if (point[r] < n) u(point[r], k) += total[r][k];
  }

  KOKKOS_FORCEINLINE_FUNCTION void add_features(const T* z, Index i) const {
    const int wide = dimension + 2;
    T value[together] = {};
    for (int k = 0; k < dimension; ++k) {
      const T position = x(i, k);
      for (int j = 0; j < together; ++j) value[j] += (position - z[j * wide + k]) * (position - z[j * wide + k]);
    }
    for (int j = 0; j < together; ++j) value[j] = z[j * wide + dimension + 1] * Kokkos::exp2(z[j * wide + dimension] * value[j]);
    for (int k = 0; k < dimension; ++k) {
      const T position = x(i, k);
      T sum = 0;
      for (int j = 0; j < together; ++j) sum += value[j] * (position - z[j * wide + k]);
      u(i, k) += sum;
    }
  }
};

/// Whether a tile of the other side fits into a team's scratch; else the kernels of gaussian_kernels.hpp serve.
template <class T>
constexpr bool teams_can(Index d) {
  return staged<T>(d + 2) >= 16;
}

template <class Exec>
int threads_of_a_team() {
  return std::is_same_v<typename Exec::memory_space, Kokkos::HostSpace> ? 1 : 128;
}

/// Runs a team kernel on `league` teams.
template <class Exec, class Kernel>
void launch_teams(const Exec& exec, const char* label, Index league, const Kernel& kernel, int dimension) {
  Kokkos::TeamPolicy<Exec> policy(exec, static_cast<int>(league), threads_of_a_team<Exec>());
  policy.set_scratch_size(0, Kokkos::PerTeam(static_cast<int>(Kernel::scratch_bytes(dimension))));
  Kokkos::parallel_for(label, policy, kernel);
}

/// partial(a, group), a < gaussians, by teams.
template <int D, class Exec, class T>
void mean_by_teams(const Exec& exec, const Points<Exec, T>& x, Index n, const Landmarks<Exec, T>& landmarks, Index gaussians, const Matrix<Exec>& partial,
                   Index group_size, int dimension) {
  using Kernel = MeanTeamKernel<Exec, T, D>;
  const Index block = threads_of_a_team<Exec>() * Kernel::per_thread, blocks = (gaussians + block - 1) / block;
  const Index groups = (n + group_size - 1) / group_size;
  launch_teams(exec, "kswgd::GaussianDictionary::mean::gaussians", blocks * groups, Kernel{x, landmarks, partial, n, group_size, blocks, gaussians, dimension},
               dimension);
}

/// u += the descent along the Gaussians, by teams.
template <int D, class Exec, class T>
void descent_by_teams(const Exec& exec, const Points<Exec, T>& x, Index n, const Landmarks<Exec, T>& landmarks, Index gaussians, const Vector<Exec, T>& weight,
                      const Points<Exec>& u, int dimension) {
  using Kernel = DescentTeamKernel<Exec, T, D>;
  const Index block = threads_of_a_team<Exec>() * Kernel::per_thread;
  launch_teams(exec, "kswgd::GaussianDictionary::descent::gaussians", (n + block - 1) / block, Kernel{x, landmarks, weight, u, n, gaussians, dimension},
               dimension);
}

}  // namespace kswgd::detail
