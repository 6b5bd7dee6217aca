// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "../algebra/square_matrices.hpp"
#include "../data/gather.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/data/data_set.hpp>
#include <kswgd/moments/accumulator.hpp>

#include <algorithm>
#include <utility>
#include <vector>

// The means of all features over all rows, and their second moments over some: the flow ends where its particles have the means, and the matrices only
// say by which way (docs/method.md, Many rows).
namespace kswgd::detail {

/// sums(a) += factor values(a)
template <class Exec>
struct AddMeansKernel {
  Vector<Exec> sums, values;
  double factor;
  KOKKOS_FUNCTION void operator()(Index a) const { sums(a) += factor * values(a); }
};

/// G(a, b) += s(a) s(b) - g(a) g(b): the covariance stays, the means become s. Row and column of the constant hold the means themselves.
template <class Exec>
struct RecentreKernel {
  Matrix<Exec> gram;
  Vector<Exec> means, own;
  KOKKOS_FUNCTION void operator()(Index a, Index b) const {
    gram(a, b) = a == 0 ? means(b) : b == 0 ? means(a) : gram(a, b) + (means(a) * means(b) - own(a) * own(b));
  }
};

/// Collects both in one walk over all rows: sums of the features, and the points of the rows that were chosen (8 m d bytes).
template <ExecutionSpace Exec>
class SubsetMoments {
 public:
  /// `chosen`: rows of the data, ascending; one that stands there twice counts twice.
  SubsetMoments(const Exec& exec, const DataSet<Exec>& data, const AnyDictionary<Exec>& dictionary, const std::vector<Index>& chosen)
      : m_dictionary(dictionary),
        m_sums(zeros<Vector<Exec>>(exec, "SubsetMoments::sums", dictionary.size())),
        m_tile_means(allocate<Vector<Exec>>(exec, "SubsetMoments::means", dictionary.size())) {
    const auto [begin, end] = data.here();
    m_chosen.assign(std::lower_bound(chosen.begin(), chosen.end(), begin), std::lower_bound(chosen.begin(), chosen.end(), end));
    Index held = 0;
    for (std::size_t i = 0; i < m_chosen.size(); ++i) held += i == 0 || m_chosen[i] != m_chosen[i - 1] ? 1 : 0;
    m_points = allocate<Points<Exec>>(exec, "SubsetMoments::points", held, dictionary.dimension());
  }

  /// rows: of the data, ascending, x their points, weights of these or none (all 1), `total` their sum.
  void add(const Exec& exec, const std::vector<Index>& rows, const Points<Exec>& x, const Vector<Exec>& weights, double total) {
    m_weight += total;
    weights.extent(0) > 0 ? add_weighted(exec, x, weights) : add_plain(exec, x, total);
    std::vector<Index> places;
    auto next = rows.empty() ? m_chosen.begin() : std::lower_bound(m_chosen.begin(), m_chosen.end(), rows.front());
    for (std::size_t i = 0; i < rows.size(); ++i) {  // both ascend
      while (next != m_chosen.end() && *next < rows[i]) ++next;
      double times = 0;
      for (; next != m_chosen.end() && *next == rows[i]; ++next) ++times;
      if (times == 0) continue;
      places.push_back(static_cast<Index>(i));
      m_rows.push_back(rows[i]);
      m_counts.push_back(times);
    }
    if (places.empty()) return;
    const auto filled = static_cast<Index>(m_rows.size());
    const Points<Exec> part = Kokkos::subview(m_points, Span(filled - static_cast<Index>(places.size()), filled), Kokkos::ALL);
    gather("kswgd::SubsetMoments::gather", exec, x, to_device(exec, places), part);
    exec.fence("kswgd::SubsetMoments: the list of places is freed");
  }

  /// G and D of all features, of products in this precision. visit(tile, rows, x, weights, total): evaluates the tile at the points of these rows; `normals` at
  /// each.
  template <class Evaluate, class Progress>
  typename MomentAccumulator<Exec>::Result moments(const Exec& exec, Index normals, const Reduction& ranks, Precision precision, const Evaluate& evaluate,
                                                   const Progress& progress) {
    const bool rounded = precision == Precision::mixed && !ranks.is_alone();
    if (rounded) take_from_ranks(exec, ranks);
    const Index share = rounded ? ranks.rank() : 0, shares = rounded ? ranks.size() : 1;
    const Index p = m_dictionary.size(), m = static_cast<Index>(m_rows.size()), most = std::max<Index>(1, std::min(m, rows_of_tile(p)));
    put_neighbours_together(exec, most);
    MomentAccumulator<Exec> sums(exec, m_dictionary, p, normals > 0, true);
    {
      MomentTile<Exec> tile(exec, m_dictionary, most, normals);
      const bool repeated = std::any_of(m_counts.begin(), m_counts.end(), [](double times) { return times != 1; });
      for (Index first = share * most; first < m; first += shares * most) {
        const Index last = std::min(first + most, m);
        const std::vector<Index> rows(m_rows.begin() + first, m_rows.begin() + last);
        const std::vector<double> counts(m_counts.begin() + first, m_counts.begin() + last);
        double total = 0;
        for (const double times : counts) total += times;
        const Points<Exec> x = Kokkos::subview(m_points, Span(first, last), Kokkos::ALL);
        evaluate(tile, rows, x, repeated ? Vector<Exec>(to_device(exec, counts)) : Vector<Exec>(), total);
        sums.add(exec, tile, precision);
        progress(static_cast<double>(last) / static_cast<double>(m));
      }
      exec.fence("kswgd::SubsetMoments: the tile is freed");
    }
    m_points = {};
    sums.reduce(exec, ranks);
    auto result = sums.take(exec);
    ranks.sum(exec, m_sums);
    recentre(exec, result.gram, 1 / ranks.sum(m_weight));
    return result;
  }

 private:
  /// The chosen rows of all ranks: tiles are those of one rank then, and so is what single precision makes of their products.
  void take_from_ranks(const Exec& exec, const Reduction& ranks) {
    const HostPoints here = host_copy(exec, m_points);
    m_counts = ranks.concatenate(m_counts);
    const std::vector<double> numbers = ranks.concatenate({m_rows.begin(), m_rows.end()});
    m_rows.assign(numbers.begin(), numbers.end());
    const HostPoints all("kswgd::SubsetMoments::points", m_rows.size(), here.extent(1));
    for (std::size_t k = 0; k < all.extent(1); ++k) {
      std::vector<double> column;
      for (std::size_t i = 0; i < here.extent(0); ++i) column.push_back(here(i, k));
      column = ranks.concatenate(column);
      for (std::size_t i = 0; i < column.size(); ++i) all(i, k) = column[i];
    }
    m_points = to_device(exec, all);
  }

  /// Rows of a tile are neighbours then: many narrow Gaussians are far away from all of them, and their products are not formed (on a host).
  void put_neighbours_together(const Exec& exec, Index tile_rows) {
    if constexpr (on_host<Exec>) {
      std::vector<Index> order(m_rows.size());
      for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Index>(i);
      exec.fence("kswgd::SubsetMoments: the points are read on the host");
      std::sort(order.begin(), order.end(), [this](Index i, Index j) { return m_rows[static_cast<std::size_t>(i)] < m_rows[static_cast<std::size_t>(j)]; });
      halve(order.begin(), order.end(), tile_rows);
      std::vector<Index> rows(order.size());
      std::vector<double> counts(order.size());
      for (std::size_t i = 0; i < order.size(); ++i) {
        rows[i] = m_rows[static_cast<std::size_t>(order[i])];
        counts[i] = m_counts[static_cast<std::size_t>(order[i])];
      }
      m_rows = std::move(rows);
      m_counts = std::move(counts);
      m_points = take_rows(exec, m_points, order);
    }
  }
  /// Sorts by the coordinate that reaches the farthest, into halves of whole tiles, and each half in the same way.
  template <class Place>
  void halve(Place first, Place last, Index tile_rows) const {
    const Index count = last - first;
    if (count <= tile_rows) return;
    Index widest = 0;
    double most = -1;
    for (Index k = 0; k < static_cast<Index>(m_points.extent(1)); ++k) {
      double low = m_points(*first, k), high = low;
      for (Place i = first; i != last; ++i) {
        low = std::min(low, m_points(*i, k));
        high = std::max(high, m_points(*i, k));
      }
      if (!(high - low > most)) continue;
      most = high - low;
      widest = k;
    }
    const Place middle = first + (count / tile_rows + 1) / 2 * tile_rows;
    std::nth_element(first, middle, last,
                     [&](Index i, Index j) { return m_points(i, widest) < m_points(j, widest) || (m_points(i, widest) == m_points(j, widest) && i < j); });
    halve(first, middle, tile_rows);
    halve(middle, last, tile_rows);
  }
  void add_plain(const Exec& exec, const Points<Exec>& x, double rows) {
    const Index p = m_dictionary.size();
    m_dictionary.mean(exec, x, m_tile_means, p, Precision::fp64, m_workspace);
    Kokkos::parallel_for("kswgd::SubsetMoments::add", index_range(exec, p), AddMeansKernel<Exec>{m_sums, m_tile_means, rows});
  }
  void add_weighted(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& weights) {
    const Index p = m_dictionary.size(), n = static_cast<Index>(x.extent(0)), most = std::min(n, rows_of_tile(p));
    for (Index first = 0; first < n; first += most) {
      const Span some(first, std::min(first + most, n));
      const Matrix<Exec> psi = m_workspace.matrix(exec, "SubsetMoments::psi", some.second - some.first, p);
      m_dictionary.evaluate(exec, Kokkos::subview(x, some, Kokkos::ALL), psi, m_workspace);
      algebra::multiply(exec, 1, algebra::Op::transposed, psi, Vector<Exec>(Kokkos::subview(weights, some)), 1, m_sums);
    }
  }
  void recentre(const Exec& exec, const Matrix<Exec>& gram, double scale) {
    const Index p = m_dictionary.size();
    const Vector<Exec> own = m_tile_means;
    Kokkos::deep_copy(exec, own, Kokkos::subview(gram, Kokkos::ALL, 0));
    const auto means = zeros<Vector<Exec>>(exec, "SubsetMoments::means", p);
    Kokkos::parallel_for("kswgd::SubsetMoments::average", index_range(exec, p), AddMeansKernel<Exec>{means, m_sums, scale});
    Kokkos::parallel_for("kswgd::SubsetMoments::recentre", algebra::square_range(exec, p), RecentreKernel<Exec>{gram, means, own});
    exec.fence("kswgd::SubsetMoments: the means are freed");
  }

  AnyDictionary<Exec> m_dictionary;
  Workspace<Exec> m_workspace;
  Vector<Exec> m_sums, m_tile_means;
  Points<Exec> m_points;
  std::vector<Index> m_chosen;   // the rows on this rank, ascending
  std::vector<Index> m_rows;     // those chosen, in the order of m_points
  std::vector<double> m_counts;  // of these
  double m_weight = 0;
};

}  // namespace kswgd::detail
