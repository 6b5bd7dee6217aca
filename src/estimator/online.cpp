// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fold_pass.hpp"
#include "online_sums.hpp"
#include "sizes.hpp"

#include <Kokkos_Profiling_ScopedRegion.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/estimator/online.hpp>
#include <kswgd/data/rows.hpp>
#include <kswgd/model/marginals.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kswgd {
namespace {

/// What 400 landmarks on the finest level are the default for.
constexpr Index default_landmarks = 400;

/// A layout anew waits until the stream has grown by a quarter: the sums of the sample cost as many rows as it holds.
constexpr double growth_between_layouts = 1.25;

/// Weights grow with each call where older rows are to count less; beyond this all sums are made smaller.
constexpr double largest_growth = 1e60;

/// Rows that say something of the share beyond the guard.
constexpr double fewest_recent = 500;

/// Counts rows with a coordinate that is not finite.
template <class Exec>
struct NotFiniteKernel {
  Points<Exec> x;
  KOKKOS_FUNCTION void operator()(Index i, Index& count) const {
    bool finite = true;
    for (std::size_t k = 0; k < x.extent(1); ++k) finite = finite && Kokkos::isfinite(x(i, k));
    count += finite ? 0 : 1;
  }
};

/// Throws InvalidInput that names row and column of `all` where a coordinate of the tile of it is not finite.
template <class Exec>
void check_finite(const Exec& exec, const Points<Exec>& tile, const DataSet<Exec>& all) {
  Index count = 0;
  Kokkos::parallel_reduce("kswgd::OnlineFit::finite", index_range(exec, static_cast<Index>(tile.extent(0))), NotFiniteKernel<Exec>{tile}, count);
  if (count > 0) require_finite(exec, all);
}

}  // namespace

Index landmarks_within(double flops_per_row, Index dimension) {
  require(std::isfinite(flops_per_row) && flops_per_row > 0 && dimension >= 1, "landmarks_within",
          [&] { return "flops must be finite and positive, got " + std::to_string(flops_per_row); });
  constexpr Index most = Index{1} << 40, largest = 400 << 10;
  const Index polynomials = detail::carries_quadratics(most, dimension) ? 1 + dimension + dimension * (dimension + 1) / 2 : 1 + 2 * dimension;
  double gaussians = 0;
  Index best = 6;
  for (const Index size : level_sizes(most, largest)) {
    gaussians += static_cast<double>(size);
    const double p = static_cast<double>(polynomials) + gaussians;
    if (p * p + 2 * gaussians * gaussians > flops_per_row) break;
    best = size;
  }
  return best;
}

template <ExecutionSpace Exec>
struct OnlineFit<Exec>::Parts {
  OnlineOptions<Exec> options;
  Index dimension;
  Reservoir<Exec> sample;
  std::optional<Reservoir<Exec>> pair_sample;
  std::unique_ptr<detail::OnlineSums<Exec>> sums;
  double seen = 0, pairs_seen = 0, layouts = 0, seen_at_layout = 0;  // of all ranks
  double recent = 0, recent_outside = 0;                             // rows of all ranks, those of first_rows rows ago count half
  double growth = 1, growth_per_add = 1;                             // weight of a row of now
  bool in_time = false;                                              // rows came with blocks

  Parts(const Exec& exec, Index columns, const OnlineOptions<Exec>& asked)
      : options(checked(asked, columns)), dimension(columns), sample(exec, asked.reservoir, columns, asked.fit.seed) {
    if (options.lag_time > 0) pair_sample.emplace(exec, asked.reservoir, 2 * columns, asked.fit.seed + 1);
  }

  static OnlineOptions<Exec> checked(OnlineOptions<Exec> options, Index columns) {
    const char* function = "OnlineFit";
    require(columns >= 1, function, [] { return "rows need at least one coordinate"; });
    require(options.fit.hold_out <= 0, function, [] { return "nothing can be held out of a stream: keep some rows of it yourself"; });
    require(options.fit.normals.extent(0) == 0, function, [] { return "normals of the caller's own are for fit_generator"; });
    require(options.first_rows >= 20 && options.reservoir >= options.first_rows, function, [&] {
      return "first_rows must be at least 20 and the reservoir no smaller, got " + std::to_string(options.first_rows) + " and " +
             std::to_string(options.reservoir);
    });
    require(options.most_outside > 0, function, [&] { return "most_outside must be positive, got " + std::to_string(options.most_outside); });
    require(std::isfinite(options.lag_time) && options.lag_time >= 0, function,
            [&] { return "lag_time must be finite and not negative, got " + std::to_string(options.lag_time); });
    require(options.first_row >= 0, function, [] { return "first_row must not be negative"; });
    options.fit.hold_out = 0;
    if (options.fit.features == 0) options.fit.features = options.flops_per_row > 0 ? landmarks_within(options.flops_per_row, columns) : default_landmarks;
    return options;
  }

  const Reduction& ranks() const { return options.ranks; }

  /// Where this rank's rows begin among those of all ranks, and how many these are.
  std::pair<Index, Index> place(Index count) const {
    if (ranks().is_alone()) return {0, count};
    std::vector<double> counts(static_cast<std::size_t>(ranks().size()), 0.0);
    counts[static_cast<std::size_t>(ranks().rank())] = static_cast<double>(count);
    ranks().sum(counts);
    return {static_cast<Index>(std::accumulate(counts.begin(), counts.begin() + ranks().rank(), 0.0)),
            static_cast<Index>(std::accumulate(counts.begin(), counts.end(), 0.0))};
  }

  /// Throws InvalidInput unless weights and blocks fit so many rows.
  static void check_numbers(Index count, const std::vector<double>& weights, const std::vector<Index>& blocks) {
    require(weights.empty() || static_cast<Index>(weights.size()) == count, "OnlineFit::add",
            [&] { return "there must be one weight for each of the " + std::to_string(count) + " rows, got " + std::to_string(weights.size()); });
    require(blocks.size() <= 1 || static_cast<Index>(blocks.size()) == count, "OnlineFit::add",
            [&] { return "there must be one block for all, or for each of the " + std::to_string(count) + " rows, got " + std::to_string(blocks.size()); });
    for (std::size_t i = 0; i < weights.size(); ++i)
      require(std::isfinite(weights[i]) && weights[i] >= 0, "OnlineFit::add",
              [&] { return "weights must be finite and not negative, but weight " + std::to_string(i) + " is " + std::to_string(weights[i]); });
    for (const Index block : blocks) require(block >= 0, "OnlineFit::add", [&] { return "blocks are numbers from 0 on, got " + std::to_string(block); });
  }

  /// What the rows [first, first + count) of a call weigh now, and which folds they belong to; the first row of the call has the number first_id.
  std::pair<std::vector<double>, std::vector<int>> weigh(Index first, Index count, Index first_id, const std::vector<double>& weights,
                                                         const std::vector<Index>& blocks) const {
    const IndexedRandom random(options.fit.seed, streams::folds);  // as RowFolds
    std::vector<double> now(static_cast<std::size_t>(count), growth);
    std::vector<int> folds(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < now.size(); ++i) {
      const std::size_t row = static_cast<std::size_t>(first) + i;
      if (!weights.empty()) now[i] *= weights[row];
      folds[i] = static_cast<int>(blocks.empty() ? random.below(fold_count, static_cast<std::uint64_t>(first_id) + row)
                                                 : static_cast<std::uint64_t>(blocks[blocks.size() == 1 ? 0 : row] % fold_count));
    }
    return {std::move(now), std::move(folds)};
  }

  /// The sample as data, without weights where all rows weigh the same.
  static DataSet<Exec> as_data(const Exec& exec, const StreamSample<Exec>& rows, bool ordered) {
    DataSet<Exec> data = make_source(exec, rows.points);
    data.set_order(ordered ? Order::in_time : Order::independent);
    const auto [least, most] = std::minmax_element(rows.weights.begin(), rows.weights.end());
    if (!rows.weights.empty() && *most > *least * (1 + 1e-12)) data.set_weights(rows.weights);
    return data;
  }

  /// whole: the data are all rows, and what is noted of them stays.
  void lay_out(const Exec& exec, const DataSet<Exec>& data, bool whole) {
    const Kokkos::Profiling::ScopedRegion region("kswgd::OnlineFit::lay_out");
    FitOptions<Exec> of_all = options.fit;
    of_all.rows_per_feature = 0;  // the sums are of all rows of the stream
    auto base = detail::lay_foundation(exec, data, of_all, "OnlineFit");
    if (!whole) base.model.provenance.notes.clear();
    in_time = base.data.is_ordered();
    if (base.frame.is_mapped() && !pair_sample) detail::shorten_read_out(base);
    sums = std::make_unique<detail::OnlineSums<Exec>>(exec, std::move(base), static_cast<bool>(pair_sample));
    ++layouts;
    seen_at_layout = seen;
    recent = recent_outside = 0;
  }

  /// The sums of the sample, each row with what it stands for: this rank adds its share of them.
  void add_sample(const Exec& exec, const StreamSample<Exec>& rows, bool pairs) {
    const Span share = ranks().share(static_cast<Index>(rows.weights.size()));
    const Index begin = share.first, end = share.second;
    if (begin == end) return;
    const std::vector<double> weights(rows.weights.begin() + begin, rows.weights.begin() + end);
    const std::vector<int> folds(rows.tags.begin() + begin, rows.tags.begin() + end);
    const auto part = [&](Index first) { return sums->inside(exec, Kokkos::subview(rows.points, Span(begin, end), Span(first, first + dimension))); };
    if (pairs) {
      sums->add_pairs(exec, part(0), part(dimension), weights, folds);
    } else {
      sums->add(exec, part(0), weights, folds);
    }
  }

  void lay_out(const Exec& exec) {
    const StreamSample<Exec> rows = sample.sample(exec, ranks());
    lay_out(exec, as_data(exec, rows, in_time), static_cast<double>(rows.weights.size()) == seen);
    add_sample(exec, rows, false);
    if (pair_sample) add_sample(exec, pair_sample->sample(exec, ranks()), true);
  }

  bool is_out_of_date() const {
    if (!sums) return seen >= static_cast<double>(options.first_rows);
    if (seen_at_layout > 0 && seen_at_layout < static_cast<double>(options.first_rows) && seen >= static_cast<double>(options.first_rows)) return true;
    return recent >= fewest_recent && recent_outside > options.most_outside * recent && seen >= growth_between_layouts * seen_at_layout;
  }

  /// Weights of now and before, so much smaller that they stay numbers.
  void shrink(const Exec& exec) {
    const double factor = 1 / growth;
    sample.scale_weights(factor);
    if (pair_sample) pair_sample->scale_weights(factor);
    if (sums) sums->scale(exec, factor);
    growth = 1;
  }

  /// What a state holds beside sums and samples.
  std::vector<double> numbers() const {
    return {seen,
            pairs_seen,
            layouts,
            seen_at_layout,
            recent,
            recent_outside,
            growth,
            growth_per_add,
            in_time ? 1.0 : 0.0,
            static_cast<double>(options.fit.features),
            options.fit.bandwidth,
            options.lag_time};
  }

  /// Options of a fit that goes on from a state.
  static OnlineOptions<Exec> restored(const OnlineState& state, OnlineOptions<Exec> asked) {
    const char* function = "OnlineFit";
    require(state.numbers.size() == 12, function, [] { return "the state contradicts itself: counters are missing"; });
    const bool gaussian = std::holds_alternative<GaussianDictionaryData>(state.layout.dictionary);
    require(state.sums.empty() || gaussian, function,
            [] { return "the state has another dictionary than the default's Gaussians: such a fit cannot be restored"; });
    asked.fit.features = static_cast<Index>(state.numbers[9]);
    asked.fit.bandwidth = state.numbers[10];
    asked.lag_time = state.numbers[11];
    asked.fit.seed = state.rows.seed;
    asked.reservoir = state.rows.capacity;
    asked.first_rows = std::min(asked.first_rows, asked.reservoir);
    if (state.sums.empty()) return asked;
    asked.fit.geometry = state.layout.frame.geometry;
    asked.fit.coordinates = state.layout.frame.coordinates();
    asked.fit.columns = state.layout.columns;
    return asked;
  }
};

template <ExecutionSpace Exec>
OnlineFit<Exec>::OnlineFit(const Exec& exec, Index dimension, const OnlineOptions<Exec>& options)
    : m_parts(std::make_unique<Parts>(exec, dimension, options)) {}

template <ExecutionSpace Exec>
OnlineFit<Exec>::OnlineFit(const Exec& exec, const DataSet<Exec>& layout, const OnlineOptions<Exec>& options) : OnlineFit(exec, layout.dimension(), options) {
  m_parts->lay_out(exec, layout, true);
}

template <ExecutionSpace Exec>
OnlineFit<Exec>::OnlineFit(const Exec& exec, const OnlineState& state, const OnlineOptions<Exec>& options)
    : OnlineFit(exec, state.rows.dimension, Parts::restored(state, options)) {
  Parts& parts = *m_parts;
  parts.sample = Reservoir<Exec>(exec, state.rows);
  if (parts.pair_sample) parts.pair_sample.emplace(exec, state.pairs);
  if (!state.sums.empty()) {
    const auto none = DataSet<Exec>(0, state.layout.dimension(), [](const Exec&, Index, Index, const Points<Exec>&) {});
    detail::Foundation<Exec> base{
        none, none, {}, 0, {}, {}, Frame<Exec>(exec, state.layout.frame), make_dictionary(exec, state.layout.dictionary), state.level_features, state.layout};
    parts.sums = std::make_unique<detail::OnlineSums<Exec>>(exec, std::move(base), static_cast<bool>(parts.pair_sample));
    parts.sums->read(exec, state.sums);
  }
  std::size_t at = 0;
  for (double* number :
       {&parts.seen, &parts.pairs_seen, &parts.layouts, &parts.seen_at_layout, &parts.recent, &parts.recent_outside, &parts.growth, &parts.growth_per_add})
    *number = state.numbers[at++];
  parts.in_time = state.numbers[at] != 0;
}

template <ExecutionSpace Exec>
OnlineFit<Exec>::~OnlineFit() = default;
template <ExecutionSpace Exec>
OnlineFit<Exec>::OnlineFit(OnlineFit&&) noexcept = default;
template <ExecutionSpace Exec>
OnlineFit<Exec>& OnlineFit<Exec>::operator=(OnlineFit&&) noexcept = default;

template <ExecutionSpace Exec>
void OnlineFit<Exec>::add(const Exec& exec, const DataSet<Exec>& given) {
  DataSet<Exec> data = count_rows(exec, given).data;
  if (given.order() == Order::unknown) {  // the rows of a stream are of one kind
    const bool ordered = m_parts->sums || m_parts->seen > 0 ? m_parts->in_time : succession(exec, data).in_time();
    data.set_order(ordered ? Order::in_time : Order::independent);
  }
  const detail::RowFolds folds(data, m_parts->options.fit.seed);
  const auto [begin, end] = data.here();
  const Index d = data.dimension(), rows = rows_of_tile(d);
  const Index tiles = static_cast<Index>(m_parts->ranks().max(static_cast<double>((end - begin + rows - 1) / rows)));  // as many calls on each rank
  for (Index tile = 0; tile < tiles; ++tile) {
    const Index first = std::min(begin + tile * rows, end), count = std::min(rows, end - first);
    const auto x = allocate<Points<Exec>>(exec, "OnlineFit::tile", count, d);
    if (count > 0) data.read(exec, first, count, x);
    std::vector<Index> blocks;
    std::vector<double> weights;
    for (Index row = first; row < first + count; ++row) {
      blocks.push_back(folds(row));
      if (data.is_weighted()) weights.push_back(data.weight(row));
    }
    add_rows(exec, make_source(exec, x), weights, blocks, data.is_ordered());
  }
}

template <ExecutionSpace Exec>
void OnlineFit<Exec>::add_rows(const Exec& exec, const DataSet<Exec>& rows, const std::vector<double>& weights, const std::vector<Index>& blocks,
                               bool in_time) {
  const Kokkos::Profiling::ScopedRegion region("kswgd::OnlineFit::add");
  Parts& parts = *m_parts;
  const Index count = rows.size();
  require(rows.dimension() == parts.dimension, "OnlineFit::add",
          [&] { return "rows of " + std::to_string(parts.dimension) + " coordinates are expected, got " + std::to_string(rows.dimension()); });
  Parts::check_numbers(count, weights, blocks);
  // The tile in the library's coordinates, where there are any. Refuses rows that are not finite, or not on the manifold.
  const auto inside = [&](const Points<Exec>& tile) {
    check_finite(exec, tile, rows);
    return parts.sums ? parts.sums->inside(exec, tile) : Points<Exec>();
  };
  if (count > rows_of_tile(parts.dimension)) {  // all are looked at before any is kept
    walk_tiles(exec, rows, parts.dimension, [&](Index, Index, const Points<Exec>& tile) { inside(tile); });
  }
  const auto [before, all] = parts.place(count);
  const Index first_id = parts.options.first_row + static_cast<Index>(parts.seen) + before;
  double outside = 0;
  walk_tiles(exec, rows, parts.dimension, [&](Index first, Index in_tile, const Points<Exec>& tile) {
    const Points<Exec> x = inside(tile);
    const auto weighed = parts.weigh(first, in_tile, first_id, weights, blocks);
    const std::vector<int>& folds = weighed.second;
    parts.sample.add(exec, tile, first_id + first, weighed.first, {folds.begin(), folds.end()});
    if (!parts.sums) return;
    parts.sums->add(exec, x, weighed.first, folds);
    outside += static_cast<double>(parts.sums->outside(exec, x));
  });
  parts.seen += static_cast<double>(all);
  parts.in_time = parts.ranks().max(parts.in_time || in_time ? 1.0 : 0.0) > 0;
  if (parts.sums) {
    const double fade = std::exp2(-static_cast<double>(all) / static_cast<double>(parts.options.first_rows));
    parts.recent = fade * parts.recent + static_cast<double>(all);
    parts.recent_outside = fade * parts.recent_outside + parts.ranks().sum(outside);
  }
  if (parts.is_out_of_date()) parts.lay_out(exec);
  parts.growth *= parts.growth_per_add;
  if (parts.growth > largest_growth) parts.shrink(exec);
}

template <ExecutionSpace Exec>
void OnlineFit<Exec>::add_pair_rows(const Exec& exec, const Points<Exec>& x, const Points<Exec>& y, const std::vector<double>& weights,
                                    const std::vector<Index>& blocks) {
  Parts& parts = *m_parts;
  const char* function = "OnlineFit::add_pairs";
  require(static_cast<bool>(parts.pair_sample), function, [] { return "pairs need options.lag_time, the time between their ends"; });
  const Index count = static_cast<Index>(x.extent(0)), d = parts.dimension;
  require(y.extent(0) == x.extent(0) && static_cast<Index>(x.extent(1)) == d && static_cast<Index>(y.extent(1)) == d, function,
          [&] { return "both ends must have as many rows, of " + std::to_string(d) + " coordinates"; });
  Parts::check_numbers(count, weights, blocks);
  for (const auto& end : {x, y}) check_finite(exec, end, make_source(exec, end));
  const auto [before, all] = parts.place(count);
  const Index first_id = parts.options.first_row + static_cast<Index>(parts.pairs_seen) + before;
  const auto [now, folds] = parts.weigh(0, count, first_id, weights, blocks);
  const auto both = allocate<Points<Exec>>(exec, "OnlineFit::pairs", count, 2 * d);
  Kokkos::deep_copy(exec, Kokkos::subview(both, Kokkos::ALL, Span(0, d)), x);
  Kokkos::deep_copy(exec, Kokkos::subview(both, Kokkos::ALL, Span(d, 2 * d)), y);
  if (parts.sums) parts.sums->add_pairs(exec, parts.sums->inside(exec, x), parts.sums->inside(exec, y), now, folds);
  parts.pair_sample->add(exec, both, first_id, now, {folds.begin(), folds.end()});
  parts.pairs_seen += static_cast<double>(all);
}

template <ExecutionSpace Exec>
void OnlineFit<Exec>::merge(const Exec& exec, OnlineFit& other) {
  Parts &parts = *m_parts, &more = *other.m_parts;
  const char* function = "OnlineFit::merge";
  require(parts.sums && more.sums, function, [] { return "both fits must be laid out, and alike: from the same data, or from one state"; });
  require(parts.growth_per_add == 1 && more.growth_per_add == 1, function, [] { return "a fit that forgets cannot be merged: ages would be lost"; });
  const ModelData &mine = parts.sums->base().model, &theirs = more.sums->base().model;
  const auto same = [](const HostPoints& a, const HostPoints& b) {
    bool equal = a.extent(0) == b.extent(0) && a.extent(1) == b.extent(1);
    for (std::size_t k = 0; equal && k < a.extent(1); ++k)
      for (std::size_t i = 0; equal && i < a.extent(0); ++i) equal = a(i, k) == b(i, k);
    return equal;
  };
  require(same(mine.density.landmarks, theirs.density.landmarks) && mine.frame.normalisation.mean == theirs.frame.normalisation.mean &&
              parts.sums->base().level_features == more.sums->base().level_features && parts.options.lag_time == more.options.lag_time,
          function, [] { return "the fits have other landmarks or another lag: lay both out from the same data, or restore both from one state"; });
  parts.sums->add(exec, *more.sums);
  parts.sample.merge(exec, more.sample);
  if (parts.pair_sample) parts.pair_sample->merge(exec, *more.pair_sample);
  parts.seen += more.seen;
  parts.pairs_seen += more.pairs_seen;
  parts.recent += more.recent;
  parts.recent_outside += more.recent_outside;
  parts.in_time = parts.in_time || more.in_time;
}

template <ExecutionSpace Exec>
void OnlineFit<Exec>::forget(double half_life) {
  require(half_life > 0, "OnlineFit::forget", [&] { return "the half-life must be positive, got " + std::to_string(half_life); });
  m_parts->growth_per_add = std::exp2(1 / half_life);
}

template <ExecutionSpace Exec>
double OnlineFit<Exec>::outside() const {
  return m_parts->recent > 0 ? m_parts->recent_outside / m_parts->recent : 0;
}
template <ExecutionSpace Exec>
bool OnlineFit<Exec>::in_time() const {
  return m_parts->in_time;
}
template <ExecutionSpace Exec>
Index OnlineFit<Exec>::rows() const {
  return static_cast<Index>(m_parts->seen);
}
template <ExecutionSpace Exec>
Index OnlineFit<Exec>::layouts() const {
  return static_cast<Index>(m_parts->layouts);
}

template <ExecutionSpace Exec>
void OnlineFit<Exec>::lay_out(const Exec& exec) {
  m_parts->lay_out(exec);
}

template <ExecutionSpace Exec>
ModelData OnlineFit<Exec>::model(const Exec& exec) {
  const Kokkos::Profiling::ScopedRegion region("kswgd::OnlineFit::model");
  Parts& parts = *m_parts;
  if (!parts.sums) parts.lay_out(exec);
  ModelData model = parts.sums->model(exec, parts.options.fit, parts.ranks(), parts.seen, parts.options.lag_time);
  const StreamSample<Exec> rows = parts.sample.sample(exec, parts.ranks());
  if (!rows.weights.empty()) {
    const DataSet<Exec> data = Parts::as_data(exec, rows, parts.in_time);
    model.training_subset = detail::kept_points(exec, data, std::min(data.size(), detail::most_kept), parts.options.fit.seed);
    model.marginals = marginals_of(exec, data, parts.options.fit.seed);
  }
  model.provenance.rows = {static_cast<Index>(parts.seen), 0, {}, parts.in_time, 1};
  return model;
}

template <ExecutionSpace Exec>
OnlineState OnlineFit<Exec>::state(const Exec& exec) {
  Parts& parts = *m_parts;
  OnlineState state;
  state.rows = parts.sample.data(exec);
  if (parts.pair_sample) state.pairs = parts.pair_sample->data(exec);
  state.numbers = parts.numbers();
  if (!parts.sums) return state;
  state.layout = parts.sums->base().model;
  state.level_features = parts.sums->base().level_features;
  parts.sums->write(exec, state.sums);
  return state;
}

#define KSWGD_INSTANTIATE(EXEC) template class OnlineFit<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
