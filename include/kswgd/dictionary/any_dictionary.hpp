// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/dictionary.hpp>
#include <kswgd/dictionary/tiles.hpp>
#include <memory>

/// @file
/// Any dictionary behind one type. Calls are on whole arrays of points, so nothing is dispatched inside a loop, and what
/// works with dictionaries is compiled once.

namespace kswgd {

/// Holds a dictionary of any kind, which all copies share: it is constant. Whoever calls again and again hands over a workspace of
/// its own; a call without one allocates what it needs and waits for the work.
template <ExecutionSpace Exec>
class AnyDictionary {
 public:
  using execution_space = Exec;

  AnyDictionary() = default;
  /// Takes a dictionary: one of the library's, or your own that satisfies the concept.
  template <class D>
  requires(Dictionary<D>&& std::is_same_v<typename D::execution_space, Exec> && !std::is_same_v<D, AnyDictionary>) AnyDictionary(const D& dictionary)
      : m_held(std::make_shared<const Held<D>>(dictionary)) {}

  bool empty() const { return !m_held; }
  Index size() const { return m_held->size(); }
  Index dimension() const { return m_held->dimension(); }

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features.
  void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, WorkspaceOrOwn<Exec> workspace = {}) const {
    m_held->evaluate(exec, x, psi, *workspace);
  }
  /// dpsi(i, a) = d psi_a / d x_k at x_i.
  void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi, WorkspaceOrOwn<Exec> workspace = {}) const {
    m_held->gradient(exec, x, k, dpsi, *workspace);
  }
  /// s(a) = average of psi_a over the points, a < q; nothing n x p is stored.
  void mean(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& s, Index q, Precision precision, WorkspaceOrOwn<Exec> workspace = {}) const {
    m_held->mean(exec, x, s, q, precision, *workspace);
  }
  /// u(i, :) = -grad(sum_{a < q} c_a psi_a)(x_i); nothing n x p is stored.
  void descent(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, const Points<Exec>& u, Index q, Precision precision,
               WorkspaceOrOwn<Exec> workspace = {}) const {
    m_held->descent(exec, x, c, u, q, precision, *workspace);
  }
  /// value(i) = sum_{a < q} c_a psi_a(x_i) and g(i, :) its gradient, in double: at once where the dictionary goes backwards (ReverseDictionary).
  void value_and_gradient(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, const Vector<Exec>& value, const Points<Exec>& g, Index q,
                          WorkspaceOrOwn<Exec> workspace = {}) const {
    m_held->value_and_gradient(exec, x, c, value, g, q, *workspace);
  }

  /// Whether D follows from G and products with companions: see ClosedDirichlet, for what follows. There are none where it does not.
  bool closes_dirichlet() const { return m_held->closes_dirichlet(); }
  Index companions() const { return m_held->companions(); }
  void evaluate_with_companions(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, const Matrix<Exec>& companions,
                                WorkspaceOrOwn<Exec> workspace = {}) const {
    m_held->evaluate_with_companions(exec, x, psi, companions, *workspace);
  }
  void close_dirichlet(const Exec& exec, const Matrix<Exec>& gram, double factor, const Matrix<Exec>& d) const {
    m_held->close_dirichlet(exec, gram, factor, d);
  }
  /// How many of the first features are closed by sums with their derivatives instead: see BorderedDirichlet, for what follows; 0: none.
  Index border_features() const { return m_held->border_features(); }
  void evaluate_border(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& eta, WorkspaceOrOwn<Exec> workspace = {}) const {
    m_held->evaluate_border(exec, x, eta, *workspace);
  }
  void close_border(const Exec& exec, const Matrix<Exec>& products, const Matrix<Exec>& square, const Matrix<Exec>& d) const {
    m_held->close_border(exec, products, square, d);
  }
  /// Else D = weigh(E[sum_j F_j^T F_j]): see FactoredDirichlet; the derivatives along each coordinate where there is no better form.
  Index dirichlet_factors() const { return m_held->dirichlet_factors(); }
  void dirichlet_factor(const Exec& exec, const Points<Exec>& x, Index j, const Matrix<Exec>& f, WorkspaceOrOwn<Exec> workspace = {}) const {
    m_held->dirichlet_factor(exec, x, j, f, *workspace);
  }
  void weigh_dirichlet(const Exec& exec, const Matrix<Exec>& d) const { m_held->weigh_dirichlet(exec, d); }

  /// lap(i, a) = lap psi_a(x_i), the first lap.extent(1) features: the dictionary's own (SecondOrderDictionary), else by central differences of
  /// the gradient, 2 d of them, whose error is of the order of 1e-8 / h^2 relative to the second derivative of a feature of width h.
  void laplacian(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& lap, WorkspaceOrOwn<Exec> workspace = {}) const {
    m_held->laplacian(exec, x, lap, *workspace);
  }
  /// out(i, a) = v_i^T Hess psi_a(x_i) v_i for the directions v, n x d; as above.
  void second_derivative(const Exec& exec, const Points<Exec>& x, const Points<Exec>& v, const Matrix<Exec>& out, WorkspaceOrOwn<Exec> workspace = {}) const {
    m_held->second_derivative(exec, x, v, out, *workspace);
  }
  /// Whether E[lap psi] follows from the averages of features and companions: see ClosedLaplacian, for what follows.
  bool closes_laplacian() const { return m_held->closes_laplacian(); }
  void close_laplacian(const Exec& exec, const Vector<Exec>& mean, const Vector<Exec>& companion_mean, const Vector<Exec>& lap) const {
    m_held->close_laplacian(exec, mean, companion_mean, lap);
  }

  /// How many of the last features belong to the landmarks, one to each: see NestedDictionary; 0 where none do.
  Index landmark_features() const { return m_held->landmark_features(); }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual Index size() const = 0;
    virtual Index dimension() const = 0;
    virtual void evaluate(const Exec&, const Points<Exec>&, const Matrix<Exec>&, Workspace<Exec>&) const = 0;
    virtual void gradient(const Exec&, const Points<Exec>&, Index, const Matrix<Exec>&, Workspace<Exec>&) const = 0;
    virtual void mean(const Exec&, const Points<Exec>&, const Vector<Exec>&, Index, Precision, Workspace<Exec>&) const = 0;
    virtual void descent(const Exec&, const Points<Exec>&, const Vector<Exec>&, const Points<Exec>&, Index, Precision, Workspace<Exec>&) const = 0;
    virtual void value_and_gradient(const Exec&, const Points<Exec>&, const Vector<Exec>&, const Vector<Exec>&, const Points<Exec>&, Index,
                                    Workspace<Exec>&) const = 0;
    virtual bool closes_dirichlet() const = 0;
    virtual Index companions() const = 0;
    virtual void evaluate_with_companions(const Exec&, const Points<Exec>&, const Matrix<Exec>&, const Matrix<Exec>&, Workspace<Exec>&) const = 0;
    virtual void close_dirichlet(const Exec&, const Matrix<Exec>&, double, const Matrix<Exec>&) const = 0;
    virtual Index border_features() const = 0;
    virtual void evaluate_border(const Exec&, const Points<Exec>&, const Matrix<Exec>&, Workspace<Exec>&) const = 0;
    virtual void close_border(const Exec&, const Matrix<Exec>&, const Matrix<Exec>&, const Matrix<Exec>&) const = 0;
    virtual Index dirichlet_factors() const = 0;
    virtual void dirichlet_factor(const Exec&, const Points<Exec>&, Index, const Matrix<Exec>&, Workspace<Exec>&) const = 0;
    virtual void weigh_dirichlet(const Exec&, const Matrix<Exec>&) const = 0;
    virtual void laplacian(const Exec&, const Points<Exec>&, const Matrix<Exec>&, Workspace<Exec>&) const = 0;
    virtual void second_derivative(const Exec&, const Points<Exec>&, const Points<Exec>&, const Matrix<Exec>&, Workspace<Exec>&) const = 0;
    virtual bool closes_laplacian() const = 0;
    virtual void close_laplacian(const Exec&, const Vector<Exec>&, const Vector<Exec>&, const Vector<Exec>&) const = 0;
    virtual Index landmark_features() const = 0;
  };

  template <class D>
  struct Held final : Interface {
    explicit Held(const D& dictionary) : held(dictionary) {}
    Index size() const override { return held.size(); }
    Index dimension() const override { return held.dimension(); }
    void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, Workspace<Exec>& workspace) const override {
      held.evaluate(exec, x, psi, workspace);
    }
    void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi, Workspace<Exec>& workspace) const override {
      held.gradient(exec, x, k, dpsi, workspace);
    }
    void mean(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& s, Index q, Precision precision, Workspace<Exec>& workspace) const override {
      if constexpr (!FusedDictionary<D>) {
        const auto evaluate = [&](const Points<Exec>& at, const Matrix<Exec>& out) { held.evaluate(exec, at, out, workspace); };
        detail::mean_by_tiles<Exec>(exec, evaluate, x, s, q, workspace);
      } else if (precision == Precision::mixed) {
        held.template mean<float>(exec, x, s, q, workspace);
      } else {
        held.template mean<double>(exec, x, s, q, workspace);
      }
    }
    void descent(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, const Points<Exec>& u, Index q, Precision precision,
                 Workspace<Exec>& workspace) const override {
      if constexpr (!FusedDictionary<D>) {
        const auto gradient = [&](const Points<Exec>& at, Index k, const Matrix<Exec>& out) { held.gradient(exec, at, k, out, workspace); };
        detail::descent_by_tiles<Exec>(exec, gradient, x, c, u, q, workspace);
      } else if (precision == Precision::mixed) {
        held.template descent<float>(exec, x, c, u, q, workspace);
      } else {
        held.template descent<double>(exec, x, c, u, q, workspace);
      }
    }
    void value_and_gradient(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, const Vector<Exec>& value, const Points<Exec>& g, Index q,
                            Workspace<Exec>& workspace) const override {
      if constexpr (ReverseDictionary<D>) {
        held.value_and_gradient(exec, x, c, value, g, q, workspace);
      } else {
        const auto evaluate = [&](const Points<Exec>& at, const Matrix<Exec>& out) { held.evaluate(exec, at, out, workspace); };
        detail::value_by_tiles<Exec>(exec, evaluate, x, c, value, q, workspace);
        descent(exec, x, c, g, q, Precision::fp64, workspace);
        detail::negate<Exec>(exec, g);
      }
    }
    bool closes_dirichlet() const override { return ClosedDirichlet<D>; }
    Index companions() const override {
      if constexpr (ClosedDirichlet<D>) {
        return held.companions();
      } else {
        return 0;
      }
    }
    void evaluate_with_companions(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, const Matrix<Exec>& companions,
                                  Workspace<Exec>& workspace) const override {
      if constexpr (ClosedDirichlet<D>) {
        held.evaluate_with_companions(exec, x, psi, companions, workspace);
      } else {
        held.evaluate(exec, x, psi, workspace);
      }
    }
    void close_dirichlet(const Exec& exec, const Matrix<Exec>& gram, double factor, const Matrix<Exec>& d) const override {
      if constexpr (ClosedDirichlet<D>) held.close_dirichlet(exec, gram, factor, d);
    }
    Index border_features() const override {
      if constexpr (BorderedDirichlet<D>) {
        return held.border_features();
      } else {
        return 0;
      }
    }
    void evaluate_border(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& eta, Workspace<Exec>& workspace) const override {
      if constexpr (BorderedDirichlet<D>) held.evaluate_border(exec, x, eta, workspace);
    }
    void close_border(const Exec& exec, const Matrix<Exec>& products, const Matrix<Exec>& square, const Matrix<Exec>& d) const override {
      if constexpr (BorderedDirichlet<D>) held.close_border(exec, products, square, d);
    }
    Index dirichlet_factors() const override {
      if constexpr (FactoredDirichlet<D>) {
        return held.dirichlet_factors();
      } else {
        return held.dimension();
      }
    }
    void dirichlet_factor(const Exec& exec, const Points<Exec>& x, Index j, const Matrix<Exec>& f, Workspace<Exec>& workspace) const override {
      if constexpr (FactoredDirichlet<D>) {
        held.dirichlet_factor(exec, x, j, f, workspace);
      } else {
        held.gradient(exec, x, j, f, workspace);
      }
    }
    void weigh_dirichlet(const Exec& exec, const Matrix<Exec>& d) const override {
      if constexpr (FactoredDirichlet<D>) held.weigh_dirichlet(exec, d);
    }
    void laplacian(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& lap, Workspace<Exec>& workspace) const override {
      if constexpr (SecondOrderDictionary<D>) {
        held.laplacian(exec, x, lap, workspace);
      } else {
        const auto gradient = [&](const Points<Exec>& at, Index k, const Matrix<Exec>& out) { held.gradient(exec, at, k, out, workspace); };
        detail::laplacian_by_differences<Exec>(exec, gradient, x, lap, workspace);
      }
    }
    void second_derivative(const Exec& exec, const Points<Exec>& x, const Points<Exec>& v, const Matrix<Exec>& out, Workspace<Exec>& workspace) const override {
      if constexpr (SecondOrderDictionary<D>) {
        held.second_derivative(exec, x, v, out, workspace);
      } else {
        const auto gradient = [&](const Points<Exec>& at, Index k, const Matrix<Exec>& slope) { held.gradient(exec, at, k, slope, workspace); };
        detail::second_derivative_by_differences<Exec>(exec, gradient, x, v, out, workspace);
      }
    }
    bool closes_laplacian() const override { return ClosedLaplacian<D>; }
    void close_laplacian(const Exec& exec, const Vector<Exec>& mean, const Vector<Exec>& companion_mean, const Vector<Exec>& lap) const override {
      if constexpr (ClosedLaplacian<D>) held.close_laplacian(exec, mean, companion_mean, lap);
    }
    Index landmark_features() const override {
      if constexpr (NestedDictionary<D>) {
        return held.landmark_features();
      } else {
        return 0;
      }
    }
    D held;
  };

  std::shared_ptr<const Interface> m_held;
};

}  // namespace kswgd
