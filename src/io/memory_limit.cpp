// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "memory_limit.hpp"

#include <kswgd/support/check.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace kswgd::io {
namespace {

/// Bytes: of the machine, of the container's group, and of the address space that the shell grants.
double memory_limit() {
  double limit = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  for (const char* file : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    double bytes = 0;
    if (std::ifstream(file) >> bytes && bytes > 0) limit = std::min(limit, bytes);
  }
  rlimit space{};
  if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) limit = std::min(limit, static_cast<double>(space.rlim_cur));
  return limit;
}

}  // namespace

void require_memory(const std::string& path, const std::string& dataset, Index rows, Index columns) {
  const double bytes = 8.0 * static_cast<double>(rows) * static_cast<double>(columns);  // as a double: the product may be any
  if (bytes < 1e8) return;
  const double limit = memory_limit();
  require(bytes <= limit, "io", [&] {
    char text[96];
    std::snprintf(text, sizeof text, "%.3g GB, and this process can have %.3g GB", 1e-9 * bytes, 1e-9 * limit);
    return "'" + path + "'" + (dataset.empty() ? "" : ": " + dataset) + " claims " + std::to_string(rows) + " x " + std::to_string(columns) + " numbers, " +
           text + ": keep fewer rows (--stride), or is the file damaged?";
  });
}

}  // namespace kswgd::io
