// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A program with an MPI of its own hands a communicator over: some of its ranks learn from the rows that they hold and move the particles that they hold,
// while the others do something else.
#include <cstdio>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/mpi/reduction.hpp>
#include <kswgd/systems/systems.hpp>

namespace {

/// What the ranks of a communicator do together. It must outlive `ranks` and all that holds a copy of them.
void learn(MPI_Comm communicator) {
  const Kokkos::DefaultExecutionSpace exec;
  const kswgd::Reduction ranks = kswgd::mpi::reduction(communicator);
  try {
    const kswgd::HostPoints all = kswgd::draw_exact("quadruple-well", 10000);  // a simulation has its own rows on each rank: any number, none included
    const auto [first, last] = ranks.share(10000);
    const auto rows = kswgd::to_device(exec, kswgd::HostPoints(Kokkos::subview(all, kswgd::Span(first, last), Kokkos::ALL)));
    const auto fitted = kswgd::fit_generator(exec, kswgd::make_source(exec, rows, ranks));
    const auto [begin, end] = ranks.share(2000);
    auto particles = kswgd::to_device(exec, kswgd::normal_start(fitted, end - begin, 0, begin));
    const auto report = kswgd::Flow(exec, kswgd::Model(exec, fitted), {.ranks = ranks}).run(particles);
    const auto moved = static_cast<long long>(ranks.sum(static_cast<double>(particles.extent(0))));
    if (ranks.is_first())
      std::printf("%lld new samples on %d ranks after %lld evaluations, %.1f MB told by each\n", moved, ranks.size(),
                  static_cast<long long>(report.state.evaluations), static_cast<double>(ranks.traffic().bytes) / 1e6);
  } catch (const kswgd::PeerFailure&) {  // another rank has said why
    MPI_Abort(MPI_COMM_WORLD, 1);
  } catch (const std::exception& error) {
    if (ranks.fail()) std::fprintf(stderr, "%s\n", error.what());
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  {
    const Kokkos::ScopeGuard kokkos(argc, argv);
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    const bool learns = rank != 0;  // rank 0 is the simulation's own
    MPI_Comm mine = MPI_COMM_NULL;
    MPI_Comm_split(MPI_COMM_WORLD, learns ? 1 : 0, rank, &mine);
    if (learns) learn(mine);
    MPI_Comm_free(&mine);
  }
  MPI_Finalize();
}
