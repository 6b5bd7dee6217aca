// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <kswgd/model/model.hpp>

/// @file
/// Eigenfunctions and their gradients at any points, in the caller's units.

namespace kswgd {

/// Eigenfunctions at n points.
template <ExecutionSpace Exec>
struct EigenfunctionValues {
  Matrix<Exec> values;                  ///< n x r; column 0 is the constant 1
  std::vector<Points<Exec>> gradients;  ///< r times n x d, in 1 / length (of the caller's coordinates, tangent on a manifold); empty where none were asked for
};

/// Evaluates the first `modes` eigenfunctions (0: all that the model holds; the constant counts) at x, n x d in the caller's
/// units. Cost: n p r (1 + d) flops through BLAS in tiles; nothing n x p is stored. Throws InvalidInput when x has another
/// dimension than the model, or the model holds fewer modes.
template <ExecutionSpace Exec>
EigenfunctionValues<Exec> evaluate_eigenfunctions(const Exec& exec, const ModelData& model, const Points<Exec>& x, bool gradients, Index modes = 0);

}  // namespace kswgd
