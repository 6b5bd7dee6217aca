// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/kinetics/bootstrap.hpp>

#include "../algebra/small_matrices.hpp"
#include "../data/blocks.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/model/eigenfunctions.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>
#include <kswgd/support/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kswgd {
namespace {

double widening(Index blocks) { return std::sqrt(static_cast<double>(blocks) / static_cast<double>(std::max<Index>(1, blocks - 1))); }

/// Gram matrix and Dirichlet form of the leading modes over one block of rows, in the caller's units.
struct ModeForms {
  HostMatrix gram, dirichlet;
};

/// Half of what lies between the logarithms of the in-sample and the cross-fitted value.
double half_distance(const ReadOut& read_out, std::size_t place) {
  if (place >= read_out.values.size() || !(read_out.in_sample[place] > 0) || !(read_out.cross_fitted[place] > 0)) return 0;
  return std::abs(std::log(read_out.cross_fitted[place] / read_out.in_sample[place])) / 2;
}

}  // namespace

std::vector<std::vector<double>> bootstrap(Index blocks, Index replicates, std::uint64_t seed,
                                           const std::function<std::vector<double>(const std::vector<double>&)>& statistic) {
  require(blocks >= 2 && replicates >= 1, "bootstrap",
          [&] { return "at least 2 blocks and 1 replicate are needed, got " + std::to_string(blocks) + " and " + std::to_string(replicates); });
  std::vector<std::vector<double>> values;
  for (Index j = 0; j < replicates; ++j) {
    const IndexedRandom random(seed ^ streams::bootstrap, static_cast<std::uint64_t>(j));
    std::vector<double> multiplicity(static_cast<std::size_t>(blocks), 0.0);
    for (Index b = 0; b < blocks; ++b) ++multiplicity[random.below(static_cast<std::uint64_t>(blocks), static_cast<std::uint64_t>(b))];
    values.push_back(statistic(multiplicity));
  }
  return values;
}

Interval difference_interval(double value, std::vector<double> replicates, Index blocks, double confidence) {
  const std::size_t drawn = replicates.size();
  std::erase_if(replicates, [](double r) { return !std::isfinite(r); });
  const double none = std::numeric_limits<double>::quiet_NaN();
  if (replicates.empty() || 2 * replicates.size() < drawn || !std::isfinite(value)) return {none, none};
  std::sort(replicates.begin(), replicates.end());
  const double median = sorted_quantile(replicates, 0.5), tail = (1 - confidence) / 2, factor = widening(blocks);
  return {value + factor * (sorted_quantile(replicates, tail) - median), value + factor * (sorted_quantile(replicates, 1 - tail) - median)};
}

Interval ratio_interval(double value, std::vector<double> replicates, Index blocks, double confidence) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  for (double& r : replicates) r = r > 0 ? std::log(r) : none;
  const Interval logarithms = difference_interval(value > 0 ? std::log(value) : none, std::move(replicates), blocks, confidence);
  if (!std::isfinite(logarithms.low)) return {none, none};
  return {std::exp(logarithms.low), std::exp(logarithms.high)};
}

template <ExecutionSpace Exec>
EigenvalueIntervals eigenvalue_intervals(const Exec& exec, const DataSet<Exec>& source, const ModelData& model, const IntervalOptions& options) {
  const Index n = source.size(), d = source.dimension(), held = model.spectrum.pairs.size();
  require(model.spectrum.kind == SpectrumKind::generator, "eigenvalue_intervals", [&] {
    return "intervals are made for models of unit diffusion by fit_generator, this one is of the estimator " + std::string(name_of(model.spectrum.kind));
  });
  require(held >= 2, "eigenvalue_intervals", [] { return "the model holds no eigenpairs beside the constant"; });
  require(options.blocks >= 2 && options.blocks <= n, "eigenvalue_intervals",
          [&] { return "there must be between 2 and " + std::to_string(n) + " blocks, got " + std::to_string(options.blocks); });
  // A few modes more than are asked for: pairs that lie close turn into each other from block to block.
  const Index modes = std::min(options.modes, held - 1), r = std::min(modes + 4, held - 1) + 1;
  const auto width = static_cast<std::size_t>(r);
  const Eigenfunctions<Exec> functions(exec, model, r);
  const auto add_rows = [&](Index first, Index count, const ModeForms& forms) {
    const auto x = allocate<Points<Exec>>(exec, "eigenvalue_intervals::block", count, d);
    source.read(exec, first, count, x);
    const Matrix<Exec> values_at = functions.values(exec, x);
    const std::vector<Points<Exec>> gradients_at = functions.gradients(exec, x);
    const auto weigh = [&](const HostMatrix& columns) {
      for (Index i = 0; i < count && source.is_weighted(); ++i)
        for (std::size_t j = 0; j < width; ++j) columns(i, j) *= std::sqrt(source.weight(first + i));
      return columns;
    };
    const HostMatrix columns("kswgd::eigenvalue_intervals::columns", count, width);
    Kokkos::deep_copy(exec, columns, values_at);
    exec.fence("kswgd::eigenvalue_intervals: values are read on the host");
    small::add(forms.gram, small::product(weigh(columns), columns, true));
    for (Index k = 0; k < d; ++k) {
      for (std::size_t j = 0; j < width; ++j)
        Kokkos::deep_copy(exec, Kokkos::subview(columns, Kokkos::ALL, j), Kokkos::subview(gradients_at[j], Kokkos::ALL, k));
      exec.fence("kswgd::eigenvalue_intervals: gradients are read on the host");
      small::add(forms.dirichlet, small::product(weigh(columns), columns, true));
    }
  };
  std::vector<ModeForms> blocks;
  const std::vector<Index> starts = detail::blocks_of_equal_weight(source, options.blocks);
  const auto here = source.here();
  const Index tile = rows_of_tile(r * d);
  for (std::size_t b = 0; b + 1 < starts.size(); ++b) {
    ModeForms forms{HostMatrix("kswgd::eigenvalue_intervals::gram", width, width), HostMatrix("kswgd::eigenvalue_intervals::dirichlet", width, width)};
    if (starts[b + 1] == starts[b]) continue;  // a heavy row has swallowed it
    const Index last = std::min(starts[b + 1], here.second);
    for (Index first = std::max(starts[b], here.first); first < last; first += tile) add_rows(first, std::min(tile, last - first), forms);
    for (const HostMatrix& form : {forms.gram, forms.dirichlet}) source.ranks().sum(form.data(), static_cast<Index>(form.size()));
    blocks.push_back(forms);
  }

  const auto drawn_from = static_cast<Index>(blocks.size());
  require(drawn_from >= 2, "eigenvalue_intervals", [] { return "almost all weight is that of a single point: there is nothing to draw from"; });
  const auto values = bootstrap(drawn_from, options.replicates, options.seed, [&](const std::vector<double>& multiplicity) {
    const HostMatrix gram("kswgd::eigenvalue_intervals::gram", width, width), dirichlet("kswgd::eigenvalue_intervals::dirichlet", width, width);
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      small::add(gram, blocks[b].gram, multiplicity[b]);
      small::add(dirichlet, blocks[b].dirichlet, multiplicity[b]);
    }
    return small::pencil_values(dirichlet, gram);  // the constant's 0 first
  });
  EigenvalueIntervals result;
  result.blocks = drawn_from;
  const double normal = detail::normal_quantile((1 + options.confidence) / 2);
  for (Index k = 1; k <= modes; ++k) {
    const auto mode = static_cast<std::size_t>(k);
    result.values.push_back(model.spectrum.eigenvalue_to_read(k));
    std::vector<double> replicates;
    for (const auto& one : values) replicates.push_back(mode < one.size() ? one[mode] : std::numeric_limits<double>::quiet_NaN());
    const Interval drawn = ratio_interval(result.values.back(), std::move(replicates), drawn_from, options.confidence);
    // Drawing again says how far the value scatters. How far the correction for overfitting can be wrong, the two values that it stands between say.
    const double error = normal * half_distance(model.spectrum.read_out, static_cast<std::size_t>(k - 1));
    const double value = result.values.back();
    result.intervals.push_back(
        {value * std::exp(-std::hypot(std::log(drawn.low / value), error)), value * std::exp(std::hypot(std::log(drawn.high / value), error))});
  }
  return result;
}

#define KSWGD_INSTANTIATE(EXEC) template EigenvalueIntervals eigenvalue_intervals(const EXEC&, const DataSet<EXEC>&, const ModelData&, const IntervalOptions&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
