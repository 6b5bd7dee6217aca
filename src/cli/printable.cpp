// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "printable.hpp"

#include <fmt/core.h>

#include <cstdint>
#include <functional>

namespace kswgd::cli {
namespace {

/// A character of UTF-8 (RFC 3629) and its bytes; no character is one byte that begins none.
struct Character {
  std::uint32_t code = 0;
  std::size_t size = 1;
  bool is_whole = false;
};

Character character_at(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(at);
  if (first < 0x80) return {first, 1, true};
  const std::size_t size = first >= 0xF0 && first < 0xF5 ? 4 : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xC2 && first < 0xE0 ? 2 : 1;
  if (size == 1) return {};
  std::uint32_t code = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return {};
    code = (code << 6) | (byte(at + i) & 0x3FU);
  }
  const bool too_long = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  return too_long || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF ? Character{} : Character{code, size, true};
}

bool is_obeyed(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

std::string with_replaced(const std::string& text, const std::function<std::string(const Character&)>& replaced) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const Character next = character_at(text, at);
    result += next.is_whole && !is_obeyed(next.code) ? text.substr(at, next.size) : replaced(next);
    at += next.size;
  }
  return result;
}

}  // namespace

std::string printable(const std::string& text, bool lines) {
  return with_replaced(text, [lines](const Character& one) -> std::string {
    if (one.is_whole && one.code == '\t') return "\t";
    if (one.is_whole && one.code == '\n') return lines ? "\n" : " ";
    return "?";
  });
}

std::string printable_json(const std::string& text) {
  // Line ends stand between the values: in a string they are escaped already.
  return with_replaced(text, [](const Character& one) -> std::string {
    if (one.is_whole && one.code == '\n') return "\n";
    return one.is_whole ? fmt::format("\\u{:04x}", one.code) : "?";
  });
}

}  // namespace kswgd::cli
