// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/gaussian.hpp>
#include <kswgd/dictionary/tiles.hpp>
#include <memory>

/// @file
/// Any dictionary behind one type. Calls are on whole arrays of points, so nothing is dispatched inside a loop, and what
/// works with dictionaries is compiled once.

namespace kswgd {

/// Holds a dictionary of any kind. Copies are independent of each other: two flows side by side take two.
template <ExecutionSpace Exec>
class AnyDictionary {
 public:
  using execution_space = Exec;

  AnyDictionary() = default;
  /// Takes a dictionary: one of the library's, or your own that satisfies the concept.
  template <class D>
  requires(Dictionary<D>&& std::is_same_v<typename D::execution_space, Exec> && !std::is_same_v<D, AnyDictionary>) AnyDictionary(const D& dictionary)
      : m_held(std::make_unique<Held<D>>(dictionary)) {}
  AnyDictionary(const AnyDictionary& other) : m_held(other.m_held ? other.m_held->copy() : nullptr) {}
  AnyDictionary(AnyDictionary&&) noexcept = default;
  AnyDictionary& operator=(AnyDictionary other) noexcept {
    m_held.swap(other.m_held);
    return *this;
  }
  ~AnyDictionary() = default;

  bool empty() const { return !m_held; }
  Index size() const { return m_held->size(); }
  Index dimension() const { return m_held->dimension(); }

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features.
  void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi) { m_held->evaluate(exec, x, psi); }
  /// dpsi(i, a) = d psi_a / d x_k at x_i.
  void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi) { m_held->gradient(exec, x, k, dpsi); }
  /// s(a) = average of psi_a over the points, a < q; nothing n x p is stored.
  void mean(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& s, Index q, Precision precision) { m_held->mean(exec, x, s, q, precision); }
  /// u(i, :) = -grad(sum_{a < q} c_a psi_a)(x_i); nothing n x p is stored.
  void descent(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, const Points<Exec>& u, Index q, Precision precision) {
    m_held->descent(exec, x, c, u, q, precision);
  }
  /// D = weigh(E[sum_j F_j^T F_j]): see FactoredDirichlet; the derivatives along each coordinate where there is no better form.
  Index dirichlet_factors() const { return m_held->dirichlet_factors(); }
  void dirichlet_factor(const Exec& exec, const Points<Exec>& x, Index j, const Matrix<Exec>& f) { m_held->dirichlet_factor(exec, x, j, f); }
  void weigh_dirichlet(const Exec& exec, const Matrix<Exec>& d) { m_held->weigh_dirichlet(exec, d); }

  /// The Gaussians, whose Dirichlet form has a closed form of its own (moments/accumulator.hpp), or nothing.
  GaussianDictionary<Exec>* gaussian() { return m_held ? m_held->gaussian() : nullptr; }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual std::unique_ptr<Interface> copy() const = 0;
    virtual Index size() const = 0;
    virtual Index dimension() const = 0;
    virtual void evaluate(const Exec&, const Points<Exec>&, const Matrix<Exec>&) = 0;
    virtual void gradient(const Exec&, const Points<Exec>&, Index, const Matrix<Exec>&) = 0;
    virtual void mean(const Exec&, const Points<Exec>&, const Vector<Exec>&, Index, Precision) = 0;
    virtual void descent(const Exec&, const Points<Exec>&, const Vector<Exec>&, const Points<Exec>&, Index, Precision) = 0;
    virtual Index dirichlet_factors() const = 0;
    virtual void dirichlet_factor(const Exec&, const Points<Exec>&, Index, const Matrix<Exec>&) = 0;
    virtual void weigh_dirichlet(const Exec&, const Matrix<Exec>&) = 0;
    virtual GaussianDictionary<Exec>* gaussian() = 0;
  };

  template <class D>
  struct Held final : Interface {
    explicit Held(const D& dictionary) : held(dictionary) {}
    std::unique_ptr<Interface> copy() const override { return std::make_unique<Held>(held); }
    Index size() const override { return held.size(); }
    Index dimension() const override { return held.dimension(); }
    void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi) override { held.evaluate(exec, x, psi); }
    void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi) override { held.gradient(exec, x, k, dpsi); }
    void mean(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& s, Index q, Precision precision) override {
      if constexpr (FusedDictionary<D>) {
        if (precision == Precision::mixed) {
          held.template mean<float>(exec, x, s, q);
        } else {
          held.template mean<double>(exec, x, s, q);
        }
      } else {
        detail::mean_by_tiles<Exec>(
            exec, [this](const Exec& e, const Points<Exec>& at, const Matrix<Exec>& out) { held.evaluate(e, at, out); }, x, s, q);
      }
    }
    void descent(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, const Points<Exec>& u, Index q, Precision precision) override {
      if constexpr (FusedDictionary<D>) {
        if (precision == Precision::mixed) {
          held.template descent<float>(exec, x, c, u, q);
        } else {
          held.template descent<double>(exec, x, c, u, q);
        }
      } else {
        detail::descent_by_tiles<Exec>(
            exec, [this](const Exec& e, const Points<Exec>& at, Index k, const Matrix<Exec>& out) { held.gradient(e, at, k, out); }, x, c, u, q);
      }
    }
    Index dirichlet_factors() const override {
      if constexpr (FactoredDirichlet<D>) {
        return held.dirichlet_factors();
      } else {
        return held.dimension();
      }
    }
    void dirichlet_factor(const Exec& exec, const Points<Exec>& x, Index j, const Matrix<Exec>& f) override {
      if constexpr (FactoredDirichlet<D>) {
        held.dirichlet_factor(exec, x, j, f);
      } else {
        held.gradient(exec, x, j, f);
      }
    }
    void weigh_dirichlet(const Exec& exec, const Matrix<Exec>& d) override {
      if constexpr (FactoredDirichlet<D>) held.weigh_dirichlet(exec, d);
    }
    GaussianDictionary<Exec>* gaussian() override {
      if constexpr (std::is_same_v<D, GaussianDictionary<Exec>>) {
        return &held;
      } else {
        return nullptr;
      }
    }
    D held;
  };

  std::unique_ptr<Interface> m_held;
};

}  // namespace kswgd
