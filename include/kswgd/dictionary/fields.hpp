// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <initializer_list>
#include <kswgd/support/check.hpp>
#include <kswgd/support/execution.hpp>
#include <vector>

/// @file
/// What the data of a dictionary consist of and what must hold of them, said once for each family: beside its data stands
///
///     template <class Archive>
///     void fields(Archive& archive, FamilyData& data);
///
/// which hands each field to an archive, in an order in which shapes follow from the fields before. The constructor of the dictionary
/// checks with it (check_fields), model files are written, read and checked with it (src/io/dictionary_file.cpp). The data also say
/// their `kind` (the name in files) and `features()` (p).

namespace kswgd {

/// What the numbers of a field may be: NaN and infinity never.
enum class Sign { any, positive };

/// As an extent: as many as there are.
inline constexpr Index any_extent = -1;

/// The archive that only looks: each field must have the shape and the range that are said of it. Archives that read derive from it.
class FieldCheck {
 public:
  /// Messages are "kswgd::" + where + prefix + field + what is wrong with it.
  explicit FieldCheck(std::string where, std::string prefix = "") : m_where(std::move(where)), m_prefix(std::move(prefix)) {}

  /// The coordinates of the points, 1 or more; `held`: what the data say themselves.
  Index dimension(Index held) const;
  void number(const std::string& name, double value, Sign sign = Sign::any) const;
  void integer(const std::string& name, Index value, Index low, Index high) const { whole(name, static_cast<double>(value), low, high); }
  /// The same of what a file holds, which may be any number.
  void whole(const std::string& name, double value, Index low, Index high) const;
  void flag(const std::string&, bool) const {}
  /// One that data of older versions do not say.
  void flag(const std::string&, bool, bool) const {}
  void text(const std::string& name, const std::string& value, const std::vector<std::string>& known) const;
  void array(const std::string& name, const HostMatrix& values, Index rows, Index columns, Sign sign = Sign::any) const;
  void array(const std::string& name, const HostVector& values, Index count, Sign sign = Sign::any) const;
  void array(const std::string& name, const std::vector<double>& values, Index count, Sign sign = Sign::any) const;
  /// Landmarks that the model holds beside the dictionary, p x d.
  void landmarks(const HostPoints& values, Index dimension) const { array("landmarks", values, any_extent, dimension); }
  /// What else must hold.
  template <class Message>
  void expect(bool good, Message&& message) const {
    require(good, m_where.c_str(), [&] { return m_prefix + message(); });
  }

 private:
  void extents(const std::string& name, std::initializer_list<std::size_t> found, std::initializer_list<Index> wanted) const;
  void values(const std::string& name, const double* first, std::size_t count, Sign sign) const;

  std::string m_where, m_prefix;
};

/// Throws InvalidInput, with the name of the field, for data that a dictionary cannot be made of.
template <class Data>
void check_fields(const char* function, Data data) {
  FieldCheck check(function);
  fields(check, data);
}

}  // namespace kswgd
