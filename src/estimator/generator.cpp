// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "corrected.hpp"
#include "fold_pass.hpp"
#include "sizes.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/moments/accumulator.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/read_out.hpp>

#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>

namespace kswgd {
namespace {

using detail::fold_count;

/// Held-out points are not weighted, so weighted data have none by themselves.
Index held_out_count(Index n, Index wanted, bool weighted) {
  require(wanted >= -1 && n - wanted >= 20, "fit_generator",
          [&] { return "hold_out must be -1 (automatic), or leave at least 20 of the " + std::to_string(n) + " points, got " + std::to_string(wanted); });
  if (wanted >= 0) return wanted;
  return weighted ? 0 : detail::automatic_hold_out(n);
}

/// Rows that are not in `without`, both ascending.
std::vector<Index> difference(const std::vector<Index>& rows, const std::vector<Index>& without) {
  std::vector<Index> rest;
  std::set_difference(rows.begin(), rows.end(), without.begin(), without.end(), std::back_inserter(rest));
  return rest;
}

/// Rows that stand for the law of the data without those held out: spread over them, or drawn by their weights (systematically: a row
/// of several shares comes several times). Ascending.
std::vector<Index> representative_rows(Index n, const std::vector<double>& weights, Index count, const std::vector<Index>& without, std::uint64_t seed) {
  if (weights.empty()) return difference(spread_rows(n, std::min(n, count), seed, 2), without);
  std::vector<double> shares = weights;
  for (const Index row : without) shares[static_cast<std::size_t>(row)] = 0;
  const double step = std::accumulate(shares.begin(), shares.end(), 0.0) / static_cast<double>(std::min(n, count));
  std::vector<Index> rows;
  double next = step * IndexedRandom(seed, 2).uniform(0), sum = 0;
  for (Index row = 0; row < n; ++row)
    for (sum += shares[static_cast<std::size_t>(row)]; next < sum; next += step) rows.push_back(row);
  return rows;
}

/// The sums over the data: those of each fold for the read-out's features, and of all for all features.
template <class Exec>
struct Sums {
  Sums(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index read_out_features, bool folded, bool on_manifold)
      : all(exec, dictionary, dictionary.size(), on_manifold),
        leading(folded && read_out_features < dictionary.size() ? MomentAccumulator<Exec>(exec, dictionary, read_out_features, on_manifold) : all),
        shared(folded && read_out_features == dictionary.size()) {
    for (int fold = 0; folded && fold < fold_count; ++fold) folds.emplace_back(exec, dictionary, read_out_features, on_manifold);
  }
  void add(const Exec& exec, int fold, const MomentTile<Exec>& tile) {
    if (!folds.empty()) folds[static_cast<std::size_t>(fold)].add(exec, tile);
    if (!shared) all.add(exec, tile);
  }
  /// After the walk: the folds together (where they hold all features, that is `all` as well).
  void finish(const Exec& exec) {
    for (const auto& fold : folds) leading.add(exec, fold);
    if (shared) all = leading;
  }
  MomentAccumulator<Exec> all, leading;
  std::vector<MomentAccumulator<Exec>> folds;
  bool shared;
};

template <class Exec>
Forms<Exec> forms_of(const typename MomentAccumulator<Exec>::Result& moments) {
  return {moments.gram, moments.dirichlet, moments.weight};
}

template <class Exec>
ReadOut corrected_spectrum(const Exec& exec, const Sums<Exec>& sums, const typename MomentAccumulator<Exec>::Result& moments, const Eigenpairs* of_all,
                           const std::vector<Index>& level_features, Index modes, double unit, const EigenSolver<Exec>& solver) {
  FoldedForms<Exec> forms;
  forms.all = forms_of<Exec>(sums.shared ? moments : sums.leading.moments(exec));
  forms.without = [&](int fold, Index features) { return forms_of<Exec>(sums.leading.moments(exec, &sums.folds[static_cast<std::size_t>(fold)], features)); };
  forms.folds = fold_count;
  if (sums.shared) forms.known = of_all;
  return detail::corrected(read_out(exec, forms, level_features, modes, Operator::generator, solver), unit);
}

/// The default: {1, x_i, x_i x_j} and the Gaussians of all levels; the quadratics only where the data can carry them.
template <class Exec>
FittedDictionary<Exec> nested_gaussians(const Exec& exec, const NestedLandmarks& nested, Index d, Index fitted) {
  const GaussianDictionaryData data{d, detail::carries_quadratics(fitted, d), nested.landmarks, nested.widths};
  return {GaussianDictionary<Exec>(exec, data), data};
}

/// The levels of the flow. A dictionary that is not nested has one: guarded by the finest landmarks, its steps as long as the
/// coarsest ones are apart.
template <class Exec>
std::vector<LevelData> levels_of(const AnyDictionary<Exec>& dictionary, const NestedLandmarks& nested) {
  std::vector<LevelData> levels = nested.levels;
  for (LevelData& level : levels) level.features = dictionary.size() - dictionary.landmark_features() + level.last_landmark;
  if (levels.back().features == dictionary.size()) return levels;
  LevelData only = levels.back();
  only.width = levels.front().width;
  only.features = dictionary.size();
  return {only};
}

/// Unit normals at the rows of the data that a tile holds.
template <class Exec>
std::vector<Points<Exec>> normals_of(const Exec& exec, const Geometry<Exec>& geometry, const Points<Exec>& given, const std::vector<Index>& rows,
                                     const Points<Exec>& x) {
  const Index count = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1));
  std::vector<Points<Exec>> normals;
  if (given.extent(0) > 0) {
    const auto index = to_device(exec, rows);
    for (Index first = 0; first < static_cast<Index>(given.extent(1)); first += d) {
      normals.push_back(allocate<Points<Exec>>(exec, "fit::normals", count, d));
      const Points<Exec> from = Kokkos::subview(given, Kokkos::ALL, Span(first, first + d));
      detail::gather("kswgd::fit::normals", exec, from, index, normals.back());
    }
    exec.fence("kswgd::fit::normals: the list of rows is freed");
    return normals;
  }
  for (Index which = 0; which < geometry.codimension(); ++which) {
    normals.push_back(allocate<Points<Exec>>(exec, "fit::normals", count, d));
    geometry.normal(exec, which, x, normals.back());
  }
  return normals;
}

}  // namespace

template <ExecutionSpace Exec>
ModelData fit_generator(const Exec& exec, const DataSet<Exec>& points, const FitOptions<Exec>& options) {
  const auto started = std::chrono::steady_clock::now();
  require(options.features == 0 || options.features >= 4, "fit_generator",
          [&] { return "features must be 0 (automatic) or at least 4, got " + std::to_string(options.features); });
  require(options.modes >= 0 && options.read_out_modes >= 0, "fit_generator", [] { return "modes must not be negative"; });
  require(options.bandwidth == 0 || (std::isfinite(options.bandwidth) && options.bandwidth > 0), "fit_generator",
          [&] { return "bandwidth must be 0 (automatic) or a finite positive number, got " + std::to_string(options.bandwidth); });
  const auto progress = [&](const char* stage, double done) {
    if (options.progress) options.progress(stage, done);
  };
  const EigenSolver<Exec> solver = options.solver ? options.solver : dense_solver<Exec>();

  progress("normalisation", 0);
  ModelData model;
  model.frame.geometry = located(exec, points, options.geometry);
  const DataSet<Exec> source = embedded(exec, points, model.frame.geometry);
  const Index n = source.size(), d = source.dimension();
  model.frame.normalisation = normalisation_of(exec, source);
  const double unit = 1 / (model.frame.normalisation.scale * model.frame.normalisation.scale);
  const detail::RowFolds folds(n, spread_rows(n, held_out_count(n, options.hold_out, !source.weights().empty()), options.seed, 1), source.is_ordered(),
                               options.seed);
  const Index fitted = n - static_cast<Index>(folds.held_out().size());
  if (!folds.held_out().empty()) model.held_out = to_host(exec, gather_rows(exec, points, folds.held_out()));
  model.training_subset = to_host(exec, gather_rows(exec, points, representative_rows(n, source.weights(), detail::most_kept, folds.held_out(), options.seed)));

  progress("landmarks", 0);
  std::vector<Index> candidates = spread_rows(n, std::min(n, detail::most_landmark_candidates), options.seed, 3);
  const auto sample = gather_rows(exec, source, difference(candidates, folds.held_out()));
  normalise(exec, model.frame.normalisation, static_cast<Index>(sample.extent(0)), sample);
  const NestedLandmarks nested = nested_landmarks(exec, sample, fitted, {options.features, options.bandwidth / model.frame.normalisation.scale, options.seed});
  FittedDictionary<Exec> fitted_dictionary = options.dictionary ? options.dictionary(exec, model.frame.normalisation, sample)
                                                                : nested_gaussians(exec, nested, d, fitted);
  AnyDictionary<Exec>& dictionary = fitted_dictionary.dictionary;
  require(!dictionary.empty() && dictionary.dimension() == d && dictionary.size() >= 2, "fit_generator",
          [&] { return "the dictionary must have at least 2 features on the " + std::to_string(d) + " coordinates of the data"; });
  model.dictionary = fitted_dictionary.data;
  model.density.landmarks = nested.landmarks;
  model.density.levels = levels_of(dictionary, nested);

  progress("moments", 0);
  const Geometry<Exec> geometry(exec, model.frame.geometry, model.frame.normalisation);
  const Index normals_given = static_cast<Index>(options.normals.extent(1));
  require(options.normals.extent(0) == 0 || (static_cast<Index>(options.normals.extent(0)) == n && normals_given % d == 0 && normals_given > 0),
          "fit_generator", [&] {
            return "normals must be " + std::to_string(n) + " x a multiple of " + std::to_string(d) + ", but are " + std::to_string(options.normals.extent(0)) +
                   " x " + std::to_string(normals_given);
          });
  const Index normals = options.normals.extent(0) > 0 ? normals_given / d : geometry.codimension();
  const std::vector<Index> level_features = detail::read_out_features(model.density.levels);
  const bool folded = options.read_out_modes > 0;
  Sums<Exec> sums(exec, dictionary, level_features.back(), folded, normals > 0);
  const Index tile_rows = std::min(n, rows_of_tile(dictionary.size()));
  std::optional<MomentTile<Exec>> tile(std::in_place, exec, dictionary, tile_rows, normals);
  detail::walk_folds(exec, source, model.frame.normalisation, 0, n, tile_rows, folds, [&](int fold, const std::vector<Index>& rows, const Points<Exec>& x) {
    Vector<Exec> weights;
    auto total = static_cast<double>(rows.size());
    if (!source.weights().empty()) {
      const HostVector host("kswgd::fit::weights", rows.size());
      for (std::size_t i = 0; i < rows.size(); ++i) host(i) = source.weights()[static_cast<std::size_t>(rows[i])];
      total = std::accumulate(host.data(), host.data() + host.extent(0), 0.0);
      weights = to_device(exec, host);
    }
    tile->evaluate(exec, x, weights, total, normals_of(exec, geometry, options.normals, rows, x));
    sums.add(exec, fold, *tile);
    progress("moments", static_cast<double>(rows.back() + 1) / static_cast<double>(n));
  });
  exec.fence("kswgd::fit: the tile is freed");
  tile.reset();
  sums.finish(exec);
  const auto moments = sums.all.moments(exec);
  sums.all = sums.leading;  // frees the sums of the finest levels
  require(moments.weight > 0, "fit_generator", [] { return "the weights of the points that were not held out add up to nothing"; });
  // On the host these are the same arrays: nothing writes to them from here on.
  model.density.moments = {to_host(exec, moments.gram), to_host(exec, moments.dirichlet), static_cast<double>(fitted)};

  progress("eigenpairs", 0);
  model.spectrum.unit = unit;
  if (options.modes > 0) {
    model.spectrum.pairs = generator_eigenpairs(exec, moments.gram, moments.dirichlet, options.modes, solver, options.regularisation);
  }
  progress("read-out", 0);
  if (folded) {
    const bool as_folds = options.regularisation == default_regularisation;
    model.spectrum.read_out =
        corrected_spectrum(exec, sums, moments, as_folds ? &model.spectrum.pairs : nullptr, level_features, options.read_out_modes, unit, solver);
  }
  for (Index k = 0; k < model.spectrum.pairs.size(); ++k) model.spectrum.pairs.values(k) *= unit;
  model.provenance.samples = fitted;
  model.provenance.seed = options.seed;
  model.provenance.backend = Exec::name();
  model.provenance.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  progress("fit", 1);
  return model;
}

#define KSWGD_INSTANTIATE(EXEC) template ModelData fit_generator(const EXEC&, const DataSet<EXEC>&, const FitOptions<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
