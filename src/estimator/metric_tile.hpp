// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/algebra/dense.hpp>
#include <kswgd/estimator/diffusion.hpp>
#include <kswgd/geometry/frame.hpp>
#include <kswgd/moments/fold_sums.hpp>

// The Dirichlet form of the caller's metric, and of a diffusion matrix in it, tile by tile.
namespace kswgd::detail {

/// into(i, :) += factor weight(i, column) from(i, :); column -1: no weights.
template <class Exec>
struct AddRowsKernel {
  Matrix<Exec> into, from;
  Points<Exec> weight;
  Index column, rows;
  double factor;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % rows;
    into(i, item / rows) += factor * (column < 0 ? 1.0 : weight(i, column)) * from(i, item / rows);
  }
};

/// Adds sum_i w_i (s o grad psi) . a (s o grad psi)^T to the metric form of sums, with s the frame's stretches, so that it is the form of the caller's
/// columns in units of 1 / FrameData::length^2. On a manifold (where a is the identity and s is one number for each factor) the gradient loses its
/// normal part first. Memory: two arrays of rows x features, and one for each normal. Cost: d products, more with a full matrix or on a manifold.
template <class Exec>
class MetricTile {
 public:
  /// a: d x d row by row, in the caller's coordinates, or nothing for the identity. The frame must stay.
  MetricTile(const Exec& exec, const Frame<Exec>& frame, const AnyDictionary<Exec>& dictionary, const std::vector<double>& a, Index rows, Index features)
      : m_frame(frame),
        m_dictionary(dictionary),
        m_sum(allocate<Matrix<Exec>>(exec, "metric::sum", rows, features)),
        m_slope(allocate<Matrix<Exec>>(exec, "metric::slope", rows, features)) {
    const Index d = frame.inner_dimension();
    if (!a.empty()) m_root = diffusion_root(a, d);
    if (frame.is_mapped()) m_stretch = allocate<Points<Exec>>(exec, "metric::stretch", rows, d);
    for (Index which = 0; which < frame.geometry().codimension(); ++which) {
      m_normals.push_back(allocate<Points<Exec>>(exec, "metric::normal", rows, d));
      m_along.push_back(allocate<Matrix<Exec>>(exec, "metric::along", rows, features));
    }
  }

  /// x: points of a tile in the frame's coordinates; weights of these, or none.
  void add(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& weights, FormSums<Exec>& sums) {
    const Index count = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1));
    const Matrix<Exec> sum = first(m_sum, count), slope = first(m_slope, count);
    if (m_frame.is_mapped()) m_frame.stretches(exec, count, x, m_stretch);
    for (std::size_t f = 0; f < m_normals.size(); ++f) {
      m_frame.geometry().normal(exec, static_cast<Index>(f), x, Points<Exec>(Kokkos::subview(m_normals[f], Span(0, count), Kokkos::ALL)));
      Kokkos::deep_copy(exec, m_along[f], 0.0);
      for (Index k = 0; k < d; ++k) {
        m_dictionary.gradient(exec, x, k, slope, m_workspace);
        add_rows(exec, first(m_along[f], count), slope, m_normals[f], k, 1);
      }
    }
    for (Index j = 0; j < d; ++j) {  // row j of L^T (s o grad psi), a = L L^T
      Kokkos::deep_copy(exec, sum, 0.0);
      for (Index k = j; k < d; ++k) {
        const double factor = !m_root.empty() ? m_root[static_cast<std::size_t>(k * d + j)] : k == j ? 1.0 : 0.0;
        if (factor == 0) continue;
        m_dictionary.gradient(exec, x, k, slope, m_workspace);
        for (std::size_t f = 0; f < m_normals.size(); ++f) add_rows(exec, slope, first(m_along[f], count), m_normals[f], k, -1);
        add_rows(exec, sum, slope, m_stretch, m_frame.is_mapped() ? k : -1, factor);
      }
      if (weights.extent(0) > 0) algebra::scale_by_roots(exec, weights, sum);
      sums.add_squares(exec, sum);
    }
  }

 private:
  static Matrix<Exec> first(const Matrix<Exec>& a, Index count) { return Kokkos::subview(a, Span(0, count), Kokkos::ALL); }
  static void add_rows(const Exec& exec, const Matrix<Exec>& into, const Matrix<Exec>& from, const Points<Exec>& weight, Index column, double factor) {
    const Index rows = static_cast<Index>(into.extent(0));
    Kokkos::parallel_for("kswgd::metric::slope", index_range(exec, rows * static_cast<Index>(into.extent(1))),
                         AddRowsKernel<Exec>{into, from, weight, column, rows, factor});
  }

  const Frame<Exec>& m_frame;
  AnyDictionary<Exec> m_dictionary;
  Matrix<Exec> m_sum, m_slope;
  Points<Exec> m_stretch;
  std::vector<Points<Exec>> m_normals;
  std::vector<Matrix<Exec>> m_along;
  Workspace<Exec> m_workspace;
  std::vector<double> m_root;
};

}  // namespace kswgd::detail
