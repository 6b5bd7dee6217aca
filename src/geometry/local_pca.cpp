// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/geometry/local_pca.hpp>
#include <kswgd/support/check.hpp>
#include <nanoflann.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace kswgd {
namespace {

/// What nanoflann asks of points.
struct Cloud {
  HostPoints points;
  std::size_t kdtree_get_point_count() const { return points.extent(0); }
  double kdtree_get_pt(std::size_t i, std::size_t k) const { return points(i, k); }
  template <class Box>
  bool kdtree_get_bbox(Box&) const {
    return false;
  }
};
using Tree = nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<double, Cloud>, Cloud, -1, std::size_t>;

/// index(m, i): the m-th nearest neighbour of point i, itself included.
std::vector<std::size_t> nearest_neighbours(const HostPoints& points, std::size_t count) {
  const std::size_t n = points.extent(0), d = points.extent(1);
  const Cloud cloud{points};
  Tree tree(static_cast<int>(d), cloud, nanoflann::KDTreeSingleIndexAdaptorParams(16));
  tree.buildIndex();
  std::vector<std::size_t> index(n * count);
  const Kokkos::DefaultHostExecutionSpace exec;
  Kokkos::parallel_for("kswgd::local_pca::neighbours", index_range(exec, static_cast<Index>(n)), [&](Index i) {
    std::vector<double> at(d), squares(count);
    for (std::size_t k = 0; k < d; ++k) at[k] = points(i, k);
    tree.knnSearch(at.data(), count, &index[static_cast<std::size_t>(i) * count], squares.data());
  });
  exec.fence("kswgd::local_pca: the neighbours are read");
  return index;
}

/// The covariance of the neighbours; its eigenvectors and ascending eigenvalues come back.
void local_axes(const HostPoints& points, const std::size_t* neighbours, std::size_t count, const HostMatrix& axes, const HostVector& variances) {
  const std::size_t d = points.extent(1);
  std::vector<double> mean(d, 0.0);
  for (std::size_t m = 0; m < count; ++m)
    for (std::size_t k = 0; k < d; ++k) mean[k] += points(neighbours[m], k) / static_cast<double>(count);
  std::fill_n(axes.data(), axes.size(), 0.0);
  for (std::size_t m = 0; m < count; ++m)
    for (std::size_t a = 0; a < d; ++a)
      for (std::size_t b = 0; b < d; ++b)
        axes(a, b) += (points(neighbours[m], a) - mean[a]) * (points(neighbours[m], b) - mean[b]) / static_cast<double>(count);
  algebra::symmetric_eigen(axes, variances);
}

/// The number of eigenvalues below the first step of a factor of 10, coming from the largest.
Index codimension_of(const std::vector<double>& logarithms) {
  for (std::size_t k = logarithms.size(); k-- > 1;)
    if (logarithms[k] - logarithms[k - 1] > std::log(10.0)) return static_cast<Index>(k);
  return 0;
}

}  // namespace

LocalPca local_pca(const HostPoints& points, const LocalPcaOptions& options) {
  const Index n = static_cast<Index>(points.extent(0)), d = static_cast<Index>(points.extent(1));
  require(d >= 1 && options.codimension >= 0 && options.codimension < std::max<Index>(d, 1), "local_pca", [&] {
    return "codimension must be 0 (from the data) or below the " + std::to_string(d) + " coordinates, got " + std::to_string(options.codimension);
  });
  require(options.neighbours > d && options.neighbours <= n, "local_pca", [&] {
    return "neighbours must be more than the " + std::to_string(d) + " coordinates and at most the " + std::to_string(n) + " points, got " +
           std::to_string(options.neighbours);
  });
  for (Index i = 0; i < n; ++i)
    for (Index k = 0; k < d; ++k)
      require(std::isfinite(points(i, k)), "local_pca",
              [&] { return "the points must be finite, but row " + std::to_string(i) + ", column " + std::to_string(k) + " is not"; });

  const auto count = static_cast<std::size_t>(options.neighbours), columns = static_cast<std::size_t>(d);
  const auto neighbours = nearest_neighbours(points, count);
  const HostMatrix axes("kswgd::local_pca::axes", d, d);
  const HostVector variances("kswgd::local_pca::variances", d);
  LocalPca result;
  result.codimension = options.codimension;
  if (result.codimension == 0) {
    std::vector<double> logarithms(columns, 0.0);
    for (Index i = 0; i < n; ++i) {
      local_axes(points, &neighbours[static_cast<std::size_t>(i) * count], count, axes, variances);
      const double floor = std::max(variances(d - 1), 1e-300) * 1e-15;  // rounding
      for (std::size_t k = 0; k < columns; ++k) logarithms[k] += std::log(std::max(variances(k), floor)) / static_cast<double>(n);
    }
    result.codimension = codimension_of(logarithms);
  }
  result.normals = HostPoints("kswgd::local_pca::normals", n, result.codimension * d);
  for (Index i = 0; i < n && result.codimension > 0; ++i) {
    local_axes(points, &neighbours[static_cast<std::size_t>(i) * count], count, axes, variances);
    for (Index c = 0; c < result.codimension; ++c)
      for (Index k = 0; k < d; ++k) result.normals(i, c * d + k) = axes(k, c);
  }
  return result;
}

}  // namespace kswgd
