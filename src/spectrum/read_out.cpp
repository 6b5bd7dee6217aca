// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../algebra/small_matrices.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/read_out.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kswgd {
namespace {

template <class Exec>
Eigenpairs pairs_of(const Exec& exec, const Forms<Exec>& forms, Index features, Index modes, Spectrum spectrum, const EigenSolver<Exec>& solver) {
  const auto gram = copy_block(exec, forms.gram, features), form = copy_block(exec, forms.form, features);
  if (spectrum == Spectrum::killed) return killed_eigenpairs(exec, gram, form, modes + 1, solver);
  return spectrum == Spectrum::generator ? generator_eigenpairs(exec, gram, form, modes, solver) : edmd_eigenpairs(exec, gram, form, modes, solver);
}

/// Residuals that suffice: the error of a Ritz value is of their square, eight digits, where folds agree to two.
constexpr double fold_tolerance = 1e-4;

/// The first pair that is read: the constant is known, a ground state is not.
std::ptrdiff_t first_read(Spectrum spectrum) { return spectrum == Spectrum::killed ? 0 : 1; }

/// Modes that are fitted beyond those that are read. A mode that lies close to the next one turns towards it from fold to fold;
/// where that one were left out, the cross-fitted value would be too large by what it took with it.
constexpr Index buffer_modes = 4;

/// What the folds add up to on one level.
struct LevelSums {
  Index features;
  std::size_t columns;  // modes, and the constant or the ground state
  std::size_t read;     // how many values are read
  Eigenpairs full;
  HostMatrix s, t;
  std::vector<std::vector<double>> values;  // of each fit without a fold
  bool broken = false;                      // a factorisation failed: the level is finer than the data can tell
};

template <class Exec>
void add_fold(const Exec& exec, LevelSums& level, const Forms<Exec>& all, const Forms<Exec>& without, Spectrum spectrum, const EigenSolver<Exec>& solver) {
  const Eigenpairs pairs = pairs_of(exec, without, level.features, static_cast<Index>(level.columns) - 1, spectrum, solver);
  if (static_cast<std::size_t>(pairs.size()) < level.columns) return;
  const auto features = static_cast<std::size_t>(level.features);
  const HostMatrix v = small::leading_block(pairs.vectors, features, level.columns);
  const auto projected = [&](const HostMatrix& w, const Matrix<Exec>& a) {
    const Matrix<Exec> leading = Kokkos::subview(a, Span(0, level.features), Span(0, level.features));
    return project(exec, w, leading, v);
  };
  const HostMatrix overlap = projected(small::leading_block(level.full.vectors, features, level.columns), all.gram);
  // The orthogonal factor O of overlap = O P; modes fitted without the fold, rotated onto the full fit's, are v O^T.
  const HostMatrix rotation = small::transpose(small::product(overlap, small::inverse_root(small::product(overlap, overlap, true))));
  const auto rotated = [&](const Matrix<Exec>& a) { return small::form(rotation, projected(v, a), rotation); };
  // The fold's own sums: those of all less those without it.
  small::add(level.s, rotated(all.gram), all.weight);
  small::add(level.s, rotated(without.gram), -without.weight);
  small::add(level.t, rotated(all.form), all.weight);
  small::add(level.t, rotated(without.form), -without.weight);
  level.values.emplace_back(pairs.values.data() + first_read(spectrum), pairs.values.data() + level.columns);
}

/// Delete-one jackknife: sqrt((K - 1) / K sum_k (value_k - mean)^2).
std::vector<double> jackknife(const std::vector<std::vector<double>>& values, std::size_t count) {
  std::vector<double> spread(count, 0.0);
  const auto folds = static_cast<double>(values.size());
  for (std::size_t j = 0; j < count && folds > 1; ++j) {
    double mean = 0, square = 0;
    for (const auto& fold : values) mean += fold[j] / folds;
    for (const auto& fold : values) square += (fold[j] - mean) * (fold[j] - mean);
    spread[j] = std::sqrt((folds - 1) / folds * square);
  }
  return spread;
}

}  // namespace

template <ExecutionSpace Exec>
RawReadOut read_out(const Exec& exec, const FoldedForms<Exec>& forms, const std::vector<Index>& level_features, Index modes, Spectrum spectrum,
                    const EigenSolver<Exec>& caller_solver) {
  const EigenSolver<Exec> solver = [&caller_solver](const Exec& on, const Pencil<Exec>& pencil, Index wanted) {
    Pencil<Exec> rough = pencil;
    rough.tolerance = fold_tolerance;
    return caller_solver(on, rough, wanted);
  };
  std::vector<LevelSums> levels;
  std::vector<int> indices;
  for (std::size_t l = 0; l < level_features.size(); ++l) {
    const bool last = l + 1 == level_features.size();
    const Index read = last && levels.empty() ? std::min(modes, level_features[l] - 1) : modes;
    if (level_features[l] <= read || read < 1) continue;
    const Index wanted = std::min(read + buffer_modes, level_features[l] - 1);
    LevelSums level{level_features[l], static_cast<std::size_t>(wanted) + 1, static_cast<std::size_t>(read + 1 - first_read(spectrum)), {}, {}, {}, {}, false};
    try {
      const bool known = level.features == static_cast<Index>(forms.all.gram.extent(0)) && forms.known && forms.known->size() > wanted;
      level.full = known ? *forms.known : pairs_of(exec, forms.all, level.features, wanted, spectrum, solver);
    } catch (const Failure&) {
      continue;
    }
    const auto found = static_cast<std::size_t>(level.full.size());
    if (found < level.read + static_cast<std::size_t>(first_read(spectrum))) continue;
    level.columns = std::min(level.columns, found);
    level.s = HostMatrix("kswgd::read_out::s", level.columns, level.columns);
    level.t = HostMatrix("kswgd::read_out::t", level.columns, level.columns);
    levels.push_back(level);
    indices.push_back(static_cast<int>(l));
  }
  for (int fold = 0; fold < forms.folds && !levels.empty(); ++fold) {
    const Forms<Exec> without = forms.without(fold);
    if (without.weight >= forms.all.weight) continue;
    for (LevelSums& level : levels) {
      if (level.broken) continue;
      try {
        add_fold(exec, level, forms.all, without, spectrum, solver);
      } catch (const Failure&) {
        level.broken = true;
      }
    }
  }

  RawReadOut best;
  double best_sum = 0;
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const LevelSums& level = levels[l];
    if (level.values.empty() || level.broken) continue;
    std::vector<double> cross = small::pencil_values(level.t, level.s);
    if (cross.size() < level.columns) continue;
    if (spectrum == Spectrum::koopman) std::reverse(cross.begin(), cross.end());
    cross.erase(cross.begin(), cross.begin() + first_read(spectrum));
    cross.resize(level.read);
    const double sum = std::accumulate(cross.begin(), cross.end(), 0.0) * (spectrum == Spectrum::koopman ? -1 : 1);
    if (best.level >= 0 && !(sum < best_sum)) continue;
    best_sum = sum;
    best.level = indices[l];
    best.cross_fitted = cross;
    const double* values = level.full.values.data() + first_read(spectrum);
    best.in_sample.assign(values, values + level.read);
    best.spread = jackknife(level.values, best.in_sample.size());
  }
  return best;
}

#define KSWGD_INSTANTIATE(EXEC) \
  template RawReadOut read_out(const EXEC&, const FoldedForms<EXEC>&, const std::vector<Index>&, Index, Spectrum, const EigenSolver<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
