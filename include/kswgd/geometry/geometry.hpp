// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/normalisation.hpp>
#include <string>

/// @file
/// Where the points live: Euclidean space, or a product of spheres, tori and circles embedded in one.

namespace kswgd {

enum class Manifold : int {
  euclidean,  ///< count coordinates, free
  sphere,     ///< the sphere of radius `major` around the origin, in `count` coordinates
  torus,      ///< around the third of three coordinates: radii `major` of the ring and `minor` of the tube
  circle,     ///< a coordinate of period 2 pi `major`: one of the caller's, two of the embedding's
};

/// One factor of a product. It takes consecutive coordinates of the caller's points, in the caller's units.
struct GeometryFactor {
  Manifold kind = Manifold::euclidean;
  Index count = 0;  ///< of the caller's coordinates
  double major = 0, minor = 0;
  double low = 0;  ///< circle: the caller's coordinate is given back in [low, low + period)
};

/// A product of manifolds; no factors at all stand for Euclidean space of any dimension. Spheres and tori are given in the
/// coordinates of the space around them. Circles are given by one periodic coordinate, and embedded: x becomes
/// L / 2 pi (cos 2 pi x / L, sin 2 pi x / L), so that distances are those along the chord and every dictionary is periodic
/// (a Gaussian there is a von Mises kernel).
struct GeometryData {
  std::vector<GeometryFactor> factors;

  bool is_euclidean() const;
  /// Coordinates of the embedding for points of `dimension` coordinates.
  Index embedded_dimension(Index dimension) const;
  /// The reverse: coordinates of the caller's points for an embedding of `dimension` coordinates.
  Index chart_dimension(Index embedded) const;
};

/// "euclidean", "sphere", "torus:R,r", "periodic:L1,L2,..." (0 for a coordinate that is not periodic), and products of these
/// joined by "+", in which "sphere3" and "euclidean2" say how many coordinates they take; the last factor may leave that out.
/// Throws InvalidInput that says what is wrong.
GeometryData parse_geometry(const std::string& text, Index dimension);

/// The same the other way round.
std::string to_string(const GeometryData& geometry);

/// A geometry on an execution space: on n x d points of the embedding, in normalised coordinates.
template <ExecutionSpace Exec>
class Geometry {
 public:
  Geometry() = default;
  /// normalisation: that of the embedding. Throws InvalidInput when the factors do not fit its dimension.
  Geometry(const Exec& exec, const GeometryData& data, const Normalisation& normalisation);

  bool is_euclidean() const { return m_factors.extent(0) == 0; }
  /// Unit normals at each point: how many there are.
  Index codimension() const { return static_cast<Index>(m_factors.extent(0)); }

  /// u := the part of u that is tangent to the manifold at x. Both n x d.
  void project(const Exec& exec, const Points<Exec>& x, const Points<Exec>& u) const;
  /// x := the nearest point of the manifold.
  void retract(const Exec& exec, const Points<Exec>& x) const;
  /// normal := the unit normal of factor `which` at x, n x d (zero in the coordinates of other factors).
  void normal(const Exec& exec, Index which, const Points<Exec>& x, const Points<Exec>& normal) const;

  /// h := the divergence of the unit normal of factor `which` at x, which lies on the manifold: the sum of the principal curvatures, n.
  /// With it lap_M f = lap f - sum over the factors of (n^T Hess f n + h n . grad f), the Laplace-Beltrami operator of the restriction.
  void mean_curvature(const Exec& exec, Index which, const Points<Exec>& x, const Vector<Exec>& h) const;

  /// A factor that is not Euclidean, on coordinates [first, first + count) of the embedding, normalised.
  struct Factor {
    Manifold kind;
    int first, count;
    double major, minor;
  };
  /// The device's view of it: usable inside kernels.
  struct Device {
    Kokkos::View<const Factor*, typename Exec::memory_space> factors;
    Vector<Exec> centre;  // of the manifold, d

    /// Calls body(k, n_k) for the coordinates of the unit normal of a factor at row i of x; returns the distance from the manifold.
    template <class X, class Body>
    KOKKOS_FUNCTION double normal(const Factor& factor, const X& x, Index i, const Body& body) const {
      if (factor.kind == Manifold::torus) {
        const double a = x(i, factor.first) - centre(factor.first), b = x(i, factor.first + 1) - centre(factor.first + 1);
        const double c = x(i, factor.first + 2) - centre(factor.first + 2), ring = Kokkos::fmax(Kokkos::sqrt(a * a + b * b), 1e-300);
        const double out = ring - factor.major, tube = Kokkos::fmax(Kokkos::sqrt(out * out + c * c), 1e-300);
        body(factor.first, out / tube * a / ring);
        body(factor.first + 1, out / tube * b / ring);
        body(factor.first + 2, c / tube);
        return tube - factor.minor;
      }
      double square = 0;
      for (int k = factor.first; k < factor.first + factor.count; ++k) square += (x(i, k) - centre(k)) * (x(i, k) - centre(k));
      const double radius = Kokkos::fmax(Kokkos::sqrt(square), 1e-300);
      for (int k = factor.first; k < factor.first + factor.count; ++k) body(k, (x(i, k) - centre(k)) / radius);
      return radius - factor.major;
    }
    /// The divergence of the unit normal of a factor at row i of x.
    template <class X>
    KOKKOS_FUNCTION double curvature(const Factor& factor, const X& x, Index i) const {
      double square = 0;
      for (int k = factor.first; k < factor.first + factor.count; ++k) square += (x(i, k) - centre(k)) * (x(i, k) - centre(k));
      if (factor.kind != Manifold::torus) return (factor.count - 1) / Kokkos::fmax(Kokkos::sqrt(square), 1e-300);
      const double c = x(i, factor.first + 2) - centre(factor.first + 2), ring = Kokkos::fmax(Kokkos::sqrt(square - c * c), 1e-300);
      const double out = ring - factor.major, tube = Kokkos::fmax(Kokkos::sqrt(out * out + c * c), 1e-300);
      return 1 / tube + out / (tube * ring);
    }
    /// Row i of u loses its normal parts at row i of x.
    template <class X, class U>
    KOKKOS_FUNCTION void project(const X& x, const U& u, Index i) const {
      for (std::size_t f = 0; f < factors.extent(0); ++f) {
        double along = 0;
        normal(factors(f), x, i, [&](int k, double n) { along += n * u(i, k); });
        normal(factors(f), x, i, [&](int k, double n) { u(i, k) -= along * n; });
      }
    }
    /// Row i of x goes to the nearest point of the manifold.
    template <class X>
    KOKKOS_FUNCTION void retract(const X& x, Index i) const {
      for (std::size_t f = 0; f < factors.extent(0); ++f) {
        const double away = normal(factors(f), x, i, [](int, double) {});
        // The normal at a point is that at its nearest point: one step along it.
        if (factors(f).kind == Manifold::torus) {
          double n[3];
          const int first = factors(f).first;
          normal(factors(f), x, i, [&](int k, double value) { n[k - first] = value; });
          for (int k = 0; k < 3; ++k) x(i, first + k) -= away * n[k];
        } else {
          const double shrink = factors(f).major / (factors(f).major + away);
          for (int k = factors(f).first; k < factors(f).first + factors(f).count; ++k) x(i, k) = centre(k) + shrink * (x(i, k) - centre(k));
        }
      }
    }
  };
  Device device() const { return {m_factors, m_centre}; }

 private:
  Kokkos::View<Factor*, typename Exec::memory_space> m_factors;
  Vector<Exec> m_centre;
};

}  // namespace kswgd
