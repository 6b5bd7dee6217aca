// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <Kokkos_Sort.hpp>
#include <kswgd/algebra/dense.hpp>
#include <kswgd/data/data_set.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/gaussian_kernels.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>

#include <algorithm>
#include <cmath>

namespace kswgd {
namespace {

using detail::for_each_block;

/// Names the first coordinate, row by row, that is not finite. A NaN would otherwise end in a number (or, in a sort, nowhere).
template <class Exec>
void require_finite(const Exec& exec, const Points<Exec>& points, const char* function) {
  const Index d = static_cast<Index>(points.extent(1)), count = static_cast<Index>(points.extent(0)) * d;
  Index first = count;
  Kokkos::parallel_reduce(
      "kswgd::metrics::finite", index_range(exec, count),
      KOKKOS_LAMBDA(Index item, Index & least) {
        if (item < least && !Kokkos::isfinite(points(item / d, item % d))) least = item;
      },
      Kokkos::Min<Index>(first));
  require(first >= count, function,
          [&] { return "the points must be finite, but row " + std::to_string(first / d) + ", column " + std::to_string(first % d) + " is not"; });
}

/// Sorts each column; on the host one column at a time to a thread.
template <class Exec>
struct SortColumns {
  Matrix<Exec> a;
  void operator()(Index j) const { std::sort(&a(0, j), &a(0, j) + a.extent(0)); }
};

template <class Exec>
void sort_columns(const Exec& exec, const Matrix<Exec>& a) {
  if constexpr (detail::on_host<Exec>) {
    for_each_block("kswgd::sliced_wasserstein::sort", exec, static_cast<Index>(a.extent(1)), SortColumns<Exec>{a});
  } else {
    for (std::size_t j = 0; j < a.extent(1); ++j) Kokkos::sort(exec, Kokkos::subview(a, Kokkos::ALL, j));
  }
}

/// Quantiles of each direction's projection, quantiles x directions, on the host.
template <class Exec>
HostMatrix projected_quantiles(const Exec& exec, const Points<Exec>& points, const Matrix<Exec>& directions, Index quantiles) {
  const Index n = static_cast<Index>(points.extent(0)), count = static_cast<Index>(directions.extent(1));
  require(n >= 1, "SlicedWasserstein", [] { return "there are no points"; });
  require(points.extent(1) == directions.extent(0), "SlicedWasserstein",
          [&] { return "the points have " + std::to_string(points.extent(1)) + " coordinates, the reference has " + std::to_string(directions.extent(0)); });
  require_finite(exec, points, "SlicedWasserstein");
  const auto projected = allocate<Matrix<Exec>>(exec, "sliced_wasserstein::projected", n, count);
  algebra::multiply(exec, 1.0, algebra::Op::none, points, algebra::Op::none, directions, 0.0, projected);
  exec.fence("kswgd::sliced_wasserstein: projections are sorted");
  sort_columns(exec, projected);
  const auto read = allocate<Matrix<Exec>>(exec, "sliced_wasserstein::quantiles", quantiles, count);
  Kokkos::parallel_for(
      "kswgd::sliced_wasserstein::quantiles", index_range(exec, quantiles * count), KOKKOS_LAMBDA(Index item) {
        const Index q = item % quantiles, j = item / quantiles;
        const double place = (static_cast<double>(q) + 0.5) / static_cast<double>(quantiles) * static_cast<double>(n - 1);
        const Index low = static_cast<Index>(place), high = low + 1 < n ? low + 1 : low;
        read(q, j) = projected(low, j) + (place - static_cast<double>(low)) * (projected(high, j) - projected(low, j));
      });
  return host_copy(exec, read);
}

KOKKOS_INLINE_FUNCTION double root(double x) { return Kokkos::sqrt(x); }
template <class V>
requires(!std::is_arithmetic_v<V>) inline V root(V x) {
  for (std::size_t l = 0; l < sizeof(V) / sizeof(double); ++l) x[l] = std::sqrt(x[l]);
  return x;
}

/// |x - y|
struct DistanceKernel {
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

/// partial(item) = sum over the points of one vector of x and all y of kernel(|x - y|^2). x is padded.
template <class Exec, class Kernel>
struct PairSum {
  using V = detail::Lanes<Exec, double>;
  static constexpr int lanes = detail::lane_count<Exec, double>;
  Points<Exec> x, y;
  Vector<Exec> partial;
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
      sum += kernel(square);
    }
    double values[lanes], total = 0;
    detail::store<V>(values, sum);
    for (int l = 0; l < lanes && item * lanes + l < n; ++l) total += values[l];
    partial(item) = total;
  }
};

template <class Exec, class Kernel>
double pair_sum(const Exec& exec, const Points<Exec>& x, const Points<Exec>& y, const Kernel& kernel) {
  require(x.extent(1) == y.extent(1), "metrics",
          [&] { return "the two sets have " + std::to_string(x.extent(1)) + " and " + std::to_string(y.extent(1)) + " coordinates"; });
  const Index n = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1));
  constexpr int lanes = PairSum<Exec, Kernel>::lanes;
  const Index items = (n + lanes - 1) / lanes;
  const auto padded = zeros<Points<Exec>>(exec, "metrics::padded", detail::padded(n), d);
  Kokkos::deep_copy(exec, Kokkos::subview(padded, Span(0, n), Kokkos::ALL), x);
  const auto partial = allocate<Vector<Exec>>(exec, "metrics::partial", items);
  for_each_block("kswgd::metrics::pair_sum", exec, items,
                 PairSum<Exec, Kernel>{padded, y, partial, n, static_cast<Index>(y.extent(0)), static_cast<int>(d), kernel});
  const auto host = to_host(exec, partial);
  double sum = 0;
  for (Index item = 0; item < items; ++item) sum += host(item);
  return sum;
}

double median(std::vector<double> values) {
  const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), half, values.end());
  return *half;
}

template <class Exec>
double median_nearest(const Exec& exec, const Points<Exec>& points, const Points<Exec>& to) {
  const auto distance = allocate<Vector<Exec>>(exec, "memorisation::distance", points.extent(0));
  const auto index = allocate<Vector<Exec, int>>(exec, "memorisation::index", points.extent(0));
  nearest_landmark(exec, points, to, distance, index);
  const auto host = to_host(exec, distance);
  return median(std::vector<double>(host.data(), host.data() + host.extent(0)));
}

}  // namespace

template <ExecutionSpace Exec>
SlicedWasserstein<Exec>::SlicedWasserstein(const Exec& exec, const Points<Exec>& reference, const SlicedOptions& options) : m_options(options) {
  const Index d = static_cast<Index>(reference.extent(1));
  require(d >= 1, "SlicedWasserstein", [] { return "the points have no coordinates"; });
  require(options.directions >= 1 && options.quantiles >= 1, "SlicedWasserstein", [] { return "directions and quantiles must be at least 1"; });
  const HostMatrix directions("kswgd::sliced_wasserstein::directions", d, options.directions);
  for (Index j = 0; j < options.directions; ++j) {
    const IndexedRandom random(options.seed, 0x736c6963 + static_cast<std::uint64_t>(j));
    double square = 0;
    for (Index k = 0; k < d; ++k) {
      directions(k, j) = random.normal(static_cast<std::uint64_t>(k));
      square += directions(k, j) * directions(k, j);
    }
    for (Index k = 0; k < d; ++k) directions(k, j) /= std::sqrt(square);
  }
  m_directions = to_device(exec, directions);
  m_quantiles = projected_quantiles(exec, reference, m_directions, options.quantiles);
}

template <ExecutionSpace Exec>
double SlicedWasserstein<Exec>::operator()(const Exec& exec, const Points<Exec>& points) const {
  const HostMatrix quantiles = projected_quantiles(exec, points, m_directions, m_options.quantiles);
  double square = 0;
  for (Index j = 0; j < m_options.directions; ++j)
    for (Index q = 0; q < m_options.quantiles; ++q) square += (quantiles(q, j) - m_quantiles(q, j)) * (quantiles(q, j) - m_quantiles(q, j));
  return std::sqrt(square / static_cast<double>(m_options.directions * m_options.quantiles));
}

template <ExecutionSpace Exec>
double energy_distance(const Exec& exec, const Points<Exec>& all_x, const Points<Exec>& all_y, const EnergyOptions& options) {
  require(all_x.extent(0) >= 1 && all_y.extent(0) >= 1, "energy_distance", [] { return "there are no points"; });
  require(options.most_points >= 1, "energy_distance", [] { return "most_points must be at least 1"; });
  require_finite(exec, all_x, "energy_distance");
  require_finite(exec, all_y, "energy_distance");
  const auto few = [&](const Points<Exec>& points) {
    const Index count = static_cast<Index>(points.extent(0));
    return count <= options.most_points ? points : take_rows(exec, points, spread_rows(count, options.most_points, 0, 0x656e6572));
  };
  const Points<Exec> x = few(all_x), y = few(all_y);
  const auto n = static_cast<double>(x.extent(0)), m = static_cast<double>(y.extent(0));
  const double squared = 2 * pair_sum(exec, x, y, DistanceKernel{}) / (n * m) - pair_sum(exec, x, x, DistanceKernel{}) / (n * n) -
                         pair_sum(exec, y, y, DistanceKernel{}) / (m * m);
  return std::sqrt(std::max(squared, 0.0));
}

template <ExecutionSpace Exec>
Mmd mmd(const Exec& exec, const Points<Exec>& x, const Points<Exec>& y, double width) {
  require(x.extent(0) >= 2 && y.extent(0) >= 2, "mmd", [] { return "at least two points are needed on each side"; });
  require_positive(width, "mmd", "width");
  require_finite(exec, x, "mmd");
  require_finite(exec, y, "mmd");
  const auto n = static_cast<double>(x.extent(0)), m = static_cast<double>(y.extent(0));
  const GaussianMixture kernel{Kokkos::numbers::log2e / (2 * 16 * width * width)};
  const double xx = (pair_sum(exec, x, x, kernel) - n) / (n * (n - 1)), yy = (pair_sum(exec, y, y, kernel) - m) / (m * (m - 1));
  const double squared = xx + yy - 2 * pair_sum(exec, x, y, kernel) / (n * m);
  return {std::sqrt(std::max(squared, 0.0)), squared};
}

template <ExecutionSpace Exec>
double median_distance(const Exec& exec, const Points<Exec>& points) {
  constexpr Index most = 1000;
  const auto host = to_host(exec, points);
  const Index n = static_cast<Index>(points.extent(0)), count = std::min(n, most);
  std::vector<double> distances;
  for (Index i = 0; i < count; ++i)
    for (Index j = 0; j < i; ++j) {
      double square = 0;
      for (std::size_t k = 0; k < points.extent(1); ++k) square += std::pow(host(i * n / count, k) - host(j * n / count, k), 2);
      distances.push_back(std::sqrt(square));
    }
  require(!distances.empty(), "median_distance", [] { return "at least two points are needed"; });
  const double value = median(std::move(distances));
  require(std::isfinite(value) && value > 0, "median_distance", [] { return "more than half of the points are the same"; });
  return value;
}

template <ExecutionSpace Exec>
double memorisation_ratio(const Exec& exec, const Points<Exec>& samples, const Points<Exec>& training, const Points<Exec>& held_out) {
  require(samples.extent(0) >= 1 && training.extent(0) >= 1 && held_out.extent(0) >= 1, "memorisation_ratio", [] { return "there are no points"; });
  require(samples.extent(1) == training.extent(1) && held_out.extent(1) == training.extent(1), "memorisation_ratio",
          [] { return "the three sets must have the same number of coordinates"; });
  for (const auto& points : {samples, training, held_out}) require_finite(exec, points, "memorisation_ratio");
  const double unseen = median_nearest(exec, held_out, training);
  require(unseen > 0, "memorisation_ratio", [] { return "half of the held-out points are training points, so nothing is held out"; });
  return median_nearest(exec, samples, training) / unseen;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                 \
  template class SlicedWasserstein<EXEC>;                                                                       \
  template double energy_distance(const EXEC&, const Points<EXEC>&, const Points<EXEC>&, const EnergyOptions&); \
  template Mmd mmd(const EXEC&, const Points<EXEC>&, const Points<EXEC>&, double);                              \
  template double median_distance(const EXEC&, const Points<EXEC>&);                                            \
  template double memorisation_ratio(const EXEC&, const Points<EXEC>&, const Points<EXEC>&, const Points<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
