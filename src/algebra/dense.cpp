// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "lapack.hpp"
#include "square_matrices.hpp"

#include <KokkosBlas2_gemv.hpp>
#include <KokkosBlas3_gemm.hpp>
#include <KokkosBlas3_trsm.hpp>
#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <limits>
#include <vector>

#ifdef KOKKOS_ENABLE_CUDA
#include "cuda_solver.hpp"
#endif

namespace kswgd::algebra {
namespace {

template <class Exec>
inline constexpr bool on_host = std::is_same_v<typename Exec::memory_space, Kokkos::HostSpace>;

/// BLAS counts in 32 bits.
int blas_int(Index value) {
  if (value > std::numeric_limits<int>::max())
    throw InvalidInput("kswgd::algebra: a matrix extent of " + std::to_string(value) + " does not fit into BLAS' 32-bit integers");
  return static_cast<int>(value);
}

template <class View>
int rows(const View& a) {
  return blas_int(static_cast<Index>(a.extent(0)));
}
template <class View>
int columns(const View& a) {
  return blas_int(static_cast<Index>(a.extent(1)));
}
/// Distance between columns; BLAS wants at least 1 also for a matrix without columns.
template <class View>
int leading(const View& a) {
  return blas_int(std::max<Index>({1, static_cast<Index>(a.extent(0)), static_cast<Index>(a.stride(1))}));
}

const char* letter(Op op) { return op == Op::none ? "N" : "T"; }

[[noreturn]] void not_positive(int pivot) {
  throw Failure("kswgd::algebra::cholesky: the matrix is not positive definite (pivot " + std::to_string(pivot) + ")");
}

/// Floating-point exceptions do not trap while this lives: LAPACK asks the arithmetic for its NaN (ieeeck), and a program that
/// traps invalid operations would end there.
struct NoTraps {
  NoTraps() { std::feholdexcept(&environment); }
  NoTraps(const NoTraps&) = delete;
  NoTraps& operator=(const NoTraps&) = delete;
  ~NoTraps() { std::fesetenv(&environment); }
  std::fenv_t environment{};
};

void host_cholesky(const HostMatrix& a) {
  const int p = rows(a), lda = leading(a);
  int info = 0;
  dpotrf_("U", &p, a.data(), &lda, &info);
  if (info > 0) not_positive(info);
}

void host_invert(const HostMatrix& r) {
  const int p = rows(r), lda = leading(r);
  int info = 0;
  dpotri_("U", &p, r.data(), &lda, &info);
  if (info > 0) throw Failure("kswgd::algebra::invert_from_cholesky: diagonal entry " + std::to_string(info) + " is zero");
}

/// Runs body on a host copy of the matrix and copies the result back: for backends without a factorisation of their own.
template <class Exec, class Body>
void through_host(const Exec& exec, const Matrix<Exec>& a, Body&& body) {
  const Matrix<Exec> dense = allocate<Matrix<Exec>>(exec, "algebra::dense", a.extent(0), a.extent(1));  // no gaps between columns
  Kokkos::deep_copy(exec, dense, a);
  const HostMatrix host = host_copy(exec, dense);
  body(host);
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

/// The product of two matrices: through `gemm`, the BLAS' own, on the host.
template <class Exec, class Gemm, class T>
void product(const Exec& exec, Gemm gemm, T alpha, Op of_a, const Matrix<Exec, T>& a, Op of_b, const Matrix<Exec, T>& b, T beta, const Matrix<Exec, T>& c) {
  const int m = rows(c), n = columns(c), k = of_a == Op::none ? columns(a) : rows(a);
  if (m == 0 || n == 0) return;
  if constexpr (on_host<Exec>) {
    exec.fence("kswgd::algebra::multiply: BLAS reads the matrices");
    const int lda = leading(a), ldb = leading(b), ldc = leading(c);
    gemm(letter(of_a), letter(of_b), &m, &n, &k, &alpha, a.data(), &lda, b.data(), &ldb, &beta, c.data(), &ldc);
  } else {
    KokkosBlas::gemm(exec, letter(of_a), letter(of_b), alpha, a, b, beta, c);
  }
}

}  // namespace

template <ExecutionSpace Exec>
void add_gram(const Exec& exec, double scale, const Matrix<Exec>& a, const Matrix<Exec>& c) {
  const double one = 1;
  const int p = columns(a), n = rows(a), lda = leading(a), ldc = leading(c);
  if (p == 0 || n == 0) return;
  if constexpr (on_host<Exec>) {
    exec.fence("kswgd::algebra::add_gram: BLAS reads the matrix");
    dsyrk_("U", "T", &p, &n, &scale, a.data(), &lda, &one, c.data(), &ldc);
  } else {
    // Products of blocks of columns, those of the upper triangle only; Kokkos Kernels keeps the vendor's handle, which would
    // cost more to make than a tile's product.
    constexpr Index block = 512;
    for (Index j = 0; j < p; j += block) {
      const Span right(j, std::min<Index>(p, j + block)), left(0, right.second);
      const Matrix<Exec> aj = Kokkos::subview(a, Kokkos::ALL, right), ai = Kokkos::subview(a, Kokkos::ALL, left);
      const Matrix<Exec> cij = Kokkos::subview(c, left, right);
      KokkosBlas::gemm(exec, "T", "N", scale, ai, aj, one, cij);
    }
  }
}

template <ExecutionSpace Exec>
void multiply(const Exec& exec, double alpha, Op of_a, const Matrix<Exec>& a, Op of_b, const Matrix<Exec>& b, double beta, const Matrix<Exec>& c) {
  product(exec, dgemm_, alpha, of_a, a, of_b, b, beta, c);
}

template <ExecutionSpace Exec>
void multiply(const Exec& exec, float alpha, Op of_a, const Matrix<Exec, float>& a, Op of_b, const Matrix<Exec, float>& b, float beta,
              const Matrix<Exec, float>& c) {
  product(exec, sgemm_, alpha, of_a, a, of_b, b, beta, c);
}

template <ExecutionSpace Exec>
void multiply(const Exec& exec, double alpha, Op of_a, const Matrix<Exec>& a, const Vector<Exec>& x, double beta, const Vector<Exec>& y) {
  if (y.extent(0) == 0) return;
  if constexpr (on_host<Exec>) {
    exec.fence("kswgd::algebra::multiply: BLAS reads the matrix");
    const int m = rows(a), n = columns(a), lda = leading(a), one = 1;
    dgemv_(letter(of_a), &m, &n, &alpha, a.data(), &lda, x.data(), &one, &beta, y.data(), &one);
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
  exec.fence("kswgd::algebra::cholesky: LAPACK reads the matrix");
  if constexpr (on_host<Exec>) {
    host_cholesky(a);
#ifdef KOKKOS_ENABLE_CUDA
  } else if constexpr (std::is_same_v<Exec, Kokkos::Cuda>) {
    if (const int pivot = cuda::cholesky(exec, rows(a), a.data(), leading(a)); pivot > 0) not_positive(pivot);
#endif
  } else {
    through_host(exec, a, host_cholesky);
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
  exec.fence("kswgd::algebra::invert_from_cholesky: LAPACK reads the matrix");
  if constexpr (on_host<Exec>) {
    host_invert(r);
#ifdef KOKKOS_ENABLE_CUDA
  } else if constexpr (std::is_same_v<Exec, Kokkos::Cuda>) {
    cuda::invert(exec, rows(r), r.data(), leading(r));
#endif
  } else {
    through_host(exec, r, host_invert);
  }
  symmetrise_from_upper(exec, r);
  exec.fence("kswgd::algebra::invert_from_cholesky: complete on return");
}

template <ExecutionSpace Exec>
void solve_upper(const Exec& exec, bool transposed, const Matrix<Exec>& r, const Matrix<Exec>& b) {
  if (b.extent(0) == 0 || b.extent(1) == 0) return;
  if constexpr (on_host<Exec>) {
    exec.fence("kswgd::algebra::solve_upper: BLAS reads the matrices");
    const double one = 1;
    const int p = rows(b), k = columns(b), ldr = leading(r), ldb = leading(b);
    dtrsm_("L", "U", transposed ? "T" : "N", "N", &p, &k, &one, r.data(), &ldr, b.data(), &ldb);
  } else {
    KokkosBlas::trsm(exec, "L", "U", transposed ? "T" : "N", "N", 1.0, r, b);
  }
}

void symmetric_eigen(const HostMatrix& a, const HostVector& values) {
  const int p = rows(a), lda = leading(a), query = -1;
  if (p == 0) return;
  int info = 0, integers = 0;
  double numbers = 0;
  dsyevd_("V", "U", &p, a.data(), &lda, values.data(), &numbers, &query, &integers, &query, &info);
  const int lwork = static_cast<int>(numbers), liwork = integers;
  std::vector<double> work(static_cast<std::size_t>(lwork));
  std::vector<int> iwork(static_cast<std::size_t>(liwork));
  dsyevd_("V", "U", &p, a.data(), &lda, values.data(), work.data(), &lwork, iwork.data(), &liwork, &info);
  if (info != 0) throw Failure("kswgd::algebra::symmetric_eigen: LAPACK dsyevd did not converge (info " + std::to_string(info) + ")");
}

std::vector<std::complex<double>> general_eigen(const HostMatrix& a, const HostMatrix& real, const HostMatrix& imaginary) {
  const int p = rows(a), lda = leading(a), ldr = leading(real), one = 1, query = -1;
  if (p == 0) return {};
  const NoTraps guard;
  std::vector<double> re(static_cast<std::size_t>(p)), im(re.size());
  double unused = 0, size = 0;
  int info = 0;
  dgeev_("N", "V", &p, a.data(), &lda, re.data(), im.data(), &unused, &one, real.data(), &ldr, &size, &query, &info);
  const int lwork = static_cast<int>(size);
  std::vector<double> work(static_cast<std::size_t>(lwork));
  dgeev_("N", "V", &p, a.data(), &lda, re.data(), im.data(), &unused, &one, real.data(), &ldr, work.data(), &lwork, &info);
  if (info != 0) throw Failure("kswgd::algebra::general_eigen: LAPACK dgeev did not converge (info " + std::to_string(info) + ")");
  std::vector<std::complex<double>> values;
  for (std::size_t j = 0; j < re.size(); ++j) values.emplace_back(re[j], im[j]);
  for (std::size_t j = 0; j < imaginary.extent(1); ++j) std::fill_n(&imaginary(0, j), imaginary.extent(0), 0.0);
  for (std::size_t j = 0; j + 1 < re.size(); ++j) {  // a pair's vectors come as real and imaginary part
    if (im[j] == 0) continue;
    for (std::size_t i = 0; i < re.size(); ++i) {
      imaginary(i, j) = real(i, j + 1);
      imaginary(i, j + 1) = -real(i, j + 1);
      real(i, j + 1) = real(i, j);
    }
    ++j;
  }
  return values;
}

void largest_eigen(const HostMatrix& a, const HostVector& values, const HostMatrix& vectors) {
  const int p = rows(a), lda = leading(a), count = columns(vectors), ldz = leading(vectors), query = -1;
  if (count == 0) return;
  const NoTraps guard;
  const int first = p - count + 1;
  const double unused = 0, tolerance = 0;
  int found = 0, info = 0, integers = 0;
  double numbers = 0;
  std::vector<double> all(static_cast<std::size_t>(p));
  std::vector<int> support(2 * static_cast<std::size_t>(count));
  const auto call = [&](double* work, const int* lwork, int* iwork, const int* liwork) {
    dsyevr_("V", "I", "U", &p, a.data(), &lda, &unused, &unused, &first, &p, &tolerance, &found, all.data(), vectors.data(), &ldz, support.data(), work, lwork,
            iwork, liwork, &info);
  };
  call(&numbers, &query, &integers, &query);
  const int lwork = static_cast<int>(numbers), liwork = integers;
  std::vector<double> work(static_cast<std::size_t>(lwork));
  std::vector<int> iwork(static_cast<std::size_t>(liwork));
  call(work.data(), &lwork, iwork.data(), &liwork);
  if (info != 0 || found != count) throw Failure("kswgd::algebra::largest_eigen: LAPACK dsyevr did not converge (info " + std::to_string(info) + ")");
  std::copy(all.begin(), all.begin() + count, values.data());
}

void smallest_tridiagonal_eigen(std::vector<double> diagonal, std::vector<double> beside, const HostVector& values, const HostMatrix& vectors) {
  const int p = rows(vectors), count = columns(vectors), first = 1, ldz = leading(vectors), lwork = 20 * p, liwork = 10 * p;
  const NoTraps guard;
  const double unused = 0, tolerance = 0;
  int found = 0, info = 0;
  const auto size = static_cast<std::size_t>(p);
  beside.resize(size);  // LAPACK uses one more
  std::vector<double> all(size), work(20 * size);
  std::vector<int> support(2 * size), iwork(10 * size);
  dstevr_("V", "I", &p, diagonal.data(), beside.data(), &unused, &unused, &first, &count, &tolerance, &found, all.data(), vectors.data(), &ldz, support.data(),
          work.data(), &lwork, iwork.data(), &liwork, &info);
  if (info != 0 || found != count)
    throw Failure("kswgd::algebra::smallest_tridiagonal_eigen: LAPACK dstevr did not converge (info " + std::to_string(info) + ")");
  std::copy(all.begin(), all.begin() + count, values.data());
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
