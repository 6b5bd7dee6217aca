// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "commands.hpp"

#include <deque>
#include <string>
#include <vector>

namespace kswgd::cli {

/// What the program was told: read whole before any work, and without a look at a file.
class CommandLine {
 public:
  /// arguments: those after the program's name.
  CommandLine(const std::vector<std::string>& arguments, const Reduction& ranks);
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// Finds the command and its options. Throws InvalidInput with a hint for what cannot be understood. False where there is no work but to print text():
  /// --help and --version.
  bool read();

  const std::string& text() const { return m_text; }
  const Common& common() const { return m_common; }
  const std::vector<std::string>& kokkos_arguments() const { return m_kokkos_arguments; }
  Outputs& outputs() { return m_outputs; }

  /// Of the command that was named.
  const Entry& entry() const { return command_table()[m_number]; }
  const Files& files() const { return m_commands[m_number].files(); }
  const Work& work() const { return m_works[m_number]; }

 private:
  std::string hint() const;

  Outputs m_outputs;
  Common m_common;
  std::vector<std::string> m_arguments, m_kokkos_arguments;
  CLI::App m_app;
  std::deque<Command> m_commands;  // they stay where they are
  std::vector<Work> m_works;
  std::size_t m_number = 0;
  std::string m_text;
};

}  // namespace kswgd::cli
