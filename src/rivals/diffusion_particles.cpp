// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/rivals/diffusion_particles.hpp>

#include <cmath>

namespace kswgd::rivals {
namespace {

template <class Exec>
KOKKOS_FUNCTION double kernel(const Points<Exec>& x, Index i, const Points<Exec>& y, Index j, double epsilon) {
  double square = 0;
  for (std::size_t k = 0; k < x.extent(1); ++k) square += (x(i, k) - y(j, k)) * (x(i, k) - y(j, k));
  return Kokkos::exp(-square / (2 * epsilon));
}

/// weights(j, i) = k(x_i, X_j) / root_j, those of a particle normalised where `rows`: the transition probabilities of the map. What a
/// particle walks over lies together.
template <class Exec>
struct Transition {
  Points<Exec> x, data;
  Vector<Exec> root;
  Matrix<Exec> weights;
  double epsilon;
  bool rows;
  KOKKOS_FUNCTION void operator()(Index i) const {
    const Index n = static_cast<Index>(data.extent(0));
    double sum = 0;
    for (Index j = 0; j < n; ++j) sum += weights(j, i) = kernel<Exec>(x, i, data, j, epsilon) / root(j);
    for (Index j = 0; rows && sum > 0 && j < n; ++j) weights(j, i) /= sum;
  }
};

/// x_i -= h grad u, grad u = (1/e) [sum w b X - (sum w b)(sum w X)].
template <class Exec>
struct MeanDrive {
  Points<Exec> x, data;
  Matrix<Exec> weights;
  Vector<Exec> b;
  double step, epsilon;
  KOKKOS_FUNCTION void operator()(Index i) const {
    const Index n = rows(data), d = columns(x);
    double mean = 0;
    for (Index j = 0; j < n; ++j) mean += weights(j, i) * b(j);
    for (Index k = 0; k < d; ++k) {
      double sum = 0;
      for (Index j = 0; j < n; ++j) sum += weights(j, i) * (b(j) - mean) * data(j, k);
      x(i, k) -= step * sum / epsilon;
    }
  }
};

/// own(j, i): the particle's own column of the inverse generator's kernel. weights(j, i) = k(x_i, X_j) / root_j.
template <class Exec>
struct OwnDrive {
  Points<Exec> x, old, data;
  Matrix<Exec> weights, own;
  Vector<Exec> data_root;
  double step, epsilon, repulsion;
  KOKKOS_FUNCTION void operator()(Index i) const {
    const Index n = rows(data), m = rows(x), d = columns(x);
    double density = 1e-14;
    for (Index j = 0; j < n; ++j) density += weights(j, i) * data_root(j);
    const double root = Kokkos::sqrt(density);
    for (Index j = 0; j < n; ++j) {
      const double pull = step * weights(j, i) / root * own(j, i) / epsilon;
      for (Index k = 0; k < d; ++k) x(i, k) += pull * (old(i, k) - data(j, k));
    }
    for (Index j = 0; j < m; ++j) {
      const double push = step * repulsion * kernel<Exec>(old, i, old, j, epsilon) / (epsilon * static_cast<double>(m));
      for (Index k = 0; k < d; ++k) x(i, k) += push * (old(i, k) - old(j, k));
    }
  }
};

void check(const DmpsOptions& options, const char* who) {
  require_positive(options.step, who, "step");
  require(options.steps >= 1, who, [] { return "steps must be at least 1"; });
}

}  // namespace

template <ExecutionSpace Exec>
HostVector DiffusionSpectrum<Exec>::lambda() const {
  const HostVector values("kswgd::diffusion_spectrum::lambda", mu.extent(0));
  for (std::size_t k = 0; k < mu.extent(0); ++k) values(k) = 2 * (1 - mu(k)) / epsilon;
  return values;
}

template <ExecutionSpace Exec>
DiffusionSpectrum<Exec> diffusion_spectrum(const Exec& exec, const Points<Exec>& points, Index modes, double epsilon) {
  const Index n = rows(points);
  require(modes >= 1 && n >= modes + 2 && n <= 5000, "rivals::diffusion_spectrum",
          [&] { return "at least modes + 2 and at most 5000 points are needed, got " + std::to_string(n); });
  if (epsilon <= 0) epsilon = 0.5 * std::pow(median_distance(exec, points), 2) / std::log(static_cast<double>(n) + 1);
  require_positive(epsilon, "rivals::diffusion_spectrum", "epsilon");
  DiffusionSpectrum<Exec> spectrum{points,
                                   epsilon,
                                   allocate<Vector<Exec>>(exec, "diffusion_spectrum::root", n),
                                   allocate<Vector<Exec>>(exec, "diffusion_spectrum::degree", n),
                                   HostVector("kswgd::diffusion_spectrum::mu", modes + 1),
                                   allocate<Matrix<Exec>>(exec, "diffusion_spectrum::phi", n, modes + 1)};
  const auto root = spectrum.root, degree = spectrum.degree;
  const auto s = allocate<Matrix<Exec>>(exec, "diffusion_spectrum::kernel", n, n);
  Kokkos::parallel_for(
      "kswgd::diffusion_spectrum::density", index_range(exec, n), KOKKOS_LAMBDA(Index i) {
        double sum = 0;
        for (Index j = 0; j < n; ++j) sum += s(j, i) = kernel<Exec>(points, i, points, j, epsilon);
        root(i) = Kokkos::sqrt(sum);
      });
  Kokkos::parallel_for(
      "kswgd::diffusion_spectrum::degree", index_range(exec, n), KOKKOS_LAMBDA(Index i) {
        double sum = 0;
        for (Index j = 0; j < n; ++j) sum += s(j, i) /= root(i) * root(j);
        degree(i) = sum;
      });
  Kokkos::parallel_for(
      "kswgd::diffusion_spectrum::symmetric", index_range(exec, n), KOKKOS_LAMBDA(Index i) {
        for (Index j = 0; j < n; ++j) s(j, i) /= Kokkos::sqrt(degree(i) * degree(j));
      });
  const HostMatrix host("kswgd::diffusion_spectrum::host", n, n), vectors("kswgd::diffusion_spectrum::vectors", n, modes + 1);
  Kokkos::deep_copy(host, to_host(exec, s));
  const HostVector values("kswgd::diffusion_spectrum::values", modes + 1);
  algebra::largest_eigen(host, values, vectors);
  const auto degrees = to_host(exec, degree);
  double total = 0;
  for (Index i = 0; i < n; ++i) total += degrees(i);
  const HostMatrix phi("kswgd::diffusion_spectrum::phi", n, modes + 1);
  for (Index k = 0; k <= modes; ++k) {
    spectrum.mu(k) = values(modes - k);
    for (Index i = 0; i < n; ++i) phi(i, k) = vectors(i, modes - k) * std::sqrt(total / degrees(i));
  }
  Kokkos::deep_copy(exec, spectrum.phi, phi);
  exec.fence("kswgd::diffusion_spectrum: the host array may be freed");
  return spectrum;
}

template <ExecutionSpace Exec>
Report dmps(const Exec& exec, const DiffusionSpectrum<Exec>& spectrum, const Points<Exec>& particles, const DmpsOptions& options) {
  check(options, "rivals::dmps");
  require_particles(exec, particles, columns(spectrum.points), "rivals::dmps");
  const Index m = rows(particles), n = rows(spectrum.points), modes = rows(spectrum.mu);
  // phi(x) = sum_j w_j(x) phi_j / mu: what stands at the data, and the mean of phi over them.
  const HostVector lambda = spectrum.lambda(), factor("kswgd::dmps::factor", modes);
  for (Index k = 1; k < modes; ++k) factor(k) = spectrum.mu(k) > options.least_mu ? 1 / (lambda(k) * spectrum.mu(k) * spectrum.mu(k)) : 0.0;
  const auto weight = to_device(exec, factor);
  const auto weights = allocate<Matrix<Exec>>(exec, "dmps::weights", n, m);
  const auto mean = allocate<Vector<Exec>>(exec, "dmps::mean", n), b = allocate<Vector<Exec>>(exec, "dmps::b", n),
             means = allocate<Vector<Exec>>(exec, "dmps::means", modes);
  const auto phi = spectrum.phi;
  for (Index step = 0; step < options.steps; ++step) {
    Kokkos::parallel_for("kswgd::dmps::weights", index_range(exec, m),
                         Transition<Exec>{particles, spectrum.points, spectrum.root, weights, spectrum.epsilon, true});
    Kokkos::parallel_for(
        "kswgd::dmps::mean", index_range(exec, n), KOKKOS_LAMBDA(Index j) {
          double sum = 0;
          for (Index i = 0; i < m; ++i) sum += weights(j, i);
          mean(j) = sum / static_cast<double>(m);
        });
    Kokkos::parallel_for(
        "kswgd::dmps::means", index_range(exec, modes), KOKKOS_LAMBDA(Index k) {
          double sum = 0;
          for (Index j = 0; j < n; ++j) sum += mean(j) * phi(j, k);
          means(k) = sum * weight(k);
        });
    Kokkos::parallel_for(
        "kswgd::dmps::b", index_range(exec, n), KOKKOS_LAMBDA(Index j) {
          double sum = 0;
          for (Index k = 1; k < modes; ++k) sum += phi(j, k) * means(k);
          b(j) = sum;
        });
    Kokkos::parallel_for("kswgd::dmps::move", index_range(exec, m), MeanDrive<Exec>{particles, spectrum.points, weights, b, options.step, spectrum.epsilon});
    if (options.retract) options.retract();
  }
  exec.fence("kswgd::rivals::dmps: the workspace is released");
  return {options.steps};
}

template <ExecutionSpace Exec>
Report published_update(const Exec& exec, const DiffusionSpectrum<Exec>& spectrum, const Points<Exec>& particles, const DmpsOptions& options) {
  check(options, "rivals::published_update");
  require_particles(exec, particles, columns(spectrum.points), "rivals::published_update");
  const Index m = rows(particles), n = rows(spectrum.points), modes = rows(spectrum.mu);
  const HostVector factor("kswgd::published::factor", modes);
  for (Index k = 1; k < modes; ++k)
    factor(k) = spectrum.mu(k) > options.least_mu && spectrum.mu(k) < 1 - 1e-12 ? -spectrum.epsilon / (1 - spectrum.mu(k)) : 0.0;
  const auto inverse = to_device(exec, factor);
  const auto phi = spectrum.phi;
  const auto degree = spectrum.degree;
  const auto weights = allocate<Matrix<Exec>>(exec, "published::weights", n, m), column = allocate<Matrix<Exec>>(exec, "published::column", n, m);
  const auto coefficients = allocate<Matrix<Exec>>(exec, "published::coefficients", m, modes);
  const auto old = allocate<Points<Exec>>(exec, "published::old", m, particles.extent(1));
  const double count = static_cast<double>(n);
  for (Index step = 0; step < options.steps; ++step) {
    Kokkos::deep_copy(exec, old, particles);
    Kokkos::parallel_for("kswgd::published::weights", index_range(exec, m),
                         Transition<Exec>{old, spectrum.points, spectrum.root, weights, spectrum.epsilon, false});
    Kokkos::parallel_for(
        "kswgd::published::column", index_range(exec, m), KOKKOS_LAMBDA(Index i) {
          double density = 1e-14;
          for (Index j = 0; j < n; ++j) density += weights(j, i);
          for (Index j = 0; j < n; ++j) column(j, i) = weights(j, i) / Kokkos::sqrt(density) / degree(j);
        });
    algebra::multiply(exec, 1 / count, algebra::Op::transposed, column, algebra::Op::none, phi, 0.0, coefficients);
    Kokkos::parallel_for(
        "kswgd::published::inverse", index_range(exec, modes), KOKKOS_LAMBDA(Index k) {
          for (Index i = 0; i < m; ++i) coefficients(i, k) *= inverse(k);
        });
    algebra::multiply(exec, 1.0, algebra::Op::none, phi, algebra::Op::transposed, coefficients, 0.0, column);
    Kokkos::parallel_for("kswgd::published::move", index_range(exec, m),
                         OwnDrive<Exec>{particles, old, spectrum.points, weights, column, spectrum.root, options.step, spectrum.epsilon, options.repulsion});
    if (options.retract) options.retract();
  }
  exec.fence("kswgd::rivals::published_update: the workspace is released");
  return {options.steps};
}

#define KSWGD_INSTANTIATE(EXEC)                                                                               \
  template struct DiffusionSpectrum<EXEC>;                                                                    \
  template DiffusionSpectrum<EXEC> diffusion_spectrum(const EXEC&, const Points<EXEC>&, Index, double);       \
  template Report dmps(const EXEC&, const DiffusionSpectrum<EXEC>&, const Points<EXEC>&, const DmpsOptions&); \
  template Report published_update(const EXEC&, const DiffusionSpectrum<EXEC>&, const Points<EXEC>&, const DmpsOptions&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd::rivals
