// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <Kokkos_Core.hpp>
#include <cusolverDn.h>
#include <kswgd/support/check.hpp>
#include <kswgd/support/execution.hpp>

#include <memory>

// cuSOLVER on the stream of a Kokkos::Cuda instance. Handles are made for each call: a factorisation takes far
// longer, and nothing process-wide is kept.
namespace kswgd::algebra::cuda {

inline void check(bool good, const char* call) {
  if (!good) throw Failure(std::string("kswgd::algebra: ") + call + " failed");
}

struct Solver {
  explicit Solver(const Kokkos::Cuda& exec) {
    check(cusolverDnCreate(&handle) == CUSOLVER_STATUS_SUCCESS, "cusolverDnCreate");
    check(cusolverDnSetStream(handle, exec.cuda_stream()) == CUSOLVER_STATUS_SUCCESS, "cusolverDnSetStream");
  }
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;
  ~Solver() { cusolverDnDestroy(handle); }
  cusolverDnHandle_t handle{};
};

using Workspace = Kokkos::View<double*, Kokkos::CudaSpace>;
using Info = Kokkos::View<int, Kokkos::CudaSpace>;

inline int read(const Kokkos::Cuda& exec, const Info& info) {
  int value = 0;
  Kokkos::deep_copy(exec, value, info);
  exec.fence("kswgd::algebra: the solver's status is read on the host");
  return value;
}

/// The first pivot that is not positive, or 0.
inline int cholesky(const Kokkos::Cuda& exec, int p, double* a, int lda) {
  const Solver solver(exec);
  int size = 0;
  check(cusolverDnDpotrf_bufferSize(solver.handle, CUBLAS_FILL_MODE_UPPER, p, a, lda, &size) == CUSOLVER_STATUS_SUCCESS, "cusolverDnDpotrf_bufferSize");
  const auto work = allocate<Workspace>(exec, "cholesky::workspace", size);
  const auto info = zeros<Info>(exec, "cholesky::info");
  check(cusolverDnDpotrf(solver.handle, CUBLAS_FILL_MODE_UPPER, p, a, lda, work.data(), size, info.data()) == CUSOLVER_STATUS_SUCCESS, "cusolverDnDpotrf");
  return read(exec, info);
}

inline void invert(const Kokkos::Cuda& exec, int p, double* a, int lda) {
  const Solver solver(exec);
  int size = 0;
  check(cusolverDnDpotri_bufferSize(solver.handle, CUBLAS_FILL_MODE_UPPER, p, a, lda, &size) == CUSOLVER_STATUS_SUCCESS, "cusolverDnDpotri_bufferSize");
  const auto work = allocate<Workspace>(exec, "invert::workspace", size);
  const auto info = zeros<Info>(exec, "invert::info");
  check(cusolverDnDpotri(solver.handle, CUBLAS_FILL_MODE_UPPER, p, a, lda, work.data(), size, info.data()) == CUSOLVER_STATUS_SUCCESS, "cusolverDnDpotri");
  check(read(exec, info) == 0, "cusolverDnDpotri (a diagonal entry is zero)");
}

}  // namespace kswgd::algebra::cuda
