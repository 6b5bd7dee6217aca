// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

namespace kswgd::algebra {

/// While one lives, BLAS and LAPACK calls of this host thread use this thread alone: the bits of their results depend on how many they use.
/// What the caller had is restored, for this thread or, in libraries with one pool for all, when the last one ends. Knows OpenBLAS with OpenMP or
/// threads of its own, MKL, BLIS, and all that follow omp_set_num_threads. Costs a few stores.
class OneBlasThread {
 public:
  OneBlasThread();
  ~OneBlasThread();
  OneBlasThread(const OneBlasThread&) = delete;
  OneBlasThread& operator=(const OneBlasThread&) = delete;

 private:
  int m_openmp = 0, m_mkl = 0;
};

}  // namespace kswgd::algebra
