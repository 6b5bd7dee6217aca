// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <cmath>
#include <kswgd/support/execution.hpp>
#include <kswgd/support/random.hpp>
#include <vector>

// Laws that have nothing to do with physics, drawn point by point.
namespace kswgd::perf {

struct Law {
  const char* name;
  int dimension;
  void (*one)(const IndexedRandom&, double* x);
};

/// n draws; draw i depends on (seed, i).
inline HostPoints draw(const Law& law, Index n, std::uint64_t seed) {
  const HostPoints points("law", n, law.dimension);
  std::vector<double> x(static_cast<std::size_t>(law.dimension));
  for (Index i = 0; i < n; ++i) {
    law.one(IndexedRandom(seed, static_cast<std::uint64_t>(i)), x.data());
    for (int k = 0; k < law.dimension; ++k) points(i, k) = x[static_cast<std::size_t>(k)];
  }
  return points;
}

/// The README's eleven.
inline constexpr Law shapes[] = {
    {"two moons", 2,
     [](const IndexedRandom& r, double* x) {
       const double t = M_PI * r.uniform(0);
       const bool upper = r.uniform(1) < 0.5;
       x[0] = (upper ? std::cos(t) : 1 - std::cos(t)) + 0.08 * r.normal(4);
       x[1] = (upper ? std::sin(t) : 0.5 - std::sin(t)) + 0.08 * r.normal(5);
     }},
    {"spiral", 2,
     [](const IndexedRandom& r, double* x) {
       const double t = 3 * M_PI * std::sqrt(r.uniform(0));
       x[0] = 0.3 * t * std::cos(t) + 0.06 * r.normal(4);
       x[1] = 0.3 * t * std::sin(t) + 0.06 * r.normal(5);
     }},
    {"checkerboard", 2,
     [](const IndexedRandom& r, double* x) {
       const auto cell = static_cast<int>(8 * r.uniform(0));
       x[0] = cell / 2 + r.uniform(1);
       x[1] = 2 * (cell % 2) + (cell / 2) % 2 + r.uniform(2);
     }},
    {"pinwheel of 8 Gaussians", 2,
     [](const IndexedRandom& r, double* x) {
       const double t = M_PI / 4 * std::floor(8 * r.uniform(0));
       x[0] = 2 * std::cos(t) + 0.15 * r.normal(4);
       x[1] = 2 * std::sin(t) + 0.15 * r.normal(5);
     }},
    {"swiss roll", 3,
     [](const IndexedRandom& r, double* x) {
       const double t = 1.5 * M_PI * (1 + 2 * r.uniform(0));
       x[0] = 0.2 * t * std::cos(t) + 0.05 * r.normal(4);
       x[1] = 4 * r.uniform(1);
       x[2] = 0.2 * t * std::sin(t) + 0.05 * r.normal(5);
     }},
    {"clusters of unequal mass", 5,
     [](const IndexedRandom& r, double* x) {
       const double u = r.uniform(0);
       const int which = u < 0.6 ? 0 : u < 0.9 ? 1 : 2;
       for (int k = 0; k < 5; ++k) x[k] = (k == which ? 4.0 : 0.0) + (which == 1 ? 0.3 : 0.6) * r.normal(static_cast<std::uint64_t>(4 + k));
     }},
    {"heavy tails (Student, 4)", 4,
     [](const IndexedRandom& r, double* x) {
       double chi = 0;
       for (std::uint64_t k = 0; k < 4; ++k) chi += r.normal(20 + k) * r.normal(20 + k) / 4;
       for (std::uint64_t k = 0; k < 4; ++k) x[k] = r.normal(4 + k) / std::sqrt(chi);
     }},
    {"ring in 10 dimensions", 10,
     [](const IndexedRandom& r, double* x) {
       const double t = 2 * M_PI * r.uniform(0);
       for (std::uint64_t k = 0; k < 10; ++k) x[k] = 0.1 * r.normal(4 + k);
       x[0] += 2 * std::cos(t);
       x[1] += 2 * std::sin(t);
     }},
    {"skewed exponentials", 8,
     [](const IndexedRandom& r, double* x) {
       for (std::uint64_t k = 0; k < 8; ++k) x[k] = -std::log(r.uniform(k)) * (1 + static_cast<double>(k) / 8);
     }},
    {"mixture of 4 in 20", 20,
     [](const IndexedRandom& r, double* x) {
       const auto which = static_cast<int>(4 * r.uniform(0));
       for (int k = 0; k < 20; ++k) x[k] = (k % 4 == which ? 2.0 : 0.0) + 0.5 * r.normal(static_cast<std::uint64_t>(4 + k));
     }},
    {"uniform cube", 6,
     [](const IndexedRandom& r, double* x) {
       for (std::uint64_t k = 0; k < 6; ++k) x[k] = r.uniform(k);
     }},
};

/// Tables: units, skew, tails, counts, with bonds between the columns.
inline constexpr Law tables[] = {
    {"normal, correlated, of three units", 6,
     [](const IndexedRandom& r, double* x) {
       const double common = r.normal(10);
       const double unit[] = {1, 1e-3, 1e3, 1, 1e-3, 1e3};
       for (int k = 0; k < 6; ++k) x[k] = unit[k] * (0.9 * common + 0.5 * r.normal(static_cast<std::uint64_t>(k)));
     }},
    {"lognormal, correlated, of two units", 4,
     [](const IndexedRandom& r, double* x) {
       const double common = r.normal(10);
       for (int k = 0; k < 4; ++k) x[k] = (k % 2 ? 1e4 : 1.0) * std::exp(0.8 * common + 0.4 * r.normal(static_cast<std::uint64_t>(k)));
     }},
    {"Student, 2, on a parabola", 3,
     [](const IndexedRandom& r, double* x) {
       const double t = r.normal(0) / std::sqrt(-std::log(r.uniform(8)));
       x[0] = t;
       x[1] = 0.5 * t * std::abs(t) + 0.3 * r.normal(2);
       x[2] = t + 0.5 * r.normal(4);
     }},
    {"Cauchy, bound", 2,
     [](const IndexedRandom& r, double* x) {
       x[0] = std::tan(M_PI * (r.uniform(0) - 0.5));
       x[1] = x[0] + std::tan(M_PI * (r.uniform(1) - 0.5)) * 0.2;
     }},
    {"a length and counts", 3,
     [](const IndexedRandom& r, double* x) {
       const double z = r.normal(0);
       x[0] = 1e-3 * z;
       x[1] = std::floor(500 + 200 * z * z + 20 * r.normal(2));
       x[2] = 1e4 * -std::log(r.uniform(4)) * (1 + z * z);
     }},
    {"clusters of three widths in ten", 10,
     [](const IndexedRandom& r, double* x) {
       const auto which = static_cast<int>(5 * r.uniform(0));
       const double width[] = {0.2, 0.4, 0.6, 0.8, 1.0};
       for (int k = 0; k < 10; ++k) x[k] = (k % 5 == which ? 3.0 : 0.0) + width[which] * r.normal(static_cast<std::uint64_t>(4 + k));
     }},
};

}  // namespace kswgd::perf
