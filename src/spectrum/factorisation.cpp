// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../algebra/square_matrices.hpp"
#include "symmetric.hpp"

#include <Kokkos_Profiling_ScopedRegion.hpp>
#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/ordered_sum.hpp>
#include <kswgd/support/random.hpp>

#include <cmath>
#include <vector>

namespace kswgd {
namespace {

/// product := a o b
template <class Exec>
void multiply_entries(const Exec& exec, const Vector<Exec>& a, const Vector<Exec>& b, const Vector<Exec>& product) {
  Kokkos::parallel_for(
      "kswgd::factorisation::multiply_entries", index_range(exec, static_cast<Index>(a.extent(0))), KOKKOS_LAMBDA(Index i) { product(i) = a(i) * b(i); });
}

/// s o A o s with `diagonal` added to the diagonal, and a 1 for features with s = 0.
template <class Exec>
Matrix<Exec> scaled(const Exec& exec, const Matrix<Exec>& a, const Vector<Exec>& s, double diagonal) {
  const Index p = static_cast<Index>(a.extent(0));
  const auto result = allocate<Matrix<Exec>>(exec, "factorisation::scaled", p, p);
  Kokkos::parallel_for(
      "kswgd::factorisation::scale", algebra::square_range(exec, p), KOKKOS_LAMBDA(Index i, Index j) {
        double value = a(i, j) * s(i) * s(j);
        if (i == j) value += s(i) == 0 ? 1.0 : diagonal;
        result(i, j) = value;
      });
  return result;
}

}  // namespace

template <ExecutionSpace Exec>
GramScale<Exec> gram_scale(const Exec& exec, const Matrix<Exec>& gram) {
  const Index p = static_cast<Index>(gram.extent(0));
  GramScale<Exec> result{allocate<Vector<Exec>>(exec, "factorisation::gram_scale", p), 0};
  const auto s = result.scale;
  // In the normalised coordinates features are of order 1 where they are alive; a Gaussian that holds a single point of
  // 10^9 still has 1e-9. What is below 1e-24 is the square of rounding, or a Gaussian where no point has weight.
  Kokkos::parallel_for(
      "kswgd::factorisation::gram_scale", index_range(exec, p), KOKKOS_LAMBDA(Index a) { s(a) = gram(a, a) > 1e-24 ? 1 / Kokkos::sqrt(gram(a, a)) : 0.0; });

  // Features overlap and most are positive: the leading eigenvector is close to constant, and a few products find its value.
  // The start is not quite constant, or it would miss an eigenvector of both signs for good.
  const auto x = allocate<Vector<Exec>>(exec, "factorisation::x", p), y = allocate<Vector<Exec>>(exec, "factorisation::y", p),
             scaled_x = allocate<Vector<Exec>>(exec, "factorisation::scaled_x", p);
  Kokkos::parallel_for(
      "kswgd::factorisation::start", index_range(exec, p), KOKKOS_LAMBDA(Index a) { x(a) = 0.5 + IndexedRandom(0, 0).uniform(static_cast<std::uint64_t>(a)); });
  for (int iteration = 0; iteration < 200; ++iteration) {
    multiply_entries(exec, x, s, scaled_x);
    algebra::multiply(exec, 1.0, detail::symmetric<Exec>, gram, scaled_x, 0.0, y);
    multiply_entries(exec, y, s, y);
    const auto dot = [&exec](const Vector<Exec>& a, const Vector<Exec>& b) { return ordered_dot(exec, "factorisation::dot", a, b); };
    const double rayleigh = dot(x, y) / dot(x, x), norm = std::sqrt(dot(y, y));
    const bool settled = std::abs(rayleigh - result.largest) <= 1e-6 * rayleigh;
    result.largest = rayleigh;
    if (settled) break;
    Kokkos::parallel_for(
        "kswgd::factorisation::normalise", index_range(exec, p), KOKKOS_LAMBDA(Index a) { x(a) = y(a) / norm; });
  }
  if (!std::isfinite(result.largest) || result.largest <= 0) throw Failure("kswgd::gram_scale: the Gram matrix is zero or not finite");
  return result;
}

template <ExecutionSpace Exec>
Factorisation<Exec> factorise(const Exec& exec, const Matrix<Exec>& b, const GramScale<Exec>& scale, double regularisation) {
  const Kokkos::Profiling::ScopedRegion region("kswgd::factorise");
  double shift = regularisation * scale.largest;
  for (int attempt = 0;; ++attempt, shift *= 10) {
    const Matrix<Exec> r = scaled(exec, b, scale.scale, shift);
    try {
      algebra::cholesky(exec, r);
      return {r, scale.scale, shift};
    } catch (const Failure&) {
      if (attempt == 3) throw;
    }
  }
}

template <ExecutionSpace Exec>
Matrix<Exec> invert(const Exec& exec, const Factorisation<Exec>& factorisation) {
  const Matrix<Exec> result = factorisation.r;
  algebra::invert_from_cholesky(exec, result);
  const auto s = factorisation.scale;
  const Index p = static_cast<Index>(result.extent(0));
  Kokkos::parallel_for(
      "kswgd::factorisation::unscale", algebra::square_range(exec, p), KOKKOS_LAMBDA(Index i, Index j) { result(i, j) *= s(i) * s(j); });
  return result;
}

template <ExecutionSpace Exec>
double inner_product(const Exec& exec, const Matrix<Exec>& a, const Matrix<Exec>& b) {
  const Index rows = static_cast<Index>(a.extent(0)), columns = static_cast<Index>(a.extent(1));
  const auto partial = allocate<Vector<Exec>>(exec, "inner_product::partial", columns);
  Kokkos::parallel_for(
      "kswgd::inner_product", index_range(exec, columns), KOKKOS_LAMBDA(Index j) {
        double sum = 0;
        for (Index i = 0; i < rows; ++i) sum += a(i, j) * b(i, j);
        partial(j) = sum;
      });
  const auto host = to_host(exec, partial);
  double sum = 0;
  for (Index j = 0; j < columns; ++j) sum += host(j);
  return sum;
}

template <ExecutionSpace Exec>
Matrix<Exec> copy_block(const Exec& exec, const Matrix<Exec>& a, Index p) {
  const Index rows = p > 0 ? p : static_cast<Index>(a.extent(0)), columns = p > 0 ? p : static_cast<Index>(a.extent(1));
  const auto copy = allocate<Matrix<Exec>>(exec, "copy_block", rows, columns);
  Kokkos::deep_copy(exec, copy, Kokkos::subview(a, Span(0, rows), Span(0, columns)));
  return copy;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                             \
  template GramScale<EXEC> gram_scale(const EXEC&, const Matrix<EXEC>&);                                    \
  template Factorisation<EXEC> factorise(const EXEC&, const Matrix<EXEC>&, const GramScale<EXEC>&, double); \
  template Matrix<EXEC> invert(const EXEC&, const Factorisation<EXEC>&);                                    \
  template double inner_product(const EXEC&, const Matrix<EXEC>&, const Matrix<EXEC>&);                     \
  template Matrix<EXEC> copy_block(const EXEC&, const Matrix<EXEC>&, Index);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
