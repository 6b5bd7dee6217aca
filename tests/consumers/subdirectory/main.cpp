// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A few hundred points and one flow: enough to link and run each compiled part of core that a caller of the README's program needs.
#include <cstdio>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/systems/systems.hpp>

int main(int argc, char** argv) {
  const Kokkos::ScopeGuard kokkos(argc, argv);
  const Kokkos::DefaultExecutionSpace exec;
  const auto data = kswgd::to_device(exec, kswgd::draw_exact("ornstein-uhlenbeck", 300));
  const auto fitted = kswgd::fit_generator(exec, data, {.features = 25, .modes = 2, .read_out_modes = 0});
  const auto particles = kswgd::to_device(exec, kswgd::normal_start(fitted, 100));
  const auto report = kswgd::Flow(exec, kswgd::Model(exec, fitted)).run(particles);
  std::printf("%zu new samples after %lld evaluations\n", particles.extent(0), static_cast<long long>(report.state.evaluations));
}
