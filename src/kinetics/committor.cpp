// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/kinetics/committor.hpp>

#include "../algebra/square_matrices.hpp"
#include "../data/blocks.hpp"
#include "../estimator/sizes.hpp"
#include "committor_sums.hpp"

#include <kswgd/data/rows.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/model/eigenfunctions.hpp>
#include <kswgd/model/fitted_data.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/generator_pairs.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>
#include <kswgd/support/text.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace kswgd {
namespace {

using detail::EnergySums;
using detail::Set;

/// Deals the rows of each set, and the rest, to the folds in turn, in random order.
std::vector<int> dealt(const std::vector<Set>& sets, std::uint64_t seed) {
  std::vector<int> fold_of(sets.size());
  for (const Set set : {Set::none, Set::a, Set::b}) {
    std::vector<std::pair<std::uint64_t, std::size_t>> rows;
    const IndexedRandom random(seed, streams::committor_folds);
    for (std::size_t i = 0; i < sets.size(); ++i)
      if (sets[i] == set) rows.emplace_back(random.bits(i), i);
    std::sort(rows.begin(), rows.end());
    for (std::size_t place = 0; place < rows.size(); ++place) fold_of[rows[place].second] = static_cast<int>(place % static_cast<std::size_t>(fold_count));
  }
  return fold_of;
}

/// Whether each set has weight in two folds at least, so that none is empty without a fold. Rows of no fold (-1) do not count.
bool are_spread(const std::vector<Set>& sets, const std::vector<int>& fold_of, const std::vector<double>& weights) {
  for (const Set set : {Set::a, Set::b}) {
    int seen = -1;
    bool spread = false;
    for (std::size_t i = 0; i < sets.size(); ++i) {
      if (sets[i] != set || fold_of[i] < 0 || (!weights.empty() && weights[i] == 0)) continue;
      spread = spread || (seen >= 0 && fold_of[i] != seen);
      seen = fold_of[i];
    }
    if (!spread) return false;
  }
  return true;
}

/// How many stretches are dealt to the folds in turn, and the fold of each row (-1: of none): as few as have both sets in two folds.
struct Stretches {
  Index count = 0;
  std::vector<int> fold_of;
};

/// cut(stretches) gives the folds of `items` rows or pairs.
template <class Cut>
Stretches stretched(const std::vector<Set>& sets, const std::vector<double>& weights, Index items, const Cut& cut) {
  for (Index count = fold_count;; count *= fold_count) {
    Stretches result{std::min(count, items), cut(std::min(count, items))};
    if (count >= items || are_spread(sets, result.fold_of, weights)) return result;
  }
}

std::vector<int> cut_rows(Index n, const std::vector<double>& weights, Index count) {
  std::vector<int> fold_of(static_cast<std::size_t>(n));
  const auto starts = detail::blocks_of_equal_weight(n, weights, count);
  for (std::size_t b = 0; b + 1 < starts.size(); ++b)
    for (Index i = starts[b]; i < starts[b + 1]; ++i) fold_of[static_cast<std::size_t>(i)] = static_cast<int>(b % static_cast<std::size_t>(fold_count));
  return fold_of;
}

/// By the first frames of the pairs, as walk_pairs cuts them.
template <class Exec>
std::vector<int> cut_pairs(const DataSet<Exec>& source, Index lag, Index count) {
  std::vector<int> fold_of(static_cast<std::size_t>(source.size()), -1);
  detail::PairBlocks blocks(source, lag, count);
  for (detail::PairStarts next(source, lag); !next.at_end(); next.advance()) {
    fold_of[static_cast<std::size_t>(next.row())] = static_cast<int>(blocks.of(next) % fold_count);
    blocks.take(next.weight());
  }
  return fold_of;
}

/// system = gram - system
template <class Exec>
struct SubtractKernel {
  Matrix<Exec> system, gram;
  KOKKOS_FUNCTION void operator()(Index i, Index j) const { system(i, j) = gram(i, j) - system(i, j); }
};

/// system += scale penalty, which holds its upper triangle.
template <class Exec>
struct PenaltyKernel {
  Matrix<Exec> system, penalty;
  double scale;
  KOKKOS_FUNCTION void operator()(Index i, Index j) const { system(i, j) += scale * penalty(i < j ? i : j, i < j ? j : i); }
};

/// The energy over all data or without a fold, on the first p features: averages.
template <class Exec>
struct Problem {
  Forms<Exec> forms;
  Matrix<Exec> system;
  HostMatrix right;  // p x 1

  Problem(const Exec& exec, EnergySums<Exec>& sums, int without, Index p)
      : forms(sums.forms.total().averages(exec, p, without < 0 ? nullptr : &sums.forms.fold(without))),
        system(forms.form),
        right("kswgd::committor::right", p, 1) {
    if (sums.pairs) Kokkos::parallel_for("kswgd::committor::subtract", algebra::square_range(exec, p), SubtractKernel<Exec>{system, forms.gram});
    for (int fold = 0; fold < fold_count; ++fold) {
      if (fold == without) continue;
      if (!sums.penalty.empty())
        Kokkos::parallel_for("kswgd::committor::penalty", algebra::square_range(exec, p),
                             PenaltyKernel<Exec>{system, sums.penalty[static_cast<std::size_t>(fold)], 1 / forms.weight});
      for (Index a = 0; a < p; ++a) right(a, 0) += sums.right[static_cast<std::size_t>(fold)](a) / forms.weight;
    }
  }
  HostMatrix minimiser(const Exec& exec) const {
    const auto factorisation = factorise(exec, system, gram_scale(exec, forms.gram));
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

/// The energy of q, fitted without the fold of each point or pair and cut to [0, 1], and 1 - q there: of points per time (of unit diffusion in
/// 1 / length^2), of pairs in one lag.
struct Series {
  std::vector<double> energy, from_a, weights;  // weights empty: all 1
  bool ordered = false;
  double in_sample = 0;       // the mean energy of the q of all data
  double in_a = 0, in_b = 0;  // means of that q over the sets

  double mean(const std::vector<double>& values) const {
    double sum = 0, total = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double w = weights.empty() ? 1 : weights[i];
      sum += w * values[i];
      total += w;
    }
    return sum / total;
  }
  /// The relative standard error of E[energy] / E[1 - q] (sign 1), of E[energy] / E[q] (-1), or of E[energy] (0). To first order these change with the
  /// law of the data as the means at fixed q do, because q minimises the energy.
  double relative_error(int sign) const {
    const double rate = mean(energy), a = mean(from_a);
    std::vector<double> values;
    for (std::size_t i = 0; i < energy.size(); ++i)
      values.push_back(energy[i] / rate - (sign > 0 ? from_a[i] / a : sign < 0 ? (1 - from_a[i]) / (1 - a) : 0.0));
    return detail::error_of_mean(values, weights, ordered);
  }
};

/// One level: q of all data, those without a fold, and what they are at the data.
struct LevelResult {
  Index level = 0;
  HostMatrix full, without;  // p x 1, p x folds over the features of the level
  Series series;

  double cross_fitted() const { return series.mean(series.energy); }
};

/// The rows on the wrong side are those of the q that they choose, after a few rounds; each is one of Newton's method.
constexpr int most_rounds = 12;

/// c over p features, those that it does not have 0.
HostMatrix over_features(const HostMatrix& c, Index p) {
  const HostMatrix padded("kswgd::committor::padded", p, c.extent(1));
  for (std::size_t j = 0; j < c.extent(1); ++j)
    for (std::size_t a = 0; a < c.extent(0); ++a) padded(a, j) = c(a, j);
  return padded;
}

/// Nothing where a factorisation fails: the level is finer than the data can tell. `coarser`: q of the level before, if there is one.
template <class Exec>
std::optional<LevelResult> solved(const Exec& exec, EnergySums<Exec>& sums, std::optional<detail::SetPenalty<Exec>>& penalty, Index p,
                                  const HostMatrix& coarser) {
  try {
    HostMatrix c = coarser.extent(0) > 0 ? over_features(coarser, p) : HostMatrix();
    for (int round = 0; penalty && round < most_rounds; ++round) {
      const bool changed = penalty->update(exec, sums, p, c);
      if (round > 0 && !changed) break;
      c = Problem<Exec>(exec, sums, -1, p).minimiser(exec);
    }
    LevelResult result{0, penalty ? c : Problem<Exec>(exec, sums, -1, p).minimiser(exec), HostMatrix("kswgd::committor::without", p, fold_count), {}};
    for (int fold = 0; fold < fold_count; ++fold) {
      const HostMatrix without = Problem<Exec>(exec, sums, fold, p).minimiser(exec);
      for (Index k = 0; k < p; ++k) result.without(k, fold) = without(k, 0);
    }
    return result;
  } catch (const Failure&) {
    return {};
  }
}

/// q of the level at the rows of a tile: a column for each fit without a fold, and that of all data.
template <class Exec>
Eigenfunctions<Exec> functions_of(const Exec& exec, const ModelData& model, const LevelResult& level) {
  const HostMatrix columns("kswgd::committor::columns", model.density.moments.size(), fold_count + 1);
  for (std::size_t a = 0; a < level.full.extent(0); ++a) {
    for (int fold = 0; fold < fold_count; ++fold) columns(a, fold) = level.without(a, fold);
    columns(a, fold_count) = level.full(a, 0);
  }
  return Eigenfunctions<Exec>(exec, model, columns);
}

template <class Exec>
Series series_of_points(const Exec& exec, const DataSet<Exec>& source, const ModelData& model, const std::vector<Set>& sets, const std::vector<int>& fold_of,
                        const LevelResult& level) {
  const Eigenfunctions<Exec> functions = functions_of(exec, model, level);
  const Index d = source.dimension();
  const auto root = model.spectrum.diffusion.empty() ? std::vector<double>() : diffusion_root(model.spectrum.diffusion, d);
  Series series{{}, {}, source.weights(), source.is_ordered()};
  double weight[3] = {0, 0, 0};  // of A, of B, outside
  walk_tiles(exec, source, d, [&](Index first, Index count, const Points<Exec>& x) {
    const auto q = to_host(exec, functions.values(exec, x));
    std::vector<HostPoints> slopes;
    for (const auto& gradient : functions.gradients(exec, x)) slopes.push_back(to_host(exec, gradient));
    const auto energy_of = [&](Index i, std::size_t function) {  // |L^T grad q|^2 where 0 < q < 1
      double square = 0;
      for (Index j = 0; j < d; ++j) {
        double slope = root.empty() ? slopes[function](i, j) : 0;
        for (Index k = j; k < d && !root.empty(); ++k) slope += root[static_cast<std::size_t>(k * d + j)] * slopes[function](i, k);
        square += slope * slope;
      }
      return q(i, function) > 0 && q(i, function) < 1 ? square : 0.0;
    };
    for (Index i = 0; i < count; ++i) {
      const auto row = static_cast<std::size_t>(first + i), fold = static_cast<std::size_t>(fold_of[row]);
      const Set set = sets[row];
      const double w = source.weight(first + i);
      series.energy.push_back(set == Set::none ? energy_of(i, fold) : 0.0);
      series.from_a.push_back(set == Set::a ? 1 : set == Set::b ? 0 : 1 - std::clamp(q(i, fold), 0.0, 1.0));
      if (set == Set::none) {
        series.in_sample += w * energy_of(i, fold_count);
        weight[2] += w;
      } else {
        (set == Set::a ? series.in_a : series.in_b) += w * std::clamp(q(i, fold_count), 0.0, 1.0);
        weight[set == Set::a ? 0 : 1] += w;
      }
    }
  });
  series.in_sample /= weight[0] + weight[1] + weight[2];
  series.in_a /= weight[0];
  series.in_b /= weight[1];
  return series;
}

template <class Exec>
Series series_of_pairs(const Exec& exec, const DataSet<Exec>& source, const ModelData& model, const std::vector<Set>& sets, const std::vector<int>& fold_of,
                       Index lag, const LevelResult& level) {
  const Eigenfunctions<Exec> functions = functions_of(exec, model, level);
  const HostMatrix q("kswgd::committor::q", source.size(), fold_count + 1);
  walk_tiles(exec, source, source.dimension(), [&](Index first, Index count, const Points<Exec>& x) {
    const auto values = to_host(exec, functions.values(exec, x));
    for (Index i = 0; i < count; ++i) {
      const Set set = sets[static_cast<std::size_t>(first + i)];
      for (int fold = 0; fold <= fold_count; ++fold) q(first + i, fold) = set == Set::a ? 0 : set == Set::b ? 1 : std::clamp(values(i, fold), 0.0, 1.0);
    }
  });
  Series series{{}, {}, {}, true, 0, 0, 1};
  double total = 0;
  for (detail::PairStarts next(source, lag); !next.at_end(); next.advance()) {
    const Index row = next.row();
    const int fold = fold_of[static_cast<std::size_t>(row)];
    const double from = q(row, fold), to = q(row + lag, fold);
    series.energy.push_back((to - from) * (to - from) / 2);
    series.from_a.push_back(1 - (from + to) / 2);
    if (source.is_weighted()) series.weights.push_back(next.weight());
    series.in_sample += next.weight() * std::pow(q(row + lag, fold_count) - q(row, fold_count), 2) / 2;
    total += next.weight();
  }
  series.in_sample /= total;
  return series;
}

/// The factor of the penalty: the mean of the diagonal of a matrix that is no multiple of the identity.
double mean_diffusion(const std::vector<double>& a, Index d) {
  if (detail::isotropic_diffusion(a, d)) return 1;
  double trace = 0;
  for (Index k = 0; k < d; ++k) trace += a[static_cast<std::size_t>(k * (d + 1))];
  return trace / static_cast<double>(d);
}

Estimated estimated(double value, double relative, double confidence) {
  const double reach = std::exp(detail::normal_quantile((1 + confidence) / 2) * relative);
  return {value, value * relative, value / reach, value * reach};
}

/// The lag of an edmd model in steps of the trajectories. Rows of the fit must be as far apart as they were then: another dt makes another lag of its time.
template <class Exec>
Index lag_of(const Exec& exec, const ModelData& model, const DataSet<Exec>& data) {
  const double dt = data.trajectories().dt, known = model.provenance.rows.dt, fitted = known == 0 ? 1 : known;
  if (known >= 0 && std::abs(dt - fitted) > 1e-9 * fitted && is_fitted_data(exec, model, data))
    throw InvalidInput("kswgd::committor: the model was fitted to these rows " + (known == 0 ? "with times in steps" : text(fitted) + " apart") +
                       ", and now they are said to be " + text(dt) + " apart: leave out dt, or fit them with it");
  const double steps = model.spectrum.lag_time / dt, whole = std::round(steps);
  require(whole >= 1 && std::abs(steps - whole) <= 1e-6 * whole, "committor", [&] {
    return "the model's lag time " + text(model.spectrum.lag_time) + " is no whole number of the trajectories' time steps of " + text(dt) +
           ": give the time step that the fit had";
  });
  check_pairs(data, static_cast<Index>(whole), "committor");
  return static_cast<Index>(whole);
}

void check_model_for_committor(const ModelData& model, Index dimension) {
  require(model.spectrum.kind != SpectrumKind::killed, "committor",
          [] { return "the committor is that of a process that is not killed: fit without a killing rate"; });
  require(model.spectrum.kind != SpectrumKind::diffusion || !model.spectrum.diffusion.empty(), "committor",
          [] { return "the model does not hold its diffusion matrix (an older version wrote it): fit it again"; });
  require(dimension == model.dimension(), "committor",
          [&] { return "the data have " + std::to_string(dimension) + " coordinates, the model has " + std::to_string(model.dimension()); });
}

}  // namespace

template <ExecutionSpace Exec>
Committor committor(const Exec& exec, const DataSet<Exec>& data, const ModelData& model, const std::vector<char>& in_a, const std::vector<char>& in_b,
                    const CommittorOptions& options) {
  require_one_rank(data, "committor");
  require_positive(options.penalty, "committor", "penalty");
  require(options.confidence > 0 && options.confidence < 1, "committor",
          [&] { return "confidence must lie between 0 and 1, got " + std::to_string(options.confidence); });
  check_model_for_committor(model, data.dimension());
  const auto n = static_cast<std::size_t>(data.size());
  require(in_a.size() == n && in_b.size() == n, "committor",
          [&] { return "each set must say for each of the " + std::to_string(n) + " points whether it is in it"; });
  for (std::size_t i = 0; i < n; ++i) require(!(in_a[i] && in_b[i]), "committor", [&] { return "point " + std::to_string(i) + " is in both sets"; });
  const bool pairs = model.spectrum.kind == SpectrumKind::edmd;
  Committor result;
  if (pairs) result.lag = lag_of(exec, model, data);
  // Equal rows are one, with the sum of their weights: in two folds they would know each other. Frames stay as they are.
  DataSet<Exec> asked = data;
  if (!pairs && data.order() == Order::unknown) asked.set_order(succession(exec, data).in_time() ? Order::in_time : Order::independent);
  const CountedRows<Exec> counted = pairs ? CountedRows<Exec>{asked, true, {}} : count_rows(exec, asked);
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

  const std::vector<Index> levels = detail::read_out_features(model.density.levels);
  Stretches folds;
  if (pairs) {
    folds =
        stretched(sets, source.weights(), detail::pair_weights(source, result.lag).pairs, [&](Index count) { return cut_pairs(source, result.lag, count); });
  } else if (source.is_ordered()) {
    folds = stretched(sets, source.weights(), source.size(), [&](Index count) { return cut_rows(source.size(), source.weights(), count); });
  } else {
    folds = {fold_count, dealt(sets, options.seed)};
  }
  result.interleaved = folds.count > fold_count;
  const Frame<Exec> frame(exec, model.frame);
  const AnyDictionary<Exec> dictionary = make_dictionary(exec, model.dictionary);
  const DataSet<Exec> inside = frame.inside(exec, source);
  std::optional<detail::SetPenalty<Exec>> penalty;
  if (!pairs) penalty.emplace(exec, inside, dictionary, sets, folds.fold_of, options.penalty * mean_diffusion(model.spectrum.diffusion, inside.dimension()));
  auto sums = pairs ? detail::sum_pairs(exec, inside, dictionary, sets, result.lag, folds.count, levels.back())
                    : detail::sum_points(exec, frame, inside, dictionary, model.spectrum.diffusion, sets, folds.fold_of, levels.back());

  // As in read_out: from the coarsest level, until two in a row are worse than the best.
  std::optional<LevelResult> best, next;
  int worse = 0;
  HostMatrix coarser;
  for (std::size_t l = 0; l < levels.size() && worse < 2; ++l) {
    auto level = solved(exec, sums, penalty, levels[l], coarser);
    if (level) {
      coarser = level->full;
      level->level = static_cast<Index>(l);
      level->series = pairs ? series_of_pairs(exec, source, model, sets, folds.fold_of, result.lag, *level)
                            : series_of_points(exec, source, model, sets, folds.fold_of, *level);
      if (!(level->series.in_sample > 0) || !(level->cross_fitted() > 0) || !std::isfinite(level->series.in_sample + level->cross_fitted())) level.reset();
    }
    if (!best || (level && level->cross_fitted() < best->cross_fitted())) {
      best = level;
      next.reset();
      worse = 0;
      continue;
    }
    ++worse;
    if (!next) next = level;
  }
  if (!best) throw Failure("kswgd::committor: no level of the dictionary can be solved on these data: fit a model with fewer features");

  const Series& series = best->series;
  const double unit = pairs ? 1 / model.spectrum.lag_time : 1;
  result.level = best->level;
  result.in_sample = series.in_sample * unit;
  result.cross_fitted = best->cross_fitted() * unit;
  result.rate = std::sqrt(result.in_sample * result.cross_fitted);
  result.coefficients = over_features(best->full, model.density.moments.size());
  result.holds_in_sets = !pairs;
  result.in_a = series.in_a;
  result.in_b = series.in_b;
  result.from_a = series.mean(series.from_a);
  // A coarse level smooths the slope and sees too little of its scatter: the next finer one has a say.
  const auto of = [&](double value, int sign) {
    const double drawn = std::max(series.relative_error(sign), next ? next->series.relative_error(sign) : 0.0);
    return estimated(value, std::hypot(drawn, std::log(result.cross_fitted / result.in_sample) / 2), options.confidence);
  };
  const Estimated rate = of(result.rate, 0);
  result.error = rate.error;
  result.low = rate.low;
  result.high = rate.high;
  result.forward = of(result.rate / result.from_a, 1);
  result.backward = of(result.rate / (1 - result.from_a), -1);
  return result;
}

template <ExecutionSpace Exec>
CommittorValues committor_at(const Exec& exec, const ModelData& model, const Committor& committor, const Points<Exec>& x, const std::vector<char>& in_a,
                             const std::vector<char>& in_b) {
  const auto values = to_host(exec, Eigenfunctions<Exec>(exec, model, committor.coefficients).values(exec, x));
  for (const auto* set : {&in_a, &in_b})
    require(set->empty() || set->size() == values.extent(0), "committor_at",
            [&] { return "a set must say for each of the " + std::to_string(values.extent(0)) + " points whether it is in it"; });
  CommittorValues result;
  for (std::size_t i = 0; i < values.extent(0); ++i) {
    const bool a = !in_a.empty() && in_a[i], b = !in_b.empty() && in_b[i];
    const double value = a ? 0 : b ? 1 : values(i, 0), cut = std::clamp(value, 0.0, 1.0), away = std::abs(value - cut);
    result.q.push_back(cut);
    if (away > 0) ++result.cut;
    result.furthest = std::max(result.furthest, away);
  }
  return result;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                         \
  template Committor committor(const EXEC&, const DataSet<EXEC>&, const ModelData&, const std::vector<char>&, const std::vector<char>&, \
                               const CommittorOptions&);                                                                                \
  template CommittorValues committor_at(const EXEC&, const ModelData&, const Committor&, const Points<EXEC>&, const std::vector<char>&, \
                                        const std::vector<char>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
