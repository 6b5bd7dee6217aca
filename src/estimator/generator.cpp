// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "corrected.hpp"
#include "foundation.hpp"

#include <Kokkos_Profiling_ScopedRegion.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/generator_pairs.hpp>

#include <algorithm>
#include <numeric>
#include <optional>

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
  const Kokkos::Profiling::ScopedRegion region("kswgd::fit_generator");
  auto base = detail::lay_foundation(exec, data, options, "fit_generator");
  const bool mapped = base.frame.is_mapped(), folded = options.read_out_modes > 0 || (mapped && options.modes > 0);
  const Index features = folded ? base.read_out_features() : 0;
  if (mapped) detail::shorten_read_out(base);
  const auto sums = detail::sum_moments(exec, base, options, features);
  detail::read_generator(exec, base, options, sums);
  if (mapped && options.read_out_modes > 0 && is_rescaled(base.frame.data())) read_in_given_columns(exec, data, options, base.model);
  return detail::finish(std::move(base), options);
}

namespace detail {

template <ExecutionSpace Exec>
void read_generator(const Exec& exec, Foundation<Exec>& base, const FitOptions<Exec>& options, const Sums<Exec>& sums) {
  if (base.frame.is_mapped()) {  // the operator is another form than the flow's
    if (sums.folds) read_operator(exec, base, options, sums, false);
    return;
  }
  const EigenSolver<Exec> solver = solver_of(options);
  Spectrum& spectrum = base.model.spectrum;
  // Pairs and read-out are of all rows: where some have to do for the finest levels, over the read-out's features.
  const bool some = !base.moment_rows.empty() && sums.folds;
  std::optional<FoldedForms<Exec>> forms;
  if (sums.folds) forms.emplace(sums.folds->forms(exec));
  const Matrix<Exec> gram = some ? forms->all.gram : sums.density.gram, dirichlet = some ? forms->all.form : sums.density.dirichlet;
  report(options, "eigenpairs", 0);
  Eigenpairs pairs;
  if (options.modes > 0) {
    const Kokkos::Profiling::ScopedRegion region("kswgd::fit::eigenpairs");
    pairs = generator_eigenpairs(exec, gram, dirichlet, options.modes, solver, options.regularisation);
  }
  report(options, "read-out", 0);
  if (sums.folds) {
    if ((some || sums.shared) && options.regularisation == default_regularisation) forms->known = &pairs;
    spectrum.read_out = corrected(read_out(exec, *forms, base.level_features, options.read_out_modes, Operator::generator, solver), spectrum.unit);
  }
  if (options.modes > 0) spectrum.pairs = in_callers_units(pairs, base.model.density.moments, spectrum.unit);
}

}  // namespace detail

#define KSWGD_INSTANTIATE(EXEC)                                                                 \
  template ModelData fit_generator(const EXEC&, const DataSet<EXEC>&, const FitOptions<EXEC>&); \
  template void detail::read_generator(const EXEC&, Foundation<EXEC>&, const FitOptions<EXEC>&, const Sums<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
