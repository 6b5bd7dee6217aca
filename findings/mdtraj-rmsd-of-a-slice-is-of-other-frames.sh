#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# MDTraj 1.11.1, rmsd(..., precentered=True) of a part of a trajectory, after center_coordinates() of the whole.
#
# Expected: the numbers of precentered=False, which are right, sooner: the frames of the part are as centred as they were.
# Seen:     0 for ten of 24 frames of trajectory[::2], whose distances are 0.12 and more, and 0.36 where it is 0.125. Sizes of the frames, which center_coordinates() keeps for this, are not cut together with the frames, so that
#           frame k of the part is calculated with the size of frame k of the whole. The first atoms after atom_slice(range(10), inplace=True): 2.28 instead of 0.07. A part as the reference does the same. A joined trajectory and
#           one whose xyz is set anew are right. No warning.
# Why it matters: one centres once and then cuts off the equilibration, takes every tenth frame, or shuffles for batches; precentered is there for just such repeated use (clusters by RMSD, distance matrices). A distance of 0 is the
#           nearest neighbour of all. Centre after cutting.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 mdtraj==1.11.1.post2
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
import warnings

import mdtraj
import numpy as np

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
frames, atoms = 50, 20
topology = mdtraj.Topology()
chain = topology.add_chain()
for number in range(atoms):
    topology.add_atom("CA", mdtraj.element.carbon, topology.add_residue("GLY", chain))
shape = rng.normal(size=(atoms, 3)) + 0.005 * np.arange(1, atoms + 1)[:, None] * rng.normal(size=(frames, atoms, 3))


def centred():
    trajectory = mdtraj.Trajectory(shape.astype(np.float32), topology)
    trajectory.center_coordinates()
    return trajectory


def both(name, trajectory, reference):
    fast, right = (mdtraj.rmsd(trajectory, reference, 0, precentered=flag) for flag in (True, False))
    print(f"MDTraj {mdtraj.__version__}, {name}: {fast[1:5].round(3)} nm, with precentered=False {right[1:5].round(3)}")
    return np.abs(fast - right).max(), fast, right


whole = centred()
first = centred()
first.atom_slice(range(10), inplace=True)
error, fast, right = both("every other frame", whole[::2], whole)
reference_error, _, _ = both("to the frame 3 of the whole", whole, whole[3:])
atom_error, _, _ = both("the first ten atoms", first, first)
plain_error, _, _ = both("the whole", whole, whole)
joined_error, _, _ = both("joined", whole.join(whole), whole)
zeros = np.sum((fast[1:] == 0) & (right[1:] > 0.05))
print(f"{zeros} of 24 distances are 0 that are not")
sys.exit(0 if min(error, reference_error, atom_error) > 0.1 and zeros >= 5 and max(plain_error, joined_error) < 1e-4 else 1)
PYTHON
