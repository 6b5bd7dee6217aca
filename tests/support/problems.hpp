// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/model/model_data.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/systems/systems.hpp>

#include <initializer_list>

namespace kswgd::test {

/// n x d standard normals times a spread, around a centre.
inline HostPoints cloud(Index n, std::initializer_list<double> centre, double spread, std::uint64_t seed) {
  const HostPoints points("cloud", n, centre.size());
  for (Index i = 0; i < n; ++i) {
    std::uint64_t k = 0;
    for (const double c : centre) {
      points(i, static_cast<Index>(k)) = c + spread * IndexedRandom(seed, static_cast<std::uint64_t>(i)).normal(k);
      ++k;
    }
  }
  return points;
}

/// A small dictionary with Gaussians of two widths at random places.
inline GaussianDictionaryData small_dictionary(Index d, bool quadratics, Index gaussians = 70) {
  GaussianDictionaryData data{d, quadratics, HostPoints("landmarks", gaussians, d), HostVector("widths", gaussians)};
  const IndexedRandom random(11, 0);
  for (Index a = 0; a < gaussians; ++a) {
    data.widths(a) = a < 20 ? 1.3 : 0.7;
    for (Index k = 0; k < d; ++k) data.landmarks(a, k) = random.normal(static_cast<std::uint64_t>(a * d + k));
  }
  return data;
}

/// Orthogonal rows of length 1, none of them along a coordinate; the last is 0 where `one_is_none`.
inline HostMatrix turned_axes(Index d, bool one_is_none = false) {
  std::vector<double> v;
  double square = 0;
  for (Index k = 0; k < d; ++k) {
    v.push_back(1 + 0.3 * static_cast<double>(k));
    square += v.back() * v.back();
  }
  const HostMatrix axes("axes", d, d);  // a reflection
  for (Index i = 0; i < d; ++i)
    for (Index k = 0; k < d; ++k)
      axes(i, k) = one_is_none && i == d - 1 ? 0 : (i == k ? 1.0 : 0.0) - 2 * v[static_cast<std::size_t>(i)] * v[static_cast<std::size_t>(k)] / square;
  return axes;
}

/// small_dictionary with squares along axes.
inline GaussianDictionaryData small_turned_dictionary(Index d, Index gaussians = 70) {
  GaussianDictionaryData data = small_dictionary(d, false, gaussians);
  data.squares = true;
  data.axes = turned_axes(d, d > 2);
  return data;
}

template <class Exec>
Points<Exec> on_device(const HostPoints& points) {
  return to_device(Exec{}, points);
}

template <class View>
HostPoints on_host(const View& points) {
  const HostPoints copy("copy", points.extent(0), points.extent(1));
  Kokkos::deep_copy(copy, Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, points));
  return copy;
}

/// The features by a plain loop, and their gradients (g[a] has d entries): the dictionary's definition, written again.
inline void slow_features(const GaussianDictionaryData& data, const double* x, std::vector<double>& psi, std::vector<std::vector<double>>& gradient) {
  const Index d = data.dimension;
  psi.assign(1, 1.0);
  gradient.assign(1, std::vector<double>(static_cast<std::size_t>(d), 0.0));
  const auto unit = [d](Index k, double value) {
    std::vector<double> g(static_cast<std::size_t>(d), 0.0);
    g[static_cast<std::size_t>(k)] = value;
    return g;
  };
  for (Index k = 0; k < d; ++k) {
    psi.push_back(x[k]);
    gradient.push_back(unit(k, 1));
  }
  for (Index i = 0; data.axes.extent(0) > 0 && i < d; ++i) {
    double along = 0;
    for (Index k = 0; k < d; ++k) along += data.axes(i, k) * x[k];
    psi.push_back(along * along);
    std::vector<double> g;
    for (Index k = 0; k < d; ++k) g.push_back(2 * along * data.axes(i, k));
    gradient.push_back(g);
  }
  for (Index i = 0; data.axes.extent(0) == 0 && (data.quadratics || data.squares) && i < d; ++i)
    for (Index j = i; j < (data.quadratics ? d : i + 1); ++j) {
      psi.push_back(x[i] * x[j]);
      auto g = unit(i, x[j]);
      g[static_cast<std::size_t>(j)] += x[i];
      gradient.push_back(g);
    }
  for (std::size_t a = 0; a < data.landmarks.extent(0); ++a) {
    const double inverse = 1 / (data.widths(a) * data.widths(a));
    double square = 0;
    for (Index k = 0; k < d; ++k) square += (x[k] - data.landmarks(a, k)) * (x[k] - data.landmarks(a, k));
    const double value = std::exp(-square * inverse / 2);
    psi.push_back(value);
    std::vector<double> g;
    for (Index k = 0; k < d; ++k) g.push_back(-value * (x[k] - data.landmarks(a, k)) * inverse);
    gradient.push_back(g);
  }
}

}  // namespace kswgd::test
