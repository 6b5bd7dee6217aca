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

  void operator()(const std::monostate&) const { throw InvalidInput("kswgd::io: a model with a dictionary of your own cannot be written to a file"); }
  void operator()(const GaussianDictionaryData& data) const {  // the centres are the model's landmarks
    file.write_vector("/dictionary/widths", as_vector(data.widths));
    file.write_integer("/dictionary", "quadratics", data.quadratics);
    file.write_text("/dictionary", "kind", "gaussian");
  }
  void operator()(const FourierDictionaryData& data) const {
    file.write_matrix("/dictionary/frequencies", data.frequencies);
    file.write_vector("/dictionary/phases", as_vector(data.phases));
    file.write_text("/dictionary", "kind", "fourier");
  }
  void operator()(const PolynomialDictionaryData& data) const {
    file.write_vector("/dictionary/shift", data.shift);
    file.write_vector("/dictionary/scale", data.scale);
    file.write_integer("/dictionary", "degree", data.degree);
    file.write_text("/dictionary", "family", data.family);
    file.write_text("/dictionary", "kind", "polynomial");
  }
  void operator()(const PerceptronDictionaryData& data) const {
    for (std::size_t l = 0; l < data.weights.size(); ++l) {
      file.write_matrix("/dictionary/W" + std::to_string(l), data.weights[l]);
      file.write_vector("/dictionary/b" + std::to_string(l), data.biases[l]);
    }
    file.write_integer("/dictionary", "layers", static_cast<Index>(data.weights.size()));
    file.write_text("/dictionary", "activation", data.activation);
    file.write_text("/dictionary", "kind", "perceptron");
  }
  void operator()(const NystromDictionaryData& data) const {
    file.write_matrix("/dictionary/points", data.points);
    file.write_vector("/dictionary/log_density", as_vector(data.log_density));
    file.write_matrix("/dictionary/coefficients", data.coefficients);
    file.write_vector("/dictionary/means", as_vector(data.means));
    file.write_number("/dictionary", "bandwidth", data.bandwidth);
    file.write_text("/dictionary", "kind", "nystrom");
  }
};

PerceptronDictionaryData read_network(const hdf5::File& file) {
  PerceptronDictionaryData data;
  data.activation = file.read_text("/dictionary", "activation", "");
  const auto layers = static_cast<Index>(file.read_number("/dictionary", "layers", 0));
  for (Index l = 0; l < layers; ++l) {
    data.weights.push_back(file.read_matrix("/dictionary/W" + std::to_string(l)));
    data.biases.push_back(file.read_vector("/dictionary/b" + std::to_string(l)));
  }
  return data;
}

struct Counter {
  Index operator()(const std::monostate&) const { return 0; }
  Index operator()(const GaussianDictionaryData& data) const {
    const Index d = data.dimension;
    return 1 + d + (data.quadratics ? d * (d + 1) / 2 : 0) + static_cast<Index>(data.landmarks.extent(0));
  }
  Index operator()(const FourierDictionaryData& data) const { return 1 + static_cast<Index>(data.frequencies.extent(0)); }
  Index operator()(const PolynomialDictionaryData& data) const {  // C(d + degree, d)
    Index count = 1;
    for (Index k = 1; k <= data.degree; ++k) count = count * (data.dimension + k) / k;
    return count;
  }
  Index operator()(const NystromDictionaryData& data) const { return 1 + static_cast<Index>(data.coefficients.extent(1)); }
  Index operator()(const PerceptronDictionaryData& data) const { return 1 + (data.weights.empty() ? 0 : static_cast<Index>(data.weights.back().extent(0))); }
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
    const GaussianDictionaryData data{model.frame.normalisation.dimension(), file.read_number("/dictionary", "quadratics", 0) != 0, model.density.landmarks,
                                      as_view(file.read_vector("/dictionary/widths"))};
    require(data.widths.extent(0) == data.landmarks.extent(0), "io",
            [&] { return "'" + path + "' contradicts itself: the widths and the landmarks differ in number"; });
    return data;
  }
  if (kind == "fourier") return FourierDictionaryData{file.read_matrix("/dictionary/frequencies"), as_view(file.read_vector("/dictionary/phases"))};
  if (kind == "polynomial")
    return PolynomialDictionaryData{file.read_text("/dictionary", "family", ""), model.frame.normalisation.dimension(),
                                    static_cast<Index>(file.read_number("/dictionary", "degree", 0)), file.read_vector("/dictionary/shift"),
                                    file.read_vector("/dictionary/scale")};
  if (kind == "perceptron") return read_network(file);
  if (kind == "nystrom") {
    const NystromDictionaryData data{file.read_matrix("/dictionary/points"), as_view(file.read_vector("/dictionary/log_density")),
                                     file.read_number("/dictionary", "bandwidth", 0), file.read_matrix("/dictionary/coefficients"),
                                     as_view(file.read_vector("/dictionary/means"))};
    const std::size_t nodes = data.points.extent(0);
    require(static_cast<Index>(data.points.extent(1)) == model.frame.normalisation.dimension() && data.log_density.extent(0) == nodes &&
                data.coefficients.extent(0) == nodes && data.means.extent(0) == data.coefficients.extent(1) && data.bandwidth > 0,
            "io", [&] { return "'" + path + "' contradicts itself: the parts of the diffusion map do not fit each other"; });
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
    require(kinds[f] >= 0 && kinds[f] <= static_cast<Index>(Manifold::circle), "io", [&] { return "there is no manifold number " + std::to_string(kinds[f]); });
    geometry.factors.push_back({static_cast<Manifold>(kinds[f]), counts[f], lengths[3 * f], lengths[3 * f + 1], lengths[3 * f + 2]});
  }
  return geometry;
}

}  // namespace kswgd::io
