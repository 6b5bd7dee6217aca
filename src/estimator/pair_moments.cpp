// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/algebra/dense.hpp>
#include <kswgd/estimator/pair_moments.hpp>

#include "../algebra/small_matrices.hpp"
#include "../moments/pair_pass.hpp"

#include <kswgd/detail/instantiate.hpp>
#include <kswgd/support/check.hpp>

namespace kswgd {
namespace {

/// The sums of one block on the device; brought to the host when the next block begins.
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
  PairMoments on_host(const Exec& exec) const {
    algebra::symmetrise_from_upper(exec, x);
    algebra::symmetrise_from_upper(exec, y);
    return {host_copy(exec, x), host_copy(exec, y), host_copy(exec, c), weight};
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

template <ExecutionSpace Exec>
std::vector<PairMoments> pair_moments(const Exec& exec, const DataSet<Exec>& source, Index lag, const Basis<Exec>& basis, Index features, Index blocks,
                                      const HostMatrix& projection) {
  check_pairs(source, lag, "pair_moments");
  const Index pairs = detail::pair_weights(source, lag).pairs, r = projection.extent(1) > 0 ? static_cast<Index>(projection.extent(1)) : features;
  require(pairs >= 20, "pair_moments",
          [&] { return "only " + std::to_string(pairs) + " pairs at lag " + std::to_string(lag) + " have weight, at least 20 are needed"; });
  require(blocks >= 1 && blocks <= pairs, "pair_moments",
          [&] { return "there must be between 1 and " + std::to_string(pairs) + " blocks, got " + std::to_string(blocks); });
  require(projection.extent(1) == 0 || static_cast<Index>(projection.extent(0)) == features, "pair_moments",
          [&] { return "the projection must have " + std::to_string(features) + " rows, has " + std::to_string(projection.extent(0)); });
  const Matrix<Exec> v = projection.extent(1) > 0 ? Matrix<Exec>(to_device(exec, projection)) : Matrix<Exec>();
  AnyDictionary<Exec> dictionary = basis.dictionary;
  std::vector<PairMoments> result(static_cast<std::size_t>(blocks));
  BlockSums<Exec> sums(exec, r);
  Matrix<Exec> vx, vy;
  Index current = 0;
  const auto store = [&] { result[static_cast<std::size_t>(current)] = sums.on_host(exec); };
  const auto add = [&](Index block, const std::vector<Index>&, double weight, const Matrix<Exec>& px, const Matrix<Exec>& py) {
    for (; current < block; ++current) {
      store();
      sums.clear(exec);
    }
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
  detail::walk_pairs(exec, basis.frame.inside(exec, source), lag, dictionary, features, blocks, {}, add);
  for (; current < blocks; ++current) {
    store();
    sums.clear(exec);
  }
  return result;
}

#define KSWGD_INSTANTIATE(EXEC) \
  template std::vector<PairMoments> pair_moments(const EXEC&, const DataSet<EXEC>&, Index, const Basis<EXEC>&, Index, Index, const HostMatrix&);
KSWGD_FOR_EACH_EXECUTION_SPACE(KSWGD_INSTANTIATE)
#undef KSWGD_INSTANTIATE

}  // namespace kswgd
