// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "progress.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace kswgd::cli {
namespace {

/// No more digits than an estimate is worth.
std::string time_text(double seconds) {
  if (seconds < 90) return fmt::format("{:.0f} s", seconds);
  return seconds < 5400 ? fmt::format("{:.0f} min", seconds / 60) : fmt::format("{:.1f} h", seconds / 3600);
}

/// A stderr that is closed or full does not end the work.
void write_to_stderr(const std::string& text) { std::fputs(text.c_str(), stderr); }

}  // namespace

Progress::Progress(bool quiet)
    : m_quiet(quiet), m_terminal(::isatty(STDERR_FILENO) == 1), m_started(Clock::now()), m_stage_started(m_started), m_shown(m_started) {}

Progress::~Progress() {
  if (m_drawn && m_terminal) write_to_stderr("\r\033[K");
}

void Progress::update(const std::string& stage, double done, const std::string& detail, double after) {
  if (m_quiet) return;
  const auto now = Clock::now();
  if (stage != m_stage) {
    m_stage = stage;
    m_stage_started = now;
  }
  // Short work shows nothing; a terminal is drawn ten times a second, a log gets a line in five seconds.
  const double since = std::chrono::duration<double>(now - m_shown).count();
  if (since < (m_terminal ? (m_drawn ? 0.1 : 0.5) : 5.0)) return;
  m_shown = now;
  m_drawn = true;
  const double seconds = std::chrono::duration<double>(now - m_stage_started).count();
  std::string left;
  // Not before a tenth of all that is known of is over.
  const double whole = 1 + std::max(0.0, after);
  if (done >= 0.1 * whole && done < 1) left = fmt::format("about {} left{}", time_text(seconds * (whole - done) / done), after < 0 ? " of it" : "");
  if (!m_terminal) {
    write_to_stderr(fmt::format("kswgd: {}{} {} {}\n", stage, done >= 0 ? fmt::format(" {:.0f} %", 100 * done) : "", detail, left));
    return;
  }
  constexpr int width = 30;
  const int filled = static_cast<int>(std::clamp(done, 0.0, 1.0) * width);
  const std::string bar = done >= 0 ? fmt::format("[{:=<{}}{: <{}}]", "", filled, "", width - filled) : "";
  write_to_stderr(fmt::format("\r\033[K{:<14} {} {} {}", stage, bar, detail, left));
  std::fflush(stderr);
}

}  // namespace kswgd::cli
