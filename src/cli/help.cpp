// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "manual.hpp"

#include <fmt/core.h>
#include <kswgd/support/check.hpp>

#include <memory>

namespace kswgd::cli {
namespace {

struct HelpArguments {
  std::string command, shell;
  bool files = false, man = false;
};

/// Without the line ends at its end: say() writes one.
std::string without_end(const std::string& text) { return text.substr(0, text.find_last_not_of('\n') + 1); }

/// Every option of every command that names a file. The tests take their pairs of input and output from here.
void list_files(const Common& common) {
  Json all = Json::array();
  for (const Entry& entry : command_table()) {
    CLI::App unused;
    Common options;
    Command command(*unused.add_subcommand(entry.name), options, entry.section);
    const Work work = entry.declare(command);  // it holds what the options write to
    const auto list = [&](const std::vector<Files::Option>& files, const char* role) {
      for (const Files::Option& file : files) {
        common.say(fmt::format("{} {} {}", entry.name, file.name, role));
        all.push_back({{"command", entry.name}, {"option", file.name}, {"role", role}});
      }
    };
    list(command.files().inputs(), "input");
    list(command.files().outputs(), "output");
  }
  common.write_json({{"files", all}});
}

}  // namespace

Work declare_help(Command& command) {
  auto options = std::make_shared<HelpArguments>();
  command->add_option("COMMAND", options->command, "the command (default: what all of them are)");
  command->add_flag("--files", options->files, "list each command's options that name files, as input or as output");
  command->add_flag("--man", options->man, "print the manual page, for man(1)");
  command->add_option("--completion", options->shell, "print what completes commands and options in that shell")->check(CLI::IsMember(shells));
  const CLI::App* program = &command.program();
  return [options, program](const Common& common) {
    if (options->files) return list_files(common);
    if (options->man) return common.say(without_end(manual_page(*program)));
    if (!options->shell.empty()) return common.say(without_end(completion(*program, options->shell)));
    // Not App::help(), which is that of the command which is running.
    const auto text = [](const CLI::App* app, const std::string& name) {
      return without_end(app->get_formatter()->make_help(app, name, CLI::AppFormatMode::Normal));
    };
    if (options->command.empty()) return common.say(text(program, program->get_name()));
    for (const CLI::App* one : program->get_subcommands({}))
      if (one->get_name() == options->command) return common.say(text(one, program->get_name() + " " + one->get_name()));
    throw InvalidInput(
        fmt::format("kswgd::help: there is no command '{}'{} (see: kswgd --help)", options->command, suggestion(options->command, command_names())));
  };
}

}  // namespace kswgd::cli
