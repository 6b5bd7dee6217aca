// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/support/check.hpp>
#include <kswgd/support/execution.hpp>
#include <memory>
#include <vector>

/// @file
/// What ranks that share rows or particles tell one another: sums, maxima, and what rank 0 knows. The library asks for nothing else, so
/// MPI serves (kswgd/mpi/reduction.hpp), and whatever else the caller has.

namespace kswgd {

/// Another rank has failed: what waits for it ends. `status` is the exit status that the failing rank announced.
class PeerFailure : public Failure {
 public:
  PeerFailure(const std::string& sentence, int rank_status) : Failure(sentence), status(rank_status) {}
  int status;
};

/// The ranks that work together, of which this is one; without arguments there is this one alone and every call returns at once.
///
/// All ranks make the same calls in the same order. Each call begins by asking whether a rank has failed, in a message of one number, so
/// that an exception on one rank ends the others with PeerFailure instead of leaving them waiting: whoever catches it first calls fail().
/// Copies share the callables.
class Reduction {
 public:
  /// What the caller provides. `sum` and `max` act on `count` doubles on the host, in place; `broadcast` gives all ranks the bytes that
  /// rank 0 holds. Every rank must get the same bits.
  struct Callables {
    std::function<void(double*values, Index count)> sum, max;
    std::function<void(void* bytes, Index count)> broadcast;
  };

  Reduction() = default;
  /// Throws InvalidInput unless 0 <= rank < size and, with more than one rank, all callables are there.
  Reduction(int rank, int size, Callables callables);

  int rank() const { return m_rank; }
  int size() const { return m_size; }
  bool is_alone() const { return m_size == 1; }
  bool is_first() const { return m_rank == 0; }

  void sum(double* values, Index count) const;
  double sum(double value) const;
  void sum(std::vector<double>& values) const { sum(values.data(), static_cast<Index>(values.size())); }
  /// Of a contiguous View of doubles. Staged through the host where it is elsewhere. Synchronises the instance.
  template <ExecutionSpace Exec, class View>
  void sum(const Exec& exec, const View& values) const {
    if (is_alone() || values.size() == 0) return;
    const auto host = to_host(exec, values);
    sum(host.data(), static_cast<Index>(host.span()));
    Kokkos::deep_copy(exec, values, host);
    exec.fence("kswgd::Reduction::sum: the staged values are freed");
  }
  double max(double value) const;
  void max(std::vector<double>& values) const;

  /// Gives all ranks what rank 0 holds; vectors of the same length on each.
  void broadcast(double* values, Index count) const;
  void broadcast(std::vector<double>& values) const { broadcast(values.data(), static_cast<Index>(values.size())); }

  /// The numbers of all ranks, of any number on each, one rank after the other; on all ranks.
  std::vector<double> concatenate(const std::vector<double>& here) const;
  /// Of the numbers that rank 0 holds, those of the `count` rows of this rank, which follow those of the ranks before it. In pieces, so that rank 0
  /// alone needs memory for all.
  std::vector<double> scatter(const std::vector<double>& all, Index count) const;

  /// Rows [place.first, place.second) of `total` are here: on rank 0 all of them, elsewhere an empty View. In pieces, so that rank 0 alone
  /// needs memory for them.
  HostPoints gather(const HostPoints& here, Span place, Index total) const;
  /// The rows listed (ascending) of those, on all ranks.
  HostPoints gather(const HostPoints& here, Span place, const std::vector<Index>& rows) const;

  /// Tells the other ranks, which wait or will wait in a call, that this one has failed. Call it once, after which nothing else may be
  /// asked of the ranks. True on the first of the ranks that failed together: the one that should say why. Does not throw.
  bool fail(int status = 1) const noexcept;
  /// Waits until all ranks are here. Throws PeerFailure where one has failed.
  void agree() const;

  /// What has been asked of the ranks so far through this object and its copies: the cost of a call is what it adds.
  struct Traffic {
    Index calls = 0;  ///< sums, maxima and broadcasts, the question whether all is well among them
    Index bytes = 0;  ///< that each of them was of, added up
  };
  Traffic traffic() const { return m_traffic ? *m_traffic : Traffic{}; }

  /// The part of [0, count) that this rank takes where nothing else decides: as even as can be, in the order of the ranks.
  Span share(Index count) const { return {count * m_rank / m_size, count * (m_rank + 1) / m_size}; }

 private:
  void add_up(double* values, Index count) const;
  void take_largest(double* values, Index count) const;

  int m_rank = 0, m_size = 1;
  std::shared_ptr<const Callables> m_callables;
  std::shared_ptr<Traffic> m_traffic;
};

}  // namespace kswgd
