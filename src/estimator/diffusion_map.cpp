// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "diffusion_map_kernel.hpp"
#include "sizes.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/estimator/diffusion_map.hpp>
#include <kswgd/data/rows.hpp>
#include <kswgd/geometry/frame.hpp>
#include <kswgd/support/text.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

namespace kswgd {
namespace {

using detail::KernelMatrix;

/// Points whose pairs show the bandwidth.
constexpr Index most_bandwidth_points = 1500;
/// phi / mu below this would be made of rounding.
constexpr double smallest_kept_mu = 1e-6;

/// All points on the host.
template <class Exec>
HostPoints read_all(const Exec& exec, const DataSet<Exec>& source) {
  const Index d = source.dimension();
  const HostPoints points("kswgd::diffusion_map::points", source.size(), d);
  walk_tiles(exec, source, d, [&](Index first, Index count, const Points<Exec>& x) {
    const auto host = host_copy(exec, x);
    for (Index k = 0; k < d; ++k)
      for (Index i = 0; i < count; ++i) points(first + i, k) = host(i, k);
  });
  return points;
}

HostPoints rows_of(const HostPoints& points, const std::vector<Index>& rows) {
  const HostPoints chosen("kswgd::diffusion_map::rows", rows.size(), points.extent(1));
  for (std::size_t k = 0; k < points.extent(1); ++k)
    for (std::size_t i = 0; i < rows.size(); ++i) chosen(i, k) = points(rows[i], k);
  return chosen;
}

/// diag(left) K right for vectors on the host.
template <class Exec>
std::vector<double> times(const Exec& exec, KernelMatrix<Exec, double>& kernel, const std::vector<double>& right) {
  const auto n = static_cast<std::size_t>(kernel.size());
  const Vector<Exec> ones = to_device(exec, std::vector<double>(n, 1.0));
  const auto x = zeros<Matrix<Exec>>(exec, "diffusion_map::x", n, 1), y = zeros<Matrix<Exec>>(exec, "diffusion_map::y", n, 1);
  Kokkos::deep_copy(exec, x, 1.0);
  kernel.apply(exec, ones, to_device(exec, right), x, y);
  const auto host = to_host(exec, y);
  return {host.data(), host.data() + n};
}

/// The nodes of the graph in spatial order, their kernel matrix and kernel sums.
template <class Exec>
struct Graph {
  std::vector<Index> rows;      // of the data
  std::vector<double> weights;  // average 1
  std::vector<double> density;  // q = K w
  HostPoints points;
};

/// Leaves out points whose kernel sum is too small until there are none. Without nodes where these are too few.
template <class Exec>
Graph<Exec> graph_of(const Exec& exec, const HostPoints& points, const std::vector<double>& given, double bandwidth, double fewest) {
  Graph<Exec> graph;
  for (const Index row : detail::spatial_order(points, KernelMatrix<Exec, double>::tile))
    if (given.empty() || given[static_cast<std::size_t>(row)] > 0) graph.rows.push_back(row);
  // Of few points a quarter are neighbours enough, and half of the points nodes enough.
  const std::size_t all = graph.rows.size(), few = static_cast<std::size_t>(detail::few_rows),
                    fewest_nodes = all < few ? std::max<std::size_t>(3, (all + 1) / 2) : few;
  if (all < few) fewest = std::min(fewest, static_cast<double>(all) / 4);
  for (;;) {
    const std::size_t n = graph.rows.size();
    if (n < fewest_nodes) return {{}, {}, {}, HostPoints("kswgd::diffusion_map::rows", n, 0)};
    graph.points = rows_of(points, graph.rows);
    graph.weights.assign(n, 1.0);
    if (!given.empty()) {
      double sum = 0;
      for (const Index row : graph.rows) sum += given[static_cast<std::size_t>(row)];
      for (std::size_t i = 0; i < n; ++i) graph.weights[i] = given[static_cast<std::size_t>(graph.rows[i])] * static_cast<double>(n) / sum;
    }
    KernelMatrix<Exec, double> kernel(exec, graph.points, bandwidth);
    const auto counts = times(exec, kernel, std::vector<double>(n, 1.0));
    std::vector<Index> kept;
    for (std::size_t i = 0; i < n; ++i)
      if (counts[i] >= fewest) kept.push_back(graph.rows[i]);
    if (kept.size() == n) {
      graph.density = given.empty() ? counts : times(exec, kernel, graph.weights);
      return graph;
    }
    graph.rows = kept;
  }
}

/// image := S x - v0 (v0 . x), S = diag(s) K diag(s).
template <class Exec, class T>
SymmetricOperator<Exec> deflated_operator(const std::shared_ptr<KernelMatrix<Exec, T>>& kernel, const Vector<Exec>& s, const Matrix<Exec>& constant) {
  return {kernel->size(), [kernel, s, constant](const Exec& exec, const Matrix<Exec>& x, const Matrix<Exec>& image) {
            kernel->apply(exec, s, s, x, image);
            const auto overlap = allocate<Matrix<Exec>>(exec, "diffusion_map::overlap", 1, x.extent(1));
            algebra::multiply(exec, 1.0, algebra::Op::transposed, constant, algebra::Op::none, x, 0.0, overlap);
            algebra::multiply(exec, -1.0, algebra::Op::none, constant, algebra::Op::none, overlap, 1.0, image);
            exec.fence("kswgd::diffusion_map: the overlaps are freed");
          }};
}

}  // namespace

template <ExecutionSpace Exec>
DiffusionMap fit_diffusion_map(const Exec& exec, const DataSet<Exec>& given, const DiffusionMapOptions<Exec>& options) {
  const auto started = std::chrono::steady_clock::now();
  require(options.modes >= 1, "fit_diffusion_map", [&] { return "modes must be at least 1, got " + std::to_string(options.modes); });
  require(options.bandwidth == 0 || (std::isfinite(options.bandwidth) && options.bandwidth > 0), "fit_diffusion_map",
          [&] { return "bandwidth must be 0 (automatic) or a finite positive number, got " + std::to_string(options.bandwidth); });
  require(std::isfinite(options.fewest_neighbours) && options.fewest_neighbours >= 1, "fit_diffusion_map",
          [&] { return "fewest_neighbours must be at least 1, got " + std::to_string(options.fewest_neighbours); });
  const auto progress = [&](const char* stage, double done) {
    if (options.progress) options.progress(stage, done);
  };

  progress("normalisation", 0);
  DiffusionMap map;
  require_one_rank(given, "fit_diffusion_map");
  detail::require_rows(given.size());
  require_finite(exec, given);
  require_on_manifold(exec, given, options.geometry);
  CountedRows<Exec> counted = count_rows(exec, given);
  detail::require_different_rows(counted.data.size(), counted.weightless);
  if (counted.data.size() < detail::few_rows) counted = in_order_of_coordinates(exec, counted);
  map.frame = frame_of(exec, counted.data, options.geometry);
  const Frame<Exec> frame(exec, map.frame);
  const double scale = map.frame.normalisation.scale;
  const DataSet<Exec> source = frame.inside(exec, counted.data);
  const HostPoints points = read_all(exec, source);
  const Index n = source.size();
  double bandwidth = options.bandwidth / (scale * scale);
  if (bandwidth == 0) {
    const auto choice = choose_bandwidth(rows_of(points, spread_rows(n, std::min(n, most_bandwidth_points), options.seed, 5)), n);
    bandwidth = choice.bandwidth;
    map.intrinsic_dimension = choice.dimension;
  }

  progress("kernel sums", 0);
  Graph<Exec> graph = graph_of(exec, points, source.weights(), bandwidth, options.fewest_neighbours);
  // Few points in many dimensions lie too far apart for the rule.
  constexpr int most_doublings = 60;
  for (int s = 0; s < most_doublings && graph.rows.empty() && options.bandwidth == 0; ++s)
    graph = graph_of(exec, points, source.weights(), bandwidth *= 2, options.fewest_neighbours);
  require(!graph.rows.empty(), "fit_diffusion_map", [&] {
    return "only " + std::to_string(graph.points.extent(0)) + " points have enough neighbours (" + text(options.fewest_neighbours) +
           ", themselves among them) within the kernel's reach: give a larger bandwidth";
  });
  const std::size_t nodes = graph.rows.size();
  map.dropped = n - static_cast<Index>(nodes);
  const Index modes = std::min(options.modes, static_cast<Index>(nodes) - 2);
  const auto exact = std::make_shared<KernelMatrix<Exec, double>>(exec, graph.points, bandwidth);
  std::vector<double> attraction(nodes), s(nodes), inverse_root(nodes);  // c = w q^{-1/2}
  for (std::size_t j = 0; j < nodes; ++j) attraction[j] = graph.weights[j] / std::sqrt(graph.density[j]);
  const auto degree = times(exec, *exact, attraction);
  const HostMatrix constant("kswgd::diffusion_map::constant", nodes, 1);
  double square = 0;
  for (std::size_t j = 0; j < nodes; ++j) {
    s[j] = std::sqrt(attraction[j] / degree[j]);
    constant(j, 0) = std::sqrt(attraction[j] * degree[j]);  // phi = v / sqrt(c d): this is the constant 1
    inverse_root[j] = 1 / constant(j, 0);
    square += constant(j, 0) * constant(j, 0);
  }
  for (std::size_t j = 0; j < nodes; ++j) constant(j, 0) /= std::sqrt(square);

  progress("eigenpairs", 0);
  const Vector<Exec> device_s = to_device(exec, s);
  const Matrix<Exec> device_constant = to_device(exec, constant);
  const auto s_exact = deflated_operator<Exec, double>(exact, device_s, device_constant);
  const OperatorSolver<Exec> solver = options.solver ? options.solver : dense_operator_solver<Exec>();
  const auto pairs =
      options.precision == Precision::fp64
          ? solver(exec, s_exact, modes)
          : solver(exec, deflated_operator<Exec, float>(std::make_shared<KernelMatrix<Exec, float>>(exec, graph.points, bandwidth), device_s, device_constant),
                   modes);
  if (pairs.theta.extent(0) == 0)
    throw Failure("kswgd::fit_diffusion_map: " + pairs.report.solver + " found no eigenpair; ask for fewer modes, or a larger tolerance or bandwidth");

  progress("eigenfunctions", 0);
  const std::size_t found = pairs.theta.extent(0);
  const auto image_device = allocate<Matrix<Exec>>(exec, "diffusion_map::image", nodes, found);
  s_exact.apply(exec, to_device(exec, pairs.vectors), image_device);
  const auto image = to_host(exec, image_device);
  std::vector<double> mu;
  for (std::size_t k = 0; k < found; ++k) {
    double rayleigh = 0;
    for (std::size_t j = 0; j < nodes; ++j) rayleigh += pairs.vectors(j, k) * image(j, k);
    if (rayleigh < smallest_kept_mu) break;
    mu.push_back(rayleigh);
  }
  const std::size_t r = mu.size();
  map.report = pairs.report;
  map.report.worst_residual = 0;
  map.values = HostVector("kswgd::diffusion_map::values", r + 1);
  map.residuals = HostVector("kswgd::diffusion_map::residuals", r + 1);
  map.dictionary = {graph.points, HostVector("kswgd::diffusion_map::log_density", nodes), bandwidth, HostMatrix("kswgd::diffusion_map::coefficients", nodes, r),
                    HostVector("kswgd::diffusion_map::means", r)};
  for (std::size_t j = 0; j < nodes; ++j) map.dictionary.log_density(j) = -2 * std::log(attraction[j]);
  map.eigenfunctions = HostMatrix("kswgd::diffusion_map::eigenfunctions", given.size(), r + 1);
  Kokkos::deep_copy(Kokkos::subview(map.eigenfunctions, Kokkos::ALL, 0), 1.0);
  for (std::size_t k = 0; k < r; ++k) {
    // P phi = S v / sqrt(c d); extension at the nodes: P phi / mu. Average 0 and average square 1 over the data.
    double residual = 0, mean = 0, variance = 0;
    for (std::size_t j = 0; j < nodes; ++j) {
      residual += std::pow(image(j, k) - mu[k] * pairs.vectors(j, k), 2);
      mean += graph.weights[j] * image(j, k) * inverse_root[j] / mu[k] / static_cast<double>(nodes);
    }
    for (std::size_t j = 0; j < nodes; ++j)
      variance += graph.weights[j] * std::pow(image(j, k) * inverse_root[j] / mu[k] - mean, 2) / static_cast<double>(nodes);
    const double factor = 1 / std::sqrt(variance);
    for (std::size_t j = 0; j < nodes; ++j) {
      map.dictionary.coefficients(j, k) = factor * pairs.vectors(j, k) * inverse_root[j] / mu[k];
      map.eigenfunctions(counted.original(graph.rows[j]), k + 1) = factor * (image(j, k) * inverse_root[j] / mu[k] - mean);
    }
    map.dictionary.means(k) = factor * mean;
    map.values(k + 1) = std::max(-2 * std::log(mu[k]) / bandwidth, 0.0) * map.frame.eigenvalue_unit();
    map.residuals(k + 1) = std::sqrt(residual) / mu[k];
    map.report.worst_residual = std::max(map.report.worst_residual, map.residuals(k + 1));
  }
  // Rows that are no nodes, or repeat one, by the extension: at a node it has the node's value.
  std::vector<bool> is_node(static_cast<std::size_t>(given.size()), false);
  for (const Index row : graph.rows) is_node[static_cast<std::size_t>(counted.original(row))] = true;
  std::vector<Index> others;
  for (Index i = 0; i < given.size(); ++i)
    if (!is_node[static_cast<std::size_t>(i)]) others.push_back(i);
  if (!others.empty()) {
    const auto psi = allocate<Matrix<Exec>>(exec, "diffusion_map::psi", others.size(), r + 1);
    NystromDictionary<Exec>(exec, map.dictionary).evaluate(exec, gather_rows(exec, frame.inside(exec, given), others), psi);
    const auto host = to_host(exec, psi);
    for (std::size_t k = 0; k <= r; ++k)
      for (std::size_t i = 0; i < others.size(); ++i) map.eigenfunctions(others[i], k) = host(i, k);
  }
  map.effective_samples = effective_samples(graph.weights);
  map.rows = {given.size(), fingerprint_of(exec, given), given.weights(), given.is_ordered(), 1};
  map.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  progress("fit", 1);
  return map;
}

#define KSWGD_INSTANTIATE(EXEC) template DiffusionMap fit_diffusion_map(const EXEC&, const DataSet<EXEC>&, const DiffusionMapOptions<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
