// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/data/principal_components.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>

#include <cmath>

namespace kswgd {
namespace {

using HostExec = Kokkos::DefaultHostExecutionSpace;

HostPoints centred(const HostPoints& points, const std::vector<double>& mean) {
  const HostPoints result("kswgd::principal_components::centred", points.extent(0), points.extent(1));
  for (std::size_t k = 0; k < points.extent(1); ++k)
    for (std::size_t i = 0; i < points.extent(0); ++i) result(i, k) = points(i, k) - mean[k];
  return result;
}

HostMatrix leading_columns(const HostMatrix& a, std::size_t count) {
  const HostMatrix result("kswgd::principal_components::axes", a.extent(0), count);
  Kokkos::deep_copy(result, Kokkos::subview(a, Kokkos::ALL, std::pair<std::size_t, std::size_t>(0, count)));
  return result;
}

}  // namespace

PrincipalComponents principal_components(const HostPoints& points) {
  const std::size_t n = points.extent(0), d = points.extent(1);
  require(n >= 2 && d >= 1, "principal_components", [] { return "at least two points are needed"; });
  PrincipalComponents result;
  result.mean.assign(d, 0.0);
  for (std::size_t k = 0; k < d; ++k) {
    for (std::size_t i = 0; i < n; ++i) result.mean[k] += points(i, k) / static_cast<double>(n);
    require(std::isfinite(result.mean[k]), "principal_components", [&] { return "column " + std::to_string(k) + " is not finite"; });
  }
  const HostPoints x = centred(points, result.mean);
  const bool gram = n < d;
  const std::size_t size = gram ? n : d, count = std::min(d, n - 1);
  const HostMatrix matrix("kswgd::principal_components::matrix", size, size);
  const HostVector values("kswgd::principal_components::values", size);
  const double scale = 1 / static_cast<double>(n - 1);
  algebra::multiply(HostExec{}, scale, gram ? algebra::Op::none : algebra::Op::transposed, x, gram ? algebra::Op::transposed : algebra::Op::none, x, 0.0,
                    matrix);
  algebra::symmetric_eigen(matrix, values);
  result.axes = HostMatrix("kswgd::principal_components::axes", d, count);
  const HostMatrix vectors("kswgd::principal_components::vectors", size, count);
  for (std::size_t k = 0; k < count; ++k) {
    result.variances.push_back(std::max(values(size - 1 - k), 0.0));
    for (std::size_t i = 0; i < size; ++i) vectors(i, k) = matrix(i, size - 1 - k);
  }
  if (gram) {
    algebra::multiply(HostExec{}, 1.0, algebra::Op::transposed, x, algebra::Op::none, vectors, 0.0, result.axes);
    for (std::size_t k = 0; k < count; ++k) {
      double norm = 0;
      for (std::size_t j = 0; j < d; ++j) norm += result.axes(j, k) * result.axes(j, k);
      for (std::size_t j = 0; j < d; ++j) result.axes(j, k) /= norm > 0 ? std::sqrt(norm) : 1;
    }
  } else {
    Kokkos::deep_copy(result.axes, vectors);
  }
  for (std::size_t k = 0; k < count; ++k) {  // a fixed sign: the entry of largest magnitude is positive
    std::size_t largest = 0;
    for (std::size_t j = 0; j < d; ++j)
      if (std::abs(result.axes(j, k)) > std::abs(result.axes(largest, k))) largest = j;
    for (std::size_t j = 0; result.axes(largest, k) < 0 && j < d; ++j)
      if (j != largest) result.axes(j, k) = -result.axes(j, k);
    result.axes(largest, k) = std::abs(result.axes(largest, k));
  }
  return result;
}

HostPoints PrincipalComponents::encode(const HostPoints& points, Index kept) const {
  require(points.extent(1) == mean.size(), "PrincipalComponents",
          [&] { return "the points have " + std::to_string(points.extent(1)) + " coordinates, the components " + std::to_string(mean.size()); });
  require(kept >= 1 && kept <= static_cast<Index>(variances.size()), "PrincipalComponents",
          [&] { return "between 1 and " + std::to_string(variances.size()) + " components can be kept, not " + std::to_string(kept); });
  const HostPoints z("kswgd::principal_components::z", points.extent(0), kept);
  algebra::multiply(HostExec{}, 1.0, algebra::Op::none, centred(points, mean), algebra::Op::none, leading_columns(axes, static_cast<std::size_t>(kept)), 0.0,
                    z);
  return z;
}

HostPoints PrincipalComponents::decode(const HostPoints& z, bool noise, std::uint64_t seed) const {
  const std::size_t n = z.extent(0), kept = z.extent(1), all = variances.size();
  require(kept >= 1 && kept <= all, "PrincipalComponents",
          [&] { return "between 1 and " + std::to_string(all) + " components can be decoded, not " + std::to_string(kept); });
  const std::size_t used = noise ? all : kept;
  const HostPoints full("kswgd::principal_components::full", n, used), points("kswgd::principal_components::points", n, mean.size());
  for (std::size_t i = 0; i < n; ++i) {
    const IndexedRandom random(seed, streams::component_noise + i);
    for (std::size_t k = 0; k < used; ++k) full(i, k) = k < kept ? z(i, k) : std::sqrt(variances[k]) * random.normal(k);
  }
  algebra::multiply(HostExec{}, 1.0, algebra::Op::none, full, algebra::Op::transposed, leading_columns(axes, used), 0.0, points);
  for (std::size_t k = 0; k < mean.size(); ++k)
    for (std::size_t i = 0; i < n; ++i) points(i, k) += mean[k];
  return points;
}

}  // namespace kswgd
