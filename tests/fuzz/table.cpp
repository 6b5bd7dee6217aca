// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fuzz.hpp"

#include <kswgd/io/points_file.hpp>

#include <cmath>
#include <cstring>

// .csv and .npy: what is accepted is read again, by parts, and comes back from a file that is written from it.
namespace {

using kswgd::Index;
using kswgd::fuzz::accepted;
using kswgd::fuzz::expect;

bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kswgd::fuzz::start();
  if (size < 1) return 0;
  const Index stride = 1 + data[0] % 4;  // the last bits of the first byte; the rest is the file
  const std::string& path = kswgd::fuzz::file_of("t." KSWGD_FUZZ_EXTENSION, data + 1, size - 1);
  kswgd::io::Table table;
  if (!accepted(path, [&] { table = kswgd::io::read_points(path, {.stride = stride}); })) return 0;
  const auto n = table.points.extent(0), d = table.points.extent(1);
  expect(n > 0 && d > 0 && (table.columns.empty() || table.columns.size() == d), "an accepted table without points, or with other columns than it has");
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < d; ++k) expect(std::isfinite(table.points(i, k)), "an accepted number that is not finite");

  std::size_t row = 0;
  for (Index part = 0; part < 3; ++part) {
    const auto own = kswgd::io::read_points(path, {.stride = stride, .part = part, .parts = 3});
    expect(own.first == static_cast<Index>(row) && own.total == static_cast<Index>(n), "parts that do not join");
    for (std::size_t i = 0; i < own.points.extent(0); ++i, ++row)
      for (std::size_t k = 0; k < d; ++k) expect(same_bits(own.points(i, k), table.points(row, k)), "a part that is not that part of the whole");
  }
  expect(row == n, "parts that are not all");

  const std::string copy = kswgd::fuzz::folder() + "/copy." KSWGD_FUZZ_EXTENSION;
  kswgd::io::write_points(copy, table.points, {}, table.columns);
  const auto again = kswgd::io::read_points(copy);
  expect(again.points.extent(0) == n && again.points.extent(1) == d, "a copy of another shape");
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < d; ++k) expect(same_bits(again.points(i, k), table.points(i, k)), "a copy with other numbers");
  return 0;
}
