// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/model/eigenfunctions.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>

namespace kswgd {
namespace {

/// The coefficients of the first `modes` eigenfunctions.
Index checked_modes(const ModelData& model, Index modes) {
  const Index held = model.spectrum.pairs.size();
  require(held >= 1, "evaluate", [] { return "the model holds no eigenpairs"; });
  require(modes >= 0 && modes <= held, "evaluate",
          [&] { return std::to_string(modes) + " modes were asked for, but the model holds " + std::to_string(held) + " with the constant"; });
  return modes > 0 ? modes : held;
}

/// body(first, count): stretches of n rows.
template <class Body>
void by_tiles(Index n, Index rows, const Body& body) {
  for (Index first = 0; first < n; first += rows) body(first, std::min(rows, n - first));
}

}  // namespace

template <ExecutionSpace Exec>
Eigenfunctions<Exec>::Eigenfunctions(const Exec& exec, const ModelData& model, const HostMatrix& v, Index columns)
    : m_frame(exec, model.frame), m_dictionary(make_dictionary(exec, model.dictionary)) {
  require(static_cast<Index>(v.extent(0)) == m_dictionary.size(), "Eigenfunctions",
          [&] { return "the coefficients must have " + std::to_string(m_dictionary.size()) + " rows, have " + std::to_string(v.extent(0)); });
  const Matrix<Exec> all = to_device(exec, v);
  m_coefficients = Kokkos::subview(all, Kokkos::ALL, Span(0, columns));
}

template <ExecutionSpace Exec>
Eigenfunctions<Exec>::Eigenfunctions(const Exec& exec, const ModelData& model, Index modes)
    : Eigenfunctions(exec, model, model.spectrum.pairs.vectors, checked_modes(model, modes)) {}

template <ExecutionSpace Exec>
Eigenfunctions<Exec>::Eigenfunctions(const Exec& exec, const ModelData& model, const HostMatrix& v)
    : Eigenfunctions(exec, model, v, static_cast<Index>(v.extent(1))) {}

template <ExecutionSpace Exec>
Points<Exec> Eigenfunctions<Exec>::enter(const Exec& exec, const Points<Exec>& x, const Points<Exec>& tile) const {
  const Index count = static_cast<Index>(x.extent(0));
  const Points<Exec> inside = row_block(tile, 0, count);
  m_frame.enter(exec, count, x, inside);
  return inside;
}

template <ExecutionSpace Exec>
void Eigenfunctions<Exec>::values(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& out) const {
  const Index n = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1)), p = m_dictionary.size(), rows = std::min(n, rows_of_tile(p));
  require(d == dimension(), "evaluate", [&] { return "the points have " + std::to_string(d) + " coordinates, the model has " + std::to_string(dimension()); });
  const auto tile = allocate<Points<Exec>>(exec, "Eigenfunctions::tile", rows, m_frame.inner_dimension());
  const auto psi = allocate<Matrix<Exec>>(exec, "Eigenfunctions::psi", rows, p);
  Workspace<Exec> workspace;
  by_tiles(n, rows, [&](Index first, Index count) {
    const Matrix<Exec> features = row_block(psi, 0, count);
    m_dictionary.evaluate(exec, enter(exec, row_block(x, first, count), tile), features, workspace);
    algebra::multiply(exec, 1.0, algebra::Op::none, features, algebra::Op::none, m_coefficients, 0.0, row_block(out, first, count));
  });
  exec.fence("kswgd::Eigenfunctions: workspace is freed");
}

template <ExecutionSpace Exec>
Matrix<Exec> Eigenfunctions<Exec>::values(const Exec& exec, const Points<Exec>& x) const {
  const auto out = allocate<Matrix<Exec>>(exec, "Eigenfunctions::values", x.extent(0), size());
  values(exec, x, out);
  return out;
}

template <ExecutionSpace Exec>
std::vector<Points<Exec>> Eigenfunctions<Exec>::gradients(const Exec& exec, const Points<Exec>& x) const {
  const Index n = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1)), p = m_dictionary.size(), rows = std::min(n, rows_of_tile(p));
  require(d == dimension(), "evaluate", [&] { return "the points have " + std::to_string(d) + " coordinates, the model has " + std::to_string(dimension()); });
  std::vector<Points<Exec>> result;
  for (Index j = 0; j < size(); ++j) result.push_back(allocate<Points<Exec>>(exec, "Eigenfunctions::gradients", n, d));
  const Index e = m_frame.inner_dimension();
  const auto tile = allocate<Points<Exec>>(exec, "Eigenfunctions::tile", rows, e), descent = allocate<Points<Exec>>(exec, "Eigenfunctions::descent", rows, e);
  const auto mode = allocate<Vector<Exec>>(exec, "Eigenfunctions::mode", p);
  Workspace<Exec> workspace;
  by_tiles(n, rows, [&](Index first, Index count) {
    const Points<Exec> inside = enter(exec, row_block(x, first, count), tile), u = row_block(descent, 0, count);
    for (Index j = 0; j < size(); ++j) {
      Kokkos::deep_copy(exec, mode, Kokkos::subview(m_coefficients, Kokkos::ALL, j));
      m_dictionary.descent(exec, inside, mode, u, p, Precision::fp64, workspace);
      detail::negate(exec, u);
      m_frame.gradient_out(exec, count, inside, u, row_block(result[static_cast<std::size_t>(j)], first, count));
    }
  });
  exec.fence("kswgd::Eigenfunctions: workspace is freed");
  return result;
}

template <ExecutionSpace Exec>
typename Eigenfunctions<Exec>::Averages Eigenfunctions<Exec>::averages(const Exec& exec, const DataSet<Exec>& data) const {
  const auto r = static_cast<std::size_t>(size());
  Averages result{std::vector<double>(r, 0.0), std::vector<double>(r, 0.0)};
  walk_tiles(exec, data, data.dimension(), [&](Index first, Index count, const Points<Exec>& x) {
    const auto at = to_host(exec, values(exec, x));
    for (Index i = 0; i < count; ++i)
      for (std::size_t k = 0; k < r; ++k) {
        result.mean[k] += data.weight(first + i) * at(i, k);
        result.square[k] += data.weight(first + i) * at(i, k) * at(i, k);
      }
  });
  for (auto* sums : {&result.mean, &result.square}) {
    data.ranks().sum(*sums);
    for (double& sum : *sums) sum /= data.total_weight();
  }
  return result;
}

#define KSWGD_INSTANTIATE(EXEC) template class Eigenfunctions<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
