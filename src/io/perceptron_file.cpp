// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/io/perceptron_file.hpp>
#include <kswgd/support/check.hpp>

#include "hdf5.hpp"
#include "memory_limit.hpp"

#include <cmath>

namespace kswgd::io {

PerceptronDictionaryData read_perceptron(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  PerceptronDictionaryData network;
  network.activation = file.read_text("/", "activation", "");
  require(!network.activation.empty(), "io", [&] {
    return "'" + path + "' has no attribute 'activation' (tanh, softplus, silu or gelu) on its root: is it a network? python/export_perceptron.py writes one";
  });
  for (std::size_t l = 0;; ++l) {
    const std::string number = std::to_string(l), weights = "/W" + number, biases = "/b" + number;
    if (!file.has(weights)) {
      require(l > 0, "io", [&] { return "'" + path + "' has no dataset W0: a network is W0, b0, W1, b1, ..."; });
      require(!file.has(biases), "io", [&] { return "'" + path + "' has a dataset b" + number + " but no W" + number; });
      return network;
    }
    require(file.has(biases), "io", [&] { return "'" + path + "' has a dataset W" + number + " but no b" + number; });
    require(file.shape(weights).size() == 2, "io", [&] { return "'" + path + "': " + weights + " must be a matrix, outputs x inputs"; });
    require(file.shape(biases).size() == 1, "io", [&] { return "'" + path + "': " + biases + " must be a vector, one number for each output"; });
    file.require_data(weights);
    const auto [rows, columns] = file.table(weights);
    require(rows > 0 && columns > 0, "io", [&] { return "'" + path + "': " + weights + " has no numbers"; });
    require_memory(path, weights, rows, columns);
    network.weights.emplace_back("kswgd::io::weights", rows, columns);
    file.read_rows(weights, 1, true, network.weights.back(), 0);
    network.biases.push_back(file.read_vector(biases));
    for (const double bias : network.biases.back())
      require(std::isfinite(bias), "io", [&] { return "'" + path + "': " + biases + " has " + std::to_string(bias) + "; every number must be finite"; });
  }
}

}  // namespace kswgd::io
