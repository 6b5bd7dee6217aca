// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "data_files.hpp"

#include <filesystem>
#include <kswgd/support/check.hpp>

namespace kswgd::reproduce {

std::string data_file(const std::string& name, const std::string& given) {
  if (!given.empty()) return given;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto path = program.parent_path() / KSWGD_DATA_FROM_PROGRAM / name;
  if (!error && std::filesystem::is_regular_file(path, error)) return path.lexically_normal().string();
  throw InvalidInput("kswgd::reproduce: the data file '" + name + "' is not where it is installed ('" + path.lexically_normal().string() +
                     "'): name it with --data FILE");
}

}  // namespace kswgd::reproduce
