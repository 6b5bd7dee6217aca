// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/geometry/geometry.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

namespace kswgd {
namespace {

Index embedded_count(const GeometryFactor& factor) { return factor.kind == Manifold::circle ? 2 : factor.count; }

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

double number(const std::string& text, const std::string& whole) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  // Squares of lengths and of their inverses stay numbers.
  require(!text.empty() && *end == '\0' && (value == 0 || (value >= 1e-150 && value <= 1e150)), "geometry",
          [&] { return "'" + text + "' in the manifold '" + whole + "' is not a length"; });
  return value;
}

/// "sphere3" -> 3, "sphere" -> all that is left.
Index count_after(const std::string& name, std::size_t letters, Index left, const std::string& whole) {
  if (name.size() == letters) return left;
  const std::string digits = name.substr(letters);
  require(digits.size() < 10 && std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }), "geometry",
          [&] { return "there is no manifold '" + name + "' (in '" + whole + "'); known are: euclidean sphere torus:R,r periodic:L1,..."; });
  return std::atoll(digits.c_str());
}

void add_factors(const std::string& part, const std::string& whole, Index left, std::vector<GeometryFactor>& factors) {
  const std::size_t colon = part.find(':');
  const std::string name = part.substr(0, colon);
  const auto numbers = colon == std::string::npos ? std::vector<std::string>{} : split(part.substr(colon + 1), ',');
  if (name == "torus") {
    require(numbers.size() == 2, "geometry", [&] { return "a torus is given by two radii, torus:R,r, got '" + part + "'"; });
    const double major = number(numbers[0], whole), minor = number(numbers[1], whole);
    require(major > minor && minor > 0, "geometry", [&] { return "a torus needs R > r > 0, got '" + part + "'"; });
    factors.push_back({Manifold::torus, 3, major, minor, 0});
  } else if (name == "periodic") {
    require(!numbers.empty(), "geometry", [] { return std::string("periodic needs a period for each coordinate, periodic:L1,L2,... (0: not periodic)"); });
    for (const std::string& text : numbers) {
      const double period = number(text, whole);
      factors.push_back(period > 0 ? GeometryFactor{Manifold::circle, 1, period / (2 * M_PI), 0, 0} : GeometryFactor{Manifold::euclidean, 1, 0, 0, 0});
    }
  } else if (name.rfind("sphere", 0) == 0) {
    require(numbers.size() <= 1, "geometry", [&] { return "a sphere is given by one radius, got '" + part + "'"; });
    const double radius = numbers.empty() ? 1 : number(numbers[0], whole);
    require(radius > 0, "geometry", [&] { return "a sphere needs a positive radius, got '" + part + "'"; });
    factors.push_back({Manifold::sphere, count_after(name, 6, left, whole), radius, 0, 0});
  } else {
    const bool known = name.rfind("euclidean", 0) == 0;
    require(known || !name.empty(), "geometry", [&] { return "the manifold '" + whole + "' has a part without a name"; });
    require(colon == std::string::npos, "geometry", [&] { return "'" + name + "' takes no lengths, got '" + part + "' in '" + whole + "'"; });
    factors.push_back({Manifold::euclidean, count_after(name, known ? 9 : 0, left, whole), 0, 0, 0});
  }
}

template <class Exec>
struct ProjectKernel {
  typename Geometry<Exec>::Device geometry;
  Points<Exec> x, u;
  KOKKOS_FUNCTION void operator()(Index i) const { geometry.project(x, u, i); }
};

template <class Exec>
struct RetractKernel {
  typename Geometry<Exec>::Device geometry;
  Points<Exec> x;
  KOKKOS_FUNCTION void operator()(Index i) const { geometry.retract(x, i); }
};

template <class Exec>
struct NormalKernel {
  typename Geometry<Exec>::Device geometry;
  Points<Exec> x, out;
  Index which, dimension;
  KOKKOS_FUNCTION void operator()(Index i) const {
    for (Index k = 0; k < dimension; ++k) out(i, k) = 0;
    const Points<Exec>& to = out;
    geometry.normal(geometry.factors(which), x, i, [&](int k, double n) { to(i, k) = n; });
  }
};

template <class Exec>
struct CurvatureKernel {
  typename Geometry<Exec>::Device geometry;
  Points<Exec> x;
  Vector<Exec> h;
  Index which;
  KOKKOS_FUNCTION void operator()(Index i) const { h(i) = geometry.curvature(geometry.factors(which), x, i); }
};

template <class Exec>
auto rows_of(const Exec& exec, const Points<Exec>& x) {
  return index_range(exec, static_cast<Index>(x.extent(0)));
}

}  // namespace

bool GeometryData::is_euclidean() const {
  return std::all_of(factors.begin(), factors.end(), [](const GeometryFactor& factor) { return factor.kind == Manifold::euclidean; });
}

Index GeometryData::embedded_dimension(Index dimension) const {
  Index embedded = dimension;
  for (const GeometryFactor& factor : factors) embedded += embedded_count(factor) - factor.count;
  return embedded;
}

Index GeometryData::chart_dimension(Index embedded) const {
  Index dimension = embedded;
  for (const GeometryFactor& factor : factors) dimension -= embedded_count(factor) - factor.count;
  return dimension;
}

GeometryData parse_geometry(const std::string& text, Index dimension) {
  GeometryData geometry;
  Index taken = 0;
  for (const std::string& part : split(text, '+')) {
    const std::size_t before = geometry.factors.size();
    add_factors(part, text, dimension - taken, geometry.factors);
    for (std::size_t f = before; f < geometry.factors.size(); ++f) taken += geometry.factors[f].count;
    // Here, too: what is left for the parts that follow must not be negative.
    require(taken <= dimension, "geometry", [&] {
      return "the manifold '" + text + "' takes " + std::to_string(taken) + " coordinates or more, the points have " + std::to_string(dimension);
    });
  }
  require(taken == dimension, "geometry",
          [&] { return "the manifold '" + text + "' takes " + std::to_string(taken) + " coordinates, the points have " + std::to_string(dimension); });
  for (const GeometryFactor& factor : geometry.factors)
    require(factor.kind != Manifold::sphere || factor.count >= 2, "geometry",
            [&] { return "a sphere takes at least 2 coordinates, got " + std::to_string(factor.count) + " in '" + text + "'"; });
  if (geometry.is_euclidean()) geometry.factors.clear();
  return geometry;
}

std::string to_string(const GeometryData& geometry) {
  if (geometry.factors.empty()) return "euclidean";
  std::ostringstream text;
  text.precision(17);
  for (std::size_t f = 0; f < geometry.factors.size(); ++f) {
    const GeometryFactor& factor = geometry.factors[f];
    if (f > 0) text << "+";
    switch (factor.kind) {
      case Manifold::euclidean:
        text << "euclidean" << factor.count;
        break;
      case Manifold::sphere:
        text << "sphere" << factor.count << ":" << factor.major;
        break;
      case Manifold::torus:
        text << "torus:" << factor.major << "," << factor.minor;
        break;
      case Manifold::circle:
        text << "periodic:" << 2 * M_PI * factor.major;
        break;
    }
  }
  return text.str();
}

template <ExecutionSpace Exec>
Geometry<Exec>::Geometry(const Exec& exec, const GeometryData& data, const Normalisation& normalisation) {
  const Index d = normalisation.dimension();
  std::vector<Factor> factors;
  Index first = 0;
  for (const GeometryFactor& factor : data.factors) {
    const Index count = embedded_count(factor);
    if (factor.kind != Manifold::euclidean)
      factors.push_back(
          {factor.kind, static_cast<int>(first), static_cast<int>(count), factor.major / normalisation.scale, factor.minor / normalisation.scale});
    first += count;
  }
  require(data.factors.empty() || first == d, "Geometry",
          [&] { return "the manifold takes " + std::to_string(first) + " coordinates of the embedding, the data have " + std::to_string(d); });
  if (factors.empty()) return;
  const Kokkos::View<Factor*, Kokkos::HostSpace> host("kswgd::Geometry::factors", factors.size());
  std::copy(factors.begin(), factors.end(), host.data());
  const HostVector centre("kswgd::Geometry::centre", d);
  for (Index k = 0; k < d; ++k) centre(k) = -normalisation.mean[static_cast<std::size_t>(k)] / normalisation.scale;
  m_factors = to_device(exec, host);
  m_centre = to_device(exec, centre);
}

template <ExecutionSpace Exec>
void Geometry<Exec>::project(const Exec& exec, const Points<Exec>& x, const Points<Exec>& u) const {
  if (!is_euclidean()) Kokkos::parallel_for("kswgd::Geometry::project", rows_of(exec, x), ProjectKernel<Exec>{device(), x, u});
}

template <ExecutionSpace Exec>
void Geometry<Exec>::retract(const Exec& exec, const Points<Exec>& x) const {
  if (!is_euclidean()) Kokkos::parallel_for("kswgd::Geometry::retract", rows_of(exec, x), RetractKernel<Exec>{device(), x});
}

template <ExecutionSpace Exec>
void Geometry<Exec>::normal(const Exec& exec, Index which, const Points<Exec>& x, const Points<Exec>& normal) const {
  Kokkos::parallel_for("kswgd::Geometry::normal", rows_of(exec, x), NormalKernel<Exec>{device(), x, normal, which, static_cast<Index>(x.extent(1))});
}

template <ExecutionSpace Exec>
void Geometry<Exec>::mean_curvature(const Exec& exec, Index which, const Points<Exec>& x, const Vector<Exec>& h) const {
  Kokkos::parallel_for("kswgd::Geometry::mean_curvature", rows_of(exec, x), CurvatureKernel<Exec>{device(), x, h, which});
}

#define KSWGD_INSTANTIATE(EXEC) template class Geometry<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
