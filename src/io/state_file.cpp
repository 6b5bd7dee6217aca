// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "state_file.hpp"
#include "memory_limit.hpp"

#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace kswgd::io {
namespace {

void write_sample(hdf5::File& file, const std::string& group, const ReservoirData& sample) {
  file.write_vector(group + "/keys", sample.keys);
  file.write_vector(group + "/weights", sample.weights);
  file.write_integers(group + "/ids", sample.ids);
  file.write_integers(group + "/tags", sample.tags);
  file.write_matrix(group + "/points", sample.points);
  file.write_integer(group, "capacity", sample.capacity);
  file.write_integer(group, "dimension", sample.dimension);
  file.write_integer(group, "count", sample.count);
  file.write_text(group, "seed", std::to_string(sample.seed));
  file.write_text(group, "stream", std::to_string(sample.stream));
  file.write_number(group, "total_weight", sample.total_weight);
  file.write_number(group, "threshold", std::isfinite(sample.threshold) ? sample.threshold : -1);
}

/// Whether a sample can be one that was written: what it holds agrees, and its rows have room. (A key may be infinite: that of a row of hardly any weight.)
bool is_sample(const ReservoirData& sample, const std::string& path, const std::string& group) {
  const std::size_t held = sample.keys.size();
  if (sample.dimension < 1 || sample.capacity < 1 || sample.count < 0 || held > static_cast<std::size_t>(sample.capacity)) return false;
  require_memory(path, group, sample.capacity, sample.dimension);
  const auto is_weight = [](double value) { return std::isfinite(value) && value >= 0; };
  const auto is_number = [](double value) { return std::isfinite(value); };
  return sample.weights.size() == held && sample.ids.size() == held && sample.tags.size() == held && sample.points.extent(0) == held &&
         static_cast<Index>(sample.points.extent(1)) == sample.dimension && is_weight(sample.total_weight) &&
         std::all_of(sample.weights.begin(), sample.weights.end(), is_weight) &&
         std::none_of(sample.keys.begin(), sample.keys.end(), [](double key) { return std::isnan(key) || key < 0; }) &&
         std::all_of(sample.points.data(), sample.points.data() + sample.points.size(), is_number);
}

ReservoirData read_sample(const hdf5::File& file, const std::string& group) {
  const auto number = [&](const char* name) { return static_cast<std::uint64_t>(std::strtoull(file.read_text(group, name, "0").c_str(), nullptr, 10)); };
  ReservoirData sample;
  sample.keys = file.read_vector(group + "/keys");
  sample.weights = file.read_vector(group + "/weights");
  sample.ids = file.read_integers(group + "/ids");
  sample.tags = file.read_integers(group + "/tags");
  sample.capacity = file.read_integer(group, "capacity", 0);
  sample.dimension = file.read_integer(group, "dimension", 0);
  sample.count = file.read_integer(group, "count", 0);
  sample.seed = number("seed");
  sample.stream = number("stream");
  sample.total_weight = file.read_number(group, "total_weight", 0);
  const double threshold = file.read_number(group, "threshold", -1);
  if (threshold >= 0) sample.threshold = threshold;
  sample.points = sample.keys.empty() ? HostPoints("kswgd::io::points", 0, std::clamp<Index>(sample.dimension, 0, 1 << 20))
                                      : file.read_matrix(group + "/points");
  return sample;
}

}  // namespace

void write_state(hdf5::File& file, const OnlineState& state) {
  std::vector<Index> rows, columns;
  std::vector<double> values;  // of all arrays, each by columns
  for (const HostMatrix& array : state.sums) {
    rows.push_back(static_cast<Index>(array.extent(0)));
    columns.push_back(static_cast<Index>(array.extent(1)));
    values.insert(values.end(), array.data(), array.data() + array.size());
  }
  file.write_integers("/sums/rows", rows);
  file.write_integers("/sums/columns", columns);
  file.write_vector("/sums/values", values);
  file.write_integers("/sums/level_features", state.level_features);
  file.write_vector("/sums/numbers", state.numbers);
  write_sample(file, "/sample", state.rows);
  if (state.pairs.capacity > 0) write_sample(file, "/sample_of_pairs", state.pairs);
}

OnlineState read_state(const hdf5::File& file, const std::string& path, ModelData layout) {
  require(file.has("/sums"), "io", [&] { return "'" + path + "' holds no sums to go on from: fit it with --keep-sums"; });
  OnlineState state;
  state.layout = std::move(layout);
  const auto rows = file.read_integers("/sums/rows"), columns = file.read_integers("/sums/columns");
  const auto values = file.read_vector("/sums/values");
  state.level_features = file.read_integers("/sums/level_features");
  state.numbers = file.read_vector("/sums/numbers");
  const auto agree = [&](bool good) { require(good, "io", [&] { return "'" + path + "' contradicts itself: its sums do not fit the rest"; }); };
  agree(rows.size() == columns.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    agree(rows[i] >= 0 && columns[i] >= 0 && (columns[i] == 0 || rows[i] <= static_cast<Index>(values.size() - at) / columns[i]));
    const HostMatrix array("kswgd::io::sums", rows[i], columns[i]);
    for (std::size_t j = 0; j < array.size(); ++j) {
      agree(std::isfinite(values[at]));
      array.data()[j] = values[at++];
    }
    state.sums.push_back(array);
  }
  agree(at == values.size());
  for (const Index features : state.level_features) agree(features >= 1 && features <= state.layout.density.moments.size());
  agree(!state.level_features.empty());
  state.rows = read_sample(file, "/sample");
  agree(state.rows.dimension == state.layout.dimension() && is_sample(state.rows, path, "/sample"));
  if (file.has("/sample_of_pairs")) {
    state.pairs = read_sample(file, "/sample_of_pairs");
    agree(is_sample(state.pairs, path, "/sample_of_pairs"));
  }
  for (const double number : state.numbers) agree(number >= 0 && number <= 9007199254740992.0);
  return state;
}

}  // namespace kswgd::io
