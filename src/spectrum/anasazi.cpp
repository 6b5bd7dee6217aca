// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The only file that sees Trilinos: plain host C++, no Kokkos.
#include "../algebra/one_blas_thread.hpp"

#include <AnasaziConfigDefs.hpp>
// Its timers are kept in one list of the process, which is not made for several threads.
#undef ANASAZI_TEUCHOS_TIME_MONITOR

#include <AnasaziBasicEigenproblem.hpp>
#include <AnasaziBlockDavidsonSolMgr.hpp>
#include <AnasaziBlockKrylovSchurSolMgr.hpp>
#include <AnasaziLOBPCGSolMgr.hpp>
#include <AnasaziMultiVecTraits.hpp>
#include <AnasaziOperatorTraits.hpp>
#include <Teuchos_FancyOStream.hpp>
#include <Teuchos_oblackholestream.hpp>
#include <kswgd/spectrum/detail/block_vectors.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace {

using kswgd::detail::BlockVectors;

/// The operator is known to the vectors: Anasazi only needs a type to ask.
struct SpectralOperator {};

bool contiguous(const std::vector<int>& index) {
  for (std::size_t i = 1; i < index.size(); ++i)
    if (index[i] != index[i - 1] + 1) return false;
  return true;
}

}  // namespace

namespace Anasazi {

template <>
class MultiVecTraits<double, BlockVectors> {
  using MV = BlockVectors;
  using SmallMatrix = Teuchos::SerialDenseMatrix<int, double>;

  static Teuchos::RCP<MV> wrap(std::unique_ptr<MV> vectors) { return Teuchos::rcp(vectors.release()); }

 public:
  static Teuchos::RCP<MV> Clone(const MV& mv, int count) { return wrap(mv.create(count)); }
  static Teuchos::RCP<MV> CloneCopy(const MV& mv) {
    auto copy = mv.create(mv.columns());
    copy->assign(mv);
    return wrap(std::move(copy));
  }
  static Teuchos::RCP<MV> CloneCopy(const MV& mv, const std::vector<int>& index) {
    auto copy = mv.create(static_cast<int>(index.size()));
    for (std::size_t j = 0; j < index.size(); ++j) copy->view(static_cast<int>(j), 1)->assign(*mv.view(index[j], 1));
    return wrap(std::move(copy));
  }
  static Teuchos::RCP<MV> CloneCopy(const MV& mv, const Teuchos::Range1D& range) { return CloneCopy(*CloneView(mv, range)); }
  static Teuchos::RCP<MV> CloneViewNonConst(MV& mv, const std::vector<int>& index) {
    if (!contiguous(index)) throw std::logic_error("kswgd: Anasazi writes to columns that do not follow one another");
    return wrap(mv.view(index.empty() ? 0 : index.front(), static_cast<int>(index.size())));
  }
  static Teuchos::RCP<MV> CloneViewNonConst(MV& mv, const Teuchos::Range1D& range) {
    return wrap(mv.view(static_cast<int>(range.lbound()), static_cast<int>(range.size())));
  }
  /// Reading is open to any set of columns: where they do not follow one another, they are copied.
  static Teuchos::RCP<const MV> CloneView(const MV& mv, const std::vector<int>& index) {
    if (!contiguous(index)) return CloneCopy(mv, index);
    return wrap(mv.view(index.empty() ? 0 : index.front(), static_cast<int>(index.size())));
  }
  static Teuchos::RCP<const MV> CloneView(const MV& mv, const Teuchos::Range1D& range) {
    return wrap(mv.view(static_cast<int>(range.lbound()), static_cast<int>(range.size())));
  }
  static ptrdiff_t GetGlobalLength(const MV& mv) { return mv.length(); }
  static int GetNumberVecs(const MV& mv) { return mv.columns(); }
  static bool HasConstantStride(const MV&) { return true; }

  static void MvTimesMatAddMv(double alpha, const MV& a, const SmallMatrix& b, double beta, MV& mv) { mv.multiply_add(alpha, a, b.values(), b.stride(), beta); }
  static void MvAddMv(double alpha, const MV& a, double beta, const MV& b, MV& mv) { mv.combine(alpha, a, beta, b); }
  static void MvTransMv(double alpha, const MV& a, const MV& mv, SmallMatrix& c) { mv.transpose_multiply(alpha, a, c.values(), c.stride()); }
  static void MvDot(const MV& mv, const MV& a, std::vector<double>& dots) { mv.column_dots(a, dots.data()); }
  static void MvNorm(const MV& mv, std::vector<double>& norms) {
    mv.column_dots(mv, norms.data());
    for (int j = 0; j < mv.columns(); ++j) norms[static_cast<std::size_t>(j)] = std::sqrt(std::max(norms[static_cast<std::size_t>(j)], 0.0));
  }
  static void SetBlock(const MV& from, const std::vector<int>& index, MV& mv) {
    for (std::size_t j = 0; j < index.size(); ++j) mv.view(index[j], 1)->assign(*from.view(static_cast<int>(j), 1));
  }
  static void SetBlock(const MV& from, const Teuchos::Range1D& range, MV& mv) { CloneViewNonConst(mv, range)->assign(from); }
  static void Assign(const MV& from, MV& mv) { mv.view(0, from.columns())->assign(from); }
  static void MvScale(MV& mv, double factor) { mv.scale(std::vector<double>(static_cast<std::size_t>(mv.columns()), factor).data()); }
  static void MvScale(MV& mv, const std::vector<double>& factors) { mv.scale(factors.data()); }
  static void MvRandom(MV& mv) { mv.randomise(); }
  static void MvInit(MV& mv, double value = 0) { mv.fill(value); }
  static void MvPrint(const MV&, std::ostream&) {}
};

template <>
class OperatorTraits<double, BlockVectors, SpectralOperator> {
 public:
  static void Apply(const SpectralOperator&, const BlockVectors& x, BlockVectors& y) { x.apply_operator(y); }
};

}  // namespace Anasazi

namespace kswgd::detail {
namespace {

using Problem = Anasazi::BasicEigenproblem<double, BlockVectors, SpectralOperator>;

/// Scales columns to the norm `length`; what is zero stays so.
void normalise(BlockVectors& vectors, double length) {
  std::vector<double> factors(static_cast<std::size_t>(vectors.columns()));
  vectors.column_dots(vectors, factors.data());
  for (double& factor : factors) factor = factor > 0 ? length / std::sqrt(factor) : 0;
  vectors.scale(factors.data());
}

/// Random vectors, of which the first are near given ones. They are not quite those: an eigenvector that is missing among vectors without any
/// other error would not be found before they have converged.
std::unique_ptr<BlockVectors> start_vectors(const BlockVectors& prototype, int block, const BlockVectors* near, int known) {
  constexpr double disturbance = 0.01;
  auto start = prototype.create(block);
  start->randomise();
  if (known > 0) {
    const auto given = prototype.create(known), disturbed = start->view(0, known);
    given->assign(*near);
    normalise(*given, 1);
    normalise(*disturbed, disturbance);
    disturbed->combine(1, *given, 1, *disturbed);
  }
  return start;
}

/// One run, aiming at request.wanted + extra pairs. Returns what was thrown, or nothing.
std::string run(Problem& problem, const BlockVectors& prototype, const KrylovRequest& request, int extra, const BlockVectors* near) {
  // LOBPCG and Davidson hold all pairs in one block. Locking them as they converge would do with smaller blocks, but what a
  // locked vector of a large theta leaves out is then the floor for the residuals of the small ones, and Davidson, which
  // restarts from few blocks, came to no end.
  const bool krylov_schur = request.method == "block-krylov-schur";
  const int aimed = request.wanted + extra, known = near ? std::min(near->columns(), request.wanted) : 0;
  const int block = krylov_schur ? std::max(request.block_size, known) : aimed + request.block_size;
  const auto start = Teuchos::rcp(start_vectors(prototype, block, near, known).release());
  problem.setInitVec(start);
  problem.setHermitian(true);
  problem.setNEV(aimed);
  if (!problem.setProblem()) return "Anasazi refused the problem";
  Teuchos::ParameterList options;
  options.set("Which", std::string("LR"));
  options.set("Block Size", block);
  options.set("Maximum Restarts", request.max_restarts);
  options.set("Convergence Tolerance", request.tolerance);
  options.set("Verbosity", static_cast<int>(Anasazi::Errors));
  // Standard output is the caller's.
  options.set("Output Stream", Teuchos::getFancyOStream(Teuchos::rcp(new Teuchos::oblackholestream)));
  const auto operand = Teuchos::rcpFromRef(problem);
  const algebra::OneBlasThread alone;  // Anasazi calls LAPACK for the small problems; the operator's products share out their work by themselves
  try {
    if (krylov_schur) {
      // Twice the wanted pairs and a few blocks: the subspace between restarts. With fewer than a dozen blocks, where few pairs are wanted,
      // its polynomials are of too low a degree for values that crowd at one end.
      options.set("Num Blocks", std::max(near ? 8 : 12, (2 * aimed + block - 1) / block + 3));
      if (near) options.set("Step Size", 1);  // a few blocks suffice: looks at each, not when the subspace is full
      // Rounding can make a repeated eigenvalue a complex pair of the projected matrix. Where such a pair lies across the end
      // of what a restart keeps, Anasazi 13 writes beyond its work space, unless the restart works in the basis itself; there
      // it throws, and the next attempt ends elsewhere.
      options.set("In Situ Restarting", true);
      Anasazi::BlockKrylovSchurSolMgr<double, BlockVectors, SpectralOperator>(operand, options).solve();
    } else if (request.method == "block-davidson") {
      options.set("Num Blocks", 3);
      Anasazi::BlockDavidsonSolMgr<double, BlockVectors, SpectralOperator>(operand, options).solve();
    } else {
      options.set("Maximum Iterations", 20 * request.max_restarts);
      options.set("Full Ortho", true);
      Anasazi::LOBPCGSolMgr<double, BlockVectors, SpectralOperator>(operand, options).solve();
    }
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

}  // namespace

KrylovResult anasazi_largest(const BlockVectors& prototype, const KrylovRequest& request, const BlockVectors* start) {
  KrylovResult result;
  Problem problem;
  problem.setOperator(Teuchos::rcp(new SpectralOperator));
  for (int attempt = 0; attempt < 3; ++attempt) {
    result.failure = run(problem, prototype, request, attempt * request.block_size, start);
    if (result.failure.empty()) break;
  }
  const auto& solution = problem.getSolution();
  if (solution.numVecs == 0 || solution.Evecs.is_null()) return result;
  std::vector<int> order(static_cast<std::size_t>(solution.numVecs));
  std::iota(order.begin(), order.end(), 0);
  const auto value = [&](int j) { return solution.Evals[static_cast<std::size_t>(j)].realpart; };
  std::stable_sort(order.begin(), order.end(), [&](int i, int j) { return value(i) > value(j); });
  if (static_cast<int>(order.size()) > request.wanted) order.resize(static_cast<std::size_t>(request.wanted));
  result.vectors = prototype.create(static_cast<int>(order.size()));
  for (std::size_t j = 0; j < order.size(); ++j) {
    result.values.push_back(value(order[j]));
    result.vectors->view(static_cast<int>(j), 1)->assign(*solution.Evecs->view(order[j], 1));
  }
  return result;
}

}  // namespace kswgd::detail
