// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "address_space.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

// OpenBLAS 0.3.21 (memory.c, blas_memory_alloc) tries for ever to get a buffer of 128 MiB. It takes one for each thread when it is loaded, before main, and
// one for each thread that calls it. Other BLAS have no such functions.
extern "C" {
__attribute__((weak)) void* blas_memory_alloc(int);
__attribute__((weak)) void blas_memory_free(void*);
}

namespace {

constexpr double buffer = 134217728.0 + 4096;
constexpr double of_a_thread = 80e6;  // its stack, and what malloc reserves for it
constexpr int most_threads = 512;

/// Bytes of the address space that the shell grants; 0 where it sets no limit.
double granted() {
  rlimit space{};
  return getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY ? static_cast<double>(space.rlim_cur) : 0;
}

/// As libgomp takes it: the first number of OMP_NUM_THREADS, or the processors.
int threads(char** environment) {
  constexpr char name[] = "OMP_NUM_THREADS=";
  for (char** entry = environment; entry && *entry; ++entry) {
    const int asked = std::strncmp(*entry, name, sizeof name - 1) == 0 ? std::atoi(*entry + sizeof name - 1) : 0;
    if (asked > 0) return asked < most_threads ? asked : most_threads;
  }
  cpu_set_t processors;
  const int count = sched_getaffinity(0, sizeof processors, &processors) == 0 ? CPU_COUNT(&processors) : 1;
  return count < most_threads ? count : most_threads;
}

/// Bytes of the address space in use: the program and its libraries.
double in_use() {
  char text[64] = {};
  const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  return size > 0 ? std::atof(text) * static_cast<double>(sysconf(_SC_PAGESIZE)) : 0;
}

void check_room(int, char**, char** environment) {
  const double limit = granted();
  if (limit <= 0 || !blas_memory_alloc) return;
  const int count = threads(environment);
  const double wanted = in_use() + 2 * count * buffer + count * of_a_thread;
  if (wanted <= limit) return;
  char text[320];
  const int size =
      std::snprintf(text, sizeof text,
                    "kswgd: error: the address space is limited to %.2f GB (ulimit -v), and OpenBLAS would wait for ever for its buffers: allow at least "
                    "%.2f GB for %d thread%s%s\n",
                    limit / 1e9, 0.005 + wanted / 1e9, count, count > 1 ? "s" : "", count > 1 ? ", or set OMP_NUM_THREADS to fewer" : "");
  if (write(STDERR_FILENO, text, static_cast<std::size_t>(size)) != size) _exit(2);
  _exit(2);
}

// Before the constructors of all libraries; HIP's pass for the device would keep the pointer, without its function.
#if !defined(__HIP_DEVICE_COMPILE__)
__attribute__((section(".preinit_array"), used)) void (*const before_libraries)(int, char**, char**) = check_room;
#endif

}  // namespace

void kswgd::cli::take_blas_buffers() {
  if (granted() <= 0 || !blas_memory_alloc || !blas_memory_free) return;
  void* taken[most_threads];
  const int count = threads(environ);
  for (int t = 0; t < count; ++t) taken[t] = blas_memory_alloc(0);
  for (int t = 0; t < count; ++t) blas_memory_free(taken[t]);
}
