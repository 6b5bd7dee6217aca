// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/model/learned_potential.hpp>
#include <kswgd/support/random_streams.hpp>

#include <cmath>

namespace kswgd {
namespace {

/// The trajectories in D coordinates, or in one of the others.
template <int D, int... Others, class Exec>
Points<Exec> dispatch(const Exec& exec, const ModelData& model, const Points<Exec>& starts, const LangevinOptions& options) {
  if (model.dimension() == D) return simulate_langevin(exec, point_potential<D>(exec, model), starts, options);
  if constexpr (sizeof...(Others) > 0) {
    return dispatch<Others...>(exec, model, starts, options);
  } else {
    throw InvalidInput("kswgd::simulate: a learned potential can be simulated in 1 to 8 or 10 coordinates, the model has " + std::to_string(model.dimension()));
  }
}

}  // namespace

template <ExecutionSpace Exec>
Points<Exec> simulate_learned(const Exec& exec, const ModelData& model, LangevinOptions options) {
  if (!(options.temperature > 0)) options.temperature = 1;
  const Index kept = rows(model.training_subset), d = model.dimension();
  require(options.trajectories >= 1 && kept >= 1, "simulate", [] { return "trajectories must be at least 1, and the model must keep training points"; });
  const HostPoints starts("kswgd::simulate::starts", options.trajectories, d);
  const IndexedRandom random(options.seed, streams::learned_starts);
  for (Index i = 0; i < options.trajectories; ++i) {
    const auto row = static_cast<Index>(random.below(static_cast<std::uint64_t>(kept), static_cast<std::uint64_t>(i)));
    for (Index k = 0; k < d; ++k) starts(i, k) = model.training_subset(row, k);
  }
  if (options.substeps <= 0) {  // E|grad V|^2 = -2 J
    const double square = std::abs(2 * model.log_density.held_out), longest = static_cast<double>(d) / (20 * square * options.temperature);
    options.substeps = square > 0 ? std::max(1, static_cast<int>(std::ceil(std::min(1e6, options.dt / longest)))) : 1;
  }
  return dispatch<1, 2, 3, 4, 5, 6, 7, 8, 10>(exec, model, Points<Exec>(to_device(exec, starts)), options);
}

#define KSWGD_INSTANTIATE(EXEC) template Points<EXEC> simulate_learned(const EXEC&, const ModelData&, LangevinOptions);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
