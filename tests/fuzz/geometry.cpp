// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fuzz.hpp"

#include <kswgd/geometry/coordinate_map.hpp>
#include <kswgd/geometry/geometry.hpp>

#include <cmath>

// The texts of manifolds: what is accepted takes the dimension that it was given, and its own text says the same again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kswgd;
  fuzz::start();
  if (size < 1) return 0;
  const Index dimension = 1 + data[0] % 8;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  fuzz::accepted("", [&] { coordinates_of(text); });
  GeometryData geometry;
  if (!fuzz::accepted("", [&] { geometry = parse_geometry(text, dimension); })) return 0;
  Index taken = 0;
  for (const GeometryFactor& factor : geometry.factors) {
    fuzz::expect(factor.count >= 0, "a factor of less than no coordinates", text);
    fuzz::expect(factor.kind == Manifold::euclidean || (std::isnormal(factor.major) && factor.major > 0), "a radius that is none", text);
    taken += factor.count;
  }
  fuzz::expect(geometry.factors.empty() || taken == dimension, "factors that take another dimension", text);
  fuzz::expect(geometry.chart_dimension(geometry.embedded_dimension(dimension)) == dimension, "an embedding of another dimension", text);
  const std::string own = to_string(geometry);
  fuzz::expect(to_string(parse_geometry(own, dimension)).size() > 0, "its own text is not understood", own);
  const GeometryData again = parse_geometry(own, dimension);
  fuzz::expect(again.factors.size() == geometry.factors.size(), "its own text says something else", own);
  for (std::size_t f = 0; f < again.factors.size(); ++f)
    fuzz::expect(again.factors[f].kind == geometry.factors[f].kind && again.factors[f].count == geometry.factors[f].count &&
                     std::abs(again.factors[f].major - geometry.factors[f].major) <= 1e-14 * geometry.factors[f].major,
                 "its own text says something else", own);
  return 0;
}
