// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "corrected.hpp"
#include "foundation.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/generator_pairs.hpp>

namespace kswgd {

template <ExecutionSpace Exec>
ModelData fit_generator(const Exec& exec, const DataSet<Exec>& data, const FitOptions<Exec>& options) {
  auto base = detail::lay_foundation(exec, data, options, "fit_generator");
  const bool mapped = base.frame.is_mapped(), folded = options.read_out_modes > 0 || (mapped && options.modes > 0);
  const Index features = folded ? base.read_out_features() : 0;
  if (mapped) detail::shorten_read_out(base);
  const auto sums = detail::sum_moments(exec, base, options, features);
  detail::read_generator(exec, base, options, sums);
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
  report(options, "eigenpairs", 0);
  if (options.modes > 0) spectrum.pairs = generator_eigenpairs(exec, sums.density.gram, sums.density.dirichlet, options.modes, solver, options.regularisation);
  report(options, "read-out", 0);
  if (sums.folds) {
    const Eigenpairs* known = sums.shared && options.regularisation == default_regularisation ? &spectrum.pairs : nullptr;
    spectrum.read_out =
        corrected(read_out(exec, sums.folds->forms(exec, known), base.level_features, options.read_out_modes, Operator::generator, solver), spectrum.unit);
  }
  for (Index k = 0; k < spectrum.pairs.size(); ++k) spectrum.pairs.values(k) *= spectrum.unit;
}

}  // namespace detail

#define KSWGD_INSTANTIATE(EXEC)                                                                 \
  template ModelData fit_generator(const EXEC&, const DataSet<EXEC>&, const FitOptions<EXEC>&); \
  template void detail::read_generator(const EXEC&, Foundation<EXEC>&, const FitOptions<EXEC>&, const Sums<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
