// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "reference_law.hpp"

#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kswgd::detail {
namespace {

/// A covariance is worth as many points as it has, the mean one as many as coordinates and two.
double shrunk(double own, double all, double points, double dimension) { return (points * own + (dimension + 2) * all) / (points + dimension + 2); }

/// Variances below this part of the largest are raised to it.
constexpr double smallest_variance = 1e-8;

/// The lower root of a covariance, row by row, in place; false where it has none.
bool cholesky_root(std::vector<double>& a, std::size_t d) {
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t i = j; i < d; ++i) {
      double sum = a[i * d + j];
      for (std::size_t k = 0; k < j; ++k) sum -= a[i * d + k] * a[j * d + k];
      if (i == j && !(sum > 0)) return false;
      a[i * d + j] = i == j ? std::sqrt(sum) : sum / a[j * d + j];
    }
    for (std::size_t i = 0; i < j; ++i) a[i * d + j] = 0;
  }
  return true;
}

double log_sum(const std::vector<double>& terms) {
  const double most = *std::max_element(terms.begin(), terms.end());
  if (!std::isfinite(most)) return most;
  double sum = 0;
  for (const double term : terms) sum += std::exp(term - most);
  return most + std::log(sum);
}

/// Of a sphere in m coordinates, and of a torus.
double log_volume_of(Manifold kind, Index count, double major, double minor) {
  const auto m = static_cast<double>(count);
  if (kind == Manifold::torus) return std::log(4 * M_PI * M_PI * major * minor);
  return std::log(2.0) + m / 2 * std::log(M_PI) - std::lgamma(m / 2) + (m - 1) * std::log(major);
}

}  // namespace

ReferenceLaw::ReferenceLaw(const FrameData& frame, const HostPoints& points, const HostPoints& centres, Index first_centre, Index last_centre)
    : m_dimension(static_cast<Index>(points.extent(1))) {
  const double scale = frame.normalisation.scale;
  std::vector<bool> taken(static_cast<std::size_t>(m_dimension), false);
  Index first = 0;
  for (const GeometryFactor& factor : frame.mapped_geometry().factors) {
    const Index count = factor.kind == Manifold::circle ? 2 : factor.count;
    if (factor.kind != Manifold::euclidean) {
      const double major = factor.major / scale, minor = factor.minor / scale;
      m_factors.push_back({factor.kind, first, count, major, minor, log_volume_of(factor.kind, count, major, minor)});
      for (Index k = first; k < first + count; ++k) taken[static_cast<std::size_t>(k)] = true;
    }
    first += count;
  }
  for (Index k = 0; k < m_dimension; ++k) {
    m_centre.push_back(-frame.normalisation.mean[static_cast<std::size_t>(k)] / scale);
    if (taken[static_cast<std::size_t>(k)]) continue;
    (frame.normalisation.constant[static_cast<std::size_t>(k)] ? m_constant : m_free).push_back(k);
  }
  const std::size_t d = m_free.size(), n = points.extent(0);
  if (d == 0) return;

  const auto groups = static_cast<std::size_t>(std::max<Index>(1, last_centre - first_centre));
  std::vector<std::size_t> group(n, 0);
  for (std::size_t i = 0; i < n && groups > 1; ++i) {
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t g = 0; g < groups; ++g) {
      double square = 0;
      for (Index k = 0; k < m_dimension; ++k) square += std::pow(points(i, k) - centres(first_centre + static_cast<Index>(g), k), 2);
      if (square < least) {
        least = square;
        group[i] = g;
      }
    }
  }
  std::vector<double> count(groups, 0.0), pooled(d * d, 0.0);
  std::vector<std::vector<double>> mean(groups, std::vector<double>(d, 0.0)), covariance(groups, std::vector<double>(d * d, 0.0));
  for (std::size_t i = 0; i < n; ++i) {
    ++count[group[i]];
    for (std::size_t k = 0; k < d; ++k) mean[group[i]][k] += points(i, m_free[k]);
  }
  for (std::size_t g = 0; g < groups; ++g)
    for (double& m : mean[g]) m /= std::max(1.0, count[g]);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < d; ++k)
      for (std::size_t l = 0; l < d; ++l)
        covariance[group[i]][k * d + l] += (points(i, m_free[k]) - mean[group[i]][k]) * (points(i, m_free[l]) - mean[group[i]][l]);
  for (std::size_t g = 0; g < groups; ++g)
    for (std::size_t e = 0; e < d * d; ++e) pooled[e] += covariance[g][e] / static_cast<double>(n);
  double largest = 0;
  for (std::size_t k = 0; k < d; ++k) largest = std::max(largest, pooled[k * d + k]);
  for (std::size_t k = 0; k < d; ++k) pooled[k * d + k] += smallest_variance * std::max(largest, 1e-300);
  for (std::size_t g = 0; g < groups; ++g) {
    if (count[g] == 0) continue;
    for (std::size_t e = 0; e < d * d; ++e) covariance[g][e] = shrunk(covariance[g][e] / count[g], pooled[e], count[g], static_cast<double>(d));
    add_component(count[g] / static_cast<double>(n), mean[g], std::move(covariance[g]));
  }
}

void ReferenceLaw::add_component(double weight, const std::vector<double>& mean, std::vector<double> covariance) {
  const std::size_t d = mean.size();
  const std::vector<double> given = covariance;
  for (double ridge = smallest_variance; !cholesky_root(covariance, d); ridge *= 10) {
    covariance = given;
    double largest = 0;
    for (std::size_t k = 0; k < d; ++k) largest = std::max(largest, given[k * d + k]);
    for (std::size_t k = 0; k < d; ++k) covariance[k * d + k] += ridge * std::max(largest, 1e-300);
  }
  double log_determinant = 0;
  for (std::size_t k = 0; k < d; ++k) log_determinant += std::log(covariance[k * d + k]);
  m_components.push_back({std::log(weight), log_determinant, mean, std::move(covariance)});
}

HostPoints ReferenceLaw::draw(Index n, std::uint64_t seed) const {
  const HostPoints points("kswgd::ReferenceLaw::draw", n, m_dimension);
  const std::size_t d = m_free.size();
  for (Index i = 0; i < n; ++i) {
    const IndexedRandom random(seed, streams::reference_law + static_cast<std::uint64_t>(i));
    std::uint64_t next = 2;  // the pair before is that of the component
    if (d > 0) {
      double left = random.uniform(0);
      std::size_t g = 0;
      while (g + 1 < m_components.size() && left > std::exp(m_components[g].log_weight)) left -= std::exp(m_components[g++].log_weight);
      std::vector<double> z(d);
      for (double& value : z) value = random.normal(next++);
      for (std::size_t k = 0; k < d; ++k) {
        double value = m_components[g].mean[k];
        for (std::size_t l = 0; l <= k; ++l) value += m_components[g].root[k * d + l] * z[l];
        points(i, m_free[k]) = value;
      }
    }
    next += next & 1;
    for (const Factor& factor : m_factors) {
      const auto at = [&](Index k) -> double& { return points(i, factor.first + k); };
      const auto centre = [&](Index k) { return m_centre[static_cast<std::size_t>(factor.first + k)]; };
      if (factor.kind == Manifold::torus) {
        double theta = 0;
        do {
          theta = 2 * M_PI * random.uniform(next);
          next += 2;
        } while (random.uniform(next - 1) * (factor.major + factor.minor) > factor.major + factor.minor * std::cos(theta));
        const double phi = 2 * M_PI * random.uniform(next), out = factor.major + factor.minor * std::cos(theta);
        next += 2;
        at(0) = centre(0) + out * std::cos(phi);
        at(1) = centre(1) + out * std::sin(phi);
        at(2) = centre(2) + factor.minor * std::sin(theta);
      } else {
        double square = 0;
        for (Index k = 0; k < factor.count; ++k) {
          at(k) = random.normal(next++);
          square += at(k) * at(k);
        }
        for (Index k = 0; k < factor.count; ++k) at(k) = centre(k) + factor.major * at(k) / std::sqrt(square);
        next += next & 1;
      }
    }
  }
  return points;
}

std::vector<double> ReferenceLaw::log_density(const HostPoints& points) const {
  const std::size_t d = m_free.size();
  double uniform = 0;
  for (const Factor& factor : m_factors) uniform -= factor.log_volume;
  std::vector<double> result(points.extent(0), uniform), terms(m_components.size()), away(d);
  for (std::size_t i = 0; d > 0 && i < points.extent(0); ++i) {
    for (std::size_t g = 0; g < m_components.size(); ++g) {
      const Component& component = m_components[g];
      double square = 0;
      for (std::size_t k = 0; k < d; ++k) {
        double value = points(i, m_free[k]) - component.mean[k];
        for (std::size_t l = 0; l < k; ++l) value -= component.root[k * d + l] * away[l];
        away[k] = value / component.root[k * d + k];
        square += away[k] * away[k];
      }
      terms[g] = component.log_weight - component.log_determinant - square / 2 - static_cast<double>(d) / 2 * std::log(2 * M_PI);
    }
    result[i] += log_sum(terms);
  }
  return result;
}

BridgeEstimate bridge(const std::vector<double>& at_data, const std::vector<double>& at_reference) {
  const auto n = static_cast<double>(at_data.size()), m = static_cast<double>(at_reference.size());
  const double log_n = std::log(n / (n + m)), log_m = std::log(m / (n + m));
  // log (s1 l + s2 r) at log l = t.
  const auto log_mix = [&](double t, double log_r) {
    const double a = log_n + t, b = log_m + log_r;
    return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
  };
  std::vector<double> below = at_data, above = at_reference;
  double log_r = log_sum(at_reference) - std::log(m);  // importance sampling
  if (!std::isfinite(log_r)) return {log_r, std::numeric_limits<double>::infinity()};
  for (int iteration = 0; iteration < 1000; ++iteration) {
    for (std::size_t i = 0; i < at_data.size(); ++i) below[i] = -log_mix(at_data[i], log_r);
    for (std::size_t j = 0; j < at_reference.size(); ++j) above[j] = at_reference[j] - log_mix(at_reference[j], log_r);
    const double next = log_sum(above) - std::log(m) - (log_sum(below) - std::log(n));
    const bool settled = std::abs(next - log_r) < 1e-10;
    log_r = next;
    if (settled || !std::isfinite(log_r)) break;
  }
  // Relative variances of the two averages (Fruehwirth-Schnatter 2004, for independent draws).
  const auto relative_variance = [](const std::vector<double>& logs) {
    const double most = *std::max_element(logs.begin(), logs.end());
    double sum = 0, square = 0;
    for (const double value : logs) {
      sum += std::exp(value - most);
      square += std::exp(2 * (value - most));
    }
    const auto count = static_cast<double>(logs.size());
    return std::max(0.0, square * count / (sum * sum) - 1) / count;
  };
  return {log_r, std::sqrt(relative_variance(below) + relative_variance(above))};
}

}  // namespace kswgd::detail
