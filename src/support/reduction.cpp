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
}

void Reduction::agree() const {
  if (is_alone()) return;
  double status = 0;
  m_callables->max(&status, 1);
  if (status == 0) return;
  double speaker = -m_size;  // this rank has nothing to say
  m_callables->max(&speaker, 1);
  throw PeerFailure("kswgd: rank " + std::to_string(static_cast<int>(-speaker)) + " has failed", static_cast<int>(status));
}

bool Reduction::fail(int status) const noexcept {
  if (is_alone()) return true;
  try {
    double announced = status, speaker = -m_rank;
    m_callables->max(&announced, 1);
    m_callables->max(&speaker, 1);
    return speaker == -m_rank;
  } catch (...) {  // the ranks cannot be reached: whoever runs them ends them
    return true;
  }
}

void Reduction::sum(double* values, Index count) const {
  if (is_alone()) return;
  agree();
  for (Index done = 0; done < count; done += longest_message) m_callables->sum(values + done, std::min(longest_message, count - done));
}

double Reduction::sum(double value) const {
  sum(&value, 1);
  return value;
}

double Reduction::max(double value) const {
  if (is_alone()) return value;
  agree();
  m_callables->max(&value, 1);
  return value;
}

void Reduction::max(std::vector<double>& values) const {
  if (is_alone()) return;
  agree();
  m_callables->max(values.data(), static_cast<Index>(values.size()));
}

void Reduction::broadcast(double* values, Index count) const {
  if (is_alone()) return;
  agree();
  for (Index done = 0; done < count; done += longest_message)
    m_callables->broadcast(values + done, std::min(longest_message, count - done) * static_cast<Index>(sizeof(double)));
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
