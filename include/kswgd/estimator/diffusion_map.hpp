// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/data/data_set.hpp>
#include <kswgd/dictionary/nystrom.hpp>
#include <kswgd/model/model_data.hpp>
#include <kswgd/spectrum/solver.hpp>

/// @file
/// Samples in, eigenpairs out, without a dictionary: diffusion maps (Coifman, Lafon 2006).

namespace kswgd {

template <ExecutionSpace Exec>
struct DiffusionMapOptions {
  Index modes = 32;      ///< eigenpairs beside the constant, of few nodes as many as there are
  double bandwidth = 0;  ///< e of the kernel exp(-|x - y|^2 / 2e), a squared length in the data's unit; 0: by the rule, doubled until enough points are nodes
  /// Points whose kernel sum is smaller (1 is the point itself) are no nodes of the graph: they get their values by the extension.
  /// A lone point, or a few of them in a thin tail, would be a mode of its own with lambda near 0; a kernel of one width cannot
  /// do better there. Of n < 20 points n / 4 suffice. [20 samples of a Gaussian law, n = 1000 and 4000: one such mode with 3, none with 5.] 1 keeps all.
  double fewest_neighbours = 5;
  /// Precision of the kernel's entries while the solver iterates; sums are double, and values and residuals are recomputed with
  /// double entries in either case. Mixed residuals end near 1e-6, which asks for a solver whose tolerance is no smaller.
  Precision precision = Precision::fp64;
  GeometryData geometry = {};        ///< where the points live: distances are those of its embedding (euclidean if empty)
  std::uint64_t seed = 0;            ///< of the subsample that the bandwidth is read from
  OperatorSolver<Exec> solver = {};  ///< empty: LAPACK, which stores n x n; anasazi_operator_solver() beyond a few thousand points
  std::function<void(const char* stage, double done)> progress = {};  ///< done in [0, 1]
};

/// What a diffusion map found. Rows follow the data.
struct DiffusionMap {
  FrameData frame;
  NystromDictionaryData dictionary;  ///< the nodes of the graph, and the eigenfunctions 1..r in normalised coordinates
  HostVector values;                 ///< r + 1, ascending, values(0) = 0, in 1 / length^2 of the caller's unit
  HostVector residuals;              ///< r + 1: |S v - mu v| / mu, recomputed in double
  HostMatrix eigenfunctions;         ///< n x (r + 1): the extension's values at the data; column 0 is 1; averages 0, squares 1
  SolverReport report;
  double intrinsic_dimension = 0;  ///< twice the largest slope of log S against log e; 0 where the bandwidth was given
  Index dropped = 0;               ///< different points of positive weight that are no nodes
  double effective_samples = 0;    ///< (sum w)^2 / sum w^2 of the nodes
  FittedRows rows;                 ///< what was fitted
  double seconds = 0;
};

/// Twice the largest slope D of log S(e) against log e, S the average of the kernel over all pairs (Coifman, Shkolnisky,
/// Sigworth, Singer 2008; Berry, Harlim 2016), is the dimension of the data; the bandwidth is the one with
///     n S(e) = n^{2 / (2 + D)}.
/// There the two errors have the same order: a point that counts itself among its n S neighbours is slow by 1 / (n S), and a kernel of
/// finite width sees curvature, in proportion to e ~ (n S / n)^{2 / D}. (At the largest slope itself e is far too wide on
/// curved surfaces.) S is read from the pairs of a sample (m x d, normalised) and holds for n points with their own 1 / n.
struct BandwidthChoice {
  double bandwidth = 0, dimension = 0;
};
BandwidthChoice choose_bandwidth(const HostPoints& sample, Index points);

/// Eigenpairs of the generator from samples of pi (weights count): K = exp(-|x - y|^2 / 2e), q = K w, P_ij ~ K_ij w_j q_j^{-1/2}
/// with unit row sums (alpha = 1/2: Langevin dynamics in the density of the data), mu from the symmetric S = D^{-1/2} N D^{-1/2},
/// lambda = -2 log(mu) / e. The constant is taken out of S exactly, and stands as pair 0. Eigenfunctions are those of the
/// extension (dictionary/nystrom.hpp): the solver's vectors under one more step of P, so that their values at the data are
/// the extension's whatever the solver's tolerance. Pairs whose mu is below 1e-6 are left out.
///
/// S is applied in tiles, n x n is never stored; tiles that lie beyond the kernel's reach are passed over. Cost: n^2 (d + exp +
/// 8) flops for each 8 vectors at worst; memory n (d + 5 r) numbers beside the solver's basis. Throws InvalidInput for data
/// that cannot be used, or where the bandwidth leaves fewer than 20 nodes (of fewer points, half of them). Modes beyond the nodes less two are left out.
/// Synchronises the instance.
template <ExecutionSpace Exec>
DiffusionMap fit_diffusion_map(const Exec& exec, const DataSet<Exec>& source, const DiffusionMapOptions<Exec>& options = {});

/// The same from a View (n x d, float or double, any layout, memory that Exec reaches).
template <ExecutionSpace Exec, class View>
requires PointsView<View, Exec> DiffusionMap fit_diffusion_map(const Exec& exec, const View& points, const DiffusionMapOptions<Exec>& options = {}) {
  return fit_diffusion_map(exec, make_source(exec, points), options);
}

}  // namespace kswgd
