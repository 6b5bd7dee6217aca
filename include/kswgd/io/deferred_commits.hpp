// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/io/atomic_file.hpp>
#include <memory>
#include <vector>

/// @file
/// Several output files that appear together, or not at all.

namespace kswgd::io {

/// Calls write(). Files that it commits on this thread are whole then, but keep their temporary names: they are handed over, and take
/// their places when commit() is called on them, or are removed. Calls do not nest.
std::vector<std::unique_ptr<AtomicFile>> defer_commits(const std::function<void()>& write);

}  // namespace kswgd::io
