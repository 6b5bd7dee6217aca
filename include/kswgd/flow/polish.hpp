// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/flow/flow.hpp>
#include <kswgd/model/learned_potential.hpp>
#include <kswgd/support/reduction.hpp>
#include <optional>
#include <string>

/// @file
/// A few Metropolis-adjusted Langevin steps on the learned log density, after the flow. The flow places mass exactly, but leaves its particles in an order
/// that no law has: they gather on curves. Local noise along the learned score mends that and moves no mass between basins.

namespace kswgd {

struct PolishOptions {
  int steps = 20;
  /// Standard deviation of a step in each direction, in the caller's unit of length (of mapped columns: in the library's); 0: half the distance between
  /// neighbours among as many points of the data, shortened or raised (at most `growth` times) until `acceptance` of the proposals are taken.
  double step = 0;
  double acceptance = 0.6;
  double growth = 2;  ///< the automatic step may become so many times as long as it began
  std::uint64_t seed = 0;
  std::vector<Index> pinned = {};  ///< coordinates of the library's that stay as they are (Euclidean ones)
  Index first = 0;                 ///< the number of the first particle: it takes its noise by that
  Index among = 0;                 ///< the automatic step is that of so many particles, where these are some of them
  Reduction ranks = {};            ///< ranks that hold some of the particles each, and polish them together: the step follows the acceptance of all
  std::function<void(double done)> progress = {};  ///< done in [0, 1], before each step
};

struct PolishReport {
  int steps = 0;
  Index evaluations = 0;  ///< of the density and its gradient at all particles
  double acceptance = 0;  ///< share of the proposals that were taken, on average over the steps
  double step = 0;        ///< standard deviation of the last step, in the caller's unit of length
  Index outside = 0;      ///< particles that began beyond the guard radius, which may only come nearer
};

/// Moves particles (M x d, the caller's coordinates) in place by `steps` steps that leave the learned law invariant (on the region within the guard
/// radius of the landmarks of its level, which no particle leaves):
///
///     y = x + s^2/2 grad log pi(x) + s xi,     taken with the probability min(1, pi(y) q(y, x) / pi(x) q(x, y)).
///
/// The drift is cut at 2 s. Where the dictionary's squares are those along principal axes, steps are shortened along the axes on which the data are thinner
/// than 2 s was at first (of the coordinates that move, given those that do not), and 2 M e doubles more are held. On a manifold x + (a tangent step) is
/// brought back along the normals at x, and taken only if the way back leads to x (Zappa, Holmes-Cerfon, Goodman 2018). Particle i takes its noise from (seed,
/// first + i): what comes out depends on what went in, the model and the seed. Cost: steps + 1 evaluations of M p exponentials in three passes; memory 7 M e
/// doubles and a tile of features. Synchronises the instance.
template <ExecutionSpace Exec>
PolishReport polish(const Exec& exec, const LearnedPotential<Exec>& potential, const ModelData& model, const Points<Exec>& particles,
                    const PolishOptions& options = {});

/// What a two-sample test says of samples before and after their polish, against points of the data: training points that the model keeps, or points held out
/// where these are more. In the library's coordinates.
struct PolishVerdict {
  bool kept = false, rises = false;                              ///< rises: sliced W2 does, by more than what is borne
  std::string reason;                                            ///< a sentence
  double sliced_before = 0, sliced_after = 0, sliced_floor = 0;  ///< sliced W2, and that of as many draws from the points
  double share_before = 0, share_after = 0, share_error = 0;     ///< neighbour_share: .5 is best
  double neighbours_before = 0, neighbours_after = 0;            ///< neighbour_ratio: 1 is best
};

/// A polish is kept where sliced W2 to the law does not rise by more than 8 %, and where among the nearest neighbours of the samples and of points of the data
/// each set is better mixed than before by more than the noise, or as well and the distances between neighbours are nearer to those of the data by 3 % or
/// more. Cost: that of held_out_monitors. Synchronises the instance.
template <ExecutionSpace Exec>
PolishVerdict judge_polish(const Exec& exec, const ModelData& model, const Points<Exec>& before, const Points<Exec>& after);

/// Of more than four times as many particles, that many are polished and judged first.
inline constexpr Index polish_trial = 4000;

/// What became of the polish of samples.
struct Polished {
  bool kept = false, judged = false;
  std::string reason;  ///< a sentence
  PolishReport report;
  PolishVerdict verdict;           ///< where it was judged
  std::optional<FlowReport> flow;  ///< of the flow after it, where there was one
};

/// Polishes what a flow on `model` has made, which ended in `state`, in place: by `steps` where they are asked for (0: not at all), and otherwise by those of
/// `how` if the model holds a log density and the flow has come to its end, kept where judge_polish says so. The learned density can have wrong shares of the
/// parts of a law whose shapes it has right: where sliced W2 rises, or the moments of the coarsest level move by more than chance where the judges are some of
/// many fitted points, the flow moves the polished particles once more, which takes fewer steps than the first time, and both are judged together. Of many
/// particles polish_trial are polished and judged first, and the others only if these gain by it; the reports are those of the last trial.
/// potential: called if it is needed. flow: its options but for ranks (those of `how`), precision and most steps (those of `state`). seen: what is judged of
/// the particles of this rank, on all of them, where these are not all. Several ranks all make the call, and rank 0's verdict counts. Synchronises the
/// instance.
template <ExecutionSpace Exec>
Polished polish_after_flow(const Exec& exec, const std::function<const LearnedPotential<Exec>&()>& potential, const Model<Exec>& model, const FlowState& state,
                           const Points<Exec>& particles, std::optional<int> steps, PolishOptions how = {}, FlowOptions flow = {},
                           const std::function<Points<Exec>(const Points<Exec>&)>& seen = {});

}  // namespace kswgd
