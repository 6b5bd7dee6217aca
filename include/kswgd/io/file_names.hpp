// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <string>
#include <vector>

/// @file
/// Names of several files in one text.

namespace kswgd::io {

/// The files that a text names: itself where it is one, else its parts between commas; in place of a part with '*', '?' or '[' that is no file, the files that
/// match it as in a shell, "walk-2" before "walk-10". What follows a pattern's last ':', the name of a dataset, stays behind each. Parts without a pattern need
/// not be files. Throws InvalidInput where a pattern matches none.
std::vector<std::string> files_named(const std::string& text);

}  // namespace kswgd::io
