// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../algebra/square_matrices.hpp"
#include "fold_pass.hpp"
#include "pair_pass.hpp"
#include "reversible.hpp"
#include "sizes.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/estimator/edmd.hpp>
#include <kswgd/spectrum/factorisation.hpp>

#include <chrono>
#include <cmath>

namespace kswgd {
namespace {

using detail::fold_count;

/// Sums over pairs: G over both ends (upper triangle), C from the first to the second.
template <class Exec>
struct PairSums {
  PairSums(const Exec& exec, Index p)
      : gram(zeros<Matrix<Exec>>(exec, "edmd::gram", p, p)), correlation(zeros<Matrix<Exec>>(exec, "edmd::correlation", p, p)) {}
  Matrix<Exec> gram, correlation;
  double weight = 0;
};

template <class Exec>
struct FormsKernel {
  Matrix<Exec> gram, correlation, less_gram, less_correlation, out_gram, out_form;
  double scale, sign;
  KOKKOS_FUNCTION void operator()(Index i, Index j) const {
    const Index low = i < j ? i : j, high = i < j ? j : i;
    out_gram(i, j) = scale * (gram(low, high) - sign * less_gram(low, high));
    out_form(i, j) = scale * (correlation(i, j) + correlation(j, i) - sign * (less_correlation(i, j) + less_correlation(j, i))) / 2;
  }
};

/// Averages G and sym(C) of the first p features, those of another part taken away.
template <class Exec>
Forms<Exec> forms_of(const Exec& exec, const PairSums<Exec>& sums, Index p, const PairSums<Exec>* less = nullptr) {
  const double weight = sums.weight - (less ? less->weight : 0);
  const Forms<Exec> forms{allocate<Matrix<Exec>>(exec, "edmd::gram", p, p), allocate<Matrix<Exec>>(exec, "edmd::form", p, p), weight};
  const PairSums<Exec>& other = less ? *less : sums;
  Kokkos::parallel_for("kswgd::edmd::forms", algebra::square_range(exec, p),
                       FormsKernel<Exec>{sums.gram, sums.correlation, other.gram, other.correlation, forms.gram, forms.form, 1 / weight, less ? 1.0 : 0.0});
  return forms;
}

template <class Exec>
void add(const Exec& exec, const PairSums<Exec>& from, PairSums<Exec>& into) {
  algebra::add_square(exec, from.gram, into.gram);
  algebra::add_square(exec, from.correlation, into.correlation);
  into.weight += from.weight;
}

/// Sums of each fold (stretches of time over all pairs in order) over the first p features.
template <class Exec>
std::vector<PairSums<Exec>> sum_pairs(const Exec& exec, const DataSet<Exec>& source, Index lag, const Normalisation& normalisation,
                                      AnyDictionary<Exec>& dictionary, Index p, const std::function<void(const char*, double)>& progress) {
  std::vector<PairSums<Exec>> folds;
  for (int fold = 0; fold < fold_count; ++fold) folds.emplace_back(exec, p);
  detail::walk_pairs(exec, source, lag, normalisation, dictionary, p, fold_count, progress,
                     [&](Index fold, double weight, const Matrix<Exec>& x, const Matrix<Exec>& y) {
                       PairSums<Exec>& sums = folds[static_cast<std::size_t>(fold)];
                       algebra::add_gram(exec, 0.5, x, sums.gram);
                       algebra::add_gram(exec, 0.5, y, sums.gram);
                       algebra::multiply(exec, 1, algebra::Op::transposed, x, algebra::Op::none, y, 1, sums.correlation);
                       sums.weight += weight;
                     });
  return folds;
}

/// -log(mu) / tau of the values from 0.3 on; the first smaller one ends the list.
std::vector<double> rates(const std::vector<double>& mu, double tau) {
  std::vector<double> lambda;
  for (const double value : mu) {
    if (!(value >= smallest_mu)) break;
    lambda.push_back(-std::log(std::min(value, 1.0)) / tau);
  }
  return lambda;
}

ReadOut in_rates(const RawReadOut& raw, double tau) {
  ReadOut result;
  result.level = raw.level;
  result.in_sample = rates(raw.in_sample, tau);
  result.cross_fitted = rates(raw.cross_fitted, tau);
  const std::size_t count = std::min(result.in_sample.size(), result.cross_fitted.size());
  result.in_sample.resize(count);
  result.cross_fitted.resize(count);
  for (std::size_t j = 0; j < count; ++j) {
    result.values.push_back(std::sqrt(result.in_sample[j] * result.cross_fitted[j]));
    result.spread.push_back(raw.spread[j] / (raw.in_sample[j] * tau));  // d lambda = d mu / (mu tau)
  }
  return result;
}

/// Koopman pairs as eigenpairs of the generator over all p features, without those that say nothing.
Eigenpairs in_rates(const Eigenpairs& koopman, Index features, double tau) {
  Index kept = 1;
  while (kept < koopman.size() && koopman.values(kept) >= smallest_mu) ++kept;
  Eigenpairs result{HostVector("kswgd::edmd::values", kept), HostMatrix("kswgd::edmd::vectors", features, kept), HostVector("kswgd::edmd::residuals", kept),
                    koopman.report};
  for (Index j = 0; j < kept; ++j) {
    result.values(j) = j == 0 ? 0 : -std::log(std::min(koopman.values(j), 1.0)) / tau;
    result.residuals(j) = koopman.residuals(j);
    for (std::size_t a = 0; a < koopman.vectors.extent(0); ++a) result.vectors(a, j) = koopman.vectors(a, j);
  }
  return result;
}

/// How many normalised units of the generator one unit of 1 / time is: the leading mode's Dirichlet energy against its rate.
template <class Exec>
double unit_of_time(const Exec& exec, const ModelData& model) {
  if (model.spectrum.pairs.size() < 2 || !(model.spectrum.pairs.values(1) > 0)) return 1;
  const HostMatrix leading("kswgd::edmd::leading", model.density.moments.size(), 1);
  Kokkos::deep_copy(Kokkos::subview(leading, Kokkos::ALL, 0), Kokkos::subview(model.spectrum.pairs.vectors, Kokkos::ALL, 1));
  return model.spectrum.pairs.values(1) / project(exec, leading, Matrix<Exec>(to_device(exec, model.density.moments.dirichlet)), leading)(0, 0);
}

}  // namespace

namespace detail {

template <ExecutionSpace Exec>
ReversiblePairs reversible_pairs(const Exec& exec, const DataSet<Exec>& source, Index lag, const Normalisation& normalisation, AnyDictionary<Exec>& dictionary,
                                 const std::vector<Index>& levels, Index modes, Index read_modes, const EigenSolver<Exec>& solver,
                                 const std::function<void(const char*, double)>& progress) {
  const Index p = levels.back();
  const auto folds = sum_pairs(exec, source, lag, normalisation, dictionary, p, progress);
  PairSums<Exec> all(exec, p);
  for (const auto& fold : folds) add(exec, fold, all);
  require(all.weight > 0, "fit_edmd", [] { return "the weights of the first frames of the pairs add up to nothing"; });
  const FoldedForms<Exec> forms{forms_of(exec, all, p),
                                [&](int fold, Index features) { return forms_of(exec, all, features, &folds[static_cast<std::size_t>(fold)]); }, fold_count};
  ReversiblePairs result;
  result.raw = read_out(exec, forms, levels, std::max<Index>(1, read_modes), Operator::koopman, solver);
  result.features = levels[static_cast<std::size_t>(std::max(result.raw.level, 0))];
  if (modes > 0)
    result.koopman = edmd_eigenpairs(exec, copy_block(exec, forms.all.gram, result.features), copy_block(exec, forms.all.form, result.features), modes, solver);
  return result;
}

}  // namespace detail

template <ExecutionSpace Exec>
ModelData fit_edmd(const Exec& exec, const DataSet<Exec>& source, Index lag, const FitOptions<Exec>& options) {
  const auto started = std::chrono::steady_clock::now();
  check_pairs(source, lag, "fit_edmd");

  FitOptions<Exec> density = options;
  density.modes = 0;
  density.read_out_modes = 0;
  ModelData model = fit_generator(exec, source, density);
  const EigenSolver<Exec> solver = options.solver ? options.solver : dense_solver<Exec>();

  AnyDictionary<Exec> dictionary = make_dictionary(exec, model.dictionary);
  const std::vector<Index> level_features = detail::read_out_features(model.density.levels);
  const auto pairs = detail::reversible_pairs(exec, embedded(exec, source, model.frame.geometry), lag, model.frame.normalisation, dictionary, level_features,
                                              options.modes, options.read_out_modes, solver, options.progress);
  const double tau = static_cast<double>(lag) * source.trajectories().dt;
  if (options.read_out_modes > 0) model.spectrum.read_out = in_rates(pairs.raw, tau);
  if (options.modes > 0) model.spectrum.pairs = in_rates(pairs.koopman, model.density.moments.size(), tau);
  model.spectrum.unit = unit_of_time(exec, model);
  model.spectrum.kind = SpectrumKind::edmd;
  model.spectrum.lag_time = tau;
  model.provenance.samples = pair_count(source.trajectories(), lag);
  model.provenance.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return model;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                                   \
  template detail::ReversiblePairs detail::reversible_pairs(const EXEC&, const DataSet<EXEC>&, Index, const Normalisation&, AnyDictionary<EXEC>&, \
                                                            const std::vector<Index>&, Index, Index, const EigenSolver<EXEC>&,                    \
                                                            const std::function<void(const char*, double)>&);                                     \
  template ModelData fit_edmd(const EXEC&, const DataSet<EXEC>&, Index, const FitOptions<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
