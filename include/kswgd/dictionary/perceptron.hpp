// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/dictionary.hpp>
#include <kswgd/dictionary/fields.hpp>
#include <memory>

/// @file
/// Features of a multilayer perceptron, trained elsewhere or by estimator/training.hpp.

namespace kswgd {

template <ExecutionSpace Exec>
class PerceptronDictionary;

/// y_0 = x; a hidden layer makes a = W_l y_l + b_l, normalises it where it has gains (gain_l (a - mean a) / deviation of a + shift_l, over its
/// outputs, as torch.nn.LayerNorm does), and gives y_(l+1) = activation(a), plus y_l where it is residual. The last layer is W_l y_l + b_l alone; its outputs
/// are the features beyond the constant.
struct PerceptronDictionaryData {
  static constexpr const char* kind = "perceptron";
  template <class Exec>
  using Dictionary = PerceptronDictionary<Exec>;

  std::string activation = "tanh";          ///< tanh, softplus, silu (x / (1 + e^-x)), gelu (x Phi(x), Phi the normal law's) or sin
  std::vector<HostMatrix> weights;          ///< W_l, outputs x inputs, as torch.nn.Linear.weight
  std::vector<std::vector<double>> biases;  ///< b_l, outputs
  std::vector<bool> residual = {};  ///< of each layer, or of none (empty); such a layer has as many outputs as inputs, and is neither the first nor the last
  std::vector<std::vector<double>> gains = {};   ///< of each layer, or of none: outputs numbers where it is normalised, else none; never of the last
  std::vector<std::vector<double>> shifts = {};  ///< beside the gains

  Index features() const { return 1 + (weights.empty() ? 0 : static_cast<Index>(weights.back().extent(0))); }
  bool is_residual(std::size_t layer) const { return layer < residual.size() && residual[layer]; }
  bool is_normalised(std::size_t layer) const { return layer < gains.size() && !gains[layer].empty(); }
};

namespace detail {
enum class Activation { tanh, softplus, silu, gelu, sin };
/// In the order of Activation.
inline std::vector<std::string> activation_names() { return {"tanh", "softplus", "silu", "gelu", "sin"}; }

template <ExecutionSpace Exec>
struct Network;
}  // namespace detail

template <class Archive>
void fields(Archive& archive, PerceptronDictionaryData& data) {
  constexpr Index most_layers = 1000;
  archive.text("activation", data.activation, detail::activation_names());
  archive.expect(data.biases.size() == data.weights.size(), [] { return std::string("each layer must have weights and biases"); });
  auto layers = static_cast<Index>(data.weights.size());
  archive.integer("layers", layers, 1, most_layers);
  const auto count = static_cast<std::size_t>(layers);
  archive.expect(data.residual.size() <= count && data.gains.size() <= count && data.gains.size() == data.shifts.size(),
                 [] { return std::string("gains, shifts and residual must be of the layers that there are, and each gain must have a shift"); });
  data.weights.resize(count);
  data.biases.resize(count);
  data.residual.resize(count);
  data.gains.resize(count);
  data.shifts.resize(count);
  Index inputs = archive.dimension(data.weights.front().extent(1));
  for (std::size_t l = 0; l < count; ++l) {  // weights are stored outputs x inputs
    const std::string number = std::to_string(l);
    archive.array("W" + number, data.weights[l], any_extent, inputs);
    const auto outputs = static_cast<Index>(data.weights[l].extent(0));
    archive.expect(outputs >= 1, [&] { return "W" + number + " must have 1 output or more"; });
    archive.array("b" + number, data.biases[l], outputs);
    const bool hidden = l + 1 < count;
    bool residual = data.residual[l], normalised = !data.gains[l].empty();
    archive.flag("residual" + number, residual, false);
    archive.flag("normalised" + number, normalised, false);
    archive.expect(!residual || (l > 0 && hidden && outputs == inputs),
                   [&] { return "residual" + number + ": only a layer between the first and the last, with as many outputs as inputs, can be residual"; });
    archive.expect(!normalised || hidden, [&] { return "normalised" + number + ": the last layer cannot be normalised"; });
    data.residual[l] = residual;
    if (normalised) {
      archive.array("gain" + number, data.gains[l], outputs);
      archive.array("shift" + number, data.shifts[l], outputs);
    } else {
      archive.expect(data.shifts[l].empty(), [&] { return "shift" + number + " stands without a gain"; });
    }
    inputs = outputs;
  }
}

/// The same network as a function of t, x = offset + factor t coordinate by coordinate: its first layer becomes W_0 factor t + (b_0 + W_0 offset). Throws
/// InvalidInput when there is not one number for each input.
PerceptronDictionaryData of_inputs(const PerceptronDictionaryData& network, const std::vector<double>& offset, const std::vector<double>& factor);

/// The same for points x' = (x - mean) / scale. A network is trained in the caller's units, a dictionary is asked for features in normalised ones.
PerceptronDictionaryData in_normalised_units(const PerceptronDictionaryData& network, const std::vector<double>& mean, double scale);

/// {1, outputs of the network} on a device. Constant; copies share the weights.
///
/// A flow needs neither n x p features nor their derivatives of it (FusedDictionary): the mean goes through the last layer after it was taken, and a
/// step is one pass forward and one back (ReverseDictionary). Both are double in either precision.
template <ExecutionSpace Exec>
class PerceptronDictionary {
 public:
  using execution_space = Exec;

  PerceptronDictionary() = default;
  /// Throws InvalidInput for an unknown activation, no layer, layers whose sizes do not follow one another (naming the layer's W or b),
  /// or a number that is not finite.
  PerceptronDictionary(const Exec& exec, const PerceptronDictionaryData& data);

  Index size() const;
  Index dimension() const;

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features. x is n x d. Cost 2 n flops for each weight, by matrix products;
  /// workspace of a tile of points: two numbers for each unit.
  void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, WorkspaceOrOwn<Exec> workspace = {}) const {
    forward(exec, x, -1, psi, *workspace);
  }

  /// dpsi(i, a) = d psi_a / d x_k (x_i), by the derivative carried forward through the layers. Cost twice that of evaluate.
  void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi, WorkspaceOrOwn<Exec> workspace = {}) const {
    forward(exec, x, k, dpsi, *workspace);
  }

  /// value(i) = sum_{a < q} c_a psi_a(x_i) and g(i, :) its gradient, of the same pass. `value` may be empty. Cost twice that of evaluate, whatever q and d are.
  void value_and_gradient(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, const Vector<Exec>& value, const Points<Exec>& g, Index q,
                          WorkspaceOrOwn<Exec> workspace = {}) const {
    reverse(exec, x, c, 1, value, g, q, *workspace);
  }

  /// s(a) = average of psi_a over the points, of which there is one at least, a < q.
  template <class T = double>
  void mean(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& s, Index q, WorkspaceOrOwn<Exec> workspace = {}) const {
    average(exec, x, s, q, *workspace);
  }

  /// u(i, :) = -grad(sum_{a < q} c_a psi_a)(x_i).
  template <class T = double>
  void descent(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, const Points<Exec>& u, Index q, WorkspaceOrOwn<Exec> workspace = {}) const {
    reverse(exec, x, c, -1, {}, u, q, *workspace);
  }

 private:
  void forward(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& out, Workspace<Exec>& workspace) const;
  void average(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& s, Index q, Workspace<Exec>& workspace) const;
  void reverse(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, double sign, const Vector<Exec>& value, const Points<Exec>& g, Index q,
               Workspace<Exec>& workspace) const;

  std::shared_ptr<const detail::Network<Exec>> m_network;
};

}  // namespace kswgd
