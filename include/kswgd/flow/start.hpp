// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/model/model_data.hpp>

#include <limits>
#include <string>
#include <vector>

/// @file
/// Where particles may start when the caller has no better place, and what tells good samples from bad without the truth.

namespace kswgd {

/// n draws of N(mean, covariance) of the data in the frame's mapped columns, n x d in the caller's units: those with the numbers first,
/// first + 1, ... Draw i depends on (seed, i) alone.
HostPoints normal_start(const ModelData& model, Index n, std::uint64_t seed = 0, Index first = 0);

/// n draws around the training points that the model keeps, n x d in the caller's units: in the frame's coordinates m + sqrt(1 - h^2) (y - m) + h N(0, C), m
/// and C the mean and the covariance of these points, y each of them in turn. That is their mean and covariance for any h; h is such that draws lie as far from
/// the nearest point as points lie from each other (median), and 1, a normal start, where even that is no farther. Draw i depends on (seed, i) alone. Cost:
/// some 3 10^6 d for h, n d^2 for the draws, on the host.
HostPoints kernel_start(const ModelData& model, Index n, std::uint64_t seed = 0, Index first = 0);

/// kernel_start where columns are seen through maps (tables), normal_start elsewhere.
HostPoints automatic_start(const ModelData& model, Index n, std::uint64_t seed = 0, Index first = 0);

/// n of the training points that the model keeps, at random: none twice before all were taken once. Those are draws first, first + 1, ...
HostPoints data_start(const ModelData& model, Index n, std::uint64_t seed = 0, Index first = 0);

/// How many particles are moved for n samples: n from 500 on, and 2000 for fewer, or `most` where there are no more to begin with. Particles repel each other,
/// so that a few come to rest in an order instead of being draws: one alone goes to the same point from everywhere, five to the same five, and those of 200 lie
/// too far apart (docs/method.md, Few samples).
Index particles_for(Index n, Index most = std::numeric_limits<Index>::max());

/// The same for a start by its name, as `kswgd sample --start` has them: "auto", "normal" and "kernel" have as many particles as are asked for, "data" those
/// that the model keeps, of which none is moved twice; any other name is of particles that are as many as they are.
Index particles_for(const ModelData& model, const std::string& start, Index n);

/// The rows of `particles` that are n of them as samples: at random, in random order, none twice. Throws InvalidInput unless 0 <= n <= particles.
std::vector<Index> drawn_particles(Index particles, Index n, std::uint64_t seed);

/// Comparison of samples with the data (docs/method.md, Monitors). What needs points that the fit never saw is NaN where the model holds
/// none. Weights of the held-out points count in each of their numbers.
struct HeldOutMonitors {
  /// sum_k (m_k - m_k^hold)^2 / sum_k Var_hold(phi_k) (1/n_hold + 1/n) over the model's eigenfunctions: near 1 is good, 1000
  /// failed. n_hold and n are effective numbers where the data have weights. Blind outside the dictionary's span.
  double moment_ratio;
  /// Sliced W2 of the samples to the held-out points over that of as many training points: .8 to 1.15 is good, above 1.5
  /// doubtful. Sees strays.
  double sliced_ratio;
  /// Median distance to the nearest kept training point, samples over held-out points.
  double memorisation_ratio;
  /// Sliced W2 of the samples to the training points that the model keeps over that of as many draws from them (mean of three): below
  /// 1.15 is good, above 1.5 doubtful. Sees strays without held-out points, and is blind to copies.
  double training_ratio;
  /// Median distance between neighbours among the samples over that among as many held-out or training points (neighbour_ratio): near 1 is good; below
  /// .9 the samples gather on curves.
  double neighbour_ratio;
};

/// samples: n x d in the caller's units. Synchronises the instance.
template <ExecutionSpace Exec>
HeldOutMonitors held_out_monitors(const Exec& exec, const ModelData& model, const Points<Exec>& samples);

}  // namespace kswgd
