// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/geometry/frame.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kswgd {
namespace {

template <class Exec>
struct EnterKernel {
  Points<Exec> x;
  Vector<Exec> mean, inverse_scale;
  Index count;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % count, k = item / count;
    x(i, k) = (x(i, k) - mean(k)) * inverse_scale(k);
  }
};

template <class Exec>
struct LeaveKernel {
  Points<Exec> x;
  Vector<Exec> mean, scale;
  Index count;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % count, k = item / count;
    x(i, k) = mean(k) + scale(k) * x(i, k);
  }
};

template <class Exec>
struct ScaleKernel {
  Points<Exec> x;
  double factor;
  Index count;
  KOKKOS_FUNCTION void operator()(Index item) const { x(item % count, item / count) *= factor; }
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

/// The points in the embedding, put on the manifold; refused while they are read when one is not on it.
template <ExecutionSpace Exec>
DataSet<Exec> embed_data(const Exec& exec, const DataSet<Exec>& source, const GeometryData& geometry) {
  if (geometry.is_euclidean()) return source;
  const Embedding<Exec> embedding(exec, geometry, source.dimension());
  const Index d = embedding.embedded_dimension();
  const Geometry<Exec> manifold(exec, geometry, plain(d));
  const auto inside = source;
  return source.in_coordinates(d, [=](const Exec& instance, Index first, Index count, const Points<Exec>& tile) {
    const auto x = allocate<Points<Exec>>(instance, "Frame::tile", count, inside.dimension());
    inside.read(instance, first, count, x);
    embedding.embed(instance, count, x, tile);
    const Points<Exec> rows = Kokkos::subview(tile, Span(0, count), Kokkos::ALL);
    typename DistanceKernel<Exec>::Most::value_type most;
    Kokkos::parallel_reduce("kswgd::Frame::distance", index_range(instance, count), DistanceKernel<Exec>{manifold.device(), rows},
                            typename DistanceKernel<Exec>::Most(most));
    require(!(most.val > 1e-3), "Frame", [&] {
      return "the points must lie on the manifold, but row " + std::to_string(first + most.loc) + " is " + std::to_string(most.val) + " of its size away";
    });
    manifold.retract(instance, rows);
  });
}

/// The geometry with each circle's interval set to where the data are.
template <ExecutionSpace Exec>
GeometryData locate_circles(const Exec& exec, const DataSet<Exec>& source, GeometryData geometry) {
  if (geometry.factors.empty()) return geometry;
  const Index n = source.size(), d = source.dimension(), rows = std::min(n, rows_of_tile(d));
  Index taken = 0;
  for (const GeometryFactor& factor : geometry.factors) taken += factor.count;
  require(taken == d, "geometry", [&] { return "the manifold takes " + std::to_string(taken) + " coordinates, the points have " + std::to_string(d); });
  if (geometry.embedded_dimension(d) == d) return geometry;
  const auto tile = allocate<Points<Exec>>(exec, "Frame::tile", rows, d);
  std::vector<char> negative(static_cast<std::size_t>(d), 0);
  for (Index first = 0; first < n; first += rows) {
    const Index count = std::min(rows, n - first);
    source.read(exec, first, count, tile);
    for (Index k = 0; k < d; ++k) {
      double least = 0;
      const auto column = Kokkos::subview(tile, Span(0, count), k);
      Kokkos::parallel_reduce(
          "kswgd::Frame::least", index_range(exec, count), KOKKOS_LAMBDA(Index i, double& low) { low = Kokkos::fmin(low, column(i)); },
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

/// One number for each coordinate, 0 where the data are constant.
template <class Exec>
Vector<Exec> of_moving(const Exec& exec, const Normalisation& normalisation, double value) {
  std::vector<double> values(normalisation.mean.size(), value);
  for (std::size_t k = 0; k < values.size(); ++k)
    if (normalisation.constant[k]) values[k] = 0;
  return to_device(exec, values);
}

}  // namespace

template <ExecutionSpace Exec>
FrameData frame_of(const Exec& exec, const DataSet<Exec>& data, const GeometryData& geometry) {
  FrameData frame;
  frame.geometry = locate_circles(exec, data, geometry);
  frame.normalisation = normalisation_of(exec, embed_data(exec, data, frame.geometry));
  return frame;
}

template <ExecutionSpace Exec>
void require_on_manifold(const Exec& exec, const DataSet<Exec>& data, const GeometryData& geometry) {
  if (geometry.is_euclidean()) return;
  walk_tiles(exec, embed_data(exec, data, locate_circles(exec, data, geometry)), data.dimension(), [](Index, Index, const Points<Exec>&) {});
}

template <ExecutionSpace Exec>
Frame<Exec>::Frame(const Exec& exec, const FrameData& data)
    : m_data(data),
      m_embedding(exec, data.geometry, data.dimension()),
      m_geometry(exec, data.geometry, data.normalisation),
      m_mean(to_device(exec, data.normalisation.mean)),
      m_scale(of_moving(exec, data.normalisation, data.normalisation.scale)),
      m_inverse_scale(of_moving(exec, data.normalisation, 1 / data.normalisation.scale)) {}

template <ExecutionSpace Exec>
void Frame<Exec>::enter(const Exec& exec, Index count, const Points<Exec>& points, const Points<Exec>& inside) const {
  m_embedding.embed(exec, count, points, inside);
  Kokkos::parallel_for("kswgd::Frame::enter", index_range(exec, count * inner_dimension()), EnterKernel<Exec>{inside, m_mean, m_inverse_scale, count});
}

template <ExecutionSpace Exec>
void Frame<Exec>::leave(const Exec& exec, Index count, const Points<Exec>& inside, const Points<Exec>& points) const {
  Kokkos::parallel_for("kswgd::Frame::leave", index_range(exec, count * inner_dimension()), LeaveKernel<Exec>{inside, m_mean, m_scale, count});
  m_embedding.unembed(exec, count, inside, points);
}

template <ExecutionSpace Exec>
void Frame<Exec>::gradient_out(const Exec& exec, Index count, const Points<Exec>& inside, const Points<Exec>& gradient, const Points<Exec>& g) const {
  const auto rows = [count](const Points<Exec>& a) -> Points<Exec> { return Kokkos::subview(a, Span(0, count), Kokkos::ALL); };
  m_geometry.project(exec, rows(inside), rows(gradient));
  Kokkos::parallel_for("kswgd::Frame::gradient_out", index_range(exec, count * inner_dimension()),
                       ScaleKernel<Exec>{gradient, 1 / m_data.normalisation.scale, count});
  if (m_embedding.is_identity()) return copy_rows(exec, gradient, 0, count, g);
  // The chart's derivative is taken at the embedded point, in the caller's units of length.
  const auto embedded_points = allocate<Points<Exec>>(exec, "Frame::embedded", count, inner_dimension());
  copy_rows(exec, inside, 0, count, embedded_points);
  Kokkos::parallel_for("kswgd::Frame::leave", index_range(exec, count * inner_dimension()), LeaveKernel<Exec>{embedded_points, m_mean, m_scale, count});
  m_embedding.pull_back(exec, count, embedded_points, gradient, g);
  exec.fence("kswgd::Frame::gradient_out: the embedded points are freed");
}

template <ExecutionSpace Exec>
void Frame<Exec>::log_volume(const Exec& exec, Index count, const Points<Exec>&, const Vector<Exec>& out) const {
  const auto& constant = m_data.normalisation.constant;
  const auto moving = static_cast<double>(std::count(constant.begin(), constant.end(), false) - m_geometry.codimension());
  Kokkos::deep_copy(exec, Kokkos::subview(out, Span(0, count)), -moving * std::log(m_data.normalisation.scale));
}

/// One scale for all points: nothing to add.
template <ExecutionSpace Exec>
void Frame<Exec>::add_log_volume_gradient(const Exec&, Index, const Points<Exec>&, const Points<Exec>&) const {}

template <ExecutionSpace Exec>
DataSet<Exec> Frame<Exec>::inside(const Exec& exec, const DataSet<Exec>& data) const {
  require(data.dimension() == dimension(), "Frame",
          [&] { return "the points have " + std::to_string(data.dimension()) + " coordinates, the frame is of " + std::to_string(dimension()); });
  const DataSet<Exec> outer = embed_data(exec, data, m_data.geometry);
  const Vector<Exec> mean = m_mean, inverse_scale = m_inverse_scale;
  const Index e = inner_dimension();
  return outer.in_coordinates(e, [outer, mean, inverse_scale, e](const Exec& on, Index first, Index count, const Points<Exec>& tile) {
    outer.read(on, first, count, tile);
    Kokkos::parallel_for("kswgd::Frame::enter", index_range(on, count * e), EnterKernel<Exec>{tile, mean, inverse_scale, count});
  });
}

#define KSWGD_INSTANTIATE(EXEC)                                                              \
  template class Frame<EXEC>;                                                                \
  template void require_on_manifold(const EXEC&, const DataSet<EXEC>&, const GeometryData&); \
  template FrameData frame_of(const EXEC&, const DataSet<EXEC>&, const GeometryData&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
