// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <string>

namespace kswgd::cli {

/// A text with a '?' in place of what a terminal would obey: control characters (of ASCII, and U+0080 to U+009F), marks that turn the direction of writing
/// (U+202A to U+202E, U+2066 to U+2069), and bytes that are no UTF-8. Names of files, columns and datasets are other people's. Tabs stay, and line ends where
/// `lines`, else they become spaces.
std::string printable(const std::string& text, bool lines);

/// The same for a text in JSON, which stays JSON of the same meaning: such characters become escapes.
std::string printable_json(const std::string& text);

}  // namespace kswgd::cli
