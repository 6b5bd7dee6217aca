// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "foundation.hpp"
#include "../moments/pair_pass.hpp"
#include "reversible.hpp"
#include "sizes.hpp"

#include <Kokkos_Profiling_ScopedRegion.hpp>
#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/estimator/edmd.hpp>
#include <kswgd/spectrum/factorisation.hpp>

#include <cmath>

namespace kswgd {
namespace {

/// The sums of each fold over all ranks: stretches of time over all pairs in order, over the first p features.
template <class Exec>
FoldSums<Exec> sum_pairs(const Exec& exec, const DataSet<Exec>& source, Index lag, AnyDictionary<Exec>& dictionary, Index p,
                         const std::function<void(const char*, double)>& progress) {
  FoldSums<Exec> sums(exec, dictionary, p, {Form::correlation});
  detail::walk_pairs(exec, source, lag, dictionary, p, detail::PairBlocks(source, lag, Index{fold_count}), progress,
                     [&](Index fold, const std::vector<Index>&, double weight, const Matrix<Exec>& x, const Matrix<Exec>& y) {
                       sums.fold(static_cast<int>(fold)).add_pairs(exec, weight, x, y);
                     });
  sums.reduce(exec, source.ranks());
  sums.close(exec);
  return sums;
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

/// A fit takes fewer pairs than check_pairs lets pass.
void require_pairs(const TrajectoryLayout& layout, Index lag) {
  require(lag >= 1, "fit_edmd", [&] { return "the lag must be at least 1 step, got " + std::to_string(lag); });
  const Index pairs = pair_count(layout, lag);
  require(pairs > 0, "fit_edmd", [&] { return "no trajectory is longer than the lag of " + std::to_string(lag) + " steps"; });
  require(pairs >= detail::fewest_fitted, "fit_edmd", [&] {
    return "there are " + std::to_string(pairs) + " pairs at lag " + std::to_string(lag) + ", at least " + std::to_string(detail::fewest_fitted) +
           " are needed: take a shorter lag";
  });
}

/// The data with no weight on the first frame of each pair that has an end among the rows held out (ascending).
template <class Exec>
DataSet<Exec> without_pairs(const DataSet<Exec>& data, const std::vector<Index>& held_out, Index lag) {
  if (held_out.empty()) return data;
  const auto [begin, end] = data.here();
  std::vector<double> weights;
  for (Index row = begin; row < end; ++row) weights.push_back(data.weight(row));
  for (const Index held : held_out)
    for (const Index row : {held - lag, held})
      if (row >= begin && row < end) weights[static_cast<std::size_t>(row - begin)] = 0;
  DataSet<Exec> result = data;
  result.set_weights(std::move(weights));
  return result;
}

}  // namespace

namespace detail {

Index density_features(const std::vector<Index>& levels, Index all) {
  Index features = levels.front();
  for (const Index level : levels)
    if (level == all || level <= all / 5) features = level;
  return features;
}

template <ExecutionSpace Exec>
ReversiblePairs reversible_pairs(const Exec& exec, const DataSet<Exec>& source, Index lag, AnyDictionary<Exec>& dictionary, const std::vector<Index>& levels,
                                 Index modes, Index read_modes, const EigenSolver<Exec>& solver, const std::function<void(const char*, double)>& progress) {
  return reversible_pairs(exec, sum_pairs(exec, source, lag, dictionary, levels.back(), progress), levels, modes, read_modes, solver);
}

template <ExecutionSpace Exec>
ReversiblePairs reversible_pairs(const Exec& exec, const FoldSums<Exec>& sums, const std::vector<Index>& levels, Index modes, Index read_modes,
                                 const EigenSolver<Exec>& solver) {
  require(sums.total().weight() > 0, "fit_edmd", [] { return "the weights of the first frames of the pairs add up to nothing"; });
  const FoldedForms<Exec> forms = sums.forms(exec);
  ReversiblePairs result;
  result.raw = read_out(exec, forms, levels, std::max<Index>(1, read_modes), Operator::koopman, solver);
  result.features = levels[static_cast<std::size_t>(std::max(result.raw.level, 0))];
  if (modes > 0)
    result.koopman = edmd_eigenpairs(exec, copy_block(exec, forms.all.gram, result.features), copy_block(exec, forms.all.form, result.features), modes, solver);
  return result;
}

template <ExecutionSpace Exec>
void put_rates(const Exec& exec, ModelData& model, const ReversiblePairs& pairs, double tau, const FitOptions<Exec>& options) {
  model.spectrum.kind = SpectrumKind::edmd;
  model.spectrum.lag_time = tau;
  if (options.read_out_modes > 0) model.spectrum.read_out = in_rates(pairs.raw, tau);
  if (options.modes > 0) model.spectrum.pairs = in_rates(pairs.koopman, model.density.moments.size(), tau);
  model.spectrum.unit = unit_of_time(exec, model);
}

}  // namespace detail

template <ExecutionSpace Exec>
ModelData fit_edmd(const Exec& exec, const DataSet<Exec>& data, Index lag, const FitOptions<Exec>& options) {
  require_pairs(data.trajectories(), lag);
  const Kokkos::Profiling::ScopedRegion region("kswgd::fit_edmd");
  DataSet<Exec> frames = data;
  frames.set_order(Order::in_time);
  auto base = detail::lay_foundation(exec, frames, options, "fit_edmd");
  const Index folded = options.read_out_modes > 0 ? detail::density_features(base.level_features, base.dictionary.size()) : 0;
  detail::sum_moments(exec, base, options, folded, {.metric = false});
  const auto pairs = detail::reversible_pairs(exec, base.frame.inside(exec, without_pairs(frames, base.held_out, lag)), lag, base.dictionary,
                                              base.level_features, options.modes, options.read_out_modes, detail::solver_of(options), options.progress);
  detail::put_rates(exec, base.model, pairs, static_cast<double>(lag) * data.trajectories().dt, options);
  base.model.provenance.samples = pair_count(data.trajectories(), lag);
  return detail::finish(std::move(base), options);
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                                               \
  template detail::ReversiblePairs detail::reversible_pairs(const EXEC&, const DataSet<EXEC>&, Index, AnyDictionary<EXEC>&, const std::vector<Index>&, Index, \
                                                            Index, const EigenSolver<EXEC>&, const std::function<void(const char*, double)>&);                \
  template detail::ReversiblePairs detail::reversible_pairs(const EXEC&, const FoldSums<EXEC>&, const std::vector<Index>&, Index, Index,                      \
                                                            const EigenSolver<EXEC>&);                                                                        \
  template void detail::put_rates(const EXEC&, ModelData&, const ReversiblePairs&, double, const FitOptions<EXEC>&);                                          \
  template ModelData fit_edmd(const EXEC&, const DataSet<EXEC>&, Index, const FitOptions<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
