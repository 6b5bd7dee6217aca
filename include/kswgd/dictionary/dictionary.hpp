// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>

/// @file
/// What is a feature? A dictionary is a family of p functions psi_a: R^d -> R, psi_0 = 1, in whose span the eigenfunctions
/// of the generator are sought. This concept is all that assembly, evaluation and flow ask of it.

namespace kswgd {

/// A dictionary on an execution space. Points are n x d in the normalised coordinates, one coordinate after the other.
///
/// - `size()`, `dimension()`: p and d.
/// - `evaluate(exec, x, psi)`: psi(i, a) = psi_a(x_i); psi is n x q with q <= p, the first q features. Cost n q d.
/// - `mean(exec, x, s, q)`: s(a) = average over i of psi_a(x_i), a < q; nothing n x p is stored. Cost n q d.
/// - `descent(exec, x, c, u, q)`: u(i, :) = -grad(sum_a c_a psi_a)(x_i); nothing n x p is stored. Cost 2 n q d.
///
/// Sums are formed in an order that does not depend on the number of threads.
template <class D>
concept Dictionary = requires(D& dictionary, const typename D::execution_space& exec,
                              const Points<typename D::execution_space>& x, const Matrix<typename D::execution_space>& psi,
                              const Vector<typename D::execution_space>& s, Index q) {
  requires ExecutionSpace<typename D::execution_space>;
  { dictionary.size() } -> std::convertible_to<Index>;
  { dictionary.dimension() } -> std::convertible_to<Index>;
  dictionary.evaluate(exec, x, psi);
  dictionary.mean(exec, x, s, q);
  dictionary.descent(exec, x, s, x, q);
};

}  // namespace kswgd
