// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/kinetics/feynman_kac.hpp>

#include "../algebra/square_matrices.hpp"
#include "../estimator/corrected.hpp"
#include "../estimator/fold_pass.hpp"
#include "../estimator/sizes.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/estimator/diffusion.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/model/evaluate.hpp>
#include <kswgd/moments/accumulator.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/read_out.hpp>

#include <chrono>
#include <cmath>
#include <numeric>
#include <variant>

namespace kswgd {
namespace {

using detail::fold_count;

/// into += factor from
template <class Exec>
struct AxpyKernel {
  Matrix<Exec> into, from;
  double factor;
  Index rows;
  KOKKOS_FUNCTION void operator()(Index item) const { into(item % rows, item / rows) += factor * from(item % rows, item / rows); }
};

/// dirichlet(i, j) = kept dirichlet(i, j) + scale (extra - sign less)(low, high); extra holds its upper triangle.
template <class Exec>
struct FormKernel {
  Matrix<Exec> dirichlet, extra, less;
  double kept, scale, sign;
  KOKKOS_FUNCTION void operator()(Index i, Index j) const {
    const Index low = i < j ? i : j, high = i < j ? j : i;
    dirichlet(i, j) = kept * dirichlet(i, j) + scale * (extra(low, high) - sign * less(low, high));
  }
};

/// What stands in the form: E[c psi psi^T] beside the Dirichlet form, or E[grad psi . a grad psi^T] in its place, or both.
struct Terms {
  const std::vector<double>& rate;       // one for each point, or empty
  const std::vector<double>& diffusion;  // d x d, or empty
  double unit;                           // one normalised unit in the unit of the rate
};

/// The moments and the sum of the terms (upper triangle) over a part of the data.
template <class Exec>
struct TermSums {
  TermSums(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index p, bool on_manifold, bool plain_)
      : moments(exec, dictionary, p, on_manifold), extra(zeros<Matrix<Exec>>(exec, "fit_killed::extra", p, p)), plain(plain_) {}
  MomentAccumulator<Exec> moments;
  Matrix<Exec> extra;
  bool plain;  // the Dirichlet form of unit diffusion is part of the form
};

/// G and the form of the first p features, in units of the normalised coordinates; another part's taken away.
template <class Exec>
Forms<Exec> forms_of(const Exec& exec, const TermSums<Exec>& sums, Index p, const TermSums<Exec>* less = nullptr) {
  const auto moments = sums.moments.moments(exec, less ? &less->moments : nullptr, p);
  Kokkos::parallel_for(
      "kswgd::fit_killed::form", algebra::square_range(exec, p),
      FormKernel<Exec>{moments.dirichlet, sums.extra, less ? less->extra : sums.extra, sums.plain ? 1.0 : 0.0, 1 / moments.weight, less ? 1.0 : 0.0});
  return {moments.gram, moments.dirichlet, moments.weight};
}

template <class Exec>
void add(const Exec& exec, const TermSums<Exec>& from, TermSums<Exec>& into) {
  into.moments.add(exec, from.moments);
  algebra::add_square(exec, from.extra, into.extra);
}

std::vector<double> picked(const std::vector<double>& from, const std::vector<Index>& rows) {
  std::vector<double> values;
  for (const Index row : rows) values.push_back(from.empty() ? 1.0 : from[static_cast<std::size_t>(row)]);
  return values;
}

/// The sums of each fold.
template <class Exec>
std::vector<TermSums<Exec>> sum_folds(const Exec& exec, const DataSet<Exec>& source, const Terms& terms, const ModelData& model, const Geometry<Exec>& geometry,
                                      AnyDictionary<Exec>& dictionary, Index p, const FitOptions<Exec>& options) {
  const Index n = source.size(), rows_at_once = std::min(n, rows_of_tile(2 * dictionary.size()));
  std::vector<TermSums<Exec>> folds;
  for (int fold = 0; fold < fold_count; ++fold) folds.emplace_back(exec, dictionary, p, !geometry.is_euclidean(), terms.diffusion.empty());
  MomentTile<Exec> tile(exec, dictionary, rows_at_once, geometry.codimension());
  const auto psi = allocate<Matrix<Exec>>(exec, "fit_killed::psi", rows_at_once, p);
  const Index d = source.dimension();
  const auto slope = terms.diffusion.empty() ? Matrix<Exec>() : allocate<Matrix<Exec>>(exec, "fit_killed::slope", rows_at_once, p);
  const auto root = terms.diffusion.empty() ? std::vector<double>() : diffusion_root(terms.diffusion, d);
  const detail::RowFolds of_row(n, {}, source.is_ordered(), options.seed);
  detail::walk_folds(exec, source, model.frame.normalisation, 0, n, rows_at_once, of_row, [&](int fold, const std::vector<Index>& rows, const Points<Exec>& x) {
    const std::vector<double> weights = picked(source.weights(), rows);
    TermSums<Exec>& sums = folds[static_cast<std::size_t>(fold)];
    std::vector<Points<Exec>> normals;
    for (Index which = 0; which < geometry.codimension(); ++which) {
      normals.push_back(allocate<Points<Exec>>(exec, "fit_killed::normals", x.extent(0), x.extent(1)));
      geometry.normal(exec, which, x, normals.back());
    }
    tile.evaluate(exec, x, source.weights().empty() ? Vector<Exec>() : to_device(exec, weights), std::accumulate(weights.begin(), weights.end(), 0.0), normals);
    sums.moments.add(exec, tile);
    const Matrix<Exec> part = Kokkos::subview(psi, std::pair<std::size_t, std::size_t>(0, rows.size()), Kokkos::ALL);
    const Index count = static_cast<Index>(rows.size());
    const auto entries = index_range(exec, count * p);
    if (!terms.rate.empty()) {
      std::vector<double> killed = picked(terms.rate, rows);
      for (std::size_t i = 0; i < killed.size(); ++i) killed[i] *= weights[i] / terms.unit;
      dictionary.evaluate(exec, x, part);
      algebra::scale_by_roots(exec, to_device(exec, killed), part);
      algebra::add_gram(exec, 1, part, sums.extra);
    }
    const Matrix<Exec> derivative = terms.diffusion.empty() ? part : Matrix<Exec>(Kokkos::subview(slope, Span(0, count), Kokkos::ALL));
    for (Index j = 0; j < d && !terms.diffusion.empty(); ++j) {  // row j of L^T grad psi, a = L L^T
      Kokkos::deep_copy(exec, part, 0.0);
      for (Index k = j; k < d; ++k) {
        const double factor = root[static_cast<std::size_t>(k * d + j)];
        if (factor == 0) continue;
        dictionary.gradient(exec, x, k, derivative);
        Kokkos::parallel_for("kswgd::fit_killed::slope", entries, AxpyKernel<Exec>{part, derivative, factor, count});
      }
      if (!source.weights().empty()) algebra::scale_by_roots(exec, to_device(exec, weights), part);
      algebra::add_gram(exec, 1, part, sums.extra);
    }
  });
  return folds;
}

/// Eigenpairs over all features of the model, in the caller's units; a ground state is positive on average.
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

template <class Exec>
ModelData fit_terms(const Exec& exec, const DataSet<Exec>& source, const std::vector<double>& rate, const std::vector<double>& diffusion,
                    const FitOptions<Exec>& options) {
  const auto started = std::chrono::steady_clock::now();
  require(options.normals.extent(0) == 0, "fit_killed", [] { return "normals of the caller's own cannot be used here: name the manifold in the geometry"; });
  require(diffusion.empty() || options.geometry.is_euclidean(), "fit_with_diffusion", [] { return "a diffusion matrix needs Euclidean space"; });
  if (!diffusion.empty()) diffusion_root(diffusion, source.dimension());  // refuses what is no diffusion matrix
  FitOptions<Exec> density = options;
  density.modes = 0;
  density.read_out_modes = 0;
  // Made again from the model's data after the density is fitted: without them that work would be for nothing.
  if (options.dictionary)
    density.dictionary = [&](const Exec& on, const Normalisation& normalisation, const Points<Exec>& sample) {
      FittedDictionary<Exec> made = options.dictionary(on, normalisation, sample);
      require(!std::holds_alternative<std::monostate>(made.data), diffusion.empty() ? "fit_killed" : "fit_with_diffusion",
              [] { return "a dictionary of the caller's own that a model cannot hold cannot be used here: it must come with its data"; });
      return made;
    };
  ModelData model = fit_generator(exec, source, density);
  const double unit = 1 / (model.frame.normalisation.scale * model.frame.normalisation.scale);
  const EigenSolver<Exec> solver = options.solver ? options.solver : dense_solver<Exec>();

  AnyDictionary<Exec> dictionary = make_dictionary(exec, model.dictionary);
  const Geometry<Exec> geometry(exec, model.frame.geometry, model.frame.normalisation);
  const std::vector<Index> levels = detail::read_out_features(model.density.levels);
  const auto folds =
      sum_folds(exec, embedded(exec, source, model.frame.geometry), {rate, diffusion, unit}, model, geometry, dictionary, levels.back(), options);
  TermSums<Exec> all(exec, dictionary, levels.back(), !geometry.is_euclidean(), diffusion.empty());
  for (const auto& fold : folds) add(exec, fold, all);
  const FoldedForms<Exec> forms{forms_of(exec, all, levels.back()),
                                [&](int fold, Index features) { return forms_of(exec, all, features, &folds[static_cast<std::size_t>(fold)]); }, fold_count};
  const bool killed = !rate.empty();
  const RawReadOut raw = read_out(exec, forms, levels, std::max<Index>(1, options.read_out_modes), killed ? Operator::killed : Operator::generator, solver);
  const Index features = levels[raw.level < 0 ? levels.size() - 1 : static_cast<std::size_t>(raw.level)];
  const auto gram = copy_block(exec, forms.all.gram, features), form = copy_block(exec, forms.all.form, features);
  model.spectrum.pairs = finish(killed ? killed_eigenpairs(exec, gram, form, options.modes + 1, solver, options.regularisation)
                                       : generator_eigenpairs(exec, gram, form, options.modes, solver, options.regularisation),
                                model.density.moments, unit);
  if (options.read_out_modes > 0) model.spectrum.read_out = detail::corrected(raw, unit);
  model.spectrum.kind = killed ? SpectrumKind::killed : SpectrumKind::diffusion;
  model.provenance.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return model;
}

void check_rate(const std::vector<double>& rate, Index points) {
  require(static_cast<Index>(rate.size()) == points, "fit_killed",
          [&] { return "there must be one killing rate for each of the " + std::to_string(points) + " points, got " + std::to_string(rate.size()); });
  for (std::size_t i = 0; i < rate.size(); ++i)
    require(std::isfinite(rate[i]) && rate[i] >= 0, "fit_killed",
            [&] { return "killing rates must be finite and not negative, but rate " + std::to_string(i) + " is " + std::to_string(rate[i]); });
}

}  // namespace

template <ExecutionSpace Exec>
ModelData fit_killed(const Exec& exec, const DataSet<Exec>& source, const std::vector<double>& rate, const FitOptions<Exec>& options) {
  check_rate(rate, source.size());
  return fit_terms(exec, source, rate, {}, options);
}

template <ExecutionSpace Exec>
ModelData fit_with_diffusion(const Exec& exec, const DataSet<Exec>& source, const std::vector<double>& a, const FitOptions<Exec>& options,
                             const std::vector<double>& rate) {
  if (!rate.empty()) check_rate(rate, source.size());
  require(!a.empty(), "fit_with_diffusion", [] { return "the diffusion matrix is empty"; });
  return fit_terms(exec, source, rate, a, options);
}

std::vector<double> overlaps_with_one(const ModelData& model) {
  std::vector<double> overlaps(static_cast<std::size_t>(model.spectrum.pairs.size()), 0.0);
  for (std::size_t k = 0; k < overlaps.size(); ++k)
    for (std::size_t a = 0; a < model.spectrum.pairs.vectors.extent(0); ++a)
      overlaps[k] += model.density.moments.gram(a, 0) * model.spectrum.pairs.vectors(a, k);
  return overlaps;
}

std::vector<double> survival_probability(const ModelData& model, const std::vector<double>& times) {
  const auto overlaps = overlaps_with_one(model);
  std::vector<double> alive(times.size(), 0.0);
  for (std::size_t t = 0; t < times.size(); ++t)
    for (std::size_t k = 0; k < overlaps.size(); ++k) alive[t] += overlaps[k] * overlaps[k] * std::exp(-model.spectrum.pairs.values(k) * times[t]);
  return alive;
}

template <ExecutionSpace Exec>
HostMatrix survival_probability(const Exec& exec, const ModelData& model, const Points<Exec>& x, const std::vector<double>& times) {
  const auto overlaps = overlaps_with_one(model);
  const auto modes = to_host(exec, evaluate_eigenfunctions(exec, model, x, false).values);
  const HostMatrix alive("kswgd::survival_probability", x.extent(0), times.size());
  for (std::size_t t = 0; t < times.size(); ++t)
    for (std::size_t k = 0; k < overlaps.size(); ++k) {
      const double factor = overlaps[k] * std::exp(-model.spectrum.pairs.values(k) * times[t]);
      for (std::size_t i = 0; i < x.extent(0); ++i) alive(i, t) += factor * modes(i, k);
    }
  return alive;
}

template <ExecutionSpace Exec>
std::vector<double> conditioned_weights(const Exec& exec, const DataSet<Exec>& source, const ModelData& model) {
  const Index n = source.size();
  std::vector<double> weights;
  walk_tiles(exec, source, source.dimension(), [&](Index first, Index count, const Points<Exec>& part) {
    const auto ground = to_host(exec, evaluate_eigenfunctions(exec, model, part, false, 1).values);
    for (Index i = 0; i < count; ++i)
      weights.push_back(ground(i, 0) * ground(i, 0) * (source.weights().empty() ? 1.0 : source.weights()[static_cast<std::size_t>(first + i)]));
  });
  const double mean = std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(n);
  for (double& w : weights) w /= mean;
  return weights;
}

std::vector<double> tilted_weights(const std::vector<double>& w, const std::vector<double>& weights) {
  require(!w.empty() && (weights.empty() || weights.size() == w.size()), "tilted_weights",
          [&] { return "there must be as many values of W as weights, got " + std::to_string(w.size()) + " and " + std::to_string(weights.size()); });
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

#define KSWGD_INSTANTIATE(EXEC)                                                                                                                              \
  template ModelData fit_killed(const EXEC&, const DataSet<EXEC>&, const std::vector<double>&, const FitOptions<EXEC>&);                                     \
  template ModelData fit_with_diffusion(const EXEC&, const DataSet<EXEC>&, const std::vector<double>&, const FitOptions<EXEC>&, const std::vector<double>&); \
  template HostMatrix survival_probability(const EXEC&, const ModelData&, const Points<EXEC>&, const std::vector<double>&);                                  \
  template std::vector<double> conditioned_weights(const EXEC&, const DataSet<EXEC>&, const ModelData&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
