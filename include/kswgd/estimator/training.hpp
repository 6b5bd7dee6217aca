// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/data/data_set.hpp>
#include <kswgd/dictionary/perceptron.hpp>
#include <kswgd/geometry/geometry.hpp>
#include <string>
#include <vector>

/// @file
/// Learned features: a network trained against the generator's own variational principle.
///
/// The sum of the r leading eigenvalues of D v = lambda G v in the span of {1, x_i, outputs} is never below that of the generator (Ky Fan), so
/// that lowering it over the network's parameters brings the span nearer to the slow eigenfunctions. On rows that training did not see the same
/// holds of tr((V^T D V)(V^T G V)^{-1}), V the eigenvectors of the training rows: it says when to stop.

namespace kswgd {

struct TrainingOptions {
  Index modes = 10;                 ///< r, beside the constant
  Index outputs = 32;               ///< features of the network
  Index width = 64;                 ///< units of each hidden layer
  Index layers = 2;                 ///< hidden layers
  std::string activation = "silu";  ///< see PerceptronDictionaryData
  bool residual = true;             ///< from the second hidden layer on
  bool normalised = true;           ///< hidden layers
  Index steps = 2000;               ///< at most
  Index batch = 1024;               ///< rows of a step, drawn by their weights
  Index directions = 4;             ///< derivatives of a step: along so many random directions at each row; d and more: along each coordinate
  double rate = 1e-3;               ///< of Adam at its highest: it rises over the first steps and falls to 0 along a cosine
  double decay = 1e-2;              ///< of weights (not of biases, gains, shifts), decoupled: a step takes rate x decay of each away
  Index check_every = 50;           ///< steps between looks at the validation rows
  Index patience = 8;               ///< looks without a lower sum after which training ends
  double validation = 0.2;          ///< the part of the rows that no step sees: at random, or in a stretch where rows follow one another in time
  std::uint64_t seed = 0;
  std::function<void(double done, double held_out)> progress = {};  ///< done in [0, 1]
};

/// What a look at the validation rows found.
struct TrainingLook {
  Index step;
  double in_sample, held_out;  ///< sums of the leading eigenvalues, 1 / length^2
};

struct TrainedNetwork {
  PerceptronDictionaryData network;  ///< of the step with the smallest held-out sum; without a feature for x_i
  std::vector<TrainingLook> looks;   ///< the first is that of the untrained network
  std::size_t best = 0;              ///< of looks
  double linear = 0;                 ///< the held-out sum of {1, x_i} alone; 0 where these have fewer modes
};

/// Trains on the rows of the data in the caller's coordinates, those of the manifold's embedding: the network is one for perceptron_dictionary. Rows
/// count as in a fit: repeats once, by their weights. At most 2^17 rows are looked at, 2^14 of them for validation.
///
/// Every random number is addressed by seed and step, so that the same data give the same network for any number of threads. Cost of a step: some 6
/// batch (1 + directions) flops for each weight; of a look 2 (1 + d) for each weight and row. Memory: the rows that are looked at, and numbers of a batch for
/// each unit.
///
/// Throws InvalidInput for options out of range, data that cannot be used, or rows that are spread over ranks; Failure when no step gave numbers
/// that are finite. Synchronises the instance.
template <ExecutionSpace Exec>
TrainedNetwork train_network(const Exec& exec, const DataSet<Exec>& data, const GeometryData& geometry = {}, const TrainingOptions& options = {});

namespace detail {
/// The same on rows that count, in the library's coordinates, with the geometry there: the network is one of those coordinates, the sums are in normalised
/// units.
template <ExecutionSpace Exec>
TrainedNetwork train_inside(const Exec& exec, const DataSet<Exec>& data, const Geometry<Exec>& geometry, const TrainingOptions& options);
}  // namespace detail

}  // namespace kswgd
