// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "blas.hpp"
#include "one_blas_thread.hpp"

#include <cfenv>
#include <vector>

// Eigenproblems on the host: LAPACK on one thread, so that the bits do not depend on their number.
namespace kswgd::algebra {
namespace {

/// Floating-point exceptions do not trap while this lives: LAPACK asks the arithmetic for its NaN (ieeeck), and a program that
/// traps invalid operations would end there.
struct Solving {
  Solving() { std::feholdexcept(&environment); }
  Solving(const Solving&) = delete;
  Solving& operator=(const Solving&) = delete;
  ~Solving() { std::fesetenv(&environment); }
  std::fenv_t environment{};
  OneBlasThread alone;
};

}  // namespace

void symmetric_eigen(const HostMatrix& a, const HostVector& values) {
  const int p = block_of(a).rows, lda = block_of(a).leading, query = -1;
  if (p == 0) return;
  const OneBlasThread alone;
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
  const int p = block_of(a).rows, lda = block_of(a).leading, ldr = block_of(real).leading, one = 1, query = -1;
  if (p == 0) return {};
  const Solving solving;
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
  const int p = block_of(a).rows, lda = block_of(a).leading, count = block_of(vectors).columns, ldz = block_of(vectors).leading, query = -1;
  if (count == 0) return;
  const Solving solving;
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
  const int p = block_of(vectors).rows, count = block_of(vectors).columns, first = 1, ldz = block_of(vectors).leading, lwork = 20 * p, liwork = 10 * p;
  const Solving solving;
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

}  // namespace kswgd::algebra
