// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <kswgd/support/random.hpp>
#include <utility>
#include <vector>

namespace kswgd::detail {

/// A mixture of normal laws, each with a covariance of its own, by expectation and maximisation (Dempster, Laird, Rubin 1977). Its conditional laws given the
/// first coordinates are mixtures of normal laws in closed form.
class NormalMixture {
 public:
  /// Of some rows of points in some of their coordinates, `count` laws, which begin as clusters: of five k-means from rows drawn by their distances (k-means++;
  /// Arthur, Vassilvitskii 2007) those with the least sum of squares. Cost: at most 60 rounds of rows x count x d^2 / 2.
  NormalMixture(const HostPoints& points, const std::vector<Index>& rows, const std::vector<Index>& coordinates, Index count, std::uint64_t seed);

  /// The same of other rows, from the laws of this one on.
  NormalMixture of(const HostPoints& points, const std::vector<Index>& rows, const std::vector<Index>& coordinates) const;

  /// That of the smallest BIC (Schwarz 1978) of up to 30 laws, with three rows for each parameter at least; the search ends after three numbers of laws
  /// that are no better. Without a law where the rows are too few for one.
  static NormalMixture best(const HostPoints& points, const std::vector<Index>& rows, const std::vector<Index>& coordinates, std::uint64_t seed);

  Index size() const { return static_cast<Index>(m_laws.size()); }
  /// Minus twice the logarithm of the likelihood, and log n for each parameter.
  double bic() const { return m_bic; }

  /// Shares of the laws given the first `given` coordinates, at[0] ... at[given - 1]; their sum is 1.
  std::vector<double> shares(const std::vector<double>& at, std::size_t given) const;
  /// How many rows such shares of the laws rest on.
  double effective(const std::vector<double>& shares) const;
  /// One draw of the other coordinates from law `which`, given the first ones.
  std::vector<double> draw(const std::vector<double>& at, std::size_t given, std::size_t which, const IndexedRandom& random) const;

 private:
  struct Law {
    double share = 0;
    std::vector<double> mean;
    HostMatrix root;  // R, upper, with R^T R the covariance
  };
  struct Table;
  NormalMixture() = default;
  /// Rounds from the weights of each row in each law on.
  void fit(const Table& table, std::vector<std::vector<double>> weight);
  /// The weights of each row in each law, and the logarithm of the likelihood.
  double weigh(const Table& table, std::vector<std::vector<double>>& weight) const;
  /// By k-means: the sum of squares, and the number of each row's cluster.
  static std::pair<double, std::vector<std::size_t>> clusters(const Table& table, std::size_t count, const IndexedRandom& random);
  static std::vector<std::size_t> spread_starts(const Table& table, std::size_t count, const IndexedRandom& random);
  /// The first `first` components of R^{-T} (at - mean), and the logarithm of the density in these but for (2 pi)^(first / 2).
  static double standardise(const Law& law, const double* at, std::size_t first, std::vector<double>& result);

  std::vector<Law> m_laws;
  double m_bic = 0;
  double m_rows = 0;
};

}  // namespace kswgd::detail
