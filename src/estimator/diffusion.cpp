// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/estimator/diffusion.hpp>

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>

namespace kswgd {
namespace {

/// y(i, k) = (y(i, k) - x(i, k)) sqrt(weight(i))
template <class Exec>
struct DifferenceKernel {
  Points<Exec> x, y;
  Vector<Exec> weight;
  Index rows;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % rows, k = item / rows;
    y(i, k) = (y(i, k) - x(i, k)) * Kokkos::sqrt(weight(i));
  }
};

/// x(i, :) = L^{-1} x(i, :), forward substitution.
template <class Exec>
struct SolveKernel {
  Points<Exec> x;
  Matrix<Exec> l;
  KOKKOS_FUNCTION void operator()(Index i) const {
    const Index d = static_cast<Index>(l.extent(0));
    for (Index k = 0; k < d; ++k) {
      double value = x(i, k);
      for (Index j = 0; j < k; ++j) value -= l(k, j) * x(i, j);
      x(i, k) = value / l(k, k);
    }
  }
};

/// E[(y - x)(y - x)^T] / (2 tau) at one lag.
template <class Exec>
HostMatrix variation(const Exec& exec, const DataSet<Exec>& source, Index lag) {
  const Index d = source.dimension(), rows = std::min(source.size(), rows_of_tile(2 * d));
  const auto x = allocate<Points<Exec>>(exec, "diffusion::x", rows, d), y = allocate<Points<Exec>>(exec, "diffusion::y", rows, d);
  const auto sum = zeros<Matrix<Exec>>(exec, "diffusion::sum", d, d);
  double total = 0;
  Index start = 0;
  for (const Index length : source.trajectories().lengths) {
    for (Index first = 0; first + lag < length; first += rows) {
      const Index count = std::min(rows, length - lag - first);
      source.read(exec, start + first, count, x);
      source.read(exec, start + first + lag, count, y);
      const HostVector weight("kswgd::diffusion::weight", count);
      for (Index i = 0; i < count; ++i) {
        weight(i) = source.weight(start + first + i);
        total += weight(i);
      }
      Kokkos::parallel_for("kswgd::diffusion::difference", index_range(exec, count * d), DifferenceKernel<Exec>{x, y, to_device(exec, weight), count});
      algebra::add_gram(exec, 1, Points<Exec>(Kokkos::subview(y, Span(0, count), Kokkos::ALL)), sum);
    }
    start += length;
  }
  algebra::symmetrise_from_upper(exec, sum);
  const HostMatrix result = host_copy(exec, sum);
  const double scale = 1 / (2 * total * static_cast<double>(lag) * source.trajectories().dt);
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < d; ++j) result(i, j) *= scale;
  return result;
}

}  // namespace

template <ExecutionSpace Exec>
std::vector<double> diffusion_matrix(const Exec& exec, const DataSet<Exec>& source, DiffusionShape shape) {
  for (const Index lag : {1, 2}) check_pairs(source, lag, "diffusion_matrix");
  const HostMatrix one = variation(exec, source, 1), two = variation(exec, source, 2);
  const Index d = source.dimension();
  std::vector<double> a(static_cast<std::size_t>(d * d));
  double trace = 0;
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < d; ++j) {
      a[static_cast<std::size_t>(i * d + j)] = 2 * one(i, j) - two(i, j);
      if (i == j) trace += a[static_cast<std::size_t>(i * d + j)];
    }
  if (shape == DiffusionShape::isotropic) {
    std::fill(a.begin(), a.end(), 0.0);
    for (Index i = 0; i < d; ++i) a[static_cast<std::size_t>(i * d + i)] = trace / static_cast<double>(d);
  }
  diffusion_root(a, d);
  return a;
}

std::vector<double> diffusion_root(const std::vector<double>& a, Index dimension) {
  const auto d = static_cast<std::size_t>(dimension);
  require(a.size() == d * d, "diffusion", [&] { return "a diffusion matrix of " + std::to_string(d) + " x " + std::to_string(d) + " is needed"; });
  double largest = 0;
  for (std::size_t i = 0; i < d; ++i) largest = std::max(largest, std::abs(a[i * d + i]));
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < i; ++j)
      require(std::abs(a[i * d + j] - a[j * d + i]) <= 1e-12 * largest, "diffusion", [] { return "the diffusion matrix is not symmetric"; });
  std::vector<double> l(d * d, 0.0);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double value = a[i * d + j];
      for (std::size_t k = 0; k < j; ++k) value -= l[i * d + k] * l[j * d + k];
      if (i == j) {
        require(std::isfinite(value) && value > 1e-14 * largest, "diffusion",
                [] { return "the diffusion matrix is not positive definite: a coordinate does not move, or the frames are too far apart to see how it does"; });
        l[i * d + i] = std::sqrt(value);
      } else {
        l[i * d + j] = value / l[j * d + j];
      }
    }
  return l;
}

template <ExecutionSpace Exec>
DataSet<Exec> in_unit_diffusion(const Exec& exec, const DataSet<Exec>& source, const std::vector<double>& a) {
  const Index d = source.dimension();
  const auto root = diffusion_root(a, d);
  const HostMatrix host("kswgd::diffusion::root", d, d);
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < d; ++j) host(i, j) = root[static_cast<std::size_t>(i * d + j)];
  const Matrix<Exec> l = to_device(exec, host);
  return source.in_coordinates(d, [source, l](const Exec& on, Index first, Index count, const Points<Exec>& tile) {
    source.read(on, first, count, tile);
    Kokkos::parallel_for("kswgd::diffusion::unit", index_range(on, count), SolveKernel<Exec>{tile, l});
  });
}

#define KSWGD_INSTANTIATE(EXEC)                                                                     \
  template std::vector<double> diffusion_matrix(const EXEC&, const DataSet<EXEC>&, DiffusionShape); \
  template DataSet<EXEC> in_unit_diffusion(const EXEC&, const DataSet<EXEC>&, const std::vector<double>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
