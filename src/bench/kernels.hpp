// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "problems.hpp"

#include <string>
#include <vector>

/// @file
/// The benchmark: ceilings and kernels in one interleaved run.

namespace kswgd::bench {

struct Measurement {
  std::string name;
  Sizes sizes;
  std::string precision = {};  ///< fp64, or mixed: features in fp32, sums and results in fp64
  double seconds = 0;
  double lower_quartile = 0, upper_quartile = 0;  ///< of the rounds' seconds
  std::string limited_by;                         ///< the ceiling that takes most of the least time
  double fraction_of_limit = 0;
  double pairs_per_second = 0, flops_per_second = 0;
};

struct Plan {
  std::vector<Sizes> flow, moments;
  bool quick = false;  ///< small loops for the ceilings
  int rounds = 7;
  bool fastest = false;  ///< the fastest round counts, not the median: for small sizes on a machine that others use as well
};

/// What is measured by default, and with `quick` in about a second; `sweep` adds sizes from small to large.
Plan default_plan(bool quick, bool sweep);

struct Report {
  Ceilings ceilings;
  std::vector<Measurement> kernels;
};

/// Runs everything that the plan names, in turn, and takes medians. Synchronises the instance.
template <ExecutionSpace Exec>
Report measure(const Exec& exec, const Plan& plan, const std::function<void(double)>& progress = {});

}  // namespace kswgd::bench
