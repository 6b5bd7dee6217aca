// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/estimator/pair_moments.hpp>

#include "../algebra/small_matrices.hpp"
#include "dealt_pairs.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/support/check.hpp>

namespace kswgd {
namespace {

/// The sums of one block on the device; brought to the host when a pair of another block comes.
template <class Exec>
struct BlockSums {
  BlockSums(const Exec& exec, Index r)
      : x(zeros<Matrix<Exec>>(exec, "pair_moments::x", r, r)),
        y(zeros<Matrix<Exec>>(exec, "pair_moments::y", r, r)),
        c(zeros<Matrix<Exec>>(exec, "pair_moments::c", r, r)) {}
  void clear(const Exec& exec) {
    for (const auto& sum : {x, y, c}) Kokkos::deep_copy(exec, sum, 0.0);
    weight = 0;
  }
  void add_to(const Exec& exec, PairMoments& total) const {
    algebra::symmetrise_from_upper(exec, x);
    algebra::symmetrise_from_upper(exec, y);
    small::add(total.gram_x, to_host(exec, x));
    small::add(total.gram_y, to_host(exec, y));
    small::add(total.correlation, to_host(exec, c));
    total.weight += weight;
  }
  Matrix<Exec> x, y, c;
  double weight = 0;
};

}  // namespace

PairMoments total_of(const std::vector<PairMoments>& blocks, Index without) {
  const auto r = static_cast<std::size_t>(blocks.front().size());
  PairMoments total{HostMatrix("kswgd::pair_moments::x", r, r), HostMatrix("kswgd::pair_moments::y", r, r), HostMatrix("kswgd::pair_moments::c", r, r), 0};
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    if (static_cast<Index>(b) == without) continue;
    small::add(total.gram_x, blocks[b].gram_x);
    small::add(total.gram_y, blocks[b].gram_y);
    small::add(total.correlation, blocks[b].correlation);
    total.weight += blocks[b].weight;
  }
  return total;
}

namespace detail {

template <ExecutionSpace Exec>
std::vector<PairMoments> pair_moments(const Exec& exec, const DataSet<Exec>& source, Index lag, const Basis<Exec>& basis, Index features, Index blocks,
                                      const PairBlocks& dealt, const HostMatrix& projection) {
  const Index r = projection.extent(1) > 0 ? static_cast<Index>(projection.extent(1)) : features;
  const Matrix<Exec> v = projection.extent(1) > 0 ? Matrix<Exec>(to_device(exec, projection)) : Matrix<Exec>();
  AnyDictionary<Exec> dictionary = basis.dictionary;
  const auto square = [r](const char* name) { return HostMatrix(std::string("kswgd::pair_moments::") + name, r, r); };
  std::vector<PairMoments> result;
  for (Index b = 0; b < blocks; ++b) result.push_back({square("x"), square("y"), square("c"), 0});
  BlockSums<Exec> sums(exec, r);
  Matrix<Exec> vx, vy;
  Index current = 0;
  const auto store = [&] {
    sums.add_to(exec, result[static_cast<std::size_t>(current)]);
    sums.clear(exec);
  };
  const auto add = [&](Index block, const std::vector<Index>&, double weight, const Matrix<Exec>& px, const Matrix<Exec>& py) {
    if (block != current) store();
    current = block;
    Matrix<Exec> x = px, y = py;
    if (v.extent(1) > 0) {
      if (vx.extent(0) < px.extent(0)) {
        vx = allocate<Matrix<Exec>>(exec, "pair_moments::vx", px.extent(0), r);
        vy = allocate<Matrix<Exec>>(exec, "pair_moments::vy", px.extent(0), r);
      }
      const std::pair<std::size_t, std::size_t> rows(0, px.extent(0));
      x = Kokkos::subview(vx, rows, Kokkos::ALL);
      y = Kokkos::subview(vy, rows, Kokkos::ALL);
      algebra::multiply(exec, 1.0, algebra::Op::none, px, algebra::Op::none, v, 0.0, x);
      algebra::multiply(exec, 1.0, algebra::Op::none, py, algebra::Op::none, v, 0.0, y);
    }
    algebra::add_gram(exec, 1, x, sums.x);
    algebra::add_gram(exec, 1, y, sums.y);
    algebra::multiply(exec, 1, algebra::Op::transposed, x, algebra::Op::none, y, 1, sums.c);
    sums.weight += weight;
  };
  walk_pairs(exec, basis.frame.inside(exec, source), lag, dictionary, features, dealt, {}, add);
  store();
  const Reduction& ranks = source.ranks();
  for (PairMoments& block : result) {
    for (const HostMatrix& part : {block.gram_x, block.gram_y, block.correlation}) ranks.sum(part.data(), static_cast<Index>(part.size()));
    block.weight = ranks.sum(block.weight);
  }
  return result;
}

}  // namespace detail

template <ExecutionSpace Exec>
std::vector<PairMoments> pair_moments(const Exec& exec, const DataSet<Exec>& source, Index lag, const Basis<Exec>& basis, Index features, Index blocks,
                                      const HostMatrix& projection) {
  check_pairs(source, lag, "pair_moments");
  const detail::PairBlocks dealt(source, lag, blocks);
  const Index pairs = dealt.all().pairs;
  require(pairs >= 20, "pair_moments",
          [&] { return "only " + std::to_string(pairs) + " pairs at lag " + std::to_string(lag) + " have weight, at least 20 are needed"; });
  require(blocks >= 1 && blocks <= pairs, "pair_moments",
          [&] { return "there must be between 1 and " + std::to_string(pairs) + " blocks, got " + std::to_string(blocks); });
  require(projection.extent(1) == 0 || static_cast<Index>(projection.extent(0)) == features, "pair_moments",
          [&] { return "the projection must have " + std::to_string(features) + " rows, has " + std::to_string(projection.extent(0)); });
  return detail::pair_moments(exec, source, lag, basis, features, blocks, dealt, projection);
}

#define KSWGD_INSTANTIATE(EXEC)                                                                                                      \
  template std::vector<PairMoments> detail::pair_moments(const EXEC&, const DataSet<EXEC>&, Index, const Basis<EXEC>&, Index, Index, \
                                                         const detail::PairBlocks&, const HostMatrix&);                              \
  template std::vector<PairMoments> pair_moments(const EXEC&, const DataSet<EXEC>&, Index, const Basis<EXEC>&, Index, Index, const HostMatrix&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
