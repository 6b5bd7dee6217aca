// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <concepts>
#include <kswgd/dictionary/detail/runs.hpp>
#include <kswgd/dictionary/dictionary.hpp>
#include <kswgd/support/check.hpp>

/// @file
/// A user's own features from a function object, on every backend. docs/add-a-dictionary.md is the how-to.

namespace kswgd {

/// What a function of features must provide: `double f(const double* x, Index a, double* gradient) const`, callable on the device,
/// gives feature a (numbered from 0, the constant not among them) at the point x (d numbers) and, where gradient is not null,
/// writes its d partial derivatives there.
template <class F>
concept FeatureFunction = std::copy_constructible<F> && requires(const F& f, const double* x, Index a, double* gradient) {
  { f(x, a, gradient) } -> std::convertible_to<double>;
};

namespace detail {

/// out(i, 0) = 1 and out(i, a) = f(x_i, a - 1); or, along >= 0, their derivatives. points and gradients: d x n.
template <class Exec, class F>
struct CallableKernel {
  F f;
  Matrix<Exec> points, gradients, out;
  Index along;

  KOKKOS_FUNCTION void operator()(Index i) const {
    const double* x = &points(0, i);
    out(i, 0) = along < 0 ? 1.0 : 0.0;
    for (std::size_t a = 1; a < out.extent(1); ++a) {
      double* gradient = along < 0 ? nullptr : &gradients(0, i);
      const double value = f(x, static_cast<Index>(a) - 1, gradient);
      out(i, a) = along < 0 ? value : gradient[along];
    }
  }
};

template <class Exec>
struct TransposeKernel {
  Points<Exec> x;
  Matrix<Exec> transposed;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index k) const {
    for (Index i = begin; i < end; ++i) transposed(k, i) = x(i, k);
  }
};

}  // namespace detail

/// {1, f(., 0), ..., f(., features - 1)}.
template <ExecutionSpace Exec, FeatureFunction F>
class CallableDictionary {
 public:
  using execution_space = Exec;

  /// dimension: d. features: how many f has, the constant not among them. Throws InvalidInput unless both are positive.
  CallableDictionary(const Exec&, Index dimension, Index features, F f) : m_dimension(dimension), m_features(features), m_f(std::move(f)) {
    require(dimension >= 1 && features >= 1, "CallableDictionary",
            [&] { return "dimension and features must be 1 or more, got " + std::to_string(dimension) + " and " + std::to_string(features); });
  }

  Index size() const { return 1 + m_features; }
  Index dimension() const { return m_dimension; }

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features: n (q - 1) calls of f. Workspace n d.
  void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, WorkspaceOrOwn<Exec> workspace = {}) const {
    call(exec, x, -1, psi, {}, *workspace);
  }

  /// dpsi(i, a) = d psi_a / d x_k (x_i): n (q - 1) calls of f with a gradient, for each k again. Workspace 2 n d.
  void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi, WorkspaceOrOwn<Exec> workspace = {}) const {
    call(exec, x, k, dpsi, workspace->matrix(exec, "CallableDictionary::gradients", m_dimension, static_cast<Index>(x.extent(0))), *workspace);
  }

 private:
  void call(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& out, const Matrix<Exec>& gradients, Workspace<Exec>& workspace) const {
    const Index n = static_cast<Index>(x.extent(0));
    if (n == 0 || out.extent(1) == 0) return;
    const Matrix<Exec> points = workspace.matrix(exec, "CallableDictionary::points", m_dimension, n);
    detail::for_each_run(exec, "kswgd::CallableDictionary::transpose", n, m_dimension, detail::TransposeKernel<Exec>{x, points});
    Kokkos::parallel_for("kswgd::CallableDictionary::call", index_range(exec, n), detail::CallableKernel<Exec, F>{m_f, points, gradients, out, k});
  }

  Index m_dimension, m_features;
  F m_f;
};

}  // namespace kswgd
