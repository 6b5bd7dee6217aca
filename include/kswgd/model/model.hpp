// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/gaussian.hpp>
#include <kswgd/model/model_data.hpp>
#include <kswgd/spectrum/factorisation.hpp>

/// @file
/// A fitted model at work on a backend.

namespace kswgd {

/// One level as the flow uses it. With e = E_particles[psi] - E_pi[psi] over its first `features` features, the potential of
/// the velocity is u = psi . c with c = inverse_generator e, the energy F = 1/2 e . c, and chi2 = e . inverse_gram e.
template <ExecutionSpace Exec>
struct Level {
  LevelData data;
  Index features = 0;              ///< q: its dictionary is the first q features
  Matrix<Exec> inverse_generator;  ///< (D + rho w I)^{-1}, q x q
  Matrix<Exec> inverse_gram;       ///< (G + rho w I)^{-1}, q x q
  Vector<Exec> data_mean;          ///< E_pi[psi], q
  double modes = 0;                ///< r = tr((G + rho w I)^{-1} G) - 1
};

/// How the inverse of the generator is had.
enum class Inverse {
  cholesky,  ///< all modes, from the factorisation: no truncation (the default)
  spectral,  ///< the leading eigenpairs alone: the published, truncated flow, on the finest level
};

struct ModelOptions {
  Inverse inverse = Inverse::cholesky;
  Index modes = 0;  ///< Inverse::spectral: how many eigenpairs beside the constant; 0: all that the model holds
  double regularisation = default_regularisation;  ///< rho of D + rho w I, and of G + rho w I
};

/// A model on an execution space: the dictionary, and each level's two inverses.
///
/// Making one factorises each level: cost sum over the levels of 2 p_l^3 flops, memory 16 sum p_l^2 bytes. Throws
/// InvalidInput when the data contradict each other, Failure when a factorisation breaks down. Synchronises the instance.
template <ExecutionSpace Exec>
class Model {
 public:
  Model(const Exec& exec, const ModelData& data, const ModelOptions& options = {});

  const ModelData& data() const { return m_data; }
  const GaussianDictionary<Exec>& dictionary() const { return m_dictionary; }
  const std::vector<Level<Exec>>& levels() const { return m_levels; }
  Index dimension() const { return m_dictionary.dimension(); }

 private:
  ModelData m_data;
  GaussianDictionary<Exec> m_dictionary;
  std::vector<Level<Exec>> m_levels;
};

}  // namespace kswgd
