// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "symmetric.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/detail/instantiate.hpp>
#include <kswgd/spectrum/anasazi.hpp>
#include <kswgd/spectrum/detail/block_vectors.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/ordered_sum.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/support/random_streams.hpp>

#include <algorithm>

namespace kswgd {
namespace {

template <class Exec>
struct AssignKernel {
  Matrix<Exec> from, to;
  KOKKOS_FUNCTION void operator()(Index i, Index j) const { to(i, j) = from(i, j); }
};

template <class Exec>
struct CombineKernel {
  Matrix<Exec> a, b, to;
  double alpha, beta;
  KOKKOS_FUNCTION void operator()(Index i, Index j) const { to(i, j) = alpha * a(i, j) + beta * b(i, j); }
};

template <class Exec>
struct ScaleKernel {
  Matrix<Exec> to;
  Vector<Exec> factors;
  KOKKOS_FUNCTION void operator()(Index i, Index j) const { to(i, j) *= factors(j); }
};

template <class Exec>
struct RandomKernel {
  Matrix<Exec> to;
  std::uint64_t seed, stream;
  Index rows;
  KOKKOS_FUNCTION void operator()(Index i, Index j) const { to(i, j) = 2 * IndexedRandom(seed, stream).uniform(static_cast<std::uint64_t>(i + j * rows)) - 1; }
};

/// A kernel over (row, column) as one over the numbers of a block.
template <class Kernel>
struct ByItem {
  Kernel kernel;
  Index rows;
  KOKKOS_FUNCTION void operator()(Index item) const { kernel(item % rows, item / rows); }
};

/// Up to so many numbers a host thread writes sooner than it wakes others.
constexpr Index few_numbers = Index{1} << 14;

/// An entry of a o b, as ordered_sums takes it.
template <class Exec>
struct ProductEntry {
  Matrix<Exec> a, b;
  KOKKOS_FUNCTION double operator()(Index i, Index j) const { return a(i, j) * b(i, j); }
};

/// On a GPU, one team for each column. The order of the sum depends on the team's size alone: repeated runs agree.
template <class Exec>
struct DotKernel {
  using Member = typename Kokkos::TeamPolicy<Exec>::member_type;
  Matrix<Exec> a, b;
  Vector<Exec> dots;
  Index rows;
  KOKKOS_FUNCTION void operator()(const Member& member) const {
    const Index j = member.league_rank();
    double total = 0;
    Kokkos::parallel_reduce(
        Kokkos::TeamVectorRange(member, rows), [this, j](Index i, double& sum) { sum += a(i, j) * b(i, j); }, total);
    Kokkos::single(Kokkos::PerTeam(member), [&] { dots(j) = total; });
  }
};

/// Kept over all vectors that were made from one prototype.
struct Counts {
  Index applications = 0;   ///< of the operator to one vector
  std::uint64_t draws = 0;  ///< calls of randomise: each has its own numbers, or new directions would repeat old ones
};

/// BlockVectors over a View on the device. Small matrices are copied over at each call: they are a few hundred numbers.
template <class Exec>
class DeviceVectors final : public detail::BlockVectors {
 public:
  DeviceVectors(const Exec& exec, const SymmetricOperator<Exec>& s, const Matrix<Exec>& data, std::uint64_t seed)
      : m_exec(exec), m_operator(s), m_data(data), m_seed(seed) {}

  const Matrix<Exec>& data() const { return m_data; }

  int length() const override { return static_cast<int>(m_data.extent(0)); }
  int columns() const override { return static_cast<int>(m_data.extent(1)); }
  std::unique_ptr<BlockVectors> create(int columns) const override { return make(zeros<Matrix<Exec>>(m_exec, "anasazi::vectors", length(), columns)); }
  std::unique_ptr<BlockVectors> view(int first, int count) const override {
    if (first < 0 || count < 0 || first + count > columns())
      throw Failure("kswgd::anasazi: columns " + std::to_string(first) + " to " + std::to_string(first + count) + " of " + std::to_string(columns()) +
                    " were asked for");
    return make(Matrix<Exec>(Kokkos::subview(m_data, Kokkos::ALL, std::pair<int, int>(first, first + count))));
  }
  void assign(const BlockVectors& from) override {
    if (from.columns() < columns())
      throw Failure("kswgd::anasazi: " + std::to_string(columns()) + " columns are assigned from " + std::to_string(from.columns()));
    launch("assign", AssignKernel<Exec>{of(from), m_data});
  }
  void multiply_add(double alpha, const BlockVectors& a, const double* b, int ldb, double beta) override {
    const HostMatrix small("kswgd::anasazi::small", a.columns(), columns());
    for (int j = 0; j < columns(); ++j)
      for (int i = 0; i < a.columns(); ++i) small(i, j) = b[i + static_cast<std::ptrdiff_t>(j) * ldb];
    algebra::multiply(m_exec, alpha, algebra::Op::none, of(a), algebra::Op::none, Matrix<Exec>(to_device(m_exec, small)), beta, m_data);
    m_exec.fence("kswgd::anasazi: the small matrix is freed");
  }
  void combine(double alpha, const BlockVectors& a, double beta, const BlockVectors& b) override {
    launch("combine", CombineKernel<Exec>{of(a), of(b), m_data, alpha, beta});
  }
  void transpose_multiply(double alpha, const BlockVectors& a, double* c, int ldc) const override {
    const auto small = allocate<Matrix<Exec>>(m_exec, "anasazi::small", a.columns(), columns());
    algebra::multiply(m_exec, alpha, algebra::Op::transposed, of(a), algebra::Op::none, m_data, 0.0, small);
    const auto host = to_host(m_exec, small);
    for (int j = 0; j < columns(); ++j)
      for (int i = 0; i < a.columns(); ++i) c[i + static_cast<std::ptrdiff_t>(j) * ldc] = host(i, j);
  }
  void column_dots(const BlockVectors& a, double* out) const override {
    if constexpr (detail::on_host<Exec>) {
      const auto dots = ordered_sums(m_exec, "anasazi::dots", length(), columns(), ProductEntry<Exec>{of(a), m_data});
      std::copy(dots.begin(), dots.end(), out);
    } else {
      dots_of_teams(a, out);
    }
  }
  void scale(const double* factors) override {
    const HostVector host("kswgd::anasazi::factors", columns());
    std::copy(factors, factors + columns(), host.data());
    launch("scale", ScaleKernel<Exec>{m_data, to_device(m_exec, host)});
    m_exec.fence("kswgd::anasazi: the factors are freed");
  }
  void fill(double value) override { Kokkos::deep_copy(m_exec, m_data, value); }
  void randomise() override { launch("randomise", RandomKernel<Exec>{m_data, m_seed, streams::krylov_vectors + m_counts->draws++, length()}); }
  void apply_operator(BlockVectors& image) const override {
    m_counts->applications += columns();
    m_operator.apply(m_exec, m_data, of(image));
  }

  void dots_of_teams(const BlockVectors& a, double* out) const {
    const auto dots = allocate<Vector<Exec>>(m_exec, "anasazi::dots", columns());
    Kokkos::parallel_for("kswgd::anasazi::dots", Kokkos::TeamPolicy<Exec>(m_exec, columns(), Kokkos::AUTO), DotKernel<Exec>{of(a), m_data, dots, length()});
    const auto host = to_host(m_exec, dots);
    for (int j = 0; j < columns(); ++j) out[j] = host(j);
  }

  /// Applications of the operator to one vector, counted over all vectors that were made from this one.
  Index applications() const { return m_counts->applications; }

 private:
  static const Matrix<Exec>& of(const BlockVectors& vectors) { return static_cast<const DeviceVectors&>(vectors).m_data; }
  std::unique_ptr<BlockVectors> make(const Matrix<Exec>& data) const {
    auto vectors = std::make_unique<DeviceVectors>(m_exec, m_operator, data, m_seed);
    vectors->m_counts = m_counts;
    return vectors;
  }
  template <class Kernel>
  void launch(const char* step, const Kernel& kernel) const {
    const Index rows = length(), items = rows * columns();
    if constexpr (detail::on_host<Exec>) {
      if (items <= few_numbers) {
        m_exec.fence("kswgd::anasazi: the vectors are read by this thread");
        for (Index j = 0; j < columns(); ++j)
          for (Index i = 0; i < rows; ++i) kernel(i, j);
        return;
      }
    }
    Kokkos::parallel_for(std::string("kswgd::anasazi::") + step, index_range(m_exec, items), ByItem<Kernel>{kernel, rows});
  }

  Exec m_exec;
  SymmetricOperator<Exec> m_operator;
  Matrix<Exec> m_data;
  std::uint64_t m_seed;
  std::shared_ptr<Counts> m_counts = std::make_shared<Counts>();
};

const char* name_of(Method method) {
  switch (method) {
    case Method::lobpcg:
      return "lobpcg";
    case Method::block_davidson:
      return "block-davidson";
    case Method::dense:
      return "dense";
    default:
      return "block-krylov-schur";
  }
}

/// What Anasazi found, and how.
template <class Exec>
struct Found {
  HostVector theta;
  Matrix<Exec> q;
  std::string solver;
  Index applications;
};

bool takes_dense(Index size, Index wanted, const SolverOptions& options) {
  const Index subspace = std::max<Index>(2 * wanted + 4 * options.block_size, 12 * options.block_size);
  return options.method == Method::dense || size < 4 * subspace;
}

/// From `start` (size x k), or from random vectors where it is empty.
template <class Exec>
Found<Exec> iterate(const Exec& exec, const SymmetricOperator<Exec>& s, const Matrix<Exec>& start, Index wanted, const SolverOptions& options) {
  const DeviceVectors<Exec> prototype(exec, s, allocate<Matrix<Exec>>(exec, "anasazi::prototype", s.size, 1), options.seed), near(exec, s, start, options.seed);
  const auto result = detail::anasazi_largest(prototype,
                                              {name_of(options.method), static_cast<int>(wanted), options.block_size, options.max_restarts, options.tolerance},
                                              start.extent(1) > 0 ? &near : nullptr);
  const HostVector theta("kswgd::anasazi::theta", result.values.size());
  std::copy(result.values.begin(), result.values.end(), theta.data());
  const Matrix<Exec> q = result.vectors ? static_cast<const DeviceVectors<Exec>&>(*result.vectors).data()
                                        : allocate<Matrix<Exec>>(exec, "anasazi::none", s.size, 0);
  return {theta, q, std::string("anasazi ") + name_of(options.method), prototype.applications()};
}

/// The pairs found, unless some are missing and the problem is small enough for the other solver.
template <class Exec, class Dense>
PencilPairs<Exec> or_dense(const PencilPairs<Exec>& pairs, Index size, Index wanted, const SolverOptions& options, Dense&& dense) {
  if (pairs.report.converged == wanted || size > options.dense_limit) return pairs;
  PencilPairs<Exec> instead = dense();
  instead.report.solver += " (" + pairs.report.solver + " did not converge)";
  return instead;
}

/// S q = R^{-T} A v of the guess v = R^{-1} q: one step closer than q.
template <class Exec>
Matrix<Exec> start_of(const Exec& exec, const Pencil<Exec>& pencil) {
  if (pencil.guess.extent(1) == 0) return {};
  const auto start = allocate<Matrix<Exec>>(exec, "anasazi::start", pencil.size(), pencil.guess.extent(1));
  algebra::multiply(exec, 1.0, detail::symmetric<Exec>, pencil.a, algebra::Op::none, Matrix<Exec>(to_device(exec, pencil.guess)), 0.0, start);
  algebra::solve_upper(exec, true, pencil.r, start);
  return start;
}

template <class Exec>
PencilPairs<Exec> solve(const Exec& exec, const Pencil<Exec>& pencil, Index wanted, const SolverOptions& options) {
  const auto dense = [&] { return dense_solver<Exec>()(exec, pencil, wanted); };
  if (takes_dense(pencil.size(), wanted, options)) return dense();
  const SymmetricOperator<Exec> s = detail::operator_of(pencil);
  const Found<Exec> found = iterate(exec, s, start_of(exec, pencil), wanted, options);
  const auto pairs = detail::finish_pairs(exec, s, found.theta, found.q, detail::back_transformed(exec, pencil, found.q), found.solver, options.tolerance,
                                          wanted, found.applications);
  return or_dense(pairs, pencil.size(), wanted, options, dense);
}

template <class Exec>
PencilPairs<Exec> solve_operator(const Exec& exec, const SymmetricOperator<Exec>& s, Index wanted, const SolverOptions& options) {
  const auto dense = [&] { return dense_operator_solver<Exec>()(exec, s, wanted); };
  if (takes_dense(s.size, wanted, options)) return dense();
  const Found<Exec> found = iterate(exec, s, Matrix<Exec>(), wanted, options);
  const auto pairs = detail::finish_pairs(exec, s, found.theta, found.q, found.q, found.solver, options.tolerance, wanted, found.applications);
  return or_dense(pairs, s.size, wanted, options, dense);
}

void check(const SolverOptions& options, const char* function) {
  require_positive(options.tolerance, function, "tolerance");
  require(options.block_size >= 1 && options.max_restarts >= 1, function, [] { return "block_size and max_restarts must be at least 1"; });
}

}  // namespace

template <ExecutionSpace Exec>
EigenSolver<Exec> anasazi_solver(const SolverOptions& options) {
  check(options, "anasazi_solver");
  return [options](const Exec& exec, const Pencil<Exec>& pencil, Index wanted) {
    SolverOptions suffices = options;
    suffices.tolerance = std::max(options.tolerance, pencil.tolerance);
    return solve(exec, pencil, wanted, suffices);
  };
}

template <ExecutionSpace Exec>
OperatorSolver<Exec> anasazi_operator_solver(const SolverOptions& options) {
  check(options, "anasazi_operator_solver");
  return [options](const Exec& exec, const SymmetricOperator<Exec>& s, Index wanted) { return solve_operator(exec, s, wanted, options); };
}

#define KSWGD_INSTANTIATE(EXEC)                                    \
  template EigenSolver<EXEC> anasazi_solver(const SolverOptions&); \
  template OperatorSolver<EXEC> anasazi_operator_solver(const SolverOptions&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
