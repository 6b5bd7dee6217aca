// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <kswgd/support/reduction.hpp>

#include <algorithm>
#include <barrier>
#include <cmath>
#include <cstring>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace kswgd::test {

/// Kokkos' Threads take kernels from the thread alone that began them.
#ifdef KOKKOS_ENABLE_THREADS
inline constexpr bool any_thread_may_launch = false;
#else
inline constexpr bool any_thread_may_launch = true;
#endif

/// Runs body(ranks) in `size` threads that are each other's ranks, and returns what each of them threw, or nothing. A rank that throws
/// tells the others, as a program does.
inline std::vector<std::exception_ptr> on_ranks(int size, const std::function<void(const Reduction&)>& body) {
  struct Shared {
    explicit Shared(int size) : meet(size), values(static_cast<std::size_t>(size)) {}
    std::barrier<> meet;
    std::vector<std::vector<char>> values;
  } shared(size);
  // Everyone lays its bytes down, and reads all of them.
  const auto exchange = [&shared](int rank, const void* bytes, std::size_t count) {
    const char* first = static_cast<const char*>(bytes);
    shared.values[static_cast<std::size_t>(rank)].assign(first, first + count);
    shared.meet.arrive_and_wait();
  };
  const auto fold = [&shared, exchange, size](int rank, double* values, Index count, const auto& operation) {
    const std::size_t length = static_cast<std::size_t>(count) * sizeof(double);
    exchange(rank, values, length);
    std::vector<double> other(static_cast<std::size_t>(count));
    for (int r = 0; r < size; ++r) {
      const auto& theirs = shared.values[static_cast<std::size_t>(r)];
      if (theirs.size() != length) std::abort();  // the ranks do not make the same calls
      if (length > 0) std::memcpy(r == 0 ? values : other.data(), theirs.data(), length);
      for (std::size_t i = 0; r > 0 && i < other.size(); ++i) values[i] = operation(values[i], other[i]);
    }
    shared.meet.arrive_and_wait();
  };
  std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(size));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank)
    threads.emplace_back([&, rank] {
      const Reduction ranks(rank, size,
                            {[fold, rank](double* values, Index count) { fold(rank, values, count, std::plus<>()); },
                             [fold, rank](double* values, Index count) { fold(rank, values, count, [](double a, double b) { return std::max(a, b); }); },
                             [&shared, exchange, rank](void* bytes, Index count) {
                               exchange(rank, bytes, static_cast<std::size_t>(count));
                               std::memcpy(bytes, shared.values[0].data(), shared.values[0].size());
                               shared.meet.arrive_and_wait();
                             }});
      try {
        body(ranks);
        ranks.agree();
      } catch (const PeerFailure&) {
        thrown[static_cast<std::size_t>(rank)] = std::current_exception();
      } catch (...) {
        thrown[static_cast<std::size_t>(rank)] = std::current_exception();
        ranks.fail(2);
      }
    });
  for (std::thread& thread : threads) thread.join();
  return thrown;
}

/// Where each rank's rows begin, with the end: uneven, and the second of four ranks has none.
inline std::vector<Index> places(Index n, int ranks) {
  if (ranks == 4) return {0, n / 7, n / 7, n / 2, n};
  std::vector<Index> begins;
  for (int r = 0; r <= ranks; ++r) begins.push_back(n * r * r / (ranks * ranks));
  return begins;
}

/// The rows of a rank, as places() has them.
inline Span place_of(Index n, const Reduction& ranks) {
  const auto begins = places(n, ranks.size());
  const auto rank = static_cast<std::size_t>(ranks.rank());
  return {begins[rank], begins[rank + 1]};
}

/// Rows [place.first, place.second) of points.
inline HostPoints part(const HostPoints& points, Span place) {
  const HostPoints copy("part", place.second - place.first, points.extent(1));
  Kokkos::deep_copy(copy, Kokkos::subview(points, place, Kokkos::ALL));
  return copy;
}
inline std::vector<double> part(const std::vector<double>& values, Span place) { return {values.begin() + place.first, values.begin() + place.second}; }

inline void expect_no_error(const std::vector<std::exception_ptr>& thrown) {
  for (const auto& error : thrown)
    if (error) std::rethrow_exception(error);
}

inline double largest_difference(const HostMatrix& a, const HostMatrix& b) {
  double most = a.extent(0) == b.extent(0) && a.extent(1) == b.extent(1) ? 0 : HUGE_VAL;
  for (std::size_t i = 0; most < HUGE_VAL && i < a.extent(0); ++i)
    for (std::size_t j = 0; j < a.extent(1); ++j) most = std::max(most, std::abs(a(i, j) - b(i, j)));
  return most;
}
inline double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double most = a.size() == b.size() ? 0 : HUGE_VAL;
  for (std::size_t i = 0; most < HUGE_VAL && i < a.size(); ++i)
    if (a[i] == a[i] || b[i] == b[i]) most = a[i] == a[i] && b[i] == b[i] ? std::max(most, std::abs(a[i] - b[i])) : HUGE_VAL;  // two NaN are the same
  return most;
}

}  // namespace kswgd::test
