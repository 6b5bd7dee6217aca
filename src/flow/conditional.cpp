// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/data/data_set.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/flow/conditional.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace kswgd {
namespace {

/// Widths of the window in standard deviations of the given coordinates; the last is none.
constexpr double windows[] = {0.05, 0.1, 0.2, 0.4, 0.8, 1.6, HUGE_VAL};

/// Fewer effective draws than this: the condition lies beyond the data.
constexpr double fewest_effective = 2;

/// Of each caller's coordinate its places in the library's, none where it belongs to a sphere or a torus.
std::vector<std::vector<Index>> places_of(const ModelData& model) {
  std::vector<std::vector<Index>> places;
  Index first = 0;
  for (const GeometryFactor& factor : model.frame.geometry.factors) {
    const bool circle = factor.kind == Manifold::circle, flat = factor.kind == Manifold::euclidean;
    for (Index k = 0; k < factor.count; ++k) {
      if (circle) {
        places.push_back({first, first + 1});
        first += 2;
      } else {
        places.push_back(flat ? std::vector<Index>{first} : std::vector<Index>{});
        ++first;
      }
    }
  }
  for (Index k = static_cast<Index>(places.size()); k < model.dimension(); ++k) places.push_back({first++});
  return places;
}

void check(const Conditions& conditions, const ModelData& model, const std::vector<std::vector<Index>>& places) {
  const Index d = model.dimension(), given = static_cast<Index>(conditions.columns.size());
  require(given >= 1 && given < d, "conditional_samples", [&] {
    return "at least one and at most " + std::to_string(d - 1) + " of the " + std::to_string(d) + " columns can be given, got " + std::to_string(given);
  });
  require(columns(conditions.values) == given && rows(conditions.values) >= 1, "conditional_samples",
          [] { return "there must be a value for each given column in each condition"; });
  for (std::size_t j = 0; j < conditions.columns.size(); ++j) {
    const Index k = conditions.columns[j];
    require(k >= 0 && k < d, "conditional_samples", [&] { return "there is no column " + std::to_string(k) + " (from 0) among " + std::to_string(d); });
    require(!places[static_cast<std::size_t>(k)].empty(), "conditional_samples",
            [&] { return "column " + std::to_string(k) + " is a coordinate of a sphere or a torus, which has no value of its own to be given"; });
    require(std::count(conditions.columns.begin(), conditions.columns.end(), k) == 1, "conditional_samples",
            [&] { return "column " + std::to_string(k) + " is given twice"; });
    for (Index i = 0; i < rows(conditions.values); ++i)
      require(std::isfinite(conditions.values(i, static_cast<Index>(j))), "conditional_samples",
              [&] { return "the value of column " + std::to_string(k) + " in condition " + std::to_string(i) + " is not finite"; });
  }
}

template <class Exec>
std::vector<double> values_at(const Exec& exec, const LearnedPotential<Exec>& potential, const Points<Exec>& inside) {
  const auto value = allocate<Vector<Exec>>(exec, "conditional::value", rows(inside));
  const auto gradient = allocate<Points<Exec>>(exec, "conditional::gradient", rows(inside), columns(inside));
  Workspace<Exec> workspace;
  potential.evaluate_inside(exec, inside, value, gradient, workspace);
  const auto host = to_host(exec, value);
  return {host.data(), host.data() + host.extent(0)};
}

template <class Exec>
Points<Exec> enter(const Exec& exec, const Frame<Exec>& frame, const HostPoints& points) {
  const auto inside = allocate<Points<Exec>>(exec, "conditional::inside", points.extent(0), frame.inner_dimension());
  frame.enter(exec, rows(points), to_device(exec, points), inside);
  frame.geometry().retract(exec, inside);
  return inside;
}

/// The weights with the window that leaves the most effective draws. log_ratio: -inf for rows that do not count; distance: of the given coordinates.
std::vector<double> windowed(const std::vector<double>& log_ratio, const std::vector<double>& distance, double deviation) {
  std::vector<double> best(log_ratio.size(), 0.0);
  double most = 0;
  for (const double window : windows) {
    std::vector<double> logs = log_ratio;
    for (std::size_t i = 0; i < logs.size(); ++i)
      if (std::isfinite(window)) logs[i] -= std::pow(distance[i] / (window * deviation), 2) / 2;
    const double top = *std::max_element(logs.begin(), logs.end());
    if (!std::isfinite(top)) continue;
    for (double& value : logs) value = std::exp(value - top);
    const double here = effective_samples(logs);
    if (here > most) {
      most = here;
      best = std::move(logs);
    }
  }
  return best;
}

/// `each` rows by weight, systematically, in random order.
std::vector<Index> resample(const std::vector<double>& weights, Index each, const IndexedRandom& random) {
  double total = 0, sum = 0;
  for (const double w : weights) total += w;
  std::vector<Index> rows;
  double next = total / static_cast<double>(each) * random.uniform(0);
  for (std::size_t i = 0; i < weights.size(); ++i)
    for (sum += weights[i]; next < sum && static_cast<Index>(rows.size()) < each; next += total / static_cast<double>(each))
      rows.push_back(static_cast<Index>(i));
  while (static_cast<Index>(rows.size()) < each) rows.push_back(rows.back());  // rounding of the sum
  return rows;
}

/// The regression of free coordinates on pinned ones over the rows of x: b(f, p) = sum_q cov(free_f, pinned_q) cov(pinned)^-1_qp.
HostMatrix regression(const HostPoints& x, const std::vector<Index>& free, const std::vector<Index>& pinned) {
  const std::size_t n = x.extent(0), p = pinned.size(), f = free.size();
  std::vector<Index> all = pinned;
  all.insert(all.end(), free.begin(), free.end());
  std::vector<double> mean(all.size(), 0.0);
  for (std::size_t k = 0; k < all.size(); ++k)
    for (std::size_t i = 0; i < n; ++i) mean[k] += x(i, all[k]) / static_cast<double>(n);
  const auto covariance = [&](std::size_t k, std::size_t l) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += (x(i, all[k]) - mean[k]) * (x(i, all[l]) - mean[l]) / static_cast<double>(n);
    return sum;
  };
  const Kokkos::DefaultHostExecutionSpace host;
  const HostMatrix root("kswgd::conditional::root", p, p), b("kswgd::conditional::right", p, f), result("kswgd::conditional::regression", f, p);
  double largest = 0;
  for (std::size_t k = 0; k < p; ++k) largest = std::max(largest, covariance(k, k));
  for (std::size_t k = 0; k < p; ++k)
    for (std::size_t l = 0; l < p; ++l) root(k, l) = covariance(k, l) + (k == l ? 1e-10 * std::max(largest, 1e-300) : 0.0);
  for (std::size_t k = 0; k < p; ++k)
    for (std::size_t j = 0; j < f; ++j) b(k, j) = covariance(k, p + j);
  algebra::cholesky(host, root);
  algebra::solve_upper(host, true, root, b);
  algebra::solve_upper(host, false, root, b);
  host.fence("kswgd::conditional::regression: its result is read");
  for (std::size_t k = 0; k < p; ++k)
    for (std::size_t j = 0; j < f; ++j) result(j, k) = b(k, j);
  return result;
}

/// All rows on all ranks, of which [place.first, place.second) are here.
HostPoints on_all(const Reduction& ranks, const HostPoints& here, Span place, Index total) {
  if (ranks.is_alone()) return here;
  std::vector<Index> every(static_cast<std::size_t>(total));
  std::iota(every.begin(), every.end(), Index{0});
  return ranks.gather(here, place, every);
}

/// Joint samples in the library's coordinates, and what they are worth under conditions.
template <class Exec>
class Pool {
 public:
  Pool(const Exec& exec, const Model<Exec>& model, const LearnedPotential<Exec>& potential, const std::vector<Index>& pinned, const ConditionalOptions& options)
      : m_exec(exec), m_model(model), m_potential(potential), m_pinned(pinned) {
    const ModelData& data = model.data();
    const Reduction& ranks = options.ranks;
    const auto part = ranks.share(options.pool);
    const auto joint = to_device(exec, normal_start(data, part.second - part.first, options.seed, part.first));
    Flow<Exec>(exec, model, {.ranks = ranks}).run(joint);
    m_points = on_all(ranks, host_copy(exec, joint), part, options.pool);
    const Points<Exec> inside = enter(exec, model.frame(), m_points);
    m_inside = host_copy(exec, inside);
    m_value = values_at(exec, potential, inside);
    const LevelData& level = data.density.levels[static_cast<std::size_t>(data.log_density.level)];
    const Points<Exec> landmarks = to_device(exec, data.density.landmarks);
    m_landmarks = Kokkos::subview(landmarks, Span(level.first_landmark, level.last_landmark), Kokkos::ALL);
    m_guard = level.guard;
    double variance = 0;
    for (const Index k : pinned) {
      double mean = 0;
      for (Index i = 0; i < size(); ++i) mean += m_inside(i, k) / static_cast<double>(size());
      for (Index i = 0; i < size(); ++i) variance += std::pow(m_inside(i, k) - mean, 2) / static_cast<double>(size());
    }
    m_deviation = std::sqrt(std::max(variance, 1e-300));
    Index place = 0;
    const auto take = [&](bool straight) {
      if (straight && !data.frame.normalisation.constant[static_cast<std::size_t>(place)] && std::count(pinned.begin(), pinned.end(), place) == 0)
        m_free.push_back(place);
      ++place;
    };
    for (const GeometryFactor& factor : data.frame.geometry.factors)
      for (Index k = 0; k < (factor.kind == Manifold::circle ? 2 : factor.count); ++k) take(factor.kind == Manifold::euclidean);
    while (place < columns(m_inside)) take(true);
    if (!m_free.empty()) m_regression = regression(m_inside, m_free, pinned);
  }

  Index size() const { return rows(m_points); }
  const HostPoints& points() const { return m_points; }

  struct Moved {
    HostPoints inside;            ///< the rows with the given coordinates
    std::vector<double> weights;  ///< of them
  };
  /// The rows at given(i, :), the caller's points with the given columns: as they are, or with the free coordinates moved along the regression, whichever is
  /// worth more.
  Moved under(const HostPoints& given) const {
    const HostPoints there = host_copy(m_exec, enter(m_exec, m_model.frame(), given));
    Moved best = weighted(there);
    if (m_free.empty()) return best;
    const HostPoints along("kswgd::conditional::along", there.extent(0), there.extent(1));
    Kokkos::deep_copy(along, there);
    for (std::size_t j = 0; j < m_free.size(); ++j)
      for (std::size_t k = 0; k < m_pinned.size(); ++k)
        for (Index i = 0; i < size(); ++i) along(i, m_free[j]) += m_regression(j, k) * (there(i, m_pinned[k]) - m_inside(i, m_pinned[k]));
    Moved other = weighted(along);
    return effective_samples(other.weights) > effective_samples(best.weights) ? std::move(other) : std::move(best);
  }

 private:
  Moved weighted(const HostPoints& moved) const {
    const Points<Exec> there = to_device(m_exec, moved);
    const std::vector<double> after = values_at(m_exec, m_potential, there);
    const auto nearest = allocate<Vector<Exec>>(m_exec, "conditional::nearest", size());
    const auto which = allocate<Vector<Exec, int>>(m_exec, "conditional::which", size());
    nearest_landmark(m_exec, there, m_landmarks, nearest, which);
    const auto away = to_host(m_exec, nearest);
    std::vector<double> log_ratio(m_value.size()), distance(m_value.size(), 0.0);
    for (std::size_t i = 0; i < m_value.size(); ++i) {
      log_ratio[i] = away(i) <= m_guard ? after[i] - m_value[i] : -HUGE_VAL;
      for (const Index k : m_pinned) distance[i] += std::pow(moved(i, k) - m_inside(i, k), 2);
      distance[i] = std::sqrt(distance[i]);
    }
    return {moved, windowed(log_ratio, distance, m_deviation)};
  }

  Exec m_exec;
  const Model<Exec>& m_model;
  const LearnedPotential<Exec>& m_potential;
  std::vector<Index> m_pinned, m_free;  // coordinates of the library's
  HostPoints m_points, m_inside;
  std::vector<double> m_value;
  Points<Exec> m_landmarks;
  HostMatrix m_regression;
  double m_guard = 0, m_deviation = 1;
};

}  // namespace

template <ExecutionSpace Exec>
Points<Exec> conditional_samples(const Exec& exec, const Model<Exec>& model, const Conditions& conditions, Index each, const ConditionalOptions& options,
                                 ConditionalReport* report) {
  const ModelData& data = model.data();
  const auto places = places_of(data);
  check(conditions, data, places);
  require(each >= 1, "conditional_samples", [&] { return "at least one draw must be asked for, got " + std::to_string(each); });
  require(options.pool >= 100 && options.steps >= 0, "conditional_samples",
          [] { return "the pool must hold at least 100 samples, and steps not be negative"; });
  const LearnedPotential<Exec> potential(exec, data);
  const Index d = data.dimension(), count = rows(conditions.values);
  std::vector<Index> pinned;
  for (const Index k : conditions.columns) pinned.insert(pinned.end(), places[static_cast<std::size_t>(k)].begin(), places[static_cast<std::size_t>(k)].end());
  const Pool<Exec> pool(exec, model, potential, pinned, options);

  const HostPoints result("kswgd::conditional_samples", count * each, d);
  ConditionalReport found;
  for (Index c = 0; c < count; ++c) {
    const auto pin = [&](const HostPoints& points, Index first, Index n) {
      for (std::size_t j = 0; j < conditions.columns.size(); ++j)
        for (Index i = first; i < first + n; ++i) points(i, conditions.columns[j]) = conditions.values(c, static_cast<Index>(j));
    };
    const HostPoints given("kswgd::conditional::given", pool.size(), d);
    Kokkos::deep_copy(given, pool.points());
    pin(given, 0, pool.size());
    const auto moved = pool.under(given);
    found.effective.push_back(effective_samples(moved.weights));
    found.acceptance.push_back(0);
    if (!(found.effective.back() >= fewest_effective)) {
      ++found.outside;
      for (Index i = 0; i < each; ++i)
        for (Index k = 0; k < d; ++k) result(c * each + i, k) = std::numeric_limits<double>::quiet_NaN();
      continue;
    }
    const IndexedRandom random(options.seed, streams::conditional + static_cast<std::uint64_t>(c));
    const std::vector<Index> chosen = resample(moved.weights, each, random);
    const auto part = options.ranks.share(each);
    const Index own = part.second - part.first;
    const HostPoints draws("kswgd::conditional::draws", own, moved.inside.extent(1));
    for (Index i = 0; i < own; ++i)
      for (std::size_t k = 0; k < draws.extent(1); ++k) draws(i, k) = moved.inside(chosen[static_cast<std::size_t>(part.first + i)], k);
    const auto particles = allocate<Points<Exec>>(exec, "conditional::particles", own, d);
    model.frame().leave(exec, own, to_device(exec, draws), particles);
    constexpr double far = 100;  // as the acceptance allows
    const PolishReport polished =
        polish(exec, potential, data, particles,
               {.steps = options.steps, .growth = far, .seed = random.bits(2), .pinned = pinned, .first = part.first, .ranks = options.ranks});
    found.acceptance.back() = polished.acceptance;
    const HostPoints ended = on_all(options.ranks, host_copy(exec, particles), part, each);
    for (Index i = 0; i < each; ++i)
      for (Index k = 0; k < d; ++k) result(c * each + i, k) = ended(i, k);
    pin(result, c * each, each);
  }
  if (report) *report = std::move(found);
  return to_device(exec, result);
}

#define KSWGD_INSTANTIATE(EXEC) \
  template Points<EXEC> conditional_samples(const EXEC&, const Model<EXEC>&, const Conditions&, Index, const ConditionalOptions&, ConditionalReport*);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
