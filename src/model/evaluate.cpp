// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/model/evaluate.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>

namespace kswgd {
namespace {

template <class Exec>
struct NegateAndScale {
  Points<Exec> u;
  double factor;
  Index n;
  KOKKOS_FUNCTION void operator()(Index item) const { u(item % n, item / n) *= -factor; }
};

}  // namespace

template <ExecutionSpace Exec>
EigenfunctionValues<Exec> evaluate_eigenfunctions(const Exec& exec, const ModelData& model, const Points<Exec>& x, bool gradients, Index modes) {
  const Index n = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1)), held = model.spectrum.pairs.size();
  require(held >= 1, "evaluate", [] { return "the model holds no eigenpairs"; });
  require(d == model.dimension(), "evaluate",
          [&] { return "the points have " + std::to_string(d) + " coordinates, the model has " + std::to_string(model.dimension()); });
  require(modes >= 0 && modes <= held, "evaluate",
          [&] { return std::to_string(modes) + " modes were asked for, but the model holds " + std::to_string(held) + " with the constant"; });
  const Index count = modes > 0 ? modes : held;
  AnyDictionary<Exec> dictionary = make_dictionary(exec, model.dictionary);
  const Geometry<Exec> geometry(exec, model.frame.geometry, model.frame.normalisation);
  const Embedding<Exec> embedding(exec, model.frame.geometry, d);
  const Index p = dictionary.size(), rows = std::min(n, rows_of_tile(p)), e = embedding.embedded_dimension();

  const Matrix<Exec> vectors = to_device(exec, model.spectrum.pairs.vectors);
  const Matrix<Exec> coefficients = Kokkos::subview(vectors, Kokkos::ALL, Span(0, count));
  EigenfunctionValues<Exec> result{allocate<Matrix<Exec>>(exec, "evaluate::values", n, count), {}};
  for (Index j = 0; gradients && j < count; ++j) result.gradients.push_back(allocate<Points<Exec>>(exec, "evaluate::gradients", n, d));
  const auto caller = allocate<Points<Exec>>(exec, "evaluate::caller", rows, d), tile = allocate<Points<Exec>>(exec, "evaluate::tile", rows, e);
  const auto normalised = allocate<Points<Exec>>(exec, "evaluate::normalised", rows, e), descent = allocate<Points<Exec>>(exec, "evaluate::descent", rows, e);
  const auto psi = allocate<Matrix<Exec>>(exec, "evaluate::psi", rows, p);
  const auto mode = allocate<Vector<Exec>>(exec, "evaluate::mode", p);
  for (Index first = 0; first < n; first += rows) {
    const Index length = std::min(rows, n - first);
    const auto head = [length](const auto& a) -> Points<Exec> { return Kokkos::subview(a, Span(0, length), Kokkos::ALL); };
    const auto part = [first, length](const Points<Exec>& a) -> Points<Exec> { return Kokkos::subview(a, Span(first, first + length), Kokkos::ALL); };
    const Points<Exec> at = head(caller), inside = head(tile), points = head(normalised), u = head(descent);
    Kokkos::deep_copy(exec, at, part(x));
    embedding.embed(exec, length, at, inside);
    Kokkos::deep_copy(exec, points, inside);
    normalise(exec, model.frame.normalisation, length, points);
    const Matrix<Exec> features = head(psi);
    dictionary.evaluate(exec, points, features);
    algebra::multiply(exec, 1.0, algebra::Op::none, features, algebra::Op::none, coefficients, 0.0, part(result.values));
    for (Index j = 0; gradients && j < count; ++j) {
      Kokkos::deep_copy(exec, mode, Kokkos::subview(coefficients, Kokkos::ALL, j));
      dictionary.descent(exec, points, mode, u, p, Precision::fp64);
      geometry.project(exec, points, u);
      Kokkos::parallel_for("kswgd::evaluate::gradient", index_range(exec, length * e), NegateAndScale<Exec>{u, 1 / model.frame.normalisation.scale, length});
      embedding.pull_back(exec, length, inside, u, part(result.gradients[static_cast<std::size_t>(j)]));
    }
  }
  exec.fence("kswgd::evaluate: workspace is freed");
  return result;
}

#define KSWGD_INSTANTIATE(EXEC) template EigenfunctionValues<EXEC> evaluate_eigenfunctions(const EXEC&, const ModelData&, const Points<EXEC>&, bool, Index);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
