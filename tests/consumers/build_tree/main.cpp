// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Fits with Anasazi, writes the model, reads it back.
#include <Kokkos_Core.hpp>
#include <cstdio>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/spectrum/anasazi.hpp>
#include <kswgd/systems/systems.hpp>

int main(int argc, char** argv) {
  using Exec = Kokkos::DefaultExecutionSpace;
  const Kokkos::ScopeGuard guard(argc, argv);
  const Exec exec;
  const auto data = kswgd::simulate(exec, "ornstein-uhlenbeck", {.dt = 1, .substeps = 0, .samples = 2000});
  kswgd::FitOptions<Exec> options;
  options.solver = kswgd::anasazi_solver<Exec>();
  options.modes = 5;
  kswgd::io::write_model("model.h5", kswgd::fit_generator(exec, data, options));
  const kswgd::ModelData model = kswgd::io::read_model("model.h5");
  std::printf("read back: %g %g %g by %s\n", model.spectrum.pairs.values(0), model.spectrum.pairs.values(1), model.spectrum.pairs.values(2),
              model.spectrum.pairs.report.solver.c_str());
}
