// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/check.hpp>
#include <kswgd/support/execution.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/systems/potentials.hpp>
#include <cmath>
#include <vector>

/// @file
/// Feynman-Kac by brute force: Monte Carlo over paths on the device. Independent of any dictionary, hence a check.

namespace kswgd {

struct PathOptions {
  double temperature = 1;  ///< dX = -grad V dt + sqrt(2 T) dW
  double step = 1e-3;      ///< of the integration, at most; each stretch between two times is divided evenly
  std::uint64_t seed = 0;
};

/// E[exp(-int_0^t c(X_s) ds)] at each time, with what the Monte Carlo error is.
struct PathIntegral {
  std::vector<double> times, value, standard_error;
  HostMatrix covariance;  ///< of the values, times x times

  /// -log(value_j / value_i) / (t_j - t_i), which tends to the ground eigenvalue, and its standard error (delta method).
  double rate(std::size_t i, std::size_t j) const { return std::log(value[i] / value[j]) / (times[j] - times[i]); }
  double rate_error(std::size_t i, std::size_t j) const {
    const double variance = covariance(i, i) / (value[i] * value[i]) + covariance(j, j) / (value[j] * value[j]) - 2 * covariance(i, j) / (value[i] * value[j]);
    return std::sqrt(std::max(variance, 0.0)) / (times[j] - times[i]);
  }
};

namespace detail {

/// Moves path i from time to time, the noise of two neighbouring steps averaged (systems/langevin.hpp), and adds up the rate by
/// the trapezoidal rule.
template <class Exec, class P, class Rate, class Starts>
struct PathKernel {
  P potential;
  Rate rate;
  Starts starts;
  Vector<Exec> times;
  Matrix<Exec> alive;
  double temperature, longest;
  std::uint64_t seed;
  KOKKOS_FUNCTION void operator()(Index path) const {
    constexpr int d = P::dimension;
    const IndexedRandom random(seed, static_cast<std::uint64_t>(path));
    double x[d], g[d], before[d];
    std::uint64_t draw = 0;
    for (int k = 0; k < d; ++k) {
      x[k] = starts(path, k);
      before[k] = random.normal(draw++);
    }
    double killed = 0, now = 0, c = rate(x);
    for (Index t = 0; t < static_cast<Index>(times.extent(0)); ++t) {
      const auto steps = static_cast<Index>(Kokkos::ceil((times(t) - now) / longest));
      const double step = steps > 0 ? (times(t) - now) / static_cast<double>(steps) : 0.0, noise = Kokkos::sqrt(2 * temperature * step);
      for (Index s = 0; s < steps; ++s) {
        potential.gradient(x, g);
        for (int k = 0; k < d; ++k) {
          const double after = random.normal(draw++);
          x[k] += noise * (before[k] + after) / 2 - step * g[k];
          before[k] = after;
        }
        const double next = rate(x);
        killed += step * (c + next) / 2;
        c = next;
      }
      now = times(t);
      alive(path, t) = Kokkos::exp(-killed);
    }
  }
};

}  // namespace detail

/// One path from each row of `starts` (n x d, float or double; independent draws of the law of starts). `rate` is
/// device-callable: rate(x) with x an array of d doubles, in 1 / time. times ascend and are not negative. Path i takes its
/// noise from stream i of the seed, so that the result is the same on every backend. Cost: n steps. Throws InvalidInput for
/// unusable options. Synchronises the instance.
template <ExecutionSpace Exec, Potential P, class Rate, class Starts>
PathIntegral survival_by_paths(const Exec& exec, const P& potential, const Rate& rate, const Starts& starts, const std::vector<double>& times,
                               const PathOptions& options = {}) {
  static_assert(PointsView<Starts, Exec>, "kswgd::survival_by_paths: starts must be a rank-2 View of float or double that the execution space can reach");
  require_positive(options.temperature, "survival_by_paths", "temperature");
  require_positive(options.step, "survival_by_paths", "step");
  const Index n = static_cast<Index>(starts.extent(0));
  require(n >= 2 && static_cast<int>(starts.extent(1)) == P::dimension, "survival_by_paths",
          [&] { return "at least 2 starts with " + std::to_string(P::dimension) + " coordinates are needed"; });
  double last = 0;
  for (const double t : times) {
    require(std::isfinite(t) && t >= last, "survival_by_paths", [] { return "times must be finite, not negative, and ascend"; });
    last = t;
  }
  const std::size_t count = times.size();
  const HostVector host_times("kswgd::survival_by_paths::times", count);
  for (std::size_t t = 0; t < count; ++t) host_times(t) = times[t];
  const auto alive = allocate<Matrix<Exec>>(exec, "survival_by_paths::alive", n, count);
  Kokkos::parallel_for(
      "kswgd::survival_by_paths", index_range(exec, n),
      detail::PathKernel<Exec, P, Rate, Starts>{potential, rate, starts, to_device(exec, host_times), alive, options.temperature, options.step, options.seed});
  const auto weight = to_host(exec, alive);
  PathIntegral result{times, std::vector<double>(count, 0.0), {}, HostMatrix("kswgd::survival_by_paths::covariance", count, count)};
  const auto paths = static_cast<double>(n);
  for (std::size_t t = 0; t < count; ++t)
    for (Index i = 0; i < n; ++i) result.value[t] += weight(i, t) / paths;
  for (std::size_t s = 0; s < count; ++s)
    for (std::size_t t = 0; t < count; ++t)
      for (Index i = 0; i < n; ++i) result.covariance(s, t) += (weight(i, s) - result.value[s]) * (weight(i, t) - result.value[t]) / (paths * (paths - 1));
  for (std::size_t t = 0; t < count; ++t) {
    require(std::isfinite(result.value[t]), "survival_by_paths", [] { return "a path left the finite numbers: take a shorter step"; });
    result.standard_error.push_back(std::sqrt(result.covariance(t, t)));
  }
  return result;
}

}  // namespace kswgd
