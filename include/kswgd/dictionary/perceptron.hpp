// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/dictionary.hpp>
#include <kswgd/dictionary/fields.hpp>

/// @file
/// Features of a multilayer perceptron that was trained elsewhere.

namespace kswgd {

template <ExecutionSpace Exec>
class PerceptronDictionary;

/// y_0 = x, y_(l+1) = activation(W_l y_l + b_l), the last layer without activation; its outputs are the features beyond the
/// constant.
struct PerceptronDictionaryData {
  static constexpr const char* kind = "perceptron";
  template <class Exec>
  using Dictionary = PerceptronDictionary<Exec>;

  std::string activation = "tanh";          ///< tanh, softplus, silu (x / (1 + e^-x)) or gelu (x Phi(x), Phi the normal law's)
  std::vector<HostMatrix> weights;          ///< W_l, outputs x inputs, as torch.nn.Linear.weight
  std::vector<std::vector<double>> biases;  ///< b_l, outputs

  Index features() const { return 1 + (weights.empty() ? 0 : static_cast<Index>(weights.back().extent(0))); }
};

namespace detail {
enum class Activation { tanh, softplus, silu, gelu };
/// In the order of Activation.
inline std::vector<std::string> activation_names() { return {"tanh", "softplus", "silu", "gelu"}; }
}  // namespace detail

template <class Archive>
void fields(Archive& archive, PerceptronDictionaryData& data) {
  constexpr Index most_layers = 1000;
  archive.text("activation", data.activation, detail::activation_names());
  archive.expect(data.biases.size() == data.weights.size(), [] { return std::string("each layer must have weights and biases"); });
  auto layers = static_cast<Index>(data.weights.size());
  archive.integer("layers", layers, 1, most_layers);
  data.weights.resize(static_cast<std::size_t>(layers));
  data.biases.resize(static_cast<std::size_t>(layers));
  Index inputs = archive.dimension(data.weights.empty() ? 0 : static_cast<Index>(data.weights.front().extent(1)));
  for (std::size_t l = 0; l < data.weights.size(); ++l) {  // weights are stored outputs x inputs
    archive.array("W" + std::to_string(l), data.weights[l], any_extent, inputs);
    inputs = static_cast<Index>(data.weights[l].extent(0));
    archive.expect(inputs >= 1, [l] { return "W" + std::to_string(l) + " must have 1 output or more"; });
    archive.array("b" + std::to_string(l), data.biases[l], inputs);
  }
}

/// The same network for points x' = (x - mean) / scale: its first layer becomes W_0 scale x' + (b_0 + W_0 mean). A network is
/// trained in the caller's units, a dictionary is asked for features in normalised ones. Throws InvalidInput when mean does
/// not have one number for each input.
PerceptronDictionaryData in_normalised_units(const PerceptronDictionaryData& network, const std::vector<double>& mean, double scale);

/// {1, outputs of the network} on a device. Constant; copies share the weights.
template <ExecutionSpace Exec>
class PerceptronDictionary {
 public:
  using execution_space = Exec;

  PerceptronDictionary() = default;
  /// Throws InvalidInput for an unknown activation, no layer, layers whose sizes do not follow one another (naming the layer's W or b),
  /// or a number that is not finite.
  PerceptronDictionary(const Exec& exec, const PerceptronDictionaryData& data);

  Index size() const { return 1 + static_cast<Index>(m_layers.back().weights.extent(1)); }
  Index dimension() const { return static_cast<Index>(m_layers.front().weights.extent(0)); }

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features. x is n x d. Cost 2 n flops for each weight, by matrix products;
  /// workspace 2 n times the widest layer, 4 n for gradients.
  void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, WorkspaceOrOwn<Exec> workspace = {}) const {
    forward(exec, x, -1, psi, *workspace);
  }

  /// dpsi(i, a) = d psi_a / d x_k (x_i), by the derivative carried forward through the layers. Cost twice that of evaluate.
  void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi, WorkspaceOrOwn<Exec> workspace = {}) const {
    forward(exec, x, k, dpsi, *workspace);
  }

 private:
  struct Layer {
    Matrix<Exec> weights;  // inputs x outputs, so that outputs x points is weights^T (inputs x points)
    Vector<Exec> bias;
  };
  void forward(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& out, Workspace<Exec>& workspace) const;

  detail::Activation m_activation = detail::Activation::tanh;
  std::vector<Layer> m_layers;
  Index m_widest = 0;
};

}  // namespace kswgd
