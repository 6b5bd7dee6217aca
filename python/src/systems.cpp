// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "rows.hpp"

#include <kswgd/systems/systems.hpp>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace kswgd::python {
namespace {

nb::list systems() {
  nb::list result;
  for (const SystemInfo& system : known_systems()) {
    nb::dict entry;
    entry["name"] = system.name;
    entry["dimension"] = system.dimension;
    entry["temperature"] = system.temperature;
    entry["law"] = system.law;
    entry["has_dynamics"] = system.has_dynamics;
    result.append(entry);
  }
  return result;
}

SystemParameters parameters_of(double temperature, Index dimension, double radius, double minor_radius) {
  return {.temperature = temperature, .dimension = dimension, .radius = radius, .minor_radius = minor_radius};
}

/// How many coordinates a system has, and whether frames follow from a start.
nb::tuple shape(const std::string& system, double temperature, Index dimension, double radius, double minor_radius) {
  const SystemInfo info = find_system(system, parameters_of(temperature, dimension, radius, minor_radius));
  return nb::make_tuple(info.dimension, info.has_dynamics);
}

void exact(const std::string& system, OutPoints out, double temperature, Index dimension, double radius, double minor_radius, std::uint64_t seed) {
  const Work work;
  const HostPoints into = view_of(out);
  Kokkos::deep_copy(into, draw_exact(system, rows(into), parameters_of(temperature, dimension, radius, minor_radius), seed));
}

void run(const std::string& system, OutPoints out, Index samples, double dt, int substeps, Index burn_in, Index trajectories, double temperature,
         Index dimension, double radius, double minor_radius, std::uint64_t seed) {
  const Work work;
  LangevinOptions options;
  options.temperature = 0;  // the system's own, or what the parameters say
  options.dt = dt;
  options.substeps = substeps;
  options.samples = samples;
  options.burn_in = burn_in;
  options.trajectories = trajectories;
  options.seed = seed;
  Kokkos::deep_copy(view_of(out), simulate(Exec{}, system, options, parameters_of(temperature, dimension, radius, minor_radius)));
}

}  // namespace

void bind_systems(nb::module_& module) {
  module.def("systems", &systems);
  module.def("shape_of_system", &shape, nb::arg("system"), nb::arg("temperature"), nb::arg("dimension"), nb::arg("radius"), nb::arg("minor_radius"));
  module.def("exact", &exact, nb::arg("system"), nb::arg("out").noconvert(), nb::arg("temperature"), nb::arg("dimension"), nb::arg("radius"),
             nb::arg("minor_radius"), nb::arg("seed"));
  module.def("simulate", &run, nb::arg("system"), nb::arg("out").noconvert(), nb::arg("samples"), nb::arg("dt"), nb::arg("substeps"), nb::arg("burn_in"),
             nb::arg("trajectories"), nb::arg("temperature"), nb::arg("dimension"), nb::arg("radius"), nb::arg("minor_radius"), nb::arg("seed"));
}

}  // namespace kswgd::python
