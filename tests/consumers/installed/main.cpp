// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A small molecular-dynamics code with particles of its own: an array of structures in the memory of its execution space. The
// library sees the positions as a strided View and moves them where they are.
#include <Kokkos_Core.hpp>
#include <cmath>
#include <cstdio>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/systems/systems.hpp>

using Exec = Kokkos::DefaultExecutionSpace;

struct Atom {
  double mass = 1;
  double position[2] = {0, 0};
  double velocity[2] = {0, 0};
};

using Atoms = Kokkos::View<Atom*, Exec::memory_space>;

// The positions of the atoms: no copy, a stride.
auto positions_of(const Atoms& atoms) {
  auto* first = reinterpret_cast<double*>(reinterpret_cast<char*>(atoms.data()) + offsetof(Atom, position));
  return Kokkos::View<double**, Kokkos::LayoutStride, Exec::memory_space, Kokkos::MemoryUnmanaged>(
      first, Kokkos::LayoutStride(atoms.extent(0), sizeof(Atom) / sizeof(double), 2, 1));
}

void place_all_in_one_well(const Atoms& atoms) {
  Kokkos::parallel_for(
      "start", Kokkos::RangePolicy<Exec>(0, static_cast<int>(atoms.extent(0))), KOKKOS_LAMBDA(int i) {
        atoms(i).position[0] = 1 + 1e-3 * (i % 40 - 20);
        atoms(i).position[1] = 1 + 1e-3 * (i / 40 - 20);
      });
}

double share_of_the_left_half(const Atoms& atoms) {
  int left = 0;
  Kokkos::parallel_reduce(
      "left", Kokkos::RangePolicy<Exec>(0, static_cast<int>(atoms.extent(0))),
      KOKKOS_LAMBDA(int i, int& count) { count += atoms(i).position[0] < 0 && atoms(i).position[1] < 0; }, left);
  return static_cast<double>(left) / static_cast<double>(atoms.extent(0));
}

int main(int argc, char** argv) {
  const Kokkos::ScopeGuard guard(argc, argv);
  const Exec exec;
  const auto data = kswgd::simulate(exec, "quadruple-well", {.dt = 1, .substeps = 0, .samples = 500, .burn_in = 10, .trajectories = 20});
  const kswgd::ModelData fitted = kswgd::fit_generator(exec, data, {.modes = 0, .read_out_modes = 0});
  const kswgd::Model<Exec> model(exec, fitted);

  Atoms atoms("atoms", 1600);
  place_all_in_one_well(atoms);
  kswgd::Flow<Exec> flow(exec, model);
  int steps = 0;
  while (flow.advance(positions_of(atoms))) ++steps;  // the code's own time loop
  const double share = share_of_the_left_half(atoms);
  std::printf("%d steps, %.3f of the atoms in the well at (-1, -1)\n", steps, share);
  std::printf("moved in place: %s\n", std::abs(share - 0.25) < 0.03 ? "all wells hold a quarter" : "wrong");
}
