// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dictionary_file.hpp"

#include <kswgd/support/check.hpp>

#include <algorithm>

namespace kswgd::io {
namespace {

/// What a kind of dictionary is called in files, how it is written, and how it is read.
struct Writer {
  hdf5::File& file;

  void operator()(const std::monostate&) const {
    throw InvalidInput("kswgd::io: a model with a dictionary of your own cannot be written to a file");
  }
  void operator()(const GaussianDictionaryData& data) const {  // the centres are the model's landmarks
    file.write_vector("/dictionary/widths", as_vector(data.widths));
    file.write_integer("/dictionary", "quadratics", data.quadratics);
    file.write_text("/dictionary", "kind", "gaussian");
  }
};

struct Counter {
  Index operator()(const std::monostate&) const { return 0; }
  Index operator()(const GaussianDictionaryData& data) const {
    const Index d = data.dimension;
    return 1 + d + (data.quadratics ? d * (d + 1) / 2 : 0) + static_cast<Index>(data.landmarks.extent(0));
  }
};

}  // namespace

std::vector<double> as_vector(const HostVector& v) { return {v.data(), v.data() + v.extent(0)}; }

HostVector as_view(const std::vector<double>& v) {
  const HostVector view("kswgd::io::vector", v.size());
  std::copy(v.begin(), v.end(), view.data());
  return view;
}

void write_dictionary(hdf5::File& file, const DictionaryData& dictionary) { std::visit(Writer{file}, dictionary); }

DictionaryData read_dictionary(const hdf5::File& file, const std::string& path, const ModelData& model) {
  const std::string kind = file.read_text("/dictionary", "kind", "");
  if (kind == "gaussian") {
    const GaussianDictionaryData data{model.normalisation.dimension(), file.read_number("/dictionary", "quadratics", 0) != 0, model.landmarks,
                                      as_view(file.read_vector("/dictionary/widths"))};
    require(data.widths.extent(0) == data.landmarks.extent(0), "io",
            [&] { return "'" + path + "' contradicts itself: the widths and the landmarks differ in number"; });
    return data;
  }
  throw InvalidInput("kswgd::io: '" + path + "' has a dictionary of the kind '" + kind + "', which this version of kswgd does not know");
}

Index features_of(const DictionaryData& dictionary) { return std::visit(Counter{}, dictionary); }

void write_geometry(hdf5::File& file, const GeometryData& geometry) {
  std::vector<Index> kinds, counts;
  std::vector<double> lengths;
  for (const GeometryFactor& factor : geometry.factors) {
    kinds.push_back(static_cast<Index>(factor.kind));
    counts.push_back(factor.count);
    for (const double value : {factor.major, factor.minor, factor.low}) lengths.push_back(value);
  }
  file.write_integers("/geometry/kind", kinds);
  file.write_integers("/geometry/coordinates", counts);
  file.write_vector("/geometry/lengths", lengths);  // R, r and the interval's begin of each factor
  file.write_text("/geometry", "text", to_string(geometry));
}

GeometryData read_geometry(const hdf5::File& file) {
  const auto kinds = file.read_integers("/geometry/kind"), counts = file.read_integers("/geometry/coordinates");
  const auto lengths = file.read_vector("/geometry/lengths");
  require(counts.size() == kinds.size() && lengths.size() == 3 * kinds.size(), "io", [] { return "the parts of /geometry differ in number"; });
  GeometryData geometry;
  for (std::size_t f = 0; f < kinds.size(); ++f) {
    require(kinds[f] >= 0 && kinds[f] <= static_cast<Index>(Manifold::circle), "io",
            [&] { return "there is no manifold number " + std::to_string(kinds[f]); });
    geometry.factors.push_back({static_cast<Manifold>(kinds[f]), counts[f], lengths[3 * f], lengths[3 * f + 1], lengths[3 * f + 2]});
  }
  return geometry;
}

}  // namespace kswgd::io
