// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"

#include <gtest/gtest.h>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/mpi/reduction.hpp>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Exec = Kokkos::DefaultExecutionSpace;

/// What rank r of `size` has of n: uneven, and the last of several has nothing.
Span place(Index n, const Reduction& ranks) {
  if (ranks.is_alone()) return {0, n};
  const Index parts = (ranks.size() - 1) * (ranks.size() - 1), r = ranks.rank();
  return {n * std::min(r * r, parts) / parts, n * std::min((r + 1) * (r + 1), parts) / parts};
}

HostPoints part(const HostPoints& points, Span rows) {
  const HostPoints copy("part", rows.second - rows.first, points.extent(1));
  Kokkos::deep_copy(copy, Kokkos::subview(points, rows, Kokkos::ALL));
  return copy;
}

TEST(Mpi, AFitAndAFlowOverTheRanksAreThoseOfOne) {
  const Exec exec;
  const Reduction ranks = mpi::reduction(MPI_COMM_WORLD);
  const HostPoints points = draw_exact("quadruple-well", 3000, 0, 5);
  const FitOptions<Exec> options{.features = 50, .modes = 8};
  const ModelData expected = fit_generator(exec, on_device<Exec>(points), options);
  const auto here = on_device<Exec>(part(points, place(3000, ranks)));
  const ModelData model = fit_generator(exec, make_source(exec, here, ranks), options);
  double most = 0;
  for (std::size_t i = 0; i < expected.density.moments.gram.extent(0); ++i)
    for (std::size_t j = 0; j < expected.density.moments.gram.extent(1); ++j)
      most = std::max(most, std::abs(model.density.moments.gram(i, j) - expected.density.moments.gram(i, j)));
  EXPECT_LT(most, 1e-10);
  for (Index k = 0; k < expected.spectrum.pairs.size(); ++k)
    EXPECT_NEAR(model.spectrum.pairs.values(k), expected.spectrum.pairs.values(k), 1e-9 * (1 + expected.spectrum.pairs.values(k)));

  const HostPoints start = normal_start(expected, 900, 3);
  FlowOptions flow{.precision = Precision::fp64, .max_steps = 12};
  const auto alone = on_device<Exec>(start);
  const FlowReport of_one = Flow<Exec>(exec, Model<Exec>(exec, expected), flow).run(alone);
  flow.ranks = ranks;
  std::vector<HostPoints> runs;
  for (int run = 0; run < 2; ++run) {
    const auto particles = on_device<Exec>(part(start, place(900, ranks)));
    const FlowReport of_all = Flow<Exec>(exec, Model<Exec>(exec, expected), flow).run(particles);
    EXPECT_EQ(of_all.state.evaluations, of_one.state.evaluations);
    EXPECT_NEAR(of_all.state.energy, of_one.state.energy, 1e-9 * of_one.history.energy.front());
    runs.push_back(host_copy(exec, particles));
  }
  for (std::size_t i = 0; i < runs[0].extent(0); ++i)
    for (std::size_t k = 0; k < 2; ++k) EXPECT_EQ(runs[0](i, k), runs[1](i, k));  // the same again, to the bit
}

TEST(Mpi, ACommunicatorThatIsNoneIsRefused) { EXPECT_THROW(mpi::reduction(MPI_COMM_NULL), InvalidInput); }

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  ::testing::InitGoogleTest(&argc, argv);
  int status = 0;
  {
    const Kokkos::ScopeGuard guard(argc, argv);
    status = RUN_ALL_TESTS();
  }
  int worst = 0;
  MPI_Allreduce(&status, &worst, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  MPI_Finalize();
  return worst;
}
