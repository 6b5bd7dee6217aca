// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "local_law.hpp"

#include <kswgd/data/data_set.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/flow/conditional.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace kswgd {
namespace {

/// Fewer draws than these are worth: the condition lies beyond the data.
constexpr double fewest_effective = 2;

/// Langevin steps: how many, and how many times as long as at first they may become.
struct Steps {
  int count = 0;
  double growth = 1;
};
/// As far as the acceptance allows, so that draws forget where they began; or a few, which stay about there.
constexpr double far = 100;
constexpr Steps near{20, 2};

/// Draws at each point of the data at which steps are tried, and the standard errors by which they must look better than none.
constexpr Index draws_each = 64;
constexpr double least_gain = 1;

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
Points<Exec> enter(const Exec& exec, const Frame<Exec>& frame, const HostPoints& points) {
  const auto inside = allocate<Points<Exec>>(exec, "conditional::inside", points.extent(0), frame.inner_dimension());
  frame.enter(exec, rows(points), to_device(exec, points), inside);
  frame.geometry().retract(exec, inside);
  return inside;
}

/// All rows on all ranks, of which [place.first, place.second) are here.
HostPoints on_all(const Reduction& ranks, const HostPoints& here, Span place, Index total) {
  if (ranks.is_alone()) return here;
  std::vector<Index> every(static_cast<std::size_t>(total));
  std::iota(every.begin(), every.end(), Index{0});
  return ranks.gather(here, place, every);
}

/// Coordinates of the library's that vary, belong to no manifold, and are not pinned.
std::vector<Index> straight_coordinates(const ModelData& model, const std::vector<Index>& pinned) {
  std::vector<bool> straight;
  for (const GeometryFactor& factor : model.frame.geometry.factors)
    for (Index k = 0; k < (factor.kind == Manifold::circle ? 2 : factor.count); ++k) straight.push_back(factor.kind == Manifold::euclidean);
  const std::vector<bool>& constant = model.frame.normalisation.constant;
  straight.resize(constant.size(), true);
  std::vector<Index> result;
  for (std::size_t k = 0; k < constant.size(); ++k)
    if (const auto place = static_cast<Index>(k); straight[k] && !constant[k] && std::count(pinned.begin(), pinned.end(), place) == 0) result.push_back(place);
  return result;
}

/// The most steps in the free coordinates, as many as wanted or a few, that bring draws at points of the data nearer to these, by the mean energy score; else
/// none. The points are those nearest to the conditions, each left out. at: the conditions, choices: what was chosen there.
template <class Exec>
Steps usable_steps(const Exec& exec, const Model<Exec>& model, const LearnedPotential<Exec>& potential, const detail::LocalLaw& law,
                   const std::vector<std::vector<double>>& at, const std::vector<detail::LocalLaw::Choice>& choices, const std::vector<Index>& pinned,
                   const ConditionalOptions& options) {
  if (options.steps == 0) return {};
  // Points of the data, as many at each condition.
  const auto conditions = static_cast<Index>(at.size()), tested = options.pool / draws_each, looked_at = std::min(conditions, tested);
  std::vector<Index> points;
  std::vector<HostPoints> drawn;
  for (Index l = 0; l < looked_at; ++l) {
    const auto c = static_cast<std::size_t>(l * conditions / looked_at);
    for (const Index i : law.nearest(at[c].data(), tested / looked_at)) {
      std::vector<double> place;
      for (Index k = 0; k < columns(law.points()); ++k) place.push_back(law.points()(i, k));
      const auto local = law.draw(place.data(), choices[c], draws_each, IndexedRandom(options.seed, static_cast<std::uint64_t>(i)), i);
      if (!(local.effective > 0)) continue;
      points.push_back(i);
      drawn.push_back(local.points);
    }
  }
  if (points.empty()) return {};
  const Index total = static_cast<Index>(points.size()) * draws_each;
  const HostPoints all("kswgd::conditional::tested", total, law.points().extent(1));
  for (Index i = 0; i < total; ++i)
    for (Index k = 0; k < columns(all); ++k) all(i, k) = drawn[static_cast<std::size_t>(i / draws_each)](i % draws_each, k);
  const auto part = options.ranks.share(total);
  const Index own = part.second - part.first;
  const HostPoints here("kswgd::conditional::tested_here", own, columns(all));
  for (Index i = 0; i < own; ++i)
    for (Index k = 0; k < columns(all); ++k) here(i, k) = all(part.first + i, k);
  const auto particles = allocate<Points<Exec>>(exec, "conditional::tested", own, model.data().dimension());
  const auto score = [&](const HostPoints& draws) {
    std::vector<double> scores;
    for (std::size_t j = 0; j < points.size(); ++j)
      scores.push_back(detail::energy_score(draws, static_cast<Index>(j) * draws_each, draws_each, law.points(), points[j], law.free()));
    return scores;
  };
  const std::vector<double> without = score(all);
  for (const Steps& steps : {Steps{options.steps, far}, Steps{std::min(options.steps, near.count), near.growth}}) {
    model.frame().leave(exec, own, to_device(exec, here), particles);
    polish(exec, potential, model.data(), particles,
           {.steps = steps.count, .growth = steps.growth, .seed = options.seed, .pinned = pinned, .first = part.first, .ranks = options.ranks});
    const HostPoints moved = on_all(options.ranks, host_copy(exec, particles), part, total);
    const std::vector<double> with = score(host_copy(exec, enter(exec, model.frame(), moved)));
    if (detail::errors_above(without, with) > least_gain) return steps;
  }
  return {};
}

/// Rows of points (in the library's coordinates) within the guard radius of the landmarks of the log density's level.
template <class Exec>
std::vector<Index> guarded(const Exec& exec, const ModelData& model, const HostPoints& points) {
  const LevelData& level = model.density.levels[static_cast<std::size_t>(model.log_density.level)];
  const Points<Exec> landmarks = Kokkos::subview(to_device(exec, model.density.landmarks), Span(level.first_landmark, level.last_landmark), Kokkos::ALL);
  const auto nearest = allocate<Vector<Exec>>(exec, "conditional::nearest", points.extent(0));
  const auto which = allocate<Vector<Exec, int>>(exec, "conditional::which", points.extent(0));
  nearest_landmark(exec, Points<Exec>(to_device(exec, points)), landmarks, nearest, which);
  const auto away = to_host(exec, nearest);
  std::vector<Index> result;
  for (Index i = 0; i < rows(points); ++i)
    if (away(i) <= level.guard) result.push_back(i);
  return result;
}

}  // namespace

template <ExecutionSpace Exec>
Points<Exec> conditional_samples(const Exec& exec, const Model<Exec>& model, const Conditions& conditions, Index each, const ConditionalOptions& options,
                                 ConditionalReport* report) {
  const ModelData& data = model.data();
  const auto places = places_of(data);
  check(conditions, data, places);
  require(each >= 1, "conditional_samples", [&] { return "at least one draw must be asked for, got " + std::to_string(each); });
  require(options.pool >= 100 && options.steps >= 0, "conditional_samples", [] { return "the pool must hold at least 100 draws, and steps not be negative"; });
  const LearnedPotential<Exec> potential(exec, data);
  const Index d = data.dimension(), count = rows(conditions.values);
  std::vector<Index> pinned;
  for (const Index k : conditions.columns) pinned.insert(pinned.end(), places[static_cast<std::size_t>(k)].begin(), places[static_cast<std::size_t>(k)].end());
  const detail::LocalLaw law(host_copy(exec, enter(exec, model.frame(), data.training_subset)), pinned, straight_coordinates(data, pinned));
  ConditionalReport found;

  const HostPoints result("kswgd::conditional_samples", count * each, d);
  const auto pin = [&](const HostPoints& points, Index c, Index first, Index n) {
    for (std::size_t j = 0; j < conditions.columns.size(); ++j)
      for (Index i = first; i < first + n; ++i) points(i, conditions.columns[j]) = conditions.values(c, static_cast<Index>(j));
  };
  const HostPoints given("kswgd::conditional::given", count, d);
  for (Index c = 0; c < count; ++c)
    for (std::size_t j = 0; j < conditions.columns.size(); ++j) given(c, conditions.columns[j]) = conditions.values(c, static_cast<Index>(j));
  const HostPoints there = host_copy(exec, enter(exec, model.frame(), given));
  std::vector<std::vector<double>> at(static_cast<std::size_t>(count));
  std::vector<detail::LocalLaw::Choice> choices;
  for (Index c = 0; c < count; ++c) {
    for (Index k = 0; k < columns(there); ++k) at[static_cast<std::size_t>(c)].push_back(there(c, k));
    choices.push_back(law.best(at[static_cast<std::size_t>(c)].data()));
    found.windows.push_back(choices.back().window);
    found.of_mixture.push_back(choices.back().of_mixture);
  }
  const Steps steps = usable_steps(exec, model, potential, law, at, choices, pinned, options);
  found.steps = steps.count;
  for (Index c = 0; c < count; ++c) {
    const IndexedRandom random(options.seed, streams::conditional + static_cast<std::uint64_t>(c));
    const auto local = law.draw(at[static_cast<std::size_t>(c)].data(), choices[static_cast<std::size_t>(c)], each, random);
    std::vector<Index> usable;
    if (local.effective > 0) usable = guarded(exec, data, local.points);
    found.effective.push_back(local.effective * static_cast<double>(usable.size()) / static_cast<double>(each));
    found.acceptance.push_back(0);
    if (!(found.effective.back() >= fewest_effective)) {
      ++found.outside;
      for (Index i = 0; i < each; ++i)
        for (Index k = 0; k < d; ++k) result(c * each + i, k) = std::numeric_limits<double>::quiet_NaN();
      continue;
    }
    const auto part = options.ranks.share(each);
    const Index own = part.second - part.first;
    const HostPoints draws("kswgd::conditional::draws", own, local.points.extent(1));
    for (Index i = 0; i < own; ++i)
      for (Index k = 0; k < columns(draws); ++k) draws(i, k) = local.points(usable[static_cast<std::size_t>(part.first + i) % usable.size()], k);
    const auto particles = allocate<Points<Exec>>(exec, "conditional::particles", own, d);
    model.frame().leave(exec, own, to_device(exec, draws), particles);
    if (steps.count > 0)
      found.acceptance.back() =
          polish(exec, potential, data, particles,
                 {.steps = steps.count, .growth = steps.growth, .seed = random.bits(2), .pinned = pinned, .first = part.first, .ranks = options.ranks})
              .acceptance;
    const HostPoints ended = on_all(options.ranks, host_copy(exec, particles), part, each);
    for (Index i = 0; i < each; ++i)
      for (Index k = 0; k < d; ++k) result(c * each + i, k) = ended(i, k);
    pin(result, c, c * each, each);
  }
  if (report) *report = std::move(found);
  return to_device(exec, result);
}

#define KSWGD_INSTANTIATE(EXEC) \
  template Points<EXEC> conditional_samples(const EXEC&, const Model<EXEC>&, const Conditions&, Index, const ConditionalOptions&, ConditionalReport*);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
