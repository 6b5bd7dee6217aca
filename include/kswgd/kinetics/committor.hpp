// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <kswgd/geometry/geometry.hpp>
#include <kswgd/model/model_data.hpp>
#include <limits>

/// @file
/// Which of two sets is reached first, how often the process goes from one to the other, and how long it takes.

namespace kswgd {

/// Whether each point (n x d, the caller's coordinates) lies within `radius` of `centre`. Distances are measured along circles and
/// spheres (across the seam of a period), straight through the space in Euclidean coordinates and for tori, and the factors of a
/// product add up by squares. Throws InvalidInput when the centre has another dimension or lies off a sphere or torus, and unless
/// the radius is positive.
std::vector<char> in_ball(const HostPoints& points, const GeometryData& geometry, const std::vector<double>& centre, double radius);

/// Whether each point lies in the box low(k) <= x(k) <= high(k); bounds may be infinite. On a circle the interval runs from low upwards to high, across
/// the seam if need be. Throws InvalidInput when the bounds have another dimension, or are not in order where the coordinate has no period.
std::vector<char> in_box(const HostPoints& points, const GeometryData& geometry, const std::vector<double>& low, const std::vector<double>& high);

struct CommittorOptions {
  /// How strongly q is held at 0 on A and at 1 on B, in units of the model's Spectrum::unit (times the mean diffusion): the error is of the order of
  /// the boundary layer 1 / sqrt(penalty) and of what the dictionary cannot follow. Models of edmd need none.
  double penalty = 1e4;
  double confidence = 0.9;  ///< of the intervals
  std::uint64_t seed = 0;   ///< of the folds
};

/// A positive number and its interval, which is symmetric in the logarithm.
struct Estimated {
  double value = 0;
  double error = 0;  ///< standard error
  double low = 0, high = 0;
};

struct Committor {
  HostMatrix coefficients;    ///< p x 1: q = psi . c, before it is cut to [0, 1]; see committor_at
  bool holds_in_sets = true;  ///< whether psi . c is about 0 on A and 1 on B; of edmd it is q outside of them alone
  Index lag = 0;              ///< edmd: in steps
  /// Transitions from A to B per unit of time, counted one way (the reactive flux), in the unit of the eigenvalues: the geometric mean of
  /// the next two.
  double rate = 0;
  double in_sample = 0;     ///< of the q that all data choose: too small
  double cross_fitted = 0;  ///< of q's chosen without a fold, on that fold: too large
  /// Standard error: that of the mean of the energy of q over the points (over stretches, where rows are ordered), and half of what lies
  /// between the two values above.
  double error = 0;
  double low = 0, high = 0;  ///< interval of the rate
  double from_a = 0;         ///< E[1 - q]: the share of time in which the process comes from A, and not from B
  /// The rate constant from A to B, rate / E[1 - q], and from B to A, rate / E[q]: 1 over the mean first passage time from the places at which A
  /// is entered to B (Hill's relation), and the other way round.
  Estimated forward, backward;
  double in_a = 0, in_b = 0;  ///< mean of q, cut, over A (should be 0) and over B (should be 1)
  Index level = 0;            ///< of the dictionary, that was read
  bool interleaved = false;   ///< rows are ordered and all of a set lies in one fold's stretch: each fold is several shorter stretches instead
};

/// The probability q(x) to reach B before A, and how often that happens (Vanden-Eijnden 2006), for a reversible process.
///
/// Models of the generator, with a diffusion matrix a or the identity: q is the minimiser of E[grad q . a grad q] outside of the sets
/// + penalty E[1_A max(q, 0)^2 + 1_B max(1 - q, 0)^2] in the model's dictionary, cut to [0, 1], and the rate is what that is: beyond the edges of the sets psi
/// . c may go on below 0 and above 1, since smooth features could not turn there. Models of edmd: the process is seen at the lag tau of the model; q, 0 on A
/// and 1 on B, is the minimiser of E[(q(X_{t + tau}) - q(X_t))^2] / (2 tau) among psi . c outside of them, and the rate is what that is: transitions between
/// frames a lag apart, so that a visit to A or B between two of them is not seen. The source is the trajectories of the fit then.
///
/// Weights of the source count. Of points equal rows are one, and rows of unknown order are asked whether they follow one another in time
/// (data/rows.hpp).
///
/// A dictionary that overfits lays q's slope where no points are, and the rate comes out too small. As in read_out, q is chosen again
/// without each fold, its energy is taken on that fold, and the level of the dictionary with the smallest cross-fitted energy is read.
/// A and B are dealt evenly to the folds; ordered rows are cut into stretches of equal weight. The sums of the folds are taken from the source anew.
///
/// in_a and in_b: not 0 where a point of the source lies in the set. Throws InvalidInput when a set holds fewer than two points with
/// weight or the sets overlap, for a model with killing, for one with a diffusion matrix that does not hold it, for trajectories whose time step
/// does not divide the model's lag, and for a dictionary of the caller's own; Failure when no level can be factorised. Cost: 3 n p^2 flops for the sums
/// (n p^2 d more for a diffusion matrix that is no multiple of the identity), a few times m p^2 for the m points in the sets and (4 + folds) p^3 / 3 a level,
/// and 2 folds n p d for the error. Synchronises the instance.
template <ExecutionSpace Exec>
Committor committor(const Exec& exec, const DataSet<Exec>& source, const ModelData& model, const std::vector<char>& in_a, const std::vector<char>& in_b,
                    const CommittorOptions& options = {});

/// q at points (n x d, the caller's units), cut to [0, 1].
struct CommittorValues {
  std::vector<double> q;
  Index cut = 0;        ///< how many were below 0 or above 1
  double furthest = 0;  ///< and by how much at most
};
/// in_a, in_b: whether each point lies in the sets, where q is 0 and 1; empty where that is not known (the dictionary's values then, which of edmd mean
/// nothing there).
template <ExecutionSpace Exec>
CommittorValues committor_at(const Exec& exec, const ModelData& model, const Committor& committor, const Points<Exec>& x, const std::vector<char>& in_a = {},
                             const std::vector<char>& in_b = {});

}  // namespace kswgd
