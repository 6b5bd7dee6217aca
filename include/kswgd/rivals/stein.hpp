// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/rivals/rival.hpp>

/// @file
/// Stein variational gradient descent (Liu, Wang 2016), and with a constant matrix kernel (Wang, Tang, Bajaj, Liu 2019).

namespace kswgd::rivals {

struct SteinOptions {
  double temperature = 1;
  double step = 0.1;        ///< of AdaGrad (decay .9, as published), in the particles' unit of length
  Index steps = 100;        ///< as many evaluations
  bool matrix = false;      ///< kernel Q^{-1} exp(-(x - y)^T Q (x - y) / b), Q the mean outer product of the score
  Index median_every = 10;  ///< steps between two measurements of the median distance and of Q
};

/// The scores of all particles, M x d: what a potential is asked for.
template <ExecutionSpace Exec, Potential P>
void score_of(const Exec& exec, const P& potential, double temperature, const Points<Exec>& x, const Points<Exec>& score) {
  constexpr int d = P::dimension;
  Kokkos::parallel_for(
      "kswgd::rivals::score", index_range(exec, static_cast<Index>(x.extent(0))), KOKKOS_LAMBDA(Index i) {
        double point[d], g[d];
        for (int k = 0; k < d; ++k) point[k] = x(i, k);
        potential.gradient(point, g);
        for (int k = 0; k < d; ++k) score(i, k) = -g[k] / temperature;
      });
}

/// The particles' side of Stein descent; scores come from outside. Bandwidth b = median^2 / log(M + 1) in the metric of the kernel.
/// Cost of a step: M^2 d. Synchronises the instance.
template <ExecutionSpace Exec>
class SteinDescent {
 public:
  SteinDescent(const Exec& exec, const Points<Exec>& particles, const SteinOptions& options);
  /// One step of all particles with these scores.
  void step(const Points<Exec>& score);
  /// The direction phi(x_i) of the last step, M x d.
  const Points<Exec>& direction() const { return m_direction; }

 private:
  void measure(const Points<Exec>& score);
  Exec m_exec;
  Points<Exec> m_x, m_direction, m_memory, m_white, m_white_score;
  SteinOptions m_options;
  Index m_steps = 0;
  double m_bandwidth = 1;
  HostMatrix m_root;  // Q^{1/2}, upper triangular: white = x root^T
  Matrix<Exec> m_device_root;
};

/// `steps` steps in place: as many evaluations. Synchronises the instance.
template <ExecutionSpace Exec, Potential P>
Report svgd(const Exec& exec, const P& potential, const Points<Exec>& particles, const SteinOptions& options) {
  require_positive(options.temperature, "rivals::svgd", "temperature");
  require_particles(exec, particles, P::dimension, "rivals::svgd");
  SteinDescent<Exec> descent(exec, particles, options);
  const auto score = allocate<Points<Exec>>(exec, "svgd::score", particles.extent(0), particles.extent(1));
  for (Index step = 0; step < options.steps; ++step) {
    score_of(exec, potential, options.temperature, particles, score);
    descent.step(score);
  }
  exec.fence("kswgd::rivals::svgd: the workspace is released");
  return {options.steps};
}

}  // namespace kswgd::rivals
