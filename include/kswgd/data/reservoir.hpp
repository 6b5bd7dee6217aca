// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/check.hpp>
#include <kswgd/support/execution.hpp>
#include <kswgd/support/reduction.hpp>
#include <limits>
#include <vector>

/// @file
/// A random sample of a stream of rows in memory of fixed size.

namespace kswgd {

/// Some rows that stand for all of a stream: averages over them with these weights estimate averages over the stream.
template <ExecutionSpace Exec>
struct StreamSample {
  Points<Exec> points;          ///< by ascending id
  std::vector<double> weights;  ///< they add up to the weight of the stream
  std::vector<Index> ids;
  std::vector<Index> tags;  ///< a number that came with each row
};

/// What a Reservoir holds, on the host.
struct ReservoirData {
  Index capacity = 0, dimension = 0, count = 0;
  std::uint64_t seed = 0, stream = 0;
  double total_weight = 0, threshold = std::numeric_limits<double>::infinity();
  HostPoints points;                  ///< the rows held
  std::vector<double> keys, weights;  ///< of each of them
  std::vector<Index> ids, tags;
};

/// At most `capacity` rows of a stream, drawn without replacement by their weights; all of them while there are no more.
///
/// Each row has a key e / w, e exponential and a function of (seed, stream, id), and the rows with the smallest keys are kept (Efraimidis and Spirakis
/// 2006). What is kept depends on the rows and their ids alone, neither on the order in which they come nor on how they are cut into batches or spread
/// over ranks. With tau the smallest key that was not kept, a row of weight w stands for w / (1 - exp(-w tau)): sums over the sample are unbiased (Cohen and
/// Kaplan 2007); the weights are then scaled to add up to that of the stream, which is known.
///
/// Rows stand in the memory of the execution space; keys, weights and ids on the host. Cost of a row: one random number; of one that is kept: log(capacity)
/// and a copy.
template <ExecutionSpace Exec>
class Reservoir {
 public:
  /// Throws InvalidInput unless capacity and dimension are positive.
  Reservoir(const Exec& exec, Index capacity, Index dimension, std::uint64_t seed = 0);
  /// One that goes on from what another one held. Throws InvalidInput where the data contradict themselves.
  Reservoir(const Exec& exec, const ReservoirData& data);

  /// Adds rows of ids first_id, first_id + 1, ...: each id once in the life of the stream. weights: one for each row, finite and not negative, or none
  /// (all 1); rows of weight 0 never come into the sample. tags: a number to be kept with each row, one for all, or none (0). Synchronises the instance.
  template <class View>
  requires PointsView<View, Exec>
  void add(const Exec& exec, const View& rows, Index first_id, const std::vector<double>& weights = {}, const std::vector<Index>& tags = {});

  /// Adds the rows of another part of the stream, which has other ids (or another seed). Throws InvalidInput where dimensions or capacities differ.
  void merge(const Exec& exec, const Reservoir& other);

  /// Multiplies the weight of all that came so far: what comes later counts for more, or less, beside it. `factor`: finite and positive.
  void scale_weights(double factor);

  Index size() const { return static_cast<Index>(m_entries.size()); }
  Index capacity() const { return m_capacity; }
  Index dimension() const { return m_dimension; }
  /// Rows with weight that came, and their weight.
  Index count() const { return m_count; }
  double total_weight() const { return m_total_weight; }

  /// The rows held, a copy. Synchronises the instance.
  StreamSample<Exec> sample(const Exec& exec) const;
  /// A sample of the parts of the stream that the ranks hold, at most `capacity` rows, the same on each. All ranks call it together. Sends all keys, and the
  /// rows that are taken. Synchronises the instance.
  StreamSample<Exec> sample(const Exec& exec, const Reduction& ranks) const;

  /// All that it holds. Synchronises the instance.
  ReservoirData data(const Exec& exec) const;

 private:
  struct Entry {
    double key, weight;
    Index id, tag, slot;
    bool operator<(const Entry& other) const { return key < other.key; }
  };
  /// Takes a row if its key is small enough: the slot it goes to, or -1.
  Index take(Entry entry);
  /// Decides which of the rows are kept: pairs of slot and row, each slot once.
  std::vector<std::pair<Index, Index>> choose(Index rows, Index first_id, const std::vector<double>& weights, const std::vector<Index>& tags);
  std::vector<Entry> sorted_by_id() const;
  static StreamSample<Exec> weighted(StreamSample<Exec> sample, double threshold, double total_weight);

  Index m_capacity, m_dimension, m_count = 0;
  std::uint64_t m_seed, m_stream;
  double m_total_weight = 0, m_threshold = std::numeric_limits<double>::infinity();  // the smallest key that was not kept
  std::vector<Entry> m_entries;                                                      // a heap, the largest key first
  Points<Exec> m_points;                                                             // row of each slot
};

namespace detail {

/// points(slots(j), k) = from(rows(j), k)
template <ExecutionSpace Exec, class View>
void copy_to_slots(const Exec& exec, const View& from, const std::vector<std::pair<Index, Index>>& slots_and_rows, const Points<Exec>& points) {
  const Index count = static_cast<Index>(slots_and_rows.size());
  if (count == 0) return;
  std::vector<Index> slots, rows;
  for (const auto& pair : slots_and_rows) {
    slots.push_back(pair.first);
    rows.push_back(pair.second);
  }
  const auto to = to_device(exec, slots), source = to_device(exec, rows);
  Kokkos::parallel_for(
      "kswgd::Reservoir::copy", index_range(exec, count * static_cast<Index>(points.extent(1))), KOKKOS_LAMBDA(Index item) {
        const Index j = item % count, k = item / count;
        points(to(j), k) = static_cast<double>(from(source(j), k));
      });
  exec.fence("kswgd::Reservoir::copy: the lists of rows are freed");
}

}  // namespace detail

template <ExecutionSpace Exec>
template <class View>
requires PointsView<View, Exec>
void Reservoir<Exec>::add(const Exec& exec, const View& rows, Index first_id, const std::vector<double>& weights, const std::vector<Index>& tags) {
  require(static_cast<Index>(rows.extent(1)) == m_dimension, "Reservoir",
          [&] { return "rows of " + std::to_string(m_dimension) + " numbers are expected, got " + std::to_string(rows.extent(1)); });
  detail::copy_to_slots(exec, rows, choose(static_cast<Index>(rows.extent(0)), first_id, weights, tags), m_points);
}

}  // namespace kswgd
