// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/moments/accumulator.hpp>
#include <kswgd/spectrum/read_out.hpp>
#include <optional>
#include <vector>

/// @file
/// Sums over the data, fold by fold, of the forms that make up an operator. Sums of disjoint parts add up, and those of all but one
/// fold are a difference: nothing here is an average until it is asked for.

namespace kswgd {

/// What stands beside the Gram matrix G = sum w psi psi^T.
enum class Form : unsigned {
  dirichlet = 1,    ///< sum w grad psi . grad psi^T
  metric = 2,       ///< sum w grad psi . a grad psi^T, with a diffusion matrix a
  killing = 4,      ///< sum w c psi psi^T, with a killing rate c
  correlation = 8,  ///< sum w psi(x) psi(y)^T over pairs, and G the mean of both ends'; alone
};

/// The forms whose sum is the operator's.
class FormSet {
 public:
  FormSet(std::initializer_list<Form> forms) {
    for (const Form form : forms) m_bits |= static_cast<unsigned>(form);
  }
  bool has(Form form) const { return (m_bits & static_cast<unsigned>(form)) != 0; }

 private:
  unsigned m_bits = 0;
};

/// The sums over one part of the data, over the first `features` features of a dictionary.
template <ExecutionSpace Exec>
class FormSums {
 public:
  /// extra_features: how many of the features the metric and the killing form are of (0: all).
  FormSums(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index features, FormSet forms, bool on_manifold = false, Index extra_features = 0);

  /// Adds points: to the Gram matrix and the Dirichlet form.
  void add(const Exec& exec, const MomentTile<Exec>& tile);
  /// Adds sum_i f(i, :) f(i, :)^T for the first columns of f, as many as these forms have features, to the metric or the killing form: f holds what the form is
  /// made of, times the roots of the weights.
  void add_squares(const Exec& exec, const Matrix<Exec>& f);
  /// Adds pairs: x(i, :) and y(i, :) are the features at both ends times the root of the pair's weight; `weight` is the sum of these.
  void add_pairs(const Exec& exec, double weight, const Matrix<Exec>& x, const Matrix<Exec>& y);
  /// Adds the sums of another part.
  void add(const Exec& exec, const FormSums& other);
  /// From this rank's sums to those of all ranks, which make the call together.
  void reduce(const Exec& exec, const Reduction& ranks);

  /// All that was added up, to the host and back (src/moments/host_sums.hpp).
  void write(detail::SumWriter<Exec>& out) const;
  void read(const Exec& exec, detail::SumReader<Exec>& in);

  Index size() const { return m_features; }
  double weight() const { return m_moments ? m_moments->weight() : m_weight; }

  /// Averages of G and of the operator's form over the first p features (0: all that it is of), both triangles; `less` is taken away first.
  Forms<Exec> averages(const Exec& exec, Index p = 0, const FormSums* less = nullptr) const;
  /// The averages of G and D alone (and of the Laplacian where the tiles had it), as above. Not for pairs.
  typename MomentAccumulator<Exec>::Result moments(const Exec& exec, Index p = 0, const FormSums* less = nullptr) const {
    return m_moments->moments(exec, less ? &*less->m_moments : nullptr, p);
  }

 private:
  Index m_features;
  FormSet m_forms;
  std::optional<MomentAccumulator<Exec>> m_moments;  // of points
  Matrix<Exec> m_extra;                              // metric and killing, upper triangle
  Matrix<Exec> m_gram, m_correlation;                // of pairs: the upper triangle, and all
  double m_weight = 0;                               // of pairs
};

/// How many folds the read-out has.
inline constexpr int fold_count = 5;

/// The sums of each fold and of all of them.
template <ExecutionSpace Exec>
class FoldSums {
 public:
  FoldSums(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index features, FormSet forms, bool on_manifold = false, Index extra_features = 0);

  /// Sums of a fold, to be added to.
  FormSums<Exec>& fold(int k) { return m_folds[static_cast<std::size_t>(k)]; }
  const FormSums<Exec>& fold(int k) const { return m_folds[static_cast<std::size_t>(k)]; }
  /// From this rank's sums to those of all ranks, which make the call together, before close().
  void reduce(const Exec& exec, const Reduction& ranks) {
    for (auto& part : m_folds) part.reduce(exec, ranks);
  }
  /// Adds the sums of another part, fold by fold, before close().
  void add(const Exec& exec, const FoldSums& other) {
    for (int k = 0; k < fold_count; ++k) fold(k).add(exec, other.fold(k));
  }
  /// Adds the folds up: call it once, when they are complete.
  void close(const Exec& exec);
  const FormSums<Exec>& total() const { return m_total; }

  /// What a read-out takes. `known`: the eigenpairs of the total, where they are known already. Refers to this object.
  FoldedForms<Exec> forms(const Exec& exec, const Eigenpairs* known = nullptr) const;

 private:
  std::vector<FormSums<Exec>> m_folds;
  FormSums<Exec> m_total;
};

}  // namespace kswgd
