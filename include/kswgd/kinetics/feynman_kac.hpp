// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/estimator/generator.hpp>
#include <vector>

/// @file
/// Processes that are killed at a rate c(x) >= 0 (Feynman-Kac). With w(x, t) = E_x[f(X_t) exp(-int_0^t c(X_s) ds)],
/// w_t = A w - c w; the spectrum is that of D + E[c psi psi^T] against G. The ground state phi_0 gives the law pi phi_0^2 of the
/// process that is conditioned to survive for ever.

namespace kswgd {

/// A point as a callable sees it: x[k] is coordinate k, in the caller's units.
template <ExecutionSpace Exec>
struct PointRow {
  Points<Exec> points;
  Index row;
  KOKKOS_FUNCTION double operator[](Index k) const { return points(row, k); }
};

/// c at the points of a source that are here, in order. `rate` is device-callable: rate(x) -> double, with x[k] the coordinates.
template <ExecutionSpace Exec, class Rate>
std::vector<double> rate_at(const Exec& exec, const DataSet<Exec>& source, const Rate& rate) {
  const Index begin = source.here().first, n = source.here().second - begin, rows = std::min(n, rows_of_tile(source.dimension()));
  const auto tile = allocate<Points<Exec>>(exec, "rate_at::tile", rows, source.dimension());
  const auto values = allocate<Vector<Exec>>(exec, "rate_at::values", n);
  for (Index first = 0; first < n; first += rows) {
    const Index count = std::min(rows, n - first);
    source.read(exec, begin + first, count, tile);
    Kokkos::parallel_for(
        "kswgd::rate_at", index_range(exec, count), KOKKOS_LAMBDA(Index i) {
          values(first + i) = rate(PointRow<Exec>{tile, i});
        });
  }
  const auto host = to_host(exec, values);
  return {host.data(), host.data() + host.extent(0)};
}

/// As fit_generator, and in place of the generator's eigenpairs those of the killed process: pair 0 is the ground state (positive
/// where the data are), values ascend from lambda_0 >= 0, in 1 / length^2 as those of fit_generator. The rate is c at each
/// point of the source, in the same unit: for dX = -grad V dt + sqrt(2 T) dW and c in 1 / time, divide by T.
///
/// The read-out (model.spectrum.read_out) begins with lambda_0; eigenpairs stand on the level that was read. `modes` and
/// `read_out_modes` count beside the ground state. Throws InvalidInput when there is not one finite non-negative rate for each
/// point. Cost: that of fit_generator, and n p^2 flops. Synchronises the instance.
template <ExecutionSpace Exec>
ModelData fit_killed(const Exec& exec, const DataSet<Exec>& source, const std::vector<double>& rate, const FitOptions<Exec>& options = {});

/// As fit_generator, and in place of the generator's eigenpairs those of dX = (...) dt + sqrt(2 a) dW, with a constant diffusion
/// matrix (d x d row by row, length^2 / time; see estimator/diffusion.hpp): D = E[grad psi . a grad psi^T], eigenvalues in 1 / time.
/// `rate` is the killing rate at each point in 1 / time, or empty for none (then pair 0 is the constant). The flow needs the
/// density alone and stays as it is. Euclidean space only. Cost: as fit_killed, and n p^2 d flops. Throws InvalidInput as
/// fit_killed does, and when a is not symmetric positive definite.
template <ExecutionSpace Exec>
ModelData fit_with_diffusion(const Exec& exec, const DataSet<Exec>& source, const std::vector<double>& a, const FitOptions<Exec>& options = {},
                             const std::vector<double>& rate = {});

/// <1, phi_k> of each mode of the model under the law of the data.
std::vector<double> overlaps_with_one(const ModelData& model);

/// P(alive at t) for starts from the law of the data: sum_k <1, phi_k>^2 exp(-lambda_k t), over the modes that the model holds
/// (at t = 0 what is missing from 1 is what they do not hold; it decays first). t in 1 / the unit of the eigenvalues.
std::vector<double> survival_probability(const ModelData& model, const std::vector<double>& times);

/// P_x(alive at t) at the points x (n x d, the caller's units): n x times. Cost: n p r flops. Synchronises the instance.
template <ExecutionSpace Exec>
HostMatrix survival_probability(const Exec& exec, const ModelData& model, const Points<Exec>& x, const std::vector<double>& times);

/// Weights (mean 1) that turn the points of the source, with the weights they have, into the law of the process conditioned to
/// survive for ever, pi phi_0^2: fit_generator on the source with these weights samples it. Cost: n p flops.
template <ExecutionSpace Exec>
std::vector<double> conditioned_weights(const Exec& exec, const DataSet<Exec>& source, const ModelData& model);

/// Weights (mean 1) that turn pi into pi exp(-W) (normalised), times the weights that the points have (`weights` may be
/// empty): fit_generator on the source with them samples the tilted law. W is finite, one value for each point. With `ranks`: of the points of
/// each, all together.
std::vector<double> tilted_weights(const std::vector<double>& w, const std::vector<double>& weights = {}, const Reduction& ranks = {});

}  // namespace kswgd
