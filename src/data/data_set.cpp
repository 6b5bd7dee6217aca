// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "gather.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/data/rows.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/text.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kswgd {
namespace {

/// Rows that one work item adds up; the partial sums are then added in order on the host.
constexpr Index sum_block = 1024;

/// sum(k) = sum over i < count of w_i x(i, k), NaN or infinite where a coordinate is; weight may be empty (all 1).
template <class Exec>
std::vector<double> weighted_sum(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& weight, Index count) {
  const Index d = static_cast<Index>(x.extent(1)), parts = (count + sum_block - 1) / sum_block;
  const bool weighted = weight.extent(0) > 0;
  const auto partial = allocate<Matrix<Exec>>(exec, "weighted_sum::partial", parts, d);
  Kokkos::parallel_for(
      "kswgd::weighted_sum", index_range(exec, parts * d), KOKKOS_LAMBDA(Index item) {
        const Index part = item % parts, k = item / parts;
        const Index end = Kokkos::min((part + 1) * sum_block, count);
        double sum = 0;
        for (Index i = part * sum_block; i < end; ++i) sum += (weighted ? weight(i) : 1.0) * x(i, k);
        partial(part, k) = sum;
      });
  const auto host = to_host(exec, partial);
  std::vector<double> sum(static_cast<std::size_t>(d), 0.0);
  for (Index k = 0; k < d; ++k)
    for (Index part = 0; part < parts; ++part) sum[static_cast<std::size_t>(k)] += host(part, k);
  return sum;
}

/// The power of two by which weights, of which this is the largest, are divided so that their squares are numbers; 0 where they are already.
int excess_exponent(double most) { return most > 0 && std::isfinite(most) && (most > 1e100 || most < 1e-100) ? std::ilogb(most) : 0; }

}  // namespace

template <ExecutionSpace Exec>
DataSet<Exec>::DataSet(Index size, Index dimension, Reader reader, Span here, const Reduction& ranks) : DataSet(size, dimension, std::move(reader)) {
  m_first = here.first;
  m_last = here.second;
  m_ranks = ranks;
  std::vector<double> begins(static_cast<std::size_t>(ranks.size()) + 1, 0.0);
  begins[static_cast<std::size_t>(ranks.rank())] = static_cast<double>(here.first);
  const double wrong = here.second < here.first ? 1 : 0;
  ranks.sum(begins);
  begins.back() = static_cast<double>(size);
  const bool follows = begins.front() == 0 && static_cast<double>(here.second) == begins[static_cast<std::size_t>(ranks.rank()) + 1];
  require(ranks.sum(wrong + (follows ? 0.0 : 1.0)) == 0, "DataSet", [&] {
    return "the ranks' rows must follow one another and make up all " + std::to_string(size) + ", but rank " + std::to_string(ranks.rank()) + " has [" +
           std::to_string(here.first) + ", " + std::to_string(here.second) + ")";
  });
}

template <ExecutionSpace Exec>
void DataSet<Exec>::set_weights(std::vector<double> weights) {
  require(static_cast<Index>(weights.size()) == m_last - m_first, "DataSet",
          [&] { return "there must be one weight for each of the " + std::to_string(m_last - m_first) + " points, got " + std::to_string(weights.size()); });
  double most = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    require(std::isfinite(weights[i]) && weights[i] >= 0, "DataSet", [&] {
      return "weights must be finite and not negative, but weight " + std::to_string(m_first + static_cast<Index>(i)) + " is " + std::to_string(weights[i]);
    });
    most = std::max(most, weights[i]);
  }
  // Their unit means nothing, but sums of them and of their squares must be numbers.
  most = m_ranks.max(most);
  if (const int exponent = excess_exponent(most); exponent != 0)
    for (double& weight : weights) weight = std::ldexp(weight, -exponent);
  std::vector<double> sums(2, 0.0);  // of the weights and of their squares
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sums[0] += weights[i];
    sums[1] += weights[i] * weights[i];
  }
  m_ranks.sum(sums);
  require(sums[0] > 0, "DataSet", [] { return "at least one weight must be positive"; });
  const std::vector<double> of_rank = m_ranks.concatenate({std::accumulate(weights.begin(), weights.end(), 0.0)});
  m_weights = std::make_shared<const std::vector<double>>(std::move(weights));
  m_is_weighted = true;
  m_total_weight = sums[0];
  m_effective_size = sums[1] > 0 ? sums[0] * sums[0] / sums[1] : 0;
  m_weight_before = std::accumulate(of_rank.begin(), of_rank.begin() + m_ranks.rank(), 0.0);
}

template <ExecutionSpace Exec>
std::vector<double> DataSet<Exec>::weights_of(const std::vector<Index>& rows) const {
  std::vector<double> result(rows.size(), m_is_weighted ? 0.0 : 1.0);
  if (!m_is_weighted) return result;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i] >= m_first && rows[i] < m_last) result[i] = weight(rows[i]);
  m_ranks.sum(result);
  return result;
}

template <ExecutionSpace Exec>
void DataSet<Exec>::set_trajectories(TrajectoryLayout trajectories) {
  check_lengths(trajectories, m_size, "DataSet");
  m_trajectories = std::move(trajectories);
  m_order = Order::in_time;
}

template <ExecutionSpace Exec>
DataSet<Exec> DataSet<Exec>::with_trajectories(TrajectoryLayout trajectories) const {
  DataSet copy = *this;
  copy.set_trajectories(std::move(trajectories));
  return copy;
}

double effective_samples(const std::vector<double>& weights) {
  const double most = weights.empty() ? 0 : *std::max_element(weights.begin(), weights.end());
  const int exponent = excess_exponent(most);
  double sum = 0, squares = 0;
  for (const double weight : weights) {
    const double w = exponent == 0 ? weight : std::ldexp(weight, -exponent);
    sum += w;
    squares += w * w;
  }
  return squares > 0 ? sum * sum / squares : 0;
}

template <ExecutionSpace Exec>
Normalisation normalisation_of(const Exec& exec, const DataSet<Exec>& source) {
  const Index n = source.size(), d = source.dimension();
  require(d >= 1, "fit", [] { return "the points have no coordinates"; });
  require(n >= 2, "fit", [&] { return "at least 2 points are needed, got " + std::to_string(n); });
  const auto columns = static_cast<std::size_t>(d);
  const auto weights_of = [&](Index first, Index count) {
    Vector<Exec> weight;
    const auto begin = source.weights().begin() + (first - source.here().first);
    if (source.is_weighted()) weight = to_device(exec, std::vector<double>(begin, begin + count));
    return weight;
  };

  // Sums relative to the first point: data far from the origin lose no digits, and repeated values give an exact 0.
  Normalisation result;
  result.constant.assign(columns, true);
  std::vector<double> origin(columns), sum(columns + 1, 0.0);  // the last entry: of the weights
  const auto head = to_host(exec, gather_rows(exec, source, {0}));
  for (std::size_t k = 0; k < columns; ++k) origin[k] = std::isfinite(head(0, k)) ? head(0, k) : 0;
  const auto shift = to_device(exec, origin);
  walk_tiles(exec, source, d, [&](Index first, Index count, const Points<Exec>& tile) {
    const Vector<Exec> weight = weights_of(first, count);
    Kokkos::parallel_for(
        "kswgd::normalisation::shift", index_range(exec, count * d), KOKKOS_LAMBDA(Index item) { tile(item % count, item / count) -= shift(item / count); });
    const auto part = weighted_sum(exec, tile, weight, count);
    const auto plain = weight.extent(0) ? weighted_sum(exec, tile, Vector<Exec>{}, count) : part;
    if (!std::all_of(plain.begin(), plain.end(), [](double s) { return std::isfinite(s); })) {
      require_finite(exec, source);
      throw InvalidInput("kswgd::fit: the data are too large to be added up in double precision");
    }
    for (std::size_t k = 0; k < columns; ++k) sum[k] += part[k];
    const auto begin = source.weights().begin() + (first - source.here().first);
    sum[columns] += source.is_weighted() ? std::accumulate(begin, begin + count, 0.0) : static_cast<double>(count);
  });
  source.ranks().sum(sum);
  const double total = sum[columns];
  result.mean.resize(columns);
  for (std::size_t k = 0; k < columns; ++k) result.mean[k] = origin[k] + sum[k] / total;

  const auto mean = to_device(exec, result.mean);
  const auto covariance = zeros<Matrix<Exec>>(exec, "normalisation::covariance", columns, columns);
  walk_tiles(exec, source, d, [&](Index first, Index count, const Points<Exec>& tile) {
    const Vector<Exec> weight = weights_of(first, count);
    const bool weighted = weight.extent(0) > 0;
    Kokkos::parallel_for(
        "kswgd::normalisation::centre", index_range(exec, count * d), KOKKOS_LAMBDA(Index item) {
          const Index i = item % count, k = item / count;
          tile(i, k) = (tile(i, k) - mean(k)) * (weighted ? Kokkos::sqrt(weight(i)) : 1.0);
        });
    algebra::add_gram(exec, 1 / total, tile, covariance);
  });
  source.ranks().sum(exec, covariance);
  algebra::symmetrise_from_upper(exec, covariance);
  const auto host = to_host(exec, covariance);
  result.covariance.resize(columns * columns);
  HostMatrix vectors("kswgd::normalisation::vectors", columns, columns);
  HostVector variances("kswgd::normalisation::variances", columns);
  for (std::size_t i = 0; i < columns; ++i)
    for (std::size_t j = 0; j < columns; ++j) vectors(i, j) = result.covariance[i * columns + j] = host(i, j);
  algebra::symmetric_eigen(vectors, variances);
  const double leading = std::sqrt(std::max(variances(columns - 1), 0.0));
  double size = 0;
  for (const double m : result.mean) size = std::max(size, std::abs(m));
  require(std::isfinite(leading), "fit", [] { return "the data are too large: their variance is not finite"; });
  require(leading > 1e-14 * size && leading > 1e-150, "fit", [&]() -> std::string {
    const bool differ = leading > 0 || std::any_of(sum.begin(), sum.end() - 1, [](double s) { return s != 0; });
    if (!differ) return "all points are the same: there is nothing to learn";
    if (leading <= 1e-150) return "the data are too small: their variance is lost in double precision; multiply them by a power of ten";
    return "the points differ by less than the rounding of numbers as large as " + text(size) +
           ": subtract an offset from the columns, or leave out a column that hardly changes";
  });
  result.scale = leading;
  for (std::size_t k = 0; k < columns; ++k) {
    const double rounding = 1e-14 * std::max(leading, std::abs(result.mean[k]));
    result.constant[k] = std::sqrt(std::max(host(k, k), 0.0)) <= rounding;
  }
  return result;
}

std::vector<Index> spread_rows(Index size, Index count, std::uint64_t seed, std::uint64_t stream) {
  const IndexedRandom random(seed, stream);
  std::vector<Index> rows(static_cast<std::size_t>(std::min(count, size)));
  const auto stretch = static_cast<double>(size) / static_cast<double>(rows.size());
  Index last = -1;
  for (std::size_t j = 0; j < rows.size(); ++j) {
    const auto row = static_cast<Index>((static_cast<double>(j) + random.uniform(j)) * stretch);
    const Index most = size - static_cast<Index>(rows.size() - j);  // leaves a row for each of those that follow
    last = rows[j] = std::max(last + 1, std::min(row, most));
  }
  return rows;
}

template <ExecutionSpace Exec>
DataSet<Exec> with_rows_after(const Exec& exec, const DataSet<Exec>& source, Index count) {
  const Reduction& ranks = source.ranks();
  if (ranks.is_alone() || count == 0) return source;
  const Index last = source.here().second;
  std::vector<double> ends(static_cast<std::size_t>(ranks.size()), 0.0);
  ends[static_cast<std::size_t>(ranks.rank())] = static_cast<double>(last);
  ranks.sum(ends);
  Points<Exec> after;
  for (int rank = 0; rank < ranks.size(); ++rank) {
    std::vector<Index> rows;
    const auto end = static_cast<Index>(ends[static_cast<std::size_t>(rank)]);
    for (Index row = end; row < std::min(end + count, source.size()); ++row) rows.push_back(row);
    const Points<Exec> points = gather_rows(exec, source, rows);
    if (rank == ranks.rank()) after = points;
  }
  return source.in_coordinates(source.dimension(), [source, after, last](const Exec& on, Index first, Index rows, const Points<Exec>& tile) {
    const Index own = std::clamp<Index>(last - first, 0, rows);
    if (own > 0) source.read(on, first, own, tile);
    if (own == rows) return;
    const Index from = first + own - last;
    const Points<Exec> rest = Kokkos::subview(tile, Span(own, rows), Kokkos::ALL), there = Kokkos::subview(after, Span(from, from + rows - own), Kokkos::ALL);
    Kokkos::deep_copy(on, rest, there);
  });
}

template <ExecutionSpace Exec>
Points<Exec> gather_rows(const Exec& exec, const DataSet<Exec>& source, const std::vector<Index>& rows) {
  const auto [begin, last] = source.here();
  const Index d = source.dimension(), tile_rows = std::min(last - begin, rows_of_tile(d));
  const Index near = std::max<Index>(1, (Index{1} << 15) / std::max<Index>(d, 1));  // 256 KiB
  const auto points = zeros<Points<Exec>>(exec, "gather_rows::points", rows.size(), d);
  const auto tile = allocate<Points<Exec>>(exec, "gather_rows::tile", tile_rows, d);
  const auto index = to_device(exec, rows);
  Index done = std::lower_bound(rows.begin(), rows.end(), begin) - rows.begin();
  const Index wanted = std::lower_bound(rows.begin(), rows.end(), last) - rows.begin();
  for (Index first = begin; first < last && done < wanted; first += tile_rows) {
    const Index end = std::min(first + tile_rows, last);
    const Index next = std::lower_bound(rows.begin() + done, rows.end(), end) - rows.begin();
    while (done < next) {  // rows that lie far apart are read one by one, those between are not
      const Index start = done, from = rows[static_cast<std::size_t>(start)];
      const auto row = [&](Index i) { return rows[static_cast<std::size_t>(i)]; };
      while (++done < next && row(done) - row(done - 1) <= near) continue;
      const Index count = done - start;
      source.read(exec, from, row(done - 1) - from + 1, tile);
      Kokkos::parallel_for(
          "kswgd::gather_rows", index_range(exec, count * d), KOKKOS_LAMBDA(Index item) {
            const Index i = item % count, k = item / count;
            points(start + i, k) = tile(index(start + i) - from, k);
          });
    }
  }
  exec.fence("kswgd::gather_rows: the list of rows is freed");
  source.ranks().sum(exec, points);  // of each row one rank has the coordinates, and the others zeros
  return points;
}

template <ExecutionSpace Exec>
Points<Exec> take_rows(const Exec& exec, const Points<Exec>& points, const std::vector<Index>& rows) {
  const auto taken = allocate<Points<Exec>>(exec, "take_rows::points", rows.size(), points.extent(1));
  detail::gather("kswgd::take_rows", exec, points, to_device(exec, rows), taken);
  exec.fence("kswgd::take_rows: the list of rows is freed");
  return taken;
}

template <ExecutionSpace Exec>
Points<Exec> take_evenly(const Exec& exec, const Points<Exec>& points, Index wanted, Index part, Index parts) {
  std::vector<Index> chosen;
  for (Index i = 0; i < wanted; ++i) chosen.push_back((i * parts + part) * rows(points) / (wanted * parts));
  return take_rows(exec, points, chosen);
}

#define KSWGD_INSTANTIATE(EXEC)                                                                    \
  template class DataSet<EXEC>;                                                                    \
  template Normalisation normalisation_of(const EXEC&, const DataSet<EXEC>&);                      \
  template DataSet<EXEC> with_rows_after(const EXEC&, const DataSet<EXEC>&, Index);                \
  template Points<EXEC> gather_rows(const EXEC&, const DataSet<EXEC>&, const std::vector<Index>&); \
  template Points<EXEC> take_rows(const EXEC&, const Points<EXEC>&, const std::vector<Index>&);    \
  template Points<EXEC> take_evenly(const EXEC&, const Points<EXEC>&, Index, Index, Index);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
