// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../algebra/small_matrices.hpp"
#include "../algebra/square_matrices.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/read_out.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

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

template <class Exec>
void add_fold(const Exec& exec, LevelSums& level, const Forms<Exec>& all, const Forms<Exec>& without, Operator which, const EigenSolver<Exec>& solver) {
  const auto features = static_cast<std::size_t>(level.features);
  const HostMatrix full = small::leading_block(level.full.vectors, features, level.columns);
  const Eigenpairs pairs = pairs_of(exec, without, level.features, static_cast<Index>(level.columns) - 1, which, solver, full);
  if (static_cast<std::size_t>(pairs.size()) < level.columns) return;
  const HostMatrix v = small::leading_block(pairs.vectors, features, level.columns);
  const auto image = [&](const Matrix<Exec>& a) { return apply(exec, algebra::leading_square(exec, a, level.features), v); };
  const HostMatrix gram_image = image(all.gram);
  const HostMatrix overlap = small::product(full, gram_image, true);
  // The orthogonal factor O of overlap = O P; modes fitted without the fold, rotated onto the full fit's, are v O^T.
  const HostMatrix rotation = small::transpose(small::product(overlap, small::inverse_root(small::product(overlap, overlap, true))));
  const auto rotated = [&](const HostMatrix& a_v) { return small::form(rotation, small::product(v, a_v, true), rotation); };
  // The fold's own sums: those of all less those without it.
  small::add(level.s, rotated(gram_image), all.weight);
  small::add(level.s, rotated(image(without.gram)), -without.weight);
  small::add(level.t, rotated(image(all.form)), all.weight);
  small::add(level.t, rotated(image(without.form)), -without.weight);
  level.values.emplace_back(pairs.values.data() + first_read(which), pairs.values.data() + level.columns);
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
    for (int fold = 0; fold < forms.folds; ++fold) {
      const Forms<Exec> without = forms.without(fold, features);
      if (without.weight < forms.all.weight) add_fold(exec, level, forms.all, without, which, solver);
    }
  } catch (const Failure&) {
    return {};
  }
  return level.values.empty() ? std::nullopt : std::optional(level);
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
RawReadOut read_out(const Exec& exec, const FoldedForms<Exec>& forms, const std::vector<Index>& level_features, Index modes, Operator which,
                    const EigenSolver<Exec>& caller_solver) {
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
    const double sum = std::accumulate(cross.begin(), cross.end(), 0.0) * (which == Operator::koopman ? -1 : 1);
    if (best.level >= 0 && !(sum < best_sum)) continue;
    worse = 0;
    best_sum = sum;
    best.level = static_cast<int>(l);
    best.cross_fitted = cross;
    const double* values = level->full.values.data() + first_read(which);
    best.in_sample.assign(values, values + values_read);
    best.spread = jackknife(level->values, values_read);
  }
  return best;
}

#define KSWGD_INSTANTIATE(EXEC) \
  template RawReadOut read_out(const EXEC&, const FoldedForms<EXEC>&, const std::vector<Index>&, Index, Operator, const EigenSolver<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
