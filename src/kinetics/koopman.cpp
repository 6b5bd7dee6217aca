// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/kinetics/koopman.hpp>

#include "../algebra/small_matrices.hpp"
#include "../estimator/dealt_pairs.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace kswgd {
namespace {

HostMatrix averaged(const HostMatrix& sum, double weight) {
  const HostMatrix average("kswgd::koopman::average", sum.extent(0), sum.extent(1));
  small::add(average, sum, 1 / weight);
  return average;
}

/// W with W^T G W = 1, the Gram matrix taken in units of a unit diagonal; features that vanish drop out.
HostMatrix scaled_whitener(const HostMatrix& gram, double truncation) {
  const std::size_t p = gram.extent(0);
  std::vector<double> scale(p);
  for (std::size_t a = 0; a < p; ++a) scale[a] = gram(a, a) > 1e-24 ? 1 / std::sqrt(gram(a, a)) : 0;
  const HostMatrix unit("kswgd::koopman::unit", p, p);
  for (std::size_t j = 0; j < p; ++j)
    for (std::size_t i = 0; i < p; ++i) unit(i, j) = gram(i, j) * scale[i] * scale[j];
  const HostMatrix w = small::whitener(unit, truncation);
  for (std::size_t j = 0; j < w.extent(1); ++j)
    for (std::size_t i = 0; i < p; ++i) w(i, j) *= scale[i];
  return w;
}

/// The same of the features minus their means, the constant left out: those that vary with less than rounding of their mean square drop out.
HostMatrix centred_whitener(const HostMatrix& covariance, const HostMatrix& gram, double truncation) {
  const std::size_t p = covariance.extent(0);
  const HostMatrix rest("kswgd::koopman::rest", p - 1, p - 1);
  for (std::size_t j = 1; j < p; ++j)
    for (std::size_t i = 1; i < p; ++i) {
      const bool varies = covariance(i, i) > 1e-13 * gram(i, i) && covariance(j, j) > 1e-13 * gram(j, j);
      rest(i - 1, j - 1) = varies ? covariance(i, j) : 0;
    }
  const HostMatrix inner = scaled_whitener(rest, truncation);
  const HostMatrix padded("kswgd::koopman::whitener", p, inner.extent(1));
  for (std::size_t j = 0; j < inner.extent(1); ++j)
    for (std::size_t i = 1; i < p; ++i) padded(i, j) = inner(i - 1, j);
  return padded;
}

/// Whether the first feature is the constant 1: then E[psi(x) 1] is both its column of the Gram matrix and that of the correlation.
bool begins_with_constant(const HostMatrix& gram, const HostMatrix& correlation) {
  bool constant = std::abs(gram(0, 0) - 1) <= 1e-10;
  for (std::size_t a = 0; a < gram.extent(0); ++a) constant = constant && std::abs(gram(a, 0) - correlation(a, 0)) <= 1e-10 * std::sqrt(gram(a, a));
  return constant;
}

/// Whether the complex value at a place of the order is the second of its pair.
bool completes_pair(const std::vector<std::complex<double>>& mu, const std::vector<std::size_t>& order, std::size_t place) {
  std::size_t run = 0;  // complex values of this magnitude before it, which come in pairs
  while (run < place && mu[order[place - run - 1]].imag() != 0 && std::abs(mu[order[place - run - 1]]) == std::abs(mu[order[place]])) ++run;
  return run % 2 == 1;
}

/// The block of the first `count` features.
PairMoments leading(const PairMoments& moments, Index count) {
  const auto p = static_cast<std::size_t>(count);
  return {small::leading_block(moments.gram_x, p, p), small::leading_block(moments.gram_y, p, p), small::leading_block(moments.correlation, p, p),
          moments.weight};
}

/// Singular functions: U and V (p x k, left and right), singular values descending; the constant's first.
struct SingularPairs {
  HostMatrix left, right;
  std::vector<double> values;
};

SingularPairs singular_pairs(const PairMoments& moments, Index modes, double truncation) {
  const HostMatrix wx = scaled_whitener(moments.gram_x, truncation), wy = scaled_whitener(moments.gram_y, truncation);
  const HostMatrix c = small::form(wx, moments.correlation, wy), square = small::product(c, c, true);  // C^T C
  const HostVector values("kswgd::koopman::values", square.extent(0));
  small::symmetrise(square);
  algebra::symmetric_eigen(square, values);
  const std::size_t r = square.extent(0), k = std::min({static_cast<std::size_t>(modes) + 1, r, c.extent(0)});
  const HostMatrix right("kswgd::koopman::right", r, k);
  SingularPairs pairs;
  for (std::size_t j = 0; j < k; ++j) {
    pairs.values.push_back(std::sqrt(std::max(values(r - 1 - j), 0.0)));
    for (std::size_t i = 0; i < r; ++i) right(i, j) = square(i, r - 1 - j);
  }
  pairs.left = small::product(wx, small::product(c, right));  // up to a factor, which no score sees
  pairs.right = small::product(wy, right);
  return pairs;
}

}  // namespace

KoopmanPairs koopman_pairs(const PairMoments& moments, double tau, Index modes, double truncation) {
  require_positive(tau, "koopman_pairs", "tau");
  require(modes >= 0 && moments.weight > 0, "koopman_pairs", [] { return "modes must not be negative, and the moments must hold pairs"; });
  const HostMatrix x = averaged(moments.gram_x, moments.weight), c = averaged(moments.correlation, moments.weight);
  const std::size_t p = x.extent(0);
  // K maps the constant onto itself, so that on the features minus their means it is a problem of its own, K' = cov_x^{-1} cov(x, y).
  // Solved apart, the constant is found whatever noise does to eigenvalues near 1.
  const bool apart = begins_with_constant(x, c);
  const HostMatrix covariance = small::copy(x), lagged = small::copy(c);
  for (std::size_t j = 0; j < p && apart; ++j)
    for (std::size_t i = 0; i < p; ++i) {
      covariance(i, j) -= x(i, 0) * x(0, j);
      lagged(i, j) -= x(i, 0) * c(0, j);
    }
  const HostMatrix w = apart ? centred_whitener(covariance, x, truncation) : scaled_whitener(x, truncation), k = small::form(w, lagged, w);
  const std::size_t r = k.extent(0);
  const HostMatrix real("kswgd::koopman::real", r, r), imaginary("kswgd::koopman::imaginary", r, r);
  const auto mu = algebra::general_eigen(k, real, imaginary);
  std::vector<std::size_t> order(r);
  std::iota(order.begin(), order.end(), std::size_t{0});
  // LAPACK puts a pair side by side, both of the same magnitude to the bit: a stable order keeps them so.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return std::abs(mu[i]) > std::abs(mu[j]); });
  if (!apart) {  // the constant is somewhere in the span
    const auto nearest =
        std::min_element(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return std::abs(mu[i] - 1.0) < std::abs(mu[j] - 1.0); });
    if (nearest != order.end()) std::rotate(order.begin(), nearest, nearest + 1);
  }
  std::size_t kept = std::min(r, static_cast<std::size_t>(modes) + (apart ? 0 : 1));
  if (kept > 0 && kept < r && mu[order[kept - 1]].imag() != 0 && !completes_pair(mu, order, kept - 1)) ++kept;
  const std::size_t first = apart ? 1 : 0;
  KoopmanPairs pairs{
      {}, {}, HostMatrix("kswgd::koopman::real", p, kept + first), HostMatrix("kswgd::koopman::imaginary", p, kept + first), static_cast<Index>(p)};
  if (apart) {
    pairs.mu.emplace_back(1.0);
    pairs.rates.emplace_back(0.0);
    pairs.real(0, 0) = 1;
  }
  const HostMatrix u = small::product(w, real), v = small::product(w, imaginary);
  for (std::size_t j = 0; j < kept; ++j) {
    const std::complex<double> value = mu[order[j]];
    pairs.mu.push_back(value);
    const std::complex<double> rate = std::abs(value) > 0 ? -std::log(value) / tau : std::complex<double>(std::numeric_limits<double>::infinity(), 0);
    pairs.rates.emplace_back(std::max(rate.real(), 0.0), rate.imag());
    std::complex<double> mean = 0, mean_y = 0;  // of the eigenfunction without its constant, over both ends
    for (std::size_t a = 0; a < p && apart; ++a) {
      const std::complex<double> coefficient(u(a, order[j]), v(a, order[j]));
      mean += x(0, a) * coefficient;
      mean_y += c(0, a) * coefficient;
    }
    // With f = psi . v - mean, E_y[f] + constant = mu constant.
    const std::complex<double> constant = std::abs(value - 1.0) > 1e-9 ? (mean_y - mean) / (value - 1.0) : 0.0;
    const double norm = std::sqrt(1 + std::norm(constant));
    for (std::size_t a = 0; a < p; ++a) {
      const std::complex<double> shift = a == 0 ? constant - mean : 0.0;
      pairs.real(a, j + first) = (u(a, order[j]) + shift.real()) / norm;
      pairs.imaginary(a, j + first) = (v(a, order[j]) + shift.imag()) / norm;
    }
  }
  return pairs;
}

double vamp2(const PairMoments& moments, Index modes, double truncation) {
  double score = 0;
  for (const double value : singular_pairs(moments, modes, truncation).values) score += value * value;
  return score;
}

double vamp2(const PairMoments& training, const PairMoments& test, Index modes, double truncation) {
  const SingularPairs pairs = singular_pairs(training, modes, truncation);
  const HostMatrix x = small::inverse_root(small::form(pairs.left, test.gram_x, pairs.left));
  const HostMatrix y = small::inverse_root(small::form(pairs.right, test.gram_y, pairs.right));
  const HostMatrix c = small::product(x, small::product(small::form(pairs.left, test.correlation, pairs.right), y));
  double score = 0;
  for (std::size_t j = 0; j < c.extent(1); ++j)
    for (std::size_t i = 0; i < c.extent(0); ++i) score += c(i, j) * c(i, j);
  return score;
}

namespace {

/// The moments of each fold, all of about the same weight: whole trajectories where there are enough, else stretches of time.
template <class Exec>
std::vector<PairMoments> fold_moments(const Exec& exec, const DataSet<Exec>& source, Index lag, const Basis<Exec>& basis, Index folds) {
  const Index features = basis.level_features.back();
  const TrajectoryLayout& layout = source.trajectories();
  const std::size_t count = layout.lengths.size();
  std::vector<double> pairs(count, 0.0), weight(count, 0.0);  // of each trajectory; a pair's weight is that of its first frame
  std::vector<std::size_t> order;                             // of the trajectories that have pairs with weight
  for (detail::PairStarts next(source, lag); !next.at_end(); next.advance()) {
    weight[next.trajectory()] += next.weight();
    ++pairs[next.trajectory()];
  }
  source.ranks().sum(pairs);
  source.ranks().sum(weight);
  for (std::size_t t = 0; t < count; ++t)
    if (pairs[t] > 0) order.push_back(t);
  const auto all_pairs = static_cast<Index>(std::accumulate(pairs.begin(), pairs.end(), 0.0));
  const auto check = [&](Index fewest) {
    require(fewest >= 20, "vamp2_score", [&] {
      return "each fold needs at least 20 pairs with weight, but of " + std::to_string(folds) + " folds one has " + std::to_string(fewest) +
             ": take fewer folds or a shorter lag";
    });
  };
  if (static_cast<Index>(order.size()) < folds) {
    check(all_pairs / folds);
    auto moments = pair_moments(exec, source, lag, basis, features, folds);
    for (const PairMoments& fold : moments)
      require(fold.weight > 0, "vamp2_score", [&] { return "a single pair outweighs one of the " + std::to_string(folds) + " folds: take fewer folds"; });
    return moments;
  }
  // The heaviest first, each to the fold that has the least weight.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return weight[i] > weight[j]; });
  std::vector<Index> fold_of(count, -1), dealt_pairs(static_cast<std::size_t>(folds), 0);
  std::vector<double> dealt(dealt_pairs.size(), 0.0);
  for (const std::size_t t : order) {
    const auto fold = static_cast<std::size_t>(std::min_element(dealt.begin(), dealt.end()) - dealt.begin());
    fold_of[t] = static_cast<Index>(fold);
    dealt[fold] += weight[t];
    dealt_pairs[fold] += static_cast<Index>(pairs[t]);
  }
  check(*std::min_element(dealt_pairs.begin(), dealt_pairs.end()));
  return detail::pair_moments(exec, source, lag, basis, features, folds, detail::PairBlocks(source, lag, fold_of));
}

template <class Exec>
struct Scored {
  Basis<Exec> basis;
  std::vector<PairMoments> folds;
  VampScore score;
};

template <class Exec>
Scored<Exec> score_levels(const Exec& exec, const DataSet<Exec>& source, Index lag, const VampOptions& options) {
  check_pairs(source, lag, "vamp2_score");
  require(options.folds >= 2 && options.modes >= 1, "vamp2_score", [] { return "at least 2 folds and 1 mode are needed"; });
  Scored<Exec> result{make_basis(exec, source, options.basis), {}, {}};
  result.folds = fold_moments(exec, source, lag, result.basis, options.folds);
  const PairMoments all = total_of(result.folds);
  VampScore& score = result.score;
  const auto folds = static_cast<double>(options.folds);
  for (const Index features : result.basis.level_features) {
    std::vector<double> scores;
    for (Index fold = 0; fold < options.folds; ++fold)
      scores.push_back(vamp2(leading(total_of(result.folds, fold), features), leading(result.folds[static_cast<std::size_t>(fold)], features), options.modes));
    const double mean = std::accumulate(scores.begin(), scores.end(), 0.0) / folds;
    double square = 0;
    for (const double s : scores) square += (s - mean) * (s - mean);
    score.cross_validated.push_back(mean);
    score.standard_error.push_back(std::sqrt(square / (folds * (folds - 1))));
    score.in_sample.push_back(vamp2(leading(all, features), options.modes));
    score.features.push_back(features);
  }
  score.best = std::max_element(score.cross_validated.begin(), score.cross_validated.end()) - score.cross_validated.begin();
  return result;
}

}  // namespace

template <ExecutionSpace Exec>
VampScore vamp2_score(const Exec& exec, const DataSet<Exec>& source, Index lag, const VampOptions& options) {
  return score_levels(exec, source, lag, options).score;
}

template <ExecutionSpace Exec>
KoopmanPairs fit_koopman(const Exec& exec, const DataSet<Exec>& source, Index lag, const VampOptions& options) {
  const auto scored = score_levels(exec, source, lag, options);
  return koopman_pairs(leading(total_of(scored.folds), scored.score.features[static_cast<std::size_t>(scored.score.best)]),
                       static_cast<double>(lag) * source.trajectories().dt, options.modes);
}

#define KSWGD_INSTANTIATE(EXEC)                                                                 \
  template VampScore vamp2_score(const EXEC&, const DataSet<EXEC>&, Index, const VampOptions&); \
  template KoopmanPairs fit_koopman(const EXEC&, const DataSet<EXEC>&, Index, const VampOptions&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
