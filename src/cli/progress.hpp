// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <chrono>
#include <string>

namespace kswgd::cli {

/// A bar with the time left on a terminal, a plain line every few seconds in a log, nothing when quiet. Goes to stderr.
class Progress {
 public:
  explicit Progress(bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// done in [0, 1], or negative where nobody knows. after: about how long what follows the stage takes, in units of the whole stage; negative where
  /// nobody knows.
  void update(const std::string& stage, double done, const std::string& detail = "", double after = -1);

 private:
  using Clock = std::chrono::steady_clock;
  bool m_quiet, m_terminal;
  Clock::time_point m_started, m_stage_started, m_shown;
  std::string m_stage;
  bool m_drawn = false;
};

}  // namespace kswgd::cli
