// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>

/// @file
/// What is a feature? A dictionary is a family of p functions psi_a: R^d -> R, psi_0 = 1, in whose span the eigenfunctions
/// of the generator are sought. This concept is all that assembly, evaluation and flow ask of it.

namespace kswgd {

/// In what precision features are evaluated. Particles, sums and the solve are double in either case.
enum class Precision { mixed, fp64 };

/// A dictionary on an execution space. Points are n x d in the normalised coordinates, one coordinate after the other.
///
/// - `size()`, `dimension()`: p and d.
/// - `evaluate(exec, x, psi)`: psi(i, a) = psi_a(x_i); psi is n x q with q <= p, the first q features. Cost n q d.
/// - `gradient(exec, x, k, dpsi)`: dpsi(i, a) = d psi_a / d x_k at x_i, n x q as above.
///
/// That is enough: AnyDictionary (dictionary/any_dictionary.hpp) works tile by tile on it. A dictionary that can do better
/// offers more, which is used where it is there; see FusedDictionary and FactoredDirichlet.
template <class D>
concept Dictionary = requires(D& dictionary, const typename D::execution_space& exec, const Points<typename D::execution_space>& x,
                              const Matrix<typename D::execution_space>& psi, Index k) {
  requires ExecutionSpace<typename D::execution_space>;
  { dictionary.size() } -> std::convertible_to<Index>;
  { dictionary.dimension() } -> std::convertible_to<Index>;
  dictionary.evaluate(exec, x, psi);
  dictionary.gradient(exec, x, k, psi);
};

/// A dictionary whose two passes of the flow are fused, in the precision T of the features; nothing n x p is stored.
///
/// - `mean<T>(exec, x, s, q)`: s(a) = average over i of psi_a(x_i), a < q. Cost n q d.
/// - `descent<T>(exec, x, c, u, q)`: u(i, :) = -grad(sum_{a < q} c_a psi_a)(x_i). Cost 2 n q d.
///
/// Sums are formed in an order that does not depend on the number of threads.
template <class D>
concept FusedDictionary = Dictionary<D> && requires(D& dictionary, const typename D::execution_space& exec, const Points<typename D::execution_space>& x,
                                                    const Vector<typename D::execution_space>& s, Index q) {
  dictionary.template mean<float>(exec, x, s, q);
  dictionary.template mean<double>(exec, x, s, q);
  dictionary.template descent<float>(exec, x, s, x, q);
  dictionary.template descent<double>(exec, x, s, x, q);
};

/// A dictionary whose Dirichlet form needs fewer products than one for each coordinate: D = weigh(E[sum_j F_j^T F_j]).
///
/// - `dirichlet_factors()`: how many F_j there are.
/// - `dirichlet_factor(exec, x, j, f)`: f(i, a) = F_j,a(x_i), n x q.
/// - `weigh_dirichlet(exec, d)`: d(a, b) := the entry of D that belongs to the sum, in place.
template <class D>
concept FactoredDirichlet = Dictionary<D> && requires(D& dictionary, const typename D::execution_space& exec, const Points<typename D::execution_space>& x,
                                                      const Matrix<typename D::execution_space>& f, Index j) {
  { dictionary.dirichlet_factors() } -> std::convertible_to<Index>;
  dictionary.dirichlet_factor(exec, x, j, f);
  dictionary.weigh_dirichlet(exec, f);
};

}  // namespace kswgd
