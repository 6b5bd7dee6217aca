// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "one_blas_thread.hpp"

#include <dlfcn.h>

#include <mutex>

namespace kswgd::algebra {
namespace {

template <class Function>
Function* loaded(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

/// One pool of threads for all callers, whose size is a setting of the process: the first who asks for one thread notes it, the last restores it.
class SharedPool {
 public:
  SharedPool() {
    const auto parallel = loaded<int()>("openblas_get_parallel");
    constexpr int own_threads = 1;  // 0: none, 2: OpenMP's
    if (parallel && parallel() == own_threads) {
      m_get = loaded<int()>("openblas_get_num_threads");
      m_set = loaded<void(int)>("openblas_set_num_threads");
    } else {
      m_get_long = loaded<long()>("bli_thread_get_num_threads");
      m_set_long = loaded<void(long)>("bli_thread_set_num_threads");
    }
  }
  void enter() {
    if (!exists()) return;
    const std::lock_guard lock(m_mutex);
    if (m_users++ > 0) return;
    m_callers = m_get ? m_get() : m_get_long();
    set(1);
  }
  void leave() {
    if (!exists()) return;
    const std::lock_guard lock(m_mutex);
    if (--m_users == 0) set(m_callers);
  }

 private:
  bool exists() const { return (m_get && m_set) || (m_get_long && m_set_long); }
  void set(long threads) const { m_get ? m_set(static_cast<int>(threads)) : m_set_long(threads); }

  int (*m_get)() = nullptr;
  void (*m_set)(int) = nullptr;
  long (*m_get_long)() = nullptr;
  void (*m_set_long)(long) = nullptr;
  std::mutex m_mutex;
  int m_users = 0;
  long m_callers = 1;
};

/// What the libraries that are loaded offer.
struct Loaded {
  int (*openmp_threads)() = loaded<int()>("omp_get_max_threads");
  void (*set_openmp_threads)(int) = loaded<void(int)>("omp_set_num_threads");
  int (*set_mkl_threads)(int) = loaded<int(int)>("MKL_Set_Num_Threads_Local");  // returns what was set before, 0 for nothing
  SharedPool pool;
};

Loaded& libraries() {
  static Loaded found;
  return found;
}

}  // namespace

OneBlasThread::OneBlasThread() {
  Loaded& found = libraries();
  if (found.openmp_threads && found.set_openmp_threads) {
    m_openmp = found.openmp_threads();
    if (m_openmp != 1) found.set_openmp_threads(1);
  }
  if (found.set_mkl_threads) m_mkl = found.set_mkl_threads(1);
  found.pool.enter();
}

OneBlasThread::~OneBlasThread() {
  Loaded& found = libraries();
  found.pool.leave();
  if (found.set_mkl_threads) found.set_mkl_threads(m_mkl);
  if (m_openmp > 1) found.set_openmp_threads(m_openmp);
}

}  // namespace kswgd::algebra
