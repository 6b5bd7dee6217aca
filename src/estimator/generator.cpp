// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "corrected.hpp"
#include "foundation.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/generator_pairs.hpp>

#include <algorithm>
#include <numeric>

namespace kswgd {
namespace {

/// Sum of the cross-fitted values that both have of the first ten: Ritz values are too large, so the smaller sum is the better one.
bool is_better(const ReadOut& one, const ReadOut& other) {
  constexpr std::size_t most = 10;
  const std::size_t count = std::min({most, one.cross_fitted.size(), other.cross_fitted.size()});
  const auto sum = [count](const ReadOut& read) {
    return std::accumulate(read.cross_fitted.begin(), read.cross_fitted.begin() + static_cast<std::ptrdiff_t>(count), 0.0);
  };
  return count > 0 && sum(one) < sum(other);
}

/// Whether columns are divided by numbers and nothing else: no row lies so far away, and no law is so skewed, that features in the given columns would be
/// spoiled.
bool is_rescaled(const FrameData& frame) {
  const auto is_linear = [](const CoordinateMap& map) { return map.is_linear(); };
  return frame.geometry.is_euclidean() && std::all_of(frame.maps.begin(), frame.maps.end(), is_linear);
}

/// In the caller's metric slow modes lie along wide columns, while features of rescaled columns vary along the narrow ones as well, which costs them. So a
/// small fit in the columns as given reads the eigenvalues too, and the better read-out of the two is kept.
template <class Exec>
void read_in_given_columns(const Exec& exec, const DataSet<Exec>& data, const FitOptions<Exec>& options, ModelData& model) {
  constexpr Index most_landmarks = 100;
  FitOptions<Exec> given = options;
  given.coordinates = Coordinates::given;
  given.features = options.features > 0 ? std::min(options.features, most_landmarks) : most_landmarks;
  given.modes = 0;
  given.progress = {};
  const ModelData other = fit_generator(exec, data, given);
  if (is_better(other.spectrum.read_out, model.spectrum.read_out)) model.spectrum.read_out = other.spectrum.read_out;
}

}  // namespace

template <ExecutionSpace Exec>
ModelData fit_generator(const Exec& exec, const DataSet<Exec>& data, const FitOptions<Exec>& options) {
  auto base = detail::lay_foundation(exec, data, options, "fit_generator");
  const bool mapped = base.frame.is_mapped(), folded = options.read_out_modes > 0 || (mapped && options.modes > 0);
  const Index features = folded ? base.read_out_features() : 0;
  if (mapped) detail::shorten_read_out(base);
  const auto sums = detail::sum_moments(exec, base, options, features);
  const EigenSolver<Exec> solver = detail::solver_of(options);
  Spectrum& spectrum = base.model.spectrum;

  if (mapped) {  // the operator is another form than the flow's
    if (folded) detail::read_operator(exec, base, options, sums, false);
    if (options.read_out_modes > 0 && is_rescaled(base.frame.data())) read_in_given_columns(exec, data, options, base.model);
    return detail::finish(std::move(base), options);
  }
  detail::report(options, "eigenpairs", 0);
  if (options.modes > 0) spectrum.pairs = generator_eigenpairs(exec, sums.density.gram, sums.density.dirichlet, options.modes, solver, options.regularisation);
  detail::report(options, "read-out", 0);
  if (folded) {
    const Eigenpairs* known = sums.shared && options.regularisation == default_regularisation ? &spectrum.pairs : nullptr;
    spectrum.read_out = detail::corrected(
        read_out(exec, sums.folds->forms(exec, known), base.level_features, options.read_out_modes, Operator::generator, solver), spectrum.unit);
  }
  for (Index k = 0; k < spectrum.pairs.size(); ++k) spectrum.pairs.values(k) *= spectrum.unit;
  return detail::finish(std::move(base), options);
}

#define KSWGD_INSTANTIATE(EXEC) template ModelData fit_generator(const EXEC&, const DataSet<EXEC>&, const FitOptions<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
