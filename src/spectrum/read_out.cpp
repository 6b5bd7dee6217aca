// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/read_out.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kswgd {
namespace {

// Matrices of the size of a few modes, on the host.

HostMatrix product(const HostMatrix& a, const HostMatrix& b, bool transpose_a = false) {
  const std::size_t rows = transpose_a ? a.extent(1) : a.extent(0), inner = transpose_a ? a.extent(0) : a.extent(1);
  const HostMatrix c("kswgd::read_out::product", rows, b.extent(1));
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < b.extent(1); ++j)
      for (std::size_t k = 0; k < inner; ++k) c(i, j) += (transpose_a ? a(k, i) : a(i, k)) * b(k, j);
  return c;
}

void symmetrise(const HostMatrix& a) {
  for (std::size_t i = 0; i < a.extent(0); ++i)
    for (std::size_t j = 0; j < i; ++j) a(i, j) = a(j, i) = (a(i, j) + a(j, i)) / 2;
}

/// A^{-1/2} of a symmetric positive semidefinite matrix; directions of size zero are left out.
HostMatrix inverse_root(const HostMatrix& a) {
  const std::size_t k = a.extent(0);
  const HostMatrix vectors("kswgd::read_out::vectors", k, k), scaled("kswgd::read_out::scaled", k, k);
  const HostVector values("kswgd::read_out::values", k);
  Kokkos::deep_copy(vectors, a);
  symmetrise(vectors);
  algebra::symmetric_eigen(vectors, values);
  for (std::size_t j = 0; j < k; ++j)
    for (std::size_t i = 0; i < k; ++i)
      scaled(j, i) = values(j) > 1e-12 * values(k - 1) ? vectors(i, j) / std::sqrt(values(j)) : 0.0;  // row j
  return product(vectors, scaled);
}

/// Eigenvalues of T y = value S y, ascending.
std::vector<double> small_pencil(const HostMatrix& t, const HostMatrix& s) {
  const HostMatrix root = inverse_root(s), reduced = product(root, product(t, root), true);
  symmetrise(reduced);
  const HostVector values("kswgd::read_out::values", t.extent(0));
  algebra::symmetric_eigen(reduced, values);
  return {values.data(), values.data() + values.extent(0)};
}

HostMatrix leading_columns(const HostMatrix& a, std::size_t count) {
  const HostMatrix copy("kswgd::read_out::columns", a.extent(0), count);
  Kokkos::deep_copy(copy, Kokkos::subview(a, Kokkos::ALL, std::pair<std::size_t, std::size_t>(0, count)));
  return copy;
}

void add(const HostMatrix& into, const HostMatrix& from, double factor) {
  for (std::size_t i = 0; i < into.extent(0); ++i)
    for (std::size_t j = 0; j < into.extent(1); ++j) into(i, j) += factor * from(i, j);
}

template <class Exec>
Eigenpairs pairs_of(const Exec& exec, const Forms<Exec>& forms, Index features, Index modes, Spectrum spectrum,
                    const EigenSolver<Exec>& solver) {
  const auto gram = copy_block(exec, forms.gram, features), form = copy_block(exec, forms.form, features);
  return spectrum == Spectrum::generator ? generator_eigenpairs(exec, gram, form, modes, solver)
                                         : edmd_eigenpairs(exec, gram, form, modes, solver);
}

/// What the folds add up to on one level.
struct LevelSums {
  Index features;
  std::size_t columns;  // modes and the constant
  Eigenpairs full;
  HostMatrix s, t;
  std::vector<std::vector<double>> values;  // of each fit without a fold
};

template <class Exec>
void add_fold(const Exec& exec, LevelSums& level, const Forms<Exec>& all, const Forms<Exec>& without, const Forms<Exec>& only,
              Spectrum spectrum, const EigenSolver<Exec>& solver) {
  const Eigenpairs pairs = pairs_of(exec, without, level.features, static_cast<Index>(level.columns) - 1, spectrum, solver);
  if (static_cast<std::size_t>(pairs.size()) < level.columns) return;
  const HostMatrix v = leading_columns(pairs.vectors, level.columns);
  const HostMatrix overlap = project(exec, leading_columns(level.full.vectors, level.columns), copy_block(exec, all.gram, level.features), v);
  // The orthogonal factor O of overlap = O P; modes fitted without the fold, rotated onto the full fit's, are v O^T.
  const HostMatrix orthogonal = product(overlap, inverse_root(product(overlap, overlap, true)));
  const HostMatrix rotation("kswgd::read_out::rotation", level.columns, level.columns);
  for (std::size_t i = 0; i < level.columns; ++i)
    for (std::size_t j = 0; j < level.columns; ++j) rotation(i, j) = orthogonal(j, i);
  const auto rotated = [&](const Matrix<Exec>& a) {
    const HostMatrix reduced = project(exec, v, copy_block(exec, a, level.features), v);
    return product(rotation, product(reduced, rotation), true);
  };
  add(level.s, rotated(only.gram), only.weight);
  add(level.t, rotated(only.form), only.weight);
  level.values.emplace_back(pairs.values.data() + 1, pairs.values.data() + level.columns);
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
RawReadOut read_out(const Exec& exec, const FoldedForms<Exec>& forms, const std::vector<Index>& level_features, Index modes,
                    Spectrum spectrum, const EigenSolver<Exec>& solver) {
  std::vector<LevelSums> levels;
  std::vector<int> indices;
  for (std::size_t l = 0; l < level_features.size(); ++l) {
    const bool last = l + 1 == level_features.size();
    const Index wanted = last && levels.empty() ? std::min(modes, level_features[l] - 1) : modes;
    if (level_features[l] <= wanted || wanted < 1) continue;
    LevelSums level{level_features[l], static_cast<std::size_t>(wanted) + 1, {}, {}, {}, {}};
    level.full = pairs_of(exec, forms.all, level.features, wanted, spectrum, solver);
    if (static_cast<std::size_t>(level.full.size()) < level.columns) continue;
    level.s = HostMatrix("kswgd::read_out::s", level.columns, level.columns);
    level.t = HostMatrix("kswgd::read_out::t", level.columns, level.columns);
    levels.push_back(level);
    indices.push_back(static_cast<int>(l));
  }
  for (int fold = 0; fold < forms.folds && !levels.empty(); ++fold) {
    const Forms<Exec> without = forms.without(fold), only = forms.only(fold);
    if (only.weight <= 0) continue;
    for (LevelSums& level : levels) add_fold(exec, level, forms.all, without, only, spectrum, solver);
  }

  RawReadOut best;
  double best_sum = 0;
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const LevelSums& level = levels[l];
    if (level.values.empty()) continue;
    std::vector<double> cross = small_pencil(level.t, level.s);
    if (spectrum == Spectrum::koopman) std::reverse(cross.begin(), cross.end());
    cross.erase(cross.begin());  // the constant
    const double sum = std::accumulate(cross.begin(), cross.end(), 0.0) * (spectrum == Spectrum::generator ? 1 : -1);
    if (best.level >= 0 && !(sum < best_sum)) continue;
    best_sum = sum;
    best.level = indices[l];
    best.cross_fitted = cross;
    best.in_sample.assign(level.full.values.data() + 1, level.full.values.data() + level.columns);
    best.spread = jackknife(level.values, level.columns - 1);
  }
  return best;
}

#define KSWGD_INSTANTIATE(EXEC) \
  template RawReadOut read_out(const EXEC&, const FoldedForms<EXEC>&, const std::vector<Index>&, Index, Spectrum, const EigenSolver<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
