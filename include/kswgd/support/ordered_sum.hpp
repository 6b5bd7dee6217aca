// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>

/// @file
/// Sums in an order that depends on the number of terms alone. Kokkos::parallel_reduce adds up one partial sum for each thread, so its last bits depend
/// on how many there are; everything that reaches a model or samples is summed here instead.

namespace kswgd {

/// Terms that one work item adds up, one after the other; the partial sums are then added in order on the host.
inline constexpr Index terms_of_a_part = 1024;

namespace detail {

/// Up to so many terms a host thread adds up sooner than it wakes others.
inline constexpr Index few_terms = Index{1} << 14;

template <ExecutionSpace Exec, class Term>
struct PartialSums {
  Term term;
  Matrix<Exec> partial;  // parts x columns
  Index count, parts;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index part = item % parts, column = item / parts, first = part * terms_of_a_part, end = Kokkos::min(first + terms_of_a_part, count);
    double sum[8] = {};  // eight chains of additions: one would wait for itself
    for (Index i = first; i < end; ++i) sum[i & 7] += term(i, column);
    partial(part, column) = ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
  }
};

template <class Vector>
struct Entry {
  Vector values;
  KOKKOS_FUNCTION double operator()(Index i, Index) const { return values(i); }
};

template <class Vector>
struct EntryProduct {
  Vector a, b;
  KOKKOS_FUNCTION double operator()(Index i, Index) const { return a(i) * b(i); }
};

}  // namespace detail

/// sum(k) = sum over i < count of term(i, k), for k < columns. `term` is a copyable callable for the instance (Index, Index) -> double.
/// Synchronises the instance.
template <ExecutionSpace Exec, class Term>
std::vector<double> ordered_sums(const Exec& exec, const std::string& label, Index count, Index columns, const Term& term) {
  const Index parts = (count + terms_of_a_part - 1) / terms_of_a_part;
  const auto partial = allocate<Matrix<Exec>>(exec, label + "::partial", parts, columns);
  const detail::PartialSums<Exec, Term> kernel{term, partial, count, parts};
  bool summed = false;
  if constexpr (std::is_same_v<typename Exec::memory_space, Kokkos::HostSpace>) {
    if (count * columns <= detail::few_terms) {
      exec.fence("kswgd::ordered_sums: the terms are read by this thread");
      for (Index item = 0; item < parts * columns; ++item) kernel(item);
      summed = true;
    }
  }
  if (!summed) Kokkos::parallel_for("kswgd::" + label, index_range(exec, parts * columns), kernel);
  const auto host = to_host(exec, partial);
  std::vector<double> sums(static_cast<std::size_t>(columns), 0.0);
  for (Index k = 0; k < columns; ++k)
    for (Index part = 0; part < parts; ++part) sums[static_cast<std::size_t>(k)] += host(part, k);
  return sums;
}

/// values(0) + ... + values(count - 1). Synchronises the instance.
template <ExecutionSpace Exec>
double ordered_sum(const Exec& exec, const std::string& label, const Vector<Exec>& values, Index count) {
  return ordered_sums(exec, label, count, 1, detail::Entry<Vector<Exec>>{values}).front();
}

/// a . b, of equal length. Synchronises the instance.
template <ExecutionSpace Exec>
double ordered_dot(const Exec& exec, const std::string& label, const Vector<Exec>& a, const Vector<Exec>& b) {
  return ordered_sums(exec, label, static_cast<Index>(a.extent(0)), 1, detail::EntryProduct<Vector<Exec>>{a, b}).front();
}

}  // namespace kswgd
