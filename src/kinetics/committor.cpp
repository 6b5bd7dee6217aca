// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/kinetics/committor.hpp>

#include "../algebra/small_matrices.hpp"
#include "../algebra/square_matrices.hpp"
#include "../data/blocks.hpp"
#include "../data/gather.hpp"
#include "../estimator/sizes.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/data/rows.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/model/eigenfunctions.hpp>
#include <kswgd/moments/accumulator.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/generator_pairs.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace kswgd {
namespace {

/// Where each row belongs.
enum class Set : char { none, a, b };

/// The sums over one fold: of the moments, and over the two sets.
template <class Exec>
struct SetSums {
  SetSums(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index p, bool on_manifold)
      : moments(exec, dictionary, p, on_manifold), gram(zeros<Matrix<Exec>>(exec, "committor::gram", p, p)), means("kswgd::committor::means", p, 2) {}
  MomentAccumulator<Exec> moments;
  Matrix<Exec> gram;          // sum over both sets of w psi psi^T
  HostMatrix means;           // sums of w psi over A, B
  double weight[2] = {0, 0};  // of A, B
};

template <class Exec>
void add(const Exec& exec, const SetSums<Exec>& from, SetSums<Exec>& into) {
  into.moments.add(exec, from.moments);
  algebra::add_square(exec, from.gram, into.gram);
  small::add(into.means, from.means);
  for (int set = 0; set < 2; ++set) into.weight[set] += from.weight[set];
}

/// Deals the rows of each set, and the rest, to the folds in turn, in random order.
std::vector<int> dealt(const std::vector<Set>& sets, int folds, std::uint64_t seed) {
  std::vector<int> fold_of(sets.size());
  for (const Set set : {Set::none, Set::a, Set::b}) {
    std::vector<std::pair<std::uint64_t, std::size_t>> rows;
    const IndexedRandom random(seed, streams::committor_folds);
    for (std::size_t i = 0; i < sets.size(); ++i)
      if (sets[i] == set) rows.emplace_back(random.bits(i), i);
    std::sort(rows.begin(), rows.end());
    for (std::size_t place = 0; place < rows.size(); ++place) fold_of[rows[place].second] = static_cast<int>(place % static_cast<std::size_t>(folds));
  }
  return fold_of;
}

/// Whether each set has weight in two folds at least, so that none is empty without a fold.
bool are_spread(const std::vector<Set>& sets, const std::vector<int>& fold_of, const std::vector<double>& weights) {
  for (const Set set : {Set::a, Set::b}) {
    int seen = -1;
    bool spread = false;
    for (std::size_t i = 0; i < sets.size(); ++i) {
      if (sets[i] != set || (!weights.empty() && weights[i] == 0)) continue;
      spread = spread || (seen >= 0 && fold_of[i] != seen);
      seen = fold_of[i];
    }
    if (!spread) return false;
  }
  return true;
}

/// Stretches of rows, as long as both sets are in two of them; else each fold is made of several.
std::vector<int> stretched(const std::vector<Set>& sets, int folds, const std::vector<double>& weights, bool& interleaved) {
  const auto n = static_cast<Index>(sets.size());
  std::vector<int> fold_of(sets.size());
  for (Index stretches = folds;; stretches *= folds) {
    const auto starts = detail::blocks_of_equal_weight(n, weights, std::min(stretches, n));
    for (std::size_t b = 0; b + 1 < starts.size(); ++b)
      for (Index i = starts[b]; i < starts[b + 1]; ++i) fold_of[static_cast<std::size_t>(i)] = static_cast<int>(b % static_cast<std::size_t>(folds));
    interleaved = stretches > folds;
    if (stretches >= n || are_spread(sets, fold_of, weights)) return fold_of;
  }
}

template <class Exec>
std::vector<SetSums<Exec>> sum_folds(const Exec& exec, const DataSet<Exec>& data, const ModelData& model, const std::vector<Set>& sets,
                                     const std::vector<int>& fold_of, int folds, Index p) {
  const Frame<Exec> frame(exec, model.frame);
  const Geometry<Exec>& geometry = frame.geometry();
  const DataSet<Exec> source = frame.inside(exec, data);
  const AnyDictionary<Exec> dictionary = make_dictionary(exec, model.dictionary);
  Workspace<Exec> workspace;
  const Index n = source.size(), d = source.dimension(), tile_rows = std::min(n, rows_of_tile(dictionary.size())), chunk_rows = std::min(n, folds * tile_rows);
  std::vector<SetSums<Exec>> sums;
  for (int fold = 0; fold < folds; ++fold) sums.emplace_back(exec, dictionary, p, geometry.codimension() > 0);
  MomentTile<Exec> moments(exec, dictionary, tile_rows, geometry.codimension());
  const auto chunk = allocate<Points<Exec>>(exec, "committor::chunk", chunk_rows, d), tile = allocate<Points<Exec>>(exec, "committor::tile", tile_rows, d);
  const auto psi = allocate<Matrix<Exec>>(exec, "committor::psi", tile_rows, p);
  const auto mean = allocate<Vector<Exec>>(exec, "committor::mean", p);
  Index start = 0;  // of the chunk
  const auto points_at = [&](const std::vector<Index>& rows) -> Points<Exec> {
    std::vector<Index> places;
    for (const Index row : rows) places.push_back(row - start);
    const Points<Exec> part = Kokkos::subview(tile, Span(0, static_cast<Index>(rows.size())), Kokkos::ALL);
    detail::gather<Exec>("kswgd::committor::gather", exec, chunk, to_device(exec, places), part);
    return part;
  };
  const auto weights_of = [&](const std::vector<Index>& rows) {
    std::vector<double> weights;
    for (const Index row : rows) weights.push_back(source.weight(row));
    return weights;
  };
  const auto add_tile = [&](SetSums<Exec>& into, const std::vector<Index>& rows) {
    const Points<Exec> x = points_at(rows);
    const std::vector<double> weights = weights_of(rows);
    std::vector<Points<Exec>> normals;
    for (Index which = 0; which < geometry.codimension(); ++which) {
      normals.push_back(allocate<Points<Exec>>(exec, "committor::normals", x.extent(0), d));
      geometry.normal(exec, which, x, normals.back());
    }
    moments.evaluate(exec, x, source.is_weighted() ? to_device(exec, weights) : Vector<Exec>(), std::accumulate(weights.begin(), weights.end(), 0.0), normals);
    into.moments.add(exec, moments);
    for (int set = 0; set < 2; ++set) {
      std::vector<Index> inside;
      for (const Index row : rows)
        if (sets[static_cast<std::size_t>(row)] == (set == 0 ? Set::a : Set::b) && source.weight(row) > 0) inside.push_back(row);
      if (inside.empty()) continue;
      const Matrix<Exec> values = Kokkos::subview(psi, Span(0, static_cast<Index>(inside.size())), Kokkos::ALL);
      dictionary.evaluate(exec, points_at(inside), values, workspace);
      const std::vector<double> own = weights_of(inside);
      const Vector<Exec> weight = to_device(exec, own);
      algebra::multiply(exec, 1.0, algebra::Op::transposed, values, weight, 0.0, mean);
      algebra::scale_by_roots(exec, weight, values);
      algebra::add_gram(exec, 1, values, into.gram);
      const auto on_host = to_host(exec, mean);
      for (Index a = 0; a < p; ++a) into.means(a, set) += on_host(a);
      into.weight[set] += std::accumulate(own.begin(), own.end(), 0.0);
    }
  };
  std::vector<std::vector<Index>> rows_of(static_cast<std::size_t>(folds));
  for (; start < n; start += chunk_rows) {
    const Index count = std::min(chunk_rows, n - start);
    source.read(exec, start, count, chunk);
    for (auto& rows : rows_of) rows.clear();
    for (Index row = start; row < start + count; ++row) rows_of[static_cast<std::size_t>(fold_of[static_cast<std::size_t>(row)])].push_back(row);
    for (std::size_t fold = 0; fold < rows_of.size(); ++fold)
      for (std::size_t done = 0; done < rows_of[fold].size(); done += static_cast<std::size_t>(tile_rows)) {
        const auto first = rows_of[fold].begin() + static_cast<std::ptrdiff_t>(done);
        add_tile(sums[fold], {first, first + static_cast<std::ptrdiff_t>(std::min(rows_of[fold].size() - done, static_cast<std::size_t>(tile_rows)))});
      }
  }
  for (auto& fold : sums) algebra::symmetrise_from_upper(exec, fold.gram);
  return sums;
}

/// system(i, j) += scale (gram - sign less)(i, j)
template <class Exec>
struct PenaltyKernel {
  Matrix<Exec> system, gram, less;
  double scale, sign;
  KOKKOS_FUNCTION void operator()(Index i, Index j) const { system(i, j) += scale * (gram(i, j) - sign * less(i, j)); }
};

/// The problem over all data or without a fold, on the first p features: averages.
template <class Exec>
struct Problem {
  typename MomentAccumulator<Exec>::Result moments;
  Matrix<Exec> system;  // D + penalty E[(1_A + 1_B) psi psi^T]
  HostMatrix right;     // penalty E[1_B psi], p x 1
  double constant;      // penalty E[1_B]

  Problem(const Exec& exec, const SetSums<Exec>& all, const SetSums<Exec>* less, Index p, double penalty)
      : moments(all.moments.moments(exec, less ? &less->moments : nullptr, p)),
        system(copy_block(exec, moments.dirichlet)),
        right("kswgd::committor::right", p, 1) {
    const double scale = penalty / moments.weight;
    Kokkos::parallel_for("kswgd::committor::penalty", algebra::square_range(exec, p),
                         PenaltyKernel<Exec>{system, all.gram, less ? less->gram : all.gram, scale, less ? 1.0 : 0.0});
    for (Index a = 0; a < p; ++a) right(a, 0) = scale * (all.means(a, 1) - (less ? less->means(a, 1) : 0));
    constant = scale * (all.weight[1] - (less ? less->weight[1] : 0));
  }
  /// E|grad q|^2 + penalty E[1_A q^2 + 1_B (1 - q)^2] of q = psi . c, times the weight of the data in the problem.
  double energy(const Exec& exec, const HostMatrix& c) const {
    const HostMatrix image = apply(exec, system, c);
    double sum = constant;
    for (std::size_t a = 0; a < c.extent(0); ++a) sum += c(a, 0) * (image(a, 0) - 2 * right(a, 0));
    return moments.weight * sum;
  }
  HostMatrix minimiser(const Exec& exec) const {
    const auto factorisation = factorise(exec, system, gram_scale(exec, moments.gram));
    const auto scale = to_host(exec, factorisation.scale);
    const HostMatrix c("kswgd::committor::coefficients", right.extent(0), 1);
    for (std::size_t a = 0; a < c.extent(0); ++a) c(a, 0) = scale(a) * right(a, 0);
    const Matrix<Exec> solution = to_device(exec, c);
    algebra::solve_upper(exec, true, factorisation.r, solution);
    algebra::solve_upper(exec, false, factorisation.r, solution);
    const auto solved = to_host(exec, solution);
    for (std::size_t a = 0; a < c.extent(0); ++a) c(a, 0) = scale(a) * solved(a, 0);
    return c;
  }
};

/// One level: q of all data, those without a fold, and their energies in normalised units.
struct LevelResult {
  Index level = 0;
  HostMatrix full, without;  // p x 1, p x folds over the features of the level
  double in_sample = 0, cross_fitted = 0;
};

/// Nothing where a factorisation fails: the level is finer than the data can tell.
template <class Exec>
std::optional<LevelResult> solved(const Exec& exec, const SetSums<Exec>& all, const std::vector<SetSums<Exec>>& folds, Index p, double penalty) {
  try {
    const Problem<Exec> whole(exec, all, nullptr, p, penalty);
    LevelResult result{0, whole.minimiser(exec), HostMatrix("kswgd::committor::without", p, folds.size())};
    result.in_sample = whole.energy(exec, result.full) / whole.moments.weight;
    for (std::size_t fold = 0; fold < folds.size(); ++fold) {
      const Problem<Exec> rest(exec, all, &folds[fold], p, penalty);
      const HostMatrix c = rest.minimiser(exec);
      // The fold's own sum: that of all less that without it.
      result.cross_fitted += (whole.energy(exec, c) - rest.energy(exec, c)) / whole.moments.weight;
      for (Index a = 0; a < p; ++a) result.without(a, fold) = c(a, 0);
    }
    if (!std::isfinite(result.in_sample) || !std::isfinite(result.cross_fitted) || !(result.in_sample > 0) || !(result.cross_fitted > 0)) return {};
    return result;
  } catch (const Failure&) {
    return {};
  }
}

/// Coefficients over all features of the model.
HostMatrix over_all_features(const HostMatrix& c, Index features) {
  const HostMatrix padded("kswgd::committor::padded", features, c.extent(1));
  for (std::size_t j = 0; j < c.extent(1); ++j)
    for (std::size_t a = 0; a < c.extent(0); ++a) padded(a, j) = c(a, j);
  return padded;
}

/// The standard error, relative, of the mean of |grad q|^2 outside the sets, q fitted without the fold of each point and cut to [0, 1]:
/// to first order the rate changes with the law of the data as this mean at fixed q does, because q minimises it.
template <class Exec>
double relative_error(const Exec& exec, const DataSet<Exec>& source, const ModelData& model, const std::vector<Set>& sets, const std::vector<int>& fold_of,
                      const LevelResult& level) {
  const Eigenfunctions<Exec> functions(exec, model, over_all_features(level.without, model.density.moments.size()));
  std::vector<double> energy;
  walk_tiles(exec, source, source.dimension(), [&](Index first, Index count, const Points<Exec>& x) {
    const auto q = to_host(exec, functions.values(exec, x));
    std::vector<HostPoints> slopes;
    for (const auto& gradient : functions.gradients(exec, x)) slopes.push_back(to_host(exec, gradient));
    for (Index i = 0; i < count; ++i) {
      const auto row = static_cast<std::size_t>(first + i), fold = static_cast<std::size_t>(fold_of[row]);
      double square = 0;
      for (Index k = 0; k < source.dimension(); ++k) square += slopes[fold](i, k) * slopes[fold](i, k);
      energy.push_back(sets[row] == Set::none && q(i, fold) > 0 && q(i, fold) < 1 ? square : 0.0);
    }
  });
  return detail::relative_error_of_mean(energy, source.weights(), source.is_ordered());
}

}  // namespace

template <ExecutionSpace Exec>
Committor committor(const Exec& exec, const DataSet<Exec>& data, const ModelData& model, const std::vector<char>& in_a, const std::vector<char>& in_b,
                    const CommittorOptions& options) {
  require_positive(options.penalty, "committor", "penalty");
  require(options.folds >= 2, "committor", [&] { return "at least 2 folds are needed, got " + std::to_string(options.folds); });
  require(options.confidence > 0 && options.confidence < 1, "committor",
          [&] { return "confidence must lie between 0 and 1, got " + std::to_string(options.confidence); });
  require(model.spectrum.has_unit_diffusion(), "committor",
          [&] { return "the committor is made for models of unit diffusion, this one is of the estimator " + std::string(name_of(model.spectrum.kind)); });
  require(data.dimension() == model.dimension(), "committor",
          [&] { return "the data have " + std::to_string(data.dimension()) + " coordinates, the model has " + std::to_string(model.dimension()); });
  const auto n = static_cast<std::size_t>(data.size());
  require(in_a.size() == n && in_b.size() == n, "committor",
          [&] { return "each set must say for each of the " + std::to_string(n) + " points whether it is in it"; });
  for (std::size_t i = 0; i < n; ++i) require(!(in_a[i] && in_b[i]), "committor", [&] { return "point " + std::to_string(i) + " is in both sets"; });
  // Equal rows are one, with the sum of their weights: in two folds they would know each other.
  DataSet<Exec> asked = data;
  if (data.order() == Order::unknown) asked.set_order(succession(exec, data).in_time() ? Order::in_time : Order::independent);
  const CountedRows<Exec> counted = count_rows(exec, asked);
  const DataSet<Exec>& source = counted.data;
  std::vector<Set> sets;
  Index members[2] = {0, 0};
  for (Index i = 0; i < source.size(); ++i) {
    const auto row = static_cast<std::size_t>(counted.original(i));
    sets.push_back(in_a[row] ? Set::a : in_b[row] ? Set::b : Set::none);
    if (sets.back() != Set::none && source.weight(i) > 0) ++members[in_a[row] ? 0 : 1];
  }
  for (int set = 0; set < 2; ++set) {
    const std::string name = set == 0 ? "A" : "B";
    require(members[set] > 0, "committor", [&] { return "no point of the data is in " + name; });
    require(members[set] > 1, "committor", [&] { return "a single point of the data is in " + name + ": without it there is no such set. Take a larger one"; });
  }

  Committor result;
  const auto fold_of = source.is_ordered() ? stretched(sets, options.folds, source.weights(), result.interleaved) : dealt(sets, options.folds, options.seed);
  const std::vector<Index> levels = detail::read_out_features(model.density.levels);
  const auto folds = sum_folds(exec, source, model, sets, fold_of, options.folds, levels.back());
  const AnyDictionary<Exec> dictionary = make_dictionary(exec, model.dictionary);
  SetSums<Exec> all(exec, dictionary, levels.back(), !model.frame.geometry.is_euclidean());
  for (const auto& fold : folds) add(exec, fold, all);

  // As in read_out: from the coarsest level, until two in a row are worse than the best.
  std::optional<LevelResult> best, next;
  int worse = 0;
  for (std::size_t l = 0; l < levels.size() && worse < 2; ++l) {
    auto level = solved(exec, all, folds, levels[l], options.penalty);
    if (level) level->level = static_cast<Index>(l);
    if (!best || (level && level->cross_fitted < best->cross_fitted)) {
      best = level;
      next.reset();
      worse = 0;
      continue;
    }
    ++worse;
    if (!next) next = level;
  }
  if (!best) throw Failure("kswgd::committor: no level of the dictionary can be solved on these data: fit a model with fewer features");

  const double unit = model.spectrum.unit;
  result.level = best->level;
  result.in_sample = best->in_sample * unit;
  result.cross_fitted = best->cross_fitted * unit;
  result.rate = std::sqrt(result.in_sample * result.cross_fitted);
  result.coefficients = over_all_features(best->full, model.density.moments.size());
  for (std::size_t a = 0; a < best->full.extent(0); ++a) {
    result.in_a += best->full(a, 0) * all.means(a, 0) / all.weight[0];
    result.in_b += best->full(a, 0) * all.means(a, 1) / all.weight[1];
  }
  // A coarse level smooths the slope and sees too little of its scatter: the next finer one has a say.
  double relative = relative_error(exec, source, model, sets, fold_of, *best);
  if (next) relative = std::max(relative, relative_error(exec, source, model, sets, fold_of, *next));
  relative = std::hypot(relative, std::log(best->cross_fitted / best->in_sample) / 2);
  const double reach = std::exp(detail::normal_quantile((1 + options.confidence) / 2) * relative);
  result.error = result.rate * relative;
  result.low = result.rate / reach;
  result.high = result.rate * reach;
  return result;
}

template <ExecutionSpace Exec>
CommittorValues committor_at(const Exec& exec, const ModelData& model, const Committor& committor, const Points<Exec>& x) {
  const auto values = to_host(exec, Eigenfunctions<Exec>(exec, model, committor.coefficients).values(exec, x));
  CommittorValues result;
  for (std::size_t i = 0; i < values.extent(0); ++i) {
    const double cut = std::clamp(values(i, 0), 0.0, 1.0), away = std::abs(values(i, 0) - cut);
    result.q.push_back(cut);
    if (away > 0) ++result.cut;
    result.furthest = std::max(result.furthest, away);
  }
  return result;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                         \
  template Committor committor(const EXEC&, const DataSet<EXEC>&, const ModelData&, const std::vector<char>&, const std::vector<char>&, \
                               const CommittorOptions&);                                                                                \
  template CommittorValues committor_at(const EXEC&, const ModelData&, const Committor&, const Points<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
