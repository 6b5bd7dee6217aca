// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "log_density.hpp"
#include "../algebra/side_by_side.hpp"

#include <Kokkos_Profiling_ScopedRegion.hpp>
#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/ordered_sum.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace kswgd::detail {
namespace {

/// rho is 10 to the power of these: below is rounding, above the features are no more those that the data chose.
constexpr int lowest_power = -7, highest_power = -2, first_power = -6;

/// A level's features are tried as long as no two in a row were worse than the best.
constexpr int worse_in_a_row = 2;

/// c := -s o c
template <class Exec>
struct UnscaleKernel {
  Matrix<Exec> c;
  Vector<Exec> scale;
  KOKKOS_FUNCTION void operator()(Index a) const { c(a, 0) *= -scale(a); }
};

/// c := s o v
template <class Exec>
struct ScaledColumnKernel {
  Matrix<Exec> c;
  Vector<Exec> v, scale;
  KOKKOS_FUNCTION void operator()(Index a) const { c(a, 0) = scale(a) * v(a); }
};

/// Fits with a smaller share of the blend are left out.
constexpr double smallest_share = 0.02;

/// On levels that cost more than this part of the budget one rho is tried, that of the best level so far.
constexpr double cheap_share = 0.2;

/// The coarsest level may cost so many budgets: without it there is no log density.
constexpr double largest_first = 20;

/// The moments of one part of the data.
template <class Exec>
struct Part {
  typename MomentAccumulator<Exec>::Result moments;
  GramScale<Exec> scale;
};

template <class Exec>
Part<Exec> part_of(const Exec& exec, const FoldSums<Exec>& folds, Index features, const FormSums<Exec>* less) {
  Part<Exec> part{folds.total().moments(exec, features, less), {}};
  part.scale = gram_scale(exec, part.moments.gram);
  part.moments.gram = Matrix<Exec>();
  return part;
}

/// -(D + rho w I)^{-1} E[lap psi], p x 1.
template <class Exec>
Matrix<Exec> solve(const Exec& exec, const Part<Exec>& part, double rho) {
  const Factorisation<Exec> factor = factorise(exec, part.moments.dirichlet, part.scale, rho);
  const Index p = static_cast<Index>(factor.r.extent(0));
  const auto c = allocate<Matrix<Exec>>(exec, "log_density::c", p, 1);
  Kokkos::parallel_for("kswgd::log_density::scale", index_range(exec, p), ScaledColumnKernel<Exec>{c, part.moments.laplacian, factor.scale});
  algebra::solve_upper(exec, true, factor.r, c);
  algebra::solve_upper(exec, false, factor.r, c);
  Kokkos::parallel_for("kswgd::log_density::unscale", index_range(exec, p), UnscaleKernel<Exec>{c, factor.scale});
  exec.fence("kswgd::log_density: the factor is freed");
  return c;
}

/// c^T D c / 2 + c^T E[lap psi], times the weight of the part.
template <class Exec>
double hyvarinen_sum(const Exec& exec, const Part<Exec>& part, const Matrix<Exec>& c) {
  const Index p = static_cast<Index>(c.extent(0));
  const auto image = allocate<Vector<Exec>>(exec, "log_density::image", p);
  const Vector<Exec> column = Kokkos::subview(c, Kokkos::ALL, 0);
  algebra::multiply(exec, 1.0, algebra::Op::none, part.moments.dirichlet, column, 0.0, image);
  const double square = ordered_dot(exec, "log_density::square", column, image);
  return part.moments.weight * (square / 2 + ordered_dot(exec, "log_density::slope", column, part.moments.laplacian));
}

/// A fit of one level at one rho, without each fold.
template <class Exec>
struct Candidate {
  std::size_t level;
  int power;
  double held_out;                  // J; infinity where a factorisation failed
  std::vector<Matrix<Exec>> folds;  // coefficients, p x 1
};

/// A level with its parts, and what the folds say of it.
template <class Exec>
class LevelSearch {
 public:
  LevelSearch(const Exec& exec, const FoldSums<Exec>& folds, Index features, std::size_t level)
      : m_exec(exec), m_level(level), m_all(part_of(exec, folds, features, {})) {
    std::vector<const FormSums<Exec>*> used;
    for (int k = 0; k < fold_count; ++k)
      if (folds.fold(k).weight() > 0 && folds.fold(k).weight() < folds.total().weight()) used.push_back(&folds.fold(k));
    m_without.resize(used.size());
    algebra::side_by_side(exec, static_cast<int>(used.size()), [&](const Exec& on, int fold) {
      const auto k = static_cast<std::size_t>(fold);
      m_without[k] = part_of(on, folds, features, used[k]);
    });
  }

  std::size_t folds() const { return m_without.size(); }
  const std::map<int, Candidate<Exec>>& candidates() const { return m_candidates; }

  /// J of the folds for this power of 10.
  double held_out(int power) {
    const auto known = m_candidates.find(power);
    if (known != m_candidates.end()) return known->second.held_out;
    Candidate<Exec> candidate{m_level, power, std::numeric_limits<double>::infinity(), std::vector<Matrix<Exec>>(m_without.size())};
    std::vector<double> sums(m_without.size());
    double sum = 0, weight = 0;
    try {
      algebra::side_by_side(m_exec, static_cast<int>(m_without.size()), [&](const Exec& on, int fold) {
        const auto k = static_cast<std::size_t>(fold);
        const Part<Exec>& part = m_without[k];
        const Matrix<Exec> c = candidate.folds[k] = solve(on, part, std::pow(10.0, power));
        sums[k] = hyvarinen_sum(on, m_all, c) - hyvarinen_sum(on, part, c);  // the fold's own sums: those of all less those without it
      });
      for (std::size_t k = 0; k < sums.size(); ++k) {
        sum += sums[k];
        weight += m_all.moments.weight - m_without[k].moments.weight;
      }
      if (weight > 0 && std::isfinite(sum)) candidate.held_out = sum / weight;
    } catch (const Failure&) {
    }
    return m_candidates.emplace(power, std::move(candidate)).first->second.held_out;
  }

  /// The best power, uphill from `power`.
  int climb(int power) {
    for (;;) {
      const int up = std::min(power + 1, highest_power), down = std::max(power - 1, lowest_power);
      const int best = held_out(up) < held_out(down) ? up : down;
      if (!(held_out(best) < held_out(power))) return power;
      power = best;
    }
  }

  Matrix<Exec> fitted_to_all(int power) const { return solve(m_exec, m_all, std::pow(10.0, power)); }
  const Part<Exec>& all() const { return m_all; }
  const Part<Exec>& without(std::size_t fold) const { return m_without[fold]; }

 private:
  Exec m_exec;
  std::size_t m_level;
  Part<Exec> m_all;
  std::vector<Part<Exec>> m_without;
  std::map<int, Candidate<Exec>> m_candidates;
};

/// c_j as the columns of a matrix with the features of the finest of them.
template <class Exec>
Matrix<Exec> side_by_side(const Exec& exec, const std::vector<Matrix<Exec>>& columns, Index features) {
  const auto result = zeros<Matrix<Exec>>(exec, "log_density::columns", features, columns.size());
  for (std::size_t j = 0; j < columns.size(); ++j) {
    const Index p = static_cast<Index>(columns[j].extent(0));
    Kokkos::deep_copy(exec, Kokkos::subview(result, Span(0, p), j), Kokkos::subview(columns[j], Kokkos::ALL, 0));
  }
  return result;
}

/// J of a blend sum_j a_j c_j over the folds is 1/2 a^T h a + a^T b.
struct BlendForm {
  std::vector<std::vector<double>> h;
  std::vector<double> b;

  double operator()(const std::vector<double>& a) const {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      sum += a[i] * b[i];
      for (std::size_t j = 0; j < a.size(); ++j) sum += a[i] * h[i][j] * a[j] / 2;
    }
    return sum;
  }
};

/// Adds `sign` times the sums of a part for its coefficients, p x m.
template <class Exec>
void add_to(const Exec& exec, BlendForm& form, const Part<Exec>& part, const Matrix<Exec>& c, double sign) {
  const std::size_t m = c.extent(1);
  const auto image = allocate<Matrix<Exec>>(exec, "log_density::image", c.extent(0), m), h = allocate<Matrix<Exec>>(exec, "log_density::h", m, m);
  const auto b = allocate<Vector<Exec>>(exec, "log_density::b", m);
  algebra::multiply(exec, 1.0, algebra::Op::none, part.moments.dirichlet, algebra::Op::none, c, 0.0, image);
  algebra::multiply(exec, 1.0, algebra::Op::transposed, c, algebra::Op::none, image, 0.0, h);
  algebra::multiply(exec, 1.0, algebra::Op::transposed, c, part.moments.laplacian, 0.0, b);
  const auto host_h = to_host(exec, h);
  const auto host_b = to_host(exec, b);
  for (std::size_t i = 0; i < m; ++i) {
    form.b[i] += sign * part.moments.weight * host_b(i);
    for (std::size_t j = 0; j < m; ++j) form.h[i][j] += sign * part.moments.weight * host_h(i, j);
  }
}

/// The shares, none negative, with the smallest J: by coordinates, from 0. Shares that are smaller than `least` of all become 0.
std::vector<double> blended(const BlendForm& form, double least) {
  constexpr int sweeps = 5000;
  const std::size_t m = form.b.size();
  std::vector<double> a(m, 0.0);
  std::vector<char> dropped(m, 0);
  for (const bool prune : {false, true}) {
    const double total = std::accumulate(a.begin(), a.end(), 0.0);
    for (std::size_t i = 0; prune && i < m; ++i)
      if (a[i] < least * total) {
        dropped[i] = 1;
        a[i] = 0;
      }
    for (int sweep = 0; sweep < sweeps; ++sweep) {
      double change = 0;
      for (std::size_t i = 0; i < m; ++i) {
        if (dropped[i] || !(form.h[i][i] > 0)) continue;
        double slope = form.b[i];
        for (std::size_t j = 0; j < m; ++j) slope += form.h[i][j] * a[j];
        const double next = std::max(0.0, a[i] - slope / form.h[i][i]);
        change = std::max(change, std::abs(next - a[i]));
        a[i] = next;
      }
      if (change < 1e-9) break;
    }
  }
  return a;
}

/// sum_j a_j c_j
template <class Exec>
std::vector<double> blend(const Exec& exec, const std::vector<Matrix<Exec>>& columns, const std::vector<double>& shares, std::size_t features) {
  std::vector<double> sum(features, 0.0);
  for (std::size_t j = 0; j < columns.size(); ++j) {
    const auto host = to_host(exec, columns[j]);
    for (std::size_t a = 0; a < host.extent(0); ++a) sum[a] += shares[j] * host(a, 0);
  }
  return sum;
}

/// What the levels learned, together.
template <class Exec>
LogDensity blend_levels(const Exec& exec, const std::vector<LevelSearch<Exec>>& levels, double unit) {
  const LevelSearch<Exec>& finest = levels.back();
  const std::size_t folds = finest.folds();
  std::vector<const Candidate<Exec>*> candidates;
  for (const auto& level : levels)
    for (const auto& [power, candidate] : level.candidates())
      if (std::isfinite(candidate.held_out)) candidates.push_back(&candidate);
  LogDensity result;
  if (candidates.empty()) return result;
  const Index p = static_cast<Index>(finest.all().moments.dirichlet.extent(0));
  BlendForm form{std::vector<std::vector<double>>(candidates.size(), std::vector<double>(candidates.size(), 0.0)), std::vector<double>(candidates.size(), 0.0)};
  double weight = 0;
  for (std::size_t k = 0; k < folds; ++k) {
    std::vector<Matrix<Exec>> columns;
    for (const auto* candidate : candidates) columns.push_back(candidate->folds[k]);
    const Matrix<Exec> c = side_by_side(exec, columns, p);
    add_to(exec, form, finest.all(), c, 1);
    add_to(exec, form, finest.without(k), c, -1);
    weight += finest.all().moments.weight - finest.without(k).moments.weight;
  }
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    form.b[i] /= weight;
    for (double& value : form.h[i]) value /= weight;
  }
  const std::vector<double> all_shares = blended(form, smallest_share);

  std::vector<double> shares;
  std::vector<const Candidate<Exec>*> used;
  std::vector<Matrix<Exec>> columns;
  std::size_t features = 0;
  double most = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!(all_shares[i] > 0)) continue;
    used.push_back(candidates[i]);
    shares.push_back(all_shares[i]);
    columns.push_back(levels[candidates[i]->level].fitted_to_all(candidates[i]->power));
    features = std::max<std::size_t>(features, columns.back().extent(0));
    result.level = std::max(result.level, static_cast<Index>(candidates[i]->level));
    if (all_shares[i] > most) {
      most = all_shares[i];
      result.regularisation = std::pow(10.0, candidates[i]->power);
    }
  }
  if (used.empty()) return result;
  result.coefficients = blend(exec, columns, shares, features);
  result.without_fold = HostMatrix("kswgd::log_density::without_fold", features, folds);
  for (std::size_t k = 0; k < folds; ++k) {
    std::vector<Matrix<Exec>> without;
    for (const auto* candidate : used) without.push_back(candidate->folds[k]);
    const auto c = blend(exec, without, shares, features);
    for (std::size_t a = 0; a < features; ++a) result.without_fold(a, k) = c[a];
  }
  result.held_out = form(all_shares) * unit;
  const HostMatrix whole("kswgd::log_density::coefficients", p, 1);
  for (std::size_t a = 0; a < features; ++a) whole(a, 0) = result.coefficients[a];
  result.in_sample = hyvarinen_sum(exec, finest.all(), Matrix<Exec>(to_device(exec, whole))) / finest.all().moments.weight * unit;
  return result;
}

}  // namespace

template <ExecutionSpace Exec>
LogDensity learn_log_density(const Exec& exec, const FoldSums<Exec>& folds, const std::vector<LevelData>& levels, double budget, double unit) {
  const Kokkos::Profiling::ScopedRegion region("kswgd::fit::log_density");
  std::vector<LevelSearch<Exec>> tried;
  double best = std::numeric_limits<double>::infinity();
  int best_power = first_power, worse = 0;
  for (std::size_t l = 0; l < levels.size() && worse < worse_in_a_row; ++l) {
    const Index p = levels[l].features;
    const double cost = 7 * std::pow(static_cast<double>(p), 3);
    if (p > folds.total().size() || cost > (l > 0 ? budget : largest_first * budget)) break;
    LevelSearch<Exec> level(exec, folds, p, l);
    if (level.folds() < 2) break;
    const int power = cost > cheap_share * budget ? best_power : level.climb(best_power);
    const double here = level.held_out(power);
    tried.push_back(std::move(level));
    ++worse;
    if (!(here < best)) continue;
    worse = 0;
    best = here;
    best_power = power;
  }
  if (std::isfinite(best)) return blend_levels(exec, tried, unit);
  LogDensity none;
  return none;
}

#define KSWGD_INSTANTIATE(EXEC) template LogDensity learn_log_density(const EXEC&, const FoldSums<EXEC>&, const std::vector<LevelData>&, double, double);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd::detail
