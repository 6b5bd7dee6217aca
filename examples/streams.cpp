// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A model that learns on while a simulation runs: docs/streams.md.
#include <cstdio>
#include <kswgd/estimator/online.hpp>
#include <kswgd/support/random.hpp>

using Exec = Kokkos::DefaultExecutionSpace;
using Walkers = Kokkos::View<float**, Exec>;

/// One step of your simulation, here of Brownian walkers in the potential (x^2 - 1)^2 + (y^2 - 1)^2.
void move(const Exec& exec, const Walkers& x, long step) {
  const float h = 0.01F;
  Kokkos::parallel_for(
      "move", kswgd::index_range(exec, kswgd::rows(x)), KOKKOS_LAMBDA(kswgd::Index i) {
        const kswgd::IndexedRandom random(static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(i));
        for (unsigned k = 0; k < 2; ++k) x(i, k) += -h * 4 * x(i, k) * (x(i, k) * x(i, k) - 1) + Kokkos::sqrt(2 * h) * static_cast<float>(random.normal(k));
      });
}

int main(int argc, char** argv) {
  const Kokkos::ScopeGuard kokkos(argc, argv);
  const Exec exec;
  const Walkers walkers("walkers", 500, 2);  // all start at the top of the barrier
  kswgd::OnlineFit<Exec> online(exec, 2, {.flops_per_row = 1e5, .reservoir = 20000});
  for (long step = 0; step < 2000; ++step) {
    move(exec, walkers, step);
    if (step % 10 == 0) online.add(exec, walkers, {}, {step / 200});  // rows of 20 frames are a block: they belong to one fold
    if (step % 1000 == 999) {
      const kswgd::ModelData model = online.model(exec);  // of all rows so far; the stream goes on
      std::printf("%lld rows, basis laid out %lld times: lambda_1 = %.3f\n", static_cast<long long>(online.rows()), static_cast<long long>(online.layouts()),
                  model.spectrum.read_out.values[0]);
    }
  }
}
