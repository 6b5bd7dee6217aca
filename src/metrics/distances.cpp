// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "finite.hpp"
#include "order_statistics.hpp"
#include "weights.hpp"

#include <Kokkos_Sort.hpp>
#include <kswgd/algebra/dense.hpp>
#include <kswgd/data/data_set.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/gaussian_kernels.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>
#include <kswgd/support/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kswgd {
namespace {

using detail::for_each_block;

/// Sorts each column; on the host one column at a time to a thread.
template <class Exec>
struct SortColumns {
  Matrix<Exec> a;
  void operator()(Index j) const { std::sort(&a(0, j), &a(0, j) + a.extent(0)); }
};

template <class Exec>
void sort_columns(const Exec& exec, const Matrix<Exec>& a) {
  if constexpr (detail::on_host<Exec>) {
    for_each_block("kswgd::sliced_wasserstein::sort", exec, columns(a), SortColumns<Exec>{a});
  } else {
    for (std::size_t j = 0; j < a.extent(1); ++j) Kokkos::sort(exec, Kokkos::subview(a, Kokkos::ALL, j));
  }
}

template <class Exec>
void check_projected(const Exec& exec, const Points<Exec>& points, const Matrix<Exec>& directions) {
  require(points.extent(0) >= 1, "SlicedWasserstein", [] { return "there are no points"; });
  require(points.extent(1) == directions.extent(0), "SlicedWasserstein",
          [&] { return "the points have " + std::to_string(points.extent(1)) + " coordinates, the reference has " + std::to_string(directions.extent(0)); });
  detail::require_finite(exec, points, "SlicedWasserstein", "the points");
}

/// Each point along each direction, points x directions.
template <class Exec>
Matrix<Exec> projections(const Exec& exec, const Points<Exec>& points, const Matrix<Exec>& directions) {
  check_projected<Exec>(exec, points, directions);
  const auto projected = allocate<Matrix<Exec>>(exec, "sliced_wasserstein::projected", points.extent(0), directions.extent(1));
  algebra::multiply(exec, 1.0, algebra::Op::none, points, algebra::Op::none, directions, 0.0, projected);
  exec.fence("kswgd::sliced_wasserstein: projections are sorted");
  return projected;
}

/// Quantiles of each sorted column, quantiles x columns, on the host: linear between order statistics, or the inverse of the
/// distribution function.
template <class Exec>
HostMatrix column_quantiles(const Exec& exec, const Matrix<Exec>& sorted, Index quantiles, bool linear) {
  const Index n = rows(sorted);
  const auto read = allocate<Matrix<Exec>>(exec, "sliced_wasserstein::quantiles", quantiles, columns(sorted));
  Kokkos::parallel_for(
      "kswgd::sliced_wasserstein::quantiles", index_range(exec, quantiles * columns(sorted)), KOKKOS_LAMBDA(Index item) {
        const Index q = item % quantiles, j = item / quantiles;
        const double level = (static_cast<double>(q) + 0.5) / static_cast<double>(quantiles);
        if (linear) {
          const double place = level * static_cast<double>(n - 1);
          const Index low = static_cast<Index>(place), high = low + 1 < n ? low + 1 : low;
          read(q, j) = sorted(low, j) + (place - static_cast<double>(low)) * (sorted(high, j) - sorted(low, j));
        } else {
          const Index row = static_cast<Index>(Kokkos::ceil(level * static_cast<double>(n))) - 1;
          read(q, j) = sorted(Kokkos::min(Kokkos::max(row, Index{0}), n - 1), j);
        }
      });
  return host_copy(exec, read);
}

/// Rows from which on, on the host, projections are made and looked at direction by direction: neither points x directions numbers nor their order are needed.
constexpr Index many_rows = 1 << 14;

template <class Exec>
bool looks_by_direction(const WeightedPoints<Exec>& points, Index quantiles) {
  return detail::on_host<Exec> && !points.is_weighted() && points.size() >= std::max(many_rows, 2 * quantiles);
}

/// The same of the projections of many points on the host, one direction at a time to a thread.
struct ProjectedQuantiles {
  HostPoints points;
  HostMatrix directions, read;
  bool linear;
  void operator()(Index j) const {
    const Index n = rows(points), quantiles = rows(read);
    std::vector<double> projected(static_cast<std::size_t>(n), 0.0);
    constexpr Index block = 2048;  // stays in the nearest cache
    for (Index first = 0; first < n; first += block)
      for (Index k = 0; k < columns(points); ++k) {
        const double direction = directions(k, j);
        const double* const column = &points(0, k);
        for (Index i = first; i < std::min(first + block, n); ++i) projected[static_cast<std::size_t>(i)] += direction * column[i];
      }
    std::vector<std::size_t> places;
    std::vector<double> between;
    for (Index q = 0; q < quantiles; ++q) {
      const double level = (static_cast<double>(q) + 0.5) / static_cast<double>(quantiles);
      if (linear) {
        const double place = level * static_cast<double>(n - 1);
        const Index low = static_cast<Index>(place);
        places.push_back(static_cast<std::size_t>(low));
        places.push_back(static_cast<std::size_t>(std::min(low + 1, n - 1)));
        between.push_back(place - static_cast<double>(low));
      } else {
        const Index row = static_cast<Index>(std::ceil(level * static_cast<double>(n))) - 1;
        places.push_back(static_cast<std::size_t>(std::clamp(row, Index{0}, n - 1)));
      }
    }
    const std::vector<double> found = detail::order_statistics(projected, places);
    for (Index q = 0; q < quantiles; ++q) {
      const auto at = static_cast<std::size_t>(linear ? 2 * q : q);
      read(q, j) = linear ? found[at] + between[static_cast<std::size_t>(q)] * (found[at + 1] - found[at]) : found[at];
    }
  }
};

template <class Exec>
HostMatrix projected_quantiles(const Exec& exec, const Points<Exec>& points, const Matrix<Exec>& directions, Index quantiles, bool linear) {
  check_projected<Exec>(exec, points, directions);
  const HostMatrix read("kswgd::sliced_wasserstein::quantiles", quantiles, directions.extent(1));
  exec.fence("kswgd::sliced_wasserstein: the points are read on the host");
  for_each_block("kswgd::sliced_wasserstein::quantiles", exec, columns(read), ProjectedQuantiles{points, directions, read, linear});
  exec.fence("kswgd::sliced_wasserstein: the quantiles are read");
  return read;
}

/// The same for rows with weights, one column at a time to a thread of the host: the smallest value at which the sum of the weights
/// reaches the level's share of all.
struct WeightedQuantiles {
  HostMatrix projected, read;
  const std::vector<double>* weights;
  double total;
  void operator()(Index j) const {
    std::vector<std::pair<double, double>> sorted;
    sorted.reserve(weights->size());
    for (std::size_t i = 0; i < weights->size(); ++i)
      if ((*weights)[i] > 0) sorted.emplace_back(projected(i, j), (*weights)[i]);
    std::sort(sorted.begin(), sorted.end());
    std::size_t row = 0;
    double sum = sorted[0].second;
    for (Index q = 0; q < rows(read); ++q) {
      const double level = (static_cast<double>(q) + 0.5) / static_cast<double>(rows(read));
      while (sum < level * total && row + 1 < sorted.size()) sum += sorted[++row].second;
      read(q, j) = sorted[row].first;
    }
  }
};

template <class Exec>
HostMatrix weighted_quantiles(const Exec& exec, const Matrix<Exec>& projected, const std::vector<double>& weights, Index quantiles) {
  const HostMatrix read("kswgd::sliced_wasserstein::quantiles", quantiles, projected.extent(1));
  const WeightedQuantiles kernel{to_host(exec, projected), read, &weights, std::accumulate(weights.begin(), weights.end(), 0.0)};
  if constexpr (detail::on_host<Exec>) {
    for_each_block("kswgd::sliced_wasserstein::weighted", exec, columns(read), kernel);
    exec.fence("kswgd::sliced_wasserstein: the quantiles are read");
  } else {
    for (Index j = 0; j < columns(read); ++j) kernel(j);
  }
  return read;
}

KOKKOS_INLINE_FUNCTION double root(double x) { return Kokkos::sqrt(x); }
template <class V>
requires(!std::is_arithmetic_v<V>) inline V root(V x) {
  for (std::size_t l = 0; l < sizeof(V) / sizeof(double); ++l) x[l] = std::sqrt(x[l]);
  return x;
}

/// |x - y|
struct RootOfSquare {
  template <class V>
  KOKKOS_FORCEINLINE_FUNCTION V operator()(V square) const {
    return root(square);
  }
};

/// Mean of five Gaussians, each twice as wide as the one before: one exponential, and powers of four.
struct GaussianMixture {
  double rate;  // log2(e) / 2 (4 width)^2
  template <class V>
  KOKKOS_FORCEINLINE_FUNCTION V operator()(V square) const {
    const auto fourth = [](V v) { return (v * v) * (v * v); };
    const V k4 = detail::exp2_nonpositive<V>(detail::not_fused<V>(-rate * square)), k2 = fourth(k4), k1 = fourth(k2), half = fourth(k1), quarter = fourth(half);
    return (k4 + k2 + k1 + half + quarter) * 0.2;
  }
};

/// partial(item) = sum over the points of one vector of x and all y of kernel(|x - y|^2). x is padded. Where both are the same points, pairs with later vectors
/// are looked at once and count twice.
template <class Exec, class Kernel>
struct PairSum {
  using V = detail::Lanes<Exec, double>;
  static constexpr int lanes = detail::lane_count<Exec, double>;
  Points<Exec> x, y;
  Vector<Exec> partial;
  Index n, m;
  int dimension;
  Kernel kernel;
  bool same = false;

  KOKKOS_FUNCTION V sum_over(Index item, Index first, Index last) const {
    V sum = {};
    for (Index j = first; j < last; ++j) {
      V square = {};
      for (int k = 0; k < dimension; ++k) {
        const V difference = detail::load<V>(&x(item * lanes, k)) - y(j, k);
        square += difference * difference;
      }
      sum += kernel(square);
    }
    return sum;
  }
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index first = same ? item * lanes : 0, later = same ? Kokkos::min(first + lanes, m) : 0;
    V sum = sum_over(item, later, m);
    if (same) sum = sum_over(item, first, later) + sum + sum;
    double values[lanes], total = 0;
    detail::store<V>(values, sum);
    for (int l = 0; l < lanes && item * lanes + l < n; ++l) total += values[l];
    partial(item) = total;
  }
};

/// The same with weights: partial(item) = sum of v_i w_j kernel(|x_i - y_j|^2). x is padded.
template <class Exec, class Kernel>
struct WeightedPairSum {
  using V = detail::Lanes<Exec, double>;
  static constexpr int lanes = detail::lane_count<Exec, double>;
  Points<Exec> x, y;
  Vector<Exec> v, w, partial;
  Index n, m;
  int dimension;
  Kernel kernel;

  KOKKOS_FUNCTION void operator()(Index item) const {
    V sum = {};
    for (Index j = 0; j < m; ++j) {
      V square = {};
      for (int k = 0; k < dimension; ++k) {
        const V difference = detail::load<V>(&x(item * lanes, k)) - y(j, k);
        square += difference * difference;
      }
      sum += w(j) * kernel(square);
    }
    double values[lanes], total = 0;
    detail::store<V>(values, sum);
    for (int l = 0; l < lanes && item * lanes + l < n; ++l) total += v(item * lanes + l) * values[l];
    partial(item) = total;
  }
};

template <class Exec>
void require_same_dimension(const Points<Exec>& x, const Points<Exec>& y) {
  require(x.extent(1) == y.extent(1), "metrics",
          [&] { return "the two sets have " + std::to_string(x.extent(1)) + " and " + std::to_string(y.extent(1)) + " coordinates"; });
}

template <class Exec>
Points<Exec> padded_copy(const Exec& exec, const Points<Exec>& x) {
  const auto padded = zeros<Points<Exec>>(exec, "metrics::padded", detail::padded(rows(x)), x.extent(1));
  Kokkos::deep_copy(exec, Kokkos::subview(padded, Span(0, rows(x)), Kokkos::ALL), x);
  return padded;
}

template <class Exec>
double host_sum(const Exec& exec, const Vector<Exec>& partial) {
  const auto host = to_host(exec, partial);
  return std::accumulate(host.data(), host.data() + host.extent(0), 0.0);
}

template <class Exec, class Kernel>
double pair_sum(const Exec& exec, const Points<Exec>& x, const Points<Exec>& y, const Kernel& kernel) {
  require_same_dimension<Exec>(x, y);
  constexpr int lanes = PairSum<Exec, Kernel>::lanes;
  const Index items = (rows(x) + lanes - 1) / lanes;
  const auto partial = allocate<Vector<Exec>>(exec, "metrics::partial", items);
  for_each_block("kswgd::metrics::pair_sum", exec, items,
                 PairSum<Exec, Kernel>{padded_copy(exec, x), y, partial, rows(x), rows(y), static_cast<int>(x.extent(1)), kernel,
                                       x.data() == y.data() && rows(x) == rows(y) && x.stride(1) == y.stride(1)});
  return host_sum(exec, partial);
}

/// Mean of the kernel over all pairs, by the weights of both sides where one has some.
template <class Exec, class Kernel>
double pair_mean(const Exec& exec, const WeightedPoints<Exec>& a, const WeightedPoints<Exec>& b, const Kernel& kernel) {
  const Points<Exec>&x = a.points, &y = b.points;
  if (!a.is_weighted() && !b.is_weighted()) return pair_sum(exec, x, y, kernel) / (static_cast<double>(x.extent(0)) * static_cast<double>(y.extent(0)));
  require_same_dimension<Exec>(x, y);
  constexpr int lanes = WeightedPairSum<Exec, Kernel>::lanes;
  const Index items = (rows(x) + lanes - 1) / lanes;
  const auto partial = allocate<Vector<Exec>>(exec, "metrics::partial", items);
  for_each_block(
      "kswgd::metrics::weighted_pair_sum", exec, items,
      WeightedPairSum<Exec, Kernel>{padded_copy(exec, x), y, to_device(exec, detail::shares(a.weights, rows(x))),
                                    to_device(exec, detail::shares(b.weights, rows(y))), partial, rows(x), rows(y), static_cast<int>(x.extent(1)), kernel});
  return host_sum(exec, partial);
}

/// Mean of a kernel that is 1 at distance 0 over the pairs of different rows.
template <class Exec, class Kernel>
double mean_of_others(const Exec& exec, const WeightedPoints<Exec>& x, const Kernel& kernel) {
  const auto n = static_cast<double>(x.size());
  if (!x.is_weighted()) return (pair_sum(exec, x.points, x.points, kernel) - n) / (n * (n - 1));
  double own = 0;
  for (const double share : detail::shares(x.weights, x.size())) own += share * share;
  return (pair_mean(exec, x, x, kernel) - own) / (1 - own);
}

template <class Exec>
double median_nearest(const Exec& exec, const WeightedPoints<Exec>& points, const Points<Exec>& to) {
  const auto distance = allocate<Vector<Exec>>(exec, "memorisation::distance", points.size());
  const auto index = allocate<Vector<Exec, int>>(exec, "memorisation::index", points.size());
  nearest_landmark(exec, points.points, to, distance, index);
  const auto host = to_host(exec, distance);
  std::vector<double> values(host.data(), host.data() + host.extent(0));
  return points.is_weighted() ? upper_median(values, points.weights) : upper_median(std::move(values));
}

template <class Exec>
WeightedPoints<Exec> usable(const WeightedPoints<Exec>& points, const char* function) {
  return {points.points, detail::usable_weights(points.weights, points.size(), function)};
}

}  // namespace

template <ExecutionSpace Exec>
SlicedWasserstein<Exec>::SlicedWasserstein(const Exec& exec, const WeightedPoints<Exec>& reference, const SlicedOptions& options) : m_options(options) {
  const Index d = columns(reference.points);
  require(d >= 1, "SlicedWasserstein", [] { return "the points have no coordinates"; });
  require(options.directions >= 1 && options.quantiles >= 1, "SlicedWasserstein", [] { return "directions and quantiles must be at least 1"; });
  const HostMatrix directions("kswgd::sliced_wasserstein::directions", d, options.directions);
  for (Index j = 0; j < options.directions; ++j) {
    const IndexedRandom random(options.seed, streams::sliced_directions + static_cast<std::uint64_t>(j));
    double square = 0;
    for (Index k = 0; k < d; ++k) {
      directions(k, j) = random.normal(static_cast<std::uint64_t>(k));
      square += directions(k, j) * directions(k, j);
    }
    for (Index k = 0; k < d; ++k) directions(k, j) /= std::sqrt(square);
  }
  m_directions = to_device(exec, directions);
  const auto weights = detail::usable_weights(reference.weights, reference.size(), "SlicedWasserstein");
  if constexpr (detail::on_host<Exec>) {
    if (looks_by_direction(reference, options.quantiles)) {
      m_quantiles = projected_quantiles(exec, reference.points, m_directions, options.quantiles, true);
      m_steps = projected_quantiles(exec, reference.points, m_directions, options.quantiles, false);
      return;
    }
  }
  const auto projected = projections(exec, reference.points, m_directions);
  if (reference.is_weighted()) {
    m_steps = weighted_quantiles(exec, projected, weights, options.quantiles);
    return;
  }
  sort_columns(exec, projected);
  m_quantiles = column_quantiles(exec, projected, options.quantiles, true);
  m_steps = column_quantiles(exec, projected, options.quantiles, false);
}

template <ExecutionSpace Exec>
double SlicedWasserstein<Exec>::operator()(const Exec& exec, const WeightedPoints<Exec>& points) const {
  const auto weights = detail::usable_weights(points.weights, points.size(), "SlicedWasserstein");
  const bool linear = !points.is_weighted() && m_quantiles.extent(0) > 0;
  const auto quantiles_of = [&]() -> HostMatrix {
    if constexpr (detail::on_host<Exec>)
      if (looks_by_direction(points, m_options.quantiles)) return projected_quantiles(exec, points.points, m_directions, m_options.quantiles, linear);
    const auto projected = projections(exec, points.points, m_directions);
    if (points.is_weighted()) return weighted_quantiles(exec, projected, weights, m_options.quantiles);
    sort_columns(exec, projected);
    return column_quantiles(exec, projected, m_options.quantiles, linear);
  };
  const HostMatrix quantiles = quantiles_of();
  const HostMatrix reference = linear ? m_quantiles : m_steps;
  double square = 0;
  for (Index j = 0; j < m_options.directions; ++j)
    for (Index q = 0; q < m_options.quantiles; ++q) square += (quantiles(q, j) - reference(q, j)) * (quantiles(q, j) - reference(q, j));
  return std::sqrt(square / static_cast<double>(m_options.directions * m_options.quantiles));
}

template <ExecutionSpace Exec>
double energy_distance(const Exec& exec, const std::type_identity_t<WeightedPoints<Exec>>& all_x, const std::type_identity_t<WeightedPoints<Exec>>& all_y,
                       const EnergyOptions& options) {
  require(all_x.size() >= 1 && all_y.size() >= 1, "energy_distance", [] { return "there are no points"; });
  require(options.most_points >= 1, "energy_distance", [] { return "most_points must be at least 1"; });
  detail::require_finite(exec, all_x.points, "energy_distance", "the points");
  detail::require_finite(exec, all_y.points, "energy_distance", "the points");
  const auto few = [&](const WeightedPoints<Exec>& all) -> WeightedPoints<Exec> {
    const WeightedPoints<Exec> points = usable(all, "energy_distance");
    if (points.size() <= options.most_points) return points;
    return take_rows(exec, points.points,
                     points.is_weighted() ? detail::rows_by_weight(points.weights, options.most_points, 0, streams::energy_rows)
                                          : spread_rows(points.size(), options.most_points, 0, streams::energy_rows));
  };
  const WeightedPoints<Exec> x = few(all_x), y = few(all_y);
  const double squared = 2 * pair_mean(exec, x, y, RootOfSquare{}) - pair_mean(exec, x, x, RootOfSquare{}) - pair_mean(exec, y, y, RootOfSquare{});
  return std::sqrt(std::max(squared, 0.0));
}

template <ExecutionSpace Exec>
Mmd mmd(const Exec& exec, const std::type_identity_t<WeightedPoints<Exec>>& all_x, const std::type_identity_t<WeightedPoints<Exec>>& all_y, double width) {
  const WeightedPoints<Exec> x = usable(all_x, "mmd"), y = usable(all_y, "mmd");
  const auto counted = [](const WeightedPoints<Exec>& points) { return detail::positive_rows(points.weights, points.size()).size(); };
  require(counted(x) >= 2 && counted(y) >= 2, "mmd", [] { return "at least two points (of positive weight) are needed on each side"; });
  require_positive(width, "mmd", "width");
  detail::require_finite(exec, x.points, "mmd", "the points");
  detail::require_finite(exec, y.points, "mmd", "the points");
  const GaussianMixture kernel{Kokkos::numbers::log2e / (2 * 16 * width * width)};
  const double xx = mean_of_others(exec, x, kernel), yy = mean_of_others(exec, y, kernel);
  const double squared = xx + yy - 2 * pair_mean(exec, x, y, kernel);
  return {std::sqrt(std::max(squared, 0.0)), squared};
}

template <ExecutionSpace Exec>
double median_distance(const Exec& exec, const std::type_identity_t<WeightedPoints<Exec>>& all) {
  constexpr Index most = 1000;
  const auto weights = detail::usable_weights(all.weights, all.size(), "median_distance");
  const auto host = to_host(exec, all.points);
  const Index n = all.size(), count = std::min(n, most);
  const bool drawn = all.is_weighted() && n > most;  // rows by weight then, and pairs alike
  std::vector<Index> rows = drawn ? detail::rows_by_weight(weights, most, 0, streams::median_rows) : std::vector<Index>();
  for (Index i = 0; !drawn && i < count; ++i) rows.push_back(i * n / count);
  std::vector<double> distances, products;
  for (Index i = 0; i < count; ++i)
    for (Index j = 0; j < i; ++j) {
      const auto a = static_cast<std::size_t>(rows[static_cast<std::size_t>(i)]), b = static_cast<std::size_t>(rows[static_cast<std::size_t>(j)]);
      if (a == b) continue;
      double square = 0;
      for (std::size_t k = 0; k < host.extent(1); ++k) square += std::pow(host(a, k) - host(b, k), 2);
      distances.push_back(std::sqrt(square));
      if (all.is_weighted()) products.push_back(drawn ? 1.0 : weights[a] * weights[b]);
    }
  const bool some = products.empty() ? !distances.empty() : std::any_of(products.begin(), products.end(), [](double w) { return w > 0; });
  require(some, "median_distance", [] { return "at least two points are needed"; });
  const double value = products.empty() ? upper_median(std::move(distances)) : upper_median(distances, products);
  require(std::isfinite(value), "median_distance",
          [] { return "the points are too large: squares of their distances are no numbers; divide them by a power of ten"; });
  require(value > 0, "median_distance",
          [] { return "more than half of the points are the same (or less than 1e-160 apart: multiply them by a power of ten)"; });
  return value;
}

template <ExecutionSpace Exec>
double memorisation_ratio(const Exec& exec, const std::type_identity_t<WeightedPoints<Exec>>& all_samples,
                          const std::type_identity_t<WeightedPoints<Exec>>& all_training, const std::type_identity_t<WeightedPoints<Exec>>& all_held_out) {
  const char* function = "memorisation_ratio";
  const WeightedPoints<Exec> samples = usable(all_samples, function), training = usable(all_training, function), held_out = usable(all_held_out, function);
  require(samples.size() >= 1 && training.size() >= 1 && held_out.size() >= 1, function, [] { return "there are no points"; });
  require(columns(samples.points) == columns(training.points) && columns(held_out.points) == columns(training.points), function,
          [] { return "the three sets must have the same number of coordinates"; });
  for (const auto& points : {samples, training, held_out}) detail::require_finite(exec, points.points, function, "the points");
  const auto seen = detail::positive_rows(training.weights, training.size());
  const Points<Exec> fitted = static_cast<Index>(seen.size()) == training.size() ? training.points : take_rows(exec, training.points, seen);
  const double unseen = median_nearest(exec, held_out, fitted);
  require(unseen > 0, function, [] { return "half of the held-out points are training points, so nothing is held out"; });
  return median_nearest(exec, samples, fitted) / unseen;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                       \
  template class SlicedWasserstein<EXEC>;                                                                                             \
  template double energy_distance<EXEC>(const EXEC&, const WeightedPoints<EXEC>&, const WeightedPoints<EXEC>&, const EnergyOptions&); \
  template Mmd mmd<EXEC>(const EXEC&, const WeightedPoints<EXEC>&, const WeightedPoints<EXEC>&, double);                              \
  template double median_distance<EXEC>(const EXEC&, const WeightedPoints<EXEC>&);                                                    \
  template double memorisation_ratio<EXEC>(const EXEC&, const WeightedPoints<EXEC>&, const WeightedPoints<EXEC>&, const WeightedPoints<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
