// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/geometry/frame.hpp>

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
  frame.geometry = located(exec, data, geometry);
  frame.normalisation = normalisation_of(exec, embedded(exec, data, frame.geometry));
  return frame;
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
DataSet<Exec> Frame<Exec>::inside(const Exec& exec, const DataSet<Exec>& data) const {
  require(data.dimension() == dimension(), "Frame",
          [&] { return "the points have " + std::to_string(data.dimension()) + " coordinates, the frame is of " + std::to_string(dimension()); });
  const DataSet<Exec> outer = embedded(exec, data, m_data.geometry);
  const Vector<Exec> mean = m_mean, inverse_scale = m_inverse_scale;
  const Index e = inner_dimension();
  return outer.in_coordinates(e, [outer, mean, inverse_scale, e](const Exec& on, Index first, Index count, const Points<Exec>& tile) {
    outer.read(on, first, count, tile);
    Kokkos::parallel_for("kswgd::Frame::enter", index_range(on, count * e), EnterKernel<Exec>{tile, mean, inverse_scale, count});
  });
}

#define KSWGD_INSTANTIATE(EXEC) \
  template class Frame<EXEC>;   \
  template FrameData frame_of(const EXEC&, const DataSet<EXEC>&, const GeometryData&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
