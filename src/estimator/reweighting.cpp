// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/estimator/reweighting.hpp>

#include "../algebra/small_matrices.hpp"
#include "../moments/pair_pass.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/estimator/connectivity.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kswgd {
namespace {

struct LeftEigenvector {
  std::vector<double> u;  ///< over all features (zero on the linear and quadratic ones, whose products have no bound)
  double next = 0;        ///< the largest magnitude among the other eigenvalues
};

/// u^T C = u^T G_x for the left eigenvector at the eigenvalue nearest 1.
LeftEigenvector left_eigenvector(const PairMoments& moments, Index polynomials, double truncation) {
  std::vector<std::size_t> used{0};
  for (auto a = static_cast<std::size_t>(polynomials); a < moments.gram_x.extent(0); ++a)
    if (moments.gram_x(a, a) > 1e-24 * moments.weight) used.push_back(a);
  const std::size_t p = used.size();
  const HostMatrix gram("kswgd::reweighting::gram", p, p), correlation("kswgd::reweighting::correlation", p, p);
  std::vector<double> scale(p);
  for (std::size_t i = 0; i < p; ++i) scale[i] = 1 / std::sqrt(moments.gram_x(used[i], used[i]));
  for (std::size_t j = 0; j < p; ++j)
    for (std::size_t i = 0; i < p; ++i) {
      gram(i, j) = moments.gram_x(used[i], used[j]) * scale[i] * scale[j];
      correlation(i, j) = moments.correlation(used[i], used[j]) * scale[i] * scale[j];
    }
  const HostMatrix w = small::whitener(gram, truncation);
  const HostMatrix transposed = small::transpose(small::form(w, correlation, w));  // its right eigenvectors are K's left ones
  const std::size_t r = transposed.extent(0);
  const HostMatrix real("kswgd::reweighting::real", r, r), imaginary("kswgd::reweighting::imaginary", r, r);
  const auto mu = algebra::general_eigen(transposed, real, imaginary);
  const auto nearest =
      static_cast<std::size_t>(std::min_element(mu.begin(), mu.end(), [](auto a, auto b) { return std::abs(a - 1.0) < std::abs(b - 1.0); }) - mu.begin());
  std::vector<double> u(moments.gram_x.extent(0), 0.0);
  for (std::size_t i = 0; i < p; ++i)
    for (std::size_t k = 0; k < r; ++k) u[used[i]] += scale[i] * w(i, k) * real(k, nearest);
  double mean = 0;  // of psi . u: the sign
  for (std::size_t a = 0; a < u.size(); ++a) mean += moments.gram_x(0, a) * u[a];
  for (double& value : u) value *= mean < 0 ? -1 : 1;
  LeftEigenvector result{std::move(u), 0};
  for (std::size_t k = 0; k < mu.size(); ++k)
    if (k != nearest) result.next = std::max(result.next, std::abs(mu[k]));
  return result;
}

/// How many times over the trajectories must hold the time in which the slowest process relaxes: fewer, and the weights on its two sides
/// rest on a handful of crossings.
constexpr double fewest_relaxations = 10;

}  // namespace

template <ExecutionSpace Exec>
std::vector<double> equilibrium_weights(const Exec& exec, const DataSet<Exec>& source, Index lag, const ReweightingOptions& options) {
  check_pairs(source, lag, "equilibrium_weights");
  const Basis<Exec> basis = make_basis(exec, source, options.basis);
  const Index features = basis.level_features.back(), n = source.size();
  const Connectivity parts = connectivity(exec, source, options.basis.geometry, options.basis.seed);
  require(!parts.has_several_laws(), "equilibrium_weights", [&] { return "there are no equilibrium weights: " + parts.sentence(); });
  if (options.note && !parts.sentence().empty()) options.note(parts.sentence());
  const auto [u, next] = left_eigenvector(pair_moments(exec, source, lag, basis, features, 1).front(), basis.polynomials, options.truncation);
  const double steps = static_cast<double>(detail::pair_weights(source, lag).pairs), slowest = next < 1 ? -static_cast<double>(lag) / std::log(next) : HUGE_VAL;
  if (options.note && steps < fewest_relaxations * slowest)
    options.note("the slowest process relaxes in " +
                 (std::isfinite(slowest) ? "about " + std::to_string(std::lround(slowest)) : std::string("no finite number of")) +
                 " steps, and the trajectories have " + std::to_string(std::lround(steps)) + " in all: the weights on its two sides rest on few crossings");

  const Index rows = std::min(n, rows_of_tile(features));
  const auto psi = allocate<Matrix<Exec>>(exec, "equilibrium_weights::psi", rows, features);
  const auto density = allocate<Vector<Exec>>(exec, "equilibrium_weights::density", rows);
  const Vector<Exec> device_u = to_device(exec, u);
  Workspace<Exec> workspace;
  std::vector<double> weights;
  basis.frame.walk(exec, source, features, [&](Index first, Index count, const Points<Exec>& x) {
    const Span range(0, count);
    const Matrix<Exec> values = Kokkos::subview(psi, range, Kokkos::ALL);
    basis.dictionary.evaluate(exec, x, values, workspace);
    algebra::multiply(exec, 1.0, algebra::Op::none, values, device_u, 0.0, Vector<Exec>(Kokkos::subview(density, range)));
    const auto host = to_host(exec, density);
    for (Index i = 0; i < count; ++i) weights.push_back(std::max(0.0, host(i)) * source.weight(first + i));
  });
  const double mean = source.ranks().sum(std::accumulate(weights.begin(), weights.end(), 0.0)) / static_cast<double>(n);
  if (!(mean > 0) || !std::isfinite(mean))
    throw Failure("kswgd::equilibrium_weights: all weights vanish: the lag is too short, or parts of the data are never reached from others");
  for (double& w : weights) w /= mean;
  return weights;
}

#define KSWGD_INSTANTIATE(EXEC) template std::vector<double> equilibrium_weights(const EXEC&, const DataSet<EXEC>&, Index, const ReweightingOptions&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
