// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "network_loss.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/runs.hpp>
#include <kswgd/spectrum/generator_pairs.hpp>

#include <cmath>

namespace kswgd::detail {
namespace {

/// Features of a column of a tape before the outputs' product: 1 (0 of a derivative), the inputs, and the biases (0).
template <class Exec>
struct FeatureKernel {
  Matrix<Exec> inputs, features;
  Vector<Exec> bias;
  Index n;

  KOKKOS_FUNCTION void operator()(Index column) const {
    const Index d = rows(inputs);
    const bool is_value = column < n;
    features(0, column) = is_value ? 1.0 : 0.0;
    for (Index k = 0; k < d; ++k) features(1 + k, column) = inputs(k, column);
    for (Index a = 0; a < static_cast<Index>(bias.extent(0)); ++a) features(1 + d + a, column) = is_value ? bias(a) : 0.0;
  }
};

/// weighed(:, i) = weight of the point x a(:, i) for the points' values and derivatives; 1 / n where there are no weights.
template <class Exec>
struct WeighKernel {
  Matrix<Exec> a, weighed;
  Vector<Exec> weights;
  Index n;

  KOKKOS_FUNCTION void operator()(Index column) const {
    const double weight = weights.extent(0) > 0 ? weights(column % n) : 1.0 / static_cast<double>(n);
    for (Index u = 0; u < rows(a); ++u) weighed(u, column) = weight * a(u, column);
  }
};

template <class Exec>
Matrix<Exec> rows_between(const Matrix<Exec>& a, Index first, Index last) {
  return Kokkos::subview(a, Span(first, last), Kokkos::ALL);
}

/// The columns of the points' values, and of their derivatives.
template <class Exec>
Matrix<Exec> values_of(const Matrix<Exec>& stacked, Index n) {
  return columns_of<Exec>(stacked, 0, n);
}
template <class Exec>
Matrix<Exec> derivatives_of(const Matrix<Exec>& stacked, Index n) {
  return columns_of<Exec>(stacked, n, columns(stacked));
}

/// sum over the columns of a b^T.
template <class Exec>
Matrix<Exec> outer_sum(const Exec& exec, const Matrix<Exec>& a, const Matrix<Exec>& b) {
  const auto sum = allocate<Matrix<Exec>>(exec, "NetworkLoss::form", a.extent(0), b.extent(0));
  algebra::multiply(exec, 1.0, algebra::Op::none, a, algebra::Op::transposed, b, 0.0, sum);
  algebra::symmetrise_from_upper(exec, sum);
  return sum;
}

template <class Exec>
Matrix<Exec> weighed(const Exec& exec, const Matrix<Exec>& a, const NetworkBatch<Exec>& batch, const char* name, Workspace<Exec>& workspace) {
  const Matrix<Exec> result = workspace.matrix(exec, name, rows(a), columns(a));
  Kokkos::parallel_for("kswgd::NetworkLoss::weigh", index_range(exec, columns(a)), WeighKernel<Exec>{a, result, batch.weights, batch.points});
  return result;
}

}  // namespace

template <ExecutionSpace Exec>
Tape<Exec> NetworkLoss<Exec>::features(const Exec& exec, const Network<Exec>& network, const NetworkBatch<Exec>& batch, Keep keep) {
  Tape<Exec> tape = make_tape(exec, network, batch.points, batch.directions, keep, m_workspace);
  const Index d = network.inputs(), q = 1 + d + network.outputs(), stacked = columns(batch.inputs);
  if (network.layers.size() == 1) {
    tape.inputs[0] = batch.inputs;
  } else {
    Kokkos::deep_copy(exec, tape.inputs[0], batch.inputs);
  }
  pass_forward(exec, network, tape);
  m_features = m_workspace.matrix(exec, "NetworkLoss::features", q, stacked);
  const NetworkLayer<Exec>& last = network.layers.back();
  Kokkos::parallel_for("kswgd::NetworkLoss::features", index_range(exec, stacked), FeatureKernel<Exec>{batch.inputs, m_features, last.bias, batch.points});
  algebra::multiply(exec, 1.0, algebra::Op::transposed, last.weights, algebra::Op::none, tape.last(), 1.0, rows_between<Exec>(m_features, 1 + d, q));
  return tape;
}

template <ExecutionSpace Exec>
NetworkForms<Exec> NetworkLoss<Exec>::forms(const Exec& exec, const Network<Exec>& network, const NetworkBatch<Exec>& batch) {
  features(exec, network, batch, Keep::nothing);
  const Matrix<Exec> scaled = weighed<Exec>(exec, m_features, batch, "NetworkLoss::weighed", m_workspace);
  return {outer_sum<Exec>(exec, values_of<Exec>(scaled, batch.points), values_of<Exec>(m_features, batch.points)),
          outer_sum<Exec>(exec, derivatives_of<Exec>(scaled, batch.points), derivatives_of<Exec>(m_features, batch.points))};
}

template <ExecutionSpace Exec>
double NetworkLoss<Exec>::sum_of_leading(const Exec& exec, const Network<Exec>& network, const NetworkBatch<Exec>& batch, Index modes,
                                         const Network<Exec>& gradient, double regularisation) {
  const Tape<Exec> tape = features(exec, network, batch, Keep::curvatures);
  const Index n = batch.points, stacked = columns(m_features), q = rows(m_features), m = network.outputs();
  const Matrix<Exec> scaled = weighed<Exec>(exec, m_features, batch, "NetworkLoss::weighed", m_workspace);
  const auto gram = outer_sum<Exec>(exec, values_of<Exec>(scaled, n), values_of<Exec>(m_features, n));
  const auto dirichlet = outer_sum<Exec>(exec, derivatives_of<Exec>(scaled, n), derivatives_of<Exec>(m_features, n));
  const Eigenpairs pairs = generator_eigenpairs(exec, gram, dirichlet, modes, dense_solver<Exec>(), regularisation);
  const Index r = pairs.size() - 1;
  // Derivatives with respect to the outputs: -2 w V_m Lambda V^T phi of values, 2 w V_m V^T dphi of derivatives; V_m are the outputs' rows of V.
  double sum = 0;
  const HostMatrix modes_of("kswgd::NetworkLoss::modes", q, r), of_values("kswgd::NetworkLoss::of_values", m, r),
      of_slopes("kswgd::NetworkLoss::of_slopes", m, r);
  for (Index k = 0; k < r; ++k) {
    const double lambda = pairs.values(k + 1);
    sum += lambda;
    for (Index a = 0; a < q; ++a) modes_of(a, k) = pairs.vectors(a, k + 1);
    for (Index a = 0; a < m; ++a) {
      of_slopes(a, k) = 2 * modes_of(q - m + a, k);
      of_values(a, k) = -lambda * of_slopes(a, k);
    }
  }
  const Matrix<Exec> projected = m_workspace.matrix(exec, "NetworkLoss::projected", r, stacked), bar = m_workspace.matrix(exec, "NetworkLoss::bar", m, stacked);
  algebra::multiply(exec, 1.0, algebra::Op::transposed, Matrix<Exec>(to_device(exec, modes_of)), algebra::Op::none, scaled, 0.0, projected);
  algebra::multiply(exec, 1.0, algebra::Op::none, Matrix<Exec>(to_device(exec, of_values)), algebra::Op::none, values_of<Exec>(projected, n), 0.0,
                    values_of<Exec>(bar, n));
  algebra::multiply(exec, 1.0, algebra::Op::none, Matrix<Exec>(to_device(exec, of_slopes)), algebra::Op::none, derivatives_of<Exec>(projected, n), 0.0,
                    derivatives_of<Exec>(bar, n));
  const NetworkLayer<Exec>& last = network.layers.back();
  add_layer_gradient(exec, tape.last(), bar, n, gradient.layers.back(), m_workspace);
  if (network.layers.size() > 1) {
    const Matrix<Exec> hidden = m_workspace.matrix(exec, "NetworkLoss::hidden", last.inputs(), stacked);
    algebra::multiply(exec, 1.0, algebra::Op::none, last.weights, algebra::Op::none, bar, 0.0, hidden);
    pass_backward(exec, network, tape, hidden, gradient, false, m_workspace);
  }
  exec.fence("kswgd::NetworkLoss: matrices on the host's side are freed");
  return sum;
}

#define KSWGD_INSTANTIATE(EXEC) template class NetworkLoss<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd::detail
