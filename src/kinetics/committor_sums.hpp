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

/// form(c, c) - 2 right . c + constant, over p features. The form is that of the sums; of pairs it is G - sym(C).
template <class Exec>
struct EnergySums {
  EnergySums(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index p, FormSet which, bool on_manifold = false)
      : forms(exec, dictionary, p, which, on_manifold), pairs(which.has(Form::correlation)), constant(fold_count, 0.0) {
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
  std::vector<HostVector> right;
  std::vector<double> constant;
};

/// a where it is a multiple of the identity (1 where there is none), or nothing.
inline std::optional<double> isotropic_diffusion(const std::vector<double>& a, Index d) {
  if (a.empty()) return 1.0;
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < d; ++j)
      if (a[static_cast<std::size_t>(i * d + j)] != (i == j ? a.front() : 0.0)) return {};
  return a.front();
}

/// Of points: E[grad q . a grad q] + penalty E[1_A q^2 + 1_B (1 - q)^2] with the diffusion matrix of the model, or the identity in its place where that is
/// a multiple of it. The penalty enters as a killing rate on the sets.
template <class Exec>
EnergySums<Exec> sum_points(const Exec& exec, const DataSet<Exec>& data, const ModelData& model, const std::vector<Set>& sets, const std::vector<int>& fold_of,
                            Index p, double penalty) {
  const Frame<Exec> frame(exec, model.frame);
  const Geometry<Exec>& geometry = frame.geometry();
  const DataSet<Exec> source = frame.inside(exec, data);
  const AnyDictionary<Exec> dictionary = make_dictionary(exec, model.dictionary);
  const Index d = source.dimension(), tile_rows = std::min(source.size(), rows_of_tile(2 * dictionary.size()));
  const std::vector<double>& a = model.spectrum.diffusion;
  const bool isotropic = isotropic_diffusion(a, d).has_value(), with_metric = !isotropic || frame.is_mapped();
  if (!isotropic) {
    double trace = 0;
    for (Index k = 0; k < d; ++k) trace += a[static_cast<std::size_t>(k * (d + 1))];
    penalty *= trace / static_cast<double>(d);
  }
  EnergySums<Exec> sums(exec, dictionary, p, with_metric ? FormSet{Form::metric, Form::killing} : FormSet{Form::dirichlet, Form::killing},
                        geometry.codimension() > 0);
  MomentTile<Exec> tile(exec, dictionary, tile_rows, geometry.codimension());
  std::optional<MetricTile<Exec>> metric;
  if (with_metric) metric.emplace(exec, frame, dictionary, isotropic ? std::vector<double>() : a, tile_rows, p);
  const auto part_of = allocate<Matrix<Exec>>(exec, "committor::part", tile_rows, p);
  walk_folds(
      exec, source, tile_rows, [&](Index row) { return fold_of[static_cast<std::size_t>(row)]; },
      [&](int fold, const std::vector<Index>& rows, const Points<Exec>& x) {
        std::vector<double> weights, root_in_b(rows.size(), 0.0);
        std::vector<Index> inside;
        double total = 0;
        for (std::size_t i = 0; i < rows.size(); ++i) {
          weights.push_back(source.weight(rows[i]));
          total += weights.back();
          const Set set = sets[static_cast<std::size_t>(rows[i])];
          if (set == Set::none || !(weights.back() > 0)) continue;
          inside.push_back(static_cast<Index>(i));
          if (set == Set::a) continue;
          root_in_b[i] = std::sqrt(weights.back());
          sums.constant[static_cast<std::size_t>(fold)] += penalty * weights.back();
        }
        std::vector<Points<Exec>> normals;
        for (Index which = 0; which < geometry.codimension(); ++which) {
          normals.push_back(allocate<Points<Exec>>(exec, "committor::normals", x.extent(0), d));
          geometry.normal(exec, which, x, normals.back());
        }
        const Vector<Exec> weight = source.is_weighted() ? to_device(exec, weights) : Vector<Exec>();
        tile.evaluate(exec, x, weight, total, normals);
        sums.forms.fold(fold).add(exec, tile);
        if (metric) metric->add(exec, x, weight, sums.forms.fold(fold));
        if (inside.empty()) return;
        const Matrix<Exec> features = Kokkos::subview(tile.features(), Kokkos::ALL, Span(0, p)),
                           part = Kokkos::subview(part_of, Span(0, inside.size()), Kokkos::ALL);
        gather<Exec>("kswgd::committor::gather", exec, features, to_device(exec, inside), part);
        algebra::scale_by_roots(exec, to_device(exec, std::vector<double>(inside.size(), penalty)), part);
        sums.forms.fold(fold).add_squares(exec, part);
        sums.add_right(exec, fold, penalty, features, to_device(exec, root_in_b));
      });
  sums.forms.close(exec);
  return sums;
}

/// Of pairs (x, y) at a lag: E[(q(x) - q(y))^2] / 2 for q = 1_B + 1_{neither} psi . c. Folds are dealt `blocks` stretches of time in turn.
template <class Exec>
EnergySums<Exec> sum_pairs(const Exec& exec, const DataSet<Exec>& data, const ModelData& model, const std::vector<Set>& sets, Index lag, Index blocks,
                           Index p) {
  const Frame<Exec> frame(exec, model.frame);
  AnyDictionary<Exec> dictionary = make_dictionary(exec, model.dictionary);
  EnergySums<Exec> sums(exec, dictionary, p, {Form::correlation});
  walk_pairs(exec, frame.inside(exec, data), lag, dictionary, p, blocks, {},
             [&](Index block, const std::vector<Index>& rows, double weight, const Matrix<Exec>& x, const Matrix<Exec>& y) {
               const int fold = static_cast<int>(block % fold_count);
               std::vector<double> free_x, free_y, jump;
               for (const Index row : rows) {
                 const Set from = sets[static_cast<std::size_t>(row)], to = sets[static_cast<std::size_t>(row + lag)];
                 free_x.push_back(from == Set::none);
                 free_y.push_back(to == Set::none);
                 const double step = (from == Set::b ? 1 : 0) - (to == Set::b ? 1 : 0);
                 jump.push_back(step * std::sqrt(data.weight(row)));
                 sums.constant[static_cast<std::size_t>(fold)] += jump.back() * jump.back() / 2;
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
