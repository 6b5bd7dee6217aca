// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../data/blocks.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/geometry/coordinates.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kswgd {
namespace {

constexpr Index most_rows = Index{1} << 15;
constexpr std::size_t most_knots = 31, fewest_knots = 6;

// What makes a column's law one that features should see through a map: where columns need a map anyhow, and where they are comparable.
struct Limits {
  double skewness, kurtosis;
};
constexpr Limits weak{0.15, 0.2}, strong{0.45, 0.36};
constexpr double far_away = 30;
// A narrow column that is normal and of no bond with the others is one that squares of coordinates describe, up to this ratio of widths.
constexpr double normal_kurtosis = 0.1226, most_plain_ratio = 100;
constexpr double most_atom = 0.3;  // a column of which a value holds more is no continuous one

// Modes: the valley's depth against the lower peak, and the mass that a peak must hold.
constexpr double deepest_dent = 0.6, least_mass = 0.02, least_rows = 10, standard_errors = 2.5;

/// Distinct values, ascending, with their shares of the weight.
struct Column {
  std::vector<double> values, shares;
  double effective = 0;  // rows

  std::size_t size() const { return values.size(); }

  Column(std::vector<double> given, const std::vector<double>& weights) {
    require(!given.empty(), "shape_of", [] { return "the column has no values"; });
    std::vector<std::size_t> order(given.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return given[i] < given[j]; });
    double total = 0, squares = 0;
    for (const std::size_t i : order) {
      const double w = weights.empty() ? 1 : weights[i];
      if (!(w > 0)) continue;
      total += w;
      squares += w * w;
      if (!values.empty() && values.back() == given[i]) {
        shares.back() += w;
      } else {
        values.push_back(given[i]);
        shares.push_back(w);
      }
    }
    effective = total * total / squares;
    for (double& share : shares) share /= total;
  }

  /// Values at ascending levels in (0, 1): linear between the middles of the shares.
  std::vector<double> quantiles(const std::vector<double>& levels) const {
    std::vector<double> result;
    double middle = shares[0] / 2, before = middle;
    std::size_t i = 0;
    for (const double level : levels) {
      while (middle < level && i + 1 < size()) {
        before = middle;
        middle += (shares[i] + shares[i + 1]) / 2;
        ++i;
      }
      if (i == 0 || middle <= level) {
        result.push_back(values[i]);
      } else {
        result.push_back(values[i - 1] + (level - before) / (middle - before) * (values[i] - values[i - 1]));
      }
    }
    return result;
  }
  double quantile(double level) const { return quantiles({level})[0]; }

  /// The reverse, of ascending values between the smallest and the largest.
  std::vector<double> levels(const std::vector<double>& ascending) const {
    std::vector<double> result;
    double middle = shares[0] / 2, before = middle;
    std::size_t i = 0;
    for (const double value : ascending) {
      while (values[i] < value && i + 1 < size()) {
        before = middle;
        middle += (shares[i] + shares[i + 1]) / 2;
        ++i;
      }
      result.push_back(i == 0 || values[i] <= value ? middle : before + (value - values[i - 1]) / (values[i] - values[i - 1]) * (middle - before));
    }
    return result;
  }
};

/// Standard deviation of values that are first cut at low and high; in units of their range, so that squares stay in that of doubles.
double cut_deviation(const Column& column, double low, double high) {
  const double first = std::max(column.values.front(), low), range = std::min(column.values.back(), high) - first;
  if (!(range > 0)) return 0;
  const auto at = [&](std::size_t i) { return (std::clamp(column.values[i], low, high) - first) / range; };
  double mean = 0, square = 0;
  for (std::size_t i = 0; i < column.size(); ++i) mean += column.shares[i] * at(i);
  for (std::size_t i = 0; i < column.size(); ++i) square += column.shares[i] * (at(i) - mean) * (at(i) - mean);
  return range * std::sqrt(square);
}

/// L-skewness and L-kurtosis from probability-weighted moments, each value at the middle of its share; both 0 where nothing varies.
/// Values beyond `low` and `high` are put there.
std::pair<double, double> l_ratios(const Column& column, double low, double high) {
  double below = 0, b[4] = {0, 0, 0, 0};
  for (std::size_t i = 0; i < column.size(); ++i) {
    const double value = std::clamp(column.values[i], low, high) - column.values[column.size() / 2], above = below + column.shares[i];
    for (int r = 0; r < 4; ++r) b[r] += value * (std::pow(above, r + 1) - std::pow(below, r + 1)) / (r + 1);
    below = above;
  }
  const double l2 = 2 * b[1] - b[0], l3 = 6 * b[2] - 6 * b[1] + b[0], l4 = 20 * b[3] - 30 * b[2] + 12 * b[1] - b[0];
  return l2 > 0 ? std::pair(l3 / l2, l4 / l2) : std::pair(0.0, 0.0);
}

/// The density on an even grid by a Gaussian kernel of width `h`, of the values in [low, high]: heights and the masses of the cells.
struct Density {
  std::vector<double> height, mass;

  Density(const Column& column, double low, double high, double h) {
    constexpr double cells_of_width = 6;
    constexpr std::size_t most_cells = 4096;
    const double length = high - low + 6 * h;
    const auto cells = static_cast<std::size_t>(std::min(length / h * cells_of_width, static_cast<double>(most_cells))) + 8;
    const double step = length / static_cast<double>(cells - 1), first = low - 3 * h;
    mass.assign(cells, 0.0);
    height.assign(cells, 0.0);
    for (std::size_t i = 0; i < column.size(); ++i)
      if (column.values[i] >= low && column.values[i] <= high)
        mass[std::min(cells - 1, static_cast<std::size_t>((column.values[i] - first) / step + 0.5))] += column.shares[i];
    const auto reach = static_cast<std::size_t>(4 * h / step) + 1;
    std::vector<double> kernel(reach + 1);
    for (std::size_t k = 0; k <= reach; ++k) kernel[k] = std::exp(-0.5 * std::pow(static_cast<double>(k) * step / h, 2));
    for (std::size_t i = 0; i < cells; ++i) {
      if (mass[i] == 0) continue;
      for (std::size_t j = i > reach ? i - reach : 0; j < std::min(cells, i + reach + 1); ++j) height[j] += mass[i] * kernel[i > j ? i - j : j - i];
    }
  }
};

/// How many peaks stand apart: those that are hardly higher than the valley beside them, or hold hardly any mass, are taken away one by one.
Index count_modes(const Density& density, double least, double rows) {
  const auto& f = density.height;
  std::vector<std::size_t> peaks;
  for (std::size_t i = 1; i + 1 < f.size(); ++i)
    if (f[i] > f[i - 1] && f[i] >= f[i + 1]) peaks.push_back(i);
  std::vector<double> sum(f.size() + 1, 0.0);
  for (std::size_t i = 0; i < f.size(); ++i) sum[i + 1] = sum[i] + density.mass[i];
  while (peaks.size() > 1) {
    std::vector<std::size_t> edges{0};
    std::size_t shallowest = 0, lightest = 0;
    double most = 0;
    for (std::size_t j = 0; j + 1 < peaks.size(); ++j) {
      const auto begin = f.begin() + static_cast<std::ptrdiff_t>(peaks[j]), end = f.begin() + static_cast<std::ptrdiff_t>(peaks[j + 1]);
      const auto valley = static_cast<std::size_t>(std::min_element(begin, end) - f.begin());
      // A height times the rows is how many lie about there; in a tail these are few, and a dent is chance.
      const double lower = std::min(f[peaks[j]], f[peaks[j + 1]]);
      const bool chance = (lower - f[valley]) * rows < standard_errors * std::sqrt((lower + f[valley]) * rows);
      const double dent = chance ? 1 : f[valley] / lower;
      if (dent > most) {
        most = dent;
        shallowest = f[peaks[j]] < f[peaks[j + 1]] ? j : j + 1;
      }
      edges.push_back(valley);
    }
    edges.push_back(f.size());
    const auto mass = [&](std::size_t j) { return sum[edges[j + 1]] - sum[edges[j]]; };
    for (std::size_t j = 1; j < peaks.size(); ++j)
      if (mass(j) < mass(lightest)) lightest = j;
    if (mass(lightest) < least) {
      peaks.erase(peaks.begin() + static_cast<std::ptrdiff_t>(lightest));
    } else if (most > deepest_dent) {
      peaks.erase(peaks.begin() + static_cast<std::ptrdiff_t>(shallowest));
    } else {
      break;
    }
  }
  return std::max<Index>(1, static_cast<Index>(peaks.size()));
}

/// The middle one of the gaps between neighbouring values from `low` to `high`.
double usual_gap(const Column& column, double low, double high) {
  std::vector<double> gaps;
  for (std::size_t i = 0; i + 1 < column.size(); ++i)
    if (column.values[i] >= low && column.values[i + 1] <= high) gaps.push_back(column.values[i + 1] - column.values[i]);
  if (gaps.empty()) return 0;
  std::nth_element(gaps.begin(), gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2), gaps.end());
  return gaps[gaps.size() / 2];
}

constexpr double width_of_normal = 2.5631031;  // between the quantiles .1 and .9 of N(0, 1)

double width_of(const Column& column) { return (column.quantile(0.9) - column.quantile(0.1)) / width_of_normal; }

/// Beyond these values are strays that would rule a standard deviation.
std::pair<double, double> fences(const Column& column) {
  const double width = width_of(column), median = column.quantile(0.5);
  constexpr double widths = 20;
  return width > 0 ? std::pair(median - widths * width, median + widths * width) : std::pair(column.values.front(), column.values.back());
}

ColumnShape shape_of(const Column& column) {
  ColumnShape shape;
  const auto [low, high] = fences(column);
  shape.median = column.quantile(0.5);
  shape.width = width_of(column);
  shape.deviation = cut_deviation(column, low, high);
  std::tie(shape.skewness, shape.kurtosis) = l_ratios(column, low, high);
  shape.largest_atom = *std::max_element(column.shares.begin(), column.shares.end());
  const double farthest = std::max(shape.median - column.values.front(), column.values.back() - shape.median);
  if (shape.width > 0) shape.reach = farthest / shape.width;
  const double inner_low = column.quantile(0.002), inner_high = column.quantile(0.998);
  const double spread = shape.width > 0 ? std::min(shape.width, shape.deviation) : shape.deviation;
  const double h = std::max(0.9 * spread * std::pow(column.effective, -0.2), usual_gap(column, column.quantile(0.05), column.quantile(0.95)));
  if (h > 0 && inner_high > inner_low && std::isfinite((inner_high - inner_low) / h))
    shape.modes = count_modes(Density(column, inner_low, inner_high, h), std::max(least_mass, least_rows / column.effective), column.effective);
  return shape;
}

CoordinateMap linear(double factor) {
  CoordinateMap map;
  map.factor = std::isfinite(factor) && factor > 0 ? factor : 1;
  return map;
}

/// Clusters of a column that lie so far apart that the gaps between them would rule all distances: the places of their first and last values. None where there
/// is but one, or where one holds next to nothing (a stray).
struct Clusters {
  std::vector<std::pair<std::size_t, std::size_t>> ends;
  double deviation = 0;  // within the clusters

  explicit Clusters(const Column& column) {
    constexpr double least_gap = 0.1, gap_in_deviations = 20, least_share = 0.01, fewest_rows = 5;
    const double range = column.values.back() - column.values.front();
    double narrowest = range;
    std::size_t first = 0;
    for (std::size_t i = 0; i < column.size(); ++i) {
      const bool last = i + 1 == column.size();
      const double gap = last ? range : column.values[i + 1] - column.values[i];
      if (!(gap > least_gap * range)) continue;
      ends.emplace_back(first, i);
      first = i + 1;
      narrowest = std::min(narrowest, gap);
    }
    double square = 0;
    bool usable = ends.size() > 1;
    for (const auto& [low, high] : ends) {
      double share = 0, mean = 0;
      for (std::size_t i = low; i <= high; ++i) {
        share += column.shares[i];
        mean += column.shares[i] * (column.values[i] - column.values[low]);
      }
      mean /= share;
      for (std::size_t i = low; i <= high; ++i) square += column.shares[i] * std::pow((column.values[i] - column.values[low] - mean) / range, 2);
      usable = usable && share > least_share && share * column.effective > fewest_rows && column.values[high] > column.values[low];
    }
    deviation = range * std::sqrt(square);
    if (!usable || !(narrowest > gap_in_deviations * deviation)) ends.clear();
  }
};

/// Straight within each cluster, a few deviations of these between them.
CoordinateMap drawn_together(const Column& column, const Clusters& clusters) {
  constexpr double between = 6;
  constexpr int pieces = 4;  // of a cluster: several knots keep it straight
  std::vector<double> x, z;
  double start = 0;
  for (const auto& [low, high] : clusters.ends) {
    const double length = column.values[high] - column.values[low];
    for (int piece = 0; piece <= pieces; ++piece) {
      x.push_back(column.values[low] + length * piece / pieces);
      z.push_back(start + length * piece / pieces / clusters.deviation);
    }
    start = z.back() + between;
  }
  return CoordinateMap::through(std::move(x), std::move(z));
}

CoordinateMap standardised(const Column& column) {
  if (const Clusters clusters(column); !clusters.ends.empty()) return drawn_together(column, clusters);
  const auto [low, high] = fences(column);
  const double deviation = cut_deviation(column, low, high);
  if (!(deviation > 0)) return linear(1);
  const double factor = 1 / deviation, least = column.values.front(), most = column.values.back();
  if (!(least < low || most > high)) return linear(factor);
  // Straight between the fences, where the law is; what lies beyond is drawn in to within a few deviations.
  constexpr double beyond = 3;
  std::vector<double> x, z;
  const double edge_low = std::max(least, column.quantile(0.5) - (column.quantile(0.5) - low) / 2),
               edge_high = std::min(most, column.quantile(0.5) + (high - column.quantile(0.5)) / 2);
  if (least < low) {
    x.push_back(least);
    z.push_back(edge_low * factor - beyond);
  }
  for (int piece = 0; piece <= 4; ++piece) {  // several knots keep the middle straight
    x.push_back(edge_low + (edge_high - edge_low) * piece / 4);
    z.push_back(x.back() * factor);
  }
  if (most > high) {
    x.push_back(most);
    z.push_back(edge_high * factor + beyond);
  }
  return CoordinateMap::through(std::move(x), std::move(z));
}

CoordinateMap normal_score(const Column& column) {
  // Levels at which the score is even, from the smallest value to the largest.
  const double outermost = detail::normal_quantile(1 - 0.5 / std::max(2.0, column.effective));
  std::vector<double> levels;
  for (std::size_t j = 0; j < most_knots; ++j) {
    const double score = outermost * (2 * static_cast<double>(j) / static_cast<double>(most_knots - 1) - 1);
    levels.push_back(0.5 * std::erfc(-score / std::sqrt(2.0)));
  }
  std::vector<double> values = column.quantiles(levels);
  values.front() = column.values.front();
  values.back() = column.values.back();
  const double width = column.quantile(0.9) - column.quantile(0.1);
  const double near = 0.01 * 2 * outermost / static_cast<double>(most_knots - 1) / width_of_normal * width;
  // Knots that lie together are one; the score of each is that of its middle rank.
  std::vector<double> x, z;
  for (std::size_t j = 0; j < most_knots;) {
    std::size_t end = j + 1;
    while (end < most_knots && values[end] - values[j] <= near) ++end;
    x.push_back(values[j] + (values[end - 1] - values[j]) / 2);
    j = end;
  }
  for (const double level : column.levels(x)) z.push_back(detail::normal_quantile(level));
  if (x.size() < fewest_knots) return standardised(column);
  CoordinateMap map = CoordinateMap::through(std::move(x), std::move(z));
  map.is_score = true;
  return map;
}

/// Whether the law has one hump, which a score makes a normal one.
bool is_one_hump(const ColumnShape& shape) { return shape.modes == 1 && shape.largest_atom <= most_atom; }
bool is_skewed(const ColumnShape& shape, const Limits& limits) {
  return is_one_hump(shape) && (std::abs(shape.skewness) > limits.skewness || shape.kurtosis > limits.kurtosis);
}
/// Whether a column looks normal, as far as n rows tell.
bool is_plain(const ColumnShape& shape, double n) {
  const double error = 2 / std::sqrt(n);
  return is_one_hump(shape) && std::abs(shape.skewness) < 0.05 + error && std::abs(shape.kurtosis - normal_kurtosis) < 0.04 + error;
}

/// The largest correlation of column k with another one, in at most 2048 rows.
template <class Points>
double strongest_bond(const Points& points, const std::vector<ColumnShape>& shapes, std::size_t k) {
  constexpr std::size_t most_compared = 2048;
  const std::size_t n = points.extent(0), rows = std::min(n, most_compared), columns = points.extent(1);
  std::vector<double> product(columns, 0.0), square(columns, 0.0), sum(columns, 0.0);
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t i = r * n / rows;
    const auto value = [&](std::size_t j) { return shapes[j].deviation > 0 ? (points(i, j) - shapes[j].median) / shapes[j].deviation : 0.0; };
    const double own = value(k);
    for (std::size_t j = 0; j < columns; ++j) {
      const double other = std::clamp(value(j), -20.0, 20.0);
      product[j] += own * other;
      square[j] += other * other;
      sum[j] += other;
    }
  }
  double most = 0;
  const auto count = static_cast<double>(rows);
  for (std::size_t j = 0; j < columns; ++j) {
    const double below = (square[j] - sum[j] * sum[j] / count) * (square[k] - sum[k] * sum[k] / count);
    if (j != k && below > 0) most = std::max(most, std::abs(product[j] - sum[j] * sum[k] / count) / std::sqrt(below));
  }
  return most;
}

/// The factor that each column of the embedding belongs to, and whether that is a manifold.
struct Owner {
  std::size_t factor;
  bool is_manifold;
};

std::vector<Owner> owners(const GeometryData& geometry, std::size_t columns) {
  std::vector<Owner> result;
  for (std::size_t f = 0; f < geometry.factors.size(); ++f) {
    const GeometryFactor& factor = geometry.factors[f];
    const auto count = static_cast<std::size_t>(factor.kind == Manifold::circle ? 2 * factor.count : factor.count);
    for (std::size_t k = 0; k < count; ++k) result.push_back({f, factor.kind != Manifold::euclidean});
  }
  while (result.size() < columns) result.push_back({geometry.factors.size(), false});
  return result;
}

}  // namespace

ColumnShape shape_of(std::vector<double> values, std::vector<double> weights) { return shape_of(Column(std::move(values), weights)); }

CoordinateMap normal_score(std::vector<double> values, std::vector<double> weights) { return normal_score(Column(std::move(values), weights)); }

CoordinateMap standardised(std::vector<double> values, std::vector<double> weights) { return standardised(Column(std::move(values), weights)); }

template <ExecutionSpace Exec>
CoordinateChoice coordinate_maps(const Exec& exec, const DataSet<Exec>& embedded, const GeometryData& geometry, const CoordinateOptions& options) {
  const Coordinates coordinates = options.coordinates;
  CoordinateChoice choice;
  if (coordinates == Coordinates::given) return choice;
  const std::vector<Index> rows = spread_rows(embedded.size(), std::min(embedded.size(), most_rows), options.seed, 8);
  const auto points = to_host(exec, gather_rows(exec, embedded, rows));
  std::vector<double> weights;
  if (embedded.is_weighted()) weights = embedded.weights_of(rows);
  std::vector<Column> columns;
  std::vector<ColumnShape> shapes;
  for (std::size_t k = 0; k < points.extent(1); ++k) {
    std::vector<double> values(points.extent(0));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = points(i, k);
    columns.emplace_back(std::move(values), weights);
    shapes.push_back(shape_of(columns.back()));
    choice.length = std::max(choice.length, shapes.back().deviation);
  }
  if (!(choice.length > 0)) return {};

  // One number stands for the columns of a manifold factor: the root of their mean square deviation.
  const std::vector<Owner> owner = owners(geometry, columns.size());
  std::vector<double> deviation(columns.size());
  for (std::size_t k = 0; k < columns.size(); ++k) {
    deviation[k] = shapes[k].deviation;
    if (!owner[k].is_manifold) continue;
    double square = 0, count = 0;
    for (std::size_t j = 0; j < columns.size(); ++j)
      if (owner[j].factor == owner[k].factor) {
        square += shapes[j].deviation * shapes[j].deviation;
        ++count;
      }
    deviation[k] = std::sqrt(square / count);
  }
  bool far = false, skewed = false;
  std::vector<double> widths(columns.size(), 0.0);
  double most = 0;
  for (std::size_t k = 0; k < columns.size(); ++k) {
    const double width = shapes[k].width > 0 && !owner[k].is_manifold ? shapes[k].width : deviation[k];
    if (!(deviation[k] > 0)) continue;
    widths[k] = width;
    most = std::max(most, width);
    far = far || (!owner[k].is_manifold && (shapes[k].reach > far_away || !Clusters(columns[k]).ends.empty()));
  }
  bool apart = far;  // a map is needed for units or strays
  for (std::size_t k = 0; k < columns.size() && !apart; ++k) {
    if (!(widths[k] > 0) || !(most > options.most_width_ratio * widths[k])) continue;
    const auto n = static_cast<double>(points.extent(0));
    apart = owner[k].is_manifold || most > most_plain_ratio * widths[k] || !is_plain(shapes[k], n) ||
            strongest_bond(points, shapes, k) > 0.1 + 4 / std::sqrt(std::min(n, 2048.0));
  }
  for (std::size_t k = 0; k < columns.size(); ++k)
    skewed = skewed || (options.scores && widths[k] > 0 && !owner[k].is_manifold && is_skewed(shapes[k], apart ? weak : strong));
  if (coordinates == Coordinates::automatic && !skewed && !apart) return {};

  const auto is_scored = [&](const ColumnShape& shape) {
    return coordinates == Coordinates::normal || (coordinates == Coordinates::automatic && skewed && is_one_hump(shape));
  };
  for (std::size_t k = 0; k < columns.size(); ++k)
    choice.maps.push_back(owner[k].is_manifold ? linear(1 / deviation[k]) : is_scored(shapes[k]) ? normal_score(columns[k]) : standardised(columns[k]));
  return choice;
}

#define KSWGD_INSTANTIATE(EXEC) template CoordinateChoice coordinate_maps(const EXEC&, const DataSet<EXEC>&, const GeometryData&, const CoordinateOptions&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
