// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/workspace.hpp>

/// @file
/// What is a feature? A dictionary is a family of p functions psi_a: R^d -> R, psi_0 = 1, in whose span the eigenfunctions
/// of the generator are sought. This concept is all that assembly, evaluation and flow ask of it.

namespace kswgd {

/// In what precision features are evaluated. Particles, sums and the solve are double in either case.
enum class Precision { mixed, fp64 };

/// A dictionary on an execution space. Points are n x d in the normalised coordinates, one coordinate after the other.
///
/// - `size()`, `dimension()`: p and d.
/// - `evaluate(exec, x, psi, workspace)`: psi(i, a) = psi_a(x_i); psi is n x q with q <= p, the first q features. Cost n q d.
/// - `gradient(exec, x, k, dpsi, workspace)`: dpsi(i, a) = d psi_a / d x_k at x_i, n x q as above.
///
/// A dictionary is constant once it is made: calls from several threads at a time, each with a workspace of its own, do not disturb
/// one another. That is enough: AnyDictionary (dictionary/any_dictionary.hpp) works tile by tile on it. A dictionary that can do
/// better offers more, which is used where it is there: the concepts below.
template <class D>
concept Dictionary = requires(const D& dictionary, const typename D::execution_space& exec, const Points<typename D::execution_space>& x,
                              const Matrix<typename D::execution_space>& psi, Index k, Workspace<typename D::execution_space>& workspace) {
  requires ExecutionSpace<typename D::execution_space>;
  { dictionary.size() } -> std::convertible_to<Index>;
  { dictionary.dimension() } -> std::convertible_to<Index>;
  dictionary.evaluate(exec, x, psi, workspace);
  dictionary.gradient(exec, x, k, psi, workspace);
};

/// A dictionary whose two passes of the flow are fused, in the precision T of the features; nothing n x p is stored.
///
/// - `mean<T>(exec, x, s, q, workspace)`: s(a) = average over i of psi_a(x_i), a < q. Cost n q d.
/// - `descent<T>(exec, x, c, u, q, workspace)`: u(i, :) = -grad(sum_{a < q} c_a psi_a)(x_i). Cost 2 n q d.
///
/// Sums are formed in an order that does not depend on the number of threads.
template <class D>
concept FusedDictionary = Dictionary<D> && requires(const D& dictionary, const typename D::execution_space& exec, const Points<typename D::execution_space>& x,
                                                    const Vector<typename D::execution_space>& s, Index q, Workspace<typename D::execution_space>& workspace) {
  dictionary.template mean<float>(exec, x, s, q, workspace);
  dictionary.template mean<double>(exec, x, s, q, workspace);
  dictionary.template descent<float>(exec, x, s, x, q, workspace);
  dictionary.template descent<double>(exec, x, s, x, q, workspace);
};

/// A dictionary that goes backwards (reverse mode): the value and the gradient of a combination of features at once, for the cost of a few
/// evaluations whatever d is; neither features nor derivatives of n x q are stored.
///
/// - `value_and_gradient(exec, x, c, value, g, q, workspace)`: value(i) = sum_{a < q} c_a psi_a(x_i), unless `value` is empty, and g(i, :) its gradient
///   (a product of c with the Jacobian).
template <class D>
concept ReverseDictionary = Dictionary<D> &&
    requires(const D& dictionary, const typename D::execution_space& exec, const Points<typename D::execution_space>& x,
             const Vector<typename D::execution_space>& c, Index q, Workspace<typename D::execution_space>& workspace) {
  dictionary.value_and_gradient(exec, x, c, c, x, q, workspace);
};

/// A dictionary whose Dirichlet form needs fewer products than one for each coordinate: D = weigh(E[sum_j F_j^T F_j]).
///
/// - `dirichlet_factors()`: how many F_j there are.
/// - `dirichlet_factor(exec, x, j, f, workspace)`: f(i, a) = F_j,a(x_i), n x q.
/// - `weigh_dirichlet(exec, d)`: d(a, b) := the entry of D that belongs to the sum, in place.
template <class D>
concept FactoredDirichlet = Dictionary<D> &&
    requires(const D& dictionary, const typename D::execution_space& exec, const Points<typename D::execution_space>& x,
             const Matrix<typename D::execution_space>& f, Index j, Workspace<typename D::execution_space>& workspace) {
  { dictionary.dirichlet_factors() } -> std::convertible_to<Index>;
  dictionary.dirichlet_factor(exec, x, j, f, workspace);
  dictionary.weigh_dirichlet(exec, f);
};

/// A dictionary whose Dirichlet form follows from G and the sums of one more product: each of its last m features psi_b has a
/// companion chi_b, and S = sum_i w_i chi psi^T (m x m) is what D needs beside G.
///
/// - `companions()`: m.
/// - `evaluate_with_companions(exec, x, psi, chi, workspace)`: as evaluate for all p features, and chi(i, b), n x m.
/// - `close_dirichlet(exec, gram, factor, d)`: D of the first q features, in place. gram is their G, q x q. d(a, b) holds S + S^T
///   where both features have companions; `factor` makes an average of it.
template <class D>
concept ClosedDirichlet = Dictionary<D> &&
    requires(const D& dictionary, const typename D::execution_space& exec, const Points<typename D::execution_space>& x,
             const Matrix<typename D::execution_space>& psi, double factor, Workspace<typename D::execution_space>& workspace) {
  { dictionary.companions() } -> std::convertible_to<Index>;
  dictionary.evaluate_with_companions(exec, x, psi, psi, workspace);
  dictionary.close_dirichlet(exec, psi, factor, psi);
};

/// A closed dictionary whose first b features (the constant is one) have no closed form: their derivatives are summed against all features. The border
/// functions are eta_(k b + a) = d psi_a / d x_k for the coordinates k < d, and eta_(d b + a) = x . grad psi_a.
///
/// - `border_features()`: b.
/// - `evaluate_border(exec, x, eta, workspace)`: eta at the points, n x (d + 1) b.
/// - `close_border(exec, products, square, d)`: the rows and columns of D, q x q, that belong to the first b features, given the averages E[eta psi^T]
///   ((d + 1) b x q, whose columns below b are used up) and sum_{k < d} E[d_k psi d_k psi^T] of the first b.
template <class D>
concept BorderedDirichlet = ClosedDirichlet<D> &&
    requires(const D& dictionary, const typename D::execution_space& exec, const Points<typename D::execution_space>& x,
             const Matrix<typename D::execution_space>& eta, Workspace<typename D::execution_space>& workspace) {
  { dictionary.border_features() } -> std::convertible_to<Index>;
  dictionary.evaluate_border(exec, x, eta, workspace);
  dictionary.close_border(exec, eta, eta, eta);
};

/// A dictionary that knows its second derivatives. Of others AnyDictionary takes central differences of the gradient.
///
/// - `laplacian(exec, x, lap, workspace)`: lap(i, a) = sum_k d^2 psi_a / d x_k^2 at x_i, n x q with q <= p, the first q features.
/// - `second_derivative(exec, x, v, out, workspace)`: out(i, a) = v_i^T Hess psi_a(x_i) v_i for the directions v, n x d.
template <class D>
concept SecondOrderDictionary = Dictionary<D> &&
    requires(const D& dictionary, const typename D::execution_space& exec, const Points<typename D::execution_space>& x,
             const Matrix<typename D::execution_space>& out, Workspace<typename D::execution_space>& workspace) {
  dictionary.laplacian(exec, x, out, workspace);
  dictionary.second_derivative(exec, x, x, out, workspace);
};

/// A dictionary with companions chi (ClosedDirichlet) whose Laplacian is linear in psi and chi, so that its average follows from theirs.
///
/// - `close_laplacian(exec, mean, companion_mean, lap)`: lap(a) += E[lap psi_a] of the first q features, given E[psi] (q) and E[chi] of the
///   companions among them.
template <class D>
concept ClosedLaplacian = ClosedDirichlet<D> &&
    requires(const D& dictionary, const typename D::execution_space& exec, const Vector<typename D::execution_space>& v) {
  dictionary.close_laplacian(exec, v, v, v);
};

/// A dictionary whose last features belong to the landmarks (dictionary/landmarks.hpp), one to each and in their order: the
/// dictionary of a level of landmarks is the leading features of that of the finest.
///
/// - `landmark_features()`: how many they are.
template <class D>
concept NestedDictionary = Dictionary<D> && requires(const D& dictionary) {
  { dictionary.landmark_features() } -> std::convertible_to<Index>;
};

}  // namespace kswgd
