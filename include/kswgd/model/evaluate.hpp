// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/model/eigenfunctions.hpp>

/// @file
/// Eigenfunctions and their gradients at points, in one call: for those who ask once. See Eigenfunctions for more.

namespace kswgd {

/// Eigenfunctions at n points.
template <ExecutionSpace Exec>
struct EigenfunctionValues {
  Matrix<Exec> values;                  ///< n x r; column 0 is the constant 1
  std::vector<Points<Exec>> gradients;  ///< r times n x d, in 1 / length (of the caller's coordinates, tangent on a manifold); empty where none were asked for
};

/// Evaluates the first `modes` eigenfunctions (0: all that the model holds; the constant counts) at x, n x d in the caller's
/// units. Throws InvalidInput as Eigenfunctions does. Synchronises the instance.
template <ExecutionSpace Exec>
EigenfunctionValues<Exec> evaluate_eigenfunctions(const Exec& exec, const ModelData& model, const Points<Exec>& x, bool gradients, Index modes = 0) {
  const Eigenfunctions<Exec> functions(exec, model, modes);
  return {functions.values(exec, x), gradients ? functions.gradients(exec, x) : std::vector<Points<Exec>>{}};
}

}  // namespace kswgd
