// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>

/// @file
/// Products of polynomials of one coordinate each: which of them there are up to a total degree, and their values.
///
/// A feature is a list of factors (coordinate k, degree m >= 1), at most one for each coordinate; the constant has none. The cost of a
/// feature is the number of its factors, at most its degree, however many coordinates there are.

namespace kswgd::detail {

/// How many products there are whose degrees sum to at most `degree`, the constant counted: C(d + degree, d). What is above 10^15
/// comes back as 10^15.
Index tensor_count(Index dimension, Index degree);

/// The largest degree whose products number at most `features`; 0 when there is none above 0. Degrees end at most_degree.
Index tensor_degree(Index dimension, Index features);

inline constexpr Index most_degree = 64;        ///< no sample resolves more of one coordinate
inline constexpr Index most_features = 20'000;  ///< G and D of so many features take 3.2 GB each

/// The sentence for a degree whose products number more than most_features.
std::string too_many_features(Index dimension, Index degree);

/// The factors of feature a are [first[a], first[a + 1]) of coordinate and function, where function is m - 1. Products of lower
/// degree stand first; at degree 2 the order is that of x_i x_j (i <= j, row by row).
struct TensorTerms {
  std::vector<int> first, coordinate, function;
};
TensorTerms tensor_terms(Index dimension, Index degree);

/// The same on a device.
template <ExecutionSpace Exec>
struct DeviceTerms {
  DeviceTerms() = default;
  DeviceTerms(const Exec& exec, const TensorTerms& terms)
      : first(to_device(exec, terms.first)), coordinate(to_device(exec, terms.coordinate)), function(to_device(exec, terms.function)) {}
  Index size() const { return static_cast<Index>(first.extent(0)) - 1; }

  Vector<Exec, int> first, coordinate, function;
};

/// out(i, a) = product of the factors of feature a at point i, or its derivative along coordinate k where k >= 0.
/// table(i, coordinate functions + function): values; slopes(i, function): derivatives of the functions of coordinate k.
template <class Exec>
struct TensorKernel {
  DeviceTerms<Exec> terms;
  Matrix<Exec> table, slopes, out;
  Index functions, k;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index a) const {
    bool depends = k < 0;
    for (Index i = begin; i < end; ++i) out(i, a) = 1;
    for (int j = terms.first(a); j < terms.first(a + 1); ++j) {
      const Index column = terms.function(j);
      if (terms.coordinate(j) == k) {
        depends = true;
        for (Index i = begin; i < end; ++i) out(i, a) *= slopes(i, column);
      } else {
        const Index at = terms.coordinate(j) * functions + column;
        for (Index i = begin; i < end; ++i) out(i, a) *= table(i, at);
      }
    }
    if (!depends)
      for (Index i = begin; i < end; ++i) out(i, a) = 0;
  }
};

}  // namespace kswgd::detail
