// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "diffusion_map_kernel.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/gaussian_kernels.hpp>

#include <algorithm>
#include <numeric>

namespace kswgd::detail {
namespace {

void halve(const HostPoints& points, std::vector<Index>& order, Index first, Index last, Index tile) {
  if (last - first <= tile) return;
  Index longest = 0;
  double length = -1;
  for (std::size_t k = 0; k < points.extent(1); ++k) {
    double low = points(order[static_cast<std::size_t>(first)], k), high = low;
    for (Index i = first; i < last; ++i) {
      low = std::min(low, points(order[static_cast<std::size_t>(i)], k));
      high = std::max(high, points(order[static_cast<std::size_t>(i)], k));
    }
    if (high - low > length) {
      length = high - low;
      longest = static_cast<Index>(k);
    }
  }
  const Index tiles = (last - first + tile - 1) / tile, middle = first + tiles / 2 * tile;  // whole tiles on the left
  const auto before = [&](Index a, Index b) { return points(a, longest) < points(b, longest) || (points(a, longest) == points(b, longest) && a < b); };
  std::nth_element(order.begin() + first, order.begin() + middle, order.begin() + last, before);
  halve(points, order, first, middle, tile);
  halve(points, order, middle, last, tile);
}

/// y(i, first + b) = left(i) sum_j K_ij packed(j, b). Item: a block of rows, which lie in the lanes.
template <class Exec, class T, int D, int B>
struct KernelProductKernel {
  using V = Lanes<Exec, T>;
  static constexpr int lanes = lane_count<Exec, T>;
  static constexpr int registers = on_host<Exec> ? (B > 4 ? 2 : 4) : 1;
  static constexpr int rows = lanes * registers;
  static constexpr int tile = KernelMatrix<Exec, T>::tile;

  Points<Exec, T> points, low, high;
  Vector<Exec, T> packed;
  Vector<Exec> left;
  Matrix<Exec> y;
  Index n, first;
  int columns, dimension;
  T rate, reach_square;

  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i0 = item * rows, own = i0 / tile, tiles = static_cast<Index>(low.extent(0));
    double total[B * rows] = {};
    for (Index t = 0; t < tiles; ++t) {
      T away = 0;
      for (int k = 0; k < dimension; ++k) {
        const T gap = Kokkos::fmax(Kokkos::fmax(low(t, k) - high(own, k), low(own, k) - high(t, k)), T(0));
        away += gap * gap;
      }
      if (away > reach_square) continue;
      V sum[B][registers] = {};
      if constexpr (D > 0) {
        add_tile(i0, t * tile, sum);
      } else {
        for (Index j = t * tile; j < (t + 1) * tile; j += 4) add_four(i0, j, sum);
      }
      for (int b = 0; b < B; ++b)
        for (int r = 0; r < registers; ++r) {
          T part[lanes];
          store<V>(part, sum[b][r]);
          for (int l = 0; l < lanes; ++l) total[b * rows + r * lanes + l] += part[l];
        }
    }
    for (int b = 0; b < columns; ++b)
      for (int r = 0; r < rows && i0 + r < n; ++r) y(i0 + r, first + b) = left(i0 + r) * total[b * rows + r];
  }

  KOKKOS_FORCEINLINE_FUNCTION void add_tile(Index i0, Index start, V (&sum)[B][registers]) const {
    V position[registers][D > 0 ? D : 1];
    for (int r = 0; r < registers; ++r)
      for (int k = 0; k < D; ++k) position[r][k] = load<V>(&points(i0 + r * lanes, k));
    for (Index j = start; j < start + tile; ++j) {
      T z[D > 0 ? D : 1];
      for (int k = 0; k < D; ++k) z[k] = points(j, k);
      const T* weight = &packed(j * B);
      V value[registers];
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r) value[r] = -rate * square_distance<D, V>(position[r], z);
      exp2_nonpositive(value);
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r)
#pragma GCC unroll 8
        for (int b = 0; b < B; ++b) sum[b][r] += value[r] * weight[b];
    }
  }

  /// Any dimension: a register tile of 4 points against the rows.
  KOKKOS_FORCEINLINE_FUNCTION void add_four(Index i0, Index j, V (&sum)[B][registers]) const {
    V distance[4][registers] = {};
    for (int k = 0; k < dimension; ++k) {
      V position[registers];
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r) position[r] = load<V>(&points(i0 + r * lanes, k));
#pragma GCC unroll 4
      for (int c = 0; c < 4; ++c) {
        const T z = points(j + c, k);
#pragma GCC unroll 4
        for (int r = 0; r < registers; ++r) {
          const V difference = position[r] - z;
          distance[c][r] += difference * difference;
        }
      }
    }
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c) {
      const T* weight = &packed((j + c) * B);
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r) distance[c][r] *= -rate;
      exp2_nonpositive(distance[c]);
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r)
#pragma GCC unroll 8
        for (int b = 0; b < B; ++b) sum[b][r] += distance[c][r] * weight[b];
    }
  }
};

template <class Exec, class T>
struct PackColumnsKernel {
  Vector<Exec> right;
  Matrix<Exec> x;
  Vector<Exec, T> packed;
  Index n, first, columns, width;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index j = item / width, b = item % width;
    packed(item) = j < n && b < columns ? static_cast<T>(right(j) * x(j, first + b)) : T(0);
  }
};

}  // namespace

std::vector<Index> spatial_order(const HostPoints& points, Index tile) {
  std::vector<Index> order(points.extent(0));
  std::iota(order.begin(), order.end(), Index{0});
  halve(points, order, 0, static_cast<Index>(order.size()), tile);
  return order;
}

template <ExecutionSpace Exec, class T>
KernelMatrix<Exec, T>::KernelMatrix(const Exec& exec, const HostPoints& points, double bandwidth)
    : m_size(static_cast<Index>(points.extent(0))),
      m_dimension(static_cast<Index>(points.extent(1))),
      m_rate(static_cast<T>(Kokkos::numbers::log2e / (2 * bandwidth))),
      m_reach_square(static_cast<T>(reach * 2 * bandwidth / Kokkos::numbers::log2e)) {
  const Index rows = padded(m_size), tiles = rows / tile;
  static_assert(padding % tile == 0);
  using Host = Kokkos::View<T**, Kokkos::LayoutLeft, Kokkos::HostSpace>;
  const Host host("kswgd::KernelMatrix::points", rows, m_dimension), low("kswgd::KernelMatrix::low", tiles, m_dimension),
      high("kswgd::KernelMatrix::high", tiles, m_dimension);
  for (Index k = 0; k < m_dimension; ++k) {
    for (Index i = 0; i < rows; ++i) host(i, k) = static_cast<T>(points(std::min(i, m_size - 1), k));  // the padding stays in its box
    for (Index t = 0; t < tiles; ++t) {
      const auto [least, most] = std::minmax_element(&host(t * tile, k), &host(t * tile, k) + tile);
      low(t, k) = *least;
      high(t, k) = *most;
    }
  }
  m_points = to_device(exec, host);
  m_low = to_device(exec, low);
  m_high = to_device(exec, high);
  m_packed = allocate<Vector<Exec, T>>(exec, "KernelMatrix::packed", rows * 8);
}

template <ExecutionSpace Exec, class T>
template <int D, int B>
void KernelMatrix<Exec, T>::apply_block(const Exec& exec, const Vector<Exec>& left, const Vector<Exec>& right, const Matrix<Exec>& x, const Matrix<Exec>& y,
                                        Index first) {
  using Kernel = KernelProductKernel<Exec, T, D, B>;
  const Index columns = std::min<Index>(B, static_cast<Index>(x.extent(1)) - first), rows = static_cast<Index>(m_points.extent(0));
  Kokkos::parallel_for("kswgd::KernelMatrix::pack", index_range(exec, rows * B), PackColumnsKernel<Exec, T>{right, x, m_packed, m_size, first, columns, B});
  const Kernel kernel{m_points, m_low,         m_high, m_packed, left, y, m_size, first, static_cast<int>(columns), static_cast<int>(m_dimension),
                      m_rate,   m_reach_square};
  for_each_block("kswgd::KernelMatrix::apply", exec, (m_size + Kernel::rows - 1) / Kernel::rows, kernel);
}

template <ExecutionSpace Exec, class T>
void KernelMatrix<Exec, T>::apply(const Exec& exec, const Vector<Exec>& left, const Vector<Exec>& right, const Matrix<Exec>& x, const Matrix<Exec>& y) {
  const Index columns = static_cast<Index>(x.extent(1));
  dispatch_dimension(m_dimension, [&](auto dimension) {
    constexpr int D = decltype(dimension)::value;
    for (Index first = 0; first < columns; first += 8) {
      if (columns - first == 1) {
        apply_block<D, 1>(exec, left, right, x, y, first);
      } else if (columns - first <= 4) {
        apply_block<D, 4>(exec, left, right, x, y, first);
      } else {
        apply_block<D, 8>(exec, left, right, x, y, first);
      }
    }
  });
}

#define KSWGD_INSTANTIATE(EXEC)              \
  template class KernelMatrix<EXEC, double>; \
  template class KernelMatrix<EXEC, float>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd::detail
