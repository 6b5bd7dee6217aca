// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/geometry/coordinate_map.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace kswgd {
namespace {

constexpr std::array<const char*, 4> coordinate_names{"auto", "given", "standard", "normal"};

/// A vector as the spline wants its knots.
struct Values {
  const double* held;
  KOKKOS_FUNCTION double operator()(Index i) const { return held[i]; }
};

}  // namespace

const char* name_of(Coordinates coordinates) { return coordinate_names.at(static_cast<std::size_t>(coordinates)); }

Coordinates coordinates_of(const std::string& name) {
  const auto* found = std::find(coordinate_names.begin(), coordinate_names.end(), name);
  require(found != coordinate_names.end(), "coordinates_of", [&] { return "coordinates are auto, given, standard or normal, got '" + name + "'"; });
  return static_cast<Coordinates>(found - coordinate_names.begin());
}

CoordinateMap CoordinateMap::through(std::vector<double> x, std::vector<double> z) {
  const std::size_t count = x.size();
  require(count >= 2 && z.size() == count, "CoordinateMap", [&] { return "two knots at least are needed, got " + std::to_string(count); });
  std::vector<double> chord(count - 1), slope(count);
  for (std::size_t i = 0; i + 1 < count; ++i) {
    chord[i] = (z[i + 1] - z[i]) / (x[i + 1] - x[i]);
    require(std::isfinite(chord[i]) && chord[i] > 0 && x[i + 1] > x[i], "CoordinateMap",
            [&] { return "knots must ascend in both coordinates, but knot " + std::to_string(i + 1) + " does not"; });
  }
  slope.front() = chord.front();
  slope.back() = chord.back();
  for (std::size_t i = 1; i + 1 < count; ++i) {
    // Weighted as Fritsch and Butland (1984) do, so that a short piece beside a long one does not bend it.
    const double before = x[i] - x[i - 1], after = x[i + 1] - x[i], share = (before + 2 * after) / (3 * (before + after));
    slope[i] = 1 / (share / chord[i - 1] + (1 - share) / chord[i]);
  }
  CoordinateMap map;
  map.x = std::move(x);
  map.z = std::move(z);
  map.slope = std::move(slope);
  return map;
}

double CoordinateMap::operator()(double at) const {
  const Values knots{x.data()}, images{z.data()}, slopes{slope.data()};
  return is_linear() ? factor * at : detail::Spline<Values>{knots, images, slopes, 0, static_cast<Index>(x.size())}.forward(at);
}

double CoordinateMap::inverse(double at) const {
  const Values knots{x.data()}, images{z.data()}, slopes{slope.data()};
  return is_linear() ? at / factor : detail::Spline<Values>{knots, images, slopes, 0, static_cast<Index>(x.size())}.inverse(at);
}

double CoordinateMap::derivative(double at) const {
  const Values knots{x.data()}, images{z.data()}, slopes{slope.data()};
  return is_linear() ? factor : detail::Spline<Values>{knots, images, slopes, 0, static_cast<Index>(x.size())}.derivative(at);
}

template <ExecutionSpace Exec>
CoordinateMaps<Exec>::CoordinateMaps(const Exec& exec, const std::vector<CoordinateMap>& maps) {
  if (std::all_of(maps.begin(), maps.end(), [](const CoordinateMap& map) { return map.is_identity(); })) return;
  std::vector<Index> first{0};
  std::vector<double> factor, x, z, slope;
  for (const CoordinateMap& map : maps) {
    factor.push_back(map.factor);
    x.insert(x.end(), map.x.begin(), map.x.end());
    z.insert(z.end(), map.z.begin(), map.z.end());
    slope.insert(slope.end(), map.slope.begin(), map.slope.end());
    first.push_back(static_cast<Index>(x.size()));
  }
  m_first = to_device(exec, first);
  m_factor = to_device(exec, factor);
  m_x = to_device(exec, x);
  m_z = to_device(exec, z);
  m_slope = to_device(exec, slope);
}

#define KSWGD_INSTANTIATE(EXEC) template class CoordinateMaps<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
