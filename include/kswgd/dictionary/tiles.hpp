// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/dictionary/workspace.hpp>

/// @file
/// The passes of the flow for dictionaries that only evaluate features and their derivatives: in tiles of points.

namespace kswgd::detail {

template <ExecutionSpace Exec>
using Evaluator = std::function<void(const Points<Exec>& x, const Matrix<Exec>& psi)>;
template <ExecutionSpace Exec>
using Differentiator = std::function<void(const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi)>;

/// s(a) = average of psi_a over the points, a < q, added up tile after tile. Workspace: one tile of features.
template <ExecutionSpace Exec>
void mean_by_tiles(const Exec& exec, const Evaluator<Exec>& evaluate, const Points<Exec>& x, const Vector<Exec>& s, Index q, Workspace<Exec>& workspace);

/// u(i, :) = -sum_{a < q} c_a grad psi_a(x_i). Workspace: one tile of derivatives along one coordinate.
template <ExecutionSpace Exec>
void descent_by_tiles(const Exec& exec, const Differentiator<Exec>& gradient, const Points<Exec>& x, const Vector<Exec>& c, const Points<Exec>& u, Index q,
                      Workspace<Exec>& workspace);

/// value(i) = sum_{a < q} c_a psi_a(x_i). Workspace: one tile of features.
template <ExecutionSpace Exec>
void value_by_tiles(const Exec& exec, const Evaluator<Exec>& evaluate, const Points<Exec>& x, const Vector<Exec>& c, const Vector<Exec>& value, Index q,
                    Workspace<Exec>& workspace);

/// g := -g
template <ExecutionSpace Exec>
void negate(const Exec& exec, const Points<Exec>& g);

/// lap(i, a) = lap psi_a(x_i), from central differences of the derivatives along each coordinate.
template <ExecutionSpace Exec>
void laplacian_by_differences(const Exec& exec, const Differentiator<Exec>& gradient, const Points<Exec>& x, const Matrix<Exec>& lap,
                              Workspace<Exec>& workspace);

/// out(i, a) = v_i^T Hess psi_a(x_i) v_i, from central differences along v.
template <ExecutionSpace Exec>
void second_derivative_by_differences(const Exec& exec, const Differentiator<Exec>& gradient, const Points<Exec>& x, const Points<Exec>& v,
                                      const Matrix<Exec>& out, Workspace<Exec>& workspace);

}  // namespace kswgd::detail
