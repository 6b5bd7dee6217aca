// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "../estimator/fold_pass.hpp"
#include "../estimator/metric_tile.hpp"
#include "../moments/pair_pass.hpp"

#include <kswgd/geometry/frame.hpp>
#include <kswgd/model/model.hpp>

#include <optional>

// The energy of q = psi . c, whose minimum the committor is: sums over the data, fold by fold.
namespace kswgd::detail {

/// Where a row belongs.
enum class Set : char { none, a, b };

/// form(c, c) - 2 right . c and what does not depend on c, over p features. The form is that of the sums (of pairs G - sym(C)) and the penalty's, where there
/// is one.
template <class Exec>
struct EnergySums {
  EnergySums(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index p, FormSet which, bool on_manifold = false)
      : forms(exec, dictionary, p, which, on_manifold), pairs(which.has(Form::correlation)) {
    for (int fold = 0; fold < fold_count; ++fold) right.emplace_back("kswgd::committor::right", p);
  }
  /// right of a fold += factor A^T v
  void add_right(const Exec& exec, int fold, double factor, const Matrix<Exec>& a, const Vector<Exec>& v) {
    const auto sum = allocate<Vector<Exec>>(exec, "committor::sum", a.extent(1));
    algebra::multiply(exec, factor, algebra::Op::transposed, a, v, 0.0, sum);
    const auto host = to_host(exec, sum);
    for (std::size_t k = 0; k < host.extent(0); ++k) right[static_cast<std::size_t>(fold)](k) += host(k);
  }

  FoldSums<Exec> forms;
  bool pairs;
  std::vector<Matrix<Exec>> penalty;  // of each fold, upper triangle; of points alone
  std::vector<HostVector> right;
};

/// a where it is a multiple of the identity (1 where there is none), or nothing.
inline std::optional<double> isotropic_diffusion(const std::vector<double>& a, Index d) {
  if (a.empty()) return 1.0;
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < d; ++j)
      if (a[static_cast<std::size_t>(i * d + j)] != (i == j ? a.front() : 0.0)) return {};
  return a.front();
}

/// What holds q at 0 on A and at 1 on B: penalty E[1_A max(q, 0)^2 + 1_B max(1 - q, 0)^2], sums over the rows of the sets that are on the wrong side.
/// q may go on beyond 0 and 1 inside of the sets, where it is cut: a dictionary of smooth features could not turn at their edge.
template <class Exec>
class SetPenalty {
 public:
  /// source: in the coordinates of the dictionary.
  SetPenalty(const Exec& exec, const DataSet<Exec>& source, const AnyDictionary<Exec>& dictionary, const std::vector<Set>& sets,
             const std::vector<int>& fold_of, double penalty)
      : m_dictionary(dictionary) {
    std::vector<Index> rows, order;
    for (Index row = 0; row < source.size(); ++row)
      if (sets[static_cast<std::size_t>(row)] != Set::none && source.weight(row) > 0) rows.push_back(row);
    for (int fold = 0; fold < fold_count; ++fold) {
      m_starts.push_back(static_cast<Index>(order.size()));
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto row = static_cast<std::size_t>(rows[i]);
        if (fold_of[row] != fold) continue;
        order.push_back(static_cast<Index>(i));
        m_weight.push_back(penalty * source.weight(rows[i]));
        m_in_b.push_back(sets[row] == Set::b);
      }
    }
    m_starts.push_back(static_cast<Index>(order.size()));
    m_points = take_rows(exec, gather_rows(exec, source, rows), order);
    m_active.assign(order.size(), 0);
  }

  /// Takes the sums anew, over p features: of the rows where q = psi . c is on the wrong side, or of all where there is no c yet. Whether these are others than
  /// before.
  bool update(const Exec& exec, EnergySums<Exec>& sums, Index p, const HostMatrix& c) {
    const Index tile_rows = rows_of_tile(p);
    const auto psi_of = allocate<Matrix<Exec>>(exec, "committor::psi", std::min(tile_rows, static_cast<Index>(m_weight.size())), p);
    const Matrix<Exec> coefficients = c.extent(0) > 0 ? Matrix<Exec>(to_device(exec, c)) : Matrix<Exec>();
    bool changed = false;
    sums.penalty.clear();
    for (int fold = 0; fold < fold_count; ++fold) {
      const auto f = static_cast<std::size_t>(fold);
      sums.penalty.push_back(zeros<Matrix<Exec>>(exec, "committor::penalty", p, p));
      sums.right[f] = HostVector("kswgd::committor::right", p);
      for (Index first = m_starts[f]; first < m_starts[f + 1]; first += tile_rows) {
        const Index count = std::min(tile_rows, m_starts[f + 1] - first);
        const Matrix<Exec> psi = Kokkos::subview(psi_of, Span(0, count), Kokkos::ALL);
        m_dictionary.evaluate(exec, row_block(m_points, first, count), psi, m_workspace);
        HostMatrix q;
        if (coefficients.extent(0) > 0) {
          const auto values = allocate<Matrix<Exec>>(exec, "committor::q", count, 1);
          algebra::multiply(exec, 1.0, algebra::Op::none, psi, algebra::Op::none, coefficients, 0.0, values);
          q = host_copy(exec, values);
        }
        std::vector<double> weight, root_in_b;
        for (Index i = 0; i < count; ++i) {
          const auto at = static_cast<std::size_t>(first + i);
          const char active = q.extent(0) == 0 || (m_in_b[at] ? q(i, 0) < 1 : q(i, 0) > 0);
          changed = changed || active != m_active[at];
          m_active[at] = active;
          weight.push_back(active ? m_weight[at] : 0);
          root_in_b.push_back(m_in_b[at] ? std::sqrt(weight.back()) : 0);
        }
        algebra::scale_by_roots(exec, to_device(exec, weight), psi);
        algebra::add_gram(exec, 1, psi, sums.penalty[f]);
        sums.add_right(exec, fold, 1, psi, to_device(exec, root_in_b));
      }
    }
    return changed;
  }

 private:
  AnyDictionary<Exec> m_dictionary;
  Workspace<Exec> m_workspace;
  Points<Exec> m_points;  // of the sets, fold by fold
  std::vector<double> m_weight;
  std::vector<char> m_in_b, m_active;
  std::vector<Index> m_starts;  // of the folds
};

/// Of points: E[1_{outside of both} grad q . a grad q] with the diffusion matrix of the model, or the identity in its place where that is a multiple of it.
template <class Exec>
EnergySums<Exec> sum_points(const Exec& exec, const Frame<Exec>& frame, const DataSet<Exec>& source, const AnyDictionary<Exec>& dictionary,
                            const std::vector<double>& a, const std::vector<Set>& sets, const std::vector<int>& fold_of, Index p) {
  const Geometry<Exec>& geometry = frame.geometry();
  const Index d = source.dimension(), tile_rows = std::min(source.size(), rows_of_tile(2 * dictionary.size()));
  const bool isotropic = isotropic_diffusion(a, d).has_value(), with_metric = !isotropic || frame.is_mapped();
  EnergySums<Exec> sums(exec, dictionary, p, with_metric ? FormSet{Form::metric} : FormSet{Form::dirichlet}, geometry.codimension() > 0);
  MomentTile<Exec> tile(exec, dictionary, tile_rows, geometry.codimension());
  std::optional<MetricTile<Exec>> metric;
  if (with_metric) metric.emplace(exec, frame, dictionary, isotropic ? std::vector<double>() : a, tile_rows, p);
  walk_folds(
      exec, source, tile_rows, [&](Index row) { return fold_of[static_cast<std::size_t>(row)]; },
      [&](int fold, const std::vector<Index>& rows, const Points<Exec>& x) {
        std::vector<double> outside;
        double total = 0;
        for (const Index row : rows) {
          outside.push_back(sets[static_cast<std::size_t>(row)] == Set::none ? source.weight(row) : 0);
          total += source.weight(row);
        }
        std::vector<Points<Exec>> normals;
        for (Index which = 0; which < geometry.codimension(); ++which) {
          normals.push_back(allocate<Points<Exec>>(exec, "committor::normals", x.extent(0), d));
          geometry.normal(exec, which, x, normals.back());
        }
        const Vector<Exec> weight = to_device(exec, outside);
        tile.evaluate(exec, x, weight, total, normals);
        sums.forms.fold(fold).add(exec, tile);
        if (metric) metric->add(exec, x, weight, sums.forms.fold(fold));
      });
  sums.forms.close(exec);
  return sums;
}

/// Of pairs (x, y) at a lag: E[(q(x) - q(y))^2] / 2 for q = 1_B + 1_{neither} psi . c. Folds are dealt `blocks` stretches of time in turn.
template <class Exec>
EnergySums<Exec> sum_pairs(const Exec& exec, const DataSet<Exec>& source, AnyDictionary<Exec> dictionary, const std::vector<Set>& sets, Index lag, Index blocks,
                           Index p) {
  EnergySums<Exec> sums(exec, dictionary, p, {Form::correlation});
  walk_pairs(exec, source, lag, dictionary, p, PairBlocks(source, lag, blocks), {},
             [&](Index block, const std::vector<Index>& rows, double weight, const Matrix<Exec>& x, const Matrix<Exec>& y) {
               const int fold = static_cast<int>(block % fold_count);
               std::vector<double> free_x, free_y, jump;
               for (const Index row : rows) {
                 const Set from = sets[static_cast<std::size_t>(row)], to = sets[static_cast<std::size_t>(row + lag)];
                 free_x.push_back(from == Set::none);
                 free_y.push_back(to == Set::none);
                 const double step = (from == Set::b ? 1 : 0) - (to == Set::b ? 1 : 0);
                 jump.push_back(step * std::sqrt(source.weight(row)));
               }
               algebra::scale_by_roots(exec, to_device(exec, free_x), x);
               algebra::scale_by_roots(exec, to_device(exec, free_y), y);
               sums.forms.fold(fold).add_pairs(exec, weight, x, y);
               const Vector<Exec> jumps = to_device(exec, jump);
               sums.add_right(exec, fold, 0.5, y, jumps);
               sums.add_right(exec, fold, -0.5, x, jumps);
             });
  sums.forms.close(exec);
  return sums;
}

}  // namespace kswgd::detail
