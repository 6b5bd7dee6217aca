// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/geometry/coordinates.hpp>
#include <kswgd/metrics/columns.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>

namespace kswgd {
namespace {

std::vector<double> column_of(const HostPoints& points, std::size_t k) {
  std::vector<double> values(points.extent(0));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = points(i, k);
  return values;
}

/// Values with their shares of the weight, ascending.
std::vector<std::pair<double, double>> law_of(const HostPoints& points, const std::vector<double>& weights, std::size_t k) {
  std::vector<std::pair<double, double>> law(points.extent(0));
  double total = 0;
  for (std::size_t i = 0; i < law.size(); ++i) {
    law[i] = {points(i, k), weights.empty() ? 1 : weights[i]};
    total += law[i].second;
  }
  for (auto& [value, share] : law) share /= total;
  std::sort(law.begin(), law.end());
  return law;
}

/// The largest difference of the two distribution functions.
double ks_distance(const std::vector<std::pair<double, double>>& a, const std::vector<std::pair<double, double>>& b) {
  std::size_t i = 0, j = 0;
  double below_a = 0, below_b = 0, most = 0;
  while (i < a.size() && j < b.size()) {
    const double at = std::min(a[i].first, b[j].first);
    for (; i < a.size() && a[i].first == at; ++i) below_a += a[i].second;
    for (; j < b.size() && b[j].first == at; ++j) below_b += b[j].second;
    most = std::max(most, std::abs(below_a - below_b));
  }
  return most;
}

}  // namespace

template <ExecutionSpace Exec>
StandardColumns<Exec>::StandardColumns(const Exec& exec, const std::type_identity_t<WeightedPoints<Exec>>& reference) {
  const HostPoints host = host_copy(exec, reference.points);
  for (std::size_t k = 0; k < host.extent(1); ++k) {
    const ColumnShape shape = shape_of(column_of(host, k), reference.weights);
    m_centre.push_back(shape.median);
    m_inverse.push_back(shape.deviation > 0 && std::isfinite(1 / shape.deviation) ? 1 / shape.deviation : 1);
  }
}

template <ExecutionSpace Exec>
Points<Exec> StandardColumns<Exec>::operator()(const Exec& exec, const Points<Exec>& points, double reach) const {
  const HostPoints host = host_copy(exec, points);
  require(host.extent(1) == m_centre.size(), "StandardColumns",
          [&] { return "the points have " + std::to_string(host.extent(1)) + " columns, the reference has " + std::to_string(m_centre.size()); });
  for (std::size_t k = 0; k < host.extent(1); ++k)
    for (std::size_t i = 0; i < host.extent(0); ++i) {
      const double value = (host(i, k) - m_centre[k]) * m_inverse[k];
      host(i, k) = reach > 0 ? std::clamp(value, -reach, reach) : value;
    }
  return to_device(exec, host);
}

template <ExecutionSpace Exec>
WorstColumn worst_column(const Exec& exec, const std::type_identity_t<WeightedPoints<Exec>>& samples,
                         const std::type_identity_t<WeightedPoints<Exec>>& reference) {
  require(columns(samples.points) == columns(reference.points), "worst_column", [] { return "the samples have another number of columns than the reference"; });
  const HostPoints x = host_copy(exec, samples.points), y = host_copy(exec, reference.points);
  WorstColumn worst;
  for (std::size_t k = 0; k < x.extent(1); ++k) {
    const double ks = ks_distance(law_of(x, samples.weights, k), law_of(y, reference.weights, k));
    if (worst.column < 0 || ks > worst.ks) worst = {static_cast<Index>(k), ks};
  }
  return worst;
}

template <ExecutionSpace Exec>
Points<Exec> ranks_among(const Exec& exec, const Points<Exec>& points, const Points<Exec>& reference) {
  const HostPoints x = host_copy(exec, points), y = host_copy(exec, reference);
  for (std::size_t k = 0; k < x.extent(1); ++k) {
    std::vector<double> sorted = column_of(y, k);
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < x.extent(0); ++i) {
      const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), x(i, k));
      x(i, k) = (static_cast<double>(low - sorted.begin()) + static_cast<double>(high - sorted.begin())) / (2 * static_cast<double>(sorted.size()));
    }
  }
  return to_device(exec, x);
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                   \
  template class StandardColumns<EXEC>;                                                                           \
  template WorstColumn worst_column<EXEC>(const EXEC&, const WeightedPoints<EXEC>&, const WeightedPoints<EXEC>&); \
  template Points<EXEC> ranks_among(const EXEC&, const Points<EXEC>&, const Points<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
