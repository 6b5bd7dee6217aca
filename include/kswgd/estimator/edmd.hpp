// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/trajectories.hpp>
#include <kswgd/estimator/generator.hpp>

/// @file
/// Trajectories in, kinetics out: reversible EDMD (Williams, Kevrekidis, Rowley 2015; Wu et al. 2017).

namespace kswgd {

/// Modes whose mu is smaller than this are left out: below, -log(mu) / tau is noise and saturates.
inline constexpr double smallest_mu = 0.3;

/// Fits the flow's levels to all frames as fit_generator does (the flow needs the density alone), and the eigenpairs by
/// reversible EDMD at the lag: sym(C) v = mu G v with G averaged over both ends of the pairs (x_t, x_{t + lag}), which never
/// cross from one trajectory to the next; lambda = -log(mu) / (lag dt), in 1 / time. Only modes with mu >= 0.3 are kept.
///
/// Both the eigenpairs and the read-out are taken on the level whose cross-fitted mu are largest in sum; folds are stretches
/// of time. Weights of the source are those of the pairs' first frames. Throws InvalidInput when lag < 1, or there are fewer
/// than 20 pairs at the lag. Cost: that of fit_generator, and 3 n p^2 flops. Synchronises the instance.
template <ExecutionSpace Exec>
ModelData fit_edmd(const Exec& exec, const DataSet<Exec>& source, Index lag, const FitOptions<Exec>& options = {});

/// The same from a View of all frames (n x d, float or double, any layout, memory that Exec reaches), which is not copied.
template <ExecutionSpace Exec, class View>
requires PointsView<View, Exec> ModelData fit_edmd(const Exec& exec, const View& frames, const TrajectoryLayout& layout, Index lag,
                                                   const FitOptions<Exec>& options = {}) {
  return fit_edmd(exec, make_source(exec, frames).with_trajectories(layout), lag, options);
}

}  // namespace kswgd
