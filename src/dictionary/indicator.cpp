// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/tensor_terms.hpp>
#include <kswgd/dictionary/indicator.hpp>
#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>
#include <set>

namespace kswgd {
namespace {

template <class Exec>
struct CellKernel {
  Vector<Exec, int> cell;
  Matrix<Exec> psi;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index a) const {
    for (Index i = begin; i < end; ++i) psi(i, a) = a == 0 || cell(i) == a ? 1.0 : 0.0;
  }
};

}  // namespace

IndicatorDictionaryData make_bins_data(const HostPoints& sample, const std::vector<Index>& bins) {
  constexpr const char* name = "make_bins_data";
  const std::size_t d = bins.size();
  require(d >= 1 && sample.extent(1) == d && sample.extent(0) >= 1, name, [&] {
    return "the sample must be n x d with a number of bins for each of its " + std::to_string(sample.extent(1)) + " coordinates, got " + std::to_string(d);
  });
  std::vector<double> low(d), width(d);
  for (std::size_t k = 0; k < d; ++k) {
    require(bins[k] >= 1, name, [&] { return "the number of bins must be 1 or more, got " + std::to_string(bins[k]); });
    double high = low[k] = sample(0, k);
    for (std::size_t i = 0; i < sample.extent(0); ++i) {
      require(std::isfinite(sample(i, k)), name, [&] { return "row " + std::to_string(i) + " of the sample (from 0) is not finite"; });
      low[k] = std::min(low[k], sample(i, k));
      high = std::max(high, sample(i, k));
    }
    width[k] = high > low[k] ? (high - low[k]) / static_cast<double>(bins[k]) : 1.0;
  }
  std::set<std::vector<Index>> boxes;  // ordered: the features do not depend on the order of the sample
  std::vector<Index> box(d);
  for (std::size_t i = 0; i < sample.extent(0); ++i) {
    for (std::size_t k = 0; k < d; ++k) box[k] = std::min(bins[k] - 1, static_cast<Index>((sample(i, k) - low[k]) / width[k]));
    boxes.insert(box);
    require(static_cast<Index>(boxes.size()) <= detail::most_features, name,
            [] { return "more than " + std::to_string(detail::most_features) + " boxes hold a point: take fewer bins, or cells around landmarks"; });
  }
  const IndicatorDictionaryData data{HostPoints("kswgd::make_bins_data::landmarks", boxes.size(), d)};
  std::size_t a = 0;
  for (const std::vector<Index>& at : boxes) {
    for (std::size_t k = 0; k < d; ++k) data.landmarks(a, k) = low[k] + (static_cast<double>(at[k]) + 0.5) * width[k];
    ++a;
  }
  return data;
}

template <ExecutionSpace Exec>
IndicatorDictionary<Exec>::IndicatorDictionary(const Exec& exec, const IndicatorDictionaryData& data) {
  const std::size_t p = data.landmarks.extent(0), d = data.landmarks.extent(1);
  require(p >= 1 && d >= 1, "IndicatorDictionary", [] { return "there must be at least one landmark (p x d)"; });
  std::set<std::vector<double>> seen;
  for (std::size_t a = 0; a < p; ++a) {
    std::vector<double> landmark;
    for (std::size_t k = 0; k < d; ++k) {
      require(std::isfinite(data.landmarks(a, k)), "IndicatorDictionary", [&] { return "landmark " + std::to_string(a) + " (from 0) is not finite"; });
      landmark.push_back(data.landmarks(a, k));
    }
    require(seen.insert(landmark).second, "IndicatorDictionary",
            [&] { return "landmark " + std::to_string(a) + " (from 0) is the same as an earlier one: its cell would be empty"; });
  }
  m_landmarks = to_device(exec, data.landmarks);
}

template <ExecutionSpace Exec>
void IndicatorDictionary<Exec>::evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi) {
  const Index n = static_cast<Index>(x.extent(0));
  const Vector<Exec, int> cell = m_cell.take(exec, "IndicatorDictionary::cell", n);
  nearest_landmark(exec, x, m_landmarks, m_distance.take(exec, "IndicatorDictionary::distance", n), cell);
  detail::for_each_run(exec, "kswgd::IndicatorDictionary::evaluate", n, static_cast<Index>(psi.extent(1)), CellKernel<Exec>{cell, psi});
}

template <ExecutionSpace Exec>
void IndicatorDictionary<Exec>::gradient(const Exec& exec, const Points<Exec>&, Index, const Matrix<Exec>& dpsi) const {
  Kokkos::deep_copy(exec, dpsi, 0.0);
}

#define KSWGD_INSTANTIATE(EXEC) template class IndicatorDictionary<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
