// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/model/model.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>

namespace kswgd {
namespace {

template <class Exec>
Vector<Exec> leading_column(const Exec& exec, const Matrix<Exec>& gram) {
  const auto mean = allocate<Vector<Exec>>(exec, "Model::data_mean", gram.extent(0));
  Kokkos::deep_copy(exec, mean, Kokkos::subview(gram, Kokkos::ALL, 0));  // psi_0 = 1: column 0 is E[psi]
  return mean;
}

template <class Exec>
Level<Exec> factorised_level(const Exec& exec, const LevelData& data, const Matrix<Exec>& gram, const Matrix<Exec>& dirichlet, double regularisation) {
  Level<Exec> level;
  level.data = data;
  level.data_mean = leading_column(exec, gram);
  const auto scale = gram_scale(exec, gram);
  level.inverse_generator = invert(exec, factorise(exec, dirichlet, scale, regularisation));
  level.inverse_gram = invert(exec, factorise(exec, gram, scale, regularisation));
  level.modes = inner_product(exec, level.inverse_gram, gram) - 1;
  return level;
}

/// sum over the modes of v_k v_k^T / lambda_k (or v_k v_k^T), the constant left out.
template <class Exec>
Matrix<Exec> outer_product(const Exec& exec, const HostMatrix& vectors, const std::vector<double>& weights) {
  const Index p = static_cast<Index>(vectors.extent(0)), modes = static_cast<Index>(weights.size());
  const HostMatrix rows("kswgd::Model::rows", modes, p);
  for (Index k = 0; k < modes; ++k)
    for (Index a = 0; a < p; ++a) rows(k, a) = vectors(a, k + 1) * std::sqrt(weights[static_cast<std::size_t>(k)]);
  const auto product = zeros<Matrix<Exec>>(exec, "Model::outer_product", p, p);
  algebra::add_gram(exec, 1, Matrix<Exec>(to_device(exec, rows)), product);
  algebra::symmetrise_from_upper(exec, product);
  return product;
}

template <class Exec>
Level<Exec> spectral_level(const Exec& exec, const ModelData& data, Index wanted, const Matrix<Exec>& gram) {
  const Index held = data.spectrum.pairs.size() - 1, modes = wanted > 0 ? wanted : held;
  require(held >= 1, "Model", [] { return "the model holds no eigenpairs: fit it with some"; });
  require(modes <= held, "Model", [&] {
    return std::to_string(modes) + " modes were asked for, but the model holds " + std::to_string(held) + ": fit it with modes " + std::to_string(modes);
  });
  std::vector<double> inverse, ones(static_cast<std::size_t>(modes), 1.0);
  const double unit = data.spectrum.unit;
  for (Index k = 1; k <= modes; ++k) inverse.push_back(unit / data.spectrum.pairs.values(k));
  Level<Exec> level;
  level.data = data.density.levels.back();
  level.data_mean = leading_column(exec, gram);
  level.inverse_generator = outer_product(exec, data.spectrum.pairs.vectors, inverse);
  level.inverse_gram = outer_product(exec, data.spectrum.pairs.vectors, ones);
  level.modes = static_cast<double>(modes);
  return level;
}

}  // namespace

template <ExecutionSpace Exec>
AnyDictionary<Exec> make_dictionary(const Exec& exec, const DictionaryData& data) {
  const auto make = [&]<class Data>(const Data& family) -> AnyDictionary<Exec> {
    if constexpr (std::is_same_v<Data, std::monostate>) {
      throw InvalidInput("kswgd::make_dictionary: the model was fitted with a dictionary of your own: hand it over beside the data");
    } else {
      return typename Data::template Dictionary<Exec>(exec, family);
    }
  };
  return std::visit(make, data);
}

template <ExecutionSpace Exec>
Model<Exec>::Model(const Exec& exec, const ModelData& data, const ModelOptions& options) : Model(exec, data, make_dictionary(exec, data.dictionary), options) {}

template <ExecutionSpace Exec>
Model<Exec>::Model(const Exec& exec, const ModelData& data, const AnyDictionary<Exec>& dictionary, const ModelOptions& options)
    : m_data(data), m_dictionary(dictionary), m_frame(exec, data.frame), m_landmarks(to_device(exec, data.density.landmarks)) {
  require_positive(options.regularisation, "Model", "regularisation");
  const Index features = m_dictionary.size();
  require(data.density.moments.size() == features && !data.density.levels.empty() && data.density.levels.back().features == features &&
              m_dictionary.dimension() == data.frame.normalisation.dimension(),
          "Model",
          [&] { return "the moments are of " + std::to_string(data.density.moments.size()) + " features, the dictionary has " + std::to_string(features); });
  const Matrix<Exec> gram = to_device(exec, data.density.moments.gram), dirichlet = to_device(exec, data.density.moments.dirichlet);
  if (options.inverse == Inverse::spectral) {
    m_levels.push_back(spectral_level(exec, data, options.modes, gram));
    return;
  }
  for (const LevelData& level : data.density.levels)
    m_levels.push_back(
        factorised_level(exec, level, copy_block(exec, gram, level.features), copy_block(exec, dirichlet, level.features), options.regularisation));
}

#define KSWGD_INSTANTIATE(EXEC)                                                     \
  template AnyDictionary<EXEC> make_dictionary(const EXEC&, const DictionaryData&); \
  template class Model<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
