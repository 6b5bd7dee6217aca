// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "corrected.hpp"
#include "foundation.hpp"

#include <Kokkos_Profiling_ScopedRegion.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/generator_pairs.hpp>

#include <optional>

namespace kswgd {

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
    return detail::finish(std::move(base), options);
  }
  // Pairs and read-out are of all rows: where some have to do for the finest levels, over the read-out's features.
  const bool some = !base.moment_rows.empty() && folded;
  std::optional<FoldedForms<Exec>> forms;
  if (folded) forms.emplace(sums.folds->forms(exec));
  const Matrix<Exec> gram = some ? forms->all.gram : sums.density.gram, dirichlet = some ? forms->all.form : sums.density.dirichlet;
  detail::report(options, "eigenpairs", 0);
  Eigenpairs pairs;
  if (options.modes > 0) {
    const Kokkos::Profiling::ScopedRegion region("kswgd::fit::eigenpairs");
    pairs = generator_eigenpairs(exec, gram, dirichlet, options.modes, solver, options.regularisation);
  }
  detail::report(options, "read-out", 0);
  if (folded) {
    if ((some || sums.shared) && options.regularisation == default_regularisation) forms->known = &pairs;
    spectrum.read_out = detail::corrected(read_out(exec, *forms, base.level_features, options.read_out_modes, Operator::generator, solver), spectrum.unit);
  }
  if (options.modes > 0) spectrum.pairs = detail::in_callers_units(pairs, base.model.density.moments, spectrum.unit);
  return detail::finish(std::move(base), options);
}

#define KSWGD_INSTANTIATE(EXEC) template ModelData fit_generator(const EXEC&, const DataSet<EXEC>&, const FitOptions<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
