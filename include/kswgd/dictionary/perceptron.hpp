// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/detail/runs.hpp>
#include <string>
#include <vector>

/// @file
/// Features of a multilayer perceptron that was trained elsewhere.

namespace kswgd {

/// y_0 = x, y_(l+1) = activation(W_l y_l + b_l), the last layer without activation; its outputs are the features beyond the
/// constant.
struct PerceptronDictionaryData {
  std::string activation = "tanh";          ///< tanh, softplus, silu (x / (1 + e^-x)) or gelu (x Phi(x), Phi the normal law's)
  std::vector<HostMatrix> weights;          ///< W_l, outputs x inputs, as torch.nn.Linear.weight
  std::vector<std::vector<double>> biases;  ///< b_l, outputs
};

namespace detail {
enum class Activation { tanh, softplus, silu, gelu };
}

/// The same network for points x' = (x - mean) / scale: its first layer becomes W_0 scale x' + (b_0 + W_0 mean). A network is
/// trained in the caller's units, a dictionary is asked for features in normalised ones. Throws InvalidInput when mean does
/// not have one number for each input.
PerceptronDictionaryData in_normalised_units(const PerceptronDictionaryData& network, const std::vector<double>& mean, double scale);

/// {1, outputs of the network} on a device. Copies share the weights and have a workspace of their own.
template <ExecutionSpace Exec>
class PerceptronDictionary {
 public:
  using execution_space = Exec;

  PerceptronDictionary() = default;
  /// Throws InvalidInput for an unknown activation, no layer, layers whose sizes do not follow one another (naming the layer),
  /// or a weight that is not finite.
  PerceptronDictionary(const Exec& exec, const PerceptronDictionaryData& data);

  Index size() const { return 1 + static_cast<Index>(m_layers.back().weights.extent(1)); }
  Index dimension() const { return static_cast<Index>(m_layers.front().weights.extent(0)); }

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features. x is n x d. Cost 2 n flops for each weight, by matrix products;
  /// workspace 2 n times the widest layer, 4 n for gradients.
  void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi);

  /// dpsi(i, a) = d psi_a / d x_k (x_i), by the derivative carried forward through the layers. Cost twice that of evaluate.
  void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi);

 private:
  struct Layer {
    Matrix<Exec> weights;  // inputs x outputs, so that outputs x points is weights^T (inputs x points)
    Vector<Exec> bias;
  };
  void forward(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& out);

  detail::Activation m_activation = detail::Activation::tanh;
  std::vector<Layer> m_layers;
  Index m_widest = 0;
  detail::Scratch<Matrix<Exec>> m_values[2], m_slopes[2];  // units x points: of a layer, and of the next
};

}  // namespace kswgd
