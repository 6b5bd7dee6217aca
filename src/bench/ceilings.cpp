// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../algebra/lapack.hpp"
#include "ceilings.hpp"

#include <kswgd/algebra/blas_kernels.hpp>
#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/detail/exponential.hpp>

#include <algorithm>
#include <fstream>

namespace kswgd::bench {
namespace {

using detail::lane_count;
using detail::Lanes;

constexpr int chains = 8;  // independent vectors: enough to hide the latency of a multiply-add

/// sum of 2^t over `steps` values of t in each of `chains` vectors. Item: one of many threads' worth of work.
template <class Exec, class T>
struct ExpKernel {
  using V = Lanes<Exec, T>;
  static constexpr int together = detail::on_host<Exec> ? 4 : chains;
  Vector<Exec> out;
  int steps;
  KOKKOS_FUNCTION void operator()(Index item) const {
    V t[together], value[together], sum[together] = {};
    for (int r = 0; r < together; ++r) t[r] = detail::broadcast<V>(static_cast<T>(-0.001 * static_cast<double>(item % 64 + 1) - r));
    for (int step = 0; step < steps; ++step) {
      for (int r = 0; r < together; ++r) value[r] = t[r];
      detail::exp2_nonpositive(value);
#pragma GCC unroll 8
      for (int r = 0; r < together; ++r) {
        sum[r] += value[r];
        t[r] -= static_cast<T>(1e-4);
      }
    }
    for (int r = 1; r < together; ++r) sum[0] += sum[r];
    T first[lane_count<Exec, T>];
    detail::store<V>(first, sum[0]);
    out(item) = first[0];
  }
  static double amount(int steps) { return static_cast<double>(steps) * together * lane_count<Exec, T>; }
};

template <class Exec, class T>
struct FmaKernel {
  using V = Lanes<Exec, T>;
  Vector<Exec> out;
  int steps;
  KOKKOS_FUNCTION void operator()(Index item) const {
    V sum[chains];
    for (int r = 0; r < chains; ++r) sum[r] = detail::broadcast<V>(static_cast<T>(r + 1));
    const V factor = detail::broadcast<V>(static_cast<T>(0.999)), term = detail::broadcast<V>(static_cast<T>(1e-3 * static_cast<double>(item % 64 + 1)));
    for (int step = 0; step < steps; ++step)
#pragma GCC unroll 8
      for (int r = 0; r < chains; ++r) sum[r] = sum[r] * factor + term;
    for (int r = 1; r < chains; ++r) sum[0] += sum[r];
    T first[lane_count<Exec, T>];
    detail::store<V>(first, sum[0]);
    out(item) = first[0];
  }
  static double amount(int steps) { return 2.0 * steps * chains * lane_count<Exec, T>; }
};

template <class Exec>
struct CopyKernel {
  Vector<Exec> from, to;
  KOKKOS_FUNCTION void operator()(Index i) const { to(i) = from(i); }
};

template <class Exec, class Kernel>
CeilingTask loop_task(const Exec& exec, const char* label, bool quick, CeilingTask::Rate rate) {
  // On the host a few items for each thread, on a GPU one item for each thread of a full device.
  const Index items = detail::on_host<Exec> ? 8 * static_cast<Index>(exec.concurrency()) : std::max<Index>(exec.concurrency(), 4096);
  const int steps = quick ? 2000 : 40000;
  const Vector<Exec> out("kswgd::bench::out", items);
  const std::string name = label;
  return {[=] {
            Kokkos::parallel_for(name, index_range(exec, items), Kernel{out, steps});
            exec.fence("kswgd::bench: the clock stops");
          },
          static_cast<double>(items) * Kernel::amount(steps), rate};
}

/// c := a^T b by the BLAS itself with all its threads: the library's own products are cut into blocks, which must not lower the ceiling.
template <class Exec, class T>
void multiply_by_blas(const Exec& exec, const Matrix<Exec, T>& a, const Matrix<Exec, T>& b, const Matrix<Exec, T>& c) {
  if constexpr (detail::on_host<Exec>) {
    exec.fence("kswgd::bench: BLAS reads the matrices");
    const int n = static_cast<int>(a.extent(0));
    const T one = 1, zero = 0;
    if constexpr (std::is_same_v<T, double>) {
      dgemm_("T", "N", &n, &n, &n, &one, a.data(), &n, b.data(), &n, &zero, c.data(), &n);
    } else {
      sgemm_("T", "N", &n, &n, &n, &one, a.data(), &n, b.data(), &n, &zero, c.data(), &n);
    }
  } else {
    algebra::multiply(exec, T(1), algebra::Op::transposed, a, algebra::Op::none, b, T(0), c);
  }
}

template <class T, class Exec>
CeilingTask gemm_task(const Exec& exec, bool quick, CeilingTask::Rate rate) {
  const Index size = quick ? 256 : detail::on_host<Exec> ? 2048 : 8192;
  const Matrix<Exec, T> a("kswgd::bench::a", size, size), b("kswgd::bench::b", size, size), c("kswgd::bench::c", size, size);
  Kokkos::deep_copy(exec, a, T(0.5));
  Kokkos::deep_copy(exec, b, T(0.25));
  const auto n = static_cast<double>(size);
  return {[=] {
            multiply_by_blas(exec, a, b, c);
            exec.fence("kswgd::bench: the clock stops");
          },
          2 * n * n * n, rate};
}

template <class Exec>
CeilingTask copy_task(const Exec& exec, bool quick) {
  const Index size = Index{1} << (quick ? 18 : 25);  // 256 MiB: beyond any cache
  const Vector<Exec> from("kswgd::bench::from", size), to("kswgd::bench::to", size);
  return {[=] {
            Kokkos::parallel_for("kswgd::bench::copy", index_range(exec, size), CopyKernel<Exec>{from, to});
            exec.fence("kswgd::bench: the clock stops");
          },
          16.0 * static_cast<double>(size), &Ceilings::copy_bytes};
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(std::min(line.size(), line.find(':') + 2));
  return "unknown";
}

std::string advice_on(const std::string& blas_kernels) {
  const std::string wider = algebra::wider_blas_kernels(blas_kernels);
  if (wider.empty()) return "";
  return "OpenBLAS runs its kernels for " + blas_kernels + " on a processor with wider vectors: set OPENBLAS_CORETYPE=" + wider + " and compare dgemm";
}

}  // namespace

template <ExecutionSpace Exec>
std::vector<CeilingTask> ceiling_tasks(const Exec& exec, bool quick) {
  return {gemm_task<double>(exec, quick, &Ceilings::dgemm_flops),
          gemm_task<float>(exec, quick, &Ceilings::sgemm_flops),
          copy_task(exec, quick),
          loop_task<Exec, ExpKernel<Exec, double>>(exec, "kswgd::bench::exp_fp64", quick, &Ceilings::exp_fp64),
          loop_task<Exec, ExpKernel<Exec, float>>(exec, "kswgd::bench::exp_fp32", quick, &Ceilings::exp_fp32),
          loop_task<Exec, FmaKernel<Exec, double>>(exec, "kswgd::bench::fma_fp64", quick, &Ceilings::fma_fp64),
          loop_task<Exec, FmaKernel<Exec, float>>(exec, "kswgd::bench::fma_fp32", quick, &Ceilings::fma_fp32)};
}

template <ExecutionSpace Exec>
Machine machine_of(const Exec& exec) {
  using Host = Kokkos::DefaultHostExecutionSpace;
  const std::string vectors = detail::has_vectors<Host> ? std::to_string(8 * detail::vector_bytes) + "-bit vectors" : "no vectors";
  Machine machine{processor_name(), "", Exec::name(), static_cast<int>(exec.concurrency()), algebra::blas_kernels(), "", vectors};
#ifdef KOKKOS_ENABLE_CUDA
  if constexpr (std::is_same_v<Exec, Kokkos::Cuda>) machine.accelerator = exec.cuda_device_prop().name;
#endif
#ifdef KOKKOS_ENABLE_HIP
  if constexpr (std::is_same_v<Exec, Kokkos::HIP>) machine.accelerator = exec.hip_device_prop().name;
#endif
  machine.advice = advice_on(machine.blas_core);
  return machine;
}

#define KSWGD_INSTANTIATE(EXEC)                                       \
  template std::vector<CeilingTask> ceiling_tasks(const EXEC&, bool); \
  template Machine machine_of(const EXEC&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd::bench
