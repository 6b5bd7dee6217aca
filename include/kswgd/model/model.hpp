// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/any_dictionary.hpp>
#include <kswgd/geometry/frame.hpp>
#include <kswgd/model/model_data.hpp>
#include <kswgd/spectrum/factorisation.hpp>

/// @file
/// A fitted model at work on a backend.

namespace kswgd {

/// One level as the flow uses it. With e = E_particles[psi] - E_pi[psi] over its first q = data.features features, the potential of
/// the velocity is u = psi . c with c = inverse_generator e, the energy F = 1/2 e . c, and chi2 = e . inverse_gram e.
template <ExecutionSpace Exec>
struct Level {
  LevelData data;
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
  Index modes = 0;                                 ///< Inverse::spectral: how many eigenpairs beside the constant; 0: all that the model holds
  double regularisation = default_regularisation;  ///< rho of D + rho w I, and of G + rho w I
};

/// A dictionary from what a model holds of it. Throws InvalidInput for a dictionary of the caller's own.
template <ExecutionSpace Exec>
AnyDictionary<Exec> make_dictionary(const Exec& exec, const DictionaryData& data);

/// A model on an execution space: the dictionary, the manifold, and each level's two inverses.
///
/// Making one factorises each level: cost sum over the levels of 2 p_l^3 flops, memory 16 sum p_l^2 bytes. Throws
/// InvalidInput when the data contradict each other, Failure when a factorisation breaks down. Synchronises the instance.
template <ExecutionSpace Exec>
class Model {
 public:
  Model(const Exec& exec, const ModelData& data, const ModelOptions& options = {});
  /// With a dictionary of the caller's own, the one that the model was fitted with.
  Model(const Exec& exec, const ModelData& data, const AnyDictionary<Exec>& dictionary, const ModelOptions& options = {});

  const ModelData& data() const { return m_data; }
  const AnyDictionary<Exec>& dictionary() const { return m_dictionary; }
  /// Where particles may be, and how their coordinates become the library's.
  const Frame<Exec>& frame() const { return m_frame; }
  const Geometry<Exec>& geometry() const { return m_frame.geometry(); }
  /// Of all levels, normalised.
  const Points<Exec>& landmarks() const { return m_landmarks; }
  const std::vector<Level<Exec>>& levels() const { return m_levels; }
  /// Coordinates of the caller's points.
  Index dimension() const { return m_frame.dimension(); }

 private:
  ModelData m_data;
  AnyDictionary<Exec> m_dictionary;
  Frame<Exec> m_frame;
  Points<Exec> m_landmarks;
  std::vector<Level<Exec>> m_levels;
};

}  // namespace kswgd
