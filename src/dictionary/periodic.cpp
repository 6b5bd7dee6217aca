// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/detail/exponential.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/periodic.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>

namespace kswgd {
namespace {

using detail::DegreeRule;

constexpr double two_pi = 2 * Kokkos::numbers::pi;

/// The angle 2 pi x / L, in [-pi, pi]: full accuracy in every image of the period.
KOKKOS_INLINE_FUNCTION double angle_of(double x, double period) {
  const double turns = x / period;
  return two_pi * (turns - Kokkos::floor(turns + 0.5));
}

/// table(i, 2 k degree + 2 (m - 1)) = sqrt(2) cos m theta_k and beside it sqrt(2) sin m theta_k, by rotations; slopes(i, .): their
/// derivatives where k is `along`.
template <class Exec>
struct TrigonometricTable {
  Points<Exec> x;
  Vector<Exec> periods;
  Matrix<Exec> table, slopes;
  Index degree, along;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index k) const {
    const double period = periods(k), root = Kokkos::sqrt(2.0);
    for (Index i = begin; i < end; ++i) {
      const double angle = angle_of(x(i, k), period), c = Kokkos::cos(angle), s = Kokkos::sin(angle);
      double cm = root, sm = 0;
      for (Index m = 1; m <= degree; ++m) {
        const double next = cm * c - sm * s;
        sm = sm * c + cm * s;
        cm = next;
        const Index at = 2 * (k * degree + m - 1);
        table(i, at) = cm;
        table(i, at + 1) = sm;
        if (k != along) continue;
        const double rate = static_cast<double>(m) * two_pi / period;
        slopes(i, 2 * m - 2) = -rate * sm;
        slopes(i, 2 * m - 1) = rate * cm;
      }
    }
  }
};

/// circles(i, 2k) = (L / 2 pi) cos theta, circles(i, 2k + 1) = (L / 2 pi) sin theta.
template <class Exec>
struct CircleKernel {
  Points<Exec> x;
  Vector<Exec> periods;
  Matrix<Exec> circles;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index k) const {
    for (Index i = begin; i < end; ++i) {
      const double angle = angle_of(x(i, k), periods(k)), radius = periods(k) / two_pi;
      circles(i, 2 * k) = radius * Kokkos::cos(angle);
      circles(i, 2 * k + 1) = radius * Kokkos::sin(angle);
    }
  }
};

/// out(i, a) = exp(-|y_i - z_a|^2 / 2 h_a^2) on the circles, or its derivative along the angle of circle k >= 0:
/// d y / d x_k = (-y_2, y_1) 2 pi / L, so that of -|y - z|^2 / 2 h^2 is (y_1 z_2 - y_2 z_1)(2 pi / L) / h^2.
template <class Exec>
struct VonMisesKernel {
  using V = detail::Lanes<Exec, double>;
  static constexpr int lanes = detail::lane_count<Exec, double>;

  Matrix<Exec> circles, out;
  Points<Exec> landmarks;
  Vector<Exec> inverse_square, periods;
  Index k;

  KOKKOS_FUNCTION void operator()(Index begin, Index end, Index a) const {
    const double rate = -0.5 * Kokkos::numbers::log2e * inverse_square(a);
    const double factor = k < 0 ? 0.0 : inverse_square(a) * two_pi / periods(k);
    for (Index i = begin; i < end; i += lanes) {
      const int count = end - i < lanes ? static_cast<int>(end - i) : lanes;
      V square = {};
      for (std::size_t j = 0; j < circles.extent(1); ++j) {
        const V difference = detail::load_some<V>(&circles(i, j), count) - landmarks(a, j);
        square += difference * difference;
      }
      V value = detail::exp2_nonpositive<V>(rate * square);
      if (k >= 0)
        value *= factor * (detail::load_some<V>(&circles(i, 2 * k), count) * landmarks(a, 2 * k + 1) -
                           detail::load_some<V>(&circles(i, 2 * k + 1), count) * landmarks(a, 2 * k));
      detail::store_some<V>(&out(i, a), value, count);
    }
  }
};

HostVector checked_periods(const std::vector<double>& periods, const char* function) {
  require(!periods.empty(), function, [] { return "one period for each coordinate is needed, got none"; });
  const HostVector copy("kswgd::periodic::periods", periods.size());
  for (std::size_t k = 0; k < periods.size(); ++k) {
    require_positive(periods[k], function, "the period of a coordinate");
    copy(k) = periods[k];
  }
  return copy;
}

DegreeRule rule_of(const std::string& name, const char* function) {
  require(name == "total" || name == "each", function, [&] { return "there is no rule '" + name + "' for degrees: take total or each"; });
  return name == "total" ? DegreeRule::total : DegreeRule::each;
}

template <ExecutionSpace Exec>
Matrix<Exec> on_circles(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& periods, detail::Scratch<Matrix<Exec>>& scratch) {
  const Index n = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1));
  const Matrix<Exec> circles = scratch.take(exec, "VonMisesDictionary::circles", n, 2 * d);
  detail::for_each_run(exec, "kswgd::VonMisesDictionary::circles", n, d, CircleKernel<Exec>{x, periods, circles});
  return circles;
}

}  // namespace

TrigonometricDictionaryData make_trigonometric_data(const std::vector<double>& periods, Index features, const std::string& rule) {
  checked_periods(periods, "make_trigonometric_data");
  const Index d = static_cast<Index>(periods.size());
  const DegreeRule degrees = rule_of(rule, "make_trigonometric_data");
  const Index degree = detail::tensor_degree(d, std::min(features, detail::most_features), 2, degrees);
  require(degree >= 1, "make_trigonometric_data", [&] {
    return "modes of degree 1 in " + std::to_string(d) + " dimensions number " + std::to_string(detail::tensor_count(d, 1, 2, degrees)) + ", more than the " +
           std::to_string(features) + " features asked for";
  });
  return {periods, degree, rule};
}

template <ExecutionSpace Exec>
TrigonometricDictionary<Exec>::TrigonometricDictionary(const Exec& exec, const TrigonometricDictionaryData& data) : m_degree(data.degree) {
  constexpr const char* name = "TrigonometricDictionary";
  const HostVector periods = checked_periods(data.periods, name);
  const DegreeRule rule = rule_of(data.rule, name);
  const Index d = static_cast<Index>(periods.extent(0));
  detail::require_tensor(name, d, m_degree, 2, rule);
  m_periods = to_device(exec, periods);
  m_terms = {exec, detail::tensor_terms(d, m_degree, 2, rule)};
}

template <ExecutionSpace Exec>
Matrix<Exec> TrigonometricDictionary<Exec>::tabulate(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& slopes) {
  const Index n = static_cast<Index>(x.extent(0));
  const Matrix<Exec> table = m_table.take(exec, "TrigonometricDictionary::table", n, 2 * m_degree * dimension());
  detail::for_each_run(exec, "kswgd::TrigonometricDictionary::tabulate", n, dimension(), TrigonometricTable<Exec>{x, m_periods, table, slopes, m_degree, k});
  return table;
}

template <ExecutionSpace Exec>
void TrigonometricDictionary<Exec>::evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi) {
  const Matrix<Exec> table = tabulate(exec, x, -1, {});
  detail::for_each_run(exec, "kswgd::TrigonometricDictionary::evaluate", static_cast<Index>(x.extent(0)), static_cast<Index>(psi.extent(1)),
                       detail::TensorKernel<Exec>{m_terms, table, {}, psi, 2 * m_degree, -1});
}

template <ExecutionSpace Exec>
void TrigonometricDictionary<Exec>::gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi) {
  const Index n = static_cast<Index>(x.extent(0));
  const Matrix<Exec> slopes = m_slopes.take(exec, "TrigonometricDictionary::slopes", n, 2 * m_degree);
  const Matrix<Exec> table = tabulate(exec, x, k, slopes);
  detail::for_each_run(exec, "kswgd::TrigonometricDictionary::gradient", n, static_cast<Index>(dpsi.extent(1)),
                       detail::TensorKernel<Exec>{m_terms, table, slopes, dpsi, 2 * m_degree, k});
}

template <ExecutionSpace Exec>
VonMisesLandmarks make_von_mises_data(const Exec& exec, const HostPoints& sample, const std::vector<double>& periods, Index points,
                                      const LandmarkOptions& options) {
  const HostVector host_periods = checked_periods(periods, "make_von_mises_data");
  require(sample.extent(1) == periods.size(), "make_von_mises_data",
          [&] { return "the sample has " + std::to_string(sample.extent(1)) + " coordinates, but there are " + std::to_string(periods.size()) + " periods"; });
  detail::Scratch<Matrix<Exec>> scratch;
  const Points<Exec> circles = on_circles(exec, Points<Exec>(to_device(exec, sample)), Vector<Exec>(to_device(exec, host_periods)), scratch);
  const NestedLandmarks nested = nested_landmarks(exec, circles, points, options);
  const HostPoints angles("kswgd::make_von_mises_data::landmarks", nested.landmarks.extent(0), periods.size());
  for (std::size_t a = 0; a < angles.extent(0); ++a)  // the direction of a cluster's mean on each circle
    for (std::size_t k = 0; k < periods.size(); ++k)
      angles(a, k) = std::atan2(nested.landmarks(a, 2 * k + 1), nested.landmarks(a, 2 * k)) * periods[k] / two_pi;
  return {{periods, angles, nested.widths}, nested.levels};
}

template <ExecutionSpace Exec>
VonMisesDictionary<Exec>::VonMisesDictionary(const Exec& exec, const VonMisesDictionaryData& data) {
  constexpr const char* name = "VonMisesDictionary";
  const HostVector periods = checked_periods(data.periods, name);
  const std::size_t kernels = data.landmarks.extent(0), d = periods.extent(0);
  require((kernels == 0 || data.landmarks.extent(1) == d) && data.widths.extent(0) == kernels, name,
          [] { return "landmarks must be p x d, widths p and periods d"; });
  const HostPoints circles("kswgd::VonMisesDictionary::landmarks", kernels + 1, 2 * d);
  const HostVector inverse_square("kswgd::VonMisesDictionary::inverse_square", kernels + 1);
  for (std::size_t a = 0; a < kernels; ++a) {
    require_positive(data.widths(a), name, "the width of a kernel");
    inverse_square(a + 1) = 1 / (data.widths(a) * data.widths(a));
    for (std::size_t k = 0; k < d; ++k) {
      require(std::isfinite(data.landmarks(a, k)), name, [&] { return "landmark " + std::to_string(a) + " (from 0) is not finite"; });
      const double angle = angle_of(data.landmarks(a, k), periods(k)), radius = periods(k) / two_pi;
      circles(a + 1, 2 * k) = radius * std::cos(angle);
      circles(a + 1, 2 * k + 1) = radius * std::sin(angle);
    }
  }
  m_periods = to_device(exec, periods);
  m_landmarks = to_device(exec, circles);
  m_inverse_square = to_device(exec, inverse_square);
}

template <ExecutionSpace Exec>
void VonMisesDictionary<Exec>::apply(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& out, const char* label) {
  detail::for_each_run(exec, label, static_cast<Index>(x.extent(0)), static_cast<Index>(out.extent(1)),
                       VonMisesKernel<Exec>{on_circles(exec, x, m_periods, m_circles), out, m_landmarks, m_inverse_square, m_periods, k});
}

template <ExecutionSpace Exec>
void VonMisesDictionary<Exec>::evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi) {
  apply(exec, x, -1, psi, "kswgd::VonMisesDictionary::evaluate");
}

template <ExecutionSpace Exec>
void VonMisesDictionary<Exec>::gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi) {
  apply(exec, x, k, dpsi, "kswgd::VonMisesDictionary::gradient");
}

#define KSWGD_INSTANTIATE(EXEC)                 \
  template class TrigonometricDictionary<EXEC>; \
  template class VonMisesDictionary<EXEC>;      \
  template VonMisesLandmarks make_von_mises_data<EXEC>(const EXEC&, const HostPoints&, const std::vector<double>&, Index, const LandmarkOptions&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
