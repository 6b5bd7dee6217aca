// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <string>

namespace kswgd::io {

/// Throws InvalidInput where rows x columns doubles are more than this machine's memory (or what this process may have of it): before anything
/// is allocated. dataset: where in the file, or "".
void require_memory(const std::string& path, const std::string& dataset, Index rows, Index columns);

}  // namespace kswgd::io
