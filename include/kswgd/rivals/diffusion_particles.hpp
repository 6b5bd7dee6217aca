// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/rivals/rival.hpp>

/// @file
/// Particle systems on a diffusion map of the data: DMPS (Li, Marzouk 2023), and the update of the published KSWGD code.

namespace kswgd::rivals {

/// Leading eigenpairs of a diffusion map (Gaussian kernel exp(-r^2 / 2e), alpha = 1/2), dense: memory n^2.
template <ExecutionSpace Exec>
struct DiffusionSpectrum {
  Points<Exec> points;  ///< the data, n x d
  double epsilon = 0;
  Vector<Exec> root;          ///< sqrt(q_j), q_j = sum_l k(x_l, x_j)
  Vector<Exec> degree;        ///< sum_l of the normalised kernel
  HostVector mu;              ///< descending, 1 first, k + 1 of them
  Matrix<Exec> phi;           ///< n x (k + 1), right eigenvectors, mean of phi^2 weighted by the degree 1
  HostVector lambda() const;  ///< 2 (1 - mu) / e, as published
};

/// epsilon = 0: the published rule, .5 median^2 / log(n + 1). Throws InvalidInput for fewer than modes + 2 points or more than
/// 5000 (dense). Cost: 4/3 n^3 flops. Synchronises the instance.
template <ExecutionSpace Exec>
DiffusionSpectrum<Exec> diffusion_spectrum(const Exec& exec, const Points<Exec>& points, Index modes, double epsilon = 0);

struct DmpsOptions {
  double step = 0.1;       ///< in the flow's time, held throughout
  Index steps = 100;       ///< as many evaluations
  double least_mu = 1e-3;  ///< smaller ones are left out
  double repulsion = 0.5;  ///< published_update: factor of the repulsion
  /// Applied to the particles after each step where given: the retraction onto a manifold.
  std::function<void()> retract = {};
};

/// DMPS: x <- x - h grad sum_k (m_k / lambda_k) phi_k, the inverse generator's kernel averaged over all particles, with the
/// Nystrom extension of the map. Particles M x d in place; cost of a step 4 M n d; Synchronises the instance.
template <ExecutionSpace Exec>
Report dmps(const Exec& exec, const DiffusionSpectrum<Exec>& spectrum, const Points<Exec>& particles, const DmpsOptions& options);

/// The update of the published KSWGD code: each particle is driven by its own column of the inverse generator's kernel, not by the mean
/// over particles, and a Gaussian repulsion between particles is added. It is no gradient flow of any distance to the
/// law (docs/experiments/index.md); it is here as it was published. Cost of a step: M n (modes + d) and M^2 d.
template <ExecutionSpace Exec>
Report published_update(const Exec& exec, const DiffusionSpectrum<Exec>& spectrum, const Points<Exec>& particles, const DmpsOptions& options);

}  // namespace kswgd::rivals
