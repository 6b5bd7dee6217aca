// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/data/data_set.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/runs.hpp>
#include <kswgd/dictionary/fourier.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/statistics.hpp>

#include <algorithm>
#include <cmath>

namespace kswgd {
namespace {

enum class Wave { cosine, sine, slope };  // slope: the derivative of the cosine along coordinate k

template <class Exec>
struct WaveKernel {
  Points<Exec> x, frequencies;
  Vector<Exec> phases;
  Matrix<Exec> out;
  Wave wave;
  Index k;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index a) const {
    for (Index i = begin; i < end; ++i) out(i, a) = phases(a);
    for (std::size_t j = 0; j < x.extent(1); ++j) {
      const double w = frequencies(a, j);
      for (Index i = begin; i < end; ++i) out(i, a) += w * x(i, j);
    }
    const double factor = wave == Wave::slope ? -frequencies(a, k) : 1.0;
    for (Index i = begin; i < end; ++i) out(i, a) = factor * (wave == Wave::cosine ? Kokkos::cos(out(i, a)) : Kokkos::sin(out(i, a)));
  }
};

template <class Exec>
struct FrequencyProductKernel {
  Points<Exec> frequencies;
  Matrix<Exec> d;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index b) const {
    for (Index a = begin; a < end; ++a) {
      double product = 0;
      for (std::size_t k = 0; k < frequencies.extent(1); ++k) product += frequencies(a, k) * frequencies(b, k);
      d(a, b) *= product;
    }
  }
};

/// out(i, a) *= -(w_a . v_i)^2, or -|w_a|^2 where there are no directions.
template <class Exec>
struct BendKernel {
  Points<Exec> frequencies, v;
  Matrix<Exec> out;
  bool directed;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index a) const {
    double square = 0;
    for (std::size_t k = 0; k < frequencies.extent(1); ++k) square += frequencies(a, k) * frequencies(a, k);
    for (Index i = begin; i < end; ++i) {
      double along = 0;
      for (std::size_t k = 0; directed && k < frequencies.extent(1); ++k) along += frequencies(a, k) * v(i, k);
      out(i, a) *= directed ? -along * along : -square;
    }
  }
};

}  // namespace

double median_distance(const HostPoints& sample) {
  const Index n = static_cast<Index>(sample.extent(0));
  require(n >= 2, "median_distance", [&] { return "at least 2 points are needed, got " + std::to_string(n); });
  constexpr Index most = 500;
  const std::vector<Index> rows = spread_rows(n, std::min(n, most), 0, 0);
  std::vector<double> distances;
  for (std::size_t a = 0; a < rows.size(); ++a)
    for (std::size_t b = 0; b < a; ++b) {
      double square = 0;
      for (std::size_t k = 0; k < sample.extent(1); ++k) square += std::pow(sample(rows[a], k) - sample(rows[b], k), 2);
      distances.push_back(std::sqrt(square));
    }
  const double middle = upper_median(std::move(distances));
  require(std::isfinite(middle) && middle > 0, "median_distance",
          [] { return std::string("half of the points or more are the same (or not finite): no width follows from them; give a bandwidth"); });
  return middle;
}

FourierDictionaryData make_fourier_data(const HostPoints& sample, Index features, double bandwidth, std::uint64_t seed) {
  const Index d = static_cast<Index>(sample.extent(1));
  require(features >= 2, "make_fourier_data", [&] { return "features must be 2 or more (the constant and one cosine), got " + std::to_string(features); });
  require(d >= 1, "make_fourier_data", [] { return "the sample must be n x d with d of 1 or more"; });
  const double h = bandwidth == 0 ? median_distance(sample) : bandwidth;
  require_positive(h, "make_fourier_data", "bandwidth");
  const FourierDictionaryData data{HostPoints("kswgd::make_fourier_data::frequencies", features - 1, d),
                                   HostVector("kswgd::make_fourier_data::phases", features - 1)};
  for (Index a = 0; a + 1 < features; ++a) {
    const IndexedRandom random(seed, static_cast<std::uint64_t>(a));
    for (Index k = 0; k < d; ++k) data.frequencies(a, k) = random.normal(static_cast<std::uint64_t>(k)) / h;
    const auto unused = static_cast<std::uint64_t>(d + (d & 1));  // a pair of normals shares a block of bits
    data.phases(a) = 2 * Kokkos::numbers::pi * random.uniform(unused);
  }
  return data;
}

template <ExecutionSpace Exec>
FourierDictionary<Exec>::FourierDictionary(const Exec& exec, const FourierDictionaryData& data) {
  check_fields("FourierDictionary", data);
  const Index waves = static_cast<Index>(data.frequencies.extent(0)), d = static_cast<Index>(data.frequencies.extent(1));
  const HostPoints frequencies("kswgd::FourierDictionary::frequencies", waves + 1, d);  // zeros: the constant is cos(0 . x + 0)
  const HostVector phases("kswgd::FourierDictionary::phases", waves + 1);
  for (Index a = 0; a < waves; ++a) {
    phases(a + 1) = data.phases(a);
    for (Index k = 0; k < d; ++k) frequencies(a + 1, k) = data.frequencies(a, k);
  }
  m_frequencies = to_device(exec, frequencies);
  m_phases = to_device(exec, phases);
}

template <ExecutionSpace Exec>
void FourierDictionary<Exec>::evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, WorkspaceOrOwn<Exec>) const {
  detail::for_each_run(exec, "kswgd::FourierDictionary::evaluate", static_cast<Index>(x.extent(0)), static_cast<Index>(psi.extent(1)),
                       WaveKernel<Exec>{x, m_frequencies, m_phases, psi, Wave::cosine, 0});
}

template <ExecutionSpace Exec>
void FourierDictionary<Exec>::dirichlet_factor(const Exec& exec, const Points<Exec>& x, Index, const Matrix<Exec>& s, WorkspaceOrOwn<Exec>) const {
  detail::for_each_run(exec, "kswgd::FourierDictionary::dirichlet_factor", static_cast<Index>(x.extent(0)), static_cast<Index>(s.extent(1)),
                       WaveKernel<Exec>{x, m_frequencies, m_phases, s, Wave::sine, 0});
}

template <ExecutionSpace Exec>
void FourierDictionary<Exec>::gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi, WorkspaceOrOwn<Exec>) const {
  detail::for_each_run(exec, "kswgd::FourierDictionary::gradient", static_cast<Index>(x.extent(0)), static_cast<Index>(dpsi.extent(1)),
                       WaveKernel<Exec>{x, m_frequencies, m_phases, dpsi, Wave::slope, k});
}

template <ExecutionSpace Exec>
void FourierDictionary<Exec>::weigh_dirichlet(const Exec& exec, const Matrix<Exec>& d) const {
  const Index q = static_cast<Index>(d.extent(0));
  detail::for_each_run(exec, "kswgd::FourierDictionary::weigh_dirichlet", q, q, FrequencyProductKernel<Exec>{m_frequencies, d});
}

template <ExecutionSpace Exec>
void FourierDictionary<Exec>::laplacian(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& lap, WorkspaceOrOwn<Exec>) const {
  evaluate(exec, x, lap);
  detail::for_each_run(exec, "kswgd::FourierDictionary::laplacian", static_cast<Index>(x.extent(0)), static_cast<Index>(lap.extent(1)),
                       BendKernel<Exec>{m_frequencies, x, lap, false});
}

template <ExecutionSpace Exec>
void FourierDictionary<Exec>::second_derivative(const Exec& exec, const Points<Exec>& x, const Points<Exec>& v, const Matrix<Exec>& out,
                                                WorkspaceOrOwn<Exec>) const {
  evaluate(exec, x, out);
  detail::for_each_run(exec, "kswgd::FourierDictionary::second_derivative", static_cast<Index>(x.extent(0)), static_cast<Index>(out.extent(1)),
                       BendKernel<Exec>{m_frequencies, v, out, true});
}

#define KSWGD_INSTANTIATE(EXEC) template class FourierDictionary<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
