// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/systems/langevin.hpp>
#include <string>

/// @file
/// The systems that the program knows by name: dynamics from a start, and independent draws of the exact law.

namespace kswgd {

/// What a system may be told; 0 stands for the system's own value. A number that a system does not have is refused.
struct SystemParameters {
  double temperature = 0;
  Index dimension = 0;      ///< ornstein-uhlenbeck: of the space; sphere: of the sphere (in one dimension more); allen-cahn: grid points
  double radius = 0;        ///< circle, sphere; torus: from its centre to that of the tube
  double minor_radius = 0;  ///< torus: of the tube
};

struct SystemInfo {
  std::string name;
  Index dimension = 0;               ///< coordinates of a sample, with the parameters as they stand below
  double temperature = 1;            ///< where none is given; 0: the law has no temperature
  std::vector<double> start;         ///< of each trajectory
  double step = 0.01;                ///< longest integration step that the potential allows; 0: exact at any step
  std::string law;                   ///< one line for people
  SystemParameters parameters = {};  ///< the system's own values of what it may be told, 0 for what it may not
  bool has_dynamics = true;          ///< otherwise frames are independent draws
};

/// All systems, in the order in which they are listed.
const std::vector<SystemInfo>& known_systems();

/// The system of this name; InvalidInput that lists the names otherwise.
const SystemInfo& find_system(const std::string& name);

/// The system with these parameters in the place of its own, its start and dimension as they follow from them. Throws
/// InvalidInput for a parameter that the system does not have, or that it cannot take.
SystemInfo find_system(const std::string& name, const SystemParameters& parameters);

/// Trajectories of a system: Langevin dynamics of the potentials, Brownian motion on the manifolds, the stochastic Allen-Cahn
/// equation. options.temperature <= 0 stands for the system's own, options.substeps = 0 for as many as the system's longest
/// step asks for. Throws InvalidInput for a system without dynamics (checkerboard).
template <ExecutionSpace Exec>
Points<Exec> simulate(const Exec& exec, const std::string& system, LangevinOptions options, const SystemParameters& parameters = {});

/// n independent draws of the exact law, n x d: inverse cumulative distributions on a fine grid (relative error of masses below
/// 1e-6), normals, or a transfer matrix (allen-cahn). Draw i depends on (seed, i) alone. Throws InvalidInput below the
/// temperature whose wells the grid resolves (1e-4 for the double and quadruple well, 1 for mueller-brown, .03 for triple-well).
HostPoints draw_exact(const std::string& system, Index n, const SystemParameters& parameters, std::uint64_t seed = 0);

/// The same where only a temperature is given; <= 0: the system's own.
HostPoints draw_exact(const std::string& system, Index n, double temperature = 0, std::uint64_t seed = 0);

}  // namespace kswgd
