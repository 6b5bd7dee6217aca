// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "formats.hpp"

#include <kswgd/io/file_names.hpp>
#include <kswgd/support/check.hpp>

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace kswgd::io {

bool is_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

namespace {

/// Files that match, in the order of people; none where there are none.
std::vector<std::string> matches_of(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0)
    for (std::size_t i = 0; i < found.gl_pathc; ++i)
      if (is_file(found.gl_pathv[i])) files.emplace_back(found.gl_pathv[i]);
  ::globfree(&found);
  std::sort(files.begin(), files.end(), natural_less);
  return files;
}

}  // namespace

bool natural_less(const std::string& a, const std::string& b) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t stem = 0;
  while (stem < a.size() && stem < b.size() && a[stem] == b[stem]) ++stem;
  while (stem > 0 && digit(a[stem - 1])) --stem;
  // Without its leading zeros, so that the longer one is the larger: of any length, or there would be three names each of which comes before the next.
  const auto number = [&](const std::string& name) {
    const std::size_t end = std::min(name.find_first_not_of("0123456789", stem), name.size()), start = std::min(name.find_first_not_of('0', stem), end);
    return name.substr(start, end - start);
  };
  const bool numbers = stem < a.size() && stem < b.size() && digit(a[stem]) && digit(b[stem]);
  const std::string first = numbers ? number(a) : "", second = numbers ? number(b) : "";
  if (first != second) return first.size() != second.size() ? first.size() < second.size() : first < second;
  return a < b;
}

std::vector<std::string> files_named(const std::string& text) {
  if (is_file(text)) return {text};
  std::vector<std::string> files;
  for (const std::string& part : split_list(text)) {
    if (part.find_first_of("*?[") == std::string::npos || is_file(part)) {
      files.push_back(part);
      continue;
    }
    std::vector<std::string> found = matches_of(part);
    for (std::size_t colon = part.rfind(':'); found.empty() && colon != std::string::npos && colon > 0; colon = part.rfind(':', colon - 1)) {
      found = matches_of(part.substr(0, colon));
      for (std::string& file : found) file += part.substr(colon);
    }
    require(!found.empty(), "io", [&] { return "there is no file '" + part + "', and none that matches it as a pattern"; });
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

}  // namespace kswgd::io
