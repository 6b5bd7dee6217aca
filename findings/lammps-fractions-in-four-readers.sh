#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# LAMMPS text dumps with scaled coordinates (xs ys zs, what dump atom writes as it comes), read by MDTraj 1.11.1.post2, MDAnalysis 2.11.0, ASE 3.29.0 and chemfiles 0.10.4: an atom a tenth of the way through a box from -5
# to 5 Angstrom, and one at nine tenths.
#
# Expected: -4 and 4 Angstrom, xlo + xs (xhi - xlo), as LAMMPS has it, from all. Each of them names these columns, or takes them without a word.
# Seen:     MDTraj 0.1 and 0.9 (the fractions themselves, taken for Angstrom, beside a box of 10), MDAnalysis 6 and 14 (outside of its box, which is from 0 to 10), ASE 1 and 9, chemfiles -4 and 4. MDAnalysis subtracts a
#           corner that the scaled numbers do not have in them; ASE leaves the corner away.
# Why it matters: it is LAMMPS' shortest way to write a trajectory. In MDTraj all distances are a tenth, by the length of the box, and go with its fluctuations; contacts and neighbours are those of a droplet. In
#           MDAnalysis and ASE distances are right and places are not: walls, external fields and references. Write x y z with dump custom.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 mdtraj==1.11.1.post2 MDAnalysis==2.11.0 ase==3.29.0 chemfiles==0.10.4
cd "$folder"
cat >dump.lammpstrj <<'DUMP'
ITEM: TIMESTEP
0
ITEM: NUMBER OF ATOMS
2
ITEM: BOX BOUNDS pp pp pp
-5.0 5.0
-5.0 5.0
-5.0 5.0
ITEM: ATOMS id type xs ys zs
1 1 0.1 0.5 0.5
2 1 0.9 0.5 0.5
DUMP
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import ase
import ase.io
import chemfiles
import MDAnalysis
import mdtraj
import numpy as np

topology = mdtraj.Topology()
residue = topology.add_residue("A", topology.add_chain())
for _ in range(2):
    topology.add_atom("C", mdtraj.element.carbon, residue)
x = {}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    x[f"MDTraj {mdtraj.__version__}"] = 10 * mdtraj.load_lammpstrj("dump.lammpstrj", top=topology).xyz[0, :, 0]
    x[f"MDAnalysis {MDAnalysis.__version__}"] = MDAnalysis.Universe("dump.lammpstrj", format="LAMMPSDUMP").atoms.positions[:, 0]
    x[f"ASE {ase.__version__}"] = ase.io.read("dump.lammpstrj", format="lammps-dump-text").positions[:, 0]
    with chemfiles.Trajectory("dump.lammpstrj", format="LAMMPS") as trajectory:
        frame = trajectory.read()
        x[f"chemfiles {chemfiles.__version__}"] = np.array(frame.positions)[:, 0]
for name, places in x.items():
    print(f"{name}: x in Angstrom {places[0]:.2f} and {places[1]:.2f}")
said = [w for w in said if any(word in str(w.message).lower() for word in ("scaled", "origin", "coordinate"))]
wrong = all(np.allclose(places, expected, atol=1e-4) for places, expected in zip(x.values(), ([0.1, 0.9], [6, 14], [1, 9], [-4, 4])))
sys.exit(0 if wrong and not said else 1)
PYTHON
