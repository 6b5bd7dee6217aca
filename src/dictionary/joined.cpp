// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/runs.hpp>
#include <kswgd/dictionary/joined.hpp>
#include <kswgd/dictionary/tiles.hpp>

#include <algorithm>

namespace kswgd {
namespace {

/// part(from, rest): the Gaussians' share of `all`, whose first column is their constant, then the network's, whose last column takes the place of that
/// constant.
template <class Exec, class OfGaussians, class OfNetwork>
void fill_both(const Matrix<Exec>& all, Index outputs, const OfGaussians& of_gaussians, const OfNetwork& of_network) {
  const Index q = columns(all);
  if (q > outputs) of_gaussians(detail::columns_of<Exec>(all, outputs, q));
  if (q > 0) of_network(detail::columns_of<Exec>(all, 0, std::min(q, outputs + 1)));
}

template <class Exec>
struct AddKernel {
  Points<Exec> from, to;
  Index n;
  KOKKOS_FUNCTION void operator()(Index item) const { to(item % n, item / n) += from(item % n, item / n); }
};

/// sum(i, a) += x(i, k) slope(i, a).
template <class Exec>
struct AddAlongKernel {
  Points<Exec> x;
  Matrix<Exec> slope, sum;
  Index n, k;
  KOKKOS_FUNCTION void operator()(Index item) const { sum(item % n, item / n) += x(item % n, k) * slope(item % n, item / n); }
};

/// The Gram matrix of the Gaussian dictionary: that of the features from `first` on, the constant's in place of the first of them.
template <class Exec>
struct GramKernel {
  Matrix<Exec> gram, part;
  Index first;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index count = rows(part), a = item % count, b = item / count;
    part(a, b) = gram(a == 0 ? 0 : first + a, b == 0 ? 0 : first + b);
  }
};

/// The rows and columns of D that belong to the border, from its own square and what it has with the Gaussian dictionary (whose features stand from
/// border - 1 on, the first for the constant).
template <class Exec>
struct BorderKernel {
  Matrix<Exec> square, cross, d;
  Index border;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index a = item % border, b = item / border;
    const double value = b < border ? square(a, b) : cross(a, b - (border - 1));
    d(a, b) = value;
    d(b, a) = value;
  }
};

}  // namespace

template <ExecutionSpace Exec>
JoinedDictionary<Exec>::JoinedDictionary(const Exec& exec, const JoinedDictionaryData& data) {
  check_fields("JoinedDictionary", data);
  m_network = PerceptronDictionary<Exec>(exec, data.network);
  m_gaussians = GaussianDictionary<Exec>(exec, data.gaussians);
}

template <ExecutionSpace Exec>
void JoinedDictionary<Exec>::evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, WorkspaceOrOwn<Exec> workspace) const {
  fill_both<Exec>(
      psi, outputs(), [&](const Matrix<Exec>& part) { m_gaussians.evaluate(exec, x, part, *workspace); },
      [&](const Matrix<Exec>& part) { m_network.evaluate(exec, x, part, *workspace); });
}

template <ExecutionSpace Exec>
void JoinedDictionary<Exec>::gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi, WorkspaceOrOwn<Exec> workspace) const {
  fill_both<Exec>(
      dpsi, outputs(), [&](const Matrix<Exec>& part) { m_gaussians.gradient(exec, x, k, part, *workspace); },
      [&](const Matrix<Exec>& part) { m_network.gradient(exec, x, k, part, *workspace); });
}

template <ExecutionSpace Exec>
template <class T>
void JoinedDictionary<Exec>::mean(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& s, Index q, WorkspaceOrOwn<Exec> workspace) const {
  if (q > outputs()) m_gaussians.template mean<T>(exec, x, Vector<Exec>(Kokkos::subview(s, Span(outputs(), q))), q - outputs(), *workspace);
  m_network.template mean<T>(exec, x, s, std::min(q, outputs() + 1), *workspace);
}

template <ExecutionSpace Exec>
template <class T>
void JoinedDictionary<Exec>::descent(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, const Points<Exec>& u, Index q,
                                     WorkspaceOrOwn<Exec> workspace) const {
  m_network.template descent<T>(exec, x, c, u, std::min(q, outputs() + 1), *workspace);
  if (q <= outputs() + 1) return;
  const Index n = rows(x), d = columns(x);
  const Points<Exec> share = workspace->matrix(exec, "JoinedDictionary::share", n, d);
  // Their constant's coefficient is that of the network's last output: its gradient is 0.
  m_gaussians.template descent<T>(exec, x, Vector<Exec>(Kokkos::subview(c, Span(outputs(), q))), share, q - outputs(), *workspace);
  Kokkos::parallel_for("kswgd::JoinedDictionary::add", index_range(exec, n * d), AddKernel<Exec>{share, u, n});
}

template <ExecutionSpace Exec>
void JoinedDictionary<Exec>::evaluate_with_companions(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, const Matrix<Exec>& weighted,
                                                      WorkspaceOrOwn<Exec> workspace) const {
  fill_both<Exec>(
      psi, outputs(), [&](const Matrix<Exec>& part) { m_gaussians.evaluate_with_companions(exec, x, part, weighted, *workspace); },
      [&](const Matrix<Exec>& part) { m_network.evaluate(exec, x, part, *workspace); });
}

template <ExecutionSpace Exec>
void JoinedDictionary<Exec>::close_dirichlet(const Exec& exec, const Matrix<Exec>& gram, double factor, const Matrix<Exec>& d) const {
  const Index q = rows(d), first = outputs();
  if (q <= first + 1) return;
  const auto part = allocate<Matrix<Exec>>(exec, "JoinedDictionary::gram", q - first, q - first);
  Kokkos::parallel_for("kswgd::JoinedDictionary::gram", index_range(exec, (q - first) * (q - first)), GramKernel<Exec>{gram, part, first});
  m_gaussians.close_dirichlet(exec, part, factor, Kokkos::subview(d, Span(first, q), Span(first, q)));
  exec.fence("kswgd::JoinedDictionary: the Gaussians' Gram matrix is freed");
}

template <ExecutionSpace Exec>
void JoinedDictionary<Exec>::evaluate_border(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& eta, WorkspaceOrOwn<Exec> workspace) const {
  const Index n = rows(x), d = columns(x), border = border_features();
  const Matrix<Exec> along = detail::columns_of<Exec>(eta, d * border, (d + 1) * border);
  Kokkos::deep_copy(exec, along, 0.0);
  for (Index k = 0; k < d; ++k) {
    const Matrix<Exec> slope = detail::columns_of<Exec>(eta, k * border, (k + 1) * border);
    m_network.gradient(exec, x, k, slope, *workspace);
    Kokkos::parallel_for("kswgd::JoinedDictionary::along", index_range(exec, n * border), AddAlongKernel<Exec>{x, slope, along, n, k});
  }
}

template <ExecutionSpace Exec>
void JoinedDictionary<Exec>::close_border(const Exec& exec, const Matrix<Exec>& products, const Matrix<Exec>& square, const Matrix<Exec>& d) const {
  const Index q = rows(d), border = std::min(border_features(), q);
  Matrix<Exec> cross;
  if (q > border) {
    cross = allocate<Matrix<Exec>>(exec, "JoinedDictionary::cross", border, q - outputs());
    Kokkos::deep_copy(exec, Kokkos::subview(products, Kokkos::ALL, outputs()), Kokkos::subview(products, Kokkos::ALL, 0));
    m_gaussians.cross_dirichlet(exec, detail::columns_of<Exec>(products, outputs(), q), cross);
  }
  Kokkos::parallel_for("kswgd::JoinedDictionary::border", index_range(exec, border * q), BorderKernel<Exec>{square, cross, d, border});
  exec.fence("kswgd::JoinedDictionary: what border and Gaussians have together is freed");
}

template <ExecutionSpace Exec>
void JoinedDictionary<Exec>::laplacian(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& lap, WorkspaceOrOwn<Exec> workspace) const {
  const auto slope = [&](const Points<Exec>& at, Index k, const Matrix<Exec>& out) { m_network.gradient(exec, at, k, out, *workspace); };
  fill_both<Exec>(
      lap, outputs(), [&](const Matrix<Exec>& part) { m_gaussians.laplacian(exec, x, part, *workspace); },
      [&](const Matrix<Exec>& part) { detail::laplacian_by_differences<Exec>(exec, slope, x, part, *workspace); });
}

template <ExecutionSpace Exec>
void JoinedDictionary<Exec>::second_derivative(const Exec& exec, const Points<Exec>& x, const Points<Exec>& v, const Matrix<Exec>& out,
                                               WorkspaceOrOwn<Exec> workspace) const {
  const auto slope = [&](const Points<Exec>& at, Index k, const Matrix<Exec>& into) { m_network.gradient(exec, at, k, into, *workspace); };
  fill_both<Exec>(
      out, outputs(), [&](const Matrix<Exec>& part) { m_gaussians.second_derivative(exec, x, v, part, *workspace); },
      [&](const Matrix<Exec>& part) { detail::second_derivative_by_differences<Exec>(exec, slope, x, v, part, *workspace); });
}

#define KSWGD_INSTANTIATE_PRECISION(EXEC, T)                                                                                                                \
  template void JoinedDictionary<EXEC>::mean<T>(const EXEC&, const Points<EXEC>&, const Vector<EXEC>&, Index, WorkspaceOrOwn<EXEC>) const;                  \
  template void JoinedDictionary<EXEC>::descent<T>(const EXEC&, const Points<EXEC>&, const Vector<EXEC>&, const Points<EXEC>&, Index, WorkspaceOrOwn<EXEC>) \
      const;
#define KSWGD_INSTANTIATE(EXEC)            \
  template class JoinedDictionary<EXEC>;   \
  KSWGD_INSTANTIATE_PRECISION(EXEC, float) \
  KSWGD_INSTANTIATE_PRECISION(EXEC, double)
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE
#undef KSWGD_INSTANTIATE_PRECISION

}  // namespace kswgd
