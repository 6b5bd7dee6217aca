// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "formats.hpp"
#include "numbers_file.hpp"

#include <kswgd/support/check.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <functional>
#include <limits>
#include <optional>
#include <string_view>

// Text: a point a line, fields between commas, semicolons or white space; '#' starts a comment, a first line of words is a
// header. Where the first of these is empty, the first column numbers the rows (as pandas writes it) and is none of the points.
namespace kswgd::io {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// The line with what stands between double quotes made harmless, for the search of separators.
std::string without_quoted(std::string_view line) {
  std::string text(line);
  bool quoted = false;
  for (char& c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) c = '"';
  }
  return text;
}

/// Between two separators there may be an empty field, but for white space.
void split(std::string_view line, std::string_view pattern, char separator, std::vector<std::string_view>& fields) {
  fields.clear();
  if (separator == ' ') {
    for (std::size_t at = 0; at < line.size();) {
      while (at < line.size() && blank(pattern[at])) ++at;
      const std::size_t start = at;
      while (at < line.size() && !blank(pattern[at])) ++at;
      if (at > start) fields.push_back(line.substr(start, at - start));
    }
    return;
  }
  for (std::size_t start = 0;;) {
    const auto end = pattern.find(separator, start);
    fields.push_back(trim(line.substr(start, end == line.npos ? end : end - start)));
    if (end == line.npos) break;
    start = end + 1;
  }
}

/// ';', ',' or white space: whichever the line has, in this order.
char separator_of(std::string_view pattern) { return pattern.find(';') != pattern.npos ? ';' : pattern.find(',') != pattern.npos ? ',' : ' '; }

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

std::string shown(std::string_view field) {
  std::string text(field.substr(0, 40));
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ') c = '?';
  return "'" + text + "'";
}

/// Why a field is no number, and what to do.
std::string complaint(std::string_view field, bool last) {
  if (field.empty())
    return last ? "'' is not a number: is there a separator too many at the end of the line?"
                : "'' is not a number: fill the empty field, or leave out the row";
  const bool quoted = field.size() > 1 && (field.front() == '"' || field.front() == '\'');
  const std::string_view inner = quoted ? field.substr(1, field.size() - 2) : field;
  double value = 0;
  if (quoted && parse(inner, value)) return shown(field) + " is not a number but a text: save numbers without quotes";
  const std::size_t comma = inner.find(',');
  if (comma != inner.npos) {
    std::string point(inner);
    point[comma] = '.';
    if (parse(point, value)) return shown(field) + " is not a number: write a decimal point, not a comma";
  }
  return shown(field) + " is not a number: leave out the row, or the column (--columns names those to take)";
}

std::string unquoted(std::string_view field) {
  const bool quoted = field.size() > 1 && field.front() == field.back() && (field.front() == '"' || field.front() == '\'');
  return std::string(quoted ? field.substr(1, field.size() - 2) : field);
}

/// Lines without their ends. A line that does not end, and bytes that are no text, are another format's.
class Lines {
 public:
  explicit Lines(const std::string& path) : m_path(path), m_file(path, std::ios::binary), m_buffer(std::size_t{1} << 18) {
    require(static_cast<bool>(m_file), "io", [&] { return "'" + path + "' cannot be opened for reading: check its permissions"; });
  }

  std::size_t number() const { return m_number; }  ///< of the last line, from 1

  bool next(std::string& line) {
    constexpr std::size_t longest = std::size_t{1} << 28;
    line.clear();
    for (;;) {
      if (m_at == m_end && !fill()) {
        m_number += line.empty() ? 0 : 1;
        return !line.empty();
      }
      const char* const begin = m_buffer.data() + m_at;
      const char* const found = static_cast<const char*>(std::memchr(begin, '\n', m_end - m_at));
      const std::size_t count = found ? static_cast<std::size_t>(found - begin) : m_end - m_at;
      line.append(begin, count);
      m_at += count + (found ? 1 : 0);
      require(!std::memchr(begin, '\0', count), "io", [&] { return here() + "a byte 0: this is not plain text (if it is UTF-16, save it as UTF-8)"; });
      require(line.size() <= longest, "io", [&] { return here() + "it is longer than 256 MiB: is this a table?"; });
      if (!found) continue;
      ++m_number;
      return true;
    }
  }

 private:
  std::string here() const { return "'" + m_path + "', line " + std::to_string(m_number + 1) + ": "; }
  bool fill() {
    m_file.read(m_buffer.data(), static_cast<std::streamsize>(m_buffer.size()));
    require(!m_file.bad(), "io", [&] { return "'" + m_path + "' cannot be read"; });
    m_at = 0;
    m_end = static_cast<std::size_t>(m_file.gcount());
    return m_end > 0;
  }

  std::string m_path;
  std::ifstream m_file;
  std::vector<char> m_buffer;
  std::size_t m_at = 0, m_end = 0, m_number = 0;
};

}  // namespace

namespace {

/// What becomes of a row of so many numbers.
using KeepRow = std::function<void(const double* row, std::size_t columns)>;

/// Hands over the chosen columns of the rows numbers [from, to) of which are kept, every stride-th; lines of others are counted and no more. Returns how
/// many rows there are; column_count and names are those of the chosen columns.
Index read_lines(const std::string& path, const ColumnChoice& choice, Index from, Index to, Index stride, const KeepRow& keep, Index& column_count,
                 std::vector<std::string>& names) {
  Lines lines(path);
  std::vector<std::string_view> fields;
  std::vector<double> row;
  std::vector<Index> chosen;
  std::string text, harmless;
  std::size_t columns = 0, numbering = 0;
  Index rows = 0;
  const auto here = [&] { return "'" + path + "', line " + std::to_string(lines.number()) + ": "; };
  while (lines.next(text)) {
    std::string_view line = text;
    if (lines.number() == 1 && line.substr(0, 3) == "\xEF\xBB\xBF") line.remove_prefix(3);  // what some spreadsheets write first
    while (!line.empty() && blank(line.front())) line.remove_prefix(1);
    if (line.find('"') != line.npos) harmless = without_quoted(line);
    std::string_view pattern = line.find('"') != line.npos ? std::string_view(harmless) : line;
    line = trim(line.substr(0, pattern.find('#')));
    pattern = pattern.substr(0, line.size());
    if (line.empty()) continue;
    require(line.find('\r') == line.npos, "io", [&] { return here() + "a carriage return within it: save the file with line ends of Unix or Windows"; });
    if (columns > 0 && (rows < from || rows >= to)) {
      ++rows;
      continue;
    }
    split(line, pattern, separator_of(pattern), fields);
    double value = 0;
    if (columns == 0) {
      columns = fields.size();
      const std::size_t nameless = columns > 1 && unquoted(fields[0]).empty() ? 1 : 0;
      const bool header = std::none_of(fields.begin() + static_cast<std::ptrdiff_t>(nameless), fields.end(),
                                       [&](std::string_view field) { return field.empty() || parse(field, value); });
      if (header) numbering = nameless;
      std::vector<std::string> all;
      for (std::size_t k = numbering; header && k < columns; ++k) all.push_back(unquoted(fields[k]));
      chosen = chosen_columns(path, choice, all, static_cast<Index>(columns - numbering));
      for (const Index k : chosen)
        if (header) names.push_back(all[static_cast<std::size_t>(k)]);
      if (header) continue;
      if (rows < from || rows >= to) {
        ++rows;
        continue;
      }
    }
    require(fields.size() == columns, "io",
            [&] { return here() + std::to_string(fields.size()) + " columns where the first line has " + std::to_string(columns); });
    row.clear();
    for (const Index column : chosen) {
      const std::size_t k = static_cast<std::size_t>(column) + numbering;
      require(parse(fields[k], value), "io",
              [&] { return here() + complaint(fields[k], k > 0 && k + 1 == columns) + " (column " + std::to_string(column) + ", from 0)"; });
      require(std::isfinite(value), "io", [&] {
        return here() + std::to_string(value) + " in row " + std::to_string(rows) + ", column " + std::to_string(column) +
               " (from 0); every number must be finite";
      });
      row.push_back(value);
    }
    if (rows % stride == 0) keep(row.data(), row.size());
    ++rows;
  }
  column_count = static_cast<Index>(chosen.size());
  return rows;
}

}  // namespace

std::vector<std::string> split_names(const std::string& list) {
  std::vector<std::string_view> fields;
  split(list, without_quoted(list), ',', fields);
  std::vector<std::string> names;
  for (const std::string_view field : fields) names.push_back(unquoted(field));
  return names;
}

HostPoints read_csv(const std::string& path, const ReadOptions& options, Index& rows, std::vector<std::string>& names, RowReader& reader) {
  Index columns = 0, from = 0, to = std::numeric_limits<Index>::max(), begin = 0;
  if (options.parts > 1 || options.rows.second >= 0) {  // where the part begins is known once all lines are counted
    rows = read_lines(path, options.columns, 0, 0, 1, {}, columns, names);
    const auto [first, last] = part_of(rows_left(rows, options.stride), options);
    if (first == last && !options.in_place) return allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::csv", 0, columns);
    names.clear();
    begin = first;
    from = first * options.stride;
    to = last * options.stride;
  }
  if (options.in_place) {
    std::optional<UnnamedTable> copy;
    rows = read_lines(
        path, options.columns, from, to, options.stride,
        [&](const double* row, std::size_t count) {
          if (!copy) copy.emplace(path, static_cast<Index>(count));
          copy->add(row);
        },
        columns, names);
    reader = copy ? copy->reader(begin) : RowReader([](Index, Index, const HostPoints&, Index) {});
    return allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::csv", 0, columns);
  }
  std::vector<double> values;
  rows = read_lines(
      path, options.columns, from, to, options.stride, [&](const double* row, std::size_t count) { values.insert(values.end(), row, row + count); }, columns,
      names);
  const Index kept = columns > 0 ? static_cast<Index>(values.size()) / columns : 0;
  const auto points = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::csv", kept, columns);
  for (Index i = 0; i < kept; ++i)
    for (Index k = 0; k < columns; ++k) points(i, k) = values[static_cast<std::size_t>(i * columns + k)];
  return points;
}

std::string csv_header(const std::vector<std::string>& columns) {
  std::string text;
  double value = 0;
  for (std::size_t k = 0; k < columns.size(); ++k) {
    std::string name = columns[k];
    for (char& c : name)
      if (c == '"' || c == '\n' || c == '\r' || c == '\0') c = '_';
    const bool plain = !name.empty() && !parse(name, value) && name.find_first_of(",;#' \t") == std::string::npos;
    text += (plain ? name : "\"" + name + "\"") + (k + 1 < columns.size() ? ',' : '\n');
  }
  return text;
}

void append_csv(AtomicFile& file, const HostRows& rows) {
  std::string text;
  for (std::size_t i = 0; i < rows.extent(0); ++i) {
    for (std::size_t k = 0; k < rows.extent(1); ++k) {
      char number[32];
      text.append(number, std::to_chars(number, number + sizeof number, rows(i, k)).ptr);  // the shortest that reads back the same
      text += k + 1 < rows.extent(1) ? ',' : '\n';
    }
    if (text.size() > (std::size_t{1} << 22)) {
      file.append(text.data(), text.size());
      text.clear();
    }
  }
  file.append(text.data(), text.size());
}

}  // namespace kswgd::io
