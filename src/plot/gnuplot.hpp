// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <fmt/core.h>
#include <kswgd/support/check.hpp>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace kswgd::plot {

/// gnuplot behind a pipe; what it complains of becomes our message.
class Gnuplot {
 public:
  Gnuplot() {
    if (std::system("command -v gnuplot >/dev/null 2>&1") != 0)
      throw Failure("kswgd::plot: gnuplot was not found on the PATH: install the package gnuplot-nox (or any gnuplot with pngcairo)");
    m_complaints = std::tmpfile();
    if (!m_complaints) throw Failure("kswgd::plot: no temporary file could be made");
    m_earlier = std::signal(SIGPIPE, SIG_IGN);  // a gnuplot that ends early must not take us along
    m_pipe = ::popen(fmt::format("gnuplot >/dev/null 2>/dev/fd/{}", ::fileno(m_complaints)).c_str(), "w");
    if (!m_pipe) throw Failure("kswgd::plot: gnuplot could not be started");
  }
  ~Gnuplot() {
    if (m_pipe) ::pclose(m_pipe);
    std::signal(SIGPIPE, m_earlier);
    std::fclose(m_complaints);
  }
  Gnuplot(const Gnuplot&) = delete;
  Gnuplot& operator=(const Gnuplot&) = delete;

  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    const std::string text = fmt::format(format, std::forward<Args>(args)...) + "\n";
    if (std::fputs(text.c_str(), m_pipe) >= 0) return;
    finish();
    throw Failure("kswgd::plot: gnuplot ended before the picture was drawn");
  }
  /// Waits for the end; throws Failure with gnuplot's own words unless it was a good one.
  void finish() {
    const int status = ::pclose(std::exchange(m_pipe, nullptr));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    std::string complaint;
    std::rewind(m_complaints);
    for (int c = std::fgetc(m_complaints); c != EOF && complaint.size() < 400; c = std::fgetc(m_complaints))
      if (c != '\n' || (!complaint.empty() && complaint.back() != ' ')) complaint += c == '\n' ? ' ' : static_cast<char>(c);
    throw Failure("kswgd::plot: gnuplot failed: " + (complaint.empty() ? "it gave no reason" : complaint));
  }

 private:
  std::FILE *m_pipe = nullptr, *m_complaints = nullptr;
  void (*m_earlier)(int) = SIG_DFL;
};

}  // namespace kswgd::plot
