// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/network.hpp>
#include <kswgd/dictionary/detail/runs.hpp>

#include <algorithm>

namespace kswgd::detail {
namespace {

struct Activated {
  double value, slope, curvature;
};

/// What an activation makes of z, with its first two derivatives. No form overflows or cancels at large |z|.
KOKKOS_INLINE_FUNCTION Activated activate(Activation activation, double z) {
  switch (activation) {
    case Activation::tanh: {
      const double value = Kokkos::tanh(z), slope = 1 - value * value;
      return {value, slope, -2 * value * slope};
    }
    case Activation::gelu: {
      const double below = 0.5 * Kokkos::erfc(-z * Kokkos::numbers::sqrt2 / 2);
      const double density = Kokkos::exp(-z * z / 2) * Kokkos::numbers::inv_sqrtpi * Kokkos::numbers::sqrt2 / 2;
      return {z * below, below + z * density, (2 - z * z) * density};
    }
    case Activation::sin: {
      const double value = Kokkos::sin(z);
      return {value, Kokkos::cos(z), -value};
    }
    default:
      break;
  }
  const double small = Kokkos::exp(-Kokkos::fabs(z)), sigmoid = (z >= 0 ? 1.0 : small) / (1 + small);
  const double slope = small / ((1 + small) * (1 + small));  // of the sigmoid
  if (activation == Activation::softplus) return {Kokkos::fmax(z, 0.0) + Kokkos::log1p(small), sigmoid, slope};
  return {z * sigmoid, sigmoid + z * slope, slope * (2 + z * (1 - 2 * sigmoid))};
}

/// Mean and deviation of a column, as a normalised layer takes them.
struct Spread {
  double mean = 0, deviation = 1;
};
template <class Columns>
KOKKOS_INLINE_FUNCTION Spread spread_of(const Columns& z, Index units, Index i) {
  double mean = 0, square = 0;
  for (Index u = 0; u < units; ++u) mean += z(u, i);
  mean /= static_cast<double>(units);
  for (Index u = 0; u < units; ++u) square += (z(u, i) - mean) * (z(u, i) - mean);
  return {mean, Kokkos::sqrt(square / static_cast<double>(units) + layer_norm_floor)};
}

/// A direction's part of a normalised layer: the mean of the derivatives dz, and the mean of h (dz - that mean), h the normalised z.
struct Turn {
  double mean = 0, along = 0;
};
template <class Columns>
KOKKOS_INLINE_FUNCTION Turn turn_of(const Columns& z, const Spread& spread, Index units, Index i, Index column) {
  Turn turn;
  for (Index u = 0; u < units; ++u) turn.mean += z(u, column);
  turn.mean /= static_cast<double>(units);
  for (Index u = 0; u < units; ++u) turn.along += (z(u, i) - spread.mean) / spread.deviation * (z(u, column) - turn.mean);
  turn.along /= static_cast<double>(units);
  return turn;
}

/// A hidden layer behind its product, at one point and along each of its directions.
template <class Exec>
struct ForwardKernel {
  Matrix<Exec> sums, before, after, slopes, curvatures;
  Vector<Exec> bias, gain, shift;
  Activation activation;
  Index n, directions;
  bool residual;

  KOKKOS_FUNCTION void operator()(Index i) const {
    const Index units = rows(sums);
    const bool normalised = gain.extent(0) > 0;
    for (Index u = 0; u < units; ++u) sums(u, i) += bias(u);
    const Spread spread = normalised ? spread_of(sums, units, i) : Spread{};
    for (Index u = 0; u < units; ++u) {
      const double z = sums(u, i);
      const Activated at = activate(activation, normalised ? gain(u) * ((z - spread.mean) / spread.deviation) + shift(u) : z);
      after(u, i) = at.value + (residual ? before(u, i) : 0.0);
      if (slopes.extent(0) > 0) slopes(u, i) = at.slope;
      if (curvatures.extent(0) > 0) curvatures(u, i) = at.curvature;
    }
    for (Index j = 1; j <= directions; ++j) {
      const Index column = j * n + i;
      const Turn turn = normalised ? turn_of(sums, spread, units, i, column) : Turn{};
      for (Index u = 0; u < units; ++u) {
        double dz = sums(u, column);
        if (normalised) dz = gain(u) * (dz - turn.mean - (sums(u, i) - spread.mean) / spread.deviation * turn.along) / spread.deviation;
        after(u, column) = slopes(u, i) * dz + (residual ? before(u, column) : 0.0);
      }
    }
  }
};

/// From the derivatives `bar` with respect to what a hidden layer gives to those with respect to its sums, `out`, at one point and along its
/// directions. Of a normalised layer also the point's shares of those with respect to gain and shift.
template <class Exec>
struct BackwardKernel {
  Matrix<Exec> sums, slopes, curvatures, bar, out, of_gain, of_shift;
  Vector<Exec> gain;
  Index n, directions;

  KOKKOS_FUNCTION void operator()(Index i) const {
    if (gain.extent(0) > 0)
      normalised(i);
    else
      plain(i);
  }

 private:
  KOKKOS_FUNCTION void plain(Index i) const {
    const Index units = rows(sums);
    for (Index u = 0; u < units; ++u) out(u, i) = slopes(u, i) * bar(u, i);
    for (Index j = 1; j <= directions; ++j)
      for (Index u = 0; u < units; ++u) {
        const Index column = j * n + i;
        out(u, i) += curvatures(u, i) * sums(u, column) * bar(u, column);
        out(u, column) = slopes(u, i) * bar(u, column);
      }
  }

  /// With h = (z - mean) / s, q = mean(h dz), dh = (dz - mean(dz) - h q) / s: `of_shift` gathers what belongs to a = gain h + shift, `out`
  /// what belongs to h, `of_s` what belongs to s.
  KOKKOS_FUNCTION void normalised(Index i) const {
    const Index units = rows(sums);
    const auto count = static_cast<double>(units);
    const Spread spread = spread_of(sums, units, i);
    const double s = spread.deviation;
    const auto h = [&](Index u) { return (sums(u, i) - spread.mean) / s; };
    double of_s = 0;
    for (Index u = 0; u < units; ++u) {
      of_shift(u, i) = slopes(u, i) * bar(u, i);
      of_gain(u, i) = 0;
      out(u, i) = 0;
    }
    for (Index j = 1; j <= directions; ++j) {
      const Index column = j * n + i;
      const Turn turn = turn_of(sums, spread, units, i, column);
      double along_h = 0, along_dh = 0, mean = 0;
      for (Index u = 0; u < units; ++u) {
        const double dh = (sums(u, column) - turn.mean - h(u) * turn.along) / s, of_da = slopes(u, i) * bar(u, column), of_dh = gain(u) * of_da;
        of_shift(u, i) += curvatures(u, i) * gain(u) * dh * bar(u, column);
        of_gain(u, i) += dh * of_da;
        out(u, column) = of_dh;
        along_h += of_dh * h(u);
        along_dh += of_dh * dh;
      }
      of_s -= along_dh / s;
      for (Index u = 0; u < units; ++u) {
        const double of_dh = out(u, column);
        out(u, i) -= (turn.along * of_dh + along_h * (sums(u, column) - turn.mean) / count) / s;
        out(u, column) = (of_dh - along_h * h(u) / count) / s;
        mean += out(u, column) / count;
      }
      for (Index u = 0; u < units; ++u) out(u, column) -= mean;
    }
    double mean = 0;
    for (Index u = 0; u < units; ++u) {
      of_gain(u, i) += h(u) * of_shift(u, i);
      out(u, i) += gain(u) * of_shift(u, i);
      of_s -= out(u, i) * h(u) / s;
    }
    for (Index u = 0; u < units; ++u) {
      out(u, i) = out(u, i) / s + of_s * h(u) / count;
      mean += out(u, i) / count;
    }
    for (Index u = 0; u < units; ++u) out(u, i) -= mean;
  }
};

template <class Exec>
Matrix<Exec> points_of(const Matrix<Exec>& stacked, Index points) {
  return columns_of<Exec>(stacked, 0, points);
}

/// to += the sum of the columns.
template <class Exec>
void add_columns(const Exec& exec, const Matrix<Exec>& from, const Vector<Exec>& to, Workspace<Exec>& workspace) {
  const Vector<Exec> ones = workspace.vector(exec, "Network::ones", columns(from));
  Kokkos::deep_copy(exec, ones, 1.0);
  algebra::multiply(exec, 1.0, algebra::Op::none, from, ones, 1.0, to);
}

}  // namespace

template <ExecutionSpace Exec>
Index Network<Exec>::widest() const {
  Index most = 0;
  for (const NetworkLayer<Exec>& layer : layers) most = std::max({most, layer.inputs(), layer.outputs()});
  return most;
}

template <ExecutionSpace Exec>
Network<Exec> network_on(const Network<Exec>& like, const Vector<Exec>& parameters) {
  Network<Exec> network{like.activation, like.layers, parameters};
  double* next = parameters.data();
  const auto take = [&next](std::size_t count) { return std::exchange(next, next + count); };
  for (NetworkLayer<Exec>& layer : network.layers) {
    const std::size_t inputs = layer.weights.extent(0), outputs = layer.weights.extent(1);
    const bool normalised = layer.normalised();
    layer.weights = Matrix<Exec>(take(inputs * outputs), inputs, outputs);
    layer.bias = Vector<Exec>(take(outputs), outputs);
    if (!normalised) continue;
    layer.gain = Vector<Exec>(take(outputs), outputs);
    layer.shift = Vector<Exec>(take(outputs), outputs);
  }
  return network;
}

template <ExecutionSpace Exec>
Network<Exec> make_network(const Exec& exec, const PerceptronDictionaryData& data) {
  check_fields("PerceptronDictionary", data);
  std::vector<double> flat;
  Network<Exec> shape;
  const std::vector<std::string> names = activation_names();
  shape.activation = static_cast<Activation>(std::find(names.begin(), names.end(), data.activation) - names.begin());
  for (std::size_t l = 0; l < data.weights.size(); ++l) {
    const HostMatrix& weights = data.weights[l];
    NetworkLayer<Exec> layer;
    // Extents alone are read: what they point at comes with network_on.
    layer.weights = Matrix<Exec>(nullptr, weights.extent(1), weights.extent(0));
    layer.residual = data.is_residual(l);
    for (std::size_t u = 0; u < weights.extent(0); ++u)
      for (std::size_t k = 0; k < weights.extent(1); ++k) flat.push_back(weights(u, k));
    flat.insert(flat.end(), data.biases[l].begin(), data.biases[l].end());
    if (data.is_normalised(l)) {
      layer.gain = Vector<Exec>(nullptr, weights.extent(0));
      flat.insert(flat.end(), data.gains[l].begin(), data.gains[l].end());
      flat.insert(flat.end(), data.shifts[l].begin(), data.shifts[l].end());
    }
    shape.layers.push_back(layer);
  }
  return network_on(shape, to_device(exec, flat));
}

template <ExecutionSpace Exec>
PerceptronDictionaryData data_of(const Exec& exec, const Network<Exec>& network) {
  const auto flat = to_host(exec, network.parameters);
  PerceptronDictionaryData data;
  data.activation = activation_names()[static_cast<std::size_t>(network.activation)];
  std::size_t next = 0;
  const auto take = [&](std::size_t count) {
    const std::vector<double> part(flat.data() + next, flat.data() + next + count);
    next += count;
    return part;
  };
  for (const NetworkLayer<Exec>& layer : network.layers) {
    const std::size_t inputs = layer.weights.extent(0), outputs = layer.weights.extent(1);
    const HostMatrix weights("kswgd::Network::weights", outputs, inputs);
    for (std::size_t u = 0; u < outputs; ++u)
      for (std::size_t k = 0; k < inputs; ++k) weights(u, k) = flat(next + u * inputs + k);
    next += inputs * outputs;
    data.weights.push_back(weights);
    data.biases.push_back(take(outputs));
    data.gains.push_back(layer.normalised() ? take(outputs) : std::vector<double>());
    data.shifts.push_back(layer.normalised() ? take(outputs) : std::vector<double>());
    data.residual.push_back(layer.residual);
  }
  return data;
}

template <ExecutionSpace Exec>
Tape<Exec> make_tape(const Exec& exec, const Network<Exec>& network, Index points, Index directions, Keep keep, Workspace<Exec>& workspace) {
  Tape<Exec> tape{points, directions, {}, {}, {}, {}};
  const Index stacked = (1 + directions) * points;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const std::string number = std::to_string(l);
    const NetworkLayer<Exec>& layer = network.layers[l];
    tape.inputs.push_back(workspace.matrix(exec, "Network::inputs" + number, layer.inputs(), stacked));
    if (l + 1 == network.layers.size()) break;
    const auto hidden = [&](const char* name, Index columns_, bool wanted) {
      return wanted ? workspace.matrix(exec, name + number, layer.outputs(), columns_) : Matrix<Exec>{};
    };
    tape.sums.push_back(hidden("Network::sums", stacked, true));
    tape.slopes.push_back(hidden("Network::slopes", points, keep != Keep::nothing || directions > 0));
    tape.curvatures.push_back(hidden("Network::curvatures", points, keep == Keep::curvatures));
  }
  return tape;
}

template <ExecutionSpace Exec>
void pass_forward(const Exec& exec, const Network<Exec>& network, const Tape<Exec>& tape) {
  for (std::size_t l = 0; l + 1 < network.layers.size(); ++l) {
    const NetworkLayer<Exec>& layer = network.layers[l];
    algebra::multiply(exec, 1.0, algebra::Op::transposed, layer.weights, algebra::Op::none, tape.inputs[l], 0.0, tape.sums[l]);
    Kokkos::parallel_for("kswgd::Network::forward", index_range(exec, tape.points),
                         ForwardKernel<Exec>{tape.sums[l], tape.inputs[l], tape.inputs[l + 1], tape.slopes[l], tape.curvatures[l], layer.bias, layer.gain,
                                             layer.shift, network.activation, tape.points, tape.directions, layer.residual});
  }
}

template <ExecutionSpace Exec>
void add_layer_gradient(const Exec& exec, const Matrix<Exec>& y, const Matrix<Exec>& bar, Index points, const NetworkLayer<Exec>& gradient,
                        Workspace<Exec>& workspace) {
  algebra::multiply(exec, 1.0, algebra::Op::none, y, algebra::Op::transposed, bar, 1.0, gradient.weights);
  add_columns(exec, points_of<Exec>(bar, points), gradient.bias, workspace);
}

template <ExecutionSpace Exec>
Matrix<Exec> pass_backward(const Exec& exec, const Network<Exec>& network, const Tape<Exec>& tape, const Matrix<Exec>& bar, const Network<Exec>& gradient,
                           bool to_inputs, Workspace<Exec>& workspace) {
  Matrix<Exec> of_outputs = bar;
  for (std::size_t l = network.layers.size() - 1; l-- > 0;) {
    const NetworkLayer<Exec>& layer = network.layers[l];
    const Index n = tape.points, stacked = columns(tape.sums[l]), units = layer.outputs();
    const auto scratch = [&](const char* name, Index columns_) { return layer.normalised() ? workspace.matrix(exec, name, units, columns_) : Matrix<Exec>{}; };
    const Matrix<Exec> of_sums = workspace.matrix(exec, "Network::of_sums", units, stacked);
    const Matrix<Exec> of_gain = scratch("Network::of_gain", n), of_shift = scratch("Network::of_shift", n);
    Kokkos::parallel_for(
        "kswgd::Network::backward", index_range(exec, n),
        BackwardKernel<Exec>{tape.sums[l], tape.slopes[l], tape.curvatures[l], of_outputs, of_sums, of_gain, of_shift, layer.gain, n, tape.directions});
    if (!gradient.layers.empty()) {
      add_layer_gradient(exec, tape.inputs[l], of_sums, n, gradient.layers[l], workspace);
      if (layer.normalised()) {
        add_columns(exec, of_gain, gradient.layers[l].gain, workspace);
        add_columns(exec, of_shift, gradient.layers[l].shift, workspace);
      }
    }
    if (l == 0 && !to_inputs) return {};
    const Matrix<Exec> of_inputs = workspace.matrix(exec, l % 2 == 0 ? "Network::of_even" : "Network::of_odd", layer.inputs(), stacked);
    if (layer.residual) Kokkos::deep_copy(exec, of_inputs, of_outputs);
    algebra::multiply(exec, 1.0, algebra::Op::none, layer.weights, algebra::Op::none, of_sums, layer.residual ? 1.0 : 0.0, of_inputs);
    of_outputs = of_inputs;
  }
  return of_outputs;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                                \
  template struct Network<EXEC>;                                                                                                               \
  template Network<EXEC> make_network(const EXEC&, const PerceptronDictionaryData&);                                                           \
  template Network<EXEC> network_on(const Network<EXEC>&, const Vector<EXEC>&);                                                                \
  template PerceptronDictionaryData data_of(const EXEC&, const Network<EXEC>&);                                                                \
  template Tape<EXEC> make_tape(const EXEC&, const Network<EXEC>&, Index, Index, Keep, Workspace<EXEC>&);                                      \
  template void pass_forward(const EXEC&, const Network<EXEC>&, const Tape<EXEC>&);                                                            \
  template void add_layer_gradient(const EXEC&, const Matrix<EXEC>&, const Matrix<EXEC>&, Index, const NetworkLayer<EXEC>&, Workspace<EXEC>&); \
  template Matrix<EXEC> pass_backward(const EXEC&, const Network<EXEC>&, const Tape<EXEC>&, const Matrix<EXEC>&, const Network<EXEC>&, bool, Workspace<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd::detail
