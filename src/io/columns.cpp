// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "formats.hpp"

#include <kswgd/support/check.hpp>

#include <algorithm>
#include <charconv>
#include <numeric>

// Which columns of a file are coordinates.
namespace kswgd::io {
namespace {

/// Where the column of this name, or number, is; -1: nowhere.
Index place_of(const std::string& path, const std::string& name, const std::vector<std::string>& names, Index count) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) {
    require(std::find(found + 1, names.end(), name) == names.end(), "io", [&] { return "'" + path + "' has two columns '" + name + "': choose by number"; });
    return found - names.begin();
  }
  Index number = -1;
  const char *const end = name.data() + name.size(), *const begin = name.data() + (name.starts_with('c') ? 1 : 0);
  const auto [last, error] = std::from_chars(begin, end, number);
  return error == std::errc{} && last == end && number >= 0 && number < count ? number : -1;
}

std::string listed(const std::vector<std::string>& names, Index count) {
  constexpr std::size_t most = 20;
  if (names.empty()) return "its columns have no names but c0 to c" + std::to_string(count - 1);
  std::string text;
  for (std::size_t k = 0; k < std::min(most, names.size()); ++k) text += (k ? ", '" : "its columns are '") + names[k] + "'";
  return text + (names.size() > most ? ", ..." : "");
}

}  // namespace

std::vector<Index> chosen_columns(const std::string& path, const ColumnChoice& choice, const std::vector<std::string>& names, Index count) {
  std::vector<Index> places;
  if (choice.where_named) {
    std::string missing, moved;
    for (std::size_t k = 0; k < choice.names.size(); ++k) {
      const auto found = std::find(names.begin(), names.end(), choice.names[k]);
      if (found == names.end()) missing = choice.names[k];
      if (found != names.end() && found != names.begin() + static_cast<std::ptrdiff_t>(k)) moved = choice.names[k];
    }
    require(missing.empty() || moved.empty(), "io",
            [&] { return "'" + path + "' has '" + moved + "' in another place than where it is wanted, and no '" + missing + "': " + listed(names, count); });
    if (!missing.empty() || names.empty() || choice.names.empty()) return chosen_columns(path, {}, names, count);
  }
  for (const std::string& name : choice.names) {
    const Index place = place_of(path, name, names, count);
    require(place >= 0, "io", [&] { return "'" + path + "' has no column '" + name + "': " + listed(names, count); });
    require(std::find(places.begin(), places.end(), place) == places.end(), "io", [&] { return "'" + path + "': the column '" + name + "' is chosen twice"; });
    places.push_back(place);
  }
  if (choice.names.empty()) {
    places.resize(static_cast<std::size_t>(count));
    std::iota(places.begin(), places.end(), 0);
  }
  return places;
}

void keep_columns(const std::string& path, const ColumnChoice& choice, Table& table) {
  const Index count = static_cast<Index>(table.points.extent(1));
  const std::vector<Index> places = chosen_columns(path, choice, table.columns, count);
  if (static_cast<Index>(places.size()) == count && std::is_sorted(places.begin(), places.end())) return;
  const auto pick = [places](const HostPoints& all, const HostPoints& target, Index row) {
    for (std::size_t k = 0; k < places.size(); ++k)
      Kokkos::deep_copy(Kokkos::subview(target, Span(row, row + rows(all)), k), Kokkos::subview(all, Kokkos::ALL, places[k]));
  };
  const auto wanted = static_cast<Index>(places.size());
  const HostPoints points = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::columns", rows(table.points), wanted);
  pick(table.points, points, 0);
  table.points = points;
  if (table.reader)
    table.reader = [read = table.reader, pick, count](Index first, Index last, const HostPoints& target, Index row) {
      const HostPoints all = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::columns::rows", last - first, count);
      read(first, last, all, 0);
      pick(all, target, row);
    };
  std::vector<std::string> names;
  for (std::size_t k = 0; k < places.size() && !table.columns.empty(); ++k) names.push_back(table.columns[static_cast<std::size_t>(places[k])]);
  table.columns = names;
}

}  // namespace kswgd::io
