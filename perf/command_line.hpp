// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <kswgd/version.hpp>
#include <string>
#include <utility>
#include <vector>

// What the measuring programs share: PROGRAM [PROBLEM]... [--seeds N], all problems where none is named.
namespace kswgd::perf {

using Problem = std::pair<const char*, void (*)(int seeds)>;

inline void run_problems(int argc, char** argv, int seeds, std::initializer_list<Problem> problems) {
  setenv("OMP_PROC_BIND", "false", 0);
  const Kokkos::ScopeGuard guard(argc, argv);
  std::vector<std::string> wanted;
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "--seeds") && i + 1 < argc) {
      seeds = std::atoi(argv[++i]);
    } else {
      wanted.emplace_back(argv[i]);
    }
  }
  const Kokkos::DefaultExecutionSpace exec;
  std::printf("kswgd %s (%s) on %s, %d threads\n", version(), git_hash(), exec.name(), exec.concurrency());
  for (const auto& [name, run_problem] : problems)
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end()) run_problem(seeds);
}

}  // namespace kswgd::perf
