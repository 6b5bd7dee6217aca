// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/kinetics/observables.hpp>

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/geometry/embedding.hpp>
#include <kswgd/spectrum/factorisation.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>

namespace kswgd {
namespace {

/// E[1_A psi psi^T] + E[1_B psi psi^T] (upper triangle), and E[1_B psi], E[1_A psi].
template <class Exec>
struct SetMoments {
  SetMoments(const Exec& exec, Index p) : gram(zeros<Matrix<Exec>>(exec, "committor::gram", p, p)), means("kswgd::committor::means", p, 2) {}
  Matrix<Exec> gram;
  HostMatrix means;  // column 0: A, column 1: B
  double weight[2] = {0, 0};
};

template <class Exec>
SetMoments<Exec> set_moments(const Exec& exec, const DataSet<Exec>& source, const ModelData& model, const std::vector<char>& in_a,
                             const std::vector<char>& in_b) {
  AnyDictionary<Exec> dictionary = make_dictionary(exec, model.dictionary);
  const Index p = dictionary.size();
  SetMoments<Exec> sums(exec, p);
  double total = 0;
  for (Index i = 0; i < source.size(); ++i) {
    total += source.weight(i);
    if (in_a[static_cast<std::size_t>(i)]) sums.weight[0] += source.weight(i);
    if (in_b[static_cast<std::size_t>(i)]) sums.weight[1] += source.weight(i);
  }
  for (double& weight : sums.weight) weight /= total;
  const Index rows = std::min(source.size(), rows_of_tile(p));
  const auto psi = allocate<Matrix<Exec>>(exec, "committor::psi", rows, p);
  const auto mean = allocate<Vector<Exec>>(exec, "committor::mean", p);
  walk_tiles(exec, embedded(exec, source, model.frame.geometry), p, [&](Index first, Index count, const Points<Exec>& x) {
    normalise(exec, model.frame.normalisation, count, x);
    const Matrix<Exec> part = Kokkos::subview(psi, Span(0, count), Kokkos::ALL);
    for (int set = 0; set < 2; ++set) {
      const HostVector host("kswgd::committor::weights", count);
      for (Index i = 0; i < count; ++i) host(i) = (set == 0 ? in_a : in_b)[static_cast<std::size_t>(first + i)] ? source.weight(first + i) / total : 0.0;
      if (std::all_of(host.data(), host.data() + count, [](double w) { return w == 0; })) continue;
      dictionary.evaluate(exec, x, part);
      const Vector<Exec> weight = to_device(exec, host);
      algebra::multiply(exec, 1.0, algebra::Op::transposed, part, weight, 0.0, mean);
      algebra::scale_by_roots(exec, weight, part);
      algebra::add_gram(exec, 1, part, sums.gram);
      const auto on_host = to_host(exec, mean);
      for (Index a = 0; a < p; ++a) sums.means(a, set) += on_host(a);
    }
  });
  return sums;
}

}  // namespace

template <ExecutionSpace Exec>
std::vector<double> observable_coefficients(const Exec& exec, const DataSet<Exec>& source, const ModelData& model, const std::vector<double>& f) {
  require(static_cast<Index>(f.size()) == source.size(), "observable_coefficients",
          [&] { return "there must be one value for each of the " + std::to_string(source.size()) + " points, got " + std::to_string(f.size()); });
  for (std::size_t i = 0; i < f.size(); ++i)
    require(std::isfinite(f[i]), "observable_coefficients",
            [&] { return "value " + std::to_string(i) + " is " + std::to_string(f[i]) + "; values must be finite"; });
  std::vector<double> coefficients(static_cast<std::size_t>(model.spectrum.pairs.size()), 0.0);
  double total = 0;
  walk_tiles(exec, source, source.dimension(), [&](Index first, Index count, const Points<Exec>& x) {
    const auto modes = to_host(exec, evaluate_eigenfunctions(exec, model, x, false).values);
    for (Index i = 0; i < count; ++i) {
      const double weight = source.weight(first + i);
      total += weight;
      for (std::size_t k = 0; k < coefficients.size(); ++k) coefficients[k] += weight * f[static_cast<std::size_t>(first + i)] * modes(i, k);
    }
  });
  for (double& c : coefficients) c /= total;
  return coefficients;
}

template <ExecutionSpace Exec>
HostMatrix forward_expectation(const Exec& exec, const ModelData& model, const std::vector<double>& coefficients, const Points<Exec>& x,
                               const std::vector<double>& times) {
  const auto r = static_cast<std::size_t>(model.spectrum.pairs.size());
  require(coefficients.size() == r, "forward_expectation",
          [&] { return "there must be " + std::to_string(r) + " coefficients, got " + std::to_string(coefficients.size()); });
  const auto modes = to_host(exec, evaluate_eigenfunctions(exec, model, x, false).values);
  const HostMatrix result("kswgd::forward_expectation", x.extent(0), times.size());
  for (std::size_t t = 0; t < times.size(); ++t)
    for (std::size_t k = 0; k < r; ++k) {
      const double factor = coefficients[k] * std::exp(-model.spectrum.eigenvalue_to_read(static_cast<Index>(k)) * times[t]);
      for (std::size_t i = 0; i < x.extent(0); ++i) result(i, t) += factor * modes(i, k);
    }
  return result;
}

ModelData with_functions(const ModelData& model, const HostMatrix& v) {
  require(static_cast<Index>(v.extent(0)) == model.density.moments.size(), "with_functions",
          [&] { return "the coefficients must have " + std::to_string(model.density.moments.size()) + " rows, have " + std::to_string(v.extent(0)); });
  ModelData result = model;
  result.spectrum.pairs = {HostVector("kswgd::with_functions::values", v.extent(1)), v, HostVector("kswgd::with_functions::residuals", v.extent(1)), {}};
  return result;
}

template <ExecutionSpace Exec>
Committor committor(const Exec& exec, const DataSet<Exec>& source, const ModelData& model, const std::vector<char>& in_a, const std::vector<char>& in_b,
                    const CommittorOptions& options) {
  require_positive(options.penalty, "committor", "penalty");
  require(model.spectrum.has_unit_diffusion(), "committor",
          [&] { return "the committor is made for models of unit diffusion, this one is of the estimator " + std::string(name_of(model.spectrum.kind)); });
  const auto n = static_cast<std::size_t>(source.size());
  require(in_a.size() == n && in_b.size() == n, "committor",
          [&] { return "each set must say for each of the " + std::to_string(n) + " points whether it is in it"; });
  for (std::size_t i = 0; i < n; ++i) require(!(in_a[i] && in_b[i]), "committor", [&] { return "point " + std::to_string(i) + " is in both sets"; });
  const auto sets = set_moments(exec, source, model, in_a, in_b);
  for (int set = 0; set < 2; ++set)
    require(sets.weight[set] > 0, "committor", [&] { return std::string("no point of the data is in ") + (set == 0 ? "A" : "B"); });

  const Matrix<Exec> gram = to_device(exec, model.density.moments.gram), dirichlet = to_device(exec, model.density.moments.dirichlet);
  const auto system = copy_block(exec, dirichlet);
  const auto both = sets.gram;
  const Index p = model.density.moments.size();
  const double penalty = options.penalty;
  algebra::symmetrise_from_upper(exec, both);
  Kokkos::parallel_for(
      "kswgd::committor::system", index_range(exec, p * p), KOKKOS_LAMBDA(Index item) { system(item % p, item / p) += penalty * both(item % p, item / p); });
  const auto factorisation = factorise(exec, system, gram_scale(exec, gram));
  const auto scale = to_host(exec, factorisation.scale);
  const HostMatrix right("kswgd::committor::right", p, 1), c("kswgd::committor::coefficients", p, 1);
  for (Index a = 0; a < p; ++a) right(a, 0) = scale(a) * penalty * sets.means(a, 1);
  const Matrix<Exec> solution = to_device(exec, right);
  algebra::solve_upper(exec, true, factorisation.r, solution);
  algebra::solve_upper(exec, false, factorisation.r, solution);
  const auto solved = to_host(exec, solution);
  Committor result{c, 0, 0, 0};
  for (Index a = 0; a < p; ++a) {
    c(a, 0) = scale(a) * solved(a, 0);
    result.in_a += c(a, 0) * sets.means(a, 0) / sets.weight[0];
    result.in_b += c(a, 0) * sets.means(a, 1) / sets.weight[1];
  }
  for (Index a = 0; a < p; ++a)
    for (Index b = 0; b < p; ++b) result.energy += c(a, 0) * model.density.moments.dirichlet(a, b) * c(b, 0) * model.spectrum.unit;
  return result;
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                                        \
  template std::vector<double> observable_coefficients(const EXEC&, const DataSet<EXEC>&, const ModelData&, const std::vector<double>&);               \
  template HostMatrix forward_expectation(const EXEC&, const ModelData&, const std::vector<double>&, const Points<EXEC>&, const std::vector<double>&); \
  template Committor committor(const EXEC&, const DataSet<EXEC>&, const ModelData&, const std::vector<char>&, const std::vector<char>&,                \
                               const CommittorOptions&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
