// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/kinetics/timescales.hpp>

#include "../algebra/small_matrices.hpp"
#include "../data/blocks.hpp"
#include "../moments/pair_pass.hpp"
#include "../estimator/reversible.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/kinetics/bootstrap.hpp>
#include <kswgd/estimator/pair_moments.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kswgd {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr Index fewest_blocks = 10, most_blocks = 100;

/// How much the values that are too small and those that are too large may differ: beyond, they are noise.
constexpr double largest_ratio = 1.5;

/// So many modes choose the level and span the bootstrap, however few are asked for.
constexpr Index fewest_read = 10;

/// -tau / log(mu), or NaN where there is none.
double timescale(double mu, double tau) { return mu > 0 && mu < 1 ? -tau / std::log(mu) : none; }

/// Modes beyond those that are read, to which the cross-fitted ones may turn.
constexpr Index buffer = 4;

/// The geometric mean of both, or NaN where they do not say the same, or mu is what noise has: less than two standard errors above the largest eigenvalue
/// sqrt(2 r / n) of a symmetric r x r matrix of it (Wigner's semicircle). pairs: n, as many of equal weight as theirs are worth.
double corrected(double in_sample, double cross_fitted, double tau, double pairs, Index modes) {
  if (!(std::min(in_sample, cross_fitted) >= (2 + std::sqrt(2.0 * static_cast<double>(modes + buffer))) / std::sqrt(pairs))) return none;
  const double one = timescale(in_sample, tau), other = timescale(cross_fitted, tau);
  return one <= largest_ratio * other && other <= largest_ratio * one ? std::sqrt(one * other) : none;
}

/// Blocks that are longer than the lag and than twice the slowest time scale, where there are enough.
Index block_count(Index pairs, Index lag, double slowest_steps) {
  const double length = std::max(static_cast<double>(lag), std::isfinite(slowest_steps) ? 2 * slowest_steps : 0.0);
  const auto wanted = static_cast<Index>(static_cast<double>(pairs) / std::max(length, 1.0));
  return std::min(pairs, std::clamp(wanted, fewest_blocks, most_blocks));
}

/// mu descending, without the constant's 1, of the blocks drawn.
std::vector<double> drawn_mu(const std::vector<PairMoments>& blocks, const std::vector<double>& multiplicity) {
  const auto r = static_cast<std::size_t>(blocks.front().size());
  const HostMatrix gram("kswgd::timescales::gram", r, r), form("kswgd::timescales::form", r, r);
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    small::add(gram, blocks[b].gram_x, multiplicity[b] / 2);
    small::add(gram, blocks[b].gram_y, multiplicity[b] / 2);
    small::add(form, blocks[b].correlation, multiplicity[b]);
  }
  small::symmetrise(form);
  std::vector<double> mu = small::pencil_values(form, gram);
  std::reverse(mu.begin(), mu.end());
  if (!mu.empty()) mu.erase(mu.begin());  // blocks without weight have none
  return mu;
}

template <class Values>
std::vector<double> column_of(const std::vector<Values>& replicates, std::size_t k) {
  std::vector<double> column;
  for (const auto& one : replicates) column.push_back(k < one.size() ? one[k] : none);
  return column;
}

template <class Exec>
struct Estimator {
  const Exec& exec;
  const DataSet<Exec>& source;
  const TimescaleOptions<Exec>& options;
  Basis<Exec> basis;
  EigenSolver<Exec> solver;

  Estimator(const Exec& exec_, const DataSet<Exec>& source_, const TimescaleOptions<Exec>& options_)
      : exec(exec_),
        source(source_),
        options(options_),
        basis(make_basis(exec_, source_, options_.basis)),
        solver(options_.solver ? options_.solver : dense_solver<Exec>()) {}

  detail::ReversiblePairs pairs(Index lag, Index modes, Index read_modes) {
    return detail::reversible_pairs(exec, basis.frame.inside(exec, source), lag, basis.dictionary, basis.level_features, modes, read_modes, solver,
                                    options.progress);
  }
  std::vector<PairMoments> blocks(Index lag, Index count, const HostMatrix& vectors) const {
    return pair_moments(exec, source, lag, basis, static_cast<Index>(vectors.extent(0)), count, vectors);
  }
};

}  // namespace

template <ExecutionSpace Exec>
ImpliedTimescales implied_timescales(const Exec& exec, const DataSet<Exec>& source, const std::vector<Index>& lags, const TimescaleOptions<Exec>& options) {
  require(!lags.empty(), "implied_timescales", [] { return "at least one lag is needed"; });
  require(options.modes >= 1 && options.bootstrap >= 0, "implied_timescales", [] { return "modes must be at least 1, bootstrap not negative"; });
  require(options.confidence > 0 && options.confidence < 1, "implied_timescales",
          [&] { return "confidence must lie between 0 and 1, got " + std::to_string(options.confidence); });
  for (const Index lag : lags) check_pairs(source, lag, "implied_timescales");
  Estimator<Exec> estimator(exec, source, options);
  const auto modes = static_cast<std::size_t>(options.modes);
  ImpliedTimescales result;
  result.lags = lags;
  for (const Index lag : lags) {
    const double tau = static_cast<double>(lag) * source.trajectories().dt;
    const detail::PairWeights weights = detail::pair_weights(source, lag);
    Index read = std::max(options.modes, fewest_read);
    const auto pairs = [&] { return estimator.pairs(lag, options.bootstrap > 0 ? read + buffer : 0, read); };
    auto fit = pairs();
    while (fit.raw.level < 0 && read > options.modes) {  // a dictionary that does not have so many
      read = std::max(options.modes, read / 2);
      fit = pairs();
    }
    std::vector<double> times(modes, none), low(modes, none), high(modes, none);
    for (std::size_t k = 0; k < modes && k < fit.raw.in_sample.size(); ++k)
      times[k] = corrected(fit.raw.in_sample[k], fit.raw.cross_fitted[k], tau, weights.effective(), read);
    Index blocks = 0;
    if (options.bootstrap > 0) {
      blocks = block_count(weights.pairs, lag, times[0] / source.trajectories().dt);
      const auto sums = estimator.blocks(lag, blocks, fit.koopman.vectors);
      const auto replicates = bootstrap(blocks, options.bootstrap, options.basis.seed, [&](const std::vector<double>& multiplicity) {
        std::vector<double> drawn;
        for (const double mu : drawn_mu(sums, multiplicity)) drawn.push_back(timescale(mu, tau));
        return drawn;
      });
      for (std::size_t k = 0; k < modes; ++k) {
        if (!std::isfinite(times[k])) continue;
        const Interval interval = ratio_interval(times[k], column_of(replicates, k), blocks, options.confidence);
        // Drawing again says how far the value scatters; how far the correction for overfitting can be wrong, the two values that it stands between.
        const double normal = detail::normal_quantile((1 + options.confidence) / 2);
        const double gap = normal * std::abs(std::log(timescale(fit.raw.in_sample[k], tau) / timescale(fit.raw.cross_fitted[k], tau))) / 2;
        low[k] = times[k] * std::exp(-std::hypot(std::log(interval.low / times[k]), gap));
        high[k] = times[k] * std::exp(std::hypot(std::log(interval.high / times[k]), gap));
      }
    }
    result.timescales.push_back(times);
    result.low.push_back(low);
    result.high.push_back(high);
    result.blocks.push_back(blocks);
  }
  return result;
}

template <ExecutionSpace Exec>
ChapmanKolmogorov chapman_kolmogorov(const Exec& exec, const DataSet<Exec>& source, Index lag, Index multiples, const TimescaleOptions<Exec>& options) {
  require(multiples >= 2, "chapman_kolmogorov", [&] { return "at least 2 multiples of the lag are needed, got " + std::to_string(multiples); });
  require(options.modes >= 1 && options.bootstrap >= 0, "chapman_kolmogorov", [] { return "modes must be at least 1, bootstrap not negative"; });
  for (const Index m : {Index{1}, multiples}) check_pairs(source, m * lag, "chapman_kolmogorov");
  Estimator<Exec> estimator(exec, source, options);
  const auto fit = estimator.pairs(lag, options.modes, options.modes);
  const double slowest = fit.koopman.size() > 1 ? timescale(fit.koopman.values(1), static_cast<double>(lag)) : none;
  const Index blocks = block_count(detail::pair_weights(source, multiples * lag).pairs, multiples * lag, slowest);
  std::vector<std::vector<PairMoments>> sums;
  for (Index m = 1; m <= multiples; ++m) sums.push_back(estimator.blocks(m * lag, blocks, fit.koopman.vectors));

  // Correlation of each mode at each multiple, one multiple after the other.
  const auto modes = static_cast<std::size_t>(fit.koopman.size()) - 1;
  const auto correlations = [&](const std::vector<double>& multiplicity) {
    std::vector<double> values;
    for (const auto& of_lag : sums)
      for (std::size_t k = 1; k <= modes; ++k) {
        double c = 0, g = 0, mean = 0, weight = 0;
        for (std::size_t b = 0; b < of_lag.size(); ++b) {
          c += multiplicity[b] * of_lag[b].correlation(k, k);
          g += multiplicity[b] * (of_lag[b].gram_x(k, k) + of_lag[b].gram_y(k, k)) / 2;
          mean += multiplicity[b] * (of_lag[b].gram_x(0, k) + of_lag[b].gram_y(0, k)) / 2;
          weight += multiplicity[b] * of_lag[b].weight;
        }
        mean /= weight;
        values.push_back((c / weight - mean * mean) / (g / weight - mean * mean));
      }
    return values;
  };
  const auto prediction = [&](const std::vector<double>& values, std::size_t m, std::size_t k) { return std::pow(values[k], static_cast<double>(m + 1)); };
  const auto all = correlations(std::vector<double>(static_cast<std::size_t>(blocks), 1.0));
  const auto replicates = options.bootstrap > 0 ? bootstrap(blocks, options.bootstrap, options.basis.seed, correlations) : std::vector<std::vector<double>>();
  ChapmanKolmogorov result;
  for (std::size_t m = 0; m < sums.size(); ++m) {
    result.lags.push_back(static_cast<Index>(m + 1) * lag);
    for (auto* row : {&result.predicted, &result.estimated, &result.low, &result.high}) row->emplace_back(modes, none);
    for (std::size_t k = 0; k < modes; ++k) {
      result.predicted[m][k] = prediction(all, m, k);
      result.estimated[m][k] = all[m * modes + k];
      if (replicates.empty()) continue;
      std::vector<double> differences;
      for (const auto& one : replicates) differences.push_back(one[m * modes + k] - prediction(one, m, k));
      const Interval interval = difference_interval(result.estimated[m][k] - result.predicted[m][k], std::move(differences), blocks, options.confidence);
      result.low[m][k] = interval.low;
      result.high[m][k] = interval.high;
    }
  }
  return result;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                               \
  template ImpliedTimescales implied_timescales(const EXEC&, const DataSet<EXEC>&, const std::vector<Index>&, const TimescaleOptions<EXEC>&); \
  template ChapmanKolmogorov chapman_kolmogorov(const EXEC&, const DataSet<EXEC>&, Index, Index, const TimescaleOptions<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
