// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <string>
#include <vector>

/// @file
/// Increasing maps z = T(x) of single columns: what makes columns of different units, skew and tails comparable before distances are taken.

namespace kswgd {

/// Which coordinates the features see.
enum class Coordinates {
  automatic,  ///< as the columns ask for: see coordinate_maps (geometry/coordinates.hpp)
  given,      ///< the caller's own, up to one length
  standard,   ///< each column divided by its standard deviation; of a manifold all columns of a factor by one number
  normal,     ///< each column as its normal score, a smooth Phi^{-1} of its distribution function; of a manifold as `standard`
};

/// "auto", "given", "standard", "normal".
const char* name_of(Coordinates coordinates);
/// The coordinates of that name. Throws InvalidInput that lists them for any other.
Coordinates coordinates_of(const std::string& name);

/// The map of one column of the embedding: z = factor x, or a spline through knots.
///
/// The spline is the monotone rational quadratic of Gregory and Delbourgo (1982), once continuously differentiable, with a closed
/// inverse, and linear beyond the first and the last knot.
struct CoordinateMap {
  double factor = 1;          ///< where there are no knots
  std::vector<double> x, z;   ///< knots, ascending in both; none, or two at least
  std::vector<double> slope;  ///< T' at the knots, positive
  bool is_score = false;      ///< a normal score; other splines are straight but for rows that lie far away

  bool is_linear() const { return x.empty(); }
  bool is_identity() const { return x.empty() && factor == 1; }

  /// The spline through ascending knots, its slopes the harmonic means of those of the chords.
  static CoordinateMap through(std::vector<double> x, std::vector<double> z);

  double operator()(double at) const;
  double inverse(double z) const;
  double derivative(double at) const;
};

/// The maps of all columns on an execution space: usable inside kernels.
template <ExecutionSpace Exec>
class CoordinateMaps {
 public:
  CoordinateMaps() = default;
  /// No maps stand for the identity.
  CoordinateMaps(const Exec& exec, const std::vector<CoordinateMap>& maps);

  KOKKOS_FUNCTION bool is_identity() const { return m_factor.extent(0) == 0; }
  KOKKOS_FUNCTION double forward(Index k, double x) const;
  KOKKOS_FUNCTION double inverse(Index k, double z) const;
  /// T_k' at x.
  KOKKOS_FUNCTION double derivative(Index k, double x) const;
  /// (log T_k')' at x; it jumps at the knots.
  KOKKOS_FUNCTION double log_slope(Index k, double x) const;

 private:
  Kokkos::View<Index*, typename Exec::memory_space> m_first;  // of the knots of each column, and the end of the last
  Vector<Exec> m_factor, m_x, m_z, m_slope;
};

namespace detail {

/// The piece of ascending knots in which a number lies: 0 before the first, count where it is beyond the last.
template <class Knots>
KOKKOS_INLINE_FUNCTION Index piece_of(const Knots& knots, Index first, Index end, double at) {
  Index low = first, high = end;  // knots before low are <= at, those from high on are > at
  while (low < high) {
    const Index middle = low + (high - low) / 2;
    if (knots(middle) <= at) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - first;
}

/// One piece of the rational quadratic: from (x0, z0) with slope d0 to (x1, z1) with slope d1.
struct SplinePiece {
  double x0, x1, z0, z1, d0, d1;

  KOKKOS_FUNCTION double chord() const { return (z1 - z0) / (x1 - x0); }
  KOKKOS_FUNCTION double forward(double x) const {
    const double t = (x - x0) / (x1 - x0), s = chord(), u = t * (1 - t);
    return z0 + (z1 - z0) * (s * t * t + d0 * u) / (s + (d1 + d0 - 2 * s) * u);
  }
  KOKKOS_FUNCTION double derivative(double x) const {
    const double t = (x - x0) / (x1 - x0), s = chord(), u = t * (1 - t), below = s + (d1 + d0 - 2 * s) * u;
    return s * s * (d1 * t * t + 2 * s * u + d0 * (1 - t) * (1 - t)) / (below * below);
  }
  /// Of the logarithm of the derivative.
  KOKKOS_FUNCTION double log_slope(double x) const {
    const double t = (x - x0) / (x1 - x0), s = chord(), u = t * (1 - t), bend = d1 + d0 - 2 * s;
    const double above = d1 * t * t + 2 * s * u + d0 * (1 - t) * (1 - t), above_slope = 2 * (d1 * t + s * (1 - 2 * t) - d0 * (1 - t));
    return (above_slope / above - 2 * bend * (1 - 2 * t) / (s + bend * u)) / (x1 - x0);
  }
  /// The root of a quadratic, in the form that does not cancel.
  KOKKOS_FUNCTION double inverse(double z) const {
    const double s = chord(), up = z - z0, bend = up * (d1 + d0 - 2 * s);
    const double a = (z1 - z0) * (s - d0) + bend, b = (z1 - z0) * d0 - bend, c = -s * up;
    const double root = Kokkos::sqrt(Kokkos::fmax(b * b - 4 * a * c, 0.0));
    const double t = b + root > 0 ? -2 * c / (b + root) : 0.0;
    return x0 + Kokkos::fmin(Kokkos::fmax(t, 0.0), 1.0) * (x1 - x0);
  }
};

/// The spline through the knots [first, end) of `x`, `z` and `slope`, any of them callable with an index.
template <class Values>
struct Spline {
  const Values &x, &z, &slope;
  Index first, end;

  KOKKOS_FUNCTION SplinePiece piece(Index i) const { return {x(i - 1), x(i), z(i - 1), z(i), slope(i - 1), slope(i)}; }
  KOKKOS_FUNCTION double forward(double at) const {
    const Index i = first + piece_of(x, first, end, at);
    if (i == first) return z(first) + slope(first) * (at - x(first));
    if (i == end) return z(end - 1) + slope(end - 1) * (at - x(end - 1));
    return piece(i).forward(at);
  }
  KOKKOS_FUNCTION double inverse(double at) const {
    const Index i = first + piece_of(z, first, end, at);
    if (i == first) return x(first) + (at - z(first)) / slope(first);
    if (i == end) return x(end - 1) + (at - z(end - 1)) / slope(end - 1);
    return piece(i).inverse(at);
  }
  KOKKOS_FUNCTION double derivative(double at) const {
    const Index i = first + piece_of(x, first, end, at);
    if (i == first) return slope(first);
    if (i == end) return slope(end - 1);
    return piece(i).derivative(at);
  }
  KOKKOS_FUNCTION double log_slope(double at) const {
    const Index i = first + piece_of(x, first, end, at);
    return i == first || i == end ? 0 : piece(i).log_slope(at);
  }
};

}  // namespace detail

template <ExecutionSpace Exec>
KOKKOS_FUNCTION double CoordinateMaps<Exec>::forward(Index k, double x) const {
  if (is_identity()) return x;
  const Index first = m_first(k), end = m_first(k + 1);
  return first == end ? m_factor(k) * x : detail::Spline<Vector<Exec>>{m_x, m_z, m_slope, first, end}.forward(x);
}

template <ExecutionSpace Exec>
KOKKOS_FUNCTION double CoordinateMaps<Exec>::inverse(Index k, double z) const {
  if (is_identity()) return z;
  const Index first = m_first(k), end = m_first(k + 1);
  return first == end ? z / m_factor(k) : detail::Spline<Vector<Exec>>{m_x, m_z, m_slope, first, end}.inverse(z);
}

template <ExecutionSpace Exec>
KOKKOS_FUNCTION double CoordinateMaps<Exec>::log_slope(Index k, double x) const {
  if (is_identity()) return 0;
  const Index first = m_first(k), end = m_first(k + 1);
  return first == end ? 0 : detail::Spline<Vector<Exec>>{m_x, m_z, m_slope, first, end}.log_slope(x);
}

template <ExecutionSpace Exec>
KOKKOS_FUNCTION double CoordinateMaps<Exec>::derivative(Index k, double x) const {
  if (is_identity()) return 1;
  const Index first = m_first(k), end = m_first(k + 1);
  return first == end ? m_factor(k) : detail::Spline<Vector<Exec>>{m_x, m_z, m_slope, first, end}.derivative(x);
}

}  // namespace kswgd
