// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/dictionary/fields.hpp>

#include <algorithm>
#include <cmath>

namespace kswgd {
namespace {

bool fits(double value, Sign sign) { return std::isfinite(value) && (sign == Sign::any || value > 0); }
const char* rule(Sign sign) { return sign == Sign::any ? "a finite number" : "a finite positive number"; }

/// As "3 x 2"; "n" for what may be any.
template <class Extents>
std::string shape(const Extents& extents) {
  std::string text;
  for (const auto extent : extents) text += (text.empty() ? "" : " x ") + (static_cast<Index>(extent) == any_extent ? "n" : std::to_string(extent));
  return text;
}

}  // namespace

Index FieldCheck::dimension(Index held) const {
  expect(held >= 1, [&] { return "dimension must be 1 or more, got " + std::to_string(held); });
  return held;
}

void FieldCheck::number(const std::string& name, double value, Sign sign) const {
  expect(fits(value, sign), [&] { return name + " must be " + rule(sign) + ", got " + std::to_string(value); });
}

void FieldCheck::whole(const std::string& name, double value, Index low, Index high) const {
  expect(value >= static_cast<double>(low) && value <= static_cast<double>(high) && value == std::floor(value),
         [&] { return name + " must be a whole number from " + std::to_string(low) + " to " + std::to_string(high) + ", got " + std::to_string(value); });
}

void FieldCheck::text(const std::string& name, const std::string& value, const std::vector<std::string>& known) const {
  expect(std::find(known.begin(), known.end(), value) != known.end(), [&] {
    std::string names;
    for (const std::string& one : known) names += " " + one;
    return name + " is '" + value + "'; known are:" + names;
  });
}

void FieldCheck::extents(const std::string& name, std::initializer_list<std::size_t> found, std::initializer_list<Index> wanted) const {
  const bool good = std::equal(found.begin(), found.end(), wanted.begin(),
                               [](std::size_t one, Index other) { return other == any_extent || static_cast<Index>(one) == other; });
  expect(good, [&] { return name + " must have the shape " + shape(wanted) + ", but has " + shape(found); });
}

void FieldCheck::values(const std::string& name, const double* first, std::size_t count, Sign sign) const {
  const double* bad = std::find_if(first, first + count, [sign](double value) { return !fits(value, sign); });
  expect(bad == first + count,
         [&] { return name + ": number " + std::to_string(bad - first) + " (from 0) must be " + rule(sign) + ", got " + std::to_string(*bad); });
}

void FieldCheck::array(const std::string& name, const HostMatrix& matrix, Index rows, Index columns, Sign sign) const {
  extents(name, {matrix.extent(0), matrix.extent(1)}, {rows, columns});
  for (std::size_t k = 0; k < matrix.extent(1); ++k)
    for (std::size_t i = 0; i < matrix.extent(0); ++i)
      expect(fits(matrix(i, k), sign), [&] {
        return name + ": row " + std::to_string(i) + ", column " + std::to_string(k) + " (from 0) must be " + rule(sign) + ", got " +
               std::to_string(matrix(i, k));
      });
}

void FieldCheck::array(const std::string& name, const HostVector& vector, Index count, Sign sign) const {
  extents(name, {vector.extent(0)}, {count});
  values(name, vector.data(), vector.extent(0), sign);
}

void FieldCheck::array(const std::string& name, const std::vector<double>& vector, Index count, Sign sign) const {
  extents(name, {vector.size()}, {count});
  values(name, vector.data(), vector.size(), sign);
}

}  // namespace kswgd
