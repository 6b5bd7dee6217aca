#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# chemfiles 0.10.4, MDAnalysis 2.11.0 and MDTraj 1.11.1, the dihedral angle of the same four atoms.
#
# Expected: the same number from all, with the sign of IUPAC: positive where the front bond, seen along the middle one, turns clockwise onto the rear one. A right-handed alpha helix has phi and psi
#           at -57 and -47 degrees.
# Seen:     chemfiles' Frame.dihedral has the other sign: 1.012 of the others is -1.012. Its documentation speaks of the angle in radians and of no sign.
# Why it matters: a Ramachandran plot is turned by half a turn about its centre, so that helices stand where left-handed ones do, and enantiomers change places. Populations and time scales are not touched, which
#           is why nobody looks; a model fitted to features of one library, given those of the other, is one of the mirror image. Take -angle, and test with a residue of known chirality.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 chemfiles==0.10.4 MDAnalysis==2.11.0 mdtraj==1.11.1.post2
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

warnings.simplefilter("ignore")
import chemfiles
import MDAnalysis
import mdtraj
import numpy as np
from MDAnalysis.lib.distances import calc_dihedrals

topology = mdtraj.Topology()
residue = topology.add_residue("X", topology.add_chain())
for _ in range(4):
    topology.add_atom("C", mdtraj.element.carbon, residue)
print(f"chemfiles {chemfiles.__version__}, MDAnalysis {MDAnalysis.__version__}, MDTraj {mdtraj.__version__}")
same = True
for y in (0.8, -0.8):
    # Seen from atom 2 to atom 3, along +z, with x to the right, y points down: from x to (0.5, 0.8) is clockwise.
    at = np.array([[1, 0, 0], [0, 0, 0], [0, 0, 1], [0.5, y, 1]])
    frame = chemfiles.Frame()
    frame.resize(4)
    frame.positions[:] = at
    ours = frame.dihedral(0, 1, 2, 3)
    others = [float(calc_dihedrals(*at)), float(mdtraj.compute_dihedrals(mdtraj.Trajectory(at[None], topology), [[0, 1, 2, 3]])[0, 0])]
    print(f"chemfiles {ours:.4f}; the others {np.round(others, 4)}; IUPAC {np.arctan2(y, 0.5):.4f}")
    same = same and np.allclose(others, np.arctan2(y, 0.5), atol=1e-5) and np.isclose(ours, -np.arctan2(y, 0.5))
sys.exit(0 if same else 1)
PYTHON
