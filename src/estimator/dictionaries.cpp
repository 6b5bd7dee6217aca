// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/estimator/dictionaries.hpp>
#include <kswgd/support/check.hpp>

namespace kswgd {
namespace {

constexpr Index default_features = 200;

/// Makers look at this many points of the data.
constexpr Index most_sampled = 4096;

template <class Exec>
HostPoints looked_at(const Exec& exec, const Points<Exec>& sample) {
  const Index n = static_cast<Index>(sample.extent(0)), count = std::min(n, most_sampled);
  const auto all = to_host(exec, sample);
  const HostPoints points("kswgd::named_dictionary::sample", count, sample.extent(1));
  for (Index i = 0; i < count; ++i)
    for (std::size_t k = 0; k < points.extent(1); ++k) points(i, k) = all(i * n / count, k);
  return points;
}

template <class Exec>
FittedDictionary<Exec> at_work(const Exec& exec, const DictionaryData& data) {
  return {make_dictionary(exec, data), data};
}

/// The polynomials of degree 1 at least, whatever was asked for by default.
Index polynomial_features(Index asked, Index dimension) { return asked > 0 ? asked : std::max(default_features, 1 + dimension); }

}  // namespace

std::vector<std::string> dictionary_names() { return {"gaussian", "fourier", "hermite", "monomial", "linear", "von-mises"}; }

template <ExecutionSpace Exec>
DictionaryMaker<Exec> named_dictionary(const std::string& name, const NamedDictionaryOptions& options) {
  if (name == "gaussian" || name == "von-mises") return {};
  if (name == "fourier")
    return [options](const Exec& exec, const Normalisation& normalisation, const Points<Exec>& sample) {
      const Index features = options.features > 0 ? options.features : default_features;
      return at_work(exec, make_fourier_data(looked_at(exec, sample), features, options.bandwidth / normalisation.scale, options.seed));
    };
  if (name == "hermite" || name == "monomial" || name == "linear")
    return [options, name](const Exec& exec, const Normalisation&, const Points<Exec>& sample) {
      const HostPoints points = looked_at(exec, sample);
      const auto d = static_cast<Index>(points.extent(1));
      if (name == "linear") return at_work(exec, make_linear_data(d));
      const Index features = polynomial_features(options.features, d);
      return at_work(exec, name == "hermite" ? make_hermite_data(points, features) : make_monomial_data(points, features));
    };
  std::string names;
  for (const std::string& known : dictionary_names()) names += " " + known;
  throw InvalidInput("kswgd::named_dictionary: there is no dictionary '" + name + "'; known are:" + names);
}

template <ExecutionSpace Exec>
DictionaryMaker<Exec> perceptron_dictionary(const PerceptronDictionaryData& network) {
  return [network](const Exec& exec, const Normalisation& normalisation, const Points<Exec>&) {
    return at_work(exec, in_normalised_units(network, normalisation.mean, normalisation.scale));
  };
}

template <ExecutionSpace Exec>
NetworkMaker<Exec> given_network(const PerceptronDictionaryData& network) {
  return [network](const Exec&, const DataSet<Exec>&, const Frame<Exec>& frame) {
    const Normalisation& unit = frame.data().normalisation;
    return in_normalised_units(network, unit.mean, unit.scale);
  };
}

template <ExecutionSpace Exec>
NetworkMaker<Exec> learned_network(const TrainingOptions& options, const std::function<void(const TrainedNetwork&)>& trained) {
  return [options, trained](const Exec& exec, const DataSet<Exec>& inside, const Frame<Exec>& frame) {
    TrainedNetwork result = detail::train_inside(exec, inside, frame.geometry(), options);
    const double unit = frame.eigenvalue_unit();
    for (TrainingLook& look : result.looks) {
      look.in_sample *= unit;
      look.held_out *= unit;
    }
    result.linear *= unit;
    if (trained) trained(result);
    return result.network;
  };
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                           \
  template NetworkMaker<EXEC> given_network(const PerceptronDictionaryData&);                                             \
  template NetworkMaker<EXEC> learned_network(const TrainingOptions&, const std::function<void(const TrainedNetwork&)>&); \
  template DictionaryMaker<EXEC> named_dictionary(const std::string&, const NamedDictionaryOptions&);                     \
  template DictionaryMaker<EXEC> perceptron_dictionary(const PerceptronDictionaryData&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
