// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dictionary_file.hpp"

#include <kswgd/dictionary/fields.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

namespace kswgd::io {
namespace {

constexpr char group[] = "/dictionary";

enum class Part { arrays, attributes };

/// Writes one part of the fields: an attribute wants its group to be there, and the arrays make it.
class Writer {
 public:
  Writer(hdf5::File& file, Part part) : m_file(file), m_part(part) {}

  Index dimension(Index held) const { return held; }
  void number(const std::string& name, double value, Sign = Sign::any) const {
    if (m_part == Part::attributes) m_file.write_number(group, name, value);
  }
  void integer(const std::string& name, Index value, Index, Index) const {
    if (m_part == Part::attributes) m_file.write_integer(group, name, value);
  }
  void flag(const std::string& name, bool value) const { integer(name, value, 0, 1); }
  void flag(const std::string& name, bool value, bool) const { flag(name, value); }
  void text(const std::string& name, const std::string& value, const std::vector<std::string>&) const {
    if (m_part == Part::attributes) m_file.write_text(group, name, value);
  }
  void array(const std::string& name, const HostMatrix& values, Index, Index, Sign = Sign::any) const {
    if (m_part == Part::arrays) m_file.write_matrix(group + ("/" + name), values);
  }
  void array(const std::string& name, const HostVector& values, Index count, Sign sign = Sign::any) const { array(name, as_vector(values), count, sign); }
  void array(const std::string& name, const std::vector<double>& values, Index, Sign = Sign::any) const {
    if (m_part == Part::arrays) m_file.write_vector(group + ("/" + name), values);
  }
  void landmarks(const HostPoints&, Index) const {}  // /levels has them
  template <class Message>
  void expect(bool, const Message&) const {}

 private:
  hdf5::File& m_file;
  Part m_part;
};

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Before anything is allocated: a file can claim a shape that it has no numbers for.
void require_stored(const FieldCheck& check, const hdf5::File& file, const std::string& path, const std::string& folder, const std::string& name,
                    std::size_t rank) {
  const std::vector<Index> shape = file.shape(folder + "/" + name);
  double bytes = 8;
  for (const Index extent : shape) bytes *= static_cast<double>(extent);
  check.expect(shape.size() == rank && bytes >= 0 && bytes <= static_cast<double>(std::filesystem::file_size(path)),
               [&] { return name + " must be an array of rank " + std::to_string(rank) + ", no larger than the file"; });
}

/// Reads each field and checks it.
class Reader : public FieldCheck {
 public:
  Reader(const hdf5::File& file, const std::string& path, const ModelData& model)
      : FieldCheck("io", "'" + path + "' cannot be used: " + group + "/"), m_file(file), m_path(path), m_model(model) {}

  Index dimension(Index) const { return FieldCheck::dimension(m_model.frame.normalisation.dimension()); }
  void number(const std::string& name, double& value, Sign sign = Sign::any) const {
    value = m_file.read_number(group, name, missing);
    FieldCheck::number(name, value, sign);
  }
  void integer(const std::string& name, Index& value, Index low, Index high) const {
    const double read = m_file.read_number(group, name, missing);
    whole(name, read, low, high);
    value = static_cast<Index>(read);
  }
  void flag(const std::string& name, bool& value) const {
    Index read = 0;
    integer(name, read, 0, 1);
    value = read != 0;
  }
  void flag(const std::string& name, bool& value, bool fallback) const {
    if (std::isnan(m_file.read_number(group, name, missing))) {
      value = fallback;
    } else {
      flag(name, value);
    }
  }
  void text(const std::string& name, std::string& value, const std::vector<std::string>& known) const {
    value = m_file.read_text(group, name, "");
    FieldCheck::text(name, value, known);
  }
  void array(const std::string& name, HostMatrix& values, Index rows, Index columns, Sign sign = Sign::any) const {
    require_stored(*this, m_file, m_path, group, name, 2);
    values = m_file.read_matrix(group + ("/" + name));
    FieldCheck::array(name, values, rows, columns, sign);
  }
  void array(const std::string& name, HostVector& values, Index count, Sign sign = Sign::any) const {
    std::vector<double> read;
    array(name, read, count, sign);
    values = as_view(read);
  }
  void array(const std::string& name, std::vector<double>& values, Index count, Sign sign = Sign::any) const {
    require_stored(*this, m_file, m_path, group, name, 1);
    values = m_file.read_vector(group + ("/" + name));
    FieldCheck::array(name, values, count, sign);
  }
  void landmarks(HostPoints& values, Index dimension) const {
    values = m_model.density.landmarks;
    FieldCheck("io", "'" + m_path + "' cannot be used: /levels/").landmarks(values, dimension);
  }

 private:
  const hdf5::File& m_file;
  const std::string& m_path;
  const ModelData& m_model;
};

/// The family of that kind, among those that a model may have from number I on.
template <std::size_t I = 1>
DictionaryData read_kind(const std::string& kind, Reader& reader) {
  if constexpr (I == std::variant_size_v<DictionaryData>) {
    reader.expect(false, [&] { return "kind is '" + kind + "', which this version of kswgd does not know"; });
    return {};
  } else {
    std::variant_alternative_t<I, DictionaryData> data;
    if (kind != data.kind) return read_kind<I + 1>(kind, reader);
    fields(reader, data);
    return data;
  }
}

}  // namespace

std::vector<double> as_vector(const HostVector& v) { return {v.data(), v.data() + v.extent(0)}; }

HostVector as_view(const std::vector<double>& v) {
  const HostVector view("kswgd::io::vector", v.size());
  std::copy(v.begin(), v.end(), view.data());
  return view;
}

void write_dictionary(hdf5::File& file, const DictionaryData& dictionary) {
  const auto write = [&]<class Data>(Data data) {
    if constexpr (std::is_same_v<Data, std::monostate>) {
      throw InvalidInput("kswgd::io: a model with a dictionary of your own cannot be written to a file");
    } else {
      for (const Part part : {Part::arrays, Part::attributes}) {
        Writer writer(file, part);
        fields(writer, data);
      }
      file.write_text(group, "kind", Data::kind);
    }
  };
  std::visit(write, dictionary);
}

DictionaryData read_dictionary(const hdf5::File& file, const std::string& path, const ModelData& model) {
  Reader reader(file, path, model);
  const DictionaryData data = read_kind(file.read_text(group, "kind", ""), reader);
  const double features = file.read_number("/moments", "features", missing);
  require(features == static_cast<double>(features_of(data)), "io", [&] {
    return "'" + path + "' contradicts itself: " + group + " has " + std::to_string(features_of(data)) + " features, but /moments says " +
           std::to_string(features);
  });
  return data;
}

Index features_of(const DictionaryData& dictionary) {
  const auto count = []<class Data>(const Data& data) -> Index {
    if constexpr (std::is_same_v<Data, std::monostate>) {
      return 0;
    } else {
      return data.features();
    }
  };
  return std::visit(count, dictionary);
}

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

GeometryData read_geometry(const hdf5::File& file, const std::string& path, Index dimension) {
  const FieldCheck check("io", "'" + path + "' cannot be used: /geometry/");
  const auto numbers = [&](const std::string& name) {
    require_stored(check, file, path, "/geometry", name, 1);
    return file.read_vector("/geometry/" + name);
  };
  const auto kinds = numbers("kind"), counts = numbers("coordinates"), lengths = numbers("lengths");
  check.array("coordinates", counts, static_cast<Index>(kinds.size()));
  check.array("lengths", lengths, static_cast<Index>(3 * kinds.size()));
  GeometryData geometry;
  Index taken = 0;
  for (std::size_t f = 0; f < kinds.size(); ++f) {
    check.whole("kind", kinds[f], 0, static_cast<Index>(Manifold::circle));
    check.whole("coordinates", counts[f], 0, dimension);
    const GeometryFactor factor{static_cast<Manifold>(kinds[f]), static_cast<Index>(counts[f]), lengths[3 * f], lengths[3 * f + 1], lengths[3 * f + 2]};
    const bool torus = factor.kind == Manifold::torus, circle = factor.kind == Manifold::circle;
    check.expect(factor.kind == Manifold::euclidean || (factor.major > 0 && (!torus || (factor.major > factor.minor && factor.minor > 0))),
                 [] { return std::string("lengths must be positive radii, and those of a torus R > r"); });
    check.expect((!torus || factor.count == 3) && (!circle || factor.count == 1), [] { return std::string("coordinates: a torus takes 3, a circle 1"); });
    taken += factor.count;
    geometry.factors.push_back(factor);
  }
  check.expect(kinds.empty() || geometry.embedded_dimension(taken) == dimension, [&] {
    return "coordinates: the factors take " + std::to_string(geometry.embedded_dimension(taken)) + " of the embedding, which has " + std::to_string(dimension);
  });
  return geometry;
}

}  // namespace kswgd::io
