// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/reduction.hpp>

#include <algorithm>
#include <barrier>
#include <cstring>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace kswgd::test {

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

}  // namespace kswgd::test
