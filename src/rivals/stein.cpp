// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/gaussian_kernels.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/rivals/stein.hpp>

#include <cmath>

namespace kswgd::rivals {
namespace {

using namespace kswgd::detail;
using HostExec = Kokkos::DefaultHostExecutionSpace;

/// In white coordinates y = Q^{1/2} x with scores t = Q^{-1/2} s: phi(y_i) = mean_j [t_j k + (2 / b)(y_i - y_j) k], in d = 1, 2, 3
/// with the sums in registers, particles in the lanes.
template <class Exec, int D>
struct SteinKernel {
  using V = Lanes<Exec, double>;
  static constexpr int lanes = lane_count<Exec, double>;
  Points<Exec> y, t, phi;
  Index n;
  double bandwidth;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item * lanes;
    const int count = static_cast<int>(n - i < lanes ? n - i : lanes);
    V here[D], sum[D];
    for (int k = 0; k < D; ++k) {
      here[k] = load_some<V>(&y(i, k), count);
      sum[k] = V{};
    }
    const double rate = Kokkos::numbers::log2e / bandwidth, pull = 2 / bandwidth;
    for (Index j = 0; j < n; ++j) {
      V difference[D], square = {};
      for (int k = 0; k < D; ++k) {
        difference[k] = here[k] - y(j, k);
        square += difference[k] * difference[k];
      }
      const V kernel = exp2_nonpositive<V>(-rate * square);
      for (int k = 0; k < D; ++k) sum[k] += kernel * (t(j, k) + pull * difference[k]);
    }
    for (int k = 0; k < D; ++k) store_some<V>(&phi(i, k), sum[k] * (1.0 / static_cast<double>(n)), count);
  }
};

/// Any d: kernels of a tile of particles once, then one coordinate after the other.
template <class Exec>
struct SteinKernelAny {
  using V = Lanes<Exec, double>;
  static constexpr int lanes = lane_count<Exec, double>;
  static constexpr int tile = 32;
  Points<Exec> y, t, phi;
  Index n;
  double bandwidth;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const int d = static_cast<int>(y.extent(1));
    const Index i = item * lanes;
    const int count = static_cast<int>(n - i < lanes ? n - i : lanes);
    const double rate = Kokkos::numbers::log2e / bandwidth, pull = 2 / bandwidth, share = 1 / static_cast<double>(n);
    V weight[tile];
    for (Index first = 0; first < n; first += tile) {
      const int others = static_cast<int>(n - first < tile ? n - first : tile);
      for (int j = 0; j < others; ++j) {
        V square = {};
        for (int k = 0; k < d; ++k) {
          const V difference = load_some<V>(&y(i, k), count) - y(first + j, k);
          square += difference * difference;
        }
        weight[j] = share * exp2_nonpositive<V>(-rate * square);
      }
      for (int k = 0; k < d; ++k) {
        const V here = load_some<V>(&y(i, k), count);
        V sum = {};
        if (first > 0) sum = load_some<V>(&phi(i, k), count);
        for (int j = 0; j < others; ++j) sum += weight[j] * (t(first + j, k) + pull * (here - y(first + j, k)));
        store_some<V>(&phi(i, k), sum, count);
      }
    }
  }
};

template <class Exec>
void directions(const Exec& exec, const Points<Exec>& y, const Points<Exec>& t, const Points<Exec>& phi, double bandwidth) {
  const Index n = rows(y), items = (n + lane_count<Exec, double> - 1) / lane_count<Exec, double>;
  const auto run = [&](const auto& kernel) { for_each_block("kswgd::rivals::svgd", exec, items, kernel); };
  switch (y.extent(1)) {
    case 1:
      return run(SteinKernel<Exec, 1>{y, t, phi, n, bandwidth});
    case 2:
      return run(SteinKernel<Exec, 2>{y, t, phi, n, bandwidth});
    case 3:
      return run(SteinKernel<Exec, 3>{y, t, phi, n, bandwidth});
    default:
      return run(SteinKernelAny<Exec>{y, t, phi, n, bandwidth});
  }
}

/// AdaGrad with decay: memory <- .9 memory + .1 phi^2 (phi^2 in the first step), x += step phi / (1e-6 + sqrt(memory)).
template <class Exec>
struct AdaGrad {
  Points<Exec> x, phi, memory;
  double step;
  bool first;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index n = rows(x), i = item % n, k = item / n;
    const double square = phi(i, k) * phi(i, k);
    memory(i, k) = first ? square : 0.9 * memory(i, k) + 0.1 * square;
    x(i, k) += step * phi(i, k) / (1e-6 + Kokkos::sqrt(memory(i, k)));
  }
};

}  // namespace

template <ExecutionSpace Exec>
SteinDescent<Exec>::SteinDescent(const Exec& exec, const Points<Exec>& particles, const SteinOptions& options)
    : m_exec(exec), m_x(particles), m_options(options) {
  require_positive(options.step, "rivals::svgd", "step");
  require(options.steps >= 1 && options.median_every >= 1, "rivals::svgd", [] { return "steps and median_every must be at least 1"; });
  require(particles.extent(0) >= 2, "rivals::svgd", [] { return "at least two particles are needed"; });
  const auto n = particles.extent(0), d = particles.extent(1);
  m_direction = allocate<Points<Exec>>(exec, "svgd::direction", n, d);
  m_memory = allocate<Points<Exec>>(exec, "svgd::memory", n, d);
  if (options.matrix) {
    m_white = allocate<Points<Exec>>(exec, "svgd::white", n, d);
    m_white_score = allocate<Points<Exec>>(exec, "svgd::white_score", n, d);
  }
}

/// For the matrix kernel: the root of the mean outer product of the scores.
template <ExecutionSpace Exec>
void SteinDescent<Exec>::measure(const Points<Exec>& score) {
  const auto n = score.extent(0), d = score.extent(1);
  if (m_options.matrix) {
    const auto scores = to_host(m_exec, score);
    m_root = HostMatrix("kswgd::svgd::root", d, d);
    for (std::size_t a = 0; a < d; ++a)
      for (std::size_t b = 0; b < d; ++b)
        for (std::size_t i = 0; i < n; ++i) m_root(a, b) += scores(i, a) * scores(i, b) / static_cast<double>(n);
    double trace = 0;
    for (std::size_t a = 0; a < d; ++a) trace += m_root(a, a) / static_cast<double>(d);
    for (std::size_t a = 0; a < d; ++a) m_root(a, a) += 1e-3 * trace;  // where the scores leave a direction out
    algebra::cholesky(HostExec{}, Matrix<HostExec>(m_root));
    m_device_root = to_device(m_exec, m_root);
  }
}

template <ExecutionSpace Exec>
void SteinDescent<Exec>::step(const Points<Exec>& score) {
  const Index n = rows(m_x), d = columns(m_x);
  const bool measured = m_steps % m_options.median_every == 0;
  if (measured) measure(score);
  Points<Exec> y = m_x, t = score;
  if (m_options.matrix) {
    // Q = R^T R: y = R x, t = R^{-T} s, and back phi_x = R^{-1} phi_y.
    y = m_white;
    t = m_white_score;
    const Points<Exec> x = m_x, s = score, white = m_white, white_score = m_white_score;
    const Matrix<Exec> root = m_device_root;
    Kokkos::parallel_for(
        "kswgd::rivals::svgd::whiten", index_range(m_exec, n), KOKKOS_LAMBDA(Index i) {
          for (Index a = 0; a < d; ++a) {
            double sum = 0, solved = s(i, a);
            for (Index b = a; b < d; ++b) sum += root(a, b) * x(i, b);
            for (Index b = 0; b < a; ++b) solved -= root(b, a) * white_score(i, b);
            white(i, a) = sum;
            white_score(i, a) = solved / root(a, a);
          }
        });
  }
  if (measured) {
    const double median = median_distance(m_exec, y);
    m_bandwidth = median * median / std::log(static_cast<double>(n) + 1);
  }
  directions(m_exec, y, t, m_direction, m_bandwidth);
  if (m_options.matrix) {
    const Points<Exec> phi = m_direction;
    const Matrix<Exec> root = m_device_root;
    Kokkos::parallel_for(
        "kswgd::rivals::svgd::colour", index_range(m_exec, n), KOKKOS_LAMBDA(Index i) {
          for (Index a = d - 1; a >= 0; --a) {
            double solved = phi(i, a);
            for (Index b = a + 1; b < d; ++b) solved -= root(a, b) * phi(i, b);
            phi(i, a) = solved / root(a, a);
          }
        });
  }
  Kokkos::parallel_for("kswgd::rivals::svgd::move", index_range(m_exec, n * d), AdaGrad<Exec>{m_x, m_direction, m_memory, m_options.step, m_steps == 0});
  ++m_steps;
}

KSWGD_INSTANTIATE_CLASS(SteinDescent)

}  // namespace kswgd::rivals
