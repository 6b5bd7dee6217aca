// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/estimator/generator.hpp>
#include <kswgd/estimator/training.hpp>

/// @file
/// Dictionaries of the library as FitOptions::dictionary takes them: made from the data when these are known.

namespace kswgd {

template <ExecutionSpace Exec>
using DictionaryMaker = std::function<FittedDictionary<Exec>(const Exec&, const Normalisation&, const Points<Exec>& sample)>;

struct NamedDictionaryOptions {
  Index features = 0;    ///< p, the constant counted; 0: 200, or as few as the family has
  double bandwidth = 0;  ///< Fourier: width of the kernel in the caller's unit; 0: the median distance
  std::uint64_t seed = 0;
};

/// The names that named_dictionary knows.
std::vector<std::string> dictionary_names();

/// "gaussian" (nothing: the default of the fit), "fourier" (random features), "hermite", "monomial" (as high a degree as
/// `features` allow), "linear", or "von-mises": the default's Gaussians, which are von Mises kernels on a periodic manifold; the
/// caller sees to it that the geometry has one. Throws InvalidInput that lists the names for any other.
template <ExecutionSpace Exec>
DictionaryMaker<Exec> named_dictionary(const std::string& name, const NamedDictionaryOptions& options = {});

/// A network that was trained in the caller's coordinates (those of the embedding), see dictionary/perceptron.hpp.
template <ExecutionSpace Exec>
DictionaryMaker<Exec> perceptron_dictionary(const PerceptronDictionaryData& network);

/// As FitOptions::network takes them.
template <ExecutionSpace Exec>
using NetworkMaker = std::function<PerceptronDictionaryData(const Exec&, const DataSet<Exec>& inside, const Frame<Exec>& frame)>;

/// A network that was trained in the caller's coordinates (those of the embedding), beside the Gaussians.
template <ExecutionSpace Exec>
NetworkMaker<Exec> given_network(const PerceptronDictionaryData& network);

/// A network that is trained on the fitted rows before the moments are taken: see estimator/training.hpp. `trained` hears how it went, its sums in the
/// caller's units.
template <ExecutionSpace Exec>
NetworkMaker<Exec> learned_network(const TrainingOptions& options = {}, const std::function<void(const TrainedNetwork&)>& trained = {});

}  // namespace kswgd
