// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "host_triangles.hpp"
#include "square_matrices.hpp"

#include <KokkosBlas2_gemv.hpp>
#include <KokkosBlas3_gemm.hpp>
#include <KokkosBlas3_trsm.hpp>
#include <Kokkos_Profiling_ScopedRegion.hpp>
#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>

#ifdef KOKKOS_ENABLE_CUDA
#include "cuda_solver.hpp"
#endif

namespace kswgd::algebra {
namespace {

using HostExec = Kokkos::DefaultHostExecutionSpace;

template <class Exec>
inline constexpr bool on_host = std::is_same_v<typename Exec::memory_space, Kokkos::HostSpace>;

[[noreturn]] void not_positive(int pivot) {
  throw Failure("kswgd::algebra::cholesky: the matrix is not positive definite (pivot " + std::to_string(pivot) + ")");
}

[[noreturn]] void zero_diagonal(int place) { throw Failure("kswgd::algebra::invert_from_cholesky: diagonal entry " + std::to_string(place) + " is zero"); }

void check_cholesky(int pivot) {
  if (pivot > 0) not_positive(pivot);
}
void check_inverse(int place) {
  if (place > 0) zero_diagonal(place);
}

/// Runs body on a host copy of the matrix and copies the result back: for backends without a factorisation of their own.
template <class Exec, class Body>
void through_host(const Exec& exec, const Matrix<Exec>& a, Body&& body) {
  const Matrix<Exec> dense = allocate<Matrix<Exec>>(exec, "algebra::dense", a.extent(0), a.extent(1));  // no gaps between columns
  Kokkos::deep_copy(exec, dense, a);
  const HostMatrix host = host_copy(exec, dense);
  body(HostExec{}, block_of(host));
  Kokkos::deep_copy(exec, dense, host);
  Kokkos::deep_copy(exec, a, dense);
  exec.fence("kswgd::algebra: the host copy is freed");
}

template <class Exec>
void clear_lower(const Exec& exec, const Matrix<Exec>& a) {
  Kokkos::parallel_for(
      "kswgd::algebra::clear_lower", square_range(exec, static_cast<Index>(a.extent(0))), KOKKOS_LAMBDA(Index i, Index j) {
        if (i > j) a(i, j) = 0;
      });
}

/// The product of two matrices: by blocks on the host, elsewhere through Kokkos Kernels.
template <class Exec, class T>
void product(const Exec& exec, T alpha, Op of_a, const Matrix<Exec, T>& a, Op of_b, const Matrix<Exec, T>& b, T beta, const Matrix<Exec, T>& c) {
  if (c.extent(0) == 0 || c.extent(1) == 0) return;
  const Kokkos::Profiling::ScopedRegion region("kswgd::algebra::multiply");
  if constexpr (on_host<Exec>) {
    exec.fence("kswgd::algebra::multiply: BLAS reads the matrices");
    host_multiply(exec, alpha, of_a, block_of(a), of_b, block_of(b), beta, block_of(c));
  } else {
    KokkosBlas::gemm(exec, letter(of_a), letter(of_b), alpha, a, b, beta, c);
  }
}

}  // namespace

template <ExecutionSpace Exec>
void add_gram(const Exec& exec, double scale, const Matrix<Exec>& a, const Matrix<Exec>& c) {
  const Index p = static_cast<Index>(a.extent(1));
  if (p == 0 || a.extent(0) == 0) return;
  const Kokkos::Profiling::ScopedRegion region("kswgd::algebra::add_gram");
  if constexpr (on_host<Exec>) {
    exec.fence("kswgd::algebra::add_gram: BLAS reads the matrix");
    host_gram(exec, scale, block_of(a), block_of(c));
  } else {
    // Products of blocks of columns, those of the upper triangle only; Kokkos Kernels keeps the vendor's handle, which would
    // cost more to make than a tile's product.
    constexpr Index block = 512;
    for (Index j = 0; j < p; j += block) {
      const Span right(j, std::min<Index>(p, j + block)), left(0, right.second);
      const Matrix<Exec> aj = Kokkos::subview(a, Kokkos::ALL, right), ai = Kokkos::subview(a, Kokkos::ALL, left);
      const Matrix<Exec> cij = Kokkos::subview(c, left, right);
      KokkosBlas::gemm(exec, "T", "N", scale, ai, aj, 1.0, cij);
    }
  }
}

template <ExecutionSpace Exec>
void multiply(const Exec& exec, double alpha, Op of_a, const Matrix<Exec>& a, Op of_b, const Matrix<Exec>& b, double beta, const Matrix<Exec>& c) {
  product(exec, alpha, of_a, a, of_b, b, beta, c);
}

template <ExecutionSpace Exec>
void multiply(const Exec& exec, float alpha, Op of_a, const Matrix<Exec, float>& a, Op of_b, const Matrix<Exec, float>& b, float beta,
              const Matrix<Exec, float>& c) {
  product(exec, alpha, of_a, a, of_b, b, beta, c);
}

template <ExecutionSpace Exec>
void multiply(const Exec& exec, double alpha, Op of_a, const Matrix<Exec>& a, const Vector<Exec>& x, double beta, const Vector<Exec>& y) {
  if (y.extent(0) == 0) return;
  const Kokkos::Profiling::ScopedRegion region("kswgd::algebra::multiply");
  if constexpr (on_host<Exec>) {
    exec.fence("kswgd::algebra::multiply: BLAS reads the matrix");
    host_multiply(exec, alpha, of_a, block_of(a), x.data(), beta, y.data());
  } else {
    KokkosBlas::gemv(exec, letter(of_a), alpha, a, x, beta, y);
  }
}

template <ExecutionSpace Exec>
void scale_by_roots(const Exec& exec, const Vector<Exec>& weight, const Matrix<Exec>& a) {
  const Index n = static_cast<Index>(a.extent(0));
  Kokkos::parallel_for(
      "kswgd::algebra::scale_by_roots", index_range(exec, n * static_cast<Index>(a.extent(1))),
      KOKKOS_LAMBDA(Index item) { a(item % n, item / n) *= Kokkos::sqrt(weight(item % n)); });
}

template <ExecutionSpace Exec>
void symmetrise_from_upper(const Exec& exec, const Matrix<Exec>& a) {
  Kokkos::parallel_for(
      "kswgd::algebra::symmetrise", square_range(exec, static_cast<Index>(a.extent(0))), KOKKOS_LAMBDA(Index i, Index j) {
        if (i > j) a(i, j) = a(j, i);
      });
}

template <ExecutionSpace Exec>
void cholesky(const Exec& exec, const Matrix<Exec>& a) {
  if (a.extent(0) == 0) return;
  const Kokkos::Profiling::ScopedRegion region("kswgd::algebra::cholesky");
  exec.fence("kswgd::algebra::cholesky: LAPACK reads the matrix");
  if constexpr (on_host<Exec>) {
    check_cholesky(host_cholesky(exec, block_of(a)));
#ifdef KOKKOS_ENABLE_CUDA
  } else if constexpr (std::is_same_v<Exec, Kokkos::Cuda>) {
    const auto block = block_of(a);
    check_cholesky(cuda::cholesky(exec, block.rows, block.data, block.leading));
#endif
  } else {
    through_host(exec, a, [](const HostExec& host, const Block<double>& copy) { check_cholesky(host_cholesky(host, copy)); });
  }
  clear_lower(exec, a);
  // NaN is not "not positive": it goes through some LAPACKs, down to the last pivot.
  const Index last = static_cast<Index>(a.extent(0)) - 1;
  double pivot = 0;
  Kokkos::deep_copy(exec, pivot, Kokkos::subview(a, last, last));
  exec.fence("kswgd::algebra::cholesky: the last pivot is read on the host");
  if (!std::isfinite(pivot)) throw Failure("kswgd::algebra::cholesky: the matrix is not finite");
}

template <ExecutionSpace Exec>
void invert_from_cholesky(const Exec& exec, const Matrix<Exec>& r) {
  if (r.extent(0) == 0) return;
  const Kokkos::Profiling::ScopedRegion region("kswgd::algebra::invert_from_cholesky");
  exec.fence("kswgd::algebra::invert_from_cholesky: LAPACK reads the matrix");
  if constexpr (on_host<Exec>) {
    check_inverse(host_invert(exec, block_of(r)));
#ifdef KOKKOS_ENABLE_CUDA
  } else if constexpr (std::is_same_v<Exec, Kokkos::Cuda>) {
    const auto block = block_of(r);
    cuda::invert(exec, block.rows, block.data, block.leading);
#endif
  } else {
    through_host(exec, r, [](const HostExec& host, const Block<double>& copy) { check_inverse(host_invert(host, copy)); });
  }
  symmetrise_from_upper(exec, r);
  exec.fence("kswgd::algebra::invert_from_cholesky: complete on return");
}

template <ExecutionSpace Exec>
void solve_upper(const Exec& exec, bool transposed, const Matrix<Exec>& r, const Matrix<Exec>& b) {
  if (b.extent(0) == 0 || b.extent(1) == 0) return;
  if constexpr (on_host<Exec>) {
    exec.fence("kswgd::algebra::solve_upper: BLAS reads the matrices");
    host_solve(exec, transposed, block_of(r), block_of(b));
  } else {
    KokkosBlas::trsm(exec, "L", "U", transposed ? "T" : "N", "N", 1.0, r, b);
  }
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                                  \
  template void multiply(const EXEC&, double, Op, const Matrix<EXEC>&, Op, const Matrix<EXEC>&, double, const Matrix<EXEC>&);                    \
  template void multiply(const EXEC&, float, Op, const Matrix<EXEC, float>&, Op, const Matrix<EXEC, float>&, float, const Matrix<EXEC, float>&); \
  template void multiply(const EXEC&, double, Op, const Matrix<EXEC>&, const Vector<EXEC>&, double, const Vector<EXEC>&);                        \
  template void add_gram(const EXEC&, double, const Matrix<EXEC>&, const Matrix<EXEC>&);                                                         \
  template void symmetrise_from_upper(const EXEC&, const Matrix<EXEC>&);                                                                         \
  template void scale_by_roots(const EXEC&, const Vector<EXEC>&, const Matrix<EXEC>&);                                                           \
  template void cholesky(const EXEC&, const Matrix<EXEC>&);                                                                                      \
  template void invert_from_cholesky(const EXEC&, const Matrix<EXEC>&);                                                                          \
  template void solve_upper(const EXEC&, bool, const Matrix<EXEC>&, const Matrix<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd::algebra
