// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "one_blas_thread.hpp"

#include <kswgd/support/execution.hpp>

#include <algorithm>
#include <exception>
#include <vector>

namespace kswgd::algebra {

#ifdef KOKKOS_ENABLE_OPENMP
struct CountThreadsKernel {
  int* threads;
  void operator()(int) const { *threads = omp_get_num_threads(); }
};
/// The threads that an instance works with. Of a part of the pool (partition_space) concurrency() says how many the whole has [Kokkos 4.7], and
/// to part it further than it goes ends the process.
inline int threads_of(const Kokkos::OpenMP& exec) {
  int threads = 1;
  Kokkos::parallel_for("kswgd::algebra::threads_of", Kokkos::RangePolicy<Kokkos::OpenMP>(exec, 0, 1), CountThreadsKernel{&threads});
  exec.fence("kswgd::algebra::threads_of: the number is read");
  return threads;
}
#endif

/// task(instance, i) for i < count, in any order. Problems that are too small to keep all threads of OpenMP busy run side by side, each on one of them with an
/// instance of its own (they may allocate, launch kernels, throw; a kernel of another instance would wait for that one's). Elsewhere one after
/// the other on the instance itself. Returns when all are done; of exceptions that of the first task is thrown.
template <class Exec, class Task>
void side_by_side(const Exec& exec, int count, const Task& task) {
#ifdef KOKKOS_ENABLE_OPENMP
  if constexpr (std::is_same_v<Exec, Kokkos::OpenMP>) {
    const int threads = omp_get_level() == 0 ? std::min(threads_of(exec), count) : 1;
    if (threads > 1) {
      exec.fence("kswgd::algebra::side_by_side: other instances read what this one wrote");
      // Kernels of an instance that was made outside of a parallel region run on the calling thread within one.
      const std::vector<Exec> instances = Kokkos::Experimental::partition_space(exec, std::vector<int>(static_cast<std::size_t>(threads), 1));
      std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(count));
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
      for (int i = 0; i < count; ++i) {
        try {
          const OneBlasThread alone;
          task(instances[static_cast<std::size_t>(omp_get_thread_num())], i);
        } catch (...) {
          thrown[static_cast<std::size_t>(i)] = std::current_exception();
        }
      }
      for (const auto& error : thrown)
        if (error) std::rethrow_exception(error);
      return;
    }
  }
#endif
  for (int i = 0; i < count; ++i) task(exec, i);
}

}  // namespace kswgd::algebra
