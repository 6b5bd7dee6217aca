// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <kswgd/model/evaluate.hpp>

/// @file
/// What a fitted generator says about functions of the state: how they relax, and which of two sets is reached first.

namespace kswgd {

/// <f, phi_k> under the law of the data, for each mode of the model: weights of the source count. `f` holds one finite value for each
/// point of the source. Cost: n p r flops. Throws InvalidInput when the numbers of points or dimensions differ.
template <ExecutionSpace Exec>
std::vector<double> observable_coefficients(const Exec& exec, const DataSet<Exec>& source, const ModelData& model, const std::vector<double>& f);

/// E[f(X_t) | X_0 = x] = sum_k exp(-lambda_k t) <f, phi_k> phi_k(x), at the points x (n x d, the caller's units): n x times.
/// Eigenvalues are the read-out's where it has them. What lies outside the modes that the model holds is lost; it decays
/// first. t in 1 / the unit of the eigenvalues. Cost: n p r flops. Synchronises the instance.
template <ExecutionSpace Exec>
HostMatrix forward_expectation(const Exec& exec, const ModelData& model, const std::vector<double>& coefficients, const Points<Exec>& x,
                               const std::vector<double>& times);

/// A model whose "eigenfunctions" are psi . v for the columns of v (p x k): evaluate_eigenfunctions then gives their values and
/// gradients at any points.
ModelData with_functions(const ModelData& model, const HostMatrix& v);

struct CommittorOptions {
  /// How strongly q is held at 0 on A and at 1 on B, in units of the model's eigenvalue_unit: the error is of the order of the
  /// boundary layer 1 / sqrt(penalty) and of what the dictionary cannot follow.
  double penalty = 1e4;
};

struct Committor {
  HostMatrix coefficients;    ///< p x 1: q = psi . c; see with_functions
  double energy = 0;          ///< E|grad q|^2 in the unit of the eigenvalues: the rate of transitions from A to B, per unit of time, counting one way
  double in_a = 0, in_b = 0;  ///< mean of q over A (should be 0) and over B (should be 1)
};

/// The probability q(x) to reach B before A: the minimiser of E|grad q|^2 + penalty E[1_A q^2 + 1_B (1 - q)^2] in the model's
/// dictionary. in_a and in_b: not 0 where a point of the source lies in the set. Weights of the source count.
/// Throws InvalidInput when a set is empty or they overlap, and for a model that is not of unit diffusion (edmd, a diffusion
/// matrix) or has killing. Cost: n p^2 flops and a factorisation. Synchronises the instance.
template <ExecutionSpace Exec>
Committor committor(const Exec& exec, const DataSet<Exec>& source, const ModelData& model, const std::vector<char>& in_a, const std::vector<char>& in_b,
                    const CommittorOptions& options = {});

}  // namespace kswgd
