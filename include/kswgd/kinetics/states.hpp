// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <kswgd/model/model_data.hpp>

/// @file
/// Metastable states: fuzzy sets between which the slow modes relax (robust Perron cluster analysis, PCCA+).

namespace kswgd {

/// m states, each a membership function chi_j = sum_k phi_k A_kj of the m slowest eigenfunctions: from 0 to 1, and together 1.
struct MetastableStates {
  HostMatrix transform;                                ///< A, m x m
  HostMatrix membership;                               ///< n x m, of the points of the data, each row cut to [0, 1] and divided by its sum
  std::vector<double> populations, population_errors;  ///< E[chi_j], and the standard error of that
  /// Rates of the process between the states: the generator on the span of the memberships, Q = -A^{-1} Lambda A (Kube, Weber 2007), rows add up
  /// to 0, in the unit of the eigenvalues. -1 / Q_jj is the mean life time of state j.
  HostMatrix rates, rate_errors;
  /// sum_j E[chi_j^2] / E[chi_j] over m: 1 for states that are sets, 1 / m for no states at all.
  double crispness = 0;

  Index size() const { return static_cast<Index>(transform.extent(0)); }
};

/// How many states the model's time scales speak for: one more than the modes before the largest ratio lambda_{k+1} / lambda_k, k >= 1, among the
/// eigenvalues to read. Throws InvalidInput when fewer than two are known.
Index states_by_gap(const ModelData& model);

/// PCCA+ (Deuflhard, Weber 2005; Roeblitz, Weber 2013): among all A that make memberships the one with the largest crispness, from the simplex that the
/// inner simplex algorithm finds, by Nelder and Mead's method (up to 6 states; beyond that the first simplex stands). Vertices and bounds are sought
/// among the means of the eigenfunctions over the cells of at most 200 landmarks, five points and more each, so that a point in a thin tail decides
/// nothing. `states`: m, or 0 for states_by_gap.
///
/// Throws InvalidInput unless 2 <= m <= 20 and the model holds m eigenpairs of a process that is not killed, and when fewer than m cells have
/// five points. Weights of the data count. Cost: n p m flops. Synchronises the instance.
template <ExecutionSpace Exec>
MetastableStates metastable_states(const Exec& exec, const DataSet<Exec>& data, const ModelData& model, Index states = 0);

/// The memberships at points (n x d, the caller's units): n x m, each row cut to [0, 1] and divided by its sum. Synchronises the instance.
template <ExecutionSpace Exec>
HostMatrix memberships_at(const Exec& exec, const ModelData& model, const MetastableStates& states, const Points<Exec>& x);

}  // namespace kswgd
