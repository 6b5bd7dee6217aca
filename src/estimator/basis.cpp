// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/data/rows.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/gaussian.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/estimator/basis.hpp>

#include <algorithm>
#include <cmath>

namespace kswgd {
namespace {

constexpr Index most_landmark_candidates = Index{1} << 17, most_quadratics = 300;

}  // namespace

template <ExecutionSpace Exec>
Basis<Exec> make_basis(const Exec& exec, const DataSet<Exec>& points, const BasisOptions& options) {
  require(options.features >= 4, "make_basis", [&] { return "features must be at least 4, got " + std::to_string(options.features); });
  require(options.bandwidth == 0 || (std::isfinite(options.bandwidth) && options.bandwidth > 0), "make_basis",
          [&] { return "bandwidth must be 0 (automatic) or a finite positive number, got " + std::to_string(options.bandwidth); });
  require(points.size() >= 20, "fit", [&] { return "at least 20 points are needed, got " + std::to_string(points.size()); });
  Basis<Exec> basis;
  basis.frame = Frame<Exec>(exec, frame_of(exec, points, options.geometry));
  const DataSet<Exec> source = basis.frame.inside(exec, points);
  const Index d = source.dimension(), quadratics = 1 + d + d * (d + 1) / 2;
  const SpreadRows spread = spread_weighty_rows(source, most_landmark_candidates, options.seed, 3);  // landmarks stand where there is weight
  const Index held = spread.among;
  require(held >= 20, "fit", [&] { return "at least 20 weights must be positive, but only " + std::to_string(held) + " are"; });
  const auto sample = gather_rows(exec, source, spread.rows);
  const NestedLandmarks nested =
      nested_landmarks(exec, sample, held, {options.features, options.bandwidth / basis.frame.data().normalisation.scale, options.seed, source.ranks()});
  const GaussianDictionary<Exec> gaussians(exec, {d, quadratics <= std::min(held / 2, most_quadratics), nested.landmarks, nested.widths});
  basis.polynomials = gaussians.polynomials();
  for (const LevelData& level : nested.levels) basis.level_features.push_back(basis.polynomials + level.last_landmark);
  basis.dictionary = gaussians;
  return basis;
}

#define KSWGD_INSTANTIATE(EXEC) template Basis<EXEC> make_basis(const EXEC&, const DataSet<EXEC>&, const BasisOptions&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
