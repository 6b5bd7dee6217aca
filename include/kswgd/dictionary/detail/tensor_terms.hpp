// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/detail/runs.hpp>
#include <vector>

/// @file
/// Products of functions of one coordinate each: which of them a dictionary of a given degree has, and their values. Used
/// for polynomials and for trigonometric modes.
///
/// A feature is a list of factors (coordinate, function). A coordinate has `variants` functions of each degree m = 1, 2, ...
/// (one polynomial; a cosine and a sine), numbered (m - 1) variants + variant; degree 0, the constant, is not listed. The
/// cost of a feature is the number of its factors, at most its degree, however many coordinates there are.

namespace kswgd::detail {

/// What bounds the products: the sum of the degrees of their factors, or each of them.
enum class DegreeRule { total, each };

/// How many products there are up to a degree, the constant counted: sum_j C(d, j) C(degree, j) variants^j for the total
/// degree (j factors; j positive degrees that sum to at most `degree`), (1 + variants degree)^d for the degree of each. What is
/// above 10^15 comes back as 10^15.
Index tensor_count(Index dimension, Index degree, Index variants, DegreeRule rule);

/// The largest degree whose products number at most `features`; 0 when there is none above 0. Degrees end at most_degree.
Index tensor_degree(Index dimension, Index features, Index variants, DegreeRule rule);

inline constexpr Index most_degree = 64;        ///< no sample resolves more of one coordinate
inline constexpr Index most_features = 20'000;  ///< G and D of so many features take 3.2 GB each

/// Throws InvalidInput naming `function` unless 1 <= dimension, 0 <= degree <= most_degree and the products number at most
/// most_features.
void require_tensor(const char* function, Index dimension, Index degree, Index variants, DegreeRule rule);

/// The factors of feature a are [first[a], first[a + 1]) of coordinate and function. Feature 0 has none. Products of lower
/// degree stand first; at degree 2 and one variant the order is that of x_i x_j (i <= j, row by row).
struct TensorTerms {
  std::vector<int> first, coordinate, function;
};
TensorTerms tensor_terms(Index dimension, Index degree, Index variants, DegreeRule rule);

/// The same on a device.
template <ExecutionSpace Exec>
struct DeviceTerms {
  DeviceTerms() = default;
  DeviceTerms(const Exec& exec, const TensorTerms& terms)
      : first(copy(exec, terms.first)), coordinate(copy(exec, terms.coordinate)), function(copy(exec, terms.function)) {}
  Index size() const { return static_cast<Index>(first.extent(0)) - 1; }

  Vector<Exec, int> first, coordinate, function;

 private:
  static Vector<Exec, int> copy(const Exec& exec, const std::vector<int>& values) {
    const Kokkos::View<int*, Kokkos::HostSpace> view("kswgd::DeviceTerms::values", values.size());
    std::copy(values.begin(), values.end(), view.data());
    return to_device(exec, view);
  }
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
