// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "gather.hpp"

#include <kswgd/data/rows.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>
#include <utility>

namespace kswgd {
namespace {

/// Two 64-bit hashes of a row, which together never agree by chance.
using RowHash = std::pair<std::uint64_t, std::uint64_t>;

/// The finaliser of MurmurHash3 (Appleby): every bit of the input reaches every bit of the output.
KOKKOS_INLINE_FUNCTION std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdU;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53U;
  return x ^ (x >> 33);
}

/// hash(i, 0..1) of row i
template <class Exec>
struct HashKernel {
  Points<Exec> x;
  Kokkos::View<std::uint64_t* [2], Kokkos::LayoutLeft, typename Exec::memory_space> hash;
  KOKKOS_FUNCTION void operator()(Index i) const {
    std::uint64_t one = 0x9e3779b97f4a7c15U, two = 0x6a09e667f3bcc909U;
    for (Index k = 0; k < static_cast<Index>(x.extent(1)); ++k) {
      const auto bits = Kokkos::bit_cast<std::uint64_t>(x(i, k) + 0.0);  // -0 + 0 is 0
      one = mix(one ^ bits) + 0x9e3779b97f4a7c15U;
      two = mix(two + bits) ^ (two << 1);
    }
    hash(i, 0) = one;
    hash(i, 1) = two;
  }
};

template <class Exec>
std::vector<RowHash> hashes(const Exec& exec, const DataSet<Exec>& data) {
  std::vector<RowHash> result(static_cast<std::size_t>(data.size()));
  walk_tiles(exec, data, data.dimension(), [&](Index first, Index count, const Points<Exec>& x) {
    const auto hash = allocate<decltype(HashKernel<Exec>::hash)>(exec, "count_rows::hash", count);
    Kokkos::parallel_for("kswgd::count_rows::hash", index_range(exec, count), HashKernel<Exec>{x, hash});
    const auto host = to_host(exec, hash);
    for (Index i = 0; i < count; ++i) result[static_cast<std::size_t>(first + i)] = {host(i, 0), host(i, 1)};
  });
  return result;
}

/// The rows listed (ascending) as a source: the stretch that holds those of a tile is read and picked from.
template <class Exec>
DataSet<Exec> picked(const DataSet<Exec>& data, const std::vector<Index>& rows, std::vector<double> weights) {
  const auto list = std::make_shared<const std::vector<Index>>(rows);
  DataSet<Exec> result(static_cast<Index>(rows.size()), data.dimension(), [data, list](const Exec& exec, Index first, Index count, const Points<Exec>& tile) {
    constexpr Index longest = Index{1} << 16;  // rows of a stretch that is read at once
    for (Index done = 0; done < count;) {
      const auto from = list->begin() + first + done, last = list->begin() + first + count;
      const auto until = std::lower_bound(from, last, *from + longest);
      const Index taken = until - from, length = *(until - 1) - *from + 1;
      const auto stretch = allocate<Points<Exec>>(exec, "count_rows::stretch", length, data.dimension());
      data.read(exec, *from, length, stretch);
      std::vector<Index> places(from, until);
      for (Index& place : places) place -= *from;
      const Points<Exec> part = Kokkos::subview(tile, Span(done, done + taken), Kokkos::ALL);
      detail::gather("kswgd::count_rows::gather", exec, stretch, to_device(exec, places), part);
      exec.fence("kswgd::count_rows: the stretch is freed");
      done += taken;
    }
  });
  result.set_order(data.order());
  if (std::any_of(weights.begin(), weights.end(), [](double w) { return w != 1; })) result.set_weights(std::move(weights));
  return result;
}

/// sum(k) of |x_{t+1} - x_t|^2, and whether each column rises or falls somewhere, over the rows of one stretch.
template <class Exec>
struct SuccessionKernel {
  Points<Exec> x;
  Index count;
  Matrix<Exec> out;  // column k: sum of squared steps, sum, sum of squares about the first value, steps up, steps down
  KOKKOS_FUNCTION void operator()(Index k) const {
    double steps = 0, sum = 0, squares = 0, up = 0, down = 0;
    for (Index i = 0; i < count; ++i) {
      const double value = x(i, k), step = i + 1 < count ? x(i + 1, k) - value : 0;
      sum += value;
      squares += value * value;
      steps += step * step;
      up += step > 0 ? 1 : 0;
      down += step < 0 ? 1 : 0;
    }
    out(0, k) = steps;
    out(1, k) = sum;
    out(2, k) = squares;
    out(3, k) = up;
    out(4, k) = down;
  }
};

template <class Exec>
struct NonFiniteKernel {
  Points<Exec> x;
  Index count;
  KOKKOS_FUNCTION void operator()(Index item, Index& bad) const { bad += Kokkos::isfinite(x(item % count, item / count)) ? 0 : 1; }
};

/// The deviation of x(i, k) from the centre over the unit, where there is one.
template <class Exec>
struct DeviationKernel {
  using Most = Kokkos::MaxLoc<double, Index>;
  Points<Exec> x;
  Vector<Exec> centre, inverse_unit;
  Index count;
  KOKKOS_FUNCTION void operator()(Index item, typename Most::value_type& most) const {
    const Index i = item % count, k = item / count;
    const double deviation = Kokkos::fabs(x(i, k) - centre(k)) * inverse_unit(k);
    if (deviation > most.val || (deviation == most.val && item < most.loc)) {
      most.val = deviation;
      most.loc = item;
    }
  }
};

}  // namespace

bool Succession::in_time() const { return pairs > 0 && ratio <= 0.9 && ratio < 1 - 5 / std::sqrt(static_cast<double>(pairs)); }

template <ExecutionSpace Exec>
Succession succession(const Exec& exec, const DataSet<Exec>& data) {
  constexpr Index stretch = 1024, most_stretches = 64;
  const Index n = data.size(), d = data.dimension(), length = std::min(n, stretch), stretches = std::min(most_stretches, n / length);
  const auto columns = static_cast<std::size_t>(d);
  std::vector<double> origin(columns), steps(columns), sum(columns), squares(columns), up(columns), down(columns);
  const auto x = allocate<Points<Exec>>(exec, "succession::stretch", length, d);
  const auto out = allocate<Matrix<Exec>>(exec, "succession::sums", 5, d);
  for (Index s = 0; s < stretches; ++s) {
    data.read(exec, s * (n / stretches), length, x);
    if (s == 0) {
      const auto head = to_host(exec, x);
      for (std::size_t k = 0; k < columns; ++k) origin[k] = head(0, k);
    }
    const auto shift = to_device(exec, origin);
    Kokkos::parallel_for(
        "kswgd::succession::shift", index_range(exec, length * d), KOKKOS_LAMBDA(Index item) { x(item % length, item / length) -= shift(item / length); });
    Kokkos::parallel_for("kswgd::succession", index_range(exec, d), SuccessionKernel<Exec>{x, length, out});
    const auto host = to_host(exec, out);
    for (std::size_t k = 0; k < columns; ++k) {
      steps[k] += host(0, k);
      sum[k] += host(1, k);
      squares[k] += host(2, k);
      up[k] += host(3, k);
      down[k] += host(4, k);
    }
  }
  Succession result;
  const auto rows = static_cast<double>(stretches * length);
  const Index pairs = stretches * (length - 1);
  for (std::size_t k = 0; k < columns; ++k) {
    const double variance = squares[k] / rows - (sum[k] / rows) * (sum[k] / rows);
    if (!(up[k] > 0 && down[k] > 0) || !(variance > 0)) continue;
    const double ratio = steps[k] / static_cast<double>(pairs) / (2 * variance);
    if (result.column >= 0 && !(ratio < result.ratio)) continue;
    result = {ratio, static_cast<Index>(k), pairs};
  }
  return result;
}

template <ExecutionSpace Exec>
void require_finite(const Exec& exec, const DataSet<Exec>& data) {
  walk_tiles(exec, data, data.dimension(), [&](Index first, Index count, const Points<Exec>& x) {
    Index bad = 0;
    Kokkos::parallel_reduce("kswgd::require_finite", index_range(exec, count * data.dimension()), NonFiniteKernel<Exec>{x, count}, bad);
    if (bad == 0) return;
    const auto host = to_host(exec, x);
    for (Index i = 0; i < count; ++i)
      for (std::size_t k = 0; k < host.extent(1); ++k)
        require(std::isfinite(host(i, k)), "fit", [&] {
          return "the data must be finite, but row " + std::to_string(first + i) + ", column " + std::to_string(k) + " is " + std::to_string(host(i, k));
        });
  });
}

template <ExecutionSpace Exec>
DataSet<Exec> without_rows(const DataSet<Exec>& data, const std::vector<Index>& rows) {
  std::vector<Index> kept;
  std::vector<double> weights;
  auto next = rows.begin();
  for (Index row = 0; row < data.size(); ++row) {
    if (next != rows.end() && *next == row) {
      ++next;
      continue;
    }
    kept.push_back(row);
    weights.push_back(data.weight(row));
  }
  return picked(data, kept, std::move(weights));
}

template <ExecutionSpace Exec>
CountedRows<Exec> count_rows(const Exec& exec, const DataSet<Exec>& data) {
  const std::vector<RowHash> hash = hashes(exec, data);
  const auto n = hash.size();
  std::vector<Index> order(n);
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(), [&](Index a, Index b) {
    const RowHash &left = hash[static_cast<std::size_t>(a)], &right = hash[static_cast<std::size_t>(b)];
    return left != right ? left < right : a < b;
  });
  CountedRows<Exec> result{data, {}, 0, 0};
  std::vector<double> weights(n, 0.0);  // of the first of equal rows
  for (std::size_t i = 0; i < n;) {
    const Index first = order[i];
    std::size_t end = i;
    Index counting = 0;
    for (; end < n && hash[static_cast<std::size_t>(order[end])] == hash[static_cast<std::size_t>(first)]; ++end) {
      const double weight = data.weight(order[end]);
      weights[static_cast<std::size_t>(first)] += weight;
      counting += weight > 0 ? 1 : 0;
    }
    result.weightless += static_cast<Index>(end - i) - counting;
    result.repeated += std::max<Index>(0, counting - 1);
    i = end;
  }
  if (result.repeated == 0 && result.weightless == 0) return result;
  std::vector<double> kept;
  for (std::size_t i = 0; i < n; ++i) {
    if (!(weights[i] > 0)) continue;
    result.rows.push_back(static_cast<Index>(i));
    kept.push_back(weights[i]);
  }
  result.data = picked(data, result.rows, std::move(kept));
  return result;
}

template <ExecutionSpace Exec>
FarthestRow farthest_row(const Exec& exec, const DataSet<Exec>& data, std::uint64_t seed) {
  constexpr Index most_sampled = 4096;
  constexpr double quartiles_of_normal = 1.349;  // distance between the quartiles of N(0, 1)
  const auto sample = to_host(exec, gather_rows(exec, data, spread_rows(data.size(), std::min(data.size(), most_sampled), seed, 6)));
  const auto columns = static_cast<std::size_t>(data.dimension());
  std::vector<double> centre(columns), inverse_unit(columns, 0.0);
  for (std::size_t k = 0; k < columns; ++k) {
    std::vector<double> values(sample.extent(0));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = sample(i, k);
    std::sort(values.begin(), values.end());
    centre[k] = values[values.size() / 2];
    const double between = values[3 * values.size() / 4] - values[values.size() / 4];
    if (between > 0) inverse_unit[k] = quartiles_of_normal / between;
  }
  const auto device_centre = to_device(exec, centre), device_unit = to_device(exec, inverse_unit);
  FarthestRow result;
  walk_tiles(exec, data, data.dimension(), [&](Index first, Index count, const Points<Exec>& x) {
    typename DeviationKernel<Exec>::Most::value_type most;
    Kokkos::parallel_reduce("kswgd::farthest_row", index_range(exec, count * data.dimension()), DeviationKernel<Exec>{x, device_centre, device_unit, count},
                            typename DeviationKernel<Exec>::Most(most));
    if (!(most.val > result.deviations)) return;
    double value = 0;
    Kokkos::deep_copy(exec, value, Kokkos::subview(x, most.loc % count, most.loc / count));
    exec.fence("kswgd::farthest_row: the value is read on the host");
    result = {first + most.loc % count, most.loc / count, most.val, value};
  });
  return result;
}

template <ExecutionSpace Exec>
std::uint64_t fingerprint_of(const Exec& exec, const DataSet<Exec>& data) {
  constexpr Index most = 64;
  const Index n = data.size(), count = std::min(n, most);
  std::vector<Index> rows;
  for (Index i = 0; i < count; ++i) rows.push_back(i * n / count);
  const auto points = gather_rows(exec, data, rows);
  std::uint64_t result = mix(static_cast<std::uint64_t>(n)) + mix(static_cast<std::uint64_t>(data.dimension()) + 1);
  for (const RowHash& hash : hashes(exec, make_source(exec, points))) result = mix(result ^ hash.first) + hash.second;
  return result;
}

#define KSWGD_INSTANTIATE(EXEC)                                                         \
  template Succession succession(const EXEC&, const DataSet<EXEC>&);                    \
  template void require_finite(const EXEC&, const DataSet<EXEC>&);                      \
  template DataSet<EXEC> without_rows(const DataSet<EXEC>&, const std::vector<Index>&); \
  template CountedRows<EXEC> count_rows(const EXEC&, const DataSet<EXEC>&);             \
  template FarthestRow farthest_row(const EXEC&, const DataSet<EXEC>&, std::uint64_t);  \
  template std::uint64_t fingerprint_of(const EXEC&, const DataSet<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
