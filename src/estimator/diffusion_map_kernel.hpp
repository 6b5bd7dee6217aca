// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <vector>

/// @file
/// Products with the kernel matrix K_ij = exp(-|x_i - x_j|^2 / 2e), which is never stored.

namespace kswgd::detail {

/// Points that follow one another in an order in which neighbours in the list are neighbours in space: boxes are halved along
/// their longest side until they hold `tile` points. order[i] is the row that stands at place i.
std::vector<Index> spatial_order(const HostPoints& points, Index tile);

/// K in the precision T of its entries; sums of more than one tile of 64 entries are double. Tiles whose boxes lie so far apart
/// that no entry reaches 2^-56 (of floats 2^-36) are left out: among some hundred neighbours that is below rounding.
template <ExecutionSpace Exec, class T>
class KernelMatrix {
 public:
  static constexpr Index tile = 64;
  static constexpr int reach = sizeof(T) == 8 ? 56 : 36;

  /// points: n x d in spatial order, kept as a copy.
  KernelMatrix(const Exec& exec, const HostPoints& points, double bandwidth);

  Index size() const { return m_size; }

  /// y := diag(left) K diag(right) x, n x k. Cost: n^2 (d + exp + k) flops less what lies far apart, in blocks of 8 columns.
  void apply(const Exec& exec, const Vector<Exec>& left, const Vector<Exec>& right, const Matrix<Exec>& x, const Matrix<Exec>& y);

 private:
  template <int D, int B>
  void apply_block(const Exec& exec, const Vector<Exec>& left, const Vector<Exec>& right, const Matrix<Exec>& x, const Matrix<Exec>& y, Index first);

  Index m_size, m_dimension;
  T m_rate;                       // log2(e) / 2e: the entry is 2^(-rate |x - y|^2)
  T m_reach_square;               // beyond it an entry is below 2^-reach
  Points<Exec, T> m_points;       // padded n x d
  Points<Exec, T> m_low, m_high;  // corners of the tiles' boxes, tiles x d
  Vector<Exec, T> m_packed;       // one block of columns, row after row
};

}  // namespace kswgd::detail
