// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../algebra/small_matrices.hpp"
#include "../algebra/square_matrices.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/generator_pairs.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kswgd {
namespace {

/// v^T G v with v^T (B + rho w I) v = 1 of a mode that is constant on the data, as on a sphere |x|^2: rounding over rho. A true mode
/// of the generator has 1 / lambda in normalised units, one of EDMD 1.
constexpr double vanishing = 1e-8;

/// s o sym(A) o s, or s o (sym(A) - g g^T) o s with g = column 0 of the Gram matrix: features minus their mean.
template <class Exec>
Matrix<Exec> scaled(const Exec& exec, const Matrix<Exec>& a, const Matrix<Exec>& gram, const Vector<Exec>& s, bool centred) {
  const Index p = static_cast<Index>(a.extent(0));
  const double less = centred ? 1 : 0;
  const auto result = allocate<Matrix<Exec>>(exec, "eigenpairs::scaled", p, p);
  Kokkos::parallel_for(
      "kswgd::eigenpairs::scale", algebra::square_range(exec, p),
      KOKKOS_LAMBDA(Index i, Index j) { result(i, j) = s(i) * s(j) * ((a(i, j) + a(j, i)) / 2 - less * gram(i, 0) * gram(j, 0)); });
  return result;
}

/// Column norms and products v_j^T A v_j.
template <class Exec>
std::vector<double> quadratic_forms(const Exec& exec, const Matrix<Exec>& a, const HostMatrix& hv) {
  const HostMatrix hi = apply(exec, a, hv);
  std::vector<double> forms(hv.extent(1), 0.0);
  for (std::size_t j = 0; j < forms.size(); ++j)
    for (std::size_t i = 0; i < hv.extent(0); ++i) forms[j] += hv(i, j) * hi(i, j);
  return forms;
}

/// What stands in front: the constant, projected out of the pencil, or nothing. `ascending` orders the values.
struct Arrangement {
  bool constant = true;
  double constant_value = 0;
  bool ascending = true;
};

/// The pairs of sym(B) v = value G v from a pencil's; where the constant stands in front, v_0 is corrected so that each
/// other eigenfunction has mean 0 exactly.
template <class Exec>
Eigenpairs assemble(const Exec& exec, const PencilPairs<Exec>& pairs, const Factorisation<Exec>& factorisation, const Matrix<Exec>& gram, const Matrix<Exec>& b,
                    const Arrangement& how) {
  const Index p = static_cast<Index>(gram.extent(0)), k = static_cast<Index>(pairs.theta.extent(0));
  const auto s = to_host(exec, factorisation.scale);
  const HostVector mean("kswgd::eigenpairs::mean", p);
  {
    const auto column = allocate<Vector<Exec>>(exec, "eigenpairs::mean", p);
    Kokkos::deep_copy(exec, column, Kokkos::subview(gram, Kokkos::ALL, 0));
    const auto host = to_host(exec, column);
    for (Index a = 0; a < p; ++a) mean(a) = host(a);
  }
  const HostMatrix v("kswgd::eigenpairs::v", p, k);
  for (Index j = 0; j < k; ++j) {
    double average = 0;
    for (Index a = 0; a < p; ++a) {
      v(a, j) = s(a) * pairs.vectors(a, j);
      average += mean(a) * v(a, j);
    }
    if (how.constant) v(0, j) -= average;
  }
  const auto squares = quadratic_forms(exec, gram, v), forms = quadratic_forms(exec, b, v);

  std::vector<Index> order;  // modes that vanish on the data are no modes
  for (Index j = 0; j < k; ++j)
    if (squares[static_cast<std::size_t>(j)] > vanishing) order.push_back(j);
  const auto value = [&](Index j) { return forms[static_cast<std::size_t>(j)] / squares[static_cast<std::size_t>(j)]; };
  std::stable_sort(order.begin(), order.end(), [&](Index i, Index j) { return how.ascending ? value(i) < value(j) : value(i) > value(j); });

  const Index first = how.constant ? 1 : 0, r = static_cast<Index>(order.size()) + first;
  Eigenpairs result{HostVector("kswgd::eigenpairs::values", r), HostMatrix("kswgd::eigenpairs::vectors", p, r), HostVector("kswgd::eigenpairs::residuals", r),
                    pairs.report};
  if (how.constant) {
    result.values(0) = how.constant_value;
    result.vectors(0, 0) = 1;
  }
  for (Index place = first; place < r; ++place) {
    const Index j = order[static_cast<std::size_t>(place - first)];
    const double norm = std::sqrt(squares[static_cast<std::size_t>(j)]);
    result.values(place) = value(j);
    result.residuals(place) = pairs.residuals(j);
    for (Index a = 0; a < p; ++a) result.vectors(a, place) = v(a, j) / norm;
  }
  return result;
}

/// Eigenvectors of the caller's in the coordinates of the pencil, where features have norm 1; the constant stays behind.
template <class Exec>
HostMatrix in_pencil(const Exec& exec, const HostMatrix& guess, const Vector<Exec>& scale, bool constant) {
  const Index p = static_cast<Index>(guess.extent(0)), first = constant ? 1 : 0, k = std::max<Index>(static_cast<Index>(guess.extent(1)) - first, 0);
  const HostMatrix scaled("kswgd::eigenpairs::guess", p, k);
  const auto s = to_host(exec, scale);
  for (Index j = 0; j < k; ++j)
    for (Index a = 0; a < p; ++a) scaled(a, j) = s(a) > 0 ? guess(a, j + first) / s(a) : 0.0;
  return scaled;
}

template <class Exec>
Eigenpairs solve(const Exec& exec, const Matrix<Exec>& gram, const Matrix<Exec>& factored, const Matrix<Exec>& numerator, const Matrix<Exec>& form, Index modes,
                 const EigenSolver<Exec>& solver, const Arrangement& how, double regularisation, const HostMatrix& guess) {
  const auto scale = gram_scale(exec, gram);
  const auto factorisation = factorise(exec, factored, scale, regularisation);
  const Pencil<Exec> pencil{scaled(exec, numerator, gram, scale.scale, how.constant), factorisation.r, 0, in_pencil(exec, guess, scale.scale, how.constant)};
  const Index wanted = std::min(modes, pencil.size() - (how.constant ? 1 : 0));
  return assemble(exec, solver(exec, pencil, wanted), factorisation, gram, form, how);
}

}  // namespace

template <ExecutionSpace Exec>
Eigenpairs generator_eigenpairs(const Exec& exec, const Matrix<Exec>& gram, const Matrix<Exec>& dirichlet, Index modes, const EigenSolver<Exec>& solver,
                                double regularisation, const HostMatrix& guess) {
  return solve(exec, gram, dirichlet, gram, dirichlet, modes, solver, {true, 0, true}, regularisation, guess);
}

template <ExecutionSpace Exec>
Eigenpairs edmd_eigenpairs(const Exec& exec, const Matrix<Exec>& gram, const Matrix<Exec>& correlation, Index modes, const EigenSolver<Exec>& solver,
                           double regularisation, const HostMatrix& guess) {
  return solve(exec, gram, gram, correlation, correlation, modes, solver, {true, 1, false}, regularisation, guess);
}

template <ExecutionSpace Exec>
Eigenpairs killed_eigenpairs(const Exec& exec, const Matrix<Exec>& gram, const Matrix<Exec>& form, Index modes, const EigenSolver<Exec>& solver,
                             double regularisation, const HostMatrix& guess) {
  return solve(exec, gram, form, gram, form, modes, solver, {false, 0, true}, regularisation, guess);
}

template <ExecutionSpace Exec>
HostMatrix apply(const Exec& exec, const Matrix<Exec>& a, const HostMatrix& v) {
  const auto image = allocate<Matrix<Exec>>(exec, "apply::image", a.extent(0), v.extent(1));
  algebra::multiply(exec, 1.0, algebra::Op::none, a, algebra::Op::none, Matrix<Exec>(to_device(exec, v)), 0.0, image);
  return to_host(exec, image);
}

template <ExecutionSpace Exec>
HostMatrix project(const Exec& exec, const HostMatrix& v, const Matrix<Exec>& a, const HostMatrix& w) {
  return small::product(v, apply(exec, a, w), true);
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                                                \
  template Eigenpairs generator_eigenpairs(const EXEC&, const Matrix<EXEC>&, const Matrix<EXEC>&, Index, const EigenSolver<EXEC>&, double, const HostMatrix&); \
  template Eigenpairs edmd_eigenpairs(const EXEC&, const Matrix<EXEC>&, const Matrix<EXEC>&, Index, const EigenSolver<EXEC>&, double, const HostMatrix&);      \
  template Eigenpairs killed_eigenpairs(const EXEC&, const Matrix<EXEC>&, const Matrix<EXEC>&, Index, const EigenSolver<EXEC>&, double, const HostMatrix&);    \
  template HostMatrix apply(const EXEC&, const Matrix<EXEC>&, const HostMatrix&);                                                                              \
  template HostMatrix project(const EXEC&, const HostMatrix&, const Matrix<EXEC>&, const HostMatrix&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
