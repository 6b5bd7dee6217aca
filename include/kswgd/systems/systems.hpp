// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/systems/langevin.hpp>
#include <string>

/// @file
/// The systems that the program knows by name: dynamics from a start, and independent draws of the exact law.

namespace kswgd {

struct SystemInfo {
  std::string name;
  Index dimension = 0;
  double temperature = 1;      ///< where none is given
  std::vector<double> start;   ///< of each trajectory
  double step = 0.01;          ///< longest integration step that the potential allows
  std::string law;             ///< one line for people
};

/// All systems, in the order in which they are listed.
const std::vector<SystemInfo>& known_systems();

/// The system of this name; InvalidInput that lists the names otherwise.
const SystemInfo& find_system(const std::string& name);

/// Langevin trajectories of a system; options.temperature <= 0 stands for the system's own, options.substeps = 0 for as many
/// as the system's longest step asks for.
template <ExecutionSpace Exec>
Points<Exec> simulate(const Exec& exec, const std::string& system, LangevinOptions options);

/// n independent draws of the exact law exp(-V / T), n x d: inverse cumulative distributions on a fine grid (relative error of
/// masses below 1e-6), or normals. temperature <= 0: the system's own. Draw i depends on (seed, i) alone. Throws InvalidInput
/// below the temperature whose wells the grid resolves (1e-4 for the double and quadruple well, 1 for mueller-brown).
HostPoints draw_exact(const std::string& system, Index n, double temperature = 0, std::uint64_t seed = 0);

}  // namespace kswgd
