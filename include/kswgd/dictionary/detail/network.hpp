// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/perceptron.hpp>

/// @file
/// A perceptron on a device and its two passes: forward with values and derivatives along directions, backward from both.

namespace kswgd::detail {

/// Added to the variance that a normalised layer divides by; torch.nn.LayerNorm's default.
inline constexpr double layer_norm_floor = 1e-5;

/// Views of one layer's parameters: z = W y + b; where `gain` is there, a = gain (z - mean z) / deviation of z + shift.
template <ExecutionSpace Exec>
struct NetworkLayer {
  Matrix<Exec> weights;            // inputs x outputs, so that outputs x points is weights^T (inputs x points)
  Vector<Exec> bias, gain, shift;  // outputs; the last two are empty unless the layer is normalised
  bool residual = false;

  bool normalised() const { return gain.extent(0) > 0; }
  Index inputs() const { return rows(weights); }
  Index outputs() const { return columns(weights); }
};

template <ExecutionSpace Exec>
struct Network {
  Activation activation = Activation::tanh;
  std::vector<NetworkLayer<Exec>> layers;
  Vector<Exec> parameters;  // of all layers: weights, biases, gains and shifts of one after the other

  Index inputs() const { return layers.front().inputs(); }
  Index outputs() const { return layers.back().outputs(); }
  Index widest() const;
};

/// Throws InvalidInput as PerceptronDictionary does. Synchronises the instance.
template <ExecutionSpace Exec>
Network<Exec> make_network(const Exec& exec, const PerceptronDictionaryData& data);
/// A network of the same layers whose parameters are those of another vector.
template <ExecutionSpace Exec>
Network<Exec> network_on(const Network<Exec>& like, const Vector<Exec>& parameters);
/// Synchronises the instance.
template <ExecutionSpace Exec>
PerceptronDictionaryData data_of(const Exec& exec, const Network<Exec>& network);

/// What the forward pass leaves beside its result.
enum class Keep {
  nothing,     // values, and derivatives along directions
  slopes,      // enough to go back from values
  curvatures,  // enough to go back from derivatives along directions
};

/// Units x points of each layer. With R directions a matrix has (1 + R) n columns: the values at n points, then their derivatives along the
/// first direction at the same points, and so on.
template <ExecutionSpace Exec>
struct Tape {
  Index points = 0, directions = 0;
  std::vector<Matrix<Exec>> inputs;              // y_l of each layer
  std::vector<Matrix<Exec>> sums;                // W_l y_l + b_l of the hidden layers
  std::vector<Matrix<Exec>> slopes, curvatures;  // of their activations, units x n, where they are kept

  /// What the last layer, which has no activation, sees.
  const Matrix<Exec>& last() const { return inputs.back(); }
};

/// Arrays for a pass, in the workspace under the names of `owner`: a second tape of the same owner takes the place of the first.
template <ExecutionSpace Exec>
Tape<Exec> make_tape(const Exec& exec, const Network<Exec>& network, Index points, Index directions, Keep keep, Workspace<Exec>& workspace);

/// From tape.inputs[0], which the caller has filled, to tape.last(). Cost 2 (1 + R) n flops for each weight, by matrix products.
template <ExecutionSpace Exec>
void pass_forward(const Exec& exec, const Network<Exec>& network, const Tape<Exec>& tape);

/// Reverse mode through the hidden layers. `bar`: the derivatives of a number with respect to all of tape.last(), units x (1 + R) n. Returns
/// those with respect to tape.inputs[0] (`to_inputs`, else nothing), and adds those with respect to the hidden layers' parameters into `gradient`, whose
/// layers stand on another vector (nothing where it has none). Cost: that of the forward pass, twice with parameters.
template <ExecutionSpace Exec>
Matrix<Exec> pass_backward(const Exec& exec, const Network<Exec>& network, const Tape<Exec>& tape, const Matrix<Exec>& bar, const Network<Exec>& gradient,
                           bool to_inputs, Workspace<Exec>& workspace);

/// gradient.weights += y bar^T over all columns, gradient.bias += the sum of bar over the first n: of a layer with the inputs y.
template <ExecutionSpace Exec>
void add_layer_gradient(const Exec& exec, const Matrix<Exec>& y, const Matrix<Exec>& bar, Index points, const NetworkLayer<Exec>& gradient,
                        Workspace<Exec>& workspace);

}  // namespace kswgd::detail
