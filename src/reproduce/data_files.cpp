// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "data_files.hpp"

#include <filesystem>
#include <kswgd/support/check.hpp>

namespace kswgd::reproduce {

namespace {

std::filesystem::path path_of(const std::string& name) {
  std::error_code error;
  return (std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / KSWGD_DATA_FROM_PROGRAM / name).lexically_normal();
}

}  // namespace

std::string data_file(const std::string& name, const std::string& given) {
  if (!given.empty()) return given;
  const auto path = path_of(name);
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) return path.string();
  throw InvalidInput("kswgd::reproduce: the data file '" + name + "' is not where it is installed ('" + path.string() + "'): name it with --data FILE");
}

std::vector<std::string> data_of(const std::string& experiment, const std::string& given) {
  if (!given.empty()) return {given};
  if (experiment == "digits") return {path_of("digits.h5")};
  if (experiment == "molecule") return {path_of("alanine_dihedrals.h5")};
  return {};
}

}  // namespace kswgd::reproduce
