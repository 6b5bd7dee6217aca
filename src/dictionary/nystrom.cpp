// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/data/data_set.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/dictionary/detail/gaussian_kernels.hpp>
#include <kswgd/dictionary/nystrom.hpp>
#include <kswgd/dictionary/tiles.hpp>
#include <kswgd/support/check.hpp>

#include <limits>

namespace kswgd {
namespace {

using detail::for_each_block;
using detail::lane_count;
using detail::Lanes;
using detail::load;
using detail::on_host;
using detail::padded;
using detail::store;

template <class Exec, class T>
struct PackKernel {
  Points<Exec> x;
  Points<Exec, T> packed;
  Index n, rows;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % rows, k = item / rows;
    packed(i, k) = i < n ? static_cast<T>(x(i, k)) : T(0);
  }
};

/// Sums of weights times columns over all nodes. Item: a block of points, which lie in the lanes. The weights of 64 nodes are
/// kept in fast memory while everything that is multiplied with them is added up.
template <class Exec, class T>
struct WeightedSumsKernel {
  using V = Lanes<Exec, T>;
  static constexpr int lanes = lane_count<Exec, T>;
  static constexpr int registers = on_host<Exec> ? 4 : 1;
  static constexpr int rows = lanes * registers;
  static constexpr int tile = 64;

  Points<Exec, T> x;      // padded M x d
  Points<Exec, T> nodes;  // padded n x d
  Vector<Exec, T> bias;
  Matrix<Exec, T> columns;  // padded n x m
  Matrix<Exec> sums;        // M x m (1 + shifts), zero
  Index n, count;           // points, padded nodes
  int dimension, first_shift, shifts;
  T rate;

  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i0 = item * rows;
    V exponent[tile][registers], largest[registers];
    for (int r = 0; r < registers; ++r) largest[r] = detail::broadcast<V>(bias(0)) - rate * square(i0 + r * lanes, 0);
    for (Index start = 0; start < count; start += tile) {
      form_exponents(i0, start, exponent);
      for (int j = 0; j < tile; ++j)
#pragma GCC unroll 4
        for (int r = 0; r < registers; ++r) largest[r] = exponent[j][r] > largest[r] ? exponent[j][r] : largest[r];
    }
    const int m = static_cast<int>(columns.extent(1));
    for (Index start = 0; start < count; start += tile) {
      form_exponents(i0, start, exponent);
      for (int j = 0; j < tile; ++j) {
#pragma GCC unroll 4
        for (int r = 0; r < registers; ++r) exponent[j][r] -= largest[r];
        detail::exp2_nonpositive(exponent[j]);
      }
      for (int shift = -1; shift < shifts; ++shift) {
        int a = 0;
        for (; a + 4 <= m; a += 4) add_columns<4>(i0, start, shift, a, exponent);
        for (; a < m; ++a) add_columns<1>(i0, start, shift, a, exponent);
      }
    }
  }

  KOKKOS_FORCEINLINE_FUNCTION V square(Index i, Index j) const {
    V sum = {};
    for (int k = 0; k < dimension; ++k) {
      const V difference = load<V>(&x(i, k)) - nodes(j, k);
      sum += difference * difference;
    }
    return sum;
  }

  KOKKOS_FORCEINLINE_FUNCTION void form_exponents(Index i0, Index start, V (&exponent)[tile][registers]) const {
    for (int j = 0; j < tile; j += 2) {  // two nodes share the loads of the points
      V first[registers] = {}, second[registers] = {};
      for (int k = 0; k < dimension; ++k) {
        const T z = nodes(start + j, k), y = nodes(start + j + 1, k);
#pragma GCC unroll 4
        for (int r = 0; r < registers; ++r) {
          const V point = load<V>(&x(i0 + r * lanes, k)), a = point - z, b = point - y;
          first[r] += a * a;
          second[r] += b * b;
        }
      }
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r) {
        exponent[j][r] = bias(start + j) - rate * first[r];
        exponent[j + 1][r] = bias(start + j + 1) - rate * second[r];
      }
    }
  }

  /// shift < 0: sums(i, a + .) += sum_j w_j v_j; else the same with w_j (X_jk - x_ik), k = first_shift + shift.
  template <int C>
  KOKKOS_FORCEINLINE_FUNCTION void add_columns(Index i0, Index start, int shift, int a, const V (&weight)[tile][registers]) const {
    V sum[C][registers] = {}, point[registers] = {};
    const int k = first_shift + shift;
    if (shift >= 0)
      for (int r = 0; r < registers; ++r) point[r] = load<V>(&x(i0 + r * lanes, k));
    for (int j = 0; j < tile; ++j) {
      V w[registers];
#pragma GCC unroll 4
      for (int r = 0; r < registers; ++r) w[r] = shift < 0 ? weight[j][r] : V(weight[j][r] * (nodes(start + j, k) - point[r]));
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) {
        const T v = columns(start + j, a + c);
#pragma GCC unroll 4
        for (int r = 0; r < registers; ++r) sum[c][r] += w[r] * v;
      }
    }
    const Index first = static_cast<Index>(shift + 1) * static_cast<Index>(columns.extent(1)) + a;
    for (int c = 0; c < C; ++c)
      for (int r = 0; r < registers; ++r) {
        T part[lanes];
        store<V>(part, sum[c][r]);
        for (int l = 0; l < lanes && i0 + r * lanes + l < n; ++l) sums(i0 + r * lanes + l, first + c) += part[l];
      }
  }
};

/// Columns 1 and g = sum_{0 < a < q} c_a a_a: what a potential sum_a c_a psi_a is made of.
template <class Exec, class T>
struct PotentialKernel {
  Matrix<Exec, T> coefficients, columns;
  Vector<Exec> c;
  Index q;
  KOKKOS_FUNCTION void operator()(Index j) const {
    double g = 0;
    for (Index a = 1; a < q; ++a) g += c(a) * static_cast<double>(coefficients(j, a));
    columns(j, 0) = coefficients(j, 0);
    columns(j, 1) = static_cast<T>(g);
  }
};

template <class Exec>
struct CentredAverageKernel {
  Matrix<Exec> sums, psi;
  Vector<Exec> means;
  Index n;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % n, a = item / n;
    psi(i, a) = sums(i, a) / sums(i, 0) - means(a);
  }
};

}  // namespace

template <ExecutionSpace Exec>
NystromDictionary<Exec>::NystromDictionary(const Exec& exec, const NystromDictionaryData& data)
    : m_dimension(static_cast<Index>(data.points.extent(1))),
      m_features(1 + static_cast<Index>(data.coefficients.extent(1))),
      m_nodes(static_cast<Index>(data.points.extent(0))),
      m_bandwidth(data.bandwidth) {
  check_fields("NystromDictionary", data);
  const HostVector means("kswgd::NystromDictionary::means", m_features);
  for (Index a = 1; a < m_features; ++a) means(a) = data.means(a - 1);
  m_means = to_device(exec, means);

  const auto fill = [&]<class T>(Nodes<T>& typed) {
    const Index rows = padded(m_nodes);
    Kokkos::View<T**, Kokkos::LayoutLeft, Kokkos::HostSpace> points("kswgd::NystromDictionary::points", rows, m_dimension),
        coefficients("kswgd::NystromDictionary::coefficients", rows, m_features);
    Kokkos::View<T*, Kokkos::HostSpace> bias("kswgd::NystromDictionary::bias", rows);
    for (Index j = 0; j < rows; ++j) {
      bias(j) = j < m_nodes ? static_cast<T>(-data.log_density(j) * Kokkos::numbers::log2e / 2) : std::numeric_limits<T>::lowest() / 4;
      for (Index k = 0; k < m_dimension; ++k) points(j, k) = static_cast<T>(data.points(std::min(j, m_nodes - 1), k));
      for (Index a = 0; a < m_features && j < m_nodes; ++a) coefficients(j, a) = static_cast<T>(a == 0 ? 1.0 : data.coefficients(j, a - 1));
    }
    typed = {to_device(exec, points), to_device(exec, bias), to_device(exec, coefficients)};
  };
  fill(m_double);
  fill(m_float);
}

template <ExecutionSpace Exec>
template <class T>
Matrix<Exec> NystromDictionary<Exec>::weighted_sums(const Exec& exec, const Points<Exec>& x, const Matrix<Exec, T>& columns, Index first_shift, Index shifts,
                                                    Workspace<Exec>& workspace) const {
  using Kernel = WeightedSumsKernel<Exec, T>;
  const Index n = static_cast<Index>(x.extent(0)), rows = padded(n);
  const Points<Exec, T> packed = workspace.template matrix<T>(exec, "NystromDictionary::packed", rows, m_dimension);
  Kokkos::parallel_for("kswgd::NystromDictionary::pack", index_range(exec, rows * m_dimension), PackKernel<Exec, T>{x, packed, n, rows});
  const Matrix<Exec> sums = workspace.matrix(exec, "NystromDictionary::sums", n, static_cast<Index>(columns.extent(1)) * (1 + shifts));
  Kokkos::deep_copy(exec, sums, 0.0);
  const Kernel kernel{packed,
                      nodes<T>().points,
                      nodes<T>().bias,
                      columns,
                      sums,
                      n,
                      padded(m_nodes),
                      static_cast<int>(m_dimension),
                      static_cast<int>(first_shift),
                      static_cast<int>(shifts),
                      static_cast<T>(Kokkos::numbers::log2e / (2 * m_bandwidth))};
  for_each_block("kswgd::NystromDictionary::weighted_sums", exec, (n + Kernel::rows - 1) / Kernel::rows, kernel);
  return sums;
}

template <ExecutionSpace Exec>
template <class T>
void NystromDictionary<Exec>::evaluate_as(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, Workspace<Exec>& workspace) const {
  const Index n = static_cast<Index>(x.extent(0)), q = static_cast<Index>(psi.extent(1));
  if (n == 0) return;
  const Matrix<Exec, T> columns = Kokkos::subview(nodes<T>().coefficients, Kokkos::ALL, Span(0, q));
  const Matrix<Exec> sums = weighted_sums<T>(exec, x, columns, 0, 0, workspace);
  Kokkos::parallel_for("kswgd::NystromDictionary::evaluate", index_range(exec, n * q), CentredAverageKernel<Exec>{sums, psi, m_means, n});
}

template <ExecutionSpace Exec>
void NystromDictionary<Exec>::evaluate(const Exec& exec, const Points<Exec>& x, const Matrix<Exec>& psi, WorkspaceOrOwn<Exec> workspace) const {
  evaluate_as<double>(exec, x, psi, *workspace);
}

template <ExecutionSpace Exec>
void NystromDictionary<Exec>::gradient(const Exec& exec, const Points<Exec>& x, Index k, const Matrix<Exec>& dpsi, WorkspaceOrOwn<Exec> workspace) const {
  const Index n = static_cast<Index>(x.extent(0)), q = static_cast<Index>(dpsi.extent(1));
  if (n == 0) return;
  const Matrix<Exec> columns = Kokkos::subview(m_double.coefficients, Kokkos::ALL, Span(0, q));
  const Matrix<Exec> sums = weighted_sums<double>(exec, x, columns, k, 1, *workspace);
  const double inverse = 1 / m_bandwidth;
  Kokkos::parallel_for(
      "kswgd::NystromDictionary::gradient", index_range(exec, n * q), KOKKOS_LAMBDA(Index item) {
        const Index i = item % n, a = item / n;
        const double total = sums(i, 0);
        dpsi(i, a) = a == 0 ? 0.0 : inverse * (sums(i, q + a) - sums(i, a) / total * sums(i, q)) / total;
      });
}

template <ExecutionSpace Exec>
template <class T>
void NystromDictionary<Exec>::mean(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& s, Index q, WorkspaceOrOwn<Exec> workspace) const {
  const auto evaluate = [&](const Points<Exec>& at, const Matrix<Exec>& psi) { evaluate_as<T>(exec, at, psi, *workspace); };
  detail::mean_by_tiles<Exec>(exec, evaluate, x, s, q, *workspace);
}

template <ExecutionSpace Exec>
template <class T>
void NystromDictionary<Exec>::descent(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& c, const Points<Exec>& u, Index q,
                                      WorkspaceOrOwn<Exec> workspace) const {
  const Index n = static_cast<Index>(x.extent(0)), d = m_dimension, rows = padded(m_nodes);
  if (n == 0) return;
  const Matrix<Exec, T> columns = workspace->template matrix<T>(exec, "NystromDictionary::potential", rows, 2);
  Kokkos::parallel_for("kswgd::NystromDictionary::potential", index_range(exec, rows), PotentialKernel<Exec, T>{nodes<T>().coefficients, columns, c, q});
  const Matrix<Exec> sums = weighted_sums<T>(exec, x, columns, 0, d, *workspace);
  const double inverse = 1 / m_bandwidth;
  Kokkos::parallel_for(
      "kswgd::NystromDictionary::descent", index_range(exec, n * d), KOKKOS_LAMBDA(Index item) {
        const Index i = item % n, k = item / n;
        const double total = sums(i, 0), value = sums(i, 1) / total;
        u(i, k) = -inverse * (sums(i, 2 * k + 3) - value * sums(i, 2 * k + 2)) / total;
      });
}

#define KSWGD_INSTANTIATE_FOR(EXEC, T)                                                                                                                       \
  template void NystromDictionary<EXEC>::mean<T>(const EXEC&, const Points<EXEC>&, const Vector<EXEC>&, Index, WorkspaceOrOwn<EXEC>) const;                  \
  template void NystromDictionary<EXEC>::descent<T>(const EXEC&, const Points<EXEC>&, const Vector<EXEC>&, const Points<EXEC>&, Index, WorkspaceOrOwn<EXEC>) \
      const;
#define KSWGD_INSTANTIATE(EXEC)           \
  template class NystromDictionary<EXEC>; \
  KSWGD_INSTANTIATE_FOR(EXEC, double)     \
  KSWGD_INSTANTIATE_FOR(EXEC, float)
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE
#undef KSWGD_INSTANTIATE_FOR

}  // namespace kswgd
