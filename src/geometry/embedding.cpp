// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/geometry/embedding.hpp>

#include <cmath>
#include <limits>

namespace kswgd {
namespace {

template <class Exec>
using Coordinates = Kokkos::View<typename Embedding<Exec>::Coordinate*, typename Exec::memory_space>;

template <class Exec>
struct EmbedKernel {
  Coordinates<Exec> coordinates;
  Points<Exec> x, y;
  Index count;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % count, k = item / count;
    const auto c = coordinates(k);
    if (c.radius == 0) {
      y(i, c.place) = x(i, k);
      return;
    }
    const double angle = x(i, k) / c.radius;
    y(i, c.place) = c.radius * Kokkos::cos(angle);
    y(i, c.place + 1) = c.radius * Kokkos::sin(angle);
  }
};

template <class Exec>
struct UnembedKernel {
  Coordinates<Exec> coordinates;
  Points<Exec> y, x;
  Index count;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % count, k = item / count;
    const auto c = coordinates(k);
    if (c.radius == 0) {
      x(i, k) = y(i, c.place);
      return;
    }
    const double period = 2 * Kokkos::numbers::pi * c.radius;
    double value = c.radius * Kokkos::atan2(y(i, c.place + 1), y(i, c.place));  // in [-L/2, L/2]
    if (value < c.low) value += period;
    if (value >= c.low + period) value -= period;
    x(i, k) = value;
  }
};

template <class Exec>
struct PullBackKernel {
  Coordinates<Exec> coordinates;
  Points<Exec> y, gradient, g;
  Index count;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % count, k = item / count;
    const auto c = coordinates(k);
    g(i, k) = c.radius == 0 ? gradient(i, c.place) : (gradient(i, c.place + 1) * y(i, c.place) - gradient(i, c.place) * y(i, c.place + 1)) / c.radius;
  }
};

/// The largest distance from the manifold over its size, and the row where it is found.
template <class Exec>
struct DistanceKernel {
  using Most = Kokkos::MaxLoc<double, Index>;
  typename Geometry<Exec>::Device geometry;
  Points<Exec> x;
  KOKKOS_FUNCTION void operator()(Index i, typename Most::value_type& most) const {
    for (std::size_t f = 0; f < geometry.factors.extent(0); ++f) {
      const auto& factor = geometry.factors(f);
      const double away = Kokkos::fabs(geometry.normal(factor, x, i, [](int, double) {})) / factor.major;
      if (away > most.val) {
        most.val = away;
        most.loc = i;
      }
    }
  }
};

/// The embedding's own coordinates: nothing is shifted or scaled.
Normalisation plain(Index d) {
  Normalisation result;
  result.mean.assign(static_cast<std::size_t>(d), 0.0);
  result.constant.assign(static_cast<std::size_t>(d), false);
  return result;
}

}  // namespace

template <ExecutionSpace Exec>
Embedding<Exec>::Embedding(const Exec& exec, const GeometryData& geometry, Index dimension)
    : m_dimension(dimension), m_embedded(geometry.embedded_dimension(dimension)) {
  if (is_identity()) return;
  const Kokkos::View<Coordinate*, Kokkos::HostSpace> host("kswgd::Embedding::coordinates", dimension);
  Index k = 0;
  int place = 0;
  for (const GeometryFactor& factor : geometry.factors)
    for (Index j = 0; j < factor.count; ++j, ++k) {
      require(k < dimension, "Embedding", [&] { return "the manifold takes more coordinates than the " + std::to_string(dimension) + " of the points"; });
      const bool circle = factor.kind == Manifold::circle;
      host(k) = {place, circle ? factor.major : 0, factor.low};
      place += circle ? 2 : 1;
    }
  require(k == dimension, "Embedding",
          [&] { return "the manifold takes " + std::to_string(k) + " coordinates, the points have " + std::to_string(dimension); });
  m_coordinates = to_device(exec, host);
}

template <ExecutionSpace Exec>
void Embedding<Exec>::embed(const Exec& exec, Index count, const Points<Exec>& x, const Points<Exec>& y) const {
  if (is_identity()) return copy_rows(exec, x, 0, count, y);
  Kokkos::parallel_for("kswgd::Embedding::embed", index_range(exec, count * m_dimension), EmbedKernel<Exec>{m_coordinates, x, y, count});
}

template <ExecutionSpace Exec>
void Embedding<Exec>::unembed(const Exec& exec, Index count, const Points<Exec>& y, const Points<Exec>& x) const {
  if (is_identity()) return copy_rows(exec, y, 0, count, x);
  Kokkos::parallel_for("kswgd::Embedding::unembed", index_range(exec, count * m_dimension), UnembedKernel<Exec>{m_coordinates, y, x, count});
}

template <ExecutionSpace Exec>
void Embedding<Exec>::pull_back(const Exec& exec, Index count, const Points<Exec>& y, const Points<Exec>& gradient, const Points<Exec>& g) const {
  if (is_identity()) return copy_rows(exec, gradient, 0, count, g);
  Kokkos::parallel_for("kswgd::Embedding::pull_back", index_range(exec, count * m_dimension), PullBackKernel<Exec>{m_coordinates, y, gradient, g, count});
}

template <ExecutionSpace Exec>
DataSet<Exec> embedded(const Exec& exec, const DataSet<Exec>& source, const GeometryData& geometry) {
  if (geometry.is_euclidean()) return source;
  const Embedding<Exec> embedding(exec, geometry, source.dimension());
  const Index d = embedding.embedded_dimension();
  const Geometry<Exec> manifold(exec, geometry, plain(d));
  const auto inside = source;
  return source.in_coordinates(d, [=](const Exec& instance, Index first, Index count, const Points<Exec>& tile) {
    const auto x = allocate<Points<Exec>>(instance, "embedded::tile", count, inside.dimension());
    inside.read(instance, first, count, x);
    embedding.embed(instance, count, x, tile);
    const Points<Exec> rows = Kokkos::subview(tile, Span(0, count), Kokkos::ALL);
    typename DistanceKernel<Exec>::Most::value_type most;
    Kokkos::parallel_reduce("kswgd::embedded::distance", index_range(instance, count), DistanceKernel<Exec>{manifold.device(), rows},
                            typename DistanceKernel<Exec>::Most(most));
    require(!(most.val > 1e-3), "embedded", [&] {
      return "the points must lie on the manifold, but row " + std::to_string(first + most.loc) + " is " + std::to_string(most.val) + " of its size away";
    });
    manifold.retract(instance, rows);
  });
}

template <ExecutionSpace Exec>
GeometryData located(const Exec& exec, const DataSet<Exec>& source, GeometryData geometry) {
  if (geometry.factors.empty()) return geometry;
  const Index n = source.size(), d = source.dimension(), rows = std::min(n, rows_of_tile(d));
  Index taken = 0;
  for (const GeometryFactor& factor : geometry.factors) taken += factor.count;
  require(taken == d, "geometry", [&] { return "the manifold takes " + std::to_string(taken) + " coordinates, the points have " + std::to_string(d); });
  if (geometry.embedded_dimension(d) == d) return geometry;
  const auto tile = allocate<Points<Exec>>(exec, "located::tile", rows, d);
  std::vector<char> negative(static_cast<std::size_t>(d), 0);
  for (Index first = 0; first < n; first += rows) {
    const Index count = std::min(rows, n - first);
    source.read(exec, first, count, tile);
    for (Index k = 0; k < d; ++k) {
      double least = 0;
      const auto column = Kokkos::subview(tile, Span(0, count), k);
      Kokkos::parallel_reduce(
          "kswgd::located::least", index_range(exec, count), KOKKOS_LAMBDA(Index i, double& low) { low = Kokkos::fmin(low, column(i)); },
          Kokkos::Min<double>(least));
      if (least < 0) negative[static_cast<std::size_t>(k)] = 1;
    }
  }
  std::size_t k = 0;
  for (GeometryFactor& factor : geometry.factors) {
    if (factor.kind == Manifold::circle && negative[k]) factor.low = -M_PI * factor.major;
    k += static_cast<std::size_t>(factor.count);
  }
  return geometry;
}

#define KSWGD_INSTANTIATE(EXEC)                                                            \
  template class Embedding<EXEC>;                                                          \
  template DataSet<EXEC> embedded(const EXEC&, const DataSet<EXEC>&, const GeometryData&); \
  template GeometryData located(const EXEC&, const DataSet<EXEC>&, GeometryData);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
