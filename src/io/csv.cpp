// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "formats.hpp"

#include <kswgd/support/check.hpp>

#include <charconv>
#include <fstream>
#include <string_view>

// Text: a point a line, fields between commas, semicolons or white space; '#' starts a comment, a first line of words is a
// header.
namespace kswgd::io {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// By ';', ',' or white space: whichever the line has, in this order. Between two separators there may be an empty field.
void split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  const char separator = line.find(';') != line.npos ? ';' : line.find(',') != line.npos ? ',' : ' ';
  if (separator == ' ') {
    for (std::size_t at = 0; at < line.size();) {
      while (at < line.size() && blank(line[at])) ++at;
      const std::size_t start = at;
      while (at < line.size() && !blank(line[at])) ++at;
      if (at > start) fields.push_back(line.substr(start, at - start));
    }
    return;
  }
  for (std::size_t start = 0;;) {
    const auto end = line.find(separator, start);
    fields.push_back(trim(line.substr(start, end == line.npos ? end : end - start)));
    if (end == line.npos) break;
    start = end + 1;
  }
}

bool parse(std::string_view field, double& value) {
  if (!field.empty() && field.front() == '+') field.remove_prefix(1);
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error == std::errc::result_out_of_range && end == field.data() + field.size()) {
    // Too large, or so small that it is 0.
    const auto exponent = field.find_first_of("eE");
    value = exponent != field.npos && field.substr(exponent).find('-') != field.npos ? 0.0 : HUGE_VAL;
    return true;
  }
  return error == std::errc{} && end == field.data() + field.size();
}

}  // namespace

HostPoints read_csv(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  require(static_cast<bool>(file), "io", [&] { return "'" + path + "' cannot be opened for reading: check its permissions"; });
  std::vector<double> values;
  std::vector<std::string_view> fields;
  std::string text;
  std::size_t columns = 0, rows = 0, number = 0;
  const auto here = [&] { return "'" + path + "', line " + std::to_string(number) + ": "; };
  while (std::getline(file, text)) {
    ++number;
    std::string_view line = text;
    if (number == 1 && line.substr(0, 3) == "\xEF\xBB\xBF") line.remove_prefix(3);  // what some spreadsheets write first
    line = trim(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    split(line, fields);
    double value = 0;
    if (columns == 0) {
      columns = fields.size();
      bool names = true;
      for (const auto field : fields) names = names && !field.empty() && !parse(field, value);
      if (names) continue;
    }
    require(fields.size() == columns, "io",
            [&] { return here() + std::to_string(fields.size()) + " columns where the first line has " + std::to_string(columns); });
    for (std::size_t k = 0; k < columns; ++k) {
      require(parse(fields[k], value), "io",
              [&] { return here() + "'" + std::string(fields[k].substr(0, 40)) + "' is not a number (column " + std::to_string(k) + ", from 0)"; });
      require(std::isfinite(value), "io", [&] {
        return here() + std::to_string(value) + " in row " + std::to_string(rows) + ", column " + std::to_string(k) + " (from 0); every number must be finite";
      });
      values.push_back(value);
    }
    ++rows;
  }
  require(!file.bad(), "io", [&] { return "'" + path + "' cannot be read"; });
  const auto points = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::csv", rows, columns);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t k = 0; k < columns; ++k) points(i, k) = values[i * columns + k];
  return points;
}

void write_csv(AtomicFile& file, const HostPoints& points) {
  std::string text;
  for (std::size_t i = 0; i < points.extent(0); ++i) {
    for (std::size_t k = 0; k < points.extent(1); ++k) {
      char number[32];
      text.append(number, std::to_chars(number, number + sizeof number, points(i, k)).ptr);  // the shortest that reads back the same
      text += k + 1 < points.extent(1) ? ',' : '\n';
    }
    if (text.size() > (std::size_t{1} << 22)) {
      file.append(text.data(), text.size());
      text.clear();
    }
  }
  file.append(text.data(), text.size());
}

}  // namespace kswgd::io
