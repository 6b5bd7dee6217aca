// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../metrics/draws.hpp"
#include "../model/judging_points.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/data/data_set.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/geometry/embedding.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/metrics/neighbours.hpp>
#include <kswgd/model/evaluate.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>
#include <kswgd/support/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace kswgd {

HostPoints normal_start(const ModelData& model, Index n, std::uint64_t seed, Index first) {
  require(n >= 0 && first >= 0, "normal_start", [&] { return "the number of particles must not be negative, got " + std::to_string(n); });
  const Index d = model.frame.normalisation.dimension();
  const HostMatrix axes("kswgd::normal_start::axes", d, d);
  const HostVector variances("kswgd::normal_start::variances", d);
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < d; ++j) axes(i, j) = model.frame.normalisation.covariance[static_cast<std::size_t>(i * d + j)];
  algebra::symmetric_eigen(axes, variances);
  const HostPoints points("kswgd::normal_start", n, d);
  for (Index i = 0; i < n; ++i) {
    const IndexedRandom random(seed, streams::normal_start + static_cast<std::uint64_t>(first + i));
    for (Index k = 0; k < d; ++k) points(i, k) = model.frame.normalisation.mean[static_cast<std::size_t>(k)];
    for (Index j = 0; j < d; ++j) {
      const double along = std::sqrt(std::max(variances(j), 0.0)) * random.normal(static_cast<std::uint64_t>(j));
      for (Index k = 0; k < d; ++k) points(i, k) += along * axes(k, j);
    }
  }
  if (model.frame.geometry.is_euclidean() && !model.frame.is_mapped()) return points;
  const Kokkos::DefaultHostExecutionSpace host;
  const Normalisation& unit = model.frame.normalisation;
  for (Index k = 0; k < d; ++k)
    for (Index i = 0; i < n; ++i)
      points(i, k) = unit.constant[static_cast<std::size_t>(k)] ? 0 : (points(i, k) - unit.mean[static_cast<std::size_t>(k)]) / unit.scale;
  const Frame<Kokkos::DefaultHostExecutionSpace> frame(host, model.frame);
  frame.geometry().retract(host, points);
  const HostPoints result("kswgd::normal_start", n, model.dimension());
  frame.leave(host, n, points, result);
  host.fence("kswgd::normal_start: the points are read on the host");
  return result;
}

namespace {

/// Rows of points (n x d) on the host, one after the other.
std::vector<double> by_row(const HostPoints& points) {
  const std::size_t n = points.extent(0), d = points.extent(1);
  std::vector<double> result(n * d);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < d; ++k) result[i * d + k] = points(i, k);
  return result;
}

/// The smallest distance above 0 of a point to `rows` others, every `stride`-th of those in `others`.
double nearest_other(const double* point, const std::vector<double>& others, std::size_t rows, std::size_t stride, std::size_t d) {
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t j = 0; j < rows; ++j) {
    double square = 0;
    for (std::size_t k = 0; k < d; ++k) square += std::pow(point[k] - others[j * stride * d + k], 2);
    if (square > 0 && square < least) least = square;
  }
  return std::sqrt(least);
}

/// Draws around the rows of data y: m + sqrt(1 - h^2) (y - m) + h N(0, C), which have the mean m and the covariance C of the data whatever h is.
struct Kernels {
  std::size_t d;
  std::vector<double> rows, mean, root;  // root: of C, by columns

  explicit Kernels(const HostPoints& points) : d(points.extent(1)), rows(by_row(points)), mean(d, 0.0) {
    const std::size_t n = points.extent(0);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < d; ++k) mean[k] += rows[i * d + k] / static_cast<double>(n);
    const HostMatrix axes("kswgd::kernel_start::axes", d, d);
    const HostVector variances("kswgd::kernel_start::variances", d);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < d; ++k)
        for (std::size_t j = 0; j < d; ++j) axes(k, j) += (rows[i * d + k] - mean[k]) * (rows[i * d + j] - mean[j]) / static_cast<double>(n);
    algebra::symmetric_eigen(axes, variances);
    for (std::size_t j = 0; j < d; ++j)
      for (std::size_t k = 0; k < d; ++k) root.push_back(axes(k, j) * std::sqrt(std::max(variances(j), 0.0)));
  }

  std::size_t size() const { return d > 0 ? rows.size() / d : 0; }
  void draw(std::size_t row, double width, const IndexedRandom& random, double* point) const {
    const double shrunk = std::sqrt(1 - width * width);
    for (std::size_t k = 0; k < d; ++k) point[k] = mean[k] + shrunk * (rows[row * d + k] - mean[k]);
    for (std::size_t j = 0; j < d; ++j) {
      const double along = width * random.normal(j);
      for (std::size_t k = 0; k < d; ++k) point[k] += along * root[j * d + k];
    }
  }
};

/// The width with which draws lie as far from the nearest row as rows lie from each other, in the median; 1 where none is as wide.
double matched_width(const Kernels& kernels, std::uint64_t seed) {
  constexpr std::size_t most_compared = 1000, most_looked_at = 300;
  constexpr double narrowest = 0.05;
  const std::size_t n = kernels.size(), d = kernels.d, stride = (n + most_compared - 1) / most_compared, compared = n / stride;
  const std::size_t looked_at = std::min(compared, most_looked_at);
  std::vector<double> point(d), distances(looked_at);
  const auto row = [&](std::size_t i) { return i * compared / looked_at * stride; };
  const auto typical = [&](const auto& put) {
    for (std::size_t i = 0; i < looked_at; ++i) {
      put(i);
      distances[i] = nearest_other(point.data(), kernels.rows, compared, stride, d);
    }
    return median(distances);
  };
  const double wanted = typical([&](std::size_t i) { std::copy_n(kernels.rows.begin() + static_cast<std::ptrdiff_t>(row(i) * d), d, point.begin()); });
  const auto drawn = [&](double width) {
    return typical([&](std::size_t i) { kernels.draw(row(i), width, IndexedRandom(seed, streams::normal_start + i), point.data()); });
  };
  double low = narrowest, high = 1;
  if (!(drawn(high) > wanted)) return high;
  for (int step = 0; step < 8; ++step) {
    const double middle = std::sqrt(low * high);
    (drawn(middle) > wanted ? high : low) = middle;
  }
  return low;
}

}  // namespace

HostPoints kernel_start(const ModelData& model, Index n, std::uint64_t seed, Index first) {
  require(n >= 0 && first >= 0, "kernel_start", [&] { return "the number of particles must not be negative, got " + std::to_string(n); });
  using Host = Kokkos::DefaultHostExecutionSpace;
  const Host host;
  const Frame<Host> frame(host, model.frame);
  const Index kept = static_cast<Index>(model.training_subset.extent(0)), e = frame.inner_dimension();
  require(kept >= 2, "kernel_start", [] { return "the model keeps no training points"; });
  const HostPoints seen("kswgd::kernel_start::seen", kept, e);
  frame.enter(host, kept, model.training_subset, seen);
  host.fence("kswgd::kernel_start: the points are read on the host");
  const Kernels kernels(seen);
  const double width = matched_width(kernels, seed);

  // Each row once before any comes twice. The streams are those of the other starts, of which a run takes one.
  std::vector<std::size_t> order(kernels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const IndexedRandom shuffle(seed, streams::data_start);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[shuffle.below(i, i)]);
  const HostPoints points("kswgd::kernel_start", n, e);
  std::vector<double> point(kernels.d);
  for (Index i = 0; i < n; ++i) {
    kernels.draw(order[static_cast<std::size_t>(first + i) % order.size()], width,
                 IndexedRandom(seed, streams::normal_start + static_cast<std::uint64_t>(first + i)), point.data());
    for (Index k = 0; k < e; ++k) points(i, k) = point[static_cast<std::size_t>(k)];
  }
  frame.geometry().retract(host, points);
  const HostPoints result("kswgd::kernel_start", n, model.dimension());
  frame.leave(host, n, points, result);
  host.fence("kswgd::kernel_start: the points are read on the host");
  return result;
}

HostPoints automatic_start(const ModelData& model, Index n, std::uint64_t seed, Index first) {
  return model.frame.is_mapped() && model.training_subset.extent(0) >= 2 ? kernel_start(model, n, seed, first) : normal_start(model, n, seed, first);
}

namespace {

/// The rows 0 to count - 1 in random order, and in another once all were taken.
class Shuffled {
 public:
  Shuffled(Index count, const IndexedRandom& random) : m_rows(static_cast<std::size_t>(count)), m_random(random) {
    std::iota(m_rows.begin(), m_rows.end(), Index{0});
  }

  Index next() {
    const std::size_t place = m_taken % m_rows.size();
    std::swap(m_rows[place], m_rows[place + m_random.below(m_rows.size() - place, m_taken)]);
    ++m_taken;
    return m_rows[place];
  }

 private:
  std::vector<Index> m_rows;
  IndexedRandom m_random;
  std::size_t m_taken = 0;
};

}  // namespace

HostPoints data_start(const ModelData& model, Index n, std::uint64_t seed, Index first) {
  require(n >= 0 && first >= 0 && n + first >= 1, "data_start", [&] { return "at least one particle must be asked for, got " + std::to_string(n); });
  const Index kept = static_cast<Index>(model.training_subset.extent(0)), d = static_cast<Index>(model.training_subset.extent(1));
  require(kept >= 1, "data_start", [] { return "the model keeps no training points"; });
  const HostPoints points("kswgd::data_start", n, d);
  Shuffled shuffled(kept, IndexedRandom(seed, streams::data_start));
  for (Index i = 0; i < first + n; ++i) {
    const Index row = shuffled.next();
    for (Index k = 0; k < d && i >= first; ++k) points(i - first, k) = model.training_subset(row, k);
  }
  return points;
}

Index particles_for(Index n, Index most) {
  constexpr Index few = 500, many = 2000;
  return n < few ? std::max(n, std::min(many, most)) : n;
}

Index particles_for(const ModelData& model, const std::string& start, Index n) {
  if (start == "data") return particles_for(n, rows(model.training_subset));
  return start == "auto" || start == "normal" || start == "kernel" ? particles_for(n) : n;
}

std::vector<Index> drawn_particles(Index particles, Index n, std::uint64_t seed) {
  require(n >= 0 && n <= particles, "drawn_particles", [&] { return std::to_string(n) + " of " + std::to_string(particles) + " particles were asked for"; });
  Shuffled shuffled(particles, IndexedRandom(seed, streams::drawn_particles));
  std::vector<Index> rows;
  for (Index i = 0; i < n; ++i) rows.push_back(shuffled.next());
  return rows;
}

namespace {

struct Statistics {
  std::vector<double> mean, variance;
};

/// Of each eigenfunction over points, by their weights.
template <class Exec>
Statistics eigenfunction_statistics(const Exec& exec, const ModelData& model, const WeightedPoints<Exec>& x) {
  const auto values = to_host(exec, evaluate_eigenfunctions(exec, model, x.points, false).values);
  const double total = x.is_weighted() ? std::accumulate(x.weights.begin(), x.weights.end(), 0.0) : static_cast<double>(x.size());
  const auto weight = [&](std::size_t i) { return x.is_weighted() ? x.weights[i] : 1.0; };
  Statistics result{std::vector<double>(values.extent(1), 0.0), std::vector<double>(values.extent(1), 0.0)};
  for (std::size_t k = 0; k < values.extent(1); ++k) {
    for (std::size_t i = 0; i < values.extent(0); ++i) result.mean[k] += values(i, k) * weight(i) / total;
    for (std::size_t i = 0; i < values.extent(0); ++i) result.variance[k] += std::pow(values(i, k) - result.mean[k], 2) * weight(i) / total;
  }
  return result;
}

/// How many independent points say as much as the held-out ones.
double known_held_out(const ModelData& model) {
  return model.held_out_weights.empty() ? static_cast<double>(model.held_out.extent(0)) : effective_samples(model.held_out_weights);
}

}  // namespace

template <ExecutionSpace Exec>
HeldOutMonitors held_out_monitors(const Exec& exec, const ModelData& model, const Points<Exec>& samples) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  HeldOutMonitors monitors{none, none, none, none, none};
  const Index held = rows(model.held_out), kept = rows(model.training_subset), n = rows(samples);
  if (kept < 2 || n < 2) return monitors;
  // Distances are those of the embedding: an angle's are along the circle.
  const Embedding<Exec> embedding(exec, model.frame.geometry, model.dimension());
  const auto embedded = [&](const Points<Exec>& points) {
    if (embedding.is_identity()) return points;
    const auto result = allocate<Points<Exec>>(exec, "held_out_monitors::embedded", points.extent(0), embedding.embedded_dimension());
    embedding.embed(exec, rows(points), points, result);
    return result;
  };
  const Index count = std::min(n, kept);  // equal sizes on both sides
  const Points<Exec> moved = embedded(samples), seen = embedded(to_device(exec, model.training_subset));
  const SlicedWasserstein<Exec> to_training(exec, seen);
  const double drawn = detail::mean_distance_of_draws(exec, to_training, seen, count) *
                       detail::error_of_some(static_cast<double>(count), static_cast<double>(kept), detail::known_to_fit(model));
  monitors.training_ratio = to_training(exec, take_evenly(exec, moved, count)) / drawn;
  monitors.neighbour_ratio = neighbour_ratio(exec, moved, embedded(to_device(exec, detail::judging_points(model).points)));
  if (held < 2) return monitors;

  const WeightedPoints<Exec> held_out{to_device(exec, model.held_out), model.held_out_weights};
  const WeightedPoints<Exec> unseen{embedded(held_out.points), model.held_out_weights};
  if (model.spectrum.pairs.size() > 1) {
    const auto here = eigenfunction_statistics<Exec>(exec, model, samples), there = eigenfunction_statistics(exec, model, held_out);
    double difference = 0, expected = 0;
    for (std::size_t k = 1; k < here.mean.size(); ++k) {
      difference += std::pow(here.mean[k] - there.mean[k], 2);
      expected += there.variance[k] * (1 / known_held_out(model) + 1 / detail::known_to_fit(model));
    }
    monitors.moment_ratio = difference / expected;
  }
  const SlicedWasserstein<Exec> sliced(exec, unseen);
  monitors.sliced_ratio = sliced(exec, take_evenly(exec, moved, count)) / sliced(exec, take_evenly(exec, seen, count));
  monitors.memorisation_ratio = memorisation_ratio(exec, moved, seen, unseen);
  return monitors;
}

#define KSWGD_INSTANTIATE(EXEC) template HeldOutMonitors held_out_monitors(const EXEC&, const ModelData&, const Points<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
