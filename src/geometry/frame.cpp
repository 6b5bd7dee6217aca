// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/data/rows.hpp>
#include <kswgd/geometry/frame.hpp>
#include <kswgd/support/text.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace kswgd {
namespace {

/// What a column undergoes.
enum class Way {
  enter,    ///< x := (T(x) - mean) / scale
  leave,    ///< x := T^{-1}(mean + scale x)
  slope,    ///< out := out factor T' at the caller's coordinate of x
  stretch,  ///< out := min(factor T' / scale, largest) there
};

/// One number of one row after another. `out` may be x.
template <class Exec>
struct CoordinateKernel {
  Way way;
  CoordinateMaps<Exec> maps;
  Points<Exec> x, out;
  Vector<Exec> mean, scale, inverse_scale;
  Index count;
  double factor = 1, largest = 0;

  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % count, k = item / count;
    switch (way) {
      case Way::enter:
        out(i, k) = (maps.forward(k, x(i, k)) - mean(k)) * inverse_scale(k);
        break;
      case Way::leave:
        out(i, k) = maps.inverse(k, mean(k) + scale(k) * x(i, k));
        break;
      case Way::slope:
        out(i, k) *= derivative(i, k) * factor;
        break;
      case Way::stretch:
        out(i, k) = Kokkos::fmin(derivative(i, k) * inverse_scale(k) * factor, largest);
        break;
    }
  }
  KOKKOS_FUNCTION double derivative(Index i, Index k) const {
    return maps.is_identity() ? 1.0 : maps.derivative(k, maps.inverse(k, mean(k) + scale(k) * x(i, k)));
  }
};

/// out(i) += sum_k share_k log T_k'(x(i, k))
template <class Exec>
struct LogVolumeKernel {
  CoordinateMaps<Exec> maps;
  Points<Exec> x;
  Vector<Exec> share, out;
  KOKKOS_FUNCTION void operator()(Index i) const {
    double sum = 0;
    for (Index k = 0; k < static_cast<Index>(share.extent(0)); ++k)
      if (share(k) > 0) sum += share(k) * Kokkos::log(maps.derivative(k, x(i, k)));
    out(i) += sum;
  }
};

/// out(i, k) = share_k (log T_k')'(x(i, k))
template <class Exec>
struct LogSlopeKernel {
  CoordinateMaps<Exec> maps;
  Points<Exec> x;
  Vector<Exec> share;
  Points<Exec> out;
  Index count;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % count, k = item / count;
    out(i, k) = share(k) * maps.log_slope(k, x(i, k));
  }
};

template <class Exec>
struct AddPointsKernel {
  Points<Exec> from, into;
  Index count;
  KOKKOS_FUNCTION void operator()(Index item) const { into(item % count, item / count) += from(item % count, item / count); }
};

/// How often log T_k' counts in the logarithm of the volume: once for each column that varies, and m times for the m + 1 columns of a manifold of dimension m,
/// which have one factor.
std::vector<double> volume_shares(const FrameData& data) {
  std::vector<double> shares(data.normalisation.constant.size(), 1.0);
  for (std::size_t k = 0; k < shares.size(); ++k) shares[k] = data.normalisation.constant[k] ? 0 : 1;
  std::size_t first = 0;
  for (const GeometryFactor& factor : data.geometry.factors) {
    const std::size_t count = factor.kind == Manifold::circle ? 2 : static_cast<std::size_t>(factor.count);
    for (std::size_t k = first; k < first + count && factor.kind != Manifold::euclidean; ++k)
      shares[k] = static_cast<double>(count - 1) / static_cast<double>(count);
    first += count;
  }
  return shares;
}

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
  const Index d = source.dimension();
  Index taken = 0;
  for (const GeometryFactor& factor : geometry.factors) taken += factor.count;
  require(taken == d, "geometry", [&] { return "the manifold takes " + std::to_string(taken) + " coordinates, the points have " + std::to_string(d); });
  if (geometry.embedded_dimension(d) == d) return geometry;
  std::vector<double> negative(static_cast<std::size_t>(d), 0.0);
  walk_tiles(exec, source, d, [&](Index, Index count, const Points<Exec>& tile) {
    for (Index k = 0; k < d; ++k) {
      double least = 0;
      const auto column = Kokkos::subview(tile, Kokkos::ALL, k);
      Kokkos::parallel_reduce(
          "kswgd::Frame::least", index_range(exec, count), KOKKOS_LAMBDA(Index i, double& low) { low = Kokkos::fmin(low, column(i)); },
          Kokkos::Min<double>(least));
      if (least < 0) negative[static_cast<std::size_t>(k)] = 1;
    }
  });
  source.ranks().max(negative);
  std::size_t k = 0;
  for (GeometryFactor& factor : geometry.factors) {
    if (factor.kind == Manifold::circle && negative[k] > 0) factor.low = -M_PI * factor.major;
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

Coordinates FrameData::coordinates() const {
  if (!is_mapped()) return Coordinates::given;
  return std::any_of(maps.begin(), maps.end(), [](const CoordinateMap& map) { return map.is_score; }) ? Coordinates::normal : Coordinates::standard;
}

GeometryData FrameData::mapped_geometry() const {
  GeometryData mapped = geometry;
  if (!is_mapped()) return mapped;
  std::size_t first = 0;
  for (GeometryFactor& factor : mapped.factors) {
    if (factor.kind != Manifold::euclidean) {
      const double grown = maps.at(first).factor;
      factor.major *= grown;
      factor.minor *= grown;
    }
    first += factor.kind == Manifold::circle ? 2 * static_cast<std::size_t>(factor.count) : static_cast<std::size_t>(factor.count);
  }
  return mapped;
}

template <ExecutionSpace Exec>
FrameData frame_of(const Exec& exec, const DataSet<Exec>& data, const GeometryData& geometry) {
  return frame_of(exec, data, geometry, CoordinateOptions{});
}

template <ExecutionSpace Exec>
FrameData frame_of(const Exec& exec, const DataSet<Exec>& data, const GeometryData& geometry, const CoordinateOptions& coordinates) {
  FrameData frame;
  frame.geometry = locate_circles(exec, data, geometry);
  DataSet<Exec> embedded = embed_data(exec, data, frame.geometry);
  if (coordinates.coordinates != Coordinates::given) {
    require_finite(exec, embedded);
    CoordinateChoice choice = coordinate_maps(exec, embedded, frame.geometry, coordinates);
    frame.maps = std::move(choice.maps);
    frame.length = choice.length;
  }
  if (frame.is_mapped()) {
    const CoordinateMaps<Exec> maps(exec, frame.maps);
    const Index e = embedded.dimension();
    const Vector<Exec> none = to_device(exec, std::vector<double>(static_cast<std::size_t>(e), 0.0));
    const Vector<Exec> one = to_device(exec, std::vector<double>(static_cast<std::size_t>(e), 1.0));
    const DataSet<Exec> outer = embedded;
    embedded = outer.in_coordinates(e, [outer, maps, none, one, e](const Exec& on, Index first, Index count, const Points<Exec>& tile) {
      outer.read(on, first, count, tile);
      Kokkos::parallel_for("kswgd::Frame::map", index_range(on, count * e), CoordinateKernel<Exec>{Way::enter, maps, tile, tile, none, one, one, count});
    });
  }
  frame.normalisation = normalisation_of(exec, embedded);
  return frame;
}

template <ExecutionSpace Exec>
void require_on_manifold(const Exec& exec, const DataSet<Exec>& data, const GeometryData& geometry) {
  if (geometry.is_euclidean()) return;
  walk_tiles(exec, embed_data(exec, data, locate_circles(exec, data, geometry)), data.dimension(), [](Index, Index, const Points<Exec>&) {});
}

template <ExecutionSpace Exec>
std::vector<std::string> notes_on_periods(const Exec& exec, const DataSet<Exec>& data, const GeometryData& geometry) {
  constexpr Index most_rows_seen = 4096;
  constexpr double most_turns = 10, least_turns = 0.02;
  std::vector<std::string> notes;
  const auto is_circle = [](const GeometryFactor& factor) { return factor.kind == Manifold::circle; };
  if (data.size() == 0 || std::none_of(geometry.factors.begin(), geometry.factors.end(), is_circle)) return notes;
  const auto points = to_host(exec, gather_rows(exec, data, spread_rows(data.size(), std::min(data.size(), most_rows_seen), 0, 10)));
  std::size_t column = 0;
  for (const GeometryFactor& factor : geometry.factors) {
    if (is_circle(factor)) {
      double least = points(0, column), most = least;
      for (std::size_t i = 0; i < points.extent(0); ++i) {
        least = std::min(least, points(i, column));
        most = std::max(most, points(i, column));
      }
      const double period = 2 * Kokkos::numbers::pi * factor.major, turns = (most - least) / period;
      const std::string where = "column " + std::to_string(column) + " spans ", question = ": is the period in the column's unit? ";
      if (turns > most_turns) notes.push_back(where + text(turns) + " periods of " + text(period) + question + "(degrees have one of 360)");
      if (turns < least_turns) notes.push_back(where + text(100 * turns) + " % of its period of " + text(period) + question + "(radians have one of 6.2832)");
    }
    column += static_cast<std::size_t>(factor.count);
  }
  return notes;
}

template <ExecutionSpace Exec>
Frame<Exec>::Frame(const Exec& exec, const FrameData& data)
    : m_data(data),
      m_embedding(exec, data.geometry, data.dimension()),
      m_geometry(exec, data.mapped_geometry(), data.normalisation),
      m_maps(exec, data.maps),
      m_mean(to_device(exec, data.normalisation.mean)),
      m_scale(of_moving(exec, data.normalisation, data.normalisation.scale)),
      m_inverse_scale(of_moving(exec, data.normalisation, 1 / data.normalisation.scale)) {}

template <ExecutionSpace Exec>
void Frame<Exec>::enter(const Exec& exec, Index count, const Points<Exec>& points, const Points<Exec>& inside) const {
  m_embedding.embed(exec, count, points, inside);
  Kokkos::parallel_for("kswgd::Frame::enter", index_range(exec, count * inner_dimension()),
                       CoordinateKernel<Exec>{Way::enter, m_maps, inside, inside, m_mean, m_scale, m_inverse_scale, count});
}

template <ExecutionSpace Exec>
void Frame<Exec>::leave(const Exec& exec, Index count, const Points<Exec>& inside, const Points<Exec>& points) const {
  Kokkos::parallel_for("kswgd::Frame::leave", index_range(exec, count * inner_dimension()),
                       CoordinateKernel<Exec>{Way::leave, m_maps, inside, inside, m_mean, m_scale, m_inverse_scale, count});
  m_embedding.unembed(exec, count, inside, points);
}

template <ExecutionSpace Exec>
void Frame<Exec>::gradient_out(const Exec& exec, Index count, const Points<Exec>& inside, const Points<Exec>& gradient, const Points<Exec>& g) const {
  const auto rows = [count](const Points<Exec>& a) -> Points<Exec> { return Kokkos::subview(a, Span(0, count), Kokkos::ALL); };
  m_geometry.project(exec, rows(inside), rows(gradient));
  Kokkos::parallel_for("kswgd::Frame::gradient_out", index_range(exec, count * inner_dimension()),
                       CoordinateKernel<Exec>{Way::slope, m_maps, inside, gradient, m_mean, m_scale, m_inverse_scale, count, 1 / m_data.normalisation.scale});
  if (m_embedding.is_identity()) return copy_rows(exec, gradient, 0, count, g);
  // The chart's derivative is taken at the embedded point, in the caller's units of length.
  const auto embedded_points = allocate<Points<Exec>>(exec, "Frame::embedded", count, inner_dimension());
  copy_rows(exec, inside, 0, count, embedded_points);
  Kokkos::parallel_for("kswgd::Frame::leave", index_range(exec, count * inner_dimension()),
                       CoordinateKernel<Exec>{Way::leave, m_maps, embedded_points, embedded_points, m_mean, m_scale, m_inverse_scale, count});
  m_embedding.pull_back(exec, count, embedded_points, gradient, g);
  exec.fence("kswgd::Frame::gradient_out: the embedded points are freed");
}

template <ExecutionSpace Exec>
void Frame<Exec>::stretches(const Exec& exec, Index count, const Points<Exec>& inside, const Points<Exec>& stretch) const {
  Kokkos::parallel_for("kswgd::Frame::stretches", index_range(exec, count * inner_dimension()),
                       CoordinateKernel<Exec>{Way::stretch, m_maps, inside, stretch, m_mean, m_scale, m_inverse_scale, count,
                                              1 / std::sqrt(m_data.eigenvalue_unit()), largest_stretch});
}

template <ExecutionSpace Exec>
void Frame<Exec>::log_volume(const Exec& exec, Index count, const Points<Exec>& points, const Vector<Exec>& out) const {
  const auto& constant = m_data.normalisation.constant;
  const auto moving = static_cast<double>(std::count(constant.begin(), constant.end(), false) - m_geometry.codimension());
  Kokkos::deep_copy(exec, Kokkos::subview(out, Span(0, count)), -moving * std::log(m_data.normalisation.scale));
  if (!is_mapped()) return;
  const Points<Exec> embedded = embedded_points(exec, count, points);
  Kokkos::parallel_for("kswgd::Frame::log_volume", index_range(exec, count),
                       LogVolumeKernel<Exec>{m_maps, embedded, to_device(exec, volume_shares(m_data)), out});
  exec.fence("kswgd::Frame::log_volume: the embedded points are freed");
}

template <ExecutionSpace Exec>
void Frame<Exec>::add_log_volume_gradient(const Exec& exec, Index count, const Points<Exec>& points, const Points<Exec>& g) const {
  if (!is_mapped()) return;
  const Points<Exec> embedded = embedded_points(exec, count, points), slope = allocate<Points<Exec>>(exec, "Frame::log_slope", count, inner_dimension()),
                     own = allocate<Points<Exec>>(exec, "Frame::log_slope", count, dimension());
  Kokkos::parallel_for("kswgd::Frame::log_slope", index_range(exec, count * inner_dimension()),
                       LogSlopeKernel<Exec>{m_maps, embedded, to_device(exec, volume_shares(m_data)), slope, count});
  if (m_embedding.is_identity())
    copy_rows(exec, slope, 0, count, own);
  else
    m_embedding.pull_back(exec, count, embedded, slope, own);
  Kokkos::parallel_for("kswgd::Frame::add_log_volume_gradient", index_range(exec, count * dimension()), AddPointsKernel<Exec>{own, g, count});
  exec.fence("kswgd::Frame::add_log_volume_gradient: the embedded points are freed");
}

template <ExecutionSpace Exec>
Points<Exec> Frame<Exec>::embedded_points(const Exec& exec, Index count, const Points<Exec>& points) const {
  const auto embedded = allocate<Points<Exec>>(exec, "Frame::embedded", count, inner_dimension());
  m_embedding.embed(exec, count, points, embedded);
  return embedded;
}

template <ExecutionSpace Exec>
DataSet<Exec> Frame<Exec>::inside(const Exec& exec, const DataSet<Exec>& data) const {
  require(data.dimension() == dimension(), "Frame",
          [&] { return "the points have " + std::to_string(data.dimension()) + " coordinates, the frame is of " + std::to_string(dimension()); });
  const DataSet<Exec> outer = embed_data(exec, data, m_data.geometry);
  const Vector<Exec> mean = m_mean, scale = m_scale, inverse_scale = m_inverse_scale;
  const CoordinateMaps<Exec> maps = m_maps;
  const Index e = inner_dimension();
  return outer.in_coordinates(e, [outer, maps, mean, scale, inverse_scale, e](const Exec& on, Index first, Index count, const Points<Exec>& tile) {
    outer.read(on, first, count, tile);
    Kokkos::parallel_for("kswgd::Frame::enter", index_range(on, count * e),
                         CoordinateKernel<Exec>{Way::enter, maps, tile, tile, mean, scale, inverse_scale, count});
  });
}

#define KSWGD_INSTANTIATE(EXEC)                                                                               \
  template class Frame<EXEC>;                                                                                 \
  template void require_on_manifold(const EXEC&, const DataSet<EXEC>&, const GeometryData&);                  \
  template std::vector<std::string> notes_on_periods(const EXEC&, const DataSet<EXEC>&, const GeometryData&); \
  template FrameData frame_of(const EXEC&, const DataSet<EXEC>&, const GeometryData&);                        \
  template FrameData frame_of(const EXEC&, const DataSet<EXEC>&, const GeometryData&, const CoordinateOptions&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
