// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/kinetics/feynman_kac.hpp>

#include "../estimator/corrected.hpp"
#include "../estimator/fold_pass.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/model/evaluate.hpp>
#include <kswgd/moments/accumulator.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/read_out.hpp>

#include <chrono>
#include <cmath>
#include <numeric>

namespace kswgd {
namespace {

using detail::fold_count;

constexpr Index finest_level = 400;  // landmarks of its own: finer levels overfit and cost p^2 a fold

/// psi(i, a) *= sqrt(value(i))
template <class Exec>
struct RootKernel {
  Matrix<Exec> psi;
  Vector<Exec> value;
  Index rows;
  KOKKOS_FUNCTION void operator()(Index item) const { psi(item % rows, item / rows) *= Kokkos::sqrt(value(item % rows)); }
};

/// form(i, j) = dirichlet(i, j) + scale (killing - sign less)(low, high); killing holds its upper triangle.
template <class Exec>
struct FormKernel {
  Matrix<Exec> dirichlet, killing, less;
  double scale, sign;
  Index p;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % p, j = item / p, low = i < j ? i : j, high = i < j ? j : i;
    dirichlet(i, j) += scale * (killing(low, high) - sign * less(low, high));
  }
};

/// The moments and sum w c psi psi^T (upper triangle) of a part of the data.
template <class Exec>
struct KilledSums {
  KilledSums(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index p, bool on_manifold)
      : moments(exec, dictionary, p, on_manifold), killing(Kokkos::view_alloc(exec, "kswgd::fit_killed::killing"), p, p) {}
  MomentAccumulator<Exec> moments;
  Matrix<Exec> killing;
};

/// G and D + E[c psi psi^T], the rate in units of the normalised coordinates; another part's taken away.
template <class Exec>
Forms<Exec> forms_of(const Exec& exec, const KilledSums<Exec>& sums, const KilledSums<Exec>* less = nullptr) {
  const auto moments = sums.moments.moments(exec, less ? &less->moments : nullptr);
  const Index p = static_cast<Index>(sums.killing.extent(0));
  Kokkos::parallel_for("kswgd::fit_killed::form", Kokkos::RangePolicy<Exec, Kokkos::IndexType<Index>>(exec, 0, p * p),
                       FormKernel<Exec>{moments.dirichlet, sums.killing, less ? less->killing : sums.killing, 1 / moments.weight, less ? 1.0 : 0.0, p});
  return {moments.gram, moments.dirichlet, moments.weight};
}

template <class Exec>
void add(const Exec& exec, const KilledSums<Exec>& from, KilledSums<Exec>& into) {
  into.moments.add(exec, from.moments);
  const auto a = into.killing, b = from.killing;
  const Index p = static_cast<Index>(a.extent(0));
  Kokkos::parallel_for("kswgd::fit_killed::add", Kokkos::RangePolicy<Exec, Kokkos::IndexType<Index>>(exec, 0, p * p),
                       KOKKOS_LAMBDA(Index item) { a(item % p, item / p) += b(item % p, item / p); });
}

std::vector<double> picked(const std::vector<double>& from, const std::vector<Index>& rows) {
  std::vector<double> values;
  for (const Index row : rows) values.push_back(from.empty() ? 1.0 : from[static_cast<std::size_t>(row)]);
  return values;
}

template <class Exec>
Vector<Exec> on_device(const Exec& exec, const std::vector<double>& values) {
  return to_device(exec, Kokkos::View<const double*, Kokkos::HostSpace, Kokkos::MemoryUnmanaged>(values.data(), values.size()));
}

/// The sums of each fold. `unit` turns a rate into the normalised coordinates' unit.
template <class Exec>
std::vector<KilledSums<Exec>> sum_folds(const Exec& exec, const PointSource<Exec>& source, const std::vector<double>& rate, double unit,
                                        const ModelData& model, const Geometry<Exec>& geometry, AnyDictionary<Exec>& dictionary, Index p,
                                        const FitOptions<Exec>& options) {
  const Index n = source.size(), rows_at_once = std::min(n, rows_of_tile(2 * dictionary.size()));
  std::vector<KilledSums<Exec>> folds;
  for (int fold = 0; fold < fold_count; ++fold) folds.emplace_back(exec, dictionary, p, !geometry.is_euclidean());
  MomentTile<Exec> tile(exec, dictionary, rows_at_once, geometry.codimension());
  const auto psi = allocate<Matrix<Exec>>(exec, "fit_killed::psi", rows_at_once, p);
  const detail::RowFolds of_row(n, {}, options.correlated, options.seed);
  detail::walk_folds(exec, source, model.normalisation, 0, n, rows_at_once, of_row, [&](int fold, const std::vector<Index>& rows, const Points<Exec>& x) {
    const std::vector<double> weights = picked(source.weights(), rows);
    std::vector<double> killed = picked(rate, rows);
    for (std::size_t i = 0; i < killed.size(); ++i) killed[i] *= weights[i] / unit;
    KilledSums<Exec>& sums = folds[static_cast<std::size_t>(fold)];
    std::vector<Points<Exec>> normals;
    for (Index which = 0; which < geometry.codimension(); ++which) {
      normals.push_back(allocate<Points<Exec>>(exec, "fit_killed::normals", x.extent(0), x.extent(1)));
      geometry.normal(exec, which, x, normals.back());
    }
    tile.evaluate(exec, x, source.weights().empty() ? Vector<Exec>() : on_device(exec, weights), std::accumulate(weights.begin(), weights.end(), 0.0),
                  normals);
    sums.moments.add(exec, tile);
    const Matrix<Exec> part = Kokkos::subview(psi, std::pair<std::size_t, std::size_t>(0, rows.size()), Kokkos::ALL);
    dictionary.evaluate(exec, x, part);
    const Index count = static_cast<Index>(rows.size());
    Kokkos::parallel_for("kswgd::fit_killed::weigh", Kokkos::RangePolicy<Exec, Kokkos::IndexType<Index>>(exec, 0, count * p),
                         RootKernel<Exec>{part, on_device(exec, killed), count});
    algebra::add_gram(exec, 1, part, sums.killing);
  });
  return folds;
}

/// Eigenpairs over all features of the model, in the caller's units; the ground state is positive on average.
Eigenpairs finish(const Eigenpairs& pairs, const Moments& moments, double unit) {
  const std::size_t held = pairs.vectors.extent(0), r = static_cast<std::size_t>(pairs.size());
  Eigenpairs result{HostVector("kswgd::fit_killed::values", r), HostMatrix("kswgd::fit_killed::vectors", moments.size(), r),
                    HostVector("kswgd::fit_killed::residuals", r), pairs.report};
  for (std::size_t j = 0; j < r; ++j) {
    double mean = 0;
    for (std::size_t a = 0; a < held; ++a) mean += moments.gram(a, 0) * pairs.vectors(a, j);
    const double sign = j == 0 && mean < 0 ? -1 : 1;
    for (std::size_t a = 0; a < held; ++a) result.vectors(a, j) = sign * pairs.vectors(a, j);
    result.values(j) = pairs.values(j) * unit;
    result.residuals(j) = pairs.residuals(j);
  }
  return result;
}

}  // namespace

template <ExecutionSpace Exec>
ModelData fit_killed(const Exec& exec, const PointSource<Exec>& source, const std::vector<double>& rate, const FitOptions<Exec>& options) {
  const auto started = std::chrono::steady_clock::now();
  require(static_cast<Index>(rate.size()) == source.size(), "fit_killed", [&] {
    return "there must be one killing rate for each of the " + std::to_string(source.size()) + " points, got " + std::to_string(rate.size());
  });
  for (std::size_t i = 0; i < rate.size(); ++i)
    require(std::isfinite(rate[i]) && rate[i] >= 0, "fit_killed", [&] {
      return "killing rates must be finite and not negative, but rate " + std::to_string(i) + " is " + std::to_string(rate[i]);
    });
  require(options.normals.extent(0) == 0, "fit_killed", [] { return "normals of the caller's own cannot be used here: name the manifold in the geometry"; });
  FitOptions<Exec> density = options;
  density.modes = 0;
  density.read_out_modes = 0;
  ModelData model = fit_generator(exec, source, density);
  const double unit = 1 / (model.normalisation.scale * model.normalisation.scale);
  const EigenSolver<Exec> solver = options.solver ? options.solver : dense_solver<Exec>();

  AnyDictionary<Exec> dictionary = make_dictionary(exec, model.dictionary);
  const Geometry<Exec> geometry(exec, model.geometry, model.normalisation);
  std::vector<Index> level_features;
  for (const LevelData& level : model.levels)
    if (level_features.empty() || level.last_landmark - level.first_landmark <= finest_level)
      level_features.push_back(level.features);
  const auto folds = sum_folds(exec, embedded(exec, source, model.geometry), rate, unit, model, geometry, dictionary, level_features.back(), options);
  KilledSums<Exec> all(exec, dictionary, level_features.back(), !geometry.is_euclidean());
  for (const auto& fold : folds) add(exec, fold, all);
  const FoldedForms<Exec> forms{forms_of(exec, all), [&](int fold) { return forms_of(exec, all, &folds[static_cast<std::size_t>(fold)]); },
                                [&](int fold) { return forms_of(exec, folds[static_cast<std::size_t>(fold)]); }, fold_count};
  const RawReadOut raw = read_out(exec, forms, level_features, std::max<Index>(1, options.read_out_modes), Spectrum::killed, solver);
  const Index features = level_features[static_cast<std::size_t>(raw.level < 0 ? static_cast<int>(level_features.size()) - 1 : raw.level)];
  model.eigenpairs = finish(killed_eigenpairs(exec, copy_block(exec, forms.all.gram, features), copy_block(exec, forms.all.form, features),
                                              options.modes + 1, solver),
                            model.moments, unit);
  if (options.read_out_modes > 0) model.read_out = detail::corrected(raw, unit);
  model.provenance.estimator = killed_estimator;
  model.provenance.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return model;
}

std::vector<double> overlaps_with_one(const ModelData& model) {
  std::vector<double> overlaps(static_cast<std::size_t>(model.eigenpairs.size()), 0.0);
  for (std::size_t k = 0; k < overlaps.size(); ++k)
    for (std::size_t a = 0; a < model.eigenpairs.vectors.extent(0); ++a) overlaps[k] += model.moments.gram(a, 0) * model.eigenpairs.vectors(a, k);
  return overlaps;
}

std::vector<double> survival_probability(const ModelData& model, const std::vector<double>& times) {
  const auto overlaps = overlaps_with_one(model);
  std::vector<double> alive(times.size(), 0.0);
  for (std::size_t t = 0; t < times.size(); ++t)
    for (std::size_t k = 0; k < overlaps.size(); ++k) alive[t] += overlaps[k] * overlaps[k] * std::exp(-model.eigenpairs.values(k) * times[t]);
  return alive;
}

template <ExecutionSpace Exec>
HostMatrix survival_probability(const Exec& exec, const ModelData& model, const Points<Exec>& x, const std::vector<double>& times) {
  const auto overlaps = overlaps_with_one(model);
  const auto modes = to_host(exec, evaluate_eigenfunctions(exec, model, x, false).values);
  const HostMatrix alive("kswgd::survival_probability", x.extent(0), times.size());
  for (std::size_t t = 0; t < times.size(); ++t)
    for (std::size_t k = 0; k < overlaps.size(); ++k) {
      const double factor = overlaps[k] * std::exp(-model.eigenpairs.values(k) * times[t]);
      for (std::size_t i = 0; i < x.extent(0); ++i) alive(i, t) += factor * modes(i, k);
    }
  return alive;
}

template <ExecutionSpace Exec>
std::vector<double> conditioned_weights(const Exec& exec, const PointSource<Exec>& source, const ModelData& model) {
  const Index n = source.size(), rows = std::min(n, rows_of_tile(source.dimension()));
  const auto tile = allocate<Points<Exec>>(exec, "conditioned_weights::tile", rows, source.dimension());
  std::vector<double> weights;
  for (Index first = 0; first < n; first += rows) {
    const Index count = std::min(rows, n - first);
    const Points<Exec> part = Kokkos::subview(tile, std::pair<Index, Index>(0, count), Kokkos::ALL);
    source.read(exec, first, count, part);
    const auto ground = to_host(exec, evaluate_eigenfunctions(exec, model, part, false, 1).values);
    for (Index i = 0; i < count; ++i)
      weights.push_back(ground(i, 0) * ground(i, 0) * (source.weights().empty() ? 1.0 : source.weights()[static_cast<std::size_t>(first + i)]));
  }
  const double mean = std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(n);
  for (double& w : weights) w /= mean;
  return weights;
}

std::vector<double> tilted_weights(const std::vector<double>& w, const std::vector<double>& weights) {
  require(!w.empty() && (weights.empty() || weights.size() == w.size()), "tilted_weights", [&] {
    return "there must be as many values of W as weights, got " + std::to_string(w.size()) + " and " + std::to_string(weights.size());
  });
  for (std::size_t i = 0; i < w.size(); ++i)
    require(std::isfinite(w[i]), "tilted_weights", [&] { return "W must be finite, but value " + std::to_string(i) + " is " + std::to_string(w[i]); });
  const double least = *std::min_element(w.begin(), w.end());
  std::vector<double> tilted(w.size());
  for (std::size_t i = 0; i < w.size(); ++i) tilted[i] = std::exp(least - w[i]) * (weights.empty() ? 1.0 : weights[i]);
  const double mean = std::accumulate(tilted.begin(), tilted.end(), 0.0) / static_cast<double>(w.size());
  require(mean > 0, "tilted_weights", [] { return "all weights are zero"; });
  for (double& weight : tilted) weight /= mean;
  return tilted;
}

double effective_samples(const std::vector<double>& weights) {
  double sum = 0, square = 0;
  for (const double w : weights) {
    sum += w;
    square += w * w;
  }
  return square > 0 ? sum * sum / square : 0;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                     \
  template ModelData fit_killed(const EXEC&, const PointSource<EXEC>&, const std::vector<double>&, const FitOptions<EXEC>&);        \
  template HostMatrix survival_probability(const EXEC&, const ModelData&, const Points<EXEC>&, const std::vector<double>&);         \
  template std::vector<double> conditioned_weights(const EXEC&, const PointSource<EXEC>&, const ModelData&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
