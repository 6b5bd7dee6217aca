// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "runtime.hpp"

#include <nanobind/ndarray.h>

#include <kswgd/data/data_set.hpp>
#include <string>
#include <vector>

// Arrays of Python as data of the library, and the other way round.
namespace kswgd::python {

/// Any array of floats in memory of the host, read where it is.
using AnyArray = nb::ndarray<nb::ro, nb::ndim<2>, nb::device::cpu>;
using AnyColumn = nb::ndarray<const double, nb::ndim<1>, nb::device::cpu>;
/// Points as the library holds them, to be written: never a copy of what was given.
using OutPoints = nb::ndarray<double, nb::ndim<2>, nb::f_contig, nb::device::cpu>;
using Array = nb::ndarray<nb::numpy, double>;
using OptionalColumn = std::optional<AnyColumn>;

/// n rows of an array, of float or double, with strides in elements.
struct Part {
  const void* data = nullptr;
  Index size = 0, dimension = 0, row_stride = 0, column_stride = 0;
  bool is_float = false;
};

/// Arrays as they lie in memory, one after the other, with what is said of them. The arrays are kept, not copied.
class Rows {
 public:
  /// lengths: whether each array is a trajectory; weights: one for each row, or none; ordered: "auto", "yes" or "no", as --ordered.
  Rows(std::vector<AnyArray> arrays, const OptionalColumn& weights, bool trajectories, double dt, const std::string& ordered);

  const DataSet<Exec>& set() const { return m_set; }
  DataSet<Exec>& set() { return m_set; }
  Index size() const { return m_set.size(); }
  Index dimension() const { return m_set.dimension(); }
  /// Time between rows; 0 where nobody said it.
  double dt_as_said() const { return m_dt; }
  bool are_trajectories() const { return m_are_trajectories; }
  /// All rows as the library holds points: the array itself where it lies so already.
  Points<Exec> points() const;

 private:
  std::vector<AnyArray> m_arrays;
  std::vector<Part> m_parts;
  DataSet<Exec> m_set;
  double m_dt = 0;
  bool m_are_trajectories = false;
};

std::vector<double> numbers(const AnyColumn& column);
inline std::vector<double> numbers(const OptionalColumn& column) { return column ? numbers(*column) : std::vector<double>(); }

/// Arrays of their own, which Python frees.
Array to_array(const std::vector<double>& values);
Array to_array(const std::vector<std::vector<double>>& rows);
Array to_array(const HostMatrix& matrix);
/// A View of what Python holds.
inline HostPoints view_of(const OutPoints& array) { return HostPoints(array.data(), array.shape(0), array.shape(1)); }

}  // namespace kswgd::python
