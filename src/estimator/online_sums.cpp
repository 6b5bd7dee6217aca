// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "online_sums.hpp"
#include "../data/gather.hpp"
#include "../moments/host_sums.hpp"
#include "normals.hpp"
#include "reversible.hpp"
#include "sizes.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/landmarks.hpp>

#include <algorithm>
#include <numeric>

namespace kswgd::detail {
namespace {

/// Counts the points farther than `guard` from a landmark.
template <class Exec>
struct BeyondKernel {
  Vector<Exec> distance;
  double guard;
  KOKKOS_FUNCTION void operator()(Index i, Index& count) const { count += distance(i) > guard ? 1 : 0; }
};

template <class Exec>
DataSet<Exec> no_rows(Index dimension) {
  return DataSet<Exec>(0, dimension, [](const Exec&, Index, Index, const Points<Exec>&) {});
}

/// The first rows of an array, and some of its columns.
template <class Exec>
Matrix<Exec> block_of(const Matrix<Exec>& a, Index rows, Span columns) {
  return Kokkos::subview(a, Span(0, rows), columns);
}

}  // namespace

template <ExecutionSpace Exec>
OnlineSums<Exec>::OnlineSums(const Exec& exec, Foundation<Exec>&& base, bool pairs)
    : m_base(std::move(base)),
      m_metric(m_base.frame.is_mapped() && !pairs),
      m_folded(pairs ? density_features(m_base.level_features, m_base.dictionary.size()) : read_out_features(m_base.model.density.levels).back()),
      m_folds(fold_sums(exec)),
      m_tile(exec, m_base.dictionary, rows_of_tile(m_metric ? 2 * m_base.dictionary.size() : m_base.dictionary.size()), m_base.frame.geometry().codimension(),
             true) {
  const Index p = m_base.dictionary.size(), e = m_base.frame.inner_dimension(), rows = rows_of_tile(m_metric ? 2 * p : p);
  m_base.data = m_base.fitted = no_rows<Exec>(m_base.model.dimension());
  if (m_folded < p) m_all.emplace(exec, m_base.dictionary, p, on_manifold());
  if (m_metric) m_metric_tile.emplace(exec, m_base.frame, m_base.dictionary, std::vector<double>(), rows, m_base.read_out_features());
  for (auto& waiting : m_waiting) waiting.rows = allocate<Points<Exec>>(exec, "OnlineFit::waiting", rows, e);
  if (pairs) {
    m_pairs.emplace(pair_sums(exec));
    const Index q = m_base.level_features.back(), pair_rows = rows_of_tile(2 * p);
    m_psi_x = allocate<Matrix<Exec>>(exec, "OnlineFit::psi_x", pair_rows, q);
    m_psi_y = allocate<Matrix<Exec>>(exec, "OnlineFit::psi_y", pair_rows, q);
    for (auto& waiting : m_waiting_pairs) waiting.rows = allocate<Points<Exec>>(exec, "OnlineFit::waiting_pairs", pair_rows, 2 * e);
  }
  const LevelData& finest = m_base.model.density.levels.back();
  const HostPoints own("kswgd::OnlineFit::finest", finest.last_landmark - finest.first_landmark, e);
  Kokkos::deep_copy(own, Kokkos::subview(m_base.model.density.landmarks, Span(finest.first_landmark, finest.last_landmark), Kokkos::ALL));
  m_finest = to_device(exec, own);
}

template <ExecutionSpace Exec>
FoldSums<Exec> OnlineSums<Exec>::fold_sums(const Exec& exec) const {
  return FoldSums<Exec>(exec, m_base.dictionary, m_folded, OperatorTerms{.metric = m_metric}.forms(m_base.frame.is_mapped()), on_manifold(),
                        m_metric ? std::min(m_folded, m_base.read_out_features()) : 0);
}

template <ExecutionSpace Exec>
FoldSums<Exec> OnlineSums<Exec>::pair_sums(const Exec& exec) const {
  return FoldSums<Exec>(exec, m_base.dictionary, m_base.level_features.back(), {Form::correlation});
}

template <ExecutionSpace Exec>
Points<Exec> OnlineSums<Exec>::inside(const Exec& exec, const Points<Exec>& rows) const {
  const Index n = static_cast<Index>(rows.extent(0));
  const auto x = allocate<Points<Exec>>(exec, "OnlineFit::inside", n, m_base.frame.inner_dimension());
  if (n > 0) m_base.frame.inside(exec, make_source(exec, rows)).read(exec, 0, n, x);
  return x;
}

template <ExecutionSpace Exec>
Index OnlineSums<Exec>::outside(const Exec& exec, const Points<Exec>& x) const {
  const Index n = static_cast<Index>(x.extent(0));
  if (n == 0) return 0;
  const auto distance = allocate<Vector<Exec>>(exec, "OnlineFit::distance", n);
  nearest_landmark(exec, x, m_finest, distance, allocate<Vector<Exec, int>>(exec, "OnlineFit::nearest", n));
  Index count = 0;
  Kokkos::parallel_reduce("kswgd::OnlineFit::outside", index_range(exec, n), BeyondKernel<Exec>{distance, m_base.model.density.levels.back().guard}, count);
  return count;
}

template <ExecutionSpace Exec>
void OnlineSums<Exec>::add(const Exec& exec, const Points<Exec>& x, const std::vector<double>& weights, const std::vector<int>& folds) {
  wait(exec, m_waiting, x, weights, folds);
  for (const double weight : weights) {
    rows += weight > 0 ? 1 : 0;
    squares += weight * weight;
  }
}

template <ExecutionSpace Exec>
void OnlineSums<Exec>::add_pairs(const Exec& exec, const Points<Exec>& x, const Points<Exec>& y, const std::vector<double>& weights,
                                 const std::vector<int>& folds) {
  const Index n = static_cast<Index>(x.extent(0)), e = static_cast<Index>(x.extent(1));
  const auto both = allocate<Points<Exec>>(exec, "OnlineFit::pairs", n, 2 * e);
  Kokkos::deep_copy(exec, block_of<Exec>(both, n, {0, e}), x);
  Kokkos::deep_copy(exec, block_of<Exec>(both, n, {e, 2 * e}), y);
  wait(exec, m_waiting_pairs, both, weights, folds);
  for (const double weight : weights) pairs += weight > 0 ? 1 : 0;
}

template <ExecutionSpace Exec>
void OnlineSums<Exec>::wait(const Exec& exec, Waiting& waiting, const Points<Exec>& from, const std::vector<double>& weights, const std::vector<int>& folds) {
  std::array<std::vector<Index>, fold_count> of_fold;
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (weights[i] > 0) of_fold[static_cast<std::size_t>(folds[i])].push_back(static_cast<Index>(i));
  for (int fold = 0; fold < fold_count; ++fold) {
    const auto& chosen = of_fold[static_cast<std::size_t>(fold)];
    auto& to = waiting[static_cast<std::size_t>(fold)];
    if (chosen.empty()) continue;
    const auto index = to_device(exec, chosen);
    for (Index done = 0, all = static_cast<Index>(chosen.size()); done < all;) {
      const Index count = std::min(to.room(), all - done), at = to.count();
      gather<Exec>("kswgd::OnlineFit::wait", exec, from, Kokkos::subview(index, Span(done, done + count)),
                   Kokkos::subview(to.rows, Span(at, at + count), Kokkos::ALL));
      for (Index i = done; i < done + count; ++i) to.weights.push_back(weights[static_cast<std::size_t>(chosen[static_cast<std::size_t>(i)])]);
      done += count;
      if (to.room() == 0) sum(exec, waiting, fold);
    }
    exec.fence("kswgd::OnlineFit::wait: the list of rows is freed");
  }
}

template <ExecutionSpace Exec>
void OnlineSums<Exec>::sum(const Exec& exec, Waiting& waiting, int fold) {
  auto& from = waiting[static_cast<std::size_t>(fold)];
  if (from.count() == 0) return;
  const Points<Exec> x = Kokkos::subview(from.rows, Span(0, from.count()), Kokkos::ALL);
  const double total = std::accumulate(from.weights.begin(), from.weights.end(), 0.0);
  const bool weighted = std::any_of(from.weights.begin(), from.weights.end(), [](double w) { return w != 1; });
  const Vector<Exec> weights = weighted ? to_device(exec, from.weights) : Vector<Exec>();
  if (&waiting == &m_waiting) {
    sum_points(exec, fold, x, weights, total);
  } else {
    sum_pairs(exec, fold, x, weights, total);
  }
  exec.fence("kswgd::OnlineFit::sum: the weights are freed");
  from.weights.clear();
}

template <ExecutionSpace Exec>
void OnlineSums<Exec>::sum_points(const Exec& exec, int fold, const Points<Exec>& x, const Vector<Exec>& weights, double total) {
  const Geometry<Exec>& geometry = m_base.frame.geometry();
  m_tile.evaluate(exec, x, weights, total, normals_of(exec, geometry, Points<Exec>(), {}, x), curvatures_of(exec, geometry, x));
  m_folds.fold(fold).add(exec, m_tile);
  if (m_all) m_all->add(exec, m_tile);
  if (m_metric_tile) m_metric_tile->add(exec, x, weights, m_folds.fold(fold));
}

template <ExecutionSpace Exec>
void OnlineSums<Exec>::sum_pairs(const Exec& exec, int fold, const Points<Exec>& rows, const Vector<Exec>& weights, double total) {
  const Index n = static_cast<Index>(rows.extent(0)), e = static_cast<Index>(rows.extent(1)) / 2, q = m_base.level_features.back();
  const Matrix<Exec> x = block_of<Exec>(m_psi_x, n, {0, q}), y = block_of<Exec>(m_psi_y, n, {0, q});
  m_base.dictionary.evaluate(exec, block_of<Exec>(rows, n, {0, e}), x, m_workspace);
  m_base.dictionary.evaluate(exec, block_of<Exec>(rows, n, {e, 2 * e}), y, m_workspace);
  for (const auto& psi : {x, y})
    if (weights.extent(0) > 0) algebra::scale_by_roots(exec, weights, psi);
  m_pairs->fold(fold).add_pairs(exec, total, x, y);
}

template <ExecutionSpace Exec>
void OnlineSums<Exec>::sum_waiting(const Exec& exec) {
  for (int fold = 0; fold < fold_count; ++fold) {
    sum(exec, m_waiting, fold);
    sum(exec, m_waiting_pairs, fold);
  }
}

template <ExecutionSpace Exec>
void OnlineSums<Exec>::add(const Exec& exec, OnlineSums& other) {
  other.sum_waiting(exec);
  m_folds.add(exec, other.m_folds);
  if (m_all) m_all->add(exec, *other.m_all);
  if (m_pairs) m_pairs->add(exec, *other.m_pairs);
  rows += other.rows;
  pairs += other.pairs;
  squares += other.squares;
}

template <ExecutionSpace Exec>
void OnlineSums<Exec>::scale(const Exec& exec, double factor) {
  const double held_rows = rows, held_pairs = pairs, held_squares = squares;
  std::vector<HostMatrix> arrays;
  write(exec, arrays);
  for (const HostMatrix& array : arrays)
    for (std::size_t i = 0; i < array.size(); ++i) array.data()[i] *= factor;
  read(exec, arrays);
  rows = held_rows;
  pairs = held_pairs;
  squares = held_squares * factor * factor;
}

template <ExecutionSpace Exec>
ModelData OnlineSums<Exec>::model(const Exec& exec, const FitOptions<Exec>& options, const Reduction& ranks, double samples, double lag_time) {
  sum_waiting(exec);
  Foundation<Exec> base = m_base;
  base.started = std::chrono::steady_clock::now();
  Sums<Exec> sums;  // a copy: these go on
  sums.folds.emplace(fold_sums(exec));
  sums.folds->add(exec, m_folds);
  sums.folds->reduce(exec, ranks);
  std::optional<MomentAccumulator<Exec>> all;
  if (m_all) {
    all.emplace(exec, base.dictionary, base.dictionary.size(), on_manifold());
    all->add(exec, *m_all);
    all->reduce(exec, ranks);
  }
  double weight = 0;
  int held = 0;  // folds with rows
  for (int fold = 0; fold < fold_count; ++fold) {
    weight += sums.folds->fold(fold).weight();
    held += sums.folds->fold(fold).weight() > 0 ? 1 : 0;
  }
  require(weight > 0, "OnlineFit::model", [] { return "no row has come yet"; });
  base.model.provenance.samples = static_cast<Index>(samples);
  base.model.provenance.effective_samples = weight * weight / ranks.sum(squares);
  sums.shared = !m_all && !m_metric;
  conclude_moments(exec, base, sums, all ? &*all : nullptr, true);
  if (m_pairs) {
    FoldSums<Exec> pair_copy = pair_sums(exec);
    pair_copy.add(exec, *m_pairs);
    pair_copy.reduce(exec, ranks);
    pair_copy.close(exec);
    require(pair_copy.total().weight() > 0, "OnlineFit::model", [] { return "no pair at the lag has come yet (add_pairs)"; });
    for (int fold = 0; fold < fold_count; ++fold)
      require(pair_copy.fold(fold).weight() < pair_copy.total().weight(), "OnlineFit::model",
              [] { return "all pairs came with one block, or blocks that are equal mod 5: folds need two at least"; });
    put_rates(exec, base.model, reversible_pairs(exec, pair_copy, base.level_features, options.modes, options.read_out_modes, solver_of(options)), lag_time,
              options);
    base.model.provenance.samples = static_cast<Index>(ranks.sum(pairs));
  } else {
    if (held < 2 || (options.read_out_modes == 0 && !m_metric)) sums.folds.reset();
    read_generator(exec, base, options, sums);
  }
  return finish(std::move(base), options);
}

template <ExecutionSpace Exec>
void OnlineSums<Exec>::write(const Exec& exec, std::vector<HostMatrix>& arrays) {
  sum_waiting(exec);
  SumWriter<Exec> out(exec, arrays);
  for (int fold = 0; fold < fold_count; ++fold) {
    m_folds.fold(fold).write(out);
    if (m_pairs) m_pairs->fold(fold).write(out);
  }
  if (m_all) m_all->write(out);
  for (const double number : {rows, pairs, squares}) out.number(number);
}

template <ExecutionSpace Exec>
void OnlineSums<Exec>::read(const Exec& exec, const std::vector<HostMatrix>& arrays) {
  SumReader<Exec> in(exec, arrays);
  for (int fold = 0; fold < fold_count; ++fold) {
    m_folds.fold(fold).read(exec, in);
    if (m_pairs) m_pairs->fold(fold).read(exec, in);
  }
  if (m_all) m_all->read(exec, in);
  rows = in.number();
  pairs = in.number();
  squares = in.number();
}

#define KSWGD_INSTANTIATE(EXEC) template class OnlineSums<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd::detail
