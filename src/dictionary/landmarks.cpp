// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/data/data_set.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/gaussian_kernels.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>
#include <kswgd/support/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace kswgd {
namespace {

using detail::for_each_block;

template <class Exec>
using Counts = Kokkos::View<long long*, typename Exec::memory_space>;

/// Item: a few vectors of points. Rows of x beyond n exist (padding) and are read, not used. By differences, or by |z|^2 / 2 - x.z in half the operations: then
/// the index is found and no distance.
template <class Exec, bool differences>
struct NearestKernel {
  using V = detail::Lanes<Exec, double>;
  static constexpr int lanes = detail::lane_count<Exec, double>;
  static constexpr int registers = detail::on_host<Exec> ? 4 : 1;  // independent minima: each waits for itself
  static constexpr int points = lanes * registers;
  static_assert(detail::padding % points == 0);

  Points<Exec> x, landmarks;
  Vector<Exec> half_squares;  // |z|^2 / 2
  Vector<Exec> distance;
  Vector<Exec, int> index;
  Index n, count;
  int dimension;

  KOKKOS_FUNCTION void operator()(Index block) const {
    const Index i0 = block * points;
    V nearest[registers], which[registers] = {};
    for (int r = 0; r < registers; ++r) nearest[r] = detail::broadcast<V>(1e300);
    for (Index a = 0; a < count; ++a) {
      V sum[registers] = {};
      if constexpr (!differences)
        for (int r = 0; r < registers; ++r) sum[r] = detail::broadcast<V>(half_squares(a));
      for (int k = 0; k < dimension; ++k) {
        const double z = landmarks(a, k);
#pragma GCC unroll 4
        for (int r = 0; r < registers; ++r) {
          const V here = detail::load<V>(&x(i0 + r * lanes, k));
          if constexpr (differences)
            sum[r] += (here - z) * (here - z);
          else
            sum[r] -= here * z;
        }
      }
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r) {
        const auto closer = sum[r] < nearest[r];
        which[r] = closer ? detail::broadcast<V>(static_cast<double>(a)) : which[r];
        nearest[r] = closer ? sum[r] : nearest[r];
      }
    }
    double squared[points], found[points];
    for (int r = 0; r < registers; ++r) {
      detail::store<V>(squared + r * lanes, nearest[r]);
      detail::store<V>(found + r * lanes, which[r]);
    }
    for (int l = 0; l < points && i0 + l < n; ++l) {
      if constexpr (differences) distance(i0 + l) = Kokkos::sqrt(squared[l]);
      index(i0 + l) = static_cast<int>(found[l]);
    }
  }
};

template <class Exec>
Points<Exec> spread_copy(const Exec& exec, const Points<Exec>& x) {
  const Index n = static_cast<Index>(x.extent(0)), rows = detail::spread_column(n), d = static_cast<Index>(x.extent(1));
  const auto copy = allocate<Points<Exec>>(exec, "nearest_landmark::x", rows, d);
  Kokkos::parallel_for(
      "kswgd::nearest_landmark::copy", index_range(exec, rows * d), KOKKOS_LAMBDA(Index item) {
        const Index i = item % rows, k = item / rows;
        copy(i, k) = i < n ? x(i, k) : 0.0;
      });
  return copy;
}

template <class Exec>
struct HalfSquareKernel {
  Points<Exec> z;
  Vector<Exec> half;
  KOKKOS_FUNCTION void operator()(Index a) const {
    double sum = 0;
    for (Index k = 0; k < columns(z); ++k) sum += z(a, k) * z(a, k);
    half(a) = sum / 2;
  }
};

/// x holds padded rows already.
template <class Exec>
void nearest_of_padded(const Exec& exec, const Points<Exec>& x, Index n, const Points<Exec>& landmarks, Index count, const Vector<Exec>& distance,
                       const Vector<Exec, int>& index) {
  using Kernel = NearestKernel<Exec, true>;
  for_each_block("kswgd::nearest_landmark", exec, (n + Kernel::points - 1) / Kernel::points,
                 Kernel{x, landmarks, {}, distance, index, n, count, static_cast<int>(x.extent(1))});
}

/// The index alone.
template <class Exec>
void nearest_index_of_padded(const Exec& exec, const Points<Exec>& x, Index n, const Points<Exec>& landmarks, Index count, const Vector<Exec, int>& index) {
  using Kernel = NearestKernel<Exec, false>;
  const auto half = allocate<Vector<Exec>>(exec, "nearest_landmark::half_squares", count);
  Kokkos::parallel_for("kswgd::nearest_landmark::half_squares", index_range(exec, count), HalfSquareKernel<Exec>{landmarks, half});
  for_each_block("kswgd::nearest_landmark", exec, (n + Kernel::points - 1) / Kernel::points,
                 Kernel{x, landmarks, half, {}, index, n, count, static_cast<int>(x.extent(1))});
  exec.fence("kswgd::nearest_landmark: the squares are freed");
}

/// p distinct rows out of n (a partial Fisher-Yates shuffle that stores only what it has moved), then further draws.
class RowDraws {
 public:
  RowDraws(Index n, std::uint64_t seed, std::uint64_t stream) : m_n(n), m_random(seed, stream) {}
  Index distinct() {
    const Index place = m_drawn + static_cast<Index>(m_random.below(static_cast<std::uint64_t>(m_n - m_drawn), m_number++));
    const Index row = at(place);
    m_moved[place] = at(m_drawn++);
    return row;
  }
  Index any() { return static_cast<Index>(m_random.below(static_cast<std::uint64_t>(m_n), m_number++)); }

 private:
  Index at(Index place) const {
    const auto found = m_moved.find(place);
    return found == m_moved.end() ? place : found->second;
  }
  Index m_n, m_drawn = 0;
  std::uint64_t m_number = 0;
  IndexedRandom m_random;
  std::unordered_map<Index, Index> m_moved;
};

template <class Exec>
double largest_coordinate(const Exec& exec, const Points<Exec>& x, Index n) {
  double largest = 0;
  Kokkos::parallel_reduce(
      "kswgd::kmeans::largest", index_range(exec, n * static_cast<Index>(x.extent(1))),
      KOKKOS_LAMBDA(Index item, double& most) { most = Kokkos::fmax(most, Kokkos::fabs(x(item % n, item / n))); }, Kokkos::Max<double>(largest));
  return largest;
}

/// Integers of 62 bits over the ranks, which exchange doubles: in two halves.
template <class Exec>
void sum_exactly(const Exec& exec, const Reduction& ranks, const Counts<Exec>& counts) {
  if (ranks.is_alone()) return;
  constexpr long long half = 1LL << 31;
  const auto host = to_host(exec, counts);
  const std::size_t n = host.extent(0);
  std::vector<double> halves(2 * n);
  for (std::size_t i = 0; i < n; ++i) {
    halves[i] = static_cast<double>(host(i) >> 31);
    halves[n + i] = static_cast<double>(host(i) & (half - 1));
  }
  ranks.sum(halves);
  for (std::size_t i = 0; i < n; ++i) host(i) = static_cast<long long>(halves[i]) * half + static_cast<long long>(halves[n + i]);
  Kokkos::deep_copy(exec, counts, host);
  exec.fence("kswgd::kmeans: the summed counts are freed");
}

/// One level's k-means, on a sample of which a padded copy and the scratch arrays are kept from level to level.
template <class Exec>
class KMeans {
  static constexpr Index few_coordinates = 4;
  static constexpr double far_coordinate = 1e3;  // of which products are exact to 1e-9

 public:
  KMeans(const Exec& exec, const Points<Exec>& sample, const Reduction& ranks)
      : m_exec(exec),
        m_ranks(ranks),
        m_x(spread_copy(exec, sample)),
        m_n(static_cast<Index>(sample.extent(0))),
        m_distance(allocate<Vector<Exec>>(exec, "kmeans::distance", m_n)),
        m_index(allocate<Vector<Exec, int>>(exec, "kmeans::index", m_n)) {
    const double largest = largest_coordinate(exec, m_x, m_n);
    m_by_differences = columns(m_x) <= few_coordinates || largest > far_coordinate;
    // n coordinates of this size add up to less than 2^62 units.
    m_unit = std::exp2(std::ceil(std::log2(std::max(largest, 1e-300) * static_cast<double>(m_n))) - 61);
    const auto blocks = ranks.share((m_n + detail::padding - 1) / detail::padding);
    m_begin = std::min(blocks.first * detail::padding, m_n);
    m_end = std::min(blocks.second * detail::padding, m_n);
  }

  /// Landmarks of a level, on the host.
  HostPoints landmarks(Index wanted, std::uint64_t seed, std::uint64_t level);

  /// Distances of the sample to these landmarks, on the host.
  std::vector<double> distances(const HostPoints& landmarks) {
    assign(to_device(m_exec, landmarks), static_cast<Index>(landmarks.extent(0)), true);
    const auto host = to_host(m_exec, m_distance);
    return m_ranks.concatenate({host.data() + m_begin, host.data() + m_end});
  }

 private:
  /// Of this rank's share of the sample, with or without distances.
  void assign(const Points<Exec>& centres, Index count, bool distances) {
    if (m_begin == m_end) return;
    const Points<Exec> x = Kokkos::subview(m_x, Span(m_begin, detail::padded(m_end)), Kokkos::ALL);
    const Span share(m_begin, m_end);
    if (!distances && !m_by_differences)
      return nearest_index_of_padded(m_exec, x, m_end - m_begin, centres, count, Vector<Exec, int>(Kokkos::subview(m_index, share)));
    nearest_of_padded(m_exec, x, m_end - m_begin, centres, count, Vector<Exec>(Kokkos::subview(m_distance, share)),
                      Vector<Exec, int>(Kokkos::subview(m_index, share)));
  }
  /// centres(to[j], :) = x(from[j], :)
  void copy_rows(const std::vector<Index>& from, const HostPoints& centres, const std::vector<Index>& to) {
    if (from.empty()) return;
    const auto rows = to_host(m_exec, take_rows(m_exec, m_x, from));
    for (std::size_t j = 0; j < to.size(); ++j)
      for (std::size_t k = 0; k < rows.extent(1); ++k) centres(to[j], k) = rows(j, k);
  }

 public:  // nvcc wants the functions that launch kernels public
  void accumulate(Index count, const Counts<Exec>& sums, const Counts<Exec>& members);

 private:
  Exec m_exec;
  Reduction m_ranks;
  Points<Exec> m_x;
  Index m_n, m_begin = 0, m_end = 0;  // rows, and this rank's share of them
  Vector<Exec> m_distance;
  Vector<Exec, int> m_index;
  double m_unit = 1;
  bool m_by_differences = true;  // where products would lose digits, or gain little
};

/// Sums and member counts of the clusters. Integer addition is associative: the order of the atomics does not matter.
template <class Exec>
void KMeans<Exec>::accumulate(Index count, const Counts<Exec>& sums, const Counts<Exec>& members) {
  Kokkos::deep_copy(m_exec, sums, 0);
  Kokkos::deep_copy(m_exec, members, 0);
  const auto x = m_x;
  const auto index = m_index;
  const double unit = 1 / m_unit;
  const Index d = static_cast<Index>(m_x.extent(1));
  const Index begin = m_begin;
  Kokkos::parallel_for(
      "kswgd::kmeans::accumulate", index_range(m_exec, m_end - m_begin), KOKKOS_LAMBDA(Index item) {
        const Index i = begin + item, a = index(i);
        Kokkos::atomic_add(&members(a), 1LL);
        for (Index k = 0; k < d; ++k) Kokkos::atomic_add(&sums(a + k * count), static_cast<long long>(x(i, k) * unit));
      });
  for (const auto& counts : {sums, members}) sum_exactly(m_exec, m_ranks, counts);
}

template <class Exec>
HostPoints KMeans<Exec>::landmarks(Index wanted, std::uint64_t seed, std::uint64_t level) {
  constexpr int lloyd_steps = 10, fewest_members = 3;
  const Index d = static_cast<Index>(m_x.extent(1));
  RowDraws draws(m_n, seed, streams::landmarks + level);
  const HostPoints centres("kswgd::kmeans::centres", wanted, d);
  std::vector<Index> from, to;
  for (Index a = 0; a < wanted; ++a) {
    from.push_back(draws.distinct());
    to.push_back(a);
  }
  copy_rows(from, centres, to);

  const auto sums = zeros<Counts<Exec>>(m_exec, "kmeans::sums", wanted * d), members = zeros<Counts<Exec>>(m_exec, "kmeans::members", wanted);
  auto device = to_device(m_exec, centres);
  for (int step = 0; step < lloyd_steps; ++step) {
    assign(device, wanted, false);
    accumulate(wanted, sums, members);
    const auto sum = to_host(m_exec, sums), count = to_host(m_exec, members);
    from.clear();
    to.clear();
    for (Index a = 0; a < wanted; ++a) {
      if (count(a) == 0) {
        from.push_back(draws.any());
        to.push_back(a);
        continue;
      }
      for (Index k = 0; k < d; ++k) centres(a, k) = static_cast<double>(sum(a + k * wanted)) * m_unit / static_cast<double>(count(a));
    }
    copy_rows(from, centres, to);
    device = to_device(m_exec, centres);
  }
  assign(device, wanted, false);
  accumulate(wanted, sums, members);
  const auto count = to_host(m_exec, members);

  // Repeated landmarks: sort rows, keep the first of each run of points that agree to rounding, coordinates being of order 1.
  std::vector<Index> order(static_cast<std::size_t>(wanted));
  for (Index a = 0; a < wanted; ++a) order[static_cast<std::size_t>(a)] = a;
  const auto before = [&](Index a, Index b) {
    for (Index k = 0; k < d; ++k) {
      const double first = std::round(centres(a, k) * 1e12), second = std::round(centres(b, k) * 1e12);
      if (first != second) return first < second;
    }
    return false;
  };
  std::sort(order.begin(), order.end(), before);
  std::vector<char> repeated(order.size(), 0);
  for (std::size_t i = 1; i < order.size(); ++i)
    if (!before(order[i - 1], order[i])) repeated[static_cast<std::size_t>(order[i])] = 1;

  std::vector<Index> kept, all;
  for (Index a = 0; a < wanted; ++a) {
    if (repeated[static_cast<std::size_t>(a)]) continue;
    all.push_back(a);
    if (count(a) >= fewest_members) kept.push_back(a);
  }
  if (static_cast<Index>(kept.size()) < std::min<Index>(4, wanted)) kept = all;
  const HostPoints result("kswgd::kmeans::landmarks", kept.size(), d);
  for (std::size_t a = 0; a < kept.size(); ++a)
    for (Index k = 0; k < d; ++k) result(a, k) = centres(kept[a], k);
  return result;
}

/// Median over the landmarks of the distance to the nearest other one.
template <class Exec>
double median_spacing(const Exec& exec, const HostPoints& host) {
  const Index p = static_cast<Index>(host.extent(0)), d = static_cast<Index>(host.extent(1));
  const auto z = to_device(exec, host);
  const auto nearest = allocate<Vector<Exec>>(exec, "median_spacing::nearest", p);
  Kokkos::parallel_for(
      "kswgd::median_spacing", index_range(exec, p), KOKKOS_LAMBDA(Index a) {
        double least = 1e300;
        for (Index b = 0; b < p; ++b) {
          double sum = a == b ? 1e300 : 0.0;
          for (Index k = 0; k < d; ++k) sum += (z(a, k) - z(b, k)) * (z(a, k) - z(b, k));
          least = sum < least ? sum : least;
        }
        nearest(a) = Kokkos::sqrt(least);
      });
  const auto copy = to_host(exec, nearest);
  return median({copy.data(), copy.data() + p});
}

/// Minus one over the slope of log(spacing) against log(landmarks), least squares over the last three levels, in [1, d].
double intrinsic_dimension(const std::vector<std::pair<double, double>>& spacing, Index d) {
  const auto dimension = static_cast<double>(d);
  if (spacing.size() < 3) return dimension;
  double x = 0, y = 0, xx = 0, xy = 0;
  for (std::size_t i = spacing.size() - 3; i < spacing.size(); ++i) {
    x += spacing[i].first / 3;
    y += spacing[i].second / 3;
  }
  for (std::size_t i = spacing.size() - 3; i < spacing.size(); ++i) {
    xx += (spacing[i].first - x) * (spacing[i].first - x);
    xy += (spacing[i].first - x) * (spacing[i].second - y);
  }
  if (xy >= 0) return xy == 0 ? dimension : 1;
  return std::clamp(-xx / xy, 1.0, dimension);
}

}  // namespace

std::vector<Index> level_sizes(Index points, Index finest) {
  points = std::max<Index>(points, 8);
  std::vector<Index> sizes;
  const int by_points = 7 + (points >= 20000) + (points >= 40000);
  for (int l = 0; l < 40; ++l) {
    const Index size = 6 * (Index{1} << l) + (Index{1} << l) / 4;
    if (finest == 0 ? l >= by_points : (l > 0 && size > finest) || (l >= by_points && size > points / 20)) break;
    sizes.push_back(std::min({size, points / 2, finest > 0 ? finest : size}));
  }
  if (finest > 0 && sizes.back() < std::min(finest, points / 2)) sizes.push_back(std::min(finest, points / 2));
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

template <ExecutionSpace Exec>
NestedLandmarks nested_landmarks(const Exec& exec, const Points<Exec>& sample, Index points, const LandmarkOptions& options) {
  const Index d = static_cast<Index>(sample.extent(1)), n = static_cast<Index>(sample.extent(0));
  KMeans<Exec> kmeans(exec, sample, options.ranks);
  std::vector<HostPoints> parts;
  std::vector<std::pair<double, double>> spacing;
  NestedLandmarks result;
  Index total = 0;
  std::uint64_t number = 0;
  for (const Index size : level_sizes(points, options.finest)) {
    const HostPoints z = kmeans.landmarks(std::min(size, n), options.seed, number++);
    const Index kept = static_cast<Index>(z.extent(0));
    require(kept >= 3, "fit", [&] {
      return "the data have too few distinct points: only " + std::to_string(kept) + " landmarks differ where " + std::to_string(size) + " were asked for";
    });
    const double nearest = median_spacing(exec, z);
    spacing.emplace_back(std::log(static_cast<double>(kept)), std::log(nearest));
    const double factor = size < 100 ? 2 : 1 + 1 / intrinsic_dimension(spacing, d);
    result.levels.push_back({total, total + kept, factor * nearest, quantile(kmeans.distances(z), 0.999), 0});
    parts.push_back(z);
    total += kept;
  }
  const double scale = options.bandwidth > 0 ? options.bandwidth / result.levels.back().width : 1;
  result.landmarks = HostPoints("kswgd::nested_landmarks::landmarks", total, d);
  result.widths = HostVector("kswgd::nested_landmarks::widths", total);
  for (std::size_t l = 0; l < parts.size(); ++l) {
    LevelData& level = result.levels[l];
    level.width *= scale;
    for (Index a = level.first_landmark; a < level.last_landmark; ++a) {
      result.widths(a) = level.width;
      for (Index k = 0; k < d; ++k) result.landmarks(a, k) = parts[l](a - level.first_landmark, k);
    }
  }
  return result;
}

template <ExecutionSpace Exec>
void nearest_landmark(const Exec& exec, const Points<Exec>& x, const Points<Exec>& landmarks, const Vector<Exec>& distance, const Vector<Exec, int>& index) {
  nearest_of_padded(exec, spread_copy(exec, x), static_cast<Index>(x.extent(0)), landmarks, static_cast<Index>(landmarks.extent(0)), distance, index);
}

#define KSWGD_INSTANTIATE(EXEC)                                                                               \
  template NestedLandmarks nested_landmarks(const EXEC&, const Points<EXEC>&, Index, const LandmarkOptions&); \
  template void nearest_landmark(const EXEC&, const Points<EXEC>&, const Points<EXEC>&, const Vector<EXEC>&, const Vector<EXEC, int>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
