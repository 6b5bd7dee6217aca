// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <Kokkos_Core.hpp>

/// @file
/// Potentials V of known systems, for tests, examples and baselines. The invariant law at temperature T is exp(-V / T).

namespace kswgd {

/// A potential is a small device-callable type: `dimension`, `energy(x)` and `gradient(x, g)`, where x and g are arrays of
/// `dimension` doubles. Anything with these can be simulated (systems/langevin.hpp).
template <class P>
concept Potential = requires(const P& potential, const double* x, double* g) {
  { P::dimension } -> std::convertible_to<int>;
  { potential.energy(x) } -> std::convertible_to<double>;
  potential.gradient(x, g);
};

/// V = (x^2 - 1)^2 + (y^2 - 1)^2: four equal wells.
struct QuadrupleWell {
  static constexpr int dimension = 2;
  KOKKOS_FUNCTION double energy(const double* x) const {
    double sum = 0;
    for (int k = 0; k < 2; ++k) sum += (x[k] * x[k] - 1) * (x[k] * x[k] - 1);
    return sum;
  }
  KOKKOS_FUNCTION void gradient(const double* x, double* g) const {
    for (int k = 0; k < 2; ++k) g[k] = 4 * x[k] * (x[k] * x[k] - 1);
  }
};

/// V = (x^2 - 1)^2 + x / 10 + y^2 / 2: a deep left well and a shallow right one.
struct TiltedDoubleWell {
  static constexpr int dimension = 2;
  KOKKOS_FUNCTION double energy(const double* x) const { return (x[0] * x[0] - 1) * (x[0] * x[0] - 1) + 0.1 * x[0] + 0.5 * x[1] * x[1]; }
  KOKKOS_FUNCTION void gradient(const double* x, double* g) const {
    g[0] = 4 * x[0] * (x[0] * x[0] - 1) + 0.1;
    g[1] = x[1];
  }
};

/// Two deep wells at (-+1, 0) and a shallow one at (0, 5/3), joined by two ways (Metzner, Schuette, Vanden-Eijnden 2006).
struct TripleWell {
  static constexpr int dimension = 2;
  KOKKOS_FUNCTION double energy(const double* x) const {
    double sum = 0.2 * (x[0] * x[0] * x[0] * x[0] + quartic(x[1] - 1.0 / 3));
    for (int i = 0; i < 4; ++i) sum += term(i, x);
    return sum;
  }
  KOKKOS_FUNCTION void gradient(const double* x, double* g) const {
    const double y = x[1] - 1.0 / 3;
    g[0] = 0.8 * x[0] * x[0] * x[0];
    g[1] = 0.8 * y * y * y;
    for (int i = 0; i < 4; ++i) {
      const double value = term(i, x);
      for (int k = 0; k < 2; ++k) g[k] -= 2 * (x[k] - centre(i, k)) * value;
    }
  }

 private:
  KOKKOS_FUNCTION static double quartic(double y) { return y * y * y * y; }
  KOKKOS_FUNCTION static double centre(int i, int k) {
    constexpr double x[] = {0, 0, 1, -1}, y[] = {1.0 / 3, 5.0 / 3, 0, 0};
    return k == 0 ? x[i] : y[i];
  }
  KOKKOS_FUNCTION static double term(int i, const double* x) {
    constexpr double height[] = {3, -3, -5, -5};
    const double dx = x[0] - centre(i, 0), dy = x[1] - centre(i, 1);
    return height[i] * Kokkos::exp(-dx * dx - dy * dy);
  }
};

/// The four Gaussians of Mueller and Brown (1979).
struct MuellerBrown {
  static constexpr int dimension = 2;
  KOKKOS_FUNCTION double energy(const double* x) const {
    double sum = 0;
    for (int i = 0; i < 4; ++i) sum += term(i, x);
    return sum;
  }
  KOKKOS_FUNCTION void gradient(const double* x, double* g) const {
    constexpr double a[] = {-1, -1, -6.5, 0.7}, b[] = {0, 0, 11, 0.6}, c[] = {-10, -10, -6.5, 0.7};
    g[0] = g[1] = 0;
    for (int i = 0; i < 4; ++i) {
      const double value = term(i, x), dx = x[0] - centre(i, 0), dy = x[1] - centre(i, 1);
      g[0] += value * (2 * a[i] * dx + b[i] * dy);
      g[1] += value * (b[i] * dx + 2 * c[i] * dy);
    }
  }

 private:
  KOKKOS_FUNCTION static double centre(int i, int k) {
    constexpr double x[] = {1, 0, -0.5, -1}, y[] = {0, 0.5, 1.5, 1};
    return k == 0 ? x[i] : y[i];
  }
  KOKKOS_FUNCTION static double term(int i, const double* x) {
    constexpr double height[] = {-200, -100, -170, 15};
    constexpr double a[] = {-1, -1, -6.5, 0.7}, b[] = {0, 0, 11, 0.6}, c[] = {-10, -10, -6.5, 0.7};
    const double dx = x[0] - centre(i, 0), dy = x[1] - centre(i, 1);
    return height[i] * Kokkos::exp(a[i] * dx * dx + b[i] * dx * dy + c[i] * dy * dy);
  }
};

/// V = |x|^2 / 2 in D dimensions.
template <int D>
struct OrnsteinUhlenbeck {
  static constexpr int dimension = D;
  KOKKOS_FUNCTION double energy(const double* x) const {
    double sum = 0;
    for (int k = 0; k < D; ++k) sum += x[k] * x[k] / 2;
    return sum;
  }
  KOKKOS_FUNCTION void gradient(const double* x, double* g) const {
    for (int k = 0; k < D; ++k) g[k] = x[k];
  }
};

}  // namespace kswgd
