// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "command_line.hpp"
#include "manual.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <kswgd/support/check.hpp>
#include <kswgd/version.hpp>

#include <algorithm>
#include <sstream>

namespace kswgd::cli {

CommandLine::CommandLine(const std::vector<std::string>& arguments, const Reduction& ranks)
    : m_app("kswgd: from trajectories or samples of an unknown law to new samples of it (Koopman Spectral Wasserstein Gradient Descent)", "kswgd") {
  m_common.outputs = &m_outputs;
  m_common.ranks = ranks;
  for (const std::string& argument : arguments) {
    (argument.rfind("--kokkos-", 0) == 0 ? m_kokkos_arguments : m_arguments).push_back(argument);
    m_common.command_line += (m_common.command_line.empty() ? "" : " ") + argument;
  }
  m_app.set_version_flag("-V,--version", fmt::format("kswgd {} ({})", version(), git_hash()));
  m_app.require_subcommand(1);
  for (const Entry& entry : command_table()) {
    Command& command = m_commands.emplace_back(*m_app.add_subcommand(entry.name, entry.text), m_common, entry.section);
    m_works.push_back(entry.declare(command));
  }
}

bool CommandLine::read() {
  const auto& table = command_table();
  const auto named = std::find_if(m_arguments.begin(), m_arguments.end(), [](const std::string& argument) { return argument.rfind('-', 0) != 0; });
  if (named != m_arguments.end() && std::none_of(table.begin(), table.end(), [&](const Entry& entry) { return entry.name == *named; }))
    throw InvalidInput(
        fmt::format("there is no command '{}'{}; the commands are: {}", *named, suggestion(*named, command_names()), fmt::join(command_names(), " ")));
  try {
    std::vector<std::string> reversed(m_arguments.rbegin(), m_arguments.rend());  // as CLI11 takes a vector
    m_app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) throw InvalidInput(error.what() + hint());
    std::ostringstream text;
    m_app.exit(error, text, text);
    m_text = text.str();
    return false;
  }
  for (m_number = 0; m_number + 1 < table.size() && !m_app.got_subcommand(table[m_number].name);) ++m_number;
  return true;
}

/// What to say beside an error: an option that may have been meant, and where to read.
std::string CommandLine::hint() const {
  if (m_app.get_subcommands().empty()) return " (see: kswgd --help)";
  const CLI::App& command = *m_app.get_subcommands().front();
  const std::vector<std::string> words = command.remaining();
  const auto is_option = [](const std::string& word) { return word.rfind('-', 0) == 0; };
  std::string meant;
  for (const std::string& word : words)
    if (meant.empty() && word.rfind("--", 0) == 0) meant = suggestion(word.substr(0, word.find('=')), option_names(command));
  if (!words.empty() && std::none_of(words.begin(), words.end(), is_option)) meant = " (several files are one argument: A,B, or 'walk-*.h5' between quotes)";
  return meant + fmt::format(" (see: kswgd {} --help)", command.get_name());
}

}  // namespace kswgd::cli
