// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/support/reduction.hpp>

#include <algorithm>
#include <numeric>

namespace kswgd {
namespace {

constexpr Index longest_message = Index{1} << 27;  // doubles in one call: MPI counts in 32 bits

}  // namespace

Reduction::Reduction(int rank, int size, Callables callables) : m_rank(rank), m_size(size) {
  require(size >= 1 && rank >= 0 && rank < size, "Reduction",
          [&] { return "a rank must lie in [0, number of ranks), got " + std::to_string(rank) + " of " + std::to_string(size); });
  require(size == 1 || (callables.sum && callables.max && callables.broadcast), "Reduction",
          [] { return "sum, max and broadcast must all be given where there is more than one rank"; });
  m_callables = std::make_shared<const Callables>(std::move(callables));
  m_traffic = std::make_shared<Traffic>();
}

void Reduction::add_up(double* values, Index count) const {
  ++m_traffic->calls;
  m_traffic->bytes += count * static_cast<Index>(sizeof(double));
  m_callables->sum(values, count);
}

void Reduction::take_largest(double* values, Index count) const {
  ++m_traffic->calls;
  m_traffic->bytes += count * static_cast<Index>(sizeof(double));
  m_callables->max(values, count);
}

void Reduction::agree() const {
  if (is_alone()) return;
  double status = 0;
  take_largest(&status, 1);
  if (status == 0) return;
  double speaker = -m_size;  // this rank has nothing to say
  take_largest(&speaker, 1);
  throw PeerFailure("kswgd: rank " + std::to_string(static_cast<int>(-speaker)) + " has failed", static_cast<int>(status));
}

bool Reduction::fail(int status) const noexcept {
  if (is_alone()) return true;
  try {
    double announced = status, speaker = -m_rank;
    take_largest(&announced, 1);
    take_largest(&speaker, 1);
    return speaker == -m_rank;
  } catch (...) {  // the ranks cannot be reached: whoever runs them ends them
    return true;
  }
}

void Reduction::sum(double* values, Index count) const {
  if (is_alone()) return;
  agree();
  for (Index done = 0; done < count; done += longest_message) add_up(values + done, std::min(longest_message, count - done));
}

double Reduction::sum(double value) const {
  sum(&value, 1);
  return value;
}

double Reduction::max(double value) const {
  if (is_alone()) return value;
  agree();
  take_largest(&value, 1);
  return value;
}

void Reduction::max(std::vector<double>& values) const {
  if (is_alone()) return;
  agree();
  take_largest(values.data(), static_cast<Index>(values.size()));
}

void Reduction::broadcast(double* values, Index count) const {
  if (is_alone()) return;
  agree();
  for (Index done = 0; done < count; done += longest_message) {
    const Index bytes = std::min(longest_message, count - done) * static_cast<Index>(sizeof(double));
    ++m_traffic->calls;
    m_traffic->bytes += bytes;
    m_callables->broadcast(values + done, bytes);
  }
}

std::vector<double> Reduction::concatenate(const std::vector<double>& here) const {
  if (is_alone()) return here;
  std::vector<double> counts(static_cast<std::size_t>(m_size), 0.0);
  counts[static_cast<std::size_t>(m_rank)] = static_cast<double>(here.size());
  sum(counts);
  const auto before = static_cast<std::size_t>(std::accumulate(counts.begin(), counts.begin() + m_rank, 0.0));
  std::vector<double> all(static_cast<std::size_t>(std::accumulate(counts.begin(), counts.end(), 0.0)), 0.0);
  std::copy(here.begin(), here.end(), all.begin() + static_cast<std::ptrdiff_t>(before));
  sum(all);
  return all;
}

std::vector<double> Reduction::scatter(const std::vector<double>& all, Index count) const {
  if (is_alone()) return all;
  const std::vector<double> counts = concatenate({static_cast<double>(count)});
  std::vector<double> mine;
  auto next = all.begin();
  for (int rank = 0; rank < m_size; ++rank) {
    const auto length = static_cast<std::size_t>(counts[static_cast<std::size_t>(rank)]);
    std::vector<double> part(length);
    if (is_first()) std::copy(next, next + static_cast<std::ptrdiff_t>(length), part.begin());
    if (is_first()) next += static_cast<std::ptrdiff_t>(length);
    broadcast(part);
    if (rank == m_rank) mine = std::move(part);
  }
  return mine;
}

HostPoints Reduction::gather(const HostPoints& here, Span place, Index total) const {
  if (is_alone()) return here;
  constexpr Index at_once = Index{1} << 16;
  const HostPoints all("kswgd::Reduction::gather", is_first() ? total : 0, here.extent(1));
  for (Index first = 0; first < total; first += at_once) {
    std::vector<Index> rows(static_cast<std::size_t>(std::min(at_once, total - first)));
    std::iota(rows.begin(), rows.end(), first);
    const HostPoints piece = gather(here, place, rows);
    if (is_first()) Kokkos::deep_copy(Kokkos::subview(all, Span(first, first + static_cast<Index>(rows.size())), Kokkos::ALL), piece);
  }
  return all;
}

HostPoints Reduction::gather(const HostPoints& here, Span place, const std::vector<Index>& rows) const {
  const HostPoints piece("kswgd::Reduction::gather", rows.size(), here.extent(1));
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t k = 0; rows[i] >= place.first && rows[i] < place.second && k < here.extent(1); ++k) piece(i, k) = here(rows[i] - place.first, k);
  sum(piece.data(), static_cast<Index>(piece.size()));
  return piece;
}

}  // namespace kswgd
