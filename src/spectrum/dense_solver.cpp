// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "symmetric.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/solver.hpp>

#include <cmath>

namespace kswgd {
namespace detail {

template <ExecutionSpace Exec>
SymmetricOperator<Exec> operator_of(const Pencil<Exec>& pencil) {
  return {pencil.size(), [pencil](const Exec& exec, const Matrix<Exec>& x, const Matrix<Exec>& image) {
            const Matrix<Exec> solved = back_transformed(exec, pencil, x);
            algebra::multiply(exec, 1.0, symmetric<Exec>, pencil.a, algebra::Op::none, solved, 0.0, image);
            algebra::solve_upper(exec, true, pencil.r, image);
          }};
}

template <ExecutionSpace Exec>
Matrix<Exec> back_transformed(const Exec& exec, const Pencil<Exec>& pencil, const Matrix<Exec>& q) {
  const Matrix<Exec> v = copy_block(exec, q);
  algebra::solve_upper(exec, false, pencil.r, v);
  return v;
}

template <ExecutionSpace Exec>
PencilPairs<Exec> finish_pairs(const Exec& exec, const SymmetricOperator<Exec>& s, const HostVector& theta, const Matrix<Exec>& q, const Matrix<Exec>& v,
                               const std::string& solver, double tolerance, Index wanted, Index applications) {
  const Index p = s.size, k = static_cast<Index>(q.extent(1));
  const auto image = allocate<Matrix<Exec>>(exec, "finish_pairs::image", p, k);
  if (k > 0) s.apply(exec, q, image);
  const auto hq = to_host(exec, q), hs = to_host(exec, image), hv = to_host(exec, v);

  PencilPairs<Exec> pairs{theta, HostMatrix("kswgd::eigenpairs::vectors", p, k), HostVector("kswgd::eigenpairs::residuals", k), {}};
  pairs.report = {solver, wanted, 0, applications, 0};
  for (Index j = 0; j < k; ++j) {
    double square = 0, largest = 0;
    for (Index i = 0; i < p; ++i) {
      const double difference = hs(i, j) - theta(j) * hq(i, j);
      square += difference * difference;
      if (std::abs(hv(i, j)) > std::abs(largest) * (1 + 1e-8)) largest = hv(i, j);  // the first of nearly equal ones
    }
    const double sign = largest < 0 ? -1 : 1;
    for (Index i = 0; i < p; ++i) pairs.vectors(i, j) = sign * hv(i, j);
    pairs.residuals(j) = theta(j) != 0 ? std::sqrt(square) / std::abs(theta(j)) : std::sqrt(square);
    pairs.report.worst_residual = std::max(pairs.report.worst_residual, pairs.residuals(j));
    // Ten times: the solver stops by an estimate in its own arithmetic.
    if (pairs.residuals(j) <= 10 * tolerance) ++pairs.report.converged;
  }
  return pairs;
}

}  // namespace detail

namespace {

template <class Exec>
struct CopyTransposedKernel {
  Matrix<Exec> from, to;
  Index p;
  KOKKOS_FUNCTION void operator()(Index item) const { to(item / p, item % p) = from(item % p, item / p); }
};

/// S = R^{-T} (R^{-T} A)^T, formed; A is symmetric.
template <class Exec>
Matrix<Exec> operator_matrix(const Exec& exec, const Pencil<Exec>& pencil) {
  const Index p = pencil.size();
  const Matrix<Exec> half = copy_block(exec, pencil.a), s = allocate<Matrix<Exec>>(exec, "dense_solver::s", p, p);
  algebra::solve_upper(exec, true, pencil.r, half);
  Kokkos::parallel_for("kswgd::dense_solver::transpose", index_range(exec, p * p), CopyTransposedKernel<Exec>{half, s, p});
  algebra::solve_upper(exec, true, pencil.r, s);
  return s;
}

/// The k largest eigenpairs of a matrix whose symmetric part counts, descending.
template <class Exec>
Matrix<Exec> leading_pairs(const Exec& exec, const Matrix<Exec>& matrix, const HostVector& theta) {
  const Index p = static_cast<Index>(matrix.extent(0)), k = static_cast<Index>(theta.extent(0));
  const auto s = to_host(exec, matrix);
  const HostMatrix symmetric("kswgd::dense_solver::symmetric", p, p), vectors("kswgd::dense_solver::vectors", p, k),
      leading("kswgd::dense_solver::leading", p, k);
  for (Index j = 0; j < p; ++j)
    for (Index i = 0; i < p; ++i) symmetric(i, j) = (s(i, j) + s(j, i)) / 2;
  const HostVector values("kswgd::dense_solver::values", k);
  algebra::largest_eigen(symmetric, values, vectors);
  for (Index j = 0; j < k; ++j) {
    theta(j) = values(k - 1 - j);
    for (Index i = 0; i < p; ++i) leading(i, j) = vectors(i, k - 1 - j);
  }
  return to_device(exec, leading);
}

template <class Exec>
PencilPairs<Exec> solve_dense(const Exec& exec, const Pencil<Exec>& pencil, Index wanted) {
  const Index p = pencil.size();
  const HostVector theta("kswgd::dense_solver::theta", std::min(wanted, p));
  const Matrix<Exec> q = leading_pairs(exec, operator_matrix(exec, pencil), theta);
  return detail::finish_pairs(exec, detail::operator_of(pencil), theta, q, detail::back_transformed(exec, pencil, q), "lapack dense", 1e-9, wanted, p);
}

template <class Exec>
PencilPairs<Exec> solve_operator_dense(const Exec& exec, const SymmetricOperator<Exec>& s, Index wanted) {
  const HostMatrix identity("kswgd::dense_solver::identity", s.size, s.size);
  for (Index i = 0; i < s.size; ++i) identity(i, i) = 1;
  const auto matrix = allocate<Matrix<Exec>>(exec, "dense_solver::s", s.size, s.size);
  s.apply(exec, Matrix<Exec>(to_device(exec, identity)), matrix);
  const HostVector theta("kswgd::dense_solver::theta", std::min(wanted, s.size));
  const Matrix<Exec> q = leading_pairs(exec, matrix, theta);
  return detail::finish_pairs(exec, s, theta, q, q, "lapack dense", 1e-9, wanted, s.size);
}

}  // namespace

template <ExecutionSpace Exec>
EigenSolver<Exec> dense_solver() {
  return solve_dense<Exec>;
}

template <ExecutionSpace Exec>
OperatorSolver<Exec> dense_operator_solver() {
  return solve_operator_dense<Exec>;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                                             \
  template EigenSolver<EXEC> dense_solver();                                                                                                                \
  template OperatorSolver<EXEC> dense_operator_solver();                                                                                                    \
  template SymmetricOperator<EXEC> detail::operator_of(const Pencil<EXEC>&);                                                                                \
  template Matrix<EXEC> detail::back_transformed(const EXEC&, const Pencil<EXEC>&, const Matrix<EXEC>&);                                                    \
  template PencilPairs<EXEC> detail::finish_pairs(const EXEC&, const SymmetricOperator<EXEC>&, const HostVector&, const Matrix<EXEC>&, const Matrix<EXEC>&, \
                                                  const std::string&, double, Index, Index);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
