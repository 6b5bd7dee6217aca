#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# MDAnalysis 2.11.0, distances in a triclinic box (MDAnalysis.lib.distances.calc_bonds with box=), cell of a monoclinic crystal: 40 x 60 x 110 Angstrom, beta 120 degrees.
#
# Expected: the distance to the nearest image, as the documentation of box= says.
# Seen:     2 pairs in 1000 are up to 3.6 Angstrom farther apart than another image is: the image is sought among the neighbours of the reduced fraction of the cell
#           that was given, which is not enough where an edge leans farther than half the length of another (here 110 cos 120 = -55, beyond 40 / 2). MDTraj
#           1.11.1 gives the nearest image of the same cell.
# Why it matters: crystals keep such cells (the setting of their paper), and simulation codes that want reduced ones (GROMACS, LAMMPS) write others; contacts,
#           distances and the torsions of molecules that cross a face are then wrong in a few frames in a thousand, without a warning. Reduce the cell first.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 MDAnalysis==2.11.0 mdtraj==1.11.1.post2
"$folder/venv/bin/python" - <<'PYTHON'
import itertools
import sys
import warnings

warnings.simplefilter("ignore")
import MDAnalysis
import mdtraj
import numpy as np
from MDAnalysis.lib import distances, mdamath

box = np.array([40, 60, 110, 90, 120, 90], np.float32)
edges = mdamath.triclinic_vectors(box).astype(float)
rng = np.random.default_rng(0)
a, b = (rng.uniform(size=(3000, 3)) @ edges for _ in range(2))
images = np.array(list(itertools.product(range(-4, 5), repeat=3))) @ edges
nearest = np.array([np.sqrt((((y - x) + images) ** 2).sum(1)).min() for x, y in zip(a, b)])
by_mdanalysis = distances.calc_bonds(a.astype(np.float32), b.astype(np.float32), box=box)
topology = mdtraj.Topology()
residue = topology.add_residue("X", topology.add_chain())
for _ in range(6000):
    topology.add_atom("C", mdtraj.element.carbon, residue)
frame = mdtraj.Trajectory(np.concatenate([a, b])[None] / 10, topology, unitcell_lengths=box[None, :3] / 10, unitcell_angles=box[None, 3:])
by_mdtraj = 10 * mdtraj.compute_distances(frame, np.array([[i, i + 3000] for i in range(3000)]))[0]
wrong = by_mdanalysis - nearest
print(f"MDAnalysis {MDAnalysis.__version__}: {np.mean(wrong > 1e-3):.1%} of pairs are not at their nearest image, by up to {wrong.max():.2f} Angstrom")
print(f"MDTraj {mdtraj.__version__}: {np.mean(by_mdtraj - nearest > 1e-3):.1%}")
sys.exit(0 if wrong.max() > 0.5 and (by_mdtraj - nearest).max() < 1e-2 else 1)
PYTHON
