// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/runs.hpp>
#include <kswgd/dictionary/perceptron.hpp>

#include <algorithm>

namespace kswgd {
namespace {

using detail::Activation;

/// What an activation makes of z; slope becomes its derivative. No form overflows or cancels at large |z|.
KOKKOS_INLINE_FUNCTION double activate(Activation activation, double z, double& slope) {
  if (activation == Activation::tanh) {
    const double value = Kokkos::tanh(z);
    slope = 1 - value * value;
    return value;
  }
  if (activation == Activation::gelu) {
    const double below = 0.5 * Kokkos::erfc(-z * Kokkos::numbers::sqrt2 / 2);
    slope = below + z * Kokkos::exp(-z * z / 2) * Kokkos::numbers::inv_sqrtpi * Kokkos::numbers::sqrt2 / 2;
    return z * below;
  }
  const double small = Kokkos::exp(-Kokkos::fabs(z)), sigmoid = (z >= 0 ? 1.0 : small) / (1 + small);
  if (activation == Activation::softplus) {
    slope = sigmoid;
    return Kokkos::fmax(z, 0.0) + Kokkos::log1p(small);
  }
  slope = sigmoid * (1 + z * (1 - sigmoid));
  return z * sigmoid;
}

/// The input layer, d x n: values(k, i) = x(i, k); slopes(k, i) = 1 for the coordinate `along`, else 0.
template <class Exec>
struct InputKernel {
  Points<Exec> x;
  Matrix<Exec> values, slopes;
  Index along;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index i) const {
    for (Index k = begin; k < end; ++k) values(k, i) = x(i, k);
    if (along >= 0)
      for (Index k = begin; k < end; ++k) slopes(k, i) = k == along ? 1.0 : 0.0;
  }
};

/// A hidden layer before its product: the bias, and 0 for the slopes.
template <class Exec>
struct BiasKernel {
  Vector<Exec> bias;
  Matrix<Exec> values, slopes;
  Index along;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index i) const {
    for (Index u = begin; u < end; ++u) values(u, i) = bias(u);
    if (along >= 0)
      for (Index u = begin; u < end; ++u) slopes(u, i) = 0;
  }
};

template <class Exec>
struct ActivationKernel {
  Matrix<Exec> values, slopes;
  Activation activation;
  Index along;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index i) const {
    for (Index u = begin; u < end; ++u) {
      double slope = 0;
      values(u, i) = activate(activation, values(u, i), slope);
      if (along >= 0) slopes(u, i) *= slope;
    }
  }
};

/// The features before the last product: 1 and the biases; for a gradient 0.
template <class Exec>
struct OutputKernel {
  Vector<Exec> bias;
  Matrix<Exec> out;
  Index along;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index a) const {
    const double value = along >= 0 ? 0.0 : a == 0 ? 1.0 : bias(a - 1);
    for (Index i = begin; i < end; ++i) out(i, a) = value;
  }
};

}  // namespace

PerceptronDictionaryData in_normalised_units(const PerceptronDictionaryData& network, const std::vector<double>& mean, double scale) {
  require_positive(scale, "in_normalised_units", "scale");
  require(!network.weights.empty() && !network.biases.empty() && network.weights[0].extent(1) == mean.size() &&
              network.weights[0].extent(0) == network.biases[0].size(),
          "in_normalised_units", [&] {
            return "the network takes " + std::to_string(network.weights.empty() ? 0 : network.weights[0].extent(1)) + " coordinates, the points have " +
                   std::to_string(mean.size());
          });
  PerceptronDictionaryData result = network;
  const HostMatrix weights("kswgd::in_normalised_units::weights", network.weights[0].extent(0), mean.size());
  for (std::size_t u = 0; u < weights.extent(0); ++u)
    for (std::size_t k = 0; k < mean.size(); ++k) {
      weights(u, k) = network.weights[0](u, k) * scale;
      result.biases[0][u] += network.weights[0](u, k) * mean[k];
    }
  result.weights[0] = weights;
  return result;
}

template <ExecutionSpace Exec>
PerceptronDictionary<Exec>::PerceptronDictionary(const Exec& exec, const PerceptronDictionaryData& data) {
  check_fields("PerceptronDictionary", data);
  const std::vector<std::string> names = detail::activation_names();
  m_activation = static_cast<Activation>(std::find(names.begin(), names.end(), data.activation) - names.begin());
  for (std::size_t l = 0; l < data.weights.size(); ++l) {
    const std::size_t outputs = data.weights[l].extent(0), inputs = data.weights[l].extent(1);
    const HostMatrix weights("kswgd::PerceptronDictionary::weights", inputs, outputs);
    for (std::size_t u = 0; u < outputs; ++u)
      for (std::size_t k = 0; k < inputs; ++k) weights(k, u) = data.weights[l](u, k);
    m_layers.push_back({to_device(exec, weights), to_device(exec, data.biases[l])});
    m_widest = std::max(m_widest, static_cast<Index>(std::max(inputs, outputs)));
  }
}

template <ExecutionSpace Exec>
void PerceptronDictionary<Exec>::forward(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& out, Workspace<Exec>& workspace) const {
  const Index n = static_cast<Index>(x.extent(0)), q = static_cast<Index>(out.extent(1));
  if (n == 0 || q == 0) return;
  // Units x points, of a layer and of the next. Room for the widest: what a name held is lost when it is asked for again.
  const Matrix<Exec> all_values[2] = {workspace.matrix(exec, "PerceptronDictionary::values", m_widest, n),
                                      workspace.matrix(exec, "PerceptronDictionary::next_values", m_widest, n)};
  const Matrix<Exec> all_slopes[2] = {k < 0 ? Matrix<Exec>{} : workspace.matrix(exec, "PerceptronDictionary::slopes", m_widest, n),
                                      k < 0 ? Matrix<Exec>{} : workspace.matrix(exec, "PerceptronDictionary::next_slopes", m_widest, n)};
  const auto units = [](const Matrix<Exec>& whole, Index count) -> Matrix<Exec> { return Kokkos::subview(whole, Span(0, count), Kokkos::ALL); };
  const auto slopes_of = [&](std::size_t side, Index count) { return k < 0 ? Matrix<Exec>{} : units(all_slopes[side], count); };
  Matrix<Exec> values = units(all_values[0], dimension()), slopes = slopes_of(0, dimension());
  detail::for_each_run(exec, "kswgd::PerceptronDictionary::input", dimension(), n, InputKernel<Exec>{x, values, slopes, k});
  for (std::size_t l = 0; l + 1 < m_layers.size(); ++l) {
    const Layer& layer = m_layers[l];
    const Index count = static_cast<Index>(layer.weights.extent(1));
    const Matrix<Exec> next = units(all_values[(l + 1) % 2], count), next_slopes = slopes_of((l + 1) % 2, count);
    detail::for_each_run(exec, "kswgd::PerceptronDictionary::bias", count, n, BiasKernel<Exec>{layer.bias, next, next_slopes, k});
    algebra::multiply(exec, 1.0, algebra::Op::transposed, layer.weights, algebra::Op::none, values, 1, next);
    if (k >= 0) algebra::multiply(exec, 1.0, algebra::Op::transposed, layer.weights, algebra::Op::none, slopes, 1, next_slopes);
    detail::for_each_run(exec, "kswgd::PerceptronDictionary::activation", count, n, ActivationKernel<Exec>{next, next_slopes, m_activation, k});
    values = next;
    slopes = next_slopes;
  }
  const Layer& last = m_layers.back();
  detail::for_each_run(exec, "kswgd::PerceptronDictionary::output", n, q, OutputKernel<Exec>{last.bias, out, k});
  if (q > 1)
    algebra::multiply(exec, 1.0, algebra::Op::transposed, k < 0 ? values : slopes, algebra::Op::none, detail::columns_of<Exec>(last.weights, 0, q - 1), 1,
                      detail::columns_of<Exec>(out, 1, q));
}

#define KSWGD_INSTANTIATE(EXEC) template class PerceptronDictionary<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
