// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "sizes.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/estimator/diffusion_map_model.hpp>
#include <kswgd/geometry/frame.hpp>

#include <algorithm>

namespace kswgd {
namespace {

/// Some of the nodes, spread over them, on the device.
template <class Exec>
Points<Exec> some_of(const Exec& exec, const HostPoints& points, Index most, std::uint64_t seed) {
  const Index n = static_cast<Index>(points.extent(0));
  return gather_rows(exec, make_source(exec, to_device(exec, points)), spread_rows(n, std::min(n, most), seed, 3));
}

}  // namespace

template <ExecutionSpace Exec>
ModelData to_model(const Exec& exec, const DiffusionMap& map, std::uint64_t seed) {
  const Index features = static_cast<Index>(map.values.extent(0)), nodes = static_cast<Index>(map.dictionary.points.extent(0));
  ModelData model;
  model.frame = map.frame;
  model.dictionary = map.dictionary;
  const NestedLandmarks nested = nested_landmarks(exec, some_of(exec, map.dictionary.points, detail::most_landmark_candidates, seed), nodes, {.seed = seed});
  model.density.landmarks = nested.landmarks;
  LevelData level = nested.levels.back();  // one level: guarded by the finest landmarks, its steps as long as the widest
  level.width = nested.levels.front().width;
  level.features = features;
  model.density.levels = {level};

  model.density.moments = {HostMatrix("kswgd::to_model::gram", features, features), HostMatrix("kswgd::to_model::dirichlet", features, features),
                           map.effective_samples};
  model.spectrum.pairs = {map.values, HostMatrix("kswgd::to_model::vectors", features, features), map.residuals, map.report};
  for (Index k = 0; k < features; ++k) {
    model.density.moments.gram(k, k) = model.spectrum.pairs.vectors(k, k) = 1;
    model.density.moments.dirichlet(k, k) = map.values(k) / map.frame.eigenvalue_unit();
  }
  model.spectrum.unit = map.frame.eigenvalue_unit();

  const auto kept = some_of(exec, map.dictionary.points, detail::most_kept, seed + 1);
  const Index count = static_cast<Index>(kept.extent(0));
  const auto caller = allocate<Points<Exec>>(exec, "to_model::training_subset", count, model.dimension());
  Frame<Exec>(exec, map.frame).leave(exec, count, kept, caller);
  model.training_subset = host_copy(exec, caller);
  model.spectrum.kind = SpectrumKind::diffusion_map;
  if (const std::string few = detail::note_on_few(detail::rows_with_weight(map.rows)); !few.empty()) model.provenance.notes.push_back(few);
  model.provenance.samples = nodes;
  model.provenance.effective_samples = map.effective_samples;
  model.provenance.rows = map.rows;
  model.provenance.seed = seed;
  model.provenance.backend = Exec::name();
  model.provenance.seconds = map.seconds;
  return model;
}

#define KSWGD_INSTANTIATE(EXEC) template ModelData to_model(const EXEC&, const DiffusionMap&, std::uint64_t);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
