// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/dictionary/fields.hpp>
#include <kswgd/model/fingerprint.hpp>

#include <bit>

namespace kswgd {
namespace {

/// Each step is a bijection of the state, so that one number that differs changes the hash for certain.
class Hash {
 public:
  void add(std::uint64_t word) {
    m_value = (m_value ^ word) * 0x9e3779b97f4a7c15U;
    m_value ^= m_value >> 32;
  }
  void add(Index value) { add(static_cast<std::uint64_t>(value)); }
  void add(int value) { add(static_cast<Index>(value)); }
  void add(bool value) { add(static_cast<Index>(value)); }
  void add(double value) { add(std::bit_cast<std::uint64_t>(value)); }
  void add(const std::string& text) {
    add(static_cast<Index>(text.size()));
    for (const char c : text) add(static_cast<Index>(c));
  }
  template <class T>
  void add(const std::vector<T>& values) {
    add(static_cast<Index>(values.size()));
    for (const auto& value : values) add(static_cast<const T&>(value));
  }
  void add(const HostMatrix& a) {
    add(static_cast<Index>(a.extent(0)));
    add(static_cast<Index>(a.extent(1)));
    for (std::size_t j = 0; j < a.extent(1); ++j)
      for (std::size_t i = 0; i < a.extent(0); ++i) add(a(i, j));
  }
  void add(const HostVector& a) {
    add(static_cast<Index>(a.extent(0)));
    for (std::size_t i = 0; i < a.extent(0); ++i) add(a(i));
  }
  template <class... Ts>
  requires(sizeof...(Ts) > 1) void add(const Ts&... values) { (add(values), ...); }

  /// What fields() hands over of a dictionary's data.
  Index dimension(Index held) {
    add(held);
    return held;
  }
  void number(const std::string&, double value, Sign = Sign::any) { add(value); }
  void integer(const std::string&, Index value, Index, Index) { add(value); }
  void flag(const std::string&, bool value) { add(value); }
  void flag(const std::string&, bool value, bool fallback) {
    if (value != fallback) add(value);  // models of older versions keep their fingerprints
  }
  void text(const std::string&, const std::string& value, const std::vector<std::string>&) { add(value); }
  template <class Values, class... Wanted>
  void array(const std::string&, const Values& values, const Wanted&...) {
    add(values);
  }
  void landmarks(const HostPoints& values, Index) { add(values); }
  template <class Message>
  void expect(bool, const Message&) {}

  void add(const GeometryFactor& f) { add(static_cast<int>(f.kind), f.count, f.major, f.minor, f.low); }
  void add(const LevelData& l) { add(l.first_landmark, l.last_landmark, l.width, l.guard, l.features); }

  std::uint64_t value() const { return m_value; }

 private:
  std::uint64_t m_value = 0xcbf29ce484222325U;
};

}  // namespace

std::uint64_t fingerprint(const ModelData& model) {
  Hash hash;
  hash.add(model.frame.geometry.factors);
  hash.add(model.frame.normalisation.mean, model.frame.normalisation.scale, model.frame.normalisation.constant);
  if (model.frame.is_mapped()) {
    for (const CoordinateMap& map : model.frame.maps) hash.add(map.factor, map.x, map.z, map.slope);
    hash.add(model.frame.length);
  }
  hash.add(static_cast<Index>(model.dictionary.index()));
  const auto add = [&]<class Data>(Data dictionary) {
    if constexpr (!std::is_same_v<Data, std::monostate>) fields(hash, dictionary);
  };
  std::visit(add, model.dictionary);
  hash.add(model.density.landmarks, model.density.levels);
  hash.add(model.density.moments.gram, model.density.moments.dirichlet, model.density.moments.weight);
  hash.add(model.spectrum.pairs.values, model.spectrum.pairs.vectors, model.spectrum.unit);
  return hash.value();
}

}  // namespace kswgd
