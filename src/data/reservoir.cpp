// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "gather.hpp"

#include <kswgd/data/reservoir.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

namespace kswgd {

template <ExecutionSpace Exec>
Reservoir<Exec>::Reservoir(const Exec& exec, Index capacity, Index dimension, std::uint64_t seed)
    : m_capacity(capacity), m_dimension(dimension), m_seed(seed), m_stream(streams::reservoir) {
  require(capacity >= 1 && dimension >= 1, "Reservoir",
          [&] { return "capacity and dimension must be positive, got " + std::to_string(capacity) + " and " + std::to_string(dimension); });
  m_entries.reserve(static_cast<std::size_t>(capacity));
  m_points = allocate<Points<Exec>>(exec, "Reservoir::points", capacity, dimension);
}

template <ExecutionSpace Exec>
Reservoir<Exec>::Reservoir(const Exec& exec, const ReservoirData& data) : Reservoir(exec, data.capacity, data.dimension, data.seed) {
  const std::size_t held = data.keys.size();
  require(held <= static_cast<std::size_t>(data.capacity) && data.points.extent(0) == held && data.points.extent(1) == static_cast<std::size_t>(m_dimension) &&
              data.weights.size() == held && data.ids.size() == held && data.tags.size() == held,
          "Reservoir", [] { return "what it held contradicts itself: rows, keys and weights differ in number"; });
  m_stream = data.stream;
  m_count = data.count;
  m_total_weight = data.total_weight;
  m_threshold = data.threshold;
  for (std::size_t i = 0; i < held; ++i) m_entries.push_back({data.keys[i], data.weights[i], data.ids[i], data.tags[i], static_cast<Index>(i)});
  std::make_heap(m_entries.begin(), m_entries.end());
  if (held > 0) Kokkos::deep_copy(exec, Kokkos::subview(m_points, Span(0, static_cast<Index>(held)), Kokkos::ALL), to_device(exec, data.points));
  exec.fence("kswgd::Reservoir: the copy of the rows is freed");
}

template <ExecutionSpace Exec>
Index Reservoir<Exec>::take(Entry entry) {
  if (size() < m_capacity) {
    entry.slot = size();
    m_entries.push_back(entry);
    std::push_heap(m_entries.begin(), m_entries.end());
    return entry.slot;
  }
  if (!(entry.key < m_entries.front().key)) {
    m_threshold = std::min(m_threshold, entry.key);
    return -1;
  }
  m_threshold = std::min(m_threshold, m_entries.front().key);
  entry.slot = m_entries.front().slot;
  std::pop_heap(m_entries.begin(), m_entries.end());
  m_entries.back() = entry;
  std::push_heap(m_entries.begin(), m_entries.end());
  return entry.slot;
}

template <ExecutionSpace Exec>
std::vector<std::pair<Index, Index>> Reservoir<Exec>::choose(Index rows, Index first_id, const std::vector<double>& weights, const std::vector<Index>& tags) {
  require(weights.empty() || static_cast<Index>(weights.size()) == rows, "Reservoir",
          [&] { return "there must be one weight for each of the " + std::to_string(rows) + " rows, got " + std::to_string(weights.size()); });
  require(tags.size() <= 1 || static_cast<Index>(tags.size()) == rows, "Reservoir",
          [&] { return "there must be one tag for all, or for each of the " + std::to_string(rows) + " rows, got " + std::to_string(tags.size()); });
  for (const double weight : weights)
    require(std::isfinite(weight) && weight >= 0, "Reservoir", [&] { return "weights must be finite and not negative, got " + std::to_string(weight); });
  const IndexedRandom random(m_seed, m_stream);
  std::unordered_map<Index, Index> row_of_slot;  // a row may push out another of the same batch
  for (Index row = 0; row < rows; ++row) {
    const double weight = weights.empty() ? 1.0 : weights[static_cast<std::size_t>(row)];
    if (!(weight > 0)) continue;
    const Index id = first_id + row, tag = tags.empty() ? 0 : tags[tags.size() == 1 ? 0 : static_cast<std::size_t>(row)];
    ++m_count;
    m_total_weight += weight;
    const Index slot = take({-std::log(random.uniform(static_cast<std::uint64_t>(id))) / weight, weight, id, tag, 0});
    if (slot >= 0) row_of_slot[slot] = row;
  }
  return {row_of_slot.begin(), row_of_slot.end()};
}

template <ExecutionSpace Exec>
void Reservoir<Exec>::merge(const Exec& exec, const Reservoir& other) {
  require(other.m_dimension == m_dimension && other.m_capacity == m_capacity, "Reservoir::merge",
          [] { return "only reservoirs of the same capacity and dimension can be merged"; });
  std::unordered_map<Index, Index> row_of_slot;
  for (const Entry& entry : other.m_entries) {
    const Index slot = take(entry);
    if (slot >= 0) row_of_slot[slot] = entry.slot;
  }
  detail::copy_to_slots(exec, other.m_points, {row_of_slot.begin(), row_of_slot.end()}, m_points);
  m_threshold = std::min(m_threshold, other.m_threshold);
  m_count += other.m_count;
  m_total_weight += other.m_total_weight;
}

template <ExecutionSpace Exec>
void Reservoir<Exec>::scale_weights(double factor) {
  require(std::isfinite(factor) && factor > 0, "Reservoir::scale_weights",
          [&] { return "the factor must be finite and positive, got " + std::to_string(factor); });
  for (Entry& entry : m_entries) {
    entry.weight *= factor;
    entry.key /= factor;
  }
  m_threshold /= factor;
  m_total_weight *= factor;
}

template <ExecutionSpace Exec>
std::vector<typename Reservoir<Exec>::Entry> Reservoir<Exec>::sorted_by_id() const {
  std::vector<Entry> entries = m_entries;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.id < b.id; });
  return entries;
}

template <ExecutionSpace Exec>
StreamSample<Exec> Reservoir<Exec>::weighted(StreamSample<Exec> sample, double threshold, double total_weight) {
  if (!std::isfinite(threshold)) return sample;  // these are all
  for (double& weight : sample.weights) weight /= -std::expm1(-weight * threshold);
  const double sum = std::accumulate(sample.weights.begin(), sample.weights.end(), 0.0);
  for (double& weight : sample.weights) weight *= total_weight / sum;
  return sample;
}

template <ExecutionSpace Exec>
StreamSample<Exec> Reservoir<Exec>::sample(const Exec& exec) const {
  StreamSample<Exec> result;
  result.points = allocate<Points<Exec>>(exec, "Reservoir::sample", size(), m_dimension);
  std::vector<Index> slots;
  for (const Entry& entry : sorted_by_id()) {
    slots.push_back(entry.slot);
    result.weights.push_back(entry.weight);
    result.ids.push_back(entry.id);
    result.tags.push_back(entry.tag);
  }
  detail::gather("kswgd::Reservoir::sample", exec, m_points, to_device(exec, slots), result.points);
  exec.fence("kswgd::Reservoir::sample: the list of slots is freed");
  return weighted(std::move(result), m_threshold, m_total_weight);
}

template <ExecutionSpace Exec>
StreamSample<Exec> Reservoir<Exec>::sample(const Exec& exec, const Reduction& ranks) const {
  if (ranks.is_alone()) return sample(exec);
  // Keys of all ranks, those of rank 0 first.
  std::vector<double> counts(static_cast<std::size_t>(ranks.size()), 0.0);
  counts[static_cast<std::size_t>(ranks.rank())] = static_cast<double>(size());
  ranks.sum(counts);
  const auto before = std::accumulate(counts.begin(), counts.begin() + ranks.rank(), 0.0), all = std::accumulate(counts.begin(), counts.end(), 0.0);
  std::vector<double> keys(static_cast<std::size_t>(all), 0.0);
  for (std::size_t i = 0; i < m_entries.size(); ++i) keys[static_cast<std::size_t>(before) + i] = m_entries[i].key;
  ranks.sum(keys);
  double threshold = -ranks.max(-m_threshold);
  std::sort(keys.begin(), keys.end());
  if (static_cast<Index>(keys.size()) > m_capacity) {
    threshold = std::min(threshold, keys[static_cast<std::size_t>(m_capacity)]);
    keys.resize(static_cast<std::size_t>(m_capacity));
  }
  const double total = ranks.sum(m_total_weight);

  // The rows that belong to them, each from the rank that has it: weight, id, tag and coordinates.
  constexpr std::size_t more = 3;
  const std::size_t width = more + static_cast<std::size_t>(m_dimension);
  std::vector<double> table(keys.size() * width, 0.0);
  const auto points = to_host(exec, m_points);
  for (const Entry& entry : m_entries) {
    const auto place = std::lower_bound(keys.begin(), keys.end(), entry.key);
    if (place == keys.end() || *place != entry.key) continue;
    double* row = &table[static_cast<std::size_t>(place - keys.begin()) * width];
    row[0] = entry.weight;
    row[1] = static_cast<double>(entry.id);
    row[2] = static_cast<double>(entry.tag);
    for (Index k = 0; k < m_dimension; ++k) row[more + static_cast<std::size_t>(k)] = points(entry.slot, k);
  }
  ranks.sum(table);
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return table[a * width + 1] < table[b * width + 1]; });
  StreamSample<Exec> result;
  const HostPoints taken("kswgd::Reservoir::taken", keys.size(), m_dimension);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double* row = &table[order[i] * width];
    result.weights.push_back(row[0]);
    result.ids.push_back(static_cast<Index>(row[1]));
    result.tags.push_back(static_cast<Index>(row[2]));
    for (Index k = 0; k < m_dimension; ++k) taken(i, k) = row[more + static_cast<std::size_t>(k)];
  }
  result.points = to_device(exec, taken);
  return weighted(std::move(result), threshold, total);
}

template <ExecutionSpace Exec>
ReservoirData Reservoir<Exec>::data(const Exec& exec) const {
  ReservoirData data{m_capacity, m_dimension, m_count, m_seed, m_stream, m_total_weight, m_threshold, HostPoints("kswgd::Reservoir::data", size(), m_dimension),
                     {},         {},          {},      {}};
  const auto points = to_host(exec, m_points);
  for (const Entry& entry : sorted_by_id()) {
    for (Index k = 0; k < m_dimension; ++k) data.points(data.keys.size(), k) = points(entry.slot, k);
    data.keys.push_back(entry.key);
    data.weights.push_back(entry.weight);
    data.ids.push_back(entry.id);
    data.tags.push_back(entry.tag);
  }
  return data;
}

#define KSWGD_INSTANTIATE(EXEC) template class Reservoir<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
