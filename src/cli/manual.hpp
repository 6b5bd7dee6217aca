// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "commands.hpp"

#include <string>
#include <vector>

// What other programs want to know of the command line, from the options as they are declared.
namespace kswgd::cli {

/// " (did you mean 'NAME'?)" with the candidate that is a slip or two of the fingers away from `word`; empty where there is none.
std::string suggestion(const std::string& word, const std::vector<std::string>& candidates);

/// The names of all commands.
std::vector<std::string> command_names();

/// The names of a command's options, with their dashes: the long ones, or the short ones where there is no other.
std::vector<std::string> option_names(const CLI::App& command);

/// A page for man(1), in the macros of man(7).
std::string manual_page(const CLI::App& program);

inline const std::vector<std::string> shells = {"bash", "zsh", "fish"};

/// A script that completes commands, options, the words that an option takes, and files, for one of `shells`.
std::string completion(const CLI::App& program, const std::string& shell);

}  // namespace kswgd::cli
