// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "manual.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <kswgd/version.hpp>

#include <algorithm>
#include <numeric>
#include <set>

namespace kswgd::cli {
namespace {

/// Letters to insert, remove, change or swap with their neighbour (optimal string alignment).
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> rows(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  std::iota(rows[0].begin(), rows[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    rows[i][0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      rows[i][j] = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.size()][b.size()];
}

std::vector<const CLI::App*> commands_of(const CLI::App& program) {
  return program.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return !option->get_group().empty(); });
}

bool is_argument(const CLI::Option& option) { return option.get_lnames().empty() && option.get_snames().empty(); }

/// All names with their dashes.
std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

/// The words of "TEXT:{auto,given}".
std::vector<std::string> words_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t begin = type.find('{'), end = type.find('}');
  if (begin == std::string::npos || end == std::string::npos) return {};
  return CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

/// Text of a man page: no line of it is a request, and dashes stay what they are.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return !out.empty() && (out[0] == '.' || out[0] == '\'') ? "\\&" + out : out;
}

std::string manual_entry(const CLI::Option& option) {
  std::vector<std::string> names = is_argument(option) ? std::vector<std::string>{option.get_name(true)} : names_of(option);
  for (std::string& name : names) name = "\\fB" + roff(name) + "\\fR";
  std::string type;
  const std::vector<std::string> words = words_of(option);
  if (!words.empty())
    type = fmt::format(" \\fI{}\\fR", roff(fmt::format("{}", fmt::join(words, "|"))));
  else if (takes_value(option) && !is_argument(option))
    type = fmt::format(" \\fI{}\\fR", roff(option.get_type_name()));
  return fmt::format(".TP\n{}{}\n{}{}\n", fmt::join(names, ", "), type, roff(option.get_description()),
                     option.get_default_str().empty() ? "" : roff(fmt::format(" (default: {})", option.get_default_str())));
}

/// The names that every command has.
std::set<std::string> common_names(const std::vector<const CLI::App*>& commands) {
  std::set<std::string> common;
  for (const CLI::Option* option : options_of(*commands.front())) {
    const auto has = [&](const CLI::App* command) { return !is_argument(*option) && command->get_option_no_throw(names_of(*option).back()) != nullptr; };
    if (std::all_of(commands.begin(), commands.end(), has)) common.insert(option->get_name());
  }
  return common;
}

/// In single quotes for a shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string bash_completion(const CLI::App& program) {
  std::string commands, options, words;
  for (const CLI::App* command : commands_of(program)) {
    commands += " " + command->get_name();
    options += fmt::format("    {}) options='{}' ;;\n", command->get_name(), fmt::join(option_names(*command), " "));
    for (const CLI::Option* option : options_of(*command)) {
      const std::vector<std::string> choices = words_of(*option);
      if (choices.empty() || is_argument(*option)) continue;
      for (const std::string& name : names_of(*option))
        words += fmt::format("    '{} {}') words='{}' ;;\n", command->get_name(), name, fmt::join(choices, " "));
    }
  }
  return fmt::format(
      "# Completion of kswgd {} for bash\n"
      "_kswgd() {{\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} command=${{COMP_WORDS[1]}} options='' words=''\n"
      "  if ((COMP_CWORD == 1)); then mapfile -t COMPREPLY < <(compgen -W '{} --help --version' -- \"$current\"); return; fi\n"
      "  if [[ $command == help ]]; then words='{}'; fi\n"
      "  case $command in\n{}  esac\n"
      "  case \"$command $previous\" in\n{}  esac\n"
      "  if [[ $current == -* ]]; then words=$options; fi\n"
      "  if [[ $words ]]; then mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\"); else mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); fi\n"
      "}}\n"
      "complete -o filenames -F _kswgd kswgd\n",
      version(), commands.substr(1), commands.substr(1), options, words);
}

std::string zsh_completion(const CLI::App& program) {
  // In a specification of _arguments, brackets and colons have a meaning.
  const auto plain = [](const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '[' || c == ']' || c == ':' ? std::string("\\") + c : std::string(1, c);
    return out;
  };
  std::string commands, options;
  for (const CLI::App* command : commands_of(program)) {
    commands += fmt::format("    {}\n", quoted(command->get_name() + ":" + plain(command->get_description())));
    options += fmt::format("    {}) _arguments -s", command->get_name());
    for (const CLI::Option* option : options_of(*command)) {
      if (is_argument(*option)) continue;
      const std::vector<std::string> choices = words_of(*option);
      const std::string value = !takes_value(*option) ? "" : choices.empty() ? ":value:_files" : fmt::format(":value:({})", fmt::join(choices, " "));
      for (const std::string& name : names_of(*option)) options += " \\\n      " + quoted("*" + name + "[" + plain(option->get_description()) + "]" + value);
    }
    options += fmt::format(" \\\n      '*:file:{}' ;;\n", command->get_name() == "help" ? "_kswgd_commands" : "_files");
  }
  return fmt::format(
      "#compdef kswgd\n"
      "# Completion of kswgd {} for zsh\n"
      "_kswgd_commands() {{\n"
      "  local -a commands=(\n{}  )\n"
      "  _describe command commands\n"
      "}}\n"
      "_kswgd() {{\n"
      "  if ((CURRENT == 2)); then _kswgd_commands; return; fi\n"
      "  local command=$words[2]\n"
      "  shift words; ((CURRENT--))\n"
      "  case $command in\n{}  esac\n"
      "}}\n"
      "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _kswgd \"$@\"; else compdef _kswgd kswgd; fi\n",
      version(), commands, options);
}

std::string fish_completion(const CLI::App& program) {
  std::string out = fmt::format("# Completion of kswgd {} for fish\n", version());
  for (const CLI::App* command : commands_of(program))
    out += fmt::format("complete -c kswgd -n '__fish_use_subcommand' -f -a {} -d {}\n", command->get_name(), quoted(command->get_description()));
  for (const CLI::App* command : commands_of(program))
    for (const CLI::Option* option : options_of(*command)) {
      if (is_argument(*option)) continue;
      out += fmt::format("complete -c kswgd -n '__fish_seen_subcommand_from {}'", command->get_name());
      for (const std::string& name : option->get_lnames()) out += " -l " + name;
      for (const std::string& name : option->get_snames()) out += " -s " + name;
      const std::vector<std::string> choices = words_of(*option);
      if (!choices.empty())
        out += fmt::format(" -x -a '{}'", fmt::join(choices, " "));
      else if (takes_value(*option))
        out += " -r";
      out += " -d " + quoted(option->get_description()) + "\n";
    }
  return out;
}

}  // namespace

std::string suggestion(const std::string& word, const std::vector<std::string>& candidates) {
  const auto nearest =
      std::min_element(candidates.begin(), candidates.end(), [&](const auto& a, const auto& b) { return edit_distance(word, a) < edit_distance(word, b); });
  if (nearest == candidates.end() || word.size() < 3 || edit_distance(word, *nearest) > (word.size() < 6 ? 1U : 2U)) return "";
  return fmt::format(" (did you mean '{}'?)", *nearest);
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Entry& entry : command_table()) names.emplace_back(entry.name);
  return names;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options_of(command))
    if (!is_argument(*option)) names.push_back(names_of(*option).back());
  return names;
}

std::string manual_page(const CLI::App& program) {
  const std::vector<const CLI::App*> commands = commands_of(program);
  const std::set<std::string> common = common_names(commands);
  std::string page = fmt::format(
      ".TH KSWGD 1 \"\" \"kswgd {}\" \"User Commands\"\n.SH NAME\nkswgd \\- new samples, spectra and rates from data\n.SH SYNOPSIS\n"
      ".B kswgd\n\\fICOMMAND\\fR [\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n{}\n.SH OPTIONS OF EVERY COMMAND\n",
      version(), roff(program.get_description()));
  for (const CLI::Option* option : options_of(*commands.front()))
    if (common.count(option->get_name())) page += manual_entry(*option);
  page += ".SH COMMANDS\n";
  for (const CLI::App* command : commands) {
    page += fmt::format(".SS {}\n{}\n", roff(command->get_name()), roff(command->get_description()));
    for (const CLI::Option* option : options_of(*command))
      if (!common.count(option->get_name())) page += manual_entry(*option);
  }
  return page + ".SH EXIT STATUS\n0 where the work is done, 1 where it failed, 2 where arguments or inputs cannot be used.\n";
}

std::string completion(const CLI::App& program, const std::string& shell) {
  if (shell == "bash") return bash_completion(program);
  if (shell == "zsh") return zsh_completion(program);
  return fish_completion(program);
}

}  // namespace kswgd::cli
