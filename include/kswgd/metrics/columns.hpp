// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/metrics/weighted_points.hpp>
#include <vector>

/// @file
/// Points in columns of any units, seen in units of the columns of a reference.

namespace kswgd {

/// Each column less the reference's median, divided by its standard deviation (in which values farther than 20 widths from the median are put there: one
/// wild row does not choose the unit); a column in which the reference does not vary is divided by nothing, so that samples which do vary show.
template <ExecutionSpace Exec>
class StandardColumns {
 public:
  /// reference: m x d, m >= 1. Cost d m log m on the host.
  StandardColumns(const Exec& exec, const std::type_identity_t<WeightedPoints<Exec>>& reference);
  /// A copy of points (n x d). Values farther from the median than `reach` deviations are put there; 0: none are. Synchronises the instance.
  Points<Exec> operator()(const Exec& exec, const Points<Exec>& points, double reach = 0) const;

 private:
  std::vector<double> m_centre, m_inverse;
};

/// The column in which two sets of points differ most, by the Kolmogorov-Smirnov distance of the columns.
struct WorstColumn {
  Index column = -1;
  double ks = 0;
};

/// samples: n x d, reference: m x d; weights count. Cost d (n + m) log (n + m) on the host.
template <ExecutionSpace Exec>
WorstColumn worst_column(const Exec& exec, const std::type_identity_t<WeightedPoints<Exec>>& samples,
                         const std::type_identity_t<WeightedPoints<Exec>>& reference);

/// Each column as its rank among the reference's values, in [0, 1] (equal values have one rank); a copy. What distances in these see has no tails.
template <ExecutionSpace Exec>
Points<Exec> ranks_among(const Exec& exec, const Points<Exec>& points, const Points<Exec>& reference);

}  // namespace kswgd
