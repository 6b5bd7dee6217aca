// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/kinetics/states.hpp>

#include "../algebra/small_matrices.hpp"
#include "../data/blocks.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/geometry/frame.hpp>
#include <kswgd/model/eigenfunctions.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace kswgd {
namespace {

constexpr Index most_cells = 200, fewest_members = 5, most_states = 20, most_optimised = 6;

/// A^{-1} B by elimination with pivots.
HostMatrix solved(const HostMatrix& matrix, const HostMatrix& right) {
  const HostMatrix a = small::copy(matrix), b = small::copy(right);
  const std::size_t m = a.extent(0), columns = b.extent(1);
  for (std::size_t k = 0; k < m; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < m; ++i)
      if (std::abs(a(i, k)) > std::abs(a(pivot, k))) pivot = i;
    require(std::abs(a(pivot, k)) > 1e-12, "metastable_states", [] { return "the eigenfunctions do not tell so many states apart: ask for fewer"; });
    for (std::size_t j = 0; j < m; ++j) std::swap(a(k, j), a(pivot, j));
    for (std::size_t j = 0; j < columns; ++j) std::swap(b(k, j), b(pivot, j));
    for (std::size_t i = 0; i < m; ++i) {
      const double factor = i == k ? 0 : a(i, k) / a(k, k);
      for (std::size_t j = 0; j < m; ++j) a(i, j) -= factor * a(k, j);
      for (std::size_t j = 0; j < columns; ++j) b(i, j) -= factor * b(k, j);
    }
  }
  for (std::size_t k = 0; k < m; ++k)
    for (std::size_t j = 0; j < columns; ++j) b(k, j) /= a(k, k);
  return b;
}

HostMatrix identity(std::size_t m) {
  const HostMatrix one("kswgd::states::identity", m, m);
  for (std::size_t k = 0; k < m; ++k) one(k, k) = 1;
  return one;
}

/// The rows of x, cells x m, that are the vertices of a simplex which holds most of the others (Weber, Galliat 2002): the farthest from the
/// origin first, then one after the other the farthest from the plane through those that are found.
std::vector<std::size_t> inner_simplex(const HostMatrix& x) {
  const std::size_t cells = x.extent(0), m = x.extent(1);
  const HostMatrix rest = small::copy(x);
  const auto farthest = [&] {
    std::size_t best = 0;
    double most = -1;
    for (std::size_t i = 0; i < cells; ++i) {
      double square = 0;
      for (std::size_t k = 0; k < m; ++k) square += rest(i, k) * rest(i, k);
      if (square > most) {
        most = square;
        best = i;
      }
    }
    return best;
  };
  std::vector<std::size_t> vertices{farthest()};
  const std::size_t origin = vertices.front();
  for (std::size_t k = 0; k < m; ++k) {
    const double at = rest(origin, k);
    for (std::size_t i = 0; i < cells; ++i) rest(i, k) -= at;
  }
  while (vertices.size() < m) {
    const std::size_t next = farthest();
    vertices.push_back(next);
    std::vector<double> direction;
    double norm = 0;
    for (std::size_t k = 0; k < m; ++k) direction.push_back(rest(next, k));
    for (const double d : direction) norm += d * d;
    for (std::size_t i = 0; i < cells && norm > 0; ++i) {
      double along = 0;
      for (std::size_t k = 0; k < m; ++k) along += rest(i, k) * direction[k] / norm;
      for (std::size_t k = 0; k < m; ++k) rest(i, k) -= along * direction[k];
    }
  }
  return vertices;
}

/// A whose lower right block is that of `a`, made such that all memberships on the cells are at least 0 and add up to 1.
HostMatrix made_feasible(const HostMatrix& a, const HostMatrix& x) {
  const std::size_t m = a.extent(0);
  const HostMatrix result = small::copy(a);
  for (std::size_t k = 1; k < m; ++k) {
    result(k, 0) = 0;
    for (std::size_t j = 1; j < m; ++j) result(k, 0) -= result(k, j);
  }
  double sum = 0;
  for (std::size_t j = 0; j < m; ++j) {
    double least = HUGE_VAL;
    for (std::size_t i = 0; i < x.extent(0); ++i) {
      double value = 0;
      for (std::size_t k = 1; k < m; ++k) value += x(i, k) * result(k, j);
      least = std::min(least, value);
    }
    result(0, j) = -least;
    sum -= least;
  }
  for (std::size_t j = 0; j < m; ++j)
    for (std::size_t k = 0; k < m; ++k) result(k, j) /= sum;
  return result;
}

/// sum_j E[chi_j^2] / E[chi_j], the eigenfunctions being orthonormal.
double crispness_of(const HostMatrix& a) {
  double sum = 0;
  for (std::size_t j = 0; j < a.extent(1); ++j) {
    double square = 0;
    for (std::size_t k = 0; k < a.extent(0); ++k) square += a(k, j) * a(k, j);
    sum += square / a(0, j);
  }
  return sum / static_cast<double>(a.extent(0));
}

/// The minimum of f by the method of Nelder and Mead (1965), from x and steps of a tenth of its coordinates.
std::vector<double> minimum(const std::function<double(const std::vector<double>&)>& f, const std::vector<double>& x) {
  const std::size_t n = x.size();
  std::vector<std::vector<double>> at(n + 1, x);
  for (std::size_t i = 0; i < n; ++i) at[i + 1][i] += x[i] != 0 ? x[i] / 10 : 1e-3;
  std::vector<double> value;
  for (const auto& point : at) value.push_back(f(point));
  for (std::size_t trial = 0; trial < 400 * n; ++trial) {
    std::vector<std::size_t> order(n + 1);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return value[i] < value[j]; });
    const std::size_t best = order.front(), worst = order.back();
    if (value[worst] - value[best] <= 1e-9 * std::abs(value[best])) break;
    std::vector<double> centre(n, 0.0);
    for (std::size_t i = 0; i <= n; ++i)
      for (std::size_t k = 0; k < n && i != worst; ++k) centre[k] += at[i][k] / static_cast<double>(n);
    const auto towards = [&](double factor) {
      std::vector<double> point(n);
      for (std::size_t k = 0; k < n; ++k) point[k] = centre[k] + factor * (at[worst][k] - centre[k]);
      return point;
    };
    const auto take = [&](std::vector<double> point, double found) {
      at[worst] = std::move(point);
      value[worst] = found;
    };
    auto reflected = towards(-1);
    const double mirrored = f(reflected);
    if (mirrored < value[best]) {
      auto expanded = towards(-2);
      const double further = f(expanded);
      further < mirrored ? take(expanded, further) : take(reflected, mirrored);
    } else if (mirrored < value[order[n - 1]]) {
      take(reflected, mirrored);
    } else {
      auto contracted = towards(mirrored < value[worst] ? -0.5 : 0.5);
      const double nearer = f(contracted);
      if (nearer < std::min(mirrored, value[worst])) {
        take(contracted, nearer);
      } else {
        for (std::size_t i = 0; i <= n; ++i) {
          for (std::size_t k = 0; k < n && i != best; ++k) at[i][k] = (at[i][k] + at[best][k]) / 2;
          if (i != best) value[i] = f(at[i]);
        }
      }
    }
  }
  return at[static_cast<std::size_t>(std::min_element(value.begin(), value.end()) - value.begin())];
}

/// A of PCCA+, from the eigenfunctions on cells.
HostMatrix pcca(const HostMatrix& x) {
  const std::size_t m = x.extent(1);
  const std::vector<std::size_t> vertices = inner_simplex(x);
  const HostMatrix corners("kswgd::states::corners", m, m);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t k = 0; k < m; ++k) corners(i, k) = x(vertices[i], k);
  const HostMatrix first = solved(corners, identity(m));
  if (static_cast<Index>(m) > most_optimised || m < 3) return made_feasible(first, x);  // of two states all crispness is the same
  const auto with = [&](const std::vector<double>& inner) {
    const HostMatrix a("kswgd::states::a", m, m);
    for (std::size_t k = 1; k < m; ++k)
      for (std::size_t j = 1; j < m; ++j) a(k, j) = inner[(k - 1) * (m - 1) + j - 1];
    return made_feasible(a, x);
  };
  std::vector<double> inner;
  for (std::size_t k = 1; k < m; ++k)
    for (std::size_t j = 1; j < m; ++j) inner.push_back(first(k, j));
  return with(minimum([&](const std::vector<double>& at) { return -crispness_of(with(at)); }, inner));
}

/// Means of the eigenfunctions (n x m) over the cells of the landmarks, those with a few points alone.
template <class Exec>
HostMatrix over_cells(const Exec& exec, const DataSet<Exec>& data, const ModelData& model, const HostMatrix& phi) {
  const LevelData* level = &model.density.levels.front();
  for (const LevelData& one : model.density.levels)
    if (one.last_landmark - one.first_landmark <= most_cells) level = &one;
  const Index last = std::min(level->last_landmark, level->first_landmark + most_cells);
  const HostPoints centres("kswgd::states::centres", last - level->first_landmark, model.density.landmarks.extent(1));
  Kokkos::deep_copy(centres, HostPoints(Kokkos::subview(model.density.landmarks, Span(level->first_landmark, last), Kokkos::ALL)));
  const Points<Exec> landmarks = to_device(exec, centres);
  const std::size_t cells = centres.extent(0), m = phi.extent(1);
  const HostMatrix sums("kswgd::states::cells", cells, m);
  std::vector<double> weight(cells, 0.0);
  std::vector<Index> members(cells, 0);
  const Index rows = std::min(data.size(), rows_of_tile(static_cast<Index>(cells)));
  const auto distance = allocate<Vector<Exec>>(exec, "states::distance", rows);
  const auto index = allocate<Vector<Exec, int>>(exec, "states::index", rows);
  Frame<Exec>(exec, model.frame).walk(exec, data, static_cast<Index>(cells), [&](Index first, Index count, const Points<Exec>& x) {
    nearest_landmark(exec, x, landmarks, distance, index);
    const auto host = to_host(exec, index);
    for (Index i = 0; i < count; ++i) {
      const double w = data.weight(first + i);
      if (!(w > 0)) continue;
      const auto cell = static_cast<std::size_t>(host(i));
      for (std::size_t k = 0; k < m; ++k) sums(cell, k) += w * phi(first + i, k);
      weight[cell] += w;
      ++members[cell];
    }
  });
  std::vector<std::size_t> kept;
  for (std::size_t c = 0; c < cells; ++c)
    if (members[c] >= fewest_members) kept.push_back(c);
  require(kept.size() >= m, "metastable_states", [&] { return "the points fill " + std::to_string(kept.size()) + " cells, fewer than states were asked for"; });
  const HostMatrix means("kswgd::states::means", kept.size(), m);
  for (std::size_t i = 0; i < kept.size(); ++i)
    for (std::size_t k = 0; k < m; ++k) means(i, k) = k == 0 ? 1 : sums(kept[i], k) / weight[kept[i]];
  return means;
}

/// chi = phi A, cut to [0, 1] and divided by its sum.
HostMatrix memberships(const HostMatrix& phi, const HostMatrix& a) {
  const HostMatrix chi = small::product(phi, a);
  for (std::size_t i = 0; i < chi.extent(0); ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < chi.extent(1); ++j) sum += chi(i, j) = std::clamp(chi(i, j), 0.0, 1.0);
    for (std::size_t j = 0; j < chi.extent(1); ++j) chi(i, j) /= sum;
  }
  return chi;
}

/// The m slowest eigenfunctions at all points, n x m.
template <class Exec>
HostMatrix slow_modes(const Exec& exec, const DataSet<Exec>& data, const ModelData& model, Index m) {
  const Eigenfunctions<Exec> functions(exec, model, m);
  const HostMatrix phi("kswgd::states::phi", data.size(), m);
  walk_tiles(exec, data, data.dimension(), [&](Index first, Index count, const Points<Exec>& x) {
    const auto values = to_host(exec, functions.values(exec, x));
    for (Index i = 0; i < count; ++i)
      for (Index k = 0; k < m; ++k) phi(first + i, k) = values(i, k);
  });
  return phi;
}

}  // namespace

Index states_by_gap(const ModelData& model) {
  const auto held = std::min<Index>(model.spectrum.pairs.size() - 1, most_states);
  const auto read = static_cast<Index>(model.spectrum.read_out.values.size());
  const Index known = read > 0 ? std::min(held, read) : held;
  require(known >= 2, "metastable_states", [] { return "the model knows fewer than two eigenvalues beside the constant's: say how many states there are"; });
  Index best = 1;
  double most = 0;
  for (Index k = 1; k < known; ++k) {
    const double ratio = model.spectrum.eigenvalue_to_read(k + 1) / model.spectrum.eigenvalue_to_read(k);
    if (ratio > most) {
      most = ratio;
      best = k;
    }
  }
  return best + 1;
}

template <ExecutionSpace Exec>
MetastableStates metastable_states(const Exec& exec, const DataSet<Exec>& data, const ModelData& model, Index states) {
  require_one_rank(data, "metastable_states");
  require(model.spectrum.kind != SpectrumKind::killed, "metastable_states", [] { return "a process that is killed has no metastable states"; });
  require(states == 0 || (states >= 2 && states <= most_states), "metastable_states",
          [&] { return "there must be between 2 and " + std::to_string(most_states) + " states, got " + std::to_string(states); });
  require(data.dimension() == model.dimension(), "metastable_states",
          [&] { return "the data have " + std::to_string(data.dimension()) + " coordinates, the model has " + std::to_string(model.dimension()); });
  const Index m = states > 0 ? states : states_by_gap(model);
  const HostMatrix phi = slow_modes(exec, data, model, m);
  MetastableStates result;
  result.transform = pcca(over_cells(exec, data, model, phi));
  result.membership = memberships(phi, result.transform);
  result.crispness = 0;
  const auto count = static_cast<std::size_t>(m);
  for (std::size_t j = 0; j < count; ++j) {
    std::vector<double> chi;
    double sum = 0, square = 0, total = 0;
    for (Index i = 0; i < data.size(); ++i) {
      const double value = result.membership(i, j), w = data.weight(i);
      chi.push_back(value);
      sum += w * value;
      square += w * value * value;
      total += w;
    }
    result.populations.push_back(sum / total);
    result.population_errors.push_back(detail::error_of_mean(chi, data.weights(), data.is_ordered()));
    result.crispness += square / sum / static_cast<double>(m);
  }
  const HostMatrix inverse = solved(result.transform, identity(count));
  result.rates = HostMatrix("kswgd::states::rates", count, count);
  result.rate_errors = HostMatrix("kswgd::states::rate_errors", count, count);
  const auto& spread = model.spectrum.read_out.spread;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < count; ++j) {
      double square = 0;
      for (std::size_t k = 1; k < count; ++k) {
        const double share = inverse(i, k) * result.transform(k, j), error = k - 1 < spread.size() ? spread[k - 1] : std::nan("");
        result.rates(i, j) -= share * model.spectrum.eigenvalue_to_read(static_cast<Index>(k));
        square += share * share * error * error;
      }
      result.rate_errors(i, j) = std::sqrt(square);
    }
  return result;
}

template <ExecutionSpace Exec>
HostMatrix memberships_at(const Exec& exec, const ModelData& model, const MetastableStates& states, const Points<Exec>& x) {
  const auto values = to_host(exec, Eigenfunctions<Exec>(exec, model, states.size()).values(exec, x));
  const HostMatrix phi("kswgd::states::phi", values.extent(0), values.extent(1));
  Kokkos::deep_copy(phi, values);
  return memberships(phi, states.transform);
}

#define KSWGD_INSTANTIATE(EXEC)                                                                            \
  template MetastableStates metastable_states(const EXEC&, const DataSet<EXEC>&, const ModelData&, Index); \
  template HostMatrix memberships_at(const EXEC&, const ModelData&, const MetastableStates&, const Points<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
