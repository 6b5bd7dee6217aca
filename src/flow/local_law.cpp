// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "local_law.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/data/data_set.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace kswgd::detail {
namespace {

/// Widths of the window in standard deviations of the given coordinates; the last is none.
constexpr double windows[] = {0.03, 0.05, 0.08, 0.12, 0.2, 0.3, 0.5, 0.8, 1.6, HUGE_VAL};

/// Beyond so many widths a sample does not count.
constexpr double reach = 4;

/// Points near the condition that choose the window, and draws that each is compared with. More, and farther ones, judge the mixture, which is no local law.
constexpr Index most_near = 150, compared = 64, most_judges = 600;

/// Windows whose scores differ by fewer standard errors are alike.
constexpr double alike = 0.5;

/// A window with fewer effective points for each coefficient of the regression is none; without a window there is then no regression.
constexpr double samples_for_each = 8;

double distance(const HostPoints& a, Index i, const HostPoints& b, Index j, const std::vector<Index>& coordinates) {
  double sum = 0;
  for (const Index k : coordinates) sum += (a(i, k) - b(j, k)) * (a(i, k) - b(j, k));
  return std::sqrt(sum);
}

/// Coefficients of the weighted regression of the last columns of z on the first q and a constant: q x f.
HostMatrix regression(const HostPoints& z, const std::vector<double>& weights, std::size_t q) {
  const std::size_t n = weights.size(), f = z.extent(1) - q;
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> mean(q + f, 0.0);
  for (std::size_t k = 0; k < q + f; ++k)
    for (std::size_t i = 0; i < n; ++i) mean[k] += weights[i] * z(i, k) / total;
  const auto covariance = [&](std::size_t k, std::size_t l) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += weights[i] * (z(i, k) - mean[k]) * (z(i, l) - mean[l]) / total;
    return sum;
  };
  const Kokkos::DefaultHostExecutionSpace host;
  const HostMatrix root("kswgd::conditional::root", q, q), b("kswgd::conditional::right", q, f);
  for (std::size_t k = 0; k < q; ++k)
    for (std::size_t l = 0; l <= k; ++l) root(k, l) = root(l, k) = covariance(k, l);
  double largest = 1e-300;
  for (std::size_t k = 0; k < q; ++k) largest = std::max(largest, root(k, k));
  for (std::size_t k = 0; k < q; ++k) root(k, k) += 1e-10 * largest;
  for (std::size_t k = 0; k < q; ++k)
    for (std::size_t j = 0; j < f; ++j) b(k, j) = covariance(k, q + j);
  algebra::cholesky(host, root);
  algebra::solve_upper(host, true, root, b);
  algebra::solve_upper(host, false, root, b);
  host.fence("kswgd::conditional::regression: its result is read");
  return b;
}

/// `count` places by weight, systematically.
std::vector<std::size_t> systematic(const std::vector<double>& weights, Index count, const IndexedRandom& random) {
  const double step = std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(count);
  double sum = 0, next = step * random.uniform(0);
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < weights.size(); ++i)
    for (sum += weights[i]; next < sum && static_cast<Index>(places.size()) < count; next += step) places.push_back(i);
  while (static_cast<Index>(places.size()) < count) places.push_back(places.back());  // rounding of the sum
  return places;
}

/// Draws that repeat the row before them (`places` says whose point it is) move towards or away from one of the nearest others, which keeps thin laws thin.
void part_copies(const HostPoints& draws, const std::vector<std::size_t>& places, const std::vector<Index>& coordinates, const IndexedRandom& random) {
  constexpr std::size_t neighbours = 5;
  constexpr double share = 0.2;  // of the way, its standard deviation
  const Index n = rows(draws);
  const auto repeats = [&](Index i) { return i > 0 && places[static_cast<std::size_t>(i)] == places[static_cast<std::size_t>(i - 1)]; };
  std::vector<Index> different;
  for (Index i = 0; i < n; ++i)
    if (!repeats(i)) different.push_back(i);
  const std::size_t wanted = std::min(neighbours, different.size() - 1);
  if (wanted == 0) return;
  std::vector<Index> near;
  Index source = 0;
  for (Index i = 0; i < n; ++i) {
    if (!repeats(i)) {
      source = i;
      near.clear();
      continue;
    }
    if (near.empty()) {
      std::vector<std::pair<double, Index>> others;
      for (const Index j : different)
        if (j != source) others.emplace_back(distance(draws, source, draws, j, coordinates), j);
      std::partial_sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(wanted), others.end());
      for (std::size_t j = 0; j < wanted; ++j) near.push_back(others[j].second);
    }
    const auto number = 4 * static_cast<std::uint64_t>(i);
    const Index other = near[static_cast<std::size_t>(random.below(wanted, number))];
    const double step = share * random.normal(number + 1);
    for (const Index k : coordinates) draws(i, k) += step * (draws(other, k) - draws(source, k));
  }
}

bool equal(const HostPoints& x, Index i, Index j) {
  for (std::size_t k = 0; k < x.extent(1); ++k)
    if (x(i, k) != x(j, k)) return false;
  return true;
}

}  // namespace

double errors_above(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::isfinite(a[i]) && std::isfinite(b[i])) differences.push_back(a[i] - b[i]);
  const auto n = static_cast<double>(differences.size());
  double mean = 0, square = 0;
  for (const double difference : differences) mean += difference / n;
  for (const double difference : differences) square += std::pow(difference - mean, 2) / n;
  return square > 0 ? mean / std::sqrt(square / n) : 0;
}

double energy_score(const HostPoints& draws, Index first, Index count, const HostPoints& data, Index row, const std::vector<Index>& coordinates) {
  double to_point = 0, among = 0;
  for (Index i = first; i < first + count; ++i) {
    to_point += distance(draws, i, data, row, coordinates);
    for (Index j = first; j < i; ++j) among += distance(draws, i, draws, j, coordinates);
  }
  return to_point / static_cast<double>(count) - among / static_cast<double>(count * (count - 1));
}

LocalLaw::LocalLaw(HostPoints points, std::vector<Index> pinned, std::vector<Index> moved)
    : m_points(std::move(points)), m_pinned(std::move(pinned)), m_moved(std::move(moved)) {
  const auto n = static_cast<double>(rows(m_points));
  for (Index k = 0; k < columns(m_points); ++k)
    if (std::count(m_pinned.begin(), m_pinned.end(), k) == 0) m_free.push_back(k);
  for (const Index k : m_pinned) {
    double mean = 0, square = 0;
    for (Index i = 0; i < rows(m_points); ++i) mean += m_points(i, k) / n;
    for (Index i = 0; i < rows(m_points); ++i) square += (m_points(i, k) - mean) * (m_points(i, k) - mean) / n;
    m_deviation.push_back(std::sqrt(std::max(square, 1e-300)));
  }

  const auto varies = [&](Index k) {
    for (Index i = 1; i < rows(m_points); ++i)
      if (m_points(i, k) != m_points(0, k)) return true;
    return false;
  };
  for (const Index k : m_free)
    if (std::count(m_moved.begin(), m_moved.end(), k) == 0 && varies(k)) return;  // on a manifold, where no mixture of normal laws is
  std::vector<Index> halves[2], all, coordinates = m_pinned;
  coordinates.insert(coordinates.end(), m_moved.begin(), m_moved.end());
  for (Index i = 0; i < rows(m_points); ++i) {
    m_in_second.push_back(IndexedRandom(0, static_cast<std::uint64_t>(i)).uniform(0) < 0.5);
    halves[m_in_second.back() ? 1 : 0].push_back(i);
    all.push_back(i);
  }
  m_mixtures.push_back(NormalMixture::best(m_points, all, coordinates, 0));
  if (m_mixtures.front().size() == 0 || halves[0].empty() || halves[1].empty()) {
    m_mixtures.clear();
    return;
  }
  for (const std::vector<Index>& half : halves) m_mixtures.push_back(m_mixtures.front().of(m_points, half, coordinates));
}

std::vector<double> LocalLaw::distances(const double* at) const {
  std::vector<double> result(static_cast<std::size_t>(rows(m_points)), 0.0);
  for (std::size_t j = 0; j < m_pinned.size(); ++j)
    for (std::size_t i = 0; i < result.size(); ++i) {
      const double step = (m_points(static_cast<Index>(i), m_pinned[j]) - at[m_pinned[j]]) / m_deviation[j];
      result[i] += step * step;
    }
  for (double& value : result) value = std::sqrt(value);
  return result;
}

LocalLaw::Draws LocalLaw::draw_in_window(const double* at, double window, Index count, const IndexedRandom& random, Index left_out) const {
  const std::vector<double> away = distances(at);
  std::vector<Index> chosen;
  std::vector<double> weights;
  for (Index i = 0; i < rows(m_points); ++i) {
    const double distance = away[static_cast<std::size_t>(i)];
    if (!(distance < reach * window) || (left_out >= 0 && equal(m_points, i, left_out))) continue;
    chosen.push_back(i);
    weights.push_back(std::isfinite(window) ? std::exp(-distance * distance / (2 * window * window)) : 1.0);
  }
  Draws result{HostPoints("kswgd::conditional::draws", count, m_points.extent(1)), 0};
  const double effective = weights.empty() ? 0 : effective_samples(weights);
  const std::size_t p = m_pinned.size(), squares = p + p * (p + 1) / 2;
  const auto enough = [&](std::size_t terms) { return effective >= samples_for_each * static_cast<double>(terms + 1); };
  if (weights.empty() || !(enough(p) || std::isinf(window))) return result;
  result.effective = effective;

  // The regression's terms are steps from `at` in units of the window's reach, and their products: 0 there.
  const std::size_t q = m_moved.empty() || !enough(p) ? 0 : enough(squares) ? squares : p;
  const HostPoints z("kswgd::conditional::terms", q > 0 ? chosen.size() : 0, q + m_moved.size());
  for (std::size_t i = 0; i < z.extent(0); ++i) {
    for (std::size_t k = 0; k < p; ++k) z(i, k) = (m_points(chosen[i], m_pinned[k]) - at[m_pinned[k]]) / (m_deviation[k] * std::min(window, 1.0));
    for (std::size_t k = 0, place = p; place < q; ++k)
      for (std::size_t l = 0; l <= k; ++l, ++place) z(i, place) = z(i, k) * z(i, l);
    for (std::size_t j = 0; j < m_moved.size(); ++j) z(i, q + j) = m_points(chosen[i], m_moved[j]);
  }
  const HostMatrix slope = q > 0 ? regression(z, weights, q) : HostMatrix();
  const auto places = systematic(weights, count, random);
  for (Index i = 0; i < count; ++i) {
    const std::size_t place = places[static_cast<std::size_t>(i)];
    for (const Index k : m_free) result.points(i, k) = m_points(chosen[place], k);
    for (const Index k : m_pinned) result.points(i, k) = at[k];
    for (std::size_t j = 0; j < slope.extent(1); ++j)
      for (std::size_t term = 0; term < q; ++term) result.points(i, m_moved[j]) -= slope(term, j) * z(place, term);
  }
  if (left_out < 0) part_copies(result.points, places, m_moved, IndexedRandom(random.bits(3), 0));
  return result;
}

std::vector<Index> LocalLaw::nearest(const double* at, Index count) const {
  const std::vector<double> away = distances(at);
  std::vector<Index> near(away.size());
  std::iota(near.begin(), near.end(), Index{0});
  const auto some = std::min(near.size(), static_cast<std::size_t>(count));
  std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(some), near.end(),
                    [&](Index i, Index j) { return away[static_cast<std::size_t>(i)] < away[static_cast<std::size_t>(j)]; });
  near.resize(some);
  return near;
}

LocalLaw::Draws LocalLaw::draw(const double* at, const Choice& choice, Index count, const IndexedRandom& random, Index left_out) const {
  const auto of_mixture = static_cast<Index>(std::lround(choice.of_mixture * static_cast<double>(count)));
  Draws result = draw_in_window(at, choice.window, count, random, left_out);
  if (of_mixture == 0 || !(result.effective > 0)) return result;
  const NormalMixture& mixture = m_mixtures[left_out < 0 ? 0 : m_in_second[static_cast<std::size_t>(left_out)] ? 1 : 2];
  std::vector<double> given;
  for (const Index k : m_pinned) given.push_back(at[k]);
  const std::vector<double> shares = mixture.shares(given, given.size());
  const std::vector<std::size_t> which = systematic(shares, of_mixture, IndexedRandom(random.bits(1), 0));
  // In the place of some draws of the window, spread evenly: these are ordered by their points.
  for (Index j = 0; j < of_mixture; ++j) {
    const Index i = j * count / of_mixture;
    const std::vector<double> other =
        mixture.draw(given, given.size(), which[static_cast<std::size_t>(j)], IndexedRandom(random.bits(2), static_cast<std::uint64_t>(j)));
    for (std::size_t k = 0; k < m_moved.size(); ++k) result.points(i, m_moved[k]) = other[k];
  }
  result.effective += choice.of_mixture * (mixture.effective(shares) - result.effective);
  return result;
}

std::vector<double> LocalLaw::scores(const std::vector<Index>& near, const Choice& choice) const {
  std::vector<double> result, place(m_points.extent(1));
  for (const Index i : near) {
    for (std::size_t k = 0; k < place.size(); ++k) place[k] = m_points(i, static_cast<Index>(k));
    const Draws draws = draw(place.data(), choice, compared, IndexedRandom(0, static_cast<std::uint64_t>(i)), i);
    result.push_back(draws.effective > 0 ? energy_score(draws.points, 0, compared, m_points, i, m_free) : HUGE_VAL);
  }
  return result;
}

LocalLaw::Choice LocalLaw::best(const double* at) const {
  const std::vector<Index> near = nearest(at, most_near);
  std::vector<std::vector<double>> found;  // the scores of each window, none where its points are too few
  std::size_t best = std::size(windows) - 1;
  double least = HUGE_VAL;
  for (std::size_t w = 0; w < std::size(windows); ++w) {
    const bool usable = draw_in_window(at, windows[w], 1, IndexedRandom(0, 0), -1).effective > 0;
    found.push_back(usable ? scores(near, {windows[w], 0}) : std::vector<double>());
    if (std::count(found[w].begin(), found[w].end(), HUGE_VAL) > 0) found[w].clear();  // too few points in the window at some of them
    const double sum = std::accumulate(found[w].begin(), found[w].end(), 0.0);
    if (found[w].empty() || !(sum < least)) continue;
    least = sum;
    best = w;
  }
  for (std::size_t w = std::size(windows) - 1; w > best; --w)
    if (!found[w].empty() && errors_above(found[w], found[best]) <= alike) {
      best = w;
      break;
    }
  Choice choice{windows[best], 0};
  if (m_mixtures.empty() || found[best].empty()) return choice;
  const std::vector<Index> judges = nearest(at, most_judges);
  const std::vector<double> local = scores(judges, choice), others = scores(judges, {choice.window, 1});
  choice.of_mixture = 1 / (1 + std::exp(2 * (errors_above(others, local) + 1)));
  return choice;
}

}  // namespace kswgd::detail
