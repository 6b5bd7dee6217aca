// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/geometry/embedding.hpp>

namespace kswgd {
namespace {

template <class Exec>
using CoordinateViews = Kokkos::View<typename Embedding<Exec>::Coordinate*, typename Exec::memory_space>;

template <class Exec>
struct EmbedKernel {
  CoordinateViews<Exec> coordinates;
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
  CoordinateViews<Exec> coordinates;
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
  CoordinateViews<Exec> coordinates;
  Points<Exec> y, gradient, g;
  Index count;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % count, k = item / count;
    const auto c = coordinates(k);
    g(i, k) = c.radius == 0 ? gradient(i, c.place) : (gradient(i, c.place + 1) * y(i, c.place) - gradient(i, c.place) * y(i, c.place + 1)) / c.radius;
  }
};

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

#define KSWGD_INSTANTIATE(EXEC) template class Embedding<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
