// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/perceptron_file.hpp>
#include <kswgd/support/check.hpp>

#include "hdf5.hpp"
#include "memory_limit.hpp"
#include "stamp.hpp"

#include <cmath>

namespace kswgd::io {
namespace {

std::vector<double> finite_vector(const hdf5::File& file, const std::string& path, const std::string& dataset) {
  require(file.shape(dataset).size() == 1, "io", [&] { return "'" + path + "': " + dataset + " must be a vector, one number for each output"; });
  std::vector<double> values = file.read_vector(dataset);
  for (const double value : values)
    require(std::isfinite(value), "io", [&] { return "'" + path + "': " + dataset + " has " + std::to_string(value) + "; every number must be finite"; });
  return values;
}

}  // namespace

PerceptronDictionaryData read_perceptron(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  PerceptronDictionaryData network;
  network.activation = file.read_text("/", "activation", "");
  require(!network.activation.empty(), "io", [&] {
    return "'" + path +
           "' has no attribute 'activation' (tanh, softplus, silu, gelu or sin) on its root: is it a network? python/export_perceptron.py writes one";
  });
  for (std::size_t l = 0;; ++l) {
    const std::string number = std::to_string(l), weights = "/W" + number, biases = "/b" + number;
    if (!file.has(weights)) {
      require(l > 0, "io", [&] { return "'" + path + "' has no dataset W0: a network is W0, b0, W1, b1, ..."; });
      for (const std::string& other : {biases, "/gain" + number, "/shift" + number})
        require(!file.has(other), "io", [&] { return "'" + path + "' has a dataset " + other.substr(1) + " but no W" + number; });
      break;
    }
    require(file.has(biases), "io", [&] { return "'" + path + "' has a dataset W" + number + " but no b" + number; });
    require(file.shape(weights).size() == 2, "io", [&] { return "'" + path + "': " + weights + " must be a matrix, outputs x inputs"; });
    file.require_data(weights);
    const auto [rows, columns] = file.table(weights);
    require(rows > 0 && columns > 0, "io", [&] { return "'" + path + "': " + weights + " has no numbers"; });
    require_memory(path, weights, rows, columns);
    network.weights.emplace_back("kswgd::io::weights", rows, columns);
    file.read_rows(weights, 1, true, network.weights.back(), 0);
    network.biases.push_back(finite_vector(file, path, biases));
    const std::string gain = "/gain" + number, shift = "/shift" + number;
    require(file.has(gain) == file.has(shift), "io", [&] { return "'" + path + "': a normalised layer has both gain" + number + " and shift" + number; });
    const bool normalised = file.has(gain);
    network.gains.push_back(normalised ? finite_vector(file, path, gain) : std::vector<double>());
    network.shifts.push_back(normalised ? finite_vector(file, path, shift) : std::vector<double>());
    network.residual.push_back(false);
  }
  if (!file.has("/residual")) return network;
  for (const Index layer : file.read_integers("/residual")) {
    require(layer >= 0 && layer < static_cast<Index>(network.weights.size()), "io",
            [&] { return "'" + path + "': /residual names layer " + std::to_string(layer) + ", but there are " + std::to_string(network.weights.size()); });
    network.residual[static_cast<std::size_t>(layer)] = true;
  }
  return network;
}

void write_perceptron(const std::string& path, const PerceptronDictionaryData& network, const FileStamp& stamp) {
  check_fields("io", network);
  AtomicFile out(path);
  hdf5::File file = hdf5::File::create(out);
  std::vector<Index> residual;
  for (std::size_t l = 0; l < network.weights.size(); ++l) {
    const std::string number = std::to_string(l);
    file.write_matrix("/W" + number, network.weights[l]);
    file.write_vector("/b" + number, network.biases[l]);
    if (network.is_normalised(l)) {
      file.write_vector("/gain" + number, network.gains[l]);
      file.write_vector("/shift" + number, network.shifts[l]);
    }
    if (network.is_residual(l)) residual.push_back(static_cast<Index>(l));
  }
  if (!residual.empty()) file.write_integers("/residual", residual);
  file.write_text("/", "activation", network.activation);
  write_stamp(file, stamp);
  file.close();
  out.commit();
}

}  // namespace kswgd::io
