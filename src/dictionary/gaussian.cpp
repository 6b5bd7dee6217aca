// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/gaussian_kernels.hpp>
#include <kswgd/dictionary/detail/gaussian_team_kernels.hpp>
#include <kswgd/dictionary/gaussian.hpp>
#include <kswgd/support/check.hpp>

namespace kswgd {
namespace {

using detail::dispatch_dimension;
using detail::for_each_block;
using detail::padded;

/// Up to this dimension kernels are compiled for each.
constexpr Index largest_known_dimension = 4;

/// In how many groups n points are summed: a function of n alone, so that sums do not depend on the number of threads.
template <class Exec>
Index group_size_of(Index n) {
  constexpr Index most_groups = detail::on_host<Exec> ? 64 : 512;
  const Index size = (n + most_groups - 1) / most_groups;
  return (size + detail::short_sum - 1) / detail::short_sum * detail::short_sum;
}

/// The pair (i, j), i <= j, that stands at place `index` of the upper triangle of a d x d matrix, row by row; of its diagonal where the d squares
/// are all the products there are.
KOKKOS_INLINE_FUNCTION void pair_of(Index index, Index d, Index products, Index& i, Index& j) {
  if (products == d) {
    i = j = index;
    return;
  }
  i = 0;
  while (index >= d - i) index -= d - i++;
  j = i + index;
}

/// A copy of the points in precision T, cut at +-far and padded with zeros; norms where `with_norms`.
template <class T, ExecutionSpace Exec>
detail::PackedPoints<Exec, T> pack(const Exec& exec, const Points<Exec>& x, Workspace<Exec>& workspace, bool with_norms, double far) {
  const Index n = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1)), rows = padded(n);
  const Index items = rows / detail::PackedPoints<Exec, T>::block;
  detail::PackedPoints<Exec, T> packed;
  packed.x = workspace.template matrix<T>(exec, "GaussianDictionary::packed", detail::spread_column(n), d);
  if (with_norms) {
    packed.norm = workspace.template vector<T>(exec, "GaussianDictionary::norm", rows);
    packed.largest = workspace.vector(exec, "GaussianDictionary::largest", items);
  }
  Kokkos::parallel_for("kswgd::GaussianDictionary::pack", index_range(exec, items), detail::PackKernel<Exec, T>{x, packed, n, static_cast<int>(d), far});
  return packed;
}

/// The coordinates of which the squares are taken, n x d: x, or its components along the axes.
template <ExecutionSpace Exec>
Points<Exec> along_axes(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& axes, Workspace<Exec>& workspace) {
  if (axes.extent(0) == 0) return x;
  const Points<Exec> turned = workspace.matrix(exec, "GaussianDictionary::turned", static_cast<Index>(x.extent(0)), static_cast<Index>(x.extent(1)));
  algebra::multiply(exec, 1.0, algebra::Op::none, x, algebra::Op::transposed, axes, 0.0, turned);
  return turned;
}

/// y: the coordinates of which products are taken.
template <ExecutionSpace Exec>
void evaluate_polynomials(const Exec& exec, const Points<Exec>& x, const Points<Exec>& y, const Matrix<Exec>& psi, Index count, Index products) {
  const Index n = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1));
  const Index row_blocks = detail::on_host<Exec> ? 1 : n;  // as in EvaluateKernel
  for_each_block(
      "kswgd::GaussianDictionary::polynomials", exec, count * row_blocks, KOKKOS_LAMBDA(Index item) {
        const Index a = item / row_blocks, block = item % row_blocks;
        const Index begin = block * (n / row_blocks), end = block + 1 == row_blocks ? n : begin + n / row_blocks;
        Index i = 0, j = 0;
        if (a > d) pair_of(a - 1 - d, d, products, i, j);
        for (Index row = begin; row < end; ++row) psi(row, a) = a == 0 ? 1.0 : a <= d ? x(row, a - 1) : y(row, i) * y(row, j);
      });
}

/// The same for squares along axes: u(i, :) = -(c_k + 2 sum_j c_j (axes_j . x_i) axes_jk).
template <ExecutionSpace Exec>
void descend_turned(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, const Matrix<Exec>& axes, Workspace<Exec>& workspace,
                    const Points<Exec>& u) {
  const Index n = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1));
  const Points<Exec> y = along_axes(exec, x, axes, workspace);
  Kokkos::parallel_for(
      "kswgd::GaussianDictionary::descent::turned", index_range(exec, n * d), KOKKOS_LAMBDA(Index item) {
        const Index i = item % n, k = item / n;
        y(i, k) *= c(1 + d + k);
        u(i, k) = -c(1 + k);
      });
  algebra::multiply(exec, -2.0, algebra::Op::none, y, algebra::Op::none, axes, 1.0, u);
}

/// u(i, :) = -grad(sum over the polynomials of c_a psi_a)(x_i) = -(c_k + sum_j Q_kj x_ij), Q symmetric.
template <ExecutionSpace Exec>
void descend_polynomials(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, Index products, const Matrix<Exec>& axes, Workspace<Exec>& workspace,
                         const Points<Exec>& u) {
  if (axes.extent(0) > 0) return descend_turned(exec, x, c, axes, workspace, u);
  const Index n = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1));
  const Matrix<Exec> quadratic = workspace.matrix(exec, "GaussianDictionary::quadratic", d, d);
  const bool diagonal = products == d;
  if (products > 0)
    for_each_block(
        "kswgd::GaussianDictionary::descent::quadratic", exec, products, KOKKOS_LAMBDA(Index index) {
          Index i = 0, j = 0;
          pair_of(index, d, products, i, j);
          const double value = c(1 + d + index) * (i == j ? 2.0 : 1.0);
          quadratic(i, j) = value;
          quadratic(j, i) = value;
        });
  constexpr Index block_size = detail::on_host<Exec> ? 512 : 1;
  for_each_block(
      "kswgd::GaussianDictionary::descent::polynomials", exec, (n + block_size - 1) / block_size, KOKKOS_LAMBDA(Index block) {
        const Index begin = block * block_size, end = Kokkos::min(begin + block_size, n);
        for (Index k = 0; k < d; ++k) {
          for (Index i = begin; i < end; ++i) u(i, k) = -c(1 + k);
          if (products == 0) continue;
          if (diagonal) {
            const double entry = quadratic(k, k);
            for (Index i = begin; i < end; ++i) u(i, k) -= entry * x(i, k);
            continue;
          }
          for (Index j = 0; j < d; ++j) {
            const double entry = quadratic(j, k);
            for (Index i = begin; i < end; ++i) u(i, k) -= entry * x(i, j);
          }
        }
      });
}

/// dpsi holds the features, and gets their derivatives along coordinate k.
template <class Exec>
struct DerivativeKernel {
  Points<Exec> x, y, centres;  // y: the coordinates of which products are taken, along axes or those of x
  Matrix<Exec> axes;
  Vector<Exec> inverse_square;
  Matrix<Exec> dpsi;
  Index n, k, dimension, polynomials, products;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index row = item % n, a = item / n;
    if (a >= polynomials) {
      const Index g = a - polynomials;
      dpsi(row, a) *= -(x(row, k) - centres(g, k)) * inverse_square(g);
    } else if (a <= dimension) {
      dpsi(row, a) = a == 1 + k ? 1 : 0;
    } else if (axes.extent(0) > 0) {
      const Index s = a - 1 - dimension;
      dpsi(row, a) = 2 * y(row, s) * axes(s, k);
    } else {
      Index i = 0, j = 0;
      pair_of(a - 1 - dimension, dimension, products, i, j);
      dpsi(row, a) = (i == k ? x(row, j) : 0.0) + (j == k ? x(row, i) : 0.0);
    }
  }
};

/// Feature a of the polynomials: where it stands twice on the diagonal, x_i^2, its Laplacian is 2; along an axis twice the square of its length.
template <class Axes>
KOKKOS_INLINE_FUNCTION double polynomial_laplacian(Index a, Index dimension, Index polynomials, const Axes& axes) {
  if (a <= dimension) return 0;
  if (axes.extent(0) > 0) {
    double square = 0;
    for (Index k = 0; k < dimension; ++k) square += axes(a - 1 - dimension, k) * axes(a - 1 - dimension, k);
    return 2 * square;
  }
  Index i = 0, j = 0;
  pair_of(a - 1 - dimension, dimension, polynomials - 1 - dimension, i, j);
  return i == j ? 2 : 0;
}

/// lap holds the features, weighted(i, b) those of the Gaussians times the squared distance; lap gets the Laplacians.
template <class Exec>
struct LaplacianKernel {
  Vector<Exec> inverse_square;
  Matrix<Exec> axes, lap, weighted;
  Index n, dimension, polynomials;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index row = item % n, a = item / n;
    if (a < polynomials) {
      lap(row, a) = polynomial_laplacian(a, dimension, polynomials, axes);
    } else {
      const double rate = inverse_square(a - polynomials);
      lap(row, a) = rate * (rate * weighted(row, a - polynomials) - static_cast<double>(dimension) * lap(row, a));
    }
  }
};

/// The same of averages, added.
template <class Exec>
struct CloseLaplacianKernel {
  Vector<Exec> inverse_square, mean, weighted, lap;
  Matrix<Exec> axes;
  Index dimension, polynomials;
  KOKKOS_FUNCTION void operator()(Index a) const {
    if (a < polynomials) {
      lap(a) += polynomial_laplacian(a, dimension, polynomials, axes) * mean(0);
    } else {
      const double rate = inverse_square(a - polynomials);
      lap(a) += rate * (rate * weighted(a - polynomials) - static_cast<double>(dimension) * mean(a));
    }
  }
};

/// out holds the features, and gets their second derivatives along v.
template <class Exec>
struct SecondDerivativeKernel {
  Points<Exec> x, v, centres;
  Vector<Exec> inverse_square;
  Matrix<Exec> axes, out;
  Index n, dimension, polynomials;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index row = item % n, a = item / n;
    if (a >= polynomials) {
      const Index g = a - polynomials;
      const double rate = inverse_square(g);
      double along = 0, square = 0;
      for (Index k = 0; k < dimension; ++k) {
        along += v(row, k) * (x(row, k) - centres(g, k));
        square += v(row, k) * v(row, k);
      }
      out(row, a) *= rate * (rate * along * along - square);
    } else if (a <= dimension) {
      out(row, a) = 0;
    } else if (axes.extent(0) > 0) {
      double along = 0;
      for (Index k = 0; k < dimension; ++k) along += axes(a - 1 - dimension, k) * v(row, k);
      out(row, a) = 2 * along * along;
    } else {
      Index i = 0, j = 0;
      pair_of(a - 1 - dimension, dimension, polynomials - 1 - dimension, i, j);
      out(row, a) = 2 * v(row, i) * v(row, j);
    }
  }
};

}  // namespace

template <ExecutionSpace Exec>
GaussianDictionary<Exec>::GaussianDictionary(const Exec& exec, const GaussianDictionaryData& data)
    : m_dimension(data.dimension),
      m_polynomials(data.polynomials()),
      m_gaussians(static_cast<Index>(data.landmarks.extent(0))),
      m_products(data.polynomials() - 1 - data.dimension) {
  check_fields("GaussianDictionary", data);
  const Index d = m_dimension;
  const Index rows = padded(m_gaussians), tiles = rows / detail::padding, length = detail::spread_column(m_gaussians);
  const bool expanded = d > largest_known_dimension;
  HostVector inverse("kswgd::GaussianDictionary::inverse_square", rows), largest_rate("kswgd::GaussianDictionary::largest_rate", tiles),
      largest_offset("kswgd::GaussianDictionary::largest_offset", tiles);
  const auto fill = [&]<class T>(detail::Landmarks<Exec, T>& typed) {
    using Table = Kokkos::View<T**, Kokkos::LayoutLeft, Kokkos::HostSpace>;
    using Column = Kokkos::View<T*, Kokkos::HostSpace>;
    Table centres("kswgd::GaussianDictionary::centres", length, d), scaled("kswgd::GaussianDictionary::scaled", expanded ? length : 0, d);
    Column rate("kswgd::GaussianDictionary::rate", rows), offset("kswgd::GaussianDictionary::offset", expanded ? rows : 0);
    for (Index a = 0; a < m_gaussians; ++a) {
      inverse(a) = 1 / (data.widths(a) * data.widths(a));
      const double q = inverse(a) * Kokkos::numbers::log2e / 2;
      double square = 0;
      for (Index k = 0; k < d; ++k) {
        centres(a, k) = static_cast<T>(data.landmarks(a, k));
        square += data.landmarks(a, k) * data.landmarks(a, k);
      }
      rate(a) = static_cast<T>(q);
      if (!expanded) continue;
      for (Index k = 0; k < d; ++k) scaled(a, k) = static_cast<T>(2 * q * data.landmarks(a, k));
      offset(a) = static_cast<T>(-q * square);
      double& most_rate = largest_rate(a / detail::padding);
      double& most_offset = largest_offset(a / detail::padding);
      most_rate = Kokkos::fmax(most_rate, q);
      most_offset = Kokkos::fmax(most_offset, q * square);
    }
    typed = {to_device(exec, centres), to_device(exec, rate), to_device(exec, scaled), to_device(exec, offset), {}, {}};
    typed.largest_rate = to_device(exec, largest_rate);
    typed.largest_offset = to_device(exec, largest_offset);
  };
  fill(m_double);
  fill(m_float);
  double widest = 0, outermost = 0;
  for (Index a = 0; a < m_gaussians; ++a) {
    widest = Kokkos::fmax(widest, data.widths(a));
    for (Index k = 0; k < d; ++k) outermost = Kokkos::fmax(outermost, Kokkos::fabs(data.landmarks(a, k)));
  }
  m_far = outermost + 1e6 * widest;
  m_inverse_square = to_device(exec, inverse);
  if (data.axes.extent(0) > 0) m_axes = to_device(exec, data.axes);
}

template <ExecutionSpace Exec>
void GaussianDictionary<Exec>::gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi, WorkspaceOrOwn<Exec> workspace) const {
  const Index n = static_cast<Index>(x.extent(0));
  evaluate(exec, x, dpsi, *workspace);
  const DerivativeKernel<Exec> kernel{
      x, along_axes(exec, x, m_axes, *workspace), m_double.centres, m_axes, m_inverse_square, dpsi, n, k, m_dimension, m_polynomials, m_products};
  Kokkos::parallel_for("kswgd::GaussianDictionary::gradient", index_range(exec, n * static_cast<Index>(dpsi.extent(1))), kernel);
}

template <ExecutionSpace Exec>
void GaussianDictionary<Exec>::laplacian(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& lap, WorkspaceOrOwn<Exec> workspace) const {
  const Index n = static_cast<Index>(x.extent(0)), q = static_cast<Index>(lap.extent(1));
  const Matrix<Exec> weighted = workspace->matrix(exec, "GaussianDictionary::laplacian::weighted", n, Kokkos::max<Index>(q - m_polynomials, 0));
  evaluate_with_companions(exec, x, lap, weighted, *workspace);
  const LaplacianKernel<Exec> kernel{m_inverse_square, m_axes, lap, weighted, n, m_dimension, m_polynomials};
  Kokkos::parallel_for("kswgd::GaussianDictionary::laplacian", index_range(exec, n * q), kernel);
}

template <ExecutionSpace Exec>
void GaussianDictionary<Exec>::second_derivative(const Exec& exec, const Points<Exec>& x, const Points<Exec>& v, const Matrix<Exec>& out,
                                                 WorkspaceOrOwn<Exec> workspace) const {
  const Index n = static_cast<Index>(x.extent(0));
  evaluate(exec, x, out, *workspace);
  const SecondDerivativeKernel<Exec> kernel{x, v, m_double.centres, m_inverse_square, m_axes, out, n, m_dimension, m_polynomials};
  Kokkos::parallel_for("kswgd::GaussianDictionary::second_derivative", index_range(exec, n * static_cast<Index>(out.extent(1))), kernel);
}

template <ExecutionSpace Exec>
void GaussianDictionary<Exec>::close_laplacian(const Exec& exec, const Vector<Exec>& mean, const Vector<Exec>& weighted_mean, const Vector<Exec>& lap) const {
  const CloseLaplacianKernel<Exec> kernel{m_inverse_square, mean, weighted_mean, lap, m_axes, m_dimension, m_polynomials};
  Kokkos::parallel_for("kswgd::GaussianDictionary::close_laplacian", index_range(exec, static_cast<Index>(lap.extent(0))), kernel);
}

template <ExecutionSpace Exec>
void GaussianDictionary<Exec>::evaluate_with_companions(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, const Matrix<Exec>& weighted,
                                                        WorkspaceOrOwn<Exec> workspace) const {
  const Index n = static_cast<Index>(x.extent(0));
  if (n == 0) return;
  evaluate_polynomials(exec, x, along_axes(exec, x, m_axes, *workspace), psi, Kokkos::min(m_polynomials, static_cast<Index>(psi.extent(1))), m_products);
  const Index gaussians = Kokkos::min(m_gaussians, static_cast<Index>(psi.extent(1)) - m_polynomials);
  if (gaussians <= 0) return;
  using Kernel = detail::EvaluateKernel<Exec>;
  const Index point_blocks = detail::on_host<Exec> ? 1 : n, feature_blocks = (gaussians + Kernel::features - 1) / Kernel::features;
  const Kernel kernel{pack<double>(exec, x, *workspace, false, m_far).x,
                      m_double.centres,
                      m_double.rate,
                      psi,
                      weighted,
                      n,
                      gaussians,
                      m_polynomials,
                      point_blocks,
                      static_cast<int>(m_dimension)};
  for_each_block("kswgd::GaussianDictionary::evaluate", exec, feature_blocks * point_blocks, kernel);
}

template <ExecutionSpace Exec>
template <class T>
void GaussianDictionary<Exec>::mean(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& s, Index q, WorkspaceOrOwn<Exec> workspace) const {
  const Index n = static_cast<Index>(x.extent(0)), d = m_dimension, polynomials = m_polynomials, products = m_products;
  require(n >= 1, "GaussianDictionary::mean", [] { return "there are no points to average over"; });
  const Index gaussians = Kokkos::max(q - polynomials, Index(0)), rows = padded(gaussians);
  const Index group_size = group_size_of<Exec>(n), groups = (n + group_size - 1) / group_size;
  const Matrix<Exec> partial = workspace->matrix(exec, "GaussianDictionary::mean::partial", polynomials + rows, groups);
  const Points<Exec> y = along_axes(exec, x, m_axes, *workspace);

  for_each_block(
      "kswgd::GaussianDictionary::mean::polynomials", exec, Kokkos::min(q, polynomials) * groups, KOKKOS_LAMBDA(Index item) {
        const Index group = item % groups, a = item / groups;
        const Index begin = group * group_size, end = Kokkos::min(begin + group_size, n);
        Index i = 0, j = 0;
        if (a > d) pair_of(a - 1 - d, d, products, i, j);
        double sum[8] = {};  // eight chains of additions: one would wait for itself
        for (Index row = begin; row < end; ++row) sum[row & 7] += a == 0 ? 1.0 : a <= d ? x(row, a - 1) : y(row, i) * y(row, j);
        partial(a, group) = ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
      });
  if (gaussians > 0) {
    const auto packed = pack<T>(exec, x, *workspace, d > largest_known_dimension, m_far);
    const Matrix<Exec> gaussian_part = Kokkos::subview(partial, Span(polynomials, partial.extent(0)), Span(0, groups));
    dispatch_dimension(d, [&](auto dimension) {
      constexpr int known = decltype(dimension)::value;
      if constexpr (!detail::on_host<Exec>) {
        if (detail::teams_can<T>(d))
          return detail::mean_by_teams<known>(exec, packed.x, n, landmarks<T>(), gaussians, gaussian_part, group_size, static_cast<int>(d));
      }
      using Kernel = detail::MeanKernel<Exec, T, known>;
      const Index feature_blocks = (gaussians + Kernel::features - 1) / Kernel::features;
      const Kernel kernel{packed, landmarks<T>(), gaussian_part, n, group_size, feature_blocks, static_cast<int>(d)};
      for_each_block("kswgd::GaussianDictionary::mean::gaussians", exec, feature_blocks * groups, kernel);
    });
  }
  Kokkos::parallel_for(
      "kswgd::GaussianDictionary::mean::sum", index_range(exec, q), KOKKOS_LAMBDA(Index a) {
        double sum = 0;
        for (Index group = 0; group < groups; ++group) sum += partial(a, group);
        s(a) = sum / static_cast<double>(n);
      });
}

template <ExecutionSpace Exec>
template <class T>
void GaussianDictionary<Exec>::descent(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, const Points<Exec>& u, Index q,
                                       WorkspaceOrOwn<Exec> workspace) const {
  const Index n = static_cast<Index>(x.extent(0)), gaussians = q - m_polynomials, polynomials = m_polynomials;
  require(gaussians >= 0, "GaussianDictionary::descent",
          [&] { return "q must be at least the " + std::to_string(polynomials) + " polynomials, got " + std::to_string(q); });
  descend_polynomials(exec, x, c, m_products, m_axes, *workspace, u);
  if (gaussians <= 0 || n == 0) return;

  const Vector<Exec, T> weight = workspace->template vector<T>(exec, "GaussianDictionary::weight", padded(gaussians));
  const Vector<Exec> inverse_square = m_inverse_square;
  Kokkos::parallel_for(
      "kswgd::GaussianDictionary::descent::weight", index_range(exec, padded(gaussians)),
      KOKKOS_LAMBDA(Index a) { weight(a) = a < gaussians ? static_cast<T>(c(polynomials + a) * inverse_square(a)) : T(0); });

  const auto packed = pack<T>(exec, x, *workspace, m_dimension > largest_known_dimension, m_far);
  dispatch_dimension(m_dimension, [&](auto dimension) {
    constexpr int known = decltype(dimension)::value;
    if constexpr (!detail::on_host<Exec>) {
      if (detail::teams_can<T>(m_dimension))
        return detail::descent_by_teams<known>(exec, packed.x, n, landmarks<T>(), gaussians, weight, u, static_cast<int>(m_dimension));
    }
    using Kernel = detail::DescentKernel<Exec, T, known>;
    const Kernel kernel{packed, landmarks<T>(), weight, u, n, gaussians, static_cast<int>(m_dimension)};
    for_each_block("kswgd::GaussianDictionary::descent::gaussians", exec, (n + Kernel::block_points - 1) / Kernel::block_points, kernel);
  });
}

#define KSWGD_INSTANTIATE_FOR(EXEC, T)                                                                                                                        \
  template void GaussianDictionary<EXEC>::mean<T>(const EXEC&, const Points<EXEC>&, const Vector<EXEC>&, Index, WorkspaceOrOwn<EXEC>) const;                  \
  template void GaussianDictionary<EXEC>::descent<T>(const EXEC&, const Points<EXEC>&, const Vector<EXEC>&, const Points<EXEC>&, Index, WorkspaceOrOwn<EXEC>) \
      const;
#define KSWGD_INSTANTIATE(EXEC)            \
  template class GaussianDictionary<EXEC>; \
  KSWGD_INSTANTIATE_FOR(EXEC, double)      \
  KSWGD_INSTANTIATE_FOR(EXEC, float)
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE
#undef KSWGD_INSTANTIATE_FOR

}  // namespace kswgd
