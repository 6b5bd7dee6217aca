// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <filesystem>
#include <optional>
#include <string>

// Where an output goes, and whether it can.
namespace kswgd::io {

/// The descriptor that a path names (/dev/stdout, /dev/fd/N, /proc/self/fd/N, or a symbolic link to one): it is written to as it is, because
/// opening it by its name would begin the file anew.
std::optional<int> descriptor_named(const std::string& path);

/// Where the file is to stand: symbolic links are followed. Throws InvalidInput when nothing can be put there.
std::filesystem::path target_of(const std::string& path);

std::filesystem::path folder_of(const std::filesystem::path& target);

/// What the names of a target's temporary files begin with. The head of the name keeps it readable; a name may have 255 bytes at most.
std::string temporary_prefix(const std::filesystem::path& target);

[[noreturn]] void refuse_output(const std::string& path, const std::string& why);

}  // namespace kswgd::io
