// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <string>

// HDF5 trusts what it reads: of damaged files some bring it, and the process, down. The program's last words are prepared beforehand.
namespace kswgd::io {

/// While it lives, a crash (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) of a program that has called remove_unfinished_files_on_signals ends it with exit
/// status 2 and one line on stderr that names this file, instead of the signal. One thread reads files; of several sentences the newest counts.
class CrashSentence {
 public:
  explicit CrashSentence(const std::string& path);
  ~CrashSentence();
  CrashSentence(const CrashSentence&) = delete;
  CrashSentence& operator=(const CrashSentence&) = delete;

 private:
  std::string m_text;
};

/// For a signal handler: says the sentence where there is one. Returns whether there is.
bool say_crash_sentence() noexcept;

}  // namespace kswgd::io
