// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../algebra/small_matrices.hpp"
#include "network_loss.hpp"

#include <kswgd/data/rows.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/estimator/training.hpp>
#include <kswgd/geometry/frame.hpp>
#include <kswgd/spectrum/generator_pairs.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kswgd {
namespace detail {
namespace {

constexpr Index most_training_rows = Index{1} << 17, most_validation_rows = Index{1} << 14, most_rows_of_a_look = Index{1} << 13;
constexpr Index fewest_rows = 20;
/// Ordered rows are set aside in so many stretches: between its neighbours a row would be no unseen one.
constexpr Index stretches = 10;
/// The rate rises over so many steps.
constexpr double warm_up = 20;

void check(const TrainingOptions& options, Index d) {
  const auto whole = [](const char* name, Index value, Index low, Index high) {
    require(value >= low && value <= high, "train_network",
            [&] { return name + (" must be from " + std::to_string(low)) + " to " + std::to_string(high) + ", got " + std::to_string(value); });
  };
  constexpr Index most = 4096, most_steps = 100'000'000;
  whole("outputs", options.outputs, 1, most);
  whole("modes", options.modes, 1, options.outputs + d);
  whole("width", options.width, 1, most);
  whole("layers", options.layers, 1, 64);
  whole("steps", options.steps, 1, most_steps);
  whole("batch", options.batch, 16, Index{1} << 20);
  whole("directions", options.directions, 1, most_steps);
  whole("check_every", options.check_every, 1, most_steps);
  whole("patience", options.patience, 1, most_steps);
  require_positive(options.rate, "train_network", "rate");
  require(std::isfinite(options.decay) && options.decay >= 0, "train_network",
          [&] { return "decay must be a finite number, not negative, got " + std::to_string(options.decay); });
  require(options.validation > 0 && options.validation <= 0.9, "train_network",
          [&] { return "validation must lie above 0, at most .9, got " + std::to_string(options.validation); });
}

/// An untrained network: normal weights of the size 1 / sqrt(inputs), no biases.
PerceptronDictionaryData untrained(const TrainingOptions& options, Index inputs) {
  PerceptronDictionaryData data;
  data.activation = options.activation;
  for (Index l = 0; l <= options.layers; ++l) {
    const bool hidden = l < options.layers;
    const Index outputs = hidden ? options.width : options.outputs;
    const IndexedRandom random(options.seed, streams::network_weights + static_cast<std::uint64_t>(l));
    const HostMatrix weights("kswgd::train_network::weights", outputs, inputs);
    for (Index u = 0; u < outputs; ++u)
      for (Index k = 0; k < inputs; ++k) weights(u, k) = random.normal(static_cast<std::uint64_t>(u * inputs + k)) / std::sqrt(static_cast<double>(inputs));
    const auto count = static_cast<std::size_t>(outputs);
    data.weights.push_back(weights);
    data.biases.emplace_back(count, 0.0);
    data.residual.push_back(options.residual && hidden && l > 0);
    data.gains.push_back(options.normalised && hidden ? std::vector<double>(count, 1.0) : std::vector<double>());
    data.shifts.push_back(options.normalised && hidden ? std::vector<double>(count, 0.0) : std::vector<double>());
    inputs = outputs;
  }
  return data;
}

/// 1 for weights, which decay, and 0 for the other parameters.
std::vector<double> decaying(const PerceptronDictionaryData& data) {
  std::vector<double> mask;
  for (std::size_t l = 0; l < data.weights.size(); ++l) {
    mask.insert(mask.end(), data.weights[l].size(), 1.0);
    mask.insert(mask.end(), data.biases[l].size() + data.gains[l].size() + data.shifts[l].size(), 0.0);
  }
  return mask;
}

/// Adam (Kingma, Ba 2015) with decoupled decay (Loshchilov, Hutter 2019).
template <class Exec>
struct AdamKernel {
  Vector<Exec> parameters, gradient, mean, square, decays;
  double rate, decay, mean_share, square_share;  // the shares undo that both began at 0

  static constexpr double keep_mean = 0.9, keep_square = 0.999, floor = 1e-8;
  KOKKOS_FUNCTION void operator()(Index i) const {
    mean(i) = keep_mean * mean(i) + (1 - keep_mean) * gradient(i);
    square(i) = keep_square * square(i) + (1 - keep_square) * gradient(i) * gradient(i);
    parameters(i) -= rate * (decay * decays(i) * parameters(i) + mean(i) / mean_share / (Kokkos::sqrt(square(i) / square_share) + floor));
  }
};

template <class Exec>
struct MultiplyKernel {
  Vector<Exec> values;
  double factor;
  KOKKOS_FUNCTION void operator()(Index i) const { values(i) *= factor; }
};

/// v(i, :) = a random direction of length sqrt(d / directions), or the unit vector of a coordinate.
template <class Exec>
struct DirectionKernel {
  Points<Exec> v;
  std::uint64_t seed, first;  // the number of the first normal
  double length;
  Index coordinate;  // -1: at random
  KOKKOS_FUNCTION void operator()(Index i) const {
    const Index d = columns(v);
    if (coordinate >= 0) {
      for (Index k = 0; k < d; ++k) v(i, k) = k == coordinate ? 1.0 : 0.0;
      return;
    }
    const IndexedRandom random(seed, streams::training_directions + static_cast<std::uint64_t>(i));
    double square = 0;
    for (Index k = 0; k < d; ++k) {
      v(i, k) = random.normal(first + static_cast<std::uint64_t>(k));
      square += v(i, k) * v(i, k);
    }
    const double factor = square > 0 ? length / Kokkos::sqrt(square) : 0.0;
    for (Index k = 0; k < d; ++k) v(i, k) *= factor;
  }
};

/// inputs(k, first + i) = (x(i, k) - shift(k)) factor(k).
template <class Exec>
struct StandardKernel {
  Points<Exec> x;
  Matrix<Exec> inputs;
  Vector<Exec> shift, factor;
  Index first;
  bool shifted;
  KOKKOS_FUNCTION void operator()(Index i) const {
    for (Index k = 0; k < columns(x); ++k) inputs(k, first + i) = (x(i, k) - (shifted ? shift(k) : 0.0)) * factor(k);
  }
};

/// Rows with their weights, on the device and the host.
template <class Exec>
struct TrainingRows {
  Points<Exec> x;
  std::vector<double> weights;  // adding up to 1

  Index size() const { return rows(x); }
};

template <class Exec>
TrainingRows<Exec> rows_of(const Exec& exec, const DataSet<Exec>& data, const std::vector<Index>& which) {
  TrainingRows<Exec> result{gather_rows(exec, data, which), {}};
  for (const Index row : which) result.weights.push_back(data.weight(row));
  const double total = std::accumulate(result.weights.begin(), result.weights.end(), 0.0);
  for (double& weight : result.weights) weight /= total;
  return result;
}

/// At most `count` of the rows, spread over them.
std::vector<Index> thinned(const std::vector<Index>& rows, Index count, std::uint64_t seed) {
  const auto n = static_cast<Index>(rows.size());
  if (n <= count) return rows;
  std::vector<Index> result;
  for (const Index i : spread_rows(n, count, seed, streams::training_thinned)) result.push_back(rows[static_cast<std::size_t>(i)]);
  return result;
}

/// Rows that steps see, and rows that they do not; ascending.
struct Parts {
  std::vector<Index> training, validation;
};

template <class Exec>
Parts parted(const DataSet<Exec>& data, const TrainingOptions& options) {
  const Index all = data.size(), n = std::min(all, most_training_rows);
  const std::vector<Index> used = spread_rows(all, n, options.seed, streams::training_thinned);
  const Index wanted = std::max<Index>(fewest_rows / 2, std::llround(options.validation * static_cast<double>(n)));
  require(n - wanted >= fewest_rows / 2, "train_network", [&] { return std::to_string(n) + " rows are too few for training and validation"; });
  std::vector<bool> aside(static_cast<std::size_t>(n), false);
  if (data.is_ordered()) {
    const IndexedRandom random(options.seed, streams::validation_rows);
    for (Index s = 0; s < stretches; ++s) {
      const Index length = (s + 1) * wanted / stretches - s * wanted / stretches, low = s * n / stretches, high = (s + 1) * n / stretches;
      const auto places = static_cast<std::uint64_t>(high - low - length + 1);
      const Index first = low + static_cast<Index>(random.below(places, static_cast<std::uint64_t>(s)));
      std::fill_n(aside.begin() + first, length, true);
    }
  } else {
    for (const Index i : spread_rows(n, wanted, options.seed, streams::validation_rows)) aside[static_cast<std::size_t>(i)] = true;
  }
  Parts parts;
  for (std::size_t i = 0; i < aside.size(); ++i) (aside[i] ? parts.validation : parts.training).push_back(used[i]);
  return parts;
}

/// Makes batches of rows in standardised coordinates, with directions in the library's.
template <class Exec>
class Batches {
 public:
  Batches(const Exec& exec, const Geometry<Exec>& geometry, const TrainingRows<Exec>& training, std::uint64_t seed) : m_geometry(geometry), m_seed(seed) {
    const auto x = to_host(exec, training.x);
    const std::size_t d = x.extent(1);
    m_mean.assign(d, 0.0);
    m_factor.assign(d, 0.0);
    for (std::size_t k = 0; k < d; ++k) {
      double square = 0;
      for (std::size_t i = 0; i < x.extent(0); ++i) m_mean[k] += training.weights[i] * x(i, k);
      for (std::size_t i = 0; i < x.extent(0); ++i) square += training.weights[i] * (x(i, k) - m_mean[k]) * (x(i, k) - m_mean[k]);
      if (square > 0) m_factor[k] = 1 / std::sqrt(square);
    }
    m_shift_device = to_device(exec, m_mean);
    m_factor_device = to_device(exec, m_factor);
  }

  /// Along so many directions at each point: random ones of a step, or the coordinates where there are as many.
  NetworkBatch<Exec> batch(const Exec& exec, const Points<Exec>& x, Index directions, std::uint64_t step) {
    const Index n = rows(x), d = columns(x), count = std::min(directions, d);
    const NetworkBatch<Exec> result{m_workspace.matrix(exec, "train_network::inputs", d, (1 + count) * n), {}, n, count};
    put(exec, x, result.inputs, 0, true);
    const Points<Exec> v = m_workspace.matrix(exec, "train_network::directions", n, d);
    for (Index j = 0; j < count; ++j) {
      const auto first = (step * static_cast<std::uint64_t>(count) + static_cast<std::uint64_t>(j)) * static_cast<std::uint64_t>(d + d % 2);
      Kokkos::parallel_for("kswgd::train_network::directions", index_range(exec, n),
                           DirectionKernel<Exec>{v, m_seed, first, std::sqrt(static_cast<double>(d) / static_cast<double>(count)), count == d ? j : -1});
      m_geometry.project(exec, x, v);
      put(exec, v, result.inputs, (1 + j) * n, false);
    }
    return result;
  }

  /// The network of the library's coordinates, for one of the standardised ones.
  PerceptronDictionaryData outside(const PerceptronDictionaryData& network) const {
    std::vector<double> offset;
    for (std::size_t k = 0; k < m_mean.size(); ++k) offset.push_back(-m_mean[k] * m_factor[k]);
    return of_inputs(network, offset, m_factor);
  }

 private:
  void put(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& inputs, Index first, bool shifted) const {
    Kokkos::parallel_for("kswgd::train_network::standardise", index_range(exec, rows(x)),
                         StandardKernel<Exec>{x, inputs, m_shift_device, m_factor_device, first, shifted});
  }

  Geometry<Exec> m_geometry;
  std::uint64_t m_seed;
  std::vector<double> m_mean, m_factor;
  Vector<Exec> m_shift_device, m_factor_device;
  Workspace<Exec> m_workspace;
};

/// G and D over rows, along each coordinate.
struct HostForms {
  HostMatrix gram, dirichlet;
};

template <class Exec>
HostForms forms_over(const Exec& exec, const Network<Exec>& network, const TrainingRows<Exec>& over, Batches<Exec>& batches, NetworkLoss<Exec>& loss) {
  const Index n = over.size(), d = columns(over.x), q = 1 + d + network.outputs();
  constexpr Index numbers = Index{1} << 22, fewest = 32;
  const Index rows_each = std::max(fewest, numbers / ((1 + d) * std::max(network.widest(), q)));
  const HostForms sums{HostMatrix("kswgd::train_network::gram", q, q), HostMatrix("kswgd::train_network::dirichlet", q, q)};
  for (Index first = 0; first < n; first += rows_each) {
    const Index count = std::min(rows_each, n - first);
    const Points<Exec> part = row_block(over.x, first, count);
    NetworkBatch<Exec> batch = batches.batch(exec, part, d, 0);
    batch.weights = to_device(exec, std::vector<double>(over.weights.begin() + first, over.weights.begin() + first + count));
    const NetworkForms<Exec> forms = loss.forms(exec, network, batch);
    small::add(sums.gram, to_host(exec, forms.gram));
    small::add(sums.dirichlet, to_host(exec, forms.dirichlet));
  }
  return sums;
}

/// The sum of the leading eigenvalues of `seen`, and the trace of the same span on rows that it was not fitted to.
template <class Exec>
TrainingLook looked(const Exec& exec, Index step, const HostForms& seen, const HostForms& unseen, Index q, Index modes) {
  const auto block = [&](const HostMatrix& a) { return Matrix<Exec>(to_device(exec, small::leading_block(a, q, q))); };
  const Eigenpairs pairs = generator_eigenpairs(exec, block(seen.gram), block(seen.dirichlet), modes, dense_solver<Exec>());
  const auto on_unseen = [&](const HostMatrix& a) { return small::form(pairs.vectors, small::leading_block(a, q, q), pairs.vectors); };
  TrainingLook look{step, 0, 0};
  for (Index k = 1; k < pairs.size(); ++k) look.in_sample += pairs.values(k);
  for (const double value : small::pencil_values(on_unseen(unseen.dirichlet), on_unseen(unseen.gram))) look.held_out += value;
  return look;
}

/// Rows of a step, drawn by their weights.
class Draws {
 public:
  Draws(const std::vector<double>& weights, bool weighted, std::uint64_t seed) : m_random(seed, streams::training_rows), m_count(weights.size()) {
    if (!weighted) return;
    m_sums.resize(weights.size());
    std::partial_sum(weights.begin(), weights.end(), m_sums.begin());
  }
  std::vector<Index> operator()(Index batch, std::uint64_t step) const {
    std::vector<Index> drawn;
    for (Index i = 0; i < batch; ++i) {
      const std::uint64_t number = step * static_cast<std::uint64_t>(batch) + static_cast<std::uint64_t>(i);
      if (m_sums.empty()) {
        drawn.push_back(static_cast<Index>(m_random.below(m_count, number)));
        continue;
      }
      const auto place = std::upper_bound(m_sums.begin(), m_sums.end(), m_random.uniform(number) * m_sums.back());
      drawn.push_back(std::min<Index>(place - m_sums.begin(), static_cast<Index>(m_count) - 1));
    }
    return drawn;
  }

 private:
  IndexedRandom m_random;
  std::uint64_t m_count;
  std::vector<double> m_sums;
};

}  // namespace

template <ExecutionSpace Exec>
TrainedNetwork train_inside(const Exec& exec, const DataSet<Exec>& data, const Geometry<Exec>& geometry, const TrainingOptions& options) {
  const Index d = data.dimension();
  check(options, d);
  require(data.ranks().size() == 1, "train_network",
          [] { return "rows that are spread over ranks cannot be trained on: train on one rank and hand the network over as a file"; });
  const Parts parts = parted(data, options);
  const TrainingRows<Exec> training = rows_of(exec, data, parts.training);
  const TrainingRows<Exec> seen = rows_of(exec, data, thinned(parts.training, most_rows_of_a_look, options.seed));
  const TrainingRows<Exec> unseen = rows_of(exec, data, thinned(parts.validation, most_validation_rows, options.seed));
  const Draws draws(training.weights, data.is_weighted(), options.seed);
  Batches<Exec> batches(exec, geometry, training, options.seed);

  const PerceptronDictionaryData begin = untrained(options, d);
  const Network<Exec> network = make_network(exec, begin);
  const auto like = [&](const char* label) { return zeros<Vector<Exec>>(exec, label, network.parameters.extent(0)); };
  const Network<Exec> gradient = network_on(network, like("train_network::gradient"));
  const Vector<Exec> mean = like("train_network::mean"), square = like("train_network::square"), best = like("train_network::best");
  const Vector<Exec> decays = to_device(exec, decaying(begin));
  NetworkLoss<Exec> loss, look_loss;  // a workspace for batches, another for tiles of looks
  const auto parameters = static_cast<Index>(network.parameters.extent(0));

  TrainedNetwork result;
  Index adam_steps = 0, failed = 0;
  for (Index step = 0;; ++step) {
    if (step % options.check_every == 0 || step == options.steps) {
      const HostForms of_seen = forms_over(exec, network, seen, batches, look_loss), of_unseen = forms_over(exec, network, unseen, batches, look_loss);
      if (step == 0 && options.modes <= d) result.linear = looked(exec, 0, of_seen, of_unseen, 1 + d, options.modes).held_out;
      result.looks.push_back(looked(exec, step, of_seen, of_unseen, 1 + d + options.outputs, options.modes));
      const TrainingLook& last = result.looks.back();
      if (last.held_out < result.looks[result.best].held_out || step == 0) {
        result.best = result.looks.size() - 1;
        Kokkos::deep_copy(exec, best, network.parameters);
      }
      if (options.progress) options.progress(static_cast<double>(step) / static_cast<double>(options.steps), last.held_out);
      if (step == options.steps || static_cast<Index>(result.looks.size() - 1 - result.best) >= options.patience) break;
    }
    const std::vector<Index> drawn = draws(options.batch, static_cast<std::uint64_t>(step));
    NetworkBatch<Exec> batch = batches.batch(exec, take_rows(exec, training.x, drawn), options.directions, static_cast<std::uint64_t>(step));
    Kokkos::deep_copy(exec, gradient.parameters, 0.0);
    double sum = 0;
    try {
      sum = loss.sum_of_leading(exec, network, batch, options.modes, gradient);
    } catch (const Failure&) {  // a batch whose features depend on each other
      sum = 0;
    }
    constexpr Index most_failed = 100;
    if (!(std::isfinite(sum) && sum > 0)) {
      if (++failed >= most_failed && adam_steps == 0) throw Failure("kswgd::train_network: no step gave a sum of eigenvalues that is finite and positive");
      continue;
    }
    ++adam_steps;
    const auto count = static_cast<double>(adam_steps);
    const double turn = static_cast<double>(step) / static_cast<double>(options.steps) * Kokkos::numbers::pi;
    const double rate = options.rate * (1 + std::cos(turn)) / 2 * std::min(1.0, count / warm_up);
    // The derivatives of the sum's logarithm: units do not matter.
    Kokkos::parallel_for("kswgd::train_network::scale", index_range(exec, parameters), MultiplyKernel<Exec>{gradient.parameters, 1 / sum});
    Kokkos::parallel_for("kswgd::train_network::adam", index_range(exec, parameters),
                         AdamKernel<Exec>{network.parameters, gradient.parameters, mean, square, decays, rate, options.decay,
                                          1 - std::pow(AdamKernel<Exec>::keep_mean, count), 1 - std::pow(AdamKernel<Exec>::keep_square, count)});
  }
  Kokkos::deep_copy(exec, network.parameters, best);
  result.network = batches.outside(data_of(exec, network));
  return result;
}

}  // namespace detail

template <ExecutionSpace Exec>
TrainedNetwork train_network(const Exec& exec, const DataSet<Exec>& data, const GeometryData& geometry, const TrainingOptions& options) {
  require(data.ranks().size() == 1, "train_network",
          [] { return "rows that are spread over ranks cannot be trained on: train on one rank and hand the network over as a file"; });
  require(data.size() >= detail::fewest_rows, "train_network",
          [&] { return "at least " + std::to_string(detail::fewest_rows) + " points are needed, got " + std::to_string(data.size()); });
  require_finite(exec, data);
  require_on_manifold(exec, data, geometry);
  CountedRows<Exec> counted = count_rows(exec, data);
  require(counted.data.size() >= detail::fewest_rows, "train_network",
          [&] { return "at least " + std::to_string(detail::fewest_rows) + " distinct points are needed, got " + std::to_string(counted.data.size()); });
  if (data.order() == Order::unknown) counted.data.set_order(succession(exec, counted.data).in_time() ? Order::in_time : Order::independent);
  const Frame<Exec> frame(exec, frame_of(exec, counted.data, geometry));
  TrainedNetwork result = detail::train_inside(exec, frame.inside(exec, counted.data), frame.geometry(), options);
  const Normalisation& unit = frame.data().normalisation;
  std::vector<double> offset;
  for (const double mean : unit.mean) offset.push_back(-mean / unit.scale);
  result.network = of_inputs(result.network, offset, std::vector<double>(offset.size(), 1 / unit.scale));
  for (TrainingLook& look : result.looks) {
    look.in_sample *= frame.eigenvalue_unit();
    look.held_out *= frame.eigenvalue_unit();
  }
  result.linear *= frame.eigenvalue_unit();
  return result;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                   \
  template TrainedNetwork detail::train_inside(const EXEC&, const DataSet<EXEC>&, const Geometry<EXEC>&, const TrainingOptions&); \
  template TrainedNetwork train_network(const EXEC&, const DataSet<EXEC>&, const GeometryData&, const TrainingOptions&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
