// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "rows.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>
#include <numeric>

namespace kswgd::python {
namespace {

constexpr bool reads_host = Kokkos::SpaceAccessibility<Exec, Kokkos::HostSpace>::accessible;

/// tile(at + i, k) = element (first + i, k) of the array. Strides may be negative or 0.
template <class T>
struct CopyPart {
  const T* data;
  std::ptrdiff_t row_stride, column_stride;
  Index at, count;
  Points<Exec> tile;

  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % count, k = item / count;
    tile(at + i, k) = static_cast<double>(data[i * row_stride + k * column_stride]);
  }
};

template <class T>
void copy_part(const Exec& exec, const Part& part, Index first, Index count, Index at, const Points<Exec>& tile) {
  const T* data = static_cast<const T*>(part.data) + first * part.row_stride;
  if constexpr (reads_host) {
    Kokkos::parallel_for("kswgd::python::copy_part", index_range(exec, count * part.dimension),
                         CopyPart<T>{data, part.row_stride, part.column_stride, at, count, tile});
  } else {
    const HostPoints staged("kswgd::python::staged", count, part.dimension);
    for (Index k = 0; k < part.dimension; ++k)
      for (Index i = 0; i < count; ++i) staged(i, k) = static_cast<double>(data[i * part.row_stride + k * part.column_stride]);
    Kokkos::deep_copy(exec, Kokkos::subview(tile, Span(at, at + count), Kokkos::ALL), staged);
    exec.fence("kswgd::python::copy_part: the staged rows are freed");
  }
}

Part part_of(const AnyArray& array) {
  const bool is_float = array.dtype() == nb::dtype<float>();
  require(is_float || array.dtype() == nb::dtype<double>(), "Rows", [] { return "arrays must be of float32 or float64"; });
  return {array.data(), static_cast<Index>(array.shape(0)), static_cast<Index>(array.shape(1)), array.stride(0), array.stride(1), is_float};
}

DataSet<Exec> set_of(const std::vector<AnyArray>& arrays) {
  require(!arrays.empty(), "Rows", [] { return "there must be one array or more"; });
  std::vector<Part> parts;
  std::vector<Index> begins{0};
  for (const AnyArray& array : arrays) {
    parts.push_back(part_of(array));
    begins.push_back(begins.back() + parts.back().size);
    require(parts.back().dimension == parts.front().dimension, "Rows", [&] {
      return "trajectory " + std::to_string(parts.size() - 1) + " has " + std::to_string(parts.back().dimension) + " columns, the first has " +
             std::to_string(parts.front().dimension);
    });
  }
  const Index dimension = parts.front().dimension, size = begins.back();
  return DataSet<Exec>(size, dimension, [parts, begins](const Exec& exec, Index first, Index count, const Points<Exec>& tile) {
    auto p = static_cast<std::size_t>(std::upper_bound(begins.begin(), begins.end(), first) - begins.begin()) - 1;
    for (Index at = 0; at < count; ++p) {
      const Index from = first + at - begins[p], some = std::min(count - at, parts[p].size - from);
      if (parts[p].is_float)
        copy_part<float>(exec, parts[p], from, some, at, tile);
      else
        copy_part<double>(exec, parts[p], from, some, at, tile);
      at += some;
    }
  });
}

Array owned(std::unique_ptr<double[]> data, std::vector<std::size_t> shape, std::vector<std::int64_t> strides) {
  double* const numbers = data.release();
  nb::capsule owner(numbers, [](void* p) noexcept { delete[] static_cast<double*>(p); });
  return Array(numbers, shape.size(), shape.data(), owner, strides.data());
}

}  // namespace

Rows::Rows(std::vector<AnyArray> arrays, const OptionalColumn& weights, bool trajectories, double dt, const std::string& ordered)
    : m_arrays(std::move(arrays)), m_set(set_of(m_arrays)), m_dt(std::max(dt, 0.0)), m_are_trajectories(trajectories) {
  for (const AnyArray& array : m_arrays) m_parts.push_back(part_of(array));
  if (weights) m_set.set_weights(numbers(weights));
  std::vector<Index> lengths;
  for (const Part& part : m_parts) lengths.push_back(part.size);
  if (trajectories || ordered == "yes") m_set.set_trajectories({lengths, dt > 0 ? dt : 1});
  if (ordered == "no") m_set.set_order(Order::independent);
}

Points<Exec> Rows::points() const {
  if constexpr (reads_host) {
    const Part& part = m_parts.front();
    const bool as_held = m_parts.size() == 1 && !part.is_float && part.row_stride == 1 && part.column_stride == part.size;
    // The library reads through this View and does not write.
    if (as_held) return Points<Exec>(static_cast<double*>(const_cast<void*>(part.data)), part.size, part.dimension);
  }
  const Exec exec;
  const auto points = allocate<Points<Exec>>(exec, "python::points", size(), dimension());
  if (size() > 0) m_set.read(exec, 0, size(), points);
  exec.fence("kswgd::python::Rows::points: the arrays may change");
  return points;
}

std::vector<double> numbers(const AnyColumn& column) {
  std::vector<double> values(column.shape(0));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = column.data()[static_cast<std::ptrdiff_t>(i) * column.stride(0)];
  return values;
}

Array to_array(const std::vector<double>& values) {
  auto data = std::make_unique<double[]>(values.size());
  std::copy(values.begin(), values.end(), data.get());
  return owned(std::move(data), {values.size()}, {1});
}

Array to_array(const std::vector<std::vector<double>>& rows) {
  const std::size_t columns = rows.empty() ? 0 : rows.front().size();
  auto data = std::make_unique<double[]>(rows.size() * columns);
  for (std::size_t i = 0; i < rows.size(); ++i) std::copy(rows[i].begin(), rows[i].end(), data.get() + i * columns);
  return owned(std::move(data), {rows.size(), columns}, {static_cast<std::int64_t>(columns), 1});
}

Array to_array(const HostMatrix& matrix) {
  const std::size_t n = matrix.extent(0), m = matrix.extent(1);
  auto data = std::make_unique<double[]>(n * m);
  for (std::size_t k = 0; k < m; ++k)
    for (std::size_t i = 0; i < n; ++i) data[i + k * n] = matrix(i, k);
  return owned(std::move(data), {n, m}, {1, static_cast<std::int64_t>(n)});
}

void bind_rows(nb::module_& module) {
  nb::class_<Rows>(module, "Rows")
      .def(nb::init<std::vector<AnyArray>, const OptionalColumn&, bool, double, const std::string&>(), nb::arg("arrays"),
           nb::arg("weights").none() = nb::none(), nb::arg("trajectories") = false, nb::arg("dt") = 0.0, nb::arg("ordered") = "auto")
      .def_prop_ro("size", &Rows::size)
      .def_prop_ro("dimension", &Rows::dimension)
      .def("weights", [](const Rows& rows) { return to_array(rows.set().weights()); })
      .def_prop_ro("lengths",
                   [](const Rows& rows) {  // of the trajectories; empty where these are no trajectories
                     return rows.are_trajectories() ? rows.set().trajectories().lengths : std::vector<Index>();
                   })
      .def_prop_ro("dt", [](const Rows& rows) { return rows.set().trajectories().dt; })
      .def("reads_in_place", [](const Rows& rows) {  // whether points() is the array itself
        const Work work;
        return rows.points().use_count() == 0;
      });
}

}  // namespace kswgd::python
