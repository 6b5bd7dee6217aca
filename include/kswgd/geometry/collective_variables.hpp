// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <string>
#include <vector>

/// @file
/// Distances, angles and torsions of particles, in boxes with periodic boundaries: for kernels, and by name for whole frames on the host.

namespace kswgd {

/// A periodic box of one to three dimensions, by a reduced basis of its lattice. Without periodic directions: free space.
struct PeriodicBox {
  double edge[3][3] = {};     ///< the periodic edges, reduced (Minkowski), a row for each
  double to_cell[3][3] = {};  ///< of a vector v the coordinates in these edges: to_cell v
  int periodic = 0;           ///< how many
};

/// The box of these edges (d x d, a row for each), of which those in periodic directions count. Throws InvalidInput for edges that are not finite or span no
/// cell.
PeriodicBox periodic_box(const std::vector<double>& edges, const std::vector<bool>& periodic);

/// The shortest of the vectors v + lattice, in place. In a Minkowski-reduced basis it is among the neighbours of the rounded one [Nguyen and Stehle, ACM
/// Trans. Algorithms 5 (2009) 46; as ase.geometry.general_find_mic does].
KOKKOS_INLINE_FUNCTION void shortest_image(const PeriodicBox& box, double v[3]) {
  if (box.periodic == 0) return;
  for (int i = 0; i < box.periodic; ++i) {
    const double shift = Kokkos::round(box.to_cell[i][0] * v[0] + box.to_cell[i][1] * v[1] + box.to_cell[i][2] * v[2]);
    for (int k = 0; k < 3; ++k) v[k] -= shift * box.edge[i][k];
  }
  double best[3] = {v[0], v[1], v[2]}, least = v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
  const int b = box.periodic > 1 ? 1 : 0, c = box.periodic > 2 ? 1 : 0;
  for (int i = -1; i <= 1; ++i)
    for (int j = -b; j <= b; ++j)
      for (int l = -c; l <= c; ++l) {
        double w[3], length = 0;
        for (int k = 0; k < 3; ++k) {
          w[k] = v[k] + i * box.edge[0][k] + j * box.edge[1][k] + l * box.edge[2][k];
          length += w[k] * w[k];
        }
        if (length >= least) continue;
        least = length;
        for (int k = 0; k < 3; ++k) best[k] = w[k];
      }
  for (int k = 0; k < 3; ++k) v[k] = best[k];
}

/// The distance of b from a, in the box.
KOKKOS_INLINE_FUNCTION double distance_of(const PeriodicBox& box, const double a[3], const double b[3]) {
  double v[3] = {b[0] - a[0], b[1] - a[1], b[2] - a[2]};
  shortest_image(box, v);
  return Kokkos::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

/// The angle a b c at b, in [0, pi].
KOKKOS_INLINE_FUNCTION double angle_of(const PeriodicBox& box, const double a[3], const double b[3], const double c[3]) {
  double u[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]}, v[3] = {c[0] - b[0], c[1] - b[1], c[2] - b[2]};
  shortest_image(box, u);
  shortest_image(box, v);
  const double n[3] = {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]};
  return Kokkos::atan2(Kokkos::sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]), u[0] * v[0] + u[1] * v[1] + u[2] * v[2]);
}

/// The torsion a b c d around the axis b c, in (-pi, pi], positive where d is turned clockwise from a as one looks from b to c (IUPAC).
KOKKOS_INLINE_FUNCTION double torsion_of(const PeriodicBox& box, const double a[3], const double b[3], const double c[3], const double d[3]) {
  double u[3] = {b[0] - a[0], b[1] - a[1], b[2] - a[2]}, v[3] = {c[0] - b[0], c[1] - b[1], c[2] - b[2]}, w[3] = {d[0] - c[0], d[1] - c[1], d[2] - c[2]};
  shortest_image(box, u);
  shortest_image(box, v);
  shortest_image(box, w);
  const double m[3] = {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]};
  const double n[3] = {v[1] * w[2] - v[2] * w[1], v[2] * w[0] - v[0] * w[2], v[0] * w[1] - v[1] * w[0]};
  const double length = Kokkos::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  return Kokkos::atan2(length * (u[0] * n[0] + u[1] * n[1] + u[2] * n[2]), m[0] * n[0] + m[1] * n[1] + m[2] * n[2]);
}

/// Which numbers are formed of a frame; atoms by their numbers in it, from 0. Columns are in this order.
struct CollectiveVariables {
  std::vector<std::vector<Index>> torsions = {};   ///< four atoms each; radians in (-pi, pi]
  std::vector<std::vector<Index>> distances = {};  ///< two atoms each; in the file's unit
  std::vector<std::vector<Index>> angles = {};     ///< three atoms each; radians in [0, pi]
  std::vector<Index> atoms = {};                   ///< all coordinates of each: those of the frame

  Index size(Index dimension) const;
  /// "torsion 4-6-8-14", "distance 1-2", "angle 1-2-3", "x3", "y3", "z3".
  std::vector<std::string> names(Index dimension) const;
  /// Throws InvalidInput unless there is something to form, atoms are among `count` and in none of the lists twice, and there are three dimensions for angles
  /// and torsions.
  void check(Index count, Index dimension) const;
  /// The numbers of one frame: `positions` (count x dimension, a particle's coordinates side by side). Throws InvalidInput for an angle or torsion that is
  /// none (two atoms in one place, three on a line); `frame` is for its message.
  void evaluate(const PeriodicBox& box, const double* positions, Index dimension, Index frame, double* values) const;
};

}  // namespace kswgd
