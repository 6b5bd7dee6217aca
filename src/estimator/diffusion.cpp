// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/estimator/diffusion.hpp>

#include "../algebra/small_matrices.hpp"
#include "../data/blocks.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

namespace kswgd {
namespace {

/// y(i, k) = (y(i, k) - x(i, k)) sqrt(weight(i))
template <class Exec>
struct DifferenceKernel {
  Points<Exec> x, y;
  Vector<Exec> weight;
  Index rows;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % rows, k = item / rows;
    y(i, k) = (y(i, k) - x(i, k)) * Kokkos::sqrt(weight(i));
  }
};

/// x(i, :) = L^{-1} x(i, :), forward substitution.
template <class Exec>
struct SolveKernel {
  Points<Exec> x;
  Matrix<Exec> l;
  KOKKOS_FUNCTION void operator()(Index i) const {
    const Index d = static_cast<Index>(l.extent(0));
    for (Index k = 0; k < d; ++k) {
      double value = x(i, k);
      for (Index j = 0; j < k; ++j) value -= l(k, j) * x(i, j);
      x(i, k) = value / l(k, k);
    }
  }
};

/// V at one lag: of all frames, and the diagonal of each stretch of them with its share of the weight.
struct Variation {
  HostMatrix matrix;
  std::vector<std::vector<double>> diagonals;
  std::vector<double> shares;
};

constexpr Index stretches = 50;

template <class Exec>
Variation variation(const Exec& exec, const DataSet<Exec>& source, Index lag) {
  const Index n = source.size(), d = source.dimension(), rows = std::min(n, rows_of_tile(2 * d));
  const auto x = allocate<Points<Exec>>(exec, "diffusion::x", rows, d), y = allocate<Points<Exec>>(exec, "diffusion::y", rows, d);
  const auto sum = zeros<Matrix<Exec>>(exec, "diffusion::sum", d, d);
  const std::vector<Index> starts = detail::blocks_of_equal_weight(source, std::min(n, stretches));
  const DataSet<Exec> reachable = with_rows_after(exec, source, lag);
  const auto here = source.here();
  const double per_time = 1 / (2 * static_cast<double>(lag) * source.trajectories().dt);
  Variation result{HostMatrix("kswgd::diffusion::variation", d, d), {}, {}};
  double total = 0;
  const auto add_rows = [&](Index begin, Index end, double& weight_sum) {  // pairs that begin in [begin, end), of this rank's
    end = std::min(end, here.second);
    for (Index first = std::max(begin, here.first); first < end; first += rows) {
      const Index count = std::min(rows, end - first);
      source.read(exec, first, count, x);
      reachable.read(exec, first + lag, count, y);
      const HostVector weight("kswgd::diffusion::weight", count);
      for (Index i = 0; i < count; ++i) weight_sum += weight(i) = source.weight(first + i);
      Kokkos::parallel_for("kswgd::diffusion::difference", index_range(exec, count * d), DifferenceKernel<Exec>{x, y, to_device(exec, weight), count});
      algebra::add_gram(exec, 1, Points<Exec>(Kokkos::subview(y, Span(0, count), Kokkos::ALL)), sum);
    }
  };
  for (std::size_t b = 0; b + 1 < starts.size(); ++b) {
    Kokkos::deep_copy(exec, sum, 0.0);
    double own = 0;
    Index trajectory = 0;
    for (const Index length : source.trajectories().lengths) {
      add_rows(std::max(trajectory, starts[b]), std::min(trajectory + length - lag, starts[b + 1]), own);
      trajectory += length;
    }
    source.ranks().sum(exec, sum);
    own = source.ranks().sum(own);
    algebra::symmetrise_from_upper(exec, sum);
    const HostMatrix host = host_copy(exec, sum);
    result.diagonals.emplace_back();
    for (Index i = 0; i < d; ++i) result.diagonals.back().push_back(own > 0 ? host(i, i) * per_time / own : 0);
    result.shares.push_back(own);
    total += own;
    small::add(result.matrix, host, per_time);
  }
  require(total > 0, "diffusion_matrix", [] { return "the weights of the first frames of the pairs add up to nothing"; });
  for (double& share : result.shares) share /= total;
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < d; ++j) result.matrix(i, j) /= total;
  return result;
}

/// A value and its standard error over the stretches.
struct Estimate {
  double value = 0, error = 0;
};

/// sum_l factor_l V_l of coordinate k (of the mean of all for k < 0).
Estimate combined(const std::vector<Variation>& at, const std::vector<double>& factors, Index k) {
  const auto pick = [&](const auto& diagonal) {
    const Index d = static_cast<Index>(at.front().matrix.extent(0));
    double sum = 0;
    for (Index i = k < 0 ? 0 : k; i < (k < 0 ? d : k + 1); ++i) sum += diagonal(i);
    return k < 0 ? sum / static_cast<double>(d) : sum;
  };
  Estimate result;
  const std::size_t blocks = at.front().shares.size();
  for (std::size_t l = 0; l < factors.size(); ++l) result.value += factors[l] * pick([&](Index i) { return at[l].matrix(i, i); });
  double square = 0;
  for (std::size_t b = 0; b < blocks; ++b) {
    double deviation = 0;
    for (std::size_t l = 0; l < factors.size(); ++l)
      deviation += factors[l] * at[l].shares[b] *
                   (pick([&](Index i) { return at[l].diagonals[b][static_cast<std::size_t>(i)]; }) - pick([&](Index i) { return at[l].matrix(i, i); }));
    square += deviation * deviation;
  }
  result.error = blocks > 1 ? std::sqrt(square * static_cast<double>(blocks) / static_cast<double>(blocks - 1)) : HUGE_VAL;
  return result;
}

/// R(m) and R(2 m) from V at m, 2 m, 4 m, 8 m, and what they differ by.
const std::vector<double> extrapolation{8.0 / 3, -2, 1.0 / 3, 0}, change{8.0 / 3, -2 - 8.0 / 3, 1.0 / 3 + 2, -1.0 / 3};

constexpr double largest_change = 0.03, errors_allowed = 2, largest_step_of_lags = 0.25;

std::string refusal(const std::vector<Variation>& at, Index k, double dt) {
  std::string text = "the quadratic variation does not level off: E|x(t + s) - x(t)|^2 / (2 s)";
  text += k < 0 ? ", mean over the coordinates," : " of coordinate " + std::to_string(k) + " (from 0)";
  text += " is ";
  for (std::size_t l = 0; l < at.size(); ++l) {
    char number[64];
    std::snprintf(number, sizeof number, "%s%.4g at s = %.4g", l > 0 ? ", " : "", combined({at[l]}, {1}, k).value, static_cast<double>(Index{1} << l) * dt);
    text += number;
  }
  return text +
         ". A diffusion has one value at short times: the frames are too far apart for this process, or they are independent draws, or it is no diffusion "
         "(momentum, noise of the measurement, memory). Record frames more often, or give the diffusion matrix in a file";
}

}  // namespace

template <ExecutionSpace Exec>
DiffusionEstimate diffusion_matrix(const Exec& exec, const DataSet<Exec>& source, DiffusionShape shape) {
  constexpr Index reach = 8;
  for (const Index lag : {Index{1}, reach}) check_pairs(source, lag, "diffusion_matrix");
  const Index d = source.dimension();
  const bool full = shape == DiffusionShape::full;
  std::vector<Variation> at;
  for (Index lag = 1; lag <= reach; lag *= 2) at.push_back(variation(exec, source, lag));
  const std::vector<Variation> shortest = at;
  const auto levels_off = [&](Index k) {
    const Estimate value = combined(at, extrapolation, k), difference = combined(at, change, k), here = combined(at, {1}, k), step = combined(at, {-1, 1}, k);
    return value.value > 0 && std::abs(difference.value) <= largest_change * value.value + errors_allowed * difference.error &&
           std::abs(step.value) <= largest_step_of_lags * here.value + errors_allowed * step.error;
  };
  Index lag = 1, refused = -1;
  for (;;) {
    Index k = full ? 0 : -1;
    while (k < (full ? d : 0) && levels_off(k)) ++k;
    if (k == (full ? d : 0)) break;
    if (lag == 1) refused = k;
    lag *= 2;
    // Short lags that are hidden are few: beyond a fiftieth of the longest trajectory there is no short time left.
    require(50 * reach * lag <= std::ranges::max(source.trajectories().lengths), "diffusion_matrix",
            [&] { return refusal(shortest, refused, source.trajectories().dt); });
    at.erase(at.begin());
    at.push_back(variation(exec, source, reach * lag));
  }
  DiffusionEstimate result;
  result.lag = lag;
  result.matrix.assign(static_cast<std::size_t>(d * d), 0.0);
  for (Index i = 0; i < d; ++i) {
    const Index k = full ? i : -1;
    result.error.push_back(std::hypot(combined(at, extrapolation, k).error, combined(at, change, k).value));
    for (Index j = 0; j < d; ++j) {
      double& entry = result.matrix[static_cast<std::size_t>(i * d + j)];
      if (!full && i == j) entry = combined(at, extrapolation, -1).value;
      for (std::size_t l = 0; l < at.size() && full; ++l) entry += extrapolation[l] * at[l].matrix(i, j);
    }
  }
  diffusion_root(result.matrix, d);
  return result;
}

std::vector<double> diffusion_root(const std::vector<double>& a, Index dimension) {
  const auto d = static_cast<std::size_t>(dimension);
  require(a.size() == d * d, "diffusion", [&] { return "a diffusion matrix of " + std::to_string(d) + " x " + std::to_string(d) + " is needed"; });
  double largest = 0;
  for (std::size_t i = 0; i < d; ++i) largest = std::max(largest, std::abs(a[i * d + i]));
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < i; ++j)
      require(std::abs(a[i * d + j] - a[j * d + i]) <= 1e-12 * largest, "diffusion", [] { return "the diffusion matrix is not symmetric"; });
  std::vector<double> l(d * d, 0.0);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double value = a[i * d + j];
      for (std::size_t k = 0; k < j; ++k) value -= l[i * d + k] * l[j * d + k];
      if (i == j) {
        require(std::isfinite(value) && value > 1e-14 * largest, "diffusion",
                [] { return "the diffusion matrix is not positive definite: a coordinate does not move, or the frames are too far apart to see how it does"; });
        l[i * d + i] = std::sqrt(value);
      } else {
        l[i * d + j] = value / l[j * d + j];
      }
    }
  return l;
}

template <ExecutionSpace Exec>
DataSet<Exec> in_unit_diffusion(const Exec& exec, const DataSet<Exec>& source, const std::vector<double>& a) {
  const Index d = source.dimension();
  const auto root = diffusion_root(a, d);
  const HostMatrix host("kswgd::diffusion::root", d, d);
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < d; ++j) host(i, j) = root[static_cast<std::size_t>(i * d + j)];
  const Matrix<Exec> l = to_device(exec, host);
  return source.in_coordinates(d, [source, l](const Exec& on, Index first, Index count, const Points<Exec>& tile) {
    source.read(on, first, count, tile);
    Kokkos::parallel_for("kswgd::diffusion::unit", index_range(on, count), SolveKernel<Exec>{tile, l});
  });
}

#define KSWGD_INSTANTIATE(EXEC)                                                                   \
  template DiffusionEstimate diffusion_matrix(const EXEC&, const DataSet<EXEC>&, DiffusionShape); \
  template DataSet<EXEC> in_unit_diffusion(const EXEC&, const DataSet<EXEC>&, const std::vector<double>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
