// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <kswgd/support/statistics.hpp>
#include <vector>

namespace kswgd::bench {

/// Seconds that one call of work takes; it must have completed (fenced) on return.
inline double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Pieces of work that are timed in turn, round after round, so that whatever else the machine does meets all of them alike.
class Interleaved {
 public:
  /// Adds a piece of work; what is returned names it.
  std::size_t add(std::function<void()> work) {
    m_work.push_back(std::move(work));
    m_seconds.emplace_back();
    return m_work.size() - 1;
  }
  /// Runs each once without the clock, then `rounds` times.
  void run(int rounds, const std::function<void(double)>& progress = {}) {
    for (const auto& work : m_work) work();
    for (int round = 0; round < rounds; ++round) {
      for (std::size_t i = 0; i < m_work.size(); ++i) m_seconds[i].push_back(seconds_of(m_work[i]));
      if (progress) progress((round + 1.0) / rounds);
    }
  }
  double median(std::size_t piece) const { return kswgd::median(m_seconds[piece]); }
  double quantile(std::size_t piece, double level) const { return kswgd::quantile(m_seconds[piece], level); }
  double fastest(std::size_t piece) const { return *std::min_element(m_seconds[piece].begin(), m_seconds[piece].end()); }

 private:
  std::vector<std::function<void()>> m_work;
  std::vector<std::vector<double>> m_seconds;
};

}  // namespace kswgd::bench
