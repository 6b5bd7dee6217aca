// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/detail/canonical.hpp>
#include <kswgd/support/execution.hpp>
#include <type_traits>
#include <utility>
#include <vector>

/// @file
/// Points with weights, as the metrics take them: an empirical law.

namespace kswgd {

/// n points, each with a weight or all alike. Weights count relative to one another: their sum does not matter. Plain points convert, so
/// `energy_distance(exec, x, y)` and `energy_distance(exec, {x, weights}, y)` are both calls of one function.
template <ExecutionSpace Exec>
struct WeightedPoints {
  Points<Exec> points;          ///< n x d
  std::vector<double> weights;  ///< n, finite, none negative, at least one positive; empty: all alike

  template <class View>
  requires std::is_convertible_v<const View&, Points<Exec>> WeightedPoints(const View& points, std::vector<double> weights = {})
      : points(points), weights(std::move(weights)) {}

  Index size() const { return rows(points); }
  bool is_weighted() const { return !weights.empty(); }
};

namespace detail {
template <ExecutionSpace Exec, class View>
void copy_weights(const Exec& exec, const View& weights, const Vector<Exec>& copy) {
  Kokkos::parallel_for(
      "kswgd::with_weights", index_range(exec, rows(weights)), KOKKOS_LAMBDA(Index i) { copy(i) = static_cast<double>(weights(i)); });
}
}  // namespace detail

/// The points of any View (float or double, any layout) with weights from a vector or from a rank-1 View, all in memory that the
/// instance reaches. The points are copied unless they are a Points<Exec>. Synchronises the instance.
template <ExecutionSpace Exec, class View, class Weights>
WeightedPoints<Exec> with_weights(const Exec& exec, const View& points, const Weights& weights) {
  if constexpr (Kokkos::is_view<Weights>::value) {
    static_assert(Weights::rank() == 1 && std::is_arithmetic_v<typename Weights::non_const_value_type> &&
                      bool(Kokkos::SpaceAccessibility<Exec, typename Weights::memory_space>::accessible),
                  "kswgd::with_weights: weights must be a vector or a rank-1 View of numbers in memory that the execution space can reach");
    const auto copy = allocate<Vector<Exec>>(exec, "with_weights::weights", weights.extent(0));
    detail::copy_weights(exec, weights, copy);
    const auto host = to_host(exec, copy);
    return {detail::canonical(exec, points), std::vector<double>(host.data(), host.data() + host.extent(0))};
  } else {
    return {detail::canonical(exec, points), std::vector<double>(weights.begin(), weights.end())};
  }
}

}  // namespace kswgd
