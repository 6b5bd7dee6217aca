// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The only file that sees Trilinos: plain host C++, no Kokkos.
#include <AnasaziBasicEigenproblem.hpp>
#include <AnasaziBlockDavidsonSolMgr.hpp>
#include <AnasaziBlockKrylovSchurSolMgr.hpp>
#include <AnasaziLOBPCGSolMgr.hpp>
#include <AnasaziMultiVecTraits.hpp>
#include <AnasaziOperatorTraits.hpp>
#include <kswgd/spectrum/detail/block_vectors.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace {

using kswgd::detail::BlockVectors;

/// The operator is known to the vectors: Anasazi only needs a type to ask.
struct SpectralOperator {};

int first_of(const std::vector<int>& index) {
  for (std::size_t i = 1; i < index.size(); ++i)
    if (index[i] != index[i - 1] + 1) throw std::logic_error("kswgd: Anasazi asked for columns that do not follow one another");
  return index.empty() ? 0 : index.front();
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
    return wrap(mv.view(first_of(index), static_cast<int>(index.size())));
  }
  static Teuchos::RCP<MV> CloneViewNonConst(MV& mv, const Teuchos::Range1D& range) {
    return wrap(mv.view(static_cast<int>(range.lbound()), static_cast<int>(range.size())));
  }
  static Teuchos::RCP<const MV> CloneView(const MV& mv, const std::vector<int>& index) {
    return wrap(mv.view(first_of(index), static_cast<int>(index.size())));
  }
  static Teuchos::RCP<const MV> CloneView(const MV& mv, const Teuchos::Range1D& range) {
    return wrap(mv.view(static_cast<int>(range.lbound()), static_cast<int>(range.size())));
  }
  static ptrdiff_t GetGlobalLength(const MV& mv) { return mv.length(); }
  static int GetNumberVecs(const MV& mv) { return mv.columns(); }
  static bool HasConstantStride(const MV&) { return true; }

  static void MvTimesMatAddMv(double alpha, const MV& a, const SmallMatrix& b, double beta, MV& mv) {
    mv.multiply_add(alpha, a, b.values(), b.stride(), beta);
  }
  static void MvAddMv(double alpha, const MV& a, double beta, const MV& b, MV& mv) { mv.combine(alpha, a, beta, b); }
  static void MvTransMv(double alpha, const MV& a, const MV& mv, SmallMatrix& c) {
    mv.transpose_multiply(alpha, a, c.values(), c.stride());
  }
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

KrylovResult anasazi_largest(const BlockVectors& prototype, const KrylovRequest& request) {
  using Problem = Anasazi::BasicEigenproblem<double, BlockVectors, SpectralOperator>;
  using Manager = Anasazi::SolverManager<double, BlockVectors, SpectralOperator>;
  KrylovResult result;
  const auto start = Teuchos::rcp(prototype.create(request.block_size).release());
  start->randomise();
  const auto problem = Teuchos::rcp(new Problem(Teuchos::rcp(new SpectralOperator), start));
  problem->setHermitian(true);
  problem->setNEV(request.wanted);
  if (!problem->setProblem()) {
    result.failure = "Anasazi refused the problem";
    return result;
  }
  Teuchos::ParameterList options;
  options.set("Which", std::string(request.method == "block-krylov-schur" ? "LM" : "LR"));
  options.set("Block Size", request.block_size);
  options.set("Maximum Restarts", request.max_restarts);
  options.set("Convergence Tolerance", request.tolerance);
  options.set("Verbosity", static_cast<int>(Anasazi::Errors));
  // Twice the wanted pairs and a few blocks: the subspace that is kept between restarts.
  const int blocks = std::max(4, (2 * request.wanted + request.block_size - 1) / request.block_size + 3);
  Teuchos::RCP<Manager> manager;
  try {
    if (request.method == "block-krylov-schur") {
      options.set("Num Blocks", blocks);
      manager = Teuchos::rcp(new Anasazi::BlockKrylovSchurSolMgr<double, BlockVectors, SpectralOperator>(problem, options));
    } else if (request.method == "block-davidson") {
      options.set("Num Blocks", blocks);
      options.set("Use Locking", true);
      options.set("Max Locked", request.wanted + request.block_size);
      manager = Teuchos::rcp(new Anasazi::BlockDavidsonSolMgr<double, BlockVectors, SpectralOperator>(problem, options));
    } else {
      options.set("Maximum Iterations", 40 * request.max_restarts);
      options.set("Full Ortho", true);
      options.set("Use Locking", true);
      options.set("Max Locked", request.wanted + request.block_size);
      manager = Teuchos::rcp(new Anasazi::LOBPCGSolMgr<double, BlockVectors, SpectralOperator>(problem, options));
    }
    manager->solve();
  } catch (const std::exception& error) {
    result.failure = error.what();
  }
  const auto& solution = problem->getSolution();
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
