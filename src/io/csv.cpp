// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "formats.hpp"

#include <kswgd/support/check.hpp>

#include <charconv>
#include <fstream>

// Text: a row a line, separated by commas, semicolons or white space; '#' starts a comment, a first line of words is a header.
namespace kswgd::io {
namespace {

constexpr char separators[] = ",; \t\r";

std::vector<std::string_view> fields_of(std::string_view line) {
  line = line.substr(0, line.find('#'));
  std::vector<std::string_view> fields;
  for (std::size_t start = line.find_first_not_of(separators); start != std::string_view::npos;) {
    const std::size_t end = line.find_first_of(separators, start);
    fields.push_back(line.substr(start, end - start));
    start = end == std::string_view::npos ? end : line.find_first_not_of(separators, end);
  }
  return fields;
}

bool parse(std::string_view field, double& value) {
  if (!field.empty() && field.front() == '+') field.remove_prefix(1);
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  return error == std::errc{} && end == field.data() + field.size();
}

}  // namespace

HostPoints read_csv(const std::string& path) {
  std::ifstream file(path);
  require(static_cast<bool>(file), "io", [&] { return "there is no file '" + path + "'"; });
  std::vector<double> values;
  std::size_t columns = 0, rows = 0, number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const auto fields = fields_of(line);
    if (fields.empty()) continue;
    double value = 0;
    if (rows == 0 && columns == 0 && !parse(fields[0], value)) {  // names of columns
      columns = fields.size();
      continue;
    }
    if (columns == 0) columns = fields.size();
    require(fields.size() == columns, "io", [&] {
      return "'" + path + "', line " + std::to_string(number) + ": " + std::to_string(fields.size()) + " columns where the first line has " +
             std::to_string(columns);
    });
    for (const auto field : fields) {
      require(parse(field, value), "io", [&] { return "'" + path + "', line " + std::to_string(number) + ": '" + std::string(field) + "' is not a number"; });
      values.push_back(value);
    }
    ++rows;
  }
  const HostPoints points("kswgd::io::csv", rows, columns);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t k = 0; k < columns; ++k) points(i, k) = values[i * columns + k];
  return points;
}

void write_csv(const std::string& path, const HostPoints& points) {
  std::ofstream file(path);
  for (std::size_t i = 0; i < points.extent(0); ++i)
    for (std::size_t k = 0; k < points.extent(1); ++k) {
      char text[32];
      const auto end = std::to_chars(text, text + sizeof text, points(i, k)).ptr;  // the shortest that reads back the same
      file.write(text, end - text);
      file << (k + 1 < points.extent(1) ? ',' : '\n');
    }
  file.close();
  if (!file) throw Failure("kswgd::io: writing '" + path + "' failed (is the disk full?)");
}

}  // namespace kswgd::io
