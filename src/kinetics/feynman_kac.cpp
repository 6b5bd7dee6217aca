// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/kinetics/feynman_kac.hpp>

#include "../estimator/foundation.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/estimator/diffusion.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/model/evaluate.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/read_out.hpp>

#include <cmath>
#include <numeric>

namespace kswgd {
namespace {

template <class Exec>
ModelData fit_terms(const Exec& exec, const DataSet<Exec>& data, const std::vector<double>& rate, const std::vector<double>& diffusion,
                    const FitOptions<Exec>& options) {
  const bool killed = data.ranks().max(rate.empty() ? 0 : 1) > 0, metric = !diffusion.empty();
  const char* const function = metric ? "fit_with_diffusion" : "fit_killed";
  require(options.normals.extent(0) == 0, function, [] { return "normals of the caller's own cannot be used here: name the manifold in the geometry"; });
  require(!metric || options.geometry.is_euclidean(), function, [] { return "a diffusion matrix needs Euclidean space"; });
  if (metric) diffusion_root(diffusion, data.dimension());  // refuses what is no diffusion matrix
  auto base = detail::lay_foundation(exec, data, options, function);
  const detail::OperatorTerms terms{killed ? &rate : nullptr, metric ? &diffusion : nullptr};
  const auto sums = detail::sum_moments(exec, base, options, base.read_out_features(), terms);
  detail::read_operator(exec, base, options, sums, killed);
  base.model.spectrum.diffusion = diffusion;
  base.model.spectrum.kind = killed ? SpectrumKind::killed : SpectrumKind::diffusion;
  return detail::finish(std::move(base), options);
}

template <class Exec>
void check_rate(const std::vector<double>& rate, const DataSet<Exec>& data) {
  const Index points = data.here().second - data.here().first;
  require(static_cast<Index>(rate.size()) == points, "fit_killed",
          [&] { return "there must be one killing rate for each of the " + std::to_string(points) + " points, got " + std::to_string(rate.size()); });
  for (std::size_t i = 0; i < rate.size(); ++i)
    require(std::isfinite(rate[i]) && rate[i] >= 0, "fit_killed",
            [&] { return "killing rates must be finite and not negative, but rate " + std::to_string(i) + " is " + std::to_string(rate[i]); });
}

}  // namespace

template <ExecutionSpace Exec>
ModelData fit_killed(const Exec& exec, const DataSet<Exec>& source, const std::vector<double>& rate, const FitOptions<Exec>& options) {
  check_rate(rate, source);
  return fit_terms(exec, source, rate, {}, options);
}

template <ExecutionSpace Exec>
ModelData fit_with_diffusion(const Exec& exec, const DataSet<Exec>& source, const std::vector<double>& a, const FitOptions<Exec>& options,
                             const std::vector<double>& rate) {
  if (!rate.empty()) check_rate(rate, source);
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
  std::vector<double> weights;
  const Eigenfunctions<Exec> functions(exec, model, 1);
  walk_tiles(exec, source, source.dimension(), [&](Index first, Index count, const Points<Exec>& part) {
    const auto ground = to_host(exec, functions.values(exec, part));
    for (Index i = 0; i < count; ++i) weights.push_back(ground(i, 0) * ground(i, 0) * source.weight(first + i));
  });
  const double mean = source.ranks().sum(std::accumulate(weights.begin(), weights.end(), 0.0)) / static_cast<double>(source.size());
  for (double& w : weights) w /= mean;
  return weights;
}

std::vector<double> tilted_weights(const std::vector<double>& w, const std::vector<double>& weights, const Reduction& ranks) {
  require((!w.empty() || !ranks.is_alone()) && (weights.empty() || weights.size() == w.size()), "tilted_weights",
          [&] { return "there must be as many values of W as weights, got " + std::to_string(w.size()) + " and " + std::to_string(weights.size()); });
  for (std::size_t i = 0; i < w.size(); ++i)
    require(std::isfinite(w[i]), "tilted_weights", [&] { return "W must be finite, but value " + std::to_string(i) + " is " + std::to_string(w[i]); });
  double least = -HUGE_VAL;
  for (const double value : w) least = std::max(least, -value);
  least = -ranks.max(least);
  std::vector<double> tilted(w.size());
  for (std::size_t i = 0; i < w.size(); ++i) tilted[i] = std::exp(least - w[i]) * (weights.empty() ? 1.0 : weights[i]);
  std::vector<double> sums{std::accumulate(tilted.begin(), tilted.end(), 0.0), static_cast<double>(w.size())};
  ranks.sum(sums);
  const double mean = sums[0] / sums[1];
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
