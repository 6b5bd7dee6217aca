// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/algebra/dense.hpp>
#include <kswgd/estimator/diffusion.hpp>
#include <kswgd/moments/fold_sums.hpp>

// The Dirichlet form of a diffusion matrix, tile by tile.
namespace kswgd::detail {

/// into += factor from
template <class Exec>
struct AxpyKernel {
  Matrix<Exec> into, from;
  double factor;
  Index rows;
  KOKKOS_FUNCTION void operator()(Index item) const { into(item % rows, item / rows) += factor * from(item % rows, item / rows); }
};

/// Adds sum_i w_i grad psi(x_i) . a grad psi(x_i)^T to the metric form of sums. Memory: two arrays of rows x features.
template <class Exec>
class MetricTile {
 public:
  /// a: d x d row by row, in the coordinates of the dictionary.
  MetricTile(const Exec& exec, const AnyDictionary<Exec>& dictionary, const std::vector<double>& a, Index rows, Index features)
      : m_dictionary(dictionary),
        m_root(diffusion_root(a, dictionary.dimension())),
        m_sum(allocate<Matrix<Exec>>(exec, "metric::sum", rows, features)),
        m_slope(allocate<Matrix<Exec>>(exec, "metric::slope", rows, features)) {}

  /// x: points of a tile; weights of these, or none.
  void add(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& weights, FormSums<Exec>& sums) {
    const Index count = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1));
    const Matrix<Exec> sum = Kokkos::subview(m_sum, Span(0, count), Kokkos::ALL), slope = Kokkos::subview(m_slope, Span(0, count), Kokkos::ALL);
    for (Index j = 0; j < d; ++j) {  // row j of L^T grad psi, a = L L^T
      Kokkos::deep_copy(exec, sum, 0.0);
      for (Index k = j; k < d; ++k) {
        const double factor = m_root[static_cast<std::size_t>(k * d + j)];
        if (factor == 0) continue;
        m_dictionary.gradient(exec, x, k, slope, m_workspace);
        Kokkos::parallel_for("kswgd::metric::slope", index_range(exec, count * static_cast<Index>(sum.extent(1))), AxpyKernel<Exec>{sum, slope, factor, count});
      }
      if (weights.extent(0) > 0) algebra::scale_by_roots(exec, weights, sum);
      sums.add_squares(exec, sum);
    }
  }

 private:
  AnyDictionary<Exec> m_dictionary;
  std::vector<double> m_root;
  Matrix<Exec> m_sum, m_slope;
  Workspace<Exec> m_workspace;
};

}  // namespace kswgd::detail
