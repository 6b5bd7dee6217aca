// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../data/gather.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/estimator/online_pairs.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kswgd {
namespace {

/// Rows of the earlier frame whose ids are on another rank now: id, weight and coordinates of each, on all ranks.
struct Migrants {
  std::size_t width = 0;
  std::vector<double> table;
  std::unordered_map<Index, std::size_t> place_of_id;
};

template <class Exec>
Migrants exchange(const Exec& exec, const Reduction& ranks, const std::vector<std::pair<Index, Index>>& left, const Points<Exec>& points,
                  const std::vector<double>& weights) {
  const std::size_t d = points.extent(1);
  Migrants result;
  result.width = d + 2;
  std::vector<double> counts(static_cast<std::size_t>(ranks.size()), 0.0);
  counts[static_cast<std::size_t>(ranks.rank())] = static_cast<double>(left.size());
  ranks.sum(counts);
  const auto all = static_cast<std::size_t>(std::accumulate(counts.begin(), counts.end(), 0.0));
  if (all == 0) return result;
  result.table.assign(all * result.width, 0.0);
  std::vector<Index> rows;
  for (const auto& id_and_row : left) rows.push_back(id_and_row.second);
  const auto taken = allocate<Points<Exec>>(exec, "OnlinePairs::left", rows.size(), d);
  detail::gather<Exec>("kswgd::OnlinePairs::left", exec, points, to_device(exec, rows), taken);
  const auto host = to_host(exec, taken);
  auto at = static_cast<std::size_t>(std::accumulate(counts.begin(), counts.begin() + ranks.rank(), 0.0)) * result.width;
  for (std::size_t i = 0; i < left.size(); ++i, at += result.width) {
    result.table[at] = static_cast<double>(left[i].first);
    result.table[at + 1] = weights.empty() ? 1.0 : weights[static_cast<std::size_t>(left[i].second)];
    for (std::size_t k = 0; k < d; ++k) result.table[at + 2 + k] = host(i, k);
  }
  ranks.sum(result.table);
  for (std::size_t i = 0; i < all; ++i) result.place_of_id[static_cast<Index>(result.table[i * result.width])] = i * result.width;
  return result;
}

}  // namespace

template <ExecutionSpace Exec>
OnlinePairs<Exec>::OnlinePairs(Index lag, Index dimension, const Reduction& ranks) : m_lag(lag), m_dimension(dimension), m_ranks(ranks) {
  require(lag >= 1 && dimension >= 1, "OnlinePairs",
          [&] { return "the lag must be at least 1 step of rows with a coordinate, got " + std::to_string(lag) + " and " + std::to_string(dimension); });
}

template <ExecutionSpace Exec>
MatchedPairs<Exec> OnlinePairs<Exec>::add_frame(const Exec& exec, Index step, const std::vector<Index>& ids, const Points<Exec>& points,
                                                const std::vector<double>& weights) {
  const char* function = "OnlinePairs::add";
  require(static_cast<Index>(points.extent(1)) == m_dimension, function,
          [&] { return "rows of " + std::to_string(m_dimension) + " coordinates are expected, got " + std::to_string(points.extent(1)); });
  require(ids.size() == points.extent(0) && (weights.empty() || weights.size() == ids.size()), function,
          [&] { return "there must be one id (and one weight, or none at all) for each of the " + std::to_string(points.extent(0)) + " rows"; });
  require(m_frames.empty() || step > m_frames.back().step, function,
          [&] { return "steps must ascend, but " + std::to_string(step) + " came after " + std::to_string(m_frames.back().step); });
  Frame frame{step, {}, points, weights};
  for (std::size_t i = 0; i < ids.size(); ++i)
    require(frame.row_of_id.emplace(ids[i], static_cast<Index>(i)).second, function,
            [&] { return "id " + std::to_string(ids[i]) + " stands twice in step " + std::to_string(step); });
  while (!m_frames.empty() && m_frames.front().step < step - m_lag) m_frames.pop_front();
  MatchedPairs<Exec> pairs{Points<Exec>("kswgd::OnlinePairs::x", 0, m_dimension), Points<Exec>("kswgd::OnlinePairs::y", 0, m_dimension), {}, {}};
  if (!m_frames.empty() && m_frames.front().step == step - m_lag) {
    pairs = match(exec, m_frames.front(), ids, points);
    m_frames.pop_front();
  }
  m_frames.push_back(std::move(frame));
  return pairs;
}

template <ExecutionSpace Exec>
MatchedPairs<Exec> OnlinePairs<Exec>::match(const Exec& exec, const Frame& before, const std::vector<Index>& ids, const Points<Exec>& points) const {
  std::vector<Index> from, to;  // rows of both frames
  std::vector<Index> arrived;   // rows of this frame whose id is not in the earlier one of this rank
  std::unordered_map<Index, Index> left = before.row_of_id;
  MatchedPairs<Exec> pairs;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto found = left.find(ids[i]);
    if (found == left.end()) {
      arrived.push_back(static_cast<Index>(i));
      continue;
    }
    from.push_back(found->second);
    to.push_back(static_cast<Index>(i));
    pairs.ids.push_back(ids[i]);
    pairs.weights.push_back(before.weights.empty() ? 1.0 : before.weights[static_cast<std::size_t>(found->second)]);
    left.erase(found);
  }
  const Index here = static_cast<Index>(from.size());
  std::vector<double> migrated;  // coordinates, row by row
  if (!m_ranks.is_alone()) {
    const Migrants others = exchange(exec, m_ranks, {left.begin(), left.end()}, before.points, before.weights);
    for (const Index row : arrived) {
      const auto found = others.place_of_id.find(ids[static_cast<std::size_t>(row)]);
      if (found == others.place_of_id.end()) continue;
      const double* entry = &others.table[found->second];
      to.push_back(row);
      pairs.ids.push_back(found->first);
      pairs.weights.push_back(entry[1]);
      migrated.insert(migrated.end(), entry + 2, entry + others.width);
    }
  }
  const Index count = static_cast<Index>(to.size());
  pairs.x = allocate<Points<Exec>>(exec, "OnlinePairs::x", count, m_dimension);
  pairs.y = allocate<Points<Exec>>(exec, "OnlinePairs::y", count, m_dimension);
  detail::gather<Exec>("kswgd::OnlinePairs::y", exec, points, to_device(exec, to), pairs.y);
  detail::gather<Exec>("kswgd::OnlinePairs::x", exec, before.points, to_device(exec, from), Kokkos::subview(pairs.x, Span(0, here), Kokkos::ALL));
  if (count > here) {
    const HostPoints rows("kswgd::OnlinePairs::migrated", count - here, m_dimension);
    for (Index i = 0; i < count - here; ++i)
      for (Index k = 0; k < m_dimension; ++k) rows(i, k) = migrated[static_cast<std::size_t>(i * m_dimension + k)];
    Kokkos::deep_copy(exec, Kokkos::subview(pairs.x, Span(here, count), Kokkos::ALL), to_device(exec, rows));
  }
  exec.fence("kswgd::OnlinePairs: the lists of rows are freed");
  return pairs;
}

#define KSWGD_INSTANTIATE(EXEC) template class OnlinePairs<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
