// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>

#include <functional>
#include <string>
#include <vector>

/// @file
/// What the machine can do at most, measured by loops that do nothing else.

namespace kswgd::bench {

/// Per second.
struct Ceilings {
  double dgemm_flops = 0, sgemm_flops = 0;  ///< C += A^T B of square matrices through the BLAS
  double copy_bytes = 0;                    ///< read and written
  double exp_fp64 = 0, exp_fp32 = 0;        ///< the kernels' own 2^t
  double fma_fp64 = 0, fma_fp32 = 0;        ///< flops: two for each multiply-add
};

/// One ceiling: work to be timed, how much of its unit it does, and where the rate belongs.
struct CeilingTask {
  using Rate = double Ceilings::*;
  std::function<void()> work;
  double amount;
  Rate rate;
};

/// The seven tasks for an execution space; small sizes where `quick` is set.
template <ExecutionSpace Exec>
std::vector<CeilingTask> ceiling_tasks(const Exec& exec, bool quick);

/// The machine, in the words of the operating system and the libraries.
struct Machine {
  std::string processor, accelerator, backend;
  int threads = 1;
  std::string blas_core;  ///< the kernels that OpenBLAS has chosen; empty where another BLAS is linked
  std::string advice;     ///< what would make it faster, or nothing
  std::string vectors;    ///< what the host's kernels were compiled for
};
template <ExecutionSpace Exec>
Machine machine_of(const Exec& exec);

}  // namespace kswgd::bench
