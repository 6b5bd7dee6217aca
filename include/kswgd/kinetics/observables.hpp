// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <kswgd/model/evaluate.hpp>

/// @file
/// What a fitted generator says about functions of the state: how they relax.

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

}  // namespace kswgd
