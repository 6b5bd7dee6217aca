// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/model/model.hpp>
#include <kswgd/support/check.hpp>

/// @file
/// Functions in the span of a model's dictionary at any points: its eigenfunctions, a committor, whatever has coefficients.

namespace kswgd {

namespace detail {

/// to(i, k) = from(i, k), in the type of `to`.
template <class Exec, class View>
struct CopyOutKernel {
  Matrix<Exec> from;
  View to;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index n = rows(from), i = item % n, k = item / n;
    to(i, k) = static_cast<typename View::non_const_value_type>(from(i, k));
  }
};

}  // namespace detail

/// r functions psi . v_k of a model, prepared once for many calls: the dictionary and the coefficients stay on the device.
template <ExecutionSpace Exec>
class Eigenfunctions {
 public:
  /// The first `modes` eigenfunctions of the model (0: all that it holds; the constant counts). Throws InvalidInput when it holds fewer,
  /// or none, or has a dictionary of the caller's own. Synchronises the instance.
  Eigenfunctions(const Exec& exec, const ModelData& model, Index modes = 0);
  /// The functions psi . v for the columns of v, p x r. Throws InvalidInput unless p is the number of the model's features.
  Eigenfunctions(const Exec& exec, const ModelData& model, const HostMatrix& v);

  /// r
  Index size() const { return static_cast<Index>(m_coefficients.extent(1)); }
  /// p
  Index features() const { return m_dictionary.size(); }
  /// Coordinates of the caller's points.
  Index dimension() const { return m_frame.dimension(); }

  /// out(i, k) = f_k(x_i); x is n x d in the caller's units, out n x r. Cost: n p (d + r) flops, the product through BLAS, in tiles;
  /// nothing n x p is stored. Throws InvalidInput when d is not the model's. Synchronises the instance.
  void values(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& out) const;
  Matrix<Exec> values(const Exec& exec, const Points<Exec>& x) const;
  /// The same of points in any View that Exec reaches, into any other: float or double, any layout. Both are copied: n (d + r) doubles.
  template <class View, class Out>
  requires(PointsView<View, Exec>&& MutablePointsView<Out, Exec> &&
           !(std::is_same_v<View, Points<Exec>> && std::is_same_v<Out, Matrix<Exec>>)) void values(const Exec& exec, const View& x, const Out& out) const {
    const Index n = rows(x);
    require(rows(out) == n && columns(out) == size(), "Eigenfunctions::values",
            [&] { return "the values must have " + std::to_string(n) + " rows and " + std::to_string(size()) + " columns"; });
    const auto points = allocate<Points<Exec>>(exec, "Eigenfunctions::points", n, columns(x));
    copy_rows(exec, x, 0, n, points);
    const Matrix<Exec> found = values(exec, points);
    Kokkos::parallel_for("kswgd::Eigenfunctions::out", index_range(exec, n * size()), detail::CopyOutKernel<Exec, Out>{found, out});
    exec.fence("kswgd::Eigenfunctions: the copies are freed");
  }
  /// Of each function its gradient at x, n x d, in 1 / length of the caller's coordinates, tangent on a manifold. Cost: r n p d.
  std::vector<Points<Exec>> gradients(const Exec& exec, const Points<Exec>& x) const;
  /// E[f_k] and E[f_k^2] under the law of the data; weights count. One walk.
  struct Averages {
    std::vector<double> mean, square;
  };
  Averages averages(const Exec& exec, const DataSet<Exec>& data) const;

 private:
  Eigenfunctions(const Exec& exec, const ModelData& model, const HostMatrix& v, Index columns);
  Points<Exec> enter(const Exec& exec, const Points<Exec>& x, const Points<Exec>& tile) const;

  Frame<Exec> m_frame;
  AnyDictionary<Exec> m_dictionary;
  Matrix<Exec> m_coefficients;  // p x r
};

}  // namespace kswgd
