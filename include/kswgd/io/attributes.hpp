// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

/// @file
/// What a file says about itself.

namespace kswgd::io {

/// One attribute of a file: a name, and a number or a text.
struct Attribute {
  std::string name;
  std::variant<std::string, double, std::int64_t, std::uint64_t> value;
};

using Attributes = std::vector<Attribute>;

/// The value of an attribute as text; empty when there is none of that name.
std::string text_of(const Attributes& attributes, const std::string& name);

/// The value of an attribute as a number; `otherwise` when there is none of that name, or it is a text.
double number_of(const Attributes& attributes, const std::string& name, double otherwise);

}  // namespace kswgd::io
