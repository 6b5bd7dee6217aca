// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/geometry/coordinates.hpp>
#include <kswgd/geometry/embedding.hpp>
#include <kswgd/geometry/frame_data.hpp>
#include <string>
#include <vector>

/// @file
/// The one way from the caller's coordinates to the library's and back.

namespace kswgd {

/// The most that Frame::stretches gives: eigenvalues of modes along such a column are this much squared above those of the widest.
inline constexpr double largest_stretch = 1e3;

/// The coordinates of data: the geometry, with each circle's interval set to where the data are ([-L/2, L/2) if a coordinate is
/// negative, else [0, L)), and the normalisation of the embedding. Weights count. Two walks, three with circles. Throws InvalidInput
/// when the manifold does not fit the points, or as normalisation_of does. Synchronises the instance.
template <ExecutionSpace Exec>
FrameData frame_of(const Exec& exec, const DataSet<Exec>& data, const GeometryData& geometry);

/// The same with maps of the columns: see coordinate_maps (geometry/coordinates.hpp). One walk more.
template <ExecutionSpace Exec>
FrameData frame_of(const Exec& exec, const DataSet<Exec>& data, const GeometryData& geometry, const CoordinateOptions& coordinates);

/// Throws InvalidInput that names the first row in its tile that is further from the manifold than a thousandth of its size, or says how the
/// geometry does not fit the points. Two walks; none in Euclidean space. Synchronises the instance.
template <ExecutionSpace Exec>
void require_on_manifold(const Exec& exec, const DataSet<Exec>& data, const GeometryData& geometry);

/// A sentence for each circle whose period is hardly in its column's unit (degrees with a period of 2 pi, or the other way round): up to 4096 of the rows,
/// spread evenly, span more than ten periods or less than a fiftieth of one. One walk; none without circles. Synchronises the instance.
template <ExecutionSpace Exec>
std::vector<std::string> notes_on_periods(const Exec& exec, const DataSet<Exec>& data, const GeometryData& geometry);

/// A frame on an execution space. The caller's points have d coordinates; the library's have e >= d, those of the embedding,
/// mapped column by column, centred and divided by one length. Device arrays are made once, here.
template <ExecutionSpace Exec>
class Frame {
 public:
  Frame() = default;
  /// Throws InvalidInput when geometry and normalisation contradict each other.
  Frame(const Exec& exec, const FrameData& data);

  const FrameData& data() const { return m_data; }
  Index dimension() const { return m_embedding.dimension(); }
  Index inner_dimension() const { return m_embedding.embedded_dimension(); }
  /// The manifold in the library's coordinates.
  const Geometry<Exec>& geometry() const { return m_geometry; }
  /// One unit of an eigenvalue of unit diffusion in the caller's units, 1 / length^2.
  double eigenvalue_unit() const { return m_data.eigenvalue_unit(); }
  /// Whether the caller's metric is another than that of the library's coordinates.
  bool is_mapped() const { return m_data.is_mapped(); }

  /// inside(i, :) = the library's coordinates of points(i, :), i < count; n x d to n x e. They may not overlap. Points are not put
  /// on the manifold: see Geometry::retract.
  void enter(const Exec& exec, Index count, const Points<Exec>& points, const Points<Exec>& inside) const;
  /// points(i, :) = the caller's coordinates of inside(i, :), i < count. Uses up `inside`.
  void leave(const Exec& exec, Index count, const Points<Exec>& inside, const Points<Exec>& points) const;
  /// g(i, :) = the gradient in the caller's coordinates (tangent to the manifold) at inside(i, :) of a function whose gradient in the
  /// library's coordinates is gradient(i, :), n x e. Uses up `gradient`.
  void gradient_out(const Exec& exec, Index count, const Points<Exec>& inside, const Points<Exec>& gradient, const Points<Exec>& g) const;

  /// stretch(i, k) = how much of the library's coordinate k a step of FrameData::length along the caller's column k of the embedding
  /// makes at inside(i, :), i < count; n x e. In the caller's metric |grad f|^2 = sum_k (stretch_k d_k f)^2 / length^2. At most
  /// largest_stretch: a column that is narrower still is one whose modes are out of sight.
  void stretches(const Exec& exec, Index count, const Points<Exec>& inside, const Points<Exec>& stretch) const;
  /// out(i) = log |dy/dx| at points(i, :), the caller's, i < count: y are the library's coordinates, both volumes those of the manifold where
  /// there is one, and of the coordinates that vary. A density of the caller's points is log pi_x = log pi_y + this.
  void log_volume(const Exec& exec, Index count, const Points<Exec>& points, const Vector<Exec>& out) const;
  /// g(i, :) += the gradient of log_volume in the caller's coordinates.
  void add_log_volume_gradient(const Exec& exec, Index count, const Points<Exec>& points, const Points<Exec>& g) const;

  /// The data in the library's coordinates, put on the manifold. Throws InvalidInput while it is read when a point is further than a
  /// thousandth of the manifold's size away from it. It reads from the data, whose memory must stay.
  DataSet<Exec> inside(const Exec& exec, const DataSet<Exec>& data) const;

  /// body(first, count, x): the data in tiles x (count x e) in the library's coordinates, in order; `width` numbers belong to a row.
  template <class Body>
  void walk(const Exec& exec, const DataSet<Exec>& data, Index width, const Body& body) const {
    walk_tiles(exec, inside(exec, data), width, body);
  }

 private:
  Points<Exec> embedded_points(const Exec& exec, Index count, const Points<Exec>& points) const;

  FrameData m_data;
  Embedding<Exec> m_embedding;
  Geometry<Exec> m_geometry;
  CoordinateMaps<Exec> m_maps;
  Vector<Exec> m_mean, m_scale, m_inverse_scale;  // of constant coordinates the last two are 0
};

}  // namespace kswgd
