// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The program of the README: samples of an unknown law in, new samples of it out.
#include <cstdio>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/systems/systems.hpp>

int main(int argc, char** argv) {
  const Kokkos::ScopeGuard kokkos(argc, argv);
  const Kokkos::DefaultExecutionSpace exec;
  auto data = kswgd::to_device(exec, kswgd::draw_exact("quadruple-well", 10000));  // or your View, n x d, of any layout
  auto fitted = kswgd::fit_generator(exec, data);
  auto particles = kswgd::to_device(exec, kswgd::normal_start(fitted, 2000));  // or your particles, wherever they are
  auto report = kswgd::Flow(exec, kswgd::Model(exec, fitted)).run(particles);  // moved in place
  std::printf("%zu new samples after %lld evaluations\n", particles.extent(0), static_cast<long long>(report.state.evaluations));
}
