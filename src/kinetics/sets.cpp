// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/kinetics/committor.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>

namespace kswgd {

std::vector<char> in_ball(const HostPoints& points, const GeometryData& geometry, const std::vector<double>& centre, double radius) {
  const auto d = points.extent(1);
  require(centre.size() == d, "in_ball",
          [&] { return "the points have " + std::to_string(d) + " coordinates, the centre of the ball has " + std::to_string(centre.size()); });
  require_positive(radius, "in_ball", "the radius");
  for (const double x : centre) require(std::isfinite(x), "in_ball", [] { return "the centre of the ball must be finite"; });
  std::vector<GeometryFactor> factors = geometry.factors;
  if (factors.empty()) factors = {{Manifold::euclidean, static_cast<Index>(d)}};
  const auto norm = [](const auto& x, std::size_t first, std::size_t count) {
    double square = 0;
    for (std::size_t k = first; k < first + count; ++k) square += x(k) * x(k);
    return std::sqrt(square);
  };
  const auto at_centre = [&](std::size_t k) { return centre[k]; };
  std::size_t first = 0;
  for (const GeometryFactor& factor : factors) {
    const auto count = static_cast<std::size_t>(factor.count);
    double away = 0;
    if (factor.kind == Manifold::sphere) away = norm(at_centre, first, count) - factor.major;
    if (factor.kind == Manifold::torus) away = std::hypot(std::hypot(centre[first], centre[first + 1]) - factor.major, centre[first + 2]) - factor.minor;
    require(std::abs(away) <= 1e-3 * std::max(factor.major, 1e-300), "in_ball",
            [&] { return "the centre of the ball lies " + std::to_string(std::abs(away)) + " away from the manifold"; });
    first += count;
  }
  std::vector<char> inside;
  for (std::size_t i = 0; i < points.extent(0); ++i) {
    double square = 0;
    first = 0;
    for (const GeometryFactor& factor : factors) {
      const auto count = static_cast<std::size_t>(factor.count);
      const auto difference = [&](std::size_t k) { return points(i, k) - centre[k]; };
      double distance = norm(difference, first, count);
      if (factor.kind == Manifold::circle) distance = std::abs(std::remainder(difference(first), 2 * M_PI * factor.major));
      if (factor.kind == Manifold::sphere) distance = 2 * factor.major * std::asin(std::min(1.0, distance / (2 * factor.major)));
      square += distance * distance;
      first += count;
    }
    inside.push_back(square <= radius * radius);
  }
  return inside;
}

std::vector<char> in_box(const HostPoints& points, const GeometryData& geometry, const std::vector<double>& low, const std::vector<double>& high) {
  const auto d = points.extent(1);
  require(low.size() == d && high.size() == d, "in_box", [&] {
    return "the points have " + std::to_string(d) + " coordinates, the box has " + std::to_string(low.size()) + " lower and " + std::to_string(high.size()) +
           " upper bounds";
  });
  std::vector<double> period(d, 0.0);
  std::size_t first = 0;
  for (const GeometryFactor& factor : geometry.factors) {
    if (factor.kind == Manifold::circle) period[first] = 2 * M_PI * factor.major;
    first += static_cast<std::size_t>(factor.count);
  }
  for (std::size_t k = 0; k < d; ++k)
    require(low[k] <= high[k] || (period[k] > 0 && std::isfinite(low[k]) && std::isfinite(high[k])), "in_box", [&] {
      return "the bounds of coordinate " + std::to_string(k) + " (from 0) must be in order, got " + std::to_string(low[k]) + " and " + std::to_string(high[k]);
    });
  std::vector<char> inside;
  for (std::size_t i = 0; i < points.extent(0); ++i) {
    bool all = true;
    for (std::size_t k = 0; k < d && all; ++k) {
      if (period[k] > 0 && std::isfinite(low[k]) && std::isfinite(high[k])) {
        const auto upwards = [&](double from, double to) { return to - from - period[k] * std::floor((to - from) / period[k]); };
        const double length = high[k] - low[k] >= period[k] ? period[k] : upwards(low[k], high[k]);
        all = upwards(low[k], points(i, k)) <= length;
      } else {
        all = low[k] <= points(i, k) && points(i, k) <= high[k];
      }
    }
    inside.push_back(all);
  }
  return inside;
}

}  // namespace kswgd
