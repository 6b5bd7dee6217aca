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

/// While it lives, signals that would end the program (those of remove_unfinished_files_on_signals, faults aside) wait: for the moment in which several files
/// take their places. SIGKILL does not.
class HeldSignals {
 public:
  HeldSignals();
  ~HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
};

}  // namespace kswgd::io
