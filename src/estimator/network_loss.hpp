// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/detail/network.hpp>
#include <kswgd/spectrum/factorisation.hpp>

// The sum of the leading eigenvalues in the span of {1, x_i, outputs of a network}, and its derivatives.
namespace kswgd::detail {

/// Points and directions at each of them, in the layout of a tape: dimension x (1 + R) n. Along the directions E[v v^T] summed over the R of them is the
/// identity (the projection on the tangent space of a manifold).
template <ExecutionSpace Exec>
struct NetworkBatch {
  Matrix<Exec> inputs;
  Vector<Exec> weights;  // of the points, adding up to 1; empty: all 1 / n
  Index points = 0, directions = 0;
};

/// Averages over a batch: G and D of {1, x_i, outputs}, both triangles.
template <ExecutionSpace Exec>
struct NetworkForms {
  Matrix<Exec> gram, dirichlet;
};

template <ExecutionSpace Exec>
class NetworkLoss {
 public:
  /// G and D of a batch.
  NetworkForms<Exec> forms(const Exec& exec, const Network<Exec>& network, const NetworkBatch<Exec>& batch);

  /// The sum of the `modes` leading eigenvalues beside the constant of D v = lambda G v over a batch; `gradient` (a network on zeros) becomes its
  /// derivatives with respect to the parameters. With v^T G v = 1 they are those of sum_k v_k^T D v_k - lambda_k v_k^T G v_k at fixed v and lambda
  /// (the factorisation's rho, `regularisation`, enters them in its own order). Synchronises the instance.
  double sum_of_leading(const Exec& exec, const Network<Exec>& network, const NetworkBatch<Exec>& batch, Index modes, const Network<Exec>& gradient,
                        double regularisation = default_regularisation);

 private:
  Tape<Exec> features(const Exec& exec, const Network<Exec>& network, const NetworkBatch<Exec>& batch, Keep keep);

  Workspace<Exec> m_workspace;
  Matrix<Exec> m_features;  // (1 + d + outputs) x (1 + R) n
};

}  // namespace kswgd::detail
