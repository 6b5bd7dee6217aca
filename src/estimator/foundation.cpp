// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "foundation.hpp"
#include "corrected.hpp"
#include "fold_pass.hpp"
#include "log_density.hpp"
#include "metric_tile.hpp"
#include "normals.hpp"
#include "representative_rows.hpp"
#include "sizes.hpp"
#include "subset_moments.hpp"

#include <Kokkos_Profiling_ScopedRegion.hpp>
#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/model/marginals.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/spectrum/generator_pairs.hpp>
#include <kswgd/spectrum/read_out.hpp>
#include <kswgd/support/text.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace kswgd::detail {
namespace {

/// A row this many robust standard deviations from the rest is named: a normal column of 10^9 rows has none beyond 7, Student's t
/// with three degrees of freedom one in 10^5.
constexpr double far_away = 30;

/// Ordered rows are held out in this many stretches: a row between fitted neighbours would be no unseen one.
constexpr Index held_out_stretches = 10;

void check(Index features, Index modes, Index read_out_modes, double bandwidth, double rows_per_feature, const char* function) {
  require(features == 0 || features >= 4, function, [&] { return "features must be at least 4 (or left to be automatic), got " + std::to_string(features); });
  require(modes >= 0 && read_out_modes >= 0, function, [] { return "modes must not be negative"; });
  require(bandwidth == 0 || (std::isfinite(bandwidth) && bandwidth > 0), function,
          [&] { return "bandwidth must be 0 (automatic) or a finite positive number, got " + std::to_string(bandwidth); });
  require(std::isfinite(rows_per_feature) && rows_per_feature >= 0, function,
          [&] { return "rows_per_feature must be 0 (all) or a finite positive number, got " + std::to_string(rows_per_feature); });
}

/// Which of n counted rows are kept back, ascending.
std::vector<Index> rows_to_hold_out(Index n, double effective, Index wanted, bool ordered, std::uint64_t seed, const char* function) {
  require(wanted == -1 || wanted == 0 || (wanted > 0 && n - wanted >= few_rows), function, [&] {
    return "hold_out must leave at least 20 of the " + std::to_string(n) + " points (or be left to be automatic), got " + std::to_string(wanted);
  });
  const Index count = wanted >= 0 ? wanted : automatic_hold_out(static_cast<Index>(effective));
  if (!ordered) return spread_rows(n, count, seed, 1);
  const IndexedRandom random(seed, 1);
  std::vector<Index> rows;
  for (Index s = 0; s < held_out_stretches; ++s) {
    const Index length = (s + 1) * count / held_out_stretches - s * count / held_out_stretches;
    const Index low = s * n / held_out_stretches, high = (s + 1) * n / held_out_stretches;
    if (length == 0) continue;
    const Index first = low + static_cast<Index>(random.below(static_cast<std::uint64_t>(high - low - length + 1), static_cast<std::uint64_t>(s)));
    for (Index i = 0; i < length; ++i) rows.push_back(first + i);
  }
  return rows;
}

/// How many rows each weight stands for: weights that are whole numbers are counts, and so are whole multiples of the smallest; others stand for one each, and
/// so do equal ones of more than a handful of rows.
std::vector<Index> rows_behind(const std::vector<double>& weights, Index most) {
  const auto multiples_of = [&](double unit) {
    std::vector<Index> counts;
    for (const double weight : weights) {
      const double whole = std::round(weight / unit);
      if (std::abs(weight / unit - whole) > 1e-9 * whole) return std::vector<Index>();
      counts.push_back(static_cast<Index>(std::clamp(whole, 1.0, static_cast<double>(most))));
    }
    return counts;
  };
  const Index handful = most * few_rows;
  double smallest = std::numeric_limits<double>::infinity(), largest = 0;
  for (const double weight : weights) {
    if (weight > 0) smallest = std::min(smallest, weight);
    largest = std::max(largest, weight);
  }
  const bool equal = smallest == largest && static_cast<Index>(weights.size()) >= handful;
  std::vector<Index> counts = equal ? std::vector<Index>(weights.size(), 1) : multiples_of(1);
  if (counts.empty()) counts = multiples_of(smallest);
  return counts.empty() ? std::vector<Index>(weights.size(), 1) : counts;
}

/// Rows among which landmarks are sought, ascending. A landmark needs three members, and where a few rows that were counted are all that there are (a
/// column of integers) each stands for as many. Other weights say how much a row matters, not that its neighbourhood is known.
template <class Exec>
std::vector<Index> landmark_candidates(const DataSet<Exec>& data, std::uint64_t seed) {
  constexpr Index few = 1000, members = 3;
  const Index n = data.size();
  if (!data.is_weighted() || n > few) return spread_rows(n, std::min(n, most_landmark_candidates), seed, 3);
  std::vector<Index> all(static_cast<std::size_t>(n)), rows;
  std::iota(all.begin(), all.end(), Index{0});
  const std::vector<Index> counts = rows_behind(data.weights_of(all), members);
  for (const Index row : all) rows.insert(rows.end(), static_cast<std::size_t>(counts[static_cast<std::size_t>(row)]), row);
  return rows;
}

/// The axes of the squares: the principal axes where the data are less than half as wide along one of them as along any coordinate (columns that depend
/// on one another), because no isotropic Gaussian sees so thin a direction; else none: the coordinates. Directions in which the data do not vary have no
/// axis, those of constant coordinates are their own.
HostMatrix axes_of_squares(const Normalisation& unit) {
  constexpr double thin = 0.5, none = 1e-12;
  const Index d = unit.dimension();
  std::vector<Index> moving;
  for (Index k = 0; k < d; ++k)
    if (!unit.constant[static_cast<std::size_t>(k)]) moving.push_back(k);
  const Index m = static_cast<Index>(moving.size());
  if (m < 2) return {};
  const HostMatrix vectors("kswgd::fit::axes", m, m);
  const HostVector values("kswgd::fit::variances", m);
  double narrowest = std::numeric_limits<double>::infinity();
  for (Index i = 0; i < m; ++i)
    for (Index j = 0; j < m; ++j) {
      vectors(i, j) = unit.covariance[static_cast<std::size_t>(moving[static_cast<std::size_t>(i)] * d + moving[static_cast<std::size_t>(j)])];
      if (i == j) narrowest = std::min(narrowest, vectors(i, i));
    }
  algebra::symmetric_eigen(vectors, values);
  const double floor = none * values(m - 1);
  Index first = 0;
  while (first < m && !(values(first) > floor)) ++first;
  if (first == m || !(values(first) < thin * thin * narrowest)) return {};
  const HostMatrix axes("kswgd::fit::axes", d, d);
  for (Index k = 0; k < d; ++k) axes(k, k) = unit.constant[static_cast<std::size_t>(k)] ? 1 : 0;
  for (Index k = 0; k < m; ++k)
    for (Index j = 0; j < m && k >= first; ++j) axes(moving[static_cast<std::size_t>(k)], moving[static_cast<std::size_t>(j)]) = vectors(j, k);
  return axes;
}

/// The default: {1, x_i, x_i x_j} and the Gaussians of all levels; of the quadratics only squares where the data cannot carry all.
template <class Exec>
FittedDictionary<Exec> nested_gaussians(const Exec& exec, const NestedLandmarks& nested, Index d, Index effective, const FrameData& frame) {
  GaussianDictionaryData data{d, carries_quadratics(effective, d), nested.landmarks, nested.widths, carries_squares(effective, d)};
  if (data.squares && frame.geometry.is_euclidean()) data.axes = axes_of_squares(frame.normalisation);
  return {GaussianDictionary<Exec>(exec, data), data};
}

/// The same with the outputs of a network before the polynomials.
template <class Exec>
FittedDictionary<Exec> with_network(const Exec& exec, const NestedLandmarks& nested, Index d, Index effective, const FrameData& frame,
                                    const PerceptronDictionaryData& network) {
  const GaussianDictionaryData gaussians = std::get<GaussianDictionaryData>(nested_gaussians(exec, nested, d, effective, frame).data);
  const JoinedDictionaryData data{network, gaussians};
  return {JoinedDictionary<Exec>(exec, data), data};
}

/// The levels of the flow. A dictionary that is not nested has one: guarded by the finest landmarks, its steps as long as the
/// coarsest ones are apart.
template <class Exec>
std::vector<LevelData> levels_of(const AnyDictionary<Exec>& dictionary, const NestedLandmarks& nested) {
  std::vector<LevelData> levels = nested.levels;
  for (LevelData& level : levels) level.features = dictionary.size() - dictionary.landmark_features() + level.last_landmark;
  if (levels.back().features == dictionary.size()) return levels;
  LevelData only = levels.back();
  only.width = levels.front().width;
  only.features = dictionary.size();
  return {only};
}

/// A column of the caller's as messages name it.
std::string column_name(const std::vector<std::string>& names, Index k) {
  return names.empty() ? "column " + std::to_string(k) : "column '" + names[static_cast<std::size_t>(k)] + "'";
}

/// Which coordinates the features see, where it is not the caller's own.
std::string note_on_coordinates(const FrameData& frame, const std::vector<std::string>& names) {
  std::string scored;
  Index count = 0;
  constexpr Index most_named = 5;
  for (std::size_t k = 0; k < frame.maps.size(); ++k) {
    if (!frame.maps[k].is_score) continue;
    if (++count <= most_named && frame.geometry.factors.empty())
      scored += (scored.empty() ? "" : ", ") + (names.empty() ? std::to_string(k) : "'" + names[k] + "'");
  }
  if (count > most_named) scored += ", ...";
  const std::string standard = "columns are divided by their standard deviations";
  const std::string of = std::to_string(count) + " of " + std::to_string(frame.maps.size());
  return (count == 0 ? standard
                     : of + " columns are seen as normal scores" + (scored.empty() ? "" : " (" + scored + ")") +
                           (count < static_cast<Index>(frame.maps.size()) ? ", the others divided by their standard deviations" : "")) +
         "; eigenvalues and gradients stay those of the columns as given";
}

/// Row i of the fitted ones in the data, wherever it is.
template <class Exec>
Index original_row(const Foundation<Exec>& base, Index i) {
  const auto [begin, end] = base.fitted.here();
  return static_cast<Index>(base.fitted.ranks().sum(i >= begin && i < end ? static_cast<double>(base.original_row(i)) : 0.0));
}

/// The weights of all rows, on rank 0.
template <class Exec>
std::vector<double> gathered_weights(const DataSet<Exec>& data) {
  if (!data.is_weighted() || data.ranks().is_alone()) return data.weights();
  const HostPoints here("kswgd::fit::weights", data.weights().size(), 1);
  std::copy(data.weights().begin(), data.weights().end(), here.data());
  const HostPoints all = data.ranks().gather(here, data.here(), data.size());
  return {all.data(), all.data() + all.extent(0)};
}

/// What a user should know of the rows.
template <class Exec>
std::vector<std::string> notes_on(const Exec& exec, const Foundation<Exec>& base, const CountedRows<Exec>& counted, const Succession& found,
                                  const FitOptions<Exec>& options) {
  std::vector<std::string> notes;
  if (const std::string few = note_on_few(base.data.size() - counted.weightless); !few.empty()) notes.push_back(few);
  if (base.frame.is_mapped()) notes.push_back(note_on_coordinates(base.frame.data(), options.columns));
  if (found.in_time())
    notes.push_back("rows follow one another in time (" + column_name(options.columns, found.column) + ": neighbours differ by " +
                    text(std::sqrt(found.ratio)) + " of what strangers do): folds and held-out points are stretches of rows");
  if (counted.repeated > 0) notes.push_back(std::to_string(counted.repeated) + " rows repeat another: equal rows count as one with their number as weight");
  if (counted.weightless > 0) notes.push_back(std::to_string(counted.weightless) + " rows have weight 0 and do not count");
  const FarthestRow far = farthest_row(exec, base.fitted, options.seed);
  if (far.deviations > far_away)
    notes.push_back("row " + std::to_string(original_row(base, far.row)) + ", " + column_name(options.columns, far.column) +
                    (options.columns.empty() ? " (from 0)" : "") + ": " + text(far.value) + " lies " + text(far.deviations) +
                    " standard deviations from the median; if it is an error, leave the row out");
  return notes;
}

/// What FitOptions::coordinates stands for with these data.
template <class Exec>
CoordinateOptions coordinates_for(const DataSet<Exec>& data, const FitOptions<Exec>& options) {
  CoordinateOptions result{.coordinates = options.coordinates, .seed = options.seed};
  const bool callers_own = options.normals.extent(0) > 0 || options.dictionary || options.network || options.bandwidth > 0;
  require(options.normals.extent(0) == 0 || options.coordinates == Coordinates::automatic || options.coordinates == Coordinates::given, "fit",
          [] { return "normals of the caller's own belong to the given coordinates"; });
  if (options.coordinates == Coordinates::automatic && callers_own) result.coordinates = Coordinates::given;
  if (!data.is_ordered()) return result;
  // Kinetics: slow modes live in barriers, and a column that differs in its unit is mended all the same.
  result.scores = false;
  result.most_width_ratio = 30;
  return result;
}

/// Normals at fitted rows, x their points.
template <class Exec>
std::vector<Points<Exec>> normals_at(const Exec& exec, const Foundation<Exec>& base, const FitOptions<Exec>& options, const std::vector<Index>& rows,
                                     const Points<Exec>& x) {
  std::vector<Index> originals;
  if (options.normals.extent(0) > 0)
    for (const Index row : rows) originals.push_back(base.original_row(row));
  return normals_of(exec, base.frame.geometry(), options.normals, originals, x);
}

/// The search for the level of the log density may cost this part of the flops of the moments.
constexpr double log_density_share = 0.03;

/// Flops of the moments: of the read-out's q features over all rows, and of all features over theirs.
template <class Exec>
double moment_flops(const Foundation<Exec>& base, Index q) {
  const auto n = static_cast<double>(base.fitted.size()), all = static_cast<double>(base.dictionary.size()), some = static_cast<double>(q);
  const auto m = static_cast<double>(base.moment_rows.size());
  return m > 0 ? 3 * m * all * all + 3 * n * some * some : 3 * n * all * all;
}

/// Whether the finest Gaussians are at least as wide as the data, as in many dimensions. They overlap so much that D, which narrow ones make large, is of
/// the size of G: rounding to single precision changes D + rho w I by a hundredth of itself at most, far less than the choice of the rows does.
template <class Exec>
bool has_wide_features(const Foundation<Exec>& base) {
  return base.model.density.levels.back().width >= 1;
}

/// Where second moments of some of the rows suffice: these, noted in the model. Of wide features half as many rows tell as much.
template <class Exec>
void choose_moment_rows(Foundation<Exec>& base, const FitOptions<Exec>& options) {
  const Index p = base.dictionary.size();
  if (base.read_out_features() == p) return;
  const double rows_per_feature = has_wide_features(base) ? options.rows_per_feature / 2 : options.rows_per_feature;
  base.moment_rows = rows_worth(base.fitted, rows_per_feature * static_cast<double>(p), options.seed);
  if (base.moment_rows.empty()) return;
  base.model.provenance.notes.push_back("second moments of the " + std::to_string(p) + " features are averages over " +
                                        std::to_string(base.moment_rows.size()) + " of the " + std::to_string(base.fitted.size()) +
                                        " rows; their means, the read-out and the log density are of all");
}

/// How many normals a point has, of the caller's or the manifold's.
template <class Exec>
Index normals_per_point(const Foundation<Exec>& base, const Points<Exec>& given) {
  const Index n = base.data.size(), d = base.frame.inner_dimension(), columns = static_cast<Index>(given.extent(1));
  require(given.extent(0) == 0 || base.data.ranks().is_alone(), "fit_generator", [] { return "normals of the caller's are for points on one rank"; });
  require(given.extent(0) == 0 || (static_cast<Index>(given.extent(0)) == n && columns % d == 0 && columns > 0), "fit_generator", [&] {
    return "normals must be " + std::to_string(n) + " x a multiple of " + std::to_string(d) + ", but are " + std::to_string(given.extent(0)) + " x " +
           std::to_string(columns);
  });
  return given.extent(0) > 0 ? columns / d : base.frame.geometry().codimension();
}

/// Adds the metric and the killing form of tiles to the sums of their folds.
template <class Exec>
class TermWalk {
 public:
  TermWalk(const Exec& exec, const Foundation<Exec>& base, const OperatorTerms& terms, Index rows, Index features)
      : m_base(base), m_terms(terms), m_dictionary(base.dictionary) {
    if (terms.rate) m_psi = allocate<Matrix<Exec>>(exec, "fit::term", rows, features);
    if (terms.diffusion || base.frame.is_mapped())
      m_metric.emplace(exec, base.frame, base.dictionary, terms.diffusion ? *terms.diffusion : std::vector<double>(), rows, features);
  }

  /// rows: of the fitted data, x their points.
  void add(const Exec& exec, const std::vector<Index>& rows, const Points<Exec>& x, FormSums<Exec>& sums) {
    if (m_terms.rate) {
      const Matrix<Exec> part = Kokkos::subview(m_psi, Span(0, static_cast<Index>(rows.size())), Kokkos::ALL);
      std::vector<double> killed(rows.size());
      for (std::size_t i = 0; i < rows.size(); ++i)
        killed[i] = (*m_terms.rate)[static_cast<std::size_t>(m_base.original_row(rows[i]) - m_base.data.here().first)] * m_base.fitted.weight(rows[i]) /
                    m_base.frame.eigenvalue_unit();
      m_dictionary.evaluate(exec, x, part, m_workspace);
      algebra::scale_by_roots(exec, to_device(exec, killed), part);
      sums.add_squares(exec, part);
    }
    if (!m_metric) return;
    std::vector<double> weights;
    for (std::size_t i = 0; m_base.fitted.is_weighted() && i < rows.size(); ++i) weights.push_back(m_base.fitted.weight(rows[i]));
    m_metric->add(exec, x, weights.empty() ? Vector<Exec>() : to_device(exec, weights), sums);
  }

 private:
  const Foundation<Exec>& m_base;
  const OperatorTerms& m_terms;
  AnyDictionary<Exec> m_dictionary;
  std::optional<MetricTile<Exec>> m_metric;
  Matrix<Exec> m_psi;
  Workspace<Exec> m_workspace;
};

}  // namespace

FormSet OperatorTerms::forms(bool mapped) const {
  if (diffusion || (mapped && metric)) return rate ? FormSet{Form::metric, Form::killing} : FormSet{Form::metric};
  return rate ? FormSet{Form::dirichlet, Form::killing} : FormSet{Form::dirichlet};
}

template <ExecutionSpace Exec>
HostPoints kept_points(const Exec& exec, const DataSet<Exec>& data, Index count, std::uint64_t seed) {
  return to_host(exec, gather_rows(exec, data, representative_rows(data, count, seed, 2)));
}

template <ExecutionSpace Exec>
Foundation<Exec> lay_foundation(const Exec& exec, const DataSet<Exec>& data, const FitOptions<Exec>& options, const char* function) {
  const Kokkos::Profiling::ScopedRegion region("kswgd::fit::foundation");
  check(options.features, options.modes, options.read_out_modes, options.bandwidth, options.rows_per_feature, function);
  require(data.dimension() >= 1, "fit", [] { return "the points have no coordinates"; });
  require(options.columns.empty() || static_cast<Index>(options.columns.size()) == data.dimension(), function,
          [&] { return std::to_string(options.columns.size()) + " names were given for " + std::to_string(data.dimension()) + " columns"; });
  require_rows(data.size());
  report(options, "rows", 0);
  Foundation<Exec> base{data, data, {}, 0, {}, {}, {}, {}, {}, {}};
  CountedRows<Exec> counted = count_finite_rows(exec, data);
  require_on_manifold(exec, data, options.geometry);  // rows are named as they were given
  require_different_rows(counted.data.size(), counted.weightless);
  const Succession found = data.order() == Order::unknown ? succession(exec, counted.data) : Succession{};
  if (data.order() == Order::unknown) {
    base.data.set_order(found.in_time() ? Order::in_time : Order::independent);
    counted.data.set_order(base.data.order());
  }
  if (!base.data.is_ordered() && counted.data.size() < few_rows) counted = in_order_of_coordinates(exec, counted);
  const double counted_effective = counted.data.effective_size();
  const std::vector<Index> held = rows_to_hold_out(counted.data.size(), counted_effective, options.hold_out, base.data.is_ordered(), options.seed, function);
  base.fitted = held.empty() ? counted.data : without_rows(counted.data, held);
  base.held_out = counted.originals(held);
  for (std::size_t j = 0; j < held.size(); ++j) base.held_less_place.push_back(held[j] - static_cast<Index>(j));
  base.counted = counted.rows;
  base.counted_begin = counted.data.here().first;
  ModelData& model = base.model;
  if (!held.empty()) {
    model.held_out = to_host(exec, gather_rows(exec, data, base.held_out));
    if (counted.data.is_weighted()) model.held_out_weights = counted.data.weights_of(held);
  }
  // A column of a few integers, or one heavy weight, is no reason for fewer features; few rows are.
  const std::vector<Index> candidates = landmark_candidates(base.fitted, options.seed);
  const Index effective = std::max(std::min(few_rows, static_cast<Index>(candidates.size())), static_cast<Index>(base.fitted.effective_size() * (1 + 1e-12)));
  model.training_subset = kept_points(exec, base.fitted, std::min(data.size(), most_kept), options.seed);

  report(options, "normalisation", 0);
  model.frame = frame_of(exec, base.fitted, options.geometry, coordinates_for(base.data, options));
  base.frame = Frame<Exec>(exec, model.frame);
  model.provenance.notes = notes_on(exec, base, counted, found, options);

  require(!options.network || (!options.dictionary && !base.frame.is_mapped()), function,
          [] { return "a network stands beside the default's Gaussians, in the coordinates as they are given"; });
  report(options, "landmarks", 0);
  const Index n = base.fitted.size(), d = base.frame.inner_dimension();
  const auto sample = gather_rows(exec, base.frame.inside(exec, base.fitted), candidates);
  const NestedLandmarks nested =
      nested_landmarks(exec, sample, effective, {options.features, options.bandwidth / model.frame.normalisation.scale, options.seed, base.fitted.ranks()});
  const auto own = [&]() -> FittedDictionary<Exec> {
    if (options.dictionary) return options.dictionary(exec, model.frame.normalisation, sample);
    if (!options.network) return nested_gaussians(exec, nested, d, effective, model.frame);
    return with_network(exec, nested, d, effective, model.frame, options.network(exec, base.frame.inside(exec, base.fitted), base.frame));
  };
  FittedDictionary<Exec> made = own();
  require(!made.dictionary.empty() && made.dictionary.dimension() == d && made.dictionary.size() >= 2, function,
          [&] { return "the dictionary must have at least 2 features on the " + std::to_string(d) + " coordinates of the data"; });
  base.dictionary = made.dictionary;
  model.dictionary = made.data;
  model.density.landmarks = nested.landmarks;
  model.density.levels = levels_of(base.dictionary, nested);
  base.level_features = read_out_features(model.density.levels);
  choose_moment_rows(base, options);

  model.marginals = marginals_of(exec, base.fitted, options.seed);
  model.columns = options.columns;
  model.spectrum.unit = base.frame.eigenvalue_unit();
  model.provenance.samples = n;
  model.provenance.effective_samples = base.fitted.effective_size();
  model.provenance.rows = {data.size(), fingerprint_of(exec, data), gathered_weights(data), base.data.is_ordered(), 1};
  model.provenance.seed = options.seed;
  model.provenance.backend = Exec::name();
  return base;
}

template <ExecutionSpace Exec>
Sums<Exec> sum_moments(const Exec& exec, Foundation<Exec>& base, const FitOptions<Exec>& options, Index q, const OperatorTerms& terms) {
  const Kokkos::Profiling::ScopedRegion region("kswgd::fit::moments");
  const Index n = base.fitted.size(), normals = normals_per_point(base, options.normals), p = base.dictionary.size();
  const bool folded = q > 0, extra = folded && (terms.rate || terms.diffusion || (base.frame.is_mapped() && terms.metric));
  Sums<Exec> result;
  if (folded)
    result.folds.emplace(exec, base.dictionary, q, terms.forms(base.frame.is_mapped()), normals > 0, extra ? std::min(q, base.read_out_features()) : 0);
  result.shared = folded && q == p && !extra;
  const bool total_is_density = folded && q == p;  // G and D of the folds are those of all features
  std::optional<SubsetMoments<Exec>> subset;
  if (!base.moment_rows.empty()) subset.emplace(exec, base.fitted, base.dictionary, base.moment_rows);
  std::optional<MomentAccumulator<Exec>> all;
  if (!total_is_density && !subset) all.emplace(exec, base.dictionary, p, normals > 0);

  report(options, "moments", 0);
  const Index tiled = subset ? q : p, tile_rows = std::min(n, rows_of_tile(extra ? 2 * tiled : tiled));
  const bool laplacian = folded && options.normals.extent(0) == 0;  // a normal alone does not say how the manifold bends
  std::optional<MomentTile<Exec>> tile;
  if (tiled > 0) tile.emplace(exec, base.dictionary, tile_rows, normals, laplacian, tiled);
  std::optional<TermWalk<Exec>> walk;
  if (extra) walk.emplace(exec, base, terms, tile_rows, std::min(q, base.read_out_features()));
  const auto folds = RowFolds::of_fit(base.fitted, options.seed);
  const double share = subset ? 3 * static_cast<double>(n) * static_cast<double>(q) * static_cast<double>(q) / moment_flops(base, q) : 1;
  const Index here = base.fitted.here().second - base.fitted.here().first;
  Index walked = 0;
  walk_folds(exec, base.frame.inside(exec, base.fitted), tile_rows, folds, [&](int fold, const std::vector<Index>& rows, const Points<Exec>& x) {
    Vector<Exec> weights;
    auto total = static_cast<double>(rows.size());
    if (base.fitted.is_weighted()) {
      std::vector<double> host;
      for (const Index row : rows) host.push_back(base.fitted.weight(row));
      total = std::accumulate(host.begin(), host.end(), 0.0);
      weights = to_device(exec, host);
    }
    if (tile)
      tile->evaluate(exec, x, weights, total, normals_at(exec, base, options, rows, x),
                     laplacian ? curvatures_of(exec, base.frame.geometry(), x) : std::vector<Vector<Exec>>{});
    if (folded) result.folds->fold(fold).add(exec, *tile);
    if (all) all->add(exec, *tile);
    if (subset) subset->add(exec, rows, x, weights, total);
    if (extra) walk->add(exec, rows, x, result.folds->fold(fold));
    walked += static_cast<Index>(rows.size());  // tiles are of one fold each: their last rows do not ascend
    report(options, "moments", share * static_cast<double>(walked) / static_cast<double>(here));
  });
  exec.fence("kswgd::fit: the tile is freed");
  const Reduction& ranks = base.fitted.ranks();
  if (folded) result.folds->reduce(exec, ranks);
  if (all) all->reduce(exec, ranks);
  tile.reset();
  walk.reset();
  if (subset) {
    result.density = subset->moments(
        exec, normals, ranks, has_wide_features(base) && normals == 0 ? Precision::mixed : Precision::fp64,
        [&](MomentTile<Exec>& some, const std::vector<Index>& rows, const Points<Exec>& x, const Vector<Exec>& counts, double total) {
          some.evaluate(exec, x, counts, total, normals_at(exec, base, options, rows, x));
        },
        [&](double done) { report(options, "moments", share + (1 - share) * done); });
    subset.reset();
  }
  conclude_moments(exec, base, result, all ? &*all : nullptr, laplacian);
  return result;
}

Eigenpairs in_callers_units(const Eigenpairs& pairs, const Moments& moments, double unit) {
  const std::size_t held = pairs.vectors.extent(0), r = static_cast<std::size_t>(pairs.size());
  Eigenpairs result{HostVector("kswgd::read_operator::values", r), HostMatrix("kswgd::read_operator::vectors", moments.size(), r),
                    HostVector("kswgd::read_operator::residuals", r), pairs.report};
  for (std::size_t j = 0; j < r; ++j) {
    double mean = 0;
    for (std::size_t a = 0; a < held; ++a) mean += moments.gram(a, 0) * pairs.vectors(a, j);
    const double sign = j == 0 && mean < 0 ? -1 : 1;
    for (std::size_t a = 0; a < held; ++a) result.vectors(a, j) = sign * pairs.vectors(a, j);
    result.values(j) = pairs.values(j) * unit;
    result.residuals(j) = pairs.residuals(j);
  }
  return result;
}

template <ExecutionSpace Exec>
void conclude_moments(const Exec& exec, Foundation<Exec>& base, Sums<Exec>& sums, const MomentAccumulator<Exec>* all, bool laplacian) {
  const auto n = static_cast<double>(base.model.provenance.samples), p = static_cast<double>(base.dictionary.size());
  if (sums.folds) sums.folds->close(exec);
  if (sums.density.gram.extent(0) == 0) sums.density = all ? all->moments(exec) : sums.folds->total().moments(exec);
  // On the host these are the same arrays: nothing writes to them from here on.
  base.model.density.moments = {to_host(exec, sums.density.gram), to_host(exec, sums.density.dirichlet), base.model.provenance.effective_samples};
  if (laplacian)
    base.model.log_density = learn_log_density(exec, *sums.folds, base.model.density.levels,
                                               log_density_share * (base.moment_rows.empty() ? 3 * n * p * p : moment_flops(base, sums.folds->total().size())),
                                               base.frame.eigenvalue_unit());
}

template <ExecutionSpace Exec>
void read_operator(const Exec& exec, Foundation<Exec>& base, const FitOptions<Exec>& options, const Sums<Exec>& sums, bool killed) {
  const EigenSolver<Exec> solver = solver_of(options);
  Spectrum& spectrum = base.model.spectrum;
  const FoldedForms<Exec> forms = sums.folds->forms(exec);
  const std::vector<Index>& levels = base.level_features;
  report(options, "read-out", 0);
  const RawReadOut raw = read_out(exec, forms, levels, std::max<Index>(1, options.read_out_modes), killed ? Operator::killed : Operator::generator, solver);
  const Index features = levels[raw.level < 0 ? levels.size() - 1 : static_cast<std::size_t>(raw.level)];
  const auto gram = copy_block(exec, forms.all.gram, features), form = copy_block(exec, forms.all.form, features);
  report(options, "eigenpairs", 0);
  if (killed || options.modes > 0)
    spectrum.pairs = in_callers_units(killed ? killed_eigenpairs(exec, gram, form, options.modes + 1, solver, options.regularisation)
                                             : generator_eigenpairs(exec, gram, form, options.modes, solver, options.regularisation),
                                      base.model.density.moments, spectrum.unit);
  if (options.read_out_modes > 0) spectrum.read_out = corrected(raw, spectrum.unit);
}

template <ExecutionSpace Exec>
void shorten_read_out(Foundation<Exec>& base) {
  constexpr double share = 0.2;  // of the moments and the factorisations of all features
  const auto n = static_cast<double>(base.fitted.size()), p = static_cast<double>(base.dictionary.size());
  const double budget = share * (moment_flops(base, base.read_out_features()) + 10 * p * p * p);
  const auto cost = [&](Index q) { return static_cast<double>(base.frame.inner_dimension()) * n * static_cast<double>(q) * static_cast<double>(q); };
  while (base.level_features.size() > 1 && cost(base.level_features.back()) > budget) base.level_features.pop_back();
}

template <ExecutionSpace Exec>
ModelData finish(Foundation<Exec>&& base, const FitOptions<Exec>& options) {
  base.model.provenance.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - base.started).count();
  report(options, "fit", 1);
  return std::move(base.model);
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                          \
  template HostPoints kept_points(const EXEC&, const DataSet<EXEC>&, Index, std::uint64_t);                              \
  template Foundation<EXEC> lay_foundation(const EXEC&, const DataSet<EXEC>&, const FitOptions<EXEC>&, const char*);     \
  template Sums<EXEC> sum_moments(const EXEC&, Foundation<EXEC>&, const FitOptions<EXEC>&, Index, const OperatorTerms&); \
  template void conclude_moments(const EXEC&, Foundation<EXEC>&, Sums<EXEC>&, const MomentAccumulator<EXEC>*, bool);     \
  template void read_operator(const EXEC&, Foundation<EXEC>&, const FitOptions<EXEC>&, const Sums<EXEC>&, bool);         \
  template void shorten_read_out(Foundation<EXEC>&);                                                                     \
  template ModelData finish(Foundation<EXEC>&&, const FitOptions<EXEC>&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd::detail
