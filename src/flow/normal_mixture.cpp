// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "normal_mixture.hpp"

#include <kswgd/algebra/dense.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace kswgd::detail {
namespace {

constexpr int most_rounds = 60, lloyd_rounds = 10, starts = 5;
constexpr double least_gain = 1e-3;   // of the mean logarithm of the likelihood in a round
constexpr double least_width = 1e-5;  // added to each variance, in units of their mean: no law falls onto a row
constexpr Index most_laws = 30, rows_for_each = 3;
constexpr int most_failures = 3;

double square_distance(const double* x, const double* y, std::size_t d) {
  double sum = 0;
  for (std::size_t k = 0; k < d; ++k) sum += (x[k] - y[k]) * (x[k] - y[k]);
  return sum;
}

/// Replaces logarithms by their exponentials over the sum of all; returns the logarithm of that sum.
double normalise(std::vector<double>& logs) {
  const double most = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (double& value : logs) sum += value = std::exp(value - most);
  for (double& value : logs) value /= sum;
  return most + std::log(sum);
}

}  // namespace

/// Chosen rows and coordinates, one row after the other.
struct NormalMixture::Table {
  std::size_t n, d;
  std::vector<double> values;

  Table(const HostPoints& points, const std::vector<Index>& rows, const std::vector<Index>& coordinates) : n(rows.size()), d(coordinates.size()) {
    for (const Index i : rows)
      for (const Index k : coordinates) values.push_back(points(i, k));
  }
  const double* row(std::size_t i) const { return values.data() + i * d; }
};

/// Rows of which each is drawn in proportion to its squared distance from those before.
std::vector<std::size_t> NormalMixture::spread_starts(const Table& table, std::size_t count, const IndexedRandom& random) {
  std::vector<std::size_t> starts{static_cast<std::size_t>(random.below(table.n, 0))};
  std::vector<double> away(table.n, HUGE_VAL);
  while (starts.size() < count) {
    double total = 0;
    for (std::size_t i = 0; i < table.n; ++i) {
      away[i] = std::min(away[i], square_distance(table.row(i), table.row(starts.back()), table.d));
      total += away[i];
    }
    const double at = total * random.uniform(starts.size());
    std::size_t chosen = 0;
    for (double sum = away[0]; sum < at && chosen + 1 < table.n; sum += away[chosen]) ++chosen;
    starts.push_back(chosen);
  }
  return starts;
}

std::pair<double, std::vector<std::size_t>> NormalMixture::clusters(const Table& table, std::size_t count, const IndexedRandom& random) {
  std::vector<double> centres;
  for (const std::size_t i : spread_starts(table, count, random)) centres.insert(centres.end(), table.row(i), table.row(i) + table.d);
  std::vector<std::size_t> nearest(table.n);
  double total = 0;
  for (int round = 0; round < lloyd_rounds; ++round) {
    std::vector<double> sums(count * table.d, 0.0), members(count, 0.0);
    total = 0;
    for (std::size_t i = 0; i < table.n; ++i) {
      double least = HUGE_VAL;
      for (std::size_t c = 0; c < count; ++c) {
        const double away = square_distance(table.row(i), centres.data() + c * table.d, table.d);
        if (away < least) {
          least = away;
          nearest[i] = c;
        }
      }
      total += least;
      members[nearest[i]] += 1;
      for (std::size_t k = 0; k < table.d; ++k) sums[nearest[i] * table.d + k] += table.row(i)[k];
    }
    for (std::size_t c = 0; c < count; ++c)
      for (std::size_t k = 0; k < table.d && members[c] > 0; ++k) centres[c * table.d + k] = sums[c * table.d + k] / members[c];
  }
  return {total, nearest};
}

double NormalMixture::standardise(const Law& law, const double* at, std::size_t first, std::vector<double>& result) {
  result.resize(first);
  double log_density = 0;
  for (std::size_t k = 0; k < first; ++k) {
    double value = at[k] - law.mean[k];
    for (std::size_t j = 0; j < k; ++j) value -= law.root(j, k) * result[j];
    result[k] = value / law.root(k, k);
    log_density -= result[k] * result[k] / 2 + std::log(law.root(k, k));
  }
  return log_density;
}

double NormalMixture::weigh(const Table& table, std::vector<std::vector<double>>& weight) const {
  std::vector<double> standard, logs(m_laws.size());
  double likelihood = 0;
  for (std::size_t i = 0; i < table.n; ++i) {
    for (std::size_t c = 0; c < m_laws.size(); ++c) logs[c] = std::log(m_laws[c].share) + standardise(m_laws[c], table.row(i), table.d, standard);
    likelihood += normalise(logs);
    for (std::size_t c = 0; c < m_laws.size(); ++c) weight[c][i] = logs[c];
  }
  return likelihood;
}

void NormalMixture::fit(const Table& table, std::vector<std::vector<double>> weight) {
  const std::size_t n = table.n, d = table.d;
  m_rows = static_cast<double>(n);
  double variance = 0;
  for (std::size_t k = 0; k < d; ++k) {
    double mean = 0;
    for (std::size_t i = 0; i < n; ++i) mean += table.row(i)[k] / m_rows;
    for (std::size_t i = 0; i < n; ++i) variance += std::pow(table.row(i)[k] - mean, 2) / (m_rows * static_cast<double>(d));
  }
  const double floor = std::max(least_width * variance, std::numeric_limits<double>::min());

  const Kokkos::DefaultHostExecutionSpace host;
  double last = -HUGE_VAL;
  for (int round = 0; round < most_rounds; ++round) {
    for (std::size_t c = 0; c < m_laws.size(); ++c) {
      Law& law = m_laws[c];
      const double total = std::max(std::accumulate(weight[c].begin(), weight[c].end(), 0.0), 1e-10);
      law.share = total / m_rows;
      law.mean.assign(d, 0.0);
      law.root = HostMatrix("kswgd::NormalMixture::root", d, d);
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < d; ++k) law.mean[k] += weight[c][i] / total * table.row(i)[k];
      for (std::size_t i = 0; i < n; ++i) {
        if (weight[c][i] < 1e-12) continue;
        for (std::size_t k = 0; k < d; ++k)
          for (std::size_t l = k; l < d; ++l) law.root(k, l) += weight[c][i] / total * (table.row(i)[k] - law.mean[k]) * (table.row(i)[l] - law.mean[l]);
      }
      for (std::size_t k = 0; k < d; ++k) {
        law.root(k, k) += floor;
        for (std::size_t l = 0; l < k; ++l) law.root(k, l) = law.root(l, k);
      }
      algebra::cholesky(host, law.root);
    }
    const double likelihood = weigh(table, weight), parameters = static_cast<double>(m_laws.size() * (1 + d + d * (d + 1) / 2)) - 1;
    m_bic = -2 * likelihood + parameters * std::log(m_rows);
    if (likelihood - last < least_gain * m_rows) break;
    last = likelihood;
  }
}

NormalMixture::NormalMixture(const HostPoints& points, const std::vector<Index>& rows, const std::vector<Index>& coordinates, Index count, std::uint64_t seed) {
  const Table table(points, rows, coordinates);
  m_laws.resize(static_cast<std::size_t>(count));
  std::pair<double, std::vector<std::size_t>> least{HUGE_VAL, std::vector<std::size_t>(table.n, 0)};
  for (std::uint64_t start = 0; start < starts && count > 1; ++start) least = std::min(least, clusters(table, m_laws.size(), IndexedRandom(seed, start)));
  std::vector<std::vector<double>> weight(m_laws.size(), std::vector<double>(table.n, 0.0));
  for (std::size_t i = 0; i < table.n; ++i) weight[least.second[i]][i] = 1;
  fit(table, std::move(weight));
}

NormalMixture NormalMixture::of(const HostPoints& points, const std::vector<Index>& rows, const std::vector<Index>& coordinates) const {
  const Table table(points, rows, coordinates);
  std::vector<std::vector<double>> weight(m_laws.size(), std::vector<double>(table.n, 0.0));
  weigh(table, weight);
  NormalMixture result;
  result.m_laws.resize(m_laws.size());
  result.fit(table, std::move(weight));
  return result;
}

NormalMixture NormalMixture::best(const HostPoints& points, const std::vector<Index>& rows, const std::vector<Index>& coordinates, std::uint64_t seed) {
  NormalMixture result;
  const auto d = static_cast<Index>(coordinates.size()), parameters = 1 + d + d * (d + 1) / 2;
  int failures = 0;
  for (Index count = 1; count <= most_laws && failures < most_failures && count * parameters * rows_for_each <= static_cast<Index>(rows.size()); ++count) {
    NormalMixture one(points, rows, coordinates, count, seed);
    if (result.m_laws.empty() || one.bic() < result.bic()) {
      result = std::move(one);
      failures = 0;
    } else {
      ++failures;
    }
  }
  return result;
}

std::vector<double> NormalMixture::shares(const std::vector<double>& at, std::size_t given) const {
  std::vector<double> result, standard;
  for (const Law& law : m_laws) result.push_back(std::log(law.share) + standardise(law, at.data(), given, standard));
  normalise(result);
  return result;
}

double NormalMixture::effective(const std::vector<double>& shares) const {
  double sum = 0;
  for (std::size_t c = 0; c < m_laws.size(); ++c) sum += shares[c] * shares[c] / m_laws[c].share;
  return m_rows / sum;
}

std::vector<double> NormalMixture::draw(const std::vector<double>& at, std::size_t given, std::size_t which, const IndexedRandom& random) const {
  const Law& law = m_laws[which];
  std::vector<double> standard, result;
  standardise(law, at.data(), given, standard);
  for (std::size_t k = given; k < law.mean.size(); ++k) standard.push_back(random.normal(k));
  for (std::size_t k = given; k < law.mean.size(); ++k) {
    double value = law.mean[k];
    for (std::size_t j = 0; j <= k; ++j) value += law.root(j, k) * standard[j];
    result.push_back(value);
  }
  return result;
}

}  // namespace kswgd::detail
