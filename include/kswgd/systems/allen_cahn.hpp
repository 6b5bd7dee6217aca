// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/systems/langevin.hpp>

/// @file
/// The stochastic Allen-Cahn equation on [0, 1] with Neumann ends, on a grid of cells:
/// du = (D u_xx + a (u - u^3)) dt + sqrt(2 T / dx) dW, space-time white noise. Its invariant law is exp(-E / T) with
/// E = sum_i D (u_{i+1} - u_i)^2 / (2 dx) + dx a (1 - u_i^2)^2 / 4.

namespace kswgd {

struct AllenCahn {
  Index points = 64;
  double diffusion = 0.02;    ///< D
  double reaction = 1;        ///< a
  double temperature = 0.04;  ///< T

  double spacing() const { return 1.0 / static_cast<double>(points); }
};

/// Frames, one trajectory after the other, (trajectories x samples) x points, each trajectory from the row of `starts`
/// (trajectories x points). Semi-implicit: the diffusion by the trapezoidal rule (whose invariant law is exact for the linear
/// part at any step), the reaction explicit. Temperature is that of the equation, not of the options. substeps = 0: steps of
/// .005 at most. Throws InvalidInput for unusable parameters or starts, Failure when a field leaves the finite numbers.
template <ExecutionSpace Exec>
Points<Exec> simulate_allen_cahn(const Exec& exec, const AllenCahn& equation, const Points<Exec>& starts, LangevinOptions options);

/// n independent fields of the invariant law, n x points, by its transfer matrix on 401 values in [-2.6, 2.6] (a field is
/// a Markov chain in x), each value then moved within its cell. Draw i depends on (seed, i) alone. Throws InvalidInput where the
/// values do not resolve the law: when neighbours differ by less than two cells, or the law reaches beyond the ends.
HostPoints draw_allen_cahn(const AllenCahn& equation, Index n, std::uint64_t seed = 0);

}  // namespace kswgd
