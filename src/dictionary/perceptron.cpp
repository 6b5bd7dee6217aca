// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/data/data_set.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/network.hpp>
#include <kswgd/dictionary/detail/runs.hpp>
#include <kswgd/dictionary/perceptron.hpp>

#include <algorithm>

namespace kswgd {
namespace {

using detail::Keep;
using detail::Network;
using detail::Tape;

/// The input layer, d x n: y(k, i) = x(i, k); behind it the derivatives along coordinate `along`, where that is not negative.
template <class Exec>
struct InputKernel {
  Points<Exec> x;
  Matrix<Exec> y;
  Index n, along;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index i) const {
    for (Index k = begin; k < end; ++k) y(k, i) = x(i, k);
    if (along >= 0)
      for (Index k = begin; k < end; ++k) y(k, n + i) = k == along ? 1.0 : 0.0;
  }
};

/// x(i, k) = factor y(k, i).
template <class Exec>
struct TransposeKernel {
  Matrix<Exec> y;
  Points<Exec> x;
  double factor;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index k) const {
    for (Index i = begin; i < end; ++i) x(i, k) = factor * y(k, i);
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

/// to(u, i) = from(u).
template <class Exec>
struct RepeatKernel {
  Vector<Exec> from;
  Matrix<Exec> to;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index i) const {
    for (Index u = begin; u < end; ++u) to(u, i) = from(u);
  }
};

/// value(i) = c_0 + sum_a c_a bias_(a - 1), which the last product is added to.
template <class Exec>
struct ConstantKernel {
  Vector<Exec> c, bias, value;
  Index q;

  KOKKOS_FUNCTION void operator()(Index i) const {
    double sum = c(0);
    for (Index a = 1; a < q; ++a) sum += c(a) * bias(a - 1);
    value(i) = sum;
  }
};

/// The constant's mean and the biases, before the last product.
template <class Exec>
struct MeanKernel {
  Vector<Exec> bias, s;

  KOKKOS_FUNCTION void operator()(Index a) const { s(a) = a == 0 ? 1.0 : bias(a - 1); }
};

/// body(first, count): the points in tiles as large as the widest layer allows.
template <class Exec, class Body>
void in_tiles(const Network<Exec>& network, Index n, Index copies, const Body& body) {
  const Index rows_each = rows_of_tile(copies * network.widest());
  for (Index first = 0; first < n; first += rows_each) body(first, std::min(rows_each, n - first));
}

/// A tape whose inputs are the points [first, first + count), run forward.
template <class Exec>
Tape<Exec> run(const Exec& exec, const Network<Exec>& network, const Points<Exec>& x, Index first, Index count, Index along, Keep keep,
               Workspace<Exec>& workspace) {
  const Tape<Exec> tape = make_tape(exec, network, count, along < 0 ? 0 : 1, keep, workspace);
  const Points<Exec> part = row_block(x, first, count);
  detail::for_each_run(exec, "kswgd::PerceptronDictionary::input", network.inputs(), count, InputKernel<Exec>{part, tape.inputs[0], count, along});
  pass_forward(exec, network, tape);
  return tape;
}

}  // namespace

PerceptronDictionaryData of_inputs(const PerceptronDictionaryData& network, const std::vector<double>& offset, const std::vector<double>& factor) {
  require(!network.weights.empty() && !network.biases.empty() && network.weights[0].extent(1) == offset.size() && factor.size() == offset.size() &&
              network.weights[0].extent(0) == network.biases[0].size(),
          "perceptron", [&] {
            return "the network takes " + std::to_string(network.weights.empty() ? 0 : network.weights[0].extent(1)) + " coordinates, the points have " +
                   std::to_string(offset.size());
          });
  PerceptronDictionaryData result = network;
  const HostMatrix weights("kswgd::perceptron::weights", network.weights[0].extent(0), offset.size());
  for (std::size_t u = 0; u < weights.extent(0); ++u)
    for (std::size_t k = 0; k < offset.size(); ++k) {
      weights(u, k) = network.weights[0](u, k) * factor[k];
      result.biases[0][u] += network.weights[0](u, k) * offset[k];
    }
  result.weights[0] = weights;
  return result;
}

PerceptronDictionaryData in_normalised_units(const PerceptronDictionaryData& network, const std::vector<double>& mean, double scale) {
  require_positive(scale, "in_normalised_units", "scale");
  return of_inputs(network, mean, std::vector<double>(mean.size(), scale));
}

template <ExecutionSpace Exec>
PerceptronDictionary<Exec>::PerceptronDictionary(const Exec& exec, const PerceptronDictionaryData& data)
    : m_network(std::make_shared<const Network<Exec>>(detail::make_network(exec, data))) {}

template <ExecutionSpace Exec>
Index PerceptronDictionary<Exec>::size() const {
  return 1 + m_network->outputs();
}

template <ExecutionSpace Exec>
Index PerceptronDictionary<Exec>::dimension() const {
  return m_network->inputs();
}

template <ExecutionSpace Exec>
void PerceptronDictionary<Exec>::forward(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& out, Workspace<Exec>& workspace) const {
  const Index q = columns(out);
  if (q == 0) return;
  const auto& last = m_network->layers.back();
  in_tiles(*m_network, rows(x), k < 0 ? 1 : 2, [&](Index first, Index count) {
    const Tape<Exec> tape = run(exec, *m_network, x, first, count, k, Keep::nothing, workspace);
    const Matrix<Exec> part = row_block(out, first, count);
    detail::for_each_run(exec, "kswgd::PerceptronDictionary::output", count, q, OutputKernel<Exec>{last.bias, part, k});
    const Matrix<Exec> seen = k < 0 ? detail::columns_of<Exec>(tape.last(), 0, count) : detail::columns_of<Exec>(tape.last(), count, 2 * count);
    if (q > 1)
      algebra::multiply(exec, 1.0, algebra::Op::transposed, seen, algebra::Op::none, detail::columns_of<Exec>(last.weights, 0, q - 1), 1,
                        detail::columns_of<Exec>(part, 1, q));
  });
}

template <ExecutionSpace Exec>
void PerceptronDictionary<Exec>::average(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& s, Index q, Workspace<Exec>& workspace) const {
  if (q == 0) return;
  const auto& last = m_network->layers.back();
  const Vector<Exec> mean = workspace.vector(exec, "PerceptronDictionary::mean", last.inputs());
  Kokkos::deep_copy(exec, mean, 0.0);
  const double share = 1.0 / static_cast<double>(rows(x));
  in_tiles(*m_network, rows(x), 1, [&](Index first, Index count) {
    const Tape<Exec> tape = run(exec, *m_network, x, first, count, -1, Keep::nothing, workspace);
    const Vector<Exec> shares = workspace.vector(exec, "PerceptronDictionary::shares", count);
    Kokkos::deep_copy(exec, shares, share);
    algebra::multiply(exec, 1.0, algebra::Op::none, tape.last(), shares, 1.0, mean);
  });
  Kokkos::parallel_for("kswgd::PerceptronDictionary::mean", index_range(exec, q), MeanKernel<Exec>{last.bias, s});
  if (q > 1)
    algebra::multiply(exec, 1.0, algebra::Op::transposed, detail::columns_of<Exec>(last.weights, 0, q - 1), mean, 1.0,
                      Vector<Exec>(Kokkos::subview(s, Span(1, q))));
}

template <ExecutionSpace Exec>
void PerceptronDictionary<Exec>::reverse(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, double sign, const Vector<Exec>& value,
                                         const Points<Exec>& g, Index q, Workspace<Exec>& workspace) const {
  const auto& last = m_network->layers.back();
  const Vector<Exec> weights = workspace.vector(exec, "PerceptronDictionary::weights", last.inputs());  // of the last layer's inputs in the combination
  Kokkos::deep_copy(exec, weights, 0.0);
  if (q > 1)
    algebra::multiply(exec, 1.0, algebra::Op::none, detail::columns_of<Exec>(last.weights, 0, q - 1), Vector<Exec>(Kokkos::subview(c, Span(1, q))), 0.0,
                      weights);
  in_tiles(*m_network, rows(x), 2, [&](Index first, Index count) {
    const Tape<Exec> tape = run(exec, *m_network, x, first, count, -1, Keep::slopes, workspace);
    if (value.extent(0) > 0) {
      const Vector<Exec> part = Kokkos::subview(value, Span(first, first + count));
      Kokkos::parallel_for("kswgd::PerceptronDictionary::constant", index_range(exec, count), ConstantKernel<Exec>{c, last.bias, part, q});
      algebra::multiply(exec, 1.0, algebra::Op::transposed, tape.last(), weights, 1.0, part);
    }
    const Matrix<Exec> bar = workspace.matrix(exec, "PerceptronDictionary::bar", last.inputs(), count);
    detail::for_each_run(exec, "kswgd::PerceptronDictionary::bar", last.inputs(), count, RepeatKernel<Exec>{weights, bar});
    const Matrix<Exec> of_inputs = pass_backward(exec, *m_network, tape, bar, {}, true, workspace);
    const Points<Exec> to = row_block(g, first, count);
    detail::for_each_run(exec, "kswgd::PerceptronDictionary::gradient", count, m_network->inputs(), TransposeKernel<Exec>{of_inputs, to, sign});
  });
}

#define KSWGD_INSTANTIATE(EXEC) template class PerceptronDictionary<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
