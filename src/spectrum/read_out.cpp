// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../algebra/side_by_side.hpp"
#include "../algebra/small_matrices.hpp"
#include "../algebra/square_matrices.hpp"
#include "../data/blocks.hpp"

#include <Kokkos_Profiling_ScopedRegion.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/read_out.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

namespace kswgd {
namespace {

template <class Exec>
Eigenpairs pairs_of(const Exec& exec, const Forms<Exec>& forms, Index features, Index modes, Operator which, const EigenSolver<Exec>& solver,
                    const HostMatrix& guess) {
  const auto gram = algebra::leading_square(exec, forms.gram, features), form = algebra::leading_square(exec, forms.form, features);
  if (which == Operator::killed) return killed_eigenpairs(exec, gram, form, modes + 1, solver, default_regularisation, guess);
  const auto eigenpairs = which == Operator::generator ? generator_eigenpairs<Exec> : edmd_eigenpairs<Exec>;
  return eigenpairs(exec, gram, form, modes, solver, default_regularisation, guess);
}

/// Residuals that suffice: the error of a Ritz value is of their square, six digits, where folds agree to two.
constexpr double fold_tolerance = 1e-3;

/// The first pair that is read: the constant is known, a ground state is not.
std::ptrdiff_t first_read(Operator which) { return which == Operator::killed ? 0 : 1; }

/// Modes that are fitted beyond those that are read. A mode that lies close to the next one turns towards it from fold to fold;
/// where that one were left out, the cross-fitted value would be too large by what it took with it.
constexpr Index buffer_modes = 4;

/// The modes whose sum chooses the level, so that it does not depend on how many more are read.
constexpr std::size_t most_telling = 10;

/// The levels are tried from the coarsest. Bias falls with more features and overfitting grows, so that their sums fall and then rise: after
/// this many in a row that are worse than the best, a better one was found in 1 of 45 fits only, and the search ends.
constexpr int worse_in_a_row = 2;

/// What the folds add up to on one level.
struct LevelSums {
  Index features;
  std::size_t columns;  // modes, and the constant or the ground state
  Eigenpairs full;
  HostMatrix s, t;
  std::vector<std::vector<double>> values;  // of each fit without a fold
};

/// Modes of a coarser level, whose features are the first ones of this one's.
HostMatrix guess_from(const HostMatrix& coarser, Index features) {
  if (coarser.extent(1) == 0) return {};
  const HostMatrix guess("kswgd::read_out::guess", features, coarser.extent(1));
  Kokkos::deep_copy(HostMatrix(Kokkos::subview(guess, Span(0, static_cast<Index>(coarser.extent(0))), Kokkos::ALL)), coarser);
  return guess;
}

/// Modes closer than this factor turn into each other from fold to fold, and are rotated together. A rotation by an angle e of modes that
/// lie far apart would add e^2 of the high eigenvalue to the low one.
constexpr double cluster_ratio = 1.3;

/// [first, last) of the modes that belong together: eigenvalues (-log mu of Koopman's), in order, within `cluster_ratio` of their neighbour.
std::vector<std::pair<std::size_t, std::size_t>> clusters_of(const double* values, std::size_t count, Operator which) {
  std::vector<double> rates(values, values + count);
  for (double& rate : rates)
    if (which == Operator::koopman) rate = rate > 0 ? -std::log(std::min(rate, 1.0)) : HUGE_VAL;  // all that is not positive is noise alike
  // Eigenvalues of zero, of regions that nothing joins, are one cluster: what tells them apart is rounding.
  double largest = 0;
  for (const double rate : rates) largest = std::isfinite(rate) ? std::max(largest, rate) : largest;
  for (double& rate : rates) rate = std::max(rate, 1e-9 * largest);
  std::vector<std::pair<std::size_t, std::size_t>> clusters;
  for (std::size_t j = 0; j < count; ++j) {
    const bool known = j == 0 && first_read(which) == 1, after_known = j == 1 && first_read(which) == 1;  // the constant stays what it is
    const bool joins = j > 0 && !known && !after_known && (rates[j] <= cluster_ratio * rates[j - 1] || rates[j] == rates[j - 1]);
    if (joins)
      clusters.back().second = j + 1;
    else
      clusters.emplace_back(j, j + 1);
  }
  return clusters;
}

/// Which cluster each mode of a fit without a fold belongs to: where most of it lies, largest shares first, as many as the cluster has.
/// Modes whose eigenvalues change places from fold to fold find their own.
std::vector<std::vector<std::size_t>> members_of(const std::vector<std::pair<std::size_t, std::size_t>>& clusters, const HostMatrix& overlap) {
  struct Share {
    double size;
    std::size_t cluster, mode;
  };
  std::vector<Share> shares;
  const std::size_t count = overlap.extent(1);
  for (std::size_t c = 0; c < clusters.size(); ++c)
    for (std::size_t j = 0; j < count; ++j) {
      double size = 0;
      for (std::size_t i = clusters[c].first; i < clusters[c].second; ++i) size += overlap(i, j) * overlap(i, j);
      shares.push_back({size, c, j});
    }
  std::stable_sort(shares.begin(), shares.end(), [](const Share& a, const Share& b) { return a.size > b.size; });
  std::vector<std::vector<std::size_t>> members(clusters.size());
  std::vector<bool> taken(count, false);
  for (const auto& [size, cluster, mode] : shares) {
    if (taken[mode] || members[cluster].size() == clusters[cluster].second - clusters[cluster].first) continue;
    members[cluster].push_back(mode);
    taken[mode] = true;
  }
  for (auto& modes : members) std::sort(modes.begin(), modes.end());
  return members;
}

/// The rotation Q that turns modes fitted without a fold into those of the full fit, v Q, cluster by cluster: the orthogonal factor O of
/// each block of overlap = O P, transposed. A mode by itself keeps or changes its sign.
HostMatrix alignment(const HostMatrix& overlap, const std::vector<std::pair<std::size_t, std::size_t>>& clusters) {
  const std::size_t count = overlap.extent(1);
  const auto members = members_of(clusters, overlap);
  const HostMatrix rotation("kswgd::read_out::rotation", count, count);
  for (std::size_t c = 0; c < clusters.size(); ++c) {
    const std::size_t first = clusters[c].first, size = members[c].size();
    const HostMatrix block("kswgd::read_out::block", size, size);
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t j = 0; j < size; ++j) block(i, j) = overlap(first + i, members[c][j]);
    const HostMatrix turn = size == 1 ? block : small::product(block, small::inverse_root(small::product(block, block, true)));
    if (size == 1) turn(0, 0) = block(0, 0) < 0 ? -1 : 1;
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t j = 0; j < size; ++j) rotation(members[c][j], first + i) = turn(i, j);
  }
  return rotation;
}

/// What a fit without a fold adds to a level: forms of its modes, rotated onto those of the full fit, over all data and over those that it was fitted to.
struct FoldPart {
  HostMatrix s_all, s_without, t_all, t_without;
  std::vector<double> values;  ///< of the modes that are read; none: there are too few
  double weight = 0;           ///< of the data that it was fitted to
};

template <class Exec>
FoldPart fold_part(const Exec& exec, const LevelSums& level, const Forms<Exec>& all, const Forms<Exec>& without, Operator which,
                   const EigenSolver<Exec>& solver) {
  const auto features = static_cast<std::size_t>(level.features);
  const HostMatrix full = small::leading_block(level.full.vectors, features, level.columns);
  const Eigenpairs pairs = pairs_of(exec, without, level.features, static_cast<Index>(level.columns) - 1, which, solver, full);
  if (static_cast<std::size_t>(pairs.size()) < level.columns) return {};
  const HostMatrix v = small::leading_block(pairs.vectors, features, level.columns);
  const auto image = [&](const Matrix<Exec>& a) { return apply(exec, algebra::leading_square(exec, a, level.features), v); };
  const HostMatrix gram_image = image(all.gram);
  const HostMatrix rotation = alignment(small::product(full, gram_image, true), clusters_of(level.full.values.data(), level.columns, which));
  const auto rotated = [&](const HostMatrix& a_v) { return small::form(rotation, small::product(v, a_v, true), rotation); };
  return {rotated(gram_image),
          rotated(image(without.gram)),
          rotated(image(all.form)),
          rotated(image(without.form)),
          {pairs.values.data() + first_read(which), pairs.values.data() + level.columns},
          without.weight};
}

/// The fold's own sums: those of all less those without it.
void add_fold(LevelSums& level, const FoldPart& part, double all) {
  if (part.values.empty()) return;
  small::add(level.s, part.s_all, all);
  small::add(level.s, part.s_without, -part.weight);
  small::add(level.t, part.t_all, all);
  small::add(level.t, part.t_without, -part.weight);
  level.values.push_back(part.values);
}

/// The sums of a level, or nothing: it has too few modes, or a factorisation failed because it is finer than the data can tell.
template <class Exec>
std::optional<LevelSums> summed(const Exec& exec, const FoldedForms<Exec>& forms, Index features, Index read, Operator which, const EigenSolver<Exec>& solver,
                                const HostMatrix& guess) {
  const Index wanted = std::min(read + buffer_modes, features - 1);
  LevelSums level{features, static_cast<std::size_t>(wanted) + 1, {}, {}, {}, {}};
  try {
    const bool known = features == static_cast<Index>(forms.all.gram.extent(0)) && forms.known && forms.known->size() > wanted;
    level.full = known ? *forms.known : pairs_of(exec, forms.all, features, wanted, which, solver, guess);
    if (level.full.size() < read + 1) return {};
    level.columns = std::min(level.columns, static_cast<std::size_t>(level.full.size()));
    level.s = HostMatrix("kswgd::read_out::s", level.columns, level.columns);
    level.t = HostMatrix("kswgd::read_out::t", level.columns, level.columns);
    std::vector<FoldPart> parts(static_cast<std::size_t>(forms.folds));
    algebra::side_by_side(exec, forms.folds, [&](const Exec& on, int fold) {
      const Forms<Exec> without = forms.without(on, fold, features);
      if (without.weight > 0 && without.weight < forms.all.weight)
        parts[static_cast<std::size_t>(fold)] = fold_part(on, level, forms.all, without, which, solver);
    });
    for (const FoldPart& part : parts) add_fold(level, part, forms.all.weight);
  } catch (const Failure&) {
    return {};
  }
  return level.values.empty() ? std::nullopt : std::optional(level);
}

/// Delete-one jackknife: sqrt((K - 1) / K sum_k (value_k - mean)^2).
double jackknife(const std::vector<std::vector<double>>& values, std::size_t j) {
  const auto folds = static_cast<double>(values.size());
  double mean = 0, square = 0;
  for (const auto& fold : values) mean += fold[j] / folds;
  for (const auto& fold : values) square += (fold[j] - mean) * (fold[j] - mean);
  return values.size() > 1 ? std::sqrt((folds - 1) / folds * square) : 0;
}

/// Half of what lies between the value that is too small and the one that is too large, as far as the value to read can be wrong. Between
/// Koopman eigenvalues that is taken between their rates.
double half_distance(double in_sample, double cross_fitted, Operator which) {
  if (which == Operator::koopman && in_sample > 0 && cross_fitted > 0) return in_sample * std::abs(std::log(in_sample / cross_fitted)) / 2;
  return std::abs(in_sample - cross_fitted) / 2;
}

}  // namespace

template <ExecutionSpace Exec>
RawReadOut read_out(const Exec& exec, const FoldedForms<Exec>& forms, const std::vector<Index>& level_features, Index modes, Operator which,
                    const EigenSolver<Exec>& caller_solver) {
  const Kokkos::Profiling::ScopedRegion region("kswgd::read_out");
  const EigenSolver<Exec> solver = [&caller_solver](const Exec& on, const Pencil<Exec>& pencil, Index wanted) {
    Pencil<Exec> rough = pencil;
    rough.tolerance = fold_tolerance;
    return caller_solver(on, rough, wanted);
  };
  RawReadOut best;
  double best_sum = 0;
  int worse = 0;
  HostMatrix coarser;  // the modes of the level before
  for (std::size_t l = 0; l < level_features.size() && worse < worse_in_a_row; ++l) {
    const bool last = l + 1 == level_features.size();
    const Index features = level_features[l], read = last && coarser.extent(1) == 0 ? std::min(modes, features - 1) : modes;
    if (features <= read || read < 1) continue;
    const auto values_read = static_cast<std::size_t>(read + 1 - first_read(which));
    if (best.level >= 0) ++worse;  // until it is shown to be better
    const auto level = summed(exec, forms, features, read, which, solver, guess_from(coarser, features));
    if (!level) continue;
    coarser = level->full.vectors;
    std::vector<double> cross = small::pencil_values(level->t, level->s);
    if (cross.size() < level->columns) continue;
    if (which == Operator::koopman) std::reverse(cross.begin(), cross.end());
    cross.erase(cross.begin(), cross.begin() + first_read(which));
    cross.resize(values_read);
    const auto telling = cross.begin() + static_cast<std::ptrdiff_t>(std::min(cross.size(), most_telling));
    const double sum = std::accumulate(cross.begin(), telling, 0.0) * (which == Operator::koopman ? -1 : 1);
    if (best.level >= 0 && !(sum < best_sum)) continue;
    worse = 0;
    best_sum = sum;
    best.level = static_cast<int>(l);
    best.cross_fitted = cross;
    const double* values = level->full.values.data() + first_read(which);
    best.in_sample.assign(values, values + values_read);
    best.spread.clear();
    const double factor = detail::student_factor(std::max(1.0, static_cast<double>(level->values.size()) - 1));
    for (std::size_t j = 0; j < values_read; ++j)
      best.spread.push_back(std::hypot(factor * jackknife(level->values, j), half_distance(best.in_sample[j], best.cross_fitted[j], which)));
  }
  return best;
}

#define KSWGD_INSTANTIATE(EXEC) \
  template RawReadOut read_out(const EXEC&, const FoldedForms<EXEC>&, const std::vector<Index>&, Index, Operator, const EigenSolver<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
