// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/reservoir.hpp>
#include <kswgd/estimator/generator.hpp>
#include <memory>

/// @file
/// A model that learns on while rows come: from a running simulation, from files one after the other. docs/streams.md says how to use it.

namespace kswgd {

template <ExecutionSpace Exec>
struct OnlineOptions {
  /// As for fit_generator, but that `features` = 0 stands for what flops_per_row allows, nothing can be held out, and normals of the caller's own are refused.
  FitOptions<Exec> fit = {};
  /// What adding a row may cost, for `features` = 0: see landmarks_within. 0: 400 landmarks on the finest level, some 2 10^6 flops.
  double flops_per_row = 0;
  /// The basis is laid out once so many rows have come.
  Index first_rows = 10000;
  /// Rows of the stream that are kept for landmarks and for a layout anew, at least first_rows: 8 reservoir d bytes (with lag_time > 0 three times as many).
  Index reservoir = Index{1} << 15;
  /// The basis is laid out anew when more than this share of the recent rows lies beyond its guard. Infinity: never. Of the rows that it was laid out from .001
  /// lie there, of others of the same law .002 to .004 [Ornstein-Uhlenbeck in 1 to 16 dimensions, laid out from 10,000 rows].
  double most_outside = 0.01;
  /// Above 0 the spectrum is that of reversible EDMD (fit_edmd) from the pairs given to add_pairs, with this time between their ends.
  double lag_time = 0;
  /// The number of the stream's first row. Streams that are to be merged need numbers of their own.
  Index first_row = 0;
  /// Ranks that share the rows. All make the same calls together; of each call's rows a rank may hold none.
  Reduction ranks = {};
};

/// The landmarks of the finest level (6, 12, 25, ... 1600, then doubled) with which adding a row costs at most so many flops: p^2 + 2 m^2 where m are the
/// Gaussians of all levels and p all features, quadratics of `dimension` coordinates included; 6 where nothing is cheap enough. A frame of n rows costs n times
/// that, at the rate of the machine's matrix products (`kswgd bench`).
Index landmarks_within(double flops_per_row, Index dimension);

/// What an OnlineFit knows, on the host: sums, never averages.
struct OnlineState {
  ModelData layout;                   ///< frame, dictionary, levels; without any before the basis is laid out
  std::vector<Index> level_features;  ///< of the levels that the read-out looks at
  std::vector<HostMatrix> sums;       ///< in an order of their own; none before the basis is laid out
  ReservoirData rows, pairs;
  std::vector<double> numbers;  ///< counters, and what a layout anew is made by, in an order of their own
};

/// The fit of a stream, in memory that does not depend on how much was seen: G, D and the operator's forms of five folds, a sample of the rows, and rows that
/// wait for their tile to be full.
///
/// The first rows wait in the sample until there are enough to lay out frame, landmarks and dictionary, by the code that fit_generator uses; from then on
/// each row is added to the sums. With the same layout the model is that of one fit of all rows, but for equal rows, which stay as many.
///
/// When the stream goes where the basis does not reach (`outside()`: it had yet to relax when the basis was laid out), frame, landmarks and dictionary are
/// laid out anew from the sample, and the sums begin anew with the rows of the sample, each standing for its share of all rows so far: nothing is
/// forgotten, but what came before is known with the errors of a sample of that size. This happens at most once while the stream grows by a quarter.
///
/// Rows that come with the same block (a stretch of time, a walker) belong to one of five folds, block mod 5: blocks should be longer than the process
/// remembers, and five or more. Rows without a block are taken as independent and get a fold each.
///
/// Throws InvalidInput as fit_generator does.
template <ExecutionSpace Exec>
class OnlineFit {
 public:
  /// Nothing is known yet of the rows, but that they have `dimension` coordinates.
  OnlineFit(const Exec& exec, Index dimension, const OnlineOptions<Exec>& options = {});
  /// Laid out from these data (the frames of an earlier run, a sample), which are not added. The same on all ranks, or spread over them.
  OnlineFit(const Exec& exec, const DataSet<Exec>& layout, const OnlineOptions<Exec>& options = {});
  /// Goes on where a state was taken. Geometry, coordinates, features, bandwidth, names of columns, seed, reservoir and lag are the state's; the other options
  /// count. Throws InvalidInput for a state with another dictionary than the default's Gaussians.
  OnlineFit(const Exec& exec, const OnlineState& state, const OnlineOptions<Exec>& options = {});
  ~OnlineFit();
  OnlineFit(OnlineFit&&) noexcept;
  OnlineFit& operator=(OnlineFit&&) noexcept;

  /// Adds rows: n x d, float or double, any layout, memory that Exec reaches; they are read in tiles of at most 8192 rows, and not copied. weights: one for
  /// each row, or none (all 1). blocks: one for each row, one for all, or none. Cost: p^2 + 2 m^2 flops a row (landmarks_within), a few reductions of some
  /// numbers on ranks. Synchronises the instance.
  template <class View>
  requires PointsView<View, Exec>
  void add(const Exec& exec, const View& rows, const std::vector<double>& weights = {}, const std::vector<Index>& blocks = {}) {
    add_rows(exec, make_source(exec, rows), weights, blocks, !blocks.empty());
  }
  /// The same with weights in a View of rank 1 (float or double, any layout), which are read on the host.
  template <class View, class Weights>
  requires(PointsView<View, Exec>&& bool(Kokkos::is_view<Weights>::value)) void add(const Exec& exec, const View& rows, const Weights& weights,
                                                                                    const std::vector<Index>& blocks = {}) {
    static_assert(Weights::rank() == 1 && std::floating_point<typename Weights::non_const_value_type>,
                  "kswgd::OnlineFit::add: weights must be a rank-1 View of float or double");
    const auto host = to_host(exec, weights);
    std::vector<double> values(host.extent(0));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(host(i));
    add(exec, rows, values, blocks);
  }
  /// Adds all rows of data, in tiles, with their weights and in folds as fit_generator has them: stretches where they follow one another in time, and of equal
  /// rows one with their number as weight.
  void add(const Exec& exec, const DataSet<Exec>& data);
  /// Adds pairs (x(i, :), y(i, :)) at options.lag_time, as OnlinePairs matches them; weights are those of the first ends. Not to be called without a lag.
  template <class View>
  requires PointsView<View, Exec>
  void add_pairs(const Exec& exec, const View& x, const View& y, const std::vector<double>& weights = {}, const std::vector<Index>& blocks = {}) {
    add_pair_rows(exec, copy(exec, x), copy(exec, y), weights, blocks);
  }

  /// Adds what another fit of the same layout has seen of other rows (first_row). Throws InvalidInput where the layouts differ, or one of them forgets.
  void merge(const Exec& exec, OnlineFit& other);

  /// From now on a row counts half as much as one that comes `half_life` calls of add later. Infinity: as much. For laws that drift.
  void forget(double half_life);

  /// Share of the recent rows (some first_rows of them) that lie farther from the landmarks of the finest level than .999 of the rows that the basis was laid
  /// out from.
  double outside() const;
  /// Whether rows follow one another in time: some came with blocks, or data did.
  bool in_time() const;
  /// Rows seen on all ranks, and how often the basis was laid out.
  Index rows() const;
  Index layouts() const;

  /// Lays the basis out from the sample, now: what happens by itself when it must. Needs 20 rows.
  void lay_out(const Exec& exec);

  /// The model of all rows so far; the stream goes on. Lays out the basis where there is none. Training subset and quantiles are those of the sample;
  /// where columns are rescaled, eigenvalues are read in the rescaled ones alone (fit_generator reads its rows again, in the given columns).
  /// Memory: the sums once more. Cost: the factorisations of fit_generator, some 10 p^3 flops.
  ModelData model(const Exec& exec);

  /// All that it knows (of this rank), for a checkpoint: io::write_model takes it. Synchronises the instance.
  OnlineState state(const Exec& exec);

 private:
  template <class View>
  static Points<Exec> copy(const Exec& exec, const View& rows) {
    const auto points = allocate<Points<Exec>>(exec, "OnlineFit::rows", rows.extent(0), rows.extent(1));
    copy_rows(exec, rows, 0, static_cast<Index>(rows.extent(0)), points);
    return points;
  }
  void add_rows(const Exec& exec, const DataSet<Exec>& rows, const std::vector<double>& weights, const std::vector<Index>& blocks, bool in_time);
  void add_pair_rows(const Exec& exec, const Points<Exec>& x, const Points<Exec>& y, const std::vector<double>& weights, const std::vector<Index>& blocks);

  struct Parts;
  std::unique_ptr<Parts> m_parts;
};

}  // namespace kswgd
