// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/kinetics/observables.hpp>

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>

namespace kswgd {

template <ExecutionSpace Exec>
std::vector<double> observable_coefficients(const Exec& exec, const DataSet<Exec>& source, const ModelData& model, const std::vector<double>& f) {
  const Index begin = source.here().first, here = source.here().second - begin;
  require(static_cast<Index>(f.size()) == here, "observable_coefficients",
          [&] { return "there must be one value for each of the " + std::to_string(here) + " points, got " + std::to_string(f.size()); });
  for (std::size_t i = 0; i < f.size(); ++i)
    require(std::isfinite(f[i]), "observable_coefficients",
            [&] { return "value " + std::to_string(i) + " is " + std::to_string(f[i]) + "; values must be finite"; });
  std::vector<double> coefficients(static_cast<std::size_t>(model.spectrum.pairs.size()), 0.0);
  const Eigenfunctions<Exec> functions(exec, model);
  walk_tiles(exec, source, source.dimension(), [&](Index first, Index count, const Points<Exec>& x) {
    const auto modes = to_host(exec, functions.values(exec, x));
    for (Index i = 0; i < count; ++i) {
      const double weight = source.weight(first + i);
      for (std::size_t k = 0; k < coefficients.size(); ++k) coefficients[k] += weight * f[static_cast<std::size_t>(first - begin + i)] * modes(i, k);
    }
  });
  source.ranks().sum(coefficients);
  for (double& c : coefficients) c /= source.total_weight();
  return coefficients;
}

template <ExecutionSpace Exec>
HostMatrix forward_expectation(const Exec& exec, const ModelData& model, const std::vector<double>& coefficients, const Points<Exec>& x,
                               const std::vector<double>& times) {
  const auto r = static_cast<std::size_t>(model.spectrum.pairs.size());
  require(coefficients.size() == r, "forward_expectation",
          [&] { return "there must be " + std::to_string(r) + " coefficients, got " + std::to_string(coefficients.size()); });
  const auto modes = to_host(exec, evaluate_eigenfunctions(exec, model, x, false).values);
  const HostMatrix result("kswgd::forward_expectation", x.extent(0), times.size());
  for (std::size_t t = 0; t < times.size(); ++t)
    for (std::size_t k = 0; k < r; ++k) {
      const double factor = coefficients[k] * std::exp(-model.spectrum.eigenvalue_to_read(static_cast<Index>(k)) * times[t]);
      for (std::size_t i = 0; i < x.extent(0); ++i) result(i, t) += factor * modes(i, k);
    }
  return result;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                          \
  template std::vector<double> observable_coefficients(const EXEC&, const DataSet<EXEC>&, const ModelData&, const std::vector<double>&); \
  template HostMatrix forward_expectation(const EXEC&, const ModelData&, const std::vector<double>&, const Points<EXEC>&, const std::vector<double>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
