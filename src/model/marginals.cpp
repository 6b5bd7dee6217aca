// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../data/blocks.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/model/marginals.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace kswgd {
namespace {

constexpr Index most_rows_of_tables = Index{1} << 16;
constexpr std::size_t most_levels = 1024;
constexpr int most_decimals = 6;

/// As many levels as there are rows, or even ones and some that are even for a normal law, which crowd at the ends.
std::vector<double> levels_for(double rows) {
  std::vector<double> levels;
  if (rows <= static_cast<double>(most_levels)) {
    const auto count = static_cast<std::size_t>(std::max(rows, 2.0));
    for (std::size_t i = 0; i < count; ++i) levels.push_back((static_cast<double>(i) + 0.5) / static_cast<double>(count));
    return levels;
  }
  constexpr std::size_t tails = most_levels / 4;
  for (std::size_t i = 0; i < most_levels - tails; ++i) levels.push_back((static_cast<double>(i) + 0.5) / static_cast<double>(most_levels - tails));
  const double outermost = detail::normal_quantile(1 - 0.5 / rows);
  for (std::size_t i = 0; i < tails; ++i) levels.push_back(0.5 * std::erfc(-outermost * (2 * static_cast<double>(i) / (tails - 1.0) - 1) / std::sqrt(2.0)));
  std::sort(levels.begin(), levels.end());
  return levels;
}

/// The fewest decimal places with which each value is written, or -1.
int decimals_of(const std::vector<double>& values) {
  int places = 0;
  for (const double value : values) {
    for (double power = std::pow(10.0, places); std::round(value * power) / power != value; power *= 10)
      if (++places > most_decimals) return -1;
  }
  return places;
}

/// How many of the other ranks' values come before each of these, which ascend as theirs do; equal ones go by their rank. counts: of each rank.
std::vector<double> places_among_others(const std::vector<double>& sorted, const std::vector<double>& counts, const Reduction& ranks) {
  std::vector<double> below(sorted.size(), 0.0);
  for (int rank = 0; rank < ranks.size() && !ranks.is_alone(); ++rank) {
    std::vector<double> theirs(static_cast<std::size_t>(counts[static_cast<std::size_t>(rank)]), 0.0);
    if (rank == ranks.rank()) theirs = sorted;
    ranks.sum(theirs);
    if (rank == ranks.rank()) continue;
    std::size_t before = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      while (before < theirs.size() && (theirs[before] < sorted[i] || (rank < ranks.rank() && theirs[before] == sorted[i]))) ++before;
      below[i] += static_cast<double>(before);
    }
  }
  return below;
}

/// Which of the caller's columns stand for themselves.
std::vector<char> free_columns(const GeometryData& geometry, Index dimension) {
  std::vector<char> free;
  for (const GeometryFactor& factor : geometry.factors) free.insert(free.end(), static_cast<std::size_t>(factor.count), factor.kind == Manifold::euclidean);
  free.resize(static_cast<std::size_t>(dimension), 1);
  return free;
}

}  // namespace

template <ExecutionSpace Exec>
Marginals marginals_of(const Exec& exec, const DataSet<Exec>& data, std::uint64_t seed) {
  const std::vector<Index> rows = spread_rows(data.size(), std::min(data.size(), most_rows_of_tables), seed, 9);
  const auto points = to_host(exec, gather_rows(exec, data, rows));
  const std::vector<double> weights = data.weights_of(rows);
  const double part = std::accumulate(weights.begin(), weights.end(), 0.0);
  const double total = data.size() == static_cast<Index>(rows.size()) ? part : data.total_weight();
  Marginals result;
  result.levels = levels_for(std::round(total));
  result.quantiles = HostPoints("kswgd::Marginals::quantiles", result.levels.size(), points.extent(1));
  for (std::size_t k = 0; k < points.extent(1); ++k) {
    std::vector<std::pair<double, double>> sorted(points.extent(0));
    std::vector<double> values;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      sorted[i] = {points(i, k), weights[i]};
      if (weights[i] > 0) values.push_back(points(i, k));
    }
    std::sort(sorted.begin(), sorted.end());
    std::size_t at = 0;
    double below = sorted[0].second;
    for (std::size_t l = 0; l < result.levels.size(); ++l) {  // the inverse of the distribution function
      while (below < result.levels[l] * part && at + 1 < sorted.size()) below += sorted[++at].second;
      result.quantiles(l, k) = sorted[at].first;
    }
    result.decimals.push_back(decimals_of(values));
  }
  return result;
}

namespace {

/// Whether no data lie between the levels low and low + 1: their quantiles are twenty times as far apart as any of the three different values on either side
/// are from the next. Spacings of a smooth law, heavy tails included, differ less.
bool is_gap(const Marginals& marginals, Index k, std::size_t low) {
  constexpr std::ptrdiff_t on_a_side = 3, looked_at = 64;
  constexpr double far = 20;
  const auto spacing = [&](std::size_t l) { return marginals.quantiles(l + 1, k) - marginals.quantiles(l, k); };
  const auto spacings = static_cast<std::ptrdiff_t>(marginals.levels.size()) - 1;
  double widest = 0;
  for (const std::ptrdiff_t side : {-1, 1})
    for (std::ptrdiff_t seen = 0, i = 1; seen < on_a_side && i <= looked_at; ++i) {
      const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(low) + side * i;
      if (at < 0 || at >= spacings) break;
      const double here = spacing(static_cast<std::size_t>(at));
      seen += here > 0;
      widest = std::max(widest, here);
    }
  return widest > 0 && spacing(low) > far * widest;
}

}  // namespace

double quantile_of(const Marginals& marginals, Index k, double level) {
  const auto& levels = marginals.levels;
  const auto high = static_cast<std::size_t>(std::lower_bound(levels.begin(), levels.end(), level) - levels.begin());
  if (high == 0) return marginals.quantiles(0, k);
  if (high == levels.size()) return marginals.quantiles(levels.size() - 1, k);
  const double low_value = marginals.quantiles(high - 1, k), high_value = marginals.quantiles(high, k);
  const double share = (level - levels[high - 1]) / (levels[high] - levels[high - 1]);
  if (share >= 1 || low_value == high_value) return high_value;
  if (is_gap(marginals, k, high - 1)) return share < 0.5 ? low_value : high_value;
  return low_value + share * (high_value - low_value);
}

bool is_gridded(const Marginals& marginals, Index k) {
  constexpr double least_share = 0.1;
  const std::size_t levels = marginals.levels.size();
  if (levels < 2 || marginals.decimals[static_cast<std::size_t>(k)] < 0 || marginals.quantiles(0, k) == marginals.quantiles(levels - 1, k)) return false;
  Index equal = 0;
  for (std::size_t l = 1; l < levels; ++l) equal += marginals.quantiles(l, k) == marginals.quantiles(l - 1, k);
  return static_cast<double>(equal) >= least_share * static_cast<double>(levels);
}

bool matches_by_default(const ModelData& model) {
  if (model.marginals.levels.empty()) return false;
  for (Index k = 0; k < model.dimension(); ++k)
    if (is_gridded(model.marginals, k)) return true;
  return model.frame.is_mapped();
}

void match_marginals(const ModelData& model, const HostPoints& samples, const Reduction& ranks) {
  const Marginals& marginals = model.marginals;
  const std::size_t n = samples.extent(0), d = samples.extent(1);
  require(!marginals.levels.empty(), "match_marginals", [] { return "the model keeps no quantiles of its data: fit it again"; });
  require(marginals.quantiles.extent(1) == d, "match_marginals",
          [&] { return "the samples have " + std::to_string(d) + " coordinates, the model has " + std::to_string(marginals.quantiles.extent(1)); });
  const std::vector<char> free = free_columns(model.frame.geometry, static_cast<Index>(d));
  const std::vector<double> counts = ranks.concatenate({static_cast<double>(n)});
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
  std::vector<std::pair<double, std::size_t>> order(n);  // equal values keep the order of their rows
  for (std::size_t k = 0; k < d; ++k) {
    if (!free[k]) continue;
    for (std::size_t i = 0; i < n; ++i) order[i] = {samples(i, k), i};
    std::sort(order.begin(), order.end());
    std::vector<double> sorted(n);
    for (std::size_t place = 0; place < n; ++place) sorted[place] = order[place].first;
    const std::vector<double> below = places_among_others(sorted, counts, ranks);
    for (std::size_t place = 0; place < n; ++place)
      samples(order[place].second, k) = quantile_of(marginals, static_cast<Index>(k), (static_cast<double>(place) + below[place] + 0.5) / total);
  }
}

void round_as_data(const Marginals& marginals, const HostPoints& samples) {
  for (std::size_t k = 0; k < std::min(samples.extent(1), marginals.decimals.size()); ++k) {
    if (marginals.decimals[k] < 0) continue;
    const double power = std::pow(10.0, marginals.decimals[k]);
    for (std::size_t i = 0; i < samples.extent(0); ++i) {
      const double rounded = std::round(samples(i, k) * power) / power;
      if (std::isfinite(rounded)) samples(i, k) = rounded == 0 ? 0 : rounded;  // no -0
    }
  }
}

#define KSWGD_INSTANTIATE(EXEC) template Marginals marginals_of(const EXEC&, const DataSet<EXEC>&, std::uint64_t);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
