// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/detail/runs.hpp>
#include <vector>

/// @file
/// Indicators of cells: with them reversible EDMD is a Markov state model. Their gradient is zero, so the generator estimator
/// sees nothing of them.

namespace kswgd {

/// The cells of the points that are nearest to each of the landmarks (Voronoi cells).
struct IndicatorDictionaryData {
  HostPoints landmarks;  ///< p x d, normalised, distinct
};

/// Cells that are the boxes of a regular grid over the sample's range, `bins[k]` of equal width along coordinate k: only those
/// that hold a point of the sample, so that no feature is zero throughout; a point in an empty box counts to the nearest box.
/// sample: n x d, normalised. Throws InvalidInput for a number of bins that is not positive, or more than 20,000 occupied boxes.
IndicatorDictionaryData make_bins_data(const HostPoints& sample, const std::vector<Index>& bins);

/// psi = {1, [x in cell 1], ..., [x in cell p - 1]}: the indicator of cell 0 is 1 minus the others, so the span is that of all
/// p cells. Copies share the landmarks and have a workspace of their own.
template <ExecutionSpace Exec>
class IndicatorDictionary {
 public:
  using execution_space = Exec;

  IndicatorDictionary() = default;
  /// Throws InvalidInput when there is no landmark, or two are the same (one of the cells would be empty).
  IndicatorDictionary(const Exec& exec, const IndicatorDictionaryData& data);

  Index size() const { return static_cast<Index>(m_landmarks.extent(0)); }
  Index dimension() const { return static_cast<Index>(m_landmarks.extent(1)); }

  /// psi(i, a) = psi_a(x_i), the first psi.extent(1) features. x is n x d. Cost 3 n p d flops whatever q is.
  void evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi);

  /// dpsi = 0.
  void gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi) const;

 private:
  Points<Exec> m_landmarks;
  detail::Scratch<Vector<Exec>> m_distance;
  detail::Scratch<Vector<Exec, int>> m_cell;
};

}  // namespace kswgd
