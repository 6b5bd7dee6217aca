// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../algebra/host_products.hpp"
#include "../algebra/square_matrices.hpp"
#include "host_sums.hpp"

#include <Kokkos_Profiling_ScopedRegion.hpp>
#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/moments/accumulator.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <type_traits>

namespace kswgd {
namespace {

/// out (+)= factor (sums - sign less), from upper triangles to both. Entries of the upper triangle work.
template <class Exec>
struct AverageKernel {
  Matrix<Exec> out, sums, less;
  double factor, sign;
  bool add;
  KOKKOS_FUNCTION void operator()(Index a, Index b) const {
    if (a > b) return;
    const double value = factor * (sums(a, b) - sign * less(a, b)) + (add ? out(a, b) : 0.0);
    out(a, b) = value;
    out(b, a) = value;
  }
};

/// out := sums + their transpose, less what is taken away of both, in the last rows and columns of out. The upper triangle alone.
template <class Exec>
struct SumWithTransposeKernel {
  Matrix<Exec> out, sums, less;
  double sign;
  Index first;
  KOKKOS_FUNCTION void operator()(Index a, Index b) const {
    if (a > b) return;
    const double value = sums(a, b) + sums(b, a) - sign * (less(a, b) + less(b, a));
    out(first + a, first + b) = value;
  }
};

/// sum(i, a) += normal(i, k) derivative(i, a)
template <class Exec>
struct AddNormalPart {
  Matrix<Exec> sum, derivative;
  Points<Exec> normal;
  Index rows, k;
  KOKKOS_FUNCTION void operator()(Index item) const { sum(item % rows, item / rows) += normal(item % rows, k) * derivative(item % rows, item / rows); }
};

/// lap(i, a) -= second(i, a) + h(i) normal(i, a)
template <class Exec>
struct CurveKernel {
  Matrix<Exec> lap, second, normal;
  Vector<Exec> h;
  Index rows;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index i = item % rows, a = item / rows;
    lap(i, a) -= second(i, a) + h(i) * normal(i, a);
  }
};

/// out := factor (sums - sign less), as many columns as out has.
template <class Exec>
struct AverageColumnsKernel {
  Matrix<Exec> out, sums, less;
  double factor, sign;
  KOKKOS_FUNCTION void operator()(Index item) const {
    const Index a = item % rows(out), b = item / rows(out);
    out(a, b) = factor * (sums(a, b) - sign * less(a, b));
  }
};

/// out := factor (sums - sign less)
template <class Exec>
struct AverageVectorKernel {
  Vector<Exec> out, sums, less;
  double factor, sign;
  KOKKOS_FUNCTION void operator()(Index a) const { out(a) = factor * (sums(a) - sign * less(a)); }
};

/// Features that are nowhere in a tile larger than this add nothing to sums of numbers near 1.
constexpr double nothing = 1e-17;

/// The columns of a tile's features, or of their companions, that are larger than `nothing` somewhere.
template <class Exec>
struct ActiveKernel {
  Matrix<Exec> psi, chi;
  Kokkos::View<int*, typename Exec::memory_space> active;
  Index rows, first;  // of the features the first with a companion
  KOKKOS_FUNCTION void operator()(Index a) const {
    active(a) = 0;
    for (Index i = 0; i < rows && active(a) == 0; ++i)
      if (Kokkos::fabs(psi(i, a)) > nothing || (a >= first && Kokkos::fabs(chi(i, a - first)) > nothing)) active(a) = 1;
  }
};

/// to(i, j) = from(i, columns(j))
template <class Exec, class T>
struct SomeColumnsKernel {
  Matrix<Exec> from;
  Matrix<Exec, T> to;
  Kokkos::View<Index*, typename Exec::memory_space> columns;
  Index rows;
  KOKKOS_FUNCTION void operator()(Index item) const { to(item % rows, item / rows) = static_cast<T>(from(item % rows, columns(item / rows))); }
};

template <class T, class Exec>
Matrix<Exec, T> some_columns(const Exec& exec, const Matrix<Exec>& from, const std::vector<Index>& columns) {
  const Index count = rows(from), some = static_cast<Index>(columns.size());
  const auto to = allocate<Matrix<Exec, T>>(exec, "moments::some_columns", count, some);
  Kokkos::parallel_for("kswgd::moments::some_columns", index_range(exec, count * some), SomeColumnsKernel<Exec, T>{from, to, to_device(exec, columns), count});
  exec.fence("kswgd::moments: the list of columns is freed");
  return to;
}

/// into(i of rows, j of columns) += A^T B; of pieces on the diagonal the upper triangle.
template <class T>
void add_scattered(const algebra::Block<T>& a, const algebra::Block<T>& b, const algebra::Block<double>& into, const Index* row, const Index* column,
                   bool upper) {
  std::vector<T> product(static_cast<std::size_t>(a.columns) * static_cast<std::size_t>(b.columns));
  algebra::gemm(T(1), algebra::Op::transposed, a, algebra::Op::none, b, T(0), algebra::Block<T>{product.data(), a.columns, b.columns, a.columns});
  for (Index j = 0; j < b.columns; ++j) {
    const T* const from = product.data() + j * a.columns;
    double* const to = into.data + column[j] * into.leading;
    const Index count = upper ? j + 1 : a.columns;
    for (Index i = 0; i < count; ++i) to[row[i]] += from[i];
  }
}

/// As add_gram_and_products where rows lie together, so that many narrow Gaussians are far away from all of them: by those features alone that see the
/// rows. False where these are too many to save time; nothing was added then. In single precision (T) time is saved in any case.
template <class T, class Exec>
bool add_active_products(const Exec& exec, const Matrix<Exec>& psi, const Matrix<Exec>& gram, const Matrix<Exec>& chi, const Matrix<Exec>& products) {
  constexpr double worth = 0.85;  // of the features: the way into the smaller matrices and out of them takes time, too
  constexpr Index most_columns = 256;
  const Index count = rows(psi), p = columns(psi), first = p - columns(chi);
  const Kokkos::View<int*, typename Exec::memory_space> active("kswgd::moments::active", p);
  Kokkos::parallel_for("kswgd::moments::active", index_range(exec, p), ActiveKernel<Exec>{psi, chi, active, count, first});
  exec.fence("kswgd::moments: the list of features is read");
  std::vector<Index> seen, companions;
  for (Index a = 0; a < p; ++a) {
    if (active(a) == 0) continue;
    seen.push_back(a);
    if (a >= first) companions.push_back(a - first);
  }
  if (companions.empty() || (std::is_same_v<T, double> && static_cast<double>(seen.size()) > worth * static_cast<double>(p))) return false;
  const auto some = static_cast<Index>(seen.size()), with = static_cast<Index>(companions.size());
  const Matrix<Exec, T> few_psi = some_columns<T>(exec, psi, seen), few_chi = some_columns<T>(exec, chi, companions);
  const auto a = algebra::block_of(few_psi), b = algebra::block_of(few_chi), phi = a.some_columns({some - with, some});
  const auto g = algebra::block_of(gram), s = algebra::block_of(products);
  const auto strips = [](Index n) { return algebra::Cuts(n, std::max<Index>(4, (n + most_columns - 1) / most_columns)); };
  const algebra::Cuts cuts = strips(with);
  const auto pieces = algebra::upper_pieces(strips(some));
  const double work = algebra::product_flops(with, with, count) + algebra::product_flops(some, some, count) / 2;
  algebra::for_each_task(exec, "kswgd::moments::active_products", cuts.count() + static_cast<Index>(pieces.size()), work, [&](Index task) {
    if (task < cuts.count()) {
      const Span strip = cuts[task];
      return add_scattered(b, phi.some_columns(strip), s, companions.data(), companions.data() + strip.first, false);
    }
    const algebra::Piece& piece = pieces[static_cast<std::size_t>(task - cuts.count())];
    add_scattered(a.some_columns(piece.rows), a.some_columns(piece.columns), g, seen.data() + piece.rows.first, seen.data() + piece.columns.first,
                  piece.diagonal());
  });
  return true;
}

/// G += Psi^T Psi, upper triangle, and S += Chi^T Phi.
template <class Exec>
void add_gram_and_products(const Exec& exec, const Matrix<Exec>& psi, const Matrix<Exec>& gram, const Matrix<Exec>& chi, const Matrix<Exec>& phi,
                           const Matrix<Exec>& products, Precision precision) {
  if constexpr (detail::on_host<Exec>) {
    if (precision == Precision::mixed ? add_active_products<float>(exec, psi, gram, chi, products)
                                      : add_active_products<double>(exec, psi, gram, chi, products))
      return;
    const Index rows = static_cast<Index>(psi.extent(0)), p = static_cast<Index>(gram.extent(0)), m = static_cast<Index>(products.extent(0));
    if (algebra::product_flops(m, m, rows) >= algebra::large_product && algebra::inner_parts(p, p, rows) == 1 && algebra::inner_parts(m, m, rows) == 1) {
      exec.fence("kswgd::moments: BLAS reads the matrices");
      return algebra::host_gram_and_product(exec, algebra::block_of(psi), algebra::block_of(gram), algebra::block_of(chi), algebra::block_of(phi),
                                            algebra::block_of(products));
    }
  }
  algebra::add_gram(exec, 1, psi, gram);
  algebra::multiply(exec, 1, algebra::Op::transposed, chi, algebra::Op::none, phi, 1, products);
}

/// Companions of the first `features` features: they belong to the last ones of the dictionary.
template <class Exec>
Index companions_of(const AnyDictionary<Exec>& dictionary, Index features) {
  return std::max<Index>(features - (dictionary.size() - dictionary.companions()), 0);
}

}  // namespace

template <ExecutionSpace Exec>
MomentTile<Exec>::MomentTile(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index rows, Index normals, bool laplacian, Index features)
    : m_dictionary(dictionary),
      m_features(features > 0 ? features : dictionary.size()),
      m_has_laplacian(laplacian),
      m_psi(allocate<Matrix<Exec>>(exec, "MomentTile::psi", rows, m_features)) {
  const Index p = m_features;
  if (dictionary.closes_dirichlet()) {
    m_weighted = allocate<Matrix<Exec>>(exec, "MomentTile::weighted", rows, companions_of(dictionary, p));
    if (dictionary.border_features() > 0)
      m_border = allocate<Matrix<Exec>>(exec, "MomentTile::border", rows, (dictionary.dimension() + 1) * dictionary.border_features());
  } else {
    for (Index j = 0; j < dictionary.dirichlet_factors(); ++j) m_factors.push_back(allocate<Matrix<Exec>>(exec, "MomentTile::factor", rows, p));
  }
  if (laplacian && (normals > 0 || !dictionary.closes_laplacian())) m_laplacian = allocate<Matrix<Exec>>(exec, "MomentTile::laplacian", rows, p);
  if (normals > 0) m_scratch = allocate<Matrix<Exec>>(exec, "MomentTile::scratch", rows, p);
  for (Index j = 0; j < normals; ++j) m_normals.push_back(allocate<Matrix<Exec>>(exec, "MomentTile::normal", rows, p));
}

template <ExecutionSpace Exec>
void MomentTile<Exec>::evaluate(const Exec& exec, const Points<Exec>& x, const Vector<Exec>& weight, double total_weight,
                                const std::vector<Points<Exec>>& normals, const std::vector<Vector<Exec>>& curvatures) {
  const Kokkos::Profiling::ScopedRegion region("kswgd::MomentTile::evaluate");
  require(normals.size() == m_normals.size(), "MomentTile::evaluate",
          [&] { return std::to_string(m_normals.size()) + " normals at each point are expected, got " + std::to_string(normals.size()); });
  const Index rows = static_cast<Index>(x.extent(0));
  const auto leading = [&](const Matrix<Exec>& a) -> Matrix<Exec> { return Kokkos::subview(a, Span(0, rows), Kokkos::ALL); };
  m_weight = total_weight;
  m_rows_psi = leading(m_psi);
  m_rows_factors.clear();
  m_rows_normals.clear();
  if (m_dictionary.closes_dirichlet()) {
    m_rows_weighted = leading(m_weighted);
    m_dictionary.evaluate_with_companions(exec, x, m_rows_psi, m_rows_weighted, m_workspace);
    if (m_border.extent(0) > 0) {
      m_rows_border = leading(m_border);
      m_dictionary.evaluate_border(exec, x, m_rows_border, m_workspace);
    }
  } else {
    m_dictionary.evaluate(exec, x, m_rows_psi, m_workspace);
    for (std::size_t j = 0; j < m_factors.size(); ++j) {
      m_rows_factors.push_back(leading(m_factors[j]));
      m_dictionary.dirichlet_factor(exec, x, static_cast<Index>(j), m_rows_factors.back(), m_workspace);
    }
  }
  const Index items = rows * m_features;
  for (const auto& a : m_normals) {
    m_rows_normals.push_back(leading(a));
    Kokkos::deep_copy(exec, m_rows_normals.back(), 0.0);
  }
  for (Index k = 0; !m_normals.empty() && k < m_dictionary.dimension(); ++k) {
    const Matrix<Exec> derivative = leading(m_scratch);
    m_dictionary.gradient(exec, x, k, derivative, m_workspace);
    for (std::size_t j = 0; j < normals.size(); ++j)
      Kokkos::parallel_for("kswgd::MomentTile::normals", index_range(exec, items), AddNormalPart<Exec>{m_rows_normals[j], derivative, normals[j], rows, k});
  }
  if (m_laplacian.extent(0) > 0) {
    m_rows_laplacian = leading(m_laplacian);
    evaluate_laplacian(exec, x, normals, curvatures);
  }
  if (weight.extent(0) == 0) return;
  algebra::scale_by_roots(exec, weight, m_rows_psi);  // each factor of a product takes the root of the weight
  if (m_rows_weighted.extent(1) > 0) algebra::scale_by_roots(exec, weight, m_rows_weighted);
  if (m_rows_border.extent(1) > 0) algebra::scale_by_roots(exec, weight, m_rows_border);
  for (const auto& factor : m_rows_factors) algebra::scale_by_roots(exec, weight, factor);
  for (const auto& normal : m_rows_normals) algebra::scale_by_roots(exec, weight, normal);
  if (m_laplacian.extent(0) > 0) algebra::scale_by_roots(exec, weight, m_rows_laplacian);
}

/// What the accumulator does not know from features and companions: on a manifold what the restriction takes away, and where the dictionary does not
/// close it the Laplacian itself.
template <ExecutionSpace Exec>
void MomentTile<Exec>::evaluate_laplacian(const Exec& exec, const Points<Exec>& x, const std::vector<Points<Exec>>& normals,
                                          const std::vector<Vector<Exec>>& curvatures) {
  require(curvatures.size() == normals.size(), "MomentTile::evaluate", [] { return "the Laplacian needs the curvature that belongs to each normal"; });
  if (m_dictionary.closes_laplacian()) {
    Kokkos::deep_copy(exec, m_rows_laplacian, 0.0);
  } else {
    m_dictionary.laplacian(exec, x, m_rows_laplacian, m_workspace);
  }
  const Index rows = static_cast<Index>(x.extent(0));
  const Matrix<Exec> second = normals.empty() ? Matrix<Exec>() : Matrix<Exec>(Kokkos::subview(m_scratch, Span(0, rows), Kokkos::ALL));
  for (std::size_t j = 0; j < normals.size(); ++j) {
    m_dictionary.second_derivative(exec, x, normals[j], second, m_workspace);
    Kokkos::parallel_for("kswgd::MomentTile::laplacian", index_range(exec, rows * m_features),
                         CurveKernel<Exec>{m_rows_laplacian, second, m_rows_normals[j], curvatures[j], rows});
  }
}

template <ExecutionSpace Exec>
MomentAccumulator<Exec>::MomentAccumulator(const Exec& exec, const AnyDictionary<Exec>& dictionary, Index features, bool on_manifold, bool to_be_taken)
    : m_dictionary(dictionary),
      m_features(features),
      m_companions(companions_of(dictionary, features)),
      m_gram(zeros<Matrix<Exec>>(exec, "MomentAccumulator::gram", features, features)) {
  if (dictionary.closes_dirichlet() && to_be_taken && dictionary.border_features() == 0) {
    const Span last(features - m_companions, features);
    m_room = zeros<Matrix<Exec>>(exec, "MomentAccumulator::products", features, features);
    m_products = Kokkos::subview(m_room, last, last);
  } else if (dictionary.closes_dirichlet()) {
    m_products = zeros<Matrix<Exec>>(exec, "MomentAccumulator::products", m_companions, m_companions);
    if (const Index border = std::min(dictionary.border_features(), features); border > 0) {
      require(border == dictionary.border_features(), "MomentAccumulator", [&] {
        return "the first " + std::to_string(dictionary.border_features()) + " features belong together, " + std::to_string(features) + " were asked for";
      });
      m_border = zeros<Matrix<Exec>>(exec, "MomentAccumulator::border", (dictionary.dimension() + 1) * border, features);
      m_border_square = zeros<Matrix<Exec>>(exec, "MomentAccumulator::border_square", border, border);
    }
  } else {
    m_factors = zeros<Matrix<Exec>>(exec, "MomentAccumulator::factors", features, features);
  }
  if (on_manifold) m_normals = zeros<Matrix<Exec>>(exec, "MomentAccumulator::normals", features, features);
}

template <ExecutionSpace Exec>
void MomentAccumulator<Exec>::add(const Exec& exec, const MomentTile<Exec>& tile, Precision precision) {
  const Kokkos::Profiling::ScopedRegion region("kswgd::MomentAccumulator::add");
  const auto leading = [this](const Matrix<Exec>& a) -> Matrix<Exec> { return Kokkos::subview(a, Kokkos::ALL, Span(0, m_features)); };
  if (m_companions > 0) {
    const Matrix<Exec> features = Kokkos::subview(tile.features(), Kokkos::ALL, Span(m_features - m_companions, m_features));
    const Matrix<Exec> companions = Kokkos::subview(tile.weighted(), Kokkos::ALL, Span(0, m_companions));
    add_gram_and_products(exec, leading(tile.features()), m_gram, companions, features, m_products, precision);
  } else {
    algebra::add_gram(exec, 1, leading(tile.features()), m_gram);
  }
  if (m_border.extent(0) > 0) {
    algebra::multiply(exec, 1, algebra::Op::transposed, tile.border(), algebra::Op::none, leading(tile.features()), 1, m_border);
    const Index border = rows(m_border_square);
    for (Index k = 0; k < m_dictionary.dimension(); ++k)
      algebra::add_gram(exec, 1, Matrix<Exec>(Kokkos::subview(tile.border(), Kokkos::ALL, Span(k * border, (k + 1) * border))), m_border_square);
  }
  for (const auto& factor : tile.factors()) algebra::add_gram(exec, 1, leading(factor), m_factors);
  for (const auto& normal : tile.normal_derivatives()) algebra::add_gram(exec, 1, leading(normal), m_normals);
  m_weight += tile.weight();
  if (!tile.has_laplacian()) return;
  if (!m_has_laplacian) {
    m_companion_sums = zeros<Vector<Exec>>(exec, "MomentAccumulator::companion_sums", m_companions);
    m_laplacian = zeros<Vector<Exec>>(exec, "MomentAccumulator::laplacian", m_features);
    m_has_laplacian = true;
  }
  const Vector<Exec> roots = Kokkos::subview(tile.features(), Kokkos::ALL, 0);  // psi_0 = 1: the roots of the weights
  if (m_companions > 0 && m_dictionary.closes_laplacian())
    algebra::multiply(exec, 1, algebra::Op::transposed, Matrix<Exec>(Kokkos::subview(tile.weighted(), Kokkos::ALL, Span(0, m_companions))), roots, 1,
                      m_companion_sums);
  if (tile.laplacian().extent(1) > 0) algebra::multiply(exec, 1, algebra::Op::transposed, leading(tile.laplacian()), roots, 1, m_laplacian);
}

template <ExecutionSpace Exec>
void MomentAccumulator<Exec>::add(const Exec& exec, const MomentAccumulator& other) {
  const auto sum = [&](const Matrix<Exec>& into, const Matrix<Exec>& from) {
    if (into.extent(0) > 0) algebra::add_square(exec, from, into);
  };
  sum(m_gram, other.m_gram);
  sum(m_products, other.m_products);
  sum(m_factors, other.m_factors);
  sum(m_normals, other.m_normals);
  sum(m_border_square, other.m_border_square);
  if (m_border.extent(0) > 0)
    Kokkos::parallel_for("kswgd::MomentAccumulator::border", index_range(exec, rows(m_border) * columns(m_border)),
                         AverageColumnsKernel<Exec>{m_border, m_border, other.m_border, 1, -1});
  m_weight += other.m_weight;
  if (!other.m_has_laplacian) return;
  const auto sum_vector = [&](Vector<Exec>& into, const Vector<Exec>& from) {
    if (!m_has_laplacian) into = zeros<Vector<Exec>>(exec, "MomentAccumulator::laplacian", from.extent(0));
    Kokkos::parallel_for("kswgd::MomentAccumulator::add", index_range(exec, static_cast<Index>(into.extent(0))),
                         AverageVectorKernel<Exec>{into, into, from, 1, -1});
  };
  sum_vector(m_companion_sums, other.m_companion_sums);
  sum_vector(m_laplacian, other.m_laplacian);
  m_has_laplacian = true;
}

/// From the sums, and what features and companions say.
template <ExecutionSpace Exec>
void MomentAccumulator<Exec>::average_laplacian(const Exec& exec, const MomentAccumulator& other, double scale, double sign, const Result& result) const {
  const Index p = static_cast<Index>(result.laplacian.extent(0));
  const auto average = [&](const Vector<Exec>& out, const Vector<Exec>& sums, const Vector<Exec>& less) {
    Kokkos::parallel_for("kswgd::moments::laplacian", index_range(exec, static_cast<Index>(out.extent(0))),
                         AverageVectorKernel<Exec>{out, sums, less, scale, sign});
  };
  average(result.laplacian, m_laplacian, other.m_laplacian);
  if (!m_dictionary.closes_laplacian()) return;
  const auto companions = allocate<Vector<Exec>>(exec, "moments::companions", std::max<Index>(p - (m_features - m_companions), 0));
  average(companions, m_companion_sums, other.m_companion_sums);
  m_dictionary.close_laplacian(exec, Kokkos::subview(result.gram, Kokkos::ALL, 0), companions, result.laplacian);
  exec.fence("kswgd::moments::laplacian: the averages of the companions are freed");
}

template <ExecutionSpace Exec>
void MomentAccumulator<Exec>::reduce(const Exec& exec, const Reduction& ranks) {
  for (const auto& sums : {m_gram, m_room.extent(0) > 0 ? m_room : m_products, m_factors, m_normals, m_border, m_border_square}) ranks.sum(exec, sums);
  m_weight = ranks.sum(m_weight);
  if (!(ranks.max(m_has_laplacian ? 1 : 0) > 0)) return;
  if (!m_has_laplacian) {  // no row is here
    m_companion_sums = zeros<Vector<Exec>>(exec, "MomentAccumulator::companion_sums", m_companions);
    m_laplacian = zeros<Vector<Exec>>(exec, "MomentAccumulator::laplacian", m_features);
    m_has_laplacian = true;
  }
  for (const auto& sums : {m_companion_sums, m_laplacian}) ranks.sum(exec, sums);
}

template <ExecutionSpace Exec>
void MomentAccumulator<Exec>::write(detail::SumWriter<Exec>& out) const {
  for (const auto& sums : {m_gram, m_products, m_factors, m_normals, m_border, m_border_square}) out.matrix(sums);
  for (const auto& sums : {m_companion_sums, m_laplacian}) out.vector(sums);
  out.number(m_weight);
  out.number(m_has_laplacian ? 1 : 0);
}

template <ExecutionSpace Exec>
void MomentAccumulator<Exec>::read(const Exec& exec, detail::SumReader<Exec>& in) {
  for (const auto& sums : {m_gram, m_products, m_factors, m_normals, m_border, m_border_square}) in.matrix(sums);
  m_companion_sums = zeros<Vector<Exec>>(exec, "MomentAccumulator::companion_sums", in.rows());
  in.vector(m_companion_sums);
  m_laplacian = zeros<Vector<Exec>>(exec, "MomentAccumulator::laplacian", in.rows());
  in.vector(m_laplacian);
  m_weight = in.number();
  m_has_laplacian = in.number() != 0;
  const auto none_or = [](std::size_t extent, Index wanted) { return extent == 0 || static_cast<Index>(extent) == wanted; };
  require(none_or(m_companion_sums.extent(0), m_companions) && static_cast<Index>(m_laplacian.extent(0)) == (m_has_laplacian ? m_features : 0), "sums",
          [] { return "the sums of the Laplacian belong to another layout"; });
}

template <ExecutionSpace Exec>
typename MomentAccumulator<Exec>::Result MomentAccumulator<Exec>::moments(const Exec& exec, const MomentAccumulator* less, Index first) const {
  const Index p = first > 0 ? std::min(first, m_features) : m_features;
  const double weight = m_weight - (less ? less->m_weight : 0), scale = 1 / weight, sign = less ? 1 : 0;
  Result result{allocate<Matrix<Exec>>(exec, "moments::gram", p, p), allocate<Matrix<Exec>>(exec, "moments::dirichlet", p, p), weight, {}};
  const auto average = [&](const Matrix<Exec>& out, const Matrix<Exec>& sums, const Matrix<Exec>& other, double factor, bool add) {
    Kokkos::parallel_for("kswgd::moments::average", algebra::square_range(exec, p), AverageKernel<Exec>{out, sums, other, factor, sign, add});
  };
  const MomentAccumulator& other = less ? *less : *this;
  average(result.gram, m_gram, other.m_gram, scale, false);
  if (m_dictionary.closes_dirichlet()) {
    const Index without = m_features - m_companions;
    if (p > without)
      Kokkos::parallel_for("kswgd::moments::products", algebra::square_range(exec, p - without),
                           SumWithTransposeKernel<Exec>{result.dirichlet, m_products, other.m_products, sign, without});
    m_dictionary.close_dirichlet(exec, result.gram, scale, result.dirichlet);
    if (m_border.extent(0) > 0) {
      const Index border = rows(m_border_square);
      const auto products = allocate<Matrix<Exec>>(exec, "moments::border", m_border.extent(0), p),
                 square = allocate<Matrix<Exec>>(exec, "moments::square", border, border);
      Kokkos::parallel_for("kswgd::moments::border", index_range(exec, rows(products) * p),
                           AverageColumnsKernel<Exec>{products, m_border, other.m_border, scale, sign});
      Kokkos::parallel_for("kswgd::moments::square", algebra::square_range(exec, border),
                           AverageKernel<Exec>{square, m_border_square, other.m_border_square, scale, sign, false});
      m_dictionary.close_border(exec, products, square, result.dirichlet);
      exec.fence("kswgd::moments: the averages of the border are freed");
    }
  } else {
    average(result.dirichlet, m_factors, other.m_factors, scale, false);
    m_dictionary.weigh_dirichlet(exec, result.dirichlet);
  }
  if (m_normals.extent(0) > 0) average(result.dirichlet, m_normals, other.m_normals, -scale, true);
  if (m_has_laplacian) {
    result.laplacian = allocate<Vector<Exec>>(exec, "moments::laplacian", p);
    const bool has_less = less && less->m_has_laplacian;  // a fold without rows has no sums to take away
    average_laplacian(exec, has_less ? *less : *this, scale, has_less ? sign : 0, result);
  }
  return result;
}

template <ExecutionSpace Exec>
typename MomentAccumulator<Exec>::Result MomentAccumulator<Exec>::take(const Exec& exec) {
  if (m_border.extent(0) > 0) return moments(exec);  // these have no place where G and D are
  const Index p = m_features;
  const double scale = 1 / m_weight;
  Result result{m_gram, m_dictionary.closes_dirichlet() ? m_room : m_factors, m_weight, {}};
  require(result.dirichlet.extent(0) == m_gram.extent(0), "MomentAccumulator::take", [] { return "the sums were not made to be taken"; });
  // Upper triangles are read, and each entry by the item that writes it.
  const auto average = [&](const Matrix<Exec>& out, const Matrix<Exec>& sums, double factor, bool add) {
    Kokkos::parallel_for("kswgd::moments::take", algebra::square_range(exec, p), AverageKernel<Exec>{out, sums, sums, factor, 0, add});
  };
  average(m_gram, m_gram, scale, false);
  if (m_dictionary.closes_dirichlet()) {
    if (m_companions > 0)
      Kokkos::parallel_for("kswgd::moments::products", algebra::square_range(exec, m_companions),
                           SumWithTransposeKernel<Exec>{m_room, m_products, m_products, 0, p - m_companions});
    m_dictionary.close_dirichlet(exec, m_gram, scale, m_room);
  } else {
    average(m_factors, m_factors, scale, false);
    m_dictionary.weigh_dirichlet(exec, m_factors);
  }
  if (m_normals.extent(0) > 0) average(result.dirichlet, m_normals, -scale, true);
  m_gram = m_products = m_factors = m_normals = m_room = Matrix<Exec>();
  return result;
}

#define KSWGD_INSTANTIATE(EXEC)    \
  template class MomentTile<EXEC>; \
  template class MomentAccumulator<EXEC>;
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
